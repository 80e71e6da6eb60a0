"""The lifetime register of an outlet: one accumulator, whoever counts, the transformers or a meter. It never falls."""

from __future__ import annotations


class Register:
    """Energy in milli-volt-ampere-seconds, continued from one counter to the other without a step (R-160 to R-163).

    The core's count plus a base is the register while the transformers count. A meter adds what its counter gained
    since its last reading, and moves the base along, so that the core can go on at any moment.
    """

    def __init__(self) -> None:
        self.shown = 0
        self._base = 0  # at the meter's last good reading
        self._moved = 0  # when its counter last moved
        self._counter: int | None = None

    @property
    def base(self) -> int:
        """What to add to the core's count: to be stored, so that a restart goes on from here."""
        return self._base

    @property
    def metered(self) -> bool:
        """Whether a meter counts."""
        return self._counter is not None

    def restart(self, base: int) -> None:
        """Another core counts from now on, or the same one is met again; storage knows the base."""
        self._base = self._moved = base
        self.shown = max(self.shown, base)

    def by_core(self, count: int) -> int:
        """The register when the core has counted so far; a meter's stands until it is read again."""
        if self._counter is None:
            self.shown = max(self.shown, self._base + count)
        return self.shown

    def by_meter(self, count: int, counter: int) -> int:
        """The register at a good reading of a meter; the first one says only where its counter stands."""
        if self._counter is None:
            self.by_core(count)
            self._counter = counter
            self._moved = self.shown - count
        elif counter > self._counter:
            self.shown += counter - self._counter
            self._counter = counter
            self._moved = self.shown - count
        self._base = self.shown - count
        return self.shown

    def lost(self, stood: bool = False) -> None:
        """The meter is lost: the core counts on from its last good reading, or where it `stood`, its last move."""
        if self._counter is not None:
            self._base = self._moved if stood else self._base
            self._counter = None
