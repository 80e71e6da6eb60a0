"""The words of the field as the product shows them: states, statuses, errors, events (rules R-210 to R-218)."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class EvState(StrEnum):
    """State of the vehicle by IEC 61851-1; `_M12V` means that modulation is seen (N-49)."""

    A = "A_Not_Present_12V"
    B = "B_Present_9V"
    B_M12V = "B_Present_Asked_9V_M12V"
    C = "C_Ready_6V"
    C_M12V = "C_Ready_6V_M12V"
    D = "D_Ready_VR_3V"
    D_M12V = "D_Ready_VR_3V_M12V"
    E = "E_ShortCut"
    F = "F_NotAvailable"


class CpwState(StrEnum):
    """State of the control pilot; the manual shows the first two, the others follow IEC 61851-1."""

    A = "EVSE_Available_StateA"
    B = "EV_Connected_StateB"
    C = "EV_Charge_StateC"
    D = "EV_Charge_Ventilation_StateD"
    E = "EVSE_ShortCut_StateE"
    F = "EVSE_NotAvailable_StateF"


class CableState(StrEnum):
    """Largest current of the plugged cable (N-50)."""

    NOT_PLUGGED = "Not_Plugged"
    A13 = "13A"
    A20 = "20A"
    A32 = "32A"
    A63 = "63A"
    A70 = "70A"


class OutletStatus(StrEnum):
    """Step of an outlet's session, in the order printed (R-216)."""

    AUTHORISATION_STARTED = "OK_ChargeAuthorisationStarted"
    AUTHORISATION_DONE = "OK_ChargeAuthorisationDone"
    CONTRACT_STARTED = "OK_ChargeContractStarted"
    CONTRACT_DONE = "OK_ChargeContractDone"
    PLUG_STARTED = "OK_PlugProcedureStarted"
    PLUG_DONE = "OK_PlugProcedureDone"
    LOOP_STARTED = "OK_ChargeLoopStarted"
    LOOP_ENDED = "OK_ChargeLoopEnded"
    UNPLUG_STARTED = "OK_UnplugProcedureStarted"
    UNPLUG_DONE = "OK_UnplugProcedureDone"
    MAINTENANCE_CITY = "OK_MaintenanceCity"
    INIT_DONE = "OK_InitDone"
    UNAVAILABLE = "OK_Unavailable"
    NOT_INITIALIZED = "Not_Initialized"


class ChargeStatus(StrEnum):
    """How the last charge of an outlet ended, one word a fault that may end one (status 2.6; ours but the first)."""

    NONE = "Not_Initialized"
    DONE = "OK_ChargeLoopEnded"
    SHORT_CIRCUIT = "KO_ChargeShortCut"
    OVERLOAD = "KO_ChargeOverLoad"
    UPSTREAM = "KO_ChargeUpstreamProtection"
    CONTACTOR = "KO_ChargeContactorState"
    EV_DISCONNECTED = "KO_ChargeEvDisconnected"
    VENTILATION = "KO_ChargeVentilationNotAllowed"
    LOCK = "KO_ChargeOutletLock"
    PLUG_PRESENCE = "KO_ChargePlugPresence"
    PILOT = "KO_ChargeControlPilot"
    INTERNAL = "KO_ChargeInternalCommunication"
    REFUSED = "KO_ChargeSimplifiedMode3Refused"


DOMESTIC = "DOMESTIC"  # the domestic socket's type, as charge records write it


class OutletError(StrEnum):
    """Last error of an outlet, by phase: authorisation, plug, charge, unplug (R-216)."""

    NONE = "Not_Initialized"
    BADGE_UNKNOWN = "KO_BadgeUnknown"
    BADGE_NOT_BOOKER = "KO_BadgeIsNotTheBooker"
    LOCKED = "KO_PlugOrShutterAbnormallyLocked"
    SHUTTER_NOT_OPENED = "KO_ShutterNotOpened"
    PLUG_NOT_DETECTED = "KO_PlugNotDetected"
    EV_NOT_DETECTED = "KO_EvNotDetected"
    NOT_LOCKED = "KO_PlugOrShutterAbnormallyNotLocked"
    PLUG_ERROR = "KO_PlugProcedureError"
    BADGE_NOT_CURRENT = "KO_BadgeIsNotTheCurrentUser"
    UNLOCKED_IN_CHARGE = "KO_UnlockPlugInCharge"
    SHUTTER_IN_CHARGE = "KO_OnStreetOpenShutterInCharge"
    SHUTTER_NOT_CLOSED = "KO_ShutterNotClosed"
    PLUG_STILL_DETECTED = "KO_PlugStillDetected"
    EV_STILL_DETECTED = "KO_EVStillDetected"
    UNPLUG_ERROR = "KO_UnplugProcedureError"


class EvseStatus(StrEnum):
    """Flags that may hold at once, in table order (status 2.7, N-51)."""

    SIMPLIFIED_MODE_3 = "Simplified_Mode_3"
    NORMAL_MODE_3 = "Normal_Mode_3"
    VENTILATION = "Ventilation required"
    CLUSTER = "Cluster_Mode"
    SINGLE_PHASE = "Single-Phase"
    THREE_PHASE = "Three-Phase"
    DOMESTIC = "Domestic cable detected"
    VIP = "VIP badge mode"
    UNAVAILABLE_OCPP = "Unavailable_OCPP_Cmd_Received"
    NOT_ENOUGH_ENERGY = "not_Enough_Energy_To_Start_Charge"
    POSTPONED = "Charge_Postpone"
    MAINTENANCE_PLC = "Maintenance_Plc_Cmd_Received"
    BOOKED_PLC = "Booked_Plc_Cmd_Received"
    SUSPENDED_PLC = "Suspend_Plc_Cmd_Received"
    UNAVAILABLE_PLC = "Unavailable_Plc_Cmd_Received"


class Evt(IntEnum):
    """The 25 events of an outlet, by number; bit = number - 1 (N-15, N-16)."""

    RFID_READER = 1
    INTERNAL_COMMUNICATION = 3
    OUTLET_LOCK = 4
    CONTACTOR_STATE = 5
    SURGE_ARRESTOR = 6
    ANTI_INTRUSION = 7
    HARDWARE_CONFIGURATION = 8
    SOFTWARE_CONFIGURATION = 9
    FLAP_SENSOR = 10
    UPSTREAM_PROTECTION = 11
    POWER_METER = 12
    REMOTE_AUTHENTICATION = 13
    PLUG_PROCESS = 14
    PHASES = 15
    PLC = 16
    PILOT = 17
    PLUG_PRESENCE = 18
    EV_DISCONNECTED = 19
    SHORT_CIRCUIT = 20
    OVERLOAD = 21
    VENTILATION = 22
    MODEM = 24
    REMOTE_ENERGY = 29
    SUPERVISION = 30
    NTP = 31


EVENT_NAMES: dict[Evt, str] = {
    Evt.RFID_READER: "Rfid Reader",
    Evt.INTERNAL_COMMUNICATION: "Internal Communication",
    Evt.OUTLET_LOCK: "Outlet Lock",
    Evt.CONTACTOR_STATE: "Contactor State",
    Evt.SURGE_ARRESTOR: "Surge Arrestor",
    Evt.ANTI_INTRUSION: "Anti-intrusion",
    Evt.HARDWARE_CONFIGURATION: "Hardware Configuration",
    Evt.SOFTWARE_CONFIGURATION: "Software Configuration",
    Evt.FLAP_SENSOR: "Flap Sensor",
    Evt.UPSTREAM_PROTECTION: "Upstream Protection Devices",
    Evt.POWER_METER: "Power Meter Communication",
    Evt.REMOTE_AUTHENTICATION: "Remote Authentication Communication",
    Evt.PLUG_PROCESS: "[Un]Plug Process",
    Evt.PHASES: "Load tri-phasis compliancy",
    Evt.PLC: "Plc Communication",
    Evt.PILOT: "Control Pilot (CP) Signal conformity",
    Evt.PLUG_PRESENCE: "Plug Presence (PP) conformity",
    Evt.EV_DISCONNECTED: "Charge Alarm EV Disconnected",
    Evt.SHORT_CIRCUIT: "Charge Alarm ShortCut",
    Evt.OVERLOAD: "Charge Alarm OverLoad",
    Evt.VENTILATION: "Charge Alarm Ventilation Not Allowed",
    Evt.MODEM: "Modem Communication",
    Evt.REMOTE_ENERGY: "Remote EM Communication",
    Evt.SUPERVISION: "Supervision Communication",
    Evt.NTP: "NTP Server Communication",
}
