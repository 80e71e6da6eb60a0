"""The machine's watchdog: fed while control answers, starved when it hangs, disarmed when it leaves in order.

Kernel documentation: Documentation/watchdog/watchdog-api.rst.
"""

from __future__ import annotations

import fcntl
import os
import struct
from pathlib import Path

from evlink.hardware.linux.sysfs import HardwareError

WDIOC_SETTIMEOUT = 0xC0045706  # _IOWR('W', 6, int); the same on every architecture but alpha, mips, powerpc and sparc
FEED_S = 0.5


class HardwareWatchdog:
    """A watchdog device that is armed by the first `feed` and disarmed by `rest`.

    A kernel built with WATCHDOG_NOWAYOUT ignores the disarming: then the machine restarts when evlink is stopped.
    """

    def __init__(self, root: Path, device: str, timeout_s: int) -> None:
        self._path = root / device.lstrip("/")
        self._timeout_s = timeout_s
        self._file = -1
        self._fed = 0.0

    def feed(self, now: float) -> None:
        """Tell the device that all is well at `now`, monotonic seconds. HardwareError where it cannot be fed."""
        if self._file < 0:
            self._arm()
        elif now - self._fed < FEED_S:
            return
        self._write(b"\0")
        self._fed = now

    def rest(self) -> None:
        """Disarm the device: nobody charges, and nobody is to be restarted for that."""
        if self._file >= 0:
            try:
                self._write(b"V")
            finally:
                os.close(self._file)
                self._file = -1

    def _arm(self) -> None:
        try:
            self._file = os.open(self._path, os.O_WRONLY | os.O_CLOEXEC)
        except OSError as error:
            raise HardwareError(f"{self._path} cannot be armed: {error.strerror}.") from error
        try:
            fcntl.ioctl(self._file, WDIOC_SETTIMEOUT, struct.pack("i", self._timeout_s))
        except OSError:
            return  # a device of fixed timeout keeps its own

    def _write(self, data: bytes) -> None:
        try:
            os.write(self._file, data)
        except OSError as error:
            raise HardwareError(f"{self._path} cannot be fed: {error.strerror}.") from error
