"""A faithful piece of a Linux machine in a directory: sysfs of IIO, PWM and GPIO, the ADC's device, a watchdog.

Attributes are files that the board reads and writes; a thread does what the kernel does at an export. Scan frames come
through a FIFO in the binary form that the `_type` attributes name.
"""

from __future__ import annotations

import fcntl
import os
import struct
import threading
import time
from pathlib import Path

import evlink

EXAMPLE = Path(evlink.__file__).parents[1] / "docs/examples/linux-board.toml"
BASE = 480  # global number of the GPIO chip's first line
LINES = 32
TYPES = {0: "le:s16/16>>0", 4: "le:u12/16>>4", 5: "be:s16/16>>0"}  # the currents: a 24-bit converter in 32 bits
CURRENT = "be:s24/32>>8"
SCALE = {0: 0.5, 4: 0.8, 5: 0.5}  # millivolts a step; the currents share theirs
CURRENT_SCALE = 0.001
PLUG_OFFSET = 5
# What the kernel documentation's alignment rule makes of the nine channels; the last is padding to four bytes.
FRAME = struct.Struct("<h 2x 12s H 2s 12s")


def frame(values: list[int]) -> bytes:
    """One scan of the nine channels, by hand: pilot, three currents, plug, pilot, three currents."""
    p1, a1, a2, a3, plug, p2, b1, b2, b3 = values
    return FRAME.pack(
        p1,
        struct.pack(">iii", a1 * 256, a2 * 256, a3 * 256),
        plug << 4 | 0b1010,  # the low bits are not the value's
        struct.pack(">h", p2),
        struct.pack(">iii", b1 * 256, b2 * 256, b3 * 256),
    )


class Tree:
    """The directory `root`, and the kernel thread of it, until `close`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.iio = root / "sys/bus/iio/devices/iio:device3"
        self.pwm = root / "sys/class/pwm/pwmchip0"
        self.gpio = root / "sys/class/gpio"
        self.device = root / "dev/iio:device3"
        self.watchdog = root / "dev/watchdog0"
        self._make()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._kernel, daemon=True)
        self._thread.start()
        self._fifo = -1

    def _make(self) -> None:
        other = self.root / "sys/bus/iio/devices/iio:device0"
        for path in (other, self.iio / "scan_elements", self.iio / "buffer", self.pwm, self.gpio, self.root / "dev"):
            path.mkdir(parents=True)
        put(other / "name", "other-adc")
        put(self.iio / "name", "station-adc")
        put(self.iio / "sampling_frequency", 50_000)
        put(self.iio / "in_voltage_scale", CURRENT_SCALE)
        put(self.iio / "in_voltage4_offset", PLUG_OFFSET)
        for channel, scale in SCALE.items():
            put(self.iio / f"in_voltage{channel}_scale", scale)
        for channel in range(10):  # the tenth is left on by a dead board, and is nobody's
            put(self.iio / f"scan_elements/in_voltage{channel}_en", int(channel == 9))
            put(self.iio / f"scan_elements/in_voltage{channel}_index", channel)
            put(self.iio / f"scan_elements/in_voltage{channel}_type", TYPES.get(channel, CURRENT))
        put(self.iio / "scan_elements/in_timestamp_en", 0)
        for name, value in (("length", 2), ("watermark", 1), ("enable", 1)):
            put(self.iio / "buffer" / name, value)
        put(self.pwm / "export", "")
        put(self.gpio / "export", "")
        chip = self.gpio / f"gpiochip{BASE}"
        chip.mkdir()
        for name, text in (("label", "gpiochip0"), ("base", BASE), ("ngpio", LINES)):
            put(chip / name, text)
        os.mkfifo(self.device)
        put(self.watchdog, "")

    def _kernel(self) -> None:
        """Give every exported line and channel its attributes."""
        while not self._over.wait(0.002):
            for path, kind in ((self.pwm / "export", self._new_pwm), (self.gpio / "export", self._new_gpio)):
                text = path.read_text().strip()
                if text:
                    path.write_text("")
                    kind(int(text))

    def _new_pwm(self, number: int) -> None:
        made = self.pwm / f"pwm{number}"
        made.mkdir()
        for name, value in (("period", 0), ("duty_cycle", 0), ("polarity", "normal"), ("enable", 0)):
            put(made / name, value)

    def _new_gpio(self, number: int) -> None:
        made = self.gpio / f"gpio{number}"
        made.mkdir()
        for name, value in (("value", 0), ("direction", "in"), ("active_low", 0)):
            put(made / name, value)

    def describe(self, path: Path) -> Path:
        """The example's description for this tree, whose GPIO has no character device."""
        path.write_text(EXAMPLE.read_text().replace('gpio = "chardev"', 'gpio = "sysfs"'))
        return path

    def feed(self, frames: bytes) -> None:
        """Let the ADC deliver frames; waits while its buffer is full."""
        if self._fifo < 0:
            self._fifo = os.open(self.device, os.O_WRONLY)  # waits for the board
            fcntl.fcntl(self._fifo, fcntl.F_SETPIPE_SZ, 1 << 20)
        view = memoryview(frames)
        while view:
            view = view[os.write(self._fifo, view) :]

    def hang_up(self) -> None:
        """Take the ADC away."""
        os.close(self._fifo)
        self._fifo = -1

    def line(self, number: int) -> str:
        """Value of a line, as sysfs has it."""
        return get(self.gpio / f"gpio{BASE + number}/value")

    def drive(self, number: int, value: int) -> None:
        """Drive an input from outside."""
        with open(self.gpio / f"gpio{BASE + number}/value", "r+") as file:
            file.write(f"{value}\n")

    def pilot(self, channel: int) -> tuple[int, int, str]:
        """Duty in nanoseconds, enable, polarity of a PWM channel."""
        made = self.pwm / f"pwm{channel}"
        return int(get(made / "duty_cycle") or -1), int(get(made / "enable") or -1), get(made / "polarity")

    def close(self) -> None:
        """End the kernel."""
        self._over.set()
        self._thread.join()
        if self._fifo >= 0:
            self.hang_up()


def put(path: Path, value: object) -> None:
    """An attribute, as the kernel has it."""
    path.write_text(f"{value}\n" if value != "" else "")


def get(path: Path) -> str:
    """An attribute without its line end; one that is being written may be empty for a moment."""
    end = time.monotonic() + 1
    while not (text := path.read_text().strip()) and time.monotonic() < end:
        time.sleep(0.001)
    return text
