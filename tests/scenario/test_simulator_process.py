"""The simulator as a process: its two sockets, the dead-man, lockstep, and how it ends (docs/board-protocol.md)."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from evlink.hardware import board, facts, simclient
from evlink.hardware.readers import SimulatedReader
from evlink.hardware.simulator import SimulatorBoard
from tests.scenario.simulator_bench import ARGV, ROOT, Control, is_up, simulator, wait_for


def test_a_charge_goes_through(tmp_path: Path) -> None:
    """Plug, ready, draw, pause, unplug over the control socket, with the blocks telling each step."""
    with simulator(tmp_path, "--speed", "20"), Control(tmp_path) as control:

        def state() -> dict[str, Any]:
            return simclient.call(tmp_path, "state", 2)

        simclient.call(tmp_path, "plug", 2, cable=20, amps=32)
        wait_for(lambda: control.last[2].plug_ohm == 680)
        assert state()["vehicle"] == "B"
        simclient.call(tmp_path, "ready", 2)
        wait_for(lambda: state()["current_a"] == [20, 20, 20])
        assert state()["vehicle"] == "C"
        simclient.call(tmp_path, "draw", 2, amps=8)
        wait_for(lambda: state()["current_a"] == [8, 8, 8])
        simclient.call(tmp_path, "pause", 2)
        wait_for(lambda: state()["vehicle"] == "B")
        assert state()["current_a"] == [0, 0, 0]
        assert state()["energy_wh"] > 0
        control.lock = True
        wait_for(lambda: state()["lock_feedback"])
        with pytest.raises(simclient.SimulatorError, match=r"^The lock of outlet 2 holds the plug\.$") as refusal:
            simclient.call(tmp_path, "unplug", 2)
        assert refusal.value.reason == "not_now"
        control.lock = False
        wait_for(lambda: not state()["lock_feedback"])
        simclient.call(tmp_path, "unplug", 2)
        wait_for(lambda: control.last[2].plug_ohm == -1)
        assert state()["vehicle"] == "A"
        assert control.gaps == 0


def test_dead_man_when_control_falls_silent(tmp_path: Path) -> None:
    """A control that stops answering loses its contactors within 150 ms of blocks, and gets them back by answering."""
    with simulator(tmp_path), Control(tmp_path) as control:
        wait_for(lambda: control.feedback(1) and control.feedback(2))
        control.answers = False
        begin = control.last[1].sequence
        wait_for(lambda: not control.feedback(1))
        assert 8 <= control.last[1].sequence - begin <= 16
        state = simclient.call(tmp_path, "state")
        assert (state["dead_man"], state["contactor"], state["duty_percent"]) == (True, False, 100)
        wait_for(lambda: not control.feedback(2))
        control.answers = True
        wait_for(lambda: control.feedback(1) and control.feedback(2))
        assert simclient.call(tmp_path, "state")["dead_man"] is False


def test_dead_man_of_a_stopped_process(tmp_path: Path) -> None:
    """A control process that gets SIGSTOP leaves the board to itself: the outputs drop (issue: it must show, 7)."""
    program = (
        "import sys; from pathlib import Path; from evlink.hardware import board\n"
        "link = board.connect(Path(sys.argv[1]))\n"
        "while m := link.recv(65536):\n"
        "    h = board.unpack_block(m).header\n"
        "    link.send(board.Outputs(h.outlet, h.sequence, True, 5333).pack())\n"
    )
    with simulator(tmp_path, outlets=1):
        control = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], cwd=ROOT)
        try:
            wait_for(lambda: simclient.call(tmp_path, "state")["contactor_feedback"])
            control.send_signal(signal.SIGSTOP)
            wait_for(lambda: not simclient.call(tmp_path, "state")["contactor_feedback"])
            state = simclient.call(tmp_path, "state")
            assert (state["dead_man"], state["connected"], state["duty_percent"]) == (True, True, 100)
            control.send_signal(signal.SIGCONT)
            wait_for(lambda: simclient.call(tmp_path, "state")["contactor_feedback"])
        finally:
            control.kill()
            control.wait()
        wait_for(lambda: not simclient.call(tmp_path, "state")["connected"])
        wait_for(lambda: not simclient.call(tmp_path, "state")["contactor_feedback"])
        assert simclient.call(tmp_path, "state")["dead_man"] is True


def test_hanging_up_drops_the_outputs_and_a_new_control_is_served(tmp_path: Path) -> None:
    """A closed socket is dead-man at once; the vehicle stays where it was for the next control."""
    with simulator(tmp_path):
        simclient.call(tmp_path, "plug", 1)
        with Control(tmp_path) as control:
            wait_for(control.feedback)
        wait_for(lambda: not simclient.call(tmp_path, "state")["connected"])
        wait_for(lambda: not simclient.call(tmp_path, "state")["contactor_feedback"])
        with Control(tmp_path) as control:
            wait_for(control.feedback)
            assert control.last[1].plug_ohm == 220


def test_board_serves_one_control_at_a_time(tmp_path: Path) -> None:
    """A second control is turned away and the first one notices nothing."""
    with simulator(tmp_path, outlets=1), Control(tmp_path, 1) as control:
        wait_for(control.feedback)
        with board.connect(tmp_path) as second:
            second.settimeout(10)
            assert second.recv(100) == b""
        seen = control.blocks
        wait_for(lambda: control.blocks > seen + 5)
        assert control.feedback()


def test_wrong_outputs_are_counted_and_change_nothing(tmp_path: Path) -> None:
    """A message of a wrong form commands nothing."""
    with simulator(tmp_path, outlets=1), board.connect(tmp_path) as link:
        good = board.Outputs(1, 1, True, 5333).pack()
        for raw in (b"x", good + b"\0", bytes(32), board.Outputs(2, 1, True).pack(), good[:4] + b"\2" + good[5:]):
            link.send(raw)
        wait_for(lambda: simclient.call(tmp_path, "state")["refused"] == 5)
        assert simclient.call(tmp_path, "state")["contactor"] is False


def test_lockstep_at_twenty_times_real_time(tmp_path: Path) -> None:
    """At speed 20 with two outlets every block is answered before the next: none lost, none left over."""
    with simulator(tmp_path, "--speed", "20"), Control(tmp_path) as control:
        wait_for(lambda: control.blocks >= 8000, 60)
        for outlet in (1, 2):
            state = simclient.call(tmp_path, "state", outlet)
            assert state["speed"] == 20
            assert state["drops"] == 0
            assert state["sent"] - 1 <= state["answered"] <= state["sent"]
            assert state["dead_man"] is False
        assert control.gaps == 0


def test_silent_outlet_sends_no_blocks_and_is_dead(tmp_path: Path) -> None:
    """The fault `silent` stops one outlet's blocks, so that its outputs lapse; the other goes on (Evt #3)."""
    with simulator(tmp_path), Control(tmp_path) as control:
        wait_for(lambda: control.feedback(1) and control.feedback(2))
        simclient.call(tmp_path, "fault", 1, name="silent", on=True)
        wait_for(lambda: simclient.call(tmp_path, "state", 1)["dead_man"])
        last, other = control.last[1].sequence, control.last[2].sequence
        wait_for(lambda: control.last[2].sequence > other + 10)
        assert control.last[1].sequence == last
        assert simclient.call(tmp_path, "state", 2)["dead_man"] is False
        simclient.call(tmp_path, "fault", 1, name="silent", on=False)
        wait_for(lambda: control.feedback(1) and control.last[1].sequence > last + 10)
        assert control.gaps == 1


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (b"plug", {"id": None, "error": "line is missing"}),
        (b"[]", {"id": None, "error": "The line is no JSON object.", "key": "line"}),
        (b"[" * 50_000, {"id": None, "key": "line"}),
        (b'{"id": 1, "action": "draw", "amps": NaN}', {"id": None, "key": "line"}),
        (b'{"id": 4, "action": "explode"}', {"id": 4, "key": "action", "value": "explode", "reason": "bad_value"}),
        (b'{"id": "x", "action": "ready", "outlet": 9}', {"id": "x", "key": "outlet", "value": 9, "allowed": "1 to 2"}),
        (b'{"id": 5, "action": "ready"}', {"id": 5, "reason": "not_now", "key": ""}),
        (b'{"id": 6, "action": "badge", "uid": "E2EB1C02"}', {"id": 6, "reason": "not_now"}),
    ],
)
def test_bad_line_gets_a_sentence_and_the_connection_lives(tmp_path: Path, line: bytes, answer: dict[str, Any]) -> None:
    """Bad input on the control socket: one sentence, nothing changed, and the next line is served."""
    answer = {key: value for key, value in answer.items() if value != "line is missing"}
    with simulator(tmp_path), socket.socket(socket.AF_UNIX) as link:
        assert (tmp_path / simclient.SOCKET).stat().st_mode & 0o777 == 0o600
        assert (tmp_path / board.SOCKET).stat().st_mode & 0o777 == 0o600
        link.connect(str(tmp_path / simclient.SOCKET))
        with link.makefile("rwb") as file:
            file.write(line + b"\n")
            file.flush()
            got = json.loads(file.readline())
            assert got["ok"] is False
            assert got["error"].endswith(".")
            assert answer.items() <= got.items()
            file.write(b'{"id": 9, "action": "state"}\n')
            file.flush()
            state = json.loads(file.readline())
            assert (state["id"], state["ok"], state["state"]["vehicle"]) == (9, True, "A")


def test_line_past_the_limit_ends_the_connection_only(tmp_path: Path) -> None:
    """An endless line is not kept in memory: the connection ends, the simulator lives."""
    with simulator(tmp_path):
        with socket.socket(socket.AF_UNIX) as link:
            link.connect(str(tmp_path / simclient.SOCKET))
            link.settimeout(10)
            with pytest.raises((BrokenPipeError, ConnectionResetError)):
                link.sendall(b"x" * 50_000_000)
        assert simclient.call(tmp_path, "state")["blocks"] > 0


async def following(badges: AsyncIterator[tuple[int, str]]) -> tuple[int, str]:
    """The next badge, as a coroutine that a task can run."""
    return await anext(badges)


async def test_badges_reach_the_reader(tmp_path: Path) -> None:
    """A badge presented at an outlet comes out of the reader there; a silent reader shows as such (Evt #1)."""
    with simulator(tmp_path):
        now = 0.0
        reader = SimulatedReader(tmp_path, 2, lambda: now)
        badges = aiter(reader)
        waiting = asyncio.create_task(following(badges))
        await asyncio.sleep(0.2)
        await simclient.acall(tmp_path, "badge", 2, uid="E2EB1C02")
        assert await asyncio.wait_for(waiting, 10) == (2, "E2EB1C02")

        await simclient.acall(tmp_path, "fault", 1, name="reader", on=True)
        waiting = asyncio.create_task(following(badges))
        await simclient.acall(tmp_path, "badge", 1, uid="DEAD")
        now = 3.1
        assert reader.silent() == {1, 2}
        async with asyncio.timeout(10):
            while 2 in reader.silent():
                await asyncio.sleep(0.05)
        assert reader.silent() == {1}
        await simclient.acall(tmp_path, "badge", 2, uid="BEEF")
        assert await asyncio.wait_for(waiting, 10) == (2, "BEEF")
        await badges.aclose()  # type: ignore[attr-defined]


async def test_reader_finds_the_next_simulator(tmp_path: Path) -> None:
    """The reader outlives the board: it connects again when a new one is up."""
    reader = SimulatedReader(tmp_path, 2)
    badges = aiter(reader)
    waiting = asyncio.create_task(following(badges))
    for uid in ("AA", "BB"):
        with simulator(tmp_path):
            async with asyncio.timeout(10):
                while True:
                    try:
                        await simclient.acall(tmp_path, "badge", uid=uid)
                        break
                    except simclient.SimulatorError as refusal:
                        assert str(refusal) == "No station listens to the badge reader."  # noqa: PT017
                    await asyncio.sleep(0.05)
                assert await waiting == (1, uid)
                waiting = asyncio.create_task(following(badges))
                await asyncio.sleep(0)
    waiting.cancel()
    with suppress(asyncio.CancelledError):
        await waiting


def test_station_without_a_reader_takes_no_badge(tmp_path: Path) -> None:
    """R-009: where there is no RFID reader there is nothing to hold a badge before."""
    with simulator(tmp_path) as first:
        first.terminate()
        first.wait()
    text = (Path(ROOT) / "docs" / "examples" / "board-wallbox-cable.toml").read_text()
    (tmp_path / facts.FILE).write_text(text)
    with subprocess.Popen([*ARGV, "--state", str(tmp_path)], cwd=ROOT) as wallbox:
        wait_for(lambda: is_up(tmp_path))
        with pytest.raises(simclient.SimulatorError, match="This station has no badge reader"):
            simclient.call(tmp_path, "badge", uid="AA")
        wallbox.terminate()
        assert wallbox.wait() == 0


def test_second_simulator_is_refused(tmp_path: Path) -> None:
    """One board a state directory: the second says who serves it, and disturbs nothing."""
    with simulator(tmp_path) as first, Control(tmp_path) as control:
        wait_for(control.feedback)
        assert (tmp_path / "simulator.lock").read_text() == f"{first.pid}\n"
        second = subprocess.run(
            [*ARGV, "--state", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert second.returncode == 1
        assert second.stderr == f"evlink-simulator: A simulator (process {first.pid}) serves {tmp_path} already.\n"
        seen = control.blocks
        wait_for(lambda: control.blocks > seen + 5)
        assert simclient.call(tmp_path, "state")["dead_man"] is False


@pytest.mark.parametrize(
    ("arguments", "text", "code", "words"),
    [
        ((), None, 2, "board.toml: No such file or directory."),
        ((), "[station]\nmodel = 1\n", 2, "board.toml: station.model is 1; allowed: 'parking'"),
        (("--speed", "0.5"), "", 2, "speed is '0.5'; allowed: 1 to 1000."),
        (("--speed", "fast"), "", 2, "speed is 'fast'; allowed: 1 to 1000."),
        (("--linger", "nan"), "", 2, "linger is 'nan'; allowed: 0 to 3600 seconds."),
    ],
)
def test_simulator_that_cannot_start(
    tmp_path: Path, arguments: tuple[str, ...], text: str | None, code: int, words: str
) -> None:
    """Bad input at the start: one sentence on stderr, exit 2, nothing left behind."""
    if text is not None:
        (tmp_path / facts.FILE).write_text(text)
    ended = subprocess.run(
        [*ARGV, "--state", str(tmp_path), *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == code
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr
    assert {path.name for path in tmp_path.iterdir()} <= {facts.FILE}


def test_simulator_ends_by_itself_without_a_control(tmp_path: Path) -> None:
    """Without a control it lingers, then goes and takes its sockets along; with one it stays."""
    with simulator(tmp_path, "--linger", "0.5", outlets=1) as process:
        with Control(tmp_path, 1) as control:
            wait_for(lambda: control.blocks > 100)
            assert process.poll() is None
        assert process.wait(20) == 0
        assert {path.name for path in tmp_path.iterdir()} == {facts.FILE, "simulator.lock"}
        with pytest.raises(simclient.SimulatorError, match="No simulator answers in") as refusal:
            simclient.call(tmp_path, "state")
        assert refusal.value.reason == "offline"
        with pytest.raises(TimeoutError, match="No board serves"):
            board.connect(tmp_path, 0.1)


def test_simulator_starts_over_the_remains_of_a_killed_one(tmp_path: Path) -> None:
    """SIGKILL leaves sockets and lock file behind; the next simulator is not kept off by them."""
    with simulator(tmp_path) as first:
        first.kill()
        first.wait()
    assert (tmp_path / board.SOCKET).exists()
    assert (tmp_path / simclient.SOCKET).exists()
    with simulator(tmp_path) as second, Control(tmp_path) as control:
        wait_for(control.feedback)
        second.send_signal(signal.SIGTERM)
        assert second.wait(20) == 0
        assert not (tmp_path / board.SOCKET).exists()


def test_board_is_started_by_its_argv(tmp_path: Path) -> None:
    """The command that the station starts is the one that these tests start."""
    argv = SimulatorBoard(20).argv(tmp_path)
    assert argv == (*ARGV, "--state", str(tmp_path), "--speed", "20")
    assert SimulatorBoard().name == "simulator"
    assert os.access(argv[0], os.X_OK)
