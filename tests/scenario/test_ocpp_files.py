"""Diagnostics, logs and firmware between a station, a central system in another process, and servers of files."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from evlink.ocpp.certificates import MANUFACTURER, Certificates
from evlink.ocpp.link import Installing, Machine
from evlink.ocpp.supervision import Supervision
from tests.ocpp_central.authority import issue, root
from tests.ocpp_central.client import CentralProcess
from tests.ocpp_central.places import Shelf, http_server
from tests.ocpp_central.station import (
    QUICK,
    ListOutbox,
    Notes,
    NoUpdates,
    PaperDiagnostics,
    TestDesk,
    WallClock,
    config,
)

FIRMWARE = b"\x7fevlink firmware" * 5000


@dataclass
class Packages:
    """A small update mechanism: installs what begins as ours does, and keeps it."""

    installed: list[bytes] = field(default_factory=list)
    restarts: bool = False
    fails: bool = False
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    go: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.go.set()

    async def check(self, package: Path) -> str:
        return "" if package.read_bytes().startswith(b"\x7fevlink") else "this is no package"

    async def install(self, package: Path) -> Installing:
        self.begun.set()
        await self.go.wait()
        if self.fails:
            return Installing.FAILED
        self.installed.append(package.read_bytes())
        return Installing.RESTARTING if self.restarts else Installing.INSTALLED

    async def finished(self) -> Installing | None:
        return Installing.INSTALLED if self.installed else None


class Station:
    """A supervision with an update mechanism."""

    def __init__(self, url: str, updater: Any = None, notes: Notes | None = None, **settings: Any) -> None:
        self.desk = TestDesk()
        folder = self.desk.machine.folder
        self.desk.machine = Machine(folder, PaperDiagnostics(), updater or NoUpdates())
        self.certificates = Certificates(folder / "certificates", WallClock().wall)
        self.notes = notes or Notes()
        self.supervision = Supervision(config(url, **settings), ListOutbox(), self.desk, self.notes, WallClock(), QUICK)


@asynccontextmanager
async def linked(station: Station, central: CentralProcess) -> AsyncIterator[Station]:
    before = central.opened()
    task = asyncio.create_task(station.supervision.run())
    try:
        await central.until(lambda: central.opened() > before and station.supervision.state.connected)
        await central.until(lambda: len(central.requests("StatusNotification")) >= 3)
        yield station
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.fixture
async def central(tmp_path: Path) -> AsyncIterator[CentralProcess]:
    async with CentralProcess(tmp_path / "log.jsonl") as process:
        yield process


@pytest.fixture
async def shelf() -> AsyncIterator[Shelf]:
    async with http_server() as made:
        yield made


async def ask(central: CentralProcess, action: str, payload: dict[str, Any]) -> Any:
    answer = await central.call(action, payload)
    assert answer is not None
    assert answer[0] == 3, answer
    return answer[2]


def statuses(central: CentralProcess, action: str) -> list[str]:
    return [entry["message"][3]["status"] for entry in central.requests(action)]


def now(seconds: float = 0.0) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def test_diagnostics_are_uploaded(central: CentralProcess, shelf: Shelf) -> None:
    """TC 045_1, OCPP 1.6 section 5.9: the answer names the file, then Uploading and Uploaded."""
    async with linked(Station(central.url), central):
        location = f"http://127.0.0.1:{shelf.port}/diagnostics/"
        since = "2026-03-01T12:00:00Z"
        answer = await ask(central, "GetDiagnostics", {"location": location, "startTime": since})
        name = answer["fileName"]
        assert name.startswith("diagnostics_CP-1_")
        assert name.endswith(".tar.gz")
        await central.until(lambda: statuses(central, "DiagnosticsStatusNotification") == ["Uploading", "Uploaded"])
        assert shelf.files == {f"/diagnostics/{name}": b"diagnostics from 2026-03-01 12:00:00+00:00 to None\n"}
        assert central.faults() == []


async def test_an_upload_that_fails_is_tried_and_told(central: CentralProcess, shelf: Shelf) -> None:
    """TC 045_2: as many tries as the request says, then UploadFailed; one that succeeds later is Uploaded."""
    async with linked(Station(central.url), central) as station:
        location = f"http://127.0.0.1:{shelf.port}/d/"
        shelf.answers["PUT"] = [500, 500]
        await ask(central, "GetDiagnostics", {"location": location, "retries": 2, "retryInterval": 0})
        await central.until(lambda: statuses(central, "DiagnosticsStatusNotification")[1:] == ["UploadFailed"])
        assert len(shelf.asked) == 2
        shelf.answers["PUT"] = [500]
        await ask(central, "GetDiagnostics", {"location": location, "retries": 2, "retryInterval": 0})
        await central.until(lambda: statuses(central, "DiagnosticsStatusNotification")[3:] == ["Uploaded"])
        assert not list((station.desk.machine.folder / "transfers").iterdir())
        assert await ask(central, "GetDiagnostics", {"location": "file:///etc/"}) == {}
        await central.until(lambda: statuses(central, "DiagnosticsStatusNotification")[4:] == ["UploadFailed"])
        wrong = await central.call("GetDiagnostics", {"location": location, "startTime": "yesterday"})
        assert wrong is not None
        assert wrong[2] == "PropertyConstraintViolation"
        assert central.faults() == []


async def test_an_upload_outlives_its_connection(central: CentralProcess, shelf: Shelf) -> None:
    """What an upload came to is told over the next connection."""
    async with linked(Station(central.url), central) as station:
        shelf.answers["PUT"] = [500]
        location = f"http://127.0.0.1:{shelf.port}/d/"
        await ask(central, "GetDiagnostics", {"location": location, "retries": 2, "retryInterval": 1})
        await central.until(lambda: len(shelf.asked) == 1)
        await central.kill()
        await asyncio.sleep(1.5)
        await central.start()
        await central.until(lambda: statuses(central, "DiagnosticsStatusNotification")[-1:] == ["Uploaded"])
        assert station.supervision.state.connected


async def test_logs_and_a_newer_request(central: CentralProcess, shelf: Shelf) -> None:
    """TC 079, security whitepaper: GetLog of both kinds; a newer one calls the running one off (AcceptedCanceled)."""
    async with linked(Station(central.url, security_profile=1, password="0123456789abcdefX"), central):
        log = {"remoteLocation": f"http://127.0.0.1:{shelf.port}/logs/"}
        shelf.answers["PUT"] = [500]
        first = {"log": log, "logType": "DiagnosticsLog", "requestId": 1, "retryInterval": 3600}
        assert (await ask(central, "GetLog", first))["status"] == "Accepted"
        await central.until(lambda: len(shelf.asked) == 1)
        idle = await ask(central, "ExtendedTriggerMessage", {"requestedMessage": "LogStatusNotification"})
        assert idle == {"status": "Accepted"}
        await central.until(lambda: statuses(central, "LogStatusNotification") == ["Uploading", "Uploading"])
        second = {"log": log, "logType": "SecurityLog", "requestId": 2}
        answer = await ask(central, "GetLog", second)
        assert answer["status"] == "AcceptedCanceled"
        await central.until(lambda: statuses(central, "LogStatusNotification")[-1] == "Uploaded")
        told = [entry["message"][3] for entry in central.requests("LogStatusNotification")]
        assert [one["requestId"] for one in told] == [1, 1, 2, 2]
        assert b"StartupOfTheDevice" in shelf.files[f"/logs/{answer['filename']}"]
        wrong = {"log": {"remoteLocation": "gopher://h/"}, "logType": "SecurityLog", "requestId": 3}
        assert await ask(central, "GetLog", wrong) == {"status": "Rejected"}
        shelf.answers["PUT"] = [403]
        await ask(central, "GetLog", {**second, "requestId": 4, "retries": 1})
        await central.until(lambda: statuses(central, "LogStatusNotification")[-1] == "PermissionDenied")
        await ask(central, "ExtendedTriggerMessage", {"requestedMessage": "LogStatusNotification"})
        await central.until(lambda: statuses(central, "LogStatusNotification")[-1] == "Idle")
        assert central.faults() == []


async def test_idle_when_asked(central: CentralProcess) -> None:
    """TC 054, OCPP 1.6 section 5.17: Diagnostics and Firmware status are Idle where nothing runs."""
    async with linked(Station(central.url), central):
        for message in ("DiagnosticsStatusNotification", "FirmwareStatusNotification"):
            assert await ask(central, "TriggerMessage", {"requestedMessage": message}) == {"status": "Accepted"}
            await central.until(lambda m=message: statuses(central, m) == ["Idle"])  # type: ignore[misc]
        extended = {"requestedMessage": "FirmwareStatusNotification"}
        assert await ask(central, "ExtendedTriggerMessage", extended) == {"status": "Accepted"}
        await central.until(lambda: statuses(central, "SignedFirmwareStatusNotification") == ["Idle"])
        keys = await ask(central, "GetConfiguration", {"key": ["SupportedFileTransferProtocols"]})
        assert keys["configurationKey"][0]["value"] == "FTP,FTPS,HTTP,HTTPS"
        profiles = await ask(central, "GetConfiguration", {"key": ["SupportedFeatureProfiles"]})
        assert "FirmwareManagement" in profiles["configurationKey"][0]["value"].split(",")
        assert central.faults() == []


INSTALLED = ["Downloading", "Downloaded", "Installing", "Installed"]


async def test_firmware_is_installed(central: CentralProcess, shelf: Shelf) -> None:
    """TC 044_1, OCPP 1.6 section 5.19: fetched at its time, handed to the update mechanism, told of."""
    updater = Packages()
    shelf.files["/f.epk"] = FIRMWARE
    async with linked(Station(central.url, updater), central) as station:
        order = {"location": f"http://127.0.0.1:{shelf.port}/f.epk", "retrieveDate": now(1.0)}
        assert await ask(central, "UpdateFirmware", order) == {}
        await asyncio.sleep(0.4)
        assert shelf.asked == []
        await central.until(lambda: statuses(central, "FirmwareStatusNotification") == INSTALLED)
        assert updater.installed == [FIRMWARE]
        assert not list((station.desk.machine.folder / "transfers").iterdir())
        assert central.faults() == []


@pytest.mark.parametrize(
    ("content", "updater", "told"),
    [
        (None, Packages(), ["Downloading", "DownloadFailed"]),
        (b"something else", Packages(), ["Downloading", "Downloaded", "Installing", "InstallationFailed"]),
        (FIRMWARE, Packages(fails=True), ["Downloading", "Downloaded", "Installing", "InstallationFailed"]),
        (FIRMWARE, NoUpdates(), ["Downloading", "Downloaded", "Installing", "InstallationFailed"]),
    ],
    ids=["no file", "no package", "does not install", "no update mechanism"],
)
async def test_firmware_that_comes_to_nothing(
    central: CentralProcess, shelf: Shelf, content: bytes | None, updater: Any, told: list[str]
) -> None:
    """TC 044_2 and 044_3: DownloadFailed after its tries, InstallationFailed for what may not be installed."""
    if content is not None:
        shelf.files["/f.epk"] = content
    async with linked(Station(central.url, updater), central):
        location = f"http://127.0.0.1:{shelf.port}/f.epk"
        order = {"location": location, "retrieveDate": now(-60), "retries": 2, "retryInterval": 0}
        await ask(central, "UpdateFirmware", order)
        await central.until(lambda: statuses(central, "FirmwareStatusNotification") == told)
        assert len(shelf.asked) == (2 if content is None else 1)
        assert central.faults() == []


async def test_an_installation_is_not_interrupted(central: CentralProcess, shelf: Shelf) -> None:
    """A second order replaces a download, never an installation."""
    updater = Packages()
    updater.go.clear()
    shelf.files["/f.epk"] = FIRMWARE
    async with linked(Station(central.url, updater), central):
        order = {"location": f"http://127.0.0.1:{shelf.port}/f.epk", "retrieveDate": now(-60)}
        await ask(central, "UpdateFirmware", {**order, "retrieveDate": now(3600)})
        await ask(central, "UpdateFirmware", order)
        await asyncio.wait_for(updater.begun.wait(), 10)
        refused = await central.call("UpdateFirmware", order)
        assert refused is not None
        assert refused[0] == 4
        await ask(central, "TriggerMessage", {"requestedMessage": "FirmwareStatusNotification"})
        updater.go.set()
        await central.until(lambda: statuses(central, "FirmwareStatusNotification")[-1] == "Installed")
        assert statuses(central, "FirmwareStatusNotification") == [*INSTALLED[:3], "Installing", "Installed"]


async def test_an_order_outlives_a_restart(central: CentralProcess, shelf: Shelf) -> None:
    """An order for later is kept, and the end of an installation that restarted the station is told after it."""
    updater, notes = Packages(restarts=True), Notes()
    shelf.files["/f.epk"] = FIRMWARE
    order = {"location": f"http://127.0.0.1:{shelf.port}/f.epk", "retrieveDate": now(2.0)}
    async with linked(Station(central.url, updater, notes), central):
        await ask(central, "UpdateFirmware", order)
    async with linked(Station(central.url, updater, notes), central):
        await central.until(lambda: statuses(central, "FirmwareStatusNotification") == INSTALLED[:3])
        await asyncio.wait_for(updater.begun.wait(), 10)
    async with linked(Station(central.url, updater, notes), central):
        await central.until(lambda: statuses(central, "FirmwareStatusNotification") == INSTALLED)
    async with linked(Station(central.url, updater, notes), central):
        await asyncio.sleep(0.3)
        assert statuses(central, "FirmwareStatusNotification") == INSTALLED
        assert central.faults() == []


def signed(content: bytes, key: ec.EllipticCurvePrivateKey) -> str:
    return base64.b64encode(key.sign(content, ec.ECDSA(SHA256()))).decode()


async def test_signed_firmware(central: CentralProcess, shelf: Shelf) -> None:
    """TC 080, security whitepaper: scheduled, fetched, verified, installed; each status with the request."""
    maker, updater = root("Maker"), Packages()
    signer = issue(maker, "signer")
    shelf.files["/f.epk"] = FIRMWARE
    station = Station(central.url, updater)
    station.certificates.install(MANUFACTURER, maker.pem)
    async with linked(station, central):
        firmware = {
            "location": f"http://127.0.0.1:{shelf.port}/f.epk",
            "retrieveDateTime": now(1.0),
            "installDateTime": now(2.0),
            "signingCertificate": signer.pem,
            "signature": signed(FIRMWARE, signer.key),
        }
        answer = await ask(central, "SignedUpdateFirmware", {"requestId": 7, "firmware": firmware})
        assert answer == {"status": "Accepted"}
        wanted = [
            "DownloadScheduled",
            "Downloading",
            "Downloaded",
            "SignatureVerified",
            "InstallScheduled",
            "Installing",
            "Installed",
        ]
        await central.until(lambda: statuses(central, "SignedFirmwareStatusNotification") == wanted)
        told = [entry["message"][3]["requestId"] for entry in central.requests("SignedFirmwareStatusNotification")]
        assert set(told) == {7}
        assert updater.installed == [FIRMWARE]
        assert central.faults() == []


async def test_firmware_of_others_is_refused(central: CentralProcess, shelf: Shelf) -> None:
    """TC 081, 082: somebody else's certificate is InvalidCertificate, another file's signature InvalidSignature."""
    maker, updater = root("Maker"), Packages()
    signer = issue(maker, "signer")
    shelf.files["/f.epk"] = FIRMWARE
    station = Station(central.url, updater, security_profile=1, password="0123456789abcdefX")
    async with linked(station, central):
        firmware = {
            "location": f"http://127.0.0.1:{shelf.port}/f.epk",
            "retrieveDateTime": now(-1.0),
            "signingCertificate": signer.pem,
            "signature": signed(FIRMWARE + b".", signer.key),
        }
        for wrong in (signer.pem, issue(root("Other"), "signer").pem, issue(maker, "old", days=1, back=3).pem, "none"):
            order = {"requestId": 1, "firmware": {**firmware, "signingCertificate": wrong}}
            assert await ask(central, "SignedUpdateFirmware", order) == {"status": "InvalidCertificate"}
            station.certificates.install(MANUFACTURER, maker.pem)
        assert await ask(central, "SignedUpdateFirmware", {"requestId": 2, "firmware": firmware}) == {
            "status": "Accepted"
        }
        await central.until(lambda: statuses(central, "SignedFirmwareStatusNotification")[-1:] == ["InvalidSignature"])
        assert updater.installed == []

        def events() -> set[str]:
            return {entry["message"][3]["type"] for entry in central.requests("SecurityEventNotification")}

        await central.until(lambda: {"InvalidFirmwareSigningCertificate", "InvalidFirmwareSignature"} <= events())
        assert central.faults() == []
