"""Every sequence of IEC 61851-1 table A.6 and of the lease, at its bounds, over random phases and duties."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.core.sequences import FULL, FULL_LONG, SEQUENCES, Sequence, run

FEW, FEW_LONG = 500, 20
Tell = Callable[[str, str], None]


@pytest.mark.parametrize("sequence", SEQUENCES, ids=[s.name for s in SEQUENCES])
def test_sequence(sequence: Sequence, tell: Tell) -> None:
    """The worst of some hundred random cases keeps the clause; the table follows the run."""
    measured = run(sequence, FEW_LONG if sequence.long else FEW)
    tell("sequences of table A.6, in samples of 10 us (all cases: make faults)", str(measured))
    assert measured.kept, f"{measured}: case {measured.worst_seed}"


@pytest.mark.faults
@pytest.mark.parametrize("sequence", SEQUENCES, ids=[s.name for s in SEQUENCES])
def test_sequence_in_full(sequence: Sequence, tell: Tell) -> None:
    """10 000 cases of what takes up to a second, 200 of longer waits."""
    measured = run(sequence, FULL_LONG if sequence.long else FULL)
    tell("sequences of table A.6, in samples of 10 us", str(measured))
    assert measured.kept, f"{measured}: case {measured.worst_seed}"
