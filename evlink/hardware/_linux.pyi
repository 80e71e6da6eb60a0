"""The Linux board's loop without Python: scans in, blocks out, outputs that repeat the last ones, input lines, life."""

from collections.abc import Sequence
from typing import TypeAlias

_Column: TypeAlias = tuple[int, int, bool, bool, int, int, float, float, bool]
_Port: TypeAlias = tuple[int, int | None]

# What `run` returns to Python for.
STOP: int
DOOR: int
CHANGED: int
GONE: int
SILENT: int
TURN: int
ENDED: int
REFUSED: int
UNGUARDED: int

class Engine:
    """The board's loop: `source` and `outlet` describe the hardware, `run` serves until Python is needed."""

    def __init__(self, stop: int, server: int, guard: int) -> None:
        """Descriptors: `run` returns when `stop` or `server` becomes readable; `guard` is written to."""
    def source(self, file: int, size: int, factor: int, buffered_s: float) -> None:
        """An ADC's descriptor, with bytes a raw frame, raw frames a sample, and seconds that the kernel holds."""
    def outlet(
        self,
        number: int,
        size: int,
        factor: int,
        columns: Sequence[_Column | None],
        plug: _Column | None,
        divider: tuple[float, float, float],
        inputs: Sequence[tuple[_Port, int, int]],
        inputs_without: int,
        alive: _Port | None,
    ) -> None:
        """An outlet on the last source: its columns, plug column or None, divider (mV, ohm, open ohm), input
        lines ((descriptor, bit), INPUT_*, FEEDBACK_*), bits of lines that are not there, and line `alive` or None.

        A line's bit is its place in a request of the character device; None: the value file of sysfs.
        ValueError for what does not fit.
        """
    def control(self, file: int) -> None:
        """The descriptor of the control that is served from now on; -1 = none."""
    def run(self, until: float) -> tuple[int, int]:
        """Serve until `until`, seconds of CLOCK_MONOTONIC, or something for Python: a reason and the outlet's number.

        The number of `ENDED` is the source's. `error` then tells why the hardware refused.
        """
    @property
    def error(self) -> str:
        """Why the hardware refused; '' where it only ended."""
    @property
    def message(self) -> bytes:
        """The outputs of `CHANGED`, their number 0."""
    def applied(self, outlet: int) -> bool:
        """The message of `CHANGED` now drives the outlet; it is alive. False where its line `alive` refuses."""
    def dropped(self, outlet: int) -> None:
        """The outlet's outputs were dropped; the next ones re-arm it."""
    @property
    def lost(self) -> int:
        """Blocks that the kernel's buffers lost."""
    def drops(self, outlet: int) -> int:
        """Blocks of an outlet that control had no room for."""
