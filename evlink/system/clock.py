"""The machine's clock and zone by `timedatectl`, its time server by timesyncd or chrony (R-085 to R-089)."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from evlink.system.programs import MachineError, Run, option_free, well

TIMESYNCD = Path("/run/systemd/timesyncd.conf.d/evlink.conf")
CHRONY = Path("/run/chrony/evlink.sources")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.:-]{0,198}[A-Za-z0-9])?")
_ZONE = re.compile(r"[A-Za-z0-9_+/-]{1,64}")


class MachineClock(Protocol):
    """The port: who sets the machine's clock."""

    async def follow(self, server: str) -> None:
        """Take the time from a server from now on. MachineError."""
        ...

    async def by_hand(self) -> None:
        """Take it from nobody. MachineError."""
        ...

    async def set(self, now: datetime) -> None:
        """Set the clock to an aware time. MachineError, also where a server sets it."""
        ...

    async def zone(self, name: str) -> None:
        """Set the time zone of the machine. MachineError."""
        ...

    async def synchronised(self) -> bool:
        """Whether a server has set the clock since it was told to. MachineError."""
        ...


@dataclass(frozen=True, slots=True)
class Timedatectl:
    """systemd's clock with timesyncd, or with chrony where that is what the machine has."""

    run: Run
    sources: Path = TIMESYNCD
    chrony: bool = False

    async def follow(self, server: str) -> None:
        """Name the server and let the service follow it."""
        if not _HOST.fullmatch(server):
            raise MachineError(f"{server[:60]!r} is no time server")
        if self.chrony:
            self._write(f"server {server} iburst\n")
            await well(self.run, "chronyc", "reload", "sources")
        else:
            self._write(f"[Time]\nNTP={server}\nFallbackNTP=\n")
        await well(self.run, "timedatectl", "set-ntp", "true")
        if not self.chrony:
            await well(self.run, "systemctl", "try-restart", "systemd-timesyncd.service")

    async def by_hand(self) -> None:
        """Stop following."""
        await well(self.run, "timedatectl", "set-ntp", "false")

    async def set(self, now: datetime) -> None:
        """Set the clock, in UTC so that no zone comes between."""
        text = now.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        await well(self.run, "timedatectl", "set-time", text)

    async def zone(self, name: str) -> None:
        """Set the zone."""
        option_free((name,))
        if not _ZONE.fullmatch(name) or ".." in name:
            raise MachineError(f"{name[:60]!r} is no time zone")
        await well(self.run, "timedatectl", "set-timezone", name)

    async def synchronised(self) -> bool:
        """Ask systemd."""
        told = await well(self.run, "timedatectl", "show", "--property=NTPSynchronized", "--value")
        return told.strip() == "yes"

    def _write(self, text: str) -> None:
        try:
            self.sources.parent.mkdir(parents=True, exist_ok=True)
            new = self.sources.with_name(f".{self.sources.name}.new")
            with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o644), "w") as file:
                file.write(text)
            os.replace(new, self.sources)
        except OSError as error:
            raise MachineError(f"{self.sources} can't be written: {error.strerror}") from None
