"""The terminal as a process on a pseudo-terminal: what it sends, what it never sends, how it begins and ends."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tui.hostile import PAYLOADS, spoil
from tests.tui.pty_terminal import PtyTerminal
from tests.tui.station_stub import Station

# What the drivers may send: position, erase, forward, attributes, and modes that are switched by name.
ALLOWED = re.compile(
    rb"\x1b\[\d+;\d+H|\x1b\[\d+[XCLM]|\x1b\[(?:\d+;\d+)?r|\x1b\[2J|\x1b\[[\d;]*m|\x1b\[\?(?:25|7|1049|2004|1000|1003|1015|1006)[hl]"
    rb"|\x1b\[>\d+u|\x1b\[<u"
)
PLAIN = re.compile(
    rb"\x1b\[\d+;\d+H|\x1b\[\d+[XCLM]|\x1b\[(?:\d+;\d+)?r|\x1b\[2J|\x1b\[[\d;]*m|\x1b\[\?(?:25|7|1049)[hl]"
)


class Served:
    """A stub station in a thread of its own, so that a process can talk to it."""

    def __init__(self, path: Path) -> None:
        self.station = Station()
        self.path = path
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self.station.start(path), self._loop).result(10)

    def stop(self) -> None:
        """End it."""
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _stop(self) -> None:
        await self.station.stop()
        rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    one = Served(tmp_path / "evlink.sock")
    yield one
    one.stop()


@pytest.fixture
def terminals() -> Iterator[list[PtyTerminal]]:
    opened: list[PtyTerminal] = []
    yield opened
    for one in opened:
        one.close()


def _open(served: Served, terminals: list[PtyTerminal], *more: str, term: str = "xterm-256color") -> PtyTerminal:
    one = PtyTerminal(["--socket", str(served.path), "--lang", "en", *more], {"TERM": term})
    terminals.append(one)
    one.read(until="Password")
    return one


def _login(one: PtyTerminal) -> None:
    one.press("chef\r")
    one.press("Correct-Horse-9!\r", until="takes energy")


@pytest.mark.parametrize("term", ["xterm-256color", "vt220"])
def test_hostile_strings_never_reach_the_terminal(served: Served, terminals: list[PtyTerminal], term: str) -> None:
    """S27: payloads in the station's name, warnings, states, badges and records; only the drivers' orders go out."""
    assert len(PAYLOADS) >= 60
    spoil(served.station)
    one = _open(served, terminals, term=term)
    _login(one)
    for key in (
        "\x1b[6~",
        "\x1b[6~",
        "v",
        "\x1b[6~",
        "\x1b[6~",
        "]",
        "\x1b[6~",
        "1",
        "]",
        "3",
        "\x1b[6~",
        "\x1b[6~",
        "4",
        "\x1b[C",
        "\r",
        "\x1b",
        "\x1b[18~",
    ):
        one.press(key, quiet=0.25)
    assert one.process.poll() is None, one.text
    allowed = ALLOWED if term.startswith("xterm") else PLAIN
    sent = bytes(one.sent).split(b"\r\n", 1)[1]  # the launcher's own line comes first
    rest = allowed.sub(b"", sent)
    left = re.findall(rb"[\x00-\x1f\x7f].{0,12}", rest, re.DOTALL)
    assert left == []
    text = rest.decode()
    assert not re.search("[\x80-\x9f\u202a-\u202e\u2066-\u2069\u200b-\u200f\u2028\u2029\ufeff]", text)
    assert "[bold]x[/bold]" in text, "markup is text"
    assert "[1;1HOWNED" in text, "an order without its escape is text"


def test_what_a_key_costs(served: Served, terminals: list[PtyTerminal]) -> None:
    """At 115200 baud a Tab is answered within 50 ms: at most 500 bytes; the first screen takes at most 4 kB."""
    one = _open(served, terminals)
    assert len(one.sent) <= 4000
    _login(one)
    main = len(one.sent)
    assert main <= 8000
    one.press("1", until="Station type")
    costs = [len(one.press("\t")) for _ in range(6)]
    assert max(costs) <= 500, costs
    one.read(quiet=0.4)
    assert one.read(quiet=1.2, limit=1.5) == b"", "nothing is sent while nothing changes"


def test_plain_sends_ascii_and_attributes_only(served: Served, terminals: list[PtyTerminal]) -> None:
    """Section 4.3 of a VT220: no colour, no mouse, no focus reports, no glyph that it lacks."""
    one = _open(served, terminals, "--plain")
    _login(one)
    for key in ("1", "\t", "2", "]", "\t", "\x1b[18~", "\x1b"):
        one.press(key, quiet=0.25)
    sent = bytes(one.sent)
    assert all(byte < 0x80 for byte in sent.replace("ç".encode(), b""))
    attributes = {part for found in re.findall(rb"\x1b\[([\d;]*)m", sent) for part in found.split(b";")}
    assert attributes <= {b"", b"0", b"1", b"2", b"4", b"7"}
    assert b"\x1b[?1000h" not in sent
    assert b"\x1b[?1004h" not in sent
    assert b"$p" not in sent


def test_the_first_line_comes_before_the_screens(served: Served, terminals: list[PtyTerminal]) -> None:
    one = _open(served, terminals)
    assert bytes(one.sent).startswith(b"evlink: opening the commissioning terminal...\r\n")


@pytest.mark.parametrize("keys", ["\x1b[21~", "q"])
def test_it_is_left_by_f10_or_q(served: Served, terminals: list[PtyTerminal], keys: str) -> None:
    one = _open(served, terminals)
    _login(one)
    one.press(keys)
    assert one.wait() == 0
    assert one.sent.rindex(b"\x1b[?25h") > one.sent.rindex(b"\x1b[?25l"), "the cursor is back"
    assert one.sent.rindex(b"\x1b[?1049l") > one.sent.rindex(b"\x1b[?1049h")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_it_ends_in_order_on_a_signal(served: Served, terminals: list[PtyTerminal], number: int) -> None:
    one = _open(served, terminals)
    one.process.send_signal(number)
    assert one.wait() == 0
    assert b"\x1b[?1049l" in one.sent


def test_a_token_logs_in_without_a_login(served: Served, terminals: list[PtyTerminal]) -> None:
    """The demo's one-time token, read from an inherited descriptor; the second time it is refused."""
    for expected in (None, 1):
        reading, writing = os.pipe()
        os.write(writing, b"one-time-token\n")
        os.close(writing)
        arguments = ["--socket", str(served.path), "--lang", "en", "--token-fd", str(reading)]
        one = PtyTerminal(arguments, pass_fds=(reading,))
        os.close(reading)
        terminals.append(one)
        if expected is None:
            one.read(until="takes energy")
            assert "Charging" in one.text
            one.press("\x1b[21~")
            assert one.wait() == 0
        else:
            assert one.wait() == expected
            assert "evlink: wrong token" in one.text


@pytest.mark.parametrize(
    ("arguments", "env", "sentence"),
    [
        ([], {"TERM": "dumb", "EVLINK_STATE": "/nonexistent"}, "no station answers at /nonexistent/evlink.sock"),
        (["--socket", "/nonexistent/evlink.sock"], {}, "no station answers at /nonexistent/evlink.sock"),
        (["--socket", "/nonexistent/\x1b]0;x\x07y"], {}, "no station answers at /nonexistent/]0;xy"),
        (["--lang", "de"], {}, "invalid choice: 'de'"),
    ],
)
def test_what_keeps_it_shut_is_one_sentence(
    terminals: list[PtyTerminal], arguments: list[str], env: dict[str, str], sentence: str
) -> None:
    one = PtyTerminal(arguments, env)
    terminals.append(one)
    status = one.wait()
    assert status == (2 if "--lang" in arguments else 1)
    assert sentence in " ".join(one.text.split()), one.text
    assert "Traceback" not in one.text
    assert b"\x1b" not in bytes(one.sent)


def test_ctrl_l_draws_everything_again(served: Served, terminals: list[PtyTerminal]) -> None:
    one = _open(served, terminals)
    one.screen.reset()
    assert "Password" not in one.text
    one.press("\x0c", until="Password")
    assert "Password" in one.text


def _ends(one: PtyTerminal, seconds: float = 5.0) -> int:
    """The exit status of a terminal whose line is gone; TimeoutError where it stays."""
    return one.process.wait(seconds)


def test_it_ends_when_its_line_hangs_up(served: Served, terminals: list[PtyTerminal]) -> None:
    """Without a signal too: under make the shell's hang-up reaches only make, which then waits for us."""
    one = _open(served, terminals)
    _login(one)
    os.dup2(os.open(os.devnull, os.O_RDWR), one.fd)  # the last descriptor of the pty's other end
    _ends(one)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_also_where_the_line_takes_no_output(
    served: Served, terminals: list[PtyTerminal], number: int
) -> None:
    """Nobody reads the pty, so that the thread that writes is stuck, and the screens soon behind it."""
    one = _open(served, terminals)
    _login(one)
    for _ in range(60):
        os.write(one.fd, b"\x0c")
    time.sleep(1.5)
    one.process.send_signal(number)
    _ends(one)


def test_a_second_signal_ends_it_at_once(served: Served, terminals: list[PtyTerminal]) -> None:
    one = _open(served, terminals)
    _login(one)
    for _ in range(60):
        os.write(one.fd, b"\x0c")
    time.sleep(1.5)
    one.process.send_signal(signal.SIGHUP)
    time.sleep(0.1)
    one.process.send_signal(signal.SIGTERM)
    assert _ends(one, 1.0) in (0, 128 + signal.SIGTERM)
