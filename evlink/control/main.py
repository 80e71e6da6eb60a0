"""The control process: one lock, one board, one live loop.

It imports the core and the standard library alone, because all its memory is locked. It holds `control.lock`, makes
`control.shm`, connects to `board.sock` and hands both to the core; the rest is what to do when the board goes away.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import signal
import socket
import sys
import time
from pathlib import Path

from evlink._core import Shared, run, stop_on, stop_requested
from evlink.hardware.boards import board_argv

LOG_BYTES = 256 * 1024  # then the log becomes control.log.1 and begins anew
CONNECT_S = 5.0  # how long a board may take to listen
STATION_S = 15.0  # how long a station may be silent before a control without a board gives up

STOPPED, BOARD_GONE, NOT_WANTED = 0, 1, 2


class ControlError(Exception):
    """Why control cannot run, in one sentence."""


class Log:
    """A text log of bounded size: two files of at most `LOG_BYTES`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self, text: str) -> None:
        """Append a line with the wall time; a full disk is no reason to stop protecting."""
        line = f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} control[{os.getpid()}] {text}\n"
        try:
            if self._path.exists() and self._path.stat().st_size > LOG_BYTES:
                self._path.replace(self._path.with_name(self._path.name + ".1"))
            with self._path.open("a", encoding="utf-8") as file:
                file.write(line)
        except OSError:
            return


def lock(state: Path) -> int:
    """Take `control.lock` and write our process id into it; the descriptor holds it until we end.

    Raises ControlError where another control holds it or the directory cannot be written.
    """
    path = state / "control.lock"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise ControlError(f"{path} cannot be opened: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
        os.close(descriptor)
        raise ControlError(f"another control (process {holder}) runs on {state}") from error
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor


def running(state: Path) -> int | None:
    """Process id of the control that holds the state directory's lock; None where none does."""
    try:
        descriptor = os.open(state / "control.lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        text = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
        return int(text) if text.isdigit() else None
    finally:
        os.close(descriptor)
    return None


def start_board(state: Path, board: str, speed: float) -> None:
    """Start a board on the state directory as a process of its own that nobody waits for. BoardError for a bad name."""
    log = state / "control.log"
    command = board_argv(board, state, speed)
    os.posix_spawn(
        command[0],
        command,
        os.environ,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_OPEN, 2, str(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
        ],
        setsid=True,
        setsigdef=[signal.SIGCHLD, signal.SIGHUP],
    )


def try_connect(path: Path) -> socket.socket | None:
    """A connection to the board's socket; None where nobody listens there."""
    board = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        board.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 18)
        board.connect(str(path))
    except OSError:
        board.close()
        return None
    return board


def connect(state: Path, board: str, speed: float, log: Log) -> socket.socket | None:
    """Connect to the board within `CONNECT_S`, starting it where nobody listens.

    None where nothing answered in time or a stop was asked for.
    """
    path = state / "board.sock"
    started = False
    end = time.monotonic() + CONNECT_S
    while not stop_requested():
        connection = try_connect(path)
        if connection is not None:
            return connection
        if not started:
            log(f"no board listens: starting {board}")
            start_board(state, board, speed)
            started = True
        if time.monotonic() >= end:
            return None
        time.sleep(0.02)
    return None


class Presence:
    """Whether a station is there, by its permits: their numbers rise every second."""

    def __init__(self, shm: Shared) -> None:
        self._shm = shm
        self._numbers = self._read()
        self._at = time.monotonic()

    def _read(self) -> list[int]:
        return [self._shm.granted(outlet) for outlet in range(1, self._shm.outlets + 1)]

    def there(self) -> bool:
        """True where a permit came within `STATION_S`."""
        numbers = self._read()
        if numbers != self._numbers:
            self._numbers = numbers
            self._at = time.monotonic()
        return time.monotonic() - self._at < STATION_S


def open_watchdog(path: Path) -> int:
    """A descriptor of a hardware watchdog device, which counts down from now on; ControlError where it cannot be had.

    Linux watchdog devices reset the machine unless written to in time; the loop writes while it serves blocks.
    """
    try:
        return os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    except OSError as error:
        raise ControlError(f"the watchdog {path} cannot be opened: {error.strerror}") from error


def disarm(watchdog: int) -> None:
    """Close a watchdog so that it lets the machine live: the magic character, then the descriptor."""
    with contextlib.suppress(OSError):
        os.write(watchdog, b"V")
    os.close(watchdog)


def serve(state: Path, outlets: int, board: str, speed: float, log: Log, shm: Shared, watchdog: int = -1) -> int:
    """Run the live loop, with a new connection whenever the board comes back; the exit code of the process.

    0 stopped or not wanted, 1 no board and no station.
    """
    presence = Presence(shm)
    while not stop_requested():
        connection = connect(state, board, speed, log)
        if connection is None:
            if stop_requested():
                break
            if not presence.there():
                log("no board and no station: ending")
                return 1
            continue
        with connection:
            log("board connected")
            result = run(shm, connection.fileno(), outlets, speed == 1, watchdog)
        if result == STOPPED:
            break
        if result == NOT_WANTED:
            log("no station and nothing flows: ending")
            return 0
        log("board gone: contactors commanded open")
        presence.there()
        time.sleep(0.1)
    log("stopped")
    return 0


def detach() -> int:
    """Leave the caller: fork, new session; the parent's exit code is what the child reports through a pipe.

    Returns the descriptor on which the child reports one line: empty for success, else an error.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        os.setsid()
        return writer
    os.close(writer)
    with os.fdopen(reader, "r", encoding="utf-8") as report:
        text = report.readline().strip()
    if text != "ready":
        print(f"evlink control: {text or 'ended at once'}", file=sys.stderr)
        os._exit(1)
    print(child, flush=True)
    os._exit(0)


def redirect(state: Path) -> None:
    """Point the standard streams away from whoever started us: input and output to nothing, errors to the log."""
    null = os.open(os.devnull, os.O_RDWR)
    errors = os.open(state / "control.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for target, source in ((0, null), (1, null), (2, errors)):
        os.dup2(source, target)
    os.close(null)
    os.close(errors)


def start_detached(
    state: Path, outlets: int, board: str = "simulator", speed: float = 1, watchdog: Path | None = None
) -> int:
    """Start control as a process of its own, which survives the caller; returns its process id.

    Where one runs on the state directory already, its process id. Raises ControlError with its own sentence where
    it cannot start. Takes about a tenth of a second, until its shared memory stands.
    """
    import subprocess  # the caller's need alone: control itself must stay small

    holder = running(state)
    if holder is not None:
        return holder
    command = [sys.executable, "-m", "evlink.control", "--state", str(state), "--outlets", str(outlets)]
    command += ["--board", board, "--speed", f"{speed:g}", "--detach"]
    if watchdog is not None:
        command += ["--watchdog", str(watchdog)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        text = done.stderr.strip().splitlines()
        raise ControlError(text[-1] if text else f"control ended with {done.returncode}")
    return int(done.stdout)


def arguments(argv: list[str] | None) -> argparse.Namespace:
    """Parse the command line; exits with 2 on bad input."""
    parser = argparse.ArgumentParser(prog="evlink control", description="The control process of a station.")
    parser.add_argument("--state", type=Path, required=True, metavar="DIR", help="state directory")
    parser.add_argument("--outlets", type=int, required=True, metavar="N", help="outlets of the station, 1 to 8")
    parser.add_argument("--board", default="simulator", help="simulator (started if needed), or a board that listens")
    parser.add_argument("--speed", type=float, default=1, metavar="N", help="of the simulator, 1 = real time")
    parser.add_argument("--watchdog", type=Path, metavar="DEVICE", help="hardware watchdog to feed, e.g. /dev/watchdog")
    parser.add_argument("--detach", action="store_true", help="leave the terminal once the shared memory stands")
    given = parser.parse_args(argv)
    if not 1 <= given.outlets <= 8:
        parser.error(f"--outlets is {given.outlets}; allowed are 1 to 8")
    if not 1 <= given.speed <= 1000:
        parser.error(f"--speed is {given.speed:g}; allowed are 1 to 1000")
    if given.speed != 1 and given.board != "simulator":
        parser.error("--speed is for the simulator only")
    return given


def main(argv: list[str] | None = None) -> int:
    """Run control; the exit code: 0 stopped or not wanted, 1 cannot run, 2 bad input."""
    given = arguments(argv)
    os.umask(0o077)
    state = given.state.absolute()
    report = watchdog = -1
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        if given.detach:
            report = detach()
        held = lock(state)
        shm = Shared.create(str(state / "control.shm"), given.outlets)
        if given.watchdog is not None:  # last of all: from here on somebody must feed it
            watchdog = open_watchdog(given.watchdog)
    except (ControlError, OSError) as error:
        text = f"{state} cannot be used: {error.strerror}" if isinstance(error, OSError) else str(error)
        if report >= 0:
            os.write(report, text.encode() + b"\n")
        else:
            print(f"evlink control: {text}", file=sys.stderr)
        return 1
    log = Log(state / "control.log")
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the simulator is nobody's child
    stop_on(signal.SIGTERM)
    stop_on(signal.SIGINT)
    if report >= 0:
        redirect(state)
        os.write(report, b"ready\n")
        os.close(report)
    log(f"started: {given.outlets} outlets, board {given.board}")
    code = 1
    try:
        code = serve(state, given.outlets, given.board, given.speed, log, shm, watchdog)
        return code
    finally:
        if watchdog >= 0 and code == 0:  # ended in order; whatever else ends us, the device shall reset the machine
            disarm(watchdog)
        shm.close()
        os.close(held)
