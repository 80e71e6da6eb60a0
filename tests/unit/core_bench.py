"""A bench for the control core: synthetic pilot and current samples from a small circuit model, and a closed loop.

The waveforms are synthetic: a source of +/-12 V behind 1 kohm, the vehicle's diode (0.65 V) and resistors, a line
that rounds the edges. No recording of a real pilot is public.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from evlink import _core
from evlink._core import Core, CoreEvent, Frame, Limits, Outputs, Permit

Samples = npt.NDArray[np.int16]

# Vehicle resistance to earth by state, ohms: 2740; with 1300 or 270 beside it; A is open; E a short of 80.
RESISTANCE = {"B": 2740.0, "C": 882.0, "D": 246.0, "E": 80.0}
DIODE_MV = 650.0
LINE_US = 2.0  # time constant of the line
CENTIAMPERES = np.sqrt(2) * 100
NOTHING = (0.0, 0.0, 0.0)
LONGEST = 5000  # frames a block of the bench
CONTACTOR_TRAVEL, LOCK_TRAVEL = 2_000, 10_000  # frames


def level(source_mv: float, state: str, diode: bool) -> float:
    """Voltage on the pilot with the source at a level, in millivolts."""
    if state == "A":
        return source_mv
    ohm = RESISTANCE[state]
    drop = DIODE_MV if diode and state != "E" else 0.0
    if source_mv < drop:
        return source_mv if drop else source_mv * ohm / (ohm + 1000)
    return (source_mv - drop) * ohm / (ohm + 1000) + drop


@lru_cache(maxsize=512)
def period(state: str, duty: int, diode: bool, shift: int = 0) -> Samples:
    """One millisecond (100 samples) of the pilot at a duty in hundredths of a percent, `shift` us after its edge."""
    high = level(12000, state, diode)
    low = level(-12000, state, diode)
    t = np.arange(100) * 10.0 + shift
    edge = duty / 10.0
    if duty >= 10000:
        wave = np.full(100, high)
    elif duty <= 0:
        wave = np.full(100, low)
    else:
        rising = high + (low - high) * np.exp(-t / LINE_US)
        falling = low + (high - low) * np.exp(-np.maximum(t - edge, 0) / LINE_US)
        wave = np.where(t < edge, rising, falling)
    return np.round(wave).astype("<i2")


def pilot(state: str, duty: int, n: int, start: int = 0, diode: bool = True) -> Samples:
    """`n` samples of the pilot, beginning at sample `start` of the stream."""
    wave: Samples = np.take(period(state, duty, diode), (np.arange(n) + start) % 100)
    return wave


@lru_cache(maxsize=64)
def mains(amps: float, start: int, phase: int, n: int) -> Samples:
    """`n` samples of a 50 Hz current in centiamperes."""
    t = np.arange(n) + start
    wave = np.round(amps * CENTIAMPERES * np.sin(2 * np.pi * (t / 2000 - phase / 3)))
    clipped: Samples = np.clip(wave, -32768, 32767).astype("<i2")
    return clipped


def frames(wave: Samples, amps: tuple[float, float, float] = (0, 0, 0), start: int = 0) -> Samples:
    """Interleave a pilot with three currents: shape (n, 4)."""
    block = np.zeros((len(wave), 4), dtype="<i2")
    block[:, 0] = wave
    for k, value in enumerate(amps):
        if value:
            block[:, k + 1] = mains(value, start % 2000, k, len(wave))
    return block


@lru_cache(maxsize=2048)
def ring(state: str, duty: int, diode: bool, shift: int, amps: tuple[float, float, float]) -> Samples:
    """Frames to cut blocks from without a copy: from any of the first 2000, up to `LONGEST` on."""
    n = 2000 + LONGEST
    wave: Samples = np.resize(period(state, duty, diode, shift), n)
    return frames(wave, amps)


class Bench:
    """An outlet with a vehicle on it: the core's outputs shape the next block, as on a station.

    The contactor follows its command after 20 ms, the lock after 100 ms; `amps` flow while it is closed and the
    vehicle is in C or D.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self.core = Core(1)
        self.limits = limits or Limits()
        self.state = "A"
        self.amps: tuple[float, float, float] = (0, 0, 0)
        self.diode = True
        self.plug_ohm = -1
        self.inputs = 0
        self.pilot_duty: int | None = None  # None: as commanded
        self.vehicle_obeys = True
        self.stuck: bool | None = None  # contactor feedback that ignores the command
        self.lock_stuck: bool | None = None
        self.granting: Permit | None = None
        self.outputs = Outputs(False, 10000, True, False, 0, 0)
        self.phase = 0  # of the pilot within the window, frames
        self.shift = 0  # of the samples within the pilot's edges, microseconds below 10
        self.disturb: Callable[[Samples, int], Samples] | None = None  # of a block's frames and its first frame's place
        self.shown = "A"  # the state that the last block showed
        self.given: Permit | None = None  # the last permit, and when
        self.given_at = 0
        self.now = 0  # frames
        self.closed = False  # as the contactor stands
        self.locked = False
        self._granted = -1_000_000
        self._contactor_at = self._lock_at = 0  # since when the command has been as it is

    def grant(self, **fields: Any) -> None:
        """Grant a permit now and once a second from now on (authorised, 16 A, unless told otherwise)."""
        given: dict[str, Any] = {"authorised": True, "limit_ma": 16000, "limits": self.limits} | fields
        self.granting = Permit(**given)
        self._granted = -1_000_000

    def silence(self) -> None:
        """Let the station fall silent: no more permits."""
        self.granting = None

    def plug(self, state: str = "B", ohm: int = 220) -> None:
        """Plug a vehicle in, with a cable."""
        self.state = state
        self.plug_ohm = ohm

    def unplug(self) -> None:
        """Take the vehicle and the cable away."""
        self.state = "A"
        self.plug_ohm = -1

    def block(self, n: int = 1000) -> Outputs:
        """Feed the next `n` frames, at most `LONGEST`; slow signals and the vehicle's answers are as old as a block."""
        if self.granting is not None and self.now - self._granted >= 100_000:
            self.core.permit(1, self.granting)
            self.given, self.given_at = self.granting, self.now
            self._granted = self.now
        if self.closed is not self.outputs.contactor and self.now - self._contactor_at >= CONTACTOR_TRAVEL:
            self.closed = self.outputs.contactor
        if self.locked is not self.outputs.lock and self.now - self._lock_at >= LOCK_TRAVEL:
            self.locked = self.outputs.lock
        closed = self.closed if self.stuck is None else self.stuck
        locked = self.locked if self.lock_stuck is None else self.lock_stuck
        duty = self.outputs.duty if self.pilot_duty is None else self.pilot_duty
        state = self.state
        if state in "CD" and self.vehicle_obeys and not 0 < duty < 10000:
            state = "B"  # no offer, no load
        self.shown = state
        flowing = self.amps if closed and state in "CD" else NOTHING
        begin = (self.now + self.phase) % 2000
        block = ring(state, duty, self.diode, self.shift, flowing)[begin : begin + n]
        if self.disturb is not None:
            block = self.disturb(block, self.now)
        feedback = closed * _core.FEEDBACK_CONTACTOR | locked * _core.FEEDBACK_LOCK
        before = self.outputs
        out = self.core.feed(1, block, plug_ohm=self.plug_ohm, inputs=self.inputs, feedback=feedback)
        self.now += n
        if out.contactor is not before.contactor:
            self._contactor_at = self.now
        if out.lock is not before.lock:
            self._lock_at = self.now
        self.outputs = out
        return out

    def run(self, seconds: float) -> Outputs:
        """Feed blocks of 10 ms."""
        for _ in range(round(seconds * 100)):
            self.block()
        return self.outputs

    def wait(self, seconds: float) -> Outputs:
        """Feed blocks of 50 ms where nothing is looked for meanwhile; what is left over is fed to the sample."""
        left = round(seconds * 100_000)
        while left > 0:
            self.block(min(left, LONGEST))
            left -= LONGEST
        return self.outputs

    def until(self, closed: bool, within_s: float = 10.0) -> float:
        """Feed until the contactor command is as asked; seconds it took. AssertionError where it never is."""
        begun = self.now
        while self.outputs.contactor is not closed:
            assert self.now - begun < within_s * 100_000, f"contactor not {closed} within {within_s} s"
            self.block()
        return (self.now - begun) / 100_000

    def charging(self, amps: tuple[float, float, float] = (10, 10, 10), **permit: Any) -> None:
        """Bring the outlet from idle into a charge."""
        self.run(0.3)
        self.grant(**permit)
        self.plug("B")
        self.run(0.5)
        self.state = "C"
        self.amps = amps
        self.until(True)
        self.run(0.5)

    @property
    def frame(self) -> Frame:
        """The outlet's frame."""
        return self.core.frame(1)

    def events(self, kind: int | None = None) -> list[CoreEvent]:
        """The outlet's events, of one kind or all."""
        return [event for event in self.core.events(1) if kind is None or event.kind == kind]
