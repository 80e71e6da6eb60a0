"""The search: any setting, sub-tab or action by either language's name or by its key; only what the account may see."""

from __future__ import annotations

from pathlib import Path

import pytest

from evlink.settings.model import Right, Role
from evlink.settings.registry import ACTIONS, MANUAL
from tests.tui.bench import Desk, desk
from tui.keys import Keymap
from tui.keytable import KEYS
from tui.screens.dialogs import Confirm
from tui.screens.files import FileDialog
from tui.screens.palette import Palette, Place, find, fold, places
from tui.widgets.fields import Press


def every(one: Desk) -> list[Place]:
    """What the search finds."""
    return places(one.app.session, Keymap({}))


def best(one: Desk, query: str) -> Place:
    """What stands first."""
    return find(every(one), query, one.app.lang)[0]


@pytest.mark.parametrize("lang", ["en", "fr"])
async def test_all_that_an_admin_sees_is_found_by_every_name(tmp_path: Path, lang: str) -> None:
    """Each setting by its English name, its French name and its key; so each action and sub-tab."""
    async with desk(tmp_path, lang=lang) as one:
        found = every(one)
        settings = {place.path for place in found if place.path}
        subtabs = {place.subtab for place in found}
        for row in one.app.session.draft.rows.values():
            if one.app.session.draft.visible(row) and row.outlet in (None, 1) and row.setting.tab.id in subtabs:
                assert row.path in settings, row.path
                for query in (row.setting.label.en, row.setting.label.fr, row.setting.key, row.path):
                    assert row.path in {place.path for place in find(found, query, lang)}, query
        for action in ACTIONS:
            if action.tab in {place.subtab for place in found}:
                hits = [place for place in find(found, action.label.text(lang), lang) if place.press == action.id]
                assert hits, action.id
        for key in KEYS:
            assert any(place.deed == key.id for place in find(found, key.name.fr, lang)) is key.offered, key.id


async def test_a_user_finds_only_what_it_may_see(tmp_path: Path) -> None:
    """R-048 to R-052: no setting without a right, no action, no tab."""
    async with desk(tmp_path, account="utilisateur") as one:
        found = every(one)
        assert not [place for place in found if place.subtab.startswith(("energy_management", "extension"))]
        forbidden = {setting.key for setting in MANUAL if setting.right(Role.USER) is Right.NONE}
        assert not [place for place in found if place.path in forbidden]
        presses = {place.press for place in found}
        assert not [action.id for action in ACTIONS if not action.user and action.id in presses]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("derated", "Derated rated charging current"),
        ("DÉCLASSÉ", "Derated rated charging current"),
        ("declasse", "Derated rated charging current"),
        ("cur der", "Derated rated charging current"),
        ("drcc", "Derated rated charging current"),
        ("deratde", "Derated rated charging current"),
        ("time zone", "Time zone"),
        ("timezone", "Time zone"),
        ("stat", "Status"),
        ("équilibrage", "Load balancing"),
        ("reset", "Reset"),
        ("reinit", "Reset"),
        ("mot de passe", "Password"),
    ],
)
async def test_what_comes_first(tmp_path: Path, query: str, name: str) -> None:
    """Whole words before parts, names before keys; accents, capitals and the order of words don't count."""
    async with desk(tmp_path) as one:
        assert best(one, query).name("en") == name


async def test_what_is_near_only_counts_where_nothing_fits(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        found = find(every(one), "network", "en")
        assert all("network" in fold(f"{p.name('en')} {p.name('fr')} {p.key} {p.where}") for p in found)
        assert find(every(one), "xyzzy", "en") == []


async def test_nothing_is_said_to_be_called_so(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await one.press("slash")
        await one.type("xyzzy")
        assert "Nothing is called so." in one.text
        await one.press("enter")
        assert isinstance(one.app.screen, Palette)


async def test_it_shows_where_a_thing_is_and_its_other_names(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await one.press("ctrl+p")
        await one.type("derated")
        row = next(row for row in one.text.splitlines() if "Derated rated" in row)
        assert "Energy › Outlets" in row
        assert "Courant nominal de charge déclassé · " in one.text
        assert "energy_management.outlets.derated_current" in one.text


async def test_enter_goes_to_the_field(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await one.press("ctrl+p")
        await one.type("derated")
        await one.press("enter")
        await one.until(lambda: one.app.focused is not None and "derated_current" in str(one.app.focused.id))
        assert one.main.subtab == "energy_management.outlets"


async def test_enter_goes_to_the_button(tmp_path: Path) -> None:
    """The button has the focus and isn't pressed."""
    async with desk(tmp_path, lang="fr") as one:
        await one.press("ctrl+p")
        await one.type("reinit")
        await one.press("enter")
        await one.until(lambda: isinstance(one.app.focused, Press) and one.main.subtab == "maintenance.control")
        assert isinstance(one.app.focused, Press)
        assert one.app.focused.id == "reset"
        assert one.station.resets == 0


async def test_an_action_is_run(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await one.open("energy_management.advanced")
        await one.press("right", "ctrl+p")
        await one.type("log out")
        await one.press("enter")
        await one.until(lambda: isinstance(one.app.screen, Confirm))


async def test_a_hidden_setting_says_when_it_is_shown(tmp_path: Path) -> None:
    """R-052: found, but not on its form until its condition holds."""
    async with desk(tmp_path) as one:
        assert best(one, "http server").hidden == "“Protocol” = HTTP"
        await one.press("ctrl+p")
        await one.type("http server")
        assert "(hidden)" in one.text
        await one.press("enter")
        await one.until(lambda: "is hidden now; shown where" in one.text)
        assert one.main.subtab == "charge_history.publication"


async def test_the_cursor_moves_while_one_types(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await one.press("slash", "down", "down", "enter")
        await one.until(lambda: one.main.subtab == "configuration.network")


async def test_import_opens_its_dialog_and_a_probe_is_found(tmp_path: Path) -> None:
    """A button that only opens a dialog is pressed; one that acts waits for Enter in focus."""
    async with desk(tmp_path, lang="fr") as one:
        await one.press("ctrl+p")
        await one.type("import")
        await one.press("enter")
        await one.until(lambda: isinstance(one.app.screen, FileDialog))
        await one.press("escape")
        await one.press("ctrl+p")
        await one.type("probe")
        await one.press("enter")
        await one.until(lambda: one.main.subtab == "energy_management.meters")
        await one.until(lambda: isinstance(one.main.focused, Press) and one.main.focused.id == "probe-1")
