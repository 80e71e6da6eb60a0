"""Opens the terminal: `python -m tui`. It says so at once, before the third of a second that the screens take."""

from __future__ import annotations

import os
import sys

if (
    __name__ == "__main__"
    and not {"-h", "--help", "--lines"} & set(sys.argv)
    and os.environ.get("TERM", "") not in ("", "dumb")
    and sys.stdout.isatty()
):
    sys.stdout.write("evlink: opening the commissioning terminal...\n")
    sys.stdout.flush()

import argparse
import signal
import socket
from collections.abc import Sequence
from pathlib import Path

NO_SCREEN = ("", "dumb")
"""Terminal types that can hold no screen."""


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="evlink tui", description="The commissioning terminal of an EV charging station.", allow_abbrev=False
    )
    parser.add_argument("--socket", metavar="PATH", type=Path, help="socket of the station")
    parser.add_argument("--lang", choices=("fr", "en"), help="language of the screens (default: the locale's)")
    parser.add_argument("--plain", action="store_true", help="no colour, ASCII only, no mouse")
    parser.add_argument("--lines", action="store_true", help="numbered menus, a question a line: no screen needed")
    parser.add_argument("--token-fd", metavar="N", type=int, help="read a one-time login token from this descriptor")
    return parser.parse_args(argv)


def token_of(descriptor: int | None) -> str:
    """The first line of an inherited descriptor, which is closed; empty for none. OSError where it can't be read."""
    if descriptor is None:
        return ""
    with os.fdopen(descriptor, "rb") as file:
        return file.readline(4096).decode("ascii", "replace").strip()


def complaint(path: Path) -> str:
    """Why no station can be reached at a socket, in one sentence; empty where one can."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.settimeout(5)
            probe.connect(str(path))
    except PermissionError:
        return f"the socket {path} may not be opened by this account: join the group evlink, or ask its owner."
    except OSError:
        return f"no station answers at {path}: start one with `evlink run`, or look around with `evlink demo`."
    return ""


def fail(sentence: str) -> int:
    """Say why the terminal doesn't open; the exit status for that."""
    from tui.clean import clean

    print(f"evlink: {clean(sentence)}", file=sys.stderr)
    return 1


def lines(options: argparse.Namespace) -> int:
    """Open the menus in lines, and stay until they are left."""
    from evlink.client import socket_path, state_directory
    from tui.lines.run import run
    from tui.profile import language

    path = options.socket or socket_path(state_directory())
    if sentence := complaint(path):
        return fail(sentence)
    try:
        token = token_of(options.token_fd)
    except OSError:
        return fail(f"--token-fd {options.token_fd}: this descriptor can't be read.")
    return run(path, language(options.lang, os.environ), token, instead=not options.lines)


def main(argv: Sequence[str] | None = None) -> int:
    """Open the terminal and stay until it is left; exit status 1 where it can't be opened."""
    # The guard that `evlink tui` leaves behind starts this as a background job, to which Ctrl+C says nothing.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    options = arguments(argv)
    term = os.environ.get("TERM", "")
    if options.lines or (term in NO_SCREEN and sys.stdin.isatty() and sys.stdout.isatty()):
        return lines(options)
    from tui.profile import choose, language

    if not (sys.stdin.isatty() and sys.__stderr__ is not None and sys.__stderr__.isatty()):
        return fail("the commissioning terminal needs a terminal for its input and its error output.")
    try:
        profile = choose(term, options.plain, os.environ)
    except ValueError as error:
        return fail(str(error))

    from evlink.client import socket_path, state_directory

    path = options.socket or socket_path(state_directory())
    if sentence := complaint(path):
        return fail(sentence)
    try:
        token = token_of(options.token_fd)
    except OSError:
        return fail(f"--token-fd {options.token_fd}: this descriptor can't be read.")

    # Textual reads these when it is imported.
    os.environ["TEXTUAL_ANIMATIONS"] = "none"
    os.environ["TEXTUAL_COLOR_SYSTEM"] = profile.color_system
    if profile.plain:
        os.environ["TEXTUAL_DISABLE_KITTY_KEY"] = "1"
        os.environ["NO_COLOR"] = "1"
    from tui.run import run

    return run(path, language(options.lang, os.environ), profile, token)


if __name__ == "__main__":
    sys.exit(main())
