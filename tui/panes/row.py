"""One row of a form: label, mark, fields, and what stands beside them."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import wrap
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.app import ComposeResult
from textual.strip import Strip
from textual.widget import Widget

from evlink.settings.kinds import Choice, Flag, Secret, Text, Whole
from evlink.settings.places import Host, Mailbox, Moment, Url
from tui.clean import clean
from tui.draft import Draft, Row
from tui.panes.base import STAGED
from tui.widgets.fields import ChoiceField, Field, FlagField, TextField, choice_lines
from tui.widgets.lines import fit
from tui.words import say

GAP = 1


class Geometry:
    """Where label and columns stand in a width of cells; `label` is the label's width where it is given."""

    def __init__(self, width: int, columns: int, label: int = 0) -> None:
        self.width = width
        self.columns = columns
        usual = (32 if columns > 1 else 40) + (12 if width >= 110 else 0)
        self.label = label or (usual if width >= 70 else usual * width // 80)

    @property
    def left(self) -> int:
        """First column of the first field."""
        return self.label + 3

    @property
    def column(self) -> int:
        """Width of a column of fields, the gap after it included."""
        return (self.width - self.left) // max(1, self.columns)


def field_width(row: Row, geometry: Geometry) -> int:
    """Width in cells of the field of a row."""
    room = geometry.column - GAP
    match row.setting.kind:
        case Whole(max=most):
            return min(room, max(7, len(str(most)) + 2))
        case Flag() | Choice() | Host() | Url() | Mailbox():
            return room
        case Text(max_length=most):
            return min(room, most + 1)
        case Secret():
            return min(room, 26)
        case Moment():
            return min(room, 20)
        case _:
            return min(room, 24)


class FormRow(Widget):
    """A setting on a form: its label to the left, a field (or its read-only value) an outlet to the right."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"row--mark", "row--problem", "row--dim", "row--warning", "row--value"}

    def __init__(self, draft: Draft, rows: list[Row], lang: str, geometry: Geometry) -> None:
        super().__init__()
        self.draft = draft
        self.rows = rows
        self.lang = lang
        self.geometry = geometry
        self.fields: dict[str, Field] = {}
        self.key = rows[0].setting.key
        self._editable = {row.path: draft.editable(row) for row in rows}
        self._label = wrap(self._label_text(), geometry.label) or [""]
        self._height = max(len(self._label), *(self._row_height(row) for row in rows))

    @property
    def _several(self) -> bool:
        return self.geometry.columns > 1

    def column_of(self, row: Row) -> int:
        """The column, from 0, in which a row's field stands: that of its outlet, whether others are shown or not."""
        return (row.outlet or 1) - 1 if self._several else 0

    def _label_text(self) -> str:
        setting = self.rows[0].setting
        text = clean(setting.label.text(self.lang))
        return f"{text} ({setting.unit})" if setting.unit and self._several else text

    def _row_height(self, row: Row) -> int:
        width = field_width(row, self.geometry)
        kind = row.setting.kind
        if not self.draft.editable(row):
            return len(wrap(self._value_text(row), width)) or 1
        if isinstance(kind, Choice):
            labels = [option.label.text(self.lang) for option in kind.options]
            return max(len(choice_lines(label, width)) for label in labels)
        return 1

    def _value_text(self, row: Row) -> str:
        """A read-only value; its unit stands in the label where there are several columns."""
        text = clean(self.draft.shown(row.path, self.lang))
        unit = row.setting.unit
        return text.removesuffix(f" {unit}") if unit and self._several else text

    def compose(self) -> ComposeResult:
        """The fields, put where their columns are."""
        for row in self.rows:
            if self._editable[row.path]:
                field = make_field(self.draft, row, self.lang)
                field.styles.width = field_width(row, self.geometry)
                field.styles.height = self._height if isinstance(field, ChoiceField) else 1
                field.styles.position = "absolute"
                field.styles.offset = (self.geometry.left + self.column_of(row) * self.geometry.column, 0)
                self.fields[row.path] = field
                yield field

    def on_mount(self) -> None:
        """As high as the highest of label and fields."""
        self.styles.height = self._height

    def marks(self) -> tuple[str, str]:
        """The mark before the label and its tone: a problem, a staged change, the focus, or none."""
        if any(row.path in self.draft.problems for row in self.rows):
            return "!", "problem"
        if any(row.path in self.draft.texts for row in self.rows):
            return "*", "mark"
        return " ", "mark"

    def beside(self) -> tuple[str, str]:
        """What stands after a single field: unit and range, or why to leave it alone."""
        row = self.rows[0]
        setting, kind = row.setting, row.setting.kind
        if self._several:
            return "", "dim"
        parts = []
        if self._editable[row.path]:
            if isinstance(kind, Whole):
                upper = self.draft.upper(row)
                top = kind.max if upper is None else min(upper, kind.max)
                span = say(self.lang, "form.range", low=kind.min, high=top)
                parts.append(f"{setting.unit}  {span}" if setting.unit else span)
            if setting.do_not_modify:
                parts.append(say(self.lang, "form.leave"))
                return ", ".join(parts), "warning"
        return ", ".join(parts), "dim"

    def render_line(self, y: int) -> Strip:
        """Mark and label, read-only values, and the text beside; fields draw themselves."""
        base = self.rich_style

        def tone(name: str) -> object:
            return base + self.get_component_rich_style(f"row--{name}", partial=True)

        mark, mark_tone = self.marks() if y == 0 else (" ", "mark")
        label = self._label[y] if y < len(self._label) else ""
        segments = [
            Segment(mark, tone(mark_tone)),  # type: ignore[arg-type]
            Segment(" " + fit(label, self.geometry.left - 2), base),
        ]
        column, used = self.geometry.column, self.geometry.left
        for row in self.rows:
            start = self.geometry.left + self.column_of(row) * column
            width = field_width(row, self.geometry)
            text = ""
            if not self._editable[row.path]:
                lines = wrap(self._value_text(row), column - GAP) or ["-"]
                text = lines[y] if y < len(lines) else ""
                width = min(column - GAP, max(width, cell_len(text)))
            segments.append(Segment(" " * (start - used), base))
            segments.append(Segment(fit(text, width), tone("value")))  # type: ignore[arg-type]
            used = start + width
        if y == 0:
            text, text_tone = self.beside()
            room = max(0, self.geometry.width - used - 2)
            segments.append(Segment("  " + fit(text, room), tone(text_tone)))  # type: ignore[arg-type]
        return Strip(segments).adjust_cell_length(self.size.width, base)

    def refill(self) -> None:
        """Show what the draft holds now."""
        for path, field in self.fields.items():
            field.put(self.draft.text(path))
        self.refresh()


def make_field(draft: Draft, row: Row, lang: str) -> Field:
    """A new field for a row, holding the draft's text; its id says which row it belongs to."""
    makers: dict[type, Callable[[], Field]] = {
        Choice: lambda: _choice(draft, row, lang),
        Flag: lambda: _flag(draft, row, lang),
        Secret: lambda: _secret(draft, row, lang),
    }
    field = makers.get(type(row.setting.kind), lambda: _text(draft, row))()
    field.id = field_id(row.path)
    return field


def field_id(path: str) -> str:
    """The id of the field of a path: `configuration.general.station_name` is `configuration-general-station_name`."""
    return STAGED + path.replace(".", "-")


def _choice(draft: Draft, row: Row, lang: str) -> ChoiceField:
    kind = row.setting.kind
    assert isinstance(kind, Choice)
    offered = kind.ids(draft.facts.model)
    options = [(option.id, option.label.text(lang)) for option in kind.options if option.id in offered]
    return ChoiceField(options, draft.text(row.path))


def _flag(draft: Draft, row: Row, lang: str) -> FlagField:
    kind = row.setting.kind
    assert isinstance(kind, Flag)
    return FlagField((kind.on.text(lang), kind.off.text(lang)), draft.text(row.path) == "true")


def _secret(draft: Draft, row: Row, lang: str) -> TextField:
    held = say(lang, "set" if row.value else "not_set")
    return TextField(draft.text(row.path), secret=True, placeholder=held, max_length=_longest(row))


def _text(draft: Draft, row: Row) -> TextField:
    return TextField(draft.text(row.path), max_length=_longest(row))


def _longest(row: Row) -> int:
    """The most characters that a field takes; 0 where nothing bounds it."""
    longest = getattr(row.setting.kind, "max_length", 0)
    return longest if isinstance(longest, int) else 0
