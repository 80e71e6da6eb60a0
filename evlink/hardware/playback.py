"""The board `replay:FILE`: a recording's blocks to control, and control's outputs against the recorded ones.

`python -m evlink.hardware.playback --state DIR FILE [--speed N] [--hold]` serves `board.sock`. Blocks come in the time
of the recording, or N times as fast while control answers. At the end it tells on stderr how many outputs differed from
the recorded ones in contactor or duty, and the first that did; then it closes, or with `--hold` goes on with the last
second of each outlet until control leaves. It ends with 0 where all outputs were the same, else 3.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
import select
import socket
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from evlink.hardware import board, serving
from evlink.hardware.board import Block, Outputs
from evlink.hardware.recording_file import Granted, RecordingError, RecordingReader

LOCK: Final = "playback.lock"
MOST_OPEN: Final = 10_000  # outputs without their pair, until the oldest is given up
TICK_S: Final = 0.01  # a block
HELD: Final = 100  # blocks an outlet that `--hold` repeats
PATIENCE_S: Final = 0.1  # for an answer, faster than real time
SAME, CANNOT, BAD, DIFFERENT = 0, 1, 2, 3


@dataclass(frozen=True, slots=True)
class Difference:
    """The outputs of one block that came otherwise than recorded."""

    outlet: int
    sequence: int
    recorded: Outputs
    came: Outputs

    def __str__(self) -> str:
        return f"outlet {self.outlet}, block {self.sequence}: recorded {words(self.recorded)}, now {words(self.came)}"


def words(outputs: Outputs) -> str:
    """The compared fields of outputs, for people."""
    return f"contactor {'closed' if outputs.contactor else 'open'} at {outputs.duty / 100:.2f} %"


@dataclass(slots=True)
class Comparison:
    """What control answered beside what it had answered in the recording, block by block."""

    compared: int = 0
    differ: int = 0
    unanswered: int = 0  # recorded with an answer, none now
    first: Difference | None = None
    _open: dict[tuple[int, int], list[Outputs | None]] = field(default_factory=dict)

    def recorded(self, outputs: Outputs) -> None:
        """Take note of recorded outputs."""
        self._meet(outputs, 0)

    def came(self, outputs: Outputs) -> None:
        """Take note of control's outputs now."""
        self._meet(outputs, 1)

    def _meet(self, outputs: Outputs, side: int) -> None:
        key = (outputs.outlet, outputs.sequence)
        pair = self._open.setdefault(key, [None, None])
        pair[side] = outputs
        before, now = pair
        if before is None or now is None:
            if len(self._open) > MOST_OPEN:
                oldest, _ = self._open.pop(next(iter(self._open)))
                self.unanswered += oldest is not None
            return
        del self._open[key]
        self.compared += 1
        if (before.contactor, before.duty) != (now.contactor, now.duty):
            self.differ += 1
            difference = Difference(*key, before, now)
            if self.first is None or difference.sequence < self.first.sequence:
                self.first = difference

    def end(self) -> None:
        """Count what stayed without its pair; answers beyond the recorded ones aren't compared."""
        self.unanswered += sum(1 for before, _ in self._open.values() if before is not None)
        self._open.clear()

    def __str__(self) -> str:
        text = f"{self.compared} outputs compared, {self.differ} differ, {self.unanswered} unanswered"
        return text if self.first is None else f"{text}; first: {self.first}"


def ticks(messages: Iterator[Block | Outputs | Granted]) -> Iterator[tuple[int, list[Block | Outputs]]]:
    """The messages in groups of one moment each: 10 ms units since the first block, by the blocks' sequence numbers.

    Recorded permits are left out: a board hands none over, those that count are the station's.
    A gap in the recording stays a gap in time. A sequence that falls back (the board was started anew) goes on at once.
    """
    begin: dict[int, int] = {}  # outlet -> sequence number of its tick 0
    now = -1
    group: list[Block | Outputs] = []
    for message in messages:
        if isinstance(message, Granted):
            continue
        if isinstance(message, Block):
            header = message.header
            start = begin.setdefault(header.outlet, header.sequence - max(now, 0))
            at = header.sequence - start
            if at < now:
                begin[header.outlet] = header.sequence - now - 1
                at = now + 1
            if at > now:
                if group:
                    yield max(now, 0), group
                now, group = at, []
        group.append(message)
    if group:
        yield max(now, 0), group


class Playback:
    """One control's hearing of a recording."""

    def __init__(self, control: socket.socket, stop: int, speed: float) -> None:
        self._control = control
        self._stop = stop
        self._speed = speed
        self._awaited: set[tuple[int, int]] = set()
        self._here = True
        self.comparison = Comparison()
        self.dropped = 0
        self.ended = False  # answers to repeated blocks have nothing to be compared to

    def play(self, reader: RecordingReader, hold: bool) -> None:
        """Play until the end, control's leaving, or `stop`; RecordingError where the file is malformed."""
        last: dict[int, deque[Block]] = {}
        begin = time.monotonic()
        tick = 0
        for tick, group in ticks(iter(reader)):
            self._wait_until(begin + tick * TICK_S / self._speed)
            for message in group:
                if not self._here:
                    return
                if isinstance(message, Outputs):
                    self.comparison.recorded(message)
                else:
                    self._send(message)
                    last.setdefault(message.header.outlet, deque(maxlen=HELD)).append(message)
            if self._speed > 1:
                self._await_answers()
        self._await_answers()
        self.comparison.end()
        self.ended = True
        if hold:
            self._hold(last, begin + tick * TICK_S / self._speed)

    def _hold(self, last: dict[int, deque[Block]], begin: float) -> None:
        """Repeat the last second of each outlet, numbered on, until control leaves."""
        sequence = {outlet: blocks[-1].header.sequence for outlet, blocks in last.items()}
        for tick in itertools.count(1):
            self._wait_until(begin + tick * TICK_S / self._speed)
            if not self._here:
                return
            for outlet, blocks in last.items():
                sequence[outlet] += 1
                block = blocks[(tick - 1) % len(blocks)]
                self._send(Block(replace(block.header, sequence=sequence[outlet]), block.samples))
            if self._speed > 1:
                self._await_answers()

    def _send(self, block: Block) -> None:
        try:
            self._control.send(Block(replace(block.header, stamp_ns=0), block.samples).pack())  # its time is past
        except OSError:
            self.dropped += 1  # neither side waits for the other; a closed socket shows in the next recv
        else:
            self._awaited.add((block.header.outlet, block.header.sequence))

    def _wait_until(self, due: float) -> None:
        """Take answers until a moment."""
        while self._here:
            self._take()
            left = due - time.monotonic()
            if left <= 0:
                return
            self._listen(left)

    def _await_answers(self) -> None:
        """Take answers until all blocks have theirs, at most 100 ms."""
        end = time.monotonic() + PATIENCE_S
        while self._here and self._awaited and (left := end - time.monotonic()) > 0:
            self._listen(left)
            self._take()
        self._awaited.clear()

    def _listen(self, seconds: float) -> None:
        ready, _, _ = select.select([self._control.fileno(), self._stop], [], [], seconds)
        if self._stop in ready:
            self._here = False

    def _take(self) -> None:
        """Take all outputs that have come."""
        while self._here:
            try:
                message = self._control.recv(64)
            except BlockingIOError:
                return
            except OSError:
                message = b""
            if not message:
                self._here = False
                return
            with contextlib.suppress(ValueError):  # malformed outputs change nothing
                outputs = board.unpack_outputs(message)
                self._awaited.discard((outputs.outlet, outputs.sequence))
                if not self.ended:
                    self.comparison.came(outputs)


def meet(server: socket.socket, stop: int, linger_s: float) -> socket.socket | None:
    """The first control that connects within `linger_s`; None where none does or `stop` became readable."""
    ready, _, _ = select.select([server.fileno(), stop], [], [], linger_s)
    if stop in ready or not ready:
        return None
    control, _ = server.accept()
    control.setblocking(False)
    control.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    return control


def play(state: Path, file: Path, speed: float, linger_s: float, hold: bool, stop: int) -> Comparison | None:
    """Serve one control; None where none came. RecordingError, OSError where it cannot be."""
    path = state / board.SOCKET
    with RecordingReader(file) as reader:
        with serving.listen(state) as server:
            control = meet(server, stop, linger_s)
            path.unlink(missing_ok=True)  # one control a playback
        if control is None:
            return None
        with control:
            playback = Playback(control, stop, speed)
            playback.play(reader, hold)
        if not playback.ended:
            print("evlink-playback: control left before the end.", file=sys.stderr)
        if reader.torn:
            print(f"evlink-playback: {file} breaks off in the middle of a message.", file=sys.stderr)
    return playback.comparison


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line; exits with 2 on bad input."""
    parser = argparse.ArgumentParser(prog="evlink-playback", description="The board that plays a recording.")
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--state", type=Path, required=True, metavar="DIR", help="state directory")
    parser.add_argument("--speed", type=serving.speed, default=1.0, metavar="N", help="times real time")
    parser.add_argument("--linger", type=serving.linger, default=10.0, metavar="S", help="seconds to wait (10)")
    parser.add_argument("--hold", action="store_true", help="repeat the last second until control leaves")
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> int:
    """Play; 0 all outputs were the same, 1 cannot, 2 bad input, 3 some differed."""
    wanted = arguments(given)
    os.umask(0o077)
    stop = serving.stop_on_signals()
    try:
        lock = serving.hold(wanted.state, LOCK, "A playback")
        try:
            found = play(wanted.state, wanted.file, wanted.speed, wanted.linger, wanted.hold, stop)
        finally:
            os.close(lock)
    except RecordingError as error:
        print(f"evlink-playback: {error}", file=sys.stderr)
        return BAD
    except (serving.ServingError, OSError) as error:
        print(f"evlink-playback: {error}", file=sys.stderr)
        return CANNOT
    if found is None:
        return SAME
    print(f"evlink-playback: {found}.", file=sys.stderr)
    return DIFFERENT if found.differ or found.unanswered else SAME


if __name__ == "__main__":
    sys.exit(main())
