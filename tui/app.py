"""The app: it follows the station's connection and shows the screen that fits; all else is on the screens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import App
from textual.binding import BindingType
from textual.driver import Driver
from textual.events import Event, InputEvent, Key, Paste
from textual.worker import Worker, WorkerState

from evlink.client import CallError, Disconnected, NoStation
from evlink.settings.model import Role
from tui.clean import clean
from tui.driver import LeanDriver
from tui.following import Following
from tui.idle import IdleLock
from tui.keys import Keymap, bindings
from tui.profile import Profile
from tui.screens.dialogs import Confirm
from tui.screens.help import WIDTH
from tui.screens.login import DueScreen, LoginScreen
from tui.session import Session
from tui.theme import dress
from tui.typeahead import Typeahead
from tui.words import say

if TYPE_CHECKING:
    from tui.screens.main import MainScreen


def _fetch() -> None:
    """Import what the screens after the login need, while somebody types a password."""
    import tui.panes.status
    import tui.screens.main  # noqa: F401


class Terminal(App[int]):
    """One technician's terminal. `session` holds all that is known of the station."""

    TITLE = "evlink"
    CSS_PATH: ClassVar[list[str | PurePath]] = [
        "screens/frame.tcss",
        "screens/full.tcss",
        "screens/login.tcss",
        "screens/dialogs.tcss",
        "panes/panes.tcss",
        "panes/status.tcss",
    ]
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS: list[tuple[int, str]] | None = [(0, "-narrow"), (72, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS: list[tuple[int, str]] | None = [(0, "-low"), (34, "-tall")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = bindings("app")

    def __init__(
        self,
        session: Session,
        profile: Profile,
        driver: type[Driver] | None = None,
        keymap: Keymap | None = None,
        complaints: Sequence[str] = (),
    ) -> None:
        super().__init__(driver_class=driver)
        self.keymap = keymap or Keymap({}, profile.term.startswith("vt"))
        self._complaints = list(complaints)
        self.frozen = False
        self.session = session
        self.profile = profile
        self.animation_level = "none"
        self.idle = IdleLock(self)
        self._main: MainScreen | None = None
        self.following = Following(self)
        self.due_password = ""
        self._typeahead = Typeahead(self, super().on_event)
        self.set_keymap({name: ",".join(keys) for name, keys in self.keymap.own.items()})
        dress(self, profile)

    @property
    def lang(self) -> str:
        """The language of the screens."""
        return self.session.lang

    def say(self, word: str, /, **data: object) -> str:
        """A text of `tui.words` in the language of the screens."""
        return say(self.lang, word, **data)

    def key(self, action: str) -> str:
        """The key of an action of `tui.keys`, as it is printed on a keyboard."""
        return self.keymap.shown(action, self.lang)

    @property
    def page_width(self) -> int:
        """Cells of a line of a page to read."""
        return min(WIDTH, self.size.width - 6)

    @property
    def close_hint(self) -> str:
        """How a page is closed."""
        return f"{self.key('page.leave')} {self.say('key.close')}"

    async def on_mount(self) -> None:
        """Open the first screen: login, or the main screen where a token has logged in."""
        await self.enter()
        self.idle.watch()
        if self._main is None:
            self.call_after_refresh(self.run_worker, _fetch, name="fetch", thread=True, exit_on_error=False)

    async def enter(self) -> None:
        """Show the screen that fits the session."""
        if not self.session.role.value or self.session.role.value == "none":
            await self.show_login()
        elif self.session.password_due:
            await self._only(DueScreen())
        elif self.session.stranger:
            self._ask_stranger()
        else:
            moved = await self.session.load()
            from tui.screens.main import MainScreen  # fetched while the login stands there

            self._main = main = MainScreen()
            await self._only(main)
            self.following.listen()
            if moved:
                main.tell_moved(moved)
            elif self._complaints:
                self.banner(" ".join(self._complaints), "bad")
                self._complaints = []

    async def show_login(self, why: str = "") -> None:
        """Show the login alone, with the word that says why it comes again."""
        await self._only(LoginScreen(why))

    @property
    def main(self) -> MainScreen | None:
        """The main screen, where it stands, perhaps under a dialog."""
        return self._main if self._main in self.screen_stack else None

    async def _only(self, screen: LoginScreen | DueScreen | MainScreen) -> None:
        self.thaw()
        while len(self.screen_stack) > 2:
            await self.pop_screen()
        if len(self.screen_stack) == 2:
            await self.switch_screen(screen)
        else:
            await self.push_screen(screen)

    def _ask_stranger(self) -> None:
        """What one account staged is nothing for another to see: it is dropped, or the other one goes again."""
        count = len(self.session.draft.texts)
        question = self.say("login.stranger", n=count, account=clean(self.session.owner))

        async def answered(yes: bool | None) -> None:
            if yes:
                self.session.draft.clear()
                await self.enter()
            else:
                self.session.account = self.session.owner
                await self.shut("login.locked")

        self.push_screen(Confirm(question, self.say("login.drop"), self.say("cancel")), answered)

    async def shut(self, why: str) -> None:
        """End the session with the station and show the login, with the word that says why."""
        self.following.stop()
        self.session.role = Role.NONE
        await self.show_login(why)
        try:
            await self.session.part()
        except (NoStation, Disconnected, CallError):
            self.lost()

    def copy_to_clipboard(self, text: str) -> None:
        """Keep what was cut for pasting here; the clipboard of the person's own machine is none of ours."""
        self._clipboard = text

    # Keys as they come

    async def on_event(self, event: Event) -> None:
        """Let keys wait for the one before; all else goes its way."""
        if isinstance(event, InputEvent | Paste):
            self.idle.touch()
        if isinstance(event, Key | Paste) and not event.is_forwarded:
            if self.frozen:
                self.thaw()
            else:
                if (main := self.main) is not None:
                    main.tell_past()
                self._typeahead.add(event)
        else:
            await super().on_event(event)

    @property
    def entering(self) -> bool:
        """Whether a login, or the change of a password that precedes it, is being answered."""
        return any(worker.group == "login" and worker.state is WorkerState.RUNNING for worker in self.workers)

    # The station

    def lost(self) -> None:
        """Somebody noticed that the connection is gone; it is got back."""
        self.following.lost()

    def ask(self, work: Callable[[], Awaitable[Any]]) -> Worker[None]:
        """Run calls to the station beside the screen; a refusal is shown in the banner, nothing is raised."""
        return self.following.ask(work)

    def banner(self, text: str, tone: str = "") -> None:
        """Show a sentence in the banner of the main screen."""
        if (main := self.main) is not None:
            main.tell(text, tone)

    def refill(self) -> None:
        """Let the open pane show the draft as it stands now."""
        if (main := self.main) is not None and main.pane is not None:
            main.pane.refill()
        self.draft_changed()

    def draft_changed(self) -> None:
        """Let a dialog on top that shows the draft show it as it stands now."""
        changed = getattr(self.screen, "draft_changed", None)
        if changed is not None:
            changed()

    def tell_staged(self) -> None:
        """Let the banner say what is staged now."""
        if (main := self.main) is not None:
            main.tell_staged()

    def show_setting(self, path: str) -> None:
        """Give the focus to the field of a path where the open pane has it."""
        if (main := self.main) is not None and main.pane is not None:
            main.pane.focus_setting(path)

    # Keys that work everywhere

    async def action_leave(self) -> None:
        """Leave the terminal; staged changes are asked about first."""
        main = self.main
        if main is None or not self.session.draft.texts:
            self.exit(0)
        else:
            main.confirm_leave()

    def action_tell_how(self) -> None:
        """Say how to leave, since Ctrl+C doesn't."""
        word = self.say("key.ctrl_c", key=self.key("app.leave"), short=self.key("main.leave"))
        screen = self.screen
        if isinstance(screen, LoginScreen | DueScreen):
            screen.tell(word)
        else:
            self.banner(word)

    def action_redraw(self) -> None:
        """Draw everything again, as after noise on a serial line."""
        if isinstance(self._driver, LeanDriver):
            self._driver.forget()
        self.screen.refresh()

    def action_freeze(self) -> None:
        """Hold the screen still until any key; the mouse is the terminal's meanwhile, to select and copy with."""
        if isinstance(self._driver, LeanDriver):
            self.banner(self.say("freeze.on" if self.profile.mouse else "freeze.plain"), "wait")
            self.call_after_refresh(self._hold)

    def _hold(self) -> None:
        if isinstance(self._driver, LeanDriver):
            self.frozen = True
            self._driver.hold()

    def thaw(self) -> None:
        """Go on after `action_freeze`."""
        if self.frozen and isinstance(self._driver, LeanDriver):
            self.frozen = False
            self._driver.release()
            if (main := self.main) is not None:
                main.tell_staged()

    async def action_language(self) -> None:
        """Turn the screens to the other language; what is staged stays."""
        screen, main = self.screen, self.main
        turned = screen if isinstance(screen, LoginScreen | DueScreen) else main if screen is main else None
        if turned is not None:
            self.session.lang = "en" if self.lang == "fr" else "fr"
            await turned.reword()

    async def logout(self) -> None:
        """Give the role back and show the login."""
        self.following.stop()
        try:
            await self.session.logout()
        except (NoStation, Disconnected, CallError):
            self.lost()
            return
        await self.enter()
