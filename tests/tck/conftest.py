"""The bench that all cases of a file share, and the table of verdicts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tck.rig import Rig

_NUMBER = re.compile(r"test_tc_(\w+?)__(\w+)(?:\[(1\.5|soap)\b)?")
DIALECTS = {"1.5": "1.5-J", "soap": "SOAP"}


@pytest.fixture(scope="module")
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """One station for all cases of a file, with the file's SETTINGS, on a bench with its OPTIONS."""
    options = getattr(request.module, "OPTIONS", {})
    if getattr(request, "param", ""):
        options = {**options, "speak": request.param}
    rig = Rig(Path(tmp_path_factory.mktemp("tck")), **options, **getattr(request.module, "SETTINGS", {}))
    try:
        yield rig
    finally:
        rig.end()


@pytest.fixture
def rig(shared: Rig) -> Iterator[Rig]:
    """The bench at rest; afterwards nothing that the station said was wrong."""
    shared.fresh()
    yield shared
    faults = {entry["fault"] for entry in shared.central.entries()[shared.begun :] if entry.get("fault")}
    assert faults <= shared.allowed


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table of verdicts: number, dialect, verdict, case."""
    rows: dict[tuple[str, str, str], str] = {}
    for outcome in ("passed", "skipped", "failed", "error"):  # of several runs of a case the worst counts
        for report in terminalreporter.stats.get(outcome, []):
            found = _NUMBER.search(getattr(report, "nodeid", ""))
            if found and (report.when == "call" or outcome != "passed"):
                dialect = DIALECTS.get(found[3], "1.6-J")
                rows[(dialect, found[1].replace("_", ".").upper(), found[2].replace("_", " "))] = outcome
    if rows and terminalreporter.config.getoption("-m") == "tck":
        terminalreporter.section("OCPP, station side")
        for (dialect, number, name), outcome in sorted(rows.items(), key=lambda row: (row[0][1], row[0][0], row[0][2])):
            terminalreporter.line(f"TC {number:8} {dialect:6} {outcome:8} {name}")
        terminalreporter.line(f"{list(rows.values()).count('passed')} of {len(rows)} passed")
