"""The Modbus server: exceptions, handshake, who may write, and what any bytes do to it (docs/modbus.md)."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evlink.domain.remote_control import RemoteRules
from evlink.modbus import sayings, server
from evlink.modbus.gate import Access, networks
from evlink.modbus.identity import Identity, asked
from tests.unit.modbus_bench import MANAGER, OTHER, Site

FUNCTION, ADDRESS, VALUE, BUSY, NO_UNIT = 1, 2, 3, 6, 0x0B
WRITABLE = (150, 301, 310, 932, 4000, 4001, 4004, 4005, 4006, 5006, 5007, 5008, 5009, 5010)


@pytest.mark.parametrize("address", [0, 2, 149, 151, 300, 302, 371 + 1, 1149, 2006, 5056, 65535])
def test_unknown_registers_are_exception_2(address: int) -> None:
    assert Site().ask(struct.pack(">BHH", 3, address, 1)) == bytes([0x83, ADDRESS])


@pytest.mark.parametrize(("address", "count"), [(350, 1), (351, 1), (351, 2), (349, 3), (3203, 2), (5016, 8), (357, 4)])
def test_half_a_value_is_exception_2(address: int, count: int) -> None:
    """A client that reads half a float gets nothing rather than half of it."""
    assert Site().ask(struct.pack(">BHH", 4, address, count)) == bytes([0x84, ADDRESS])


@pytest.mark.parametrize("count", [0, 126, 1000, 65535])
def test_too_much_or_nothing_is_exception_3(count: int) -> None:
    """Modbus application protocol 6.3: 1 to 125 registers; pymodbus answers function code 0x80 here."""
    assert Site().ask(struct.pack(">BHH", 3, 350, count)) == bytes([0x83, VALUE])


def test_holes_within_a_block_read_as_nothing() -> None:
    """Energy managers read blocks across registers that they don't use."""
    site = Site()
    assert site.read(6, 4)[1] == 0
    assert len(site.read(350, 22)) == 22
    assert len(site.read(2999, 12)) == 12
    assert len(site.read(4000, 14)) == 14


@pytest.mark.parametrize("function", [0, 1, 2, 5, 7, 8, 15, 17, 20, 22, 23, 24, 42, 99, 0x83, 0xFF])
def test_unknown_functions_are_exception_1_with_their_code(function: int) -> None:
    assert Site().ask(bytes([function, 0, 1, 0, 1])) == bytes([function | 0x80, FUNCTION])


@pytest.mark.parametrize("unit", [0, 3, 100, 247, 254])
def test_unknown_units_are_exception_11(unit: int) -> None:
    assert Site().ask(struct.pack(">BHH", 3, 350, 2), unit) == bytes([0x83, NO_UNIT])


def test_units_255_and_1_are_the_first_outlet_and_2_the_second() -> None:
    site = Site()
    site.write(301, 10, unit=1)
    site.write(301, 20, unit=2)
    assert [site.one(301, unit=u) for u in (255, 1, 2)] == [10, 10, 20]


def test_a_station_with_one_outlet_has_no_unit_2() -> None:
    from evlink.domain.state import OutletConfig

    site = Site(outlets=(OutletConfig(1),))
    assert site.ask(struct.pack(">BHH", 3, 350, 2), 2) == bytes([0x83, NO_UNIT])


def test_functions_3_and_4_read_the_same() -> None:
    site = Site()
    assert site.read(350, 22, function=3) == site.read(350, 22, function=4)


@pytest.mark.parametrize("many", [False, True])
def test_a_set_point_reads_back_as_written_behind_both_addresses(many: bool) -> None:
    site = Site()
    assert site.write(301, 13, many=many) == 0
    assert (site.one(301), site.one(4004)) == (13, 13)
    assert site.write(4004, 7, many=many) == 0
    assert (site.one(301), site.one(4004)) == (7, 7)


@pytest.mark.parametrize(("address", "value"), [(301, 33), (301, 65535), (4004, 99), (932, 0), (932, 3), (150, 1),
                                                (150, 77), (4001, 4), (5006, 5), (5007, 33), (5008, 2), (5008, 61),
                                                (5009, 9), (5010, 15), (4006, 15)])  # fmt: skip
def test_bad_values_are_exception_3_and_change_nothing(address: int, value: int) -> None:
    site = Site()
    before = site.bench.state
    assert site.write(address, value) == VALUE
    assert site.bench.state == before
    assert site.refusals
    peer, why = site.refusals[-1]
    assert (peer, "allowed" in why.en, "autorisé" in why.fr) == (MANAGER, True, True)


@pytest.mark.parametrize("address", [6, 20, 350, 933, 4002, 4007, 5000, 5001, 5016, 7, 12345])
def test_what_is_read_only_or_unknown_can_not_be_written(address: int) -> None:
    assert Site().write(address, 1) == ADDRESS


def test_a_request_is_taken_whole_or_not_at_all() -> None:
    """A span may hold writable registers only, and each value must be right."""
    site = Site()
    assert site.write(5006, 6, 6) == 0
    assert site.read(5006, 2) == [6, 6]
    assert site.write(5009, 7, 99) == VALUE
    assert site.write(5010, 7, 1) == ADDRESS
    assert site.read(5009, 2) == [8, 14]


@pytest.mark.parametrize(
    "request_",
    ["03", "0301", "03015e00", "03015e000200", "06012d", "06012d000a00", "10012d0001", "10012d000102", "10012d00010200",
     "10012d000003000a", "10012d000104000a000b", "10012d000204000a", "100000007c00", "2b", "2b0e", "2b0e01",
     "2b0e010000"],
)  # fmt: skip
def test_requests_of_the_wrong_length_are_exception_3(request_: str) -> None:
    request = bytes.fromhex(request_)
    assert Site().ask(request) == bytes([request[0] | 0x80, VALUE])


def test_without_external_control_every_write_is_exception_2_and_reads_go_on() -> None:
    """Map, behaviour 2: what old firmware did."""
    site = Site(remote=RemoteRules())
    for address in WRITABLE:
        assert site.write(address, 1) == ADDRESS
    assert "external_system_control" in site.refusals[-1][1].en
    assert site.one(301) == 32


def test_who_is_not_in_the_write_list_only_reads() -> None:
    site = Site(writers=MANAGER)
    assert site.write(301, 10, peer=OTHER) == ADDRESS
    peer, why = site.refusals[-1]
    assert peer == OTHER
    assert "write_allow" in why.en
    assert "write_allow" in why.fr
    assert site.write(301, 10, peer=MANAGER) == 0
    assert Site(writers="").write(301, 10, peer="127.0.0.1") == 0
    assert Site(writers="").write(301, 10, peer=MANAGER) == ADDRESS


def test_only_one_client_holds_the_remote_control_until_it_falls_silent() -> None:
    site = Site()
    assert site.write(932, 1) == 0
    assert site.write(301, 10, peer=OTHER) == BUSY
    assert site.refusals[-1] == (OTHER, sayings.held_by(MANAGER))
    site.tick(10)
    assert site.write(932, 1) == 0
    site.tick(10)
    assert site.write(301, 10, peer=OTHER) == BUSY
    site.tick(6)
    assert site.write(301, 10, peer=OTHER) == 0
    assert site.write(932, 1) == BUSY


def test_the_orderly_end_lets_another_client_in_at_once() -> None:
    site = Site()
    site.write(932, 1)
    assert site.write(932, 2) == 0
    assert site.write(932, 1, peer=OTHER) == 0


@pytest.mark.parametrize(("register", "status", "code", "undo"), [(150, 20, 4, 5), (150, 20, 6, 34), (150, 20, 7, 35),
                                                                  (150, 20, 8, 36), (150, 20, 9, 37)])  # fmt: skip
def test_the_handshake_of_the_command_register(register: int, status: int, code: int, undo: int) -> None:
    """Write the code, poll until the status echoes it, write 0, and the status is 0 again."""
    site = Site(slow=True)
    site.write(932, 1)
    site.write(301, 32)
    site.bench.plug()
    for order in (code, undo):
        assert site.write(register, order) == 0
        assert (site.one(register), site.one(status)) == (order, 0)
        assert site.write(register, 3) == BUSY
        site.settle()
        assert (site.one(register), site.one(status)) == (order, order)
        assert site.write(register, 0) == 0
        site.settle()
        assert (site.one(register), site.one(status)) == (0, 0)


def test_the_younger_generations_handshake() -> None:
    site = Site()
    site.write(4000, 1)
    assert site.write(4001, 41) == 0
    assert site.whole(4002, 2, low_first=True) == 41
    assert site.one(5003) >> 12 & 1 == 1
    assert site.write(4001, 40) == 0
    assert site.one(5003) >> 12 & 1 == 0
    assert site.one(20) == 0


def test_a_command_that_can_not_be_carried_out_shows_0x8000() -> None:
    site = Site(authentication="station")
    assert site.write(150, 5) == 0
    assert site.one(20) == 0x8000


def test_the_life_bit_is_reset_by_the_station() -> None:
    site = Site(slow=True)
    site.write(932, 1)
    assert (site.one(932), site.one(4000)) == (1, 1)
    site.settle()
    assert (site.one(932), site.one(4000)) == (0, 0)


def test_degraded_mode_shows_in_933() -> None:
    site = Site()
    assert site.one(933) == 2
    site.write(932, 1)
    assert site.one(933) == 0
    site.tick(17)
    assert site.one(933) == 2
    assert site.one(24) >> 12 & 1 == 1  # Evt #29


def test_the_maximum_of_all_outlets_needs_load_balancing() -> None:
    assert Site().write(310, 40) == ADDRESS
    site = Site(balancing=True)
    assert site.one(310) == 64
    assert site.write(310, 40) == 0
    assert site.one(310) == 40
    assert site.write(310, 65) == VALUE


def test_a_flood_of_writes_is_told_to_wait() -> None:
    site = Site()
    codes = [site.write(301, n % 30) for n in range(200)]
    assert set(codes) == {0, BUSY}
    site.tick(2)
    assert site.write(301, 5) == 0


def test_accepted_writes_are_kept_for_the_report_without_life_bits() -> None:
    site = Site()
    site.write(932, 1)
    site.write(301, 10)
    site.write(301, 20, peer=OTHER)
    (kept,) = site.server.writes
    assert (kept.peer, kept.outlet, kept.address, kept.old, kept.new) == (MANAGER, 1, 301, 14, 10)
    for n in range(600):
        site.write(301, n % 20)
        site.bench.at += 1
    assert len(site.server.writes) == server.MOST_WRITES


# Device identification


def test_device_identification() -> None:
    """FC 43/14: basic objects as a stream."""
    answer = Site().ask(bytes([43, 14, 1, 0]))
    assert answer[:7] == bytes([43, 14, 1, 0x82, 0, 0, 3])
    assert answer[7:] == b"\x00\x06EVlink\x01\x0bEVF2S22P22R\x02\x051.2.3"


OBJECTS = Identity("V", "C", "1.0", "P", "M", "A").objects()


@pytest.mark.parametrize(
    ("read_code", "object_id", "found"),
    [(1, 0, [0, 1, 2]), (1, 1, [1, 2]), (1, 9, [0, 1, 2]), (2, 0, [0, 1, 2, 4, 5, 6]), (2, 3, [0, 1, 2, 4, 5, 6]),
     (3, 0, [0, 1, 2, 4, 5, 6]), (4, 5, [5]), (4, 3, 2), (4, 200, 2), (0, 0, 3), (5, 0, 3)],
)  # fmt: skip
def test_which_objects_are_told(read_code: int, object_id: int, found: Any) -> None:
    """Modbus application protocol 6.21; a level above ours is answered with ours."""
    answer = asked(OBJECTS, read_code, object_id)
    assert (answer if isinstance(answer, int) else list(answer)) == found


def test_other_uses_of_function_43_are_exception_1() -> None:
    assert Site().ask(bytes([43, 13, 1, 0])) == bytes([0xAB, FUNCTION])


# Access


@pytest.mark.parametrize(
    ("allow", "write", "peer", "reads", "writes"),
    [
        ("", "", "10.0.0.1", True, False),
        ("", "", "127.0.0.1", True, True),
        ("192.168.0.0/24", "", "10.0.0.1", False, False),
        ("192.168.0.0/24", "", "192.168.0.9", True, False),
        ("192.168.0.0/24", "", "127.0.0.1", True, True),
        ("192.168.0.0/24", "10.0.0.1", "10.0.0.1", True, True),
        ("", "192.168.0.7/24,10.0.0.5", "192.168.0.99", True, True),
        ("10.0.0.0/8", "", "fe80::1", False, False),
        ("10.0.0.0/8", "", "::ffff:10.0.0.1", True, False),
    ],
)
def test_allow_lists(allow: str, write: str, peer: str, reads: bool, writes: bool) -> None:
    access = Access(networks(allow), networks(write))
    assert (access.may_read(peer), access.may_write(peer)) == (reads, writes)


# Any bytes


@settings(max_examples=300, deadline=None)
@given(st.binary(min_size=1, max_size=253), st.integers(0, 255))
def test_no_request_brings_it_down(request: bytes, unit: int) -> None:
    """Whatever comes, the answer is the function's own or its exception, and fits a frame."""
    site = Site()
    answer = site.ask(request, unit)
    assert 2 <= len(answer) <= 253
    assert answer[0] & 0x7F == request[0] & 0x7F
    if answer[0] & 0x80:
        assert len(answer) == 2
        assert answer[1] in (FUNCTION, ADDRESS, VALUE, BUSY, NO_UNIT)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from((*WRITABLE, 6, 20)), st.integers(0, 70), st.sampled_from((255, 2))), max_size=20)
)
def test_writes_in_any_order_never_raise_the_installers_limits(writes: list[tuple[int, int, int]]) -> None:
    """Setpoints with the installer's limits as ceiling (R-144), whatever is written."""
    site = Site(balancing=True)
    site.write(932, 1)
    for address, value, unit in writes:
        site.write(address, value, unit=unit)
        site.tick(0.5)
    for outlet in site.bench.state.outlets:
        assert outlet.limit.amps <= 32
    assert site.one(301) <= 32


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 2**33), min_size=2, max_size=12))
def test_a_long_value_is_never_torn(values: list[int]) -> None:
    """Between two publications a read shows the number that was published, whole, in both word orders."""
    site = Site(slow=True)
    for wh in sorted(values):
        before = (site.whole(356, 2), site.whole(3203, 4, low_first=True))
        site.bench.see(energy_mvas=wh * 3_600_000)
        # Not published yet: still the old number, whole.
        assert (site.whole(356, 2), site.whole(3203, 4, low_first=True)) == before
        site.refresh()
        assert site.whole(356, 2) == wh % 2**32
        assert site.whole(3203, 4, low_first=True) == wh
