"""One snapshot a pane: text and attributes in colour and plain, in both languages, to be read in review.

`make snapshots` writes them anew. They belong to the Textual of the lock file, and to the stub's clock and data.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from difflib import unified_diff
from importlib.metadata import version
from pathlib import Path

import pytest
from rich.style import Style

from evlink.settings.facts import Facts, Model
from tests.tui.bench import Desk, desk
from tests.tui.station_stub import Station
from tests.tui.test_tabs import EVERY
from tests.tui.walk import Walk
from tui.letters import Letters

FOLDER = Path(__file__).parent / "snapshots"
LOCK = Path(__file__).parents[2] / "requirements/station.lock"
SUPERVISION, WIFI = "configuration.supervision", "configuration.wifi"
TERMINALS = [["login"], [*EVERY], [SUPERVISION], [WIFI]]
"""The panes that are shown one after the other on one terminal."""
PANES = [pane for panes in TERMINALS for pane in panes]
_ATTRIBUTES = ("bold", "dim", "italic", "underline", "reverse", "strike")


def words(style: Style | None) -> str:
    """A style in words, "" where it is the terminal's own."""
    if style is None:
        return ""
    found = [name for name in _ATTRIBUTES if getattr(style, name)]
    for colour, form in ((style.color, "{}"), (style.bgcolor, "on {}")):
        if colour is not None and not colour.is_default:
            found.append(form.format(colour.name))
    return " ".join(found)


def runs(one: Desk) -> Iterator[tuple[int, str, str]]:
    """Row, style in words and text of every run of cells that isn't plain; blanks only where one sees them."""
    for y, strip in enumerate(one.app.screen._compositor.render_strips()):
        before, text = "", ""
        for segment in [*strip, None]:
            style = "" if segment is None else words(segment.style)
            if style != before or segment is None:
                if before and (text.strip() or re.search(r"reverse|underline|on ", before)):
                    yield y, before, text
                before, text = style, ""
            text += "" if segment is None else segment.text


def dump(one: Desk) -> tuple[list[str], list[str]]:
    """The screen's rows as the terminal gets them, and its runs a line each."""
    table = Letters(one.app.profile.charset, one.app.profile.plain)
    text = [row.translate(table) for row in one.text.split("\n")]
    styled = [f'{y:>2} {style} "{run.rstrip()}"'.translate(table) for y, style, run in runs(one)]
    return text, styled


def station_of(pane: str) -> Station:
    """The stub station on which a pane is shown."""
    if pane == WIFI:
        facts = Facts(model=Model.WALLBOX, outlet_count=1, has_wifi_card=True, has_rfid_reader=False, has_key_lock=True)
        return Station(facts=facts)
    station = Station()
    if pane == SUPERVISION:
        station.put({"configuration.general.station_type": "supervision"})
    return station


async def drawn(folder: Path, panes: Sequence[str], lang: str, plain: bool) -> dict[str, tuple[list[str], list[str]]]:
    """Panes on one terminal, one after the other, dumped."""
    folder.mkdir(parents=True)
    station = station_of(panes[0])
    found = {}
    async with desk(folder, "" if panes[0] == "login" else "chef", lang, station=station, plain=plain) as one:
        for pane in panes:
            if pane != "login":
                await one.main.open(pane, focus=True)
                await Walk(one, station.facts, True).drawn(pane)
            await one.settle()
            found[pane] = dump(one)
    return found


async def snapshots(folder: Path, panes: Sequence[str], lang: str) -> dict[str, str]:
    """What the files of panes say."""
    colour = await drawn(folder / "colour", panes, lang, False)
    plain = await drawn(folder / "plain", panes, lang, True)
    return {pane: _text(pane, lang, colour[pane], plain[pane]) for pane in panes}


Dump = tuple[list[str], list[str]]


def _text(pane: str, lang: str, colour: Dump, plain: Dump) -> str:
    text, styled = colour
    plain_text, plain_styled = plain
    other = [f"{y:>2} {row}".rstrip() for y, row in enumerate(plain_text) if row != text[y]]
    parts = {
        f"{pane}, {lang}, 80x24": text,
        "colour": styled,
        "plain: rows that differ": other,
        "plain: attributes": plain_styled,
    }
    return "\n".join("\n".join([f"--- {title}", *rows]) for title, rows in parts.items()) + "\n"


def test_the_textual_is_that_of_the_lock() -> None:
    """Another Textual may draw otherwise; then the snapshots are renewed together with the lock."""
    pinned = re.search(r"^textual==(\S+)", LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    assert pinned is not None
    assert version("textual") == pinned[1]


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("panes", TERMINALS, ids=lambda panes: f"{panes[0]}-{len(panes)}")
async def test_the_panes_are_as_they_were_reviewed(tmp_path: Path, panes: list[str], lang: str) -> None:
    different: list[str] = []
    for pane, now in (await snapshots(tmp_path, panes, lang)).items():
        path = FOLDER / f"{pane}.{lang}.txt"
        if os.environ.get("SNAPSHOTS") == "write":
            path.write_text(now, encoding="utf-8")
        reviewed = path.read_text(encoding="utf-8") if path.exists() else ""
        different += unified_diff(reviewed.splitlines(), now.splitlines(), path.name, "now", n=0, lineterm="")
    assert different == [], "look, then `make snapshots`:\n" + "\n".join(different)


def test_every_file_belongs_to_a_pane() -> None:
    expected = {f"{pane}.{lang}.txt" for pane in PANES for lang in ("en", "fr")}
    assert {path.name for path in FOLDER.iterdir()} == expected
