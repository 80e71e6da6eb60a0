"""A coverage-guided fuzzer of parsers in Python: bytes in, and only what a parser declares may come out.

`python -m tests.faults.fuzzing TARGET SECONDS SEED`. Inputs that reach a new line of ours are kept and changed further;
what was kept goes into `tests/faults/corpus/TARGET/` with `--keep`, and begins the next run. A run that raises
anything else, lasts over 50 ms of this thread's time, or lets memory grow ends it all with the bytes in hexadecimal.
Without guidance (`guided=False`) it is the random lane of `make test`.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import random
import resource
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import evlink

OURS = str(Path(evlink.__file__).parent)
CORPUS = Path(__file__).parent / "corpus"
LONGEST = 4096
HANG_S = 0.05  # of this thread's time
GROWTH_KIB = 48_000
WORDS = (
    *(bytes([byte]) for byte in b'\0\xff\n"\\[]{}=;,<>#'),
    *(b"\r\n", b"NaN", b"1e400", b"-1", b"65536", b"4294967296", b"9" * 400, b"true", b"null", b"&#0;", b"%s", b"../"),
    *(b"\xed\xa0\x80", b"\xe2\x80\xae", b"\xef\xbb\xbf", b"'''", b"[" * 200, b'{"a":' * 100),
)


class BrokenError(Exception):
    """An input that did what no input may do."""


@dataclass(frozen=True, slots=True)
class Target:
    """A parser of bytes from outside: `feed` takes them; `declared` may be raised, nothing else; `seeds` are good."""

    name: str
    feed: Callable[[bytes], object]
    seeds: tuple[bytes, ...]
    declared: tuple[type[Exception], ...] = ()
    hang_s: float = HANG_S


@dataclass
class Run:
    """What came of a run."""

    runs: int = 0
    refused: int = 0
    lines: int = 0
    slowest_s: float = 0.0
    corpus: list[bytes] = field(default_factory=list)


class Lines:
    """The lines of our files that ran."""

    def __init__(self) -> None:
        self.known: set[tuple[str, int]] = set()
        self.fresh = 0

    def trace(self, frame: FrameType, event: str, arg: Any) -> Any:
        """Follow frames of ours alone."""
        name = frame.f_code.co_filename
        if not name.startswith(OURS):
            return None
        return self._line

    def _line(self, frame: FrameType, event: str, arg: Any) -> Any:
        if event == "line":
            place = frame.f_code.co_filename, frame.f_lineno
            if place not in self.known:
                self.known.add(place)
                self.fresh += 1
        return self._line


def mutated(rng: random.Random, corpus: list[bytes]) -> bytes:
    """An input of the corpus, changed in one to eight places."""
    data = bytearray(rng.choice(corpus))
    for _ in range(1 << rng.randrange(4)):
        at = rng.randrange(len(data) + 1)
        match rng.randrange(8):
            case 0 if at < len(data):
                data[at] ^= 1 << rng.randrange(8)
            case 1 if at < len(data):
                data[at] = rng.randrange(256)
            case 2:
                data[at:at] = rng.randbytes(rng.randrange(1, 9))
            case 3:
                del data[at : at + rng.randrange(1, 32)]
            case 4:
                other = rng.choice(corpus)
                data[at:at] = other[rng.randrange(len(other) + 1) :][:200]
            case 5:
                data[at : at + rng.randrange(5)] = rng.choice(WORDS)
            case 6:
                data += data[at : at + rng.randrange(1, 64)]
            case _:
                data[at : at + 8] = rng.choice((b"\xff" * 8, bytes(8), b"\x7f" + b"\xff" * 7))
    return bytes(data[:LONGEST])


def one(target: Target, data: bytes) -> tuple[bool, float]:
    """Feed one input: whether it was refused, and how long it took. BrokenError where it did what it may not."""
    begun = time.thread_time()
    refused = False
    try:
        target.feed(data)
    except target.declared:
        refused = True
    except Exception as error:
        raise BrokenError(f"{target.name}: {type(error).__name__}: {error} from {data.hex()}") from error
    return refused, time.thread_time() - begun


def fuzz(target: Target, rng: random.Random, runs: int = 0, seconds: float = 0.0, guided: bool = True) -> Run:
    """Feed so many inputs, or for so long. BrokenError at the first that does what it may not."""
    done, lines = Run(corpus=[*target.seeds, *kept(target)]), Lines()
    first = len(done.corpus)
    begun_kib = 0
    end = time.monotonic() + seconds
    while done.runs < runs or time.monotonic() < end:
        data = done.corpus[done.runs] if done.runs < first else mutated(rng, done.corpus)
        lines.fresh = 0
        if guided:
            sys.settrace(lines.trace)
        try:
            refused, took = one(target, data)
        finally:
            if guided:
                sys.settrace(None)
        if took > target.hang_s:  # again without tracing, thrice: this machine may have been elsewhere
            took = min(one(target, data)[1] for _ in range(3))
            if took > target.hang_s:
                raise BrokenError(f"{target.name}: {took:.3f} s for {data.hex()}")
        done.runs += 1
        done.refused += refused
        done.slowest_s = max(done.slowest_s, took)
        if guided and lines.fresh and done.runs > first:
            done.corpus.append(data)
        if done.runs == 500:
            begun_kib = resident_kib()
    done.lines = len(lines.known)
    if begun_kib:
        gc.collect()
        grown = resident_kib() - begun_kib
        if grown > GROWTH_KIB:
            raise BrokenError(f"{target.name}: memory grew by {grown} KiB in {done.runs} inputs")
    return done


def resident_kib() -> int:
    """Resident memory of this process now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 1024


def kept(target: Target) -> list[bytes]:
    """The inputs that earlier runs found."""
    return [path.read_bytes() for path in sorted((CORPUS / target.name).glob("*"))]


def keep(target: Target, run: Run) -> int:
    """Store what a run found; how many are new."""
    folder = CORPUS / target.name
    folder.mkdir(parents=True, exist_ok=True)
    new = 0
    for data in run.corpus[len(target.seeds) :]:
        path = folder / hashlib.sha256(data).hexdigest()[:12]
        new += not path.exists()
        path.write_bytes(data)
    return new


def main() -> int:
    """Fuzz one target; 1 with the input where it broke."""
    from tests.faults.parsers import TARGETS

    parser = argparse.ArgumentParser(prog="python -m tests.faults.fuzzing", description=__doc__)
    parser.add_argument("target", choices=[*TARGETS])
    parser.add_argument("seconds", type=float)
    parser.add_argument("seed", type=int)
    parser.add_argument("--keep", action="store_true", help="what was found goes into the corpus")
    given = parser.parse_args()
    with ExitStack() as held:
        target = TARGETS[given.target](held)
        try:
            run = fuzz(target, random.Random(given.seed), seconds=given.seconds)
        except BrokenError as broken:
            print(broken)
            return 1
        news = f", {keep(target, run)} kept" if given.keep else ""
    print(f"{target.name}: {run.runs} inputs, {run.refused} refused, {len(run.corpus)} reached new lines, "
          f"{run.lines} lines, slowest {run.slowest_s * 1000:.1f} ms{news}")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
