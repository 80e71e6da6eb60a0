"""The badge list on the screen: one page, the filter that narrows it, and what is selected (R-172, R-184, R-185)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input

from tui.panes import badges_files
from tui.panes.badges_edit import Badge
from tui.panes.badges_pages import PAGE, Pages
from tui.panes.badges_selection import Selection
from tui.panes.badges_table import badge_table
from tui.widgets.bars import Note
from tui.widgets.fields import Edited, Press, TextField
from tui.widgets.listing import Listing

if TYPE_CHECKING:
    from tui.app import Terminal

_PAUSE_S = 0.15  # of typing, before the station is asked

Work = Callable[[], Awaitable[Any]]


class BadgeList(Widget):
    """List, filter and pages. `ask` runs calls to the station; while `held` the page stays as it is."""

    DEFAULT_CSS = """
    BadgeList { height: 1fr; width: 1fr; layout: vertical; }
    BadgeList .line { height: 1; width: 1fr; padding-left: 1; layout: horizontal; }
    BadgeList #filter_label { width: 8; height: 1; }
    BadgeList #filter { width: 20; }
    BadgeList #count { width: 1fr; height: 1; }
    """

    def __init__(self, terminal: Terminal, ask: Callable[[Work], None]) -> None:
        super().__init__()
        self._terminal = terminal
        self._ask = ask
        self._pages = Pages()
        self._typed = 0
        self.marked = Selection()
        self.widths: tuple[int, ...] = ()
        self.held = False

    def compose(self) -> ComposeResult:
        """List, and below it filter, count and pages."""
        say = self._terminal.say
        yield Listing(name="badges", fixed=1)
        with Horizontal(classes="line"):
            label = Note(name="filter_label")
            label.say(say("badges.filter"))
            yield label
            yield TextField(max_length=50, name="filter")
            yield Note(name="count")
            yield Press(say("badges.previous"), name="previous")
            yield Press(say("badges.next"), name="next")

    def on_mount(self) -> None:
        """One page until the station says more."""
        self._offer_pages()

    def _offer_pages(self) -> None:
        for name in ("previous", "next"):
            self.query_one(f"#{name}").display = self.several

    @property
    def listing(self) -> Listing:
        """The lines, with their cursor."""
        return self.query_one(Listing)

    @property
    def filter(self) -> TextField:
        """The field that narrows the list."""
        return self.query_one("#filter", TextField)

    @property
    def query_text(self) -> str:
        """What the list is narrowed to."""
        return self.filter.value.strip()

    @property
    def several(self) -> bool:
        """Whether there is more than one page."""
        return self._pages.number > 1

    @property
    def present(self) -> Badge | None:
        """The badge at hand."""
        at, badges = self.listing.cursor, self._pages.badges
        return badges[at] if at < len(badges) else None

    @property
    def chosen(self) -> list[str]:
        """The uids selected, else that of the badge at hand."""
        badge = self.present
        return list(self.marked) or ([str(badge["uid"])] if badge is not None else [])

    def hold(self) -> dict[str, str]:
        """Page, filter, selection and cursor, for the pane in the other language."""
        return {
            "page": str(self._pages.at),
            "filter": self.query_text,
            "marked": " ".join(self.marked),
            "cursor": str(self.listing.cursor),
        }

    def resume(self, held: Mapping[str, str]) -> None:
        """Take what another list held; the cursor can follow once the page is there."""
        self._pages.at = int(held.get("page", "0"))
        self.marked = Selection(held.get("marked", "").split())
        self.filter.put(held.get("filter", ""))

    async def fetch(self) -> bool:
        """Fetch the page and show it, unless it is held or gone meanwhile."""
        badges = await self._pages.fetch(self._terminal.session, self.query_text)
        if not self.is_attached or self.held:
            return False
        self._pages.badges = badges
        self.show()
        return True

    def show(self) -> None:
        """Show page and count as they stand."""
        say = self._terminal.say
        self.widths, lines = badge_table(self._terminal.lang, self._pages.badges, self.marked)
        self.listing.show_table(self.widths, lines)
        self._offer_pages()
        pages = self._pages
        if not pages.total:
            text = say("badges.none_found" if self.query_text else "badges.none")
        else:
            word = "badges.found" if self.query_text else "badges.page"
            text = say(word, page=pages.at + 1, pages=pages.number, n=pages.total)
        if self.marked:
            text += say("badges.marked", n=len(self.marked))
        self.query_one("#count", Note).say(text)

    # Filter and pages

    def on_edited(self, event: Edited) -> None:
        """Typing in the filter narrows the list."""
        event.stop()
        self._typed += 1
        self._ask(lambda number=self._typed: self._narrow(number))  # type: ignore[misc]

    async def _narrow(self, number: int) -> None:
        await asyncio.sleep(_PAUSE_S)
        if number == self._typed and self.is_attached:
            await self.restart()

    async def restart(self) -> None:
        """Show the first page, from its first badge."""
        self._pages.at = 0
        self.listing.move(0)
        await self.fetch()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in the filter goes to the list."""
        event.stop()
        self.listing.focus()

    def on_listing_beyond(self, event: Listing.Beyond) -> None:
        """Past the end of a page comes the next one."""
        event.stop()
        if self._pages.there(event.direction):
            self._ask(lambda: self.turn(event.direction, event.direction < 0))

    async def turn(self, direction: int, last: bool = False) -> None:
        """Show the page after or before, from its first badge or its last."""
        self._pages.turn(direction)
        await self.fetch()
        self.listing.move(PAGE if last else 0)

    # Selection

    def on_listing_pointed(self, event: Listing.Pointed) -> None:
        """A click on the first column selects; on its head, the page."""
        event.stop()
        if event.column == 0 and event.row < 0:
            self.mark_page()
        elif event.column == 0:
            self._mark(event.row)

    def _mark(self, row: int) -> None:
        if row < len(self._pages.badges):
            self.marked.turn(str(self._pages.badges[row]["uid"]))
            self.show()

    def mark_on(self) -> None:
        """Select the badge at hand, and go to the next."""
        self._mark(self.listing.cursor)
        self.listing.move(self.listing.cursor + 1)

    def mark_page(self) -> None:
        """Select all badges of the page, or none where all are."""
        self.marked.turn_all(str(badge["uid"]) for badge in self._pages.badges)
        self.show()

    async def mark_all(self) -> None:
        """Select all badges that the filter lets through, or none."""
        if len(self.marked) >= self._pages.total:
            self.marked.clear()
        else:
            found = await badges_files.all_badges(self._terminal, self.query_text)
            self._terminal.banner("")
            self.marked.add(str(badge["uid"]) for badge in found)
        self.show()

    def unmark(self) -> None:
        """Select none."""
        self.marked.clear()
        self.show()
