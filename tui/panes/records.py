"""Charge records as the history's export writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evlink.formats import csv
from evlink.settings.values import Values
from tui.session import zone_of


def history_csv(records: Sequence[Mapping[str, Any]], values: Values, lang: str) -> bytes:
    """Records as CSV with the separators that the station publishes with (R-194, R-199)."""
    found = [csv.record_of(record) for record in records]
    return csv.history(found, zone_of(values), csv.Separators.of(values), lang).encode()
