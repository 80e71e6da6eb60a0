"""An hour with the energy managers of the field: what they read and write, told again on the fold and its image.

Four ways of working: a life bit every 2 s beside a cycle of 30 s that limits on change (younger generation, FC 6); a
cycle of a second that writes life bit and set point each time (parking board, FC 16); a life bit every 3 s with
commands by handshake; and a controller that only watches.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from evlink.domain.words import EvState, Evt
from tests.unit.modbus_bench import OTHER, Site

HOUR = 3600
LOST_S = 17  # 15 s of silence, and the second in which it is seen
RAISE_S = 16


class Car:
    """A car that draws what it is offered, up to 16 A."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.energy = 0

    def second(self) -> None:
        """Follow the limit for a second."""
        bench = self.site.bench
        amps = min(16.0, bench.outlet().limit.amps)
        self.energy += round(3 * amps * 230_000)
        bench.readings[1] = replace(
            bench.readings[1],
            ev=EvState.C_M12V,
            cable_a=32,
            locked=True,
            current_a=(amps,) * 3,
            contactor=amps > 0,
            phases_used=3,
            energy_mvas=self.energy,
        )
        self.site.second()


class Younger:
    """Start: reads 4004 and 4000, beats unless that is 2. Each 30 s reads its values; limits by FC 6 on change."""

    def __init__(self, site: Site, rng: random.Random) -> None:
        self.site, self.rng = site, rng
        self.amps = site.one(4004)
        self.beats = site.one(4000) != 2
        self.next = 0

    def second(self, now: int) -> None:
        if self.beats and now % 2 == 0:
            assert self.site.write(4000, 1) == 0
        if now % 30 == 0:
            self.site.f32(3059, low_first=True)
            assert self.site.whole(3203, 4, low_first=True) == self.site.image.view(1).shown["energy_wh"]
            self.site.read(2999, 6)
            assert self.site.one(1) in range(1, 12)
            assert (self.site.one(4004) != 0) == (self.amps != 0)  # "enabled"
            self.site.whole(4009, 2, low_first=True)
            self.site.read(3027, 6)
            if self.rng.random() < 0.5:
                self.set(self.rng.choice([0, 6, 8, 10, 13, 14, 16, 20, 32]))

    def set(self, amps: int) -> None:
        self.amps = amps
        assert self.site.write(4004, amps) == 0


class Parking:
    """Each second: reads state, command status and values, writes the life bit and the set point by FC 16."""

    def __init__(self, site: Site, rng: random.Random) -> None:
        self.site, self.rng = site, rng
        self.amps = 16

    def second(self, now: int) -> None:
        for address, count in ((6, 1), (9, 1), (20, 1), (23, 2), (30, 2), (301, 1), (350, 6), (356, 2), (360, 12)):
            self.site.read(address, count)
        self.site.read(358, 2, function=4)
        assert self.site.write(932, 1, many=True) == 0
        if now % 60 == 0:
            self.amps = self.rng.choice([0, 6, 8, 10, 13, 14, 16, 20, 32])
        self.set(self.amps)

    def set(self, amps: int) -> None:
        self.amps = amps
        assert self.site.write(301, amps, many=True) == 0


class Handshaking:
    """A life bit each 3 s; limits on change; suspends and restarts by the handshake now and then."""

    def __init__(self, site: Site, rng: random.Random) -> None:
        self.site, self.rng = site, rng
        self.amps = 16
        self.suspended = False
        self.set(16)

    def second(self, now: int) -> None:
        if now % 3 == 0:
            assert self.site.write(932, 1) == 0
            assert self.site.one(932) == 0  # the station reset it
            assert self.site.one(933) == 0
        if now % 45 == 0:
            self.set(self.rng.choice([0, 14, 16, 20, 32]))
        if now % 300 == 150:
            self.suspended = not self.suspended
            code = 4 if self.suspended else 5
            assert self.site.write(150, code) == 0
            assert self.site.one(20) == code
            assert self.site.write(150, 0) == 0
            assert self.site.one(20) == 0

    def set(self, amps: int) -> None:
        self.amps = amps
        assert self.site.write(301, amps) == 0


def in_force(site: Site) -> float:
    return site.one(5001) / 10


def expected(amps: int, suspended: bool = False) -> float:
    """What the set point works out to: under the three-phase floor it is 0 (R-137)."""
    return 0.0 if suspended or amps < 14 else float(amps)


@pytest.mark.parametrize("manager", [Younger, Parking, Handshaking])
def test_an_hour_of_an_energy_manager(
    manager: Callable[[Site, random.Random], Younger | Parking | Handshaking],
) -> None:
    """Set points obeyed, read back as written, degraded on silence, recovered on return (map, behaviour 1 to 8)."""
    site = Site()
    car = Car(site)
    client = manager(site, random.Random(7))
    since = was = 0
    silent_from, silent_to = 1800, 1860
    for now in range(HOUR):
        silent = silent_from <= now < silent_to
        if not silent:
            client.second(now)
            if now == silent_to:
                client.set(16)  # a set point from before the loss no longer counts
            assert site.one(301) == site.one(4004) == client.amps
        car.second()
        if client.amps != was:
            since, was = now, client.amps
        suspended = getattr(client, "suspended", False)
        amps = in_force(site)
        if silent and now - silent_from > LOST_S:
            assert site.one(933) == 2
            assert amps == (0 if suspended else 14)
            assert site.one(301) == client.amps  # even in degraded mode
            assert Evt.REMOTE_ENERGY in site.bench.outlet().faults
        elif not silent and now > 20:
            assert site.one(933) == 0
            want = expected(client.amps, suspended)
            assert amps <= max(want, 14.0 if now - silent_to < RAISE_S else want)
            if (
                now - since > RAISE_S
                and now % 300 not in range(150, 150 + RAISE_S)
                and now - silent_to not in range(RAISE_S)
            ):
                assert amps == want
    assert Evt.REMOTE_ENERGY not in site.bench.outlet().faults
    assert site.bench.outlet().session is not None
    assert car.energy > 1000 * 3_600_000
    assert site.whole(356, 2) == car.energy // 3_600_000


def test_one_that_only_watches_never_takes_the_control() -> None:
    site = Site()
    for now in range(60):
        site.read(6, 4)
        site.read(350, 22)
        site.second()
        if now == 30:
            assert site.write(932, 1, peer=OTHER) == 0
    assert site.server.owner.holder(site.now()) == ""
    assert site.one(933) == 2


def test_a_manager_that_is_gone_for_good_leaves_a_charge_going_on() -> None:
    """The driver is not stranded: the degraded set point holds until somebody takes the control up again."""
    site = Site()
    car = Car(site)
    Handshaking(site, random.Random(1)).second(0)
    for _ in range(600):
        car.second()
    assert in_force(site) == 14
    assert site.bench.outlet().session is not None
