"""An outlet of which control tells nothing: what was heard last isn't shown as what is now (docs/protocol.md)."""

from __future__ import annotations

from evlink.domain.events import Tick
from evlink.domain.snapshot import Surroundings, document
from evlink.modbus.image import Image
from evlink.modbus.map import layout
from tests.unit.domain_bench import Bench

LIVE = ("current_a", "voltage_v", "power_w", "duty_percent", "contactor", "locked", "pilot")


def test_what_control_no_longer_tells_is_unknown_and_comes_back() -> None:
    bench = Bench()
    bench.charge(amps=16.0)
    found = document(bench.state, Surroundings())["outlets"]
    assert found[0]["silent_s"] is None
    assert (found[0]["contactor"], found[0]["current_a"]) == (True, [16.0, 16.0, 16.0])
    heard = bench.readings[2]
    bench.at += 1.5
    bench.post(Tick(bench.moment(), (None, heard)))
    silent, other = document(bench.state, Surroundings(silent={1: 12.7, 2: 0.01}))["outlets"]
    assert silent["silent_s"] == 12
    assert [silent[name] for name in LIVE] == [None] * len(LIVE)
    assert set(silent["inputs"].values()) == {None}
    assert silent["session_energy_wh"] == found[0]["session_energy_wh"], "what was counted stays counted"
    assert other["silent_s"] is None
    assert [name for name in LIVE if other[name] is None] == []
    bench.tick()
    again = document(bench.state, Surroundings(silent={1: 0.0}))["outlets"][0]
    assert (again["silent_s"], again["contactor"]) == (None, True)


def test_registers_keep_their_last_values() -> None:
    """A register can't say that it isn't known; the event register says it."""
    bench = Bench()
    bench.charge(amps=16.0)
    image = Image(layout("parking"), ("A", "B"), "1")
    image.publish(document(bench.state, Surroundings()), bench.state)
    before = image.read(1, 3000, 2)
    bench.at += 1.5
    bench.post(Tick(bench.moment(), (None, bench.readings[2])))
    image.publish(document(bench.state, Surroundings()), bench.state)
    assert image.read(1, 3000, 2) == before
