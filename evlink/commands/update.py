"""`evlink update`: brings a package to the station, shows its note, and follows the installation to its end (R-230)."""

from __future__ import annotations

import base64
import os
import stat
import sys
import time
from contextlib import suppress
from typing import Any, BinaryIO

from evlink.client import Client, Disconnected, NoStation
from evlink.commands.files import check_readable
from evlink.commands.output import FAILURE, Stop, clean, print_json, print_notice, table, wrong
from evlink.commands.station import Context, running
from evlink.commands.words import Words

PIECE = 256 << 10
SUFFIXES = (".epk", ".zip")
BACK_S = 240.0  # from the restart until it is known how the trial ended
_LOOK_S = 0.3


def update(context: Context) -> int:
    """Install a package, or without one show what runs and how the last update ended."""
    args, t = context.args, context.t
    if args.file is None:
        with running(context) as client:
            document = client.call("update.status")
        print_json(document) if args.json else print(describe(document, t))
        return 0
    path = _checked(args.file, t)
    with running(context) as client:
        with path:
            document = bring(client, os.path.basename(args.file), path, t)
        package = document["package"]
        if not args.json:
            print(offer(package, t))
        if not args.yes:
            _confirm(client, t)
        client.call("update.install", version=package["version"])
        _follow(client, t)
    last = _outcome(context, package["version"])
    if args.json:
        print_json(last)
    if not last["ok"]:
        why = last["text_fr"] if t.lang == "fr" else last["text"]
        sentence = t("version {version} was not kept: {why}", version=package["version"], why=clean(why))
        raise Stop(sentence)
    if not args.json:
        print(t("Version {version} is installed.", version=package["version"]))
    return 0


def _checked(name: str, t: Words) -> BinaryIO:
    check_readable(name, t)
    if not name.lower().endswith(SUFFIXES):
        raise wrong(t("{file}: a name that ends in .epk or .zip is allowed", file=clean(name)))
    file = os.fdopen(os.open(name, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise wrong(t("{file}: not a regular file", file=clean(name)))
    return file


def bring(client: Client, name: str, file: BinaryIO, t: Words) -> dict[str, Any]:
    """Send a file; what the station says of the package in it."""
    size = os.fstat(file.fileno()).st_size
    client.call("update.begin", name=name, size=size)
    sent = 0
    while piece := file.read(PIECE):
        client.call("update.piece", data=base64.b64encode(piece).decode())
        sent += len(piece)
        _progress(t("sent"), 100 * sent // max(1, size))
    _progress("", -1)
    document: dict[str, Any] = client.call("update.commit")
    return document


def offer(package: dict[str, Any], t: Words) -> str:
    """A package that may be installed, with its note."""
    note = package["note_fr"] if t.lang == "fr" else package["note"]
    lines = [
        f"{t('Package')}: {clean(package['name'])}",
        f"{t('Version')}: {clean(package['version'])} ({clean(package['built'])})",
        "",
        *(clean(line) for line in note.splitlines()),
    ]
    if package["beside"]:
        lines += ["", t("The note beside it, which nobody has signed:"), *map(clean, package["beside"].splitlines())]
    return "\n".join([*lines, ""])


def describe(document: dict[str, Any], t: Words) -> str:
    """What runs, what is under way, and how the last update ended."""
    rows = [(t("Running"), document["running"]), (t("State"), t(f"update:{document['phase']}"))]
    if document["package"]:
        rows.append((t("Package"), f"{document['package']['name']} ({document['package']['version']})"))
    if last := document["last"]:
        how = last["text_fr"] if t.lang == "fr" else last["text"]
        rows.append((t("Last update"), f"{last['at']}  {last['version']}  {how}"))
    problem = document["problem_fr"] if t.lang == "fr" else document["problem"]
    if problem:
        rows.append((t("Problem"), problem))
    return table(rows)


def _confirm(client: Client, t: Words) -> None:
    if not sys.stdin.isatty():
        client.call("update.cancel")
        raise wrong(t("nobody is there to confirm the note: --yes confirms it"))
    if input(t("Install it? Type yes: ")).strip().casefold() != t("yes"):
        client.call("update.cancel")
        print_notice(t("nothing was changed"))
        raise SystemExit(FAILURE)


def _follow(client: Client, t: Words) -> None:
    """Show the progress until the station restarts; Stop where it gives up before."""
    told = ""
    with suppress(Disconnected):
        while True:
            document = client.call("update.status")
            phase = document["phase"]
            if phase in ("idle", "ready"):
                why = document["problem_fr"] if t.lang == "fr" else document["problem"]
                raise Stop(clean(why) or t("the update was given up"))
            if phase != told and phase == "waiting" and document["charging"]:
                _progress("", -1)
                print_notice(t("installed; the station switches as soon as nobody charges"))
            told = phase
            _progress(t(f"update:{phase}"), document["percent"])
            if phase == "restarting":
                break
            time.sleep(_LOOK_S)
    _progress("", -1)


def _outcome(context: Context, version: str) -> dict[str, Any]:
    """How the trial ended; Stop where nobody says so in time."""
    until = time.monotonic() + BACK_S
    while time.monotonic() < until:
        time.sleep(_LOOK_S)
        with suppress(NoStation, Disconnected), Client.connect(context.socket) as client:
            document = client.call("update.status")
            last = document["last"]
            if document["phase"] != "restarting" and last and last["version"] == version:
                found: dict[str, Any] = last
                return found
        _progress(context.t("update:trial"), -2)
    raise Stop(context.t("the station has not come back; its log says more"))


def _progress(what: str, percent: int) -> None:
    """A line that goes on, on a terminal alone; -1 clears it, -2 has no number."""
    if not sys.stderr.isatty():
        return
    text = "" if percent == -1 else what if percent == -2 else f"{what} {percent} %"
    print(f"\r{text:<40}\r" if percent == -1 else f"\r{text:<40}", end="", file=sys.stderr, flush=True)
