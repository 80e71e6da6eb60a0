"""The guard that `evlink tui` leaves behind: whatever ends the terminal, the line is given back as it was found."""

from __future__ import annotations

import os
import signal
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenario.screen import F10, Terminal
from tests.tui.test_process import Served


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    one = Served(tmp_path / "evlink.sock")
    yield one
    one.stop()


@pytest.fixture(params=["xterm-256color", "vt220"])
def screen(request: pytest.FixtureRequest, served: Served) -> Iterator[Terminal]:
    command = [sys.executable, "-m", "evlink.cli", "--lang", "en", "tui", "--socket", str(served.path)]
    opened = Terminal(command, {**os.environ, "TERM": request.param, "LC_ALL": "C.UTF-8"})
    opened.until("Password")
    yield opened
    opened.close()


def app_of(guard: int) -> int:
    """The process of the terminal itself."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            fields = (entry / "stat").read_text().rpartition(")")[2].split() if (entry / "stat").exists() else ["", ""]
            if fields[1] == str(guard):
                return int(entry.name)
    raise AssertionError("the guard guards nobody")


def cooked(screen: Terminal) -> bool:
    """Whether the line echoes and takes lines again."""
    flags = int(termios.tcgetattr(screen._fd)[3])
    return bool(flags & termios.ECHO) and bool(flags & termios.ICANON)


def test_a_killed_terminal(screen: Terminal) -> None:
    """SIGKILL: the ordinary screen, a cursor, echo, and one sentence."""
    assert not cooked(screen)
    os.kill(app_of(screen.pid), signal.SIGKILL)
    assert screen.wait() == 128 + signal.SIGKILL
    screen.until("evlink: the terminal ended unexpectedly", 5)  # what it wrote at last may be read after its end
    assert cooked(screen)
    assert not screen.screen.cursor.hidden


def test_an_end_in_order_says_nothing(screen: Terminal) -> None:
    screen.press(F10)
    assert screen.wait() == 0
    assert cooked(screen)
    assert "unexpectedly" not in screen.text


def test_sigterm_goes_on_to_the_terminal(screen: Terminal) -> None:
    """The guard ends with its terminal, in order, and leaves none behind."""
    app = app_of(screen.pid)
    os.kill(screen.pid, signal.SIGTERM)
    assert screen.wait() == 0
    until = time.monotonic() + 5
    while Path(f"/proc/{app}").exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert not Path(f"/proc/{app}").exists()
    assert cooked(screen)


def test_a_hang_up_ends_both(screen: Terminal) -> None:
    app = app_of(screen.pid)
    os.dup2(os.open(os.devnull, os.O_RDWR), screen._fd)  # the pty's other end is gone
    until = time.monotonic() + 10
    while time.monotonic() < until and os.waitpid(screen.pid, os.WNOHANG)[0] == 0:
        time.sleep(0.05)
    screen.code = 0
    assert not Path(f"/proc/{app}").exists()
