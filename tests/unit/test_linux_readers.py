"""Badge readers: a serial line on a pty, key events as the kernel writes them, and every spelling of a badge."""

from __future__ import annotations

import asyncio
import fcntl
import os
import struct
import tty
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from evdev import InputDevice, ecodes
from hypothesis import given
from hypothesis import strategies as st

from evlink.hardware import device_reader, facts
from evlink.hardware.badge_text import BadgeText, Form, Order
from evlink.hardware.evdev_reader import KEYS, evdev_reader
from evlink.hardware.readers import BadgeReader, ReaderGroup, SimulatedReader, open_readers
from evlink.hardware.serial_reader import MAX_LINE, Lines, serial_reader


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def listening(reader: BadgeReader) -> AsyncIterator[asyncio.Queue[tuple[int, str]]]:
    """The badges of a reader that runs."""
    badges: asyncio.Queue[tuple[int, str]] = asyncio.Queue()

    async def listen() -> None:
        async for badge in reader:
            badges.put_nowait(badge)

    task = asyncio.create_task(listen())
    try:
        yield badges
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def heard(badges: asyncio.Queue[tuple[int, str]]) -> tuple[int, str]:
    """The next badge."""
    return await asyncio.wait_for(badges.get(), 10)


async def until(happens: Callable[[], bool]) -> None:
    """Wait until something happens."""
    async with asyncio.timeout(10):
        while not happens():
            await asyncio.sleep(0.005)


class Line:
    """A serial line: the reader's end `port`, and ours; `plug` puts another pty in the place of an unplugged one."""

    def __init__(self, port: Path) -> None:
        self.port = port
        self.plug()

    def plug(self) -> None:
        """A new device at the same place."""
        self._ours, theirs = os.openpty()
        tty.setraw(theirs)
        with suppress(FileNotFoundError):
            self.port.unlink()
        self.port.symlink_to(os.ttyname(theirs))
        self._theirs = theirs

    def send(self, data: bytes) -> None:
        """What the reader on the other end sends."""
        os.write(self._ours, data)

    def is_read(self) -> bool:
        """Whether all that was sent is read."""
        return not unread(self._theirs)

    def unplug(self) -> None:
        """The device vanishes."""
        self.port.unlink()
        os.close(self._ours)
        os.close(self._theirs)


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    """A serial line."""
    made = Line(tmp_path / "ttyS1")
    yield made
    with suppress(OSError):
        made.unplug()


async def test_serial_badges(line: Line) -> None:
    """Hex lines with CR and LF, with STX and ETX, in pieces, after noise; each badge once a second."""
    clock = Clock()
    reader = serial_reader(line.port, 2, clock=clock)
    async with listening(reader) as badges:
        await until(lambda: not reader.silent())  # opening a port throws away what waited in it
        line.send(b"04a1b2c3\r\n")
        assert await heard(badges) == (2, "04A1B2C3")
        line.send(b"\x0204 A1 ")
        line.send(b"B2 C3 D4 E5 80\x03")
        assert await heard(badges) == (2, "04A1B2C3D4E580")
        line.send(b"\xff\xfe\x00garbage\r\nhello\n" + b"A" * 500 + b"\nabc\n04:05:06:07\n")
        assert await heard(badges) == (2, "04050607")
        assert reader.refused == 2  # hello, abc; the rest was no line at all
        for _ in range(3):  # held before the reader: it repeats every 0.4 s
            clock.now += 0.4
            line.send(b"04050607\n")
            await until(line.is_read)
            await asyncio.sleep(0.01)
        line.send(b"AABBCCDD\n")
        assert await heard(badges) == (2, "AABBCCDD")
        line.send(b"04050607\n")
        assert await heard(badges) == (2, "04050607")
        clock.now += 1.1
        line.send(b"04050607\n")
        assert await heard(badges) == (2, "04050607")
        assert badges.empty()


async def test_serial_line_comes_back(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unplugged port is a silent reader (Evt #1); plugged in again it is read again, its torn line forgotten."""
    monkeypatch.setattr(device_reader, "RETRY_S", 0.02)
    reader = serial_reader(line.port, 1)
    assert reader.silent() == {1}
    async with listening(reader) as badges:
        await until(lambda: not reader.silent())  # opening a port throws away what waited in it
        line.send(b"01020304\r\n0506")
        assert await heard(badges) == (1, "01020304")
        assert reader.silent() == frozenset()
        line.unplug()
        await until(lambda: reader.silent() == {1})
        line.plug()
        await until(lambda: not reader.silent())
        line.send(b"0A0B0C0D\n")
        assert await heard(badges) == (1, "0A0B0C0D")
    assert reader.silent() == {1}


async def test_heartbeat_of_a_serial_reader(line: Line) -> None:
    """A reader that says something every few seconds is silent when it does not (Evt #1); its polls are no badges."""
    clock = Clock()
    reader = serial_reader(line.port, 1, heartbeat_s=5, clock=clock)
    async with listening(reader) as badges:
        await until(lambda: not reader.silent())  # opening a port throws away what waited in it
        line.send(b"01020304\n")
        await heard(badges)
        clock.now += 4
        assert reader.silent() == frozenset()
        clock.now += 2
        assert reader.silent() == {1}
        line.send(b"\n")
        await until(lambda: not reader.silent())
        assert badges.empty()


@given(st.lists(st.binary(max_size=200)))
def test_lines_stay_bounded_and_find_back(pieces: list[bytes]) -> None:
    """Whatever came before, a whole line between two ends is read; no line grows past its bound."""
    lines = Lines()
    for piece in pieces:
        for text in lines.feed(piece):
            assert 0 < len(text) <= MAX_LINE
            assert text.isprintable()
    lines.feed(b"\r\n")
    assert lines.feed(b"01020304\r\n") == ["01020304"]


class Pipe(InputDevice[str]):
    """evdev's own device without a kernel behind it: `struct input_event` through a pipe, grab taken note of."""

    __slots__ = ("grabbed",)

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.grabbed = False

    def grab(self) -> None:
        """EVIOCGRAB."""
        self.grabbed = True

    def close(self) -> None:
        """As evdev, without the ungrab's ioctl."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


EVENT = struct.Struct("llHHi")  # struct input_event of a 64-bit kernel


class Keys:
    """A keyboard: what it types goes through a pipe as the kernel writes it."""

    def __init__(self) -> None:
        self.devices: list[Pipe] = []
        self._ours = -1

    def opens(self, path: Path) -> Pipe:
        """What opening the input device gives."""
        assert path == Path("/dev/input/event7")
        theirs, self._ours = os.pipe2(os.O_NONBLOCK)
        self.devices.append(Pipe(theirs))
        return self.devices[-1]

    def send(self, kind: int, code: int, value: int) -> None:
        """One event."""
        os.write(self._ours, EVENT.pack(1, 2, kind, code, value))

    def type(self, text: str) -> None:
        """Keys down and up, each with its scan code and report; a line end is Enter."""
        codes = {character: code for code, character in reversed(KEYS.items())} | {"\n": ecodes.KEY_ENTER}
        for character in text:
            for value in (1, 2, 0):  # down, repeated, up
                self.send(ecodes.EV_MSC, ecodes.MSC_SCAN, 70)
                self.send(ecodes.EV_KEY, codes[character], value)
                self.send(ecodes.EV_SYN, ecodes.SYN_REPORT, 0)

    def unplug(self) -> None:
        """The device vanishes."""
        os.close(self._ours)


async def test_typed_badges(monkeypatch: pytest.MonkeyPatch) -> None:
    """Digits and Enter of a grabbed keyboard; foreign keys, pauses and lost events spoil one badge, never the next."""
    monkeypatch.setattr(device_reader, "RETRY_S", 0.02)
    clock, keys = Clock(), Keys()
    reader = evdev_reader(Path("/dev/input/event7"), 1, clock=clock, opens=keys.opens)
    assert reader.silent() == {1}
    async with listening(reader) as badges:
        await until(lambda: not reader.silent())
        assert keys.devices[0].grabbed
        keys.type("0077711619\n")
        assert await heard(badges) == (1, "04A1C903")
        keys.type("12")
        keys.send(ecodes.EV_KEY, ecodes.KEY_Z, 1)
        keys.type("34\n")
        keys.type("55")
        keys.send(ecodes.EV_SYN, ecodes.SYN_DROPPED, 0)
        keys.type("55\n99999999999\n\n" + "1" * 60 + "\n")
        keys.type("123,45678\n")  # Wiegand 26: facility and card
        assert await heard(badges) == (1, "7BB26E")
        assert reader.refused == 1  # more than four bytes
        keys.type("7")
        await until(lambda: not unread(keys.devices[0].fd))
        clock.now += 1.5  # whoever leant on a key
        keys.type("16909060\n")
        assert await heard(badges) == (1, "01020304")
        keys.unplug()
        await until(lambda: len(keys.devices) == 2)
        keys.type("16909061\n")
        assert await heard(badges) == (1, "01020305")
        assert badges.empty()
    assert all(device.fd == -1 for device in keys.devices)


def unread(fd: int) -> bool:
    """Whether a pipe still holds something."""
    return struct.unpack("i", fcntl.ioctl(fd, 0x541B, b"\0\0\0\0")) != (0,)  # FIONREAD


async def test_input_device_of_this_machine() -> None:
    """A keyboard made by uinput, typed on and read by evdev itself."""
    if not os.access("/dev/uinput", os.W_OK):
        pytest.skip("no /dev/uinput on this machine")
    from evdev import UInput

    with UInput({ecodes.EV_KEY: [*KEYS, ecodes.KEY_ENTER]}, name="badge reader") as keyboard:
        assert keyboard.device is not None
        reader = evdev_reader(Path(os.fsdecode(keyboard.device.path)))
        async with listening(reader) as badges:
            await until(lambda: not reader.silent())
            for character in "16909060":
                code = next(code for code, shown in KEYS.items() if shown == character)
                for value in (1, 0):
                    keyboard.write(ecodes.EV_KEY, code, value)
                    keyboard.syn()
            for value in (1, 0):
                keyboard.write(ecodes.EV_KEY, ecodes.KEY_ENTER, value)
                keyboard.syn()
            assert await heard(badges) == (1, "01020304")


def test_key_codes_are_the_kernel_s() -> None:
    """The table of keys against the kernel's own names."""
    for code, character in KEYS.items():
        names = ecodes.KEY[code]
        name = names if isinstance(names, str) else names[0]
        assert name.removeprefix("KEY_").removeprefix("KP") == ("COMMA" if character == "," else character)


@pytest.mark.parametrize(
    ("text", "form", "order", "size", "check", "uid"),
    [
        ("04a1b2c3", "hex", "msb", 4, False, "04A1B2C3"),
        ("04a1b2c3", "hex", "lsb", 4, False, "C3B2A104"),
        ("04-A1-B2-C3-D4-E5-80", "hex", "msb", 4, False, "04A1B2C3D4E580"),
        ("0415AB96C3EF", "hex", "msb", 4, True, "0415AB96C3"),  # 04 ^ 15 ^ AB ^ 96 ^ C3 = EF
        ("0000000258", "decimal", "msb", 4, False, "00000102"),
        ("258", "decimal", "lsb", 3, False, "020100"),
        ("255,65535", "decimal", "msb", 4, False, "FFFFFF"),
    ],
)
def test_badge_texts(text: str, form: Form, order: Order, size: int, check: bool, uid: str) -> None:
    """Each spelling becomes the one of the badge list (R-174 has the list's own)."""
    assert BadgeText(form, order, size, check).read(text) == uid


@pytest.mark.parametrize(
    ("text", "form", "check", "sentence"),
    [
        ("", "hex", False, "The badge '' is not written in pairs of hex digits."),
        ("0102030", "hex", False, "is not written in pairs"),
        ("0102", "hex", False, "has 2 bytes; allowed: 3 to 10."),
        ("00" * 11, "hex", False, "has 11 bytes; allowed: 3 to 10."),
        ("0415AB96C3E3", "hex", True, "has the check byte E3, expected EF."),
        ("0x12", "decimal", False, "The badge '0x12' is no decimal number."),
        ("-5", "decimal", False, "is no decimal number."),
        ("4294967296", "decimal", False, "needs more than its 4 bytes."),
        ("256,1", "decimal", False, "is no facility 0 to 255 and card 0 to 65535."),
        ("١٢٣", "decimal", False, "is no decimal number."),
    ],
)
def test_texts_that_are_no_badges(text: str, form: Form, check: bool, sentence: str) -> None:
    """What is no badge is refused in one sentence."""
    with pytest.raises(ValueError, match=r"\.$") as refused:
        BadgeText(form, check=check).read(text)
    assert sentence in str(refused.value)


def test_readers_of_the_facts(tmp_path: Path) -> None:
    """Which readers a station has is a fact of board.toml; written and read back alike."""
    station = facts.preset("parking", 2, 3)
    assert isinstance(open_readers(station, tmp_path, "simulator"), SimulatedReader)
    assert open_readers(station, tmp_path, "linux") is None
    wired = replace(
        station,
        readers=(
            facts.Reader(1, "serial", "/dev/ttyS1", "hex", "lsb", 4, True, 19_200, 5),
            facts.Reader(2, "evdev", "/dev/input/by-id/usb-reader-event-kbd", "decimal", "msb", 4, False, 9600, 0),
        ),
    )
    facts.write(tmp_path / facts.FILE, wired)
    assert facts.load(tmp_path / facts.FILE) == wired
    assert isinstance(open_readers(wired, tmp_path, "linux"), ReaderGroup)


USUAL = '[[reader]]\noutlet = 1\nkind = "serial"\ndevice = "/dev/ttyS1"\n'


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (USUAL.replace("serial", "parallel"), "reader 1.kind is 'parallel'; allowed: 'serial' or 'evdev'."),
        (USUAL.replace("/dev/ttyS1", "ttyS1"), "reader 1.device is 'ttyS1'; allowed: a device such as '/dev/ttyS1'."),
        (USUAL + "baud = 9601\n", "reader 1.baud is 9601; allowed: 1200 or 2400 or"),
        (USUAL + "parity = 1\n", "reader 1.parity is 1; allowed: no such key; known are outlet, kind, device"),
        (USUAL + USUAL, "reader.outlet is [1, 1]; allowed: each outlet of 1 to 2 once."),
        (USUAL + 'form = "decimal"\ncheck = true\n', "reader.check is True; allowed: true with form 'hex' only."),
        ("[reader]\noutlet = 1\n", "reader is {'outlet': 1}; allowed: one [[reader]] table a reader."),
        ('[[reader]]\noutlet = 1\ndevice = "/dev/ttyS1"\n', "reader 1.kind is missing;"),
    ],
)
def test_wrong_reader_tables(tmp_path: Path, text: str, sentence: str) -> None:
    """A wrong reader refuses the facts whole, in one sentence."""
    path = tmp_path / facts.FILE
    path.write_text(facts.render(facts.preset("parking", 2, 3)) + text)
    with pytest.raises(facts.FactsError) as refused:
        facts.load(path)
    assert sentence in str(refused.value)


async def test_group_hears_all_and_tells_failures(line: Line, tmp_path: Path) -> None:
    """Several readers are one; what breaks one of them is not kept silent."""
    keys = Keys()
    group = ReaderGroup([serial_reader(line.port, 1), evdev_reader(Path("/dev/input/event7"), 2, opens=keys.opens)])
    assert group.silent() == {1, 2}
    async with listening(group) as badges:
        await until(lambda: not group.silent())
        line.send(b"01020304\n")
        assert await heard(badges) == (1, "01020304")
        keys.type("16909061\n")
        assert await heard(badges) == (2, "01020305")
    assert group.silent() == {1, 2}

    def missing(path: Path) -> Pipe:
        raise RuntimeError("The Python package evdev is not installed")

    with pytest.raises(RuntimeError, match="evdev is not installed"):
        async for _ in ReaderGroup([evdev_reader(tmp_path, opens=missing)]):
            pass
