"""The way from a command to the station: the running one by its socket, or its files by the offline program."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from evlink.client import LINE_LIMIT, CallError, Client, Disconnected, NoStation, TooLong, socket_path, state_directory
from evlink.commands.output import BAD_INPUT, FAILURE, Stop, clean
from evlink.commands.words import Words

_OFFLINE = "evlink.runtime.offline"
_END_S = 10.0  # the offline program has nothing to do after its last answer but to close its files
_WRONG_PARAMETERS = -32602


@dataclass(frozen=True, slots=True)
class Context:
    """What a command is given: its arguments, its language and where the station is.

    `files` says whether the files may be worked on when no station runs: not where a socket was named, which
    means a running station and no other.
    """

    args: Namespace
    t: Words
    state: Path
    socket: Path
    files: bool


def context(args: Namespace, t: Words) -> Context:
    """The context of parsed arguments."""
    named = getattr(args, "state", None)
    state = Path(named) if named else state_directory()
    socket = getattr(args, "socket", None)
    return Context(args, t, state, Path(socket) if socket else socket_path(state), not socket or bool(named))


def program(module: str, *arguments: str) -> list[str]:
    """Command line of another program of the product; -P, since nothing may be imported from where one stands."""
    return [sys.executable, "-P", "-m", module, *arguments]


@contextmanager
def running(context: Context) -> Iterator[Client]:
    """The station that runs; Stop where none does, or where it refuses."""
    with _told(context):
        try:
            client = Client.connect(context.socket)
        except NoStation as error:
            raise Stop(_absent(context, error)) from None
        with client:
            yield client


@contextmanager
def station(context: Context) -> Iterator[Client]:
    """The station that runs, or its files where none does; Stop where neither can be had, or where it refuses."""
    with _told(context):
        try:
            client = Client.connect(context.socket)
        except NoStation as error:
            if error.forbidden or not context.files:
                raise Stop(_absent(context, error)) from None
            with _offline(context) as client:
                yield client
            return
        with client:
            yield client


def _absent(context: Context, error: NoStation) -> str:
    if error.forbidden:
        return context.t("the socket {path} may not be opened by this account", path=context.socket)
    return context.t("no station runs at {path}", path=context.socket)


@contextmanager
def _told(context: Context) -> Iterator[None]:
    try:
        yield
    except CallError as error:
        code = BAD_INPUT if error.reason == "bad_value" or error.code == _WRONG_PARAMETERS else FAILURE
        raise Stop(refusal(error, context.t), code) from None
    except TooLong:
        raise Stop(context.t("this is more than the station takes at once ({n} bytes)", n=LINE_LIMIT)) from None
    except Disconnected as error:
        raise Stop(context.t(str(error))) from None


def refusal(error: CallError, t: Words) -> str:
    """One sentence about an error of the station, with the key, the value and what is allowed."""
    problems = error.data.get("problems")
    if isinstance(problems, list) and problems:
        more = f" ({t('and {n} more', n=len(problems) - 1)})" if len(problems) > 1 else ""
        return clean(problems[0].get(t.lang) or error.message) + more
    if t.lang == "en" or not error.reason:
        return clean(error.message)
    data = {name: clean(error.data[name]) for name in ("key", "value", "allowed") if error.data.get(name)}
    words = t(f"reason:{error.reason}")
    if "key" not in data:
        return f"{words} ({clean(error.message)})"
    shown = f"{data['key']} = {data['value']}" if "value" in data else data["key"]
    return f"{shown} : {words}" + (f" ; {t('allowed')} : {data['allowed']}" if "allowed" in data else "")


@contextmanager
def _offline(context: Context) -> Iterator[Client]:
    """The offline program on a state directory; it holds the station's lock until the client closes."""
    read_fd, its_stdout = os.pipe()
    its_stdin, write_fd = os.pipe()
    with tempfile.TemporaryFile() as said:
        # A session of its own: Ctrl+C ends the command, and the program then ends in order at the end of its input.
        process = subprocess.Popen(
            program(_OFFLINE, "--state", str(context.state)),
            stdin=its_stdin,
            stdout=its_stdout,
            stderr=said,
            start_new_session=True,
        )
        os.close(its_stdin)
        os.close(its_stdout)

        def complaint() -> str:
            said.seek(0)
            lines = said.read().decode(errors="replace").strip().splitlines()
            return clean(lines[-1]).removeprefix("evlink: ") if lines else ""

        unusable = context.t("the files in {path} cannot be used", path=context.state)
        try:
            with Client(read_fd, write_fd) as client:
                try:
                    client.greet()
                except Disconnected:
                    code = BAD_INPUT if _ended(process) == BAD_INPUT else FAILURE
                    raise Stop(complaint() or unusable, code) from None
                yield client
        finally:
            failed = _ended(process) != 0
        if failed:
            raise Stop(complaint() or unusable)


def _ended(process: subprocess.Popen[bytes]) -> int:
    try:
        return process.wait(_END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
