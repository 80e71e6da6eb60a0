"""The staged changes in a list: old and new value of each, undone one by one, and all saved from there (R-042)."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical

from evlink.settings.model import Apply
from evlink.settings.registry import find
from evlink.settings.view import warning
from tui.clean import clean
from tui.draft import Draft
from tui.keys import bindings
from tui.screens.base import QuietDialog
from tui.screens.help import paragraph
from tui.widgets.bars import Note
from tui.widgets.fields import Press
from tui.widgets.lines import Line, Lines, Span, fit
from tui.widgets.listing import Listing
from tui.words import say

SAVE = "save"
"""The answer of the list where all is to be saved; else it is a path to go to, or nothing."""


class Staged(QuietDialog[str]):
    """All staged changes. With `asking` it is the question before they are saved, the cautious answer in focus."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("staged")

    def __init__(self, asking: bool) -> None:
        super().__init__()
        self._asking = asking

    @property
    def _draft(self) -> Draft:
        return self.terminal.session.draft

    def compose(self) -> ComposeResult:
        """Title, list, the change under the cursor in full, answers, keys."""
        say = self.terminal.say
        with Vertical(classes="dialog wide staged"):
            yield Note(name="question")
            yield Listing(name="options")
            yield Lines(name="page")
            with Horizontal(classes="answers"):
                yield Press(say("cancel" if self._asking else "key.close"), name="no")
                yield Press(say("action.save_restart" if self._draft.restart else "key.save"), name="yes")
            hint = Note(name="hint")
            key = self.terminal.key
            hint.say(
                say(
                    "staged.hint",
                    undo=key("staged.undo"),
                    go=key("listing.choose"),
                    save=key("staged.save"),
                    close=key("staged.close"),
                )
            )
            yield hint

    def on_mount(self) -> None:
        """Show the list."""
        self.query_one("#page", Lines).styles.height = 5
        self._show()
        self.query_one("#no" if self._asking else "#options").focus()

    def on_resize(self) -> None:
        """Draw the list in the width that it has now."""
        self._show()

    def _show(self) -> None:
        draft, lang = self._draft, self.terminal.lang
        number = len(draft.texts)
        self.query_one("#question", Note).say(self._question(number), "wait" if draft.moved else "")
        listing = self.query_one(Listing)
        listing.styles.height = min(number + 1, max(4, self.app.size.height - 16))
        width = max(40, listing.size.width or 72)
        texts = [text for path in draft.touched for text in (old_text(draft, path, lang), new_text(draft, path, lang))]
        longest = max(map(cell_len, [say(lang, "staged.old"), say(lang, "staged.new"), *texts]))
        value = min(longest + 2, (width - 4) * 3 // 10)
        name = width - 4 - 2 * value
        heads = (say(lang, "staged.setting"), say(lang, "staged.old"), say(lang, "staged.new"))
        rows: list[Line] = [
            (Span("    "), *(Span(fit(t, w)) for t, w in zip(heads, (name, value, value), strict=True)))
        ]
        for path in draft.touched:
            mark, tone = _mark(draft, path)
            rows.append(
                (
                    Span(f" {mark}  ", tone),
                    Span(fit(_label(path, lang), name - 1) + " "),
                    Span(fit(old_text(draft, path, lang), value - 1) + " ", "dim"),
                    Span(fit(new_text(draft, path, lang), value), "strong"),
                )
            )
        listing.show_table([width], rows)
        listing.refresh()
        self._detail()

    def draft_changed(self) -> None:
        """Somebody else changed settings: what is staged stands against other values, or is what they are now."""
        if not self._draft.texts:
            self.dismiss("")
        else:
            self._show()

    def _question(self, number: int) -> str:
        say, draft = self.terminal.say, self._draft
        if not self._asking:
            return say("banner.staged", n=number)
        parts = [say("staged.moved", n=len(draft.moved))] if draft.moved else []
        parts.append(say("save.restart_title" if draft.restart else "staged.save_title", n=number))
        return " ".join(parts)

    def _path(self) -> str:
        paths, at = self._draft.touched, self.query_one(Listing).cursor
        return paths[at] if at < len(paths) else ""

    def _detail(self) -> None:
        """The change under the cursor: where it is, both values in full, and what to know of it."""
        draft, lang, path = self._draft, self.terminal.lang, self._path()
        page = self.query_one("#page", Lines)
        if not path or path not in draft.rows:
            page.show([])
            return
        width = max(40, (page.size.width or 72) - 1)
        setting = draft.rows[path].setting
        lines = paragraph(f"{setting.tab.label.text(lang)} › {_label(path, lang)}", tone="dim", width=width)
        lines += paragraph(f"{old_text(draft, path, lang)} → {new_text(draft, path, lang)}", width=width)
        if path in draft.problems:
            lines += paragraph(draft.problems[path].text(lang), "! ", "bad", width)
        if path in draft.moved:
            lines += paragraph(say(lang, "staged.moved_one"), "! ", "bad", width)
        if setting.apply is Apply.RESTART:
            lines += paragraph(say(lang, "staged.restart"), "R ", "wait", width)
        if warning(setting, draft.staged.get(path)):
            lines += paragraph(setting.warning.text(lang), "", "wait", width)
        page.show(lines)

    def on_listing_moved(self, event: Listing.Moved) -> None:
        """Show the change that the cursor came to."""
        event.stop()
        self._detail()

    def on_listing_chosen(self, event: Listing.Chosen) -> None:
        """Go to the field."""
        event.stop()
        self.dismiss(self._path())

    def on_press_pressed(self, event: Press.Pressed) -> None:
        """Answer."""
        self.dismiss(SAVE if event.button.id == "yes" else "")

    def action_undo(self) -> None:
        """Undo the change under the cursor; with the last one the list closes."""
        path = self._path()
        if path:
            self._draft.drop(path)
        if not self._draft.texts:
            self.dismiss("")
            return
        self.query_one("#yes", Press).rename(
            self.terminal.say("action.save_restart" if self._draft.restart else "key.save")
        )
        self._show()

    def action_save(self) -> None:
        """Save all."""
        self.dismiss(SAVE)

    def action_close(self) -> None:
        """Back to the forms; all stays staged."""
        self.dismiss("")


def _mark(draft: Draft, path: str) -> tuple[str, str]:
    if path in draft.problems or path in draft.moved:
        return "!", "bad"
    row = draft.rows.get(path)
    return ("R", "wait") if row is not None and row.setting.apply is Apply.RESTART else ("*", "wait")


def _label(path: str, lang: str) -> str:
    from tui.saving import label_of

    return label_of(path, lang)


def old_text(draft: Draft, path: str, lang: str) -> str:
    """The station's value for a list; of a secret only whether it is set."""
    row = draft.rows.get(path)
    if row is None:
        return ""
    if row.setting.secret:
        return say(lang, "set" if row.value else "not_set")
    return clean(draft.original_shown(path, lang)) or say(lang, "not_set")


def new_text(draft: Draft, path: str, lang: str) -> str:
    """The staged value for a list; a text that is no value as it was typed, of a secret only what becomes of it."""
    found = find(path)
    if found is not None and found.setting.secret:
        return say(lang, "staged.new_secret" if draft.texts.get(path) else "staged.cleared")
    if path in draft.problems or path not in draft.rows:
        return clean(draft.texts.get(path, ""))
    return clean(draft.shown(path, lang)) or say(lang, "not_set")
