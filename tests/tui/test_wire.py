"""S27: whatever the station's data says, the terminal is sent the driver's own orders and text, nothing else."""

from __future__ import annotations

import os
import select
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tui.bench import desk
from tests.tui.hostile import PAYLOADS, speakable, spoil
from tests.tui.pty_terminal import PtyTerminal
from tests.tui.station_stub import Link, Params, Refusal, Station
from tests.tui.test_process import Served
from tests.tui.wire import Wire
from tui.clean import clean
from tui.profile import Palette
from tui.screens.files import FileDialog

TEXTS = [speakable(one) for one in PAYLOADS]
DOWN, PAGE = "\x1b[B", "\x1b[6~"
FULL, SIXTEEN, NONE = ("xterm-256color", Palette.FULL), ("xterm", Palette.SIXTEEN), ("vt220", Palette.NONE)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    one = Served(tmp_path / "evlink.sock")
    yield one
    one.stop()


def in_turns(count: int) -> Iterator[list[str]]:
    """All payloads, `count` at a time."""
    for start in range(0, len(TEXTS), count):
        yield (TEXTS[start : start + count] + TEXTS[:count])[:count]


# The reader itself


@pytest.mark.parametrize(
    "sent", [b"", b"abc \xc3\xa9", b"\x1b[1;1Hx\x1b[m", b"\x1b[24;80H\x1b[0;1;7mx", b"\x1b[2J\x1b[?25l\x1b[10X\x1b[10C"]
)
def test_the_reader_knows_the_drivers_orders(sent: bytes) -> None:
    assert Wire(Palette.NONE).wrong(sent) == []


@pytest.mark.parametrize(
    "sent",
    [
        b"\x07", b"\x08", b"a\nb", b"\x9b2J", b"\xc2\x9b2J", b"\xff", b"\x1b]0;x\x07", b"\x1bc", b"\x1b",
        b"\x1b[", b"\x1b[6n", b"\x1b[0;1H", b"\x1b[25;1H", b"\x1b[1;81H", b"\x1b[H", b"\x1b[3J", b"\x1b[81X",
        b"\x1b[31m", b"\x1b[38;5;1m", b"\x1b[8m", b"\x1b[?1000h", b"\x1b[?2026h", b"\x1b[?25;7h", b"\x1b[>1u",
        b"\x1b[1;1;1H", b"\x1b[ q", b"\x1b[!p", "\u202e".encode(), "\u200b".encode(), "\u2028".encode(),
        "\ufeff".encode(), "\U000e0041".encode(), "\u2501".encode(), b"\x7f",
    ],
)  # fmt: skip
def test_the_reader_refuses_everything_else(sent: bytes) -> None:
    assert Wire(Palette.NONE).wrong(sent) != []


def test_what_each_palette_may_say() -> None:
    wires = [Wire(palette) for palette in (Palette.FULL, Palette.SIXTEEN, Palette.NONE)]
    assert [bool(wire.wrong(b"\x1b[1;38;5;32mx")) for wire in wires] == [False, True, True]
    assert [bool(wire.wrong(b"\x1b[31;44mx")) for wire in wires] == [False, False, True]
    assert [bool(wire.wrong(b"\x1b[38;2;1;2;3m")) for wire in wires] == [True] * 3
    assert [bool(wire.wrong(b"\x1b[38;5m")) for wire in wires] == [True] * 3
    assert [bool(wire.wrong(b"\x1b[?1006h\x1b[<u")) for wire in wires] == [False, False, True]


# The terminal


class Stay:
    """A terminal that is open on a hostile station."""

    def __init__(self, served: Served, term: str, palette: Palette) -> None:
        self.station = served.station
        self.wire = Wire(palette)
        self.one = PtyTerminal(["--socket", str(served.path), "--lang", "en"], {"TERM": term})
        self.one.read(until="Password")
        self.one.press("chef\r")
        self.one.press("Correct-Horse-9!\r", until="F10")

    def press(self, *keys: str, quiet: float = 0.15) -> None:
        """Press keys, and let it draw: it begins within `quiet` seconds or not at all."""
        for key in keys:
            os.write(self.one.fd, key.encode())
            if select.select([self.one.fd], [], [], quiet)[0]:
                self.one.read(quiet=0.03)

    def wrong(self) -> list[str]:
        """What it was sent so far that it may not be sent."""
        assert self.one.process.poll() is None, self.one.text
        return self.wire.wrong(bytes(self.one.sent).split(b"\r\n", 1)[1])  # the launcher's own line comes first

    def close(self) -> None:
        """End it."""
        self.one.close()


@pytest.fixture
def stay(request: pytest.FixtureRequest, served: Served) -> Iterator[Stay]:
    opened = Stay(served, *request.param)
    yield opened
    opened.close()


def on(*terms: tuple[str, Palette]) -> pytest.MarkDecorator:
    """A test on terminals of these kinds; each kind has its turn, for all draw what they draw by one driver."""
    return pytest.mark.parametrize("stay", terms, indirect=True, ids=[term for term, _ in terms])


def test_there_are_enough_payloads() -> None:
    assert len(set(PAYLOADS)) >= 300


@pytest.mark.slow
@on(SIXTEEN)
def test_names_and_words_of_the_status_document(stay: Stay) -> None:
    """The station's name, its warnings, every text of an outlet, and the address of the supervision."""
    station = stay.station.document["station"]
    for at, texts in enumerate(in_turns(12)):
        station["name"], station["state"], station["clock"], *warnings = texts
        station["warnings"] = warnings
        station["supervision"]["url"] = station["supervision"]["registration"] = texts[0]
        for row, outlet in enumerate(stay.station.document["outlets"]):
            keys = ("cable_state", "ev_state", "cpw_state", "outlet_status", "last_error", "last_charge_status",
                    "limit_reason", "light", "badge", "transaction_id")  # fmt: skip
            outlet.update(zip(keys, texts[row:], strict=False))
            outlet["evse_status"], outlet["inputs"] = texts[:3], {texts[4]: True, texts[5]: texts[6]}
        stay.press("", *(("v",) if at % 3 == 2 else (PAGE,)), quiet=0.12)
    assert stay.wrong() == []


@pytest.mark.slow
@on(NONE)
def test_badges_and_records(stay: Stay) -> None:
    """Every payload is the comment and the type of a badge, and a text of a record; most are seen as text."""
    seen = set()
    for texts in in_turns(50):
        stay.station.badges = [
            {"number": n, "uid": f"AA{n:02d}", "type": text if n % 2 else "user", "comment": text}
            for n, text in enumerate(texts, 1)
        ]
        for record, text in zip(stay.station.records, texts, strict=False):
            record["comment"] = record["uid"] = record["start"] = record["transaction_id"] = text
        stay.press("3", quiet=0.3)
        for _ in range(5):
            stay.press(PAGE)
            seen |= {text for text in texts if clean(text)[:8].strip() and clean(text)[:8].strip() in stay.one.text}
        stay.press("4", quiet=0.3)
        stay.press(DOWN, "\r", "\x1b", PAGE)
    assert stay.wrong() == []
    assert len(seen) >= 250, "or nothing was put to the test"


@pytest.mark.slow
@on(FULL)
def test_error_texts(stay: Stay) -> None:
    """What the station says when it refuses stands in the banner."""
    said: list[str] = []

    def refuse(link: Link, params: Params) -> None:
        raise Refusal(4, said[-1], reason="not_now")

    stay.press("3", quiet=0.3)
    for name in ("do_badges_list", "do_history_list"):
        setattr(stay.station, name, refuse)
    for texts in in_turns(6):
        said.append(" ".join(text[:60] for text in texts))
        stay.press("\x12", quiet=0.12)  # Ctrl+R asks again
    assert stay.wrong() == []


@pytest.mark.slow
@on(FULL, NONE)
def test_every_pane_of_a_station_that_is_hostile_all_over(stay: Stay) -> None:
    """Settings too: each sub-tab with its help and its list of choices, and the page about the station."""
    spoil(stay.station)
    stay.press("1", quiet=0.4)
    for _ in range(20):
        stay.press("]", "\x1bOP", "\x1b", PAGE, quiet=0.12)
    stay.press("\x1b[18~", "\x1b", "\x10", "e", "\x1b", quiet=0.2)  # F7, the palette
    assert stay.wrong() == []


async def test_file_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder full of payloads, and names that are no UTF-8, in the file dialog; folders to go to as well."""
    home = tmp_path / "home"
    home.mkdir()
    for at, text in enumerate(PAYLOADS):
        name = text.encode("utf-8", "surrogatepass").replace(b"/", b"").replace(b"\0", b"")[:200]
        (home / f"{at:03d}").with_name(name.decode("utf-8", "surrogateescape") + f"{at:03d}.toml").touch()
    (home / "\x1b[2Jfolder").mkdir()
    monkeypatch.setenv("HOME", str(home))
    async with desk(tmp_path) as one:
        one.app.push_screen(FileDialog((".toml",), "read"))
        await one.settle()
        drawn = set()
        for _ in range(40):
            drawn |= set(one.text)
            await one.press("pagedown")
        found = {char for char in drawn if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")} - {"\n"}
        assert found == set()
        assert "OWNED" in one.text or ".toml" in one.text
        one.app.banner("".join(TEXTS[:200]), "bad")


def test_the_stub_can_say_all_of_it() -> None:
    station = Station()
    spoil(station)
    assert len(station.document["station"]["name"]) > 1000
