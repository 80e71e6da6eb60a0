"""Badge readers that are keyboards to the machine: digits and Enter, taken from evdev so that no console sees them."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Final, Protocol

from evlink.hardware.badge_text import BadgeText
from evlink.hardware.device_reader import DeviceReader, readable

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


class KeyboardDevice:
    """A keyboard as texts (a `Device`), grabbed, so that no console or login prompt gets what a badge types."""

    def __init__(self, keyboard: Keyboard, clock: Callable[[], float]) -> None:
        """Grab it; where that is refused it is closed, and the OSError passes."""
        self._keyboard = keyboard
        self._clock = clock
        try:
            keyboard.grab()
        except OSError:
            self.close()
            raise

    async def texts(self) -> AsyncGenerator[str, None]:
        """What is typed, Enter by Enter, and '' for each other event. OSError where the keyboard has gone."""
        typing = Typing(self._clock)
        async with aclosing(readable(self._keyboard.fileno())) as turns:
            async for _ in turns:
                with suppress(BlockingIOError):
                    events = list(self._keyboard.read())
                    if not events:
                        raise OSError("the device was hung up")
                    for event in events:
                        yield typing.feed(event) or ""

    def close(self) -> None:
        """Let it go."""
        with suppress(OSError):
            self._keyboard.close()


def evdev_reader(
    path: Path,
    outlet: int = 1,
    text: BadgeText = BadgeText("decimal"),  # noqa: B008 - frozen
    clock: Callable[[], float] = time.monotonic,
    opens: Callable[[Path], Keyboard] = open_keyboard,
) -> DeviceReader:
    """The reader of one outlet on an input device; `opens` opens it."""
    return DeviceReader(path, outlet, text, lambda device: KeyboardDevice(opens(device), clock), clock=clock)
