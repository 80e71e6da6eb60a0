"""The Linux board at work: what is of every block runs in `_linux.Engine`, what changes something is done here."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from evlink.hardware import _linux, board
from evlink.hardware._linux import Engine
from evlink.hardware.linux.actuators import Actuators
from evlink.hardware.linux.description import FEEDBACK, INPUTS, Description, Line, OutletWiring
from evlink.hardware.linux.gpio import Lines, request
from evlink.hardware.linux.guard import Guard
from evlink.hardware.linux.iio import Capture, Column, column
from evlink.hardware.linux.pwm import PilotPwm
from evlink.hardware.linux.sysfs import HardwareError

SEND_BUFFER: Final = 1 << 20
MILLIAMPERES: Final = 10  # in a centiampere
ANSWER: Final = struct.pack("@ll", 0, 4000)  # how long the loop waits for outputs: 4 ms
NO_DIVIDER: Final = (1.0, 1.0, 1.0)


def open_captures(root: Path, found: Description) -> list[tuple[Capture, list[OutletWiring]]]:
    """Start every ADC that an outlet uses. HardwareError where one is not able; none is left running then."""
    captures: list[tuple[Capture, list[OutletWiring]]] = []
    for adc in found.adcs:
        wirings = [one for one in found.outlets if one.adc == adc.id]
        channels = [c.channel for one in wirings for c in (one.pilot, *one.currents)]
        channels += [one.plug.channel.channel for one in wirings if one.plug is not None]
        if not channels:
            continue
        try:
            captures.append((Capture(root, adc, channels), wirings))
        except HardwareError:
            for capture, _ in captures:
                capture.close()
            raise
    return captures


def describe_outlet(engine: Engine, capture: Capture, wiring: OutletWiring, lines: Lines) -> None:
    """Give the engine an outlet: millivolts for the pilot, centiamperes for the currents, and its lines."""
    place = capture.frame.elements
    columns: list[Column | None] = [column(place[wiring.pilot.channel], *capture.calibration(wiring.pilot))]
    for one in wiring.currents:
        gain, zero = capture.calibration(one)
        columns.append(column(place[one.channel], gain / MILLIAMPERES, zero / MILLIAMPERES, ends=True))
    columns += [None] * (board.CHANNELS - len(columns))
    plug, divider = None, NO_DIVIDER
    if wiring.plug is not None:
        plug = column(place[wiring.plug.channel.channel], *capture.calibration(wiring.plug.channel))
        divider = (wiring.plug.pullup_mv, wiring.plug.pullup_ohm, wiring.plug.open_ohm)
    alive = wiring.outputs.get("alive")
    engine.outlet(
        wiring.id,
        capture.frame.size,
        capture.adc.factor,
        columns,
        plug,
        divider,
        [(lines.port(line), INPUTS.get(name, 0), FEEDBACK.get(name, 0)) for name, line in wiring.inputs.items()],
        # A button that is not there is not pressed: the contact of the stop button is closed.
        0 if "button_stop" in wiring.inputs else board.INPUT_BUTTON_STOP,
        None if alive is None else lines.port(alive),
    )


class LinuxBoard:
    """The board between its hardware and one control; `serve` is its loop."""

    def __init__(self, root: Path, found: Description) -> None:
        """Take the hardware, outputs dropped. HardwareError where something is missing or refuses."""
        outputs = [line for one in found.outlets for line in one.outputs.values()]
        inputs = [line for one in found.outlets for line in one.inputs.values()]
        self._control: socket.socket | None = None
        self._lines = request(root, found.gpio, contactors_first(found, outputs), inputs)
        self._actuators: Mapping[int, Actuators] = {
            one.id: Actuators(PilotPwm(root, one.pwm), self._lines, one.outputs) for one in found.outlets
        }
        self._captures = open_captures(root, found)
        self.refused = 0  # messages of a wrong form

    def serve(self, server: socket.socket, guard: Guard, stop: int, linger_s: float | None) -> None:
        """Serve until `stop` becomes readable, or there has been no control for `linger_s`. HardwareError passes."""
        engine = Engine(stop, server.fileno(), guard.fileno())
        for capture, wirings in self._captures:
            engine.source(capture.fileno(), capture.frame.size, capture.adc.factor, capture.buffered / capture.adc.rate)
            for wiring in wirings:
                describe_outlet(engine, capture, wiring, self._lines)
        wanted = time.monotonic()
        while True:
            now = time.monotonic()
            until = min(one.show(now) for one in self._actuators.values())
            if self._control is None and linger_s is not None:
                until = min(until, wanted + linger_s)
                if now >= wanted + linger_s:
                    return
            reason, number = engine.run(until)
            if reason == _linux.STOP:
                return
            if reason == _linux.CHANGED:
                self._apply(engine)
            elif reason == _linux.SILENT:
                engine.dropped(number)
                self._actuators[number].drop()
            elif reason == _linux.DOOR:
                self._accept(engine, server)
            elif reason == _linux.GONE:
                self._hang_up(engine)
                wanted = time.monotonic()
            elif reason != _linux.TURN:
                raise HardwareError(self._why(engine, reason, number, guard))

    def close(self) -> None:
        """Drop all outputs, whatever refuses, and let the hardware go."""
        for actuators in self._actuators.values():
            actuators.leave()
        if self._control is not None:
            self._control.close()
        for capture, _ in self._captures:
            capture.close()
        self._lines.close()

    def _accept(self, engine: Engine, server: socket.socket) -> None:
        """Take a control where there is none; a second one is turned away at once."""
        with suppress(OSError):
            connection, _ = server.accept()
            if self._control is not None:
                connection.close()
                return
            connection.setblocking(True)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, ANSWER)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
            self._control = connection
            engine.control(connection.fileno())

    def _apply(self, engine: Engine) -> None:
        """Drive what new outputs want; malformed ones change nothing."""
        try:
            outputs = board.unpack_outputs(engine.message)
            actuators = self._actuators[outputs.outlet]
        except (ValueError, KeyError):
            self.refused += 1
            return
        actuators.apply(outputs)
        if not engine.applied(outputs.outlet):
            raise HardwareError(f"Outlet {outputs.outlet}'s line alive cannot be driven.")

    def _hang_up(self, engine: Engine) -> None:
        """Control has gone: drop every output at once."""
        engine.control(-1)
        if self._control is not None:
            self._control.close()
        self._control = None
        for number, actuators in self._actuators.items():
            engine.dropped(number)
            actuators.drop()

    def _why(self, engine: Engine, reason: int, number: int, guard: Guard) -> str:
        """What the hardware refused, in a sentence."""
        if reason == _linux.UNGUARDED:
            return f"The board's guard (process {guard.pid}) has gone: {engine.error}."
        if reason == _linux.ENDED:
            device = self._captures[number][0].adc.device
            return f"{device} cannot be read: {engine.error}." if engine.error else f"{device} has ended its capture."
        return f"A line of outlet {number} cannot be read or driven: {engine.error}."


def contactors_first(found: Description, outputs: list[Line]) -> list[Line]:
    """The outputs in the order in which they are taken over: what a dead board left closed opens first."""
    contactors = [one.outputs["contactor"] for one in found.outlets]
    return contactors + [line for line in outputs if line not in contactors]
