"""Every screen on every station, held against a table taken by hand from the manual (R-009, R-048 to R-054).

The declarations are held against the table in all combinations; the screens in every pair of them, and in all of them
under `make soak` (tests/soak/test_terminal_matrix.py).
"""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest

from evlink.settings.model import Right, Role, Scope
from evlink.settings.registry import ACTIONS, MANUAL, TABS, find
from evlink.settings.values import Values
from evlink.settings.view import open_tabs
from tests.tui.bench import desk
from tests.tui.matrix import (
    ACCESS,
    CHOICES,
    LABELS,
    STATIONS,
    TABLE,
    WIFI,
    Cell,
    cells,
    facts_of,
    for_facts,
    holds,
    open_subtabs,
    pairwise,
    plan,
    read,
    rounds,
)
from tests.tui.walk import BUTTONS, walk
from tui.widgets.bars import Note
from tui.widgets.fields import TextField
from tui.widgets.lines import Lines

SIZES = ((80, 24), (120, 40))
SCREENS: dict[str, tuple[Any, ...]] = {
    "station": STATIONS,
    "access": ACCESS,
    "wifi": WIFI,
    "admin": (True, False),
    "lang": ("en", "fr"),
    "size": SIZES,
    "plain": (False, True),
}
PAIRS = pairwise(SCREENS)
PLANS = plan(PAIRS)


def test_the_table_has_what_the_manual_counts() -> None:
    """129 settings on 16 sub-tabs and tabs without any, 29 buttons; all with labels."""
    assert sum(len(sub.fields) for sub in TABLE) == 129
    assert len(TABLE) == 16
    assert len(BUTTONS) == 29
    assert {field.key for sub in TABLE for field in sub.fields} < set(LABELS)


def test_a_line_that_says_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="station_name"):
        read("[configuration.general] Admin User\nstation_name PCW rx -")


def test_labels_are_the_manuals() -> None:
    """Both languages, settings and tabs; N-24 gives the names of sub-tabs."""
    declared = {one.key: one.label for one in MANUAL} | {tab.id: tab.label for tab in TABS if tab.id != "extension"}
    assert {key: (label.text("en"), label.text("fr")) for key, label in declared.items()} == LABELS


def test_order_models_scopes_and_rights_are_the_manuals() -> None:
    """R-048, R-051."""
    words = {Right.NONE: "-", Right.READ: "r", Right.WRITE: "rw"}
    scopes = {Scope.STATION: "", Scope.OUTLET: "outlet", Scope.BADGE: "badge"}
    declared = [
        (one.key, one.models, words[one.right(Role.ADMIN)], words[one.right(Role.USER)], scopes[one.scope])
        for one in MANUAL
    ]
    table = [(one.key, one.models, one.admin, one.user, one.per) for sub in TABLE for one in sub.fields]
    order = [sub.id for sub in TABLE]  # the product's list has the badges before the publication, as the table
    assert sorted(declared) == sorted(table, key=lambda one: one[0])
    for sub in order:
        keys = [one.key for one in MANUAL if one.tab.id == sub]
        assert keys == [one.key for found in TABLE if found.id == sub for one in found.fields], sub


def test_buttons_are_the_manuals() -> None:
    assert [(one.id, one.tab, one.user) for one in ACTIONS] == [(one.action, one.subtab, one.user) for one in BUTTONS]
    assert all(one.admin for one in ACTIONS)


@pytest.mark.parametrize(("station", "access", "wifi"), list(product(STATIONS, ACCESS, WIFI)))
def test_conditions_are_the_manuals(station: str, access: str, wifi: bool) -> None:
    """Every sub-tab and field is shown and open exactly where the table says, over all values that conditions read."""
    facts = facts_of(station, access, wifi)
    for chosen in rounds():
        values = Values(facts).with_changes(for_facts(chosen, facts))
        for admin in (True, False):
            role = Role.ADMIN if admin else Role.USER
            tabs = [tab.id for parent in ("", *{tab.parent for tab in TABS}) for tab in open_tabs(role, values, parent)]
            expected = open_subtabs(facts, chosen, admin)
            assert {sub.id for sub in expected} == {sub.id for sub in TABLE} & set(tabs)
            for sub in expected:
                declared = [
                    Cell(path, setting.right(role) is Right.WRITE and values.open(setting, outlet))
                    for setting in MANUAL
                    if setting.tab.id == sub.id and setting.right(role) is not Right.NONE
                    for outlet in (facts.outlets if setting.scope is Scope.OUTLET else (None,))
                    for path in (setting.path(outlet),)
                    if values.shown(setting, outlet)
                ]
                assert declared == cells(sub, facts, chosen, admin), (sub.id, chosen)


def test_rounds_have_every_value_and_every_combination_of_a_sub_tab() -> None:
    """The rounds are what the conditions are held on: nothing is left out of them."""
    made = rounds()
    for key, values in CHOICES.items():
        assert {one[key] for one in made} == set(values), key
        assert find(key) is not None
    types = {
        (one["configuration.general.station_type"], one["configuration.general.authentication_by"]) for one in made
    }
    assert len(types) == 6
    meter = "energy_management.meters.{}.{}"
    for outlet in (1, 2):
        pairs = {(one[meter.format(outlet, "meter_type")], one[meter.format(outlet, "protocol")]) for one in made}
        assert len(pairs) == 10


def test_a_condition_of_the_table_can_fail() -> None:
    facts = facts_of("parking 1", "reader", False)
    assert not holds("two outlets", "configuration.network", facts, {})
    values: dict[str, str | bool] = {"charge_history.publication.protocol": "ftp"}
    assert not holds("protocol is smtp", "charge_history.publication", facts, values)
    assert holds("protocol is not smtp", "charge_history.publication", facts, values)


def test_pairs_are_all_there() -> None:
    small = pairwise({"a": (1, 2, 3), "b": "xy", "c": (True, False)})
    assert len(small) <= 8
    assert {(row["a"], row["b"]) for row in small} == set(product((1, 2, 3), "xy"))
    assert {(row["b"], row["c"]) for row in small} == set(product("xy", (True, False)))


@pytest.mark.parametrize("at", range(len(PAIRS)))
async def test_every_screen_has_what_the_manual_says(tmp_path: Path, at: int) -> None:
    """Every sub-tab is reached; its fields, rights, labels and buttons are the table's, and none of it is cut off."""
    row = PAIRS[at]
    facts = facts_of(str(row["station"]), str(row["access"]), bool(row["wifi"]))
    how: dict[str, Any] = {name: row[name] for name in ("admin", "lang", "size", "plain")}
    async with walk(tmp_path, facts, **how) as one:
        for values, only in PLANS[at]:
            await one.check(values, only)
        assert set(one.seen) >= {sub.id for sub in open_subtabs(facts, PLANS[at][0][0], one.admin)}


@pytest.mark.parametrize("size", [*SIZES, (60, 20), (200, 60)])
@pytest.mark.parametrize("lang", ["en", "fr"])
async def test_a_page_is_read_to_its_end(tmp_path: Path, lang: str, size: tuple[int, int]) -> None:
    """The help of a sub-tab, longer than any screen here: whatever the size, its last line comes into sight."""
    async with desk(tmp_path, lang=lang, size=size) as one:
        await one.open("energy_management.outlets")
        await one.press("f1")
        page = one.app.screen.query_one("#page", Lines)
        hint = one.app.screen.query_one("#hint", Note)
        first, last = (page.text.splitlines()[at].strip() for at in (0, -1))
        assert first in one.text
        await one.press("end")
        shown = one.text.splitlines()[page.region.y : page.region.bottom]
        assert last in shown[-1], one.text
        assert page.region.bottom <= hint.region.y
        assert one.app.close_hint in one.text.splitlines()[hint.region.y], one.text


async def test_an_empty_field_keeps_its_line_under_the_cursor(tmp_path: Path) -> None:
    """Where a text is to be typed is seen also while the cursor stands there."""
    async with desk(tmp_path, account="") as one:
        field = next(iter(one.app.screen.query(TextField)))
        field.focus()
        await one.settle()
        cells = [segment.style for segment in field.render_line(0) for _ in segment.text]
        assert len(cells) == field.size.width
        assert all(style is not None and style.underline for style in cells)
