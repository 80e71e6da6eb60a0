"""The orders to the simulator: which there are, what each takes, and what each does to the plant of an outlet.

An order is checked whole before the plant hears of it; a wrong one raises `OrderError` and changes nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from evlink.hardware import board
from evlink.hardware._simulator import Simulator
from evlink.hardware.facts import Facts

# Plug resistors of IEC 61851-1 table B.2: cable rating in amperes -> ohms.
CABLES: Final[Mapping[int, int]] = {13: 1500, 20: 680, 32: 220, 63: 100}

# The sockets of an outlet, by the type in `board.toml`; the first is the usual one (docs/hardware.md).
SOCKETS: Final = ("mode3", "domestic")
SOCKETS_OF: Final[Mapping[str, tuple[str, ...]]] = {"DOMESTIC": ("domestic",), "TYPE2_DOMESTIC": SOCKETS}
LOAD_A: Final = 10  # of a domestic load of which nobody said more

# The bits of the compiled plant (`_plant.pxd`), in its order.
FAULTS: Final[Mapping[str, int]] = {
    name: 1 << bit
    for bit, name in enumerate(
        (
            "cp_short",  # pilot to earth, 80 ohms
            "diode",  # the vehicle's diode is missing
            "pp_open",  # plug resistor open while plugged
            "pp_gap",  # plug resistor of 350 ohms, which no cable has
            "welded",  # contactor stays closed
            "stuck_open",  # contactor stays open
            "lock",  # lock stays where it is
            "noise",  # bursts of 36 to 90 kHz on the pilot, 2 V
            "overdraw",  # vehicle draws 40 % more than offered
            "clip",  # short circuit behind the contactor: current beyond the converter
            "stuck_current",  # converter shows a constant 10 A
            "surge",  # surge arrester tripped
            "intrusion",  # enclosure open
            "flap",  # flap open
            "upstream",  # upstream breaker open: no mains
            "silent",  # board sends no blocks for this outlet
            "reader",  # badge reader silent
            "vehicle_ignores",  # vehicle goes on at 100 % duty
        )
    )
}

_INPUTS: Final[Mapping[str, int]] = {
    "button_start": board.INPUT_BUTTON_START,
    "button_stop": board.INPUT_BUTTON_STOP,
    "in1": board.INPUT_IN1,
    "in2": board.INPUT_IN2,
    "surge": board.INPUT_SURGE,
    "intrusion": board.INPUT_INTRUSION,
    "flap": board.INPUT_FLAP,
    "upstream": board.INPUT_UPSTREAM,
}


class OrderError(Exception):
    """An order that was not carried out; the message is one sentence, `reason` is `bad_value` or `not_now`."""

    def __init__(self, message: str, *, key: str = "", value: object = None, allowed: str = "") -> None:
        super().__init__(message)
        self.key, self.value, self.allowed = key, value, allowed

    @property
    def reason(self) -> str:
        """`bad_value` where a value is wrong, `not_now` where the plant is in no state for it."""
        return "bad_value" if self.key else "not_now"


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter of an order: what fits, in a test and in words. Without a default it is required."""

    fits: Callable[[Any], bool]
    allowed: str
    default: object = ...


def _choice(*values: object, default: object = ...) -> Param:
    return Param(
        lambda v: any(type(v) is type(one) and v == one for one in values), ", ".join(map(str, values)), default
    )


def _amps(default: object = ...) -> Param:
    return Param(lambda v: type(v) in (int, float) and math.isfinite(v) and 0 <= v <= 80, "0 to 80 amperes", default)


_FLAG: Final = Param(lambda v: isinstance(v, bool), "true or false")

ACTIONS: Final[Mapping[str, Mapping[str, Param]]] = {
    "plug": {
        "into": _choice(*SOCKETS, default=None),
        "cable": _choice(*CABLES, default=None),
        "phases": _choice(1, 3, default=None),
        "amps": _amps(default=None),
        "ventilation": Param(_FLAG.fits, _FLAG.allowed, default=False),
        "simplified": Param(_FLAG.fits, _FLAG.allowed, default=False),
    },
    "ready": {},
    "pause": {},
    "unplug": {"side": _choice("station", "vehicle", default="station")},
    "badge": {
        "uid": Param(
            lambda v: isinstance(v, str) and re.fullmatch(r"[0-9A-Za-z]{1,40}", v) is not None,
            "1 to 40 letters and digits",
        )
    },
    "button": {"which": _choice("start", "stop")},
    "draw": {"amps": _amps()},
    "input": {"number": _choice(1, 2), "on": _FLAG},
    "fault": {"name": _choice(*FAULTS), "on": _FLAG},
    "state": {},
}


@dataclass(frozen=True, slots=True)
class Order:
    """One checked order: every parameter is there and fits."""

    action: str
    outlet: int
    params: Mapping[str, Any]


def check(request: Mapping[str, Any], outlets: int) -> Order:
    """Check a request's action, outlet and parameters. OrderError in one sentence naming key, value and allowed."""
    action = request.get("action", ...)
    if not isinstance(action, str) or action not in ACTIONS:
        raise _bad("action", action, ", ".join((*ACTIONS, "listen")))
    outlet = request.get("outlet", 1)
    if type(outlet) is not int or not 1 <= outlet <= outlets:
        raise _bad("outlet", outlet, "1" if outlets == 1 else f"1 to {outlets}")
    params = ACTIONS[action]
    for key, value in request.items():
        if key not in ("id", "action", "outlet", *params):
            raise _bad(key, value, f"for {action}: " + (", ".join(params) or "no parameter"))
    given = {}
    for key, param in params.items():
        value = request.get(key, param.default)
        if value is ... or (key in request and not param.fits(value)):
            raise _bad(key, request.get(key, ...), param.allowed)
        given[key] = value
    return Order(action, outlet, given)


def _bad(key: str, value: object, allowed: str) -> OrderError:
    if value is ...:
        return OrderError(f"{key} is missing; allowed: {allowed}.", key=key, allowed=allowed)
    shown = repr(value)
    shown = shown if len(shown) <= 80 else shown[:80] + "..."
    return OrderError(f"{key} is {shown}; allowed: {allowed}.", key=key, value=value, allowed=allowed)


def carry_out(order: Order, plant: Simulator, facts: Facts) -> None:
    """Do what an order says to the plant, save `badge` and `state`. OrderError where its state does not allow it."""
    outlet, given = order.outlet, order.params
    match order.action:
        case "plug":
            _plug(order, plant, facts)
        case "ready" | "pause":
            if not plant.ready(outlet, order.action == "ready"):
                raise _no_vehicle(outlet)
        case "unplug":
            match plant.unplug(outlet, given["side"] == "vehicle"):
                case 1:
                    raise _no_vehicle(outlet)
                case 2:
                    raise OrderError(f"The lock of outlet {outlet} holds the plug.")
        case "button":
            plant.press(outlet, given["which"] == "start")
        case "draw":
            if not plant.draw(outlet, given["amps"]):
                raise _no_vehicle(outlet)
        case "input":
            plant.input(outlet, given["number"], given["on"])
        case "fault":
            plant.fault(outlet, FAULTS[given["name"]], given["on"])


def _no_vehicle(outlet: int) -> OrderError:
    return OrderError(f"No vehicle is plugged in at outlet {outlet}.")


def sockets_of(facts: Facts, outlet: int) -> tuple[str, ...]:
    """The sockets that an outlet has, by its type."""
    return SOCKETS_OF.get(facts.outlet(outlet).socket_type, SOCKETS[:1])


def _plug(order: Order, plant: Simulator, facts: Facts) -> None:
    given, station = order.params, facts.station
    there = sockets_of(facts, order.outlet)
    socket = given["into"] or there[0]
    if socket not in there:
        raise _bad("into", socket, " or ".join(there) + f" at outlet {order.outlet}")
    if socket == "domestic":
        _plug_load(order, plant)
        return
    if station.attached_cable and given["cable"] is not None:
        raise _bad("cable", given["cable"], "none, since this station's cable is attached")
    cable = given["cable"] or 32
    phases = given["phases"] or station.phases
    amps = 32 if given["amps"] is None else given["amps"]
    plug = (order.outlet, cable, CABLES[cable], phases, amps, given["ventilation"], given["simplified"])
    if not plant.plug(*plug):
        raise OrderError(f"A vehicle is plugged in at outlet {order.outlet} already.")


def _plug_load(order: Order, plant: Simulator) -> None:
    given = order.params
    if given["cable"] is not None:
        raise _bad("cable", given["cable"], "none with a domestic plug, which has no coding")
    if given["phases"] == 3:
        raise _bad("phases", 3, "1 with a domestic plug")
    if given["ventilation"]:
        raise _bad("ventilation", True, "false with a domestic plug, which has no pilot")
    if given["simplified"]:
        raise _bad("simplified", True, "false with a domestic plug, which has no pilot")
    if not plant.plug_load(order.outlet, LOAD_A if given["amps"] is None else given["amps"]):
        raise OrderError(f"A domestic plug is in at outlet {order.outlet} already.")


def describe(plant: Simulator, outlet: int, speed: float) -> dict[str, Any]:
    """An outlet's state for people and tests, in volts, amperes, percent and watt-hours of the plant itself."""
    now = plant.state(outlet)
    amps, load = round(now["amps"], 2), round(now["load_amps"], 2)
    s2 = ("D" if now["ventilation"] else "C") if now["s2"] else "B"
    return {
        "outlet": outlet,
        "plugged": now["plugged"],
        "vehicle": s2 if now["plugged"] and not now["away"] else "A",
        "ready": now["ready"],
        "cable_a": now["cable_a"] if now["plugged"] else 0,
        "plug_ohm": now["plug_ohm"],
        "phases": now["phases"] if now["plugged"] else 0,
        "wish_a": now["wish_a"] if now["plugged"] else 0,
        "ventilation": now["ventilation"] and now["plugged"],
        "contactor": now["contactor"],
        "contactor_feedback": now["contactor_feedback"],
        "lock": now["lock"],
        "lock_feedback": now["lock_feedback"],
        "duty_percent": now["duty"] / 100,
        "pilot_on": now["pilot_on"],
        "pilot_high_v": round(now["high_mv"] / 1000, 3),
        "pilot_low_v": round(now["low_mv"] / 1000, 3),
        "domestic_plugged": now["load_plugged"],
        "domestic_on": now["load_plugged"] and now["load_on"],
        "domestic_a": now["load_a"] if now["load_plugged"] else 0,
        "current_a": [
            round((amps if phase <= now["phases"] else 0.0) + (load if phase == 1 else 0.0), 2) for phase in (1, 2, 3)
        ],
        "energy_wh": now["energy_wh"],
        "light": now["light"],
        "beeps": now["beeps"],
        "inputs": {name: bool(now["inputs"] & bit) for name, bit in _INPUTS.items()},
        "faults": [name for name, bit in FAULTS.items() if now["faults"] & bit],
        "dead_man": now["dead_man"],
        "connected": now["connected"],
        "blocks": now["blocks"],
        "sent": now["sent"],
        "answered": now["answered"],
        "drops": now["drops"],
        "refused": now["refused"],
        "sim_seconds": now["frames"] / 100_000,
        "speed": speed,
    }
