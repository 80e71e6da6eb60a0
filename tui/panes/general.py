"""Configuration > General: its form, and the export and import of the whole configuration."""

from __future__ import annotations

from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Horizontal

from evlink.client import CallError
from evlink.settings.model import Role
from tui import files, saving, transfer
from tui.clean import clean
from tui.panes.form import FormPane
from tui.screens.dialogs import Confirm, Page
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
        path = await files.ask_file(app, transfer.KINDS, "write", "station.toml")
        if path is not None:
            data, number = transfer.exported(app.session.draft, path.suffix)
            files.save(app, path, data, self.say("file.count", n=number))

    async def _import(self) -> None:
        app, lang = self.terminal, self.terminal.lang
        path = await files.ask_file(app, transfer.KINDS, "read")
        if path is None:
            return
        await app.session.reload()  # the file is compared with what the station holds now
        try:
            plan = transfer.planned(app.session.draft, path.suffix, files.read(path), lang)
        except (OSError, ValueError) as error:
            app.banner(files.failure(lang, path, error), "bad")
            return
        title = self.say("file.preview", name=clean(path.name))
        if not isinstance(plan, transfer.Plan):
            lines = transfer.trouble_lines(plan, lang, app.page_width)
            app.banner(f"{clean(path.name)}: {self.say('file.refused', n=len(plan))}", "bad")
            await app.push_screen_wait(Page(f"{title}. {self.say('file.refused', n=len(plan))}", lines, app.close_hint))
        elif not plan.changes:
            app.banner(self.say("file.same"))
        else:
            await self._apply(path, plan, title)

    async def _apply(self, path: Path, plan: transfer.Plan, title: str) -> None:
        app = self.terminal
        lines = plan.lines(app.lang, app.page_width)
        answers = self.say("action.apply"), self.say("cancel")
        if not await app.push_screen_wait(Confirm(self.say("file.apply"), *answers, lines, title)):
            return
        try:
            await transfer.apply(app, plan)
        except CallError as error:
            app.banner(saving.refusal(error, app.lang), "bad")
