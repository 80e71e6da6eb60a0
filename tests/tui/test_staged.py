"""The list of staged changes: undone one by one, saved from there; conflicts aren't overwritten unasked (R-042)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.bench import Desk, desk
from tui.panes.row import field_id
from tui.screens.main import MainScreen
from tui.screens.staged import Staged
from tui.widgets.listing import Listing

ONE = "energy_management.outlets.1.derated_current"
TWO = "energy_management.outlets.2.derated_current"
DHCP = "configuration.network.dhcp_enabled"


async def _stage(one: Desk, **texts: str) -> None:
    await one.open("energy_management.outlets")
    for path, text in texts.items():
        one.app.session.draft.stage(path, text)
    one.app.refill()
    await one.settle()
    one.main.query_one(f"#{field_id(ONE)}").focus()
    await one.settle()


def _rows(one: Desk) -> list[str]:
    return one.app.screen.query_one(Listing).text.splitlines()[1:]


async def test_the_list_has_old_and_new_values_and_undoes_one_by_one(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await _stage(one, **{ONE: "20", TWO: "16"})
        await one.press("f3")
        assert isinstance(one.app.screen, Staged)
        assert "2 changes staged" in one.text
        first, _ = _rows(one)
        assert "Outlet 1" in first
        assert first.split()[-4:] == ["32", "A", "20", "A"]
        assert "Only someone who knows the electrical installation" in one.text
        await one.press("delete")
        assert len(_rows(one)) == 1
        assert "Outlet 2" in _rows(one)[0]
        assert one.app.session.draft.texts == {TWO: "16"}
        await one.press("f2")
        await one.until(lambda: one.station.version == 2)
        assert one.station.values.get("energy_management.outlets.derated_current", 2) == 16
        assert one.station.values.get("energy_management.outlets.derated_current", 1) == 32


async def test_undoing_the_last_one_closes_the_list(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await _stage(one, **{ONE: "20"})
        await one.press("ctrl+t", "ctrl+z")
        await one.until(lambda: isinstance(one.app.screen, MainScreen))
        assert one.main.query_one(f"#{field_id(ONE)}").text == "32"  # type: ignore[attr-defined]
        assert "staged" not in one.text


@pytest.mark.parametrize(("subtab", "key"), [("maintenance.status", "f3"), ("authentication", "ctrl+t")])
async def test_the_list_opens_from_every_tab(tmp_path: Path, subtab: str, key: str) -> None:
    """What is staged on one tab is seen, undone and gone to from another that has no settings."""
    async with desk(tmp_path) as one:
        await _stage(one, **{ONE: "20"})
        await one.open(subtab)
        await one.press(key)
        assert isinstance(one.app.screen, Staged)
        await one.press("enter")
        await one.until(lambda: one.main.subtab == "energy_management.outlets")
        await one.open(subtab)
        assert "1 change staged" in one.banner
        await one.press(key, "delete")
        await one.until(lambda: isinstance(one.app.screen, MainScreen))
        await one.until(lambda: one.banner == "")
        assert one.app.session.draft.texts == {}


@pytest.mark.parametrize("key", ["f8", "f10"])
async def test_leaving_offers_to_look_at_the_list_first(tmp_path: Path, key: str) -> None:
    """Nothing is lost unseen: neither a yes nor a no, the list comes, and one goes on from there."""
    async with desk(tmp_path) as one:
        await _stage(one, **{ONE: "20"})
        await one.press(key)
        assert "Look at them" in one.text
        await one.press("right", "enter")
        await one.until(lambda: isinstance(one.app.screen, Staged))
        assert one.app.session.draft.texts == {ONE: "20"}
        await one.press(key)
        if key == "f10":
            await one.press("right", "enter")
            await one.until(lambda: isinstance(one.app.screen, Staged))
        await one.press("f2")
        await one.until(lambda: one.station.version == 2)


async def test_enter_goes_to_the_field_on_another_tab(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await _stage(one, **{DHCP: "false"})
        await one.press("f3", "enter")
        await one.until(lambda: one.main.subtab == "configuration.network")
        await one.until(lambda: one.app.focused is not None and one.app.focused.id == field_id(DHCP))


async def test_a_restart_is_asked_about_with_the_list(tmp_path: Path) -> None:
    """R-042, R-043."""
    async with desk(tmp_path, lang="fr") as one:
        await _stage(one, **{ONE: "20", DHCP: "false"})
        await one.press("f2")
        assert "Enregistrer 2 modifications et redémarrer la borne ?" in one.text
        assert any(row.lstrip().startswith("R") and "on" in row and "off" in row for row in _rows(one))
        await one.press("escape")
        assert one.station.version == 1
        assert len(one.app.session.draft.texts) == 2


async def test_a_change_elsewhere_is_shown_at_once_and_not_overwritten_unasked(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await _stage(one, **{ONE: "20"})
        one.station.put({ONE: 10})
        one.station.document["station"] = {**one.station.document["station"], "settings_version": 2}
        await one.until(lambda: "Changed elsewhere to 10 A meanwhile" in one.text)
        await one.press("f2")
        await one.until(lambda: isinstance(one.app.screen, Staged))
        assert "1 setting was changed elsewhere meanwhile" in one.text
        await one.press("escape")
        assert one.station.values.get("energy_management.outlets.derated_current", 1) == 10
        await one.press("ctrl+z")
        assert one.app.session.draft.texts == {}
        assert "Changed elsewhere" not in one.text


async def test_a_value_that_arrived_meanwhile_is_checked_against_new_bounds(tmp_path: Path) -> None:
    """R-153: the set point ends at the derated current, also where that was changed elsewhere."""
    setpoint = "energy_management.outlets.1.load_shedding_setpoint"
    async with desk(tmp_path) as one:
        await _stage(one, **{setpoint: "30"})
        assert one.app.session.draft.problems == {}
        one.station.put({ONE: 16})
        await one.app.session.reload()
        assert one.app.session.draft.problems[setpoint].en == "0 to 16 A"


async def test_a_notice_comes_in_the_language_of_the_session(tmp_path: Path) -> None:
    """Issue: in French sessions, with the names of the form in place of keys."""
    async with desk(tmp_path, lang="fr") as one:
        await _stage(one, **{"charge_history.publication.field_separator": "comma"})
        await one.press("f2")
        await one.until(lambda: "champs et décimales sont séparés par une virgule" in " ".join(one.text.split()))


async def test_a_secret_in_the_list_is_only_set_or_not(tmp_path: Path) -> None:
    path = "charge_history.publication.smtp_password"
    async with desk(tmp_path) as one:
        one.station.put({"charge_history.publication.smtp_authentication": True, path: "geheim"})
        await one.app.session.reload()
        await one.open("charge_history.publication")
        one.main.query_one(f"#{field_id(path)}").focus()
        await one.press("delete")
        assert "will be cleared" in one.text
        await one.press("f3")
        assert _rows(one)[0].split()[-2:] == ["set", "cleared"]
        await one.press("f2")
        await one.until(lambda: one.station.version == 3)
        assert one.station.values.get(path) == ""
        await one.until(lambda: "not set" in one.text)


async def test_the_list_follows_what_is_changed_elsewhere(tmp_path: Path) -> None:
    """What becomes the station's own value is staged no longer; the last one closes the list."""
    async with desk(tmp_path) as one:
        await one.open("energy_management.outlets")
        draft = one.app.session.draft
        draft.stage("energy_management.outlets.1.derated_current", "20")
        draft.stage("energy_management.outlets.2.derated_current", "16")
        await one.press("f3")
        await one.until(lambda: "2 changes" in one.text)
        one.station.put({"energy_management.outlets.1.derated_current": 20})
        one.station.document["station"]["settings_version"] = one.station.version
        await one.until(lambda: "1 change staged" in one.text)
        one.station.put({"energy_management.outlets.2.derated_current": 16})
        one.station.document["station"]["settings_version"] = one.station.version
        await one.until(lambda: one.app.screen is one.app.main)
