"""`evlink sim`: the vehicle, the badge, the buttons and the faults of a simulated station."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Mapping
from typing import Any

from evlink.commands.output import print_json, table
from evlink.commands.station import Context, running


def sim(context: Context) -> int:
    """Do one thing to the simulator; the station refuses where its board is another."""
    args = context.args
    action: str = args.action
    with running(context) as client:
        result = client.call(f"sim.{action}", outlet=args.outlet, **_PARAMETERS[action](args))
    if action != "state":
        return 0
    if args.json:
        print_json(result)
    else:
        print(table(_flat(result)))
    return 0


def _plug(args: Namespace) -> dict[str, Any]:
    # What is not said is the simulator's to choose: a station with an attached cable has no cable to name.
    given = {"into": args.into, "cable": args.cable, "phases": args.phases, "amps": args.amps}
    vehicle: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    return vehicle | {name: True for name in ("ventilation", "simplified") if getattr(args, name)}


def _nothing(args: Namespace) -> dict[str, Any]:
    return {}


_PARAMETERS: dict[str, Callable[[Namespace], dict[str, Any]]] = {
    "plug": _plug,
    "ready": _nothing,
    "pause": _nothing,
    "unplug": lambda args: {} if args.side is None else {"side": args.side},
    "badge": lambda args: {"uid": args.uid},
    "button": lambda args: {"which": args.button},
    "draw": lambda args: {"amps": args.amps},
    "input": lambda args: {"number": args.input, "on": args.switch == "on"},
    "fault": lambda args: {"name": args.name, "on": args.switch == "on"},
    "state": _nothing,
}


def _flat(document: Mapping[str, Any], prefix: str = "") -> list[tuple[str, object]]:
    rows: list[tuple[str, object]] = []
    for key, value in document.items():
        if isinstance(value, Mapping):
            rows += _flat(value, f"{prefix}{key}.")
        else:
            rows.append((prefix + key, value))
    return rows
