"""Publication and remote authorisation on a real station, by its commands (R-072, R-196 to R-207)."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import logging
from pathlib import Path
from typing import Any

import pytest

from tests.publication.servers import USER, WORD, ftp_server, mail_server, web_server
from tests.scenario.house import House, house

P = "charge_history.publication."
A = "internal.report_alarm."


def put(home: House, **changes: Any) -> None:
    """Change settings."""
    home.call("settings.apply", changes=changes)


def charged_by_a_remote_system(home: House) -> dict[str, Any]:
    """A charge that only the external system's word admits, and its record as the history's filters find it."""
    put(home, **{"configuration.general.authentication_by": "remote"})
    home.sim("plug", 1, cable=32, phases=3)
    home.until(1, cable_state="32A")
    home.sim("badge", 1, uid="04A1B2C3")
    home.sim("ready", 1)
    assert not home.outlet(1)["contactor"]
    refused = home.evlink("charge", "start", "--badge", ";;", code=2)
    assert "1 to 20 letters or digits" in refused.stderr
    home.evlink("charge", "start", "--badge", "04:a1:b2:c3")
    home.until(1, contactor=True)
    home.wait(lambda: home.outlet(1)["session_energy_wh"] > 0, "energy")
    home.evlink("charge", "stop")
    home.until(1, contactor=False)
    home.wait(lambda: home.call("history.list")["total"] == 1, "the record")
    (record,) = json.loads(home.evlink("history", "--json", "--unpublished", "--badge", "04-a1-b2-c3").stdout)
    assert (record["uid"], record["status"], record["published"]) == ("04A1B2C3", "Remote", False)
    filters: tuple[dict[str, Any], ...] = (
        {"badge": "04FF"},
        {"outlet": 2},
        {"status": "PowerLoss"},
        {"to": "2020-01-01T00:00:00Z"},
        {"from": "2099-01-01T00:00:00+02:00"},
    )
    for asked in filters:
        assert home.call("history.list", **asked)["total"] == 0
    found: dict[str, Any] = record
    return found


def removed_at_once(home: House) -> None:
    """A badge that is taken from the list is refused at its next reading."""
    general = "configuration.general."
    put(home, **{f"{general}authentication_by": "station", f"{general}unknown_badge_strategy": "reject_unknown"})
    home.call("badges.add", uid="04BB")
    home.call("badges.remove", uids=["04BB"])
    home.sim("badge", 2, uid="04BB")
    home.until(2, last_error="KO_BadgeUnknown")
    refused = home.evlink("charge", "start", "--outlet", "2", code=1)
    assert "authentication is not performed by a remote system" in refused.stderr


async def test_the_office_hears_of_charges_and_alarms(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """R-072, R-205, R-206, [REPORT ALARM]: test by each protocol in words, an alarm by mail, no password anywhere."""
    caplog.set_level(logging.CRITICAL)
    async with mail_server(auth="PLAIN") as mails, web_server() as forms:
        with ftp_server(tmp_path / "ftp") as folder, house("preset:parking-2", 10.0) as home:
            await asyncio.to_thread(charged_by_a_remote_system, home)
            await asyncio.to_thread(removed_at_once, home)

            async def evlink(*words: str, code: int = 0) -> str:
                done = await asyncio.to_thread(home.evlink, *words, code=code)
                return done.stdout + done.stderr

            assert "Test failed: not set: SMTP server" in await evlink("publication", "test", code=1)
            mailing = {
                f"{P}smtp_server": f"smtp://127.0.0.1:{mails.port}",
                f"{P}smtp_sender": "s@test.org",
                f"{P}smtp_recipients": "a@test.org;b@test.org",
                f"{P}smtp_authentication": True,
                f"{P}smtp_username": USER,
                f"{P}smtp_password": WORD,
            }
            await asyncio.to_thread(put, home, **mailing)
            told = await evlink("publication", "test")
            assert "took the mail for a@test.org, b@test.org (not encrypted)" in told
            assert mails.envelopes == [("s@test.org", ["a@test.org", "b@test.org"])]
            ftp = {f"{P}protocol": "ftp", f"{P}ftp_server": f"127.0.0.1:{folder.port}"}
            await asyncio.to_thread(put, home, **ftp)
            refused = await evlink("publication", "test", "--lang", "fr", code=1)
            assert "Essai manqué : 127.0.0.1 demande une identification, activer l'authentification : 530" in refused
            posting = {
                f"{P}protocol": "http",
                f"{P}http_server": f"http://127.0.0.1:{forms.port}",
                f"{P}http_path": "/in",
                f"{P}http_field_name": "file",
                f"{P}frequency": "daily",
            }
            await asyncio.to_thread(put, home, **posting)
            report = json.loads(await evlink("publication", "test", "--json"))
            assert (report["ok"], report["running"], report["done"]) == (True, False, 1)
            ((_, name, content),) = forms.received
            assert len(list(csv.reader(io.StringIO(content.decode()), delimiter=";"))) == 1
            state = json.loads(await evlink("publication", "--json"))
            assert (state["unsent"], state["queue"], state["last"]["file"]) == (1, [], name)
            assert state["next"] is not None

            mails.envelopes.clear()
            alarming = {
                f"{A}alarm_server": f"127.0.0.1:{mails.port}",
                f"{A}alarm_sender": "alarm@test.org",
                f"{A}alarm_receiver": "duty@test.org",
                f"{A}alarm_authent": True,
                f"{A}alarm_login": USER,
                "extension.publication.alarm_password": WORD,
                f"{A}alarm_enabled": True,
            }
            await asyncio.to_thread(put, home, **alarming)
            await asyncio.sleep(3)  # past a look of the office: what comes now is new to it
            await asyncio.to_thread(home.sim, "fault", 2, name="cp_short", on=True)
            async with asyncio.timeout(20):
                while not mails.envelopes:
                    await asyncio.sleep(0.1)
            assert mails.envelopes == [("alarm@test.org", ["duty@test.org"])]
            assert "Evt #17" in mails.received[-1].get_content()
            shown = await evlink("publication") + home.log() + await evlink("settings", "--json")
            assert WORD not in shown
            assert "geheim" not in shown
