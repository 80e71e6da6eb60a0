"""Files of the kernel: read, written and waited for under a root that is `/` on a station."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

APPEAR_S = 2.0  # how long an exported attribute may take to appear and to get its owner from udev


class HardwareError(Exception):
    """What the machine refused, or what it lacks; the message is one sentence."""


def read(path: Path) -> str:
    """An attribute's text without its line end. HardwareError where it cannot be read."""
    try:
        return path.read_text(encoding="ascii", errors="replace").strip("\n\0 ")
    except OSError as error:
        raise HardwareError(f"{path} cannot be read: {error.strerror}.") from error


def read_number(path: Path) -> float:
    """An attribute as a number. HardwareError where it holds none."""
    text = read(path)
    try:
        return float(text)
    except ValueError:
        raise HardwareError(f"{path} holds {text!r}, which is no number.") from None


def write(path: Path, value: str | int) -> None:
    """Write an attribute in one call, as sysfs wants it. HardwareError where it is refused."""
    try:
        # Never O_CREAT: an attribute that is not there is a fault of the description, not a new file.
        file = os.open(path, os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC)
        try:
            os.write(file, f"{value}\n".encode())
        finally:
            os.close(file)
    except OSError as error:
        raise HardwareError(f"{path} cannot be set to {value}: {error.strerror}.") from error


def first(*paths: Path) -> Path | None:
    """The first path that exists."""
    return next((path for path in paths if path.exists()), None)


def wait_writable(path: Path, within_s: float = APPEAR_S, sleep: Callable[[float], None] = time.sleep) -> None:
    """Wait until an attribute may be written. HardwareError where it does not come in time."""
    end = time.monotonic() + within_s
    while not os.access(path, os.W_OK):
        if time.monotonic() >= end:
            raise HardwareError(f"{path} did not become writable within {within_s:g} s of its export.")
        sleep(0.01)


def export(directory: Path, number: int, name: str) -> Path:
    """Export a line or channel of a class and return its directory; one that is exported already is taken over."""
    made = directory / name
    if not made.is_dir():
        write(directory / "export", number)
    return made
