"""The keeper of control: finds the control process or starts it, reads its frames, grants its permits."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from evlink import _core
from evlink.control.starting import ControlError
from evlink.domain.effects import Grant
from evlink.domain.state import Reading
from evlink.domain.text import clean
from evlink.runtime.readings import Wiring, permit_from, reading_from
from evlink.runtime.register import Register

SILENT_S = 1.0  # real seconds without a new frame after which control counts as silent
SEEK_S, WATCH_S = 0.05, 0.5  # real seconds between looks for control, until it is found and after
AGAIN_S = 2.0  # before control is started once more
TAIL_BYTES = 8192
ASK_S = 3.0  # of silence on all outlets, after which the log of control and board is looked at for why
log = logging.getLogger("evlink.keeper")

# Given a core's generation and the registers known so far (mVAs an outlet), what to add to that core's counts.
Rebase = Callable[[int, Mapping[int, int]], Awaitable[dict[int, int]]]


class Keeper:
    """`runtime.loop.Control` over the shared memory of a control process that lives its own life."""

    def __init__(
        self,
        state: Path,
        wiring: Mapping[int, Wiring],
        start: Callable[[], object],
        rebase: Rebase,
    ) -> None:
        """`wiring` says how each outlet was built; `start` starts control."""
        self._state = state
        self._wiring = wiring
        self._start = start
        self._rebase = rebase
        self.registers: Mapping[int, Register] = {outlet: Register() for outlet in wiring}
        self.generation: int | None = None
        self._shared: _core.Shared | None = None
        self._samples: dict[int, int] = {}
        self._seen: dict[int, float] = dict.fromkeys(wiring, time.monotonic())
        self._frames: dict[int, _core.Frame] = {}
        self.limits: Mapping[int, _core.Limits] = {}
        self.warnings: dict[str, str] = {}

    @property
    def frames(self) -> Mapping[int, _core.Frame]:
        """The newest frame of each outlet."""
        return self._frames

    @property
    def outlets(self) -> tuple[int, ...]:
        """Numbers of the outlets."""
        return tuple(sorted(self._wiring))

    def piloted(self, outlet: int) -> bool:
        """Whether an outlet has a pilot; a domestic socket alone has none."""
        return not self._wiring[outlet].domestic

    def count(self, outlet: int) -> int | None:
        """What the core that runs has counted at an outlet, in mVAs; None before its first word."""
        frame = self._frames.get(outlet)
        return None if frame is None else frame.energy_mvas

    def scope(self, outlet: int) -> tuple[int, bytes] | None:
        """The last whole window of an outlet's raw pilot, None where there is none."""
        return self._shared.scope(outlet) if self._shared is not None else None

    def latency(self) -> _core.Latency | None:
        """How late the live loop was, None where control is not there."""
        return self._shared.latency() if self._shared is not None else None

    @property
    def silence(self) -> dict[int, float]:
        """Real seconds since the last new frame of each outlet; of one that had none, since the station's start."""
        now = time.monotonic()
        return {outlet: now - then for outlet, then in self._seen.items()}

    def readings(self) -> tuple[Reading | None, ...]:
        """One reading an outlet in their order, None where control has been silent for a second."""
        now = time.monotonic()
        return tuple(self._reading(outlet, now) for outlet in sorted(self._wiring))

    def _reading(self, outlet: int, now: float) -> Reading | None:
        if self._shared is None:
            return None
        frame = self._shared.frame(outlet)
        domestic = self._wiring[outlet].domestic
        if frame is None or (frame.pilot == _core.PILOT_UNKNOWN and not (domestic and frame.samples)):
            return None  # a core that has seen no window yet knows nothing; nobody has left for that
        if frame.samples != self._samples.get(outlet):
            self._samples[outlet] = frame.samples
            self._seen[outlet] = now
        elif now - self._seen.get(outlet, 0.0) > SILENT_S:
            return None
        self._frames[outlet] = frame
        register = self.registers[outlet].by_core(frame.energy_mvas)
        if not frame.realtime:
            self.warnings["realtime"] = "control runs without real-time priority"
        return reading_from(frame, register - frame.energy_mvas, domestic)

    def grant(self, grant: Grant) -> None:
        """Write an outlet's permit; nothing where control is not there."""
        if self._shared is not None:
            limits = self.limits.get(grant.outlet, _core.Limits())
            self._shared.grant(grant.outlet, permit_from(grant, limits, self._wiring[grant.outlet]))

    async def watch(self) -> None:
        """Keep a control process running and attached, for ever."""
        while True:
            if not running(self._state):
                self._let_go()
                log.info("starting control")
                try:
                    await asyncio.to_thread(self._start)
                except ControlError as error:
                    self.warnings["control"] = str(error)
                    log.error("control does not start: %s", error)
                    await asyncio.sleep(AGAIN_S)
                    continue
            self._ask_why()
            if self._shared is None:
                await self._attach()
            elif self._moved():
                self._let_go()
                continue
            await asyncio.sleep(SEEK_S if self._shared is None else WATCH_S)

    async def _attach(self) -> None:
        try:
            shared = _core.Shared.attach(str(self._state / "control.shm"))
        except (OSError, ValueError) as error:
            self.warnings["control"] = f"control: {error}"
            return
        self.warnings.pop("control", None)
        # A core that began anew counts from nothing; storage knows what was counted before it.
        bases = await self._rebase(shared.generation, {o: register.shown for o, register in self.registers.items()})
        for outlet, base in bases.items():
            self.registers[outlet].restart(base)
        self.generation = shared.generation
        self._samples.clear()
        self._frames.clear()
        self._shared = shared

    def _moved(self) -> bool:
        """Whether the file now under the name is another one than ours, or another core writes it."""
        assert self._shared is not None
        try:
            fresh = _core.Shared.attach(str(self._state / "control.shm"))
        except (OSError, ValueError):
            return False
        try:
            return fresh.generation != self._shared.generation
        finally:
            fresh.close()

    def _ask_why(self) -> None:
        """Have the last word of control and board told while all outlets are silent: only their log holds it."""
        if min(self.silence.values(), default=0.0) < ASK_S:
            self.warnings.pop("board", None)
            return
        said = last_words(self._state / "control.log")
        if said and self.warnings.get("board") != said:
            self.warnings["board"] = said
            log.warning("control is silent; its log ends with: %s", said)

    def _let_go(self) -> None:
        if self._shared is not None:
            self._shared.close()
            self._shared = None


def last_words(log_file: Path) -> str:
    """The last line of a log that isn't control's own report of what it does about it; '' where there is none."""
    try:
        with log_file.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL_BYTES))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    told = [line for line in lines if line.strip() and " control[" not in line]
    return clean(told[-1], 200) if told else ""


def running(state: Path) -> bool:
    """Whether a control process holds the state directory: its lock says so."""
    try:
        fd = os.open(state / "control.lock", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False
