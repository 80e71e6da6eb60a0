"""`evlink meters`: the health of the meters; `evlink meters probe`: who answers on a line."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any

from evlink.client import Client, NoStation
from evlink.commands.output import FAILURE, Stop, clean, print_json, print_notice, table, wrong
from evlink.commands.starting import starting
from evlink.commands.station import Context, program, running
from evlink.commands.words import Words

_PROBE = "evlink.modbus.probe"
_LOOK_S = 0.2
_LINE = ("port", "host", "tcp_port", "baud_rate", "parity")

Report = Mapping[str, Any]


def meters(context: Context) -> int:
    """Print each outlet's meter and its health, or probe a line."""
    if context.args.action == "probe":
        return _probe(context)
    with running(context) as client:
        found = client.call("meters")["meters"]
    if context.args.json:
        print_json(found)
        return 0
    t = context.t
    rows: list[tuple[object, ...]] = [(t("Outlet"), t("Meter"), t("Model"), t("Serial number"), t("State"))]
    for meter in found:
        remark = (meter.get("remark_fr") if t.lang == "fr" else "") or meter.get("remark") or ""
        why = (" ; " if t.lang == "fr" else "; ").join(part for part in (_problem(meter, t), clean(remark)) if part)
        health = t(f"health:{meter['health']}")
        rows.append(
            (
                meter["outlet"],
                t(f"meter:{meter['type']}"),
                meter["model"] or "-",
                meter["serial"] or "-",
                t("{label}: {text}", label=health, text=why) if why else health,
            )
        )
    print(table(rows))
    return 0


def _problem(document: Mapping[str, Any], t: Words) -> str:
    french = document.get("problem_fr") if t.lang == "fr" else ""
    return clean(french or document.get("problem") or "")


def _probe(context: Context) -> int:
    """Probe by the station that runs, or alone where none does; exit 1 where nobody answered or the line failed."""
    args, t = context.args, context.t
    units = _units(args.unit, t)
    if args.port is not None and args.host is not None:
        raise wrong(t("{a} and {b} exclude each other", a="--port", b="--host"))
    last: Report = {}
    for report in _by_station(context, units) if _there(context) else _alone(context, units):
        last = report
        if report["running"] and sys.stderr.isatty():
            print(f"\r{report['done']}/{report['total']}", end="", file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    if args.json:
        print_json(last)
    else:
        _show(last, t)
    why = _problem(last, t)
    if why:
        raise Stop(why)
    return 0 if last["found"] else FAILURE


def _there(context: Context) -> bool:
    try:
        Client.connect(context.socket).close()
    except NoStation as error:
        return error.forbidden or starting(context.state)
    return True


def _units(text: str | None, t: Words) -> tuple[int, int] | None:
    if text is None:
        return None
    first, dash, last = text.partition("-")
    numbers = [first, last if dash else first]
    if not all(one.isascii() and one.isdecimal() and 1 <= int(one) <= 255 for one in numbers):
        raise wrong(t("--unit {value}: a unit from 1 to 255, or two joined by -", value=clean(text)))
    low, high = map(int, numbers)
    if high < low:
        raise wrong(t("--unit {value}: a unit from 1 to 255, or two joined by -", value=clean(text)))
    return low, high


def _given(context: Context) -> dict[str, Any]:
    return {name: value for name in _LINE if (value := getattr(context.args, name)) is not None}


def _by_station(context: Context, units: tuple[int, int] | None) -> Iterator[Report]:
    params = {"outlet": context.args.outlet, **_given(context)}
    if units is not None:
        params |= {"first": units[0], "last": units[1]}
    with running(context) as client:
        report: Report = client.call("meters.probe", action="start", **params)
        try:
            while report["running"]:
                yield report
                time.sleep(_LOOK_S)
                report = client.call("meters.probe")
        except KeyboardInterrupt:
            client.call("meters.probe", action="stop")
            raise
        yield report


def _alone(context: Context, units: tuple[int, int] | None) -> Iterator[Report]:
    """Without a station: the probe itself as a program, on the line that is named."""
    given = _given(context)
    if not {"port", "host"} & given.keys():
        raise wrong(context.t("no station runs at {path}: name --port or --host", path=context.socket))
    words = [f"--{name.replace('_', '-')}={value}" for name, value in given.items()]
    if units is not None:
        words += [f"--first={units[0]}", f"--last={units[1]}"]
    with subprocess.Popen(program(_PROBE, *words), stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        said = False
        for line in process.stdout:
            said = True
            yield json.loads(line)
    if process.returncode != 0 or not said:
        raise Stop(context.t("the probe failed"))


def _show(report: Report, t: Words) -> None:
    if not report.get("found"):
        if not report.get("problem"):
            print_notice(t("{line}: nobody answers", line=report.get("line", "")))
        return
    rows: list[tuple[object, ...]] = [
        (t("Unit"), t("Model"), t("Serial number"), t("firmware"), t("Meter"), t("Reading"))
    ]
    for one in report["found"]:
        kind = t(f"meter:{one['type']}") if one["type"] else "-"
        what = _problem(one, t) or _reading(one["reading"], t)
        rows.append((one["unit"], one["model"] or "?", one["serial"] or "-", one["firmware"] or "-", kind, what))
    print(table(rows))


def _reading(reading: Mapping[str, Any] | None, t: Words) -> str:
    if reading is None:
        return "-"
    volts = "/".join(t.number(one, 1) for one in reading["voltage_v"])
    amps = "/".join(t.number(one, 2) for one in reading["current_a"])
    parts = [f"{volts} V" if volts else "", f"{amps} A" if amps else ""]
    parts += [f"{reading['power_w']} W" if reading["power_w"] is not None else "", f"{reading['energy_wh']} Wh"]
    return ", ".join(part for part in parts if part)
