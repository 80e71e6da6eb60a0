"""The coverage-guided fuzz of `Core.feed` on the sanitised build (`make soak`), and a short one by Hypothesis."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.core_fuzz import CHARGE, play

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "build" / "sanitize" / "lib"
SECONDS = os.environ.get("EVLINK_FUZZ_SECONDS", "300")


def test_the_seed_reaches_a_charge() -> None:
    """The first input of the fuzzer closes a contactor: what follows is about more than refusals."""
    assert play(CHARGE).core.frame(1).closings == 1


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=60))
def test_rules_hold_whatever_is_fed(data: bytes) -> None:
    """Contactor, duty, limit and energy keep their rules under any permit, samples, gaps and feedback."""
    play(CHARGE + data)


def compiler_file(name: str) -> str:
    """A library of the compiler's own."""
    done = subprocess.run(["gcc", f"-print-file-name={name}"], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_coverage_guided(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Minutes of inputs chosen by the code that they reach, under address and undefined-behaviour sanitizers."""
    trace = BUILT.parent / "trace.so"
    if not trace.exists():
        pytest.skip("no sanitised build: `make soak` makes it")
    preload = [compiler_file("libasan.so"), compiler_file("libubsan.so"), str(trace)]
    environment = os.environ | {
        "LD_PRELOAD": " ".join(preload),
        "ASAN_OPTIONS": "detect_leaks=0",
        "UBSAN_OPTIONS": "print_stacktrace=1",
        "PYTHONPATH": f"{BUILT}:{ROOT}",
    }
    done = subprocess.run(
        [sys.executable, "-P", "-m", "tests.unit.core_fuzz", str(trace), SECONDS, "1"],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd=tmp_path,
    )
    with capsys.disabled():
        print(f"\n  {done.stdout.strip()}")
    assert done.returncode == 0, done.stdout + done.stderr[-4000:]
