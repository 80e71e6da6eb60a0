"""The machine's hardware watchdog, which control alone feeds (Documentation/watchdog/watchdog-api.rst)."""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
from pathlib import Path

from evlink.control.starting import ControlError

WDIOC_SETTIMEOUT = 0xC0045706  # _IOWR('W', 6, int); the same but on alpha, mips, powerpc and sparc


class Watchdog:
    """A hardware watchdog device: armed while a board is served, which the live loop feeds it for, and at rest else.

    So a control that hangs, or a board that falls silent, restarts the machine within the device's time, and a board
    that goes in order does not.
    """

    def __init__(self, path: Path, timeout_s: int | None = None) -> None:
        """ControlError where the device cannot be opened or is somebody else's; it is not armed yet."""
        self._path, self._timeout_s = path, timeout_s
        self.disarm(self.arm())

    def arm(self) -> int:
        """Its descriptor: from now on it must be fed. ControlError where it cannot be had."""
        try:
            device = os.open(self._path, os.O_WRONLY | os.O_CLOEXEC)
        except OSError as error:
            raise ControlError(f"the watchdog {self._path} cannot be opened: {error.strerror}") from error
        if self._timeout_s is not None:
            with contextlib.suppress(OSError):  # a device of fixed time keeps its own
                fcntl.ioctl(device, WDIOC_SETTIMEOUT, struct.pack("i", self._timeout_s))
        return device

    @staticmethod
    def disarm(device: int) -> None:
        """Let the machine live: the magic character, then the end; a kernel with WATCHDOG_NOWAYOUT ignores it."""
        with contextlib.suppress(OSError):
            os.write(device, b"V")
        os.close(device)
