"""The board's lines: by libgpiod's character device, or by the older sysfs class where a kernel has that alone."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from evlink.hardware.linux.description import Line
from evlink.hardware.linux.sysfs import HardwareError, export, read, read_number, wait_writable, write

if TYPE_CHECKING:
    from gpiod import LineRequest

CONSUMER = "evlink"


class Lines(Protocol):
    """The requested lines of a board; outputs begin inactive. HardwareError where the kernel refuses a call."""

    def set(self, line: Line, active: bool) -> None:
        """Drive an output."""
        ...

    def port(self, line: Line) -> tuple[int, int | None]:
        """A line for the board's loop: descriptor and bit of its request, or that of a value file and None."""
        ...

    def close(self) -> None:
        """Let the lines go; what they were driven to usually stays."""
        ...


def request(root: Path, access: str, outputs: Iterable[Line], inputs: Iterable[Line]) -> Lines:
    """Request the lines by `access`, "chardev" or "sysfs". HardwareError where one is not there or in use."""
    return (CharLines if access == "chardev" else SysfsLines)(root, tuple(outputs), tuple(inputs))


class CharLines:
    """Lines by libgpiod v2, one request a chip."""

    def __init__(self, root: Path, outputs: Sequence[Line], inputs: Sequence[Line]) -> None:
        try:
            import gpiod  # an extra: a simulated station has no lines
            from gpiod.line import Bias, Direction, Value
        except ImportError:
            raise HardwareError("The Python package gpiod is not installed; install evlink[hardware].") from None
        self._values = Value
        self._requests: dict[str, LineRequest] = {}
        wanted: dict[str, dict[Iterable[int | str] | int | str, gpiod.LineSettings | None]] = {}
        biases = {
            "as_is": Bias.AS_IS,
            "pull_up": Bias.PULL_UP,
            "pull_down": Bias.PULL_DOWN,
            "disabled": Bias.DISABLED,
        }
        for lines, direction in ((outputs, Direction.OUTPUT), (inputs, Direction.INPUT)):
            for line in lines:
                wanted.setdefault(line.chip, {})[line.line] = gpiod.LineSettings(
                    direction=direction,
                    active_low=line.active_low,
                    bias=biases[line.bias],
                    output_value=Value.INACTIVE,
                )
        for chip, settings in wanted.items():
            path = root / "dev" / chip
            try:
                self._requests[chip] = gpiod.request_lines(str(path), config=settings, consumer=CONSUMER)
            except (OSError, ValueError) as error:
                self.close()
                names = ", ".join(map(str, settings))
                reason = error.strerror if isinstance(error, OSError) else str(error).rstrip(".")
                raise HardwareError(f"{path} does not give its lines {names}: {reason}.") from error

    def set(self, line: Line, active: bool) -> None:
        """Drive an output."""
        try:
            self._requests[line.chip].set_value(line.line, self._values.ACTIVE if active else self._values.INACTIVE)
        except OSError as error:
            raise HardwareError(f"{line.chip}/{line.line} cannot be driven: {error.strerror}.") from error

    def port(self, line: Line) -> tuple[int, int | None]:
        """The request's descriptor, and the line's bit there: its place in the request (gpio_v2_line_values)."""
        requested = self._requests[line.chip]
        if isinstance(line.line, int):
            return requested.fd, requested.offsets.index(line.line)
        return requested.fd, requested.lines.index(line.line)

    def close(self) -> None:
        """Let the lines go."""
        for requested in self._requests.values():
            requested.release()
        self._requests.clear()


class SysfsLines:
    """Lines by /sys/class/gpio: a chip is its label or directory, a line the offset from its base."""

    def __init__(self, root: Path, outputs: Sequence[Line], inputs: Sequence[Line]) -> None:
        self._class = root / "sys/class/gpio"
        self._files: dict[Line, int] = {}
        for line in (*outputs, *inputs):
            path = self._export(line)
            write(path / "active_low", int(line.active_low))
            if line in inputs:
                write(path / "direction", "in")
            else:
                # These two words set the level itself, whatever active_low says, together with the direction.
                write(path / "direction", "high" if line.active_low else "low")
            try:
                access = os.O_RDONLY if line in inputs else os.O_WRONLY
                self._files[line] = os.open(path / "value", access | os.O_CLOEXEC)
            except OSError as error:
                raise HardwareError(f"{path / 'value'} cannot be opened: {error.strerror}.") from error
            if line not in inputs:
                self.set(line, False)

    def set(self, line: Line, active: bool) -> None:
        """Drive an output."""
        try:
            os.pwrite(self._files[line], b"1\n" if active else b"0\n", 0)
        except OSError as error:
            raise HardwareError(f"{line.chip}/{line.line} cannot be driven: {error.strerror}.") from error

    def port(self, line: Line) -> tuple[int, int | None]:
        """The line's value file, which is all there is to it."""
        return self._files[line], None

    def close(self) -> None:
        """Let the lines go; they stay exported and driven as they are."""
        for file in self._files.values():
            os.close(file)
        self._files.clear()

    def _export(self, line: Line) -> Path:
        for chip in sorted(self._class.glob("gpiochip*")):
            if line.chip in (chip.name, read(chip / "label")):
                break
        else:
            raise HardwareError(f"There is no {line.chip!r} under {self._class}.")
        offset = int(line.line)  # the description allows nothing else here
        count = int(read_number(chip / "ngpio"))
        if offset >= count:
            raise HardwareError(f"{line.chip} has no line {offset}; it has 0 to {count - 1}.")
        number = int(read_number(chip / "base")) + offset
        path = export(self._class, number, f"gpio{number}")
        for name in ("direction", "value", "active_low"):
            wait_writable(path / name)
        return path
