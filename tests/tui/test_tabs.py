"""Tabs by account and station (R-039, R-049 to R-054), their keys, and the frame at 80x24 in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from evlink.settings.facts import Facts, Model
from tests.tui.bench import Desk, desk
from tests.tui.station_stub import Station

ADMIN_TABS = {
    "configuration": ["general", "date_time", "network"],
    "energy_management": ["advanced", "outlets", "meters"],
    "authentication": [],
    "charge_history": ["history", "publication"],
    "maintenance": ["status", "report", "control", "password", "update"],
    "extension": [],
}
USER_TABS = {
    "configuration": ["general", "date_time"],
    "authentication": [],
    "charge_history": ["history", "publication"],
    "maintenance": ["status", "report", "control", "password"],
}


def _tree(one: Desk) -> dict[str, list[str]]:
    session = one.app.session
    return {
        tab.id: [child.id.rpartition(".")[2] for child in session.subtabs(tab.id) if child.parent]
        for tab in session.tabs()
    }


@pytest.mark.parametrize(("account", "tree"), [("chef", ADMIN_TABS), ("utilisateur", USER_TABS)])
async def test_tabs_of_an_account(tmp_path: Path, account: str, tree: dict[str, list[str]]) -> None:
    """R-049; R-052: a User sees no Energy management."""
    async with desk(tmp_path, account=account) as one:
        assert _tree(one) == tree
        assert ("Energy" in one.text) is (account == "chef")


async def test_supervision_comes_with_the_station_type(tmp_path: Path) -> None:
    """R-053; at once with the staged choice."""
    async with desk(tmp_path) as one:
        await one.open("configuration.general")
        assert "supervision" not in _tree(one)["configuration"]
        await one.press("down", "down", "right")
        assert "supervision" in _tree(one)["configuration"]
        assert "Supervision" in one.text.splitlines()[5]


async def test_wifi_only_with_its_card(tmp_path: Path) -> None:
    """R-054."""
    facts = Facts(model=Model.WALLBOX, outlet_count=1, has_wifi_card=True)
    async with desk(tmp_path, station=Station(facts=facts)) as one:
        assert "wifi" in _tree(one)["configuration"]
        assert "supervision" not in _tree(one)["configuration"]


async def test_digits_and_brackets_go_round(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await one.press("1")
        assert one.main.subtab == "configuration.general"
        one.main.query_one("#header").focus()
        await one.press("right_square_bracket")
        assert one.main.subtab == "configuration.date_time"
        one.main.query_one("#header").focus()
        await one.press("left_square_bracket", "left_square_bracket")
        assert one.main.subtab in ("extension", "configuration.general")


async def test_the_tabs_are_reached_by_tab_and_arrows(tmp_path: Path) -> None:
    """No mouse is needed."""
    async with desk(tmp_path) as one:
        one.main.query_one("#header").focus()
        await one.press("tab", "left")
        assert one.main.subtab == "charge_history.history"
        await one.press("tab", "right")
        assert one.main.subtab == "charge_history.publication"
        await one.press("enter")
        assert one.main.focused is not None
        assert one.main.pane in one.main.focused.ancestors


EVERY = [f"{tab}.{sub}" for tab, subs in ADMIN_TABS.items() for sub in subs] + ["authentication", "extension"]


@pytest.mark.parametrize("lang", ["en", "fr"])
async def test_every_pane_fits_80_by_24(tmp_path: Path, lang: str) -> None:
    """The frame stands whole around each pane, and no name in it is cut."""
    async with desk(tmp_path, lang=lang) as one:
        for subtab in [*EVERY, "configuration.supervision"]:
            if subtab == "configuration.supervision":
                one.station.put({"configuration.general.station_type": "supervision"})
                await one.app.session.reload()
            await one.open(subtab)
            rows = one.text.splitlines()
            assert len(rows) == 24, subtab
            assert rows[0].startswith(" evlink"), subtab
            assert "F10" in rows[0], subtab
            assert "FG 16302 07 002 003" in rows[1], subtab
            assert rows[2].startswith(" 1 ●"), subtab
            assert rows[3].startswith(" 2 ○"), subtab
            assert "Configuration" in rows[4], subtab
            assert "Extensions" in rows[4], subtab
            assert rows[23].startswith(" F1 "), subtab
            names = "\n".join(rows[:21]).replace("/addressi…", "")  # a value longer than its field
            assert "…" not in names, f"{subtab}\n{one.text}"


async def test_language_in_the_header_keeps_what_is_staged(tmp_path: Path) -> None:
    """R-038."""
    async with desk(tmp_path) as one:
        await one.open("energy_management.advanced")
        await one.press("right")
        assert "1 change staged" in one.text
        await one.press("f6")
        await one.until(lambda: "1 modification en attente" in one.text)
        assert "Equilibrage des charges" in one.text
        assert one.app.session.draft.staged == {"energy_management.advanced.load_balancing": "disabled"}


async def test_help_and_about(tmp_path: Path) -> None:
    """R-038, R-044."""
    async with desk(tmp_path, lang="fr") as one:
        await one.open("energy_management.outlets")
        await one.press("f1")
        assert "Aide : Prises" in one.text
        assert "Courants et entrées de chaque prise" in one.text
        await one.press("escape", "f7")
        assert "FG 16302 07 002 003" in one.text
        assert "Numéro de série" in one.text
        await one.press("escape")
        assert one.main.subtab == "energy_management.outlets"


async def test_the_palette_finds_a_setting(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await one.press("ctrl+p")
        await one.type("derated")
        await one.press("enter")
        await one.until(lambda: one.app.screen is not None and len(one.app.screen_stack) == 2)
        await one.settle()
        assert one.main.subtab == "energy_management.outlets"
        assert one.main.focused is not None
        assert one.main.focused.id == "f-energy_management-outlets-1-derated_current"


@pytest.mark.parametrize("key", ["f10", "q"])
async def test_leaving_asks_only_where_something_is_staged(tmp_path: Path, key: str) -> None:
    async with desk(tmp_path) as one:
        await one.open("energy_management.advanced")
        await one.press("right")
        await one.press(key)
        assert "Leave with 1 unsaved change?" in one.text
        await one.press("escape")
        assert one.app.is_running
        await one.press("ctrl+z", key)
        assert not one.app._running or one.app._exit


async def test_q_in_a_field_is_a_letter(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await one.open("configuration.general")
        one.main.pane.focus_setting("configuration.general.station_name")  # type: ignore[union-attr]
        await one.press("end", "q", "1", "o", "slash")
        assert one.main.subtab == "configuration.general"
        assert one.app.session.draft.texts["configuration.general.station_name"].endswith("q1o/")


async def test_header_and_lengths_of_logout(tmp_path: Path) -> None:
    """R-020: log out gives the role back and shows the login."""
    async with desk(tmp_path) as one:
        await one.press("f8")
        await one.until(lambda: "Log in" in one.text)
        assert [link.role for link in one.station.links] == ["none"]
