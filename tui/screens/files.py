"""The file dialog: folders and files of a kind with size and date, a typed name, and what is wrong with it."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input

from tui import files, folders, terms
from tui.clean import clean
from tui.folders import Entry, Folder
from tui.screens.base import QuietDialog
from tui.screens.dialogs import Confirm
from tui.widgets.bars import Note
from tui.widgets.fields import Edited, TextField
from tui.widgets.lines import Line, Span, fit
from tui.widgets.listing import Listing

_SIZE, _DATE = 10, 18

Row = Entry | Path | None
"""A row of the list: a file or folder, a place to go to, or what shows the files of other kinds."""


class NameField(TextField):
    """The name of the file; Tab completes it, and goes on where there is nothing to complete."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "screen.complete", show=False, id="file.complete"),
        Binding("down", "screen.to_list", show=False, id="file.to_list"),
    ]


class FileDialog(QuietDialog[Path | None]):
    """A file to read or to write; None when left with Escape. `ask_file` says what is checked."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "give_up", show=False, id="file.give_up"),
        Binding("backspace", "up", show=False, id="file.up"),
    ]

    def __init__(self, kinds: tuple[str, ...], mode: files.Mode, name: str = "", title: str = "") -> None:
        super().__init__()
        self._kinds = kinds
        self._mode = mode
        self._proposed = name
        self._title = title
        self._folder = Folder(folders.home(), ())
        self._rows: list[tuple[Row, Line]] = []
        self._places: list[Path] = []
        self._every = False

    def compose(self) -> ComposeResult:
        """Title, name, folder, list, and a line for what is wrong."""
        say = self.terminal.say
        with Vertical(classes="dialog wide files"):
            title = Note(name="question")
            kinds = files.listed(self._kinds, self.terminal.lang)
            title.say(self._title or say(f"dialog.{self._mode}", kinds=kinds))
            yield title
            with Horizontal(classes="name"):
                label = Note(classes="label")
                label.say(say("dialog.path"))
                yield label
                yield NameField(self._proposed, name="answer")
            yield Note(name="folder")
            yield Listing(name="options")
            yield Note(name="hint")

    def on_mount(self) -> None:
        """Start in the home directory: at the list to read, at the name to write."""
        self._list.styles.height = max(4, min(16, self.app.size.height - 10))
        self._hint()
        self.query_one("#options" if self._mode == "read" else "#answer").focus()
        self.go(self._folder.path)

    @property
    def _list(self) -> Listing:
        return self.query_one(Listing)

    @property
    def _field(self) -> NameField:
        return self.query_one(NameField)

    def _hint(self, problem: str = "") -> None:
        key = self.terminal.key
        hint = self.terminal.say("dialog.hint", complete=key("file.complete"), close=key("file.give_up"))
        self.query_one("#hint", Note).say(problem or hint, "bad" if problem else "")

    # The list

    def go(self, path: Path, under: str = "") -> None:
        """List a folder; the cursor comes to the name `under` where it is there."""
        self.run_worker(self._go(path, under), group="folder", exclusive=True)

    async def _go(self, path: Path, under: str) -> None:
        # Beside the screen: a medium that is slow or gone must not stop the keys.
        folder = await asyncio.to_thread(folders.look, path, self._kinds)
        if not self._places:
            self._places = await asyncio.to_thread(folders.places)
        if folder.fault:
            why = files.reason(self.terminal.lang, OSError(folder.fault, ""))
            self._wrong(path, why)
            if self._rows:
                return
        else:
            self._hint()
        self._folder, self._every = folder, False
        self._show(under)

    def _show(self, under: str = "") -> None:
        """Draw the folder; what is left out is said at its end."""
        say, folder = self.terminal.say, self._folder
        width = max(40, self._list.size.width or 70)
        name = width - _SIZE - _DATE
        head = fit(say("dialog.name"), name) + fit(say("dialog.size"), _SIZE - 1, right=True) + " "
        rows: list[tuple[Row, Line]] = []
        if folder.path.parent != folder.path:
            rows.append((folder.path.parent, self._row("../", say("dialog.up"), name, "dim")))
        shown = [entry for entry in folder.entries if entry.fits or self._every]
        rows += [(entry, self._entry(entry, name)) for entry in shown]
        if not any(not entry.folder for entry in shown):
            rows.append((folder.path, (Span(fit(f"  ({say('dialog.nothing')})", width), "dim"),)))
        if others := len(folder.entries) - len(shown):
            rows.append((None, (Span(fit(f"  + {say('dialog.others', n=others)}", width), "dim"),)))
        if folder.beyond:
            rows.append((folder.path, (Span(fit(f"  {say('dialog.beyond', n=folder.beyond)}", width), "wait"),)))
        for place in self._places:
            if place != folder.path:
                word = "dialog.home" if place == folders.home() else "dialog.medium"
                rows.append((place, self._row(f"→ {clean(place)}", say(word), name, "dim")))
        self._rows = rows
        names = [row.path.name if isinstance(row, Entry) else "" for row, _ in rows]
        first = next((at for at, (row, _) in enumerate(rows) if isinstance(row, Entry)), 0)
        listing = self._list
        listing.top = 0
        listing.cursor = 0
        listing.show_table([width], [(Span(head + fit(f"  {say('dialog.changed')}", _DATE)),), *(r for _, r in rows)])
        listing.refresh()
        listing.move(names.index(under) if under and under in names else first)
        self.query_one("#folder", Note).say(_short(clean(folder.path), width))

    @staticmethod
    def _row(text: str, remark: str, name: int, tone: str) -> Line:
        return (Span(fit(text, name)), Span(fit(remark, _SIZE + _DATE), tone))

    def _entry(self, entry: Entry, name: int) -> Line:
        say = self.terminal.say
        text = clean(entry.path.name) or "?"
        size = say("dialog.folder") if entry.folder else self._bytes(entry.size)
        date = datetime.fromtimestamp(entry.changed).strftime("%Y-%m-%d %H:%M") if entry.changed else ""
        return (
            Span(fit(text + ("/" if entry.folder else ""), name), "" if entry.fits else "dim"),
            Span(fit(size, _SIZE - 1, right=True) + "   " + fit(date, _DATE - 2), "dim"),
        )

    def _bytes(self, size: int) -> str:
        lang, say = self.terminal.lang, self.terminal.say
        if size < 1000:
            return say("size.b", n=str(size))
        if size < 1_000_000:
            return say("size.kb", n=terms.number(lang, size / 1000, 1))
        return say("size.mb", n=terms.number(lang, size / 1_000_000, 1))

    def on_resize(self) -> None:
        """Draw the list in the width that it has now."""
        if self._rows:
            self._show()

    # Choosing

    def on_listing_chosen(self, event: Listing.Chosen) -> None:
        """Open a folder, take a file, or show what was left out."""
        event.stop()
        row = self._rows[event.row][0]
        match row:
            case None:
                self._every = True
                self._show()
            case Path():
                self.go(row, self._folder.path.name)
            case Entry(path=path, folder=True):
                self.go(path)
            case Entry(path=path) if self._mode == "write":
                self._field.value = clean(path.name)
                self._take(path)
            case Entry(path=path):
                self._take(path)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the name that was typed."""
        event.stop()
        text = event.value.strip()
        if not text:
            if self._mode == "write":
                self._hint(self.terminal.say("dialog.unnamed"))
            else:
                self.action_to_list()
            return
        self._take(folders.named(text, self._folder.path), text.endswith("/"))

    def _take(self, path: Path, folder: bool = False) -> None:
        self.run_worker(self._taken(path, folder), group="folder", exclusive=True)

    async def _taken(self, path: Path, folder: bool) -> None:
        if folder or await asyncio.to_thread(path.is_dir):
            self._field.value = ""
            await self._go(path, "")
            return
        problem = await asyncio.to_thread(self._problem, path)
        if problem:
            self._wrong(path, problem)
            return
        if self._mode == "write" and await asyncio.to_thread(path.exists):
            say = self.terminal.say
            question = say("dialog.replace", name=clean(path.name))
            if not await self.app.push_screen_wait(Confirm(question, say("dialog.replace_yes"), say("cancel"))):
                return
        self.dismiss(path)

    def _problem(self, path: Path) -> str:
        """Why a file can't be taken; empty where it can."""
        lang, say = self.terminal.lang, self.terminal.say
        if self._mode == "read":
            return files.check(path, self._kinds, lang)
        if path.suffix.lower() not in self._kinds:
            return say("dialog.ending", kinds=files.listed(self._kinds, lang))
        try:
            if path.exists() and not path.is_file():
                return say("file.special")
            path.parent.stat()
        except OSError as error:
            return files.reason(lang, error)
        return ""

    def _wrong(self, path: Path, why: str) -> None:
        self._hint(self.terminal.say("dialog.problem", name=clean(path.name) or clean(path), why=why))

    # Keys

    def on_edited(self, event: Edited) -> None:
        """What was wrong with the name before is forgotten."""
        event.stop()
        self._hint()

    def on_key(self, event: events.Key) -> None:
        """A letter typed over the list begins a name."""
        if self.focused is self._list and event.is_printable and event.character and event.character != " ":
            event.stop()
            self._field.focus()
            self._field.insert_text_at_cursor(event.character)

    async def action_complete(self) -> None:
        """Complete the name; on to the list where there is nothing to add."""
        field = self._field
        text = await asyncio.to_thread(folders.complete, field.value, self._folder.path, self._kinds)
        if text == field.value:
            reading = self._mode == "read"
            if reading and not await asyncio.to_thread(folders.candidates, text, self._folder.path, self._kinds):
                self._hint(self.terminal.say("dialog.none_so", name=clean(text.rpartition("/")[2])))
            self.action_to_list()
        else:
            field.value = text
            field.cursor_position = len(field.value)

    def action_to_list(self) -> None:
        """From the name to the list."""
        self._list.focus()

    def action_up(self) -> None:
        """The folder above."""
        if self.focused is self._list:
            self.go(self._folder.path.parent, self._folder.path.name)

    def action_give_up(self) -> None:
        """No file."""
        self.dismiss(None)


def _short(text: str, width: int) -> str:
    """A path whose beginning is left out where it is longer than a width."""
    while cell_len(text) > width and len(text) > 1:
        text = "…" + text[2:]
    return text
