"""`evlink run`, `tui` and `replay`: the other programs of the product, which take this one's place."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from typing import NoReturn

from evlink.commands.files import check_readable
from evlink.commands.station import Context, program


def run(context: Context) -> int:
    """Become the station."""
    arguments = ["--state", str(context.state), *_given(context.args, "socket", "config", "hardware", "board", "speed")]
    _become(program("evlink.runtime.main", *arguments))


def tui(context: Context) -> int:
    """Become the terminal on the station's socket."""
    arguments = ["--socket", str(context.socket), "--lang", context.t.lang]
    arguments += ["--plain"] if context.args.plain else []
    _become(program("tui", *arguments))


def record(context: Context) -> int:
    """Become the recorder of a board."""
    arguments = [f"--state={context.state}", context.args.file, *_given(context.args, "board", "seconds")]
    _become(program("evlink.hardware.recording", *arguments))


def replay(context: Context) -> int:
    """Become the replay of a recorded log."""
    args = context.args
    check_readable(args.log, context.t)
    arguments = [f"--lang={context.t.lang}", *_given(args, "current", "limit", "delimiter", "scale", "voltage")]
    arguments += ["--json"] if args.json else []
    _become(program("evlink.hardware.replay", *arguments, "--", args.log))


def _given(args: Namespace, *names: str) -> list[str]:
    # One word each, so that a value may begin with a dash.
    return [f"--{name}={value}" for name in names if (value := getattr(args, name, None)) is not None]


def _become(command: list[str]) -> NoReturn:
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(command[0], command)  # noqa: S606  # the interpreter that runs this very program
