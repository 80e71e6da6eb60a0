"""Metering: asks each outlet's meter once a second, and puts what it says into control's readings (R-162, R-163)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from math import isfinite
from typing import Any, Protocol

from evlink.domain.effects import Grant
from evlink.domain.state import Metered, Reading
from evlink.domain.words import Evt
from evlink.modbus.bus import Bus, BusError
from evlink.modbus.fitted import Fitted, fitted
from evlink.modbus.meters import MVAS_PER_WH, Meter, Sample, StrangerError, used
from evlink.modbus.rtu import SerialBus, SerialPort
from evlink.modbus.tcp import Gateway, TcpBus
from evlink.modbus.watch import Health, Watch, Witness, broken, judged, missed, owes, stood
from evlink.modbus.wiring import Phases, by_line, moves_as_mapped
from evlink.runtime.follower import Follower, document
from evlink.runtime.register import Register
from evlink.settings.label import Label
from evlink.settings.values import Values

PERIOD_S = 1.0
SAVE_S = 60.0  # how much of a register's base a restart may have to estimate
TURNED = 5  # samples in a row, before the wiring is said to be wrong, or right again
log = logging.getLogger("evlink.meters")

# An event of an outlet became KO or OK.
Tell = Callable[[int, Evt, bool], None]


class Core(Protocol):
    """Control as metering sees it (`runtime.keeper.Keeper`)."""

    @property
    def registers(self) -> Mapping[int, Register]: ...

    @property
    def generation(self) -> int | None: ...

    def count(self, outlet: int) -> int | None:
        """What the core has counted at an outlet, in mVAs."""
        ...

    def readings(self) -> tuple[Reading | None, ...]: ...

    def grant(self, grant: Grant) -> None: ...


# Stores the base of an outlet's register for a core: outlet, generation, base.
Save = Callable[[int, int, int], Awaitable[None]]


class Metering:
    """All meters of a station; `runtime.loop.Control` with their measurements in its readings."""

    def __init__(self, core: Core, outlets: tuple[int, ...], save: Save, period_s: float = PERIOD_S) -> None:
        """`save` stores a register's base, so that a restart goes on from it; a meter is asked each `period_s`."""
        self._core = core
        self._outlets = outlets
        self._save = save
        self._period_s = period_s
        self._wanted: Mapping[int, Fitted] = {}
        self._followers: dict[int, Follower] = {}
        self._lines: dict[SerialPort, SerialBus] = {}
        self._changed = asyncio.Event()
        self._transformers: dict[int, Phases] = {}
        self._closed_at: dict[int, float] = {}

    def configure(self, values: Values) -> None:
        """Take other settings; what did not change goes on undisturbed."""
        self._wanted = {outlet: fitted(values, outlet) for outlet in self._outlets}
        self._changed.set()

    def serial_bus(self, port: SerialPort) -> SerialBus:
        """The one bus of a serial port, which all who ask there share."""
        return self._lines.setdefault(port, SerialBus(port))

    def bus_to(self, line: SerialPort | Gateway) -> tuple[SerialBus | TcpBus, bool]:
        """A bus to a line for somebody else, and whether it is theirs to close: a serial port has one bus only."""
        if isinstance(line, SerialPort):
            shared = self._lines.get(line)
            return (SerialBus(line), True) if shared is None else (shared, False)
        return TcpBus(line), True

    async def run(self, tell: Tell) -> None:
        """Follow the meters that the settings name, for ever; `tell` hears of Evt #12 and #15."""
        tasks: dict[int, asyncio.Task[None]] = {}
        try:
            while True:
                await self._changed.wait()
                self._changed.clear()
                for outlet, wanted in self._wanted.items():
                    before = self._followers.get(outlet)
                    if before is not None and before.fitted == wanted:
                        continue
                    if outlet in tasks:
                        await _end(tasks.pop(outlet))
                    self._leave(outlet, tell)
                    follower = Follower(wanted, Watch(wanted.bounds))
                    self._followers[outlet] = follower
                    if wanted.external:
                        tasks[outlet] = asyncio.create_task(self._follow(follower, tell))
                self._close_unused()
        finally:
            for task in tasks.values():
                await _end(task)
            for line in self._lines.values():
                line.close()

    def _close_unused(self) -> None:
        used = {one.line for one in self._wanted.values()}
        for port in [port for port in self._lines if port not in used]:
            self._lines.pop(port).close()

    def _leave(self, outlet: int, tell: Tell) -> None:
        """The meter that an outlet had is followed no more: the core counts on, its events are over."""
        self._core.registers[outlet].lost()
        before = self._followers.get(outlet)
        for event in sorted(before.told if before is not None else ()):
            tell(outlet, event, False)

    # Following one meter

    async def _follow(self, one: Follower, tell: Tell) -> None:
        wanted = one.fitted
        if wanted.driver is None or wanted.line is None:
            one.watch = broken(one.watch, wanted.wrong or Label("no line", "pas de liaison"))
            await self._settle(one, tell)
            return
        bus: Bus = self.serial_bus(wanted.line) if isinstance(wanted.line, SerialPort) else TcpBus(wanted.line)
        meter = Meter(wanted.driver, bus, wanted.unit)
        clock = asyncio.get_running_loop().time
        due = clock()
        try:
            while True:
                try:
                    await self._period(one, meter)
                    await self._settle(one, tell)
                except Exception:  # whatever a meter says, it must not end the metering of its outlet
                    log.exception("outlet %d: the meter could not be followed", wanted.outlet)
                due = max(due + self._period_s, clock())
                await asyncio.sleep(due - clock())
        finally:
            if not isinstance(bus, SerialBus):
                bus.close()

    async def _period(self, one: Follower, meter: Meter) -> None:
        """One poll, judged; the register follows the counter as long as it is believed."""
        clock = asyncio.get_running_loop().time
        outlet = one.fitted.outlet
        register = self._core.registers[outlet]
        asked_at = clock()
        was = one.watch
        believed = False
        try:
            if one.identity is None:
                one.identity = await meter.identify()
            sample = used(await meter.poll(), one.fitted.wired)
        except StrangerError as error:
            one.watch = missed(was, error.said, Health.IMPLAUSIBLE)
        except BusError as error:
            one.watch = missed(was, error.said)
        else:
            one.watch = replace(was, step_wh=meter.driver.step_wh(max(0.0, _finite(sample.energy_wh))))
            one.watch, believed = judged(one.watch, sample, clock(), self._witness(outlet))
            count = self._core.count(outlet)
            if believed and count is not None:
                register.by_meter(count, sample.energy_mvas)
                one.sample, one.asked_at = sample, asked_at
        if was.counting and not one.watch.counting:
            register.lost(stood=one.watch.frozen or stood(was, self._witness(outlet)))
            # Whoever answers next may be another: a meter that was exchanged.
            one.identity, one.turned = None, 0
        if believed:
            self._compare(one)

    def _witness(self, outlet: int) -> Witness:
        count = self._core.count(outlet)
        amps = max(self._transformers.get(outlet, (0.0,)))
        return Witness(amps, 0.0 if count is None else count / MVAS_PER_WH)

    def _compare(self, one: Follower) -> None:
        """Evt #15: with one or two phases loaded, the phase that moves must be the mapped one."""
        wanted, sample = one.fitted, one.sample
        transformers = self._transformers.get(wanted.outlet)
        if sample is None or sample.current_a is None or transformers is None or wanted.bounds.phases != 3:
            return
        if wanted.driver is None or wanted.driver.phases != 3:
            return
        right = moves_as_mapped(by_line(wanted.terminals, transformers), by_line(wanted.inputs, sample.current_a))
        if right is None:
            return
        wrong = Evt.PHASES in one.told
        one.turned = one.turned + 1 if right is wrong else 0
        if one.turned >= TURNED:
            one.turned = 0
            one.wrong_phases = right is False

    async def _settle(self, one: Follower, tell: Tell) -> None:
        """Tell what changed, and store the register's base now and then."""
        outlet, watch = one.fitted.outlet, one.watch
        now = {Evt.POWER_METER} if watch.health not in (Health.OK, Health.STARTING) else set()
        if one.wrong_phases and watch.counting:
            now.add(Evt.PHASES)
        changed = one.told ^ now
        for event in sorted(changed):
            tell(outlet, event, event in now)
            if event is Evt.POWER_METER:
                log.warning("outlet %d: %s", outlet, watch.said.en if watch.said else "the meter answers again")
        one.told = frozenset(now)
        clock = asyncio.get_running_loop().time()
        base, generation = self._core.registers[outlet].base, self._core.generation
        if base == one.saved or generation is None or (not changed and clock - one.saved_at < SAVE_S):
            return
        await self._save(outlet, generation, base)
        one.saved, one.saved_at = base, clock

    # What others see

    def readings(self) -> tuple[Reading | None, ...]:
        """Control's readings, those of an outlet with a meter as the meter has it."""
        found = self._core.readings()
        return tuple(self._merged(o, reading) for o, reading in zip(self._outlets, found, strict=True))

    def grant(self, grant: Grant) -> None:
        """Hand a permit to control."""
        self._core.grant(grant)

    def _merged(self, outlet: int, reading: Reading | None) -> Reading | None:
        one = self._followers.get(outlet)
        if reading is None:
            return None
        self._transformers[outlet] = reading.current_a
        if reading.contactor:
            self._closed_at[outlet] = asyncio.get_running_loop().time()
        if one is None or not one.fitted.external:
            return reading
        if not one.watch.counting or one.sample is None:
            return replace(reading, current_a=self._by_core(one, reading.current_a), estimated=True)
        return self._by_meter(one, reading, one.sample)

    def _by_core(self, one: Follower, amps: Phases) -> Phases:
        return by_line(one.fitted.terminals, amps) if one.fitted.bounds.phases == 3 else amps

    def _by_meter(self, one: Follower, reading: Reading, sample: Sample) -> Reading:
        amps = reading.current_a if sample.current_a is None else self._lines_of(one, sample.current_a)
        if sample.current_a is None:
            amps = self._by_core(one, amps)
        entered = one.fitted.bounds.voltage_v
        volts = (entered, entered, entered) if one.fitted.bounds.phases == 3 else (entered, 0.0, 0.0)
        if sample.voltage_v is not None:
            volts = self._lines_of(one, sample.voltage_v)
        power = sample.power_w
        if power is None:
            power = sum(a * v for a, v in zip(amps, volts, strict=True))
        return replace(
            reading,
            current_a=_rounded(amps, 2),
            drawn_a=self._by_core(one, reading.current_a),
            metered=Metered(_rounded(volts, 1), max(0, round(power))),
            unread=one.asked_at <= self._closed_at.get(one.fitted.outlet, -1e9) or owes(one.watch),
        )

    @staticmethod
    def _lines_of(one: Follower, readings: Phases) -> Phases:
        """Readings of the meter's inputs as L1 to L3; a single-phase station's own conductor stands first."""
        lines = by_line(one.fitted.inputs, readings)
        if one.fitted.bounds.phases == 3:
            return lines
        return (lines[one.fitted.terminals[0] - 1], 0.0, 0.0)

    def documents(self) -> dict[int, dict[str, Any]]:
        """`meter` of each outlet in the status document."""
        return {outlet: document(one) for outlet, one in self._followers.items()}


def _finite(number: float) -> float:
    return number if isfinite(number) else 0.0


def _rounded(values: Phases, digits: int) -> Phases:
    one, two, three = (max(0.0, round(value, digits)) for value in values)
    return (one, two, three)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
