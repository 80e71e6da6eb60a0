"""The durable queue of transaction messages for the supervision (OCPP 1.6 sections 3.7 and 4.8 to 4.10)."""

from __future__ import annotations

import uuid

import apsw

from evlink.domain.record import QueuedMessage, TransactionMessage
from evlink.storage.codec import KINDS, from_json, kind_of, to_json
from evlink.storage.transaction import transaction

MOST = 20_000
KEPT_TRANSACTIONS = 1000


class OutboxTable:
    """The queue in the order of its numbers, and the transaction ids that the supervision gave to sessions.

    A start or an end leaves only when it was delivered. A full queue makes room among the meter values, the oldest
    first, and after those among the oldest ended sessions; each message that goes so is counted in `dropped`.
    """

    def __init__(self, connection: apsw.Connection, most: int = MOST) -> None:
        self._connection = connection
        self._most = most

    def put(self, message: TransactionMessage) -> int:
        """Append a message with an id of its own for ever; returns how many others had to go for it."""
        dropped = self._make_room()
        self._connection.execute(
            "INSERT INTO outbox (message_id, session, kind, payload) VALUES (?, ?, ?, ?)",
            (str(uuid.uuid4()), message.session, kind_of(message), to_json(message)),
        )
        return dropped

    def _make_room(self) -> int:
        """Drop messages until one more fits, never the first of the queue, which may be on its way."""
        dropped = 0
        while self.count() >= self._most:
            sample = self._connection.execute(
                "SELECT min(number) FROM outbox WHERE kind = 'sample' AND number > (SELECT min(number) FROM outbox)"
            ).get
            if sample is not None:
                self._connection.execute("DELETE FROM outbox WHERE number = ?", (sample,))
                dropped += 1
                continue
            ended = self._connection.execute(
                "SELECT session FROM outbox WHERE kind = 'end' AND session <> "
                "(SELECT session FROM outbox ORDER BY number LIMIT 1) ORDER BY number LIMIT 1"
            ).get
            if ended is None:
                break  # a session of each outlet is all that is left: it fits any bound worth setting
            self._connection.execute("DELETE FROM outbox WHERE session = ?", (ended,))
            dropped += self._connection.changes()
        return dropped

    def head(self) -> QueuedMessage | None:
        """The oldest message with the transaction id of its session, None where the queue is empty."""
        return next(iter(self.waiting(1)), None)

    def waiting(self, most: int, offset: int = 0) -> list[QueuedMessage]:
        """Messages in the order of the queue, from the `offset`-th on, with the transaction ids of their sessions."""
        rows = self._connection.execute(
            "SELECT outbox.number, message_id, kind, payload, attempts, transaction_id "
            "FROM outbox LEFT JOIN transactions USING (session) ORDER BY outbox.number LIMIT ? OFFSET ?",
            (most, offset),
        )
        return [
            QueuedMessage(number, message_id, from_json(payload, KINDS[kind]), attempts, transaction_id)
            for number, message_id, kind, payload, attempts, transaction_id in rows
        ]

    def attempted(self, number: int) -> None:
        """Count a transmission that the supervision refused with a CALLERROR."""
        self._connection.execute("UPDATE outbox SET attempts = attempts + 1 WHERE number = ?", (number,))

    def delivered(self, number: int, transaction_id: int | None = None) -> None:
        """Remove a message; a start's transaction id goes to its session and, where it closed already, its record.

        A transaction id beyond 64 bits is none that OCPP could mean, and is not kept.
        """
        with transaction(self._connection):
            row = self._connection.execute("SELECT session, kind FROM outbox WHERE number = ?", (number,)).fetchone()
            if row is None:
                return
            session, kind = row
            if kind == "start" and transaction_id is not None and -(2**63) <= transaction_id < 2**63:
                self._learn(session, transaction_id)
            self._connection.execute("DELETE FROM outbox WHERE number = ?", (number,))

    def _learn(self, session: str, transaction_id: int) -> None:
        self._connection.execute(
            "INSERT INTO transactions (session, transaction_id) VALUES (?, ?) "
            "ON CONFLICT (session) DO UPDATE SET transaction_id = excluded.transaction_id",
            (session, transaction_id),
        )
        self._connection.execute(
            "UPDATE records SET transaction_id = ? WHERE session = ?", (str(transaction_id), session)
        )
        self._connection.execute(
            "DELETE FROM transactions WHERE number <= (SELECT max(number) FROM transactions) - ? "
            "AND session NOT IN (SELECT session FROM outbox) AND session NOT IN (SELECT session FROM sessions)",
            (KEPT_TRANSACTIONS,),
        )

    def session_of(self, transaction_id: int) -> str | None:
        """The session that was given a transaction id, the last one where several were."""
        if not -(2**63) <= transaction_id < 2**63:
            return None
        session = self._connection.execute(
            "SELECT session FROM transactions WHERE transaction_id = ? ORDER BY number DESC LIMIT 1", (transaction_id,)
        ).get
        return None if session is None else str(session)

    def transaction_of(self, session: str) -> int | None:
        """The transaction id of a session, None where the supervision gave none (yet)."""
        number = self._connection.execute("SELECT transaction_id FROM transactions WHERE session = ?", (session,)).get
        return None if number is None else int(number)

    def count(self) -> int:
        return int(self._connection.execute("SELECT count(*) FROM outbox").get)
