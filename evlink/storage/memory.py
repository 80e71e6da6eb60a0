"""The station's small memory: single values that have to outlive a restart."""

from __future__ import annotations

from typing import Any

import apsw

from evlink.storage.codec import any_from_json, any_to_json
from evlink.storage.transaction import transaction


class Memory:
    """Values by key, as JSON: the boot counter, what the supervision accepted last, clock offsets."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def get(self, key: str, default: Any = None) -> Any:
        value = self._connection.execute("SELECT value FROM memory WHERE key = ?", (key,)).get
        return default if value is None else any_from_json(value)

    def set(self, key: str, value: Any) -> None:
        self._connection.execute(
            "INSERT INTO memory VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (key, any_to_json(value)),
        )

    def forget(self, key: str) -> None:
        self._connection.execute("DELETE FROM memory WHERE key = ?", (key,))

    def count_boot(self) -> int:
        """Count a start of the station; returns how many there were, this one included."""
        with transaction(self._connection):
            count = int(self.get("boots", 0)) + 1
            self.set("boots", count)
        return count
