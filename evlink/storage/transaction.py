"""One transaction, whole or not at all; inside another one it is part of that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import apsw


@contextmanager
def transaction(connection: apsw.Connection) -> Iterator[None]:
    """Commit at the end of the block, roll back where it raises. The block's own error is what comes out.

    SQLite rolls back by itself after some errors, a full disk among them; apsw's own context manager then fails at
    rolling back once more and hides the reason.
    """
    if _inside(connection):
        yield
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if _inside(connection):
            connection.execute("ROLLBACK")
        raise


def _inside(connection: apsw.Connection) -> bool:
    return connection.in_transaction
