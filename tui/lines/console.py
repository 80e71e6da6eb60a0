"""The console: one question and its answer, with the commands that every question understands."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import monotonic

from evlink.client import CallError
from evlink.settings.label import Label
from evlink.settings.model import Role
from tui.lines.teletype import Ended, Teletype
from tui.session import IDLE_LOCK_S, REFUSED, Session
from tui.words import LANGUAGES, say

Text = Callable[[], str]


class Back(Exception):  # noqa: N818  # an answer, not an error
    """The person goes back to where they came from, changing nothing."""


class Home(Exception):  # noqa: N818
    """The person goes to the main menu."""


class Quit(Exception):  # noqa: N818
    """The person leaves."""


class Lost(Exception):  # noqa: N818
    """The connection to the station has ended."""


class Fallen(Exception):  # noqa: N818
    """The station has taken this session's role away."""


class Locked(Exception):  # noqa: N818
    """Nobody has typed a line for so long that the login comes next."""


class Console:
    """Speaks to one person over a teletype about one session; `gone` is done once the connection has ended.

    After `idle_lock_s` seconds without a line the session is locked; 0 never locks.
    """

    def __init__(self, session: Session, teletype: Teletype, idle_lock_s: float = IDLE_LOCK_S) -> None:
        self.session = session
        self.teletype = teletype
        self.gone: asyncio.Task[None] | None = None
        self.idle_lock_s = idle_lock_s
        self._touched = monotonic()

    @property
    def lang(self) -> str:
        """The language of the session."""
        return self.session.lang

    def word(self, word: str, /, **data: object) -> str:
        """A text of `tui.words` in the language of the session."""
        return say(self.lang, word, **data)

    def say(self, text: object = "", indent: str = "", hang: str | None = None) -> None:
        """Write a text on lines of its own."""
        self.teletype.say(text, indent, hang)

    def tell(self, word: str, /, **data: object) -> None:
        """Write a text of `tui.words`."""
        self.say(self.word(word, **data))

    def pair(self, label: str, text: object, indent: str = "") -> None:
        """Write `label: text`."""
        self.say(self.word("labelled", label=label, text=text), indent, indent + "  ")

    def numbered(self, texts: Sequence[str], first: int = 1) -> None:
        """Write a list, each text after its number."""
        for number, text in enumerate(texts, first):
            self.say(f"{number} {text}", hang="   ")

    # Questions

    async def ask(
        self,
        prompt: Text,
        *,
        free: bool | Callable[[str], bool] = False,
        secret: bool = False,
        explain: Callable[[], None] | None = None,
    ) -> str:
        """An answer, spaces around it gone save for a secret's. Back, Quit, Home where it says so.

        Commands are `b`, `m`, `q`, `l` and `?`, or the same after a colon; where `free` text is wanted, or `free` says
        that the letter is a text that is wanted, only the latter. `explain` answers the `?`.
        """
        while True:
            typed = await self._line(prompt(), secret)
            answer = typed.strip()
            if any(unicodedata.category(char) == "Cc" for char in answer):
                self.tell("lines.control")
                continue
            wanted = secret or (free if isinstance(free, bool) else free(answer))
            order = answer[1:] if answer.startswith(":") else ("" if wanted else answer)
            match order.lower():
                case "b":
                    raise Back
                case "m":
                    raise Home
                case "q":
                    await self.leave()
                case "l":
                    self.session.lang = LANGUAGES[1 - LANGUAGES.index(self.lang)]
                    self.tell("lines.language")
                case "?" if explain is not None:
                    explain()
                case _:
                    return typed if secret else answer

    async def _line(self, prompt: str, secret: bool = False) -> str:
        """A line; Lost where the connection ends before it comes, Locked where it is too long in coming."""
        question = asyncio.ensure_future(self.teletype.ask(prompt, secret))
        waits: set[asyncio.Future[object]] = {question}  # type: ignore[arg-type]
        if self.gone is not None:
            waits.add(self.gone)  # type: ignore[arg-type]
        try:
            done, _ = await asyncio.wait(waits, timeout=self._patience(), return_when=asyncio.FIRST_COMPLETED)
            if question.done():
                self._touched = monotonic()
                return question.result()
        finally:
            if not question.done():
                question.cancel()
                with suppress(asyncio.CancelledError):
                    await question
        self.teletype.say()
        if done:
            raise Lost
        self.teletype.drop()
        raise Locked

    async def entered(self, seconds: float) -> bool:
        """Whether a line comes while something is watched, within some seconds; Lost and Locked as at a question."""
        left = self._patience()
        try:
            await self.teletype.line(seconds if left is None else min(seconds, left))
        except TimeoutError:
            if self.gone is not None and self.gone.done():
                raise Lost from None
            if self._patience() == 0:
                raise Locked from None
            return False
        self._touched = monotonic()
        return True

    def _patience(self) -> float | None:
        """Seconds until the session is locked if nothing is typed; None where it never is, as without a role."""
        if not self.idle_lock_s or self.session.role is Role.NONE:
            return None
        return max(0.0, self.idle_lock_s - (monotonic() - self._touched))

    async def sure(self, prompt: Text) -> bool:
        """The answer to a question of yes or no; anything but a yes is a no."""
        answer = await self.ask(lambda: f"{prompt()} {self.word('lines.yes_no')}")
        return answer.casefold() in ("y", "yes", "o", "oui")

    async def pick(self, prompt: Text, most: int) -> int | None:
        """A number from 1 to `most`; None for an empty answer."""
        while True:
            answer = await self.ask(prompt)
            if not answer:
                return None
            if answer.isascii() and answer.isdigit() and 1 <= int(answer) <= most:
                return int(answer)
            self.tell("lines.number", n=most)

    async def leave(self) -> None:
        """Leave: Quit, after a question where changes are staged; back to the question before where not."""
        count = len(self.session.draft.texts)
        if count:
            answer = await self._line(f"{self.word('quit.title', n=count)} {self.word('lines.yes_no')}")
            if answer.strip().casefold() not in ("y", "yes", "o", "oui"):
                return
        raise Quit

    # Refusals

    async def refused(self, error: CallError) -> None:
        """Say why the station refused a call; Fallen where it took the role away."""
        if error.code == REFUSED:
            hello = await self.session.call("hello", client="terminal")
            if hello.get("role") == "none":
                raise Fallen
        self.tell("banner.refused", why=self.why(error))

    def why(self, error: CallError) -> str:
        """The sentence of a refusal in the language of the session, where the station has it."""
        return Label(error.message, str(error.data.get("fr") or "")).text(self.lang)


__all__ = ["Back", "Console", "Ended", "Fallen", "Home", "Locked", "Lost", "Quit", "Text"]
