"""The menus: tabs, sub-tabs of a tab, and the page that a sub-tab has."""

from __future__ import annotations

from collections.abc import Sequence

from evlink.settings.model import Tab
from tui.clean import clean
from tui.lines import editing, page, status
from tui.lines.badges import BadgesPage
from tui.lines.console import Back, Console, Home
from tui.lines.control import ControlPage, UpdatePage
from tui.lines.energy import ExtensionPage, MetersPage
from tui.lines.form import FormPage
from tui.lines.forms import ClockPage, GeneralPage, SupervisionPage
from tui.lines.history import HistoryPage
from tui.lines.passwords import PasswordPage
from tui.lines.publication import PublicationPage
from tui.lines.search import Jump


class LoggedOut(Exception):  # noqa: N818  # an answer, not an error
    """The person logs out."""


def page_of(console: Console, subtab: str) -> page.Page:
    """A new page for a sub-tab; those without one of their own are forms drawn from the declarations."""
    match subtab:
        case "configuration.general":
            return GeneralPage(console, subtab)
        case "configuration.date_time":
            return ClockPage(console, subtab)
        case "configuration.supervision":
            return SupervisionPage(console, subtab)
        case "energy_management.meters":
            return MetersPage(console, subtab)
        case "extension":
            return ExtensionPage(console, subtab)
        case "authentication":
            return BadgesPage(console)
        case "charge_history.history":
            return HistoryPage(console)
        case "charge_history.publication":
            return PublicationPage(console, subtab)
        case "maintenance.status":
            return status.StatusPage(console)
        case "maintenance.report":
            return status.ReportPage(console)
        case "maintenance.control":
            return ControlPage(console)
        case "maintenance.password":
            return PasswordPage(console)
        case "maintenance.update":
            return UpdatePage(console)
        case _:
            return FormPage(console, subtab)


class Menu:
    """The sub-tabs of a tab, numbered in the manual's order, as far as the account may open them (R-049)."""

    def __init__(self, console: Console, tab: Tab) -> None:
        self.console = console
        self.tab = tab

    @property
    def title(self) -> str:
        """The tab's name."""
        return self.tab.label.text(self.console.lang)

    @property
    def letters(self) -> Sequence[tuple[str, str]]:
        """A number opens a sub-tab."""
        return [("1", "lines.do.open")]

    async def show(self) -> None:
        """The sub-tabs."""
        self.console.numbered([tab.label.text(self.console.lang) for tab in self._tabs()])

    def _tabs(self) -> list[Tab]:
        return self.console.session.subtabs(self.tab.id)

    async def answer(self, command: str, rest: str) -> bool:
        """Open a sub-tab."""
        if not command.isdigit() or rest:
            return False
        tabs = self._tabs()
        if 1 <= int(command) <= len(tabs):
            await page.run(self.console, page_of(self.console, tabs[int(command) - 1].id))
        else:
            self.console.tell("lines.number", n=len(tabs))
        return True

    def explain(self, number: int | None) -> None:
        """Nothing but the commands."""


class MainMenu:
    """The tabs in the manual's order (R-039)."""

    def __init__(self, console: Console) -> None:
        self.console = console

    @property
    def title(self) -> str:
        """The product and who is logged in."""
        return self.console.word("lines.menu")

    @property
    def letters(self) -> Sequence[tuple[str, str]]:
        """A number opens a tab; `a` tells about the station, `o` logs out."""
        return [("1", "lines.do.open"), ("a", "about"), ("o", "logout")]

    async def show(self) -> None:
        """The tabs of this account."""
        self.console.numbered([tab.label.text(self.console.lang) for tab in self.console.session.tabs()])

    async def answer(self, command: str, rest: str) -> bool:
        """Open a tab, tell about the station, or log out."""
        console = self.console
        match command:
            case "a" if not rest:
                self._about()
            case "o" if not rest:
                count = len(console.session.draft.texts)
                if not count or await console.sure(lambda: console.word("logout.title", n=count)):
                    raise LoggedOut
            case _ if command.isdigit() and not rest:
                await self._open(int(command))
            case _:
                return False
        return True

    async def _open(self, number: int) -> None:
        console = self.console
        tabs = console.session.tabs()
        if not 1 <= number <= len(tabs):
            console.tell("lines.number", n=len(tabs))
            return
        children = console.session.subtabs(tabs[number - 1].id)
        if len(children) == 1:
            await page.run(console, page_of(console, children[0].id))
        else:
            await page.run(console, Menu(console, tabs[number - 1]))

    def explain(self, number: int | None) -> None:
        """Nothing but the commands."""

    def _about(self) -> None:
        console, session = self.console, self.console.session
        for word, value in (
            ("report.name", session.station),
            ("report.model", session.facts.model.value),
            ("report.firmware", session.firmware),
            ("about.serial", session.facts.serial_number),
            ("about.protocol", session.protocol),
        ):
            console.pair(console.word(word), clean(value))
        console.tell("about.text")


async def menus(console: Console) -> None:
    """The main menu with all that is behind it; it ends by an exception alone."""
    main = MainMenu(console)
    target: Jump | None = None
    shown = True
    while True:
        try:
            if target is not None:
                jump, target = target, None
                await _go(console, jump)
            else:
                await page.run(console, main, shown=shown)
                console.tell("lines.top")
            shown = False
        except Home:
            shown = True
        except Jump as jump:
            target = jump


async def _go(console: Console, jump: Jump) -> None:
    """Open a sub-tab, and there the setting that was searched for."""
    opened = page_of(console, jump.subtab)
    rows = opened.rows if isinstance(opened, FormPage) else []
    wanted = [row for row in rows if row.setting.key == jump.key]
    if not wanted:
        await page.run(console, opened)
        return
    console.say(opened.title)
    try:
        for row in wanted:
            await editing.edit(console, row)
    except Back:
        console.tell("lines.nothing")
    await page.run(console, opened, shown=False)
