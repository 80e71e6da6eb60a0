"""The Linux board's description is brought into the state directory, or refused in a sentence and nothing changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from evlink.hardware.linux.description import DescriptionError
from evlink.hardware.linux.wiring import DESCRIPTION, keep_description
from tests.unit.linux_tree import EXAMPLE


def test_description_comes_from_beside_the_facts(tmp_path: Path) -> None:
    """The one beside `--hardware` is kept; without one there, the one kept before serves."""
    state, given = tmp_path / "state", tmp_path / "given"
    state.mkdir()
    given.mkdir()
    (given / DESCRIPTION).write_bytes(EXAMPLE.read_bytes())
    found = keep_description(state, given / "board.toml", 2)
    assert (state / DESCRIPTION).read_bytes() == EXAMPLE.read_bytes()
    (given / DESCRIPTION).unlink()
    assert keep_description(state, given / "board.toml", 2) == keep_description(state, None, 2) == found
    assert [path.name for path in state.iterdir()] == [DESCRIPTION]


def test_what_does_not_fit_changes_nothing(tmp_path: Path) -> None:
    """None at all, other outlets than the station's, or a wrong key: one sentence, and the kept one stays."""
    with pytest.raises(DescriptionError, match=r"description is missing; allowed: .*linux-board.toml, or .* beside"):
        keep_description(tmp_path, None, 2)
    given = tmp_path / "given"
    given.mkdir()
    (tmp_path / DESCRIPTION).write_bytes(EXAMPLE.read_bytes())
    (given / DESCRIPTION).write_bytes(EXAMPLE.read_bytes() + b"[watchdog]\n")
    with pytest.raises(DescriptionError, match=r"given/linux-board.toml: watchdog is \{\}; allowed: no such key"):
        keep_description(tmp_path, given / "board.toml", 2)
    with pytest.raises(DescriptionError, match=r"outlet.id is \[1, 2\]; allowed: 1 \[\[outlet\]\] tables"):
        keep_description(tmp_path, None, 1)
    assert (tmp_path / DESCRIPTION).read_bytes() == EXAMPLE.read_bytes()
