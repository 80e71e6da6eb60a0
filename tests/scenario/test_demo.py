"""The demo as a person sees it: a car charges on the screen, and leaving it leaves nothing behind."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.scenario.screen import F10, Terminal, terminal


def of_demos() -> dict[int, str]:
    """Processes that belong to a demo, by their command lines."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if "evlink-demo-" in line:
                found[int(entry.name)] = line
    return found


def charging(screen: Terminal) -> None:
    """Wait until the car charges on the screen."""
    screen.until("Charging", 60)
    screen.until("kWh")


@pytest.mark.slow
@pytest.mark.parametrize("key", [F10, "q"])
def test_leaving_the_demo_leaves_no_process(key: str, tmp_path: Path) -> None:
    before = set(of_demos())
    with terminal("demo", TMPDIR=str(tmp_path)) as screen:
        charging(screen)
        assert set(of_demos()) - before
        screen.press(key)
        assert screen.wait() == 0
    until = time.monotonic() + 5
    while set(of_demos()) - before and time.monotonic() < until:
        time.sleep(0.1)
    assert not set(of_demos()) - before
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_demo_that_is_hung_up_leaves_nothing_either(tmp_path: Path) -> None:
    before = set(of_demos())
    with terminal("demo", TMPDIR=str(tmp_path)) as screen:
        charging(screen)
        os.kill(screen.pid, signal.SIGHUP)
        screen.wait()
    until = time.monotonic() + 5
    while set(of_demos()) - before and time.monotonic() < until:
        time.sleep(0.1)
    assert not set(of_demos()) - before


def gone(before: set[int], seconds: float = 5.0) -> bool:
    """Whether every process of a demo started since has ended in time."""
    until = time.monotonic() + seconds
    while set(of_demos()) - before and time.monotonic() < until:
        time.sleep(0.1)
    return not set(of_demos()) - before


@pytest.mark.slow
@pytest.mark.parametrize("under", [False, True])
def test_a_closed_window_ends_everything(under: bool, tmp_path: Path) -> None:
    """Only the leader of the session hears the hang-up; make, as that leader, waits for its child."""
    before = set(of_demos())
    environment = {**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-m", "evlink.cli", "demo"]
    if under:
        makefile = tmp_path / "Makefile"
        makefile.write_text(f"demo:\n\t@{' '.join(command)}\n")
        command = ["make", "-s", "-f", str(makefile)]
    screen = Terminal(command, environment)
    charging(screen)
    os.close(screen._fd)  # the window
    screen._fd = os.open(os.devnull, os.O_RDWR)
    try:
        assert gone(before)
        assert screen.wait() is not None
    finally:
        screen.close()


@pytest.mark.slow
@pytest.mark.parametrize("who", ["demo", "tui"])
def test_a_signal_or_a_crash_of_the_terminal_ends_everything(who: str, tmp_path: Path) -> None:
    before = set(of_demos())
    with terminal("demo", TMPDIR=str(tmp_path)) as screen:
        charging(screen)
        if who == "demo":
            os.kill(screen.pid, signal.SIGTERM)
        else:
            pid = next(pid for pid, line in of_demos().items() if pid not in before and " -m tui " in line)
            os.kill(pid, signal.SIGKILL)
        assert gone(before)
        assert screen.wait(5) != 0
