"""Who may call whom: the contracts of pyproject.toml, and what a process really loads."""

from __future__ import annotations

import subprocess
import sys

import pytest


def loaded_by(statement: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after a statement."""
    code = f"{statement}\nimport sys\nprint(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.split())


def test_import_contracts() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.parametrize(
    ("statement", "forbidden"),
    [
        # The station draws nothing and computes without NumPy.
        ("import evlink.runtime.main", {"tui", "textual", "rich", "numpy"}),
        # The control process holds the core and the standard library, since it locks its memory.
        ("import evlink.control.main", {"numpy", "asyncio", "apsw", "msgspec", "evlink.domain", "evlink.settings"}),
        # A command starts fast, and a terminal has no door but the socket.
        ("import evlink.cli", {"textual", "rich", "numpy", "apsw", "ocpp", "websockets", "evlink._core"}),
        ("import tui.app", {"numpy", "apsw", "ocpp", "websockets", "evlink._core", "evlink.runtime"}),
        ("import evlink.settings.registry", {"msgspec", "textual", "tomli_w"}),
    ],
)
def test_what_a_process_loads(statement: str, forbidden: set[str]) -> None:
    assert not loaded_by(statement) & forbidden
