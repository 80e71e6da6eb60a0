"""The opening of a state directory: its lock, the board's facts, the settings; refused in one sentence."""

from __future__ import annotations

import argparse
import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from evlink.formats import toml
from evlink.hardware import facts as board_facts
from evlink.runtime.clock import StationClock
from evlink.runtime.facts import settings_facts
from evlink.settings.check import Checked, check_changes
from evlink.settings.facts import Facts
from evlink.settings.values import Values
from evlink.storage import reset
from evlink.storage.errors import Notice, StorageError
from evlink.storage.settings_file import SettingsFile
from evlink.storage.state import Lock, StatePaths, prepare
from evlink.storage.store import Store

PRESETS: Mapping[str, tuple[board_facts.Model, int, int]] = {
    "parking-1": ("parking", 1, 3),
    "parking-2": ("parking", 2, 3),
    "city-1": ("city", 1, 3),
    "city-2": ("city", 2, 3),
    "wallbox": ("wallbox", 1, 1),
    "wallbox-3": ("wallbox", 1, 3),
}
USUAL = "parking-2"
MAX_SPEED = 100
log = logging.getLogger("evlink")


class StartError(Exception):
    """Why the station does not start, in one sentence; exit code 2 for bad input, 1 for anything else."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Opened:
    """A state directory under our lock: facts, settings, and what had to be noted on the way."""

    paths: StatePaths
    lock: Lock
    board: board_facts.Facts
    settings_file: SettingsFile[Values]
    values: Values
    notices: tuple[Notice, ...]


def open_station(args: argparse.Namespace) -> Opened:
    """Open the state directory for a station. StartError in one sentence where that can't be."""
    if args.board != "simulator":
        raise StartError(f"board {args.board!r} is not there: simulator is allowed", 2)
    if not (math.isfinite(args.speed) and 1 <= args.speed <= MAX_SPEED):
        raise StartError(f"speed {args.speed:g}: 1 to {MAX_SPEED} is allowed", 2)
    given = read_changes(args.config) if args.config else {}
    return open_files(args.state, args.hardware, given)


def open_files(state: Path, hardware: str = "", given: Mapping[str, object] | None = None) -> Opened:
    """Open a state directory: lock it, find the facts, load the settings, and apply `given` ones to them."""
    try:
        paths = prepare(state)
        lock = Lock(paths)
        lock.acquire()
    except StorageError as error:
        raise StartError(str(error)) from None
    try:
        reset.clear_files(paths)  # a factory reset that was asked for, before any of its files is read
        board = find_board(paths, hardware)
        facts = settings_facts(board)
        file = settings_file(paths, facts)
        loaded = file.load()
        values = loaded.settings or Values(facts)
        for notice in loaded.notices:
            log.warning("%s", notice.text)
        if given:
            values = _given(values, given)
            file.save(values)
    except StorageError as error:
        lock.release()
        raise StartError(str(error)) from None
    except StartError:
        lock.release()
        raise
    return Opened(paths, lock, board, file, values, loaded.notices)


def find_board(paths: StatePaths, hardware: str) -> board_facts.Facts:
    """The board's facts: from a preset or a file given, kept in the state directory; else those kept there."""
    try:
        if hardware.startswith("preset:"):
            name = hardware.removeprefix("preset:")
            if name not in PRESETS:
                raise StartError(f"hardware preset {name!r}: {', '.join(PRESETS)} are allowed", 2)
            facts = board_facts.preset(*PRESETS[name])
        elif hardware:
            facts = board_facts.load(Path(hardware))
        elif paths.board.exists():
            return board_facts.load(paths.board)
        else:
            facts = board_facts.preset(*PRESETS[USUAL])
        board_facts.write(paths.board, facts)
    except board_facts.FactsError as error:
        raise StartError(str(error), 2) from None
    except OSError as error:
        raise StartError(f"{hardware or paths.board}: {error.strerror or error}", 2) from None
    return facts


def settings_file(paths: StatePaths, facts: Facts) -> SettingsFile[Values]:
    """`station.toml`: only what deviates from the factory values; a file that does not check is not taken."""

    def parse(text: str) -> Values:
        changes = toml.read_stored(text, facts)
        return Values(facts).with_changes(changes)

    return SettingsFile(paths.settings, parse, toml.write_stored)


def read_changes(path: Path) -> dict[str, object]:
    """The settings of a TOML file given with --config."""
    try:
        return dict(toml.read(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise StartError(f"{path}: {error}", 2) from None


def _given(values: Values, given: Mapping[str, object]) -> Values:
    checked = check_changes(values, given, imported=True)
    if isinstance(checked, Checked):
        return checked.values
    raise StartError(checked[0].sentence(), 2)


async def open_store(opened: Opened, clock: StationClock) -> Store:
    """The database of an opened state directory. StartError where it can't be opened."""
    try:
        store = await Store.open(opened.paths, clock)
    except StorageError as error:
        raise StartError(str(error)) from None
    for notice in store.notices:
        log.warning("%s", notice.text)
    for notice in opened.notices:
        await store.run(lambda db, n=notice: db.note(n, clock.wall()))  # type: ignore[misc]
    return store
