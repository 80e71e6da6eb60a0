"""Bad input: one clear sentence each, exit 1 or 2, nothing changed."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from evlink.client import CallError, Client
from tests.scenario.house import PYTHON, House, house


@pytest.fixture(scope="module")
def station() -> Iterator[House]:
    with house() as running:
        yield running


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["set", "configuration.general.nonsense=1"], 2, ["configuration.general.nonsense"]),
        (
            ["set", "configuration.general.authentication_timeout=1000"],
            2,
            ["configuration.general.authentication_timeout", "1000", "0 to 999"],
        ),
        (
            ["set", "configuration.general.authentication_timeout=soon"],
            2,
            ["authentication_timeout", "soon", "0 to 999"],
        ),
        (["set", "energy_management.outlets.3.derated_current=10"], 2, ["3", "1"]),
        (["set", "energy_management.outlets.1.derated_current=40"], 2, ["derated_current", "40", "32"]),
        (["set", "configuration.general.station_type=cluster"], 2, ["station_type", "cluster", "standalone"]),
        (["set", "nothing"], 2, ["nothing"]),
        (["get", "configuration.general.nonsense"], 2, ["configuration.general.nonsense"]),
        (["sim", "plug", "--outlet", "9"], 2, ["9"]),
        (["sim", "plug", "--cable", "33"], 2, ["33", "13"]),
        (["import", "/nonexistent.toml"], 2, ["/nonexistent.toml"]),
        (["badges", "add", "zz;drop"], 2, ["zz;drop"]),
        (["frobnicate"], 2, ["frobnicate"]),
    ],
)
def test_one_sentence_and_nothing_changed(station: House, words: list[str], code: int, said: list[str]) -> None:
    before = station.call("settings.list")
    done = station.evlink(*words, code=code)
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, done.stderr
    for word in said:
        assert word in lines[0]
    assert done.stdout == ""
    assert station.call("settings.list") == before


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("bad.toml", "[configuration.general\nstation_name = 1", ["bad.toml", "line"]),
        ("bad.toml", "[configuration.date_time]\nntp_server = 12", ["configuration.date_time.ntp_server", "12"]),
        (
            "bad.toml",
            '[configuration.date_time]\nntp_server = "a.org"\n[energy_management.outlets]\nderated_current = 99',
            ["energy_management.outlets", "99"],
        ),
        ("bad.cfg", "[CURRENT MEASUREMENT]\nlowOvercurrentTolerance=abc\n", ["lowOvercurrentTolerance", "abc"]),
        ("bad.cfg", "[NOWHERE]\nx=1\n", ["NOWHERE"]),
        ("bad.txt", "x", [".toml", ".cfg"]),
    ],
)
def test_a_file_with_one_wrong_value_changes_nothing(
    station: House, tmp_path: Path, name: str, text: str, said: list[str]
) -> None:
    before = station.call("settings.list")
    (tmp_path / name).write_text(text)
    done = station.evlink("import", str(tmp_path / name), code=2)
    for word in said:
        assert word in done.stderr, done.stderr
    assert station.call("settings.list") == before


@pytest.mark.slow
def test_a_second_station_on_the_same_state_directory(station: House) -> None:
    done = _run(station.state)
    assert done.returncode == 1
    assert f"another station (pid {station.pid('station.lock')})" in done.stderr
    assert station.client() is not None


@pytest.mark.slow
def test_a_state_directory_that_is_no_directory_or_not_ours(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = _run(tmp_path / "file")
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert "is not a directory" in done.stderr
    if os.geteuid() == 0:
        os.chown(tmp_path, 12345, -1)
        done = _run(tmp_path)
        assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
        assert "belongs to user 12345" in done.stderr
    else:
        tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
        done = _run(tmp_path)
        assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
        assert "can't be written" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--speed", "0"], "--speed"),
        (["--board", "teapot"], "teapot"),
        (["--hardware", "preset:teapot"], "teapot"),
        (["--hardware", "/nonexistent/board.toml"], "/nonexistent/board.toml"),
        (["--config", "/nonexistent/station.toml"], "/nonexistent/station.toml: No such file"),
        (["--config", "/etc/hostname"], "a .toml or .cfg file is allowed"),
        (["--socket", "/tmp/" + "x" * 120], "at most 107 bytes"),
    ],
)
def test_a_station_that_is_started_wrong(tmp_path: Path, words: list[str], said: str) -> None:
    done = _run(tmp_path, *words)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr
    assert said in done.stderr


@pytest.mark.slow
def test_a_socket_path_that_is_taken_is_left_alone(station: House, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("precious")
    state = tmp_path / "s"
    for path, said in (
        (tmp_path / "precious", "something else by that name"),
        (tmp_path, "something else by that name"),
        (station.state / "evlink.sock", "another station answers there"),
    ):
        done = _run(state, "--socket", str(path))
        assert (done.returncode, len(_sentences(done.stderr))) == (1, 1), done.stderr
        assert said in done.stderr
    assert (tmp_path / "precious").read_text() == "precious"
    assert station.client() is not None


@pytest.mark.slow
def test_a_state_directory_with_too_long_a_path_is_not_begun(tmp_path: Path) -> None:
    state = tmp_path / ("x" * 100)
    done = _run(state)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "at most 107 bytes" in done.stderr
    assert not state.exists()


@pytest.mark.slow
def test_a_config_file_of_either_kind_counts_from_the_first_start() -> None:
    built = House()
    try:
        (built.state / "first.cfg").write_text("[TIME]\ntimeServerName=ntp.example.org\n")
        built.start("--config", str(built.state / "first.cfg"))
        key = "configuration.date_time.ntp_server"
        assert built.call("settings.get", keys=[key])["values"][key] == "ntp.example.org"
    finally:
        built.end()


@pytest.mark.slow
def test_commands_on_the_files_do_not_keep_a_station_from_starting() -> None:
    """A command holds the lock for a moment; the station waits for it, and it waits for the station."""
    built = House()
    try:
        commands = [
            subprocess.Popen(
                [PYTHON, "-m", "evlink.cli", "get", "configuration.general.station_name", "--state", str(built.state)],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            for _ in range(3)
        ]
        built.start()
        for command in commands:
            out, _ = command.communicate(timeout=30)
            assert command.returncode == 0, out
        assert built.client() is not None
    finally:
        built.end()


@pytest.mark.slow
def test_a_wrong_password_and_a_factory_password(station: House) -> None:
    """R-023, R-025; docs/decisions/0001."""
    with Client.connect(station.state / "evlink.sock", login=True) as client:
        with pytest.raises(CallError, match="log in first"):
            client.call("settings.list")
        with pytest.raises(CallError, match="access refused"):
            client.call("login", account="admin", password="wrong")
        assert client.call("login", account="admin", password="ADMIN")["password_due"] is True
        with pytest.raises(CallError, match="set a new password first"):
            client.call("snapshot")
        with pytest.raises(CallError, match="12"):
            client.call("password.change", account="admin", current="ADMIN", new="short")
        client.call("password.change", account="admin", current="ADMIN", new="Correct-Horse@2026")
        assert client.call("snapshot")["outlets"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "line", [b"\n", b"{", b"[]", b'{"method": 3}', b'{"id": [], "method": "hello"}', b"\xff\xfe", b"[" * 5000]
)
def test_lines_that_are_no_requests_close_nothing(station: House, line: bytes) -> None:
    import json
    import socket

    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(5)
        link.connect(str(station.state / "evlink.sock"))
        with link.makefile("rwb") as file:
            file.write(line.rstrip(b"\n") + b"\n")
            file.write(b'{"jsonrpc": "2.0", "id": 7, "method": "hello", "params": {}}\n')
            file.flush()
            assert json.loads(file.readline())["error"]["code"] in (-32700, -32600)
            assert json.loads(file.readline())["result"]["protocol"] == 1


def _sentences(stderr: str) -> list[str]:
    """What a station said, its log aside."""
    return [line for line in stderr.splitlines() if line.startswith("evlink: ")]


def _run(state: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PYTHON, "-m", "evlink.cli", "run", "--state", str(state), *words],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
