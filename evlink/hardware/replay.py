"""A recorded log fed through the protection and the energy of the live loop: `evlink replay LOG.csv`."""

from __future__ import annotations

import argparse
import csv
import json
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from evlink._core import TIER_HIGH, TIER_LOW, TIER_MEDIUM, Limits, Protection

TIERS = {TIER_LOW: "low", TIER_MEDIUM: "medium", TIER_HIGH: "high"}
MVAS_A_WH = 3_600_000
DAY_MS = 86_400_000


class ReplayError(ValueError):
    """What is wrong with a log or an option, in one sentence of each language."""

    def __init__(self, english: str, french: str) -> None:
        super().__init__(english)
        self.french = french


@dataclass(frozen=True, slots=True)
class Trip:
    """The first trip of a tier: which, at which row (from 0), at which time of the log."""

    tier: str
    row: int
    time: str


@dataclass(frozen=True, slots=True)
class Replay:
    """What a log did: rows, seconds, apparent energy in watt-hours, first trips, largest current in amperes."""

    rows: int
    duration_s: float
    energy_wh: float
    trips: tuple[Trip, ...]
    max_current_a: float

    def document(self) -> dict[str, object]:
        """The result as JSON shows it."""
        trips = [{"tier": trip.tier, "row": trip.row, "time": trip.time} for trip in self.trips]
        return {
            "rows": self.rows,
            "duration_s": self.duration_s,
            "energy_wh": self.energy_wh,
            "trips": trips,
            "max_current_a": self.max_current_a,
        }


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a log: when, and milliamperes drawn and allowed."""

    at: datetime
    current_ma: int
    limit_ma: int


def replay(
    path: Path,
    current: str,
    limit: str,
    delimiter: str = ",",
    scale: float = 1.0,
    limits: Limits | None = None,
    window_s: float = 6.0,
) -> Replay:
    """Feed a log through `Protection`: columns `current` and `limit` in amperes, the first column the time.

    The reference of a row is the largest limit of the last `window_s` seconds; energy is the trapezoid over
    `limits.voltage_mv` (R-160, R-161). Raises ReplayError for a file that cannot be read that way.
    """
    protection = Protection(limits if limits is not None else Limits(), window_s)
    trips: dict[int, Trip] = {}
    first: datetime | None = None
    last: datetime | None = None
    most = 0
    number = -1
    for number, row in enumerate(rows(path, current, limit, delimiter, scale)):
        step_ms = 0 if last is None else milliseconds(last, row.at, number)
        tripped = protection.step(row.current_ma, row.limit_ma, step_ms)
        for tier, name in TIERS.items():
            if tripped & (1 << tier) and tier not in trips:
                trips[tier] = Trip(name, number, row.at.isoformat())
        most = max(most, row.current_ma)
        first = first or row.at
        last = row.at
    duration = (last - first).total_seconds() if first is not None and last is not None else 0.0
    return Replay(
        rows=number + 1,
        duration_s=duration,
        energy_wh=round(protection.energy_mvas / MVAS_A_WH, 3),
        trips=tuple(sorted(trips.values(), key=lambda trip: trip.row)),
        max_current_a=most / 1000,
    )


def milliseconds(before: datetime, now: datetime, number: int) -> int:
    """Time between two rows; ReplayError where it runs backwards or leaps over a day."""
    try:
        step = round((now - before).total_seconds() * 1000)
    except TypeError as error:
        raise ReplayError(
            f"row {number}: times with and without an offset cannot be mixed",
            f"ligne {number} : des heures avec et sans décalage ne peuvent pas être mêlées",
        ) from error
    if not 0 <= step <= DAY_MS:
        raise ReplayError(
            f"row {number}: its time {now.isoformat()} must be 0 to 24 hours after the row before",
            f"ligne {number} : son heure {now.isoformat()} doit suivre de 0 à 24 heures la ligne précédente",
        )
    return step


def rows(path: Path, current: str, limit: str, delimiter: str, scale: float) -> Iterator[Row]:
    """The rows of a log with a header line, in UTF-8 with or without byte-order mark."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, delimiter=delimiter, strict=True)
            header = next(reader, [])
            places = [place(header, column, path) for column in (current, limit)]
            for number, fields in enumerate(line for line in reader if line):
                yield Row(
                    time(fields[0], number),
                    milliamperes(fields, places[0], current, number, scale),
                    milliamperes(fields, places[1], limit, number, 1.0),
                )
    except OSError as error:
        words = error.strerror or str(error)
        raise ReplayError(f"{path} cannot be read: {words}", f"{path} ne peut pas être lu : {words}") from error
    except UnicodeDecodeError as error:
        raise ReplayError(f"{path} is not UTF-8 text", f"{path} n'est pas un texte UTF-8") from error
    except csv.Error as error:
        raise ReplayError(
            f"{path} is no readable CSV: {error}", f"{path} n'est pas un CSV lisible : {error}"
        ) from error


def place(header: list[str], column: str, path: Path) -> int:
    """Index of a column; ReplayError naming those that there are."""
    if column not in header:
        columns = ", ".join(header)
        raise ReplayError(
            f"{path} has no column {column!r}; it has {columns or 'none'}",
            f"{path} n'a pas de colonne {column!r} ; il a {columns or 'aucune'}",
        )
    return header.index(column)


def time(text: str, number: int) -> datetime:
    """A time as `17/12/2023 13:25:00` or in ISO 8601."""
    try:
        return datetime.strptime(text, "%d/%m/%Y %H:%M:%S")
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise ReplayError(
            f"row {number}: {text!r} is no time; allowed are DD/MM/YYYY HH:MM:SS and ISO 8601",
            f"ligne {number} : {text!r} n'est pas une heure ; autorisés : JJ/MM/AAAA HH:MM:SS et ISO 8601",
        ) from error


def milliamperes(fields: list[str], index: int, column: str, number: int, scale: float) -> int:
    """A field in amperes, scaled, as whole milliamperes."""
    text = fields[index] if index < len(fields) else ""
    try:
        value = float(text) * scale
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1_000_000:
        raise ReplayError(
            f"row {number}, column {column}: {text!r} is no current of 0 to 1000000 A",
            f"ligne {number}, colonne {column} : {text!r} n'est pas un courant de 0 à 1000000 A",
        )
    return round(value * 1000)


class Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in one sentence, as the log's reader does."""

    def error(self, message: str) -> NoReturn:
        """Raise ReplayError."""
        raise ReplayError(message, message)


def arguments(argv: list[str] | None) -> argparse.Namespace:
    """Parse the command line. ReplayError for an option that is wrong."""
    parser = Parser(prog="evlink replay", description="A recorded log through the protection.")
    parser.add_argument("log", type=Path, metavar="LOG.csv")
    parser.add_argument("--current", required=True, metavar="COLUMN", help="amperes drawn")
    parser.add_argument("--limit", required=True, metavar="COLUMN", help="amperes signalled")
    parser.add_argument("--delimiter", default=",")
    parser.add_argument("--scale", type=float, default=1.0, metavar="F", help="multiplies the current")
    parser.add_argument("--voltage", type=float, default=230.0, metavar="V")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--lang", choices=("en", "fr"), default="en")
    given = parser.parse_args(argv)
    if len(given.delimiter) != 1 or given.delimiter in '"\r\n':
        raise _not_allowed("--delimiter", repr(given.delimiter), "one character", "un caractère")
    if not 0 <= given.scale <= 1000:
        raise _not_allowed("--scale", f"{given.scale:g}", "0 to 1000", "de 0 à 1000")
    if not 100 <= given.voltage <= 300:
        raise _not_allowed("--voltage", f"{given.voltage:g}", "100 to 300 V", "de 100 à 300 V")
    return given


def _not_allowed(option: str, value: str, english: str, french: str) -> ReplayError:
    return ReplayError(
        f"{option}: {value} is not allowed; allowed: {english}",
        f"{option} : {value} n'est pas autorisé ; autorisé : {french}",
    )


def main(argv: list[str] | None = None) -> int:
    """Replay a log and print the result; 0, or 2 for a log or an option that is wrong."""
    # Read before the rest is: the language of what is wrong with the rest.
    french = "--lang=fr" in (sys.argv[1:] if argv is None else argv)
    try:
        given = arguments(argv)
        limits = Limits(voltage_mv=round(given.voltage * 1000))
        result = replay(given.log, given.current, given.limit, given.delimiter, given.scale, limits)
    except ReplayError as error:
        said = error.french if french else str(error)
        print(f"evlink: {''.join(c if c.isprintable() else ' ' for c in said)}", file=sys.stderr)
        return 2
    if given.json:
        print(json.dumps(result.document()))
    else:
        print("\n".join(_described(result, french)))
    return 0


def _described(result: Replay, french: bool) -> list[str]:
    """The result in words, a line each."""
    seconds, energy, most = f"{result.duration_s:g}", f"{result.energy_wh:.2f}", f"{result.max_current_a:g}"
    if french:
        energy, most, seconds = (text.replace(".", ",") for text in (energy, most, seconds))
        lines = [f"{result.rows} lignes, {seconds} s, {energy} Wh (apparent)", f"courant le plus fort {most} A"]
        tiers = {"low": "bas", "medium": "moyen", "high": "haut"}
        lines += [f"déclenchement {tiers[trip.tier]} à la ligne {trip.row}, {trip.time}" for trip in result.trips]
        return lines if result.trips else [*lines, "aucun déclenchement"]
    lines = [f"{result.rows} rows, {seconds} s, {energy} Wh (apparent)", f"largest current {most} A"]
    lines += [f"trip {trip.tier} at row {trip.row}, {trip.time}" for trip in result.trips]
    return lines if result.trips else [*lines, "no trip"]


if __name__ == "__main__":
    sys.exit(main())
