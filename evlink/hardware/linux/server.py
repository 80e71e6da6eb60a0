"""The Linux board at work: blocks from the ADCs to control, outputs from control to the lines."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from evlink.hardware import board
from evlink.hardware._convert import Converter, mean
from evlink.hardware.linux.actuators import Actuators
from evlink.hardware.linux.description import FEEDBACK, INPUTS, RATE, Description, Line, OutletWiring
from evlink.hardware.linux.gpio import Lines, request
from evlink.hardware.linux.guard import Guard
from evlink.hardware.linux.iio import Capture, Column, column
from evlink.hardware.linux.pwm import PilotPwm
from evlink.hardware.linux.sysfs import HardwareError
from evlink.hardware.linux.watchdog import HardwareWatchdog

TURN_S: Final = 0.02  # the longest wait: the guard is shown life, the light blinks
BLOCK_S: Final = board.FRAMES / RATE
SEND_BUFFER: Final = 1 << 20
MILLIAMPERES: Final = 10  # in a centiampere


@dataclass(slots=True)
class Outlet:
    """One outlet's share of the conversation."""

    wiring: OutletWiring
    actuators: Actuators
    converter: Converter
    plug: Column | None
    lines: Lines
    sequence: int = 0
    heard: float = 0.0
    drops: int = 0
    known: tuple[tuple[Line, int, int], ...] = field(init=False)  # each input, its bit of inputs and of feedback
    lines_read: list[Line] = field(init=False)
    inputs_without: int = field(init=False)

    def __post_init__(self) -> None:
        inputs = self.wiring.inputs
        self.known = tuple((line, INPUTS.get(name, 0), FEEDBACK.get(name, 0)) for name, line in inputs.items())
        self.lines_read = [line for line, _, _ in self.known]
        # A button that is not there is not pressed: the contact of the stop button is closed.
        self.inputs_without = 0 if "button_stop" in inputs else board.INPUT_BUTTON_STOP

    def block(self, raw: memoryview, size: int, taken: float) -> bytes:
        """The next block's bytes, from raw frames of `size` bytes each, the last one `taken` at a monotonic time."""
        self.sequence += 1
        inputs, feedback = self.inputs_without, 0
        for active, (_, inputs_bit, feedback_bit) in zip(self.lines.read(self.lines_read), self.known, strict=True):
            if active:
                inputs |= inputs_bit
                feedback |= feedback_bit
        plug = -1
        if self.plug is not None and self.wiring.plug is not None:
            plug = self.wiring.plug.ohms(mean(raw, size, self.plug))
        header = board.BlockHeader(
            self.wiring.id, self.sequence, plug_ohm=plug, inputs=inputs, feedback=feedback, stamp_ns=round(taken * 1e9)
        )
        return header.pack() + self.converter.convert(raw)


@dataclass(slots=True)
class Source:
    """One ADC and the outlets that it measures."""

    capture: Capture
    outlets: list[Outlet]
    waiting: bytearray = field(default_factory=bytearray)
    read_at: float = 0.0

    @property
    def block_size(self) -> int:
        """Bytes of raw frames a block."""
        return self.capture.frame.size * board.FRAMES * self.capture.adc.factor

    def lost(self, now: float) -> int:
        """Blocks that the kernel's buffer must have lost since the last read: what is older than it holds."""
        late = now - self.read_at - self.capture.buffered / self.capture.adc.rate if self.read_at else 0.0
        return 0 if late <= 0 else 1 + int(late / BLOCK_S)


def open_sources(root: Path, found: Description, lines: Lines, actuators: Mapping[int, Actuators]) -> list[Source]:
    """Start every ADC, with the conversions of its outlets. HardwareError where one is not able."""
    sources: list[Source] = []
    for adc in found.adcs:
        wirings = [one for one in found.outlets if one.adc == adc.id]
        channels = [c.channel for one in wirings for c in (one.pilot, *one.currents)]
        channels += [one.plug.channel.channel for one in wirings if one.plug is not None]
        if not channels:
            continue
        try:
            capture = Capture(root, adc, channels)
        except HardwareError:
            for source in sources:
                source.capture.close()
            raise
        sources.append(Source(capture, [open_outlet(capture, one, lines, actuators[one.id]) for one in wirings]))
    return sources


def open_outlet(capture: Capture, wiring: OutletWiring, lines: Lines, actuators: Actuators) -> Outlet:
    """An outlet with its conversions: millivolts for the pilot, centiamperes for the currents."""
    place = capture.frame.elements
    columns: list[Column | None] = [column(place[wiring.pilot.channel], *capture.calibration(wiring.pilot))]
    for one in wiring.currents:
        gain, zero = capture.calibration(one)
        columns.append(column(place[one.channel], gain / MILLIAMPERES, zero / MILLIAMPERES, ends=True))
    columns += [None] * (board.CHANNELS - len(columns))
    plug = None
    if wiring.plug is not None:
        plug = column(place[wiring.plug.channel.channel], *capture.calibration(wiring.plug.channel))
    converter = Converter(capture.frame.size, capture.adc.factor, columns)
    return Outlet(wiring, actuators, converter, plug, lines)


class LinuxBoard:
    """The board between its hardware and one control; `serve` is its loop."""

    def __init__(self, root: Path, found: Description, clock: Callable[[], float] = time.monotonic) -> None:
        """Take the hardware, outputs dropped. HardwareError where something is missing or refuses."""
        outputs = [line for one in found.outlets for line in one.outputs.values()]
        inputs = [line for one in found.outlets for line in one.inputs.values()]
        self._clock = clock
        self._control: socket.socket | None = None
        self._lines = request(root, found.gpio, contactors_first(found, outputs), inputs)
        actuators = {one.id: Actuators(PilotPwm(root, one.pwm), self._lines, one.outputs) for one in found.outlets}
        self._sources = open_sources(root, found, self._lines, actuators)
        self._outlets = {one.wiring.id: one for source in self._sources for one in source.outlets}
        dog = found.watchdog
        self._watchdog = None if dog is None else HardwareWatchdog(root, dog.device, dog.timeout_s)
        self.refused = 0  # messages of a wrong form
        self.lost = 0  # blocks that the kernel's buffer lost

    def serve(self, server: socket.socket, guard: Guard, stop: int, linger_s: float | None) -> None:
        """Serve until `stop` becomes readable, or there has been no control for `linger_s`. HardwareError passes."""
        poll = select.poll()
        ready_sources = {source.capture.fileno(): source for source in self._sources}
        for file in (*ready_sources, server.fileno(), stop):
            poll.register(file, select.POLLIN)
        wanted = self._clock()
        while True:
            control = -1 if self._control is None else self._control.fileno()
            if control >= 0:
                poll.register(control, select.POLLIN)
            ready = poll.poll(int(TURN_S * 1000))
            if control >= 0:
                poll.unregister(control)
            guard.alive()
            files = {file for file, _ in ready}
            if stop in files:
                return
            if control in files:
                self._take_outputs()
            self._watch()
            if server.fileno() in files:
                self._accept(server)
            for file in files & ready_sources.keys():
                self._capture(ready_sources[file])
            now = self._clock()
            for outlet in self._outlets.values():
                outlet.actuators.show(now)
            if self._control is not None:
                wanted = now
            elif linger_s is not None and now - wanted > linger_s:
                return

    def close(self) -> None:
        """Drop all outputs, whatever refuses, and let the hardware go."""
        for outlet in self._outlets.values():
            outlet.actuators.leave()
        if self._control is not None:
            self._control.close()
        for source in self._sources:
            source.capture.close()
        with suppress(HardwareError):
            if self._watchdog is not None:
                self._watchdog.rest()
        self._lines.close()

    def _watch(self) -> None:
        """The dead-man, and the watchdog that is fed only while every outlet's outputs are fresh."""
        now = self._clock()
        fresh = self._control is not None
        for outlet in self._outlets.values():
            if outlet.actuators.dead:
                fresh = False
            elif self._control is None or now - outlet.heard > board.DEAD_MAN_S:
                outlet.actuators.drop()
                fresh = False
        if fresh and self._watchdog is not None:
            self._watchdog.feed(now)

    def _accept(self, server: socket.socket) -> None:
        """Take a control where there is none; a second one is turned away at once."""
        try:
            connection, _ = server.accept()
        except OSError:
            return
        if self._control is not None:
            connection.close()
            return
        connection.setblocking(False)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        self._control = connection

    def _take_outputs(self) -> None:
        """Apply all outputs that have come; malformed ones change nothing."""
        while self._control is not None:
            try:
                message = self._control.recv(64)
            except BlockingIOError:
                return
            except OSError:
                message = b""
            if not message:
                self._hang_up()
                return
            try:
                outputs = board.unpack_outputs(message)
                outlet = self._outlets[outputs.outlet]
            except (ValueError, KeyError):
                self.refused += 1
                continue
            outlet.heard = self._clock()
            outlet.actuators.apply(outputs)

    def _hang_up(self) -> None:
        """Control has gone: drop every output at once, and let the machine live without it."""
        if self._control is not None:
            self._control.close()
        self._control = None
        for outlet in self._outlets.values():
            outlet.actuators.drop()
        if self._watchdog is not None:
            self._watchdog.rest()

    def _capture(self, source: Source) -> None:
        """Read what the ADC has, and send each whole block."""
        size = source.block_size
        data = source.capture.read(4 * size)
        if data is None:
            return
        now = self._clock()
        lost = source.lost(now)
        source.read_at = now
        if lost:
            self.lost += lost
            for outlet in source.outlets:
                outlet.sequence += lost
        source.waiting += data
        whole = len(source.waiting) // size * size
        with memoryview(source.waiting)[:whole] as view:
            for start in range(0, whole, size):
                taken = now - (whole - start - size) / size * BLOCK_S  # those behind it came later
                with view[start : start + size] as raw:
                    for outlet in source.outlets:
                        self._send(outlet, outlet.block(raw, source.capture.frame.size, taken))
        del source.waiting[:whole]

    def _send(self, outlet: Outlet, message: bytes) -> None:
        """Send a block, or drop it where it does not fit or nobody listens."""
        if self._control is None:
            return
        try:
            self._control.send(message)
        except OSError:
            outlet.drops += 1  # a closed socket shows in the next recv


def contactors_first(found: Description, outputs: list[Line]) -> list[Line]:
    """The outputs in the order in which they are taken over: what a dead board left closed opens first."""
    contactors = [one.outputs["contactor"] for one in found.outlets]
    return contactors + [line for line in outputs if line not in contactors]
