"""What an outlet measures, over the socket: its pilot for an oscilloscope, and the trace of its session."""

from __future__ import annotations

from array import array
from typing import Any

import msgspec

from evlink import _core
from evlink.runtime.keeper import Keeper
from evlink.runtime.rpc import BAD_VALUE, NOT_NOW, Failure, Method, Session
from evlink.runtime.traces import Traces

STATES = {
    _core.PILOT_UNKNOWN: "-",
    _core.PILOT_A: "A",
    _core.PILOT_B: "B",
    _core.PILOT_C: "C",
    _core.PILOT_D: "D",
    _core.PILOT_E: "E",
    _core.PILOT_F: "F",
}


class OfOutlet(msgspec.Struct, forbid_unknown_fields=True):
    """Parameters of `pilot` and `trace`."""

    outlet: int = 1


def table(keeper: Keeper, traces: Traces) -> dict[str, Method]:
    """The methods."""

    async def pilot(session: Session, params: OfOutlet) -> dict[str, Any]:
        known(params.outlet, keeper.outlets)
        if not keeper.piloted(params.outlet):
            raise Failure(
                NOT_NOW,
                f"outlet {params.outlet} is a domestic socket, which has no pilot",
                fr=f"la prise {params.outlet} est une prise domestique, sans signal pilote",
            )
        frame = keeper.frames.get(params.outlet)
        if frame is None:
            raise Failure(NOT_NOW, "control has not said anything yet", fr="le contrôle n'a encore rien dit")
        if keeper.readings()[keeper.outlets.index(params.outlet)] is None:
            raise Failure(NOT_NOW, "control is silent", fr="le contrôle se tait")
        return {"outlet": params.outlet, **document(frame), "scope": scope(keeper.scope(params.outlet))}

    async def trace(session: Session, params: OfOutlet) -> dict[str, Any]:
        known(params.outlet, keeper.outlets)
        return traces.document(params.outlet)

    return {"pilot": Method(OfOutlet, pilot), "trace": Method(OfOutlet, trace)}


def known(outlet: int, outlets: tuple[int, ...]) -> None:
    """Failure, bad value, for an outlet that the station lacks."""
    if outlet not in outlets:
        allowed = " or ".join(map(str, outlets))
        raise Failure(
            BAD_VALUE,
            f"outlet {outlet}: {allowed} is allowed",
            fr=f"prise {outlet} : autorisé {' ou '.join(map(str, outlets))}",
            key="outlet",
            value=str(outlet),
            allowed=allowed,
        )


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
