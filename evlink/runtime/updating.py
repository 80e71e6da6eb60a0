"""The update mechanism as supervision calls it, on a station that has none."""

from __future__ import annotations

from pathlib import Path

from evlink.ocpp.link import Installing


class NoUpdates:
    """`ocpp.link.Updater`: every package is refused, so that the supervision hears InstallationFailed."""

    async def check(self, package: Path) -> str:
        """Why not."""
        return "this station has no update mechanism"

    async def install(self, package: Path) -> Installing:
        """Nothing is installed."""
        return Installing.FAILED

    async def finished(self) -> Installing | None:
        """There was no installation."""
        return None
