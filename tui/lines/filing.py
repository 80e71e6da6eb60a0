"""Files by their names: written, never over another without a question; read, with what they would change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from tui import files
from tui.clean import clean
from tui.lines.changes import value_text
from tui.lines.console import Console
from tui.saving import label_of, spoken

Content = Callable[[Path], tuple[bytes, int | str]]


async def write(console: Console, name: str, kinds: Sequence[str], content: Content) -> None:
    """Ask for a name, `name` where the answer is empty, and write what `content` gives for it with its count."""
    console.tell("file.place")
    path = files.named(await console.ask(lambda: console.word("lines.file.write", name=name), free=True) or name)
    if path.suffix.lower() not in kinds:
        why = console.word("file.other", kinds=files.listed(kinds, console.lang))
        console.tell("file.failed", path=clean(path), why=why)
        return
    if path.exists() and not await console.sure(lambda: console.word("lines.file.replace", path=clean(path))):
        console.tell("lines.nothing")
        return
    try:
        data, number = content(path)
        files.write(path, data)
    except OSError as error:
        console.say(files.failure(console.lang, path, error))
        return
    console.tell("file.written", path=clean(path), n=number)


async def read(console: Console, kinds: Sequence[str]) -> tuple[Path, bytes] | None:
    """Ask for a name and read the file; None, after the reason was told, where it can't be read."""
    console.tell("file.place")
    name = await console.ask(
        lambda: console.word("lines.file.read", kinds=files.listed(kinds, console.lang)), free=True
    )
    if not name:
        console.tell("lines.nothing")
        return None
    path = files.named(name)
    why = files.check(path, kinds, console.lang)
    if not why:
        try:
            return path, files.read(path)
        except (OSError, files.Unfit) as error:
            console.say(files.failure(console.lang, path, error))
            return None
    console.tell("file.failed", path=clean(path), why=why)
    return None


async def export_settings(console: Console) -> None:
    """Write the configuration that is in force (R-056)."""
    from tui import transfer

    draft = console.session.draft
    await console.session.reload()
    await write(console, "station.toml", transfer.KINDS, lambda path: transfer.exported(draft, path.suffix))


async def import_settings(console: Console) -> None:
    """Read a configuration, show what it would change, and apply it all where the person says so (R-056)."""
    from tui import transfer

    session = console.session
    got = await read(console, transfer.KINDS)
    if got is None:
        return
    path, data = got
    await session.reload()
    try:
        plan = transfer.planned(session.draft, path.suffix, data, console.lang)
    except files.Unfit as error:
        console.say(files.failure(console.lang, path, error))
        return
    if isinstance(plan, list):
        console.tell("lines.file.troubles", n=len(plan))
        for trouble in plan:
            place = [console.word("file.line", n=str(trouble.line))] if trouble.line else []
            head = ", ".join([*place, trouble.key] if trouble.key else place)
            console.pair(head, spoken(trouble.sentence.text(console.lang), console.lang))
        return
    for notice in plan.notices:
        console.say(spoken(notice.text(console.lang), console.lang))
    if not plan.changes:
        console.tell("file.same")
        return
    console.tell("file.changes", n=len(plan.changes))
    for key, value in plan.changes.items():
        before, after = value_text(console, key, plan.before[key]), value_text(console, key, value)
        console.pair(label_of(key, console.lang), console.word("lines.change", before=before, after=after))
    if plan.restart:
        console.tell("file.needs_restart", n=len(plan.restart))
    if plan.staged:
        console.tell("file.staged", n=plan.staged)
    if not await console.sure(lambda: console.word("file.apply")):
        console.tell("lines.nothing")
        return
    answer = await session.call("settings.apply", changes=plan.changes, base=session.draft.version, imported=True)
    await session.reload()
    word = "file.applied_restart" if answer.get("restart") else "file.applied"
    console.tell(word, n=len(answer.get("changed", ())))
