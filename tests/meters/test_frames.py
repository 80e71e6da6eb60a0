"""Frames of the reader, against pymodbus's framers and against noise (Modbus over serial line, 2.5 and 6.2)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from pymodbus.framer import FramerRTU, FramerSocket
from pymodbus.pdu import DecodePDU
from pymodbus.pdu.register_message import ReadHoldingRegistersRequest, ReadInputRegistersRequest

from evlink.modbus.bus import Read
from evlink.modbus.frames import Found, crc16, serial_piece, serial_question, tcp_question
from tests.meters.device import crc, reply_frame

READS = st.builds(
    Read,
    unit=st.integers(1, 255),
    address=st.integers(0, 65535 - 125),
    count=st.integers(1, 125),
    function=st.sampled_from((3, 4)),
)


@given(READS, st.integers(0, 65535))
def test_questions_are_what_pymodbus_asks(read: Read, number: int) -> None:
    kind = ReadHoldingRegistersRequest if read.function == 3 else ReadInputRegistersRequest
    request = kind(address=read.address, count=read.count, dev_id=read.unit, transaction_id=number)
    assert serial_question(read) == FramerRTU(DecodePDU(False)).buildFrame(request)
    assert tcp_question(read, number) == FramerSocket(DecodePDU(False)).buildFrame(request)


@given(st.binary(max_size=260))
def test_the_check_sum(data: bytes) -> None:
    assert crc16(data).to_bytes(2, "little") == crc(data)
    assert crc16(data).to_bytes(2, "little") == FramerRTU.compute_CRC(data).to_bytes(2, "big")


@given(READS, st.data())
def test_a_reply_comes_out_whole_and_only_whole(read: Read, data: st.DataObject) -> None:
    values = data.draw(st.lists(st.integers(0, 65535), min_size=read.count, max_size=read.count))
    frame = reply_frame(read.unit, read.function, values)
    assert serial_piece(frame, read).words == tuple(values)
    cut = data.draw(st.integers(0, len(frame) - 1))
    assert serial_piece(frame[:cut], read).found is Found.PART


@given(READS, st.binary(max_size=8), st.data())
def test_a_reply_is_found_behind_noise_and_behind_a_foreign_frame(
    read: Read, noise: bytes, data: st.DataObject
) -> None:
    """What pymodbus's framer drops: a second frame in what a read brought."""
    values = data.draw(st.lists(st.integers(0, 65535), min_size=read.count, max_size=read.count))
    other = reply_frame(read.unit % 255 + 1, read.function, [1, 2, 3])
    piece = serial_piece(other + reply_frame(read.unit, read.function, values), read)
    assert piece.found is Found.FOREIGN
    assert serial_piece(piece.rest, read).words == tuple(values)
    quiet = bytes(byte | 0x80 for byte in noise)  # no function code 3 or 4, so no frame by chance
    found = serial_piece(quiet[:1] * len(quiet) + reply_frame(read.unit, read.function, values), read)
    assert found.found in (Found.REPLY, Found.EXCEPTION, Found.FOREIGN)
    if found.found is Found.REPLY:
        assert found.words == tuple(values)


@given(READS, st.data())
def test_a_flipped_bit_is_never_believed(read: Read, data: st.DataObject) -> None:
    values = data.draw(st.lists(st.integers(0, 65535), min_size=read.count, max_size=read.count))
    frame = bytearray(reply_frame(read.unit, read.function, values))
    bit = data.draw(st.integers(0, 8 * len(frame) - 1))
    frame[bit // 8] ^= 1 << bit % 8
    assert serial_piece(bytes(frame), read).found is not Found.REPLY


@given(READS, st.binary(max_size=300))
def test_no_bytes_raise(read: Read, received: bytes) -> None:
    piece = serial_piece(received, read)
    assert piece.found in Found
    assert len(piece.rest) <= len(received)


def test_a_reply_of_another_length_is_a_late_one() -> None:
    """modbus research 3, defect 9: currents came back as voltages."""
    read = Read(2, 2999, 6)
    assert serial_piece(reply_frame(2, 3, [0] * 14), read).found is Found.FOREIGN
    assert serial_piece(reply_frame(2, 4, [0] * 6), read).found is Found.FOREIGN
    assert serial_piece(bytes((2, 0x83, 2)) + crc(bytes((2, 0x83, 2))), read).code == 2
