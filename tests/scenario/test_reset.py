"""Back to the factory settings: badges stay, all else goes (R-226 to R-229)."""

from __future__ import annotations

import pytest

from evlink.client import CallError, Client
from tests.scenario.house import house


@pytest.mark.slow
def test_a_factory_reset_keeps_the_badges_and_nothing_else() -> None:
    key = "configuration.date_time.ntp_server"
    password = "Correct-Horse@2026"
    with house() as station:
        station.evlink("set", f"{key}=ntp.example.org")
        station.evlink("badges", "add", "0401", "--comment", "Ana")
        with Client.connect(station.state / "evlink.sock", login=True) as client:
            client.call("login", account="admin", password="ADMIN")
            client.call("password.change", account="admin", current="ADMIN", new=password)
        station.charge(uid="0401")
        station.call("order", name="stop", outlet=1)
        station.until(outlet_status="OK_UnplugProcedureStarted")
        assert station.call("history.list")["total"] == 1

        station.evlink("factory-reset", "--yes")

        def back() -> bool:
            client = station.client()
            if client is None:
                return False
            with client:
                return bool(client.call("settings.get", keys=[key])["values"][key] == "pool.ntp.org")

        station.wait(back, "the factory value", 20)
        assert station.call("history.list")["total"] == 0
        assert [b["uid"] for b in station.call("badges.list")["badges"]] == ["0401"]
        with Client.connect(station.state / "evlink.sock", login=True) as client:
            with pytest.raises(CallError, match="access refused"):
                client.call("login", account="admin", password=password)
            assert client.call("login", account="admin", password="ADMIN")["password_due"]


@pytest.mark.slow
def test_a_decommissioned_station_leaves_nothing() -> None:
    """R-244, S30: unique texts in every table and file, searched raw, in free pages and journals too: none is left."""
    canary = "Canary4711"
    with house() as station:
        station.evlink("set", f"configuration.date_time.ntp_server={canary}.example.org")
        station.evlink("set", f"extension.ocpp.basic_auth_password={canary}-password-x")
        station.evlink("set", "configuration.general.station_name=CANARY4711 NAME")
        for number in range(3):
            station.evlink("badges", "add", f"0A{number:04X}", "--comment", f"{canary} {number}")
        station.evlink("badges", "remove", "0A0001")
        with Client.connect(station.state / "evlink.sock", login=True) as client:
            client.call("login", account="admin", password="ADMIN")
            client.call("password.change", account="admin", current="ADMIN", new=f"{canary}-Aa9!")
        station.charge(uid="0A0000")
        station.call("order", name="stop", outlet=1)
        station.until(outlet_status="OK_UnplugProcedureStarted", locked=False)
        station.sim("unplug")
        (station.state / "supervision").mkdir(exist_ok=True)
        (station.state / "supervision" / "x.pem").write_text(canary)
        (station.state / "update" / "staging").mkdir(parents=True)
        (station.state / "update" / "staging" / "incoming").write_text(canary)
        (station.state / "update" / "outcome.json").write_text(f'{{"text": "{canary}"}}')
        (station.state / "notes.txt").write_text(canary)
        key = (station.state / "secrets.key").read_bytes()

        # Nothing happens without the word.
        station.evlink("factory-reset", "--decommission", code=2)
        with pytest.raises(CallError, match="DECOMMISSION has to be typed"):
            station.call("order", name="decommission", confirm="decommission")
        assert station.call("badges.list")["total"] == 2

        station.evlink("factory-reset", "--decommission", "--yes")
        station.wait(lambda: station.status()["station"]["state"] == "in_service", "the station", 20)
        assert station.call("badges.list")["total"] == 0
        assert station.call("history.list")["total"] == 0
        assert station.call("audit.list")["total"] == 0
        for file in station.state.rglob("*"):
            content = file.read_bytes() if file.is_file() else b""
            for found in (canary, canary.upper(), "0A0000", "0A0001"):
                assert found.encode() not in content, (file, found)
            assert key not in content, file
