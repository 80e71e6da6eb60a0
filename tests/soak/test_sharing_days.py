"""Three hundred random days through the fold (R-131 to R-147)."""

from __future__ import annotations

import pytest

from tests.unit.sharing_days import run


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(30))
def test_random_days(seed: int) -> None:
    """No permits above a phase's budget at any moment, nobody paused who would fit, everybody served in turn."""
    days = [run(10_000 + 10 * seed + day, events=60) for day in range(10)]
    assert sum(day.charging for day in days) > 1000
    assert sum(day.waits for day in days) > 200
    assert sum(day.turns for day in days) > 10
