"""A recording through the core without any process: how a field recording becomes a test that is the same each time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from evlink._core import Core, Permit
from evlink.hardware.board import Block, Outputs
from evlink.hardware.playback import Comparison
from evlink.hardware.recording_file import RecordingReader


@dataclass(frozen=True, slots=True)
class Granted:
    """A permit and the block of its outlet before which it was there."""

    outlet: int
    sequence: int
    permit: Permit


def rehearse(path: Path, core: Core, permits: Iterable[Granted]) -> Comparison:
    """Feed a recording's blocks to a core, permits given in time, and compare contactor and duty with the recorded.

    Lost blocks are told to the core as the live loop does. RecordingError for a malformed file, ValueError for an
    outlet that the core has not.
    """
    comparison = Comparison()
    waiting = sorted(permits, key=lambda granted: granted.sequence)
    before: dict[int, int] = {}
    with RecordingReader(path) as reader:
        for message in reader:
            if isinstance(message, Outputs):
                comparison.recorded(message)
                continue
            due = [one for one in waiting if is_due(one, message)]
            for granted in due:
                core.permit(granted.outlet, granted.permit)
                waiting.remove(granted)
            comparison.came(step(core, message, before))
    comparison.end()
    return comparison


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
