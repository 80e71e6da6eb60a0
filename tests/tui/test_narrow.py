"""A screen of 60 by 20: everything is there, whole or with a mark where it goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.screen import Screen
from textual.widget import Widget

from tests.tui.bench import Desk, desk
from tests.tui.test_tabs import EVERY
from tui.screens.dialogs import Ask, Confirm, Page
from tui.screens.jump import Jump
from tui.screens.palette import Palette

SIZE = (60, 20)


def outside(one: Desk) -> list[Widget]:
    """Widgets of the screen on top that stick out of it."""
    width, height = one.app.size
    found = []
    for widget in one.app.screen.query("*"):
        scrolled = any(type(parent).__name__ in ("Rows", "VerticalScroll") for parent in widget.ancestors)
        region = widget.region
        if widget.display and (region.right > width or (region.bottom > height and not scrolled)):
            found.append(widget)
    return found


def on_top(one: Desk, kind: type[Screen[Any]]) -> bool:
    """Whether a dialog of a kind is open."""
    return isinstance(one.app.screen, kind)


@pytest.mark.parametrize("lang", ["en", "fr"])
async def test_every_pane_fits(tmp_path: Path, lang: str) -> None:
    async with desk(tmp_path, lang=lang, size=SIZE) as one:
        for subtab in EVERY:
            await one.open(subtab)
            assert outside(one) == [], f"{subtab}\n{one.text}"
            assert "F10" in one.text.splitlines()[0]
            assert one.text.splitlines()[-1].startswith(" F1 "), one.text


@pytest.mark.parametrize("lang", ["en", "fr"])
async def test_every_dialog_fits(tmp_path: Path, lang: str) -> None:
    async with desk(tmp_path, lang=lang, size=SIZE) as one:
        for subtab in EVERY:
            await one.open(subtab)
            await one.press("f1")
            assert on_top(one, Page)
            assert outside(one) == [], one.text
            await one.press("escape")
        over: dict[str, type[Screen[Any]]] = {"ctrl+p": Palette, "ctrl+o": Jump, "f7": Page}
        for key, screen in over.items():
            await one.press(key)
            assert on_top(one, screen)
            assert outside(one) == [], one.text
            await one.press("escape")
        for name, kind in (("restart", Confirm), ("reset", Ask)):
            await one.open("maintenance.control")
            one.main.query_one(f"#{name}").focus()
            await one.press("enter")
            assert on_top(one, kind)
            assert outside(one) == [], one.text
            await one.press("escape")


@pytest.mark.parametrize(
    ("lang", "tabs"),
    [
        ("en", ("Config", "Energy", "Badges", "History", "Maint.", "Ext.")),
        ("fr", ("Config", "Énergie", "Badges", "Historique", "Maint.", "Ext.")),
    ],
)
async def test_all_tabs_have_room_by_short_names(tmp_path: Path, lang: str, tabs: tuple[str, ...]) -> None:
    async with desk(tmp_path, lang=lang, size=SIZE) as one:
        row = one.text.splitlines()[4]
        assert row.split() == list(tabs) or row.split()[1::2] == list(tabs), row
        header = one.text.splitlines()[0]
        assert "F10 Exit" in header or "F10 Quitter" in header
        assert "F6 FR" in header or "F6 EN" in header


async def test_the_last_tab_comes_into_sight(tmp_path: Path) -> None:
    """Narrower still the bar of tabs scrolls, and marks the side where there is more."""
    async with desk(tmp_path, lang="fr", size=(40, 20)) as one:
        await one.open("configuration.general")
        row = one.text.splitlines()[4]
        assert "Config" in row
        assert row.endswith("›")
        await one.open("extension")
        row = one.text.splitlines()[4]
        assert "Ext." in row
        assert row.startswith("‹")


async def test_a_text_longer_than_its_field_has_a_mark(tmp_path: Path) -> None:
    async with desk(tmp_path, size=SIZE) as one:
        one.station.put({"configuration.general.station_type": "supervision"})
        one.station.put({"configuration.supervision.supervision_url": "wss://csms.example/" + "x" * 60 + "/end"})
        await one.app.session.reload()
        await one.open("configuration.supervision")
        row = next(row for row in one.text.splitlines() if "Supervision URL" in row)
        assert row.rstrip(" ▁▂▃▄▅▆▇█").endswith("…"), row  # the scroll bar stands after it
        one.main.pane.focus_setting("configuration.supervision.supervision_url")  # type: ignore[union-attr]
        await one.press("end")
        row = next(row for row in one.text.splitlines() if "Supervision URL" in row)
        assert "…x" in row, row
        assert "/end" in row, row
