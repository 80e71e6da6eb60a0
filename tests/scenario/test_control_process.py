"""The control process on the simulator board: starting, charging, losing the board, ending."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from evlink import _core
from evlink._core import Frame, Permit, Shared
from evlink.control.main import LOG_BYTES, Log
from evlink.control.starting import ControlError, running, start_detached
from evlink.hardware import simclient

ROOT = Path(__file__).parents[2]
BOARD = ROOT / "docs" / "examples" / "board-parking.toml"


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A state directory with a two-outlet Parking board; whatever runs on it is ended afterwards."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    (tmp_path / "board.toml").write_text(BOARD.read_text(encoding="utf-8"), encoding="utf-8")
    yield tmp_path
    for pid in (running(tmp_path), *boards(tmp_path)):
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def boards(state: Path) -> list[int]:
    """Process ids of the simulators that this state directory's control started."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                words = (entry / "cmdline").read_bytes().split(b"\0")
                if b"evlink.hardware.simulator" in words and str(state).encode() in words:
                    found.append(int(entry.name))
    return found


def wait(what: Callable[[], object], within_s: float = 10.0) -> None:
    """Wait until something is true."""
    end = time.monotonic() + within_s
    while not what():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


class Station:
    """The station's side: grants on demand, reads frames."""

    def __init__(self, state: Path) -> None:
        self.shm = Shared.attach(str(state / "control.shm"))
        self.permit = Permit()

    def frame(self) -> Frame:
        """Grant once and read."""
        self.shm.grant(1, self.permit)
        wait(lambda: self.shm.frame(1) is not None)
        frame = self.shm.frame(1)
        assert frame is not None
        return frame

    def charge(self, state: Path) -> None:
        """From nothing to a charge."""
        wait(lambda: self.frame().pilot == _core.PILOT_A)
        self.permit = Permit(authorised=True, limit_ma=16_000)
        simclient.call(state, "plug", cable=32, phases=3)
        wait(lambda: self.frame().pilot == _core.PILOT_B)
        simclient.call(state, "ready")
        wait(lambda: self.frame().contactor_feedback, 20)


def test_a_charge_and_an_orderly_end(state: Path) -> None:
    """Control starts the simulator, charges, and on SIGTERM opens the contactor and ends."""
    pid = start_detached(state, 2)
    assert start_detached(state, 2) == pid == running(state)
    station = Station(state)
    station.charge(state)
    wait(lambda: station.frame().energy_mvas > 0)
    os.kill(pid, signal.SIGTERM)
    wait(lambda: running(state) is None, 2)
    opened = [event for event in station.shm.events(1) if event.kind == _core.EVENT_OPENED]
    assert opened[-1].a == _core.OPEN_ORDER
    wait(lambda: not simclient.call(state, "state")["contactor_feedback"], 1)
    assert (state / "control.log").read_text(encoding="utf-8").rstrip().endswith("stopped")


def test_a_board_that_dies_is_replaced(state: Path) -> None:
    """The simulator killed: contactors open, a new one is started and served while the station is there."""
    pid = start_detached(state, 2)
    station = Station(state)
    station.charge(state)
    generation = station.shm.generation
    (board,) = boards(state)
    os.kill(board, signal.SIGKILL)
    wait(lambda: not station.frame().contactor, 2)
    before = station.frame().samples
    wait(lambda: station.frame().samples > before + 100_000, 10)
    assert boards(state) != [board]
    assert (running(state), station.shm.generation) == (pid, generation)


def test_ends_by_itself_without_a_station(state: Path) -> None:
    """No permit ever: control ends after 15 s of samples (fifty times as fast here), the board after it."""
    start_detached(state, 2, speed=50)
    wait(lambda: running(state) is None, 10)
    assert "no station and nothing flows" in (state / "control.log").read_text(encoding="utf-8")


def test_survives_its_starter(state: Path) -> None:
    """Control is in a session of its own, with no open stream of who started it."""
    code = "import sys, pathlib, evlink.control.starting as m; m.start_detached(pathlib.Path(sys.argv[1]), 2)"
    subprocess.run([sys.executable, "-c", code, str(state)], check=True, timeout=20, capture_output=True)
    pid = running(state)
    assert pid is not None
    assert os.getsid(pid) == pid != os.getsid(0)
    assert {os.readlink(f"/proc/{pid}/fd/{fd}") for fd in (0, 1)} == {"/dev/null"}
    assert os.readlink(f"/proc/{pid}/fd/2") == str(state / "control.log")


def test_what_the_process_loads(state: Path) -> None:
    """Control imports the core, the boards' names and the standard library alone, and stays small."""
    code = "import sys, evlink.control.main; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], check=True, timeout=20, capture_output=True, text=True)
    loaded = done.stdout.split()
    ours = {name for name in loaded if name.split(".")[0] in ("evlink", "tui")}
    boards = {"evlink.hardware", "evlink.hardware.board", "evlink.hardware.boards"}
    own = {"evlink.control", *(f"evlink.control.{name}" for name in ("main", "starting", "watchdog"))}
    assert ours == {"evlink", "evlink._core", *own, *boards}
    assert not {"numpy", "textual", "apsw", "msgspec", "asyncio", "subprocess"} & set(loaded)


def test_log_is_bounded(tmp_path: Path) -> None:
    """The log is two files of at most 256 KiB and a line, whatever is written to it."""
    log = Log(tmp_path / "control.log")
    for _ in range(6000):
        log("x" * 100)
    assert {entry.name for entry in tmp_path.iterdir()} == {"control.log", "control.log.1"}
    assert all(entry.stat().st_size < LOG_BYTES + 200 for entry in tmp_path.iterdir())


def command(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "evlink.control", *words], capture_output=True, text=True, check=False, timeout=20
    )


def test_second_control_is_refused(state: Path) -> None:
    """One control a state directory: the second says which process holds it, exit 1, nothing changed."""
    pid = start_detached(state, 2)
    generation = Shared.attach(str(state / "control.shm")).generation
    done = command("--state", str(state), "--outlets", "2")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"evlink control: another control (process {pid}) runs on {state}\n"
    assert Shared.attach(str(state / "control.shm")).generation == generation


def test_a_directory_that_is_none(state: Path) -> None:
    """A file where the state directory should be: one sentence, from both ways of starting."""
    path = state / "board.toml"
    done = command("--state", str(path), "--outlets", "2")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert str(path) in done.stderr
    with pytest.raises(ControlError, match=r"board\.toml"):
        start_detached(path, 2)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--outlets", "0"), "--outlets is 0; allowed are 1 to 8"),
        (("--outlets", "two"), "invalid int value: 'two'"),
        (("--outlets", "1", "--speed", "0"), "--speed is 0"),
        (("--outlets", "1", "--speed", "nan"), "--speed is nan"),
        (("--outlets", "1", "--speed", "2", "--board", "linux"), "simulator only"),
    ],
)
def test_bad_options(state: Path, words: tuple[str, ...], message: str) -> None:
    """Options out of range: exit 2, the value and what is allowed, nothing written."""
    done = command("--state", str(state), *words)
    assert done.returncode == 2
    assert message in done.stderr
    assert not (state / "control.shm").exists()


def test_watchdog_rests_without_a_board_and_starves_with_a_killed_control(state: Path) -> None:
    """Armed for as long as a board is served: a board that goes disarms it, a control that is killed does not."""
    device = state / "watchdog"
    device.touch()
    start_detached(state, 2, watchdog=device, watchdog_s=5)
    wait(lambda: device.read_bytes().count(b"\0") > 2)
    assert not device.read_bytes().endswith(b"V")
    log = (state / "control.log").read_text
    os.kill(boards(state)[0], signal.SIGKILL)
    wait(lambda: log().count("board connected") == 2)  # control starts another one
    assert b"V" in device.read_bytes()
    device.write_bytes(b"")
    wait(lambda: device.read_bytes().count(b"\0") > 2)
    holder = running(state)
    assert holder is not None
    os.kill(holder, signal.SIGKILL)
    wait(lambda: running(state) is None)
    assert b"V" not in device.read_bytes()
    with pytest.raises(ControlError, match=r"the watchdog .*absent cannot be opened: No such file or directory"):
        start_detached(state, 2, watchdog=state / "absent")
