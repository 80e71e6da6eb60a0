"""The connection lost and found again: a banner, a new login, and nothing forgotten."""

from __future__ import annotations

from pathlib import Path

from tests.tui.bench import ACCOUNTS, desk
from tests.tui.station_stub import Station
from tui.screens.login import LoginScreen
from tui.screens.main import MainScreen


async def test_a_restart_of_the_station_asks_for_the_login_and_keeps_what_is_staged(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await one.open("energy_management.advanced")
        await one.press("right")
        staged = dict(one.app.session.draft.staged)
        assert staged
        await one.station.stop()
        await one.until(lambda: "Connection to the station lost" in one.text)
        assert "no connection" in one.text
        await one.press("f2", "f5", "5", "1")
        assert isinstance(one.app.screen, MainScreen), "keys do no harm meanwhile"
        again = Station()
        one.path.unlink(missing_ok=True)
        await again.start(one.path)
        try:
            await one.until(lambda: isinstance(one.app.screen, LoginScreen))
            assert "log in again" in one.text
            await one.type(ACCOUNTS["chef"])
            await one.press("enter")
            await one.until(lambda: isinstance(one.app.screen, MainScreen))
            assert one.app.session.draft.staged == staged
            assert "1 change staged" in one.text
            await one.press("f2")
            await one.until(lambda: again.version == 2)
        finally:
            await again.stop()


async def test_a_role_taken_away_leads_to_the_login(tmp_path: Path) -> None:
    """S14: as after a change of this account's password elsewhere."""
    async with desk(tmp_path) as one:
        one.station.links[0].role = "none"
        await one.open("authentication")
        await one.until(lambda: isinstance(one.app.screen, LoginScreen))
        assert "log in again" in one.text


async def test_a_wordless_refusal_is_told_in_the_banner(tmp_path: Path) -> None:
    """R-055: the station has the last word."""
    async with desk(tmp_path) as one:
        one.station.links[0].role = "user"
        await one.open("maintenance.control")
        one.main.query_one("#reset").focus()
        await one.press("enter")
        await one.type("RESET")
        await one.press("enter")
        await one.until(lambda: "Refused: only Admin may reset the station" in one.text)


async def test_without_a_connection_no_outlet_says_what_it_does(tmp_path: Path) -> None:
    """Nothing is known then; the line that says so stays on every tab."""
    async with desk(tmp_path) as one:
        await one.station.stop()
        await one.until(lambda: "Connection to the station lost" in one.text)
        for key in ("1", "3", "5"):
            await one.press(key)
            box = one.text.splitlines()[2:4]
            assert all("Unknown" in row and "- A" in row and "- kWh" in row for row in box), one.text
            assert "0.0 A" not in "".join(box)
            assert "Connection to the station lost. Trying again..." in one.text
        assert "No connection; this was the state at " in one.text


async def test_a_restart_that_was_asked_for_is_no_lost_connection(tmp_path: Path) -> None:
    """R-225: the login says that the station restarted as asked."""
    async with desk(tmp_path) as one:
        await one.open("maintenance.control")
        one.main.query_one("#restart").focus()
        await one.press("enter", "tab", "enter")
        await one.until(lambda: one.station.restarts == 1)
        await one.station.stop()
        await one.until(lambda: "The station restarts as asked" in one.text)
        again = Station()
        one.path.unlink(missing_ok=True)
        await again.start(one.path)
        try:
            await one.until(lambda: isinstance(one.app.screen, LoginScreen))
            assert "The station has restarted as asked: log in again." in one.text
            assert "lost" not in one.text
        finally:
            await again.stop()
