"""The simulator board and the core in one process, as fast as they go: no sockets, no clock."""

from __future__ import annotations

from typing import Any

from evlink import _core
from evlink._core import Core, Frame, Outputs, Permit
from evlink.domain.words import Evt
from evlink.hardware import board
from evlink.hardware._simulator import Simulator
from evlink.hardware.simactions import FAULTS
from evlink.runtime.readings import reading_from

SECOND = 100_000


class Plant:
    """One station's outlets on the simulator, answered by the core; permits as told, once a second."""

    def __init__(
        self, outlets: int = 1, attached_a: tuple[float, float] = (0, 0), seed: int = 1, sockets: int = 1
    ) -> None:
        self.board = Simulator(outlets, 3, attached_a, 1.0, seed, (sockets, sockets))
        self.domestic = sockets == 2
        self.core = Core(outlets)
        self.outlets = range(1, outlets + 1)
        self.granting: dict[int, Permit] = {}
        self.now = 0  # frames of each outlet
        self.seen: set[Evt] = set()  # of outlet 1, since it was last emptied
        self._granted: dict[int, int] = {}
        self._packed = {k: board.Outputs(k, 0).pack() for k in self.outlets}
        self._commanded: dict[int, Outputs | None] = dict.fromkeys(self.outlets)
        self._unsent = dict.fromkeys(self.outlets, 0)

    def grant(self, outlet: int = 1, **fields: Any) -> None:
        """Grant a permit now and once a second."""
        self.granting[outlet] = Permit(**({"authorised": True, "limit_ma": 16_000} | fields))
        self._granted.pop(outlet, None)

    def step(self, outlet: int) -> None:
        """10 ms of an outlet."""
        block = self.board.step(outlet, self._packed[outlet])
        if self.board_silent(outlet):
            self._unsent[outlet] += 1
            return
        plug_ohm, inputs, feedback = board.HEADER_FORM.unpack_from(block)[6:9]
        if self._unsent[outlet]:  # as the live loop does where block numbers are missing
            self.core.missing(outlet, self._unsent[outlet] * 1000)
            self._unsent[outlet] = 0
        samples = memoryview(block)[board.HEADER_FORM.size :].cast("h", (1000, 4))
        out = self.core.feed(outlet, samples, plug_ohm=plug_ohm, inputs=inputs, feedback=feedback)
        if out != self._commanded[outlet]:
            self._commanded[outlet] = out
            self._packed[outlet] = board.Outputs(
                outlet, 0, out.contactor, out.duty, out.pilot_on, out.lock, out.light, out.beep
            ).pack()

    def board_silent(self, outlet: int) -> bool:
        """Whether the board sends no blocks of an outlet."""
        return bool(self._silenced >> outlet & 1)

    _silenced = 0

    def tick(self) -> None:
        """100 ms of all outlets, with the permits that are due."""
        for outlet, permit in self.granting.items():
            if self.now - self._granted.get(outlet, -SECOND) >= SECOND:
                self.core.permit(outlet, permit)
                self._granted[outlet] = self.now
        for _ in range(10):
            for outlet in self.outlets:
                self.step(outlet)
        self.now += 10_000
        frame = self.frame
        if frame.pilot != _core.PILOT_UNKNOWN:
            self.seen |= reading_from(frame, 0, self.domestic).faults

    def run(self, seconds: float) -> None:
        """Let time pass."""
        for _ in range(round(seconds * 10)):
            self.tick()

    def fault(self, name: str, on: bool = True, outlet: int = 1) -> None:
        """Set or clear a fault at the board."""
        if name == "silent":
            self._silenced = self._silenced | 1 << outlet if on else self._silenced & ~(1 << outlet)
        self.board.fault(outlet, FAULTS[name], on)

    def plug(self, ventilation: bool = False, amps: float = 14) -> None:
        """A vehicle on a 32 A cable that wants to charge."""
        assert self.board.plug(1, 32, 220, 3, amps, ventilation)
        assert self.board.ready(1, True)

    @property
    def frame(self) -> Frame:
        """Outlet 1."""
        return self.core.frame(1)

    @property
    def evts(self) -> set[Evt]:
        """The events of outlet 1 that are KO now."""
        return set(reading_from(self.frame, 0).faults)
