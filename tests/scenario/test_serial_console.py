"""The serial console as its unit opens it: a pty pair by socat at 115200 baud, old terminals, eight-bit letters."""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import shutil
import struct
import subprocess
import tempfile
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pyte
import pytest

from tests.scenario.house import House
from tests.scenario.ways_in import PASSWORD, console_command, needed, open_house
from tests.tui.wire import Wire
from tui.profile import Palette

EXTERNAL = "energy_management.advanced.external_system_control"
DOWN, UP, LEFT, RIGHT, TAB, ENTER = "\x1b[B", "\x1b[A", "\x1b[D", "\x1b[C", "\t", "\r"
CHARSETS = {"C": "ascii", "fr_FR.ISO-8859-1": "iso8859-1", "fr_FR": "iso8859-1", "fr_FR.UTF-8": "utf-8"}
GAP_S = 0.06  # of silence that ends what a key brings
pytestmark = pytest.mark.slow

Look = tuple[bool, bool, bool]


class Console:
    """The far end of a serial line: what a VT220 shows of it, and its keyboard."""

    def __init__(self, folder: Path, station: House, **environment: str) -> None:
        self._pair = subprocess.Popen(
            ["socat", f"pty,rawer,link={folder}/far", f"pty,rawer,link={folder}/near"], stderr=subprocess.DEVNULL
        )
        near = folder / "near"
        until = time.monotonic() + 10
        while not (near.exists() and (folder / "far").exists()):
            assert time.monotonic() < until
            time.sleep(0.02)
        before, command, told = console_command(station.state)
        subprocess.run(["stty", f"--file={near}", "sane"], check=True)  # the unit's TTYReset
        subprocess.run([word.replace("/dev/%I", str(near)) for word in before], check=True)
        self.near = os.open(near, os.O_RDWR | os.O_NOCTTY)
        self.size = struct.unpack("4H", fcntl.ioctl(self.near, termios.TIOCGWINSZ, bytes(8)))[:2]
        env = {"PATH": os.environ["PATH"], "HOME": str(folder), **told, **environment}
        self.charset = CHARSETS[env["LANG"]]
        self.app = subprocess.Popen(
            command,
            stdin=self.near,
            stdout=self.near,
            stderr=self.near,
            env=env,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        self._far = os.open(folder / "far", os.O_RDWR | os.O_NOCTTY)
        self.sent = bytearray()
        self.screen = pyte.Screen(80, 24)
        self._stream = pyte.Stream(self.screen)

    @property
    def text(self) -> str:
        """What it shows."""
        return "\n".join(line.rstrip() for line in self.screen.display)

    def read(self, quiet: float = 0.4, limit: float = 20.0) -> None:
        """Take what comes until nothing came for a while."""
        until = time.monotonic() + limit
        while time.monotonic() < until and select.select([self._far], [], [], quiet)[0]:
            data = os.read(self._far, 65536)
            self.sent += data
            self._stream.feed(data.decode(self.charset, "replace"))

    def until(self, wanted: str, seconds: float = 30.0) -> str:
        """Wait until it shows a text."""
        until = time.monotonic() + seconds
        while wanted not in self.text:
            assert time.monotonic() < until, f"{wanted!r} did not show:\n{self.text}"
            self.read(0.1, 0.5)
        return self.text

    def press(self, *keys: str, quiet: float = 0.4) -> None:
        """Type, and take what follows: the first of it within `quiet` seconds, the rest without a longer gap."""
        for key in keys:
            os.write(self._far, key.encode(self.charset))
            if select.select([self._far], [], [], quiet)[0]:
                self.read(GAP_S)

    def differs(self, before: dict[tuple[int, int], Look], seconds: float = 5.0) -> dict[tuple[int, int], Look]:
        """The attributes of all cells, once they are others than before; as they are where that never happens."""
        until = time.monotonic() + seconds
        while (now := self.looks()) == before and time.monotonic() < until:
            self.read(GAP_S, 0.5)
        return now

    def looks(self) -> dict[tuple[int, int], Look]:
        """The attributes of all cells that have some."""
        found = {}
        for y, row in self.screen.buffer.items():
            for x, cell in row.items():
                if look := (cell.reverse, cell.bold, cell.underscore):
                    found[x, y] = look
        return {place: look for place, look in found.items() if any(look)}

    def login(self) -> None:
        """Log in with the keyboard of a VT220."""
        self.until("F10")
        self.press("admin", ENTER, PASSWORD, ENTER)
        self.until("F8")
        self.read()

    def orders(self) -> list[str]:
        """What it was sent that an old terminal may not be sent."""
        sent = bytes(self.sent).split(b"\r\n", 1)[1]  # the launcher's own line comes first
        return Wire(Palette.NONE, self.charset).wrong(sent)

    def close(self) -> None:
        """Pull the plug."""
        if self.app.poll() is None:
            self.app.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.app.wait(10)
        os.close(self._far)
        os.close(self.near)
        self._pair.terminate()
        self._pair.wait(10)


@pytest.fixture(scope="module")
def station() -> Iterator[House]:
    needed("socat")
    with open_house() as opened:
        opened.sim("plug", 1, cable=32, phases=3)  # more to show than two free outlets
        yield opened


@contextlib.contextmanager
def console(station: House, **environment: str) -> Iterator[Console]:
    """A console that was just plugged in."""
    folder = Path(tempfile.mkdtemp(prefix="evlink-tty-", dir="/tmp"))
    opened = Console(folder, station, **environment)
    try:
        yield opened
    finally:
        opened.close()
        shutil.rmtree(folder, ignore_errors=True)


def test_log_in_change_save_and_log_out_with_the_keys_that_every_terminal_has(station: House) -> None:
    """Arrows, Tab, Enter and digits alone, as the unit opens it (TERM=vt220, LANG=C), at 115200, without a size."""
    with console(station) as one:
        assert one.size == (0, 0)
        one.login()
        speeds = termios.tcgetattr(one.near)[4:6]
        assert speeds == [termios.B115200, termios.B115200]
        assert len(one.text.splitlines()) == 24, "a line without a size is one of 80x24"
        before = station.evlink("get", EXTERNAL).stdout.strip()
        one.press("2")
        one.until("external system")
        one.press(DOWN, DOWN, ENTER)
        one.until("staged")
        one.press(TAB)  # from the last field round to the header, whose first item saves
        one.press(ENTER)
        station.wait(lambda: station.evlink("get", EXTERNAL).stdout.strip() != before, "the change")
        one.read()
        header = one.screen.display[0]
        one.press(*[RIGHT] * 2, ENTER)
        assert one.until("Commissioning terminal"), header
        assert one.orders() == []
        one.sent.clear()


@pytest.mark.parametrize(
    ("term", "lang", "accents", "screens"),
    [
        ("vt220", "C", False, 20),
        ("linux", "C", False, 3),
        ("vt220", "fr_FR.ISO-8859-1", True, 20),
        ("linux", "fr_FR.ISO-8859-1", True, 3),
        ("vt220", "fr_FR", True, 3),
        ("linux", "fr_FR.UTF-8", True, 20),
    ],
)
def test_every_screen_in_the_letters_of_the_line(
    station: House, term: str, lang: str, accents: bool, screens: int
) -> None:
    """Section 4.3: no literal escape; ASCII and accented letters alone, and those only where the line has them."""
    with console(station, TERM=term, LANG=lang) as one:
        one.login()
        if lang == "C":
            one.press("\x1b[17~")  # F6: French, whose accents become their letters
        one.until("F10")
        for _ in range(screens):
            one.press("]")
            assert not any(mark in one.text for mark in ("\\u", "\\x", "[?", "[0m", "\ufffd")), one.text
        one.press("1")
        one.until("Paramètres généraux" if accents else "Parametres generaux")
        assert one.orders() == []
        high = {byte for byte in one.sent if byte >= 0x80}
        assert bool(high) is accents
        if one.charset == "iso8859-1":
            assert {chr(byte) for byte in high} <= set("àâäçéèêëîïôöùûüÿÀÂÇÉÈÊÎÔÙÛ")


@pytest.mark.parametrize(("term", "tabs"), [("vt220", "123456"), ("linux", "24")])
def test_the_focus_is_seen_wherever_it_goes(station: House, term: str, tabs: str) -> None:
    """Tabs, buttons, texts, choices, flags, lists: each Tab changes attributes of cells, never nothing."""
    with console(station, TERM=term) as one:
        one.login()
        for tab in tabs:
            one.press("\x1b", tab)
            one.read(0.2)
            before = one.looks()
            for _ in range(7):
                one.press(TAB)
                now = one.differs(before)
                changed = {place for place in now if now[place] != before.get(place)}
                assert changed, one.text
                before = now


def test_noise_on_the_line_is_no_end(station: House) -> None:
    """Bytes that are no UTF-8, and halves of sequences: the keyboard goes on working (section 4.2)."""
    with console(station, LANG="fr_FR.UTF-8") as one:
        one.until("F10")
        for noise in (b"\xff\xfe\x80\x80", b"\xc3", b"\x1b[999;", b"\x9b1"):
            os.write(one._far, noise)
            one.read(0.3)
        one.press("\x1b", "\x0c", quiet=0.6)
        assert one.app.poll() is None
        os.write(one._far, b"\x1b[21~")  # F10
        assert one.app.wait(10) == 0


def test_accents_are_typed_as_the_line_says_them(station: House) -> None:
    """The byte 0xE9 of an ISO-8859-1 terminal is an é, and its one-byte CSI (0x9B) begins a key."""
    with console(station, LANG="fr_FR.ISO-8859-1", TERM="vt220") as one:
        one.until("Mot de passe")
        one.press("\xe9t\xe9")
        assert "été" in one.text
        os.write(one._far, b"\x9bA")
        one.read()
        one.press(RIGHT)
        assert "Password" in one.text, "the field above is the language"
