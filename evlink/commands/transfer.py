"""`evlink import` and `evlink export`: the settings of a station as .toml and .cfg."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

from evlink.client import Client
from evlink.commands.files import check_name, read_file, write_file
from evlink.commands.output import BAD_INPUT, FAILURE, Stop, print_notice, wrong
from evlink.commands.settings import apply
from evlink.commands.station import Context, station
from evlink.commands.words import Words
from evlink.formats import cfg, toml
from evlink.formats.errors import FormatError
from evlink.settings.check import Checked, Problem, Reason
from evlink.settings.facts import Facts, Model
from evlink.settings.model import Store
from evlink.settings.registry import SETTINGS, find
from evlink.settings.values import Values


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file: what it would change on a station, and the text of a station's values."""

    plan: Callable[[str, Values], Checked | list[Problem]]
    write: Callable[[Values], str]


FORMATS = {"toml": Format(toml.plan, toml.export), "cfg": Format(cfg.plan, cfg.write)}


def import_settings(context: Context) -> int:
    """Import a file, all of it or nothing; show what changes (R-056)."""
    args, t = context.args, context.t
    check_name(args.file, t)
    form = _format(args.file, None, t)
    text = read_file(args.file, t)
    with station(context) as client:
        try:
            planned = form.plan(text, values_of(client))
        except FormatError as error:
            raise wrong(f"{args.file}: {error.sentence(t.lang)}") from None
        if isinstance(planned, list):
            raise _refused(args.file, planned, t)
        lang = "en" if args.json else t.lang
        notices = [notice.text(lang) for notice in planned.notices]
        return apply(context, client, planned.changes, notices, args.dry_run, imported=True)


def export_settings(context: Context) -> int:
    """Write the settings to a file, or to the output where it is called "-"."""
    args, t = context.args, context.t
    check_name(args.file, t)
    form = _format(args.file, args.format, t)
    with station(context) as client:
        text = form.write(values_of(client))
    write_file(args.file, text, t)
    if args.file != "-":
        print_notice(t("Written: {file}", file=args.file))
    return 0


def values_of(client: Client) -> Values:
    """The station's stored values; of secrets nothing is known but whether they are set, so they are left out."""
    changes = {}
    for entry in client.call("settings.list")["settings"]:
        found = find(entry["key"])
        if found and found.setting.store is Store.VALUE and not found.setting.secret and entry["value"] is not None:
            changes[entry["key"]] = entry["value"]
    return Values(_facts(client.hello.get("facts") or {})).with_changes(changes)


def _facts(document: dict[str, Any]) -> Facts:
    """Facts as `hello` tells them; what a newer station tells besides is left out."""
    known: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in document.items()
        if name in Facts.__dataclass_fields__
    }
    if "model" in known:
        known["model"] = Model(known["model"])
    return Facts(**known)


def _format(name: str, given: str | None, t: Words) -> Format:
    kind = given or PurePath(name).suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        allowed = ", ".join(f".{known}" for known in FORMATS)
        raise wrong(t("{file}: not a kind of file known here; allowed: {allowed}", file=name, allowed=allowed))
    return FORMATS[kind]


def _refused(file: str, problems: list[Problem], t: Words) -> Stop:
    first = problems[0]
    more = f" ({t('and {n} more', n=len(problems) - 1)})" if len(problems) > 1 else ""
    return Stop(f"{file}: {_sentence(first, t)}{more}", FAILURE if first.refused else BAD_INPUT)


def _sentence(problem: Problem, t: Words) -> str:
    """A problem in the operator's language, the place in the file before it."""
    below = [key for key in SETTINGS if key.startswith(f"{problem.key}.")]
    if problem.reason is Reason.UNKNOWN_KEY and below:
        return t(
            "{key} is a table, not a setting; its settings are such as {example}", key=problem.key, example=below[0]
        )
    sentence = replace(problem, place="").sentence(t.lang)
    number, comma, rest = problem.place.removeprefix("line ").partition(",")
    return f"{t('line {n}', n=number)}{comma}{rest}: {sentence}" if problem.place else sentence
