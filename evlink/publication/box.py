"""What the publication needs of storage: the letters, the records that were never sent, and a small memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Protocol

from evlink.domain.letter import Alarm, Letter
from evlink.domain.record import ChargeRecord


class Letterbox(Protocol):
    """The queue of letters. Every call returns once what it changed would survive a power cut."""

    async def gather(self, compose: Callable[[tuple[ChargeRecord, ...]], Letter]) -> Letter | None:
        """Queue a letter of all records that were never sent and wait in none, at one stroke; None without any."""
        ...

    async def alarm(self, wanted: bool, compose: Callable[[tuple[Alarm, ...]], Letter]) -> Letter | None:
        """Queue a letter about the events since the last such call; None without any, or where none is wanted."""
        ...

    async def waiting(self) -> tuple[Letter, ...]:
        """All letters, the oldest first."""
        ...

    async def unsent(self) -> int:
        """How many records were never sent."""
        ...

    async def trying(self, number: int, next_try: datetime) -> None:
        """Count a try before it is made."""
        ...

    async def served(self, number: int, recipients: Iterable[str]) -> None:
        """Note the recipients that have a letter already."""
        ...

    async def failed(self, number: int, english: str, french: str) -> None:
        """Note why the last try failed."""
        ...

    async def delivered(self, number: int) -> int:
        """Take a letter out that arrived, and mark its records as published; how many they were."""
        ...

    async def withdrawn(self, number: int) -> None:
        """Take a letter out; its records stay, unpublished."""
        ...

    async def dropped(self, number: int, at: datetime, text: str) -> None:
        """Take a letter out, and say so among the events of the station."""
        ...

    async def recall(self, key: str) -> Any:
        """The value of a key, None where there is none."""
        ...

    async def remember(self, key: str, value: Any) -> None:
        """Store a value."""
        ...
