"""The search: every sub-tab, setting and action that this account may see, by its name in either language or key."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Input

from evlink.settings.label import Label
from evlink.settings.model import Right, Role
from evlink.settings.registry import ACTIONS
from evlink.settings.registry import find as setting
from tui.clean import clean
from tui.fieldhelp import condition_text
from tui.keys import Keymap, bindings
from tui.keytable import KEYS
from tui.screens.base import QuietDialog
from tui.screens.header import names
from tui.session import Session
from tui.widgets.bars import Note
from tui.widgets.fields import Edited, TextField
from tui.widgets.lines import Line, Span, fit
from tui.widgets.listing import Listing
from tui.words import LANGUAGES, say

METERS = "energy_management.meters"
PROBE = "probe"
_ROWS = 12
_NEAR = 0.78  # how alike a mistyped word must be


@dataclass(frozen=True, slots=True)
class Place:
    """Something that the search finds.

    `subtab` is opened, `path` is the setting to give the focus to, `press` the button; `deed` is an action of
    `tui.keys` to run. `hidden` tells why the setting is not on its form now.
    """

    label: Label
    where: str
    subtab: str = ""
    path: str = ""
    press: str = ""
    deed: str = ""
    hidden: str = ""

    def name(self, lang: str) -> str:
        """What it is called."""
        return self.label.text(lang)

    @property
    def key(self) -> str:
        """The key by which it is found too; without the number of an outlet."""
        found = setting(self.path) if self.path else None
        return found.setting.key if found is not None else self.deed or self.subtab


def places(session: Session, keymap: Keymap) -> list[Place]:
    """All that this account may go to now: sub-tabs, then actions, then settings, each in the manual's order."""
    lang = session.lang
    tabs: list[Place] = []
    deeds: list[Place] = []
    rows: list[Place] = []
    for tab in session.tabs():
        for child in session.subtabs(tab.id):
            above = names(tab, lang)[-1] if child.parent else ""
            title = f"{above} › {names(child, lang)[-1]}" if above else child.label.text(lang)
            tabs.append(Place(child.label, above, subtab=child.id))
            deeds += [
                Place(action.label, title, subtab=child.id, press=action.id)
                for action in ACTIONS
                if action.tab == child.id and action.right(session.role) is Right.WRITE
            ]
            deeds += [
                Place(
                    Label(*(say(one, "meters.probe", outlet=outlet) for one in LANGUAGES)), title, child.id, press=PROBE
                )
                for outlet in (session.facts.outlets if child.id == METERS and session.role is Role.ADMIN else ())
            ]
            rows += _settings(session, child.id, title)
    keys = [
        Place(key.name, f"{say(lang, 'palette.action')}  {keymap.shown(key.id, lang)}", deed=key.id)
        for key in KEYS
        if key.offered
    ]
    return [*tabs, *keys, *deeds, *rows]


def _settings(session: Session, subtab: str, title: str) -> list[Place]:
    draft, lang = session.draft, session.lang
    found: dict[str, Place] = {}
    for row in draft.rows.values():
        own = row.setting
        if own.tab.id != subtab or session.facts.model not in own.models or not own.right(session.role):
            continue
        if draft.visible(row):
            if own.key not in found or found[own.key].hidden:
                found[own.key] = Place(own.label, title, subtab=subtab, path=row.path)
        elif own.key not in found:
            when = condition_text(own.visible, lang)
            found[own.key] = Place(own.label, title, subtab=subtab, path=row.path, hidden=when)
    return list(found.values())


def find(every: Sequence[Place], query: str, lang: str) -> list[Place]:
    """The places that all words of a query fit, the best first, else in the manual's order.

    A word fits where a name in either language begins with it, a word of it does, or it stands inside, or a part of
    the key does. Only where nothing fits so do initials count, and mistyped words.
    """
    words = fold(query).split()
    if not words:
        return list(every)
    for forgiving in (False, True):
        ranked = []
        for at, place in enumerate(every):
            costs = [_cost(place, word, lang, forgiving) for word in words]
            if None not in costs:
                ranked.append((sum(cost for cost in costs if cost is not None), bool(place.hidden), at))
        if ranked:
            return [every[at] for _, _, at in sorted(ranked)]
    return []


def fold(text: str) -> str:
    """A text without accents and capitals, words parted by single blanks: `Équilibrage` is found as `equil`."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))
    return " ".join("".join(char for char in plain if not unicodedata.combining(char)).split())


def _cost(place: Place, word: str, lang: str, forgiving: bool) -> int | None:
    """How far a word is from a place, 0 the nearest; None where it doesn't fit."""
    other = "en" if lang == "fr" else "fr"
    costs = []
    for extra, name in ((0, fold(place.name(lang))), (1, fold(place.name(other)))):
        if name.startswith(word):
            costs.append(extra)
        elif any(part.strip("()").startswith(word) for part in name.replace("-", " ").split()):
            costs.append(2 + extra)
        elif word in name:
            costs.append(4 + extra)
        elif forgiving and (_initials(word, name) or _near(word, name)):
            costs.append(10 + extra)
    if word in place.key or word in place.path or word in fold(place.where):
        costs.append(7)
    return min(costs, default=None)


def _initials(word: str, name: str) -> bool:
    """Whether a word is made of beginnings of a name's words, in order: `drc` or `decour` for derated ... current."""
    parts = name.split()

    def fits(rest: str, at: int) -> bool:
        if not rest:
            return True
        for here in range(at, len(parts)):
            for size in (size for size in range(len(rest), 0, -1) if parts[here].startswith(rest[:size])):
                if fits(rest[size:], here + 1):
                    return True
        return False

    return fits(word, 0)


def _near(word: str, name: str) -> bool:
    return len(word) > 3 and any(SequenceMatcher(None, word, part).ratio() >= _NEAR for part in name.split())


class Palette(QuietDialog[Place | None]):
    """A line to type a name on, and under it what is called so; None when left with Escape."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("palette")

    def __init__(self, every: Sequence[Place]) -> None:
        super().__init__()
        self._every = list(every)
        self._found: list[Place] = []

    def compose(self) -> ComposeResult:
        """Title, search, list, and the other names of what is under the cursor."""
        with Vertical(classes="dialog wide palette"):
            title = Note(name="question")
            title.say(self.terminal.say("palette.title"))
            yield title
            yield TextField(placeholder=self.terminal.say("palette.hint"), name="search")
            listing = Listing(header=0, name="options")
            listing.styles.height = min(_ROWS, self.app.size.height - 10)
            listing.can_focus = False
            yield listing
            yield Note(name="hint")

    def on_mount(self) -> None:
        """Ready to type."""
        self.query_one("#search").focus()
        self._narrow("")

    def on_resize(self) -> None:
        """Draw the list in the width that it has now."""
        self._narrow(self.query_one("#search", TextField).value)

    def on_edited(self, event: Edited) -> None:
        """Find."""
        event.stop()
        self._narrow(event.text)

    def _narrow(self, text: str) -> None:
        lang = self.terminal.lang
        self._found = find(self._every, text, lang)
        listing = self.query_one(Listing)
        listing.cursor = listing.top = 0
        width = max(20, listing.size.width)
        listing.show_table([width], [self._line(place, width) for place in self._found])
        listing.refresh()
        self._tell()

    def _line(self, place: Place, width: int) -> Line:
        """A name, and at the right where it is."""
        where, name = clean(place.where), place.name(self.terminal.lang)
        if place.hidden:
            name = f"{name} ({self.terminal.say('palette.hidden')})"
        room = min(cell_len(where), width // 2)
        return (
            Span(" " + fit(name, width - room - 3), "dim" if place.hidden else ""),
            Span(" " + fit(where, room), "dim"),
            Span(" "),
        )

    def _tell(self) -> None:
        """Say the other language's name and the key of what is under the cursor."""
        at, hint = self.query_one(Listing).cursor, self.query_one("#hint", Note)
        if at >= len(self._found):
            hint.say(self.terminal.say("palette.none"))
            return
        place = self._found[at]
        other = place.name("en" if self.terminal.lang == "fr" else "fr")
        hint.say(" · ".join((other, place.key)))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter takes what the cursor is on."""
        event.stop()
        self._take()

    def on_listing_moved(self) -> None:
        """The hint follows the cursor."""
        self._tell()

    def on_listing_chosen(self) -> None:
        """Take what was clicked twice."""
        self._take()

    def _take(self) -> None:
        at = self.query_one(Listing).cursor
        if at < len(self._found):
            self.dismiss(self._found[at])

    def action_list(self, rows: int) -> None:
        """Move the cursor by rows; the focus stays in the search."""
        listing = self.query_one(Listing)
        listing.move(listing.cursor + rows)

    def action_give_up(self) -> None:
        """Nothing chosen."""
        self.dismiss(None)
