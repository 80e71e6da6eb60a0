"""`python -m bench.books`: what a station's books take: 10 000 badges and 3000 records, in seconds beside the aim.

Each line is one command of a person: through the socket's methods and the files' formats, on a real database with its
syncs to the disk. Exit 1 where one takes a second of the processor or more; on a machine that does much else at once
the time that passes is longer.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import msgspec

from evlink.client import LINE_LIMIT
from evlink.domain.record import Badge, BadgeType
from evlink.formats import badge_csv, csv
from evlink.formats.errors import LinesError
from evlink.publication import letter
from evlink.publication.letter import Style
from evlink.runtime.methods import books, replacing
from evlink.runtime.rpc import Methods, Session
from evlink.settings.facts import Facts
from evlink.settings.values import Values
from evlink.storage.letterbox import StoredLetters
from evlink.storage.state import Lock, prepare
from evlink.storage.store import Store
from tests.unit.storage_bench import START, HandClock, quick_hasher, record

BADGES, RECORDS = 10_000, 3000
AIM_S = 1.0
PAGE, PIECE = 1000, 500


class Books:
    """A store with the socket's methods on it, each call through the JSON of a line."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.session = Session(None, trusted=True)
        self.methods = Methods({**books.table(store), **replacing.table(store)})

    async def call(self, name: str, **params: Any) -> Any:
        """A call as it would come and go over the socket."""
        asked = msgspec.json.encode({"params": params})
        assert len(asked) < LINE_LIMIT
        answer = await self.methods.call(self.session, name, msgspec.json.decode(asked)["params"])
        told = msgspec.json.encode(answer)
        assert len(told) < LINE_LIMIT
        return msgspec.json.decode(told)

    async def all_badges(self) -> list[Any]:
        """The whole list, page by page."""
        found: list[Any] = []
        while True:
            page = await self.call("badges.list", offset=len(found), limit=PAGE)
            found += page["badges"]
            if len(found) >= page["total"]:
                return found

    async def all_records(self) -> list[Any]:
        """The whole history, piece by piece."""
        found: list[Any] = []
        while True:
            page = await self.call("history.list", offset=len(found), limit=PIECE)
            found += page["records"]
            if len(found) >= page["total"]:
                return found

    async def bring(self, text: str) -> None:
        """Import an exported list, compared first as the terminal does."""
        file = badge_csv.read_badge_file(text)
        rows = [{"number": b.number, "uid": b.uid, "type": b.type.value, "comment": b.comment} for b in file.badges]
        await self.call("badges.replace.begin")
        for at in range(0, len(rows), PAGE):
            await self.call("badges.replace.rows", badges=rows[at : at + PAGE])
        await self.call("badges.replace.commit", seal=file.seal, dry_run=True)
        await self.call("badges.replace.commit", seal=file.seal)


def listed(count: int) -> list[Badge]:
    """Badges with comments of full length."""
    kinds = (BadgeType.USER, BadgeType.VIP, BadgeType.ADMIN)
    return [
        Badge(n, f"04{n:012X}", kinds[n % 3], f"{n} Ångström; flat {n % 97} ".ljust(50, "é"))
        for n in range(1, count + 1)
    ]


async def measured(store: Store) -> list[tuple[str, float, float]]:
    """Every command with its seconds."""
    one = Books(store)
    text = badge_csv.badges(listed(BADGES))
    found: list[tuple[str, float, float]] = []

    async def timed(what: str, work: Callable[[], Awaitable[Any]]) -> Any:
        began, ran = time.perf_counter(), time.process_time()
        result = await work()
        found.append((what, time.perf_counter() - began, time.process_time() - ran))
        return result

    async def refused() -> None:
        lines = text.split("\r\n" if "\r\n" in text else "\n")
        lines[5000] = "5000;not a uid!;user;x"
        try:
            badge_csv.read_badge_file("\n".join(lines[:-2]))
        except LinesError:
            return
        raise AssertionError("a bad line was taken")

    await timed(f"import {BADGES} badges, compared and replaced", lambda: one.bring(text))
    rows = await timed(f"list {BADGES} badges", one.all_badges)
    await timed("first page of the badges", lambda: one.call("badges.list", limit=100))
    await timed("search in the badges", lambda: one.call("badges.list", limit=100, query="flat 42"))

    async def export_badges() -> str:
        return badge_csv.badges(map(badge_csv.badge_of, await one.all_badges()))

    assert await timed(f"export {BADGES} badges", export_badges) == text
    await timed(f"refuse {BADGES} badges with a bad line", refused)
    await timed("remove a badge, and find it gone", lambda: one.call("badges.remove", uids=[rows[4999]["uid"]]))
    await timed("change the type of all badges", lambda: one.call("badges.edit", all=True, type="user"))

    await timed("first page of the history", lambda: one.call("history.list", limit=30))
    await timed(f"list {RECORDS} records", one.all_records)
    await timed("records of a badge", lambda: one.call("history.list", limit=500, badge="04AABB7B"))

    async def export_records() -> str:
        return csv.history([csv.record_of(r) for r in await one.all_records()], UTC)

    await timed(f"export {RECORDS} records", export_records)
    style = Style.of(Values(Facts()))
    box = StoredLetters(store)
    await timed(
        f"compose and queue a letter of {RECORDS} records",
        lambda: box.gather(lambda r: letter.records(r, style, START)),
    )
    (waiting,) = await box.waiting()
    await timed("mark them as published", lambda: box.delivered(waiting.number))
    return found


def fill(db: Any) -> None:
    """A full history."""
    db.connection.execute("PRAGMA synchronous = OFF").fetchall()
    for n in range(RECORDS):
        start = START + timedelta(hours=n)
        uid = f"04AABB{n % 250:02X}"
        db.records.add(
            record(f"s{n}", 1 + n % 2, n * 17, start=start, end=start + timedelta(hours=1), uid=uid, comment="é" * 50)
        )
    db.connection.execute("PRAGMA synchronous = FULL").fetchall()


async def run() -> list[tuple[str, float, float]]:
    """Measure on a store in a directory of its own."""
    with tempfile.TemporaryDirectory(prefix="evlink-bench-") as folder:
        paths, clock = prepare(Path(folder) / "state"), HandClock()
        with Lock(paths):
            store = await Store.open(paths, clock, quick_hasher())
            try:
                await store.run(fill)
                return await measured(store)
            finally:
                await store.close()


def main() -> int:
    """Print a table."""
    argparse.ArgumentParser(prog="bench.books", description=__doc__).parse_args()
    found = asyncio.run(run())
    print("| command | seconds | of them on the processor | aim |\n|---|---|---|---|")
    for what, seconds, ran in found:
        print(f"| {what} | {seconds:.3f} | {ran:.3f} | {AIM_S:.0f} |")
    return 0 if all(ran < AIM_S for _, _, ran in found) else 1


if __name__ == "__main__":
    sys.exit(main())
