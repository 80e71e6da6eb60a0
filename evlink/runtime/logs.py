"""The station's log: a line an entry, without secrets, on stderr for the machine's journal and kept for readers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Annotated, Any, Literal

import msgspec

from evlink.domain.text import clean
from evlink.runtime.diagnostics import LONGEST_LINE, LogTail, without_users
from evlink.runtime.rpc import ADMIN, Method, Session
from evlink.settings.values import Values

HIDDEN = "***"
_SHORTEST = 6  # a secret of fewer characters would blot out half of what is said
LEVELS = ("INFO", "WARNING", "ERROR", "CRITICAL")


class Redacting(logging.Filter):
    """Takes secrets out of entries, whoever wrote them: users in URLs, and the values that are set as secrets.

    It also makes each entry one line, an exception's trace included (S24).
    """

    def __init__(self, secrets: Callable[[], Iterable[str]]) -> None:
        super().__init__()
        self._secrets = secrets

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the entry in place; all pass."""
        text = record.getMessage()
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            text += " | " + record.exc_text
        record.msg = clean(self.redacted(text).replace("\n", " | "), LONGEST_LINE)
        record.args = ()
        record.exc_info = record.exc_text = None
        return True

    def redacted(self, text: str) -> str:
        """A text without secrets."""
        text = without_users(text)
        for secret in self._secrets():
            if len(secret) >= _SHORTEST:
                text = text.replace(secret, HIDDEN)
        return text


class Secrets:
    """The secrets that are set, the longest first; looked up anew only when the settings have changed."""

    def __init__(self, stored: Callable[[], Values]) -> None:
        self._stored = stored
        self._of: Values | None = None
        self._found: tuple[str, ...] = ()

    def __call__(self) -> tuple[str, ...]:
        """The secrets of now."""
        values = self._stored()
        if values is not self._of:
            found = {str(value) for _, setting, _, value in values.items() if setting.secret and value}
            self._of, self._found = values, tuple(sorted(found, key=len, reverse=True))
        return self._found


class Ask(msgspec.Struct, forbid_unknown_fields=True):
    """Parameters of `logs`."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=2000)] = 200
    level: Literal["INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"


def table(tail: LogTail) -> dict[str, Method]:
    """The method: the newest entries of this run, the oldest first."""

    async def logs(session: Session, params: Ask) -> dict[str, Any]:
        wanted = LEVELS[LEVELS.index(params.level) :]
        rows = []
        for at, line in tail.entries():
            level, _, rest = line.partition(" ")
            if level in wanted:
                name, _, text = rest.partition(": ")
                rows.append({"at": at.isoformat(timespec="milliseconds"), "level": level, "logger": name, "text": text})
        rows = rows[-params.limit :]
        while len(msgspec.json.encode(rows)) > 900_000:
            rows = rows[len(rows) // 2 :]
        return {"entries": rows}

    return {"logs": Method(Ask, logs, ADMIN)}
