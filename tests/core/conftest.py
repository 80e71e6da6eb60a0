"""Tables that the proofs of the core print after a run."""

from __future__ import annotations

from collections.abc import Callable

import pytest

TABLE = pytest.StashKey[dict[str, list[str]]]()


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Add a line to a table that is printed after the run."""

    def add(title: str, line: str) -> None:
        request.config.stash.setdefault(TABLE, {}).setdefault(title, []).append(line)

    return add


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the tables."""
    for title, lines in config.stash.get(TABLE, {}).items():
        terminalreporter.section(title)
        for line in lines:
            terminalreporter.write_line(line)
