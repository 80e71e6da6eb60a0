"""The start of a station where updates were installed: takes the slot in use, and stands by a version on trial.

Run by the installed version's interpreter, which no update changes; it uses the standard library and the client alone.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import signal
import site
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

from evlink.client import CallError, Client, Disconnected, NoStation
from evlink.update.slots import Slots, Trial

BASE, MODULES = "EVLINK_BASE", "EVLINK_BASE_MODULES"
HOLD_S = 3.0  # how long a version on trial has to be charge-ready without a break
_LOOK_S = 0.2
_END_S = 20.0
_PR_SET_PDEATHSIG = 1
_READY = ("in_service", "unavailable", "fault")


def command(python: Path, given: Sequence[str]) -> list[str]:
    """The command line of a station."""
    return [str(python), "-P", "-m", "evlink.runtime.main", *given]


def ready(socket: Path, version: str) -> bool:
    """Whether a station of a version answers and could charge: its control speaks for every outlet."""
    try:
        with Client.connect(socket, timeout=5.0) as client:
            if client.hello.get("firmware") != version:
                return False
            document = client.call("snapshot")
    except (NoStation, Disconnected, CallError, OSError):
        return False
    outlets = document.get("outlets") or []
    events = document.get("events") or {}
    silent = "KO" in (events.get("3") or [])  # Evt #3: control is silent
    return bool(outlets) and document.get("station", {}).get("state") in _READY and not silent


class Guard:
    """The parent of a version on trial: passes signals on, ends it where it does not get ready in time."""

    def __init__(self, slots: Slots, trial: Trial, socket: Path, given: Sequence[str]) -> None:
        self._slots = slots
        self._trial = trial
        self._socket = socket
        self._given = given
        self._child: subprocess.Popen[bytes] | None = None
        self._asked_to_end = False

    def run(self) -> int | None:
        """Stand by until the station ends; its exit code. None where the version before is to be started."""
        self._slots.started(self._trial)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._pass_on)
        try:
            self._child = subprocess.Popen(
                command(self._slots.python(self._trial.slot), self._given),
                preexec_fn=_die_with_parent,
            )
        except OSError:
            self._slots.fall_back(self._trial, "the new version could not be started", "elle n'a pas pu démarrer")
            return None
        if not self._healthy(self._child):
            self._end(self._child)
            if self._asked_to_end:
                return 0  # the trial is written as begun: the next start falls back
            why = f"the new version was not ready to charge within {self._trial.health_s:g} s"
            french = f"la nouvelle version n'était pas prête à charger en {self._trial.health_s:g} s"
            self._slots.fall_back(self._trial, why, french)
            return None
        self._slots.confirm(self._trial)
        return self._child.wait()

    def _healthy(self, child: subprocess.Popen[bytes]) -> bool:
        until = time.monotonic() + self._trial.health_s
        since: float | None = None
        while time.monotonic() < until and child.poll() is None and not self._asked_to_end:
            if ready(self._socket, self._trial.version):
                since = since or time.monotonic()
                if time.monotonic() - since >= HOLD_S:
                    return True
            else:
                since = None
            time.sleep(_LOOK_S)
        return False

    def _pass_on(self, number: int, _: FrameType | None) -> None:
        self._asked_to_end = True
        if self._child is not None and self._child.poll() is None:
            self._child.send_signal(number)

    @staticmethod
    def _end(child: subprocess.Popen[bytes]) -> None:
        if child.poll() is None:
            child.terminate()
            try:
                child.wait(_END_S)
            except subprocess.TimeoutExpired:
                child.kill()
        child.wait()


def _die_with_parent() -> None:
    """Let the kernel end the station with its guard, so that none is left over that nobody stands by."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)


def end_control(state: Path) -> None:
    """End a control of another version, whose contactors are open: the one that comes up starts its own."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        pid = int((state / "control.lock").read_text().split()[0])
        if b"evlink.control" in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGTERM)
            for _ in range(100):
                os.kill(pid, 0)
                time.sleep(0.05)


def main(given: Sequence[str] | None = None) -> int:  # noqa: RET503 - it becomes another program
    """Start the station of a state directory in the slot that is in use."""
    words = list(sys.argv[1:] if given is None else given)
    parser = argparse.ArgumentParser(prog="evlink run", add_help=False)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--socket", type=Path)
    known, _ = parser.parse_known_args(words)
    os.umask(0o077)
    os.environ[BASE] = sys.executable
    os.environ[MODULES] = os.pathsep.join(path for path in site.getsitepackages() if Path(path).is_dir())
    slots = Slots(known.state.absolute())
    try:
        trial = slots.recover()
        if trial is not None:
            end_control(known.state)
            socket = known.socket or known.state / "evlink.sock"
            code = Guard(slots, trial, socket, words).run()
            if code is not None:
                return code
            end_control(known.state)
    except OSError as error:
        print(f"evlink: {slots.root}: {error.strerror or error}", file=sys.stderr)
    become(command(slots.python(slots.current()), words))


def become(line: Sequence[str]) -> NoReturn:
    """Become the station."""
    os.execv(line[0], list(line))  # noqa: S606 - the station itself


if __name__ == "__main__":
    sys.exit(main())
