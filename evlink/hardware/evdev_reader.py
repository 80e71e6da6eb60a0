"""Badge readers that are keyboards to the machine: digits and Enter, taken from evdev so that no console sees them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

from evlink.hardware.badge_text import BadgeText, Repeats

RETRY_S: Final = 1.0
PAUSE_S: Final = 1.0  # between two keys of one badge; a reader types within milliseconds
MAX_KEYS: Final = 32

EV_SYN, EV_KEY = 0, 1
SYN_DROPPED: Final = 3
DOWN: Final = 1
ENTER: Final = frozenset({28, 96})  # KEY_ENTER, KEY_KPENTER
# Key codes of linux/input-event-codes.h: the digit row, the keypad, and A to F.
DIGITS: Final = {
    **{2 + n: str((n + 1) % 10) for n in range(10)},
    **dict(zip((82, 79, 80, 81, 75, 76, 77, 71, 72, 73), "0123456789", strict=True)),
    **dict(zip((30, 48, 46, 32, 18, 33), "ABCDEF", strict=True)),
}
KEYS: Final = {**DIGITS, 51: ","}  # KEY_COMMA, between facility and card
SHIFTS: Final = frozenset({42, 54})  # KEY_LEFTSHIFT, KEY_RIGHTSHIFT: a reader may type A as Shift and a

log = logging.getLogger(__name__)


class KeyEvent(Protocol):
    """One `struct input_event`, as evdev gives it."""

    @property
    def type(self) -> int: ...
    @property
    def code(self) -> int: ...
    @property
    def value(self) -> int: ...


class Keyboard(Protocol):
    """What is used of `evdev.InputDevice`."""

    def fileno(self) -> int: ...
    def grab(self) -> None: ...
    def read(self) -> Iterable[KeyEvent]: ...
    def close(self) -> None: ...


class Typing:
    """Keys to texts: Enter ends one; a pause of a second, a foreign key or a lost event begins anew."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._keys: list[str] = []
        self._bad = False
        self._at = 0.0

    def feed(self, event: KeyEvent) -> str | None:
        """The text that this event completes, else None."""
        if event.type == EV_SYN and event.code == SYN_DROPPED:
            self._bad = True
            return None
        if event.type != EV_KEY or event.value != DOWN:
            return None
        now = self._clock()
        if now - self._at > PAUSE_S:
            self.reset()
        self._at = now
        if event.code in ENTER:
            text = "" if self._bad else "".join(self._keys)
            self.reset()
            return text or None
        if event.code in KEYS and len(self._keys) < MAX_KEYS:
            self._keys.append(KEYS[event.code])
        elif event.code not in SHIFTS:
            self._bad = True
        return None

    def reset(self) -> None:
        """Forget what was typed."""
        self._keys.clear()
        self._bad = False


def open_keyboard(path: Path) -> Keyboard:
    """Open an input device. OSError where it cannot be; RuntimeError without the package evdev."""
    try:
        from evdev import InputDevice  # an extra: a simulated station has none
    except ImportError:
        raise RuntimeError("The Python package evdev is not installed; install evlink[hardware].") from None
    device: Keyboard = InputDevice(str(path))
    return device


class EvdevReader:
    """The reader of one outlet on an input device (a `BadgeReader`); one that vanishes is opened again.

    The device is grabbed, so that no console or login prompt gets what a badge types. `clock` gives monotonic seconds;
    `opens` opens the device. Cancelling the iteration closes it.
    """

    def __init__(
        self,
        path: Path,
        outlet: int = 1,
        text: BadgeText = BadgeText("decimal"),  # noqa: B008 - frozen
        clock: Callable[[], float] = time.monotonic,
        opens: Callable[[Path], Keyboard] = open_keyboard,
    ) -> None:
        self._path = path
        self._outlet = outlet
        self._text = text
        self._clock = clock
        self._opens = opens
        self._repeats = Repeats(clock)
        self._open = False
        self.refused = 0  # texts that were no badge

    def silent(self) -> frozenset[int]:
        """The outlet, where its reader is not there (Evt #1)."""
        return frozenset() if self._open else frozenset({self._outlet})

    async def __aiter__(self) -> AsyncIterator[tuple[int, str]]:
        while True:
            typing = Typing(self._clock)
            try:
                keyboard = self._opens(self._path)
            except OSError as error:
                log.debug("%s cannot be opened: %s", self._path, error)
                await asyncio.sleep(RETRY_S)
                continue
            try:
                keyboard.grab()
                self._open = True
                async for event in pressed(keyboard):
                    text = typing.feed(event)
                    if text is not None and (uid := self._badge(text)):
                        yield self._outlet, uid
            except OSError as error:
                log.warning("The badge reader %s has gone: %s", self._path, error)
            finally:
                self._open = False
                with suppress(OSError):
                    keyboard.close()
            await asyncio.sleep(RETRY_S)

    def _badge(self, text: str) -> str | None:
        """The badge that a text means; None for a text that is none, and for one held before the reader."""
        try:
            uid = self._text.read(text)
        except ValueError as error:
            self.refused += 1
            log.info("%s: %s", self._path, error)
            return None
        return uid if self._repeats.is_new(uid) else None


async def pressed(keyboard: Keyboard) -> AsyncIterator[KeyEvent]:
    """A keyboard's events as they come. OSError where it has gone."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    file = keyboard.fileno()
    loop.add_reader(file, ready.set)
    try:
        while True:
            await ready.wait()
            ready.clear()
            with suppress(BlockingIOError):
                events = list(keyboard.read())
                if not events:
                    raise OSError("the device was hung up")
                for event in events:
                    yield event
    finally:
        with suppress(ValueError, OSError):
            loop.remove_reader(file)
