"""The station's books over the socket: badges and charge history (R-172 to R-194); see `replacing` for lists."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec

from evlink.domain.record import Badge, BadgeType, ChargeRecord, normal_uid
from evlink.runtime.rpc import BAD_VALUE, Failure, Method, Session
from evlink.storage.badges import BadgeError
from evlink.storage.database import Database
from evlink.storage.records import Wanted
from evlink.storage.store import Store

Reason = Literal[
    "Local",
    "Remote",
    "EVDisconnected",
    "DeAuthorized",
    "HardReset",
    "SoftReset",
    "Reboot",
    "PowerLoss",
    "EmergencyStop",
    "UnlockCommand",
    "Other",
]
"""How a charge ended, as OCPP 1.6 names it (section 7.36)."""

MOST_ROWS = 1000
"""Records of one answer: more might not fit into a line of the socket."""

Offset = Annotated[int, msgspec.Meta(ge=0)]


class BadgeList(msgspec.Struct, forbid_unknown_fields=True):
    """Parameters of `badges.list`."""

    offset: Offset = 0
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 100
    query: str = ""


class BadgeAdd(msgspec.Struct, forbid_unknown_fields=True):
    """Parameters of `badges.add`."""

    uid: str
    type: BadgeType = BadgeType.USER
    comment: str = ""


class BadgeEdit(msgspec.Struct, forbid_unknown_fields=True):
    """Parameters of `badges.edit`: some uids, or the type of all."""

    uids: list[str] = msgspec.field(default_factory=list)
    all: bool = False
    type: BadgeType | None = None
    comment: str | None = None


class BadgeRemove(msgspec.Struct, forbid_unknown_fields=True):
    """Parameters of `badges.remove`: some uids, or all."""

    uids: list[str] = msgspec.field(default_factory=list)
    all: bool = False


class HistoryList(msgspec.Struct, forbid_unknown_fields=True):
    """Parameters of `history.list`."""

    offset: Offset = 0
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST_ROWS)] = 30
    outlet: int | None = None
    badge: str | None = None
    since: datetime | None = msgspec.field(name="from", default=None)
    until: datetime | None = msgspec.field(name="to", default=None)
    status: Reason | None = None
    unpublished: bool = False

    def wanted(self) -> Wanted:
        """The records that are asked for. Failure, bad value, for a uid or a time that means none."""
        return Wanted(
            self.outlet,
            None if self.badge is None else _uid(self.badge),
            _zoned("from", self.since),
            _zoned("to", self.until),
            self.status,
            self.unpublished,
        )


def _uid(badge: str) -> str:
    try:
        return normal_uid(badge)
    except ValueError as error:
        fr = f"badge {badge[:40]!r} : de 1 à 20 lettres ou chiffres sont autorisés"
        raise Failure(BAD_VALUE, str(error), key="badge", value=badge[:40], fr=fr) from None


def _zoned(key: str, at: datetime | None) -> datetime | None:
    if at is not None and at.tzinfo is None:
        text = at.isoformat()
        fr = f"{key} {text} : l'heure doit avoir son décalage, comme 2026-03-01T08:00:00+01:00"
        said = f"{key} {text}: a time needs its offset, as in 2026-03-01T08:00:00+01:00"
        raise Failure(BAD_VALUE, said, key=key, value=text, fr=fr)
    return at


def table(store: Store) -> dict[str, Method]:
    """The methods."""

    async def badges(session: Session, params: BadgeList) -> dict[str, Any]:
        page = await store.run(lambda db: db.badges.list(params.offset, params.limit, params.query))
        return {"total": page.total, "badges": [badge_row(b) for b in page.badges]}

    async def add(session: Session, params: BadgeAdd) -> dict[str, Any]:
        badge = await asked(store, lambda db: db.badges.add(params.uid, params.type, params.comment))
        return {"badge": badge_row(badge)}

    async def edit(session: Session, params: BadgeEdit) -> dict[str, Any]:
        if params.all:
            kind = params.type
            if kind is None or params.uids or params.comment is not None:
                raise Failure(-32602, "params: with all, type is needed, and neither uids nor comment")
            return {"changed": await store.run(lambda db: db.badges.edit_all(kind))}
        changed = await asked(store, lambda db: db.badges.edit(params.uids, params.type, params.comment))
        return {"changed": changed}

    async def remove(session: Session, params: BadgeRemove) -> dict[str, Any]:
        if params.all:
            return {"removed": await asked(store, lambda db: db.badges.clear())}
        return {"removed": await asked(store, lambda db: db.badges.remove(params.uids))}

    async def history(session: Session, params: HistoryList) -> dict[str, Any]:
        wanted = params.wanted()
        page = await store.run(lambda db: db.records.list(params.offset, params.limit, wanted))
        return {"total": page.total, "records": [record_row(r) for r in page.records]}

    return {
        "badges.list": Method(BadgeList, badges),
        "badges.add": Method(BadgeAdd, add),
        "badges.edit": Method(BadgeEdit, edit),
        "badges.remove": Method(BadgeRemove, remove),
        "history.list": Method(HistoryList, history),
    }


async def asked(store: Store, work: Any) -> Any:
    """Run some work on the database; a value it does not take is the asker's error."""

    def guarded(db: Database) -> Any:
        try:
            return work(db)
        except BadgeError as error:
            said = {"key": error.key, "value": error.value, "allowed": error.allowed.en, "fr": error.sentence.fr}
            raise Failure(BAD_VALUE, str(error), **said) from None
        except ValueError as error:
            raise Failure(BAD_VALUE, str(error)) from None

    return await store.run(guarded)


def badge_row(badge: Badge) -> dict[str, Any]:
    """A badge as the socket and `badges list --json` show it."""
    return {"number": badge.number, "uid": badge.uid, "type": badge.type.value, "comment": badge.comment}


def record_row(record: ChargeRecord) -> dict[str, Any]:
    """A charge record as the socket and `history --json` show it; times ISO 8601 UTC."""
    return {
        "number": record.number,
        "station": record.station,
        "outlet": record.outlet,
        "transaction_id": record.transaction_id,
        "uid": record.uid,
        "charge_type": record.charge_type,
        "start": record.start.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "end": record.end.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "energy_wh": record.energy_wh,
        "socket_type": record.socket_type,
        "duration_s": record.duration_s,
        "comment": record.comment,
        "estimated_wh": record.estimated_wh,
        "status": record.reason,
        "published": record.published,
        "clock_set_s": record.clock_set_s,
    }
