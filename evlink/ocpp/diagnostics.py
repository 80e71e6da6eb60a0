"""Diagnostics and logs: collected, uploaded, and told of (OCPP 1.6 section 5.9, security whitepaper)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from ocpp.exceptions import PropertyConstraintViolationError  # type: ignore[import-untyped]
from ocpp.v16 import call, call_result  # type: ignore[import-untyped]

from evlink.domain.text import clean
from evlink.ocpp.config import Present
from evlink.ocpp.exchange import Handler
from evlink.ocpp.link import Diagnostics
from evlink.ocpp.messages import read_time
from evlink.ocpp.transfer import Place, TransferError, Tries, Trouble, new_file, persist, read_place
from evlink.ocpp.transfer_carrier import Carrier
from evlink.ocpp.transfer_work import Errand, Words

SECURITY = "SecurityLog"
_LOG_STATUS = {
    Trouble.PLACE: "BadMessage",
    Trouble.DENIED: "PermissionDenied",
    Trouble.UNSUPPORTED: "NotSupportedOperation",
    Trouble.FAILED: "UploadFailure",
}
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Upload:
    """One upload: what, where to, and under which request of GetLog (None: it was GetDiagnostics)."""

    name: str
    place: Place
    tries: Tries
    since: datetime | None
    until: datetime | None
    request: int | None = None
    security: bool = False


class DiagnosticsUpload:
    """The handlers of GetDiagnostics and GetLog, and the one upload that they lead to.

    A newer request calls the running upload off (security whitepaper). `security_log` gives the security log as text.
    """

    def __init__(
        self,
        present: Present,
        diagnostics: Diagnostics,
        carrier: Carrier,
        folder: Path,
        words: Words,
        wall: Callable[[], datetime],
        security_log: Callable[[datetime | None, datetime | None], str],
    ) -> None:
        self._present = present
        self._diagnostics = diagnostics
        self._carrier = carrier
        self._folder = folder
        self._words = words
        self._wall = wall
        self._security_log = security_log
        self._errand = Errand()
        self._log_request: int | None = None  # of the GetLog that runs

    def table(self) -> Mapping[str, Handler]:
        """Handlers by action."""
        return {"GetDiagnostics": self.get_diagnostics, "GetLog": self.get_log}

    async def run(self) -> None:
        """Upload what is asked for, until cancelled."""
        await self._errand.run()

    def diagnostics_status(self) -> Any:
        """The word of how the upload goes, Idle where none runs (OCPP 1.6 section 5.17)."""
        return call.DiagnosticsStatusNotification("Uploading" if self._errand.busy else "Idle")

    def log_status(self) -> Any:
        """The same in the words of the security extensions."""
        request = self._log_request if self._errand.busy else None
        return call.LogStatusNotification(status="Idle" if request is None else "Uploading", request_id=request)

    def get_diagnostics(
        self,
        location: str,
        retries: int | None = None,
        retry_interval: int | None = None,
        start_time: str | None = None,
        stop_time: str | None = None,
    ) -> Any:
        """Collect the diagnostics and upload them; the answer names the file (section 5.9)."""
        since, until = _time(start_time), _time(stop_time)
        try:
            place = read_place(location)
        except TransferError as error:
            _log.warning("GetDiagnostics: %s", error)
            self._words.say(call.DiagnosticsStatusNotification("UploadFailed"))
            return call_result.GetDiagnostics()
        name = self._name("diagnostics")
        self._give(_Upload(name, place, Tries.asked(retries, retry_interval), since, until))
        return call_result.GetDiagnostics(file_name=name)

    def get_log(
        self,
        log: Mapping[str, str],
        log_type: str,
        request_id: int,
        retries: int | None = None,
        retry_interval: int | None = None,
    ) -> Any:
        """The same for the security extensions: the diagnostics, or the security log (security whitepaper)."""
        since, until = _time(log.get("oldest_timestamp")), _time(log.get("latest_timestamp"))
        try:
            place = read_place(log["remote_location"])
        except TransferError as error:
            _log.warning("GetLog: %s", error)
            return call_result.GetLog(status="Rejected")
        security = log_type == SECURITY
        name = self._name("security") if security else self._name("diagnostics")
        status = "AcceptedCanceled" if self._errand.busy else "Accepted"
        tries = Tries.asked(retries, retry_interval)
        self._give(_Upload(name, place, tries, since, until, request_id, security))
        return call_result.GetLog(status=status, filename=name)

    def _give(self, upload: _Upload) -> None:
        self._log_request = upload.request
        self._errand.give(partial(self._upload, upload))

    def _name(self, what: str) -> str:
        identity = re.sub(r"[^A-Za-z0-9.-]+", "-", clean(self._present.config.identity, 40)).strip(".-")
        packed = what == "diagnostics" and self._present.config.compress_diagnostics
        return f"{what}_{identity or 'station'}_{self._wall():%Y%m%dT%H%M%SZ}{'.tar.gz' if packed else '.txt'}"

    async def _upload(self, upload: _Upload) -> None:
        self._tell(upload, "Uploading")
        path = self._folder / "upload"
        try:
            await self._write(upload, path)
            what = f"upload of {upload.name} to {upload.place.shown}"
            await persist(upload.tries, what, lambda: self._carrier.send(path, upload.place, upload.name))
            self._tell(upload, "Uploaded")
        except TransferError as error:
            self._tell(upload, "UploadFailed", error.trouble)
        except OSError as error:
            _log.error("diagnostics could not be written: %s", error)
            self._tell(upload, "UploadFailed")
        finally:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)

    async def _write(self, upload: _Upload, path: Path) -> None:
        if not upload.security:
            path.unlink(missing_ok=True)
            compress = self._present.config.compress_diagnostics
            await self._diagnostics.collect(path, upload.since, upload.until, compress)
            return
        text = self._security_log(upload.since, upload.until)

        def write() -> None:
            with open(new_file(path), "w", encoding="utf-8") as file:
                file.write(text)

        await asyncio.to_thread(write)

    def _tell(self, upload: _Upload, status: str, trouble: Trouble = Trouble.FAILED) -> None:
        if upload.request is None:
            self._words.say(call.DiagnosticsStatusNotification(status))
            return
        spelled = _LOG_STATUS[trouble] if status == "UploadFailed" else status
        self._words.say(call.LogStatusNotification(status=spelled, request_id=upload.request))


def _time(text: str | None) -> datetime | None:
    """A time of a request; a CALLERROR for what is none."""
    if text is None:
        return None
    at = read_time(text)
    if at is None:
        raise PropertyConstraintViolationError(f"{clean(text, 40)!r} is no time")
    return at
