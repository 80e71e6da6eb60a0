"""How a control comes to run on a state directory: the one that holds `control.lock`, a process of its own."""

from __future__ import annotations

import fcntl
import os
import sys
from pathlib import Path


class ControlError(Exception):
    """Why control cannot run, in one sentence."""


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
    state: Path,
    outlets: int,
    board: str = "simulator",
    speed: float = 1,
    watchdog: Path | None = None,
    watchdog_s: int | None = None,
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
    if watchdog_s is not None:
        command += ["--watchdog-timeout", str(watchdog_s)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        text = done.stderr.strip().splitlines()
        raise ControlError(text[-1] if text else f"control ended with {done.returncode}")
    return int(done.stdout)
