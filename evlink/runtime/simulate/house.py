"""A recorded house log replayed against the head meter's rule: base load as recorded, a car of our own beside it.

The base load of a row is the house without the recorded charger; the ceiling is the row's own. Beside it charges a
single-phase car that follows its pilot as late as it may.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from evlink.domain.head import HeadRules
from evlink.domain.state import Config, OutletConfig
from evlink.runtime.simulate.errors import SimulationError
from evlink.runtime.simulate.site import VOLTS, Car, Site

LONGEST_STEP_S = 3600
MOST_W = 1_000_000.0


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a log, in watts; the first column of a log is the time."""

    house: str = "Live_Power"
    charger: str = "EVSE_Current_power"
    ceiling: str = "shaper_max_power"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a log: when, and watts."""

    at: datetime
    house_w: float
    charger_w: float
    ceiling_w: float
    line: int = 0  # of the file, from 1

    @property
    def base_w(self) -> float:
        """What the house draws without its charger."""
        return max(0.0, self.house_w - self.charger_w)


@dataclass(slots=True)
class Outcome:
    """What a charger did: energy, how long it kept the house above the ceiling, at a stretch and in all."""

    energy_wh: float = 0.0
    longest_over_s: int = 0
    over_s: int = 0
    _stretch: int = 0

    def second(self, watts: float, total_w: float, ceiling_w: float) -> None:
        """Count one second."""
        self.energy_wh += watts / 3600
        over = total_w > ceiling_w + 1e-6
        self._stretch = self._stretch + 1 if over else 0
        self.over_s += over
        self.longest_over_s = max(self.longest_over_s, self._stretch)

    def document(self) -> dict[str, object]:
        """As JSON shows it."""
        told = asdict(self)
        del told["_stretch"]
        return {**told, "energy_wh": round(self.energy_wh, 1)}


@dataclass(frozen=True, slots=True)
class Comparison:
    """The recorded charger beside ours, over the same house."""

    rows: int
    duration_s: int
    recorded: Outcome
    ours: Outcome
    paused_s: int

    def document(self) -> dict[str, object]:
        """As JSON shows it."""
        return {
            "rows": self.rows,
            "duration_s": self.duration_s,
            "recorded": self.recorded.document(),
            "ours": {**self.ours.document(), "paused_s": self.paused_s},
        }


def compare(path: Path, columns: Columns, delimiter: str = ";", follow_s: int = 5, amps: float = 32.0) -> Comparison:
    """Replay a log second by second; SimulationError where it can't be read. A row holds until the next one."""
    outlet = OutletConfig(1, station_id="1")
    head = HeadRules(enabled=True)
    site = Site(Config((outlet,), phases=1, voltage_v=VOLTS, floors=True, head=head))
    car = Car("car", amps=amps, phases=(1,), follow_s=follow_s)
    recorded, ours = Outcome(), Outcome()
    count = seconds = 0
    for row, step in _steps(rows(path, columns, delimiter)):
        if count == 0:
            site.protect(row.ceiling_w / VOLTS)
            while not site.free(1):
                site.step((row.base_w / VOLTS, 0.0, 0.0))
            site.arrive(1, car)
        count += 1
        site.protect(row.ceiling_w / VOLTS)
        for _ in range(step):
            site.step((row.base_w / VOLTS, 0.0, 0.0))
            watts = site.drawn[0] * VOLTS
            ours.second(watts, row.base_w + watts, row.ceiling_w)
            recorded.second(row.charger_w, row.house_w, row.ceiling_w)
            seconds += 1
    if not count:
        raise SimulationError(f"{path} has no rows", f"{path} n'a pas de lignes")
    return Comparison(count, seconds, recorded, ours, car.waited_s)


def _steps(log: Iterator[Row]) -> Iterator[tuple[Row, int]]:
    """Each row with the seconds until the next; the last one stands for one."""
    before: Row | None = None
    for row in log:
        if before is not None:
            yield before, _seconds(before, row)
        before = row
    if before is not None:
        yield before, 1


def _seconds(before: Row, row: Row) -> int:
    number = row.line
    if (before.at.tzinfo is None) is not (row.at.tzinfo is None):
        raise SimulationError(
            f"line {number}: times with and without an offset cannot be mixed",
            f"ligne {number} : des heures avec et sans décalage ne peuvent pas être mêlées",
        )
    step = round((row.at - before.at).total_seconds())
    if not 1 <= step <= LONGEST_STEP_S:
        raise SimulationError(
            f"line {number}: its time {row.at.isoformat()} must be 1 s to {LONGEST_STEP_S} s after the row before",
            f"ligne {number} : son heure {row.at.isoformat()} doit suivre de 1 à {LONGEST_STEP_S} s la précédente",
        )
    return step


def rows(path: Path, columns: Columns, delimiter: str) -> Iterator[Row]:
    """The rows of a log with a header line, in UTF-8 with or without byte-order mark."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, delimiter=delimiter, strict=True)
            header = next(reader, [])
            names = (columns.house, columns.charger, columns.ceiling)
            places = [_place(header, name, path) for name in names]
            for fields in reader:
                if not fields:
                    continue
                number = reader.line_num
                house, charger, ceiling = (_watts(fields, i, n, number) for i, n in zip(places, names, strict=True))
                yield Row(_time(fields[0], number), house, charger, ceiling, number)
    except OSError as error:
        words = error.strerror or str(error)
        raise SimulationError(f"{path} cannot be read: {words}", f"{path} ne peut pas être lu : {words}") from error
    except UnicodeDecodeError as error:
        raise SimulationError(f"{path} is not UTF-8 text", f"{path} n'est pas un texte UTF-8") from error
    except csv.Error as error:
        raise SimulationError(
            f"{path} is no readable CSV: {error}", f"{path} n'est pas un CSV lisible : {error}"
        ) from error


def _place(header: list[str], column: str, path: Path) -> int:
    if column not in header:
        there = ", ".join(header) or "-"
        raise SimulationError(
            f"{path} has no column {column!r}; it has {there}", f"{path} n'a pas de colonne {column!r} ; il a {there}"
        )
    return header.index(column)


def _time(text: str, number: int) -> datetime:
    for read in (lambda t: datetime.strptime(t, "%d/%m/%Y %H:%M:%S"), datetime.fromisoformat):
        try:
            return read(text)
        except ValueError:
            continue
    raise SimulationError(
        f"line {number}: {text!r} is no time; allowed are DD/MM/YYYY HH:MM:SS and ISO 8601",
        f"ligne {number} : {text!r} n'est pas une heure ; autorisés : JJ/MM/AAAA HH:MM:SS et ISO 8601",
    )


def _watts(fields: list[str], index: int, column: str, number: int) -> float:
    text = fields[index] if index < len(fields) else ""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not -MOST_W <= value <= MOST_W:
        raise SimulationError(
            f"line {number}, column {column}: {text!r} is no power of at most 1000000 W",
            f"ligne {number}, colonne {column} : {text!r} n'est pas une puissance d'au plus 1000000 W",
        )
    return value
