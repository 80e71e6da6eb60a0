"""Scan elements of IIO and their conversion: every integer form, alignment, calibration, decimation, the ends."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evlink.hardware._convert import Converter, mean
from evlink.hardware.linux import iio
from evlink.hardware.linux.description import Adc
from evlink.hardware.linux.iio import Capture, ScanType, column, find, frame, scan_type
from evlink.hardware.linux.sysfs import HardwareError, write
from tests.unit.linux_tree import TYPES, Tree, put


@st.composite
def forms(draw: st.DrawFn) -> ScanType:
    """Any form that a scan element may have."""
    storage = draw(st.sampled_from((1, 2, 4, 8)))
    bits = draw(st.integers(1, 8 * storage))
    if bits > 53:
        bits = 53  # beyond it a double is no exact sample, and no ADC goes there
    shift = draw(st.integers(0, 8 * storage - bits))
    return ScanType(draw(st.booleans()), draw(st.booleans()), bits, storage, shift)


def stored(value: int, form: ScanType, noise: int) -> bytes:
    """A raw value as the kernel stores it, with other bits around it."""
    room = (1 << 8 * form.storage) - 1
    mask = ((1 << form.bits) - 1) << form.shift
    word = ((value << form.shift) & mask) | (noise & ~mask & room)
    return word.to_bytes(form.storage, "big" if form.big else "little")


@given(st.lists(forms(), min_size=4, max_size=4), st.data())
def test_every_form_is_read(shapes: list[ScanType], data: st.DataObject) -> None:
    """Each channel's value comes out of its bits alone, whatever stands in the others."""
    layout = frame((n, f"c{n}", form) for n, form in enumerate(shapes))
    raw = bytearray(data.draw(st.binary(min_size=layout.size, max_size=layout.size)))
    want = []
    for element in layout.elements.values():
        form = element.type
        least, most = (-(1 << form.bits - 1), (1 << form.bits - 1) - 1) if form.signed else (0, (1 << form.bits) - 1)
        value = data.draw(st.integers(least, most))
        noise = data.draw(st.integers(0, (1 << 64) - 1))
        raw[element.offset : element.offset + form.storage] = stored(value, form, noise)
        want.append(max(-32767, min(32767, value)))
    columns = [column(element, 1.0, 0.0) for element in layout.elements.values()]
    assert list(struct.unpack("<4h", Converter(layout.size, 1, columns).convert(bytes(raw)))) == want


@given(st.lists(st.integers(0, 4095), min_size=6, max_size=6), st.floats(-20, 20), st.floats(-500, 500))
def test_decimation_is_the_mean(values: list[int], gain: float, zero: float) -> None:
    """Three raw frames a sample give their mean, calibrated and rounded to the nearest."""
    raw = b"".join(v.to_bytes(2, "big") for v in values)
    got = struct.unpack(
        "<8h", Converter(2, 3, [(0, 2, True, False, 12, 0, gain, zero, False), None, None, None]).convert(raw)
    )
    for k in range(2):
        exact = sum(values[3 * k : 3 * k + 3]) / 3 * gain + zero
        assert abs(got[4 * k] - max(-32767, min(32767, exact))) <= 0.5 + 1e-6
    assert got[1:4] == (0, 0, 0)


@pytest.mark.parametrize(
    ("raw", "signed", "gain", "sample"),
    [
        (0x7FF, True, 1.0, 32767),
        (0x800, True, 1.0, -32767),
        (0x7FF, True, -1.0, -32767),
        (0x800, True, -1.0, 32767),
        (0xFFF, False, 1.0, 32767),
        (0x000, False, 1.0, -32767),
        (0x7FE, True, 1.0, 2046),
    ],
)
def test_current_at_the_end_of_the_adc_is_clipped(raw: int, signed: bool, gain: float, sample: int) -> None:
    """A current at the ADC's own end is the end of the board's scale, which the core takes for a short circuit."""
    form = (0, 2, False, signed, 12, 4, gain, 0.0, True)
    out = Converter(2, 1, [None, form, None, None]).convert(struct.pack("<H", raw << 4))
    assert struct.unpack("<4h", out)[1] == sample
    # One clipped value within a decimated sample is enough.
    three = struct.pack("<3H", 0x100 << 4, raw << 4, 0x100 << 4)
    out = Converter(2, 3, [None, form, None, None]).convert(three)
    assert abs(struct.unpack("<4h", out)[1]) == 32767 or raw == 0x7FE


def test_mean_of_the_slow_channel() -> None:
    """The plug's channel is one mean a block."""
    raw = struct.pack("<4h", 10, 20, 30, 41)
    assert mean(raw, 2, (0, 2, False, True, 16, 0, 2.0, 1.0, False)) == 2.0 * 25.25 + 1.0


@pytest.mark.parametrize("size", [0, 1, 7, 9])
def test_broken_frames_are_refused(size: int) -> None:
    """No conversion of what is no whole number of frames."""
    with pytest.raises(ValueError, match=f"{size} bytes are no whole number of 8 bytes"):
        Converter(8, 1, [None] * 4).convert(bytes(size))


@pytest.mark.parametrize(
    "form",
    [
        (7, 2, False, True, 16, 0, 1.0, 0.0, False),
        (-1, 2, False, True, 16, 0, 1.0, 0.0, False),
        (0, 3, False, True, 16, 0, 1.0, 0.0, False),
        (0, 2, False, True, 17, 0, 1.0, 0.0, False),
        (0, 2, False, True, 12, 5, 1.0, 0.0, False),
    ],
)
def test_columns_outside_the_frame_are_refused(form: tuple[int, int, bool, bool, int, int, float, float, bool]) -> None:
    """A column that lies outside its frame or its integer never reads memory."""
    with pytest.raises(ValueError, match="lie"):
        Converter(8, 1, [form, None, None, None])


def test_layout_is_aligned() -> None:
    """Each element is aligned to its own size, the whole to the largest (iio_devbuf: data is packed by index)."""
    small, wide, long = (scan_type(text) for text in ("le:s12/16>>4", "be:u24/32>>8", "le:s64/64>>0"))
    layout = frame([(9, "t", long), (0, "a", small), (2, "c", small), (1, "b", wide)])
    assert {name: one.offset for name, one in layout.elements.items()} == {"a": 0, "b": 4, "c": 8, "t": 16}
    assert layout.size == 24
    assert frame([(0, "a", small), (1, "b", wide), (2, "c", small)]).size == 12


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("le:s12/16>>4", ""),
        ("be:u24/32X1>>8", ""),
        ("le:s16/16", ""),
        ("me:s12/16>>4", "'me:s12/16>>4' is no scan type; such as 'le:s12/16>>4' is allowed."),
        ("", "'' is no scan type"),
        ("le:s12/24>>4", "stores 24 bits; 8, 16, 32 and 64 are allowed."),
        ("le:s12/16X2>>4", "repeats its value 2 times; one value is allowed."),
        ("le:s14/16>>4", "shifts 14 bits by 4 out of its 16."),
        ("le:s0/16>>0", "shifts 0 bits by 0 out of its 16."),
    ],
)
def test_scan_types(text: str, sentence: str) -> None:
    """The spelling of the kernel's documentation, and a sentence for any other."""
    if not sentence:
        assert scan_type(text).bits in (12, 16, 24)
        return
    with pytest.raises(ValueError, match=r"\.$|is no scan type") as refused:
        scan_type(text)
    assert sentence in str(refused.value)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A machine whose thread is not needed here."""
    made = Tree(tmp_path)
    made.close()
    return made


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (("name", "elsewhere"), "There is no 'station-adc' under .*; there is other-adc, elsewhere."),
        (("scan_elements/in_voltage0_type", "le:s12/16X4>>4"), "in_voltage0_type: .* repeats its value 4 times"),
        (("scan_elements/in_voltage0_index", "first"), "in_voltage0_index holds 'first', which is no number."),
    ],
)
def test_devices_that_cannot_capture(tree: Tree, spoil: tuple[str, str], sentence: str) -> None:
    """A device that is not there, or tells nonsense of itself, is refused in one sentence."""
    put(tree.iio / spoil[0], spoil[1])
    with pytest.raises(HardwareError, match=sentence):
        Capture(tree.root, Adc("adc", "station-adc"), ["in_voltage0"])


def test_unknown_channel_names_those_there_are(tree: Tree) -> None:
    """A channel that the ADC has not is told with those that it has."""
    with pytest.raises(HardwareError, match="no channel 'in_voltage99'; it has in_timestamp, in_voltage0, in_voltage1"):
        Capture(tree.root, Adc("adc", "station-adc"), ["in_voltage99"])


def test_rate_that_does_not_read_back_is_refused(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rate that the ADC makes of it is not believed: samples are never interpolated."""

    def nearest(path: Path, value: str | int) -> None:
        write(path, 99_840 if path.name == "sampling_frequency" else value)  # what the converter's clock divides to

    monkeypatch.setattr(iio, "write", nearest)
    with pytest.raises(HardwareError, match="sampling_frequency is 99840 after setting 100000; only the rate itself"):
        Capture(tree.root, Adc("adc", "station-adc"), ["in_voltage0"])
    (tree.iio / "sampling_frequency").unlink()
    with pytest.raises(HardwareError, match="station-adc has no sampling_frequency to set to 200000"):
        Capture(tree.root, Adc("adc", "station-adc", 200_000), ["in_voltage0"])


def test_device_is_found_by_name_or_directory(tree: Tree) -> None:
    """Names are steady; numbers serve where there is no name."""
    assert find(tree.root, "station-adc") == find(tree.root, "iio:device3") == tree.iio
    assert set(TYPES) == {0, 4, 5}
