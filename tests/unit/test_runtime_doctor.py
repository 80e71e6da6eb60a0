"""What the station says of its own health, and its log without secrets (S07, S24, S29)."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from evlink.runtime import doctor, logs
from evlink.runtime.diagnostics import LogTail
from evlink.runtime.rpc import Methods, Session
from evlink.settings.facts import Facts
from evlink.settings.values import Values
from evlink.storage.state import StatePaths, prepare

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def document(**station: Any) -> dict[str, Any]:
    return {
        "station": {"state": "in_service", "supervision": {"connected": False, "url": ""}, "modbus": {}, **station},
        "outlets": [{"id": 1, "meter": {"health": "internal"}}, {"id": 2, "meter": {"health": "ok"}}],
        "events": {str(number): ["OK", "OK"] for number in (1, 3, 5, 12, 30, 31)},
    }


def findings(
    tmp_path: Path, status: dict[str, Any], due: list[str] | None = None, **more: Any
) -> dict[str, doctor.Finding]:
    usual = {"supervised": lambda: False, "by_server": lambda: False, "wall": lambda: NOW, **more}
    patient = doctor.Patient(prepare(tmp_path / "state"), lambda: status, **usual)
    return {one.what.en: one for one in doctor.examine(patient, due or [])}


def test_a_healthy_station_has_nothing_to_do(tmp_path: Path) -> None:
    found = findings(tmp_path, document())
    assert {one.state for one in found.values()} == {"ok"}
    assert {"Board and control", "Clock", "Disk", "Permissions", "Supervision", "Accounts"} <= set(found)
    assert all(one.what.fr and one.how.fr for one in found.values())


def test_each_trouble_is_told_with_what_to_do(tmp_path: Path) -> None:
    """Board, meter, clock, link, password, event: a state, a reason, and a deed, in both languages."""
    status = document(
        warnings=["control runs without real-time priority"],
        supervision={"connected": False, "url": "ws://h/x", "last_error": "no route"},
        modbus={"enabled": True, "port": None, "last_error": "port 502 is taken"},
    )
    status["events"] |= {"3": ["KO", "KO"], "5": ["OK", "KO"], "31": ["KO", "KO"]}
    status["outlets"][0]["meter"] = {"health": "lost", "problem": "silent", "problem_fr": "muet"}
    found = findings(tmp_path, status, ["admin"], supervised=lambda: True, by_server=lambda: True)
    bad = {name for name, one in found.items() if one.state == "bad"}
    assert bad >= {"Board and control", "Meter of outlet 1", "Clock", "Modbus server", "Evt #5 Contactor State"}
    assert found["Meter of outlet 1"].how.fr == "muet"
    assert found["Evt #5 Contactor State"].how.en == "KO on outlet 2"
    assert "Evt #31 NTP Server Communication" not in found
    assert found["Accounts"].state == "warn"
    assert found["Warning"].how.fr == "le contrôle tourne sans priorité temps réel"
    for one in found.values():
        assert one.state == "ok" or one.what.en == "Warning" or (one.todo and one.todo.en and one.todo.fr), one


def test_a_clock_before_its_time_is_told(tmp_path: Path) -> None:
    """R-085."""
    found = findings(tmp_path, document(), wall=lambda: datetime(2013, 1, 1, tzinfo=UTC))
    assert found["Clock"].state == "bad"


@pytest.mark.parametrize("where", ["state", "file"])
def test_rights_of_others_are_told(tmp_path: Path, where: str) -> None:
    """S29."""
    root = prepare(tmp_path / "state").root
    (root / "station.toml").write_text("")
    (root / "station.toml").chmod(0o644 if where == "file" else 0o600)
    if where == "state":
        root.chmod(0o755)
    finding = doctor.permissions(StatePaths(root))
    assert finding.state == "bad"
    assert finding.todo is not None
    assert finding.todo.en.startswith("chmod ")
    root.chmod(0o700)


async def test_the_log_has_no_secret_and_a_line_an_entry() -> None:
    """S07, S24: values that are set as secrets, users in URLs, and what an exception shows; levels sort."""
    secret = "Sup3r-Secret-Canary"
    values = Values(Facts()).with_changes({"extension.ocpp.basic_auth_password": secret})
    tail = LogTail()
    tail.addFilter(logs.Redacting(logs.Secrets(lambda: values)))
    log = logging.Logger("evlink.test")
    log.addHandler(tail)
    log.info("to ftp://me:%s@h/x", secret)
    log.warning("password %s\nand\x1b[2J more", secret)
    try:
        raise ValueError(secret)
    except ValueError:
        log.exception("it failed")
    answer = await Methods(logs.table(tail)).call(Session(None, True), "logs", {})
    rows = answer["entries"]
    assert [row["level"] for row in rows] == ["INFO", "WARNING", "ERROR"]
    assert rows[0]["text"] == "to ftp://h/x"
    assert rows[1]["text"] == "password *** | and[2J more"
    assert "ValueError: ***" in rows[2]["text"]
    assert secret not in str(rows)
    serious = await Methods(logs.table(tail)).call(Session(None, True), "logs", {"level": "ERROR", "limit": 5})
    assert [row["level"] for row in serious["entries"]] == ["ERROR"]
