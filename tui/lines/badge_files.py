"""The badge list as a file: exported whole, imported in place of the whole list after a preview (R-188 to R-190)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evlink.formats import badge_csv
from evlink.formats.errors import FormatError, LinesError
from evlink.settings.model import Role
from tui.clean import clean
from tui.lines import filing
from tui.lines.console import Back, Console

_PIECE = 1000  # badges a call
_SHOWN = 30
_MARKS = {"added": "+", "changed": "~", "removed": "-"}


async def export(console: Console) -> None:
    """Write all badges to a file."""
    call = console.session.call
    found: dict[str, Mapping[str, Any]] = {}  # by UID: a badge removed meanwhile moves the pages
    offset = 0
    while True:
        page = await call("badges.list", offset=offset, limit=_PIECE)
        found.update((badge["uid"], badge) for badge in page["badges"])
        offset += len(page["badges"])
        if not page["badges"] or offset >= page["total"]:
            break
    text = badge_csv.badges(badge_csv.badge_of(badge) for badge in found.values())
    await filing.write(console, "badges.csv", (".csv",), lambda _: (text.encode(), len(found)))


async def bring(console: Console) -> None:
    """Read a list, show what it would change, and put it in place of the whole one where the person says so."""
    got = await filing.read(console, (".csv",))
    if got is None:
        return
    path, data = got
    try:
        file = badge_csv.read_badge_file(data.decode("utf-8-sig"))
    except LinesError as error:
        console.tell("lines.file.troubles", n=len(error.labels))
        for label in error.labels:
            console.say(clean(label.text(console.lang)), hang="  ")
        return
    except FormatError as error:
        console.tell("file.failed", path=clean(path), why=clean(error.sentence(console.lang)))
        return
    if not file.seal:
        console.tell("lines.unsigned")
        if console.session.role is not Role.ADMIN:
            return
    call = console.session.call
    rows = [
        {"number": badge.number, "uid": badge.uid, "type": badge.type.value, "comment": badge.comment}
        for badge in file.badges
    ]
    await call("badges.replace.begin")
    for at in range(0, len(rows), _PIECE):
        await call("badges.replace.rows", badges=rows[at : at + _PIECE])
    plan = await call("badges.replace.commit", seal=file.seal, dry_run=True)
    if not any(plan[name] for name in _MARKS):
        console.tell("file.same")
        return
    for change in plan["changes"][:_SHOWN]:
        parts = [_MARKS.get(change["change"], "?"), clean(change["uid"]), change["type"], clean(change["comment"])]
        console.say(" ".join(part for part in parts if part), hang="  ")
    counts = {name: plan[name] for name in _MARKS}
    console.tell("lines.plan", total=plan["total"], **counts)
    if not await console.sure(lambda: console.word("lines.replace_list")):
        raise Back
    answer = await call("badges.replace.commit", seal=file.seal)
    console.tell("lines.replaced", n=answer["total"])
