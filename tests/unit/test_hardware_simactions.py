"""The orders to the simulator: bad ones are refused in one sentence and change nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evlink.hardware import facts
from evlink.hardware._simulator import Simulator
from evlink.hardware.simactions import ACTIONS, FAULTS, OrderError, carry_out, check, describe

PARKING = facts.preset("parking", 2, 3)


def order(plant: Simulator, action: str, outlet: int = 1, station: facts.Facts = PARKING, **params: Any) -> None:
    """Check and carry out, as the process does."""
    carry_out(check({"action": action, "outlet": outlet, **params}, plant.outlets), plant, station)


@pytest.mark.parametrize(
    ("request_", "key", "words"),
    [
        ({}, "action", "action is missing; allowed: plug, ready"),
        ({"action": "explode"}, "action", "action is 'explode'"),
        ({"action": ["plug"]}, "action", "allowed: plug"),
        ({"action": "ready", "outlet": 3}, "outlet", "outlet is 3; allowed: 1 to 2."),
        ({"action": "ready", "outlet": 0}, "outlet", "outlet is 0"),
        ({"action": "ready", "outlet": "1"}, "outlet", "outlet is '1'"),
        ({"action": "ready", "outlet": True}, "outlet", "outlet is True"),
        ({"action": "ready", "amps": 5}, "amps", "amps is 5; allowed: for ready: no parameter."),
        ({"action": "plug", "cable": 16}, "cable", "cable is 16; allowed: 13, 20, 32, 63."),
        ({"action": "plug", "cable": None}, "cable", "cable is None"),
        ({"action": "plug", "phases": 2}, "phases", "phases is 2; allowed: 1, 3."),
        ({"action": "plug", "amps": -1}, "amps", "amps is -1; allowed: 0 to 80 amperes."),
        ({"action": "plug", "amps": "32"}, "amps", "amps is '32'"),
        ({"action": "plug", "ventilation": 1}, "ventilation", "ventilation is 1; allowed: true or false."),
        ({"action": "badge"}, "uid", "uid is missing; allowed: 1 to 40 letters and digits."),
        ({"action": "badge", "uid": ""}, "uid", "uid is ''"),
        ({"action": "badge", "uid": "\x1b[2J"}, "uid", "1 to 40 letters and digits"),
        ({"action": "badge", "uid": "A" * 4100}, "uid", "AAA...; allowed: 1 to 40"),
        ({"action": "button", "which": "reset"}, "which", "which is 'reset'; allowed: start, stop."),
        ({"action": "draw"}, "amps", "amps is missing; allowed"),
        ({"action": "draw", "amps": float("nan")}, "amps", "amps is nan"),
        ({"action": "draw", "amps": 81}, "amps", "amps is 81"),
        ({"action": "input", "number": 3, "on": True}, "number", "number is 3; allowed: 1, 2."),
        ({"action": "input", "number": 1}, "on", "on is missing; allowed: true or false."),
        ({"action": "fault", "name": "fire", "on": True}, "name", "name is 'fire'; allowed: cp_short, diode"),
        ({"action": "fault", "name": "diode", "on": "on"}, "on", "on is 'on'"),
    ],
)
def test_bad_order_is_one_sentence(request_: dict[str, Any], key: str, words: str) -> None:
    """A wrong order names key, value and what is allowed."""
    with pytest.raises(OrderError) as refusal:
        check(request_, 2)
    error = refusal.value
    assert words in str(error)
    assert (error.key, error.reason) == (key, "bad_value")
    assert error.allowed
    assert "\n" not in str(error)
    assert "\x1b" not in str(error)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
names = st.sampled_from(
    ["id", "outlet", "into", "cable", "amps", "phases", "uid", "on", "name", "number", "which", "ventilation"]
)


@given(st.sampled_from([*ACTIONS]) | json_values, st.dictionaries(names | st.text(max_size=4), json_values))
def test_any_order_is_carried_out_or_refused(action: object, params: dict[str, Any]) -> None:
    """Whatever JSON comes, the answer is a result or a refusal; a refused order leaves the plant as it was."""
    plant = Simulator(2)
    before = [plant.state(1), plant.state(2)]
    refusal = None
    try:
        carry_out(check({**params, "action": action}, 2), plant, PARKING)
    except OrderError as error:
        refusal = str(error)
    if refusal is not None:
        assert refusal.endswith(".")
        assert [plant.state(1), plant.state(2)] == before


@pytest.mark.parametrize("action", ["ready", "pause", "unplug", "draw"])
def test_order_that_needs_a_vehicle(action: str) -> None:
    """Without a vehicle there is nobody to obey."""
    params: dict[str, Any] = {"amps": 10} if action == "draw" else {}
    with pytest.raises(OrderError, match="No vehicle is plugged in at outlet 2") as refusal:
        order(Simulator(2), action, 2, **params)
    assert refusal.value.reason == "not_now"


def test_second_vehicle_does_not_fit() -> None:
    """An occupied outlet takes no second plug, and keeps the first vehicle's data."""
    plant = Simulator(2)
    order(plant, "plug", cable=20, amps=10)
    with pytest.raises(OrderError, match="A vehicle is plugged in at outlet 1 already"):
        order(plant, "plug", cable=63, amps=60)
    assert (describe(plant, 1, 1)["cable_a"], describe(plant, 1, 1)["wish_a"]) == (20, 10)


def test_attached_cable_is_not_chosen() -> None:
    """A Smart Wallbox with an attached cable (R-010) takes no other."""
    made = facts.preset("wallbox", 1, 1)
    wallbox = replace(made, station=replace(made.station, attached_cable=True))
    plant = Simulator(1, 1, (32, 0))
    with pytest.raises(OrderError, match="cable is 13; allowed: none, since this station's cable is attached"):
        order(plant, "plug", 1, wallbox, cable=13)
    order(plant, "plug", 1, wallbox)
    assert describe(plant, 1, 1)["cable_a"] == 32


BOTH = facts.load(Path(__file__).parents[2] / "docs" / "examples" / "board-parking-domestic.toml")


def test_domestic_plug_goes_where_there_is_a_socket_for_it() -> None:
    """A type E outlet takes a domestic plug alone, a T2 - TE outlet both, the vehicle's unless told."""
    plant = Simulator(2, sockets=(3, 2))
    order(plant, "plug", 1, BOTH)
    order(plant, "plug", 1, BOTH, into="domestic", amps=6, phases=1)
    order(plant, "plug", 2, BOTH)
    one, two = describe(plant, 1, 1), describe(plant, 2, 1)
    assert (one["plugged"], one["domestic_plugged"], one["domestic_a"]) == (True, True, 6)
    assert (two["plugged"], two["domestic_plugged"], two["domestic_a"]) == (False, True, 10)


@pytest.mark.parametrize(
    ("outlet", "station", "params", "words"),
    [
        (1, PARKING, {"into": "domestic"}, "into is 'domestic'; allowed: mode3 at outlet 1."),
        (2, BOTH, {"into": "mode3"}, "into is 'mode3'; allowed: domestic at outlet 2."),
        (1, BOTH, {"into": "socket"}, "into is 'socket'; allowed: mode3, domestic."),
        (2, BOTH, {"cable": 32}, "cable is 32; allowed: none with a domestic plug, which has no coding."),
        (2, BOTH, {"phases": 3}, "phases is 3; allowed: 1 with a domestic plug."),
        (2, BOTH, {"ventilation": True}, "ventilation is True; allowed: false with a domestic plug"),
    ],
)
def test_plug_that_fits_no_socket(outlet: int, station: facts.Facts, params: dict[str, Any], words: str) -> None:
    plant = Simulator(2, sockets=(3, 2))
    with pytest.raises(OrderError) as refusal:
        order(plant, "plug", outlet, station, **params)
    assert words in str(refusal.value)
    assert refusal.value.reason == "bad_value"
    assert not describe(plant, outlet, 1)["domestic_plugged"]


def test_second_domestic_plug_does_not_fit() -> None:
    plant = Simulator(2, sockets=(3, 2))
    order(plant, "plug", 2, BOTH)
    with pytest.raises(OrderError, match="A domestic plug is in at outlet 2 already"):
        order(plant, "plug", 2, BOTH)


@pytest.mark.parametrize("name", FAULTS)
def test_state_lists_faults(name: str) -> None:
    """Every fault shows by its name in the state, and only while it is on."""
    plant = Simulator(2)
    order(plant, "fault", 2, name=name, on=True)
    assert describe(plant, 2, 1)["faults"] == [name]
    assert describe(plant, 1, 1)["faults"] == []
    order(plant, "fault", 2, name=name, on=False)
    assert describe(plant, 2, 1)["faults"] == []


def test_faults_are_the_bits_of_the_plant() -> None:
    """The table of names follows the compiled plant's bits, one by one."""
    assert list(FAULTS.values()) == [1 << bit for bit in range(18)]
