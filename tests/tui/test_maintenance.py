"""Password, control, import and export (R-029 to R-034, R-056, R-224 to R-226)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.bench import Desk, desk
from tui.widgets.fields import TextField
from tui.widgets.listing import Listing

NEW = "Another-Horse-8?"


async def _fill(one: Desk, current: str, new: str) -> None:
    for name, text in (("current", current), ("new", new), ("confirm", new)):
        one.main.query_one(f"#{name}", TextField).value = text
    await one.settle()
    one.main.query_one("#save").focus()
    await one.press("enter")


async def test_admin_sees_all_accounts_and_a_user_none(tmp_path: Path) -> None:
    """R-032, R-033."""
    async with desk(tmp_path) as one:
        await one.open("maintenance.password")
        await one.until(lambda: "factory password, to be replaced" in one.text)
        await one.until(lambda: "utilisateur" in one.text)
    (tmp_path / "u").mkdir()
    async with desk(tmp_path / "u", account="utilisateur") as one:
        await one.open("maintenance.password")
        await one.settle()
        assert "chef" not in one.text
        assert "Account: utilisateur" in one.text


async def test_admin_replaces_a_lost_password_with_the_own_one(tmp_path: Path) -> None:
    """R-034, N-05."""
    async with desk(tmp_path) as one:
        await one.open("maintenance.password")
        await one.until(lambda: one.main.query_one("#accounts", Listing).cursor == 2)
        one.main.query_one("#accounts").focus()
        await one.press("up")
        assert "Account: utilisateur" in one.text
        assert "Your own current password" in one.text
        await _fill(one, "Correct-Horse-9!", NEW)
        await one.until(lambda: "The password of utilisateur was changed." in one.text)
        assert one.station.accounts["utilisateur"].password == NEW
        assert one.main.query_one("#current", TextField).value == ""


async def test_a_wrong_current_password_is_told(tmp_path: Path) -> None:
    async with desk(tmp_path, account="utilisateur", lang="fr") as one:
        await one.open("maintenance.password")
        await _fill(one, "wrong", NEW)
        await one.until(lambda: "Le mot de passe actuel est erroné." in one.text)
        assert one.station.accounts["utilisateur"].password == "Utilisateur-2026!"


async def test_restart_asks_first(tmp_path: Path) -> None:
    """R-225: open to both accounts."""
    async with desk(tmp_path, account="utilisateur") as one:
        await one.open("maintenance.control")
        assert "factory configuration" not in one.text
        await one.press("enter")
        await one.press("enter")
        assert one.station.restarts == 0
        await one.press("enter", "right", "enter")
        await one.until(lambda: one.station.restarts == 1)


@pytest.mark.parametrize(("typed", "resets"), [("reset", 0), ("RESET", 1)])
async def test_factory_reset_wants_the_word(tmp_path: Path, typed: str, resets: int) -> None:
    """R-226."""
    async with desk(tmp_path) as one:
        await one.open("maintenance.control")
        one.main.query_one("#reset").focus()
        await one.press("enter")
        await one.type(typed)
        await one.press("enter")
        await one.until(lambda: "restored" in one.text or "Nothing was reset" in one.text)
        assert one.station.resets == resets


async def _name_file(one: Desk, button: str, path: Path) -> None:
    one.main.query_one(f"#{button}").focus()
    await one.press("enter")
    field = one.app.screen.query_one("#answer", TextField)
    field.value = str(path)
    field.focus()
    await one.press("enter")
    await one.settle()


@pytest.mark.parametrize("suffix", [".toml", ".cfg"])
async def test_an_export_imports_without_a_change(tmp_path: Path, suffix: str) -> None:
    """R-056."""
    async with desk(tmp_path) as one:
        await one.open("configuration.general")
        path = tmp_path / f"station{suffix}"
        await _name_file(one, "export", path)
        await one.until(lambda: "Written" in one.text)
        assert path.stat().st_size > 1000
        await _name_file(one, "import", path)
        await one.until(lambda: "The file changes nothing." in one.text)


async def test_an_import_shows_its_changes_before_it_applies(tmp_path: Path) -> None:
    path = tmp_path / "change.toml"
    path.write_text("[energy_management.outlets.1]\nderated_current = 20\n")
    async with desk(tmp_path) as one:
        await one.open("configuration.general")
        await _name_file(one, "import", path)
        await one.until(lambda: "1 setting would change:" in one.text)
        assert "Derated rated charging current, Outlet 1" in one.text
        assert "32 → 20" in one.text
        await one.press("escape")
        assert one.station.version == 1
        await _name_file(one, "import", path)
        await one.until(lambda: "Apply these changes?" in one.text)
        await one.press("right", "enter")
        await one.until(lambda: "1 setting imported." in one.text)
        assert one.station.values.get("energy_management.outlets.derated_current", 1) == 20


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.toml", b"[energy_management.outlets.1]\nderated_current = 99\n", "derated_current"),
        ("b.toml", b"not = = toml", "no valid TOML"),
        ("c.cfg", b"\xff\xfe\x00", "no text (UTF-8)"),
        ("d.ini", b"x=1", "no .toml or .cfg file"),
        ("e.toml", None, "there is no such file"),
    ],
)
async def test_a_bad_file_changes_nothing(tmp_path: Path, name: str, content: bytes | None, sentence: str) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    async with desk(tmp_path) as one:
        await one.open("configuration.general")
        await _name_file(one, "import", path)
        await one.until(lambda: sentence in " ".join(one.text.split()))
        assert one.station.version == 1


async def test_a_user_has_no_import(tmp_path: Path) -> None:
    async with desk(tmp_path, account="utilisateur") as one:
        await one.open("configuration.general")
        assert not one.main.query("#import")
