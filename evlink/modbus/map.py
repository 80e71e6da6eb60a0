"""The station's register map: both generations of the field in one image, and registers of our own (docs/modbus.md).

The first block is the parking board's, its more significant word first; the block from 2999 on and address 1 are the
younger generation's, its less significant word first; from 5000 on are registers of our own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from evlink.domain.remote_control import (
    Command,
    LifeSeen,
    RemoteCommand,
    RemoteLeft,
    RemoteOrder,
    RemoteSetpoint,
    RemoteTuned,
    Tuned,
    tuned,
)
from evlink.domain.state import OutletState, StationState
from evlink.modbus import codes, sayings
from evlink.modbus.registers import NOT_A_NUMBER, Kind, Layout, Register, Value, WriteError

VERSION = 1
ILLEGAL_ADDRESS, ILLEGAL_VALUE = 2, 3
LEAST_FLOOR, MOST_FLOOR = 6, 32
LEAST_TIMEOUT, MOST_TIMEOUT = 3, 60
NO_U64 = 0x8000_0000_0000_0000  # a quantity that is not measured
NEVER = 0xFFFF

# Command registers: what each code of a generation means. The undo of a code is the code + 28 in the first.
PARKING = {
    3: Command.STOP,
    4: Command.SUSPEND,
    5: Command.RESTART,
    6: Command.UNAVAILABLE,
    7: Command.MAINTENANCE,
    8: Command.BOOK,
    9: Command.POSTPONE,
    34: Command.AVAILABLE,
    35: Command.MAINTENANCE_OFF,
    36: Command.UNBOOK,
    37: Command.UNPOSTPONE,
}
PRO = {
    3: Command.STOP,
    7: Command.SUSPEND,
    8: Command.RESTART,
    9: Command.REBOOT,
    40: Command.AVAILABLE,
    41: Command.UNAVAILABLE,
}
# Holes within the blocks, which clients read across: they read as 0.
RESERVED = ((6, 31), (350, 371), (932, 933), (2999, 3010), (3027, 3036), (3053, 3060), (4000, 4013), (5000, 5015))


@dataclass(frozen=True, slots=True)
class View:
    """What the registers of one outlet show: the status document and the state of the same moment."""

    state: StationState
    outlet: OutletState
    shown: Mapping[str, Any]  # the outlet's part of the status document
    ko: frozenset[int]  # numbers of the events that are KO
    serial: str = ""
    firmware: str = ""


Shown = Callable[[View], Value]
Row = Register[View, RemoteOrder]


def layout(profile: str) -> Layout[View, RemoteOrder]:
    """The map of a profile, `evlink` or `pro`: they differ in register 150 alone."""
    command = (
        Register(150, Kind.U16, "ocpp status", codes.ocpp_status)
        if profile == "pro"
        else Register(150, Kind.U16, "command", _code(0), write=_commands(0, PARKING), clears=(20,))
    )
    return Layout((command, *_PARKING, *_PRO, *_OWN), RESERVED)


def setpoint(view: View) -> int:
    """The set point as it was written; before any, what remote control leaves now, at most the installer's limits."""
    remote = view.outlet.remote
    if remote.setpoint_a is not None:
        return remote.setpoint_a
    ceiling = min(view.outlet.config.rated_a, view.outlet.config.derated_a)
    return ceiling if remote.cap_a is None else min(ceiling, int(remote.cap_a))


def _set(view: View, amps: int) -> RemoteOrder:
    if amps > view.outlet.config.rated_a:
        name = sayings.name_of("set point, A")
        raise WriteError(ILLEGAL_VALUE, sayings.out_of_range(name, amps, 0, view.outlet.config.rated_a))
    return RemoteSetpoint(view.outlet.outlet, amps)


def _station(view: View) -> int:
    cap = view.state.remote.station_a
    return view.state.config.station_max_a if cap is None else cap


def _set_station(view: View, amps: int) -> RemoteOrder:
    most = view.state.config.station_max_a
    if len(view.state.outlets) < 2 or not view.state.config.balancing:
        raise WriteError(ILLEGAL_ADDRESS, sayings.NO_STATION_MAXIMUM)
    if amps > most:
        name = sayings.name_of("maximum of all outlets, A")
        raise WriteError(ILLEGAL_VALUE, sayings.out_of_range(name, amps, 0, most))
    return RemoteSetpoint(0, amps)


def _life(view: View, bit: int) -> RemoteOrder:
    match bit:
        case 1:
            return LifeSeen()
        case 2:
            return RemoteLeft()
        case _:
            raise WriteError(ILLEGAL_VALUE, sayings.no_life(bit))


def _code(slot: int) -> Shown:
    return lambda view: view.outlet.remote.answers[slot].code


def _status(slot: int) -> Shown:
    return lambda view: view.outlet.remote.answers[slot].status


def _commands(slot: int, codes: Mapping[int, Command]) -> Callable[[View, int], RemoteOrder]:
    def order(view: View, code: int) -> RemoteOrder:
        if code and code not in codes:
            allowed = ", ".join(map(str, sorted(codes)))
            raise WriteError(ILLEGAL_VALUE, sayings.no_command(code, allowed))
        return RemoteCommand(view.outlet.outlet, slot, code, codes.get(code))

    return order


def _rule(what: Tuned) -> Shown:
    return lambda view: int(tuned(view.state.remote, what, _usual(view, what)))


def _usual(view: View, what: Tuned) -> float:
    """A rule as the settings have it."""
    config, remote = view.state.config, view.state.remote
    floors = remote.floors or (config.floor_single_a, config.floor_three_a)
    return {
        Tuned.FLOOR_SINGLE: floors[0],
        Tuned.FLOOR_THREE: floors[1],
        Tuned.TIMEOUT: config.remote.timeout_s,
        Tuned.DEGRADED_SINGLE: config.remote.degraded_single_a,
        Tuned.DEGRADED_THREE: config.remote.degraded_three_a,
    }[what]


def _tune(what: Tuned) -> Callable[[View, int], RemoteOrder]:
    def order(view: View, value: int) -> RemoteOrder:
        usual = int(_usual(view, what))
        least, most = {
            Tuned.FLOOR_SINGLE: (LEAST_FLOOR, MOST_FLOOR),
            Tuned.FLOOR_THREE: (LEAST_FLOOR, MOST_FLOOR),
            Tuned.TIMEOUT: (LEAST_TIMEOUT, max(MOST_TIMEOUT, usual)),
        }.get(what, (0, usual))  # a degraded set point only lowers the installer's
        if not least <= value <= most:
            raise WriteError(ILLEGAL_VALUE, sayings.out_of_range(sayings.tuned_name(what), value, least, most))
        return RemoteTuned(what, value)

    return order


def _since_life(view: View) -> int:
    at = view.state.remote.life_at
    return NEVER if at is None else min(NEVER - 1, int(view.state.now - at))


def _phase(key: str, phase: int, scale: float = 1.0) -> Shown:
    return lambda view: float(view.shown[key][phase]) * scale


def _mean(key: str) -> Shown:
    """The mean of the phases that are wired."""

    def mean(view: View) -> float:
        wired = view.shown[key][: view.state.config.phases]
        return float(sum(wired)) / len(wired)

    return mean


def _power(view: View) -> float:
    return float(view.shown["power_w"]) / 1000.0


def _phase_power(phase: int) -> Shown:
    return lambda view: view.shown["current_a"][phase] * view.shown["voltage_v"][phase] / 1000.0


def _apparent(view: View) -> float:
    return float(sum(a * v for a, v in zip(view.shown["current_a"], view.shown["voltage_v"], strict=True))) / 1000.0


def _between(one: int, other: int) -> Shown:
    """The voltage between two phases 120 degrees apart."""

    def volts(view: View) -> float:
        a, b = view.shown["voltage_v"][one], view.shown["voltage_v"][other]
        return math.sqrt(a * a + b * b + a * b) if a and b else 0.0

    return volts


def _energy(view: View) -> int:
    return int(view.shown["energy_wh"])


def _session_energy(view: View) -> int:
    return int(view.shown["session_energy_wh"])


def _session_time(view: View) -> int:
    return int(view.shown["session_seconds"])


def _closed(view: View) -> int:
    return int(view.outlet.remote.closed_s)


def _events(first: int) -> Shown:
    """Sixteen events as bits: bit n - 1 is Evt #n."""
    return lambda view: sum(1 << (n - first) for n in view.ko if first <= n < first + 16)


def _zero(view: View) -> int:
    return 0


def _floats(first: int, values: tuple[Shown, ...], name: str, *, low_first: bool) -> tuple[Row, ...]:
    rows = enumerate(values)
    return tuple(Register(first + 2 * k, Kind.F32, f"{name} {k + 1}", value, low_first) for k, value in rows)


_CURRENTS = tuple(_phase("current_a", k) for k in range(3))
_VOLTAGES = tuple(_phase("voltage_v", k) for k in range(3))
_BETWEEN = (_between(0, 1), _between(1, 2), _between(2, 0))

_PARKING: tuple[Row, ...] = (
    Register(6, Kind.U16, "cpw state", codes.cpw_state),
    Register(8, Kind.U16, "ev state", codes.ev_state),
    Register(9, Kind.U16, "last charge status", codes.last_charge),
    Register(20, Kind.U16, "command status", _status(0)),
    Register(23, Kind.U16, "events 1 to 16", _events(1)),
    Register(24, Kind.U16, "events 17 to 32", _events(17)),
    Register(30, Kind.U32, "charge time, s", _closed),
    Register(301, Kind.U16, "set point, A", setpoint, write=_set, mirrors=(4004,)),
    Register(310, Kind.U16, "maximum of all outlets, A", _station, write=_set_station),
    *_floats(350, _CURRENTS, "current, A,", low_first=False),
    Register(356, Kind.U32, "energy, Wh", _energy),
    Register(358, Kind.F32, "power, kW", _power),
    *_floats(360, _BETWEEN, "voltage between phases, V,", low_first=False),
    *_floats(366, _VOLTAGES, "voltage, V,", low_first=False),
    Register(932, Kind.U16, "life bit", _zero, write=_life, mirrors=(4000,), beats=True),
    Register(933, Kind.U16, "degraded mode", lambda view: 2 if view.state.remote.degraded else 0),
    Register(2004, Kind.U32, "session time, s", _session_time),
)

_PRO: tuple[Row, ...] = (
    Register(1, Kind.U16, "ev state of the younger generation", codes.pro_state),
    Register(1150, Kind.U16, "vehicle present", codes.vehicle_present),
    *_floats(2999, _CURRENTS, "current, A,", low_first=True),
    Register(3009, Kind.F32, "mean current, A", _mean("current_a"), low_first=True),
    *_floats(3027, _VOLTAGES, "voltage, V,", low_first=True),
    Register(3035, Kind.F32, "mean voltage, V", _mean("voltage_v"), low_first=True),
    *_floats(3053, tuple(_phase_power(k) for k in range(3)), "power, kW,", low_first=True),
    Register(3059, Kind.F32, "power, kW", _power, low_first=True),
    Register(3075, Kind.F32, "apparent power, kVA", _apparent, low_first=True),
    Register(3083, Kind.F32, "power factor, not measured", lambda view: NOT_A_NUMBER, low_first=True),
    Register(3109, Kind.F32, "frequency, not measured", lambda view: NOT_A_NUMBER, low_first=True),
    Register(3203, Kind.U64, "energy, Wh", _energy, low_first=True),
    Register(3219, Kind.U64, "reactive energy, not measured", lambda view: NO_U64, low_first=True),
    Register(4000, Kind.U16, "life bit", _zero, write=_life, mirrors=(932,), beats=True),
    Register(4001, Kind.U16, "command", _code(1), write=_commands(1, PRO), clears=(4002, 4003)),
    Register(4002, Kind.U32, "command status", _status(1), low_first=True),
    Register(4004, Kind.U16, "set point, A", setpoint, write=_set, mirrors=(301,)),
    Register(4005, Kind.U16, "degraded set point, single-phase, A", _rule(Tuned.DEGRADED_SINGLE),
        write=_tune(Tuned.DEGRADED_SINGLE), mirrors=(5009,)),
    Register(4006, Kind.U16, "degraded set point, three-phase, A", _rule(Tuned.DEGRADED_THREE),
        write=_tune(Tuned.DEGRADED_THREE), mirrors=(5010,)),
    Register(4007, Kind.U32, "charge time, s", _closed, low_first=True),
    Register(4009, Kind.U32, "session time, s", _session_time, low_first=True),
    Register(4011, Kind.U16, "cause of the last stop", codes.stop_cause),
    Register(4012, Kind.U32, "session energy, Wh", _session_energy, low_first=True),
)  # fmt: skip

_OWN: tuple[Row, ...] = (
    Register(5000, Kind.U16, "version of the map", lambda view: VERSION),
    Register(5001, Kind.U16, "current offered, 0.1 A", lambda view: round(10 * float(view.shown["limit_a"]))),
    Register(5002, Kind.U16, "what sets it", codes.reason),
    Register(5003, Kind.U16, "evse status", codes.evse_bits),
    Register(5004, Kind.U16, "meter", codes.meter_health),
    Register(5005, Kind.U16, "seconds since the last life bit", _since_life),
    Register(5006, Kind.U16, "floor, single-phase, A", _rule(Tuned.FLOOR_SINGLE), write=_tune(Tuned.FLOOR_SINGLE)),
    Register(5007, Kind.U16, "floor, three-phase, A", _rule(Tuned.FLOOR_THREE), write=_tune(Tuned.FLOOR_THREE)),
    Register(5008, Kind.U16, "life bit time-out, s", _rule(Tuned.TIMEOUT), write=_tune(Tuned.TIMEOUT)),
    Register(5009, Kind.U16, "degraded set point, single-phase, A", _rule(Tuned.DEGRADED_SINGLE),
        write=_tune(Tuned.DEGRADED_SINGLE), mirrors=(4005,)),
    Register(5010, Kind.U16, "degraded set point, three-phase, A", _rule(Tuned.DEGRADED_THREE),
        write=_tune(Tuned.DEGRADED_THREE), mirrors=(4006,)),
    Register(5016, Kind.TEXT, "station name", lambda view: view.state.config.name, words=16),
    Register(5032, Kind.TEXT, "serial number", lambda view: view.serial, words=16),
    Register(5048, Kind.TEXT, "firmware", lambda view: view.firmware, words=8),
)  # fmt: skip
