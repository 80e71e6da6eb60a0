"""Charge records as the history's export writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from evlink.formats import csv
from evlink.settings.values import Values

_ZONE = "configuration.date_time.timezone"


def zone_of(values: Values) -> tzinfo:
    """The station's time zone; UTC where this machine doesn't know it."""
    try:
        return ZoneInfo(str(values.get(_ZONE)) or "UTC")
    except (ValueError, OSError, KeyError):
        return UTC


def history_csv(records: Sequence[Mapping[str, Any]], values: Values, lang: str) -> bytes:
    """Records as CSV with the separators that the station publishes with (R-194, R-199)."""
    found = [csv.record_of(record) for record in records]
    return csv.history(found, zone_of(values), csv.Separators.of(values), lang).encode()
