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
