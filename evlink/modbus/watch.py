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
FROZEN_POLLS = 20  # the same words so often although energy flowed
LIVELY_POLLS = 3  # whose other numbers changed within so many, has a counter that stands and lives all the same
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

    `good` is the last sample believed, at `good_at`, beside `seen`; `moved` what the transformers had counted when the
    counter last moved, `flowed_wh` what they counted under load since, `own_wh` what the meter's own power came to.
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
    seen: Witness = Witness()
    moved: Witness = Witness()
    flowed_wh: float = 0.0
    own_wh: float = 0.0
    stuck: Sample | None = None  # as it froze: the same again is no sign of life
    counts_not: bool = False  # only the counter froze, so that it has to move
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

    A lost meter is back after two samples that agree. One that froze has to show other numbers first, however long
    it was silent meanwhile; where only the counter stood, another counter.
    """
    said = impossible(sample, watch.bounds)
    if said is None and watch.good is not None:
        flowed = watch.flowed_wh + _flowed(watch, witness)
        said = unlikely(watch.good, sample, at - watch.good_at, watch.step_wh, watch.bounds, flowed)
    if said is not None:
        return missed(watch, said, Health.IMPLAUSIBLE), False
    if _stuck(watch, sample):
        return missed(watch, _STANDS, Health.IMPLAUSIBLE), False
    return _followed(watch, sample, at, witness)


_STANDS = Label("the meter's values stand still while energy flows", "les valeurs du compteur restent figées en charge")


def _stuck(watch: Watch, sample: Sample) -> bool:
    if watch.stuck is None:
        return False
    return watch.stuck.words == sample.words or (watch.counts_not and watch.stuck.energy == sample.energy)


def _followed(watch: Watch, sample: Sample, at: float, witness: Witness) -> tuple[Watch, bool]:
    """A sample that agrees with the one before: does the meter live, and is it back?"""
    before = watch.good
    now = replace(watch, good=sample, good_at=at, seen=witness, stuck=None)
    if before is None or sample.energy > before.energy:
        now = replace(now, moved=witness, flowed_wh=0.0, own_wh=0.0, same=0)
    else:
        own = (before.power_w or 0.0) * (at - watch.good_at) / 3600
        same = watch.same + 1 if before.words == sample.words else 0
        now = replace(now, flowed_wh=watch.flowed_wh + _flowed(watch, witness), own_wh=watch.own_wh + own, same=same)
        if _stands(now):
            lost = replace(missed(now, _STANDS, Health.IMPLAUSIBLE), health=Health.IMPLAUSIBLE, good=None)
            lively = now.same < LIVELY_POLLS
            return replace(lost, missed=MISSED, stuck=sample, counts_not=lively, frozen=True, same=0), False
    if now.health in (Health.LOST, Health.IMPLAUSIBLE, Health.MISCONFIGURED):
        now = replace(now, agreed=watch.agreed + 1)
        if now.agreed < AGREEING:
            return now, False
    return replace(now, health=Health.OK, missed=0, said=None, agreed=0, frozen=False), True


def _flowed(watch: Watch, witness: Witness) -> float:
    """What the transformers counted under load since the sample before; without load it may be their noise."""
    if max(watch.seen.current_a, witness.current_a) < FLOWING_A:
        return 0.0
    return max(0.0, witness.energy_wh - watch.seen.energy_wh)


def _stands(watch: Watch) -> bool:
    if watch.own_wh > _enough(watch):
        return True  # its own power says that the counter should have moved
    return watch.same >= FROZEN_POLLS and watch.flowed_wh > _enough(watch)


def owes(watch: Watch) -> bool:
    """Whether a meter that counts has not told yet of what flowed: it is slow, or it froze."""
    return watch.counting and watch.flowed_wh > _enough(watch)


def stood(watch: Watch, witness: Witness) -> bool:
    """Whether more energy flowed since the counter last moved than it can have kept to itself."""
    return witness.energy_wh - watch.moved.energy_wh > _enough(watch)


def _enough(watch: Watch) -> float:
    return FROZEN_WH + 3 * watch.step_wh
