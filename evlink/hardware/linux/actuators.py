"""What one outlet drives: pilot, contactor, lock, light and buzzer, by the outputs of control.

The line `alive` is the loop's own affair.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from evlink.hardware.board import DUTY_CONSTANT, Outputs
from evlink.hardware.linux.description import Line
from evlink.hardware.linux.gpio import Lines
from evlink.hardware.linux.pwm import PilotPwm
from evlink.hardware.linux.sysfs import HardwareError

BEEP_S: Final = 0.15
PAUSE_S: Final = 0.1
BLINK_S: Final = 0.5
MOST_BEEPS: Final = 10  # waiting; more are one sound anyway

# What each light of the outputs shows: lines, and whether they blink. An unknown light is dark.
LIGHTS: Final[Mapping[int, tuple[tuple[str, ...], bool]]] = {
    1: (("green",), False),
    2: (("green",), True),
    3: (("blue",), False),
    4: (("red",), False),
}


class Actuators:
    """One outlet's outputs. `dead` says that the dead-man has dropped them; the next `apply` re-arms."""

    def __init__(self, pwm: PilotPwm, lines: Lines, outputs: Mapping[str, Line]) -> None:
        self._pwm = pwm
        self._lines = lines
        self._outputs = outputs
        self._now: dict[str, bool] = dict.fromkeys(outputs, False)
        self._light = 0
        self._beeps = -1  # of control, -1 until its first outputs
        self._sounds = 0
        self._sound_turns = 0.0
        self.dead = True
        self.pilot_on = True

    def apply(self, outputs: Outputs) -> None:
        """Drive what control wants: what opens first, what closes last. HardwareError where one is refused."""
        if not outputs.contactor:
            self._drive("contactor", False)
        self._pilot(outputs.duty, outputs.pilot_on)
        self._drive("lock", outputs.lock)
        self._drive("contactor", outputs.contactor)
        self._light = outputs.light
        if self._beeps >= 0:
            self._sounds = min(MOST_BEEPS, self._sounds + (outputs.beeps - self._beeps) % 256)
        self._beeps = outputs.beeps
        self.dead = False

    def show(self, now: float) -> float:
        """Advance light and buzzer to `now`, monotonic seconds; when they want to be shown again."""
        lit, blinks = LIGHTS.get(self._light, ((), False))
        bright = not blinks or now % (2 * BLINK_S) < BLINK_S
        for colour in ("green", "blue", "red"):
            self._drive(colour, colour in lit and bright)
        if now >= self._sound_turns:
            if self._now.get("buzzer"):
                self._drive("buzzer", False)
                self._sound_turns = now + PAUSE_S
            elif self._sounds:
                self._sounds -= 1
                self._drive("buzzer", True)
                self._sound_turns = now + BEEP_S
        again = (now // BLINK_S + 1) * BLINK_S if blinks else math.inf
        if self._sounds or self._now.get("buzzer"):
            again = min(again, self._sound_turns)
        return again

    def drop(self) -> None:
        """The dead-man: contactor open, pilot at +12 V; the lock stays, so that no plug is pulled live."""
        self.dead = True
        self._beeps = -1
        self._drive("contactor", False)
        self._pilot(DUTY_CONSTANT, True)

    def leave(self) -> None:
        """Drop all that may be dropped, whatever refuses, before the process ends."""
        for step in (self.drop, lambda: self._pilot(DUTY_CONSTANT, True), lambda: self._drive("buzzer", False)):
            with suppress(HardwareError):
                step()

    def _pilot(self, duty: int, on: bool) -> None:
        self._pwm.duty(duty)
        if "pilot_enable" in self._outputs:
            self._drive("pilot_enable", on)
        else:
            self._pwm.run(on)
        self.pilot_on = on

    def _drive(self, name: str, active: bool) -> None:
        """Drive a line that the description knows, where it changes."""
        line = self._outputs.get(name)
        if line is not None and self._now[name] != active:
            self._lines.set(line, active)
            self._now[name] = active
