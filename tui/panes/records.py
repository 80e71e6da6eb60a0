"""Charge records for the history's export: fetched in pieces, and as the file has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from evlink.formats import csv
from evlink.settings.values import Values
from tui.session import zone_of

if TYPE_CHECKING:
    from tui.app import Terminal

PIECE = 500  # records a call; 3000 would not fit into one line of the socket


async def all_records(app: Terminal, most: int) -> list[Mapping[str, Any]]:
    """The last `most` records, newest first; the banner counts along past a piece."""
    found: dict[int, Mapping[str, Any]] = {}  # by number: a charge that ends meanwhile moves the pieces
    offset = 0
    while True:
        page = await app.session.call("history.list", offset=offset, limit=min(PIECE, most))
        found.update((int(record["number"]), record) for record in page["records"])
        offset += len(page["records"])
        if not page["records"] or offset >= page["total"] or len(found) >= most:
            return sorted(found.values(), key=lambda record: -int(record["number"]))[:most]
        app.banner(app.say("history.collecting", done=offset, n=min(most, int(page["total"]))), "wait")


def history_csv(records: Sequence[Mapping[str, Any]], values: Values, lang: str) -> bytes:
    """Records as CSV with the separators that the station publishes with (R-194, R-199)."""
    found = [csv.record_of(record) for record in records]
    return csv.history(found, zone_of(values), csv.Separators.of(values), lang).encode()
