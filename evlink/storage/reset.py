"""The return to factory settings, in two strengths, carried out at a start so that a power cut only delays it."""

from __future__ import annotations

import shutil
from enum import StrEnum

import apsw

from evlink.storage import files
from evlink.storage.state import StatePaths
from evlink.storage.transaction import transaction


class Reset(StrEnum):
    """What a reset leaves: the badges (R-227), or nothing but what describes the hardware (R-244)."""

    OPERATIONAL = "operational"
    DECOMMISSION = "decommission"


def request(paths: StatePaths, kind: Reset) -> None:
    """Ask for a reset at the next start; kept durably, so it will be carried out whatever happens before."""
    files.replace(paths.reset_pending, kind.value.encode())


def pending(paths: StatePaths) -> Reset | None:
    """The reset that was asked for and is not finished; a mark that can't be read counts as the weaker one."""
    content = files.read(paths.reset_pending, limit=4096)
    if content is None:
        return None
    return Reset.DECOMMISSION if content.strip() == Reset.DECOMMISSION.value.encode() else Reset.OPERATIONAL


def clear_files(paths: StatePaths) -> Reset | None:
    """Carry out the files' part of a reset that was asked for, and return its kind; None where none was.

    Belongs between the lock and the first reading of a setting. May be repeated: the mark stays until `finished`.
    """
    kind = pending(paths)
    if kind:
        before_opening(paths, kind)
    return kind


def before_opening(paths: StatePaths, kind: Reset) -> None:
    """Remove the files of the reset; for the stronger one the database and the station's secret with them."""
    patterns = ["station.toml", "station.toml.*", "evlink.db.corrupt-*", "evlink.db.salvaged*", ".*.new"]
    if kind is Reset.DECOMMISSION:
        patterns += ["evlink.db", "evlink.db-*", ".evlink.db.*", "secrets.key"]
    for pattern in patterns:
        for path in paths.root.glob(pattern):
            path.unlink(missing_ok=True)
    shutil.rmtree(paths.root / "supervision", ignore_errors=True)  # certificates, keys, files on their way
    files.sync_directory(paths.root)


def erase(connection: apsw.Connection) -> None:
    """Empty every table but the badges', and leave no trace of the rows in free pages or in the log."""
    with transaction(connection):
        connection.execute(
            """
            DELETE FROM records;
            DELETE FROM estimates;
            DELETE FROM accounts;
            DELETE FROM guesses;
            DELETE FROM events;
            DELETE FROM sessions;
            DELETE FROM energy;
            DELETE FROM outbox;
            DELETE FROM transactions;
            DELETE FROM memory;
            DELETE FROM damaged;
            """
        )
    connection.execute("VACUUM").fetchall()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def finished(paths: StatePaths) -> None:
    """Take the mark away: the reset is complete."""
    paths.reset_pending.unlink(missing_ok=True)
    files.sync_directory(paths.root)
