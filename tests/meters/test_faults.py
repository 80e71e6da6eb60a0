"""What can go wrong with a meter: noticed, not believed, and recovered from, on TCP and on a serial line (R-163)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from evlink.domain.state import Reading
from evlink.domain.words import Evt
from evlink.modbus.bus import REPLY_S, Read, Silent, Unreachable
from evlink.modbus.rtu import SerialBus, SerialPort
from evlink.modbus.tcp import Gateway, TcpBus
from tests.meters.bench import Bench, followed, station, with_meter
from tests.meters.device import Device, SerialMeters, TcpMeters, iem3x5x, on_line, on_tcp, reply_frame

WH = 3_600_000
both_lines = pytest.mark.parametrize("kind", ["tcp", "serial"])


@pytest.fixture(autouse=True)
def sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    """The devices here are never later than this, and a silent one need not be left alone for longer."""
    monkeypatch.setattr("evlink.modbus.rtu.WORST_S", 0.7)


def steady() -> Device:
    """A meter of a charge with 10, 11 and 12 A; it counts a watt-hour with each reading of its counter."""
    device = iem3x5x()

    def count() -> None:
        if device.asked[-1][1] == 3203 and device.fault == "":
            device.put(3203, "i64", counter(device) + 1)

    device.before_reply = count
    return device


def counter(device: Device) -> int:
    """What its counter says, in Wh."""
    return sum(device.registers[3203 + k] << 16 * (3 - k) for k in range(4))


@asynccontextmanager
async def metered(kind: str, device: Device) -> AsyncIterator[tuple[Bench, TcpMeters | SerialMeters]]:
    """A device at outlet 1, followed until it counts."""
    far = on_tcp(device) if kind == "tcp" else on_line(device)
    async with far as meters:
        line = meters.port if isinstance(meters, TcpMeters) else meters.path
        async with followed(with_meter(station(), 1, "iem3x5x", line)) as bench:
            await bench.health("ok")
            yield bench, meters


def bus_to(meters: TcpMeters | SerialMeters) -> TcpBus | SerialBus:
    """A bus of the product to simulated meters."""
    if isinstance(meters, TcpMeters):
        return TcpBus(Gateway("127.0.0.1", meters.port))
    return SerialBus(SerialPort(meters.path))


@both_lines
async def test_a_meter_that_works(kind: str) -> None:
    """R-162: voltage, current and energy are the meter's; the register gains what the counter gained."""
    device = steady()
    async with metered(kind, device) as (bench, _):
        first = bench.reading()
        began = counter(device)
        await bench.until(lambda: counter(device) >= began + 3)
        await bench.until(lambda: bench.reading().energy_mvas > first.energy_mvas)
        reading = bench.reading()
        assert reading.current_a == (10.0, 11.0, 12.0)
        assert reading.metered is not None
        assert (reading.metered.voltage_v, reading.metered.power_w) == ((230.0, 231.0, 232.0), 7125)
        assert not reading.estimated
        assert bench.core.registers[1].shown % WH == 0
        assert 0 < bench.core.registers[1].shown <= (counter(device) - 123_456_789) * WH
        assert bench.told == []
        shown = bench.meter()
        assert (shown["model"], shown["serial"], shown["problem"]) == ("iEM3155", "305419896", "")
        assert bench.reading(2).metered is None  # the other outlet has its transformers


def not_a_number(device: Device) -> None:
    device.put(3001, "f32", float("nan"))


def infinite(device: Device) -> None:
    device.put(3059, "f32", float("inf"))


def negative(device: Device) -> None:
    device.put(3053, "f32", -3.0)
    device.put(3059, "f32", -3.0)


def absurd(device: Device) -> None:
    device.put(2999, "f32", 65.0)  # more than twice 32 A


def low_voltage(device: Device) -> None:
    for address in (3027, 3029, 3031):
        device.put(address, "f32", 16.0)  # currents taken for voltages


def fallen(device: Device) -> None:
    device.put(3203, "i64", 5)


def leapt(device: Device) -> None:
    device.put(3203, "i64", counter(device) + 90_000)


VALUES: dict[str, tuple[Callable[[Device], None], str]] = {
    "nan": (not_a_number, "not a number"),
    "infinite": (infinite, "not a number"),
    "negative": (negative, "negative"),
    "twice rated": (absurd, "more than 64 A"),
    "voltage": (low_voltage, "16 V"),
    "falling": (fallen, "fell from"),
    "leap": (leapt, "jumped by"),
}


@both_lines
@pytest.mark.parametrize("fault", ["silent", "exception", "crc", "late", "half", "gone"])
async def test_a_line_that_fails(kind: str, fault: str) -> None:
    """Evt #12 after three missed polls; the transformers count on without a jump; the meter comes back by itself."""
    device = steady()
    async with metered(kind, device) as (bench, meters):
        bench.core.amps[1] = (9.0, 9.0, 9.0)
        before = bench.core.registers[1].shown
        device.fault = fault
        await bench.health("lost")
        assert bench.told == [(1, Evt.POWER_METER, True)]
        assert bench.meter()["problem"] != bench.meter()["problem_fr"] != ""
        bench.core.counts[1] += 5 * WH
        reading = bench.reading()
        assert reading.estimated
        assert reading.metered is None
        assert reading.current_a == (9.0, 9.0, 9.0)
        assert before <= reading.energy_mvas <= before + 40 * WH
        estimated = reading.energy_mvas
        device.fault = ""
        device.put(3203, "i64", counter(device) + 3)  # it counted on meanwhile
        if isinstance(meters, SerialMeters) and fault == "gone":
            return  # another pseudo-terminal has another name; see the test of a port that comes back
        await bench.health("ok")
        assert bench.told[-1] == (1, Evt.POWER_METER, False)
        returned = bench.reading()
        assert not returned.estimated
        assert estimated <= returned.energy_mvas <= estimated + 2 * WH  # no jump, no step back
        began = counter(device)
        await bench.until(lambda: counter(device) >= began + 2)
        await bench.until(lambda: bench.reading().energy_mvas > returned.energy_mvas)


@both_lines
@pytest.mark.parametrize("fault", sorted(VALUES))
async def test_values_that_can_not_be(kind: str, fault: str) -> None:
    """Not believed, not even once; the register stands or goes on by the transformers, and never falls."""
    spoil, said = VALUES[fault]
    device = steady()
    async with metered(kind, device) as (bench, _):
        kept = dict(device.registers)
        good = bench.reading()
        spoil(device)
        device.before_reply = None
        seen: list[Reading] = []
        while bench.meter()["health"] != "implausible":
            seen.append(bench.reading())
            await asyncio.sleep(0.02)
        assert said in bench.meter()["problem"]
        assert (1, Evt.POWER_METER, True) in bench.told
        for reading in seen:
            assert good.energy_mvas <= reading.energy_mvas <= good.energy_mvas + 3 * WH
            if reading.metered is not None:
                assert reading.current_a == (10.0, 11.0, 12.0)
                assert reading.metered.power_w == 7125
        if fault not in ("falling", "leap"):  # a counter that was set stays set, and the meter is believed again
            device.registers.update({a: v for a, v in kept.items() if not 3203 <= a < 3207})
        await bench.health("ok")
        assert bench.told[-1] == (1, Evt.POWER_METER, False)
        assert bench.reading().energy_mvas >= seen[-1].energy_mvas
        assert bench.reading().energy_mvas <= seen[-1].energy_mvas + 3 * WH


async def test_a_frozen_meter() -> None:
    """The counter stands while its own power flows: what it missed is the transformers'; other numbers revive it."""
    device = steady()
    async with metered("tcp", device) as (bench, _):
        device.before_reply = None
        device.put(3059, "f32", 40.0)  # the more power, the sooner it shows: 10 Wh and three steps
        device.put(2999, "f32", 60.0)
        device.put(3001, "f32", 60.0)
        device.put(3003, "f32", 60.0)
        stood = bench.core.registers[1].shown
        bench.core.counts[1] += 7 * WH
        await bench.health("implausible", 1)
        assert "stand still" in bench.meter()["problem"]
        assert bench.reading().energy_mvas == stood + 7 * WH
        device.fault = "silent"
        await bench.health("lost")
        device.fault = ""
        await bench.health("implausible")  # the same numbers again are no sign of life, silent between or not
        asked = len(device.asked)
        await bench.until(lambda: len(device.asked) > asked + 4 * 4)
        assert bench.told == [(1, Evt.POWER_METER, True)]
        device.before_reply = lambda: device.put(3203, "i64", counter(device) + 1)
        await bench.health("ok")


async def test_a_meter_that_froze_in_a_short_charge() -> None:
    """R-163: after a charge too short to tell the record waits; what flowed is this charge's, not the next one's."""
    device = steady()
    async with metered("tcp", device) as (bench, _):
        device.before_reply = None
        for address in (2999, 3001, 3003, 3059):
            device.put(address, "f32", 0.0)
        polls = len(device.asked)
        await bench.until(lambda: len(device.asked) >= polls + 2 * 4)
        began = bench.reading().energy_mvas
        bench.core.contactor, bench.core.amps = True, {1: (32.0,) * 3}
        bench.reading()
        bench.core.counts[1] += 40 * WH  # in less than 20 of the meter's periods
        polls = len(device.asked)
        await bench.until(lambda: len(device.asked) >= polls + 2 * 4)
        bench.core.contactor, bench.core.amps = False, {}
        polls = len(device.asked)
        await bench.until(lambda: len(device.asked) >= polls + 2 * 4)
        assert bench.meter()["health"] == "ok"
        assert bench.reading().unread
        await bench.health("implausible")
        assert not bench.reading().unread
        assert bench.reading().estimated
        assert bench.reading().energy_mvas == began + 40 * WH


@both_lines
async def test_a_late_answer_is_not_the_next_reading(kind: str) -> None:
    """modbus research 3, defect 9: after a time-out pymodbus read currents as voltages, and the reverse."""
    device = iem3x5x()
    device.fault, device.late_s = "late", REPLY_S + 0.1
    far = on_tcp(device) if kind == "tcp" else on_line(device)
    async with far as meters:
        bus = bus_to(meters)
        loop = asyncio.get_running_loop()
        with pytest.raises(Silent):
            await bus.read(Read(2, 2999, 6))
        device.late_s = 0.2  # in time now, but after the late one
        until = loop.time() + 4
        while loop.time() < until:
            try:
                words = await bus.read(Read(2, 3027, 6))
            except Silent:
                await asyncio.sleep(0.05)
                continue
            assert words == tuple(device.registers[3027 + k] for k in range(6))
            break
        else:
            raise AssertionError("it never came back")
        bus.close()


async def test_an_answer_that_stands_on_the_line_before_the_question() -> None:
    """What came before the question was sent is thrown away."""
    device = iem3x5x()
    async with on_line(device) as line:
        bus = SerialBus(SerialPort(line.path))
        good = await bus.read(Read(2, 3027, 6))
        line.inject(reply_frame(2, 3, [1, 2, 3, 4, 5, 6]))
        await asyncio.sleep(0.05)
        assert await bus.read(Read(2, 3027, 6)) == good
        bus.close()


@both_lines
async def test_a_silent_meter_costs_half_a_second_at_most(kind: str) -> None:
    """And on a serial line it is then left alone until its worst delay is over."""
    device = iem3x5x()
    device.fault = "silent"
    far = on_tcp(device) if kind == "tcp" else on_line(device)
    async with far as meters:
        bus = bus_to(meters)
        questions = 0
        loop = asyncio.get_running_loop()
        began = loop.time()
        with pytest.raises(Silent):
            await bus.read(Read(2, 2999, 6))
        assert REPLY_S <= loop.time() - began < 10  # the bound itself is REPLY_S; a loaded machine wakes late
        questions = len(device.asked)
        if kind == "serial":
            with pytest.raises(Silent):
                await bus.read(Read(2, 2999, 6))
            assert len(device.asked) == questions == 1
        bus.close()


async def test_two_meters_on_one_line() -> None:
    """One meter's fault leaves the other alone."""
    good, bad = steady(), iem3x5x(unit=3, serial=3)
    async with on_line(good, bad) as line:
        values = with_meter(station(), 1, "iem3x5x", line.path)
        async with followed(with_meter(values, 2, "iem3x5x", line.path, unit=3)) as bench:
            await bench.health("ok", 1)
            await bench.health("ok", 2)
            for fault in ("silent", "crc", "half", "exception"):
                bad.fault = fault
                await bench.health("lost", 2)
                began = counter(good)
                await bench.until(lambda began=began: counter(good) >= began + 3)  # type: ignore[misc]
                assert bench.meter(1)["health"] == "ok"
                bad.fault = ""
                await bench.health("ok", 2)
            assert {outlet for outlet, _, _ in bench.told} == {2}


async def test_a_gateway_that_is_not_there_and_then_is() -> None:
    device = steady()
    meters = await TcpMeters(device).start()
    port = meters.port
    await meters.stop()
    async with followed(with_meter(station(), 1, "iem3x5x", port)) as bench:
        await bench.health("lost")
        assert bench.meter()["problem"] == f"the meters' gateway 127.0.0.1:{port} can't be reached"
        again = await TcpMeters(device).start(port)
        await bench.health("ok")
        await again.stop()
        await bench.health("lost")


async def test_a_serial_port_that_is_missing_or_busy() -> None:
    async with followed(with_meter(station(), 1, "iem3x5x", "/dev/evlink-nowhere")) as bench:
        await bench.health("lost")
        assert bench.meter()["problem"] == "serial port /dev/evlink-nowhere is missing"
        assert bench.meter()["problem_fr"] == "le port série /dev/evlink-nowhere est absent"
    async with on_line(iem3x5x()) as line:
        other = SerialBus(SerialPort(line.path))
        await other.read(Read(2, 2999, 6))
        async with followed(with_meter(station(), 1, "iem3x5x", line.path)) as bench:
            await bench.health("lost")
            assert bench.meter()["problem"] == f"serial port {line.path} is in use by another program"
            other.close()
            await bench.health("ok")


async def test_a_line_that_hangs_up_is_told() -> None:
    device = iem3x5x()
    async with on_line(device) as line:
        bus = SerialBus(SerialPort(line.path))
        device.fault = "gone"
        with pytest.raises(Unreachable, match="serial port"):
            await bus.read(Read(2, 2999, 6))
        bus.close()


async def test_settings_that_can_not_be_worked_with() -> None:
    """Charging goes on by the transformers, and Evt #12 says that the meter does not count."""
    wrong = {"energy_management.meters.1.tri_current_register_size": 3}
    async with followed(with_meter(station(), 1, "generic_tri", 1).with_changes(wrong)) as bench:
        await bench.health("misconfigured")
        assert "allowed: 1, 2 or 4" in bench.meter()["problem"]
        assert bench.told == [(1, Evt.POWER_METER, True)]
        bench.core.counts[1] = 9 * WH
        assert bench.reading().energy_mvas == 9 * WH
        bench.metering.configure(station())  # back to the transformers
        await bench.until(lambda: bench.told[-1] == (1, Evt.POWER_METER, False))
        assert not bench.reading().estimated


async def test_another_meter_than_the_settings_say() -> None:
    device = iem3x5x()
    device.text(49, "iEM2155")
    async with on_tcp(device) as meters, followed(with_meter(station(), 1, "iem3x5x", meters.port)) as bench:
        await bench.health("implausible")
        assert bench.meter()["problem"] == "unit 2 calls itself iEM2155 and is no meter of the kind iem3x5x"


async def test_the_base_is_stored_for_a_restart() -> None:
    """A restart goes on from the meter's register, not from what the core counted."""
    device = steady()
    async with metered("tcp", device) as (bench, _):
        bench.core.counts[1] = 50 * WH
        began = counter(device)
        await bench.until(lambda: counter(device) >= began + 2)
        device.fault = "silent"
        await bench.health("lost")
        outlet, generation, base = bench.core.saved[-1]
        assert (outlet, generation) == (1, 7)
        assert base + bench.core.counts[1] == bench.reading().energy_mvas


async def test_the_phase_that_moves_must_be_the_mapped_one() -> None:
    """R-169, Evt #15: a single-phase car on Term1 loads L1; a meter whose inputs are turned sees it elsewhere."""
    device = steady()
    for address, amps in ((2999, 0.0), (3001, 16.0), (3003, 0.0), (3059, 3.6)):
        device.put(address, "f32", amps)
    async with metered("tcp", device) as (bench, _):
        bench.core.amps[1] = (16.0, 0.0, 0.0)
        assert bench.reading().current_a == (0.0, 16.0, 0.0)
        await bench.until(lambda: bench.told == [(1, Evt.PHASES, True)])
    async with on_tcp(device) as meters:
        order = {"energy_management.meters.1.meter_phases_connection": "phase_2_1_3"}
        values = with_meter(station(), 1, "iem3x5x", meters.port).with_changes(order)
        async with followed(values) as bench:
            bench.core.amps[1] = (16.0, 0.0, 0.0)
            await bench.health("ok")
            assert bench.reading().current_a == (16.0, 0.0, 0.0)
            asked = len(device.asked)
            await bench.until(lambda: len(device.asked) > asked + 4 * 8)
            assert bench.told == []


async def test_the_transformers_are_mapped_by_the_terminals() -> None:
    """R-169: without its meter, the current of Term1 stands on the line phase that reaches Term1."""
    order = {"energy_management.meters.1.terminal_phases_connection": "phase_2_3_1"}
    async with followed(with_meter(station(), 1, "iem3x5x", 1).with_changes(order)) as bench:
        bench.core.amps[1] = (16.0, 0.0, 0.0)
        await bench.health("lost")
        assert bench.reading().current_a == (0.0, 16.0, 0.0)


async def test_a_record_waits_for_the_last_reading() -> None:
    """Until the meter was read after the contactor opened, its last watt-hours are not in the register yet."""
    device = steady()
    async with metered("tcp", device) as (bench, _):
        bench.core.contactor = True
        assert bench.reading().unread
        bench.core.contactor = False
        assert bench.reading().unread
        await bench.until(lambda: not bench.reading().unread)


async def test_inputs_that_nothing_reaches_read_nan() -> None:
    """Many meters say NaN of a phase that is not connected: on a single-phase station that is no fault."""
    device = steady()
    for address in (3001, 3003, 3029, 3031):
        device.put(address, "f32", float("nan"))
    device.put(3059, "f32", 2.25)
    async with on_tcp(device) as meters:
        async with followed(with_meter(station(phases=1), 1, "iem3x5x", meters.port)) as bench:
            await bench.health("ok")
            reading = bench.reading()
            assert reading.current_a == (10.0, 0.0, 0.0)
            assert reading.metered is not None
            assert reading.metered.voltage_v == (230.0, 0.0, 0.0)
        async with followed(with_meter(station(phases=3), 1, "iem3x5x", meters.port)) as bench:
            await bench.health("implausible")


async def test_a_single_phase_station_reads_its_own_conductor() -> None:
    """R-169: the station hangs on L2, which reaches PM3; its one current stands first, as without a meter."""
    device = steady()
    device.put(3059, "f32", 2.25)
    wiring = {
        "energy_management.meters.1.meter_phases_connection": "phase_1_3_2",
        "energy_management.meters.1.terminal_phases_connection": "phase_2",
    }
    async with on_tcp(device) as meters:
        values = with_meter(station(phases=1), 1, "iem3x5x", meters.port).with_changes(wiring)
        async with followed(values) as bench:
            await bench.health("ok")
            assert bench.reading().current_a == (12.0, 0.0, 0.0)
