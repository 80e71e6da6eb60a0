"""A model of what the contactor may do, held against the core block by block, and the world that provokes it.

The model knows nothing of the core's inside: it judges the outputs by what was fed and granted. A walk is a script of
steps, so that a failing one can be shrunk and read.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from evlink import _core
from evlink._core import Limits, Outputs, Permit
from tests.unit.core_bench import Bench, Samples

SECOND = 100_000
REACTION = 4_000  # samples of one state that allows no power, within which the contactor must be open
CLAUSE = 10_000  # the same for states that change meanwhile (table A.6, 8.1)
BLANKED = 9_000  # samples after closing in which nothing of the pilot is believed
# After C or D was left, no closing for 5 s (30 s after D: measured among the sequences), less what a flicker between
# may shift the moment at which the core sees it.
GUARD = 5 * SECOND - 60_000
UNDER_LOAD = 6 * SECOND + 3_000
OVERLOAD = SECOND + 3_000
LATCHED = _core.FAULT_OVERLOAD | _core.FAULT_SHORT_CIRCUIT | _core.FAULT_DIODE | _core.FAULT_UNPLUGGED
TOLD_ONLY = _core.FAULT_SURGE | _core.FAULT_INTRUSION | _core.FAULT_FLAP  # these stop no charge
AT_ONCE = _core.FAULT_SHORT_CIRCUIT | _core.FAULT_GAP
LIMITS = Limits(low_delay_s=20, medium_delay_s=3)

CABLES = {-1: 0, 1500: 13_000, 680: 20_000, 220: 32_000, 100: 63_000, 350: -1}


class BrokenModelError(AssertionError):
    """The core did what the model forbids."""


class World(Bench):
    """A bench whose every block is judged."""

    def __init__(self) -> None:
        super().__init__(LIMITS)
        self.steps = 0
        self.seen: Counter[Any] = Counter()
        self._shown_for = 0  # samples of the state shown now
        self._shown_was = "A"
        self._refused_for = 0  # samples in which the vehicle's state allowed no power
        self._asking_for = 0  # samples in C or D, interruptions too short to settle included
        self._silent_for = 0
        self._in_a = 0
        self._modulated_for = 0
        self._probed_for = 0  # the longest modulation since A
        self._plug_for = 0  # samples with this plug resistor
        self._plug_was = -1
        self._unpermitted_since = -1
        self._overload_since = -1
        self._opened_at = self._closed_at = -10 * SECOND
        self._guarded_until = 0
        self._settling_for = 0  # samples in C or D without lost ones between
        self._settled = False
        self._tripped = False
        self._energy = 0
        self._faults = 0
        self._faulty_for = 0
        self._given_was: Permit | None = None
        self._given_since = 0

    def lose(self, frames: int) -> None:
        """Frames that the board never sent."""
        self.core.missing(1, frames)
        self.now += frames
        self._refused_for = self._shown_for = self._plug_for = self._settling_for = 0
        self._given_since = max(self._given_since, self.now)
        if frames > 10_000:
            self.outputs = self.outputs._replace(contactor=self.core.frame(1).contactor)
            self._require(not self.outputs.contactor, "closed over lost blocks of more than 100 ms")

    def block(self, n: int = 1000) -> Outputs:
        """Feed and judge."""
        before = self.outputs
        feedback = self.closed if self.stuck is None else self.stuck
        duty = before.duty if self.pilot_duty is None else self.pilot_duty
        out = super().block(n)
        self.steps += 1
        self._judge(before, out, n, feedback, duty)
        return out

    def _require(self, true: bool, what: str) -> None:
        if not true:
            raise BrokenModelError(what)

    def _permitted(self) -> bool:
        """Whether the last permit allows a charge: authorised, in service, 6 A, no older than 60 s."""
        given = self.given
        if given is None or not given.authorised or not given.available or given.limit_ma < 6_000:
            return False
        return self.now - self.given_at <= 60 * SECOND

    def _judge(self, before: Outputs, out: Outputs, n: int, feedback: bool, duty: int) -> None:
        given = self.given
        frame = self.core.frame(1)
        faults = frame.faults & ~TOLD_ONLY
        ventilation = given is not None and given.ventilation
        attached = given is not None and given.attached_cable
        asking = self.shown in "CD"
        self._silent_for = 0 if asking else self._silent_for + n
        self._settling_for = self._settling_for + n if asking and self.shown == self._shown_was else n
        if self._silent_for == 0:
            self._settled = self._settled or self._settling_for >= 60_000
        elif self._silent_for >= REACTION and self._settled:
            self._settled = False
            self._guarded_until = self.now - self._silent_for + GUARD
        self._asking_for = self._asking_for + n if self._silent_for < REACTION else 0
        self._shown_for = self._shown_for + n if self.shown == self._shown_was else n
        self._shown_was = self.shown
        self._refused_for = 0 if self.shown == "C" or (self.shown == "D" and ventilation) else self._refused_for + n
        self._in_a = self._in_a + n if self.shown == "A" else 0
        modulated_until_now = self._modulated_for
        self._modulated_for = self._modulated_for + n if 0 < duty < 10_000 else 0
        self._probed_for = 0 if self.shown == "A" else max(self._probed_for, self._modulated_for)
        self._plug_for = self._plug_for + n if self.plug_ohm == self._plug_was else n
        self._plug_was = self.plug_ohm
        if faults & LATCHED & ~self._faults:
            self._tripped = True
        elif self._in_a >= 2_000:
            self._tripped = False
        self._faults = faults
        if given != self._given_was:
            self._given_was, self._given_since = given, self.given_at
        permitted = self._permitted()
        if permitted:
            self._unpermitted_since = -1
        elif self._unpermitted_since < 0:
            self._unpermitted_since = self.now
        if not faults & _core.FAULT_OVERLOAD:
            self._overload_since = -1
        elif self._overload_since < 0:
            self._overload_since = self.now

        # A fault is seen where a current's window ends; the decision falls where the pilot's ends, 10 ms later at most.
        hard = faults & ~_core.FAULT_OVERLOAD
        self._faulty_for = self._faulty_for + n if hard else -n
        acted = self._faulty_for < 1_000 and not hard & AT_ONCE

        if out.contactor:
            refused = min(self._refused_for, self._shown_for)
            if self.now - self._closed_at > BLANKED:  # the contactor's own interference is over
                self._require(refused <= REACTION, f"closed in {self.shown} for {refused} samples")
            self._require(self._refused_for <= CLAUSE, f"closed without C for {self._refused_for} samples")
            self._require(not hard or acted, f"closed with faults {faults:#x}")
            if self._overload_since >= 0:
                self._require(self.now - self._overload_since <= OVERLOAD, "closed a second after an overload")
            if self._unpermitted_since >= 0:
                self._require(self.now - self._unpermitted_since <= UNDER_LOAD, "closed 6 s without a permit")
            if before.contactor and before.lock:
                self._require(out.lock, "lock released under a closed contactor")
        if out.contactor and not before.contactor:
            self.seen["closed"] += 1
            self._closed_at = self.now
            self._require(self.now >= self._guarded_until, "closing within the restart guard")
            self._require(permitted, "closing without a permit")
            self._require(faults == 0, f"closing with faults {faults:#x}")
            self._require(not self._tripped, "closing after a trip without an unplug between")
            self._require(self._asking_for >= 50_000, f"closing after {self._asking_for} samples in C or D")
            fresh = self._shown_for <= n  # the decision may have fallen before this block's change was a window old
            self._require(self.shown == "C" or ventilation or fresh, "closing in D without ventilation")
            # A window that ends within this block may have seen the modulation before it stopped.
            modulated = self._probed_for if frame.simplified else max(self._modulated_for, modulated_until_now)
            self._require(modulated >= 2_000, "closing without modulation")
            self._require(self.diode, "closing without a diode")
            self._require(not feedback, "closing a contactor that is closed already")
            self._require(self.now - self._opened_at >= 2 * SECOND - n, "closing within 2 s of opening")
            if not attached:
                locked = self.locked if self.lock_stuck is None else self.lock_stuck
                self._require(locked is before.lock or locked is out.lock, "closing with a lock that differs")
                self._require(CABLES[self.plug_ohm] > 0 or self._plug_for < 52_000, "closing without a cable")
        if before.contactor and not out.contactor:
            self._opened_at = self.now

        if 0 < out.duty < 10_000:
            late = self._unpermitted_since >= 0 and self.now - self._unpermitted_since >= 1_000  # a whole window
            self._require(
                (faults == 0 or acted) and not late, f"modulating with faults {faults:#x}, permitted {permitted}"
            )
            offered = _core.ma_from_duty(out.duty)
            self._require(offered <= LIMITS.rating_ma, f"{offered} mA offered above the rating")
            if given is not None and self.now - self._given_since >= 2_000:
                self._require(offered <= given.limit_ma, f"{offered} mA offered of {given.limit_ma}")
            cable = CABLES[self.plug_ohm]
            if not attached and min(self._plug_for, self.now - self._given_since) >= 60_000:
                self._require(offered <= cable, f"{offered} mA offered on a cable of {cable}")
        if given is not None and not given.available and not out.contactor and self.now - self._given_since >= 2_000:
            self._require(out.duty == 0, "out of service and not in F")

        self._require(frame.samples == self.now, "the clock is not the sample count")
        self._require(frame.energy_mvas >= self._energy, "energy fell")
        self._energy = frame.energy_mvas
        self.seen[(frame.pilot, out.contactor, frame.permit_state, faults)] += 1


class Step(NamedTuple):
    """One action of a script, and how many blocks of which length follow."""

    action: str
    value: Any
    blocks: int = 1
    frames: int = 1000


def _one_sided(block: Samples, _: int) -> Samples:
    bent = block.copy()
    bent[:, 1] = 1_500
    return bent


PERMITS: dict[str, Permit | None] = {
    "16 A": Permit(authorised=True, limit_ma=16_000, limits=LIMITS),
    "32 A, lock": Permit(authorised=True, limit_ma=32_000, lock=True, limits=LIMITS),
    "ventilated": Permit(authorised=True, limit_ma=10_000, ventilation=True, limits=LIMITS),
    "attached": Permit(authorised=True, limit_ma=32_000, attached_cable=True, limits=LIMITS),
    "suspended": Permit(authorised=True, limit_ma=0, limits=LIMITS),
    "stop": Permit(authorised=False, limits=LIMITS),
    "stop, lock": Permit(authorised=False, lock=True, limits=LIMITS),
    "out of service": Permit(authorised=False, available=False, limits=LIMITS),
    "silence": None,
}
INPUTS = (0, _core.INPUT_BUTTON_STOP, 0xFF, _core.INPUT_IN1, _core.INPUT_BUTTON_START)


def _grant(world: World, name: str) -> None:
    permit = PERMITS[name]
    if permit is None:
        world.silence()
    else:
        world.grant(**permit._asdict())


def _set(name: str) -> Callable[[World, Any], None]:
    def act(world: World, value: Any) -> None:
        setattr(world, name, value)

    return act


def _healthy(world: World, state: str) -> None:
    """Clear every disturbance; a vehicle in a state on a 32 A cable."""
    world.stuck = world.lock_stuck = world.pilot_duty = world.disturb = None
    world.diode = world.vehicle_obeys = True
    world.amps = (9.0, 9.0, 9.0)
    world.inputs = 0
    world.state = state
    world.plug_ohm = -1 if state == "A" else 220


ACTIONS: dict[str, tuple[Callable[[World, Any], None], Sequence[Any]]] = {
    "state": (_set("state"), "AABBCCCDDE"),
    "permit": (_grant, tuple(PERMITS)),
    "healthy": (_healthy, "ABCCCC"),
    "plug_ohm": (_set("plug_ohm"), tuple(CABLES)),
    "vehicle_obeys": (_set("vehicle_obeys"), (True, False)),
    "stuck": (_set("stuck"), (None, None, True, False)),
    "lock_stuck": (_set("lock_stuck"), (None, None, True, False)),
    "diode": (_set("diode"), (True, True, False)),
    "pilot_duty": (_set("pilot_duty"), (None, None, 10_000)),
    "amps": (
        _set("amps"),
        ((0.0, 0.0, 0.0), (9.0, 0.0, 0.0), (14.0, 14.0, 14.0), (60.0, 0.0, 0.0), (60.0, 60.0, 60.0), (400.0, 0.0, 0.0)),
    ),
    "disturb": (_set("disturb"), (None, None, _one_sided)),
    "inputs": (_set("inputs"), INPUTS),
    "lose": (lambda world, frames: world.lose(frames), (500, 10_000, 10_001, 60_000)),
}
WEIGHTS = (8, 6, 8, 2, 2, 2, 2, 1, 1, 5, 1, 1, 1)
WAITS = ((1, 1000), (2, 1000), (3, 1000), (4, 1000), (5, 337), (20, 1000), (60, 1000), (45, 5000), (130, 5000))
WAIT_WEIGHTS = (20, 10, 10, 10, 5, 10, 20, 6, 2)


def script(rng: random.Random, length: int) -> list[Step]:
    """A random walk: so many actions, each followed by some blocks."""
    names = list(ACTIONS)
    steps = (
        [Step("healthy", "B", 25), Step("permit", "16 A", 25), Step("healthy", "C", 80)] if rng.random() < 0.7 else []
    )
    for _ in range(length):
        action = rng.choices(names, WEIGHTS)[0]
        blocks, frames = rng.choices(WAITS, WAIT_WEIGHTS)[0]
        steps.append(Step(action, rng.choice(ACTIONS[action][1]), blocks, frames))
    return steps


def play(world: World, steps: Sequence[Step]) -> None:
    """Carry a script out. BrokenModelError where the core does what the model forbids."""
    for step in steps:
        ACTIONS[step.action][0](world, step.value)
        for _ in range(step.blocks):
            world.block(step.frames)


def revive(world: World, within_s: float = 45.0) -> float:
    """Unplug, let everything be healthy, plug in again: seconds until it charges. BrokenModelError where it doesn't."""
    _healthy(world, "A")
    world.grant(**Permit(authorised=True, limit_ma=16_000, limits=LIMITS)._asdict())
    for _ in range(36):
        world.block(5000)
    begun = world.now
    _healthy(world, "B")
    for _ in range(5):
        world.block(5000)
    world.state = "C"
    while not world.outputs.contactor:
        world.block(5000)
        if world.now - begun > within_s * SECOND:
            raise BrokenModelError(f"no charge within {within_s} s of a fresh vehicle: {world.frame}")
    for _ in range(20):
        world.block(5000)
    if not world.outputs.contactor:
        raise BrokenModelError(f"a fresh vehicle lost its charge: {world.frame}")
    return (world.now - begun) / SECOND


def broken_by(steps: Sequence[Step], alive: bool = True) -> str:
    """What a script breaks; '' = nothing."""
    world = World()
    try:
        play(world, steps)
        if alive:
            revive(world)
    except BrokenModelError as failure:
        return str(failure)
    return ""


def shrunk(steps: Sequence[Step]) -> list[Step]:
    """A script that still breaks something, with no step too many."""
    kept = list(steps)
    size = max(1, len(kept) // 2)
    while size:
        at = 0
        while at < len(kept):
            without = kept[:at] + kept[at + size :]
            if broken_by(without):
                kept = without
            else:
                at += size
        size //= 2
    return kept


def walk(blocks: int, seed: int, length: int = 40) -> Counter[Any]:
    """Random scripts until so many blocks were judged; what was seen. BrokenModelError with a shrunk script."""
    seen: Counter[Any] = Counter()
    number = 0
    while seen["blocks"] < blocks:
        steps = script(random.Random(f"{seed} {number}"), length)
        world = World()
        try:
            play(world, steps)
            seen["blocks"] += world.steps
            seen["revived in s at worst"] = max(seen["revived in s at worst"], round(revive(world)))
        except BrokenModelError as failure:
            least = shrunk(steps)
            lines = "\n".join(f"  {step}" for step in least)
            raise BrokenModelError(
                f"{failure}; script {number} of seed {seed}, shrunk ({broken_by(least)}):\n{lines}"
            ) from None
        seen.update(world.seen)
        for event in world.events():
            if event.kind == _core.EVENT_OPENED:
                seen["reason", event.a] += 1
            if event.kind == _core.EVENT_FAULT_SET:
                seen["fault", event.a] += 1
        number += 1
    seen["scripts"] = number
    return seen
