"""The control process: one lock, one board, one live loop.

It imports the core and the standard library alone, because all its memory is locked. It holds `control.lock`, makes
`control.shm`, connects to `board.sock` and hands both to the core; the rest is what to do when the board goes away.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
import time
from pathlib import Path

from evlink._core import Shared, run, stop_on, stop_requested
from evlink.control.starting import ControlError, detach, lock, redirect
from evlink.control.watchdog import Watchdog
from evlink.hardware.boards import board_argv

LOG_BYTES = 256 * 1024  # then the log becomes control.log.1 and begins anew
CONNECT_S = 5.0  # how long a board may take to listen
STATION_S = 15.0  # how long a station may be silent before a control without a board gives up

STOPPED, BOARD_GONE, NOT_WANTED = 0, 1, 2


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


def run_guarded(shm: Shared, board: int, outlets: int, realtime: bool, watchdog: Watchdog | None) -> int:
    """The live loop on a board, with the watchdog armed for as long as it runs:     STOPPED, BOARD_GONE or NOT_WANTED.

    Whatever else ends the process leaves the device armed. ControlError where it cannot be had.
    """
    if watchdog is None:
        return run(shm, board, outlets, realtime)
    device = watchdog.arm()
    result = run(shm, board, outlets, realtime, device)
    watchdog.disarm(device)
    return result


def serve(
    state: Path, outlets: int, board: str, speed: float, log: Log, shm: Shared, watchdog: Watchdog | None = None
) -> int:
    """Run the live loop, with a new connection whenever the board comes back; the exit code of the process.

    0 stopped or not wanted, 1 no board and no station. ControlError where the watchdog is gone.
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
            result = run_guarded(shm, connection.fileno(), outlets, speed == 1, watchdog)
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


def arguments(argv: list[str] | None) -> argparse.Namespace:
    """Parse the command line; exits with 2 on bad input."""
    parser = argparse.ArgumentParser(prog="evlink control", description="The control process of a station.")
    parser.add_argument("--state", type=Path, required=True, metavar="DIR", help="state directory")
    parser.add_argument("--outlets", type=int, required=True, metavar="N", help="outlets of the station, 1 to 8")
    parser.add_argument("--board", default="simulator", help="simulator (started if needed), or a board that listens")
    parser.add_argument("--speed", type=float, default=1, metavar="N", help="of the simulator, 1 = real time")
    parser.add_argument("--watchdog", type=Path, metavar="DEVICE", help="hardware watchdog to feed, e.g. /dev/watchdog")
    parser.add_argument("--watchdog-timeout", type=int, metavar="S", help="seconds until it restarts the machine")
    parser.add_argument("--detach", action="store_true", help="leave the terminal once the shared memory stands")
    given = parser.parse_args(argv)
    if not 1 <= given.outlets <= 8:
        parser.error(f"--outlets is {given.outlets}; allowed are 1 to 8")
    if not 1 <= given.speed <= 1000:
        parser.error(f"--speed is {given.speed:g}; allowed are 1 to 1000")
    if given.watchdog_timeout is not None and not 1 <= given.watchdog_timeout <= 60:
        parser.error(f"--watchdog-timeout is {given.watchdog_timeout}; allowed are 1 to 60 seconds")
    if given.speed != 1 and given.board != "simulator":
        parser.error("--speed is for the simulator only")
    return given


def main(argv: list[str] | None = None) -> int:
    """Run control; the exit code: 0 stopped or not wanted, 1 cannot run, 2 bad input."""
    given = arguments(argv)
    os.umask(0o077)
    state = given.state.absolute()
    report = -1
    watchdog = None
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        if given.detach:
            report = detach()
        held = lock(state)
        shm = Shared.create(str(state / "control.shm"), given.outlets)
        if given.watchdog is not None:
            watchdog = Watchdog(given.watchdog, given.watchdog_timeout)
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
    try:
        return serve(state, given.outlets, given.board, given.speed, log, shm, watchdog)
    except ControlError as error:
        log(f"{error}: ending")
        return 1
    finally:
        shm.close()
        os.close(held)
