"""The lines of a .cfg: sections and entries with the number of the line they stand in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from evlink.formats.errors import FormatError
from evlink.settings.label import Label

_ENTRY = re.compile(r"([A-Za-z][A-Za-z0-9]*)\s*[=-]\s*(.*)")


@dataclass(frozen=True, slots=True)
class Entry:
    """One key with its raw text; `outlet` is 2 in a section that ends in 2, else None."""

    line: int
    section: str
    outlet: int | None
    key: str
    text: str

    @property
    def place(self) -> str:
        """Where it stands, for a sentence."""
        suffix = f" {self.outlet}" if self.outlet else ""
        return f"line {self.line}, [{self.section}{suffix}] {self.key}"


@dataclass(frozen=True, slots=True)
class Fault:
    """A line that is none of a .cfg: its number, the line itself, and what is wrong with it."""

    line: int
    text: str
    what: Label

    @property
    def words(self) -> Label:
        """The line and what is wrong with it, without its number."""
        shown = repr(self.text if len(self.text) <= 60 else self.text[:59] + "…")
        return Label(f"{shown} {self.what.text('en')}", f"{shown} {self.what.text('fr')}")


def entries(text: str) -> Iterator[Entry]:
    """The entries of a .cfg in order; FormatError for the first line that is none, or that repeats one."""
    for one in _lines(text):
        if isinstance(one, Fault):
            words = one.words
            raise FormatError(Label(f"line {one.line}: {words.en}", f"ligne {one.line} : {words.fr}"))
        yield one


def faults(text: str) -> list[Fault]:
    """Every line of a text that is none of a .cfg; where there is none, `entries` reads it."""
    return [one for one in _lines(text) if isinstance(one, Fault)]


def _lines(text: str) -> Iterator[Entry | Fault]:
    """Each line that says something, as an entry or as a fault.

    Sections stand in brackets; lines that begin with # or ; are comments. A key and its value are parted by = or -,
    with or without spaces (N-59).
    """
    section, outlet = "", None
    skipped = False
    seen: set[tuple[str, int | None, str]] = set()
    headings: set[str] = set()
    for number, raw in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        line = raw.strip()
        if not line or line[0] in "#;":
            continue
        if line[0] == "[":
            heading = re.fullmatch(r"\[([A-Za-z]+(?: [A-Za-z]+)*)( 2)?\]", line)
            skipped = heading is None or line in headings
            if heading is None:
                yield Fault(number, line, Label("is no section heading", "n'est pas un titre de section"))
            elif skipped:
                yield Fault(number, line, Label("stands twice", "apparaît deux fois"))
            else:
                headings.add(line)
                section, outlet = heading[1], 2 if heading[2] else None
        elif skipped:
            continue  # nobody can say which section these lines are meant for
        elif not (entry := _ENTRY.fullmatch(line)):
            yield Fault(number, line, Label("is neither a section nor key=value", "n'est ni section ni clé=valeur"))
        elif not section:
            yield Fault(number, line, Label("stands before any section", "précède toute section"))
        elif (section, outlet, entry[1]) in seen:
            yield Fault(number, entry[1], Label("stands twice in its section", "apparaît deux fois dans sa section"))
        else:
            seen.add((section, outlet, entry[1]))
            yield Entry(number, section, outlet, entry[1], entry[2])
