"""The shadow: what the terminal shows, cell by cell, so that only cells that differ are sent to it.

Textual redraws whole regions; on a serial line every cell that says the same again costs time. The shadow reads
what Textual writes as a terminal would, and answers with the shortest orders that bring the real one there. All it
sends is cursor position, erase, lines moved, attributes, text and the modes asked for by name, which a VT220 has or
ignores.
"""

from __future__ import annotations

import re
from functools import lru_cache

from rich.cells import cell_len, get_character_cell_size

Cell = tuple[str, str]

BLANK: Cell = (" ", "")
_UNKNOWN: Cell = ("", "?")
_TOKENS = re.compile(
    r"\x1b\[(?P<sgr>[\d;]*)m"
    r"|\x1b\[(?P<row>\d+);(?P<column>\d+)H"
    r"|(?P<home>\x1b\[H)"
    r"|(?P<mode>\x1b\[[?<>=][\d;]*[A-Za-z])"
    r"|(?P<text>[^\x00-\x1f\x7f-\x9f]+)"
    r"|(?P<newline>\r?\n)"
    r"|(?P<other>\x1b[\]P_^X][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b\[[\d;:?$!>\"' ]*[@-~]|.)",
    re.DOTALL,
)
_JOIN = 5  # unchanged cells that are cheaper to send again than a move of the cursor
_ERASE = 9  # blanks from which an erase is shorter
_GOING = 10  # about what a move of the cursor and an attribute take
_MOVED = 4  # lines from which moving them is looked for
_ALTERNATE = "\x1b[?1049h"


class Shadow:
    """The cells of a terminal of `width` by `height`, and the orders that change it."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self._sgr = ""
        self._x = self._y = 0
        self._shown = (-1, -1)
        self._cells: list[list[Cell]] = []
        self._dirty: dict[int, set[int]] = {}
        self._before: dict[int, list[Cell]] = {}
        self.held = False
        """Whether what changes is kept back, so that the terminal stands still; modes are sent even so."""
        self.forget()

    def forget(self) -> None:
        """Know nothing of what the terminal shows; everything written from now on is sent."""
        self._cells = [[_UNKNOWN] * self.width for _ in range(self.height)]
        self._dirty = {}
        self._before = {}
        self._shown = (-1, -1)

    def resize(self, width: int, height: int) -> None:
        """The terminal has another size, and may show anything."""
        if (width, height) != (self.width, self.height):
            self.width, self.height = width, height
            self.forget()

    def feed(self, data: str) -> str:
        """What to send so that the terminal shows what `data` would have made it show."""
        out: list[str] = []
        for token in _TOKENS.finditer(data):
            match token.lastgroup:
                case "text":
                    self._write(token["text"])
                case "sgr":
                    self._sgr = _plain_sgr(self._sgr, token["sgr"])
                case "column":
                    self._y, self._x = int(token["row"]) - 1, int(token["column"]) - 1
                case "home":
                    self._x = self._y = 0
                case "newline":
                    self._x, self._y = 0, self._y + 1
                case "mode":
                    out += [self._changes(), token["mode"]]
                    if token["mode"] == _ALTERNATE:
                        out.append(self._clear())
                case _:
                    pass  # no order that these screens need: titles, pointer shapes, bells
        out.append(self._changes())
        return "".join(out)

    def _clear(self) -> str:
        self._cells = [[BLANK] * self.width for _ in range(self.height)]
        self._dirty = {}
        self._before = {}
        self._shown = (-1, -1)
        return "\x1b[2J"

    def _write(self, text: str) -> None:
        if not 0 <= self._y < self.height:
            return
        row, sgr = self._cells[self._y], self._sgr
        if self._y not in self._before:
            self._before[self._y] = row.copy()
        blank = (" ", _on_blank(sgr))
        narrow = text.isascii() or cell_len(text) == len(text)
        for char in text:
            size = 1 if narrow else get_character_cell_size(char)
            if size == 0:
                self._combine(row, char)
                continue
            if self._x + size > self.width:
                return
            self._put(row, self._x, blank if char == " " else (char, sgr))
            if size == 2:
                self._put(row, self._x + 1, ("", sgr))
            self._x += size

    def _put(self, row: list[Cell], x: int, cell: Cell) -> None:
        old = row[x]
        if old == cell:
            return
        dirty = self._dirty.setdefault(self._y, set())
        if old[0] == "" and old is not _UNKNOWN and cell[0] != "" and x > 0:
            row[x - 1] = BLANK  # the left half of a wide character goes with its right half
            dirty.add(x - 1)
        if cell[0] != "" and x + 1 < self.width and row[x + 1][0] == "" and row[x + 1] is not _UNKNOWN:
            row[x + 1] = BLANK
            dirty.add(x + 1)
        row[x] = cell
        dirty.add(x)

    def _combine(self, row: list[Cell], char: str) -> None:
        """A combining mark belongs to the character before it."""
        x = self._x - 1
        while x > 0 and row[x][0] == "":
            x -= 1
        if x >= 0 and row[x] is not _UNKNOWN and char not in row[x][0]:
            row[x] = (row[x][0] + char, row[x][1])
            self._dirty.setdefault(self._y, set()).add(x)

    def _changes(self) -> str:
        """Orders for all cells that changed since the last time, the cursor at last where Textual left it."""
        if self.held:
            return ""
        out: list[str] = [self._moved()] if len(self._dirty) >= _MOVED else []
        self._before = {}
        sgr = ""
        for y in sorted(self._dirty):
            for start, end in self._runs(y):
                if self._shown != (start, y):
                    out.append(f"\x1b[{y + 1};{start + 1}H")
                text, sgr = self._run(y, start, end, sgr)
                out.append(text)
                # At the right margin terminals differ on where the cursor stands.
                self._shown = (end, y) if end < self.width else (-1, -1)
        self._dirty = {}
        if sgr:
            out.append("\x1b[m")
        if out and self._shown != (self._x, self._y) and 0 <= self._x < self.width and 0 <= self._y < self.height:
            out.append(f"\x1b[{self._y + 1};{self._x + 1}H")
            self._shown = (self._x, self._y)
        return "".join(out)

    def _moved(self) -> str:
        """Orders that move lines which are there already, as when a form scrolls; what they leave to do is dirty.

        Margins, insert and delete of lines are a VT102's; the cursor's place is unknown after them.
        """
        old = [self._before.get(y, row) for y, row in enumerate(self._cells)]
        best, found = 0, (0, 0, 0)
        for step in (step for step in range(4 - self.height, self.height - 3) if step):
            same = [
                y
                for y in range(max(0, -step), min(self.height, self.height - step))
                if self._cells[y][:-2] == old[y + step][:-2] and self._cells[y] != old[y] and _written(old[y + step])
            ]
            if len(same) > best:
                best, found = len(same), (step, min(same[0], same[0] + step), max(same[-1], same[-1] + step) + 1)
        step, top, end = found
        if best < _MOVED or any(_UNKNOWN in old[y] for y in range(top, end)):
            return ""
        blank = [[BLANK] * self.width for _ in range(min(abs(step), end - top))]
        block = old[top:end]
        after = [*block[step:], *blank] if step > 0 else [*blank, *block[:step]]
        if self._apart(range(top, end), old[top:end]) <= self._apart(range(top, end), after) + 2 * _GOING:
            return ""
        for y, row in zip(range(top, end), after, strict=True):
            self._dirty[y] = {x for x, cell in enumerate(self._cells[y]) if cell != row[x]}
        self._dirty = {y: columns for y, columns in self._dirty.items() if columns}
        self._shown = (-1, -1)
        order = f"{step}M" if step > 0 else f"{-step}L"
        return f"\x1b[{top + 1};{end}r\x1b[{top + 1};1H\x1b[{order}\x1b[r"

    def _apart(self, rows: range, shown: list[list[Cell]]) -> int:
        """About how many bytes it takes to make some rows of what is shown: a move of the cursor, then cells."""
        cost = 0
        for y, row in zip(rows, shown, strict=True):
            if cells := sum(cell != other for cell, other in zip(self._cells[y], row, strict=True)):
                cost += cells + _GOING
        return cost

    def _runs(self, y: int) -> list[tuple[int, int]]:
        """First column and the one after the last of each stretch of a row to send."""
        row = self._cells[y]
        runs: list[tuple[int, int]] = []
        for x in sorted(self._dirty[y]):
            start = x
            while start > 0 and row[start][0] == "":
                start -= 1
            end = x + 1
            while end < self.width and row[end][0] == "" and row[end] is not _UNKNOWN:
                end += 1
            known = runs and all(cell is not _UNKNOWN for cell in row[runs[-1][1] : start])
            if runs and known and start - runs[-1][1] <= _JOIN:
                runs[-1] = (runs[-1][0], max(end, runs[-1][1]))
            else:
                runs.append((start, end))
        return runs

    def _run(self, y: int, start: int, end: int, sgr: str) -> tuple[str, str]:
        """The text of a stretch, and the attributes that hold after it."""
        row = self._cells[y]
        out: list[str] = []
        x = start
        while x < end:
            stop = x
            while stop < end and row[stop] == BLANK:
                stop += 1
            blanks = stop - x
            if blanks >= _ERASE:
                if sgr:
                    out.append("\x1b[m")
                    sgr = ""
                out.append(f"\x1b[{blanks}X\x1b[{blanks}C")
                x = stop
                continue
            char, wanted = row[x]
            # A blank takes any attributes that don't show on it.
            if wanted != sgr and not (row[x] == BLANK and not _on_blank(sgr)):
                out.append(f"\x1b[{'0;' if sgr and wanted else ''}{wanted}m")
                sgr = wanted
            out.append(char)
            x += 1
        return "".join(out), sgr


def _written(row: list[Cell]) -> bool:
    """Whether anything stands on a row; blank rows are the same everywhere."""
    return any(cell != BLANK for cell in row[:-2])


@lru_cache(256)
def _on_blank(sgr: str) -> str:
    """The attributes that show on a blank: underline, reverse and backgrounds do, bold and colours don't."""
    parts = sgr.split(";")
    shows = any(part in ("4", "7", "9", "21", "48") or (len(part) > 1 and part[:-1] in ("4", "10")) for part in parts)
    return sgr if shows else ""


def _plain_sgr(held: str, parameters: str) -> str:
    """The attributes that hold after an SGR order; the terminal's own colours need no saying."""
    if parameters in ("", "0"):
        return ""
    parts = parameters.split(";")
    kept = parts if "38" in parts or "48" in parts else [part for part in parts if part not in ("39", "49", "0", "")]
    if "0" in parts or not held:
        return ";".join(kept)
    return ";".join([held, *kept]) if kept else held
