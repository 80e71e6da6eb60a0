"""A thousand wrong passwords at full speed, a kill in between, and the trail of who changed what."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evlink.client import CallError, Client
from tests.scenario.house import House

GOOD = "Correct-Horse-9!"


@pytest.fixture
def home() -> House:
    """A house with a second socket, where everybody logs in."""
    return House()


def attempt(path: Path, account: str, password: str) -> str:
    """One login on a connection of its own: role, "checked" or "waits"."""
    with Client.connect(path) as client:
        try:
            return str(client.call("login", account=account, password=password)["role"])
        except CallError as error:
            return "waits" if "too many" in error.message else "checked"


def test_a_thousand_guesses_and_the_trail_of_changes(home: House) -> None:
    """S13, S14, R-030: five are looked at, whatever is killed meanwhile; the other account logs in as ever."""
    login = home.state / "login.sock"
    try:
        home.start(f"--login-socket={login}")
        with Client.connect(login) as client:
            client.call("login", account="admin", password="ADMIN")
            client.call("password.change", account="admin", current="ADMIN", new=GOOD)
        found = [attempt(login, "admin", f"guess {number}") for number in range(500)]
        home.kill_station()
        home.start(f"--login-socket={login}")
        found += [attempt(login, "admin", f"guess {number}") for number in range(500)]
        assert 3 <= found.count("checked") <= 5
        assert found.count("waits") == 1000 - found.count("checked")
        assert attempt(login, "admin", GOOD) == "waits"
        assert attempt(login, "utilisateur", "UTILISATEUR") == "user"
        assert attempt(login, "admin' OR 1=1 --", "x") == "checked"

        # Who did what stands in the trail and in the report, without a value that is secret.
        home.evlink(
            "set", "energy_management.outlets.1.derated_current=20", f"extension.ocpp.basic_auth_password={GOOD}x"
        )
        home.evlink("badges", "add", "04A1B2C3", "--comment", "Zo\x1b[2Jé", code=None)
        home.evlink("badges", "add", "04A1B2C4")
        trail = json.loads(home.evlink("audit", "--json").stdout)
        assert [one["number"] for one in trail] == sorted((one["number"] for one in trail), reverse=True)
        deeds = {(one["what"], one["who"]): one["detail"] for one in trail}
        assert deeds["password.change", "admin"] == "of admin"
        changed = deeds["settings.apply", "(local)"]
        assert "energy_management.outlets.1.derated_current: 32 -> 20" in changed
        assert "extension.ocpp.basic_auth_password: set" in changed
        assert deeds["badges.add", "(local)"] == "04A1B2C4"
        assert sum(one["what"] == "login refused" and one["who"] == "admin" for one in trail) <= 5
        assert GOOD not in json.dumps(trail)
        shown = home.evlink("--lang", "fr", "audit", "--limit", "2").stdout
        assert shown.splitlines()[0].split()[:2] == ["Heure", "Qui"]
        assert "badges.add" in shown
        report = home.evlink("report").stdout
        assert "settings.apply" in report
        assert GOOD not in report
        for file in home.state.rglob("*"):
            if file.is_file():
                assert GOOD.encode() not in file.read_bytes(), file
    finally:
        home.end()
