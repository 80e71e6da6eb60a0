"""A whole station, supervised: its diagnostics, its password, and firmware that it can't install."""

from __future__ import annotations

import asyncio
import io
import json
import tarfile
from pathlib import Path

import pytest

from tests.ocpp_central.client import CentralProcess
from tests.ocpp_central.places import http_server
from tests.scenario.house import House
from tests.scenario.test_ocpp_security import basic
from tests.scenario.test_supervised_charge import supervised

FIRST, SECOND = "first-password-17", "second-password-18"


@pytest.mark.slow
async def test_diagnostics_password_and_firmware(tmp_path: Path) -> None:
    """Diagnostics without a secret; AuthorizationKey kept over a restart; firmware honestly refused."""
    house = House(speed=3.0)
    try:
        async with CentralProcess(tmp_path / "central.jsonl") as central, http_server() as shelf:
            shelf.files["/f.epk"] = b"firmware"
            await supervised(
                house,
                central,
                **{
                    "configuration.supervision.box_identity": "AL1000",
                    "extension.ocpp.security_profile": "1",
                    "extension.ocpp.basic_auth_password": FIRST,
                },
            )
            given = [entry["authorization"] for entry in central.entries() if entry["dir"] == "handshake"]
            assert given == [basic(FIRST.encode())]
            await central.until(lambda: len(central.requests("StatusNotification")) >= 3)

            answer = await central.call("ChangeConfiguration", {"key": "AuthorizationKey", "value": SECOND})
            assert answer is not None
            assert answer[2] == {"status": "Accepted"}
            await central.until(lambda: central.opened() == 2)
            handshakes = [entry for entry in central.entries() if entry["dir"] == "handshake"]
            assert handshakes[-1]["authorization"] == basic(SECOND.encode())
            shown = await asyncio.to_thread(house.evlink, "get", "extension.ocpp.basic_auth_password", "--json")
            assert json.loads(shown.stdout) == {"extension.ocpp.basic_auth_password": "set"}

            await central.until(lambda: bool(central.requests("SecurityEventNotification")))
            location = f"http://127.0.0.1:{shelf.port}/"
            answer = await central.call("GetDiagnostics", {"location": location})
            assert answer is not None
            name = answer[2]["fileName"]
            await central.until(lambda: f"/{name}" in shelf.files)
            with tarfile.open(fileobj=io.BytesIO(shelf.files[f"/{name}"])) as archive:
                found = {
                    Path(member.name).name: archive.extractfile(member).read().decode()  # type: ignore[union-attr]
                    for member in archive
                }
            assert json.loads(found["status.json"])["station"]["supervision"]["registration"] == "Accepted"
            assert 'box_identity = "AL1000"' in found["settings.toml"]
            assert "station" in found["log.txt"]
            for secret in (FIRST, SECOND):
                assert all(secret not in text for text in found.values())

            order = {"location": f"{location}f.epk", "retrieveDate": "2026-01-01T00:00:00Z"}
            assert await central.call("UpdateFirmware", order) is not None
            told = ["Downloading", "Downloaded", "Installing", "InstallationFailed"]
            await central.until(
                lambda: [e["message"][3]["status"] for e in central.requests("FirmwareStatusNotification")] == told
            )

            folder = house.state / "supervision"
            assert folder.stat().st_mode & 0o777 == 0o700
            assert [path for path in folder.rglob("*") if path.is_file()] == []
            await asyncio.to_thread(house.evlink, "restart")
            await central.until(lambda: central.opened() == 3, 30)
            handshakes = [entry for entry in central.entries() if entry["dir"] == "handshake"]
            assert handshakes[-1]["authorization"] == basic(SECOND.encode())
            assert central.faults() == []
    finally:
        house.end()
