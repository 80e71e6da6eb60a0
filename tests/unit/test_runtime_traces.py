"""Traces of sessions: bounded, true to what was measured, one a session (docs/protocol.md, `trace`)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evlink.domain.snapshot import Surroundings, document
from evlink.domain.state import Reading
from evlink.domain.words import EvState
from evlink.runtime.traces import POINTS, Point, Trace, Traces
from tests.unit.domain_bench import Bench


def point(amps: float, energy: int = 0) -> Point:
    """A sample with the same current on three phases at 230 V."""
    return Point((amps, amps, amps), amps * 690, energy)


@given(st.lists(st.floats(0.1, 900), min_size=1, max_size=600), st.floats(0, 5000))
def test_a_trace_is_bounded_and_covers_the_session(steps: list[float], begun: float) -> None:
    """At most 240 points whatever the session's length; the last point holds the last sample."""
    trace = Trace("s", begun)
    at = begun
    for number, step in enumerate(steps):
        trace.add(at, point(16.0, number))
        last, at = at, at + step
    assert len(trace.points) <= POINTS
    assert trace.from_s == begun
    assert begun + (len(trace.points) - 1) * trace.step_s <= last + 1e-6
    assert begun + len(trace.points) * trace.step_s > last - 1e-6
    assert trace.points[-1] is not None
    assert trace.points[-1].energy_wh == len(steps) - 1
    assert sum(p.count for p in trace.points if p is not None) == len(steps)


@given(st.lists(st.floats(0, 80), min_size=1, max_size=2000))
def test_halving_keeps_the_mean(amps: list[float]) -> None:
    """However often points were joined, their weighted mean is that of all samples."""
    trace = Trace("s", 0.0)
    for at, value in enumerate(amps):
        trace.add(float(at), point(value))
    kept = [p for p in trace.points if p is not None]
    mean = sum(p.current_a[1] * p.count for p in kept) / sum(p.count for p in kept)
    assert mean == pytest.approx(sum(amps) / len(amps), abs=1e-6)


def test_the_step_doubles_when_it_is_full() -> None:
    trace = Trace("s", 0.0)
    for at in range(POINTS):
        trace.add(float(at), point(float(at % 2)))
    assert (len(trace.points), trace.step_s) == (POINTS, 1.0)
    trace.add(float(POINTS), point(7.0))
    assert (len(trace.points), trace.step_s) == (POINTS // 2 + 1, 2.0)
    assert trace.points[0] is not None
    assert trace.points[0].current_a == (0.5, 0.5, 0.5)


def test_a_span_without_samples_is_null() -> None:
    """Nothing is made up for a time in which control was silent."""
    trace = Trace("s", 0.0)
    trace.add(0.0, point(16.0, 1))
    trace.add(3.5, point(8.0, 2))
    shown = trace.document()
    assert shown["current_a"][2] == [16.0, None, None, 8.0]
    assert shown["power_w"] == [11040, None, None, 5520]
    assert shown["energy_wh"] == [1, None, None, 2]
    assert shown["seconds"] == 3.5


def test_a_late_sample_is_left_out() -> None:
    trace = Trace("s", 0.0)
    trace.add(5.0, point(16.0))
    trace.add(4.0, point(99.0))
    assert trace.document()["current_a"][0][-1] == 16.0


class Follower:
    """A folded station whose traces are taken each second."""

    def __init__(self) -> None:
        self.bench = Bench()
        self.traces = Traces()

    def run(self, seconds: int, **changes: Any) -> None:
        """Let seconds go by with a reading."""
        self.bench.see(1, **changes)
        for _ in range(seconds):
            self.bench.tick(1.0)
            self.traces.take(self.bench.state, document(self.bench.state, Surroundings()))

    def charge(self) -> None:
        """Plug in, present a badge, charge."""
        self.bench.see(1, ev=EvState.B, cable_a=32, locked=True)
        self.bench.badge("04A1B2C3")
        self.bench.see(1, ev=EvState.B, cable_a=32, locked=True)
        self.run(2, ev=EvState.C_M12V, contactor=True, leased=True, limit_a=32.0)

    def leave(self) -> None:
        """Unplug."""
        self.run(5, ev=EvState.A, cable_a=0, locked=False, contactor=False, current_a=(0.0, 0.0, 0.0))


def test_a_session_is_traced_from_its_start_and_stays_after_its_end() -> None:
    one = Follower()
    assert one.traces.document(1)["power_w"] == []
    one.charge()
    one.run(60, current_a=(16.0, 15.0, 14.0), energy_mvas=3_600_000 * 180)
    shown = one.traces.document(1)
    assert shown["session"] is True
    assert shown["from_s"] < 5
    assert shown["current_a"][0][-1] == 16.0
    assert shown["current_a"][2][-1] == 14.0
    assert shown["power_w"][-1] == 45 * 230
    assert shown["energy_wh"][-1] == 180
    assert len(shown["power_w"]) == pytest.approx(62, abs=3)
    one.leave()
    ended = one.traces.document(1)
    assert ended["session"] is False
    assert len(ended["power_w"]) >= len(shown["power_w"])
    assert one.traces.document(2)["power_w"] == []


def test_the_next_session_begins_a_trace_of_its_own() -> None:
    one = Follower()
    one.charge()
    one.run(100, current_a=(16.0, 16.0, 16.0))
    one.leave()
    one.charge()
    one.run(10, current_a=(8.0, 8.0, 8.0))
    shown = one.traces.document(1)
    assert shown["session"] is True
    assert len(shown["power_w"]) < 30
    assert max(shown["current_a"][0]) == 8.0


def test_nothing_is_traced_while_control_is_silent() -> None:
    one = Follower()
    one.charge()
    one.run(5, current_a=(16.0, 16.0, 16.0))
    before = one.traces.document(1)
    silent: Reading | None = None
    one.bench.readings[1] = silent  # type: ignore[assignment]
    for _ in range(5):
        one.bench.tick(1.0)
        one.traces.take(one.bench.state, document(one.bench.state, Surroundings()))
    assert one.traces.document(1)["power_w"] == before["power_w"]
