"""Help on the field at hand, on every sub-tab and on the keys; and the manual, which says the same at length."""

from __future__ import annotations

from pathlib import Path

import pytest

from evlink.settings.model import Right, Role
from evlink.settings.registry import MANUAL, SETTINGS
from evlink.settings.tabs import TABS
from tests.tui.bench import desk
from tools.manual import manual
from tui.fieldhelp import condition_text, facts
from tui.helptexts import HELP
from tui.keys import Keymap
from tui.keytable import KEYS
from tui.screens.dialogs import Page
from tui.screens.help import field_lines, help_lines, key_lines
from tui.widgets.lines import Line
from tui.words import say


def plain(lines: list[Line]) -> str:
    """Lines as one text, in single blanks."""
    return " ".join(" ".join("".join(span.text for span in line) for line in lines).split())


async def test_help_begins_with_the_field_at_hand(tmp_path: Path) -> None:
    """R-044: what it is, its range on this station, factory value, rights, key, `.cfg` key."""
    async with desk(tmp_path) as one:
        await one.open("energy_management.outlets")
        one.main.pane.focus_setting("energy_management.outlets.2.derated_current")  # type: ignore[union-attr]
        await one.press("f1")
        for text in (
            "Derated rated charging current, Outlet 2",
            "The most that the outlet may deliver.",
            "Allowed           0 to 32 A",
            "Takes effect      when saved",
            "Admin reads and writes, User hidden",
            "energy_management.outlets.derated_current",
            "[ENERGY] maxIntensitySocket",
        ):
            assert text in one.text, one.text


async def test_a_staged_field_tells_the_stations_value(tmp_path: Path) -> None:
    async with desk(tmp_path, lang="fr") as one:
        await one.open("energy_management.advanced")
        await one.press("right", "f1")
        assert "Valeur de la borne" in one.text
        assert "Activée" in one.text


async def test_from_the_tabs_help_is_on_the_field_left(tmp_path: Path) -> None:
    """A vt220 without F1: Escape, then `?`."""
    async with desk(tmp_path) as one:
        await one.open("configuration.general")
        one.main.pane.focus_setting("configuration.general.station_name")  # type: ignore[union-attr]
        await one.press("escape", "question_mark")
        assert isinstance(one.app.screen, Page)
        assert "1 to 30 characters" in one.text


@pytest.mark.parametrize("lang", ["en", "fr"])
async def test_every_field_explains_itself(tmp_path: Path, lang: str) -> None:
    """Each setting that this account sees: name, note, and no fact without words."""
    async with desk(tmp_path, lang=lang) as one:
        session = one.app.session
        for row in session.draft.rows.values():
            if row.setting.tab.id == "internal":
                continue
            text = plain(field_lines(session, row))
            assert row.setting.label.text(lang) in text
            assert row.setting.note.text(lang)
            assert " ".join(row.setting.note.text(lang).split()) in text
            assert row.setting.key in text.replace(" ", "")


@pytest.mark.parametrize("lang", ["en", "fr"])
async def test_help_fits_its_page(tmp_path: Path, lang: str) -> None:
    """No line is wider than the page, at 60 columns as at 80."""
    async with desk(tmp_path, lang=lang) as one:
        session = one.app.session
        for width in (50, 70):
            for tab in TABS:
                for line in help_lines(session, tab, width):
                    shown = "".join(span.text for span in line).rstrip()
                    assert len(shown) <= width or " " not in shown.strip(), shown


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_the_keys_are_listed_as_they_are(lang: str) -> None:
    text = plain(key_lines(lang, Keymap({"main.save": ("f12",)}), 6))
    assert "F12" in text
    assert "F2," not in text
    for key in KEYS:
        if key.offered and key.id not in ("main.previous", "main.next"):
            assert key.help.text(lang) in text, key.id


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_every_sub_tab_has_its_help(lang: str) -> None:
    """R-044; only the card's own tab and the tabs above sub-tabs go without."""
    parents = {tab.parent for tab in TABS}
    for tab in TABS:
        if tab.id not in parents and tab.id != "configuration.wifi":
            assert HELP[tab.id][lang == "fr"]


def test_conditions_are_told_in_names(tmp_path: Path) -> None:
    """Neither keys nor ids: settings and choices by what the screens call them."""
    for setting in SETTINGS.values():
        for lang in ("en", "fr"):
            for condition in (setting.visible, setting.editable):
                text = condition_text(condition, lang)
                assert not any(key in text for key in condition.keys())  # noqa: SIM118  # no mapping


def test_facts_tell_the_effective_right() -> None:
    """R-051: the lesser of the tab's and the setting's."""
    for setting in MANUAL:
        told = dict(facts(setting, "en"))["Rights"]
        word = {Right.NONE: "hidden", Right.READ: "reads", Right.WRITE: "reads and writes"}
        assert told == f"Admin {word[setting.right(Role.ADMIN)]}, User {word[setting.right(Role.USER)]}"


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_the_manual_has_everything_in_order(lang: str) -> None:
    """Every tab, every setting under its own, every key."""
    text = manual(lang)
    at = 0
    for tab in TABS:
        found = text.find(f"{'###' if tab.parent else '##'} {tab.label.text(lang)}\n", at)
        assert found > at, tab.id
        at = found
    for setting in MANUAL:
        assert f"`{setting.key}`" in text
        if setting.warning:
            assert f"> **{setting.warning.text(lang)}**" in text
    for key in KEYS:
        assert f"`{key.id}`" in text or key.twin
    assert say(lang, "fact.allowed") in text
