"""The board protocol's wire form (docs/board-protocol.md)."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evlink.hardware import board

headers = st.builds(
    board.BlockHeader,
    outlet=st.integers(1, 255),
    sequence=st.integers(0, 2**64 - 1),
    frames=st.integers(0, 50),
    plug_ohm=st.integers(-1, 2**31 - 1),
    inputs=st.integers(0, 2**32 - 1),
    feedback=st.integers(0, 2**32 - 1),
    lost=st.integers(0, 15),
    stamp_ns=st.integers(0, 2**64 - 1),
)
outputs = st.builds(
    board.Outputs,
    outlet=st.integers(1, 255),
    sequence=st.integers(0, 2**64 - 1),
    contactor=st.booleans(),
    duty=st.integers(0, 10_000),
    pilot_on=st.booleans(),
    lock=st.booleans(),
    light=st.integers(0, 255),
    beeps=st.integers(0, 255),
)


def test_block_stands_at_the_offsets_of_the_table() -> None:
    """Every field of a block lies where docs/board-protocol.md says."""
    header = board.BlockHeader(2, 7, 1, 220, 0x81, 3, lost=6, stamp_ns=10**18)
    raw = board.Block(header, struct.pack("<4h", 9000, -1, 2, -3)).pack()
    assert len(raw) == 48 + 8
    assert raw[0:8] == b"EBLK\x01\x00\x02\x06"
    assert struct.unpack_from("<QIiIIQ", raw, 8) == (7, 1, 220, 0x81, 3, 10**18)
    assert raw[40:48] == bytes(8)
    assert struct.unpack_from("<4h", raw, 48) == (9000, -1, 2, -3)


def test_outputs_stand_at_the_offsets_of_the_table() -> None:
    """Every field of the outputs lies where docs/board-protocol.md says; beeps run modulo 256."""
    raw = board.Outputs(1, 9, True, 5333, True, True, 4, 258).pack()
    assert len(raw) == 32
    assert raw[0:8] == b"EOUT\x01\x00\x01\x01"
    assert struct.unpack_from("<QHBBBB", raw, 8) == (9, 5333, 1, 1, 4, 2)
    assert raw[22:32] == bytes(10)


@given(headers, st.data())
def test_block_comes_back_as_it_went(header: board.BlockHeader, data: st.DataObject) -> None:
    """unpack(pack(block)) is the block."""
    size = header.frames * 8
    block = board.Block(header, data.draw(st.binary(min_size=size, max_size=size)))
    assert board.unpack_block(block.pack()) == block


@given(outputs)
def test_outputs_come_back_as_they_went(value: board.Outputs) -> None:
    """unpack(pack(outputs)) are the outputs."""
    assert board.unpack_outputs(value.pack()) == value


GOOD_BLOCK = board.Block(board.BlockHeader(1, 1, 1), bytes(8)).pack()
GOOD_OUTPUTS = board.Outputs(1, 1).pack()


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"", "A block has at least 48 bytes, this one has 0."),
        (b"XXXX" + GOOD_BLOCK[4:], "The block's magic is 0x58585858, expected 0x4b4c4245."),
        (GOOD_BLOCK[:4] + b"\x02\x00" + GOOD_BLOCK[6:], "version 2 of the board protocol, expected 1"),
        (GOOD_BLOCK + b"\x00", "1 frames are 8 bytes, the block carries 9."),
    ],
)
def test_bad_block_is_one_sentence(raw: bytes, sentence: str) -> None:
    """A malformed block is refused in words that name what is wrong."""
    with pytest.raises(ValueError, match=sentence):
        board.unpack_block(raw)


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (GOOD_OUTPUTS[:-1], "Outputs have 32 bytes, these have 31."),
        (b"XXXX" + GOOD_OUTPUTS[4:], "magic is 0x58585858, expected 0x54554f45"),
        (GOOD_OUTPUTS[:4] + b"\x02\x00" + GOOD_OUTPUTS[6:], "version 2 of the board protocol, expected 1"),
        (board.Outputs(1, 1, duty=10_001).pack(), "duty is 10001, allowed are 0 to 10000"),
    ],
)
def test_bad_outputs_are_one_sentence(raw: bytes, sentence: str) -> None:
    """Malformed outputs are refused in words that name what is wrong."""
    with pytest.raises(ValueError, match=sentence):
        board.unpack_outputs(raw)


def test_bits_are_those_of_the_core() -> None:
    """The bits that board.py repeats for boards without the core are the core's own."""
    core = pytest.importorskip("evlink._core")
    names = [name for name in vars(board) if name.startswith(("INPUT_", "FEEDBACK_"))]
    assert len(names) == 11
    for name in names:
        assert getattr(board, name) == getattr(core, name), name
    assert board.FRAMES == core.BLOCK
