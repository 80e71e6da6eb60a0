"""TC 044, 045, 079 to 082: firmware, diagnostics and logs, with an update mechanism that takes what it is given."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from evlink.ocpp.certificates import MANUFACTURER
from tests.ocpp_central.authority import Issued, issue, root
from tests.ocpp_central.client import CentralProcess
from tests.ocpp_central.places import Shelf, http_server
from tests.scenario.test_ocpp_files import FIRMWARE, INSTALLED, Packages, Station, ask, linked, now, signed, statuses

pytestmark = [pytest.mark.slow, pytest.mark.tck, pytest.mark.timeout(180)]
SECURED: dict[str, Any] = {"security_profile": 1, "password": "0123456789abcdefX"}


@pytest.fixture
async def central(tmp_path: Path) -> AsyncIterator[CentralProcess]:
    async with CentralProcess(tmp_path / "log.jsonl") as process:
        yield process
        assert process.faults() == []


@pytest.fixture
async def shelf() -> AsyncIterator[Shelf]:
    async with http_server() as made:
        made.files["/f.epk"] = FIRMWARE
        yield made


def _order(shelf: Shelf, path: str = "f.epk") -> dict[str, Any]:
    return {"location": f"http://127.0.0.1:{shelf.port}/{path}", "retrieveDate": now(-1.0)}


async def _told(central: CentralProcess, action: str, wanted: list[str]) -> None:
    await central.until(lambda: statuses(central, action) == wanted, 45.0)


async def test_tc_044_1__firmware_update(central: CentralProcess, shelf: Shelf) -> None:
    updater = Packages()
    async with linked(Station(central.url, updater), central):
        assert await ask(central, "UpdateFirmware", _order(shelf)) == {}
        await _told(central, "FirmwareStatusNotification", INSTALLED)
        assert updater.installed == [FIRMWARE]


async def test_tc_044_2__firmware_update_download_fails(central: CentralProcess, shelf: Shelf) -> None:
    async with linked(Station(central.url, Packages()), central):
        assert await ask(central, "UpdateFirmware", {**_order(shelf, "nothing.epk"), "retries": 1}) == {}
        await _told(central, "FirmwareStatusNotification", ["Downloading", "DownloadFailed"])


async def test_tc_044_3__firmware_update_installation_fails(central: CentralProcess, shelf: Shelf) -> None:
    async with linked(Station(central.url, Packages(fails=True)), central):
        assert await ask(central, "UpdateFirmware", _order(shelf)) == {}
        await _told(central, "FirmwareStatusNotification", [*INSTALLED[:3], "InstallationFailed"])


async def test_tc_045_1__get_diagnostics(central: CentralProcess, shelf: Shelf) -> None:
    async with linked(Station(central.url), central):
        answer = await ask(central, "GetDiagnostics", {"location": f"http://127.0.0.1:{shelf.port}/d/"})
        await _told(central, "DiagnosticsStatusNotification", ["Uploading", "Uploaded"])
        assert f"/d/{answer['fileName']}" in shelf.files


async def test_tc_045_2__get_diagnostics_upload_fails(central: CentralProcess, shelf: Shelf) -> None:
    shelf.answers["PUT"] = [500] * 3
    async with linked(Station(central.url), central):
        order = {"location": f"http://127.0.0.1:{shelf.port}/d/", "retries": 2, "retryInterval": 0}
        await ask(central, "GetDiagnostics", order)
        await _told(central, "DiagnosticsStatusNotification", ["Uploading", "UploadFailed"])


async def test_tc_079__get_security_log(central: CentralProcess, shelf: Shelf) -> None:
    async with linked(Station(central.url, **SECURED), central):
        log = {"remoteLocation": f"http://127.0.0.1:{shelf.port}/logs/"}
        answer = await ask(central, "GetLog", {"log": log, "logType": "SecurityLog", "requestId": 5})
        assert answer["status"] == "Accepted"
        await _told(central, "LogStatusNotification", ["Uploading", "Uploaded"])
        assert {e["message"][3]["requestId"] for e in central.requests("LogStatusNotification")} == {5}
        assert b"StartupOfTheDevice" in shelf.files[f"/logs/{answer['filename']}"]


def _signed_order(shelf: Shelf, signer: Issued, content: bytes = FIRMWARE) -> dict[str, Any]:
    firmware = {
        "location": f"http://127.0.0.1:{shelf.port}/f.epk",
        "retrieveDateTime": now(-1.0),
        "signingCertificate": signer.pem,
        "signature": signed(content, signer.key),
    }
    return {"requestId": 7, "firmware": firmware}


async def test_tc_080__secure_firmware_update(central: CentralProcess, shelf: Shelf) -> None:
    maker, updater = root("Maker"), Packages()
    station = Station(central.url, updater, **SECURED)
    station.certificates.install(MANUFACTURER, maker.pem)
    async with linked(station, central):
        order = _signed_order(shelf, issue(maker, "signer"))
        assert await ask(central, "SignedUpdateFirmware", order) == {"status": "Accepted"}
        wanted = ["Downloading", "Downloaded", "SignatureVerified", "Installing", "Installed"]
        await _told(central, "SignedFirmwareStatusNotification", wanted)
        assert updater.installed == [FIRMWARE]


async def test_tc_081__secure_firmware_update_invalid_signature(central: CentralProcess, shelf: Shelf) -> None:
    maker, updater = root("Maker"), Packages()
    station = Station(central.url, updater, **SECURED)
    station.certificates.install(MANUFACTURER, maker.pem)
    async with linked(station, central):
        order = _signed_order(shelf, issue(maker, "signer"), FIRMWARE + b".")
        assert await ask(central, "SignedUpdateFirmware", order) == {"status": "Accepted"}
        await _told(central, "SignedFirmwareStatusNotification", ["Downloading", "Downloaded", "InvalidSignature"])
        await _event(central, "InvalidFirmwareSignature")
        await asyncio.sleep(0.3)
        assert updater.installed == []


async def test_tc_082__secure_firmware_update_invalid_certificate(central: CentralProcess, shelf: Shelf) -> None:
    station = Station(central.url, Packages(), **SECURED)
    station.certificates.install(MANUFACTURER, root("Maker").pem)
    async with linked(station, central):
        order = _signed_order(shelf, issue(root("Another"), "signer"))
        assert await ask(central, "SignedUpdateFirmware", order) == {"status": "InvalidCertificate"}
        await _event(central, "InvalidFirmwareSigningCertificate")
        assert shelf.asked == []


async def _event(central: CentralProcess, kind: str) -> None:
    await central.until(
        lambda: kind in [e["message"][3]["type"] for e in central.requests("SecurityEventNotification")], 45.0
    )
