"""The threat model's page: each test that it names is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "security.md"


def test_each_class_has_a_test_that_exists() -> None:
    """S01 to S30: no row without a test, no test that was renamed or went."""
    page = PAGE.read_text(encoding="utf-8")
    rows = re.findall(r"^\| (S\d\d) \|.*$", page, re.MULTILINE)
    assert rows == [f"S{number:02}" for number in range(1, 31)]
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", page)
    for row in re.findall(r"^\| S\d\d \|.*$", page, re.MULTILINE):
        assert "`tests/" in row, row
    missing = [f"{path}::{name}" for path, name in named if name not in functions(ROOT / path)]
    assert not missing
    assert len(named) > 50


def functions(path: Path) -> set[str]:
    """Names of the functions in a file, none where there is no such file."""
    if not path.exists():
        return set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
