"""The line menus as a process: on a serial-like pty and on pipes; what they load, how they begin and end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tui.lines_bench import ROOT, Line
from tests.tui.test_process import Served

C = {"TERM": "dumb", "LC_ALL": "C"}
PASSWORD = "Correct-Horse-9!"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    one = Served(tmp_path / "evlink.sock")
    yield one
    one.stop()


@pytest.fixture
def lines() -> Iterator[list[Line]]:
    opened: list[Line] = []
    yield opened
    for one in opened:
        one.close()


def _open(served: Served, lines: list[Line], *more: str, env: dict[str, str] | None = None) -> Line:
    one = Line(["-m", "tui", "--socket", str(served.path), "--lang", "en", *more], env or C)
    lines.append(one)
    one.until("Account (l")
    return one


def _login(one: Line) -> None:
    one.type("chef", "Password:")
    one.type(PASSWORD, "Menu> ")


def test_a_dumb_terminal_gets_lines_and_is_told_so(served: Served, lines: list[Line]) -> None:
    """Section 4.3 of a terminal that can hold no screen: TERM=dumb, or none."""
    for env, shown in ((C, "dumb"), ({"LC_ALL": "C"}, "not set")):
        one = _open(served, lines, env=env)
        assert one.text.startswith(f"TERM is {shown}: no screen can be held, so the menus come in lines.\r\n")
    assert not _open(served, lines, "--lines").text.startswith("TERM is"), "who asks for lines needs no telling"
    assert "opening" not in one.text


def test_no_escape_and_no_byte_above_127_in_the_c_locale(served: Served, lines: list[Line]) -> None:
    """French and English, every page of Maintenance and a form: ASCII and line ends alone, 79 columns."""
    one = _open(served, lines, "--lines", env={**C, "TERM": "vt220"})
    _login(one)
    one.type("l", "Menu> ")
    for answer in ("5.1", "1", "b", "5.2", "b", "5.4", "b", "1.1", "?", "? 1", "l", "m", "q"):
        one.type(answer, "\n" if answer == "q" else "> ")
    assert one.wait() == 0
    sent = bytes(one.sent)
    assert sent.isascii()
    assert {byte for byte in sent if byte < 0x20} == {0x0A, 0x0D}
    assert max(len(line) for line in sent.decode().splitlines()) <= 79


def test_a_password_is_not_echoed_and_the_echo_comes_back(served: Served, lines: list[Line]) -> None:
    """R-029: masked by termios, since a dumb terminal can't be told to hide it."""
    one = _open(served, lines)
    echoes = [one.echoes]
    one.type("chef", "Password:")
    echoes.append(one.echoes)
    one.type(PASSWORD, "Menu> ")
    assert [*echoes, one.echoes] == [True, False, True]
    assert PASSWORD not in one.text


def test_ctrl_c_says_how_to_leave_and_asks_again(served: Served, lines: list[Line]) -> None:
    one = _open(served, lines)
    _login(one)
    one.press("1.1\x03")
    assert "To leave, type :q and Enter, or press Ctrl+D." in one.until("Menu> ")
    one.type("1", "Configuration> ")
    one.press("\x04")
    assert one.wait() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_with_the_echo_on(served: Served, lines: list[Line], number: int) -> None:
    one = _open(served, lines)
    one.type("chef", "Password:")
    one.process.send_signal(number)
    assert one.wait() == 0
    assert one.echoes
    assert "Traceback" not in one.text


def test_a_line_that_hangs_up_ends_it_and_half_an_answer_is_none(served: Served, lines: list[Line]) -> None:
    one = _open(served, lines)
    _login(one)
    one.type("5.3", "Control> ")
    one.type("1", "(y/n)")
    one.press("y")
    time.sleep(0.2)
    one.hang_up()
    one.process.wait(10)
    assert served.station.restarts == 0


def test_a_signal_ends_it_also_where_the_line_takes_no_output(served: Served, lines: list[Line]) -> None:
    one = _open(served, lines)
    _login(one)
    for _ in range(60):
        one.press("5.2\nb\n")
    time.sleep(1.5)
    one.process.send_signal(signal.SIGTERM)
    one.process.wait(5)


def test_it_works_on_pipes(served: Served) -> None:
    """A script types, a file reads: prompts end their line, nothing is echoed, the end of the input leaves."""
    typed = f"chef\n{PASSWORD}\n1.1\n1=PIPED\ns\ny\n"
    done = subprocess.run(
        [sys.executable, "-m", "tui", "--lines", "--socket", str(served.path), "--lang", "en"],
        input=typed.encode(),
        capture_output=True,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C", "PYTHONPATH": str(ROOT)},
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"\nPassword:\n" in done.stdout
    assert b"Saved: Charging station name.\n" in done.stdout
    assert PASSWORD.encode() not in done.stdout
    assert served.station.values.get("configuration.general.station_name") == "PIPED"


def test_a_token_logs_in(served: Served) -> None:
    """The demo's one-time token, on a dumb terminal too."""
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "PYTHONPATH": str(ROOT)}
    for expected in (0, 1):
        reading, writing = os.pipe()
        os.write(writing, b"one-time-token\n")
        os.close(writing)
        command = [sys.executable, "-m", "tui", "--lines", "--socket", str(served.path), "--token-fd", str(reading)]
        done = subprocess.run(
            command, input=b"q\n", capture_output=True, env=environment, pass_fds=(reading,), timeout=30, check=False
        )
        os.close(reading)
        assert done.returncode == expected
        assert b"Account" not in done.stdout
    assert b"evlink: wrong token" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--socket", "/nonexistent/evlink.sock"], "evlink: no station answers at /nonexistent/evlink.sock"),
        (["--token-fd", "77"], "evlink: --token-fd 77: this descriptor can't be read."),
    ],
)
def test_what_keeps_it_shut_is_one_sentence(served: Served, arguments: list[str], sentence: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tui", "--lines", "--socket", str(served.path), *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C", "PYTHONPATH": str(ROOT)},
        timeout=30,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(sentence)


def test_no_screen_is_loaded() -> None:
    """A slow machine must not load Textual to write lines: nothing of it, of Rich or of NumPy, for files neither."""
    code = "import tui.__main__, tui.lines.run, tui.transfer, sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT, timeout=60
    )
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & {"textual", "rich", "numpy", "apsw", "ocpp", "websockets", "msgspec", "lxml"}
    assert "tui" in loaded
