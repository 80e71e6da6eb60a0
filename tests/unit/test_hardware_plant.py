"""The plant behind an outlet, measured on the blocks that it makes (IEC 61851-1 annex A, docs/board-protocol.md)."""

from __future__ import annotations

import numpy as np
import pytest

from evlink.hardware import board
from evlink.hardware._simulator import Simulator
from tests.unit.plant_bench import Bench, domestic, plateaus, rms, travel


@pytest.mark.parametrize(
    ("state", "duty", "high", "low"),
    [
        ("A", 10_000, 12, 12),
        ("B", 10_000, 9, 9),
        ("B", 5_333, 9, -12),
        ("C", 5_333, 6, -12),
        ("D", 5_333, 3, -12),
        ("A", 0, -12, -12),
        ("B", 0, -12, -12),
    ],
)
def test_plateaus_of_each_state(state: str, duty: int, high: float, low: float) -> None:
    """The circuit lands within 0.3 V of the nominal 12, 9, 6, 3 and -12 V (IEC 61851-1 table A.4, R-215)."""
    bench = Bench()
    if state != "A":
        bench.plug(ventilation=state == "D")
        bench.plant.ready(1, state in "CD")
    bench.duty = duty
    assert plateaus(bench.run(1000)) == pytest.approx((high, low), abs=0.3)


def test_floating_pilot_is_zero() -> None:
    """With its output off the pilot floats at 0 V: state E (docs/board-protocol.md)."""
    bench = Bench()
    bench.pilot_on = False
    assert plateaus(bench.run(20)) == pytest.approx((0, 0), abs=0.3)


@pytest.mark.parametrize("duty", [1000, 1667, 2666, 5333, 8500, 9600])
def test_duty_and_frequency_are_those_commanded(duty: int) -> None:
    """The pilot's duty is the commanded one within 0.1 points over a second, at 1 kHz within 0.5 % (table A.2)."""
    bench = Bench()
    bench.duty = duty
    pilot = np.concatenate([samples[:, 0] for _, samples in bench.blocks(100)]).astype(float)
    assert np.mean(pilot > 0) * 100 == pytest.approx(duty / 100, abs=0.1)
    rising = np.count_nonzero((pilot[:-1] <= 0) & (pilot[1:] > 0))
    assert rising == pytest.approx(1000, rel=0.005)


def test_edges_are_finite_and_noise_is_there() -> None:
    """Some samples fall into an edge, and a plateau is not one number."""
    bench = Bench()
    bench.duty = 5000
    pilot = np.concatenate([samples[:, 0] for _, samples in bench.blocks(10)]).astype(float)
    assert 0 < np.count_nonzero(abs(pilot) < 10_000) < len(pilot) / 50
    assert 10 < np.std(pilot[pilot > 11_850]) < 50


@pytest.mark.parametrize(("cable", "ohm"), [(13, 1500), (20, 680), (32, 220), (63, 100)])
def test_cable_is_coded_by_its_resistor(cable: int, ohm: int) -> None:
    """The plug resistor tells the cable (IEC 61851-1 table B.2, R-215)."""
    bench = Bench()
    bench.run(10)
    assert bench.header.plug_ohm == -1
    bench.plug(cable=cable)
    bench.run(10)
    assert bench.header.plug_ohm == ohm
    assert bench.plant.unplug(1) == 0
    bench.run(10)
    assert bench.header.plug_ohm == -1


def test_attached_cable_shows_no_resistor() -> None:
    """A Smart Wallbox with an attached cable (R-010) has no plug; the cable's rating limits all the same."""
    bench = Bench(attached_a=(16, 0))
    samples = bench.charge(duty=5333, amps=32)
    assert bench.header.plug_ohm == -1
    assert rms(samples) == pytest.approx([16, 16, 16], rel=0.01)


def test_contactor_and_lock_travel() -> None:
    """The contactor closes after 20 ms and opens after 15; the lock takes 300 ms."""
    bench = Bench()
    bench.run(20)
    bench.contactor = bench.lock = True
    assert travel(bench, board.FEEDBACK_CONTACTOR) == 2
    assert travel(bench, board.FEEDBACK_LOCK) == 28
    bench.contactor = bench.lock = False
    assert travel(bench, board.FEEDBACK_CONTACTOR) == 2
    assert travel(bench, board.FEEDBACK_LOCK) == 28


@pytest.mark.parametrize(
    ("duty", "cable", "amps", "drawn"),
    [
        (1000, 32, 32, 6),
        (2666, 32, 32, 16),
        (5333, 32, 32, 32),
        (5333, 20, 32, 20),
        (5333, 32, 10, 10),
        (9000, 63, 80, 63),
        (8500, 63, 80, 51),
        (8600, 63, 80, 55),
    ],
)
def test_current_is_the_least_of_duty_cable_and_wish(duty: int, cable: int, amps: float, drawn: float) -> None:
    """The vehicle draws what the duty offers (table A.8), bounded by its cable and its wish, on three phases."""
    assert rms(Bench().charge(duty, cable=cable, amps=amps)) == pytest.approx([drawn] * 3, rel=0.01)


def test_three_phases_are_balanced_and_120_degrees_apart() -> None:
    """At any instant the three currents sum to zero, and each is 120 degrees from the next."""
    currents = Bench().charge()[:, 1:] / 100.0
    assert abs(currents.sum(axis=1)).max() < 0.01 * currents.max() + 0.5
    spectrum = np.fft.rfft(currents, axis=0)[1]
    turns = np.degrees(np.angle(spectrum / spectrum[0])) % 360
    assert list(turns) == pytest.approx([0, 240, 120], abs=2)


@pytest.mark.parametrize(("supply", "vehicle"), [(3, 1), (1, 3), (1, 1)])
def test_single_phase_charges_on_the_first(supply: int, vehicle: int) -> None:
    """A single-phase vehicle or supply (R-009) carries current on L1 alone."""
    assert rms(Bench(phases=supply).charge(phases=vehicle)) == pytest.approx([32, 0, 0], abs=0.3)


def test_current_starts_late_and_follows_a_reduction_within_a_second() -> None:
    """Nothing flows before the contactor closes nor for a second after; a reduction is followed within a second."""
    bench = Bench()
    bench.plug()
    bench.duty = 5333
    assert rms(bench.run(2000)) == pytest.approx([0, 0, 0], abs=0.1)
    bench.contactor = True
    assert rms(bench.run(900)) == pytest.approx([0, 0, 0], abs=0.1)
    assert rms(bench.run(2500)) == pytest.approx([32, 32, 32], rel=0.01)
    bench.duty = 1000
    assert rms(bench.run(1000)) == pytest.approx([6, 6, 6], rel=0.02)
    bench.contactor = False
    assert rms(bench.run(40)) == pytest.approx([0, 0, 0], abs=0.1)


def test_vehicle_opens_s2_when_modulation_stops_and_comes_back() -> None:
    """At 100 % duty the vehicle goes from C to B within a second, and to C again when modulation is back."""
    bench = Bench()
    bench.charge()
    bench.duty = board.DUTY_CONSTANT
    assert plateaus(bench.run(1000)) == pytest.approx((9, 9), abs=0.3)
    bench.duty = 2666
    assert plateaus(bench.run(500)) == pytest.approx((6, -12), abs=0.3)


def test_pause_and_unplug() -> None:
    """A pausing vehicle goes to B within a second, an unplugged one to A at once and without current."""
    bench = Bench()
    bench.charge()
    bench.plant.ready(1, False)
    assert plateaus(bench.run(1000)) == pytest.approx((9, -12), abs=0.3)
    bench.plant.ready(1, True)
    assert rms(bench.run(4000)) == pytest.approx([32, 32, 32], rel=0.01)
    assert bench.plant.unplug(1) == 0
    samples = bench.run(20)
    assert plateaus(samples) == pytest.approx((12, -12), abs=0.3)
    assert rms(samples) == pytest.approx([0, 0, 0], abs=0.1)


def test_pulled_at_the_vehicle_the_cable_stays() -> None:
    """OCPP TC 005: no lock of the station holds the vehicle's end; pilot open, plug resistor there, no current."""
    bench = Bench()
    bench.charge()
    bench.lock = True
    bench.run(400)
    assert bench.plant.unplug(1, True) == 0
    samples = bench.run(20)
    assert plateaus(samples) == pytest.approx((12, -12), abs=0.3)
    assert rms(samples) == pytest.approx([0, 0, 0], abs=0.1)
    assert (bench.plant.state(1)["plugged"], bench.plant.state(1)["away"]) == (True, True)
    assert bench.plant.unplug(1, True) == 1
    assert not bench.plant.ready(1, True)
    assert bench.plant.unplug(1) == 2
    assert bench.plant.plug(1, 13, 1500, 3, 16, False)
    assert bench.plant.state(1)["plug_ohm"] == 220  # the cable is still the one that hangs there


def test_lock_holds_the_plug_until_it_is_faulty() -> None:
    """A locked plug is not to be pulled; a faulty lock (Evt #4) holds nothing."""
    bench = Bench()
    bench.plug()
    bench.lock = True
    bench.run(400)
    assert bench.plant.unplug(1) == 2
    assert bench.plant.state(1)["plugged"]
    bench.fault("lock")
    assert bench.plant.unplug(1) == 0
    assert bench.plant.unplug(1) == 1


def test_energy_is_the_integral_of_the_samples() -> None:
    """The plant's own watt-hours are apparent energy at 230 V (R-161), as the blocks show it."""
    bench = Bench()
    bench.plug()
    bench.duty, bench.contactor = 5333, True
    seen = np.concatenate([samples[:, 1:] for _, samples in bench.blocks(1000)]) / 100.0
    periods = seen[: len(seen) // 2000 * 2000].reshape(-1, 2000, 3)
    wh = float(np.sqrt(np.mean(np.square(periods), axis=1)).sum() * 230 * 0.02 / 3600)
    assert bench.plant.state(1)["energy_wh"] == pytest.approx(wh, rel=0.005)
    assert wh > 40


def test_buttons_are_pressed_for_300_ms() -> None:
    """Start closes its contact, stop opens its own (the live page shows I_3 True at rest), for 300 ms."""
    bench = Bench()
    bench.run(10)
    assert bench.header.inputs == board.INPUT_BUTTON_STOP
    bench.plant.press(1, start=True)
    bench.plant.press(1, start=False)
    pressed = [header.inputs for header, _ in bench.blocks(40)]
    assert pressed == [board.INPUT_BUTTON_START] * 29 + [board.INPUT_BUTTON_STOP] * 11


def test_inputs_and_buzzer() -> None:
    """Each input has its bit (R-150); the buzzer counts steps modulo 256, from where control began."""
    bench = Bench()
    bench.beeps = 250
    bench.plant.input(1, 1, True)
    bench.run(10)
    assert bench.header.inputs == board.INPUT_BUTTON_STOP | board.INPUT_IN1
    bench.plant.input(1, 2, True)
    bench.plant.input(1, 1, False)
    for bench.beeps in (254, 255, 1, 1):
        bench.run(10)
    assert bench.header.inputs == board.INPUT_BUTTON_STOP | board.INPUT_IN2
    assert bench.plant.state(1)["beeps"] == 4 + 1 + 2 + 0


@pytest.mark.parametrize("sockets", [2, 3])
def test_domestic_load_draws_on_the_first_phase_while_the_contactor_is_closed(sockets: int) -> None:
    """No pilot is asked: current with the contactor, none without; its energy counts; no plug resistor."""
    bench = domestic(sockets)
    assert bench.plant.plug_load(1, 10)
    assert rms(bench.run(1000)) == pytest.approx([0, 0, 0], abs=0.05)
    bench.contactor = True
    assert rms(bench.run(1000)) == pytest.approx([10, 0, 0], abs=0.1)
    assert bench.header.plug_ohm == -1
    bench.run(4000)
    assert bench.plant.state(1)["energy_wh"] == pytest.approx(10 * 230 * 4.75 / 3600, rel=0.02)
    assert bench.plant.ready(1, False)
    assert rms(bench.run(100)) == pytest.approx([0, 0, 0], abs=0.05)
    assert bench.plant.ready(1, True)
    assert bench.plant.draw(1, 20)
    assert rms(bench.run(2000))[0] == pytest.approx(20, abs=0.1)
    bench.contactor = False
    assert rms(bench.run(100))[0] == pytest.approx(0, abs=0.05)


def test_domestic_socket_alone_has_no_pilot() -> None:
    """Nothing but the converter's noise on the channel, whatever is commanded."""
    bench = domestic(2)
    for duty in (board.DUTY_CONSTANT, 5333, 0):
        bench.duty = duty
        assert np.abs(bench.run(20)[:, 0]).max() < 200
    bench = domestic(3)
    assert bench.run(20)[:, 0].mean() == pytest.approx(12_000, abs=20)


def test_domestic_plug_and_vehicle_share_the_contactor() -> None:
    """Both sockets of an outlet carry current when it is closed; the vehicle's plug is the first to be pulled."""
    bench = domestic(3)
    bench.charge(duty=2666, amps=16)
    assert bench.plant.plug_load(1, 10)
    assert rms(bench.run(1000)) == pytest.approx([26, 16, 16], abs=0.3)
    assert bench.plant.unplug(1) == 0
    assert rms(bench.run(1000)) == pytest.approx([10, 0, 0], abs=0.1)
    assert bench.plant.unplug(1) == 0
    assert bench.plant.unplug(1) == 1


def test_lock_holds_a_domestic_plug_and_another_does_not_fit() -> None:
    bench = domestic(2)
    assert bench.plant.plug_load(1, 10)
    assert not bench.plant.plug_load(1, 10)
    assert not Bench().plant.plug_load(1, 10)  # no such socket
    bench.lock = True
    bench.run(500)
    assert bench.plant.unplug(1) == 2


def test_outlets_are_apart() -> None:
    """What happens at one outlet does not show at the other (R-011)."""
    bench = Bench(outlets=2)
    bench.charge()
    bench.fault("surge")
    header, samples = list(bench.blocks(2, outlet=2))[-1]
    assert header.inputs == board.INPUT_BUTTON_STOP
    assert header.plug_ohm == -1
    assert samples[:, 1:].max() < 20
    with pytest.raises(ValueError, match="There is no outlet 3; allowed are 1 to 2"):
        bench.plant.state(3)


# Faults. Each test shows the fault in the blocks, and that the plant is sound again where it can be.


def test_same_orders_give_the_same_samples() -> None:
    """A plant without a socket is a function of what it is told: two of the same seed agree to the bit."""
    one, other = Bench(), Bench()
    assert np.array_equal(one.charge(), other.charge())
    third = Simulator(1, seed=2)
    assert third.step(1) != Simulator(1, seed=1).step(1)


@pytest.mark.parametrize("raw", [b"", bytes(32), board.Outputs(2, 1).pack(), board.Outputs(1, 1, duty=10_001).pack()])
def test_wrong_outputs_change_nothing(raw: bytes) -> None:
    """Outputs of a wrong size, magic, outlet or duty are refused and the plant stands still."""
    bench = Bench()
    bench.run(10)
    before = bench.plant.state(1)
    with pytest.raises(ValueError, match=r"^(Outputs have 32 bytes|The outputs have a wrong)"):
        bench.plant.step(1, raw)
    assert bench.plant.state(1) == before


@pytest.mark.parametrize(("outlets", "phases", "speed"), [(0, 3, 1), (3, 3, 1), (1, 2, 1), (1, 3, 0.5)])
def test_wrong_stations_have_no_plant(outlets: int, phases: int, speed: float) -> None:
    """A plant has 1 or 2 outlets, 1 or 3 phases and runs no slower than real time."""
    with pytest.raises(ValueError, match="A simulator has 1 or 2 outlets, 1 or 3 phases and a speed of at least 1"):
        Simulator(outlets, phases, speed=speed)


def test_a_vehicle_without_a_pilot_function_asks_at_once() -> None:
    """IEC 61851-1 A.2.3, simplified Mode 3: from A to C without B, and it draws its wish whatever the duty says."""
    bench = Bench()
    bench.run(50)
    bench.plant.plug(1, 32, 220, 1, 12.0, False, True)
    high, _ = plateaus(bench.run(20)[-1000:])
    assert abs(high - 6) < 0.3
    bench.contactor = True
    bench.run(3000)
    assert abs(bench.plant.state(1)["amps"] - 12) < 0.2
    bench.plant.ready(1, False)
    bench.run(1200)
    high, _ = plateaus(bench.run(20)[-1000:])
    assert abs(high - 9) < 0.3
