"""`python -m bench.station [--seconds S] [--runs N]`: what a charging two-outlet station takes of a core in real time.

Control and its board are processes of their own, as on a station; both outlets charge with 10 A on three phases. The
simulator computes 800 000 samples a second, which no hardware has to. The Linux board runs on the faithful tree of the
tests, whose kernel (the frames through a FIFO, the vehicles behind the lines) is this process and is not counted.
What a process takes is the kernel's own account of its run time (schedstat), in all its threads. Beside them stand two
bare C processes that only wake, send two blocks and answer them: what the protocol itself costs on this machine.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from evlink._core import Permit, Shared
from evlink.hardware import board, simclient
from evlink.hardware.facts import preset, write
from tests.unit.linux_tree import Tree

OUTLETS = 2
TWINS, LINUX, SIMULATOR = NAMES = ("bare C twins", "linux", "simulator")
SOURCE = Path(__file__).with_name("floor.c")
PERIOD_NS = 1_000_000
SCAN = np.dtype({
    "names": ["p1", "a", "plug", "p2", "b"],
    "formats": ["<i2", (">i4", 3), "<u2", ">i2", (">i4", 3)],
    "offsets": [0, 4, 16, 18, 20],
    "itemsize": 32,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Share:
    """What one process took: percent of a core, and how often a second it woke."""

    process: str
    percent: float
    wakeups: float


def taken(pid: int) -> tuple[int, int]:
    """Nanoseconds that a process ran so far, and how often it gave the processor up, over all threads."""
    ran = switches = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        ran += int((task / "schedstat").read_text(encoding="ascii").split()[0])
        status = (task / "status").read_text(encoding="ascii")
        switches += int(status.partition("\nvoluntary_ctxt_switches:")[2].split()[0])
    return ran, switches


def children(pid: int) -> list[int]:
    """The process and those that it forked."""
    own = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [pid, *(child for each in own for child in children(int(each)))]


def share(pids: Mapping[str, int], seconds: float) -> list[Share]:
    """What each process takes within so many seconds."""
    before, begun = {name: taken(pid) for name, pid in pids.items()}, time.monotonic()
    time.sleep(seconds)
    after, span = {name: taken(pid) for name, pid in pids.items()}, time.monotonic() - begun
    return [
        Share(name, (after[name][0] - before[name][0]) / span / 1e7, (after[name][1] - before[name][1]) / span)
        for name in pids
    ]


@cache
def scans(high_mv: int, duty_ns: int, amps: int, half: int) -> bytes:
    """10 ms of the ADC in the tree's form, `half` of a 50 Hz period, the same for both outlets."""
    n = np.arange(board.FRAMES)
    made = np.zeros(board.FRAMES, SCAN)
    pilot = np.where(n % 100 * 10_000 < duty_ns, high_mv, -12_000)
    waves = [amps * np.sqrt(2) * np.sin(np.pi * (n / 1000 + half) - k * 2 * np.pi / 3) * 20_000 for k in range(3)]
    currents = np.round(np.stack(waves, axis=1)).astype(np.int64)
    made["p1"], made["p2"] = np.round((pilot + 40) / 3), np.round(pilot / 3)
    made["a"], made["b"] = (currents + np.array((0, 0, -400))) * 256, currents * 256
    made["plug"] = 739 << 4  # 220 ohm
    return made.tobytes()


@contextmanager
def vehicles(tree: Tree) -> Iterator[None]:
    """A vehicle on each outlet that charges with 10 A whenever the pilot lets it."""
    over = threading.Event()

    def drive() -> None:
        half, due = 0, time.monotonic()
        feedback: dict[int, str] = {}
        with suppress(BrokenPipeError):
            while not over.is_set():
                duty, _, _ = tree.pilot(0)
                for command, line in ((0, 16), (1, 17), (8, 24)):
                    if feedback.get(line) != (level := tree.line(command)):
                        tree.drive(line, int(level))
                        feedback[line] = level
                charges = duty < PERIOD_NS
                flows = charges and tree.line(0) == tree.line(8) == "1"
                tree.feed(scans(6_000 if charges else 9_000, duty, 10 if flows else 0, half))
                half, due = 1 - half, due + 0.01
                time.sleep(max(0.0, due - time.monotonic()))

    thread = threading.Thread(target=drive)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextmanager
def process(module: str, *options: str) -> Iterator[int]:
    """A program of ours, until its end."""
    with subprocess.Popen([sys.executable, "-m", module, *options]) as started:
        try:
            yield started.pid
        finally:
            started.terminate()


def wait_for(happens: Callable[[], bool], what: str) -> None:
    """Wait until something happens; SystemExit where it does not."""
    end = time.monotonic() + 20
    while not happens():
        if time.monotonic() > end:
            raise SystemExit(f"{what} does not happen")
        time.sleep(0.01)


@contextmanager
def charging(state: Path, permits: Mapping[int, Permit]) -> Iterator[None]:
    """Permits for both outlets each second, from the moment on when both charge."""
    over = threading.Event()
    shm = Shared.attach(str(state / "control.shm"))

    def grant() -> None:
        while not over.is_set():
            for outlet, permit in permits.items():
                shm.grant(outlet, permit)
            over.wait(1)

    def flows() -> bool:
        frames = [shm.frame(outlet) for outlet in range(1, OUTLETS + 1)]
        return all(frame is not None and min(frame.current_ma) > 9_000 for frame in frames)

    thread = threading.Thread(target=grant)
    thread.start()
    try:
        wait_for(flows, "a charge of both outlets")
        yield
    finally:
        over.set()
        thread.join()
        shm.close()


def run(name: str, seconds: float) -> list[Share]:
    """The shares of one station on the board `simulator` or `linux`."""
    with ExitStack() as stack:
        room = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        state = room / "s"
        state.mkdir()
        options = ["--state", str(state)]
        if name == LINUX:
            tree = Tree(room / "root")
            stack.callback(tree.close)
            tree.describe(state / "linux-board.toml")
            serving = stack.enter_context(process("evlink.hardware.linux", *options, "--root", str(tree.root)))
            wait_for((state / board.SOCKET).exists, "a board")
            stack.enter_context(vehicles(tree))
        else:
            write(state / "board.toml", preset("parking", OUTLETS, 3))
            serving = stack.enter_context(process("evlink.hardware.simulator", *options))
            wait_for((state / board.SOCKET).exists, "a board")
        control = stack.enter_context(process("evlink.control", *options, "--outlets", str(OUTLETS), "--board", name))
        wait_for((state / "control.shm").exists, "control")
        if name == SIMULATOR:
            for outlet in range(1, OUTLETS + 1):
                simclient.call(state, "plug", outlet, cable=32, phases=3, amps=10)
                simclient.call(state, "ready", outlet)
        time.sleep(0.1)
        socket = Permit(authorised=True, limit_ma=16_000, lock=True)
        cable = Permit(authorised=True, limit_ma=16_000, attached_cable=True)  # the second outlet of the example
        stack.enter_context(charging(state, {1: socket, 2: cable if name == LINUX else socket}))
        time.sleep(1)
        pids = {"control": control}
        for place, pid in enumerate(children(serving)):
            pids[("board", "its guard")[place]] = pid
        return share(pids, seconds)


def floor(seconds: float) -> list[Share]:
    """The shares of two bare C twins; none where there is no C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        return []
    with tempfile.TemporaryDirectory() as room:
        twins = Path(room) / "floor"
        subprocess.run([compiler, "-O2", "-Wall", "-o", twins, SOURCE], check=True)
        done = subprocess.run([twins, str(seconds)], check=True, capture_output=True, text=True)
    words = sorted((line.split() for line in done.stdout.splitlines()), reverse=True)
    return [Share(process, float(percent), 100) for process, percent in words]


def total(shares: list[Share]) -> float:
    """Percent of a core of all processes."""
    return sum(one.percent for one in shares)


def measure(seconds: float, runs: int) -> dict[str, list[Share]]:
    """The shares of the twins and of both boards in turn; of each, the run whose sum is the median."""
    found: dict[str, list[list[Share]]] = {name: [] for name in NAMES}
    for _ in range(runs):
        for name in NAMES:
            found[name].append(floor(seconds) if name == TWINS else run(name, seconds))
    return {name: sorted(all_of, key=total)[len(all_of) // 2] for name, all_of in found.items()}


def main() -> None:
    """Measure both boards and print what each process takes."""
    parser = argparse.ArgumentParser(prog="python -m bench.station", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each run (%(default)s)")
    parser.add_argument("--runs", type=int, default=3, help="of each, the median counts (%(default)s)")
    given = parser.parse_args()
    print("| board | process | of a core | wake-ups/s |\n| --- | --- | --- | --- |")
    for name, shares in measure(given.seconds, given.runs).items():
        for one in shares:
            print(f"| {name} | {one.process} | {one.percent:.3f} % | {one.wakeups:.0f} |")
        print(f"| {name} | all | {total(shares):.3f} % | |")


if __name__ == "__main__":
    main()
