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
    ("config", "outlet", "reading", "share", "limit"),
    [
        ({}, {}, {}, None, Limit(32, "rated")),
        ({}, {"derated_a": 20}, {}, None, Limit(20, "derated")),
        ({}, {}, {"cable_a": 20}, None, Limit(20, "cable")),
        ({}, {"attached_cable": True}, {"cable_a": 0}, None, Limit(32, "rated")),
        ({}, {"derated_a": 14}, {}, None, Limit(14, "derated")),  # lowest three-phase value
        ({}, {"derated_a": 13}, {}, None, Limit(0, "floor")),
        ({}, {"derated_a": 13}, {"phases_used": 1}, None, Limit(13, "derated")),
        ({}, {"derated_a": 8}, {"phases_used": 1}, None, Limit(8, "derated")),
        ({}, {"derated_a": 7}, {"phases_used": 1}, None, Limit(0, "floor")),
        ({"phases": 1}, {"derated_a": 8}, {}, None, Limit(8, "derated")),
        ({"floors": False}, {"derated_a": 7}, {}, None, Limit(7, "derated")),
        ({"floors": False}, {"derated_a": 5}, {}, None, Limit(0, "floor")),  # the pilot can't offer less than 6 A
        ({}, {"derated_a": 0}, {}, None, Limit(0, "derated")),
        ({}, {}, {}, Limit(40, "share"), Limit(32, "rated")),
        ({}, {}, {}, Limit(20, "share"), Limit(20, "share")),
        ({}, {}, {}, Limit(0, "share"), Limit(0, "share")),
        ({}, {"load_shedding_a": 16}, {"in1": True}, None, Limit(16, "input")),
        ({}, {"load_shedding_a": 16}, {"in1": False}, None, Limit(32, "rated")),
        ({}, {"load_shedding_a": 0}, {"in1": True}, None, Limit(0, "input")),
        ({}, {"load_shedding_a": 10}, {"in1": True}, None, Limit(0, "floor")),
        ({}, {"start_condition": True}, {"in2": False}, None, Limit(0, "input")),
        ({}, {"start_condition": True}, {"in2": True}, None, Limit(32, "rated")),
    ],
)
def test_least_of_all_then_the_floor(
    config: dict[str, Any], outlet: dict[str, Any], reading: dict[str, Any], share: Limit | None, limit: Limit
) -> None:
    first = replace(OUTLETS[0], **outlet)
    station = Config(outlets=(first, OUTLETS[1]), **config)
    assert working_current(station, first, replace(CAR, **reading), share) == limit


@pytest.mark.parametrize(
    ("closed", "normally_open", "active"),
    [(True, True, True), (False, True, False), (True, False, False), (False, False, True)],
)
def test_input_active(closed: bool, normally_open: bool, active: bool) -> None:
    """R-152: contact closed (24 V) when normally open, open (0 V) when normally closed."""
    assert input_active(closed, normally_open) is active
