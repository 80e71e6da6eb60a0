"""The probe: who answers on a line, unit by unit, and what a meter reads; also a program for a station that is off."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from evlink.modbus.bus import Bus, BusError, Garbled, Silent
from evlink.modbus.drivers import DRIVERS, Driver
from evlink.modbus.meters import Identity, Meter, Sample, identity, used
from evlink.modbus.plausible import Bounds, impossible
from evlink.modbus.rtu import SerialBus, SerialPort
from evlink.modbus.tcp import Gateway, TcpBus
from evlink.settings.label import Label

UNITS = (1, 255)
BAUD_RATES = (9600, 19200, 38400, 57600, 115200)


@dataclass(frozen=True, slots=True)
class Answer:
    """A unit that answers: who it is, the setting's word for its kind ("" where none fits), and a sample of it."""

    unit: int
    identity: Identity
    type: str = ""
    sample: Sample | None = None
    problem: Label | None = None

    def document(self) -> dict[str, Any]:
        """As the socket shows it."""
        who, sample = self.identity, self.sample
        return {
            "unit": self.unit,
            "type": self.type,
            "model": who.model,
            "maker": who.maker,
            "serial": who.serial,
            "firmware": who.firmware,
            "reading": None if sample is None else reading(sample),
            "problem": self.problem.en if self.problem else "",
            "problem_fr": self.problem.text("fr") if self.problem else "",
        }


@dataclass(frozen=True, slots=True)
class Report:
    """A probe as far as it has come."""

    line: str
    total: int
    done: int = 0
    running: bool = True
    found: tuple[Answer, ...] = ()
    problem: Label | None = None
    stopped: bool = field(default=False)

    def document(self) -> dict[str, Any]:
        """As the socket shows it."""
        return {
            "running": self.running,
            "line": self.line,
            "done": self.done,
            "total": self.total,
            "stopped": self.stopped,
            "found": [answer.document() for answer in self.found],
            "problem": self.problem.en if self.problem else "",
            "problem_fr": self.problem.text("fr") if self.problem else "",
        }


def reading(sample: Sample) -> dict[str, Any]:
    """A sample that was found possible, in figures."""
    return {
        "current_a": [round(one, 2) for one in sample.current_a or ()],
        "voltage_v": [round(one, 1) for one in sample.voltage_v or ()],
        "power_w": None if sample.power_w is None else round(sample.power_w),
        "energy_wh": int(sample.energy_wh),
    }


def line_name(line: SerialPort | Gateway) -> str:
    """A line in words: the device and how it is set, or host and port."""
    if isinstance(line, Gateway):
        return f"{line.host}:{line.port}"
    return f"{line.device} {line.baud_rate} {line.parity}"


def family(model: str) -> Driver | None:
    """The driver of a model's name."""
    return next((driver for driver in DRIVERS.values() if model.startswith(driver.family)), None)


async def probe(
    bus: Bus,
    line: SerialPort | Gateway,
    units: Sequence[int],
    tell: Callable[[Report], None],
    bounds: Bounds | None = None,
    wanted: Driver | None = None,
) -> Report:
    """Ask each unit who it is, and a meter that is known for a sample; `tell` hears of every step.

    `wanted` is the driver to read units with that say nothing of themselves. Ends at the first fault of the line.
    """
    report = Report(line_name(line), len(units))
    tell(report)
    for unit in units:
        try:
            answer = await _ask(bus, unit, bounds or Bounds(), wanted)
        except Silent:
            answer = None
        except Garbled as error:
            answer = Answer(unit, Identity(), problem=error.said)
        except BusError as error:
            report = replace(report, problem=error.said)
            break
        found = report.found if answer is None else (*report.found, answer)
        report = replace(report, done=report.done + 1, found=found)
        tell(report)
    report = replace(report, running=False)
    tell(report)
    return report


async def _ask(bus: Bus, unit: int, bounds: Bounds, wanted: Driver | None) -> Answer:
    who = await identity(bus, unit)
    driver = family(who.model) or (wanted if not who.model else None)
    if driver is None:
        return Answer(unit, who)
    try:
        # Nothing is known of its wiring here: the first input is enough.
        sample = used(await Meter(driver, bus, unit).poll(), (True, False, False))
    except BusError as error:
        return Answer(unit, who, driver.name if who.model else "", problem=error.said)
    wrong = impossible(sample, bounds)
    return Answer(unit, who, driver.name, None if wrong else sample, wrong)


def bus_to(line: SerialPort | Gateway) -> SerialBus | TcpBus:
    """A bus of one's own to a line."""
    return SerialBus(line) if isinstance(line, SerialPort) else TcpBus(line)


def main(given: Sequence[str] | None = None) -> int:
    """Probe a line without a station; a report a line on stdout, as JSON, the last one with `running` false."""
    parser = argparse.ArgumentParser(prog="evlink.modbus.probe")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--port")
    where.add_argument("--host")
    parser.add_argument("--tcp-port", type=int, default=502)
    parser.add_argument("--baud-rate", type=int, default=19200, choices=BAUD_RATES)
    parser.add_argument("--parity", default="none", choices=("none", "even", "odd"))
    parser.add_argument("--first", type=int, default=2)
    parser.add_argument("--last", type=int, default=0)
    args = parser.parse_args(given)
    line: SerialPort | Gateway = (
        Gateway(args.host, args.tcp_port) if args.host else SerialPort(args.port, args.baud_rate, args.parity)
    )

    async def run() -> None:
        bus = bus_to(line)
        units = range(args.first, max(args.first, args.last) + 1)
        await probe(bus, line, units, lambda report: print(json.dumps(report.document()), flush=True))
        bus.close()

    asyncio.run(run())
    return 0


if __name__ == "__main__":
    sys.exit(main())
