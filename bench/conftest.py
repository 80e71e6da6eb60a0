"""Shared inputs of the benchmarks: synthetic pilot and current samples as a board delivers them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

RATE = 100_000
Samples = npt.NDArray[np.int16]


def synthetic_frames(seconds: float) -> Samples:
    """Frames (n, 4): a 53.33 % pilot in state C with noise and rounded edges, and 16 A on three phases."""
    n = int(seconds * RATE)
    rng = np.random.default_rng(1)
    t = np.arange(n)
    phase = t % 100
    high = phase < 53
    since = np.where(high, phase, phase - 53) * 10.0 + 3.0
    settled = np.where(high, 5970.0, -12000.0)
    before = np.where(high, -12000.0, 5970.0)
    pilot = settled + (before - settled) * np.exp(-since / 2.0) + rng.normal(0, 30, n)
    frames = np.empty((n, 4), dtype="<i2")
    frames[:, 0] = np.round(pilot)
    for k in range(3):
        wave = 1600 * np.sqrt(2) * np.sin(2 * np.pi * (50 * t / RATE - k / 3)) + rng.normal(0, 5, n)
        frames[:, k + 1] = np.round(wave)
    return frames


@pytest.fixture(scope="session")
def second() -> Samples:
    """One second of frames."""
    return synthetic_frames(1.0)


@pytest.fixture(scope="session")
def block(second: Samples) -> Samples:
    """One 10 ms block of frames."""
    return np.ascontiguousarray(second[:1000])


@pytest.fixture(scope="session")
def pilot_block(second: Samples) -> Samples:
    """One 10 ms block of the pilot alone, contiguous."""
    return np.ascontiguousarray(second[:1000, 0])


@pytest.fixture(scope="session")
def pilot_second(second: Samples) -> Samples:
    """One second of the pilot alone, contiguous."""
    return np.ascontiguousarray(second[:, 0])
