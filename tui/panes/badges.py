"""Authentication: the badges of the station, and all that may be done with them (R-172 to R-187)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

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
from tui.panes.badges_list import BadgeList, Work
from tui.panes.base import Pane
from tui.session import REFUSED
from tui.widgets.fields import Press
from tui.widgets.listing import Listing


class BadgesPane(Pane):
    """The list with its filter and pages, a row of it under edit, and the buttons for all that may be done with it."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("badges")
    DEFAULT_CSS = """
    BadgesPane { layers: base edit; }
    BadgesPane > .line { height: 1; width: 1fr; padding-left: 1; layout: horizontal; }
    """

    def __init__(self, subtab: str) -> None:
        super().__init__(subtab)
        self._held: dict[str, str] = {}

    def compose(self) -> ComposeResult:
        """List, buttons."""
        yield BadgeList(self.terminal, self._ask)
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
        self._ask(self.fetch)

    def focus_first(self, typing: bool = True) -> bool:
        """The list comes first: in it, keys are keys."""
        self._list.listing.focus()
        return True

    # In the other language the pane is another one: what was selected, typed and edited goes there.

    def hold(self) -> dict[str, str]:
        """Page, filter, selection and the row that is edited."""
        held = self._list.hold()
        for row in self.query(EditRow):
            held |= {"editing": row.uid, **row.changes}
        return held

    def resume(self, held: Mapping[str, str]) -> None:
        """Take what the other pane held."""
        self._list.resume(held)
        self._held = dict(held)
        self._ask(self.fetch)

    @property
    def _list(self) -> BadgeList:
        return self.query_one(BadgeList)

    @property
    def _edited(self) -> EditRow | None:
        found = self.query(EditRow)
        return found.first() if found else None

    async def fetch(self) -> None:
        """Fetch the page and show it; a row that is being edited stays so."""
        if not await self._list.fetch():
            return
        if held := self._held:
            self._held = {}
            self._list.listing.move(int(held.get("cursor", "0")))
            if held.get("editing") and (badge := self._list.present) and badge["uid"] == held["editing"]:
                self.call_after_refresh(self._resume_edit, badge, held)

    async def _resume_edit(self, badge: Badge, held: Mapping[str, str]) -> None:
        await self._begin_edit()
        if (row := self._edited) is not None:
            row.put(held.get("type", str(badge["type"])), held.get("comment", str(badge["comment"])))

    # Selection: keys that are the list's

    def _listed(self) -> None:
        """Skip a key that is the list's where the focus is elsewhere."""
        if self.screen.focused is not self._list.listing:
            raise SkipAction

    def action_mark(self) -> None:
        """Select the badge at hand, and go to the next."""
        self._listed()
        self._list.mark_on()

    def action_mark_page(self) -> None:
        """Select all badges of the page, or none where all are."""
        self._list.mark_page()

    def action_mark_all(self) -> None:
        """Select all badges that the filter lets through, or none."""
        self._ask(self._list.mark_all)

    # Edit in place

    def on_listing_chosen(self, event: Listing.Chosen) -> None:
        """Enter edits."""
        event.stop()
        self._ask(self._begin_edit)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in the comment saves."""
        event.stop()
        self._ask(self._save)

    def _editing(self, on: bool) -> None:
        self._list.held = on
        for name in ("save", "cancel"):
            self.query_one(f"#{name}").display = on
        for name in ("add", "edit", "delete", "type", "capture"):
            self.query(f"#{name}").set(display=not on)
        for name in ("badges", "filter", "previous", "next", "delete_all", "export", "import"):
            self.query_one(f"#{name}").disabled = on

    async def _begin_edit(self) -> None:
        badge, listing = self._list.present, self._list.listing
        if badge is None or self._edited is not None:
            return
        listing.leftmost()
        row = EditRow(self.terminal.lang, badge, self._list.widths)
        row.styles.offset = (0, listing.row_y(listing.cursor))
        await self.mount(row)
        self._editing(True)
        row.query_one("#edit_comment").focus()
        self.terminal.banner(self.say("badges.editing", out=self.terminal.key("badges.out")))

    async def _end_edit(self) -> None:
        if (row := self._edited) is not None:
            self._editing(False)
            self._list.listing.focus()
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
        work: dict[str, Work] = {
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
            "previous": lambda: self._list.turn(-1),
            "next": lambda: self._list.turn(1),
        }
        self._ask(work[str(event.button.id)])

    def _ask(self, work: Work) -> None:
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
        self._list.filter.focus()

    async def action_out(self) -> None:
        """One step out: of the edit, of the filter, of the selection."""
        if self._edited is not None:
            await self._end_edit()
        elif self._list.query_text or self.screen.focused is self._list.filter:
            self._list.filter.value = ""
            self._list.listing.focus()
        elif self._list.marked:
            self._list.unmark()
        else:
            raise SkipAction

    def action_turn(self, direction: int) -> None:
        """The next or the previous page."""
        self._free()
        if self._list.several:
            self._ask(lambda: self._list.turn(direction))

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
            self._list.marked.clear()
            await self._list.restart()

    async def _type(self) -> None:
        uids = self._list.chosen
        if uids:
            now = "" if self._list.marked else badges_orders.type_of(self._list.present)
            await self._told(await badges_orders.retype(self.terminal, uids, now))

    async def _delete(self) -> None:
        uids = self._list.chosen
        if uids:
            await self._gone(await badges_orders.remove(self.terminal, uids, bool(self._list.marked)))

    async def _delete_all(self) -> None:
        await self._gone(await badges_orders.remove_all(self.terminal))

    async def _gone(self, sentence: str) -> None:
        if sentence:
            self._list.marked.clear()
        await self._told(sentence)
