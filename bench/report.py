"""`python -m bench.report [--write FILE]`: the core's figures and their ratios, from one run, as a table."""

from __future__ import annotations

import argparse
import platform
import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench import station
from bench.conftest import RATE, Samples, synthetic_frames
from bench.test_core import numpy_pilot
from evlink._core import Core, Permit, Pilot, Protection
from evlink.domain.sharing import Claim, Shares, share

MARKS = ("<!-- figures: python -m bench.report --write -->", "<!-- end of figures -->")
DAY = 86_400


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what, its time, that time per item, and how it stands to its bar."""

    what: str
    time: str
    each: str
    beside: str


def best(call: Callable[[], object], times: int, rounds: int = 30) -> float:
    """Least seconds of a call over rounds of several calls."""
    least = float("inf")
    for _ in range(rounds):
        begun = time.perf_counter()
        for _ in range(times):
            call()
        least = min(least, (time.perf_counter() - begun) / times)
    return least


def steal() -> tuple[int, int]:
    """Ticks that the host took, and all ticks, from /proc/stat."""
    fields = [int(field) for field in Path("/proc/stat").read_text(encoding="ascii").splitlines()[0].split()[1:]]
    return fields[7], sum(fields[:8])


def noisy(block: Samples, millivolts: int) -> Samples:
    """The pilot with spikes and noise on its plateaus, which takes the slow way."""
    rng = np.random.default_rng(4)
    wave = block.astype(np.int32) + rng.integers(-millivolts, millivolts + 1, len(block))
    wave[rng.integers(0, len(block), len(block) // 30)] = 12_000
    return np.clip(wave, -32_000, 32_000).astype("<i2")


def recorded_day() -> tuple[array[int], array[int]]:
    """86 400 rows of current and limit in milliamperes: a limit that moves, a car that follows and wavers."""
    rng = np.random.default_rng(5)
    limits = np.repeat(rng.integers(6, 33, DAY // 60), 60) * 1000
    currents = (limits * rng.uniform(0.9, 1.08, DAY)).astype(np.int64)
    return array("q", currents.tolist()), array("q", limits.tolist())


def station_rows() -> list[Row]:
    """The station with its board, in real time: the Linux board, the simulator, and what the protocol alone costs."""
    shares = station.measure(5.0, 3)
    floor = station.total(shares[station.TWINS])
    rows = []
    for name, what in ((station.LINUX, "Linux board"), (station.SIMULATOR, "simulator")):
        parts = " + ".join(f"{one.percent:.2f}" for one in shares[name])
        whole = station.total(shares[name])
        beside = f"at most 0.5 %; {whole / floor:.1f} x bare C twins" if floor else "at most 0.5 %"
        rows.append(Row(f"station, board included: {what}", f"{parts} %", f"{whole:.2f} % of a core", beside))
    parts = " + ".join(f"{one.percent:.2f}" for one in shares[station.TWINS])
    rows.append(
        Row("two bare C twins that only wake and answer", f"{parts} %", f"{floor:.2f} % of a core", "the floor")
    )
    return rows


def measure() -> list[Row]:
    """Every figure, one after the other."""
    frames = synthetic_frames(1.0)
    block = np.ascontiguousarray(frames[:1000])
    channel = np.ascontiguousarray(frames[:, 0])
    part = np.ascontiguousarray(channel[:1000])
    dirty = noisy(part, 400)
    strided = frames[:, 0]
    pilot, core, two = Pilot(), Core(1), Core(2)
    for outlet in (1, 2):
        two.permit(outlet, Permit(authorised=True, limit_ma=16_000))
    currents, limits = recorded_day()

    def both() -> None:
        two.feed(1, block, plug_ohm=220)
        two.feed(2, block, plug_ohm=220)

    own = best(lambda: pilot.feed(part), 500)
    other = best(lambda: numpy_pilot(part), 50)
    second = best(lambda: pilot.feed(channel), 4)
    limit = best(lambda: np.min(strided), 4)
    among = best(lambda: pilot.feed(strided), 4)
    slow = best(lambda: pilot.feed(dirty), 200)
    whole = best(lambda: core.feed(1, frames), 2)
    step = best(lambda: core.feed(1, block, plug_ohm=220), 500)
    pair = best(both, 200)
    claims = [Claim(1, 32, 14), Claim(2, 32, 14, began=5.0, drawn_a=12.0)]
    shares = Shares()
    for second in range(60):
        shares = share(shares, claims, (40.0, 40.0, 40.0), False, float(second))
    shared = best(lambda: share(shares, claims, (40.0, 40.0, 40.0), False, 61.0), 50)
    day = best(lambda: Protection().run(currents, limits, 1000), 1, 10)
    rows = best(lambda: [Protection().step(a, b, 1000) for a, b in zip(currents, limits, strict=True)], 1, 3)
    return [
        Row("pilot, 10 ms block in cache", f"{own * 1e6:.2f} us", f"{own * 1e6:.2f} ns/sample", "at most 1.0 ns"),
        Row("the same in NumPy", f"{other * 1e6:.2f} us", f"{other * 1e6:.2f} ns/sample", f"{other / own:.1f} x ours"),
        Row("pilot with spikes and 0.4 V of noise", f"{slow * 1e6:.2f} us", f"{slow * 1e6:.2f} ns/sample", ""),
        _second("numpy.min over 1 s, pilot among frames", limit, "reading alone"),
        _second("pilot among frames, 1 s", among, f"{among / limit:.1f} x reading, at most 3"),
        _second("pilot apart, 1 s", second, f"{second / limit:.1f} x reading"),
        _second("all four channels, 1 s in one call", whole, f"{whole / limit:.1f} x reading", "frame"),
        Row("whole step of an outlet, 10 ms", f"{step * 1e6:.2f} us", f"{step * 1e6:.2f} ns/frame", "at most 4 us"),
        Row("whole step of a station, 2 outlets", f"{pair * 1e6:.2f} us", f"{pair * 1e4:.3f} % of a core", ""),
        Row("a recorded day, 86 400 rows", f"{day * 1e3:.2f} ms", f"{day / DAY * 1e9:.0f} ns/row", "at most 20 ms"),
        Row("the same row by row from Python", f"{rows * 1e3:.1f} ms", f"{rows / DAY * 1e9:.0f} ns/row", ""),
        Row(
            "sharing decision, 2 outlets",
            f"{shared * 1e6:.1f} us",
            f"{shared * 1e6 / 2:.1f} us/outlet",
            "at most 100 us",
        ),
        *station_rows(),
    ]


def _second(what: str, seconds: float, beside: str, item: str = "sample") -> Row:
    return Row(what, f"{seconds * 1e6:.1f} us", f"{seconds / RATE * 1e9:.2f} ns/{item}", beside)


def table(rows: list[Row], stolen: float) -> str:
    """A Markdown table with aligned columns, and what was measured on."""
    cells = [("figure", "time", "each", "bar or beside"), *((row.what, row.time, row.each, row.beside) for row in rows)]
    widths = [max(len(line[k]) for line in cells) for k in range(4)]
    lines = [
        "| " + " | ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)) + " |" for line in cells
    ]
    lines.insert(1, "| " + " | ".join("-" * width for width in widths) + " |")
    word = " (above 2 %: inconclusive)" if stolen > 0.02 else ""
    lines += ["", f"{platform.machine()}, Python {platform.python_version()}, least of 30 rounds; "
              f"time taken by the host in this run {stolen:.1%}{word}."]  # fmt: skip
    return "\n".join(lines)


def write(path: Path, text: str, marks: tuple[str, str] = MARKS) -> None:
    """Put a table between its marks in a document; SystemExit where the marks aren't there."""
    document = path.read_text(encoding="utf-8")
    before, mark, rest = document.partition(marks[0])
    _, end, after = rest.partition(marks[1])
    if not mark or not end:
        raise SystemExit(f"{path} has no place for the table: it needs the lines {marks[0]} and {marks[1]}")
    path.write_text(f"{before}{marks[0]}\n{text}\n{marks[1]}{after}", encoding="utf-8")


def main() -> None:
    """Measure, print, and where asked write the table as printed."""
    parser = argparse.ArgumentParser(prog="python -m bench.report", description=__doc__)
    parser.add_argument("--write", type=Path, metavar="FILE", help="document that holds the table between its marks")
    given = parser.parse_args()
    taken, total = steal()
    rows = measure()
    later, whole = steal()
    text = table(rows, (later - taken) / max(1, whole - total))
    print(text)
    if given.write is not None:
        write(given.write, text)


if __name__ == "__main__":
    main()
