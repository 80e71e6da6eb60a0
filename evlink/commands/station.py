"""The way from a command to the station: the running one by its socket, or its files by the offline program."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from evlink.client import LINE_LIMIT, CallError, Client, Disconnected, NoStation, TooLong, socket_path, state_directory
from evlink.commands.output import BAD_INPUT, FAILURE, Stop, all_wrong, clean
from evlink.commands.starting import starting
from evlink.commands.words import Words

_OFFLINE = "evlink.runtime.offline"
_END_S = 10.0  # the offline program has nothing to do after its last answer but to close its files
_WRONG_PARAMETERS = -32602
START_S = 10.0  # from the lock of a station that starts to its first answer
RETURN_S = 20.0  # from the order to restart to the first answer
_AGAIN_S = 0.05


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
    """The station that runs, or has just begun to; Stop where none does, or where it refuses."""
    with _told(context):
        client = _connected(context)
        if client is None:
            raise Stop(_absent(context))
        with client:
            yield client


@contextmanager
def station(context: Context) -> Iterator[Client]:
    """The station that runs, or its files where none does; Stop where neither can be had, or where it refuses."""
    with _told(context):
        client = _connected(context)
        if client is not None:
            with client:
                yield client
        elif context.files:
            with _offline(context) as client:
                yield client
        else:
            raise Stop(_absent(context))


def _connected(context: Context) -> Client | None:
    """A client of the running station, None where none runs; one that starts is waited for."""
    deadline = time.monotonic() + START_S
    while True:
        try:
            return Client.connect(context.socket)
        except NoStation as error:
            if error.forbidden:
                sentence = context.t("the socket {path} may not be opened by this account", path=context.socket)
                raise Stop(sentence) from None
            # Who named a socket alone did not say which directory's lock to look at.
            if not context.files or not starting(context.state) or time.monotonic() > deadline:
                return None
        time.sleep(_AGAIN_S)


def _absent(context: Context) -> str:
    if context.files and starting(context.state):
        return context.t("the station at {path} has begun to start, but does not answer yet", path=context.socket)
    return context.t("no station runs at {path}", path=context.socket)


def await_return(context: Context, client: Client) -> None:
    """Wait until the station that `client` ordered to restart answers again; Stop where it does not come back.

    It is another start once the connection of the order has ended, or once `hello` names another.
    """
    before = client.hello.get("started")
    ended = False
    deadline = time.monotonic() + RETURN_S
    while time.monotonic() < deadline:
        if not ended:
            try:
                client.call("hello", client="command line")
            except Disconnected:
                ended = True
        with suppress(NoStation, Disconnected), Client.connect(context.socket, timeout=RETURN_S) as again:
            if ended or again.hello.get("started") != before:
                return
        time.sleep(_AGAIN_S)
    seconds = f"{RETURN_S:g}"
    raise Stop(context.t("the station took the order, but did not come back within {n} s", n=seconds))


@contextmanager
def _told(context: Context) -> Iterator[None]:
    try:
        yield
    except CallError as error:
        code = BAD_INPUT if error.reason == "bad_value" or error.code == _WRONG_PARAMETERS else FAILURE
        raise _refused(error, context.t, code) from None
    except TooLong:
        raise Stop(context.t("this is more than the station takes at once ({n} bytes)", n=LINE_LIMIT)) from None
    except Disconnected as error:
        raise Stop(context.t(str(error))) from None


def _refused(error: CallError, t: Words, code: int) -> Stop:
    """The end over an error of the station: of changes, every problem; else one sentence."""
    problems = error.data.get("problems")
    if not isinstance(problems, list) or not problems:
        return Stop(refusal(error, t), code)
    sentences = [clean(problem.get(t.lang) or problem.get("en") or error.message) for problem in problems]
    return all_wrong(sentences, nothing_changed(len(problems), t), code, {"problems": problems})


def nothing_changed(problems: int, t: Words) -> str:
    """What closes a list of problems."""
    return t("{n} problems; nothing was changed", n=problems)


def refusal(error: CallError, t: Words) -> str:
    """One sentence about an error of the station, with the key, the value and what is allowed."""
    if t.lang == "en":
        return clean(error.message)
    if french := error.data.get("fr") or t.said(error.message):
        return clean(french)
    if not error.reason:
        return clean(error.message)
    data = {name: clean(error.data[name]) for name in ("key", "value", "allowed") if _given(error.data.get(name))}
    words = t(f"reason:{error.reason}")
    if "key" not in data:
        return f"{words} ({clean(error.message)})"
    shown = f"{data['key']} = {data['value']}" if "value" in data else data["key"]
    if "allowed" not in data:
        return f"{shown} : {words}"
    return f"{shown} : {words} ; {t('allowed')} : {t.said(data['allowed']) or data['allowed']}"


def _given(value: object) -> bool:
    return value is not None and value != ""


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
            sentence = clean(lines[-1]).removeprefix("evlink: ") if lines else ""
            return context.t.said(sentence) or sentence

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
