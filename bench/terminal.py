"""`python -m bench.terminal [--write FILE]`: what the terminal costs, in bytes, time and memory, on a real station.

A two-outlet station on the simulator, terminals on ptys of 80x24. First paint is from the start of the process until
the login stands on the screen, in turn with a Textual hello-world started in the same way; the rest is logged in as
Admin. Bytes are those of the vt220 profile unless said otherwise. With eight sessions both outlets charge.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import platform
import pty
import re
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path

from bench.report import steal, write
from evlink._core import Shared
from evlink.client import Client
from tests.scenario.house import House

MARKS = ("<!-- figures: python -m bench.terminal --write -->", "<!-- end of terminal figures -->")
ROOT = Path(__file__).parents[1]
PASSWORD = "Correct-Horse-9!"  # of the house that this benchmark builds
SESSIONS = 8
HELLO = """
from textual.app import App
from textual.widgets import Static
class Hello(App):
    def compose(self):
        yield Static("Hello, world")
Hello().run()
"""
Row = tuple[str, str, str]


class Pty:
    """A process on a pty of 80x24."""

    def __init__(self, command: Sequence[str], term: str) -> None:
        self.began = time.perf_counter()
        self.fd, inner = pty.openpty()
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LANG": "C.UTF-8", "TERM": term}
        self.process = subprocess.Popen(
            [sys.executable, *command],
            stdin=inner,
            stdout=inner,
            stderr=inner,
            env={**environment, "PYTHONPATH": str(ROOT)},
            start_new_session=True,
        )
        os.close(inner)
        self.sent = 0

    def take(self, seconds: float) -> bytes:
        """What it sends next, waiting at most so long; empty where nothing comes."""
        ready, _, _ = select.select([self.fd], [], [], seconds)
        data = os.read(self.fd, 65536) if ready else b""
        self.sent += len(data)
        return data

    def until(self, wanted: bytes, seconds: float = 30.0) -> bytes:
        """All that it sends until some text came; SystemExit with the rest where it doesn't."""
        got = bytearray()
        end = time.perf_counter() + seconds
        while wanted not in got:
            if time.perf_counter() > end:
                raise SystemExit(f"{wanted!r} never came:\n{got.decode(errors='replace')}")
            got += self.take(0.5)
        return bytes(got)

    def quiet(self, pause: float = 0.6, seconds: float = 10.0) -> bytes:
        """All that it sends until it is quiet for a while."""
        got = bytearray()
        end = time.perf_counter() + seconds
        while time.perf_counter() < end and (data := self.take(pause)):
            got += data
        return bytes(got)

    def press(self, keys: str) -> bytes:
        """Send keys; all that is answered."""
        os.write(self.fd, keys.encode())
        return self.quiet()

    def ticks(self) -> int:
        """Clock ticks of a processor spent so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    def private_mb(self) -> float:
        """Memory that it shares with nobody, in MB."""
        text = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text(encoding="ascii")
        return sum(int(kb) for kb in re.findall(r"^Private_(?:Clean|Dirty):\s+(\d+) kB", text, re.MULTILINE)) / 1024

    def end(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()
        os.close(self.fd)


@contextlib.contextmanager
def terminal(house: House, term: str = "vt220") -> Iterator[Pty]:
    """A terminal at its login."""
    one = Pty(["-m", "tui", "--socket", str(house.state / "evlink.sock"), "--lang", "en"], term)
    try:
        one.until(b"Password")
        yield one
    finally:
        one.end()


def login(one: Pty) -> bytes:
    """Log in; the first screen."""
    one.quiet(0.4)
    os.write(one.fd, f"admin\t{PASSWORD}\r".encode())
    return one.until(b"Maint") + one.quiet(0.9)


def first_paint(command: Sequence[str], text: bytes, rounds: int) -> Iterator[tuple[float, float]]:
    """Seconds to the first paint of a terminal and of a hello-world, in turn."""
    with tempfile.NamedTemporaryFile("w", suffix=".py") as hello:
        hello.write(HELLO)
        hello.flush()
        for _ in range(rounds):
            pair = []
            for each, wanted in ((command, text), ([hello.name], b"Hello, world")):
                one = Pty(each, "xterm-256color")
                one.until(wanted)
                pair.append(time.perf_counter() - one.began)
                one.end()
            yield pair[0], pair[1]


def hello_memory() -> float:
    """Private memory of the hello-world, in MB."""
    one = Pty(["-c", HELLO], "xterm-256color")
    one.until(b"Hello, world")
    one.quiet()
    found = one.private_mb()
    one.end()
    return found


def cpu(some: Sequence[Pty], seconds: float) -> tuple[float, float]:
    """Percent of a core a session, and bytes a second a session, over some seconds without a key."""
    before, sent, began = [one.ticks() for one in some], [one.sent for one in some], time.perf_counter()
    while time.perf_counter() - began < seconds:
        for one in some:
            one.take(0.02)
    took = time.perf_counter() - began
    spent = sum(one.ticks() - old for one, old in zip(some, before, strict=True)) / os.sysconf("SC_CLK_TCK")
    told = sum(one.sent - old for one, old in zip(some, sent, strict=True))
    return 100 * spent / took / len(some), told / took / len(some)


def echoes(some: Sequence[Pty], rounds: int) -> list[float]:
    """Milliseconds from a letter sent to its echo, one session after the other, all of them being read."""
    found = []
    for at in range(rounds):
        for one in some:
            letter = b"QZ"[at % 2 : at % 2 + 1]
            drain(some, 0.03)
            began = time.perf_counter()
            os.write(one.fd, letter)
            got = b""
            while letter not in got and time.perf_counter() - began < 5:
                got += one.take(0.5)
            if letter not in got:
                raise SystemExit("a letter was not echoed")
            found.append((time.perf_counter() - began) * 1000)
            drain(some, 0.03)
            os.write(one.fd, b"\x7f")
    return found


def drain(some: Sequence[Pty], seconds: float) -> None:
    """Read from all for a while."""
    end = time.perf_counter() + seconds
    while (left := end - time.perf_counter()) > 0:
        ready, _, _ = select.select([one.fd for one in some], [], [], left)
        for one in some:
            if one.fd in ready:
                one.sent += len(os.read(one.fd, 65536))


def measure(rounds: int, seconds: float) -> list[Row]:
    """Every figure, one after the other."""
    house = House().start()
    try:
        with Client.connect(house.state / "evlink.sock", login=True) as client:
            client.call("login", account="admin", password="ADMIN")  # the factory's
            client.call("password.change", account="admin", current="ADMIN", new=PASSWORD)
        rows = []
        for row in chain(_alone(house, rounds, seconds), _together(house, seconds)):
            print("  ".join(part for part in row[:2] if part), file=sys.stderr, flush=True)
            rows.append(row)
        return rows
    finally:
        house.end()


def _alone(house: House, rounds: int, seconds: float) -> Iterator[Row]:
    """One session, nobody charging."""
    command = ["-m", "tui", "--socket", str(house.state / "evlink.sock"), "--lang", "en"]
    pairs = list(first_paint(command, b"Password", rounds))
    ours, other = (statistics.median(pair[at] for pair in pairs) for at in (0, 1))
    yield "first paint, fresh process", f"{ours * 1000:.0f} ms", "at most 700 ms"
    yield "the same of a Textual hello-world", f"{other * 1000:.0f} ms", f"{ours / other:.2f} x; at most 2 x"
    with terminal(house, "xterm-256color") as one:
        yield "first screen, colour", f"{len(login(one)) / 1000:.1f} kB", ""
    with terminal(house) as one:
        one.quiet()
        yield "login screen", f"{one.sent / 1000:.1f} kB", ""
        yield "first screen after the login", f"{len(login(one)) / 1000:.1f} kB", "at most 16 kB, aim 8"
        yield "private memory of a session", f"{one.private_mb():.1f} MB", "at most 35 MB"
        yield "the same of the hello-world", f"{hello_memory():.1f} MB", ""
        one.press("1")
        yield _keys("Tab key, a form of one column", lambda: one.press("\t"), 8)
        _to(one, "2", "]")
        yield _keys("Tab key, a form of two columns", lambda: one.press("\t"), 14)
        _to(one)
        yield _keys("next sub-tab", lambda: one.press("]"), 4, "")
        _to(one, "2")
        one.quiet(2.0)
        load, told = cpu([one], seconds)
        yield "sent while nothing changes", f"{told:.1f} bytes/s", "nothing but the clock's minute"
        yield "processor while nothing changes", f"{load:.2f} % of a core", "below 0.5 %"


def _to(one: Pty, *keys: str) -> None:
    """Leave the field for the tabs, and go on with keys that mean something there."""
    for key in ("\x1b", *keys):
        one.press(key)


def _keys(what: str, press: Callable[[], bytes], times: int, bar: str = "at most 500 bytes") -> Row:
    costs = [len(press()) for _ in range(times)]
    return what, f"{statistics.median(costs):.0f}, at most {max(costs)} bytes", bar


def _together(house: House, seconds: float) -> Iterator[Row]:
    """Eight sessions, both outlets charging."""
    for outlet, uid in ((1, "04A1B2C3"), (2, "04A1B2C4")):
        house.charge(outlet, uid)
    shared = Shared.attach(str(house.state / "control.shm"))
    overruns = shared.latency().overruns
    with contextlib.ExitStack() as opened:
        some = []
        for _ in range(SESSIONS):
            some.append(opened.enter_context(terminal(house)))
            login(some[-1])
        load, told = cpu(some, seconds)
        yield f"status page of two charges, {SESSIONS} sessions", f"{told:.0f} bytes/s each", ""
        yield "processor, the same", f"{load:.2f} % of a core each", ""
        for key in (b"1", b"\x1b", b"\t"):  # to the first field, the station's name
            for one in some:
                os.write(one.fd, key)
            drain(some, 2.0)
        times = sorted(echoes(some, 25))
        p95 = times[int(len(times) * 0.95)]
        yield f"echo of a letter, {SESSIONS} sessions", f"p50 {statistics.median(times):.1f} ms", ""
        yield "", f"p95 {p95:.1f} ms, longest {times[-1]:.0f} ms", "p95 at most 50 ms"
    late = shared.latency().overruns - overruns
    shared.close()
    yield "blocks that the live loop was late with meanwhile", str(late), "none"


def table(rows: Sequence[Row], stolen: float) -> str:
    """A Markdown table with aligned columns, and what was measured on."""
    cells = [("figure", "measured", "bar or beside"), *rows]
    widths = [max(len(line[k]) for line in cells) for k in range(3)]
    lines = [
        "| " + " | ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)) + " |" for line in cells
    ]
    lines.insert(1, "| " + " | ".join("-" * width for width in widths) + " |")
    word = " (above 2 %: inconclusive)" if stolen > 0.02 else ""
    lines += ["", f"{platform.machine()}, Python {platform.python_version()}, {os.cpu_count()} cores; "
              f"time taken by the host in this run {stolen:.1%}{word}."]  # fmt: skip
    return "\n".join(lines)


def main() -> None:
    """Measure, print, and where asked write the table as printed."""
    parser = argparse.ArgumentParser(prog="python -m bench.terminal", description=__doc__)
    parser.add_argument("--write", type=Path, metavar="FILE", help="document that holds the table between its marks")
    parser.add_argument("--rounds", type=int, default=7, help="starts of either program (default 7)")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long the idle is watched (default 20)")
    given = parser.parse_args()
    taken, total = steal()
    rows = measure(given.rounds, given.seconds)
    later, whole = steal()
    text = table(rows, (later - taken) / max(1, whole - total))
    print(text)
    if given.write is not None:
        write(given.write, text, MARKS)


if __name__ == "__main__":
    main()
