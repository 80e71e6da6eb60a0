"""`evlink doctor` and `evlink logs`: what is wrong and what to do, and what the station wrote down."""

from __future__ import annotations

from datetime import datetime

from evlink.commands.output import FAILURE, clean, coloured, print_json, table
from evlink.commands.station import Context, running, station

COLOURS = {"ok": 32, "warn": 33, "bad": 31}


def doctor(context: Context) -> int:
    """Print a table of what was looked at; exit 1 where something is wrong."""
    t = context.t
    with station(context) as client:
        document = client.call("doctor")
    found = document["findings"]
    bad = any(one["state"] == "bad" for one in found)
    if context.args.json:
        print_json(document)
        return FAILURE if bad else 0
    end = "_fr" if t.lang == "fr" else ""
    rows = [(t("Checked"), t("State"), t("Found"), t("To do"))]
    rows += [
        (one[f"check{end}"], t(f"finding:{one['state']}"), one[f"detail{end}"], one[f"todo{end}"]) for one in found
    ]
    head, *lines = table(rows).splitlines()
    print(head)
    for line, one in zip(lines, found, strict=True):
        print(coloured(line, COLOURS[one["state"]]) if one["state"] != "ok" else line)
    return FAILURE if bad else 0


def logs(context: Context) -> int:
    """Print the newest entries of the station's log, the oldest first."""
    args = context.args
    level = {"info": "INFO", "warning": "WARNING", "error": "ERROR"}[args.level]
    with running(context) as client:
        entries = client.call("logs", limit=args.lines or 200, level=level)["entries"]
    if args.json:
        print_json(entries)
        return 0
    for one in entries:
        at = datetime.fromisoformat(one["at"]).astimezone()
        line = f"{at:%Y-%m-%d %H:%M:%S} {one['level']:<8} {one['logger']}: {one['text']}"
        serious = {"WARNING": 33, "ERROR": 31, "CRITICAL": 31}.get(one["level"])
        print(clean(line) if serious is None else coloured(clean(line), serious))
    return 0
