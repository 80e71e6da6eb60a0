"""The return to factory settings, in two strengths, carried out at a start so that a power cut only delays it."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

import apsw

from evlink.storage import files
from evlink.storage.state import StatePaths
from evlink.storage.transaction import transaction

# What a decommissioned station still has: its facts, the locks and memory of processes that run, its software.
KEPT = frozenset(
    {
        "board.toml",
        "linux-board.toml",
        "station.lock",
        "control.lock",
        "control.shm",
        "simulator.lock",
        "reset.pending",
    }
)
KEPT_OF_UPDATES = frozenset(
    {("update", "slots"), ("update", "current"), ("update", "record.json"), ("update", "trial.json")}
)


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
        _wipe_all(paths)
    for pattern in patterns:
        for path in paths.root.glob(pattern):
            path.unlink(missing_ok=True)
    shutil.rmtree(paths.root / "supervision", ignore_errors=True)  # certificates, keys, files on their way
    files.sync_directory(paths.root)


def _wipe_all(paths: StatePaths) -> None:
    """Write over and remove every file that is not on the list of what describes the hardware and the software."""
    for path in sorted(paths.root.rglob("*"), reverse=True):  # what is in a directory before the directory
        below = path.relative_to(paths.root)
        if below.parts[0] in KEPT or below.parts[:2] in KEPT_OF_UPDATES:
            continue
        if path.is_file() and not path.is_symlink():
            _wipe(path)
        elif path.is_dir() and not path.is_symlink():
            with suppress(OSError):  # something that stays is in it
                path.rmdir()
        elif path.is_symlink():
            path.unlink(missing_ok=True)


def _wipe(path: Path) -> None:
    """Write zeros over a file, as far as its file system lets them reach the old blocks, and remove it."""
    with suppress(OSError):
        handle = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            left = os.fstat(handle).st_size
            while left > 0:
                left -= os.write(handle, bytes(min(left, 1 << 20)))
            os.fsync(handle)
        finally:
            os.close(handle)
    path.unlink(missing_ok=True)


def erase(connection: apsw.Connection) -> None:
    """Empty every table but the badges', and leave no trace of the rows in free pages or in the log."""
    with transaction(connection):
        connection.execute(
            """
            DELETE FROM records;
            DELETE FROM estimates;
            DELETE FROM clock_steps;
            DELETE FROM letters;
            DELETE FROM letter_records;
            DELETE FROM accounts;
            DELETE FROM guesses;
            DELETE FROM events;
            DELETE FROM sessions;
            DELETE FROM energy;
            DELETE FROM outbox;
            DELETE FROM transactions;
            DELETE FROM memory;
            DELETE FROM damaged;
            DELETE FROM journal;
            """
        )
    connection.execute("VACUUM").fetchall()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def finished(paths: StatePaths) -> None:
    """Take the mark away: the reset is complete."""
    paths.reset_pending.unlink(missing_ok=True)
    files.sync_directory(paths.root)
