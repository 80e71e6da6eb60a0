"""Each fault injected at the board gives exactly its own event number and nothing else, and clears as specified."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from evlink.domain.words import Evt
from evlink.hardware.simactions import FAULTS
from tests.core.plant import Plant

Tell = Callable[[str, str], None]

AT_ONCE, UNPLUG, NEVER = "when it is gone", "after an unplug", "-"

# Fault at the board in a charge, its event, what ends it, and whether it opens the contactor.
IN_CHARGE: tuple[tuple[str, Evt | None, str, bool], ...] = (
    ("cp_short", Evt.SHORT_CIRCUIT, AT_ONCE, True),
    ("diode", Evt.PILOT, UNPLUG, True),
    ("pp_open", Evt.EV_DISCONNECTED, UNPLUG, True),
    ("pp_gap", Evt.PLUG_PRESENCE, AT_ONCE, True),
    ("stuck_open", Evt.CONTACTOR_STATE, UNPLUG, True),
    ("noise", None, NEVER, False),
    ("overdraw", Evt.OVERLOAD, UNPLUG, True),
    ("clip", Evt.SHORT_CIRCUIT, UNPLUG, True),
    ("stuck_current", Evt.INTERNAL_COMMUNICATION, AT_ONCE, True),
    ("surge", Evt.SURGE_ARRESTOR, AT_ONCE, False),
    ("intrusion", Evt.ANTI_INTRUSION, AT_ONCE, False),
    ("flap", Evt.FLAP_SENSOR, AT_ONCE, False),
    ("upstream", Evt.UPSTREAM_PROTECTION, AT_ONCE, True),
    ("silent", Evt.INTERNAL_COMMUNICATION, AT_ONCE, True),
    ("vehicle_ignores", None, NEVER, False),
)
ELSEWHERE = {
    "welded": "shows when the contactor should open: test_a_welded_contactor",
    "lock": "shows when the lock should move: test_a_lock_that_does_not_move",
    "reader": "is no matter of the core",
}


def charging(**permit: object) -> Plant:
    plant = Plant()
    plant.run(0.5)
    plant.grant(**permit)  # type: ignore[arg-type]
    plant.plug()
    plant.run(4)
    assert plant.frame.contactor
    assert plant.frame.phases_used == 3
    assert not plant.seen
    return plant


def told(tell: Tell, name: str, evt: Evt | None, ends: str) -> None:
    number = f"Evt #{evt.value} {evt.name}" if evt else "no event"
    tell("faults injected at the board, and the event of each", f"{name:<18} {number:<30} ends {ends}")


def test_every_fault_of_the_board_is_here() -> None:
    """No fault of the simulator is left out."""
    assert {row[0] for row in IN_CHARGE} | ELSEWHERE.keys() == FAULTS.keys()


@pytest.mark.parametrize(("name", "evt", "ends", "opens"), IN_CHARGE, ids=[row[0] for row in IN_CHARGE])
def test_in_a_charge(name: str, evt: Evt | None, ends: str, opens: bool, tell: Tell) -> None:
    """Injected into a charge: its event alone; without it the event ends at once, or only after an unplug."""
    plant = charging()
    expected = {evt} if evt else set()
    plant.fault(name)
    plant.run(8 if name != "silent" else 0.3)
    if name == "silent":
        plant.fault(name, False)
        plant.tick()
    assert plant.seen == expected
    if opens:
        assert plant.seen
        assert not plant.frame.contactor
    plant.fault(name, False)
    plant.run(3)
    assert plant.evts == (expected if ends == UNPLUG else set())
    plant.grant(authorised=False)
    plant.run(2)
    assert plant.board.unplug(1) == 0
    plant.run(2.5)
    assert plant.evts == set()
    assert plant.seen == expected, "stopping and unplugging raised another"
    told(tell, name, evt, ends)


def test_a_welded_contactor(tell: Tell) -> None:
    """Evt #5 once it should have opened; ends when it is free and the vehicle gone."""
    plant = charging()
    plant.fault("welded")
    plant.run(2)
    assert plant.seen == set()
    plant.grant(authorised=False)
    plant.run(2)
    assert plant.seen == {Evt.CONTACTOR_STATE}
    assert not plant.frame.contactor
    assert plant.board.unplug(1) == 0
    plant.run(3)
    assert plant.evts == {Evt.CONTACTOR_STATE}
    plant.fault("welded", False)
    plant.run(3)
    assert plant.evts == set()
    assert plant.seen == {Evt.CONTACTOR_STATE}
    told(tell, "welded", Evt.CONTACTOR_STATE, UNPLUG)


@pytest.mark.parametrize("ordered", [True, False])
def test_a_lock_that_does_not_move(ordered: bool, tell: Tell) -> None:
    """Evt #4 where the lock is told to close or to open and doesn't; ends when it follows; no charge meanwhile."""
    plant = Plant()
    plant.run(0.5)
    plant.grant(authorised=False, lock=not ordered)
    assert plant.board.plug(1, 32, 220, 3, 14, False)
    plant.run(2)
    assert plant.seen == set()
    plant.fault("lock")
    plant.grant(lock=ordered)
    plant.board.ready(1, True)
    plant.run(8)
    before = plant.frame
    assert plant.seen == {Evt.OUTLET_LOCK}
    assert not before.contactor
    plant.fault("lock", False)
    plant.run(10)
    after = plant.frame
    assert plant.evts == set()
    assert plant.seen == {Evt.OUTLET_LOCK}
    assert after.contactor
    told(tell, f"lock, to {'close' if ordered else 'open'}", Evt.OUTLET_LOCK, AT_ONCE)


@pytest.mark.parametrize("name", ["cp_short", "pp_gap", "diode", "welded"])
def test_before_a_charge(name: str) -> None:
    """A fault that is there before the vehicle asks keeps the contactor open; it has one event at most."""
    plant = Plant()
    plant.run(0.5)
    plant.fault(name)
    plant.grant()
    plant.plug()
    plant.run(6)
    assert not plant.frame.contactor
    number = {
        "cp_short": Evt.PILOT,
        "pp_gap": Evt.PLUG_PRESENCE,
        "diode": Evt.PILOT,
        "welded": Evt.CONTACTOR_STATE,
    }
    assert plant.seen <= {number[name], Evt.SHORT_CIRCUIT if name == "cp_short" else number[name]}
    assert len(plant.seen) == 1


def test_ventilation(tell: Tell) -> None:
    """A vehicle in D without ventilation: Evt #22 alone, no power; ends with the vehicle (R-064 to R-066)."""
    plant = Plant()
    plant.run(0.5)
    plant.grant()
    plant.plug(ventilation=True)
    plant.run(5)
    assert plant.seen == {Evt.VENTILATION}
    assert not plant.frame.contactor
    assert plant.board.unplug(1) == 0
    plant.run(2)
    assert plant.evts == set()
    told(tell, "ventilation", Evt.VENTILATION, UNPLUG)


def test_unplugged_under_load(tell: Tell) -> None:
    """Vehicle and plug gone in a charge: Evt #19 alone; ends once the outlet has been free for a second."""
    plant = charging()
    assert plant.board.unplug(1) == 0
    plant.run(0.5)
    assert plant.seen == {Evt.EV_DISCONNECTED}
    plant.run(2)
    assert plant.evts == set()
    assert plant.seen == {Evt.EV_DISCONNECTED}
    told(tell, "unplugged", Evt.EV_DISCONNECTED, "after a second free")
