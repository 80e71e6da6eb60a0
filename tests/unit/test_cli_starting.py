"""Commands given while a station starts: they wait for its socket, and hold nothing up."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from evlink.cli import main
from evlink.commands.starting import held, starting
from tests.unit.cli_station import serving

WAITS = "import sys, time; print(flush=True); time.sleep(60)"


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[int]:
    """The lock of a state directory in other hands: a lock belongs to the open file, so another one will do."""
    handle = os.open(tmp_path / "station.lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(handle, fcntl.LOCK_EX)
    yield handle
    os.close(handle)


def test_a_lock_is_tried_and_never_held(tmp_path: Path, locked: int) -> None:
    lock = tmp_path / "station.lock"
    assert held(lock)
    fcntl.flock(locked, fcntl.LOCK_UN)
    assert not held(lock)
    fcntl.flock(locked, fcntl.LOCK_EX | fcntl.LOCK_NB)  # BlockingIOError where the trial left its own behind
    assert not held(tmp_path / "absent")
    assert not (tmp_path / "absent").exists()


def test_a_command_on_the_files_is_no_station(tmp_path: Path, locked: int) -> None:
    """Who works on the files holds the lock as well, but no socket will come of it."""
    assert starting(tmp_path)
    process = subprocess.Popen(
        [sys.executable, "-c", WAITS, "evlink.runtime.offline", f"--state={tmp_path}"], stdout=subprocess.PIPE
    )
    try:
        assert process.stdout
        process.stdout.readline()
        os.pwrite(locked, f"{process.pid}\n".encode(), 0)
        assert _becomes(tmp_path, False)
    finally:
        process.kill()
        process.communicate()
    assert starting(tmp_path)  # the pid is nobody's any more, the lock somebody's


@pytest.mark.parametrize("words", [["status", "--json"], ["get", "a.b", "--json"]], ids=" ".join)
def test_a_command_waits_for_a_station_that_starts(
    tmp_path: Path, locked: int, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    """`evlink run &` and the next command at once."""
    opened = threading.Event()

    def start() -> None:
        time.sleep(0.4)
        with serving(tmp_path / "s") as station:
            station.methods["snapshot"] = lambda params: {"a": 1}
            station.methods["settings.get"] = lambda params: {"values": {"a": 1}}
            opened.set()
            os.rename(tmp_path / "s", tmp_path / "evlink.sock")  # now it is ready
            ended.wait(10)

    ended = threading.Event()
    thread = threading.Thread(target=start)
    thread.start()
    try:
        assert main([*words, "--state", str(tmp_path), "--lang=en"]) == 0
        assert opened.is_set()
        assert '"a": 1' in capsys.readouterr().out
    finally:
        ended.set()
        thread.join()


def test_one_that_never_answers_is_told(
    tmp_path: Path, locked: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("evlink.commands.station.START_S", 0.2)
    assert main(["status", "--state", str(tmp_path), "--lang=en"]) == 1
    assert "has begun to start, but does not answer yet" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["-m", "evlink.runtime.main", "--state", "{state}"], True),
        (["-m", "evlink.runtime.main", "--state=."], True),
        (["-m", "evlink.runtime.main", "--state", "{state}1"], False),
        (["/usr/bin/evlink", "run", "--speed=2"], True),
        (["evlink.cli", "--lang=fr", "run"], True),
        (["/usr/bin/evlink", "status"], False),
        (["something", "run"], False),
    ],
)
def test_a_station_is_seen_before_it_has_its_lock(tmp_path: Path, words: list[str], expected: bool) -> None:
    """The time in which a Python starts, by the command line of the process."""
    words = [word.replace("{state}", str(tmp_path)) for word in words]
    process = subprocess.Popen([sys.executable, "-c", WAITS, *words], stdout=subprocess.PIPE, cwd=tmp_path)
    try:
        assert process.stdout
        process.stdout.readline()
        assert _becomes(tmp_path, expected)
    finally:
        process.kill()
        process.communicate()
    assert _becomes(tmp_path, False)


def _becomes(state: Path, expected: bool) -> bool:
    """Whether `starting` gives this, once no other test's `evlink run` is just becoming a station."""
    deadline = time.monotonic() + 5
    while starting(state) is not expected and time.monotonic() < deadline:
        time.sleep(0.05)
    return starting(state) is expected
