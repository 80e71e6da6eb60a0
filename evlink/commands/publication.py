"""`evlink publication`: what goes to the office by mail, FTP or web, and a test of it (R-196 to R-207)."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from evlink.client import Client
from evlink.commands.output import FAILURE, Stop, clean, print_json, table
from evlink.commands.station import Context, running
from evlink.commands.words import Words

_LOOK_S = 0.1

Document = Mapping[str, Any]


def publication(context: Context) -> int:
    """Print the state of the publication, or test it; exit 1 where the test failed."""
    args, t = context.args, context.t
    with running(context) as client:
        if args.action == "test":
            return _test(client, args.json, t)
        found: Document = client.call("publication.status")
    if args.json:
        print_json(found)
    else:
        print(describe(found, t))
    return 0


def _test(client: Client, as_json: bool, t: Words) -> int:
    """Run a test to its end, its steps on stderr where somebody watches."""
    report: Document = client.call("publication.test", action="start")
    told = ""
    while report["running"]:
        step = clean(_own(report, "step", t))
        if sys.stderr.isatty() and step != told:
            print(f"\r\x1b[K{report['done']}/{report['total']} {step}", end="", file=sys.stderr, flush=True)
            told = step
        time.sleep(_LOOK_S)
        report = client.call("publication.test")
    if told:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    if as_json:
        print_json(report)
        return 0 if report["ok"] else FAILURE
    text = clean(_own(report, "text", t))
    if not report["ok"]:
        raise Stop(t("Test failed: {text}", text=text))
    print(t("Test passed: {text}", text=text))
    return 0


def describe(found: Document, t: Words) -> str:
    """The state in lines: when the next letter goes, what came of the last one, what waits and why."""
    last = found.get("last")
    rows: list[tuple[object, ...]] = [
        (t("Publication"), t(f"frequency:{found['frequency']}")),
        (t("Protocol"), str(found["protocol"]).upper()),
        (t("Next"), _minute(found["next"]) if found.get("next") else "-"),
        (t("Charges not sent yet"), found["unsent"]),
        (t("Alarm mails"), t("yes") if found.get("alarms") else t("no")),
        (t("Last sending"), _last(last, t) if last else "-"),
    ]
    queue = found.get("queue") or []
    if not queue:
        return table(rows)
    head = (t("Waiting"), t("Charges"), t("Tries"), t("Next try"), t("Why"))
    waiting = [
        (
            one["name"],
            one["records"],
            f"{one['tries']}/{one['most_tries']}",
            _minute(one["next_try"]),
            _own(one, "problem", t) or "-",
        )
        for one in queue
    ]
    return f"{table(rows)}\n\n{table([head, *waiting])}"


def _last(last: Document, t: Words) -> str:
    outcome = t("sent") if last["ok"] else t("failed")
    kind = t(f"letter:{last['kind']}")
    return t("{label}: {text}", label=f"{_minute(last['at'])} {kind}, {outcome}", text=_own(last, "text", t))


def _own(document: Document, name: str, t: Words) -> str:
    """A sentence of the station's in the language of the reader."""
    return str(document.get(f"{name}_fr" if t.lang == "fr" else name) or "")


def _minute(text: str) -> str:
    """A time in the time zone of whoever reads."""
    return f"{datetime.fromisoformat(text).astimezone():%Y-%m-%d %H:%M}"
