"""The main screen: header, station box, tabs, and below them the one pane that is open."""

from __future__ import annotations

from collections.abc import Mapping
from time import monotonic
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.events import DescendantFocus

from evlink.settings.model import Role
from tui import saving
from tui.draft import Row
from tui.keys import bindings
from tui.panes import pane_for
from tui.panes.base import STAGED, Pane
from tui.panes.row import field_id
from tui.screens import going, leaving
from tui.screens.base import QuietScreen
from tui.screens.dialogs import Page
from tui.screens.header import header_items, names, tab_items, who
from tui.screens.help import about_lines, help_lines
from tui.screens.jump import Jump
from tui.screens.offers import offered_keys, pane_keys
from tui.widgets.bars import Bar, Keys, Note
from tui.widgets.box import StationBox

HOME = "maintenance.status"
READ_S = 8.0
_PASSING = ("good", "bad")
"""Tones of sentences about something that is over, done or refused."""


class MainScreen(QuietScreen[None]):
    """The frame around the panes. It knows which sub-tab is open; a pane knows what is on it."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("main")

    def __init__(self) -> None:
        super().__init__()
        self.subtab = HOME
        self._opened = False
        self._gone = ""
        self._field = ""
        self._told = 0.0

    def compose(self) -> ComposeResult:
        """The frame; the pane comes when it is opened."""
        yield Bar(right=True, name="header")
        yield StationBox(name="box")
        yield Bar(follow=True, name="tabs")
        yield Bar(follow=True, name="subtabs")
        yield Container(id="pane")
        yield Note(name="banner")
        yield Keys(name="keys")

    async def on_mount(self) -> None:
        """Open the home page: the live status."""
        await self.reword()

    @property
    def pane(self) -> Pane | None:
        """The pane that is open."""
        return self.query_one("#pane").query(Pane).first() if self.query("#pane Pane") else None

    async def reword(self) -> None:
        """Draw everything in the language of the screens; the open sub-tab stays open, what is staged staged."""
        self._frame()
        before, held = self.pane, self.focused
        typed = {} if before is None else before.hold()
        inside = held is not None and before is not None and before in held.ancestors
        await self.open(self.subtab, focus=False)
        pane = self.pane
        if pane is None:
            return
        pane.resume(typed)
        if inside and held is not None and held.id and (found := pane.query(f"#{held.id}")):
            found.first().focus()
        elif held is None or inside:
            self._focus_pane(pane, typing=False)

    def _frame(self) -> None:
        app = self.terminal
        session = app.session
        self._header()
        box = self.query_one(StationBox)
        box.styles.height = 1 + session.facts.outlet_count
        box.follow(session, session.snapshot, session.client is not None)
        self._bars()

    def _header(self) -> None:
        app = self.terminal
        items = header_items(app.lang, app.keymap, bool(app.session.draft.texts))
        # Under a dialog only what works there is offered.
        over = app.screen is not self and not isinstance(app.screen, Jump)
        self.query_one("#header", Bar).show(items[-1:] if over else items, lead=f" evlink  {who(app.session)}")

    def _bars(self) -> None:
        """Show the tabs and sub-tabs that this account sees now."""
        session, lang = self.terminal.session, self.terminal.lang
        top = self.subtab.partition(".")[0]
        self.query_one("#tabs", Bar).show(tab_items(session.tabs(), lang), top)
        children = [(tab.id, names(tab, lang)) for tab in session.subtabs(top) if tab.parent]
        self.query_one("#subtabs", Bar).show(children, self.subtab, lead=" ")
        self.query_one("#subtabs", Bar).can_focus = len(children) > 1

    async def open(self, subtab: str, focus: bool, typing: bool = False) -> None:
        """Open a sub-tab; with `focus` the first field of its pane takes the focus.

        A text field takes it only with `typing`: else digits and brackets, which go on to other tabs, would be text.
        """
        self.subtab = subtab
        self._bars()
        holder = self.query_one("#pane", Container)
        pane = pane_for(subtab)
        with self.app.batch_update():
            await holder.remove_children()
            await holder.mount(pane)
        self.query_one(Keys).show(pane_keys(pane))
        self._opened = True
        self.tell_staged()
        if focus:
            self._focus_pane(pane, typing)

    def _focus_pane(self, pane: Pane, typing: bool) -> None:
        if not pane.focus_first(typing):
            subtabs = self.query_one("#subtabs", Bar)
            (subtabs if subtabs.can_focus else self.query_one("#tabs", Bar)).focus()

    def on_screen_suspend(self) -> None:
        """A dialog came over the screen."""
        self._offer()

    def on_screen_resume(self) -> None:
        """The dialog has gone."""
        self._offer()

    def _offer(self) -> None:
        """Offer the keys that work now."""
        if not self._opened or self.terminal.session.role is Role.NONE:
            return
        self._frame()
        self.query_one(Keys).show(offered_keys(self))

    # What comes from the station

    def follow(self, document: Mapping[str, Any]) -> None:
        """Show a status document in the box, and hand it to the pane."""
        app = self.terminal
        if not self._opened:
            return
        self.query_one(StationBox).follow(app.session, document, True)
        if (pane := self.pane) is not None:
            pane.follow(document)

    def lost(self) -> None:
        """Say that the connection is gone."""
        app = self.terminal
        self._gone = "banner.back_soon" if app.session.restart_asked else "banner.lost"
        self.query_one(StationBox).follow(app.session, app.session.snapshot, False)
        self.tell("")
        if (pane := self.pane) is not None:
            pane.lost()

    # The banner

    def tell(self, text: str, tone: str = "") -> None:
        """Show a sentence in the banner; without a connection that comes first, whatever else there is to say."""
        if self._gone:
            text, tone = f"{self.terminal.say(self._gone)} {text}", "bad"
        self._told = monotonic() if tone in _PASSING and not self._gone else 0.0
        self.query_one("#banner", Note).say(text, tone)

    def tell_past(self) -> None:
        """Take back what an order came to once it was there long enough to be read, and somebody goes on."""
        if self._told and monotonic() - self._told > READ_S:
            self.tell_staged()

    def tell_staged(self) -> None:
        """Say what is staged and whether saving it needs a restart (R-042), or nothing."""
        app = self.terminal
        self._header()
        self.tell(saving.staged_sentence(app.session, self.subtab, app.key("main.save")), "wait")

    def tell_moved(self, paths: list[str]) -> None:
        """Say that somebody else changed a setting that is being changed here."""
        session = self.terminal.session
        path = paths[0]
        what = session.draft.rows[path].setting.label.text(session.lang)
        self.tell(
            self.terminal.say("banner.stale", what=what, value=session.draft.original_shown(path, session.lang)), "wait"
        )

    def edited(self) -> None:
        """A field was edited: tabs may come or go, and the banner follows."""
        self._bars()
        self.tell_staged()

    # Keys and items

    async def on_bar_opened(self, event: Bar.Opened) -> None:
        """Open a tab, a sub-tab, or what an item of the header stands for."""
        match event.bar.id:
            case "tabs":
                await self.open(self.terminal.session.subtabs(event.item)[0].id, event.deep, typing=True)
            case "subtabs":
                await self.open(event.item, event.deep, typing=True)
            case _ if event.item in ("language", "leave"):
                await self.run_action(f"app.{event.item}")
            case _:
                await self.run_action(event.item)

    async def action_tab(self, number: int) -> None:
        """Open the tab of a digit."""
        tabs = self.terminal.session.tabs()
        if number <= len(tabs):
            await self.open(self.terminal.session.subtabs(tabs[number - 1].id)[0].id, focus=True)

    async def action_beside(self, direction: int) -> None:
        """Open the sub-tab beside, on into the next tab."""
        session = self.terminal.session
        every = [child.id for tab in session.tabs() for child in session.subtabs(tab.id)]
        at = every.index(self.subtab) if self.subtab in every else 0
        await self.open(every[(at + direction) % len(every)], focus=True)

    def action_next_field(self, direction: int) -> None:
        """The field below or above; from the tabs into the pane."""
        pane = self.pane
        if pane is not None and self.focused is not None and pane in self.focused.ancestors:
            pane.move(direction)
        elif direction > 0:
            self.focus_next()
        else:
            self.focus_previous()

    def action_out(self) -> None:
        """From a field to the tabs, where letters are keys."""
        subtabs = self.query_one("#subtabs", Bar)
        (subtabs if subtabs.can_focus else self.query_one("#tabs", Bar)).focus()

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Remember the field that had the focus last, for the help on it."""
        if (event.widget.id or "").startswith(STAGED):
            self._field = str(event.widget.id)

    def _row(self) -> Row | None:
        """The setting whose field has, or had last, the focus on the open pane."""
        if not self.query("#pane Pane") or not self.query(f"#pane #{self._field or 'none'}"):
            return None
        rows = self.terminal.session.draft.rows.values()
        return next((row for row in rows if field_id(row.path) == self._field), None)

    def action_help(self) -> None:
        """Help on the field at hand, on the sub-tab that is open, and on the keys (R-044)."""
        app = self.terminal
        tab = next(tab for tab in app.session.subtabs(self.subtab.partition(".")[0]) if tab.id == self.subtab)
        title = app.say("help.title", what=tab.label.text(app.lang))
        lines = help_lines(app.session, tab, app.page_width, app.keymap, self._row())
        app.push_screen(Page(title, lines, app.close_hint))

    def action_about(self) -> None:
        """What this terminal and the station are."""
        app = self.terminal
        app.push_screen(Page(app.say("about"), about_lines(app.session, app.page_width), app.close_hint))

    async def action_refresh_pane(self) -> None:
        """Ask the station again for what the pane shows."""
        if (pane := self.pane) is not None:
            self.terminal.ask(pane.fetch)

    def action_save(self) -> None:
        """Save what is staged on all sub-tabs."""
        self.terminal.ask(lambda: saving.save(self.terminal))

    def action_staged(self) -> None:
        """List what is staged on all sub-tabs."""
        self.terminal.ask(lambda: saving.review(self.terminal))

    def action_logout(self) -> None:
        """Log out."""
        app = self.terminal

        def go_out() -> None:
            app.run_worker(app.logout(), group="call")

        leaving.ask(self, "logout.title", "logout", go_out)

    def confirm_leave(self) -> None:
        """Leave the terminal."""
        leaving.ask(self, "quit.title", "quit", lambda: self.app.exit(0))

    # Going somewhere

    def action_palette(self) -> None:
        """Go to a sub-tab or a setting, or do something, by its name."""
        going.search(self)

    def action_jump(self) -> None:
        """Show a letter on everything that can take the focus, and go where one leads."""
        going.jump(self)
