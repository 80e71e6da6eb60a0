"""The configuration as a file: export of what is in force, and the plan of an import before anything is applied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evlink.formats import cfg, toml
from evlink.formats.errors import FormatError
from evlink.settings.check import Checked
from evlink.settings.kinds import Value
from evlink.settings.label import Label
from evlink.settings.registry import find
from tui.clean import clean
from tui.draft import Draft
from tui.saving import label_of
from tui.widgets.lines import Line, Span
from tui.words import say

if TYPE_CHECKING:
    from tui.app import Terminal


class Unfit(ValueError):  # noqa: N818  # the sentence says it
    """A file that can't be imported; the text is the sentence."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would change, with the values of before, and what the file's reader remarks."""

    changes: dict[str, Value]
    before: dict[str, Value]
    notices: tuple[Label, ...]
    restart: bool

    def lines(self, lang: str) -> list[Line]:
        """The plan to read: a line a change, then the notices."""
        lines: list[Line] = [(Span(say(lang, "file.changes", n=len(self.changes)), "strong"),)]
        for path, value in self.changes.items():
            lines.append((Span(f"  {label_of(path, lang)}"),))
            lines.append((Span(f"    {_shown(path, self.before[path], lang)} → {_shown(path, value, lang)}", "dim"),))
        if self.notices:
            lines.append((Span(say(lang, "file.notices", n=len(self.notices)), "strong"),))
            lines += [(Span(f"  {clean(notice.text(lang))}"),) for notice in self.notices]
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


def planned(draft: Draft, suffix: str, data: bytes, lang: str) -> Plan:
    """What importing a file would change. Unfit, with the first problem, where it may not be imported."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unfit(say(lang, "file.text")) from None
    try:
        match suffix.lower():
            case ".toml":
                checked = toml.plan(text, draft.base)
            case ".cfg":
                checked = cfg.plan(text, draft.base)
            case _:
                raise Unfit(say(lang, "file.kind"))
    except FormatError as error:
        raise Unfit(error.sentence(lang)) from None
    if not isinstance(checked, Checked):
        more = say(lang, "banner.more", n=len(checked) - 1) if len(checked) > 1 else ""
        raise Unfit(checked[0].sentence(lang) + more)
    return Plan(
        changes=dict(checked.changes),
        before={path: draft.base.get(path) for path in checked.changes},
        notices=tuple(checked.notices),
        restart=bool(checked.restart),
    )


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
