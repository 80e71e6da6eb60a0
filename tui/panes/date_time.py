"""Configuration > Date and time: the station's clock, where it takes its time from, a calendar (R-085 to R-089)."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Input

from evlink.settings.model import Right, Setting
from evlink.settings.registry import SETTINGS
from tui.panes.base import Pane
from tui.panes.form import FormPane
from tui.panes.row import Geometry
from tui.screens.calendar import CalendarDialog
from tui.session import zone_of
from tui.widgets.bars import Note
from tui.widgets.fields import Edited, Press, TextField
from tui.widgets.lines import Lines, Span, fit

SOURCE = "configuration.date_time.clock_source"
MANUAL = "configuration.date_time.manual_datetime"
FIELD = 21  # cells of the manual date


class DateTimePane(FormPane):
    """The form, under a line with the station's clock; the manual date opens the calendar."""

    def __init__(self, subtab: str) -> None:
        super().__init__(subtab)
        self._typed = ""

    def compose(self) -> ComposeResult:
        """The clock, then the form."""
        yield Lines(name="clock")
        yield from super().compose()

    async def on_mount(self) -> None:
        """Show the clock as last heard."""
        self.follow(self.terminal.session.snapshot)

    @property
    def _setting(self) -> Setting:
        return SETTINGS[MANUAL]

    def follow(self, document: Mapping[str, Any]) -> None:
        """The clock goes on; a picked time is compared with it."""
        super().follow(document)
        self._clock()
        self._compare()

    def lost(self) -> None:
        """Without the station its time isn't known."""
        self.query_one("#clock", Lines).show([(Span(f"  {self.say('box.unknown')}", "dim"),)])

    def _now(self) -> datetime | None:
        """What the station's clock shows, in the zone that it is set to."""
        session = self.terminal.session
        clock = (session.snapshot.get("station") or {}).get("clock")
        with suppress(ValueError):
            return datetime.fromisoformat(str(clock)).astimezone(zone_of(session.draft.values))
        return None

    def _clock(self) -> None:
        now, geometry = self._now(), Geometry(self._room(), 1)
        label = fit("  " + self.say("date.clock"), geometry.left)
        text = f"{now:%Y-%m-%d %H:%M:%S}" if now else self.say("box.unknown")
        offset = f"  UTC{now.strftime('%z')[:3]}:{now.strftime('%z')[3:5]}" if now and geometry.column > 30 else ""
        self.query_one("#clock", Lines).show([(Span(label, "dim"), Span(text, "strong"), Span(offset, "dim"))])

    def after(self, key: str, geometry: Geometry) -> list[Widget]:
        """The manual date follows the choice of the source (R-086), where this account may set it."""
        session = self.terminal.session
        setting = self._setting
        if key != SOURCE or not session.draft.values.shown(setting) or setting.right(session.role) is not Right.WRITE:
            return []
        label = Note(classes="label")
        label.styles.width = geometry.left
        label.say(setting.label.text(session.lang))
        field = TextField(self._typed, placeholder=self.say("date.form"), max_length=19, name="moment")
        field.styles.width = FIELD
        buttons = [Press(self.say("date.calendar"), name="calendar"), Press(self.say("date.set"), name="set")]
        remark = Note(name="moment_remark")
        line: list[Widget] = [label, field]
        below: list[Widget] = [remark]
        if geometry.column >= FIELD + sum(cell_len(button.label) + 5 for button in buttons):
            line += buttons
        else:
            for button in buttons:
                button.styles.margin = (0, 0, 0, geometry.left)
            below = [*buttons, remark]
        holder = Vertical(Horizontal(*line, classes="moment"), *below, classes="moment_block")
        self.call_after_refresh(self._compare)
        return [holder]

    def move(self, direction: int) -> None:
        """The field below or above: the manual date is no row of the form."""
        Pane.move(self, direction)

    # The manual date

    def on_edited(self, event: Edited) -> None:
        """The date is typed; all else is a setting."""
        if event.field.id == "moment":
            event.stop()
            event.prevent_default()  # the form's own handler looks for a setting
            self._typed = event.text
            self._compare()
        else:
            self.call_after_refresh(self._clock)  # the zone may be another one

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in the date opens the calendar."""
        if event.input.id == "moment":
            event.stop()
            event.prevent_default()
            self._pick()

    def on_press_pressed(self, event: Press.Pressed) -> None:
        """Open the calendar, or set the clock."""
        event.stop()
        if event.button.id == "set":
            self.terminal.ask(self._set)
        else:
            self._pick()

    async def _set(self) -> None:
        """Set the station's clock to what was typed (R-086)."""
        app, text = self.terminal, self._typed.strip()
        if not text or self._setting.kind.check(text) is not None:
            self._compare()
            app.banner(self.say("date.type_first"), "bad")
            return
        await app.session.call("clock.set", moment=text)
        app.banner(self.say("date.was_set"), "good")
        self._typed = ""
        for field in self.query("#moment").results(TextField):
            field.put("")
        app.session.snapshot = await app.session.call("snapshot")
        self.follow(app.session.snapshot)

    def _pick(self) -> None:
        now = (self._now() or datetime.now().astimezone()).replace(tzinfo=None, microsecond=0)
        chosen = now
        with suppress(ValueError):
            if self._setting.kind.check(self._typed) is None:
                chosen = datetime.fromisoformat(self._typed)
        title = self._setting.label.text(self.terminal.lang)

        def done(when: datetime | None) -> None:
            if when is not None:
                for field in self.query("#moment").results(TextField):
                    field.value = f"{when:%Y-%m-%d %H:%M:%S}"
                    field.focus()

        self.app.push_screen(CalendarDialog(title, chosen, now), done)

    def _compare(self) -> None:
        """Say what is wrong with the date, or how far the station's clock is from it."""
        for note in self.query("#moment_remark").results(Note):
            note.say(*self._remark())

    def _remark(self) -> tuple[str, str]:
        kind, lang = self._setting.kind, self.terminal.lang
        if not self._typed.strip():
            return self.say("date.compare"), ""
        if (wrong := kind.check(self._typed.strip())) is not None:
            return self.say("form.wrong", value=self._typed.strip(), allowed=wrong.text(lang)), "bad"
        now = self._now()
        if now is None:
            return "", ""
        away = round((datetime.fromisoformat(self._typed.strip()) - now.replace(tzinfo=None)).total_seconds())
        if abs(away) < 60:
            return self.say("date.right"), "good"
        days, rest = divmod(abs(away), 86400)
        far = (self.say("date.span", n=days) + " " if days else "") + f"{rest // 3600:02d}:{rest % 3600 // 60:02d}"
        return self.say("date.behind" if away > 0 else "date.ahead", far=far), "wait"
