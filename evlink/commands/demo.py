"""`evlink demo`: a two-outlet station on the simulator, a car that charges, and the terminal open on it.

Everything lives in a temporary directory and ends with the terminal: no TCP port, no account, no setting of a
real station is touched.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

from evlink.client import CallError, Client, Disconnected, NoStation, socket_path
from evlink.commands.output import Stop, clean
from evlink.commands.processes import adopt_orphans, end_all
from evlink.commands.station import Context, program, refusal

BADGE = "04A1B2C3D4E5F6"  # the length of an ISO 14443 UID of seven bytes
_HARDWARE = "preset:parking-2"
_START_S = 30.0
_CHARGE_S = 30.0
_AGAIN_S = 3.0
_NOBODY_YET = "OK_ChargeAuthorisationStarted"
_LONGEST_SOCKET = 100  # a Unix socket's path has 108 bytes at most, its end included
# Leave the alternate screen, show the cursor, no mouse, no bracketed paste: what a killed terminal left set.
_RESTORE = "\x1b[?1049l\x1b[?25h\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?2004l\x1b[0m"


def demo(context: Context) -> int:
    """Run the demo until the terminal is left; whatever ends it, everything that it started has ended too."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Stop(context.t("the demo needs a terminal on its input and output"))
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    adopt_orphans()
    # One secret for both ends, handed over in pipes: it is never in a command line, the environment or a file.
    token = secrets.token_urlsafe(32)
    with _same_terminal(), _temporary_state() as state:  # the terminal last, when nobody draws on it any more
        _tell(context.t("A two-outlet Parking station starts on the simulator ..."))
        station = _start_station(state, token)
        with _connected(state, station, context) as client:
            _tell(context.t("A vehicle plugs in at outlet 1 and a badge is presented ..."))
            _let_charge(client, context)
        return _terminal(state, token, context)


def _leave(number: int, frame: FrameType | None) -> None:
    _deaf()  # a hang-up comes once from the line and once from the shell or make above
    raise SystemExit(128 + number)


def _deaf() -> None:
    """Nothing may interrupt the clearing up."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def _tell(text: str) -> None:
    print(text, flush=True)


@contextmanager
def _temporary_state() -> Iterator[Path]:
    """A state directory for this demo alone; in the end its processes are ended and it is removed."""
    place = tempfile.gettempdir()
    if len(os.fsencode(place)) + len("/evlink-demo-xxxxxxxx/evlink.sock") > _LONGEST_SOCKET:
        place = "/tmp"  # noqa: S108  # mkdtemp makes a new directory with 0700 there
    state = Path(tempfile.mkdtemp(prefix="evlink-demo-", dir=place))
    try:
        yield state
    finally:
        _deaf()
        end_all(state)
        shutil.rmtree(state, ignore_errors=True)


@contextmanager
def _same_terminal() -> Iterator[None]:
    """Give the operator's terminal back as it was found, also when the program that drew on it was killed."""
    before = termios.tcgetattr(sys.stdin)
    clean_end = False
    try:
        yield
        clean_end = True
    finally:
        with suppress(OSError, termios.error):  # a terminal that hung up
            if not clean_end:
                sys.stdout.write(_RESTORE)
                sys.stdout.flush()
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def _start_station(state: Path, token: str) -> subprocess.Popen[bytes]:
    with _told(token) as fd, open(state / "station.log", "wb") as log:
        arguments = ("--state", str(state), "--hardware", _HARDWARE, "--board", "simulator", "--demo-token-fd", str(fd))
        return subprocess.Popen(
            program("evlink.runtime.main", *arguments),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(fd,),
            start_new_session=True,  # Ctrl+C and a hang-up are ours to handle, and in order
        )


@contextmanager
def _told(token: str) -> Iterator[int]:
    """The reading end of a pipe that holds the token."""
    reading, writing = os.pipe()
    try:
        os.write(writing, token.encode())
        os.close(writing)
        yield reading
    finally:
        os.close(reading)


@contextmanager
def _connected(state: Path, station: subprocess.Popen[bytes], context: Context) -> Iterator[Client]:
    deadline = time.monotonic() + _START_S
    while True:
        try:
            client = Client.connect(socket_path(state))
            break
        except (NoStation, Disconnected):
            if station.poll() is not None or time.monotonic() > deadline:
                raise Stop(_last_words(state) or context.t("the station did not start")) from None
            time.sleep(0.05)
    with client:
        try:
            yield client
        except CallError as error:
            raise Stop(refusal(error, context.t)) from None
        except Disconnected:
            raise Stop(_last_words(state) or context.t("the station closed the connection")) from None


def _last_words(state: Path) -> str:
    with suppress(OSError):
        lines = (state / "station.log").read_text(errors="replace").strip().splitlines()
        return clean(lines[-1]) if lines else ""
    return ""


def _let_charge(client: Client, context: Context) -> None:
    """Plug in, present the badge, and wait until a current flows; each step once the one before it has shown."""
    deadline = time.monotonic() + _CHARGE_S
    _plug_in(client, deadline)
    presented = 0.0
    ready = False
    while True:
        outlet: dict[str, Any] = client.call("snapshot")["outlets"][0]
        if outlet["contactor"] and max(outlet["current_a"]) >= 1.0:
            return
        now = time.monotonic()
        if now > deadline:
            words = f"{outlet['outlet_status']}, {outlet['last_error']}, {outlet['ev_state']}"
            raise Stop(context.t("the car did not begin to charge: {words}", words=words))
        if outlet["ev_state"].startswith("B_") and not ready:
            client.call("sim.ready", outlet=1)
            ready = True
        # A reader that has only just started may miss a badge; one that was read is never presented again, since
        # that would end the charge.
        if ready and outlet["outlet_status"] == _NOBODY_YET and now - presented > _AGAIN_S:
            client.call("sim.badge", outlet=1, uid=BADGE)
            presented = now
        time.sleep(0.1)


def _plug_in(client: Client, deadline: float) -> None:
    """Plug in once the simulator is there, which the station starts on its own time."""
    while True:
        try:
            client.call("sim.plug", outlet=1, cable=32, phases=3)
        except CallError as error:
            if error.reason != "offline" or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def _terminal(state: Path, token: str, context: Context) -> int:
    with _told(token) as fd:
        arguments = ("--socket", str(socket_path(state)), "--lang", context.t.lang, "--token-fd", str(fd))
        process = subprocess.Popen(program("tui", *arguments), pass_fds=(fd,))
    code = process.wait()
    if code < 0:
        raise SystemExit(128 - code)
    return code
