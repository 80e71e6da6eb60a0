"""Configuration > General: its form, and the export and import of the whole configuration."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal

from evlink.settings.model import Role
from tui import files, transfer
from tui.panes.form import FormPane
from tui.screens.dialogs import Ask, Confirm
from tui.widgets.fields import Press


class GeneralPane(FormPane):
    """The form with two buttons, which are Admin's alone."""

    def compose(self) -> ComposeResult:
        """The form, then the buttons."""
        yield from super().compose()
        if self.terminal.session.role is Role.ADMIN:
            with Horizontal(id="buttons"):
                yield Press(self.say("export"), name="export")
                yield Press(self.say("import"), name="import")

    def on_press_pressed(self, event: Press.Pressed) -> None:
        """Export or import."""
        event.stop()
        self.terminal.ask(self._export if event.button.id == "export" else self._import)

    async def _export(self) -> None:
        app = self.terminal
        hint = f"{self.say('file.kind')} {self.say('file.place')}"
        name = await app.push_screen_wait(Ask(self.say("file.export_to"), hint, "station.toml"))
        if not name:
            return
        draft = app.session.draft
        try:
            data, number = transfer.exported(draft, files.named(name).suffix)
        except ValueError:
            app.banner(self.say("file.kind"), "bad")
            return
        await files.export(app, name, data, str(number))

    async def _import(self) -> None:
        app, lang = self.terminal, self.terminal.lang
        name = await app.push_screen_wait(Ask(self.say("file.import_from"), self.say("file.place")))
        if not name:
            return
        path = files.named(name)
        try:
            plan = transfer.planned(app.session.draft, path.suffix, files.read(path), lang)
        except (OSError, ValueError) as error:
            app.banner(files.failure(lang, path, error), "bad")
            return
        if not plan.changes:
            app.banner(self.say("file.same"))
            return
        question = Confirm(self.say("file.apply"), self.say("action.apply"), self.say("cancel"), plan.lines(lang))
        if await app.push_screen_wait(question):
            await transfer.apply(app, plan)
