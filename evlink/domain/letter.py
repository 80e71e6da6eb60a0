"""A letter to the office: charge records or alarms, kept until it has arrived (R-196 to R-209)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256


class LetterKind(StrEnum):
    """What a letter is about."""

    RECORDS = "records"
    ALARM = "alarm"
    TEST = "test"


def message_id(name: str, domain: str) -> str:
    """The Message-ID that belongs to a name (RFC 5322 section 3.6.4), short enough never to be folded."""
    return f"<{sha256(name.encode()).hexdigest()[:32]}@{domain}>"


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter, composed once: every try sends the same bytes under the same names.

    `name` is its own for ever: the Message-ID is made of it and the file is called by it, by which a
    receiver knows a letter again whose acknowledgement was lost. `content` is the file, empty where there is none.
    `records` are the numbers of the charge records in it, `served` the recipients that have it already. `problem` is
    why the last try failed, in English and French. `number` is 0 until storage has given one.
    """

    number: int
    kind: LetterKind
    name: str
    domain: str
    made: datetime
    next_try: datetime
    subject: str
    text: str
    file: str = ""
    content: str = ""
    records: tuple[int, ...] = ()
    tries: int = 0
    served: tuple[str, ...] = ()
    problem: tuple[str, str] = ("", "")

    @property
    def message_id(self) -> str:
        """The Message-ID of every try."""
        return message_id(self.name, self.domain)


@dataclass(frozen=True, slots=True)
class Alarm:
    """An event that began, as an alarm mail tells it; `outlet` 0 is the station as a whole."""

    number: int
    outlet: int
    event: int
    start: datetime
    detail: str = ""
