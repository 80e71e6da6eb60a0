"""`evlink record`: a board's conversation with control, relayed and written to a file.

`python -m evlink.hardware.recording --state DIR FILE [--board NAME] [--speed N] [--seconds N]` starts the board on a
directory of its own below the state directory and listens on `board.sock` in its place. Control connects as to any
board; its leaving reaches the board, and the board's end reaches control. Disk and compression run in a thread that
the relay never waits for.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import os
import queue
import select
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from evlink._core import Shared
from evlink.hardware import board, facts, serving, simclient
from evlink.hardware.boards import REPLAY, SIMULATOR, BoardError, board_argv, check_board
from evlink.hardware.recording_check import check_recording
from evlink.hardware.recording_file import Granted, Header, RecordingWriter

INNER: Final = "recorded"
WAITING: Final = 1000  # messages for the disk; more are lost, counted and told
BLOCKS_A_SECOND: Final = 100
TRY_EVERY: Final = 100  # answers, until control's memory is there
LINGER_S: Final = 3600.0  # the recorded board's patience; the relay ends it
CONNECT_S: Final = 10.0
LEFT_S: Final = 15.0  # that a board stays without a control, and a little
FILES: Final = (facts.FILE, "linux-board.toml")  # what a board reads in its state directory


class RelayError(Exception):
    """Why nothing can be recorded, in one sentence."""


class Tape:
    """The thread that writes; `put` never waits."""

    def __init__(self, path: Path, header: Header) -> None:
        """Begin the file. OSError where it cannot be made."""
        self._writer = RecordingWriter(path, header)
        self._queue: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="tape")
        self._thread.start()
        self.written = 0
        self.lost = 0
        self.error: OSError | None = None

    def put(self, message: bytes) -> None:
        """Hand a message over; lost where the disk has fallen too far behind."""
        if self._queue.qsize() >= WAITING or self.error is not None:
            self.lost += 1
        else:
            self._queue.put(message)

    def close(self) -> None:
        """Write what waits and end the file."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        with contextlib.suppress(OSError), self._writer:
            while (message := self._queue.get()) is not None:
                if self.error is None:
                    try:
                        self._writer.write(message)
                        self.written += 1
                    except OSError as error:  # a full disk ends the recording, never the charge
                        self.error = error


class Permits:
    """What the station permits meanwhile, read from control's shared memory: it doesn't pass the board."""

    def __init__(self, state: Path) -> None:
        self._path = state / "control.shm"
        self._shared: Shared | None = None
        self._taken: dict[int, int] = {}  # outlet -> sequence number of its last recorded permit
        self._tries = 0

    def begin(self) -> None:
        """A control has come: its memory may be another file, and its core has taken no permit yet."""
        self.close()
        self._taken.clear()
        self._tries = 0

    def taken_by(self, outlet: int, sequence: int) -> Granted | None:
        """The permit that control took at a block of an outlet, seen as it answers it; None where it took none."""
        if self._shared is None:
            self._tries += 1
            if self._tries % TRY_EVERY != 1:
                return None
            try:
                self._shared = Shared.attach(str(self._path))
            except (OSError, ValueError):  # a control without one, or of another version
                return None
        if outlet > self._shared.outlets:
            return None
        frame = self._shared.frame(outlet)
        if frame is None or frame.permit_sequence in (0, self._taken.get(outlet)):
            return None
        found = self._shared.permit(outlet)
        if found is None or found[0] != frame.permit_sequence:
            return None  # another one is being granted: it will be taken next
        self._taken[outlet] = found[0]
        return Granted(outlet, sequence, found[1])

    def close(self) -> None:
        """Let go of the memory."""
        if self._shared is not None:
            self._shared.close()
            self._shared = None


class Relay:
    """Messages both ways between one control at a time and the board."""

    def __init__(self, inner: Path, server: socket.socket, tape: Tape, permits: Permits) -> None:
        self._inner = inner
        self._server = server
        self._tape = tape
        self._permits = permits
        self.blocks = 0  # of outlet 1
        self.dropped = 0  # messages that did not fit on

    def run(self, stop: int, process: subprocess.Popen[bytes], seconds: float) -> None:
        """Relay until `stop` becomes readable, the board ends, or outlet 1 has given `seconds` of samples."""
        while self.blocks < seconds * BLOCKS_A_SECOND and process.poll() is None:
            ready, _, _ = select.select([self._server.fileno(), stop], [], [], 0.1)
            if stop in ready:
                return
            if self._server.fileno() in ready:
                with contextlib.suppress(OSError):
                    control, _ = self._server.accept()
                    with control:
                        if self._converse(control, stop, seconds):
                            return

    def _converse(self, control: socket.socket, stop: int, seconds: float) -> bool:
        """Serve one control; True where the recording is over."""
        self._permits.begin()
        with board.connect(self._inner, CONNECT_S) as inner:
            for side in (control, inner):
                side.setblocking(False)
                side.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
            while self.blocks < seconds * BLOCKS_A_SECOND:
                ready, _, _ = select.select([control.fileno(), inner.fileno(), self._server.fileno(), stop], [], [])
                if stop in ready:
                    return True
                if self._server.fileno() in ready:  # a second control
                    with contextlib.suppress(OSError):
                        self._server.accept()[0].close()
                for source, target in ((inner, control), (control, inner)):
                    if source.fileno() in ready and not self._pass(source, target):
                        return False
            return True

    def _pass(self, source: socket.socket, target: socket.socket) -> bool:
        """Pass on one message; False where the source has closed."""
        try:
            message = source.recv(board.HEADER_FORM.size + (1 << 19))
        except BlockingIOError:
            return True
        except OSError:
            return False
        if not message:
            return False
        try:
            target.send(message)
        except OSError:  # neither side waits for the other; a closed one shows in its next recv
            self.dropped += 1
        self._tape.put(message)
        if message[:4] == board.MAGIC_BLOCK.to_bytes(4, "little"):
            self.blocks += message[6:7] == b"\x01"
        elif len(message) == board.OUTPUTS_FORM.size:
            sequence = int.from_bytes(message[8:16], "little")
            if (granted := self._permits.taken_by(message[6], sequence)) is not None:
                self._tape.put(granted.pack())
        return True


@contextlib.contextmanager
def inner_board(state: Path, name: str, speed: float) -> Iterator[tuple[Path, subprocess.Popen[bytes]]]:
    """The board to be recorded, as a process on a directory of its own. RelayError where it does not come up."""
    inner = state / INNER
    shutil.rmtree(inner, ignore_errors=True)
    inner.mkdir(mode=0o700)
    for file in FILES:
        if (state / file).exists():
            (inner / file).symlink_to(state / file)
    process = subprocess.Popen(board_argv(name, inner, speed, LINGER_S), stdin=subprocess.DEVNULL)
    doors = state / simclient.SOCKET
    awaited = (board.SOCKET, simclient.SOCKET) if name == SIMULATOR else (board.SOCKET,)
    try:
        end = time.monotonic() + CONNECT_S
        while not (all((inner / one).exists() for one in awaited) and (name != SIMULATOR or answers(inner))):
            if process.poll() is not None:
                raise RelayError(f"The board {name!r} ended at once with {process.returncode}.")
            if time.monotonic() >= end:
                raise RelayError(f"The board {name!r} did not listen within {CONNECT_S:g} s.")
            time.sleep(0.01)
        if name == SIMULATOR:
            doors.unlink(missing_ok=True)
            doors.symlink_to(inner / simclient.SOCKET)  # `evlink sim` and the badge reader find the recorded one
        yield inner, process
    finally:
        process.terminate()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if doors.is_symlink():
            doors.unlink()
        shutil.rmtree(inner, ignore_errors=True)


def answers(inner: Path) -> bool:
    """Whether the simulator listens for orders; its socket is there a moment before."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(inner / simclient.SOCKET))
        except OSError:
            return False
    return True


def prepare(state: Path, name: str) -> None:
    """RelayError where nothing can be recorded there. A board that an ended station left is waited for."""
    if not name.startswith(REPLAY) and not (state / facts.FILE).exists():
        raise RelayError(
            f"{state} has no {facts.FILE}, the facts of a station; start it once (evlink run), then record."
        )
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    end = time.monotonic() + LEFT_S
    while serving.served(state) and not serving.held(state / "station.lock") and time.monotonic() < end:
        time.sleep(0.1)
    path = state / board.SOCKET
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as probe:
        try:
            probe.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            path.unlink(missing_ok=True)
        else:
            raise RelayError(f"A board serves {state} already; end the station before it can be recorded.")


def listen(state: Path) -> socket.socket:
    """Listen on the state directory's `board.sock`. OSError where it cannot."""
    path = state / board.SOCKET
    server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_NONBLOCK)
    server.bind(str(path))
    path.chmod(0o600)
    server.listen(4)
    return server


def record(state: Path, file: Path, name: str, speed: float, seconds: float, stop: int) -> str:
    """Record until told to end; a sentence on what was written. RelayError, OSError where it cannot be."""
    prepare(state, name)
    # Control may come as soon as we listen, so that the board must be there before.
    with inner_board(state, name, speed) as (inner, process), listen(state) as server:
        print(f"evlink record: {name} is ready; start the station now (evlink run), Ctrl+C ends.", file=sys.stderr)
        tape = Tape(file, Header(name, datetime.now(UTC).isoformat(timespec="seconds")))
        permits = Permits(state)
        relay = Relay(inner, server, tape, permits)
        try:
            relay.run(stop, process, seconds)
        finally:
            permits.close()
            tape.close()
            (state / board.SOCKET).unlink(missing_ok=True)
    if tape.error is not None:
        raise RelayError(f"{file} ends early: {tape.error.strerror}.")
    lost = f", {tape.lost} messages lost" if tape.lost else ""
    return f"{file}: {relay.blocks / BLOCKS_A_SECOND:g} s, {tape.written} messages{lost}."


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line; exits with 2 on bad input."""
    parser = argparse.ArgumentParser(prog="evlink record", description="Record a board's conversation with control.")
    parser.add_argument("file", type=Path, metavar="FILE", help="a new file; .gz at its end compresses it")
    parser.add_argument("--state", type=Path, required=True, metavar="DIR", help="state directory")
    parser.add_argument("--board", default="simulator", help="simulator, linux or replay:FILE")
    parser.add_argument("--speed", type=float, default=1.0, metavar="N", help="of the simulator, 1 = real time")
    parser.add_argument("--seconds", type=float, default=math.inf, metavar="N", help="of samples; then all ends")
    wanted = parser.parse_args(given)
    try:
        check_board(wanted.board, wanted.speed)
        check_recording(wanted.board)
    except BoardError as error:
        parser.error(str(error))
    if not wanted.seconds > 0:
        parser.error(f"--seconds is {wanted.seconds:g}; more than 0 is allowed")
    return wanted


def main(given: Sequence[str] | None = None) -> int:
    """Record; 0 written, 1 cannot, 2 bad input."""
    wanted = arguments(given)
    os.umask(0o077)
    if wanted.file.exists():
        print(f"evlink record: {wanted.file} exists already; a new file is allowed.", file=sys.stderr)
        return 2
    stop = serving.stop_on_signals()
    try:
        state = wanted.state.absolute()
        print(record(state, wanted.file, wanted.board, wanted.speed, wanted.seconds, stop), file=sys.stderr)
    except (RelayError, OSError) as error:
        print(f"evlink record: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
