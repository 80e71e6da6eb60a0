"""One row of a form: label, mark, fields, and what stands beside them."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.app import ComposeResult
from textual.strip import Strip
from textual.widget import Widget

from evlink.settings.kinds import Choice, Flag, Secret, Text, Whole
from evlink.settings.places import Address, Host, Mailbox, Moment, Url, Zone
from tui.clean import clean
from tui.draft import Draft, Row
from tui.panes.base import STAGED
from tui.panes.remarks import remarks
from tui.widgets.fields import ChoiceField, Field, FlagField, SecretField, TextField, ZoneField, choice_lines
from tui.widgets.lines import fit
from tui.words import say
from tui.wrapping import wrap

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
        case Address():
            return min(room, 16)  # the longest, and the cursor after it
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
        self._height = self._tallest()
        self._below: list[tuple[str, str]] = []

    @property
    def _several(self) -> bool:
        return self.geometry.columns > 1

    def column_of(self, row: Row) -> int:
        """The column, from 0, in which a row's field stands: that of its outlet, whether others are shown or not."""
        return (row.outlet or 1) - 1 if self._several else 0

    def _label_text(self) -> str:
        return clean(self.rows[0].setting.label.text(self.lang))

    def _row_height(self, row: Row) -> int:
        width = field_width(row, self.geometry)
        kind = row.setting.kind
        if not self.draft.editable(row):
            return len(wrap(self._value_text(row), width)) or 1
        if isinstance(kind, Choice):
            present = kind.find(self.draft.text(row.path))
            return len(choice_lines(present.label.text(self.lang), width)) if present is not None else 1
        return 1

    def _tallest(self) -> int:
        return max(len(self._label), *(self._row_height(row) for row in self.rows))

    def _value_text(self, row: Row) -> str:
        """A read-only value with its unit."""
        return clean(self.draft.shown(row.path, self.lang))

    def compose(self) -> ComposeResult:
        """The fields, put where their columns are."""
        for row in self.rows:
            if self._editable[row.path]:
                field = make_field(self.draft, row, self.lang)
                field.set_class(row.path in self.draft.problems, "-bad")
                field.styles.width = field_width(row, self.geometry)
                field.styles.height = self._height if isinstance(field, ChoiceField) else 1
                field.styles.position = "absolute"
                field.styles.offset = (self.geometry.left + self.column_of(row) * self.geometry.column, 0)
                self.fields[row.path] = field
                yield field

    def on_mount(self) -> None:
        """As high as the highest of label and fields, and what stands below them."""
        self._below = self._remarks()
        self.styles.height = self._height + len(self._below)

    def _remarks(self) -> list[tuple[str, str]]:
        """The lines below the fields with their tones, wrapped."""
        left = self._remarks_left
        width = max(20, self.geometry.width - left - 1)
        lines = []
        for text, tone in remarks(self.draft, self.rows, self.lang, self._editable):
            lines += [(line, tone) for line in wrap(clean(text), width)]
        return lines

    @property
    def _remarks_left(self) -> int:
        return self.geometry.left if self.geometry.width >= 110 else 4

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
                parts.append(self._range(row, kind))
            if row.path in self.draft.texts and not setting.secret and row.path not in self.draft.problems:
                old = clean(self.draft.original_shown(row.path, self.lang)) or say(self.lang, "not_set")
                parts.append(say(self.lang, "form.was", value=old))
            if setting.do_not_modify:
                parts.append(say(self.lang, "form.leave"))
                return ", ".join(parts), "warning"
        return ", ".join(parts), "dim"

    def _range(self, row: Row, kind: Whole) -> str:
        """The range of a number as it is now: it ends at the setting that bounds it."""
        upper = self.draft.upper(row)
        top = kind.max if upper is None else min(upper, kind.max)
        span = say(self.lang, "form.range", low=kind.min, high=top)
        whole = f"{span} {row.setting.unit}" if row.setting.unit else span
        # A long unit stands in the line of help, rather than cut off here.
        return whole if not self._several or cell_len(whole) <= self._beside_room(row) else span

    def _beside_room(self, row: Row) -> int:
        return self.geometry.column - field_width(row, self.geometry) - 3

    def render_line(self, y: int) -> Strip:
        """Mark and label, read-only values, and the text beside; below them remarks. Fields draw themselves."""
        base = self.rich_style
        if y >= self._height:
            text, name = self._below[y - self._height] if y - self._height < len(self._below) else ("", "dim")
            style = base + self.get_component_rich_style(f"row--{name}", partial=True)
            strip = Strip([Segment(" " * self._remarks_left, base), Segment(text, style)])
            return strip.adjust_cell_length(self.size.width, base)

        def tone(name: str) -> object:
            return base + self.get_component_rich_style(f"row--{name}", partial=True)

        mark, mark_tone = self.marks() if y == 0 else (" ", "mark")
        label = self._label[y] if y < len(self._label) else ""
        segments = [
            Segment(mark, tone(mark_tone)),  # type: ignore[arg-type]
            Segment(" " + fit(label, self.geometry.left - 3), base),
        ]
        column, used = self.geometry.column, self.geometry.left - 1
        for row in self.rows:
            start = self.geometry.left + self.column_of(row) * column
            width = field_width(row, self.geometry)
            text = ""
            if not self._editable[row.path]:
                lines = wrap(self._value_text(row), column - GAP) or ["-"]
                text = lines[y] if y < len(lines) else ""
                width = min(column - GAP, max(width, cell_len(text)))
            segments.append(Segment(" " * (start - used - 1), base))
            segments.append(Segment(self._field_mark(row) if y == 0 else " ", tone(mark_tone)))  # type: ignore[arg-type]
            segments.append(Segment(fit(text, width), tone("value")))  # type: ignore[arg-type]
            used = start + width
            kind = row.setting.kind
            room = self._beside_room(row)
            if self._several and y == 0 and self._editable[row.path] and isinstance(kind, Whole) and room > 8:
                segments.append(Segment(" " + fit(self._range(row, kind), room), tone("dim")))  # type: ignore[arg-type]
                used += room + 1
        if y == 0:
            text, text_tone = self.beside()
            room = max(0, self.geometry.width - used - 2)
            segments.append(Segment("  " + fit(text, room), tone(text_tone)))  # type: ignore[arg-type]
        return Strip(segments).adjust_cell_length(self.size.width, base)

    def _field_mark(self, row: Row) -> str:
        """The mark directly before a field where there are several on the line."""
        if not self._several:
            return " "
        return "!" if row.path in self.draft.problems else "*" if row.path in self.draft.texts else " "

    def refill(self) -> None:
        """Show what the draft holds now."""
        for path, field in self.fields.items():
            field.put(self.draft.text(path))
            if isinstance(field, SecretField):
                field.held(_held(self.draft, path, self.lang))
        self.restate()

    def restate(self) -> None:
        """Show marks, ranges and remarks as they are now; the row grows or shrinks with the remarks."""
        for path, field in self.fields.items():
            field.set_class(path in self.draft.problems, "-bad")
        before = self._height + len(self._below)
        self._below = self._remarks()
        if (height := self._tallest()) != self._height:
            self._height = height
            for field in self.fields.values():
                if isinstance(field, ChoiceField):
                    field.styles.height = height
        if self._height + len(self._below) != before:
            self.styles.height = self._height + len(self._below)
        self.refresh()


def make_field(draft: Draft, row: Row, lang: str) -> Field:
    """A new field for a row, holding the draft's text; its id says which row it belongs to."""
    makers: dict[type, Callable[[], Field]] = {
        Choice: lambda: _choice(draft, row, lang),
        Flag: lambda: _flag(draft, row, lang),
        Secret: lambda: _secret(draft, row, lang),
        Zone: lambda: _zone(draft, row),
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


def _secret(draft: Draft, row: Row, lang: str) -> SecretField:
    return SecretField(draft.text(row.path), placeholder=_held(draft, row.path, lang), max_length=_longest(row))


def _held(draft: Draft, path: str, lang: str) -> str:
    """What an empty secret field says: set, not set, or about to be cleared."""
    if path in draft.texts and not draft.texts[path]:
        return say(lang, "form.clearing")
    return say(lang, "set" if draft.rows[path].value else "not_set")


def _zone(draft: Draft, row: Row) -> ZoneField:
    return ZoneField(draft.text(row.path))


def _text(draft: Draft, row: Row) -> TextField:
    return TextField(draft.text(row.path), max_length=_longest(row))


def _longest(row: Row) -> int:
    """The most characters that a field takes; 0 where nothing bounds it."""
    longest = getattr(row.setting.kind, "max_length", 0)
    return longest if isinstance(longest, int) else 0
