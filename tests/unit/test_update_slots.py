"""The two slots: a kill before any step leaves the old version or the new one, never anything between (S06)."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from evlink.update.disk import Disk
from evlink.update.installing import install
from evlink.update.package import PackageError
from evlink.update.slots import READY, Outcome, Slots, Trial
from tests.unit.update_bench import STATION, maker, package, whole_wheel


class Killed(BaseException):
    """The power is gone."""


class Dying(Disk):
    """A disk whose machine loses its power before the step of a number."""

    def __init__(self, at: int) -> None:
        super().__init__(self._count)
        self.left = at
        self.steps: list[str] = []

    def _count(self, step: str) -> None:
        self.steps.append(step)
        if self.left == 0:
            raise Killed(step)
        self.left -= 1


def filled(slots: Slots, slot: str, version: str) -> None:
    """A slot with a version in it, as an installation leaves one."""
    folder = slots.path(slot)
    (folder / "bin").mkdir(parents=True)
    os.symlink(sys.executable, folder / "bin" / "python")
    slots.disk.write(folder / READY, {"version": version, "counter": 7, "package": "p.epk"})


def made(tmp_path: Path, current: str) -> Slots:
    """Slots with a version in use (or the installed one), and a new one in the free slot."""
    state = tmp_path / "state"
    state.mkdir(exist_ok=True)
    slots = Slots(state)
    slots.prepare()
    if current:
        filled(slots, current, "0.2.0")
        slots.switch(current)
    filled(slots, slots.free(), "0.3.0")
    return slots


def trial_of(slots: Slots) -> Trial:
    return Trial(slots.free(), slots.current(), "0.3.0", 7, "p.epk")


@pytest.mark.parametrize("current", ["", "a", "b"])
@pytest.mark.parametrize("healthy", [True, False])
def test_an_update_killed_before_any_step_ends_old_or_new(tmp_path: Path, current: str, healthy: bool) -> None:
    """Every step of switch, trial and confirmation; each start after it finds a whole version and ends in peace."""
    reached = set()
    for at in range(40):
        folder = tmp_path / f"{at}"
        folder.mkdir()
        slots = made(folder, current)
        new = slots.free()
        disk = Dying(at)
        slots.disk = disk
        killed = False
        try:
            trial = trial_of(slots)
            slots.begin(trial)
            found = slots.recover()
            assert found == trial
            slots.started(found)
            if healthy:
                slots.confirm(found)
            else:
                slots.fall_back(found, "x", "y")
        except Killed as step:
            killed = True
            reached.add(str(step))
        again = Slots(folder / "state")
        # Power comes back; it may go at once again, before the first step of the recovery.
        again.disk = Dying(0)
        try:
            pending = again.recover()
        except Killed:
            again.disk = Disk()
            pending = again.recover()
        again.disk = Disk()
        if pending is not None:  # it was switched, and the trial has yet to begin
            again.started(pending)
            again.confirm(pending)
        assert again.current() in (current, new)
        assert again.current() == "" or again.whole(again.current())
        assert again.trial() is None
        if again.current() == new:
            assert again.counter() == 7
            assert again.outcome() is not None
        if not killed:
            assert again.current() == (new if healthy else current)
            assert len(reached) >= 8
            return
    raise AssertionError("the update has no end")


def test_a_trial_never_begins_twice(tmp_path: Path) -> None:
    """A version that takes the machine down with it falls back at the next start."""
    slots = made(tmp_path, "a")
    trial = trial_of(slots)
    slots.begin(trial)
    slots.started(trial)
    assert slots.recover() is None
    assert slots.current() == "a"
    outcome = slots.outcome()
    assert outcome is not None
    assert (outcome.ok, outcome.text) == (False, "the new version did not survive its trial")


def test_the_same_package_twice(tmp_path: Path) -> None:
    """What an earlier installation of it left says nothing about this one."""
    slots = made(tmp_path, "a")
    slots.tell(Outcome("0.3.0", "p.epk", True, "installed", "installée"))
    slots.disk.write(slots.root / "record.json", {"counter": 7})
    trial = trial_of(slots)
    slots.begin(trial)
    slots.started(trial)
    assert slots.recover() is None
    assert slots.current() == "a"


@pytest.mark.parametrize("target", ["slots/c", "/etc", "../../x", "slots/b"])
def test_a_link_that_leads_nowhere_means_the_installed_version(tmp_path: Path, target: str) -> None:
    """Nothing but a whole slot of ours is ever started."""
    slots = made(tmp_path, "")
    slots.disk.clear(slots.path("b"))
    os.symlink(target, slots.root / "current")
    assert slots.current() == ""
    assert str(slots.python("")) == sys.executable


@pytest.mark.parametrize("text", ["", "[]", "{", '{"slot": 1}', '{"slot": "a"}', "\0", "9" * 70_000])
def test_a_damaged_note_is_no_note(tmp_path: Path, text: str) -> None:
    slots = made(tmp_path, "a")
    for name in ("trial.json", "outcome.json", "record.json"):
        (slots.root / name).write_text(text)
    assert slots.recover() is None
    assert slots.outcome() is None
    assert slots.counter() == 0
    assert slots.current() == "a"


def test_the_rollback_counter_never_falls(tmp_path: Path) -> None:
    slots = made(tmp_path, "a")
    slots.disk.write(slots.root / "record.json", {"counter": 9})
    slots.begin(trial_of(slots))
    found = slots.recover()
    assert found is not None
    slots.confirm(found)
    assert slots.counter() == 9


def test_a_version_is_installed_whole(tmp_path: Path) -> None:
    """S06: beside what runs; its number is the package's, libraries come from the installed version."""
    state = tmp_path / "state"
    state.mkdir()
    slots = Slots(state)
    slots.prepare()
    who = maker()
    told: list[int] = []
    path = package(tmp_path, who, whole_wheel(tmp_path, "0.1.7"))
    trial = install(slots, path, "r6_update_0.1.7_d2.epk", who.trust, STATION, told.append)
    assert (trial.slot, trial.before, trial.version) == ("a", "", "0.1.7")
    assert slots.whole("a")
    assert slots.current() == ""
    assert told[-1] == 100
    assert not list(slots.staging.iterdir())
    wrong = whole_wheel(tmp_path, "0.1.8")
    wrong = wrong.rename(wrong.with_name(wrong.name.replace("0.1.8", "0.1.9")))
    with pytest.raises(PackageError, match=r"says version 0\.1\.9 and holds another"):
        install(slots, package(tmp_path, who, wrong, "q.epk"), "q.epk", who.trust, STATION)
    assert not slots.whole("a")
