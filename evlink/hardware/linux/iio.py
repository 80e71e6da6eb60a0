"""Buffered capture from an IIO device: scan elements set up in sysfs, frames read from the character device.

Kernel documentation: Documentation/iio/iio_devbuf.rst and Documentation/ABI/testing/sysfs-bus-iio.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from evlink.hardware.board import FRAMES
from evlink.hardware.linux.description import BLOCKS_BUFFERED, Adc, Channel
from evlink.hardware.linux.sysfs import HardwareError, first, read, read_number, write

BUS = Path("sys/bus/iio/devices")

# offset and size in bytes, big-endian, signed, bits, shift, gain, zero, whether the ADC's ends count as clipped
Column: TypeAlias = tuple[int, int, bool, bool, int, int, float, float, bool]


@dataclass(frozen=True, slots=True)
class ScanType:
    """The form of one scan element, as its `_type` attribute spells it: `le:s12/16>>4`."""

    big: bool
    signed: bool
    bits: int
    storage: int  # bytes
    shift: int


@dataclass(frozen=True, slots=True)
class Element:
    """One scan element and where it lies in a frame, in bytes."""

    channel: str
    type: ScanType
    offset: int


@dataclass(frozen=True, slots=True)
class Frame:
    """The layout of one scan: elements in order of their index, and the bytes of the whole."""

    elements: Mapping[str, Element]
    size: int


def scan_type(text: str) -> ScanType:
    """Parse a `_type` attribute. ValueError in one sentence where it is none that a board can use."""
    found = re.fullmatch(r"(be|le):([su])(\d{1,2})/(\d{1,2})(?:X(\d{1,3}))?(?:>>(\d{1,2}))?", text)
    if found is None:
        raise ValueError(f"{text!r} is no scan type; such as 'le:s12/16>>4' is allowed.")
    order, sign, bits, storage, repeat, shift = found.groups("0")
    if int(storage) not in (8, 16, 32, 64):
        raise ValueError(f"{text!r} stores {storage} bits; 8, 16, 32 and 64 are allowed.")
    if int(repeat) > 1:
        raise ValueError(f"{text!r} repeats its value {repeat} times; one value is allowed.")
    if not 1 <= int(bits) <= int(storage) - int(shift):
        raise ValueError(f"{text!r} shifts {bits} bits by {shift} out of its {storage}.")
    return ScanType(order == "be", sign == "s", int(bits), int(storage) // 8, int(shift))


def frame(elements: Iterable[tuple[int, str, ScanType]]) -> Frame:
    """Lay out a scan: by index, each element aligned to its own size, the whole to the largest one."""
    placed: dict[str, Element] = {}
    end, widest = 0, 1
    for _, channel, form in sorted(elements):
        start = -(-end // form.storage) * form.storage
        placed[channel] = Element(channel, form, start)
        end = start + form.storage
        widest = max(widest, form.storage)
    return Frame(placed, -(-end // widest) * widest)


def column(element: Element, gain: float, zero: float, ends: bool = False) -> Column:
    """The element as the converter wants it: result = raw x `gain` + `zero`."""
    form = element.type
    return (element.offset, form.storage, form.big, form.signed, form.bits, form.shift, gain, zero, ends)


class Capture:
    """One IIO device that captures continuously, until `close`; `fileno` is ready when frames wait."""

    def __init__(self, root: Path, adc: Adc, channels: Iterable[str]) -> None:
        """Set the device up and start it. HardwareError where it is not there or not able."""
        self.adc = adc
        self.directory = find(root, adc.device)
        self._scan = self.directory / "scan_elements"
        self._buffer = self.directory / "buffer"
        write(self._buffer / "enable", 0)  # a dead board's capture would refuse every change
        self._set_rate(root)
        self.frame = self._enable(tuple(dict.fromkeys(channels)))
        block = FRAMES * adc.factor
        self.buffered = max(adc.buffer_frames or BLOCKS_BUFFERED * block, 2 * block)
        write(self._buffer / "length", self.buffered)
        if (self._buffer / "watermark").exists():
            write(self._buffer / "watermark", block)
        device = root / "dev" / self.directory.name
        try:
            self._file = os.open(device, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise HardwareError(f"{device} cannot be opened: {error.strerror}.") from error
        try:
            write(self._buffer / "enable", 1)
        except HardwareError:
            os.close(self._file)
            raise

    def fileno(self) -> int:
        """The character device's descriptor."""
        return self._file

    def calibration(self, channel: Channel) -> tuple[float, float]:
        """Gain and zero that turn a channel's raw value into what it measures (sysfs-bus-iio: `_scale`, `_offset`)."""
        scale = channel.scale if channel.scale is not None else self._attribute(channel.channel, "scale", None)
        offset = channel.offset if channel.offset is not None else self._attribute(channel.channel, "offset", 0.0)
        return scale * channel.gain, offset * scale * channel.gain + channel.zero

    def close(self) -> None:
        """Stop the capture; an error no longer matters."""
        os.close(self._file)
        try:
            write(self._buffer / "enable", 0)
        except HardwareError:
            return

    def _set_rate(self, root: Path) -> None:
        """Set trigger and rate, and believe only what reads back."""
        if self.adc.trigger:
            write(self.directory / "trigger" / "current_trigger", self.adc.trigger)
        places = [self.directory / "sampling_frequency", self._buffer / "sampling_frequency"]
        places += [self.directory / f"in_{kind}_sampling_frequency" for kind in ("voltage", "current")]
        if self.adc.trigger:
            places.append(find(root, self.adc.trigger, "trigger") / "sampling_frequency")
        place = first(*places)
        if place is None:
            raise HardwareError(f"{self.adc.device} has no sampling_frequency to set to {self.adc.rate}.")
        write(place, self.adc.rate)
        got = read_number(place)
        if got != self.adc.rate:
            raise HardwareError(
                f"{place} is {got:g} after setting {self.adc.rate}; only the rate itself is allowed, "
                "a whole multiple of 100000 frames a second, since samples are never interpolated."
            )

    def _enable(self, channels: tuple[str, ...]) -> Frame:
        """Enable exactly the wanted scan elements and learn their layout."""
        if not self._scan.is_dir():
            raise HardwareError(f"{self.adc.device} has no {self._scan}: it cannot capture into a buffer.")
        for channel in channels:
            if not (self._scan / f"{channel}_en").exists():
                there = ", ".join(sorted(path.name[:-3] for path in self._scan.glob("*_en")))
                raise HardwareError(f"{self.adc.device} has no channel {channel!r}; it has {there or 'none'}.")
        for switch in sorted(self._scan.glob("*_en")):
            wanted = switch.name[:-3] in channels
            if (read(switch) != "0") != wanted:
                write(switch, int(wanted))
        elements = []
        for channel in channels:
            path = self._scan / f"{channel}_type"
            try:
                form = scan_type(read(path))
            except ValueError as error:
                raise HardwareError(f"{path}: {error}") from None
            elements.append((int(read_number(self._scan / f"{channel}_index")), channel, form))
        return frame(elements)

    def _attribute(self, channel: str, name: str, default: float | None) -> float:
        """A channel's own attribute, or the one of its kind: `in_voltage0_scale`, `in_voltage_scale`."""
        path = first(self.directory / f"{channel}_{name}", self.directory / f"{re.sub(r'[0-9]+', '', channel)}_{name}")
        if path is not None:
            return read_number(path)
        if default is None:
            raise HardwareError(f"{self.adc.device} has no {channel}_{name}; give {name} in the description.")
        return default


def find(root: Path, name: str, kind: str = "iio:device") -> Path:
    """The directory of an IIO device or trigger, by its name or its directory's. HardwareError where there is none."""
    bus = root / BUS
    there = []
    for path in sorted(bus.glob(f"{kind}*")):
        label = read(path / "name") if (path / "name").exists() else ""
        if name in (label, path.name):
            return path
        there.append(label or path.name)
    raise HardwareError(f"There is no {name!r} under {bus}; there is {', '.join(there) or 'nothing'}.")
