"""A coverage-guided fuzzer of the core: bytes -> permits, blocks, gaps; what reaches new code is kept and mutated.

`python -m tests.unit.core_fuzz TRACE.so SECONDS SEED`, on an instrumented build (`make sanitize`). Every run is judged
by rules that hold whatever is fed; the first that breaks ends it all with the bytes that broke it, in hexadecimal.
Fuzzers for Python see the coverage of Python, or of C built by clang; this one sees that of the compiler in use.
"""

from __future__ import annotations

import ctypes
import random
import sys
import time
from typing import Any

from evlink import _core
from evlink._core import Core, Limits, Permit
from tests.unit import core_bench

LONGEST = 120  # bytes of an input
OPENING = ~(_core.FAULT_SURGE | _core.FAULT_INTRUSION | _core.FAULT_FLAP | _core.FAULT_OVERLOAD)
WILD = (0, 1, -1, 5_999, 6_000, 16_000, 80_001, 2**31 - 1, -(2**31), 2**63, -(2**63))
LEASE = 6_700_000  # samples after the last permit at which the contactor is open at the latest


class BrokenError(Exception):
    """A rule that did not hold."""


class Reader:
    """Bytes taken from the front; zeros once they are used up."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def byte(self) -> int:
        """The next byte."""
        self.at += 1
        return self.data[self.at - 1] if self.at <= len(self.data) else 0


class Run:
    """One input on a core of two outlets."""

    def __init__(self) -> None:
        self.core = Core(2)
        self.ohm, self.inputs, self.feedback = 220, 0, -1
        self.duty = {1: 10_000, 2: 10_000}
        self.closed = {1: False, 2: False}
        self.granted: dict[int, tuple[int, Permit]] = {}
        self.energy = {1: 0, 2: 0}

    def step(self, r: Reader) -> None:
        """The next action that the bytes ask for."""
        op = r.byte()
        outlet = 1 + op % 2
        match op // 2 % 8:
            case 0 | 1 | 2:
                state, blocks = "ABCDE"[r.byte() % 5], 1 + r.byte() % 64
                amps = (r.byte() / 4, r.byte() / 8, 0.0)
                for _ in range(blocks):
                    wave = core_bench.pilot(state, self.duty[outlet], 1000)
                    self.feed(outlet, core_bench.frames(wave, amps if self.closed[outlet] else (0, 0, 0)))
            case 3:
                frames = 1 + r.byte() * 16
                raw = bytes(r.byte() for _ in range(8)) * frames
                self.feed(outlet, memoryview(raw).cast("h", (frames, 4)), r.byte() if r.byte() > 200 else 0)
            case 4:
                wild: dict[str, Any] = {name: WILD[r.byte() % 11] for name in Limits._fields if r.byte() > 230}
                limits = Limits(**wild)
                fields = [r.byte() for _ in range(7)]
                permit = Permit(
                    authorised=fields[0] % 8 > 0,
                    limit_ma=WILD[fields[1] % len(WILD)],
                    ventilation=fields[2] % 2 > 0,
                    available=fields[3] % 8 > 0,
                    lock=fields[4] % 2 > 0,
                    attached_cable=fields[5] % 2 > 0,
                    domestic=fields[6] % 8 == 7,
                    limits=limits,
                )
                self.permit(outlet, permit)
            case 5:
                self.permit(outlet, Permit(True, 16_000))
            case 6:
                self.ohm = (-1, 220, 350, 1500, 0, 2**31 - 1)[r.byte() % 6]
                self.inputs, self.feedback = r.byte() * (r.byte() > 128), (-1, 0, 1, 2, 3)[r.byte() % 5]
            case _:
                self.core.missing(outlet, (r.byte() << 8 | r.byte()) * 16)

    def permit(self, outlet: int, permit: Permit) -> None:
        """Grant, and remember what was granted when."""
        self.core.permit(outlet, permit)
        self.granted[outlet] = (self.core.frame(outlet).samples, permit)

    def feed(self, outlet: int, block: object, lost: int = 0) -> None:
        """Feed a block with a contactor and a lock that follow, or with the feedback that the bytes chose."""
        feedback = self.feedback
        if feedback < 0:
            feedback = (
                self.closed[outlet] * _core.FEEDBACK_CONTACTOR | self.core.frame(outlet).lock * _core.FEEDBACK_LOCK
            )
        out = self.core.feed(outlet, block, plug_ohm=self.ohm, inputs=self.inputs, feedback=feedback, lost=lost)
        self.duty[outlet], self.closed[outlet] = out.duty, out.contactor
        self.judge(outlet)

    def judge(self, outlet: int) -> None:
        """The rules that hold whatever is fed."""
        frame = self.core.frame(outlet)
        if not 0 <= frame.duty <= 10_000 or not 0 <= frame.limit_ma <= 80_000:
            raise BrokenError(f"duty {frame.duty}, limit {frame.limit_ma}")
        if frame.energy_mvas < self.energy[outlet] or frame.energy_mvas != sum(frame.energy_phase_mvas):
            raise BrokenError(f"energy {frame.energy_phase_mvas} after {self.energy[outlet]}")
        self.energy[outlet] = frame.energy_mvas
        if not frame.contactor:
            return
        at, permit = self.granted.get(outlet, (-LEASE, Permit()))
        if outlet not in self.granted or frame.samples - at > LEASE:
            raise BrokenError(f"closed without a permit, {frame.samples - at} samples after the last")
        if frame.faults & OPENING:
            raise BrokenError(f"closed with faults {frame.faults:#x}")
        if frame.pilot not in (_core.PILOT_C, _core.PILOT_D) and not permit.domestic:
            raise BrokenError(f"closed in state {frame.pilot}")


def play(data: bytes) -> Run:
    """One input from the beginning; BrokenError where a rule does not hold."""
    reader, run = Reader(data), Run()
    while reader.at < len(data):
        run.step(reader)
    return run


CHARGE = bytes([0, 0, 20, 0, 0, 10, 0, 1, 60, 0, 0, 0, 2, 63, 60, 60, 0, 2, 63, 60, 60])  # A, permit, B, C, a current


def mutated(rng: random.Random, corpus: list[bytes]) -> bytes:
    """An input of the corpus, changed in one to eight places."""
    data = bytearray(rng.choice(corpus))
    for _ in range(1 << rng.randrange(4)):
        at = rng.randrange(len(data) + 1)
        match rng.randrange(6):
            case 0 if at < len(data):
                data[at] ^= 1 << rng.randrange(8)
            case 1 if at < len(data):
                data[at] = rng.randrange(256)
            case 2:
                data[at:at] = bytes(rng.randrange(256) for _ in range(rng.randrange(1, 8)))
            case 3:
                del data[at : at + rng.randrange(1, 8)]
            case 4:
                other = rng.choice(corpus)
                data[at:at] = other[rng.randrange(len(other) + 1) :]
            case _:
                data += data[at : at + rng.randrange(1, 16)]
    return bytes(data[:LONGEST])


def main() -> int:
    """Fuzz for a time; 1 with the input where a rule broke."""
    trace, seconds, seed = ctypes.CDLL(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    known = (ctypes.c_uint8 * 65536)()
    rng, corpus, runs, edges = random.Random(seed), [CHARGE, b"\0"], 0, 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        data = corpus[runs] if runs < 2 else mutated(rng, corpus)
        trace.edges_clear()
        try:
            play(data)
        except BrokenError as broken:
            print(f"{broken}: {data.hex()}")
            return 1
        runs += 1
        fresh = trace.edges_new(known)
        edges += fresh
        if fresh and runs > 2:
            corpus.append(data)
    print(f"{runs} runs, {len(corpus)} inputs that reached new code, {edges} edges and counts")
    return 0 if edges > 0 else 2


if __name__ == "__main__":
    sys.exit(main())
