"""Every screen on every station, in both languages, sizes and kinds of terminal, with all that conditions read."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from tests.tui.matrix import ACCESS, STATIONS, WIFI, beside, combinations_of, facts_of, open_subtabs, rounds
from tests.tui.test_matrix import SIZES
from tests.tui.walk import walk

pytestmark = pytest.mark.soak

EVERY = [
    (station, access, wifi)
    for station, access, wifi in product(STATIONS, ACCESS, WIFI)
    if not wifi or station.startswith("wallbox")
]


@pytest.mark.parametrize("plain", [False, True], ids=["colour", "plain"])
@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40"])
@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("admin", [True, False], ids=["admin", "user"])
@pytest.mark.parametrize(("station", "access", "wifi"), EVERY)
async def test_every_screen_of_every_station(
    tmp_path: Path, station: str, access: str, wifi: bool, admin: bool, lang: str, size: tuple[int, int], plain: bool
) -> None:
    """R-009, R-048 to R-054: fields, rights, labels and buttons are the manual's, and none of it is cut off."""
    facts = facts_of(station, access, wifi)
    made = beside(combinations_of(), facts)
    assert len(made) == len(rounds())
    async with walk(tmp_path, facts, admin=admin, lang=lang, size=size, plain=plain) as one:
        for values, only in made:
            await one.check(values, only)
        assert set(one.seen) == {sub.id for values, _ in made for sub in open_subtabs(facts, values, admin)}
