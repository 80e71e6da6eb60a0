"""The pilot over the socket: statistics for people, the last transitions, and raw samples for an oscilloscope."""

from __future__ import annotations

from array import array
from typing import Any

import msgspec

from evlink import _core
from evlink.runtime.keeper import Keeper
from evlink.runtime.rpc import BAD_VALUE, NOT_NOW, Failure, Method, Session

STATES = {
    _core.PILOT_UNKNOWN: "-",
    _core.PILOT_A: "A",
    _core.PILOT_B: "B",
    _core.PILOT_C: "C",
    _core.PILOT_D: "D",
    _core.PILOT_E: "E",
    _core.PILOT_F: "F",
}


class Pilot(msgspec.Struct, forbid_unknown_fields=True):
    """Parameters of `pilot`."""

    outlet: int = 1


def table(keeper: Keeper) -> dict[str, Method]:
    """The method."""

    async def pilot(session: Session, params: Pilot) -> dict[str, Any]:
        if params.outlet not in keeper.outlets:
            allowed = " or ".join(map(str, keeper.outlets))
            raise Failure(
                BAD_VALUE,
                f"outlet {params.outlet}: {allowed} is allowed",
                key="outlet",
                value=str(params.outlet),
                allowed=allowed,
            )
        frame = keeper.frames.get(params.outlet)
        if frame is None:
            raise Failure(NOT_NOW, "control has not said anything yet")
        return {"outlet": params.outlet, **document(frame), "scope": scope(keeper.scope(params.outlet))}

    return {"pilot": Method(Pilot, pilot)}


def document(frame: _core.Frame) -> dict[str, Any]:
    """A frame's pilot; plateaus in millivolts as least, mean and most of the last 100 ms."""
    return {
        "state": STATES[frame.pilot],
        "modulated": frame.modulated,
        "high_mv": dict(zip(("min", "mean", "max"), frame.high_stats, strict=True)),
        "low_mv": dict(zip(("min", "mean", "max"), frame.low_stats, strict=True)),
        "duty_percent": frame.duty_measured / 100,
        "duty_commanded_percent": frame.duty / 100,
        "frequency_hz": frame.frequency,
        "glitches": frame.glitches,
        "plug_ohm": frame.plug_ohm,
        "closings": frame.closings,
        "transitions": [
            {"from": STATES[old], "to": STATES[new], "seconds_ago": round((frame.samples - at) / _core.RATE, 2)}
            for at, old, new in frame.transitions
        ],
    }


def scope(taken: tuple[int, bytes] | None) -> dict[str, Any]:
    """Raw samples of the last window: rate in hertz, samples in millivolts."""
    samples = array("h", taken[1]).tolist() if taken is not None else []
    return {"rate_hz": _core.RATE, "samples_mv": samples}
