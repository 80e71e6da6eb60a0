"""The form: any settings sub-tab, drawn from the declarations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from zoneinfo import available_timezones

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Input

from evlink.settings.kinds import Choice, Flag, Secret
from evlink.settings.model import Scope
from tui.clean import clean
from tui.draft import Row
from tui.keys import bindings
from tui.panes.base import Pane
from tui.panes.row import FormRow, Geometry, field_id
from tui.saving import label_of
from tui.screens.dialogs import Pick
from tui.screens.help import allowed_text
from tui.widgets.bars import Note
from tui.widgets.fields import ChoiceField, Edited, SecretField, ZoneField
from tui.widgets.lines import Lines, Span, fit
from tui.words import WORDS


class Rows(VerticalScroll, can_focus=False, inherit_bindings=False):
    """The rows of a form, scrolled as the focus moves, a quarter of the height beyond it."""

    def scroll_to_widget(self, widget: Widget, *args: object, **kwargs: object) -> bool:
        """Bring a field into view without animation, with some lines beyond it."""
        row = widget if isinstance(widget, FormRow) else widget.parent
        if not isinstance(row, FormRow):
            return False
        y, height = row.virtual_region.y, row.virtual_region.height
        top, page = int(self.scroll_offset.y), max(1, self.size.height)
        if top <= y and y + height <= top + page:
            return False
        # A few lines at a time: lines that are there already are moved, and only the new ones sent.
        wanted = y + height - page + page // 4 if y + height > top + page else y - page // 4
        self.scroll_to(y=max(0, wanted), animate=False, force=True, immediate=True)
        return True


class FormPane(Pane):
    """All settings of a sub-tab that this account sees and that are visible with what is staged now."""

    settings = True

    BINDINGS: ClassVar[list[BindingType]] = bindings("form")

    def __init__(self, subtab: str) -> None:
        super().__init__(subtab)
        self._shape: list[tuple[object, ...]] = []
        self._width = 0
        self._seen = 0

    def compose(self) -> ComposeResult:
        """Column heads, rows, and two lines of help on the field in focus."""
        yield Lines(name="heads")
        yield Rows(id="rows")
        yield Note(name="helpline")

    def keys(self) -> list[tuple[str, str]]:
        """Keys of a form."""
        key = self.terminal.key
        return [(key("form.undo"), self.say("key.undo")), (key("main.staged"), self.say("form.key.staged"))]

    async def on_mount(self) -> None:
        """Draw the rows as known, and ask whether they still are so."""
        await self.rebuild()
        self.terminal.ask(self.fetch)

    async def on_resize(self) -> None:
        """Another width, other columns."""
        if self._room() != self._width:
            await self.rebuild()

    def _room(self) -> int:
        return (self.size.width or self.app.size.width) - 1

    def _groups(self) -> list[list[Row]]:
        return self.terminal.session.draft.of_tab(self.subtab)

    def _shape_of(self, groups: list[list[Row]]) -> list[tuple[object, ...]]:
        editable = self.terminal.session.draft.editable
        return [(row.path, editable(row)) for rows in groups for row in rows]

    async def rebuild(self) -> None:
        """Draw all rows anew, the focus where it was."""
        session = self.terminal.session
        groups = self._groups()
        self._shape, self._width = self._shape_of(groups), self._room()
        focused = self.screen.focused
        held = focused.id if focused is not None and self in focused.ancestors else None
        several = [rows[0].setting.scope is Scope.OUTLET for rows in groups]
        columns = session.facts.outlet_count if any(several) else 1
        geometry = Geometry(self._width, columns)
        self._heads(columns, geometry)
        children: list[Widget] = []
        block = ""
        alone = Geometry(self._width, 1, geometry.label)
        for rows, own in zip(groups, several, strict=True):
            if rows[0].setting.group != block:
                block = rows[0].setting.group
                children += self._heading(block)
            children.append(FormRow(session.draft, rows, session.lang, geometry if own else alone))
            children += self.after(rows[0].setting.key, alone)
        if not groups:
            empty = Note(classes="empty")
            empty.say(self.say("form.empty"))
            children.append(empty)
        holder = self.query_one(Rows)
        with self.app.batch_update():
            await holder.remove_children()
            await holder.mount_all(children)
        if held is not None:
            found = self.query(f"#{held}")
            if found:
                found.first().focus(scroll_visible=False)
                self.call_after_refresh(holder.scroll_to_widget, found.first())
            else:
                self.focus_first()

    def _heads(self, columns: int, geometry: Geometry) -> None:
        heads = self.query_one("#heads", Lines)
        heads.display = columns > 1
        names = "".join(fit(self.say("outlet", n=n), geometry.column) for n in range(1, columns + 1))
        heads.show([(Span(" " * geometry.left), Span(names, "strong"))])

    def _heading(self, block: str) -> list[Widget]:
        word = f"heading.{block}"
        if word not in WORDS:
            return []
        note = Note(classes="heading")
        note.say(self.say(word))
        return [note]

    def after(self, key: str, geometry: Geometry) -> list[Widget]:
        """What else stands on the form after the row of a setting."""
        return []

    def refill(self) -> None:
        """Show what the draft holds now; rows come and go with their conditions."""
        if self._shape_of(self._groups()) != self._shape:
            self.app.call_later(self.rebuild)
            return
        for row in self.query(FormRow):
            row.refill()
        self._help()

    async def fetch(self) -> None:
        """Fetch the settings again."""
        moved = await self.terminal.session.reload()
        self._seen = max(self._seen, self.terminal.session.draft.version)
        self.refill()
        self.terminal.draft_changed()
        screen = self.terminal.screen
        tell = getattr(screen, "tell_moved", None)
        if moved and tell is not None:
            tell(moved)

    def follow(self, document: Mapping[str, Any]) -> None:
        """Show at once what somebody else saved: the status document says when the settings changed."""
        version = document.get("station", {}).get("settings_version")
        if isinstance(version, int) and version > max(self._seen, self.terminal.session.draft.version):
            self._seen = version
            self.terminal.ask(self.fetch)

    # Editing

    def _row_of(self, widget: Widget | None) -> tuple[FormRow, Row] | None:
        if widget is None or not isinstance(widget.parent, FormRow):
            return None
        parent = widget.parent
        for row in parent.rows:
            if field_id(row.path) == widget.id:
                return parent, row
        return None

    def on_edited(self, event: Edited) -> None:
        """Stage what was typed or chosen."""
        event.stop()
        found = self._row_of(event.field)
        if found is None:
            return
        row_widget, row = found
        draft = self.terminal.session.draft
        if event.text != draft.text(row.path):  # a new field tells of its first text, too
            draft.stage(row.path, event.text)
            self._after(row_widget)

    def on_secret_field_cleared(self, event: SecretField.Cleared) -> None:
        """Stage that a stored secret is cleared."""
        event.stop()
        found = self._row_of(event.field)
        if found is not None:
            self.terminal.session.draft.empty(found[1].path)
            found[0].refill()
            self._after(found[0])

    def _after(self, changed: FormRow) -> None:
        if self._shape_of(self._groups()) != self._shape:
            self.app.call_later(self.rebuild)
        else:
            changed.restate()
            for other in self.query(FormRow):
                if other is not changed and other.rows[0].setting.bound_by:
                    other.restate()
            self.call_after_refresh(self.query_one(Rows).scroll_to_widget, changed)
        self._tell_edited()

    def _tell_edited(self) -> None:
        edited = getattr(self.screen, "edited", None)
        if edited is not None:
            edited()
        self._help()

    def action_undo(self) -> None:
        """Put the field in focus back to the station's value."""
        found = self._row_of(self.screen.focused)
        if found is None:
            return
        row_widget, row = found
        session = self.terminal.session
        if row.path not in session.draft.texts:
            return
        session.draft.drop(row.path)
        row_widget.refill()
        self._after(row_widget)
        value = session.draft.original_shown(row.path, session.lang)
        if not row.setting.secret and not session.draft.texts:
            what = label_of(row.path, session.lang)
            self.terminal.banner(self.say("banner.undone", what=what, value=value))

    def on_choice_field_listed(self, event: ChoiceField.Listed) -> None:
        """Show all choices of a field."""
        event.stop()
        field = event.field
        found = self._row_of(field)
        title = label_of(found[1].path, self.terminal.lang) if found else ""
        options = [(name, name) for name in zones(field.value)] if isinstance(field, ZoneField) else field.options

        def done(choice: str | None) -> None:
            if choice is None:
                return
            field.choose(choice)
            if found is not None and choice != self.terminal.session.draft.text(found[1].path):
                # Not by the field alone: where the terminal's size changed meanwhile another one stands in its place.
                self.terminal.session.draft.stage(found[1].path, choice)
                self.refill()
                self._tell_edited()

        self.app.push_screen(Pick(title, options, field.value, self.say("form.filter")), done)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in a text goes to the next field."""
        event.stop()
        self.move(1)

    # Help on the field in focus

    def on_descendant_focus(self) -> None:
        """Say what the field takes."""
        self._help()

    def _help(self) -> None:
        found = self._row_of(self.screen.focused)
        note = next(iter(self.query("#helpline").results(Note)), None)
        if note is None:  # a key typed ahead gave a row the focus before the pane was whole
            return
        if found is None:
            note.say("")
            return
        session = self.terminal.session
        row, lang = found[1], session.lang
        setting, kind = row.setting, row.setting.kind
        parts = []
        if setting.note:
            parts.append(setting.note.text(lang))
        if isinstance(kind, Secret):
            parts.append(self.say("form.secret"))
        elif not isinstance(kind, Choice | Flag):
            allowed = allowed_text(session, row)
            parts.append(f"{allowed[:1].upper()}{allowed[1:]}.")
        note.say(clean(" ".join(parts)))

    # Moving

    def move(self, direction: int) -> None:
        """The field below or above in the same column."""
        fields = [field for row in self.query(FormRow) for field in row.fields.values()]
        found = self._row_of(self.screen.focused)
        if found is None or not fields:
            super().move(direction)
            return
        row_widget, row = found
        below = [other for other in self.query(FormRow) if other.fields]
        at = below.index(row_widget) + direction
        if 0 <= at < len(below):
            wanted = [p for p in below[at].fields if below[at].fields[p].styles.offset == _offset(row_widget, row)]
            path = wanted[0] if wanted else next(iter(below[at].fields))
            below[at].fields[path].focus()
        else:
            super().move(direction)

    def action_page(self, direction: int) -> None:
        """Several fields down or up."""
        for _ in range(max(2, self.query_one(Rows).size.height // 2)):
            self.move(direction)

    def focus_setting(self, key: str) -> None:
        """Give the focus to the field of a path, or to the first one of a setting."""
        for row in self.query(FormRow):
            if key in row.fields:
                row.fields[key].focus()
            elif row.key == key and row.fields:
                next(iter(row.fields.values())).focus()


def zones(present: str) -> list[str]:
    """The time zones that this machine knows, the present one and UTC among them, sorted by name."""
    named = {zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/"))}
    return ["UTC", *sorted((named | {present}) - {"UTC", ""})]


def _offset(row_widget: FormRow, row: Row) -> object:
    return row_widget.fields[row.path].styles.offset
