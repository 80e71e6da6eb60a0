"""`evlink import` and `evlink export`: the settings of a station as .toml and .cfg."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from evlink.commands.files import check_name, read_file, write_file
from evlink.commands.output import BAD_INPUT, FAILURE, Stop, all_wrong, print_notice, wrong
from evlink.commands.settings import apply
from evlink.commands.station import Context, nothing_changed, station
from evlink.commands.stored import values_of
from evlink.commands.words import Words
from evlink.formats import cfg, toml
from evlink.formats.errors import FormatError
from evlink.formats.troubles import Trouble, look_through
from evlink.settings.check import Reason
from evlink.settings.registry import SETTINGS
from evlink.settings.values import Values


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file, and the text that a station's values have in it."""

    name: str
    write: Callable[[Values], str]


FORMATS = {"toml": Format("toml", toml.export), "cfg": Format("cfg", cfg.write)}


def import_settings(context: Context) -> int:
    """Import a file, all of it or nothing; show what changes (R-056)."""
    args, t = context.args, context.t
    check_name(args.file, t)
    form = _format(args.file, None, t)
    text = read_file(args.file, t)
    with station(context) as client:
        try:
            planned = look_through(form.name, text, values_of(client))
        except FormatError as error:
            raise wrong(t("{label}: {text}", label=args.file, text=error.sentence(t.lang))) from None
        if isinstance(planned, list):
            raise _refused(args.file, planned, t)
        lang = "en" if args.json else t.lang
        notices = [notice.text(lang) for notice in planned.notices]
        return apply(context, client, planned.changes, notices, args.dry_run, imported=True)


def export_settings(context: Context) -> int:
    """Write the settings to a file, or to the output where it is called "-"."""
    args, t = context.args, context.t
    check_name(args.file, t)
    form = _format(args.file, args.format, t)
    with station(context) as client:
        text = form.write(values_of(client))
    write_file(args.file, text, t)
    if args.file != "-":
        print_notice(t("Written: {file}", file=args.file))
    return 0


def _format(name: str, given: str | None, t: Words) -> Format:
    kind = given or PurePath(name).suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        allowed = ", ".join(f".{known}" for known in FORMATS)
        raise wrong(t("{file}: not a kind of file known here; allowed: {allowed}", file=name, allowed=allowed))
    return FORMATS[kind]


def _refused(file: str, troubles: list[Trouble], t: Words) -> Stop:
    """All that is wrong with a file, each with its line; a matter of rights alone is a refusal, else bad input."""
    told = [trouble.problem for trouble in troubles]
    code = FAILURE if all(problem is not None and problem.refused for problem in told) else BAD_INPUT
    return all_wrong(
        [t("{label}: {text}", label=file, text=_sentence(trouble, t)) for trouble in troubles],
        t("{label}: {text}", label=file, text=nothing_changed(len(troubles), t)),
        code,
        {"problems": [_document(trouble) for trouble in troubles]},
    )


def _document(trouble: Trouble) -> dict[str, Any]:
    """A trouble as JSON, with the words of the socket's `problems`; the key of a line that can't be read is null."""
    problem = trouble.problem
    return {
        "line": trouble.line or None,
        "key": trouble.key or None,
        "value": problem.value if problem else "",
        "allowed": problem.allowed.en if problem else "",
        "en": trouble.sentence.en,
        "fr": trouble.sentence.text("fr"),
    }


def _sentence(trouble: Trouble, t: Words) -> str:
    """A trouble in the operator's language, its line and the .cfg's own name of the key before it."""
    problem = trouble.problem
    sentence = trouble.sentence.text(t.lang)
    if problem is not None and problem.reason is Reason.UNKNOWN_KEY:
        below = [key for key in SETTINGS if key.startswith(f"{problem.key}.")]
        if below:
            sentence = t(
                "{key} is a table, not a setting; its settings are such as {example}", key=problem.key, example=below[0]
            )
    place = [t("line {n}", n=trouble.line)] if trouble.line else []
    if problem is not None and trouble.key != problem.key:
        place.append(trouble.key)
    return t("{label}: {text}", label=", ".join(place), text=sentence) if place else sentence
