"""A page: what it lists, the commands that it has besides those of every page, and the loop that asks."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Sequence
from typing import Protocol

from evlink.client import CallError
from tui.lines import changes
from tui.lines.console import Back, Console
from tui.lines.search import jump, search


class Page(Protocol):
    """A menu, a list or a form. `letters` are its commands, each with the word that says what it does."""

    @property
    def title(self) -> str:
        """What it is called."""
        ...

    @property
    def letters(self) -> Sequence[tuple[str, str]]:
        """Its commands: how each is typed, and a word of `tui.words` for it."""
        ...

    async def show(self) -> None:
        """Ask the station and write what there is."""
        ...

    async def answer(self, command: str, rest: str) -> bool:
        """Do what an answer says: a number or a letter, and what follows it. False where it means nothing here."""
        ...

    def explain(self, number: int | None) -> None:
        """Help on the page, or on one of its numbers."""
        ...


async def run(console: Console, page: Page, *, shown: bool = True) -> None:
    """Show a page and do what is asked, until its person goes back; a refusal is told and the page goes on."""
    if shown:
        await _careful(console, page.show())
    while True:
        try:
            answer = await console.ask(lambda: f"{page.title}>", explain=lambda: _explain(console, page, None))
        except Back:
            return
        try:
            await _do(console, page, answer)
        except Back:
            console.tell("lines.nothing")
        except CallError as error:
            await console.refused(error)


async def _careful(console: Console, work: Awaitable[None]) -> None:
    try:
        await work
    except CallError as error:
        await console.refused(error)


async def _do(console: Console, page: Page, answer: str) -> None:
    if not answer:
        await page.show()
        return
    if answer.startswith("/"):
        await search(console, answer[1:])
        return
    if deep := re.fullmatch(r"([0-9]{1,2})\.([0-9]{1,2})", answer):
        jump(console, int(deep[1]), int(deep[2]))
        return
    found = re.fullmatch(r"(\d+|\?|[a-z](?=\s|$))\s*(.*)", answer, re.IGNORECASE)
    command, rest = (found[1].lower(), found[2]) if found else ("", "")
    if command == "?":
        _explain(console, page, int(rest) if rest.isascii() and rest.isdigit() else None)
    elif command and await page.answer(command, rest):
        return
    elif command == "s" and not rest:
        await changes.save(console)
    elif command == "c" and not rest:
        changes.show(console)
    elif command == "u":
        await changes.undo(console, rest)
    else:
        console.tell("lines.unknown")


def _explain(console: Console, page: Page, number: int | None) -> None:
    page.explain(number)
    if number is not None:
        return
    common = [("s", "lines.do.save"), ("c", "lines.do.changes"), ("u 1", "lines.do.undo")]
    everywhere = [
        ("/...", "lines.do.search"),
        ("1.2", "lines.do.deep"),
        ("m", "lines.do.home"),
        ("b", "lines.do.back"),
        ("l", "lines.do.language"),
        ("q", "lines.do.quit"),
    ]
    for typed, word in [*page.letters, *common, *everywhere]:
        console.say(f"{typed} {console.word(word)}", hang="  ")
    console.tell("lines.colon")
