"""The list of badges as a file: export, and import with what it changes shown before (R-188 to R-190)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evlink.formats import badge_csv
from evlink.formats.errors import FormatError, LinesError
from evlink.settings.label import Label
from evlink.settings.model import Role
from tui import files
from tui.clean import clean
from tui.panes.badges_edit import type_name
from tui.screens.dialogs import Confirm, Page
from tui.widgets.lines import Line, Span
from tui.words import say

if TYPE_CHECKING:
    from tui.app import Terminal

KINDS = (".csv",)
PIECE = 1000  # badges a call

Badge = Mapping[str, Any]


async def all_badges(app: Terminal, query: str = "", tell: bool = True) -> list[Badge]:
    """All badges of the station that a filter lets through, by number; the banner counts along past a page."""
    found: dict[str, Badge] = {}  # by uid: a badge removed meanwhile moves the pages
    offset = 0
    while True:
        page = await app.session.call("badges.list", offset=offset, limit=PIECE, query=query)
        found.update((str(badge["uid"]), badge) for badge in page["badges"])
        offset += len(page["badges"])
        if not page["badges"] or offset >= page["total"]:
            return list(found.values())
        if tell:
            app.banner(app.say("badges.progress", done=offset, n=page["total"]), "wait")


async def export(app: Terminal) -> None:
    """Write the whole list to a file (R-188)."""
    path = await files.ask_file(app, KINDS, "write", "badges.csv")
    if path is None:
        return
    listed = await all_badges(app)
    text = badge_csv.badges(map(badge_csv.badge_of, listed))
    files.save(app, path, text.encode(), app.say("badges.count", n=len(listed)))


async def bring(app: Terminal) -> bool:
    """Replace the list by that of a file, after what it changes was shown (R-189); whether it was replaced."""
    path = await files.ask_file(app, KINDS, "read")
    if path is None:
        return False
    try:
        file = badge_csv.read_badge_file(files.text_of(files.read(path)) or "")
    except LinesError as error:
        await _tell_wrong(app, path, error.labels)
        return False
    except FormatError as error:
        app.banner(files.failure(app.lang, path, ValueError(error.sentence(app.lang))), "bad")
        return False
    except (OSError, files.Unfit) as error:
        app.banner(files.failure(app.lang, path, error), "bad")
        return False
    if not file.seal and app.session.role is not Role.ADMIN:
        app.banner(app.say("badges.unsigned_no"), "bad")
        return False
    plan = await _brought(app, file)
    if not plan["added"] and not plan["changed"] and not plan["removed"]:
        app.banner(app.say("badges.same"))
        return False
    if not await app.push_screen_wait(_question(app, path, plan, bool(file.seal))):
        app.banner("")
        return False
    done = await app.session.call("badges.replace.commit", seal=file.seal)
    app.banner(app.say("badges.imported", n=int(done["total"])), "good")
    return True


async def _brought(app: Terminal, file: badge_csv.BadgeFile) -> Mapping[str, Any]:
    """What the station says that the list would change, once it has all of it."""
    call, n = app.session.call, len(file.badges)
    await call("badges.replace.begin")
    for at in range(0, n, PIECE):
        rows = [
            {"number": badge.number, "uid": badge.uid, "type": badge.type.value, "comment": badge.comment}
            for badge in file.badges[at : at + PIECE]
        ]
        await call("badges.replace.rows", badges=rows)
        if n > PIECE:
            app.banner(app.say("badges.progress", done=at + len(rows), n=n), "wait")
    app.banner("")
    plan: Mapping[str, Any] = await call("badges.replace.commit", seal=file.seal, dry_run=True)
    return plan


def plan_lines(lang: str, plan: Mapping[str, Any], sealed: bool) -> list[Line]:
    """What an import changes: the warning first, the counts, then a line a badge."""
    lines: list[Line] = []
    if not sealed:
        lines += [(Span(text, "bad"),) for text in _halves(say(lang, "badges.unsigned"))]
    counts = {name: int(plan[name]) for name in ("added", "changed", "removed")}
    lines.append((Span(say(lang, "badges.plan", n=int(plan["total"]), **counts), "strong"),))
    marks = {"added": ("+", "good"), "changed": ("~", "wait"), "removed": ("-", "bad")}
    for change in plan["changes"]:
        mark, tone = marks[str(change["change"])]
        lines.append((Span(f" {mark} ", tone), Span(_badge_text(lang, change))))
        if was := change.get("was"):
            lines.append((Span(f"     {_badge_text(lang, was)}", "dim"),))
    if (more := sum(counts.values()) - len(plan["changes"])) > 0:
        lines.append((Span(f"   {say(lang, 'badges.more', n=more)}", "dim"),))
    return lines


def _halves(text: str) -> list[str]:
    """A warning of two sentences, a line each."""
    first, stop, rest = text.partition(". ")
    return [first + stop.strip(), rest] if rest else [text]


def _badge_text(lang: str, badge: Badge) -> str:
    return clean(f"{badge['uid']}  {type_name(lang, badge['type'])}  {badge['comment']}").rstrip()


def _question(app: Terminal, path: Path, plan: Mapping[str, Any], sealed: bool) -> Confirm:
    yes = app.say("badges.replace_yes" if sealed else "badges.unsigned_yes")
    title = app.say("badges.import", name=clean(path.name))
    lines = plan_lines(app.lang, plan, sealed)
    return Confirm(app.say("badges.replace"), yes, app.say("cancel"), lines, title)


async def _tell_wrong(app: Terminal, path: Path, labels: Sequence[Label]) -> None:
    """List all that is wrong with a file, line by line."""
    count = app.say("badges.wrong", n=len(labels))
    app.banner(f"{clean(path.name)}: {count}", "bad")
    lines: list[Line] = [(Span(clean(label.text(app.lang))),) for label in labels]
    title = f"{app.say('badges.import', name=clean(path.name))}. {count}"
    await app.push_screen_wait(Page(title, lines, app.close_hint))
