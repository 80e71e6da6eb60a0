"""The table of the fault bench: what was done how often, what was lost of it, what was refused, what was not run.

A test says what it did by the fixture `tally`; a long one that says nothing has a line with its first sentence. The
lines stand at the end of `pytest -m faults`, with worker processes or without:
`python -m tests.faults.table --write docs/reliability.md` runs it and writes them between the page's marks.
"""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

MARKS = ("<!-- table: python -m tests.faults.table --write docs/reliability.md -->", "<!-- end of table -->")
KEY, CASE = "fault bench", "fault bench case"
ROOMS = ("storage", "kills", "time", "network", "listeners", "isolation", "parsers", "field", "core", "other")

Tally = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Line:
    """One line: the room of the bench, what was done, how often, what was lost and what was refused of it."""

    room: str
    done: str
    times: int
    lost: int = 0
    refused: int = 0
    note: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        """The cells of the line, not run where nothing was done."""
        if not self.times:
            return self.room, self.done, "not run", "", "", self.note
        return self.room, self.done, str(self.times), str(self.lost), str(self.refused), self.note


HEAD = ("", "what was done", "times", "lost", "refused", "")


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Tally:
    """Puts a line into the table: room, what was done, how often, what was lost, what was refused, a note."""

    def put(room: str, done: str, times: int, lost: int = 0, refused: int = 0, note: str = "") -> None:
        assert room in ROOMS, room
        request.node.user_properties.append((KEY, asdict(Line(room, done, times, lost, refused, note))))

    return put


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Give every long case a line, should it say nothing itself; before it may be skipped."""
    if item.get_closest_marker("faults") is not None:
        said = getattr(getattr(item, "function", None), "__doc__", None) or item.name
        item.user_properties.append((CASE, said.strip().splitlines()[0].rstrip(".")))


def lines(stats: dict[str, list[Any]]) -> list[Line]:
    """The lines of a run, in the order of the rooms. Cases of one wording are one line."""
    found: dict[tuple[str, str, str], Line] = {}
    for outcome in ("passed", "failed", "skipped", "error"):
        for report in stats.get(outcome, []):
            if not isinstance(report, pytest.TestReport) or (report.when != "call" and outcome == "passed"):
                continue
            for line in _lines_of(report, outcome):
                key = line.room, line.done, line.note
                before = found.get(key)
                found[key] = line if before is None else Line(
                    line.room, line.done, before.times + line.times, before.lost + line.lost,
                    before.refused + line.refused, line.note,
                )  # fmt: skip
    return sorted(found.values(), key=lambda line: ROOMS.index(line.room))


def _lines_of(report: pytest.TestReport, outcome: str) -> list[Line]:
    said = [value for name, value in report.user_properties if name == KEY]
    cases = [str(value) for name, value in report.user_properties if name == CASE]
    if outcome == "skipped":
        why = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
        return [Line(_room(report.nodeid), case, 0, note=why.removeprefix("Skipped: ")) for case in cases]
    told = [Line(**value) for value in said if isinstance(value, dict)]
    if outcome in ("failed", "error"):
        return [*told, Line(_room(report.nodeid), (cases or [report.nodeid])[0], 1, note="FAILED")]
    return told or [Line(_room(report.nodeid), case, 1) for case in cases]


_ROOMS_OF = {
    "storage": ("test_power", "test_storage_f", "test_failing", "test_disk", "test_damaged"),
    "kills": ("test_storage_k", "test_supervision", "test_update", "tests/publication/"),
    "time": ("test_clock", "test_calendar"),
    "network": ("test_flaps",),
    "listeners": ("test_floods", "test_file_names"),
    "isolation": ("test_runtime",),
    "parsers": ("test_fuzz",),
    "field": ("test_field",),
    "core": ("tests/core/",),
}


def _room(nodeid: str) -> str:
    """The room of a case that says none itself, by its file."""
    return next((room for room, parts in _ROOMS_OF.items() if any(part in nodeid for part in parts)), "other")


def drawn(found: list[Line]) -> list[str]:
    """The table as text, each column as wide as it needs."""
    rows = [HEAD, *(line.cells for line in found)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    right = {2, 3, 4}
    return [
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table at the end of `pytest -m faults`."""
    if terminalreporter.config.getoption("-m") != "faults":
        return
    found = lines(terminalreporter.stats)
    if found:
        terminalreporter.section("fault bench")
        for row in drawn(found):
            terminalreporter.line(row)


class Keeper:
    """A plugin that keeps the table of a run."""

    def __init__(self) -> None:
        self.found: list[Line] = []
        self.seconds = 0.0

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Keep the lines."""
        self.found = lines(terminalreporter.stats)
        self.seconds = sum(
            report.duration for reports in terminalreporter.stats.values() for report in reports
            if isinstance(report, pytest.TestReport)
        )  # fmt: skip


def written(page: str, keeper: Keeper) -> str:
    """The page with the table in the place of what stands between its marks. ValueError where they are missing."""
    begin, end = (page.find(mark) for mark in MARKS)
    if begin < 0 or end < begin:
        raise ValueError(f"the marks are missing: {MARKS[0]} ... {MARKS[1]}")
    machine = f"Python {platform.python_version()}, Linux {platform.release()}, {platform.machine()}"
    table = "\n".join(drawn(keeper.found))
    text = f"{MARKS[0]}\n```\n{table}\n```\n\n{machine}; {keeper.seconds / 60:.0f} minutes.\n"
    return page[:begin] + text + page[end:]


def main() -> int:
    """Run the bench; with `--write` put its table into a page. What pytest returned."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.table", description=__doc__)
    parser.add_argument("--write", type=Path, help="page with the marks")
    given, more = parser.parse_known_args()
    keeper = Keeper()
    code = pytest.main(["-m", "faults", "--timeout", "2700", *more], plugins=[keeper])
    if given.write is not None and keeper.found:
        given.write.write_text(written(given.write.read_text(encoding="utf-8"), keeper), encoding="utf-8")
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
