"""Another list of badges over the socket: brought in pieces, compared, then put in place at once (R-189, R-190)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

import msgspec

from evlink.domain.record import Badge, BadgeType
from evlink.formats import badge_csv
from evlink.runtime.methods.books import asked, badge_row
from evlink.runtime.rpc import ADMIN, BAD_VALUE, NOT_NOW, REFUSED, Failure, Method, NoParams, Session
from evlink.settings.model import Role
from evlink.storage.badges import Comparison, check_length
from evlink.storage.store import Store

NAMED = 200  # changes that an answer names; it counts all


class Row(msgspec.Struct, forbid_unknown_fields=True):
    """A badge of the list; numbers are kept where all are above 0 and differ."""

    uid: str
    type: BadgeType = BadgeType.USER
    comment: str = ""
    number: int = 0


class Rows(msgspec.Struct, forbid_unknown_fields=True):
    """Parameters of `badges.replace` and `badges.replace.rows`."""

    badges: list[Row]


class Commit(msgspec.Struct, forbid_unknown_fields=True):
    """Parameters of `badges.replace.commit`; `seal` is that of the file which a station exported."""

    seal: str = ""
    dry_run: bool = False


def table(store: Store) -> dict[str, Method]:
    """The methods. What a connection has brought so far is its own, and goes with it."""
    brought: WeakKeyDictionary[Session, list[Badge]] = WeakKeyDictionary()

    async def begin(session: Session, params: NoParams) -> dict[str, Any]:
        brought[session] = []
        return {}

    async def rows(session: Session, params: Rows) -> dict[str, Any]:
        listed = _begun(session)
        await asked(store, lambda db: check_length(len(listed) + len(params.badges)))
        listed += map(_badge, params.badges)
        return {"rows": len(listed)}

    async def commit(session: Session, params: Commit) -> dict[str, Any]:
        listed = _begun(session)
        if not params.seal and session.role is not Role.ADMIN:
            raise Failure(
                REFUSED,
                "a list that no station exported is open to the admin account only",
                fr="une liste qu'aucune borne n'a exportée est réservée au compte admin",
            )
        answer = await asked(store, lambda db: _compared(db.badges.compare(_sealed(listed, params.seal))))
        if not params.dry_run:
            await asked(store, lambda db: db.badges.replace(listed))
            del brought[session]
        return dict(answer)

    async def replace(session: Session, params: Rows) -> dict[str, Any]:
        listed = [_badge(row) for row in params.badges]
        return {"total": await asked(store, lambda db: db.badges.replace(listed))}

    def _begun(session: Session) -> list[Badge]:
        if session not in brought:
            raise Failure(NOT_NOW, "badges.replace.begin comes first")
        return brought[session]

    return {
        "badges.replace": Method(Rows, replace, ADMIN),
        "badges.replace.begin": Method(NoParams, begin),
        "badges.replace.rows": Method(Rows, rows),
        "badges.replace.commit": Method(Commit, commit),
    }


def _badge(row: Row) -> Badge:
    return Badge(row.number, row.uid, row.type, row.comment)


def _sealed(listed: Sequence[Badge], seal: str) -> Sequence[Badge]:
    """The list itself. Failure where a seal is given that is not its own: it was edited (R-190)."""
    if seal and badge_csv.seal(listed) != seal:
        raise Failure(BAD_VALUE, badge_csv.EDITED.en, key="seal", value=seal[:64], fr=badge_csv.EDITED.fr)
    return listed


def _compared(found: Comparison) -> dict[str, Any]:
    changes: list[dict[str, Any]] = [
        *({"change": "removed", **badge_row(badge)} for badge in found.removed[:NAMED]),
        *({"change": "changed", **badge_row(new), "was": badge_row(old)} for old, new in found.changed[:NAMED]),
        *({"change": "added", **badge_row(badge)} for badge in found.added[:NAMED]),
    ]
    counts = {"added": len(found.added), "changed": len(found.changed), "removed": len(found.removed)}
    return {"total": found.total, **counts, "changes": changes[:NAMED]}
