"""The status of connectors out of the status document (OCPP 1.6 sections 4.9, 7.6, 7.7; R-216)."""

from __future__ import annotations

from typing import Any

import pytest

from evlink.domain.words import Evt, OutletStatus
from evlink.ocpp.messages import status_notification
from evlink.ocpp.states import FAULTS, STATUSES, ConnectorState, connector_states
from tests.ocpp_central.schemas import payload_fault
from tests.ocpp_central.station import CHARGING, START, document, outlet, wire

LOOP = "OK_ChargeLoopStarted"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, "Available"),
        ({"outlet_status": "OK_InitDone"}, "Available"),
        ({"outlet_status": "OK_UnplugProcedureDone"}, "Available"),
        ({"ev_state": "B_Present_9V"}, "Preparing"),
        ({"ev_state": "F_NotAvailable"}, "Available"),
        ({"outlet_status": "OK_ChargeAuthorisationDone"}, "Preparing"),
        ({"outlet_status": "OK_ChargeContractDone"}, "Preparing"),
        ({"outlet_status": "OK_PlugProcedureStarted"}, "Preparing"),
        (CHARGING, "Charging"),
        (CHARGING | {"ev_state": "D_Ready_VR_3V_M12V"}, "Charging"),
        ({"outlet_status": LOOP, "ev_state": "B_Present_Asked_9V_M12V"}, "SuspendedEV"),
        ({"outlet_status": LOOP, "ev_state": "B_Present_9V"}, "SuspendedEVSE"),
        ({"outlet_status": LOOP, "ev_state": "C_Ready_6V"}, "SuspendedEVSE"),
        ({"outlet_status": LOOP, "ev_state": "C_Ready_6V_M12V"}, "SuspendedEVSE"),
        (CHARGING | {"limit_a": 0}, "SuspendedEVSE"),
        (CHARGING | {"evse_status": ["Suspend_Plc_Cmd_Received"], "contactor": False}, "SuspendedEVSE"),
        ({"outlet_status": "OK_ChargeLoopEnded", "ev_state": "B_Present_9V"}, "Finishing"),
        ({"outlet_status": "OK_UnplugProcedureStarted", "ev_state": "B_Present_9V"}, "Finishing"),
        ({"outlet_status": "OK_Unavailable"}, "Unavailable"),
        ({"outlet_status": "OK_MaintenanceCity"}, "Unavailable"),
        ({"outlet_status": "Not_Initialized"}, "Unavailable"),
        ({"evse_status": ["Unavailable_Plc_Cmd_Received"]}, "Unavailable"),
    ],
)
def test_a_connectors_status(changes: dict[str, Any], status: str) -> None:
    states = connector_states(document(outlet(1, **changes), outlet(2)))
    assert states[1] == ConnectorState(status)
    assert states[2] == ConnectorState("Available")


def test_every_step_of_a_session_has_a_row() -> None:
    """R-216: no outlet status is left to chance."""
    assert set(STATUSES) == set(OutletStatus)


@pytest.mark.parametrize("evt", list(FAULTS))
def test_an_event_is_told_with_its_code(evt: Evt) -> None:
    """A KO of one outlet is its connector's alone; the payload fits the schema (R-213)."""
    states = connector_states(document(outlet(1), outlet(2), events={evt.value: ["OK", "KO"]}))
    assert states[1] == ConnectorState("Available")
    fault = FAULTS[evt]
    assert states[2] == ConnectorState("Faulted" if fault.faulted else "Available", fault.error_code, (evt.value,))
    assert payload_fault("StatusNotification", wire(status_notification(2, states[2], START, "evlink"))) == ""


def test_the_gravest_event_gives_the_code_and_all_are_named() -> None:
    events = {12: ["KO"], 5: ["KO"], 20: ["KO"]}
    states = connector_states(document(outlet(1), events=events))
    assert states[1] == ConnectorState("Faulted", "OverCurrentFailure", (20, 5, 12))


@pytest.mark.parametrize("evt", [Evt.SUPERVISION, Evt.NTP, Evt.MODEM, Evt.REMOTE_ENERGY, Evt.REMOTE_AUTHENTICATION])
def test_the_stations_own_links_are_no_state_of_a_connector(evt: Evt) -> None:
    states = connector_states(document(events={evt.value: ["KO", "KO"]}))
    assert set(states.values()) == {ConnectorState("Available")}


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (document(), ConnectorState("Available")),
        (document(outlet(1, **CHARGING), outlet(2)), ConnectorState("Available")),
        (document(events={5: ["KO", "OK"]}), ConnectorState("Available")),
        (document(events={5: ["KO", "KO"]}), ConnectorState("Faulted", "PowerSwitchFailure", (5,))),
        (document(state="starting"), ConnectorState("Unavailable")),
        (document(state="unavailable"), ConnectorState("Unavailable")),
        (document(outlet(1, outlet_status="OK_Unavailable")), ConnectorState("Unavailable")),
    ],
)
def test_connector_zero_is_the_station(shown: dict[str, Any], expected: ConnectorState) -> None:
    """Connector 0 knows Available, Unavailable and Faulted only (OCPP 1.6 section 7.7)."""
    assert connector_states(shown)[0] == expected
