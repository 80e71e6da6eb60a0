"""The register map: every register of both generations, their types, word orders and numbers (docs/modbus.md)."""

from __future__ import annotations

import math
import re
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evlink.domain.remote_control import Command, RemoteRules
from evlink.domain.words import EvState, Evt
from evlink.modbus.map import PARKING, PRO, layout
from evlink.modbus.registers import Kind, Layout, Register
from tests.unit.modbus_bench import Site

# Address, words, type, whether it may be written: the whole map of docs/modbus.md, profile evlink.
MAP = """
1 1 u16 r|6 1 u16 r|8 1 u16 r|9 1 u16 r|20 1 u16 r|23 1 u16 r|24 1 u16 r|30 2 u32 r|150 1 u16 w|301 1 u16 w|310 1 u16 w
350 2 f32 r|352 2 f32 r|354 2 f32 r|356 2 u32 r|358 2 f32 r|360 2 f32 r|362 2 f32 r|364 2 f32 r|366 2 f32 r|368 2 f32 r
370 2 f32 r|932 1 u16 w|933 1 u16 r|1150 1 u16 r|2004 2 u32 r|2999 2 f32 r|3001 2 f32 r|3003 2 f32 r|3009 2 f32 r
3027 2 f32 r|3029 2 f32 r|3031 2 f32 r|3035 2 f32 r|3053 2 f32 r|3055 2 f32 r|3057 2 f32 r|3059 2 f32 r|3075 2 f32 r
3083 2 f32 r|3109 2 f32 r|3203 4 u64 r|3219 4 u64 r|4000 1 u16 w|4001 1 u16 w|4002 2 u32 r|4004 1 u16 w|4005 1 u16 w
4006 1 u16 w|4007 2 u32 r|4009 2 u32 r|4011 1 u16 r|4012 2 u32 r|5000 1 u16 r|5001 1 u16 r|5002 1 u16 r|5003 1 u16 r
5004 1 u16 r|5005 1 u16 r|5006 1 u16 w|5007 1 u16 w|5008 1 u16 w|5009 1 u16 w|5010 1 u16 w|5016 16 text r
5032 16 text r|5048 8 text r
"""


def rows(profile: str) -> set[str]:
    return {
        f"{r.address} {r.size} {r.kind.value} {'w' if r.write is not None else 'r'}" for r in layout(profile).registers
    }


def test_the_map_is_the_one_that_is_documented() -> None:
    assert rows("evlink") == set(MAP.strip().replace("\n", "|").split("|"))


def test_the_document_names_every_register_and_no_other() -> None:
    """docs/modbus.md: its tables are the map."""
    text = (Path(__file__).parents[2] / "docs" / "modbus.md").read_text(encoding="utf-8")
    tables = text.partition("## Registers")[2].partition("## Commands")[0]
    cells = re.findall(r"^\| ([0-9][0-9,; ]*) \| (?:u|f|text)", tables, re.MULTILINE)
    named = [int(number) for cell in cells for number in re.findall(r"[0-9]+", cell)]
    assert sorted(named) == [int(row.split()[0]) for row in sorted(rows("evlink"), key=lambda row: int(row.split()[0]))]


def test_the_profiles_differ_in_register_150_alone() -> None:
    """Map, 1c: it is the command register, or the younger generation's OCPP status."""
    assert rows("pro") ^ rows("evlink") == {"150 1 u16 w", "150 1 u16 r"}


def test_only_single_words_can_be_written_so_that_none_is_ever_torn() -> None:
    assert {r.size for r in layout("evlink").registers if r.write is not None} == {1}


def charging(profile: str = "evlink", **config: Any) -> Site:
    site = Site(profile, name="Borne 1", **config)
    site.write(932, 1)
    site.write(301, 32)
    site.bench.plug()
    site.bench.charge(amps=16.0)
    site.bench.see(energy_mvas=70_008 * 3_600_000, current_a=(16.0, 15.0, 14.0))
    site.refresh()
    return site


def test_the_parking_board_has_its_high_word_first() -> None:
    site = charging()
    assert [site.f32(a) for a in (350, 352, 354)] == pytest.approx([16, 15, 14])
    assert site.whole(356, 2) == 70_008
    assert site.read(356, 2) == [1, 4472]
    assert site.f32(358) == pytest.approx(45 * 230 / 1000)
    assert [site.f32(a) for a in (360, 362, 364)] == pytest.approx([230 * math.sqrt(3)] * 3)
    assert [site.f32(a) for a in (366, 368, 370)] == [230.0] * 3
    assert (site.one(6), site.one(8), site.one(9)) == (9, 4, 255)


def test_the_younger_generation_has_its_low_word_first() -> None:
    """A traced device answers 21008 Wh with the words 0x5210 0 0 0; here 70008 Wh."""
    site = charging()
    assert site.read(3203, 4) == [4472, 1, 0, 0]
    assert site.f32(3059, low_first=True) == pytest.approx(45 * 230 / 1000)
    assert [site.f32(a, low_first=True) for a in (2999, 3001, 3003, 3009)] == pytest.approx([16, 15, 14, 15])
    assert [site.f32(a, low_first=True) for a in (3027, 3029, 3031, 3035)] == [230.0] * 4
    assert [site.f32(a, low_first=True) for a in (3053, 3055, 3057)] == pytest.approx([3.68, 3.45, 3.22])
    assert site.f32(3075, low_first=True) == pytest.approx(10.35)
    assert (site.one(1), site.one(1150), site.one(4004)) == (8, 1, 32)


def test_what_is_not_measured_says_so() -> None:
    """Power factor, frequency and reactive energy: not a number, and the value that means none."""
    site = charging()
    assert math.isnan(site.f32(3083, low_first=True))
    assert math.isnan(site.f32(3109, low_first=True))
    assert site.whole(3219, 4, low_first=True) == 0x8000_0000_0000_0000


def test_a_single_phase_station_has_one_voltage() -> None:
    site = Site(phases=1)
    assert [site.f32(a) for a in (360, 366, 368)] == [0.0, 230.0, 0.0]
    assert site.f32(3035, low_first=True) == 230.0


def test_times_and_energy_of_the_session() -> None:
    site = charging()
    for _ in range(10):
        site.write(932, 1)
        site.tick(1.0)
    assert site.whole(2004, 2) == site.whole(4009, 2, low_first=True) == pytest.approx(10, abs=2)
    assert site.whole(30, 2) == site.whole(4007, 2, low_first=True) == pytest.approx(10, abs=2)
    assert site.whole(4012, 2, low_first=True) == 70_008


def test_profile_pro_tells_ocpps_status_in_150() -> None:
    site = charging("pro")
    assert site.one(150) == 3
    assert site.write(150, 4) == 2
    site.bench.see(contactor=False, ev=EvState.B_M12V)
    site.refresh()
    assert site.one(150) == 4
    assert site.one(150, unit=2) == 1


@pytest.mark.parametrize(
    ("reading", "cpw", "ev", "pro"),
    [
        ({"ev": EvState.A}, 1, 0, 6),
        ({"ev": EvState.A, "cable_a": 32}, 2, 0, 6),
        ({"ev": EvState.F}, 0, 8, 1),
        ({"ev": EvState.E, "faults": frozenset({Evt.SHORT_CIRCUIT})}, 14, 7, 10),
        ({"ev": EvState.A, "faults": frozenset({Evt.CONTACTOR_STATE})}, 13, 0, 2),
        ({"ev": EvState.B}, 4, 1, 3),
        ({"ev": EvState.C}, 5, 3, 3),
        ({"ev": EvState.D}, 6, 5, 3),
    ],
)
def test_states_of_an_outlet_that_does_not_charge(reading: dict[str, Any], cpw: int, ev: int, pro: int) -> None:
    """Registers 6, 8 and 1 by the lists of the field."""
    site = Site(authentication="station")
    site.bench.see(**reading)
    site.refresh()
    assert (site.one(6), site.one(8), site.one(1)) == (cpw, ev, pro)


@pytest.mark.parametrize(
    ("reading", "cpw", "pro"),
    [
        ({"ev": EvState.B_M12V, "contactor": False}, 7, 7),
        ({"ev": EvState.C_M12V, "contactor": False}, 8, 7),
        ({"ev": EvState.C_M12V, "contactor": True}, 9, 8),
        ({"ev": EvState.D_M12V, "contactor": False}, 10, 7),
        ({"ev": EvState.D_M12V, "contactor": True}, 11, 9),
    ],
)
def test_states_of_an_outlet_that_charges(reading: dict[str, Any], cpw: int, pro: int) -> None:
    site = charging()
    site.bench.see(**reading)
    site.refresh()
    assert (site.one(6), site.one(1)) == (cpw, pro)


def test_events_are_bits_of_two_words() -> None:
    """Bit n - 1 is Evt #n: the power meter's is bit 11 of register 23 (N-16)."""
    site = Site()
    site.bench.see(faults=frozenset({Evt.POWER_METER, Evt.RFID_READER, Evt.PILOT, Evt.SUPERVISION}))
    site.refresh()
    assert site.one(23) == 1 << 11 | 1
    assert site.one(24) == 1 << 0 | 1 << 13


@pytest.mark.parametrize(
    ("fault", "status"),
    [(Evt.SHORT_CIRCUIT, 7), (Evt.OVERLOAD, 8), (Evt.VENTILATION, 10), (Evt.CONTACTOR_STATE, 11),
     (Evt.UPSTREAM_PROTECTION, 0), (Evt.EV_DISCONNECTED, 6)],
)  # fmt: skip
def test_how_the_last_charge_ended(fault: Evt, status: int) -> None:
    site = charging()
    site.bench.see(faults=frozenset({fault}))
    site.bench.see(contactor=False)
    site.refresh()
    assert site.one(9) == status


def test_a_charge_that_a_manager_ended_is_cancelled_by_supervision() -> None:
    site = charging()
    site.write(150, 3)
    site.bench.see(contactor=False)
    site.refresh()
    assert (site.one(9), site.one(4011)) == (9, 8)


def test_texts() -> None:
    site = charging()
    assert (site.text(5016, 16), site.text(5048, 8)) == ("Borne 1", "1.2.3")
    assert [site.text(5032, 16, unit=u) for u in (255, 1, 2)] == ["3N170941686A1", "3N170941686A1", "3N170941686A2"]
    assert Site(name="é" * 40).text(5016, 16) == "é" * 16


def test_our_own_block() -> None:
    site = charging()
    for _ in range(20):
        site.write(932, 1)
        site.tick(1.0)
    site.tick(2.0)
    assert site.read(5000, 6) == [1, 320, 1, 1 << 3, 0, 3]
    site.write(301, 20)
    assert site.read(5001, 2) == [200, 7]
    assert Site(remote=RemoteRules()).one(5005) == 0xFFFF


def test_every_command_is_in_one_of_the_tables() -> None:
    assert {*PARKING.values(), *PRO.values()} == set(Command)
    assert all(PARKING[code + 28] is not PARKING[code] for code in (6, 7, 8, 9))


@settings(deadline=None)
@given(st.integers(0, 6000), st.integers(1, 125))
def test_a_read_holds_whole_known_values_or_nothing(address: int, count: int) -> None:
    """A span is readable exactly where it begins and ends between values and knows every address."""
    found = layout("evlink")
    inside = {r.address + k for r in found.registers for k in range(1, r.size)}
    known = inside | {r.address for r in found.registers}
    reserved = {a for first, last in
                ((6, 31), (350, 371), (932, 933), (2999, 3010), (3027, 3036), (3053, 3060), (4000, 4013), (5000, 5015))
                for a in range(first, last + 1)}  # fmt: skip
    span = set(range(address, address + count))
    whole = address not in inside and address + count not in inside
    assert found.readable(address, count) == (whole and span <= known | reserved)


def alone(kind: Kind, value: float, low_first: bool) -> bytes:
    """The words of a map with one register, at address 3."""
    one: Register[Any, Any] = Register(3, kind, "one", lambda view: value, low_first)
    return Layout[Any, Any]((one,)).image(None)[6:]


@settings(deadline=None)
@given(st.sampled_from([Kind.U16, Kind.U32, Kind.U64]), st.integers(-(2**70), 2**70), st.booleans())
def test_whole_numbers_stay_within_their_type(kind: Kind, value: int, low_first: bool) -> None:
    """16 bits are clamped, longer counters roll over; the words are those of the number, in either order."""
    words = {Kind.U16: 1, Kind.U32: 2, Kind.U64: 4}[kind]
    data = alone(kind, value, low_first)
    assert len(data) == 2 * words
    pairs = [data[k : k + 2] for k in range(0, len(data), 2)]
    found = int.from_bytes(b"".join(reversed(pairs) if low_first else pairs), "big")
    assert found == (min(max(value, 0), 0xFFFF) if kind is Kind.U16 else value % (1 << 16 * words))


@settings(deadline=None)
@given(st.floats(allow_nan=True, allow_infinity=True))
def test_any_float_can_be_shown(value: float) -> None:
    data = alone(Kind.F32, value, False)
    (found,) = struct.unpack(">f", data)
    assert math.isnan(found) or found == pytest.approx(value, rel=1e-6, abs=1e-40)


def test_two_registers_in_one_place_are_a_fault_of_ours() -> None:
    def zero(view: object) -> int:
        return 0

    with pytest.raises(ValueError, match="register 11 is both energy and power"):
        Layout[Any, Any]((Register(10, Kind.U32, "energy", zero), Register(11, Kind.U16, "power", zero)))
