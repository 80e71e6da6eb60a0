"""Charge records and badges as CSV (RFC 4180): separators as set, and no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
import hashlib
import io
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from evlink.domain.record import Badge, BadgeType, ChargeRecord, normal_uid
from evlink.domain.text import clean
from evlink.formats.errors import FormatError
from evlink.settings.kinds import Choice
from evlink.settings.label import Label
from evlink.settings.registry import SETTINGS
from evlink.settings.values import Values

COMMENT_LENGTH = 50
"""The longest comment of a badge (R-174)."""

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

BADGE_COLUMNS = ("number", "uid", "type", "comment")

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_SEAL = "# sha256 "


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


def _fused(text: str) -> str:
    """What `defused` was given."""
    return text[1:] if text.startswith("'") and text[1:].startswith((*_FORMULA, "'")) else text


def badges(listed: Iterable[Badge]) -> str:
    """Badges as CSV, with a last line by which a changed list is known (R-188, R-190)."""
    out = io.StringIO()
    rows = csv.writer(out, delimiter=";", lineterminator="\r\n")
    rows.writerow(BADGE_COLUMNS)
    rows.writerows([badge.number, badge.uid, badge.type.value, defused(badge.comment)] for badge in listed)
    text = out.getvalue()
    return f"{text}{_SEAL}{_digest(text)}\r\n"


def _digest(text: str) -> str:
    return hashlib.sha256(text.replace("\r\n", "\n").encode()).hexdigest()


def read_badges(text: str) -> tuple[Badge, ...]:
    """The badges of a CSV, numbered from 1 in its order. FormatError for the first line that is wrong.

    A list that was exported and changed since is refused (R-190); one that never was exported, without the last line
    of an export, is read. Fields are parted by ; or , or tab, as its heading line is.
    """
    body = _unsealed(text.removeprefix("\ufeff"))
    heading = body.split("\n", 1)[0]
    delimiter = next((mark for mark in ";,\t" if mark in heading), ";")
    rows = csv.reader(io.StringIO(body, newline=""), delimiter=delimiter, strict=True)
    found: list[Badge] = []
    seen: set[str] = set()
    try:
        columns = [name.strip().lower() for name in next(rows, [])]
        if "uid" not in columns or len(set(columns)) != len(columns) or not set(columns) <= set(BADGE_COLUMNS):
            raise _wrong(1, Label(f"the columns must be {';'.join(BADGE_COLUMNS)}", _columns_fr()))
        for row in rows:
            if any(cell.strip() for cell in row):
                found.append(_badge(rows.line_num, columns, row, len(found) + 1, seen))
    except csv.Error as error:
        raise _wrong(rows.line_num, Label(f"no CSV: {error}", f"pas du CSV : {error}")) from None
    return tuple(found)


def _columns_fr() -> str:
    return f"les colonnes doivent être {';'.join(BADGE_COLUMNS)}"


def _unsealed(text: str) -> str:
    """The text without the last line of an export, which has to fit the rest."""
    if "\x00" in text:
        raise _wrong(1, Label("a NUL is no text", "un NUL n'est pas du texte"))
    head, mark, tail = text.rpartition(_SEAL)
    if not mark or (head and not head.endswith("\n")):
        return text
    if tail.strip() != _digest(head):
        raise FormatError(
            Label(
                "this list was changed after it was exported; only an unchanged one is taken over",
                "cette liste a été modifiée après son export ; seule une liste inchangée est reprise",
            )
        )
    return head


def _badge(line: int, columns: list[str], row: list[str], number: int, seen: set[str]) -> Badge:
    """One badge of a row; FormatError with its line where it is none."""
    if len(row) != len(columns):
        words = f"{len(row)} / {len(columns)}"
        raise _wrong(line, Label(f"wrong number of fields: {words}", f"nombre de champs incorrect : {words}"))
    cells = dict(zip(columns, row, strict=True))
    try:
        uid = normal_uid(cells["uid"])
    except ValueError:
        given = repr(cells["uid"][:40])
        raise _wrong(
            line,
            Label(
                f"uid {given} is not allowed; allowed: 1 to 20 letters or digits",
                f"uid {given} n'est pas autorisé ; autorisé : de 1 à 20 lettres ou chiffres",
            ),
        ) from None
    if uid in seen:
        raise _wrong(line, Label(f"uid {uid} stands twice", f"uid {uid} apparaît deux fois"))
    seen.add(uid)
    return Badge(number, uid, _type(line, cells.get("type", "")), _comment(line, cells.get("comment", "")))


def _type(line: int, text: str) -> BadgeType:
    kind = SETTINGS["authentication.badges.type"].kind
    try:
        return BadgeType(str(kind.parse(text))) if text.strip() else BadgeType.USER
    except ValueError:
        given = repr(text[:40])
        raise _wrong(
            line,
            Label(
                f"type {given} is not allowed; allowed: {kind.allowed().en}",
                f"type {given} n'est pas autorisé ; autorisé : {kind.allowed().fr}",
            ),
        ) from None


def _comment(line: int, text: str) -> str:
    comment = unicodedata.normalize("NFC", _fused(text))
    if len(comment) > COMMENT_LENGTH or clean(comment) != comment:
        raise _wrong(
            line,
            Label(
                f"the comment is not allowed; allowed: at most {COMMENT_LENGTH} printable characters",
                f"le commentaire n'est pas autorisé ; autorisé : au plus {COMMENT_LENGTH} caractères imprimables",
            ),
        )
    return comment


def _wrong(line: int, words: Label) -> FormatError:
    return FormatError(Label(f"line {line}: {words.text('en')}", f"ligne {line} : {words.text('fr')}"))
