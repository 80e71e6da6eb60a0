"""`python -m bench.report`: nanoseconds a sample and the ratios, from one run."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from bench.conftest import synthetic_frames
from bench.test_core import numpy_pilot
from evlink._core import Core, Pilot


def best(call: Callable[[], object], times: int, rounds: int = 30) -> float:
    """Least seconds of a call over rounds of several calls."""
    least = float("inf")
    for _ in range(rounds):
        begun = time.perf_counter()
        for _ in range(times):
            call()
        least = min(least, (time.perf_counter() - begun) / times)
    return least


def main() -> None:
    """Measure and print."""
    frames = synthetic_frames(1.0)
    block = np.ascontiguousarray(frames[:1000])
    channel = np.ascontiguousarray(frames[:, 0])
    part = np.ascontiguousarray(channel[:1000])
    pilot, core = Pilot(), Core(1)
    own = best(lambda: pilot.feed(part), 200)
    other = best(lambda: numpy_pilot(part), 50)
    second = best(lambda: pilot.feed(channel), 2)
    limit = best(lambda: np.min(frames[:, 0]), 2)
    step = best(lambda: core.feed(1, block), 200)
    print(f"pilot, 10 ms block     {own * 1e6:8.2f} us   {own * 1e6:6.2f} ns/sample")
    print(f"  the same in NumPy    {other * 1e6:8.2f} us   {other * 1e6:6.2f} ns/sample   {other / own:.1f} x ours")
    print(f"pilot, 1 s             {second * 1e6:8.2f} us   {second * 1e4:6.2f} ns/sample")
    print(
        f"  reading alone        {limit * 1e6:8.2f} us   {limit * 1e4:6.2f} ns/sample   ours is {second / limit:.1f} x"
    )
    print(f"whole step, 10 ms      {step * 1e6:8.2f} us   {step * 1e6:6.2f} ns/frame    {step * 1e4:.3f} % of a core")


if __name__ == "__main__":
    main()
