"""Authentication: the badges of the station, in pages, with selection, filter and edit in place (R-172 to R-187)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar

from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Input

from evlink.client import CallError, TooLong
from tui import saving
from tui.clean import clean
from tui.keys import bindings
from tui.panes import badges_files, badges_orders
from tui.panes.badges_capture import CaptureDialog
from tui.panes.badges_edit import Badge, EditRow
from tui.panes.badges_pages import PAGE, Pages
from tui.panes.badges_selection import Selection
from tui.panes.badges_table import badge_table
from tui.panes.base import Pane
from tui.session import REFUSED
from tui.widgets.bars import Note
from tui.widgets.fields import Edited, Press, TextField
from tui.widgets.listing import Listing

_PAUSE_S = 0.15  # of typing, before the station is asked


class BadgesPane(Pane):
    """The list, its filter and pages, and the buttons for all that may be done with it."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("badges")
    DEFAULT_CSS = """
    BadgesPane { layers: base edit; }
    BadgesPane .line { height: 1; width: 1fr; padding-left: 1; layout: horizontal; }
    BadgesPane #filter_label { width: 8; height: 1; }
    BadgesPane #filter { width: 20; }
    BadgesPane #count { width: 1fr; height: 1; }
    """

    def __init__(self, subtab: str) -> None:
        super().__init__(subtab)
        self._pages = Pages()
        self._marked = Selection()
        self._typed = 0
        self._widths: tuple[int, ...] = ()
        self._held: dict[str, str] = {}

    def compose(self) -> ComposeResult:
        """List, pages, buttons."""
        yield Listing(name="badges", fixed=1)
        with Horizontal(classes="line"):
            label = Note(name="filter_label")
            label.say(self.say("badges.filter"))
            yield label
            yield TextField(max_length=50, name="filter")
            yield Note(name="count")
            yield Press(self.say("badges.previous"), name="previous")
            yield Press(self.say("badges.next"), name="next")
        with Horizontal(classes="line"):
            yield Press(self.say("badges.add"), name="add")
            yield Press(self.say("badges.edit"), name="edit")
            yield Press(self.say("key.save"), name="save")
            yield Press(self.say("badges.delete"), name="delete")
            yield Press(self.say("cancel"), name="cancel")
            yield Press(self.say("badges.change_type"), name="type")
            if self._captures:
                yield Press(self.say("capture"), name="capture")
        with Horizontal(classes="line"):
            yield Press(self.say("badges.delete_all"), name="delete_all")
            yield Press(self.say("export"), name="export")
            yield Press(self.say("import"), name="import")

    @property
    def _captures(self) -> bool:
        session = self.terminal.session
        return session.facts.has_rfid_reader

    def keys(self) -> list[tuple[str, str]]:
        """Keys of the list."""
        key = self.terminal.key
        return [
            (key("listing.choose"), self.say("badges.edit")),
            (key("badges.mark"), self.say("badges.mark")),
            (key("badges.delete"), self.say("badges.delete")),
            (key("badges.filter"), self.say("badges.filter")),
            (key("badges.add"), self.say("badges.add")),
        ]

    def on_mount(self) -> None:
        """Fetch the first page."""
        self._editing(False)
        self.query_one("#previous").display = self.query_one("#next").display = False
        self._ask(self.fetch)

    def focus_first(self, typing: bool = True) -> bool:
        """The list comes first: in it, keys are keys."""
        self.query_one("#badges").focus()
        return True

    # In the other language the pane is another one: what was selected, typed and edited goes there.

    def hold(self) -> dict[str, str]:
        """Page, filter, selection and the row that is edited."""
        held = {"page": str(self._pages.at), "filter": self._query, "marked": " ".join(self._marked)}
        held["cursor"] = str(self.query_one(Listing).cursor)
        for row in self.query(EditRow):
            held |= {"editing": row.uid, **row.changes}
        return held

    def resume(self, held: Mapping[str, str]) -> None:
        """Take what the other pane held."""
        self._pages.at = int(held.get("page", "0"))
        self._marked = Selection(held.get("marked", "").split())
        self.query_one("#filter", TextField).put(held.get("filter", ""))
        self._held = dict(held)
        self._ask(self.fetch)

    # The list

    @property
    def _query(self) -> str:
        return self.query_one("#filter", TextField).value.strip()

    @property
    def _edited(self) -> EditRow | None:
        found = self.query(EditRow)
        return found.first() if found else None

    async def fetch(self) -> None:
        """Fetch the page and show it; a row that is being edited stays so."""
        badges = await self._pages.fetch(self.terminal.session, self._query)
        if not self.is_attached or self._edited is not None:
            return
        self._pages.badges = badges
        self._show()
        if held := self._held:
            self._held = {}
            listing = self.query_one(Listing)
            listing.move(int(held.get("cursor", "0")))
            if held.get("editing") and (badge := self._present()) and badge["uid"] == held["editing"]:
                self.call_after_refresh(self._resume_edit, badge, held)

    async def _resume_edit(self, badge: Badge, held: Mapping[str, str]) -> None:
        await self._begin_edit()
        if (row := self._edited) is not None:
            row.put(held.get("type", str(badge["type"])), held.get("comment", str(badge["comment"])))

    def _show(self) -> None:
        """Show page, count and buttons as they stand."""
        lang = self.terminal.lang
        self._widths, lines = badge_table(lang, self._pages.badges, self._marked)
        self.query_one(Listing).show_table(self._widths, lines)
        pages = self._pages
        self.query_one("#previous").display = self.query_one("#next").display = pages.number > 1
        if not pages.total:
            text = self.say("badges.none_found" if self._query else "badges.none")
        else:
            word = "badges.found" if self._query else "badges.page"
            text = self.say(word, page=pages.at + 1, pages=pages.number, n=pages.total)
        if self._marked:
            text += self.say("badges.marked", n=len(self._marked))
        self.query_one("#count", Note).say(text)

    def _present(self) -> Badge | None:
        at, badges = self.query_one(Listing).cursor, self._pages.badges
        return badges[at] if at < len(badges) else None

    def _chosen(self) -> list[str]:
        """The uids selected, else that of the badge at hand."""
        badge = self._present()
        return list(self._marked) or ([str(badge["uid"])] if badge is not None else [])

    def on_edited(self, event: Edited) -> None:
        """Typing in the filter narrows the list."""
        event.stop()
        if event.field.id == "filter":
            self._typed += 1
            self._ask(lambda number=self._typed: self._narrow(number))  # type: ignore[misc]

    async def _narrow(self, number: int) -> None:
        await asyncio.sleep(_PAUSE_S)
        if number == self._typed and self.is_attached:
            self._pages.at = 0
            self.query_one(Listing).move(0)
            await self.fetch()

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in the filter goes to the list, in a comment it saves."""
        event.stop()
        if event.input.id == "filter":
            self.query_one(Listing).focus()
        else:
            self._ask(self._save)

    def on_listing_beyond(self, event: Listing.Beyond) -> None:
        """Past the end of a page comes the next one."""
        event.stop()
        if self._pages.there(event.direction):
            self._ask(lambda: self._turn(event.direction, event.direction < 0))

    async def _turn(self, direction: int, last: bool = False) -> None:
        self._pages.turn(direction)
        await self.fetch()
        self.query_one(Listing).move(PAGE if last else 0)

    # Selection

    def on_listing_pointed(self, event: Listing.Pointed) -> None:
        """A click on the first column selects; on its head, the page."""
        event.stop()
        if event.column == 0 and event.row < 0:
            self.action_mark_page()
        elif event.column == 0:
            self._mark(event.row)

    def _mark(self, row: int) -> None:
        if row < len(self._pages.badges):
            self._marked.turn(str(self._pages.badges[row]["uid"]))
            self._show()

    def _listed(self) -> None:
        """Skip a key that is the list's where the focus is elsewhere."""
        if self.screen.focused is not self.query_one(Listing):
            raise SkipAction

    def action_mark(self) -> None:
        """Select the badge at hand, and go to the next."""
        self._listed()
        listing = self.query_one(Listing)
        self._mark(listing.cursor)
        listing.move(listing.cursor + 1)

    def action_mark_page(self) -> None:
        """Select all badges of the page, or none where all are."""
        self._marked.turn_all(str(badge["uid"]) for badge in self._pages.badges)
        self._show()

    def action_mark_all(self) -> None:
        """Select all badges that the filter lets through, or none."""
        self._ask(self._mark_all)

    async def _mark_all(self) -> None:
        if len(self._marked) >= self._pages.total:
            self._marked.clear()
        else:
            found = await badges_files.all_badges(self.terminal, self._query)
            self.terminal.banner("")
            self._marked.add(str(badge["uid"]) for badge in found)
        self._show()

    # Edit in place

    def on_listing_chosen(self, event: Listing.Chosen) -> None:
        """Enter edits."""
        event.stop()
        self._ask(self._begin_edit)

    def _editing(self, on: bool) -> None:
        for name in ("save", "cancel"):
            self.query_one(f"#{name}").display = on
        for name in ("add", "edit", "delete", "type", "capture"):
            self.query(f"#{name}").set(display=not on)
        for name in ("badges", "filter", "previous", "next", "delete_all", "export", "import"):
            self.query_one(f"#{name}").disabled = on

    async def _begin_edit(self) -> None:
        badge, listing = self._present(), self.query_one(Listing)
        if badge is None or self._edited is not None:
            return
        listing.leftmost()
        row = EditRow(self.terminal.lang, badge, self._widths)
        row.styles.offset = (0, listing.row_y(listing.cursor))
        await self.mount(row)
        self._editing(True)
        row.query_one("#edit_comment").focus()
        self.terminal.banner(self.say("badges.editing", out=self.terminal.key("badges.out")))

    async def _end_edit(self) -> None:
        if (row := self._edited) is not None:
            self._editing(False)
            self.query_one(Listing).focus()
            await row.remove()
            self.terminal.banner("")

    async def _save(self) -> None:
        row = self._edited
        if row is None:
            return
        changes = row.changes
        if changes:
            await self.terminal.session.call("badges.edit", uids=[row.uid], **changes)
        await self._end_edit()
        if changes:
            await self.fetch()
            self.terminal.banner(self.say("badges.changed", uid=clean(row.uid)), "good")

    # What the buttons and keys do

    def on_press_pressed(self, event: Press.Pressed) -> None:
        """Do what the button says."""
        event.stop()
        work: dict[str, Callable[[], Awaitable[Any]]] = {
            "add": self._add,
            "edit": self._begin_edit,
            "save": self._save,
            "cancel": self._end_edit,
            "delete": self._delete,
            "delete_all": self._delete_all,
            "type": self._type,
            "capture": self._capture,
            "export": lambda: badges_files.export(self.terminal),
            "import": self._import,
            "previous": lambda: self._turn(-1),
            "next": lambda: self._turn(1),
        }
        self._ask(work[str(event.button.id)])

    def _ask(self, work: Callable[[], Awaitable[Any]]) -> None:
        """Do something with the station; what it refuses is told in the language of the screens."""

        async def told() -> None:
            try:
                await work()
            except CallError as error:
                if error.code == REFUSED and not error.data.get("fr"):
                    raise
                self.terminal.banner(self.say("badges.refused", why=saving.refusal(error, self.terminal.lang)), "bad")
            except TooLong as error:
                self.terminal.banner(self.say("badges.refused", why=clean(error)), "bad")

        self.terminal.ask(told)

    def _free(self) -> None:
        """Skip a key that has to wait until an edit is over."""
        if self._edited is not None:
            raise SkipAction

    def action_filter(self) -> None:
        """Type a part of what is looked for."""
        self._free()
        self.query_one("#filter").focus()

    async def action_out(self) -> None:
        """One step out: of the edit, of the filter, of the selection."""
        if self._edited is not None:
            await self._end_edit()
        elif self._query or self.screen.focused is self.query_one("#filter"):
            self.query_one("#filter", TextField).value = ""
            self.query_one(Listing).focus()
        elif self._marked:
            self._marked.clear()
            self._show()
        else:
            raise SkipAction

    def action_turn(self, direction: int) -> None:
        """The next or the previous page."""
        self._free()
        if self._pages.number > 1:
            self._ask(lambda: self._turn(direction))

    def action_add(self) -> None:
        """Add a badge by typing."""
        self._free()
        self._ask(self._add)

    def action_delete(self) -> None:
        """Delete what is selected, else the badge at hand."""
        self._listed()
        self._ask(self._delete)

    def action_type(self) -> None:
        """Change the type of what is selected, else of the badge at hand."""
        self._listed()
        self._ask(self._type)

    def action_capture(self) -> None:
        """Badges by reader."""
        self._free()
        if self._captures:
            self._ask(self._capture)

    async def _add(self) -> None:
        await self._told(await badges_orders.add(self.terminal))

    async def _told(self, sentence: str) -> None:
        """Show the list as it is after an order, and what came of it."""
        if sentence:
            await self.fetch()
            self.terminal.banner(sentence, "good")

    async def _capture(self) -> None:
        if await self.terminal.push_screen_wait(CaptureDialog()):
            await self.fetch()

    async def _import(self) -> None:
        if await badges_files.bring(self.terminal):
            self._marked.clear()
            self._pages.at = 0
            await self.fetch()

    async def _type(self) -> None:
        uids = self._chosen()
        if uids:
            now = "" if self._marked else badges_orders.type_of(self._present())
            await self._told(await badges_orders.retype(self.terminal, uids, now))

    async def _delete(self) -> None:
        uids = self._chosen()
        if uids:
            await self._gone(await badges_orders.remove(self.terminal, uids, bool(self._marked)))

    async def _delete_all(self) -> None:
        await self._gone(await badges_orders.remove_all(self.terminal))

    async def _gone(self, sentence: str) -> None:
        if sentence:
            self._marked.clear()
        await self._told(sentence)
