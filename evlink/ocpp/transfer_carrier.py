"""The carrier: takes a file to a place or brings one from there, by whichever protocol the place names."""

from __future__ import annotations

import shutil
import ssl
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from evlink.ocpp.config import Present
from evlink.ocpp.transfer import Limits, Place, Reach, TransferError, addresses, supervision_reach

UPLOAD = Limits(size=16 << 20, seconds=600.0)
DOWNLOAD = Limits(size=256 << 20, seconds=3600.0)
RESERVE = 64 << 20  # bytes that a download leaves free on the disk


class Carrier:
    """Transfers of one station. `context` gives the TLS context with all roots that the station trusts."""

    def __init__(
        self,
        present: Present,
        context: Callable[[], ssl.SSLContext],
        upload: Limits = UPLOAD,
        download: Limits = DOWNLOAD,
    ) -> None:
        self._present = present
        self._context = context
        self._upload = upload
        self._download = download

    async def send(self, source: Path, place: Place, name: str) -> None:
        """Take a file to a place under a name; TransferError."""
        found = await self._addresses(place)
        if place.scheme in ("http", "https"):
            from evlink.ocpp import transfer_http  # its library takes 10 MiB, which few stations need to spend

            await transfer_http.upload(place, found, self._context(), source, name, self._upload)
        else:
            from evlink.ocpp import transfer_ftp

            await transfer_ftp.upload(place, found[0], self._context(), source, name, self._upload)

    async def fetch(self, place: Place, target: Path) -> None:
        """Bring a file from a place; TransferError, and no file where it failed."""
        limits = replace(self._download, size=min(self._download.size, _room(target.parent)))
        try:
            found = await self._addresses(place)
            if place.scheme in ("http", "https"):
                from evlink.ocpp import transfer_http

                await transfer_http.download(place, found, self._context(), target, limits)
            else:
                from evlink.ocpp import transfer_ftp

                await transfer_ftp.download(place, found[0], self._context(), target, limits)
        except BaseException:
            target.unlink(missing_ok=True)
            raise

    async def _addresses(self, place: Place) -> tuple[str, ...]:
        nearest: Reach = await supervision_reach(self._present.config.url)
        found = await addresses(place, nearest)
        if not found:
            raise TransferError("the place has no address")
        return found


def _room(folder: Path) -> int:
    """The bytes that may still come into a folder."""
    return max(0, shutil.disk_usage(folder).free - RESERVE)
