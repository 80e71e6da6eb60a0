"""Hours of the full station loop on simulated time: memory flat, every charge in one record, energy kept."""

from __future__ import annotations

import time

import pytest

from tests.soak.station import Sample, Station


def checked(station: Station, memory: list[Sample], real_s: float, busy_s: float) -> str:
    """What must hold after any run; its figures as a line, by real time and by the processor time it took."""
    assert station.records
    assert len({record.session for record in station.records}) == len(station.records), "a session in two records"
    assert abs(station.core_wh() - station.plant_wh()) <= 0.005 * station.plant_wh(), "energy of core and plant differ"
    kept = station.recorded_wh() + station.open_wh()
    assert abs(kept - station.core_wh()) <= len(station.records) + 1, "energy of records and core differ"  # 1 Wh each
    faults = {name: n for name, n in station.counts.items() if name.startswith("Evt") and name != "Evt #30"}
    assert not faults, f"healthy vehicles raised {faults}"
    assert station.standing_s() < 5_400, "an outlet served nobody for 90 minutes"
    hours = station.at / 3600
    settled = [sample for sample in memory if sample.hour >= hours / 4]
    growth = settled[-1].resident_kib - settled[0].resident_kib
    days = (settled[-1].hour - settled[0].hour) / 24
    assert growth <= max(1024.0, 1024 * days), f"memory grew by {growth} KiB in {days:.2f} simulated days: {settled}"
    return (
        f"{hours:.2f} simulated hours in {real_s:.1f} s ({station.at / real_s:.0f} times real time; "
        f"{busy_s:.1f} s of a processor, {station.at / busy_s:.0f} times), "
        f"{len(station.records)} charge records, {station.recorded_wh() / 1000:.1f} kWh, "
        f"memory {settled[0].resident_kib} to {settled[-1].resident_kib} KiB"
    )


@pytest.mark.slow
def test_an_hour(capsys: pytest.CaptureFixture[str]) -> None:
    """One hour of two outlets, or as much of it as 15 s of this machine allow; the figure is printed."""
    station = Station()
    begun, busy = time.monotonic(), time.process_time()
    memory = station.run(1.0, within_s=15.0)
    line = checked(station, memory, time.monotonic() - begun, time.process_time() - busy)
    with capsys.disabled():
        print(f"\n  {line}")


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_three_days(capsys: pytest.CaptureFixture[str]) -> None:
    """72 hours, in at most 20 minutes on a machine that is not busy otherwise."""
    station = Station(seed=2)
    begun, busy = time.monotonic(), time.process_time()
    memory = station.run(72.0, within_s=3_000.0)
    real = time.monotonic() - begun
    line = checked(station, memory, real, time.process_time() - busy)
    with capsys.disabled():
        print(f"\n  {line}{'' if real <= 1_200 else ' - over the 20 minutes aimed at'}")
    assert station.at >= 72 * 3600, line
