"""Charge records for the history's export: fetched in pieces, and as the file has them; screens and lines use it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from evlink.formats import csv
from evlink.settings.values import Values
from tui.session import Session, zone_of

PIECE = 500  # records a call; 3000 would not fit into one line of the socket


async def all_records(
    session: Session, most: int, tell: Callable[[int, int], None] = lambda done, of: None
) -> list[Mapping[str, Any]]:
    """The last `most` records, newest first; `tell` hears past each piece how many of how many are there."""
    found: dict[int, Mapping[str, Any]] = {}  # by number: a charge that ends meanwhile moves the pieces
    offset = 0
    while True:
        page = await session.call("history.list", offset=offset, limit=min(PIECE, most))
        found.update((int(record["number"]), record) for record in page["records"])
        offset += len(page["records"])
        if not page["records"] or offset >= page["total"] or len(found) >= most:
            return sorted(found.values(), key=lambda record: -int(record["number"]))[:most]
        tell(offset, min(most, int(page["total"])))


def history_csv(records: Sequence[Mapping[str, Any]], values: Values, lang: str) -> bytes:
    """Records as CSV with the separators that the station publishes with (R-194, R-199)."""
    found = [csv.record_of(record) for record in records]
    return csv.history(found, zone_of(values), csv.Separators.of(values), lang).encode()
