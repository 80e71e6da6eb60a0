"""The conversion of ADC scans as Python sees it."""

from collections.abc import Sequence
from typing import TypeAlias

# offset and size in bytes, big-endian, signed, bits, shift, gain, zero, whether the ADC's ends count as clipped
_Column: TypeAlias = tuple[int, int, bool, bool, int, int, float, float, bool]

class Converter:
    """The conversion of one outlet's four columns: `size` bytes a raw frame, `factor` raw frames a sample."""

    def __init__(self, size: int, factor: int, columns: Sequence[_Column | None]) -> None:
        """A column None stays 0. ValueError where a column lies outside the frame or its integer."""
    def convert(self, raw: bytes | bytearray | memoryview) -> bytes:
        """int16 samples, interleaved, from a whole number of raw frames; ValueError for another length."""

def mean(raw: bytes | bytearray | memoryview, size: int, column: _Column) -> float:
    """Mean of a column over raw frames of `size` bytes, gain and zero applied; ValueError for no whole frame."""

def plug_ohm(millivolts: float, pullup_mv: float, pullup_ohm: float, open_ohm: float) -> int:
    """The plug resistor that a divider's voltage means, in ohms; -1 = open."""
