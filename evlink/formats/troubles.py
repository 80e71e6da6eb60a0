"""A whole file looked through: what it would change, or everything that is wrong with it, by line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from evlink.formats import cfg, toml
from evlink.formats.cfg_text import faults
from evlink.formats.errors import FormatError
from evlink.settings.check import Checked, Problem
from evlink.settings.label import Label
from evlink.settings.values import Values


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong at one place of a file: its line (0 where it isn't known), the key, and the sentence.

    `problem` is what the check of the settings said, None for a line that can't be read.
    """

    line: int
    key: str
    sentence: Label
    problem: Problem | None = None


def look_through(kind: str, text: str, values: Values) -> Checked | list[Trouble]:
    """What importing a text of a kind (`toml`, `cfg`) would change; all that is wrong with it, in the order of lines.

    FormatError where it can't be read at all: no TOML, or without a setting.
    """
    if kind == "toml":
        checked = toml.plan(text, values)
        return checked if isinstance(checked, Checked) else _sorted(_troubles(checked, toml_lines(text)))
    wrong = faults(text)
    troubles = [Trouble(fault.line, "", fault.words) for fault in wrong]
    try:
        checked = cfg.plan(_without(text, {fault.line for fault in wrong}), values)
    except FormatError:
        if not troubles:
            raise
        checked = []  # the lines that are wrong leave nothing
    if isinstance(checked, Checked):
        return _sorted(troubles) if troubles else checked
    return _sorted([*troubles, *_troubles(checked, {})])


def _sorted(troubles: list[Trouble] | Iterator[Trouble]) -> list[Trouble]:
    return sorted(troubles, key=lambda trouble: trouble.line)


def _without(text: str, lines: set[int]) -> str:
    """A .cfg without some of its lines; a heading goes with all that stands under it. Lines keep their numbers."""
    rows = text.split("\n")
    under = False
    for number, row in enumerate(rows, 1):
        if row.lstrip().startswith("["):
            under = number in lines
        if under or number in lines:
            rows[number - 1] = ""
    return "\n".join(rows)


def _troubles(checked: list[Problem], lines: Mapping[str, int]) -> Iterator[Trouble]:
    """What the check refuses, each with the line of the file that asks for it."""
    for problem in checked:
        number = re.match(r"line (\d+),? ?", problem.place)
        line = int(number[1]) if number else lines.get(problem.key, 0)
        key = problem.place[number.end() :] if number else ""
        bare = replace(problem, place="")
        yield Trouble(line, key or problem.key, Label(bare.sentence("en"), bare.sentence("fr")), problem)


def toml_lines(text: str) -> dict[str, int]:
    """The line of each value of a TOML text by its path, as far as headings and keys are written plainly."""
    found: dict[str, int] = {}
    head = ""
    for number, raw in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        line = raw.strip()
        if heading := re.match(r"\[\s*([A-Za-z0-9_.\- \"]+?)\s*\]", line):
            head = _bare(heading[1]) + "."
        elif entry := re.match(r"([A-Za-z0-9_.\- \"]+?)\s*=", line):
            found.setdefault(head + _bare(entry[1]), number)
    return found


def _bare(key: str) -> str:
    return ".".join(part.strip().strip('"') for part in key.split("."))
