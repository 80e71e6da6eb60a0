"""The boards that `--board` can name, and the command that serves each: `simulator`, `replay:FILE`, `linux`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from evlink.hardware.board import MAX_SPEED

SIMULATOR: Final = "simulator"
LINUX: Final = "linux"
REPLAY: Final = "replay:"
ALLOWED: Final = "simulator, linux and replay:FILE"


class BoardError(ValueError):
    """A board that cannot be named so; the message is one sentence."""


def check_board(name: str, speed: float = 1.0) -> None:
    """Whether `--board NAME --speed N` can be. BoardError in one sentence where not."""
    if name not in (SIMULATOR, LINUX) and not (name.startswith(REPLAY) and name != REPLAY):
        raise BoardError(f"--board is {name!r}; allowed are {ALLOWED}.")
    if not 1 <= speed <= MAX_SPEED:
        raise BoardError(f"--speed is {speed:g}; allowed are 1 to {MAX_SPEED}.")
    if name == LINUX and speed != 1:
        raise BoardError(f"--speed is {speed:g}; with --board linux only 1 is allowed.")
    if name.startswith(REPLAY) and not Path(name.removeprefix(REPLAY)).is_file():
        raise BoardError(f"--board is {name!r}; allowed is a recording's file, and there is none of that name.")


def board_argv(name: str, state: Path, speed: float = 1.0, linger_s: float = 10.0) -> tuple[str, ...]:
    """The command that serves the board `name` on `state`'s board.sock. BoardError as `check_board`.

    The board ends by itself when it has had no control for `linger_s` seconds. A replay plays once and then holds.
    """
    check_board(name, speed)
    module = "evlink.hardware."
    options = ["--state", str(state), "--linger", f"{linger_s:g}"]
    match name:
        case "simulator":
            module += "simulator"
            options += ["--speed", f"{speed:g}"]
        case "linux":
            module += "linux"
        case _:
            module += "playback"
            options += ["--speed", f"{speed:g}", "--hold", str(Path(name.removeprefix(REPLAY)).absolute())]
    return (sys.executable, "-m", module, *options)
