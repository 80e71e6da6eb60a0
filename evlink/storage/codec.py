"""How values of the domain are written into rows: times as microseconds, sessions and messages as JSON."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec

from evlink.domain.record import TransactionEnded, TransactionMessage, TransactionSampled, TransactionStarted
from evlink.storage.errors import StorageError

T = TypeVar("T")

KINDS: dict[str, type[TransactionStarted] | type[TransactionSampled] | type[TransactionEnded]] = {
    "start": TransactionStarted,
    "sample": TransactionSampled,
    "end": TransactionEnded,
}

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_us(at: datetime) -> int:
    """Microseconds since 1970 of an aware time. StorageError for a naive one: its zone would be a guess."""
    if at.tzinfo is None:
        raise StorageError(f"time {at.isoformat()} has no zone")
    return (at - _EPOCH) // _MICROSECOND


def from_us(number: int) -> datetime:
    """The aware UTC time of `to_us`."""
    return _EPOCH + timedelta(microseconds=number)


def to_json(value: object) -> str:
    """A dataclass of the domain as JSON. StorageError where it would not read back the same, as with NaN."""
    try:
        text = msgspec.json.encode(value).decode()
        same = msgspec.json.decode(text, type=type(value)) == value
    except (ValueError, TypeError, RecursionError) as error:
        raise StorageError(f"{type(value).__name__} can't be stored: {error}") from error
    if not same:
        raise StorageError(f"{type(value).__name__} can't be stored: it would read back otherwise")
    return text


def from_json(text: str, kind: type[T]) -> T:
    """The dataclass of `to_json`. ValueError where the text is no such thing."""
    return msgspec.json.decode(text, type=kind)


def any_to_json(value: Any) -> str:
    """A plain value (numbers, texts, lists, dictionaries, None) as JSON."""
    return msgspec.json.encode(value).decode()


def any_from_json(text: str) -> Any:
    return msgspec.json.decode(text)


def kind_of(message: TransactionMessage) -> str:
    """The word that stands in the queue's column `kind`."""
    return next(kind for kind, cls in KINDS.items() if isinstance(message, cls))


def bindable(text: str) -> str:
    """Text that can be bound to a statement: a lone surrogate, which no UTF-8 has, becomes a question mark."""
    return text.encode("utf-8", "replace").decode()
