"""`evlink run`, `tui`, `replay` and `simulate`: the other programs of the product, which take this one's place."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from typing import NoReturn

from evlink.commands.files import check_readable
from evlink.commands.station import Context, program

# What stays while the terminal runs, a shell of 0.2 MB: it passes SIGTERM on, and where the terminal was killed without
# a word it gives the line back as it was found. Modern modes are none of an old terminal's, which might print them.
_GUARD = r"""
said=$1; shift
found=$(stty -g 2>/dev/null)
trap : HUP INT QUIT
trap 'if [ -n "$!" ]; then kill -TERM "$!" 2>/dev/null; else exit 143; fi' TERM
exec 3<&0
"$@" <&3 3<&- &
child=$!
exec 3<&-
while :; do
    wait "$child"; code=$?
    kill -0 "$child" 2>/dev/null || break
done
if [ "$code" -gt 128 ]; then
    case $TERM in
        linux*|vt*|ansi*|cons25*|unknown*) ;;
        *) printf '\033[?1000l\033[?1003l\033[?1015l\033[?1006l\033[?2004l\033[<u' ;;
    esac
    printf '\033[0m\033[r\033[999;1H\033[?7h\033[?1049l\033[?25h\r\n'
    [ -z "$found" ] || stty "$found" 2>/dev/null
    printf '%s\n' "$said" >&2
fi
exit "$code"
"""


def run(context: Context) -> int:
    """Become the station."""
    names = ["socket", "login_socket", "config", "hardware", "board", "speed"]
    names += ["machine", "update_keys", "update_health"]
    arguments = ["--state", str(context.state), *_given(context.args, *names)]
    # Where updates were installed, the start decides which version runs.
    module = "evlink.update.boot" if (context.state / "update").is_dir() else "evlink.runtime.main"
    _become(program(module, *arguments))


def tui(context: Context) -> int:
    """Become the guard of a terminal on the station's socket."""
    arguments = ["--socket", str(context.socket), "--lang", context.t.lang]
    arguments += ["--plain"] if context.args.plain else []
    if context.args.lines or os.environ.get("TERM", "") in ("", "dumb"):
        # Menus in lines leave no mode of the screen behind, and such a terminal would print the guard's orders.
        _become(program("tui", *arguments, *(["--lines"] if context.args.lines else [])))
    sentence = context.t("the terminal ended unexpectedly")
    _become(["/bin/sh", "-c", _GUARD, "evlink", f"evlink: {sentence}", *program("tui", *arguments)])


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


def simulate(context: Context) -> int:
    """Become a simulation."""
    args = context.args
    check_readable(args.log, context.t)
    arguments = [f"--lang={context.t.lang}", *_given(args, "house", "charger", "ceiling", "delimiter")]
    arguments += ["--json"] if args.json else []
    _become(program("evlink.runtime.simulate", args.kind, *arguments, "--", args.log))


def _given(args: Namespace, *names: str) -> list[str]:
    # One word each, so that a value may begin with a dash.
    return [f"--{name.replace('_', '-')}={value}" for name in names if (value := getattr(args, name, None)) is not None]


def _become(command: list[str]) -> NoReturn:
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(command[0], command)  # noqa: S606  # the interpreter that runs this very program
