"""What a restart needs to go on with a charge: the open session of each outlet, and its lifetime energy register."""

from __future__ import annotations

import apsw

from evlink.domain.session import OpenSession
from evlink.storage.codec import from_json, to_json
from evlink.storage.transaction import transaction


class Sessions:
    """The open sessions, one an outlet."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def save(self, session: OpenSession) -> None:
        """Store an outlet's open session in place of the one it had."""
        self._connection.execute(
            "INSERT INTO sessions VALUES (?, ?, ?) ON CONFLICT (outlet) "
            "DO UPDATE SET session = excluded.session, payload = excluded.payload",
            (session.outlet, session.session, to_json(session)),
        )

    def drop(self, outlet: int) -> None:
        self._connection.execute("DELETE FROM sessions WHERE outlet = ?", (outlet,))

    def all(self) -> tuple[OpenSession, ...]:
        """The open sessions by outlet."""
        rows = self._connection.execute("SELECT payload FROM sessions ORDER BY outlet")
        return tuple(from_json(text, OpenSession) for (text,) in rows)

    def of_outlet(self, outlet: int) -> OpenSession | None:
        text = self._connection.execute("SELECT payload FROM sessions WHERE outlet = ?", (outlet,)).get
        return None if text is None else from_json(text, OpenSession)


class Energy:
    """The lifetime registers, in milli-volt-ampere-seconds; they never fall.

    The core counts from its own start, so a register is the core's count plus an offset. The offset holds as long
    as the same core runs; `attach` gives a new core one that continues where the register was last stored.
    """

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def register(self, outlet: int) -> int:
        """An outlet's register as last stored; 0 before the first."""
        value = self._connection.execute("SELECT register_mvas FROM energy WHERE outlet = ?", (outlet,)).get
        return 0 if value is None else int(value)

    def save(self, outlet: int, energy_mvas: int) -> None:
        """Store an outlet's register; a smaller value than the stored one is passed over."""
        self._connection.execute(
            "INSERT INTO energy VALUES (?, ?, 0, '') ON CONFLICT (outlet) "
            "DO UPDATE SET register_mvas = max(register_mvas, excluded.register_mvas)",
            (outlet, max(0, energy_mvas)),
        )

    def move(self, outlet: int, generation: int, offset: int) -> None:
        """Store another offset for the core `generation`, whose count a meter has corrected meanwhile."""
        self._connection.execute(
            "UPDATE energy SET offset_mvas = ? WHERE outlet = ? AND generation = ?", (offset, outlet, str(generation))
        )

    def attach(self, outlet: int, generation: int) -> int:
        """The offset to add to the count of the core `generation`, stored for as long as that core runs.

        Twice the same generation gives the same offset, so what the core counted while no station ran is not lost.
        """
        with transaction(self._connection):
            row = self._connection.execute(
                "SELECT offset_mvas FROM energy WHERE outlet = ? AND generation = ?", (outlet, str(generation))
            ).fetchone()
            if row:
                return int(row[0])
            offset = self.register(outlet)
            self._connection.execute(
                "INSERT INTO energy VALUES (?, ?, ?, ?) ON CONFLICT (outlet) "
                "DO UPDATE SET offset_mvas = excluded.offset_mvas, generation = excluded.generation",
                (outlet, offset, offset, str(generation)),
            )
        return offset
