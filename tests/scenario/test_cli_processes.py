"""The end of what the demo started: every process of its directory, and no other."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from evlink.commands.processes import end_all, processes

OBEYS = "import sys, time; print(flush=True); time.sleep(60)"
IGNORES = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"


def _start(code: str, *words: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, "-c", code, *words], stdout=subprocess.PIPE)
    assert process.stdout
    process.stdout.readline()
    process.stdout.close()
    return process


@pytest.fixture
def state(tmp_path: Path) -> Path:
    made = tmp_path / "evlink-demo-1"
    made.mkdir()
    return made


@pytest.fixture
def stranger(state: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process of another directory, whose pid stands in a lock file that a crash left behind."""
    process = _start(OBEYS, "--state", f"{state}1")
    (state / "control.lock").write_text(f"{process.pid}\n")
    yield process
    process.kill()
    process.wait()


def test_all_of_it_ends_and_nothing_else(state: Path, stranger: subprocess.Popen[bytes]) -> None:
    """Leaves no process behind. One that ignores SIGTERM is killed."""
    ours = [
        _start(OBEYS, "--state", str(state)),
        _start(OBEYS, f"--socket={state}/evlink.sock"),
        _start(IGNORES, "--state", str(state)),
    ]
    assert set(processes(state)) == {process.pid for process in ours}
    end_all(state)
    assert processes(state) == {}
    assert stranger.poll() is None
    for process in ours:
        assert not Path(f"/proc/{process.pid}").exists()  # not even a zombie
        process.wait()
