"""Badges by reader: the dialog that starts and stops a capture and shows each badge as it is read (R-179 to R-181)."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical

from evlink.client import CallError, Disconnected
from tui import saving
from tui.clean import clean
from tui.keys import bindings
from tui.screens.base import QuietDialog
from tui.widgets.bars import Note
from tui.widgets.fields import ChoiceField, Edited, Press
from tui.widgets.lines import Line, Lines, Span, fit
from tui.words import WORDS, say

LOOK_S = 0.25
ROWS = 8
_TONES = {"added": "good", "removed": "good", "failed": "bad"}

Document = Mapping[str, Any]


def capture_sentence(lang: str, now: Document) -> tuple[str, str]:
    """What the capture does, or why it ended, and the tone of it."""
    if now.get("running") and not now.get("own"):
        by = clean(now.get("by", "")) or say(lang, "capture.command_line")
        return say(lang, "capture.elsewhere", by=by), "bad"
    if now.get("running"):
        word = "capture.adding" if now.get("mode") == "add" else "capture.deleting"
        return say(lang, word, n=math.ceil(float(now.get("left_s") or 0))), "wait"
    if not now.get("own"):
        return say(lang, "capture.idle"), ""
    how = say(lang, f"capture.{now['ended']}" if now.get("ended") in ("time", "gone") else "capture.stopped")
    done = say(lang, f"capture.count_{now.get('mode', 'add')}", n=int(now.get("done", 0)))
    other = int(now.get("other", 0))
    return f"{how} {done}{say(lang, 'capture.count_other', n=other) if other else ''}.", ""


def capture_lines(lang: str, now: Document) -> list[Line]:
    """The badges read so far, the last one first."""
    if not now.get("own"):
        return []
    lines: list[Line] = []
    for badge in (now.get("badges") or ())[:ROWS]:
        outcome = str(badge.get("outcome", ""))
        word = f"outcome.{outcome}"
        text = say(lang, word) if word in WORDS else outcome
        number = fit(badge.get("number", ""), 4, right=True)
        lines.append(
            (Span(f" {number}  {fit(badge.get('uid', ''), 21)} "), Span(clean(text), _TONES.get(outcome, "wait")))
        )
    return lines


class CaptureDialog(QuietDialog[bool]):
    """Add or delete, Start or Stop, the seconds left, and what became of each badge. Leaving it stops the capture.

    Answers whether the list may have changed.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings("capture")

    def __init__(self) -> None:
        super().__init__()
        self._now: Document = {"running": False}
        self._changed = False

    def compose(self) -> ComposeResult:
        """The switch, the sentence, the badges, the buttons."""
        t = self.terminal.say
        with Vertical(classes="dialog"):
            title = Note(classes="title")
            title.say(t("capture.title"))
            yield title
            label = Note(classes="label")
            label.say(t("capture.mode"))
            yield label
            yield ChoiceField([(mode, t(f"capture.{mode}")) for mode in ("add", "delete")], "add", name="mode")
            sentence = Note(name="sentence")
            sentence.styles.height = 2
            yield sentence
            shown = Lines(name="read")
            shown.styles.height = max(3, min(ROWS, self.app.size.height - 14))
            yield shown
            with Horizontal(classes="answers"):
                yield Press(t("capture.start"), name="start")
                yield Press(t("capture.close"), name="close")

    def on_mount(self) -> None:
        """Look at what runs, again and again: a capture may end by itself."""
        self._show()
        self.query_one("#mode").focus()
        self.run_worker(self._follow(), group="capture")

    async def _follow(self) -> None:
        while True:
            if not await self._do("status"):
                return
            await asyncio.sleep(LOOK_S)

    async def _do(self, action: str, **params: str) -> bool:
        """Ask the station; what it refuses is said here. False where the dialog has nothing more to do."""
        try:
            self._now = await self.terminal.session.call("badges.capture", action=action, **params)
        except CallError as error:
            self.query_one("#sentence", Note).say(saving.refusal(error, self.terminal.lang), "bad")
            return False
        except Disconnected:
            self.dismiss(self._changed)
            return False
        self._changed = self._changed or bool(self._now.get("own") and self._now.get("done"))
        if self.is_attached and self.query("#sentence"):  # the dialog may be closing
            self._show()
        return True

    @property
    def running(self) -> bool:
        """Whether a capture of this terminal runs."""
        return bool(self._now.get("running") and self._now.get("own"))

    def _show(self) -> None:
        lang = self.terminal.lang
        self.query_one("#sentence", Note).say(*capture_sentence(lang, self._now))
        self.query_one("#read", Lines).show(capture_lines(lang, self._now))
        button = self.query_one("#start", Press)
        button.rename(say(lang, "capture.stop" if self.running else "capture.start"))
        mode = self.query_one("#mode", ChoiceField)
        if mode.disabled is not self.running:
            mode.disabled = self.running
            if self.running:
                button.focus()
        if self.running:
            mode.put(str(self._now.get("mode", "add")))

    def on_edited(self, event: Edited) -> None:
        """The switch acts at the next start."""
        event.stop()

    def on_choice_field_listed(self, event: ChoiceField.Listed) -> None:
        """Two positions need no list: Enter goes on to Start."""
        event.stop()
        self.query_one("#start").focus()

    def on_press_pressed(self, event: Press.Pressed) -> None:
        """Start, stop, close."""
        event.stop()
        if event.button.id == "close":
            self.action_give_up()
        else:
            self.run_worker(self._press(), group="press", exclusive=True)

    async def _press(self) -> None:
        if self.running:
            await self._do("stop")
        else:
            await self._do("start", mode=self.query_one("#mode", ChoiceField).value)

    def action_give_up(self) -> None:
        """Stop and close."""
        self.run_worker(self._leave(), group="press", exclusive=True)

    async def _leave(self) -> None:
        if self.running:
            await self._do("stop")
        if self.is_current:
            self.dismiss(self._changed)
