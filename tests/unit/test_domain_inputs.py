"""Inputs In1 and In2 on each model, from the settings to the working current (R-148 to R-158)."""

from __future__ import annotations

from typing import Any

import pytest

from evlink.domain.config import config_from
from evlink.domain.effects import CloseSession
from evlink.domain.limits import working_current
from evlink.domain.state import Config, Limit, Reading
from evlink.domain.words import EvState
from evlink.domain.words import OutletStatus as S
from evlink.settings.facts import Facts, Model
from evlink.settings.values import Values
from tests.unit.domain_bench import Bench

OUTLETS = "energy_management.outlets"
SHARING = "energy_management.advanced.load_balancing"
FULL, PAUSED, SMALL = Limit(32, "rated"), Limit(0, "input"), Limit(0, "floor")
EITHER = (Model.PARKING, Model.CITY)


def config(model: Model, phases: int = 3, balancing: bool = False, **settings: Any) -> Config:
    """The domain's view of outlet settings, those of outlet 1 alone."""
    facts = Facts(model=model, outlet_count=1 if model is Model.WALLBOX else 2, phases=phases)
    changes: dict[str, Any] = {f"{OUTLETS}.1.{key}": value for key, value in settings.items()}
    changes[SHARING] = "enabled" if balancing else "disabled"
    return config_from(Values(facts).with_changes(changes), ("S1", "S2")[: facts.outlet_count])


def limit(station: Config, in1: bool, in2: bool, outlet: int = 1, phases_used: int = 0) -> Limit:
    reading = Reading(EvState.C_M12V, cable_a=32, in1=in1, in2=in2, phases_used=phases_used)
    return working_current(station, station.outlets[outlet - 1], reading)


# For the pairs (in1, in2) of closed contacts: 00, 10, 01, 11.
CONTACTS = ((False, False), (True, False), (False, True), (True, True))


@pytest.mark.parametrize("model", EITHER)
@pytest.mark.parametrize(
    ("settings", "limits"),
    [
        ({}, (FULL, FULL, FULL, FULL)),  # factory: not used
        ({"in1_function": "load_shedding"}, (FULL, PAUSED, FULL, PAUSED)),  # factory set point 0 A
        (
            {"in1_function": "load_shedding", "load_shedding_setpoint": 16},
            (FULL, Limit(16, "input"), FULL, Limit(16, "input")),
        ),
        (
            {"in1_function": "load_shedding", "load_shedding_setpoint": 16, "in1_normally_open": False},
            (Limit(16, "input"), FULL, Limit(16, "input"), FULL),
        ),
        (
            {"in1_function": "load_shedding", "load_shedding_setpoint": 20, "derated_current": 20},
            (Limit(20, "derated"),) * 4,
        ),
        ({"in2_function": "conditional_start"}, (PAUSED, PAUSED, FULL, FULL)),
        ({"in2_function": "conditional_start", "in2_normally_open": False}, (FULL, FULL, PAUSED, PAUSED)),
        (
            {"in1_function": "load_shedding", "load_shedding_setpoint": 10, "in2_function": "conditional_start"},
            (PAUSED, PAUSED, FULL, Limit(10, "input")),
        ),
    ],
)
def test_parking_and_city(model: Model, settings: dict[str, Any], limits: tuple[Limit, ...]) -> None:
    station = config(model, **settings)
    assert tuple(limit(station, *contacts) for contacts in CONTACTS) == limits
    assert [limit(station, *contacts, outlet=2) for contacts in CONTACTS] == [FULL] * 4, "each outlet has its own"


def test_the_state_of_the_protection_devices_limits_nothing() -> None:
    """R-148: that is an event of its own (Evt #11), whichever way the contact stands."""
    station = config(Model.PARKING, in1_function="protection_state", load_shedding_setpoint=10)
    assert [limit(station, *contacts) for contacts in CONTACTS] == [FULL] * 4


@pytest.mark.parametrize(
    ("settings", "limits"),
    [
        ({}, (FULL, PAUSED, PAUSED, PAUSED)),  # both normally open, temporary limit 0 A
        ({"current_limit_value": 16}, (FULL, PAUSED, Limit(16, "input"), PAUSED)),
        ({"delayed_start_contact": "normally_closed", "current_limit_value": 16},
         (PAUSED, FULL, PAUSED, Limit(16, "input"))),
        ({"current_limit_contact": "normally_closed", "current_limit_value": 16},
         (Limit(16, "input"), PAUSED, FULL, PAUSED)),
        ({"delayed_start_contact": "normally_closed", "current_limit_contact": "normally_closed"},
         (PAUSED, PAUSED, PAUSED, FULL)),
    ],
)  # fmt: skip
def test_wallbox(settings: dict[str, Any], limits: tuple[Limit, ...]) -> None:
    """In1 puts the start off, In2 limits the current; unwired and normally open, neither does anything (R-157)."""
    station = config(Model.WALLBOX, **settings)
    assert tuple(limit(station, *contacts) for contacts in CONTACTS) == limits


@pytest.mark.parametrize(
    ("model", "balancing", "amps", "phases", "phases_used", "limits"),
    [
        (Model.PARKING, False, 10, 3, 3, Limit(10, "input")),  # floors only with balancing
        (Model.PARKING, True, 10, 3, 3, SMALL),
        (Model.PARKING, True, 14, 3, 3, Limit(14, "input")),
        (Model.PARKING, True, 10, 3, 1, Limit(10, "input")),
        (Model.PARKING, True, 7, 1, 1, SMALL),
        (Model.CITY, False, 10, 3, 3, Limit(10, "input")),
        (Model.CITY, True, 13, 3, 0, SMALL),
        (Model.WALLBOX, False, 13, 3, 3, SMALL),  # always
        (Model.WALLBOX, False, 8, 1, 1, Limit(8, "input")),
        (Model.WALLBOX, False, 7, 1, 1, SMALL),
        (Model.PARKING, False, 5, 3, 3, SMALL),  # the pilot knows nothing below 6 A
    ],
)
def test_floors_of_what_an_input_leaves(
    model: Model, balancing: bool, amps: int, phases: int, phases_used: int, limits: Limit
) -> None:
    """R-137 to R-141, R-156: a set point below the floor works as 0 A."""
    if model is Model.WALLBOX:
        station = config(model, phases, current_limit_value=amps)
        assert limit(station, False, True, phases_used=phases_used) == limits
    else:
        station = config(model, phases, balancing, in1_function="load_shedding", load_shedding_setpoint=amps)
        assert limit(station, True, False, phases_used=phases_used) == limits


@pytest.mark.parametrize("model", list(Model))
def test_an_input_suspends_a_charge_and_does_not_end_it(model: Model) -> None:
    """R-154, R-158: 0 A pauses; the session goes on where the input is let go. R-150: it holds back a start, too."""
    wallbox = model is Model.WALLBOX
    station = config(model) if wallbox else config(model, in2_function="conditional_start", in2_normally_open=False)
    held = {"in1": True} if wallbox else {"in2": True}
    freed = dict.fromkeys(held, False)
    bench = Bench(outlets=station.outlets, floors=station.floors).tick()
    bench.see(**held).badge("04A1").plug()
    assert bench.outlet().status is S.LOOP_STARTED
    assert (bench.last_grant().authorised, bench.last_grant().limit_a) == (True, 0.0)
    assert bench.see(**freed).last_grant().limit_a == 32
    bench.charge()
    bench.see(**held)
    assert bench.last_grant().limit_a == 0
    bench.tick(600)
    assert bench.outlet().status is S.LOOP_STARTED
    assert not bench.of(CloseSession)
    assert bench.see(**freed).last_grant().limit_a == 32
