"""Random days through the fold: what must hold of sharing at every moment (R-131 to R-147)."""

from __future__ import annotations

import pytest

from tests.unit.sharing_days import run


@pytest.mark.parametrize("seed", range(4))
def test_random_days(seed: int) -> None:
    """No permits above a phase's budget at any moment, nobody paused who would fit, everybody served in turn.

    Four days a seed; the soak test has three hundred.
    """
    days = [run(100 * seed + day, events=25) for day in range(4)]
    assert sum(day.charging for day in days) > 200
    assert sum(day.waits for day in days) > 50
    assert sum(day.turns for day in days) > 2
