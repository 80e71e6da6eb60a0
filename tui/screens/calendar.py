"""The dialog that picks a date and a time of day (R-086)."""

from __future__ import annotations

import re
from datetime import datetime, time
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input

from tui.screens.base import QuietDialog
from tui.widgets.bars import Note
from tui.widgets.calendar import Calendar
from tui.widgets.fields import Edited, Press, TextField


class CalendarDialog(QuietDialog[datetime | None]):
    """A day of the calendar and a time; None when left with Escape. `now` is what the station's clock shows."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "give_up", show=False, id="date.give_up")]

    def __init__(self, title: str, chosen: datetime, now: datetime) -> None:
        super().__init__()
        self._title = title
        self._chosen = chosen
        self._now = now

    def compose(self) -> ComposeResult:
        """Title, calendar, time, answers, keys."""
        say = self.terminal.say
        with Vertical(classes="dialog calendar"):
            title = Note(classes="title")
            title.say(self._title)
            yield title
            yield Calendar(self.terminal.lang, self._chosen.date(), self._now.date(), name="days")
            with Horizontal(classes="name"):
                label = Note(classes="label")
                label.say(say("date.time"))
                yield label
                yield TextField(f"{self._chosen:%H:%M:%S}", max_length=8, name="time")
            with Horizontal(classes="answers"):
                yield Press(say("cancel"), name="no")
                yield Press("OK", name="yes")
            yield Note(name="hint")

    def on_mount(self) -> None:
        """Start on the day."""
        self._hint()
        self.query_one(Calendar).focus()

    def on_calendar_taken(self, event: Calendar.Taken) -> None:
        """From the day to the time."""
        event.stop()
        self.query_one("#time").focus()

    def on_edited(self, event: Edited) -> None:
        """What was wrong with the time is forgotten."""
        event.stop()
        self._hint()

    def _hint(self) -> None:
        """Tell the keys of the calendar."""
        key = self.terminal.key
        both = {name: f"{key(f'calendar.{name}_before')} {key(f'calendar.{name}_after')}" for name in ("month", "year")}
        self.query_one("#hint", Note).say(self.terminal.say("date.keys", today=key("calendar.today"), **both))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in the time is OK."""
        event.stop()
        self._take()

    def on_press_pressed(self, event: Press.Pressed) -> None:
        """Answer."""
        event.stop()
        if event.button.id == "yes":
            self._take()
        else:
            self.dismiss(None)

    def _take(self) -> None:
        field = self.query_one("#time", TextField)
        when = time_of(field.value)
        if when is None:
            self.query_one("#hint", Note).say(self.terminal.say("date.time_allowed"), "bad")
            field.focus()
            return
        self.dismiss(datetime.combine(self.query_one(Calendar).chosen, when))

    def action_give_up(self) -> None:
        """No date."""
        self.dismiss(None)


def time_of(text: str) -> time | None:
    """The time of day that a text means: `14:05`, `14:05:30`, also `14h05`, `1405`; None where it means none."""
    found = re.fullmatch(r"([0-9]{1,2})[:hH.]([0-9]{2})(?:[:.]([0-9]{2}))?|([0-9]{2})([0-9]{2})", text.strip())
    if found is None:
        return None
    hour, minute, second = (int(part or 0) for part in (found[1] or found[4], found[2] or found[5], found[3]))
    return time(hour, minute, second) if hour < 24 and minute < 60 and second < 60 else None
