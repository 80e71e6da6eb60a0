"""The audit trail: what each method of the socket changed, by whom and by which way they came; never a secret."""

from __future__ import annotations

import logging
import pwd
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from evlink.runtime.rpc import Failure, Session
from evlink.settings.registry import find
from evlink.storage.journal import Entry, Kind

LOCAL = "(local)"  # a connection of root or of the station's own group, which has no account
_LISTED = 6  # changes named one by one
log = logging.getLogger("evlink.audit")

Params = Mapping[str, Any]
Write = Callable[[Entry], Awaitable[None]]


class Audit:
    """Writes a line for what changed something, and for logins."""

    def __init__(self, write: Write, wall: Callable[[], datetime]) -> None:
        self._write = write
        self._wall = wall

    async def done(self, session: Session, method: str, params: Params, result: Any) -> None:
        """A method has done its work."""
        describe = DEEDS.get(method)
        if describe is None:
            return
        detail = describe(params, result if isinstance(result, Mapping) else {})
        if detail is not None:
            await self.note(session.account or LOCAL, way_of(session), method, detail)

    async def refused(self, session: Session, method: str, params: Params, failure: Failure) -> None:
        """A login or a change of password failed over a wrong password; one that had to wait is not told again."""
        if method in ("login", "password.change") and "wrong" in failure.message and "too many" not in failure.message:
            who = str(params.get("account", "")) if method == "login" else session.account
            await self.note(who, way_of(session), f"{method} refused", "")

    async def note(self, who: str, way: str, what: str, detail: str) -> None:
        """Write a line; one that can't be written is told in the log, and stops nothing."""
        try:
            await self._write(Entry(Kind.DEED, self._wall(), what, detail, who=who, way=way))
        except Exception:
            log.exception("the audit trail can't be written")


def way_of(session: Session) -> str:
    """The way in, by the local account that opened it: `technician` is SSH, `evlink-console` the serial line."""
    try:
        return pwd.getpwuid(int(session.source)).pw_name
    except (KeyError, ValueError, OverflowError):
        return session.source or "station"


def changed(result: Params) -> str | None:
    """Settings that changed, a few of them with their values, secrets without."""
    rows = result.get("changed") or []
    if not rows:
        return None
    texts = [_change(row) for row in rows[:_LISTED]]
    if len(rows) > _LISTED:
        texts.append(f"and {len(rows) - _LISTED} more")
    return "; ".join(texts)


def _change(row: Params) -> str:
    found = find(str(row["key"]))
    if found is None or found.setting.secret:
        return f"{row['key']}: {'set' if row.get('new') else 'not set'}"
    return f"{row['key']}: {row.get('old')} -> {row.get('new')}"


def _applied(params: Params, result: Params) -> str | None:
    return None if params.get("dry_run") else changed(result)


def _some(params: Params, key: str) -> str:
    values = params.get(key) or []
    if params.get("all"):
        return "all"
    return ", ".join(str(value) for value in values[:_LISTED]) + ("..." if len(values) > _LISTED else "")


def _edited(params: Params, _: Params) -> str:
    given = {key: params[key] for key in ("type", "comment") if params.get(key) is not None}
    return f"{_some(params, 'uids')}: " + ", ".join(f"{key}={value}" for key, value in given.items())


def _captured(params: Params, _: Params) -> str | None:
    return f"start {params.get('mode', 'add')}" if params.get("action") == "start" else None


def _totals(params: Params, result: Params) -> str | None:
    if params.get("dry_run"):
        return None
    return ", ".join(f"{key} {result[key]}" for key in ("total", "added", "changed", "removed") if key in result)


def _outlet(params: Params) -> str:
    return f" outlet {params['outlet']}" if params.get("outlet") is not None else ""


# What changes something, and how it is told; None tells nothing.
DEEDS: Mapping[str, Callable[[Params, Params], str | None]] = {
    "login": lambda params, result: "by token" if params.get("token") else "",
    "settings.apply": _applied,
    "password.change": lambda params, result: f"of {params.get('account', '')}",
    "order": lambda params, result: f"{params.get('name', '')}{_outlet(params)}",
    "badges.add": lambda params, result: str(params.get("uid", "")),
    "badges.edit": _edited,
    "badges.remove": lambda params, result: _some(params, "uids"),
    "badges.replace": _totals,
    "badges.replace.commit": _totals,
    "badges.capture": _captured,
    "clock.set": lambda params, result: str(params.get("moment", "")),
    "network.apply": lambda params, result: str(params.get("action", "")),
    "update.commit": lambda params, result: str((result.get("package") or {}).get("name", "")),
    "update.install": lambda params, result: str(params.get("version", "")),
    "update.cancel": lambda params, result: "",
    "publication.test": lambda params, result: "",
}
