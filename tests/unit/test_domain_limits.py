"""Working current: the least of all limits, then the floors (R-136 to R-146)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from evlink.domain.limits import input_active, working_current
from evlink.domain.state import Config, Limit, OutletConfig, Reading
from evlink.domain.words import EvState

OUTLETS = (OutletConfig(1), OutletConfig(2))
CAR = Reading(EvState.C_M12V, cable_a=32)


@pytest.mark.parametrize(
    ("config", "outlet", "reading", "sharing", "limit"),
    [
        ({}, {}, {}, 1, Limit(32, "rated")),
        ({}, {"derated_a": 20}, {}, 1, Limit(20, "derated")),
        ({}, {}, {"cable_a": 20}, 1, Limit(20, "cable")),
        ({}, {"attached_cable": True}, {"cable_a": 0}, 1, Limit(32, "rated")),
        ({}, {"derated_a": 14}, {}, 1, Limit(14, "derated")),  # lowest three-phase value
        ({}, {"derated_a": 13}, {}, 1, Limit(0, "floor")),
        ({}, {"derated_a": 13}, {"phases_used": 1}, 1, Limit(13, "derated")),
        ({}, {"derated_a": 8}, {"phases_used": 1}, 1, Limit(8, "derated")),
        ({}, {"derated_a": 7}, {"phases_used": 1}, 1, Limit(0, "floor")),
        ({"phases": 1}, {"derated_a": 8}, {}, 1, Limit(8, "derated")),
        ({"floors": False}, {"derated_a": 7}, {}, 1, Limit(7, "derated")),
        ({"floors": False}, {"derated_a": 5}, {}, 1, Limit(0, "floor")),  # the pilot can't offer less than 6 A
        ({}, {"derated_a": 0}, {}, 1, Limit(0, "derated")),
        ({"balancing": True, "station_max_a": 64}, {}, {}, 2, Limit(32, "rated")),
        ({"balancing": True, "station_max_a": 40}, {}, {}, 2, Limit(20, "share")),
        ({"balancing": True, "station_max_a": 40}, {}, {}, 1, Limit(32, "rated")),
        ({"balancing": True, "station_max_a": 20}, {}, {}, 2, Limit(0, "floor")),
        ({"balancing": False, "station_max_a": 20}, {}, {}, 2, Limit(32, "rated")),
        ({}, {"load_shedding_a": 16}, {"in1": True}, 1, Limit(16, "input")),
        ({}, {"load_shedding_a": 16}, {"in1": False}, 1, Limit(32, "rated")),
        ({}, {"load_shedding_a": 0}, {"in1": True}, 1, Limit(0, "input")),
        ({}, {"load_shedding_a": 10}, {"in1": True}, 1, Limit(0, "floor")),
        ({}, {"start_condition": True}, {"in2": False}, 1, Limit(0, "input")),
        ({}, {"start_condition": True}, {"in2": True}, 1, Limit(32, "rated")),
    ],
)
def test_least_of_all_then_the_floor(
    config: dict[str, Any], outlet: dict[str, Any], reading: dict[str, Any], sharing: int, limit: Limit
) -> None:
    first = replace(OUTLETS[0], **outlet)
    station = Config(outlets=(first, OUTLETS[1]), **config)
    assert working_current(station, first, replace(CAR, **reading), sharing) == limit


@pytest.mark.parametrize(
    ("closed", "normally_open", "active"),
    [(True, True, True), (False, True, False), (True, False, False), (False, False, True)],
)
def test_input_active(closed: bool, normally_open: bool, active: bool) -> None:
    """R-152: contact closed (24 V) when normally open, open (0 V) when normally closed."""
    assert input_active(closed, normally_open) is active
