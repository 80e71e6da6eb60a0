"""A month as a grid of days: arrows go by days and weeks, PageUp and PageDown by months, `<` and `>` by years."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from tui.widgets.lines import Line, Lines, Span, fit
from tui.words import say

_CELL = 4
WIDTH = 7 * _CELL
HEIGHT = 8
FIRST, LAST = date(2000, 1, 1), date(2099, 12, 31)
"""The days that a station's clock may be set to (`Moment`)."""


class Calendar(Lines, can_focus=True):
    """Days to choose from; the chosen one stands in brackets, today has an asterisk. Enter takes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "days(-1)", show=False, id="calendar.day_before"),
        Binding("right", "days(1)", show=False, id="calendar.day_after"),
        Binding("up", "days(-7)", show=False, id="calendar.week_before"),
        Binding("down", "days(7)", show=False, id="calendar.week_after"),
        Binding("pageup", "months(-1)", show=False, id="calendar.month_before"),
        Binding("pagedown", "months(1)", show=False, id="calendar.month_after"),
        Binding("less_than_sign", "months(-12)", show=False, id="calendar.year_before"),
        Binding("greater_than_sign", "months(12)", show=False, id="calendar.year_after"),
        Binding("home", "edge(False)", show=False, id="calendar.month_first"),
        Binding("end", "edge(True)", show=False, id="calendar.month_last"),
        Binding("t", "today", show=False, id="calendar.today"),
        Binding("enter,space", "take", show=False, id="calendar.take"),
    ]

    class Taken(Message):
        """The chosen day was taken."""

    def __init__(self, lang: str, chosen: date, today: date, *, name: str | None = None) -> None:
        super().__init__(name=name)
        self._lang = lang
        self.chosen = min(max(chosen, FIRST), LAST)
        self._today = today

    def on_mount(self) -> None:
        """Show the month of the chosen day."""
        self.styles.width, self.styles.height = WIDTH, HEIGHT
        self._draw()

    def _draw(self) -> None:
        self.show(month_lines(self._lang, self.chosen, self._today))

    def choose(self, day: date) -> None:
        """Choose a day, kept within the years of the station's clock."""
        self.chosen = min(max(day, FIRST), LAST)
        self._draw()

    def action_days(self, number: int) -> None:
        """Some days on."""
        self.choose(self.chosen + timedelta(days=number))

    def action_months(self, number: int) -> None:
        """Some months on: the same day of the month, or its last one."""
        self.choose(later(self.chosen, number))

    def action_edge(self, last: bool) -> None:
        """The first or the last day of the month."""
        days = calendar.monthrange(self.chosen.year, self.chosen.month)[1]
        self.choose(self.chosen.replace(day=days if last else 1))

    def action_today(self) -> None:
        """Today, by the station's clock."""
        self.choose(self._today)

    def action_take(self) -> None:
        """Take the day."""
        self.post_message(self.Taken())

    def on_click(self, event: events.Click) -> None:
        """Choose the day under the mouse; on a second click take it."""
        event.stop()
        day = day_at(self.chosen, event.x, event.y)
        if day is not None:
            if day == self.chosen and event.chain > 1:
                self.action_take()
            self.choose(day)


def later(day: date, months: int) -> date:
    """The same day some months later, or the last of that month; within the years of the station's clock."""
    at = day.year * 12 + day.month - 1 + months
    year, month = divmod(at, 12)
    if not FIRST.year <= year <= LAST.year:
        return FIRST if months < 0 else LAST
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def month_lines(lang: str, chosen: date, today: date) -> list[Line]:
    """The grid of a month, weeks from Monday: name, days of the week, six weeks."""
    month = say(lang, "date.months").split()[chosen.month - 1]
    days = say(lang, "date.days").split()
    lines: list[Line] = [
        (Span(fit(f"{month} {chosen.year}".center(WIDTH), WIDTH), "strong"),),
        (Span("".join(f"{day:>3} " for day in days), "dim"),),
    ]
    for week in _weeks(chosen):
        lines.append(tuple(_cell(day, chosen, today) for day in week))
    return lines + [(Span(" " * WIDTH),)] * (HEIGHT - len(lines))


def _weeks(chosen: date) -> list[list[date | None]]:
    weeks = calendar.Calendar().monthdayscalendar(chosen.year, chosen.month)
    return [[chosen.replace(day=day) if day else None for day in week] for week in weeks]


def _cell(day: date | None, chosen: date, today: date) -> Span:
    if day is None:
        return Span(" " * _CELL)
    if day == chosen:
        return Span(f"[{day.day:>2}]", "cursor")
    return Span(f" {day.day:>2}{'*' if day == today else ' '}", "title" if day == today else "")


def day_at(chosen: date, x: int, y: int) -> date | None:
    """The day drawn at a cell of the grid."""
    weeks = _weeks(chosen)
    row, column = y - 2, x // _CELL
    return weeks[row][column] if 0 <= row < len(weeks) and 0 <= column < 7 else None
