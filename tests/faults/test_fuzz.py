"""Parsers under random and under coverage-guided inputs (R23, R24): a target for each that takes foreign bytes."""

from __future__ import annotations

import os
import random
from contextlib import ExitStack

import pytest

from tests.faults.fuzzing import BrokenError, Target, fuzz
from tests.faults.parsers import TARGETS
from tests.faults.table import Tally

SECONDS = float(os.environ.get("EVLINK_FUZZ_SECONDS", "300")) / 5  # of a target; the core has all of them


@pytest.mark.parametrize("name", TARGETS)
def test_random_inputs_are_read_or_refused(name: str) -> None:
    """S18: good inputs changed at random, and what earlier runs found; only what a parser declares comes out."""
    with ExitStack() as held:
        target = TARGETS[name](held)
        fuzz(target, random.Random(23), runs=150 + len(target.seeds), guided=False)


@pytest.mark.faults
@pytest.mark.parametrize("name", TARGETS)
def test_guided_inputs_are_read_or_refused(name: str, tally: Tally) -> None:
    """R24, seconds of each: no other exception, no input over 50 ms, no growth."""
    with ExitStack() as held:
        run = fuzz(TARGETS[name](held), random.Random(24), seconds=8)
    note = f"{run.lines} lines reached, slowest {run.slowest_s * 1000:.1f} ms"
    tally("parsers", f"{name}: {TARGETS[name].__doc__}".rstrip("."), run.runs, refused=run.refused, note=note)


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("name", TARGETS)
def test_guided_for_long(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """R24, minutes of each."""
    with ExitStack() as held:
        run = fuzz(TARGETS[name](held), random.Random(), seconds=SECONDS)
    with capsys.disabled():
        print(f"\n  {name}: {run.runs} inputs, {len(run.corpus)} reached new lines, {run.lines} lines")


def test_the_fuzzer_finds_what_is_planted() -> None:
    """The same search reports an exception that was not declared, behind three bytes that must be found in turn."""

    def feed(data: bytes) -> None:
        from evlink.domain.text import clean

        if clean(data.decode("latin-1"), 100).startswith("ab!"):
            raise KeyError("planted")

    with pytest.raises(BrokenError, match="KeyError"):
        fuzz(Target("planted", feed, (b"ab?",)), random.Random(1), runs=20_000, guided=False)
