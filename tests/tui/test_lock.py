"""The idle lock, and what of one account's work another gets to see."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evlink.settings.kinds import Value
from tests.tui.bench import ACCOUNTS, Desk, desk
from tui.profile import Palette
from tui.screens.dialogs import Confirm
from tui.screens.login import DueScreen, LoginScreen
from tui.screens.main import MainScreen
from tui.widgets.fields import TextField


def showing(one: Desk, kind: type) -> bool:
    """Whether a screen of a kind is on top."""
    return isinstance(one.app.screen, kind)


async def stage(one: Desk) -> dict[str, Value]:
    """Stage a change; what is staged."""
    await one.open("energy_management.advanced")
    await one.press("right")
    staged = dict(one.app.session.draft.staged)
    assert staged
    return staged


async def login(one: Desk, account: str) -> None:
    """Log in at the login."""
    one.app.screen.query_one("#account", TextField).put(account)
    one.app.screen.query_one("#password", TextField).focus()
    await one.type(ACCOUNTS[account])
    await one.press("enter")


async def test_nobody_there_for_a_while_shows_the_login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The role goes back to the station, each key puts the lock off, and the live status is no key."""
    monkeypatch.setattr("tui.idle.IDLE_LOCK_S", 2.0)
    async with desk(tmp_path) as one:
        staged = await stage(one)
        for _ in range(4):
            await one.pilot.pause(0.6)
            await one.press("right", "left")
        assert showing(one, MainScreen)
        await one.until(lambda: showing(one, LoginScreen))
        await one.until(lambda: [link.role for link in one.station.links] == ["none"])
        assert "Nobody was here for a while" in one.text
        assert "Load balancing" not in one.text
        assert "kWh" not in one.text
        one.app.idle.seconds = 600.0
        await login(one, "chef")
        await one.until(lambda: showing(one, MainScreen))
        assert one.app.session.draft.staged == staged
        assert "1 change staged" in one.text


async def test_dialogs_and_the_forced_password_are_locked_too(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await stage(one)
        await one.press("f10")
        assert showing(one, Confirm)
        await one.app.idle.lock()
        await one.settle()
        assert showing(one, LoginScreen)
    async with desk(tmp_path, account="") as one:
        await one.type("admin")
        await one.press("enter")
        one.app.screen.query_one("#password", TextField).value = "ADMIN"
        await one.press("enter")
        await one.until(lambda: showing(one, DueScreen))
        await one.app.idle.lock()
        await one.settle()
        assert showing(one, LoginScreen)
        assert one.app.due_password == ""


@pytest.mark.parametrize("drop", [True, False])
async def test_another_account_is_asked_and_never_sees_what_was_staged(tmp_path: Path, drop: bool) -> None:
    """What Admin staged a User may not even know: it is dropped, or waits for Admin."""
    async with desk(tmp_path) as one:
        staged = await stage(one)
        await one.app.idle.lock()
        await one.settle()
        await login(one, "utilisateur")
        await one.until(lambda: showing(one, Confirm))
        assert "chef left 1 unsaved change here. Drop it?" in one.text
        assert "Load balancing" not in one.text
        if drop:
            one.app.screen.query_one("#yes").focus()
            await one.press("enter")
            await one.until(lambda: showing(one, MainScreen))
            assert one.app.session.draft.texts == {}
            assert one.app.session.account == "utilisateur"
        else:
            await one.press("escape")
            await one.until(lambda: showing(one, LoginScreen))
            await one.until(lambda: [link.role for link in one.station.links] == ["none"])
            assert one.app.screen.query_one("#account", TextField).value == "chef"
            await login(one, "chef")
            await one.until(lambda: showing(one, MainScreen))
            assert one.app.session.draft.staged == staged


async def test_a_lock_without_a_station_comes_back_with_it(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await one.station.stop()
        one.path.unlink(missing_ok=True)
        await one.app.idle.lock()
        await one.settle()
        assert showing(one, LoginScreen)
        await one.station.start(one.path)
        await one.until(lambda: bool(one.station.links))
        await one.until(lambda: showing(one, LoginScreen))
        await login(one, "chef")
        await one.until(lambda: showing(one, MainScreen))


async def test_a_password_changed_elsewhere_ends_the_session_at_once(tmp_path: Path) -> None:
    """S14: without a key, by the station's word; the same connection can log in again."""
    async with desk(tmp_path) as one:
        staged = await stage(one)
        (link,) = one.station.links
        link.role = "none"
        word = {"jsonrpc": "2.0", "method": "fallen", "params": {"reason": "password_changed"}}
        link.writer.write(json.dumps(word).encode() + b"\n")
        await one.until(lambda: showing(one, LoginScreen), 2)
        assert "The station has ended this session" in one.text
        await login(one, "chef")
        await one.until(lambda: showing(one, MainScreen))
        assert one.app.session.draft.staged == staged


async def test_the_palette_is_the_profiles(tmp_path: Path) -> None:
    """Sixteen colours are the terminal's own by number; the 256 are five that stand out from black and white."""
    async with desk(tmp_path) as one:
        assert one.app.profile.palette is Palette.SIXTEEN
        assert one.app.theme == "evlink"
        assert one.app.current_theme.ansi
