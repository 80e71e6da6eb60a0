"""The program behind `evlink simulate`: `house LOG.csv` and `sharing SCENARIO.toml`."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from pathlib import Path
from typing import NoReturn

from evlink.runtime.simulate import show
from evlink.runtime.simulate.day import run
from evlink.runtime.simulate.errors import SimulationError, not_allowed
from evlink.runtime.simulate.house import Columns, compare
from evlink.runtime.simulate.scenario import load


class Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in one sentence."""

    def error(self, message: str) -> NoReturn:
        """Raise SimulationError."""
        raise SimulationError(message, message)


def arguments(argv: list[str] | None) -> argparse.Namespace:
    """Parse the command line. SimulationError for an option that is wrong."""
    parser = Parser(prog="evlink simulate", description="The station's rules in virtual time.")
    kinds = parser.add_subparsers(dest="kind", required=True, parser_class=Parser)
    house = kinds.add_parser("house", help="a recorded house log against the head meter's rule")
    house.add_argument("file", type=Path, metavar="LOG.csv")
    usual = Columns()
    house.add_argument("--house", default=usual.house, metavar="COLUMN", help="watts of the house, charger included")
    house.add_argument("--charger", default=usual.charger, metavar="COLUMN", help="watts of the recorded charger")
    house.add_argument("--ceiling", default=usual.ceiling, metavar="COLUMN", help="the most watts of the house")
    house.add_argument("--delimiter", default=";")
    sharing = kinds.add_parser("sharing", help="a day of arrivals")
    sharing.add_argument("file", type=Path, metavar="SCENARIO.toml")
    for kind in (house, sharing):
        kind.add_argument("--json", action="store_true")
        kind.add_argument("--lang", choices=("en", "fr"), default="en")
    given = parser.parse_args(argv)
    if given.kind == "house" and (len(given.delimiter) != 1 or given.delimiter in '"\r\n'):
        raise not_allowed("--delimiter", given.delimiter, "one character", "un caractère")
    return given


def main(argv: list[str] | None = None) -> int:
    """Simulate and print; 0, or 2 for a file or an option that is wrong."""
    # Read before the rest is: the language of what is wrong with the rest.
    french = "--lang=fr" in (sys.argv[1:] if argv is None else argv)
    try:
        given = arguments(argv)
        lines = _house(given) if given.kind == "house" else _sharing(given)
    except SimulationError as error:
        said = error.french if french else str(error)
        print(f"evlink: {''.join(c if c.isprintable() else ' ' for c in said)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    for stream in (sys.stdout,):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        print("\n".join(lines), flush=True)
    except BrokenPipeError:  # whoever reads has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _house(given: argparse.Namespace) -> list[str]:
    columns = Columns(given.house, given.charger, given.ceiling)
    done = compare(given.file, columns, given.delimiter)
    return [json.dumps(done.document())] if given.json else show.comparison(done, given.lang)


def _sharing(given: argparse.Namespace) -> list[str]:
    scenario = load(given.file)
    done = run(scenario)
    if given.json:
        return [json.dumps(show.day_document(scenario, done))]
    columns = shutil.get_terminal_size((120, 24)).columns
    return show.day(scenario, done, given.lang, columns, sys.stdout.encoding)


if __name__ == "__main__":
    sys.exit(main())
