"""Programs of the machine, run by a list of arguments: no shell ever sees a value (S16)."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

TIMEOUT_S = 60.0
_LARGEST = 256 << 10


class MachineError(Exception):
    """What the machine would not do, in one sentence."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a program said, and its exit code."""

    code: int
    out: str
    err: str


class Run(Protocol):
    """Runs a program to its end."""

    async def __call__(self, *argv: str) -> Done:
        """What it said; MachineError where it can't be started or does not end."""
        ...


class Programs:
    """The real ones, in English, with nothing of our environment but the path."""

    def __init__(self, path: str = "/usr/sbin:/usr/bin:/sbin:/bin", timeout_s: float = TIMEOUT_S) -> None:
        self._env = {"PATH": path, "LC_ALL": "C", "LANG": "C"}
        self._timeout_s = timeout_s

    async def __call__(self, *argv: str) -> Done:
        """Run a program; MachineError where it can't be started or does not end in time."""
        if any("\0" in word for word in argv):
            raise MachineError(f"{argv[0]}: a value holds a zero byte")
        program = self._find(argv[0])
        try:
            process = await asyncio.create_subprocess_exec(
                program,
                *argv[1:],
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=self._env,
                start_new_session=True,
            )
        except OSError as error:
            raise MachineError(f"{argv[0]} can't be started: {error.strerror}") from None
        try:
            out, err = await asyncio.wait_for(process.communicate(), self._timeout_s)
        except TimeoutError:
            raise MachineError(f"{argv[0]} did not end within {self._timeout_s:g} s") from None
        finally:
            if process.returncode is None:  # nobody waits for it any more
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        return Done(process.returncode or 0, _text(out), _text(err))

    def _find(self, name: str) -> str:
        for folder in self._env["PATH"].split(os.pathsep):
            path = os.path.join(folder, name)
            if os.access(path, os.X_OK):
                return path
        raise MachineError(f"{name} is not installed")


async def well(run: Run, *argv: str) -> str:
    """The output of a program; MachineError with its first line of complaint where it fails."""
    done = await run(*argv)
    if done.code:
        lines = (done.err or done.out).strip().splitlines()
        raise MachineError(f"{argv[0]}: {lines[0] if lines else f'exit code {done.code}'}")
    return done.out


def _text(data: bytes) -> str:
    return data[:_LARGEST].decode("utf-8", "replace")


def option_free(words: Sequence[str]) -> None:
    """MachineError where a value could be taken for an option, or holds what no value of ours has."""
    for word in words:
        if word.startswith("-") or any(ord(char) < 32 for char in word):
            raise MachineError(f"{word[:60]!r} is no value for the machine")
