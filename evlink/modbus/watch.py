"""The watch over one meter: which samples are believed, when it counts as lost, and when as back (R-163, Evt #12)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from evlink.modbus.meters import Sample
from evlink.modbus.plausible import Bounds, impossible, unlikely
from evlink.settings.label import Label

MISSED = 3  # periods without a sample to be believed, after which the meter is lost
AGREEING = 2  # samples one after the other that agree with each other, after which it is back
FROZEN_WH = 10.0  # energy that must have shown on the counter, besides three of its steps
FROZEN_POLLS = 20  # the same words so often while energy flows
FLOWING_A = 3.0


class Health(StrEnum):
    """A meter's state in the status document."""

    INTERNAL = "internal"  # none is fitted: the built-in transformers count
    STARTING = "starting"  # not asked three times yet
    OK = "ok"
    LOST = "lost"  # silent, refusing, or not to be reached
    IMPLAUSIBLE = "implausible"  # it answers, but not with what can be believed
    MISCONFIGURED = "misconfigured"  # its settings can't be worked with


@dataclass(frozen=True, slots=True)
class Witness:
    """What the built-in transformers say at the same time: their largest current, and the Wh they counted."""

    current_a: float = 0.0
    energy_wh: float = 0.0


@dataclass(frozen=True, slots=True)
class Watch:
    """What is known of one meter between two polls; `said` is why it is not believed.

    `good` is the last sample believed, at `good_at`; `moved` what the transformers had counted, and `own_wh` what the
    meter's own power came to, since its counter last moved.
    """

    bounds: Bounds
    step_wh: float = 1.0
    health: Health = Health.STARTING
    said: Label | None = None
    missed: int = 0
    good: Sample | None = None
    good_at: float = 0.0
    agreed: int = 0
    same: int = 0
    moved: Witness = Witness()
    own_wh: float = 0.0
    stuck: tuple[int, ...] = ()  # words under which it froze: no sign of life
    frozen: bool = False  # lost because the counter stood still

    @property
    def counting(self) -> bool:
        """Whether the meter counts the outlet's energy now; between two samples it still does."""
        return self.health is Health.OK


def missed(watch: Watch, said: Label, health: Health = Health.LOST) -> Watch:
    """A period went by without a sample to be believed."""
    count = watch.missed + 1
    if count < MISSED and watch.health in (Health.OK, Health.STARTING):
        return replace(watch, missed=count, said=said, agreed=0)
    return replace(watch, missed=count, said=said, agreed=0, health=health, good=None, frozen=False)


def broken(watch: Watch, said: Label) -> Watch:
    """The settings can't be worked with."""
    return replace(watch, health=Health.MISCONFIGURED, said=said, good=None, agreed=0)


def judged(watch: Watch, sample: Sample, at: float, witness: Witness) -> tuple[Watch, bool]:
    """A sample came at a monotonic time; the watch after it, and whether the sample is believed.

    A lost meter is back after two samples that agree. One that froze has to show other numbers first.
    """
    said = impossible(sample, watch.bounds)
    if said is None and watch.good is not None:
        said = unlikely(watch.good, sample, at - watch.good_at, watch.step_wh, watch.bounds)
    if said is not None:
        return missed(watch, said, Health.IMPLAUSIBLE), False
    if watch.stuck and watch.stuck == sample.words:
        return missed(watch, _STANDS, Health.IMPLAUSIBLE), False
    return _followed(watch, sample, at, witness)


_STANDS = Label("the meter's values stand still while energy flows", "les valeurs du compteur restent figées en charge")


def _followed(watch: Watch, sample: Sample, at: float, witness: Witness) -> tuple[Watch, bool]:
    """A sample that agrees with the one before: does the meter live, and is it back?"""
    before = watch.good
    now = replace(watch, good=sample, good_at=at, stuck=())
    if before is None or sample.energy > before.energy:
        now = replace(now, moved=witness, own_wh=0.0, same=0)
    else:
        flowed = (before.power_w or 0.0) * (at - watch.good_at) / 3600
        now = replace(now, own_wh=watch.own_wh + flowed, same=watch.same + 1 if before.words == sample.words else 0)
        if _stands(now, witness):
            lost = replace(missed(now, _STANDS, Health.IMPLAUSIBLE), health=Health.IMPLAUSIBLE, good=None)
            return replace(lost, missed=MISSED, stuck=sample.words, frozen=True, same=0), False
    if now.health in (Health.LOST, Health.IMPLAUSIBLE, Health.MISCONFIGURED):
        now = replace(now, agreed=watch.agreed + 1)
        if now.agreed < AGREEING:
            return now, False
    return replace(now, health=Health.OK, missed=0, said=None, agreed=0, frozen=False), True


def _stands(watch: Watch, witness: Witness) -> bool:
    enough = FROZEN_WH + 3 * watch.step_wh
    if watch.own_wh > enough:
        return True  # its own power says that the counter should have moved
    seen = witness.energy_wh - watch.moved.energy_wh
    return watch.same >= FROZEN_POLLS and seen > enough and witness.current_a >= FLOWING_A
