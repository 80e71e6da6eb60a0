"""Every kind of meter, every register, over TCP and over a serial line (R-162, R-164, R-170)."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evlink.modbus.bus import Read, Refused
from evlink.modbus.drivers import IEM2, IEM3, Kind, Register, number
from evlink.modbus.fitted import fitted
from evlink.modbus.meters import Identity, Meter, Sample, StrangerError
from evlink.modbus.rtu import SerialBus, SerialPort
from evlink.modbus.tcp import Gateway, TcpBus
from evlink.settings.values import Values
from tests.meters.bench import METERS, OURS, station, with_meter
from tests.meters.device import Device, generic_tri, iem3x5x, iem2155, on_line, on_tcp, words


class Line:
    """A device on a line of one kind, and a meter of the product that reads it."""

    def __init__(self, kind: str, *devices: Device) -> None:
        self.context: AbstractAsyncContextManager[Any] = on_tcp(*devices) if kind == "tcp" else on_line(*devices)
        self.kind = kind
        self.bus: TcpBus | SerialBus | None = None

    async def __aenter__(self) -> Line:
        self.far = await self.context.__aenter__()
        if self.kind == "tcp":
            self.bus = TcpBus(Gateway("127.0.0.1", self.far.port))
        else:
            self.bus = SerialBus(SerialPort(self.far.path))
        return self

    async def __aexit__(self, *error: Any) -> None:
        assert self.bus is not None
        self.bus.close()
        await self.context.__aexit__(*error)

    def meter(self, values: Values, outlet: int = 1) -> Meter:
        assert self.bus is not None
        wanted = fitted(values, outlet)
        assert wanted.driver is not None, wanted.wrong
        return Meter(wanted.driver, self.bus, 2)


both_lines = pytest.mark.parametrize("kind", ["tcp", "serial"])


def of(meter_type: str, **changes: Any) -> Values:
    """The settings of a station with a meter of a type at outlet 1, and other changes by their last names."""
    made = with_meter(station(), 1, meter_type, "/dev/null")
    return made.with_changes({name.replace("__", "."): value for name, value in changes.items()})


@both_lines
async def test_an_iem3155(kind: str) -> None:
    """iEM3000 register list: number - 1 on the wire; power in kW, energy in Wh as a 64-bit whole number."""
    device = iem3x5x()
    async with Line(kind, device) as line:
        meter = line.meter(of("iem3x5x"))
        assert await meter.identify() == Identity("iEM3155", "305419896", "Schneider Electric", "1.08")
        sample = await meter.poll()
    assert sample.current_a == (10.0, 11.0, 12.0)
    assert sample.voltage_v == (230.0, 231.0, 232.0)
    assert sample.power_w == 7125.0
    assert sample.energy == 123_456_789
    assert sample.energy_mvas == 123_456_789 * 3_600_000
    asked = device.asked[-4:]
    assert [(address, count) for _, address, count in asked] == [(2999, 6), (3019, 14), (3053, 8), (3203, 4)]
    assert len({count for _, _, count in asked}) == 4  # a late reply fits no other question


@both_lines
async def test_an_iem2155(kind: str) -> None:
    async with Line(kind, iem2155()) as line:
        meter = line.meter(of("iem2155"))
        assert (await meter.identify()).model == "iEM2155"
        sample = await meter.poll()
    assert (sample.current_a, sample.voltage_v) == ((16.5, 0.0, 0.0), (231.5, 0.0, 0.0))
    assert (sample.power_w, sample.energy) == (3750.0, 4_321_000)


@both_lines
@pytest.mark.parametrize("function", ["3", "4"])
@pytest.mark.parametrize("order", ["high_first", "low_first"])
async def test_a_generic_three_phase_meter(kind: str, function: str, order: str) -> None:
    """R-170, N-46: the entered number is the wire address + 1; three values of the table stand in their places."""
    device = generic_tri(low_first=order == "low_first")
    async with Line(kind, device) as line:
        meter = line.meter(of("generic_tri", **{f"{OURS}.1.function": function, f"{OURS}.1.word_order": order}))
        assert await meter.identify() == Identity()
        sample = await meter.poll()
    assert sample.current_a == (11.0, 12.0, 13.0)
    assert sample.voltage_v == (231.0, 232.0, 233.0)
    assert sample.power_w == 8250.0
    assert sample.energy == 6000
    assert {asked[0] for asked in device.asked} == {int(function)}


@both_lines
async def test_a_generic_single_phase_meter_of_whole_numbers(kind: str) -> None:
    """Sizes 1 and 4, types and factors as the installer enters them: 0.1 V, 0.01 A, W where kW is said, 10 Wh."""
    device = Device()
    for address, form, value in ((99, "u16", 2305), (9, "i16", 1612), (19, "u16", 3700), (199, "u64", 12_345_678)):
        device.put(address, form, value)
    entered = {
        "mono_voltage_register": 100,
        "mono_current_register": 10,
        "mono_power_register": 20,
        "mono_energy_register": 200,
        "mono_voltage_register_size": 1,
        "mono_current_register_size": 1,
        "mono_power_register_size": 1,
        "mono_energy_register_size": 4,
    }
    scales = {"scale_voltage": "0.1", "scale_current": "0.01", "scale_power": "0.001", "scale_energy": "10"}
    scales |= {"type_of_1": "i16", "type_of_4": "u64"}
    values = of("generic_mono", **{f"{METERS}.1.{n}": v for n, v in entered.items()})
    values = values.with_changes({f"{OURS}.1.{n}": v for n, v in scales.items()})
    async with Line(kind, device) as line:
        sample = await line.meter(values).poll()
    assert sample.voltage_v is not None
    assert sample.voltage_v[0] == pytest.approx(230.5)
    assert sample.current_a is not None
    assert sample.current_a[0] == pytest.approx(16.12)
    assert sample.power_w == pytest.approx(3700)
    assert sample.energy == 123_456_780


async def test_a_register_of_0_is_not_there() -> None:
    """N-46: a current register of 0 stands on the printed screen."""
    device = Device()
    device.put(19060, "f32", 5000.0)
    absent = {f"{METERS}.1.mono_{q}_register": 0 for q in ("current", "voltage", "power")}
    async with Line("tcp", device) as line:
        sample = await line.meter(of("generic_mono", **absent)).poll()
    assert sample == Sample(None, None, None, Fraction(5000), tuple(words("f32", 5000.0)))


async def test_the_total_of_three_counters() -> None:
    """R-170: energy per phase and total; without the total, the phases are added."""
    async with Line("tcp", generic_tri()) as line:
        sample = await line.meter(of("generic_tri", **{f"{METERS}.1.tri_energy_register_total": 0})).poll()
    assert sample.energy == 6000


@both_lines
async def test_another_meter_under_the_address(kind: str) -> None:
    """An iEM2155 where the settings say iEM3x5x is not read as one."""
    async with Line(kind, iem2155()) as line:
        with pytest.raises(StrangerError, match="unit 2 calls itself iEM2155"):
            await line.meter(of("iem3x5x")).identify()


@both_lines
async def test_a_register_that_the_meter_has_not(kind: str) -> None:
    device = iem3x5x()
    del device.registers[3053]
    async with Line(kind, device) as line:
        with pytest.raises(Refused, match="unit 2 refuses register 3054 with exception 2"):
            await line.meter(of("iem3x5x")).poll()


def test_what_the_settings_say_of_the_line() -> None:
    """R-165: RTU address, or the gateway in the station's network by the last number of its address."""
    address = {"configuration.network.ip_address": "10.20.30.40"}
    tcp = {f"{METERS}.1.protocol": "modbus_tcp", f"{METERS}.1.gateway_address": 141}
    found = fitted(of("iem3x5x", **address, **tcp), 1)
    assert (found.line, found.unit) == (Gateway("10.20.30.141", 502), 2)
    rtu = fitted(
        of("iem3x5x", **{f"{METERS}.1.rtu_address": 9, f"{OURS}.baud_rate": "9600", f"{OURS}.parity": "even"}), 1
    )
    assert (rtu.line, rtu.unit) == (SerialPort("/dev/null", 9600, "even"), 9)
    assert not fitted(station(), 1).external


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"tri_energy_register_phase1": 19066, "tri_energy_register_phase2": 19067},
            "energy_management.meters.1.tri_energy_register_phase1 = 19066 takes 2 registers and overlaps "
            "energy_management.meters.1.tri_energy_register_phase2 = 19067",
        ),  # N-46, as printed
        (
            {"tri_voltage_register_size": 3},
            "energy_management.meters.1.tri_voltage_register_size: no number has 3 registers; allowed: 1, 2 or 4",
        ),
        (
            {"tri_power_register_total": 65535, "tri_power_register_size": 4, "tri_power_register_phase1": 1,
             "tri_power_register_phase2": 5, "tri_power_register_phase3": 9},
            "energy_management.meters.1.tri_power_register_total = 65535: its 4 registers end after 65536",
        ),
        (
            {f"tri_energy_register_{part}": 0 for part in ("total", "phase1", "phase2", "phase3")},
            "outlet 1: the generic meter has no energy register",
        ),
    ],
)  # fmt: skip
def test_registers_that_can_not_be_are_told_in_one_sentence(changes: dict[str, int], said: str) -> None:
    wrong = fitted(of("generic_tri", **{f"{METERS}.1.{name}": value for name, value in changes.items()}), 1).wrong
    assert wrong is not None
    assert wrong.en == said
    assert wrong.text("fr") != said


@pytest.mark.parametrize("driver", [IEM3, IEM2])
def test_no_question_is_too_long_and_no_registers_overlap(driver: Any) -> None:
    ordered = sorted(driver.registers, key=lambda r: r.address)
    assert all(one.end <= other.address for one, other in pairwise(ordered))
    assert all(block.count <= 125 for block in driver.blocks())
    assert sum(len(block.registers) for block in driver.blocks()) == len(driver.registers)


@given(st.sampled_from([k for k in Kind if not k.floating]), st.integers(), st.booleans())
def test_whole_numbers_are_exact(kind: Kind, value: int, low_first: bool) -> None:
    """f32 steps of 1 Wh end at 16.7 MWh: whole numbers stay whole."""
    bits = 16 * kind.words
    value = value % 2**bits - (2 ** (bits - 1) if kind.name[0] == "I" else 0)
    assert number(words(kind.name.lower(), value, low_first), kind, Fraction(1, 1000), low_first) == Fraction(
        value, 1000
    )


def test_the_grain_of_a_counter() -> None:
    assert IEM3.step_wh(1e9) == 1.0
    assert IEM2.step_wh(33_554_432.0) == 4.0
    assert Register("energy", 0, Kind.U32, Fraction(1000)).end == 2


def test_a_question_names_what_it_reads() -> None:
    assert IEM3.blocks()[0].question(7, 4) == Read(7, 2999, 6, 4)
