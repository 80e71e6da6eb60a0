"""A charge's books with a meter: what is measured, what is estimated, and how the record and its storage say so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evlink.domain.effects import CloseSession, Enqueue
from evlink.domain.record import ChargeRecord
from evlink.domain.snapshot import Surroundings, document
from evlink.domain.state import Metered
from evlink.storage.reset import erase
from tests.unit.domain_bench import Bench
from tests.unit.storage_bench import database, record

WH = 3_600_000
METERED = Metered((231.0, 232.0, 233.0), 10_000)


def charging(**config: Any) -> Bench:
    """A charge that a meter counts."""
    bench = Bench(authentication="disabled", **config).tick(1)
    bench.plug().tick(1)
    return bench.charge().see(metered=METERED, energy_mvas=1000 * WH).tick(2)


def ended(bench: Bench) -> ChargeRecord:
    """The record after the vehicle has left."""
    from evlink.domain.words import EvState

    bench.see(ev=EvState.A, contactor=False, current_a=(0.0, 0.0, 0.0)).tick(1)
    (closed,) = bench.of(CloseSession)
    return closed.record  # type: ignore[no-any-return]


def test_voltage_and_power_are_the_meters() -> None:
    """R-162; without a meter they are the voltage entered and apparent power (R-160, R-161)."""
    bench = charging()
    shown = document(bench.state, Surroundings())["outlets"][0]
    assert (shown["voltage_v"], shown["power_w"]) == ([231.0, 232.0, 233.0], 10_000)
    assert shown["meter"]["health"] == "internal"  # nobody said otherwise
    bench.see(metered=None)
    shown = document(bench.state, Surroundings())["outlets"][0]
    assert (shown["voltage_v"], shown["power_w"]) == ([230.0, 230.0, 230.0], 3 * 16 * 230)


def test_the_supervision_is_told_the_meters_values() -> None:
    bench = charging(supervised=True, sample_interval_s=5)
    bench.see(energy_mvas=1200 * WH).tick(6)
    samples = [e.message.meter for e in bench.of(Enqueue) if e.message.meter.context == "Sample.Periodic"]
    assert samples[-1].voltage_v == (231.0, 232.0, 233.0)
    assert (samples[-1].power_w, samples[-1].energy_wh) == (10_000, 1200)


def test_the_estimated_share_stands_in_the_record() -> None:
    """R-163: what the transformers counted in place of the meter, and no more than that."""
    bench = charging()
    bench.see(energy_mvas=1300 * WH).tick(2)
    bench.see(energy_mvas=1450 * WH, estimated=True, metered=None).tick(2)
    bench.see(energy_mvas=1500 * WH).tick(2)
    bench.see(energy_mvas=1500 * WH, estimated=False, metered=METERED).tick(2)
    bench.see(energy_mvas=1900 * WH).tick(2)
    found = ended(bench)
    assert found.energy_wh == 1900
    assert found.estimated_wh == 200
    assert found.comment == "(CT: 200 Wh)"


def test_a_comment_stays_before_the_mark() -> None:
    bench = charging()
    state = bench.state
    outlet = state.outlet(1)
    assert outlet.session is not None
    marked = replace(outlet, session=replace(outlet.session, comment="Fleet 3"))
    bench.state = replace(state, outlets=(marked, state.outlets[1]))
    bench.see(energy_mvas=1007 * WH, estimated=True).tick(2)
    assert ended(bench).comment == "Fleet 3 (CT: 7 Wh)"


def test_a_charge_that_the_meter_counted_alone_bears_no_mark() -> None:
    found = ended(charging())
    assert (found.estimated_wh, found.comment) == (0, "")


def test_the_record_waits_for_the_meter_but_not_for_ever() -> None:
    """The last watt-hours are in the record; a meter that dies just then keeps it back for 10 s at most."""
    from evlink.domain.words import EvState

    bench = charging()
    bench.see(ev=EvState.A, contactor=False, unread=True).tick(2)
    assert bench.of(CloseSession) == []
    bench.see(unread=False, energy_mvas=1003 * WH).tick(1)
    assert len(bench.of(CloseSession)) == 1
    again = charging()
    again.see(ev=EvState.A, contactor=False, unread=True).tick(12)
    assert len(again.of(CloseSession)) == 1


def test_the_share_survives_the_disk(tmp_path: Path) -> None:
    """R-192: the record reads back as it was given, and goes with its mark."""
    base = database(tmp_path / "evlink.db")
    base.records.add(replace(record("a"), estimated_wh=120))
    base.records.add(record("b"))
    assert [one.estimated_wh for one in base.records.list().records] == [0, 120]
    found = base.records.of_session("a")
    assert found is not None
    assert found.estimated_wh == 120
    assert base.records.unpublished()[0].estimated_wh == 120
    erase(base.connection)
    assert base.connection.execute("SELECT count(*) FROM estimates").get == 0
    base.close()


@pytest.mark.parametrize("offset", [0, 12 * WH, -12 * WH])
def test_a_base_is_met_again_by_the_same_core_only(tmp_path: Path, offset: int) -> None:
    """A restart of the station goes on from the meter's register; a new core from the register as stored."""
    base = database(tmp_path / "evlink.db")
    base.energy.save(1, 500 * WH)
    assert base.energy.attach(1, 7) == 500 * WH
    base.energy.move(1, 7, 500 * WH + offset)
    assert base.energy.attach(1, 7) == 500 * WH + offset
    base.energy.move(1, 8, 1)  # another core's word is none
    assert base.energy.attach(1, 7) == 500 * WH + offset
    base.energy.save(1, 700 * WH)
    assert base.energy.attach(1, 8) == 700 * WH
    base.close()
