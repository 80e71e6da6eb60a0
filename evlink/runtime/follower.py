"""One meter as it is followed: what it said last, how its phases move, and what is told of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from evlink.domain.words import Evt
from evlink.modbus.fitted import Fitted
from evlink.modbus.meters import Identity, Sample
from evlink.modbus.watch import Health, Watch


@dataclass(slots=True)
class Follower:
    """One meter as it is followed: what it said last, and whether its phases move as the wiring says."""

    fitted: Fitted
    watch: Watch
    identity: Identity | None = None
    sample: Sample | None = None  # the last one believed
    asked_at: float = -1e9  # when that one was asked for
    turned: int = 0  # samples in a row that speak against what is told of the phases
    wrong_phases: bool = False
    saved: int | None = None
    saved_at: float = -1e9
    told: frozenset[Evt] = field(default_factory=frozenset)


def document(one: Follower) -> dict[str, Any]:
    """A meter in the status document: type, model, serial, health, and what is wrong in both languages."""
    if not one.fitted.external:
        return {"type": one.fitted.type, "health": Health.INTERNAL.value, "model": "", "serial": "", "problem": ""}
    identity, said, remark = one.identity or Identity(), one.watch.said, one.fitted.remark
    return {
        "type": one.fitted.type,
        "health": one.watch.health.value,
        "model": identity.model,
        "serial": identity.serial,
        "problem": said.en if said is not None else "",
        "problem_fr": said.text("fr") if said is not None else "",
        "remark": remark.en if remark is not None else "",
        "remark_fr": remark.text("fr") if remark is not None else "",
        "counter_wh": int(one.sample.energy_wh) if one.sample is not None and one.watch.counting else None,
    }
