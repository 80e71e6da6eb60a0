"""A recording through the core without any process: how a field recording becomes a test that is the same each time."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from evlink._core import Core
from evlink.hardware.board import Block, Outputs
from evlink.hardware.playback import Comparison
from evlink.hardware.recording_file import Granted as Granted
from evlink.hardware.recording_file import RecordingReader


def rehearse(path: Path, core: Core, permits: Iterable[Granted] | None = None) -> Comparison:
    """Feed a recording's blocks to a core, permits given in time, and compare contactor and duty with the recorded.

    Without `permits` the recorded ones are given, each at the block at which control had taken it. Lost blocks are told
    to the core as the live loop does. RecordingError for a malformed file, ValueError for an outlet that the core has
    not.
    """
    comparison = Comparison()
    recorded = recorded_permits(path) if permits is None else {}
    waiting = sorted(permits or (), key=lambda granted: granted.sequence)
    before: dict[int, int] = {}
    count: dict[int, int] = {}
    with RecordingReader(path) as reader:
        for message in reader:
            if isinstance(message, Outputs):
                comparison.recorded(message)
            elif isinstance(message, Block):
                outlet = message.header.outlet
                count[outlet] = count.get(outlet, 0) + 1
                if (then := recorded.get((outlet, count[outlet]))) is not None:
                    core.permit(outlet, then.permit)
                due = [one for one in waiting if is_due(one, message)]
                for granted in due:
                    core.permit(granted.outlet, granted.permit)
                    waiting.remove(granted)
                comparison.came(step(core, message, before))
    comparison.end()
    return comparison


def recorded_permits(path: Path) -> dict[tuple[int, int], Granted]:
    """A recording's permits by outlet and the number, from 1, of that outlet's block at which each was taken.

    Empty for a file of the first form. A board that was started anew counts its blocks from 1 again; a permit belongs
    to the last block of its number. RecordingError for a malformed file.
    """
    found: dict[tuple[int, int], Granted] = {}
    count: dict[int, int] = {}
    numbers: dict[tuple[int, int], int] = {}
    with RecordingReader(path) as reader:
        for message in reader:
            if isinstance(message, Block):
                outlet = message.header.outlet
                count[outlet] = count.get(outlet, 0) + 1
                numbers[outlet, message.header.sequence] = count[outlet]
            elif isinstance(message, Granted) and (number := numbers.get((message.outlet, message.sequence))):
                found[message.outlet, number] = message
    return found


def is_due(granted: Granted, block: Block) -> bool:
    """Whether a permit counts before a block."""
    return granted.outlet == block.header.outlet and granted.sequence <= block.header.sequence


def step(core: Core, block: Block, before: dict[int, int]) -> Outputs:
    """Feed one block; `before` keeps each outlet's last sequence number."""
    header = block.header
    lost = header.sequence - before.get(header.outlet, header.sequence - 1) - 1
    before[header.outlet] = header.sequence
    if lost > 0:
        core.missing(header.outlet, lost * header.frames)
    samples = memoryview(block.samples).cast("h", (header.frames, 4)) if header.frames else memoryview(b"")
    out = core.feed(
        header.outlet,
        samples,
        plug_ohm=header.plug_ohm,
        inputs=header.inputs,
        feedback=header.feedback,
        lost=header.lost,
    )
    return Outputs(header.outlet, header.sequence, out.contactor, out.duty, out.pilot_on, out.lock, out.light, out.beep)
