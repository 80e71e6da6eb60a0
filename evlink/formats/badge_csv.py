"""The list of badges as CSV (RFC 4180), with a last line by which a list that was edited is known (R-188 to R-190)."""

from __future__ import annotations

import csv
import hashlib
import io
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from evlink.domain.record import Badge, BadgeType, normal_uid
from evlink.domain.text import clean
from evlink.formats.csv import defused, fused
from evlink.formats.errors import FormatError, LinesError
from evlink.settings.label import Label
from evlink.settings.registry import SETTINGS

T = TypeVar("T")

COMMENT_LENGTH = 50
"""The longest comment of a badge (R-174)."""

BADGE_COLUMNS = ("number", "uid", "type", "comment")

EDITED = Label(
    "this list was changed after it was exported; only an unchanged one is taken over",
    "cette liste a été modifiée après son export ; seule une liste inchangée est reprise",
)
"""Why an exported list that was edited is refused (R-190)."""

_SEAL = "# sha256 "


def badges(listed: Iterable[Badge]) -> str:
    """Badges as CSV, with a last line by which a changed list is known (R-188, R-190)."""
    out = io.StringIO()
    rows = csv.writer(out, delimiter=";", lineterminator="\r\n")
    rows.writerow(BADGE_COLUMNS)
    rows.writerows([badge.number, badge.uid, badge.type.value, defused(badge.comment)] for badge in listed)
    text = out.getvalue()
    return f"{text}{_SEAL}{_digest(text)}\r\n"


def badge_of(document: Mapping[str, Any]) -> Badge:
    """A badge from its JSON form (`evlink badges list --json`)."""
    return Badge(int(document["number"]), document["uid"], BadgeType(document["type"]), document["comment"])


def seal(listed: Iterable[Badge]) -> str:
    """What the last line of an export says of its badges: an unchanged list has the same, on any station (R-190)."""
    return badges(listed).rpartition(_SEAL)[2].strip()


def _digest(text: str) -> str:
    return hashlib.sha256(text.replace("\r\n", "\n").encode()).hexdigest()


def read_badges(text: str) -> tuple[Badge, ...]:
    """The badges of a CSV, whether it was exported or written by hand. Errors as `read_badge_file`."""
    return read_badge_file(text).badges


_ALL = ";".join(BADGE_COLUMNS)
_COLUMNS = Label(
    f"the first line must name the columns: {_ALL}, or uid and any of the others",
    f"la première ligne doit nommer les colonnes : {_ALL}, ou uid et d'autres parmi elles",
)


@dataclass(frozen=True, slots=True)
class BadgeFile:
    """The badges of a file; `seal` is that of the station which exported it, empty where it was written by hand."""

    badges: tuple[Badge, ...]
    seal: str


def read_badge_file(text: str) -> BadgeFile:
    """The badges of a CSV. LinesError with each line that is wrong, FormatError for a text that can be no list.

    A list that was exported and changed since is refused (R-190); one that never was exported, without the last line
    of an export, is read, numbered from 1 in its order. Fields are parted by ; or , or tab, as its heading line is.
    """
    body, seal = _unsealed(text.removeprefix("\ufeff"))
    heading = body.split("\n", 1)[0]
    delimiter = next((mark for mark in ";,\t" if mark in heading), ";")
    rows = csv.reader(io.StringIO(body, newline=""), delimiter=delimiter, strict=True)
    found: list[Badge] = []
    seen: set[str] = set()
    wrong: list[Label] = []
    try:
        columns = [name.strip().lower() for name in next(rows, [])]
        if "uid" not in columns or len(set(columns)) != len(columns) or not set(columns) <= set(BADGE_COLUMNS):
            raise _wrong(1, _COLUMNS)
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            try:
                found.append(_badge(rows.line_num, columns, row, 0 if seal else len(found) + 1, seen))
            except LinesError as error:
                wrong += error.labels
    except csv.Error as error:
        wrong.append(_wrong(rows.line_num, Label(f"no CSV: {error}", f"pas du CSV : {error}")).label)
    if wrong:
        raise LinesError(wrong)
    return BadgeFile(tuple(found), seal)


def _unsealed(text: str) -> tuple[str, str]:
    """The text without the last line of an export, which has to fit the rest, and what that line says."""
    if "\x00" in text:
        raise _wrong(1, Label("a NUL is no text", "un NUL n'est pas du texte"))
    head, mark, tail = text.rpartition(_SEAL)
    if not mark or (head and not head.endswith("\n")):
        return text, ""
    if tail.strip() != _digest(head):
        raise FormatError(EDITED)
    return head, tail.strip()


def _badge(line: int, columns: list[str], row: list[str], number: int, seen: set[str]) -> Badge:
    """One badge of a row, with the number that the row has where `number` is 0.

    LinesError, each with the line, where it is none.
    """
    if len(row) != len(columns):
        words = f"{len(row)} / {len(columns)}"
        raise _wrong(line, Label(f"wrong number of fields: {words}", f"nombre de champs incorrect : {words}"))
    cells = dict(zip(columns, row, strict=True))
    wrong: list[Label] = []

    def checked(check: Callable[[int, str], T], cell: str, instead: T) -> T:
        try:
            return check(line, cell)
        except LinesError as error:
            wrong.extend(error.labels)
            return instead

    uid = checked(_uid, cells["uid"], "")
    if uid and uid in seen:
        wrong.append(_wrong(line, Label(f"uid {uid} stands twice", f"uid {uid} apparaît deux fois")).label)
    seen.add(uid)
    badge = Badge(
        number or checked(_number, cells.get("number", ""), 0),
        uid,
        checked(_type, cells.get("type", ""), BadgeType.USER),
        checked(_comment, cells.get("comment", ""), ""),
    )
    if wrong:
        raise LinesError(wrong)
    return badge


def _uid(line: int, text: str) -> str:
    try:
        return normal_uid(text)
    except ValueError:
        given = repr(text[:40])
        raise _wrong(
            line,
            Label(
                f"uid {given} is not allowed; allowed: 1 to 20 letters or digits",
                f"uid {given} n'est pas autorisé ; autorisé : de 1 à 20 lettres ou chiffres",
            ),
        ) from None


def _number(line: int, text: str) -> int:
    if text.isascii() and text.isdecimal() and 0 < len(text) <= 12:
        return int(text)
    given = repr(text[:40])
    raise _wrong(
        line,
        Label(
            f"number {given} is not allowed; allowed: a whole number from 1",
            f"numéro {given} n'est pas autorisé ; autorisé : un nombre entier à partir de 1",
        ),
    )


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
    comment = unicodedata.normalize("NFC", fused(text))
    if len(comment) > COMMENT_LENGTH or clean(comment) != comment:
        raise _wrong(
            line,
            Label(
                f"the comment is not allowed; allowed: at most {COMMENT_LENGTH} printable characters",
                f"le commentaire n'est pas autorisé ; autorisé : au plus {COMMENT_LENGTH} caractères imprimables",
            ),
        )
    return comment


def _wrong(line: int, words: Label) -> LinesError:
    return LinesError([Label(f"line {line}: {words.text('en')}", f"ligne {line} : {words.text('fr')}")])
