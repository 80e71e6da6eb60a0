"""Login, language, factory passwords (R-022 to R-031)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.tui.bench import desk
from tui.screens.login import DueScreen, LoginScreen
from tui.screens.main import MainScreen
from tui.widgets.fields import TextField


async def test_right_credentials_open_the_home_page(tmp_path: Path) -> None:
    """R-023; the home page is the live status."""
    async with desk(tmp_path, account="") as one:
        await one.type("chef")
        await one.press("enter")
        await one.type("Correct-Horse-9!")
        await one.press("enter")
        await one.until(lambda: isinstance(one.app.screen, MainScreen))
        assert one.main.subtab == "maintenance.status"
        assert "chef (Admin)" in one.text


async def test_wrong_credentials_are_refused_with_the_wait(tmp_path: Path) -> None:
    """R-023, R-026: passwords are case-sensitive; after several tries the wait is told."""
    async with desk(tmp_path, account="") as one:
        await one.type("chef")
        for sentence in ("wrong account or password", "wrong account or password", "Try again in 4 s"):
            one.app.screen.query_one("#password", TextField).put("correct-horse-9!")
            await one.press("tab")
            one.app.screen.query_one("#password", TextField).focus()
            await one.press("enter")
            await one.until(lambda: sentence in one.text)  # noqa: B023
            assert isinstance(one.app.screen, LoginScreen)
            assert one.app.screen.query_one("#password", TextField).value == ""


@pytest.mark.parametrize("plain", [False, True])
async def test_help_at_the_login_by_a_key_that_the_terminal_has(tmp_path: Path, plain: bool) -> None:
    """F1 stays in a VT220; Ctrl+G is told there, and works everywhere."""
    async with desk(tmp_path, account="", plain=plain) as one:
        assert ("Ctrl+G helps, F10 leaves" if plain else "F1 helps, F10 leaves") in one.text
        await one.press("ctrl+g")
        text = " ".join(one.text.replace("│", " ").replace("|", " ").split())
        assert "Three wrong ones in a row" in text
        assert "F6 turns the language; F10 leaves." in text
        await one.press("ctrl+g")
        assert isinstance(one.app.screen, LoginScreen)


async def test_the_main_screen_is_fetched_behind_the_login() -> None:
    """Nothing of it is imported before the login stands there."""
    script = "import sys, tui.run; print([name for name in sys.modules if name in sys.argv])"
    later = ["tui.screens.main", "tui.panes.base", "tui.screens.palette", "tui.panes.status", "tui.widgets.board"]
    ran = subprocess.run([sys.executable, "-c", script, *later], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


async def test_empty_fields_are_told(tmp_path: Path) -> None:
    async with desk(tmp_path, account="") as one:
        one.app.screen.query_one("#login").focus()
        await one.press("enter")
        assert "Enter an account and a password." in one.text
        assert "login" not in one.station.calls


async def test_the_language_turns_at_the_login(tmp_path: Path) -> None:
    """R-022: what was typed stays."""
    async with desk(tmp_path, account="") as one:
        await one.type("chef")
        one.app.screen.query_one("#language").focus()
        await one.press("right")
        assert "Mot de passe" in one.text
        assert one.app.session.lang == "fr"
        assert one.app.screen.query_one("#account", TextField).value == "chef"


async def test_a_factory_password_has_to_be_replaced_first(tmp_path: Path) -> None:
    """R-028, R-030: only the new password is open, its rules tick as one types."""
    async with desk(tmp_path, account="") as one:
        await one.type("admin")
        await one.press("enter")
        await one.type("ADMIN")
        await one.press("enter")
        await one.until(lambda: isinstance(one.app.screen, DueScreen))
        assert "[ ] at least 12 characters" in one.text
        await one.press("f8", "5", "f2")
        assert isinstance(one.app.screen, DueScreen)
        one.app.screen.query_one("#new", TextField).put("")
        one.app.screen.query_one("#new", TextField).focus()
        for text, ticked in (
            ("abcdefghijkl", {"at least 12 characters", "one lower-case letter"}),
            ("A", {"one upper-case letter"}),
            ("9", {"one digit"}),
            ("!", {"one of @ $ ! % * ? &"}),
        ):
            await one.type(text)
            assert all(f"[x] {rule}" in one.text for rule in ticked), one.text
        await one.press("enter")
        await one.type("abcdefghijklA9")
        await one.press("enter")
        assert "[ ] twice the same" in one.text
        assert "password.change" not in one.station.calls
        await one.type("!")
        await one.press("enter")
        await one.until(lambda: isinstance(one.app.screen, MainScreen))
        assert one.station.accounts["admin"].password == "abcdefghijklA9!"
        assert not one.station.accounts["admin"].password_due


@pytest.mark.parametrize(("typed", "missing"), [("Abcdefghijk9", "one of @"), ("Ab9!", "at least 12")])
async def test_a_weak_password_is_not_sent(tmp_path: Path, typed: str, missing: str) -> None:
    """R-030."""
    async with desk(tmp_path) as one:
        await one.open("maintenance.password")
        for name in ("new", "confirm"):
            one.main.query_one(f"#{name}", TextField).value = typed
        one.main.query_one("#current", TextField).value = "Correct-Horse-9!"
        one.main.query_one("#save").focus()
        await one.press("enter")
        assert f"[ ] {missing}" in one.text
        assert "password.change" not in one.station.calls


async def test_the_password_is_never_on_the_screen(tmp_path: Path) -> None:
    """R-029."""
    async with desk(tmp_path, account="") as one:
        await one.type("chef")
        await one.press("enter")
        await one.type("geheim")
        assert "geheim" not in one.text
        await one.press("home", "shift+end", "ctrl+c")
        assert one.app.clipboard == ""
        assert "F10" in one.text


async def test_the_forced_password_has_its_keys_and_help(tmp_path: Path) -> None:
    """R-028, R-044: F1 explains it, and the bottom line names the keys that work."""
    async with desk(tmp_path, account="") as one:
        await one.type("admin")
        await one.press("enter")
        one.app.screen.query_one("#password", TextField).value = "ADMIN"
        await one.press("enter")
        await one.until(lambda: isinstance(one.app.screen, DueScreen))
        last = one.text.splitlines()[-1]
        assert all(key in last for key in ("F1 Help", "Enter Save", "F6 Français", "F10 Exit")), last
        await one.press("f1")
        assert "Type the new password twice" in one.text
        await one.press("escape", "f6")
        assert "Définissez un nouveau mot de passe" in one.text
        assert "Entrée Enregistrer" in one.text.splitlines()[-1]
