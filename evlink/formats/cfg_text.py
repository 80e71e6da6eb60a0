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


def entries(text: str) -> Iterator[Entry]:
    """The entries of a .cfg in order; FormatError for a line that is none, or that repeats one.

    Sections stand in brackets; lines that begin with # or ; are comments. A key and its value are parted by = or -,
    with or without spaces (N-59).
    """
    section, outlet = "", None
    seen: set[tuple[str, int | None, str]] = set()
    headings: set[str] = set()
    for number, raw in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        line = raw.strip()
        if not line or line[0] in "#;":
            continue
        if line[0] == "[":
            heading = re.fullmatch(r"\[([A-Za-z]+(?: [A-Za-z]+)*)( 2)?\]", line)
            if not heading:
                raise _fault(number, line, Label("is no section heading", "n'est pas un titre de section"))
            if line in headings:
                raise _fault(number, line, Label("stands twice", "apparaît deux fois"))
            headings.add(line)
            section, outlet = heading[1], 2 if heading[2] else None
            continue
        entry = _ENTRY.fullmatch(line)
        if not entry:
            raise _fault(number, line, Label("is neither a section nor key=value", "n'est ni section ni clé=valeur"))
        if not section:
            raise _fault(number, line, Label("stands before any section", "précède toute section"))
        if (section, outlet, entry[1]) in seen:
            raise _fault(number, entry[1], Label("stands twice in its section", "apparaît deux fois dans sa section"))
        seen.add((section, outlet, entry[1]))
        yield Entry(number, section, outlet, entry[1], entry[2])


def _fault(number: int, line: str, words: Label) -> FormatError:
    shown = repr(line if len(line) <= 60 else line[:59] + "…")
    return FormatError(
        Label(f"line {number}: {shown} {words.text('en')}", f"ligne {number} : {shown} {words.text('fr')}")
    )
