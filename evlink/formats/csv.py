"""Charge records as CSV (RFC 4180): separators as set, and no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from evlink.domain.record import ChargeRecord
from evlink.domain.text import clean
from evlink.settings.kinds import Choice
from evlink.settings.label import Label
from evlink.settings.registry import SETTINGS
from evlink.settings.values import Values

HISTORY_COLUMNS = (
    Label("Charge number", "Numéro de charge"),
    Label("Charging station", "Borne de recharge"),
    Label("Outlet", "Prise"),
    Label("Transaction", "Transaction"),
    Label("UID", "UID"),
    Label("Charge type", "Type de charge"),
    Label("Start time", "Heure de début"),
    Label("End time", "Heure de fin"),
    Label("Energy (kWh)", "Énergie (kWh)"),
    Label("Socket type", "Type de prise"),
    Label("Duration", "Durée"),
    Label("Comment", "Commentaire"),
)
"""The columns of the charge history, in order (R-192)."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Separators:
    """What stands between fields, and before decimals (R-199)."""

    field: str = ";"
    decimal: str = ","

    @classmethod
    def of(cls, values: Values) -> Separators:
        """The separators as they are set."""
        return cls(
            _character(values, "charge_history.publication.field_separator"),
            _character(values, "charge_history.publication.decimal_separator"),
        )


def _character(values: Values, key: str) -> str:
    kind = SETTINGS[key].kind
    assert isinstance(kind, Choice)
    option = kind.find(values.get(key))
    return option.character if option else ""


def history(
    records: Iterable[ChargeRecord], zone: tzinfo, separators: Separators | None = None, lang: str = "en"
) -> str:
    """Charge records as CSV with a heading line, in the order given (newest first, R-193).

    Times are in the zone, to the minute; energy in kWh with three decimals; durations HH:MM:SS. A field that holds
    the separator is quoted, so both separators may be a comma (R-200).
    """
    marks = separators or Separators()
    out = io.StringIO()
    rows = csv.writer(out, delimiter=marks.field, lineterminator="\r\n")
    rows.writerow([label.text(lang) for label in HISTORY_COLUMNS])
    rows.writerows(_charge(record, zone, marks.decimal) for record in records)
    return out.getvalue()


def record_of(document: Mapping[str, Any]) -> ChargeRecord:
    """A charge record from its JSON form (`evlink history --json`, docs/protocol.md); times are ISO 8601."""
    return ChargeRecord(
        number=int(document["number"]),
        session=str(document.get("session", "")),
        station=str(document["station"]),
        outlet=int(document["outlet"]),
        transaction_id=str(document["transaction_id"] or ""),
        uid=str(document["uid"]),
        charge_type=str(document["charge_type"]),
        start=datetime.fromisoformat(str(document["start"])),
        end=datetime.fromisoformat(str(document["end"])),
        energy_wh=int(document["energy_wh"]),
        socket_type=str(document["socket_type"]),
        duration_s=int(document["duration_s"]),
        comment=str(document.get("comment", "")),
        reason=str(document.get("status", "")),
        estimated_wh=int(document.get("estimated_wh", 0)),
        published=bool(document.get("published", False)),
        clock_set_s=int(document.get("clock_set_s", 0)),
    )


def _charge(record: ChargeRecord, zone: tzinfo, decimal: str) -> list[str]:
    whole, thousandth = divmod(record.energy_wh, 1000)
    return [
        str(record.number),
        defused(record.station),
        str(record.outlet),
        defused(record.transaction_id),
        defused(record.uid),
        defused(record.charge_type),
        _minute(record.start, zone),
        _minute(record.end, zone),
        f"{whole}{decimal}{thousandth:03d}",
        defused(record.socket_type),
        duration(record.duration_s),
        defused(record.comment),
    ]


def _minute(moment: datetime, zone: tzinfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def duration(seconds: int) -> str:
    """A duration as HH:MM:SS; hours go on past 99 (R-193)."""
    minutes, rest = divmod(max(0, seconds), 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest:02d}"


def defused(text: str) -> str:
    """A text from outside as a cell that no spreadsheet takes for a formula: a leading ' marks it as text."""
    text = clean(text)
    return f"'{text}" if text.startswith((*_FORMULA, "'")) else text


def fused(text: str) -> str:
    """What `defused` was given."""
    return text[1:] if text.startswith("'") and text[1:].startswith((*_FORMULA, "'")) else text
