"""The local list of badges (R-172 to R-190)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import apsw

from evlink.domain.record import Badge, BadgeType, normal_uid
from evlink.domain.text import clean
from evlink.storage.transaction import transaction

COMMENT_LENGTH = 50
MOST = 50_000
MOST_NUMBER = 2**40  # as the table's CHECK has it


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
        """A page of the badges whose uid or comment holds `query`, whatever its case; of all where it is empty."""
        text = clean(query).casefold()
        total = self._connection.execute("SELECT count(*) FROM badges WHERE ?1 = '' OR instr(search, ?1)", (text,)).get
        rows = self._connection.execute(
            "SELECT number, uid, type, comment FROM badges WHERE ?1 = '' OR instr(search, ?1) "
            "ORDER BY number LIMIT ?2 OFFSET ?3",
            (text, max(0, limit), max(0, offset)),
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
        """Add a badge. ValueError for a bad uid, a uid that is in the list already, or a full list."""
        key = normal_uid(uid)
        text = clean(comment, COMMENT_LENGTH)
        with transaction(self._connection):
            if self.find(key):
                raise ValueError(f"badge uid {key}: the list has it already")
            if self.count() >= MOST:
                raise ValueError(f"badge uid {key}: the list is full ({MOST} badges)")
            self._connection.execute(
                "INSERT INTO badges (uid, type, comment, search) VALUES (?, ?, ?, ?)",
                (key, BadgeType(badge_type).value, text, _search(key, text)),
            )
            number = self._connection.last_insert_rowid()
        return Badge(number, key, BadgeType(badge_type), text)

    def edit(self, uids: Iterable[str], badge_type: BadgeType | None = None, comment: str | None = None) -> int:
        """Change type, comment or both of some badges (R-182, R-187); returns how many the list had of them."""
        text = None if comment is None else clean(comment, COMMENT_LENGTH)
        changed = 0
        with transaction(self._connection):
            for uid in dict.fromkeys(map(normal_uid, uids)):
                badge = self.find(uid)
                if badge is None:
                    continue
                new = badge.comment if text is None else text
                self._connection.execute(
                    "UPDATE badges SET type = ?, comment = ?, search = ? WHERE uid = ?",
                    ((badge_type or badge.type).value, new, _search(uid, new), uid),
                )
                changed += 1
        return changed

    def remove(self, uids: Iterable[str]) -> int:
        """Remove badges; returns how many the list had of them."""
        removed = 0
        with transaction(self._connection):
            for uid in dict.fromkeys(map(normal_uid, uids)):
                self._connection.execute("DELETE FROM badges WHERE uid = ?", (uid,))
                removed += self._connection.changes()
        return removed

    def remove_user(self, uid: str) -> bool:
        """Remove a badge at the station: a User badge only (R-178). True where it was one of the list."""
        self._connection.execute("DELETE FROM badges WHERE uid = ? AND type = 'user'", (normal_uid(uid),))
        return self._connection.changes() == 1

    def clear(self) -> int:
        """Remove every badge (R-186); returns how many there were."""
        with transaction(self._connection):
            count = self.count()
            self._connection.execute("DELETE FROM badges")
        return count

    def replace(self, badges: Sequence[Badge]) -> int:
        """Put another list in the place of this one (R-189), all or nothing; returns its length.

        The numbers of `badges` are kept where all are above 0 and differ, else they count from 1. ValueError for a
        bad uid, one that comes twice, or too long a list.
        """
        if len(badges) > MOST:
            raise ValueError(f"badges: {len(badges)} are too many, {MOST} are allowed")
        numbers = [badge.number for badge in badges]
        if min(numbers, default=0) < 1 or max(numbers) > MOST_NUMBER or len(set(numbers)) < len(numbers):
            numbers = list(range(1, len(badges) + 1))
        rows = []
        seen: set[str] = set()
        for number, badge in zip(numbers, badges, strict=True):
            uid = normal_uid(badge.uid)
            if uid in seen:
                raise ValueError(f"badge uid {uid}: it is there twice")
            seen.add(uid)
            comment = clean(badge.comment, COMMENT_LENGTH)
            rows.append((number, uid, BadgeType(badge.type).value, comment, _search(uid, comment)))
        with transaction(self._connection):
            self._connection.execute("DELETE FROM badges")
            self._connection.execute("UPDATE sqlite_sequence SET seq = 0 WHERE name = 'badges'")
            self._connection.executemany("INSERT INTO badges VALUES (?, ?, ?, ?, ?)", rows)
        return len(rows)


def _badge(row: tuple[int, str, str, str]) -> Badge:
    number, uid, badge_type, comment = row
    return Badge(number, uid, BadgeType(badge_type), comment)


def _search(uid: str, comment: str) -> str:
    return f"{uid}\n{comment}".casefold()
