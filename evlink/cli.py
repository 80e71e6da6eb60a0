"""The command line: words to a command, and what went wrong to one sentence and an exit code.

0 done, 1 refused or failed, 2 bad input, 130 ended by Ctrl+C.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence

from evlink.commands.output import BAD_INPUT, FAILURE, INTERRUPTED, PIPE_CLOSED, Stop, print_json, print_notice
from evlink.commands.parser import build
from evlink.commands.station import Context, context
from evlink.commands.words import Words, language

Command = Callable[[Context], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    t = Words(language(words, os.environ))
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal of few characters shows what it can
    json = False
    try:
        args = build(t).parse_args(words)
        json = getattr(args, "json", False)
        code = _command(args.command)(context(args, t))
        sys.stdout.flush()
    except Stop as stop:
        for sentence in (*stop.others, stop.sentence):
            print_notice(sentence)
        if json and stop.document is not None:
            print_json(stop.document)
        return stop.code
    except UnicodeEncodeError:
        print_notice(t("the arguments are no UTF-8 text"))
        return BAD_INPUT
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read us has seen enough. Nothing may be flushed into the closed pipe at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except OSError as error:
        from evlink.commands.files import complaint

        why = complaint(error, t)
        print_notice(t("{label}: {text}", label=error.filename, text=why) if error.filename else why)
        return FAILURE
    return code


def _command(name: str) -> Command:
    """The function of a command; its module is read only now, so that each command starts as fast as it can."""
    command: Command
    match name:
        case "demo":
            from evlink.commands.demo import demo as command
        case "run" | "tui" | "record" | "replay" | "simulate":
            from evlink.commands import programs

            command = {
                "run": programs.run,
                "tui": programs.tui,
                "record": programs.record,
                "replay": programs.replay,
                "simulate": programs.simulate,
            }[name]
        case "status":
            from evlink.commands.status import status as command
        case "pilot":
            from evlink.commands.pilot import pilot as command
        case "meters":
            from evlink.commands.meters import meters as command
        case "history":
            from evlink.commands.history import history as command
        case "publication":
            from evlink.commands.publication import publication as command
        case "badges":
            from evlink.commands.badges import badges as command
        case "supervision":
            from evlink.commands.supervision import supervision as command
        case "doctor" | "logs":
            from evlink.commands import doctor

            command = {"doctor": doctor.doctor, "logs": doctor.logs}[name]
        case "audit":
            from evlink.commands.audit import audit as command
        case "update":
            from evlink.commands.update import update as command
        case "report":
            from evlink.commands.report import report as command
        case "restart" | "factory-reset" | "charge":
            from evlink.commands import orders

            command = {"restart": orders.restart, "factory-reset": orders.factory_reset, "charge": orders.charge}[name]
        case "sim":
            from evlink.commands.sim import sim as command
        case "settings" | "get" | "set":
            from evlink.commands import settings

            command = {"settings": settings.settings, "get": settings.get, "set": settings.change}[name]
        case "import" | "export":
            from evlink.commands import transfer

            command = {"import": transfer.import_settings, "export": transfer.export_settings}[name]
        case _:
            raise AssertionError(name)
    return command


if __name__ == "__main__":
    sys.exit(main())
