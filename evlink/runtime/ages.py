"""How old the passwords of the accounts are; after half a year somebody should be told (R-037)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

OLD = timedelta(days=183)
KEY = "passwords.changed"


class Memory(Protocol):
    """Small values that outlive the process."""

    async def recall(self, key: str) -> object: ...

    async def remember(self, key: str, value: object) -> None: ...


class PasswordAges:
    """When each account's password was changed last; one that was never changed is told as due, not as old."""

    def __init__(self, memory: Memory, wall: Callable[[], datetime]) -> None:
        self._memory = memory
        self._wall = wall
        self._changed: dict[str, datetime] = {}

    async def load(self) -> None:
        """Take up what earlier runs noted."""
        kept = await self._memory.recall(KEY)
        for account, text in (kept if isinstance(kept, Mapping) else {}).items():
            at = datetime.fromisoformat(str(text))
            if at.tzinfo is not None:
                self._changed[str(account)] = at

    async def changed(self, account: str) -> None:
        """Note a change."""
        self._changed[account] = self._wall()
        await self._memory.remember(KEY, {name: when.isoformat() for name, when in self._changed.items()})

    def at(self, account: str) -> datetime | None:
        """When a password was changed last; None where that isn't known."""
        return self._changed.get(account)

    def warnings(self) -> tuple[str, ...]:
        """A sentence for each password that is older than six months."""
        now = self._wall()
        return tuple(
            f"the password of {account} is older than six months"
            for account, at in sorted(self._changed.items())
            if now - at > OLD
        )
