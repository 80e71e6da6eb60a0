"""The main screen: header, station box, tabs, and below them the one pane that is open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container

from evlink.settings.model import Role, Tab
from tui import saving
from tui.clean import clean
from tui.panes import pane_for
from tui.panes.base import Pane
from tui.screens.base import QuietScreen
from tui.screens.dialogs import Confirm, Page, Pick
from tui.screens.help import about_lines, help_lines
from tui.widgets.bars import Bar, Keys, Note
from tui.widgets.box import StationBox
from tui.words import LANGUAGES, WORDS

HOME = "maintenance.status"


class MainScreen(QuietScreen[None]):
    """The frame around the panes. It knows which sub-tab is open; a pane knows what is on it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1,question_mark", "help", show=False, id="main.help"),
        Binding("f2,ctrl+s", "save", show=False, id="main.save"),
        Binding("f5,ctrl+r", "refresh_pane", show=False, id="main.refresh"),
        Binding("f7", "about", show=False, id="main.about"),
        Binding("f8", "logout", show=False, id="main.logout"),
        Binding("ctrl+p", "palette", show=False, id="main.palette"),
        Binding("q", "app.leave", show=False, id="main.leave"),
        Binding("left_square_bracket", "beside(-1)", show=False, id="main.previous"),
        Binding("right_square_bracket", "beside(1)", show=False, id="main.next"),
        Binding("down", "next_field(1)", show=False, id="main.down"),
        Binding("up", "next_field(-1)", show=False, id="main.up"),
        *(Binding(str(n), f"tab({n})", show=False, id=f"main.tab{n}") for n in range(1, 8)),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.subtab = HOME
        self._opened = False
        self._gone = ""

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
        say, session = app.say, app.session
        role = say(f"account.{session.role.value}")
        who = (
            clean(session.account)
            if clean(session.account).casefold() == role.casefold()
            else (f"{clean(session.account)} ({role})")
        )
        items = [
            ("language", [f"F6 {say('language.other')}", "F6"]),
            ("about", [f"F7 {say('about')}", "F7"]),
            ("logout", [f"F8 {say('logout')}", "F8"]),
            ("leave", [f"F10 {say('quit')}", "F10"]),
        ]
        # Under a dialog only what works there is offered.
        self.query_one("#header", Bar).show(items if self.app.screen is self else items[-1:], lead=f" evlink  {who}")
        box = self.query_one(StationBox)
        box.styles.height = 1 + session.facts.outlet_count
        box.follow(session, session.snapshot, session.client is not None)
        self._bars()

    def _names(self, tab: Tab) -> list[str]:
        full = tab.label.text(self.terminal.lang)
        short = WORDS.get(f"short.{tab.id}")
        return [full] if short is None else [full, short[LANGUAGES.index(self.terminal.lang)]]

    def _bars(self) -> None:
        """Show the tabs and sub-tabs that this account sees now."""
        session = self.terminal.session
        top = self.subtab.partition(".")[0]
        tabs = session.tabs()
        items = []
        for at, tab in enumerate(tabs, 1):
            names = self._names(tab)
            items.append((tab.id, [f"{at} {names[0]}", names[0], f"{at} {names[-1]}", names[-1]]))
        self.query_one("#tabs", Bar).show(items, top)
        subtabs = session.subtabs(top)
        children = [(tab.id, self._names(tab)) for tab in subtabs if tab.parent]
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
        self.query_one(Keys).show(self._keys(pane))
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
        say = self.terminal.say
        if self.app.screen is self and (pane := self.pane) is not None:
            self.query_one(Keys).show(self._keys(pane))
        else:
            self.query_one(Keys).show([(say("key.name.escape"), say("key.close")), ("Tab", say("key.next"))])

    def _keys(self, pane: Pane) -> list[tuple[str, str]]:
        say = self.terminal.say
        return [
            ("F1", say("key.help")),
            *([("F2", say("key.save"))] if pane.settings else []),
            ("F5", say("key.refresh")),
            *pane.keys(),
            (f"1-{len(self.terminal.session.tabs())}", say("key.tabs")),
            ("[ ]", say("key.subtabs")),
        ]

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
        self.query_one("#banner", Note).say(text, tone)

    def tell_staged(self) -> None:
        """Say what is staged and whether saving it needs a restart (R-042), or nothing."""
        self.tell(saving.staged_sentence(self.terminal.session, self.subtab), "wait")

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

    def action_help(self) -> None:
        """Help on the sub-tab that is open (R-044)."""
        app = self.terminal
        tab = next(tab for tab in app.session.subtabs(self.subtab.partition(".")[0]) if tab.id == self.subtab)
        title = app.say("help.title", what=tab.label.text(app.lang))
        app.push_screen(Page(title, help_lines(app.session, tab, app.page_width), app.close_hint))

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

    def action_logout(self) -> None:
        """Log out; staged changes would be lost, so they are asked about."""
        app = self.terminal
        count = len(app.session.draft.texts)

        def done(answer: bool | None) -> None:
            if answer:
                app.run_worker(app.logout(), group="call")

        if count:
            app.push_screen(Confirm(app.say("logout.title", n=count), app.say("logout"), app.say("cancel")), done)
        else:
            done(True)

    def confirm_leave(self) -> None:
        """Ask before leaving with staged changes."""
        app = self.terminal
        if isinstance(app.screen, Confirm):
            return
        count = len(app.session.draft.texts)

        def done(answer: bool | None) -> None:
            if answer:
                app.exit(0)

        app.push_screen(Confirm(app.say("quit.title", n=count), app.say("quit"), app.say("cancel")), done)

    def action_palette(self) -> None:
        """Go to a sub-tab or a setting by its name."""
        app = self.terminal
        session = app.session
        options: list[tuple[str, str]] = []
        for tab in session.tabs():
            for child in session.subtabs(tab.id):
                title = child.label.text(app.lang)
                options.append((child.id, title))
                for rows in session.draft.of_tab(child.id):
                    setting = rows[0].setting
                    options.append((f"{child.id} {setting.key}", f"{title} › {setting.label.text(app.lang)}"))

        async def go(choice: str) -> None:
            subtab, _, key = choice.partition(" ")
            await self.open(subtab, focus=True)
            if key and (pane := self.pane) is not None:
                pane.focus_setting(key)

        def done(choice: str | None) -> None:
            if choice:
                self.run_worker(go(choice), group="open", exclusive=True)

        app.push_screen(Pick(app.say("palette.title"), options, hint=app.say("form.filter")), done)
