"""The local list of badges (R-172 to R-190)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import apsw

from evlink.domain.record import Badge, BadgeType, normal_uid
from evlink.domain.text import clean
from evlink.settings.label import Label
from evlink.storage.transaction import transaction

COMMENT_LENGTH = 50
MOST = 50_000
MOST_NUMBER = 2**40  # as the table's CHECK has it
_SHOWN = 5  # uids in one sentence


class BadgeError(ValueError):
    """Why the list is not changed: which key and value, what is allowed, and the sentence in two languages."""

    def __init__(self, key: str, value: str, allowed: Label, sentence: Label) -> None:
        super().__init__(sentence.en)
        self.key, self.value, self.allowed, self.sentence = key, value, allowed, sentence


@dataclass(frozen=True, slots=True)
class Comparison:
    """What another list changes: badges that come, badges of another type or comment (old, new), badges that go."""

    total: int
    added: tuple[Badge, ...]
    changed: tuple[tuple[Badge, Badge], ...]
    removed: tuple[Badge, ...]


@dataclass(frozen=True, slots=True)
class BadgePage:
    """Some badges of the list, in the order of their numbers, and how many there are in all."""

    total: int
    badges: tuple[Badge, ...]


class Badges:
    """The badges of the station. Numbers are given once and stay with their badge; only `replace` gives them anew."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def list(self, offset: int = 0, limit: int = 100, query: str = "") -> BadgePage:
        """A page of the badges whose uid or comment holds `query`, whatever its case; of all where it is empty.

        A uid may be given in any spelling, as `normal_uid` takes it.
        """
        text = clean(query).casefold()
        try:
            uid = normal_uid(query)
        except ValueError:
            uid = "-"  # which no uid holds
        total = self._connection.execute(
            "SELECT count(*) FROM badges WHERE ?1 = '' OR instr(search, ?1) OR instr(uid, ?2)", (text, uid)
        ).get
        rows = self._connection.execute(
            "SELECT number, uid, type, comment FROM badges "
            "WHERE ?1 = '' OR instr(search, ?1) OR instr(uid, ?2) ORDER BY number LIMIT ?3 OFFSET ?4",
            (text, uid, max(0, limit), max(0, offset)),
        )
        return BadgePage(total, tuple(_badge(row) for row in rows))

    def find(self, uid: str) -> Badge | None:
        """The badge with a uid (in any spelling of it), None where the list has none."""
        try:
            key = normal_uid(uid)
        except ValueError:
            return None
        row = self._connection.execute("SELECT number, uid, type, comment FROM badges WHERE uid = ?", (key,)).fetchone()
        return _badge(row) if row else None

    def count(self) -> int:
        return int(self._connection.execute("SELECT count(*) FROM badges").get)

    def add(self, uid: str, badge_type: BadgeType = BadgeType.USER, comment: str = "") -> Badge:
        """Add a badge. BadgeError for a bad uid or comment, a uid that is in the list already, or a full list."""
        key = _uid(uid)
        text = _comment(comment)
        with transaction(self._connection):
            if self.find(key):
                words = Label("a badge that the list does not have", "un badge que la liste n'a pas")
                raise _refused(key, words, Label("the list has it already", "il est déjà dans la liste"))
            if self.count() >= MOST:
                words = Label(f"at most {MOST} badges", f"au plus {MOST} badges")
                said = Label(f"the list is full ({MOST} badges)", f"la liste est pleine ({MOST} badges)")
                raise _refused(key, words, said)
            self._connection.execute(
                "INSERT INTO badges (uid, type, comment, search) VALUES (?, ?, ?, ?)",
                (key, BadgeType(badge_type).value, text, _search(key, text)),
            )
            number = self._connection.last_insert_rowid()
        return Badge(number, key, BadgeType(badge_type), text)

    def edit_all(self, badge_type: BadgeType) -> int:
        """Change the type of every badge (R-187); returns how many they were."""
        self._connection.execute("UPDATE badges SET type = ?", (badge_type.value,))
        return self._connection.changes()

    def edit(self, uids: Iterable[str], badge_type: BadgeType | None = None, comment: str | None = None) -> int:
        """Change type, comment or both of some badges (R-182, R-187), all or none; returns how many they were.

        BadgeError for a bad comment, and for a uid that is bad or not in the list.
        """
        text = None if comment is None else _comment(comment)
        with transaction(self._connection):
            found = self._named(uids)
            for uid, badge in found.items():
                new = badge.comment if text is None else text
                self._connection.execute(
                    "UPDATE badges SET type = ?, comment = ?, search = ? WHERE uid = ?",
                    ((badge_type or badge.type).value, new, _search(uid, new), uid),
                )
        return len(found)

    def remove(self, uids: Iterable[str]) -> int:
        """Remove badges, all or none; returns how many they were. BadgeError for a uid that is bad or not there."""
        with transaction(self._connection):
            found = self._named(uids)
            self._connection.executemany("DELETE FROM badges WHERE uid = ?", ((uid,) for uid in found))
        return len(found)

    def _named(self, uids: Iterable[str]) -> dict[str, Badge]:
        """Badges by their uids, each once. BadgeError that names those which the list does not have."""
        found = {uid: self.find(uid) for uid in map(_uid, uids)}
        absent = [uid for uid, badge in found.items() if badge is None]
        if absent:
            names = ", ".join(absent[:_SHOWN]) + (", ..." if len(absent) > _SHOWN else "")
            words = Label("badges of the list", "des badges de la liste")
            raise _refused(names, words, Label("not in the list", "pas dans la liste"))
        return {uid: badge for uid, badge in found.items() if badge is not None}

    def remove_read(self, uid: str, any_type: bool = False) -> bool:
        """Remove a badge read at the station: a User badge only (R-178), or of any type. True where it was there."""
        self._connection.execute(
            "DELETE FROM badges WHERE uid = ? AND (? OR type = 'user')", (normal_uid(uid), any_type)
        )
        return self._connection.changes() == 1

    def clear(self) -> int:
        """Remove every badge (R-186); returns how many there were."""
        with transaction(self._connection):
            count = self.count()
            self._connection.execute("DELETE FROM badges")
        return count

    def replace(self, badges: Sequence[Badge]) -> int:
        """Put another list in the place of this one (R-189), all or nothing; returns its length.

        The numbers of `badges` are kept where all are above 0 and differ, else they count from 1. BadgeError for a
        bad uid or comment, a uid that comes twice, or too long a list.
        """
        rows = _rows(badges)
        with transaction(self._connection):
            self._connection.execute("DELETE FROM badges")
            self._connection.execute("UPDATE sqlite_sequence SET seq = 0 WHERE name = 'badges'")
            self._connection.executemany("INSERT INTO badges VALUES (?, ?, ?, ?, ?)", rows)
        return len(rows)

    def compare(self, badges: Sequence[Badge]) -> Comparison:
        """What `replace` would change. BadgeError as there."""
        rows = self._connection.execute("SELECT number, uid, type, comment FROM badges ORDER BY number")
        before = {badge.uid: badge for badge in map(_badge, rows)}
        after = [Badge(number, uid, BadgeType(kind), comment) for number, uid, kind, comment, _ in _rows(badges)]
        both = [(before.pop(badge.uid, None), badge) for badge in after]
        return Comparison(
            total=len(after),
            added=tuple(new for old, new in both if old is None),
            changed=tuple(
                (old, new) for old, new in both if old and (old.type, old.comment) != (new.type, new.comment)
            ),
            removed=tuple(before.values()),
        )


Row = tuple[int, str, str, str, str]


def check_length(count: int) -> None:
    """BadgeError where a list is too long."""
    if count > MOST:
        said = Label(
            f"badges: {count} are too many, {MOST} are allowed",
            f"badges : {count} sont trop, {MOST} sont autorisés",
        )
        raise BadgeError("badges", str(count), Label(f"at most {MOST} badges", f"au plus {MOST} badges"), said)


def _rows(badges: Sequence[Badge]) -> list[Row]:
    """The rows of a list, checked. BadgeError."""
    check_length(len(badges))
    numbers = [badge.number for badge in badges]
    if min(numbers, default=0) < 1 or max(numbers) > MOST_NUMBER or len(set(numbers)) < len(numbers):
        numbers = list(range(1, len(badges) + 1))
    rows: list[Row] = []
    seen: set[str] = set()
    for number, badge in zip(numbers, badges, strict=True):
        uid = _uid(badge.uid)
        if uid in seen:
            words = Label("each badge once", "chaque badge une fois")
            raise _refused(uid, words, Label("it is there twice", "il apparaît deux fois"))
        seen.add(uid)
        comment = _comment(badge.comment)
        rows.append((number, uid, BadgeType(badge.type).value, comment, _search(uid, comment)))
    return rows


def _badge(row: tuple[int, str, str, str]) -> Badge:
    number, uid, badge_type, comment = row
    return Badge(number, uid, BadgeType(badge_type), comment)


def _uid(text: str) -> str:
    try:
        return normal_uid(text)
    except ValueError as error:
        given = repr(text if len(text) <= 40 else text[:40] + "...")
        words = Label("1 to 20 letters or digits", "de 1 à 20 lettres ou chiffres")
        said = Label(str(error), f"uid de badge {given} : autorisé : {words.fr}")
        raise BadgeError("uid", text[:40], words, said) from None


def _comment(text: str) -> str:
    """A comment as it is stored (R-174). BadgeError where it would have to be cut or cleaned."""
    plain = unicodedata.normalize("NFC", text)
    if len(plain) <= COMMENT_LENGTH and clean(plain) == plain:
        return plain
    words = Label(f"at most {COMMENT_LENGTH} printable characters", f"au plus {COMMENT_LENGTH} caractères imprimables")
    said = Label(
        f"comment of {len(plain)} characters is not allowed; allowed: {words.en}",
        f"commentaire de {len(plain)} caractères non autorisé ; autorisé : {words.fr}",
    )
    raise BadgeError("comment", clean(plain, COMMENT_LENGTH), words, said)


def _refused(uid: str, allowed: Label, why: Label) -> BadgeError:
    return BadgeError("uid", uid, allowed, Label(f"badge uid {uid}: {why.en}", f"uid de badge {uid} : {why.fr}"))


def _search(uid: str, comment: str) -> str:
    return f"{uid}\n{comment}".casefold()
