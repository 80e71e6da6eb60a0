"""The core's numbers in the domain's words: every fault has one event, and lateness its figures."""

from __future__ import annotations

from typing import Any

import pytest

from evlink import _core
from evlink.domain.words import EvState, Evt
from evlink.runtime.latency import latency_word, quantile
from evlink.runtime.protection import limits_from
from evlink.runtime.readings import FAULTS, reading_from
from evlink.settings.facts import Facts, Model
from evlink.settings.values import Values


def frame(**changes: Any) -> _core.Frame:
    """A frame of a fresh core, with changes."""
    return _core.Core(1).frame(1)._replace(pilot=_core.PILOT_C, inputs=_core.INPUT_BUTTON_STOP, **changes)


def test_every_fault_of_the_core_has_an_event() -> None:
    named = {value for name, value in vars(_core).items() if name.startswith("FAULT_")}
    assert set(FAULTS) == named
    assert all(bit & (bit - 1) == 0 for bit in named)


@pytest.mark.parametrize("bit", sorted(FAULTS))
def test_a_fault_shows_its_event_alone(bit: int) -> None:
    assert reading_from(frame(faults=bit), 0).faults == {FAULTS[bit]}


@pytest.mark.parametrize(
    ("mask", "event"), [(0, False), (0b001, False), (0b111, False), (0b010, True), (0b011, True), (0b110, True)]
)
def test_a_load_on_the_wrong_phases(mask: int, event: bool) -> None:
    """Evt #15: one phase is the first, three are all; a single-phase vehicle is usual."""
    assert (Evt.PHASES in reading_from(frame(phases_mask=mask), 0).faults) is event


def test_modulation_is_seen_not_assumed() -> None:
    """N-49."""
    assert reading_from(frame(modulated=True), 0).ev is EvState.C_M12V
    assert reading_from(frame(modulated=False), 0).ev is EvState.C


def test_the_register_is_the_base_plus_what_the_core_counted() -> None:
    assert reading_from(frame(energy_mvas=7), 5_000_000_000_000).energy_mvas == 5_000_000_000_007


@pytest.mark.parametrize(
    ("changes", "enabled", "expected"),
    [
        ({}, {"SURGE", "INTRUSION", "FLAP", "UPSTREAM", "BREAKER"}, set()),
        ({"internal.functional.di_status_enable": "0x0000"}, {"UPSTREAM", "BREAKER"}, set()),
        ({"internal.functional.di_status_enable": "0x0020"}, {"SURGE", "UPSTREAM", "BREAKER"}, set()),
        # An input whose normal level is turned round from the sample's.
        (
            {"internal.functional.di_status_expected": "0x0040"},
            {"SURGE", "INTRUSION", "FLAP", "UPSTREAM", "BREAKER"},
            {"SURGE"},
        ),
    ],
)
def test_input_masks_count_by_events(changes: dict[str, Any], enabled: set[str], expected: set[str]) -> None:
    """docs/decisions/0010."""
    limits = limits_from(Values(Facts()).with_changes(changes), 1)
    bits = {name: getattr(_core, f"INPUT_{name}") for name in ("SURGE", "INTRUSION", "FLAP", "UPSTREAM", "BREAKER")}
    assert {name for name, bit in bits.items() if limits.inputs_enabled & bit} == enabled
    assert {name for name, bit in bits.items() if limits.inputs_expected & bit} == expected


@pytest.mark.parametrize(
    ("model", "function", "normally_open", "supervised", "closed_at_rest"),
    [
        (Model.PARKING, "protection_state", True, True, False),
        (Model.PARKING, "protection_state", False, True, True),
        (Model.PARKING, "unused", False, False, False),
        (Model.PARKING, "load_shedding", False, False, False),
        (Model.CITY, "load_shedding", False, False, False),  # another input is there for it
        (Model.WALLBOX, "unused", True, False, False),
    ],
)
def test_in1_as_the_state_of_the_protection_devices(
    model: Model, function: str, normally_open: bool, supervised: bool, closed_at_rest: bool
) -> None:
    """R-148, R-151: In1 belongs to Evt #11 where its function says so, counted from the level at which it rests."""
    key = "energy_management.outlets.in1"
    values = Values(Facts(model=model, outlet_count=1 if model is Model.WALLBOX else 2))
    if model is not Model.WALLBOX:
        values = values.with_changes({f"{key}_function": function, f"{key}_normally_open": normally_open})
    limits = limits_from(values, 1)
    assert bool(limits.inputs_enabled & _core.INPUT_IN1) is supervised
    assert bool(limits.inputs_expected & _core.INPUT_IN1) is closed_at_rest


@pytest.mark.parametrize("pilot", [_core.PILOT_UNKNOWN, _core.PILOT_C, _core.PILOT_E])
def test_an_outlet_without_a_pilot_reads_a(pilot: int) -> None:
    """What stands on the channel of a pilot that isn't there is no vehicle and no fault; others stay (Evt #21)."""
    faults = _core.FAULT_PILOT | _core.FAULT_SHORT | _core.FAULT_OVERLOAD
    seen = reading_from(frame(faults=faults, modulated=True)._replace(pilot=pilot), 0, domestic=True)
    assert (seen.ev, seen.vehicle, seen.faults) == (EvState.A, False, frozenset({Evt.OVERLOAD}))


def test_the_factory_settings_are_the_cores_own() -> None:
    """A control that has not heard from its station yet protects by the same figures."""
    limits = limits_from(Values(Facts()), 1)
    assert limits._replace(inputs_enabled=0) == _core.Limits()._replace(inputs_enabled=0)


@pytest.mark.parametrize(
    ("buckets", "share", "wanted"),
    [((0, 0, 10), 0.5, 0.0), ((0,) * 9 + (99, 0, 1), 0.99, 1.0), ((0,) * 9 + (99, 0, 1), 1.0, 4.1), ((), 0.5, 0.0)],
)
def test_quantiles_of_a_histogram(buckets: tuple[int, ...], share: float, wanted: float) -> None:
    assert quantile(buckets, share) == wanted


def test_the_status_document_shows_the_histograms_of_the_live_loop() -> None:
    """Each bucket by its upper end; no quantile lies above what was the worst."""
    served, period = [0] * 32, [0] * 32
    served[11], served[13], period[19] = 98, 2, 100
    seen = latency_word(_core.Latency(tuple(served), tuple(period), 9_200, 700_000, 100, 0, 100))
    assert (seen["served_p50_us"], seen["served_p99_us"], seen["served_worst_us"]) == (4.1, 9.2, 9.2)
    assert seen["served_histogram"] == {"4.096": 98, "16.384": 2}
    assert seen["period_histogram"] == {"1048.576": 100}
    assert latency_word(None) == {}
