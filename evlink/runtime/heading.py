"""The head meter: asked once a second what the whole house draws, for the station's budget (`domain.head`)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from evlink.domain.head import Phases, plausible
from evlink.modbus.bus import Bus, BusError
from evlink.modbus.drivers import DRIVERS, Driver
from evlink.modbus.fitted import beyond, serial_port
from evlink.modbus.meters import Meter, StrangerError, used
from evlink.modbus.rtu import SerialBus, SerialPort
from evlink.modbus.tcp import Gateway, TcpBus
from evlink.modbus.watch import Health
from evlink.modbus.wiring import ORDERS, Order, by_line
from evlink.settings.label import Label
from evlink.settings.values import Values

PERIOD_S = 1.0
MISSED = 3  # polls in a row, before the meter is said to be silent
OURS = "extension.meters"
NO_READING = Label("the meter's reading is not a number", "le relevé du compteur n'est pas un nombre")
log = logging.getLogger("evlink.head")


@dataclass(frozen=True, slots=True)
class Head:
    """The head meter as the settings have it."""

    driver: Driver
    line: SerialPort | Gateway
    unit: int
    order: Order  # line phases at its terminals
    type: str = ""  # the setting's word


def head(values: Values) -> Head | None:
    """The head meter of a station; None where none is fitted."""
    driver = DRIVERS.get(str(values.get(f"{OURS}.head_meter")))
    if driver is None:
        return None
    tcp = values.get(f"{OURS}.head_protocol") == "modbus_tcp"
    gateway = Gateway(str(values.get(f"{OURS}.head_host")), int(values.get(f"{OURS}.head_port")))
    return Head(
        driver,
        gateway if tcp else serial_port(values),
        int(values.get(f"{OURS}.head_unit")),
        ORDERS[str(values.get(f"{OURS}.head_phases"))],
        driver.name,
    )


class HeadMeter:
    """The follower of a station's head meter. A serial line is the one that the outlets' meters share."""

    def __init__(self, serial_bus: Callable[[SerialPort], SerialBus]) -> None:
        self._serial_bus = serial_bus
        self._wanted: Head | None = None
        self._health = Health.STARTING
        self._said: Label | None = None
        self._amps: Phases | None = None
        self._changed = asyncio.Event()

    def configure(self, values: Values) -> None:
        """Take other settings; what did not change goes on undisturbed."""
        wanted = head(values)
        if wanted != self._wanted:
            self._wanted = wanted
            self._health, self._said, self._amps = Health.STARTING, None, None
            self._changed.set()

    def word(self) -> dict[str, Any]:
        """`head_meter` of the status document: type, health, what is wrong in both languages, amperes a phase."""
        if self._wanted is None:
            return {"type": "none"}
        remark = beyond(self._wanted.unit) if isinstance(self._wanted.line, SerialPort) else None
        return {
            "type": self._wanted.type,
            "health": self._health.value,
            "problem": "" if self._said is None else self._said.en,
            "problem_fr": "" if self._said is None else self._said.text("fr"),
            "remark": "" if remark is None else remark.en,
            "remark_fr": "" if remark is None else remark.text("fr"),
            "current_a": None if self._amps is None else list(self._amps),
        }

    async def run(self, tell: Callable[[Phases | None], None]) -> None:
        """Follow the meter that the settings name, for ever; `tell` hears amperes a phase, None once it is silent."""
        while True:
            self._changed.clear()
            if self._wanted is None:
                await self._changed.wait()
            else:
                await self._follow(self._wanted, tell)

    async def _follow(self, wanted: Head, tell: Callable[[Phases | None], None]) -> None:
        """Poll until the settings name another one."""
        clock = asyncio.get_running_loop().time
        tcp = TcpBus(wanted.line) if isinstance(wanted.line, Gateway) else None
        missed, due, known = 0, clock(), False
        asked: Bus | None = None
        try:
            while not self._changed.is_set():
                # Asked for at each poll: the line closes where no outlet's meter uses it any more.
                bus: Bus = tcp or self._serial_bus(_port(wanted))
                if bus is not asked:
                    asked, meter = bus, Meter(wanted.driver, bus, wanted.unit)
                try:
                    if not known:
                        await meter.identify()
                        known = True
                    sample = used(await meter.poll(), _wired(wanted.order))
                except (BusError, StrangerError) as error:
                    missed += 1
                    self._said = error.said
                    if missed == MISSED:
                        log.warning("the head meter is silent: %s", error)
                        known = False
                        self._health, self._amps = Health.LOST, None
                        tell(None)
                else:
                    if missed >= MISSED:
                        log.warning("the head meter answers again")
                    missed = 0
                    amps = None if sample.current_a is None else by_line(wanted.order, sample.current_a)
                    believed = plausible(amps)
                    self._health = Health.OK if believed else Health.IMPLAUSIBLE
                    self._said, self._amps = (None, amps) if believed else (NO_READING, None)
                    tell(amps)
                due = max(due + PERIOD_S, clock())
                await asyncio.sleep(due - clock())
        finally:
            if tcp is not None:
                tcp.close()


def _port(wanted: Head) -> SerialPort:
    assert isinstance(wanted.line, SerialPort)
    return wanted.line


def _wired(order: Order) -> tuple[bool, bool, bool]:
    return bool(order[0]), bool(order[1]), bool(order[2])
