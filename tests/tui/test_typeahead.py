"""Keys that arrive faster than the screen follows them go where they would have gone had one typed slowly."""

from __future__ import annotations

from pathlib import Path

from textual.events import Key

from tests.tui.bench import Desk, desk
from tui.screens.dialogs import Ask
from tui.screens.login import DueScreen, LoginScreen
from tui.screens.main import MainScreen
from tui.widgets.fields import TextField

_NAMES = {"\t": "tab", "\r": "enter", "-": "minus", "!": "exclamation_mark", "/": "slash", ".": "full_stop"}


def at_once(one: Desk, keys: str) -> None:
    """All keys in one packet, as a terminal sends a paste or a script."""
    for char in keys:
        one.app.post_message(Key(_NAMES.get(char, char), None if char in "\t\r" else char))


def value(one: Desk, name: str) -> str:
    """The text of a field of the screen on top."""
    return one.app.screen.query_one(f"#{name}", TextField).value


async def test_a_password_never_lands_in_the_account_field(tmp_path: Path) -> None:
    """R-022: account, Tab, password in one packet."""
    async with desk(tmp_path, account="") as one:
        at_once(one, "admin\tsecret")
        await one.until(lambda: value(one, "password") == "secret")
        assert value(one, "account") == "admin"


async def test_a_whole_login_in_one_packet(tmp_path: Path) -> None:
    """R-022: Enter, too, moves the focus before what follows it; the rest waits for the answer."""
    async with desk(tmp_path, account="") as one:
        at_once(one, "chef\rCorrect-Horse-9!\r3")
        await one.until(lambda: isinstance(one.app.screen, MainScreen) and one.main.subtab == "authentication")
        assert one.station.failures == 0


async def test_a_new_password_in_one_packet(tmp_path: Path) -> None:
    """R-028: from a factory password through the new one into the main screen."""
    async with desk(tmp_path, account="") as one:
        at_once(one, "admin\rADMIN\rBattery-Horse-7!\tBattery-Horse-7!")
        await one.until(lambda: isinstance(one.app.screen, DueScreen))
        await one.until(lambda: value(one, "confirm") == "Battery-Horse-7!")
        assert value(one, "new") == "Battery-Horse-7!"


async def test_a_wrong_login_leaves_the_rest_to_the_password(tmp_path: Path) -> None:
    async with desk(tmp_path, account="") as one:
        at_once(one, "chef\rwrong\rnext")
        await one.until(lambda: value(one, "password") == "next")
        assert isinstance(one.app.screen, LoginScreen)
        assert value(one, "account") == "chef"


async def test_keys_after_the_one_that_opens_a_dialog_are_the_dialogs(tmp_path: Path) -> None:
    """R-227: the button and the confirmation in one packet."""
    async with desk(tmp_path) as one:
        await one.open("maintenance.control")
        one.app.screen.query_one("#reset").focus()
        await one.settle()
        at_once(one, "\rRESET")
        await one.until(lambda: isinstance(one.app.screen, Ask) and value(one, "answer") == "RESET")


async def test_leaving_waits_for_the_text_before_it(tmp_path: Path) -> None:
    """R-040: a change typed just before F10 is asked about."""
    async with desk(tmp_path) as one:
        await one.open("configuration.general")
        one.main.pane.focus_setting("configuration.general.station_name")  # type: ignore[union-attr]
        await one.settle()
        at_once(one, "x")
        one.app.post_message(Key("f10", None))
        await one.until(lambda: "unsaved" in one.text)
