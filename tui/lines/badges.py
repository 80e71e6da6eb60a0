"""Authentication: the badges of the station in pages; added, edited, deleted, imported, exported (R-172 to R-190)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tui.clean import clean
from tui.lines import badge_files, capture, explain
from tui.lines.console import Back, Console
from tui.lines.form import title_of
from tui.lines.lists import numbers
from tui.words import WORDS

PAGE = 20
_TYPES = ("user", "vip", "admin")

Badge = Mapping[str, Any]


class BadgesPage:
    """A page of the list. A number edits a badge; letters do the rest."""

    subtab = "authentication"

    def __init__(self, console: Console) -> None:
        self.console = console
        self._badges: list[Badge] = []
        self._page = 0
        self._total = 0
        self._query = ""

    @property
    def title(self) -> str:
        """Authentication."""
        return title_of(self.console, self.subtab)

    @property
    def letters(self) -> Sequence[tuple[str, str]]:
        """What can be done with badges."""
        return [
            ("1", "lines.do.badge"),
            ("n", "lines.do.next"),
            ("p", "lines.do.previous"),
            ("f ...", "lines.do.filter"),
            ("a", "lines.do.add"),
            ("d 1 3-5", "lines.do.delete"),
            ("t 1 3-5", "lines.do.types"),
            ("x", "lines.do.delete_all"),
            *([("r", "lines.do.reader")] if self._reader else []),
            ("e", "lines.do.export"),
            ("i", "lines.do.import"),
        ]

    @property
    def _reader(self) -> bool:
        """Whether badges can be captured: the station has a reader, and the account may."""
        session = self.console.session
        return session.facts.has_rfid_reader

    @property
    def _pages(self) -> int:
        return max(1, -(-self._total // PAGE))

    async def show(self) -> None:
        """Ask the station and list the page."""
        console = self.console
        await self._fetch()
        for at, badge in enumerate(self._badges, 1):
            console.say(f"{at} {self._line(badge)}", hang="   ")
        if self._total:
            console.tell("badges.page", page=self._page + 1, pages=self._pages, n=self._total)
        else:
            console.tell("lines.none_found" if self._query else "badges.none")

    async def _fetch(self) -> None:
        call = self.console.session.call
        query = {"query": self._query} if self._query else {}
        answer = await call("badges.list", offset=self._page * PAGE, limit=PAGE, **query)
        self._total = int(answer["total"])
        if self._page >= self._pages:
            self._page = self._pages - 1
            answer = await call("badges.list", offset=self._page * PAGE, limit=PAGE, **query)
        self._badges = list(answer["badges"])

    def _line(self, badge: Badge) -> str:
        parts = [clean(badge.get("uid", "")), self._type(str(badge.get("type", "")))]
        return ", ".join([*parts, clean(badge["comment"])] if badge.get("comment") else parts)

    def _type(self, name: str) -> str:
        return self.console.word(f"badges.{name}") if f"badges.{name}" in WORDS else clean(name)

    async def answer(self, command: str, rest: str) -> bool:
        """Edit a badge, turn the page, filter, add, delete, change types, capture, import, export."""
        match command:
            case "n" | "p" if not rest:
                self._page = (self._page + (1 if command == "n" else -1)) % self._pages
                await self.show()
            case "a":
                await self._add(rest)
            case "d":
                await self._delete(rest)
            case "t":
                await self._types(rest)
            case "x" if not rest:
                await self._delete_all()
            case "f":
                self._query, self._page = rest, 0
                await self.show()
            case "r" if not rest and self._reader:
                await capture.capture(self.console)
                await self._fetch()
            case "e" if not rest:
                await badge_files.export(self.console)
            case "i" if not rest:
                await badge_files.bring(self.console)
                await self._fetch()
            case _ if command.isdigit() and not rest:
                if 1 <= int(command) <= len(self._badges):
                    await self._edit(self._badges[int(command) - 1])
                else:
                    self.console.tell("lines.number" if self._badges else "badges.none", n=len(self._badges))
            case _:
                return False
        return True

    def explain(self, number: int | None) -> None:
        """What the list is."""
        explain.subtab(self.console, self.subtab)

    async def _ask_type(self, present: str = "user") -> str:
        console = self.console
        console.numbered([self._type(name) for name in _TYPES])
        number = await console.pick(
            lambda: console.word("lines.keep", what=console.word("badges.type"), value=self._type(present)), len(_TYPES)
        )
        return present if number is None else _TYPES[number - 1]

    async def _ask_comment(self, present: str = "") -> str:
        console = self.console
        word = "lines.keep_text" if present else "lines.optional"
        answer = await console.ask(
            lambda: console.word(word, what=console.word("badges.comment"), value=clean(present)), free=True
        )
        return "" if answer == ":e" else answer or present

    async def _add(self, uid: str) -> None:
        console = self.console
        uid = uid or await console.ask(lambda: console.word("lines.asked", what=console.word("badges.uid")), free=True)
        if not uid:
            raise Back
        kind = await self._ask_type()
        comment = await self._ask_comment()
        answer = await console.session.call("badges.add", uid=uid, type=kind, comment=comment)
        console.tell("badges.added", uid=clean(answer.get("badge", {}).get("uid", uid)))
        await self._fetch()

    async def _edit(self, badge: Badge) -> None:
        console = self.console
        console.say(self._line(badge))
        kind = await self._ask_type(str(badge.get("type", "user")))
        comment = await self._ask_comment(str(badge.get("comment", "")))
        if (kind, comment) == (badge.get("type"), badge.get("comment")):
            raise Back
        await console.session.call("badges.edit", uids=[badge["uid"]], type=kind, comment=comment)
        console.tell("badges.changed", uid=clean(badge["uid"]))
        await self._fetch()

    async def _chosen(self, rest: str) -> list[Badge]:
        """The badges of this page that numbers name; they are asked for where none stand there."""
        console = self.console
        if not self._badges:
            await self._fetch()
        if not rest:
            rest = await console.ask(lambda: console.word("lines.which"))
        if not rest:
            raise Back
        found = numbers(rest, len(self._badges))
        if found is None:
            console.tell("lines.number" if self._badges else "badges.none", n=len(self._badges))
            raise Back
        return [self._badges[number - 1] for number in found]

    async def _delete(self, rest: str) -> None:
        console = self.console
        chosen = await self._chosen(rest)
        names = ", ".join(clean(badge["uid"]) for badge in chosen)
        word = "badges.sure" if len(chosen) == 1 else "lines.delete_these"
        if not await console.sure(lambda: console.word(word, uid=names)):
            raise Back
        answer = await console.session.call("badges.remove", uids=[badge["uid"] for badge in chosen])
        console.tell("badges.removed", n=answer["removed"])
        await self.show()

    async def _types(self, rest: str) -> None:
        """One type for several badges (R-187)."""
        chosen = await self._chosen(rest)
        for badge in chosen:
            self.console.say(self._line(badge))
        kind = await self._ask_type()
        await self.console.session.call("badges.edit", uids=[badge["uid"] for badge in chosen], type=kind)
        await self.show()

    async def _delete_all(self) -> None:
        """The whole list, after one more question (R-186)."""
        console = self.console
        await self._fetch()
        if not self._total:
            console.tell("badges.none")
        elif await console.sure(lambda: console.word("badges.sure_all", n=self._total)):
            answer = await console.session.call("badges.remove", all=True)
            console.tell("badges.removed", n=answer["removed"])
            await self._fetch()
        else:
            raise Back
