"""The contactor against its model: every situation from rest and from a charge, random walks, and hypothesis.

Never closed without permit, in A, B, E or F, with a fault, past the lapse, or after a trip before an unplug; and from
every state that is reached, a fresh vehicle gets to charging (R-064 to R-066; IEC 61851-1 table A.6).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from evlink import _core
from tests.core.model import ACTIONS, PERMITS, Step, World, broken_by, revive, shrunk, walk

Tell = Callable[[str, str], None]

START = {
    "rest": [],
    "closing": [Step("healthy", "B", 25), Step("permit", "attached", 25), Step("healthy", "C", 45)],
    "charge": [Step("healthy", "B", 25), Step("permit", "32 A, lock", 25), Step("healthy", "C", 70)],
}
STATES = "ABCDE"
FEEDBACK = (None, True, False)
TROUBLE: tuple[tuple[str, Any], ...] = (
    ("inputs", 0),
    ("lock_stuck", False),
    ("diode", False),
    ("plug_ohm", -1),
    ("plug_ohm", 350),
    ("vehicle_obeys", False),
    ("pilot_duty", 10_000),
    ("amps", (60.0, 0.0, 0.0)),
    ("amps", (400.0, 0.0, 0.0)),
    ("lose", 60_000),
    ("inputs", 0xFF),
)


def situations(start: str) -> list[list[Step]]:
    """Every state of the vehicle with every permit, feedback and trouble, after a beginning."""
    return [
        [*START[start], Step("state", s, 1), Step("permit", p, 1), Step("stuck", f, 1), Step(t[0], t[1], 30)]
        for s, p, f, t in itertools.product(STATES, PERMITS, FEEDBACK, TROUBLE)
    ]


@pytest.mark.parametrize("start", START)
def test_every_situation(start: str) -> None:
    """Pilot x permit x contactor feedback x trouble, each from rest, 50 ms before closing, and in a charge."""
    for number, steps in enumerate(situations(start)):
        what = broken_by(steps, alive=number % 7 == 0)
        assert not what, f"{what}: {shrunk(steps)}"


def covered(seen: dict[Any, int]) -> None:
    """A walk that never closes, or never meets a fault, proves nothing."""
    assert seen["closed"] > 100
    assert {a for kind, a in (k for k in seen if isinstance(k, tuple) and len(k) == 2) if kind == "reason"} >= {
        _core.OPEN_NO_PERMIT,
        _core.OPEN_VEHICLE,
        _core.OPEN_FAULT,
    }
    faults = {a for kind, a in (k for k in seen if isinstance(k, tuple) and len(k) == 2) if kind == "fault"}
    missed = {1 << bit for bit in range(16)} - faults
    assert not missed, f"faults never met: {missed}"


def summary(seen: dict[Any, int]) -> str:
    states = sum(isinstance(key, tuple) and len(key) == 4 for key in seen)
    return (
        f"{seen['blocks']} block-steps in {seen['scripts']} scripts, {seen['closed']} closings, {states} states of "
        f"pilot x contactor x permit x faults; a fresh vehicle charged within {seen['revived in s at worst']} s of each"
    )


def test_random_walk(tell: Tell) -> None:
    """200 000 judged blocks; a script that breaks the model is shrunk and shown."""
    seen = walk(200_000, seed=1)
    tell("model check of the contactor (10^6 block-steps: make faults)", summary(seen))
    covered(seen)


@pytest.mark.faults
@pytest.mark.parametrize("seed", range(2, 5))
def test_random_walk_in_full(seed: int, tell: Tell) -> None:
    """A million judged blocks a seed."""
    seen = walk(1_000_000, seed)
    tell("model check of the contactor", summary(seen))
    covered(seen)


class Contactor(RuleBasedStateMachine):
    """The same world in the hands of hypothesis, which shrinks by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.moves = 0

    @rule(data=st.data(), action=st.sampled_from(sorted(ACTIONS)), blocks=st.sampled_from((1, 3, 20, 60)))
    def act(self, data: st.DataObject, action: str, blocks: int) -> None:
        """Any action, then some blocks; the world judges each."""
        act, values = ACTIONS[action]
        act(self.world, data.draw(st.sampled_from(list(values))))
        for _ in range(blocks):
            self.world.block()
        self.moves += 1

    @rule()
    def charge(self) -> None:
        """A healthy vehicle in C with a permit."""
        ACTIONS["healthy"][0](self.world, "C")
        ACTIONS["permit"][0](self.world, "16 A")
        for _ in range(70):
            self.world.block()

    @precondition(lambda self: self.moves > 5)
    @rule()
    def fresh_vehicle(self) -> None:
        """From wherever this is, a fresh vehicle charges."""
        revive(self.world)
        self.moves = 0


TestContactor = Contactor.TestCase
TestContactor.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
