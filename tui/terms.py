"""The station's own words for its states, as the screens word them: what an outlet does, why its limit, what is KO.

Expert values (`OK_ChargeLoopStarted`) stay as the station writes them (R-215); French turns the few that the
product's French page turns, and how the last charge was stopped.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Final
from urllib.parse import urlsplit

from evlink.settings import status_words
from tui.words import LANGUAGES, say

EVENTS: Final[dict[int, str]] = {
    1: "Rfid Reader",
    3: "Internal Communication",
    4: "Outlet Lock",
    5: "Contactor State",
    6: "Surge Arrestor",
    7: "Anti-intrusion",
    8: "Hardware Configuration",
    9: "Software Configuration",
    10: "Flap Sensor",
    11: "Upstream Protection Devices",
    12: "Power Meter Communication",
    13: "Remote Authentication Communication",
    14: "[Un]Plug Process",
    15: "Load tri-phasis compliancy",
    16: "Plc Communication",
    17: "Control Pilot (CP) Signal conformity",
    18: "Plug Presence (PP) conformity",
    19: "Charge Alarm EV Disconnected",
    20: "Charge Alarm ShortCut",
    21: "Charge Alarm OverLoad",
    22: "Charge Alarm Ventilation Not Allowed",
    24: "Modem Communication",
    29: "Remote EM Communication",
    30: "Supervision Communication",
    31: "NTP Server Communication",
}

WARNINGS: Final = frozenset({12, 13, 15, 16, 24, 29, 30, 31})
"""Events that leave an outlet in service: it charges on, and says what is missing (a meter, a link, the time)."""

_MONTHS: Final = (
    "January February March April May June July August September October November December",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
)

_STATES: Final[dict[str, tuple[str, str]]] = {
    "charging": ("Charging", "En charge"),
    "paused": ("Vehicle paused", "VE en pause"),
    "held": ("Held back", "Charge retenue"),
    "finished": ("Charge ended", "Charge finie"),
    "waiting": ("Badge awaited", "Badge attendu"),
    "connecting": ("Connecting", "Branchement"),
    "plug_awaited": ("Plug awaited", "Câble attendu"),
    "unplugging": ("Unplug awaited", "À débrancher"),
    "available": ("Available", "Disponible"),
    "unavailable": ("Unavailable", "Indisponible"),
    "fault": ("Fault", "Défaut"),
    "starting": ("Starting", "Démarrage"),
}

# Where a session stands: how many of its five steps are done, and whether the next one is under way.
STAGES: Final = ("badge", "contract", "plug", "charge", "end")
_STAGE: Final[dict[str, tuple[int, bool]]] = {
    "OK_ChargeAuthorisationStarted": (0, False),
    "OK_ChargeAuthorisationDone": (1, False),
    "OK_ChargeContractStarted": (1, True),
    "OK_ChargeContractDone": (2, False),
    "OK_PlugProcedureStarted": (2, True),
    "OK_PlugProcedureDone": (3, False),
    "OK_ChargeLoopStarted": (3, True),
    "OK_ChargeLoopEnded": (4, False),
    "OK_UnplugProcedureStarted": (4, True),
    "OK_UnplugProcedureDone": (5, False),
}

_VEHICLE: Final[dict[str, tuple[str, str]]] = {
    "B": ("connected, not asking", "branché, sans demande"),
    "C": ("asks for energy", "demande l'énergie"),
    "D": ("asks for ventilation", "demande + ventilation"),
    "E": ("pilot at 0 V", "pilote à 0 V"),
    "F": ("pilot at -12 V", "pilote à -12 V"),
}

# The glyph says the same as the word, for those who see no colour; the tone is a class of the style sheet.
_TONES: Final[dict[str, tuple[str, str]]] = {
    "charging": ("●", "good"),
    "paused": ("◐", "wait"),
    "held": ("◐", "wait"),
    "finished": ("◐", "wait"),
    "waiting": ("◐", "wait"),
    "connecting": ("◐", "wait"),
    "plug_awaited": ("◐", "wait"),
    "unplugging": ("◐", "wait"),
    "available": ("○", ""),
    "unavailable": ("×", "bad"),
    "fault": ("▲", "bad"),
    "starting": ("·", "dim"),
}

_WARNED: Final = "▲"

# Steps of the session procedure, in the order of the product's list; the pilot decides inside the charge loop.
_STEPS: Final[dict[str, str]] = {
    "OK_ChargeAuthorisationDone": "plug_awaited",
    "OK_ChargeContractStarted": "connecting",
    "OK_ChargeContractDone": "connecting",
    "OK_PlugProcedureStarted": "plug_awaited",
    "OK_PlugProcedureDone": "connecting",
    "OK_ChargeLoopEnded": "finished",
    "OK_UnplugProcedureStarted": "unplugging",
    "OK_UnplugProcedureDone": "available",
    "OK_Unavailable": "unavailable",
    "OK_MaintenanceCity": "unavailable",
}


@dataclass(frozen=True, slots=True)
class OutletState:
    """What an outlet does, in one word of `lang`, with its glyph and tone (`good`, `wait`, `bad`, `dim` or none)."""

    name: str
    word: str
    glyph: str
    tone: str


def _name(outlet: Mapping[str, Any], faulty: bool) -> str:
    ev = str(outlet.get("ev_state", ""))
    status = str(outlet.get("outlet_status", ""))
    flags = [str(flag) for flag in outlet.get("evse_status") or ()]
    if faulty or ev.startswith("E_"):
        return "fault"
    if ev.startswith("F_") or any(flag.startswith("Unavailable") for flag in flags):
        return "unavailable"
    if outlet.get("contactor"):
        return "charging"
    if status == "OK_ChargeLoopStarted":
        return "held" if ev.startswith(("C_", "D_")) else "paused"
    if status in _STEPS:
        return _STEPS[status]
    if status in ("", "Not_Initialized", "OK_InitDone"):
        return "starting"
    return "available" if ev.startswith("A_") else "waiting"


def worries(document: Mapping[str, Any], index: int) -> set[int]:
    """The numbers of the events that are KO on an outlet, by its place in the status document."""
    events = document.get("events") or {}
    return {int(number) for number, cells in events.items() if index < len(cells) and cells[index] == "KO"}


def silence(lang: str, outlet: Mapping[str, Any]) -> str:
    """For how long control has told nothing of an outlet, in words; empty while it tells."""
    seconds = outlet.get("silent_s")
    return "" if seconds is None else say(lang, "status.silent", time=duration(float(seconds)))


def outlet_state(lang: str, outlet: Mapping[str, Any], ko: Set[int]) -> OutletState:
    """The state of an outlet of the status document, whose events `ko` are KO; a warning shows beside the state."""
    name = _name(outlet, bool(ko - WARNINGS))
    glyph, tone = _TONES[name]
    if ko and name != "fault":
        glyph, tone = _WARNED, "bad" if tone == "bad" else "wait"
    return OutletState(name, _STATES[name][LANGUAGES.index(lang)], glyph, tone)


def limit_reason(lang: str, reason: str) -> str:
    """Why the current is limited, in words; a reason unknown here stays as it is."""
    return "" if reason == "none" else status_words.limit(lang, reason)


def limit_rule(lang: str, reason: str) -> str:
    """Which rule limits the current, in words; a reason unknown here stays as it is, none is empty."""
    return status_words.limit(lang, reason, rule=True)


def stage(status: str) -> tuple[int, bool] | None:
    """How many of the session's `STAGES` are done and whether the next is under way; None outside any session."""
    return _STAGE.get(status)


def vehicle(lang: str, ev_state: str) -> str:
    """What the vehicle does, by the letter of its state; empty without a vehicle."""
    found = _VEHICLE.get(ev_state[:1])
    return "" if found is None else found[LANGUAGES.index(lang)]


def milliseconds(lang: str, microseconds: float) -> str:
    """A short time in milliseconds: `0.016 ms`, `4.2 ms`."""
    return f"{number(lang, microseconds / 1000, 3 if microseconds < 1000 else 1)} ms"


def loop_line(lang: str, control: Mapping[str, Any]) -> str:
    """How late the control loop was since it began, on one line."""
    if not control:
        return say(lang, "status.loop.none")
    return say(
        lang,
        "status.loop",
        p50=milliseconds(lang, float(control.get("served_p50_us") or 0)),
        p99=milliseconds(lang, float(control.get("served_p99_us") or 0)),
        worst=milliseconds(lang, float(control.get("served_worst_us") or 0)),
        overruns=int(control.get("overruns") or 0),
    )


def value_word(lang: str, value: str) -> str:
    """A status value as the page shows it: French turns the three that its page turns, and how a charge was stopped."""
    return status_words.value(lang, value)


def light(lang: str, colour: str) -> str:
    """The colour of an outlet's light."""
    return status_words.light(lang, colour)


def warning(lang: str, sentence: str) -> str:
    """A warning of the station."""
    return status_words.warning(lang, sentence)


def event_name(number: int) -> str:
    """The name of an event of an outlet by its number, or its number alone."""
    name = EVENTS.get(number)
    return f"#{number}" if name is None else f"#{number} {name}"


def address(url: object) -> str:
    """The address of a supervision; empty where it names no host, as the factory's bare `http://`."""
    text = str(url or "")
    try:
        return text if urlsplit(text).netloc else ""
    except ValueError:
        return text


def moment(lang: str, clock: object, zone: tzinfo) -> str:
    """An ISO 8601 time as it is written in the language: `5 April 2026, 14:05:10`; what is no time stays as it is."""
    try:
        when = datetime.fromisoformat(str(clock)).astimezone(zone)
    except ValueError:
        return str(clock or "")
    month = _MONTHS[LANGUAGES.index(lang)].split()[when.month - 1]
    day = "1er" if lang == "fr" and when.day == 1 else str(when.day)
    return f"{day} {month} {when.year}{' à' if lang == 'fr' else ','} {when:%H:%M:%S}"


def time_of_day(clock: object, zone: tzinfo) -> str:
    """Hours, minutes and seconds of an ISO 8601 time; empty for what is no time."""
    try:
        return f"{datetime.fromisoformat(str(clock)).astimezone(zone):%H:%M:%S}"
    except ValueError:
        return ""


def number(lang: str, value: float, decimals: int) -> str:
    """A number with the decimal separator of the language (R-193)."""
    text = f"{value:.{decimals}f}"
    return text.replace(".", ",") if lang == "fr" else text


def duration(seconds: float) -> str:
    """A duration as `HH:MM:SS` (R-193)."""
    whole = max(0, int(seconds))
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"
