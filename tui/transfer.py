"""The configuration as a file: export of what is in force, and the plan of an import before anything is applied."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evlink.formats import cfg, toml
from evlink.formats.errors import FormatError
from evlink.formats.troubles import Trouble, look_through
from evlink.settings.check import Checked
from evlink.settings.kinds import Value
from evlink.settings.label import Label
from evlink.settings.registry import find
from tui.clean import clean
from tui.draft import Draft
from tui.files import Unfit, text_of
from tui.saving import label_of, spoken
from tui.words import say

if TYPE_CHECKING:
    from tui.app import Terminal
    from tui.widgets.lines import Line

KINDS = (".toml", ".cfg")


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would change, with the values of before, and what the file's reader remarks.

    `restart` are the paths that take effect after a restart only; `staged` how many changes wait on the forms.
    """

    changes: dict[str, Value]
    before: dict[str, Value]
    notices: tuple[Label, ...]
    restart: tuple[str, ...]
    staged: int = 0

    def lines(self, lang: str, width: int = 70) -> list[Line]:
        """The plan to read: the notices, then a tab a heading and two lines a change."""
        from tui.screens.help import paragraph  # here: line menus plan imports without the screens

        lines: list[Line] = []

        def wrapped(text: str, indent: str = "", tone: str = "") -> None:
            lines.extend(paragraph(text, indent, tone, width))

        if self.restart:
            wrapped(say(lang, "file.needs_restart", n=len(self.restart)), tone="wait")
        if self.staged:
            wrapped(say(lang, "file.staged", n=self.staged), tone="wait")
        if self.notices:
            wrapped(say(lang, "file.notices", n=len(self.notices)), tone="strong")
            for notice in self.notices:
                wrapped(spoken(notice.text(lang), lang), "  ")
        wrapped(say(lang, "file.changes", n=len(self.changes)), tone="strong")
        tab = ""
        for path, value in self.changes.items():
            found = find(path)
            title = "" if found is None else found.setting.tab.label.text(lang)
            if title != tab:
                tab = title
                wrapped(tab, tone="title")
            wrapped(label_of(path, lang), "R " if path in self.restart else "  ")
            wrapped(f"{_shown(path, self.before[path], lang)} → {_shown(path, value, lang)}", "    ", "strong")
        return lines


def _shown(path: str, value: Value, lang: str) -> str:
    found = find(path)
    return clean(value if found is None else found.setting.kind.show(value, lang)) or say(lang, "not_set")


def exported(draft: Draft, suffix: str) -> tuple[bytes, int]:
    """The configuration as the station holds it, in the format of a file's suffix, and how many values it has.

    Staged changes are not in it. ValueError for a suffix that is neither `.toml` nor `.cfg`.
    """
    match suffix.lower():
        case ".toml":
            text = toml.export(draft.base)
        case ".cfg":
            text = cfg.write(draft.base)
        case _:
            raise ValueError(suffix)
    return text.encode(), sum(1 for line in text.splitlines() if "=" in line and not line.startswith("#"))


def planned(draft: Draft, suffix: str, data: bytes, lang: str) -> Plan | list[Trouble]:
    """What importing a file would change; all that is wrong with it, by line, where it may not be imported.

    Unfit, with its sentence, where it is none that could be read: binary, without a setting, or of another kind.
    """
    text = text_of(data)
    if text is None:
        raise Unfit(say(lang, "file.binary"))
    kind = kind_of(text)
    if suffix.lower() not in KINDS:
        raise Unfit(say(lang, "file.other", kinds=f" {say(lang, 'or')} ".join(KINDS)))
    if kind == ".csv":
        raise Unfit(say(lang, "file.is_list"))
    if kind and kind != suffix.lower():
        raise Unfit(say(lang, f"file.is_{kind.removeprefix('.')}"))
    try:
        checked = look_through(suffix.lower().removeprefix("."), text, draft.base)
    except FormatError as error:
        raise Unfit(error.sentence(lang)) from None
    if not isinstance(checked, Checked):
        return checked
    order = {path: at for at, (path, _, _, _) in enumerate(draft.base.items())}
    changes = dict(sorted(checked.changes.items(), key=lambda change: order.get(change[0], len(order))))
    return Plan(
        changes=changes,
        before={path: draft.base.get(path) for path in checked.changes},
        notices=tuple(checked.notices),
        restart=tuple(checked.restart),
        staged=len(draft.texts),
    )


def kind_of(text: str) -> str:
    """The kind that a text is by its content: `.toml`, `.cfg`, `.csv`, or "" where nothing tells.

    A heading with a dot or lower-case letters is TOML's, one in capitals the .cfg's; lists begin with a row of names.
    """
    for raw in text.removeprefix("\ufeff").splitlines():
        line = raw.strip()
        if not line or line[0] == "#":
            continue
        if heading := re.fullmatch(r"\[([A-Za-z0-9_. ]+)\]", line):
            return ".cfg" if heading[1].upper() == heading[1] else ".toml"
        if "=" not in line and re.match(r"\w+([;,\t])\w+", line):
            return ".csv"
        return ""
    return ""


def trouble_lines(troubles: Sequence[Trouble], lang: str, width: int = 70) -> list[Line]:
    """All that is wrong with a file, to read: line and key, the name on the form, and the sentence."""
    from tui.screens.help import paragraph

    lines: list[Line] = []
    for trouble in troubles:
        place = [say(lang, "file.line", n=str(trouble.line))] if trouble.line else []
        lines += paragraph(", ".join([*place, trouble.key] if trouble.key else place), tone="strong", width=width)
        lines += paragraph(spoken(trouble.sentence.text(lang), lang), "  ", width=width)
    return lines


async def apply(app: Terminal, plan: Plan) -> None:
    """Apply a plan on the station, all or nothing, and tell the banner."""
    answer = await app.session.call(
        "settings.apply", changes=plan.changes, base=app.session.draft.version, imported=True
    )
    await app.session.reload()
    app.refill()
    number = len(answer.get("changed", ()))
    word = "file.applied_restart" if answer.get("restart") else "file.applied"
    app.banner(say(app.lang, word, n=number), "good")
