"""The opening of a state directory: its lock, the board's facts, the settings; refused in one sentence."""

from __future__ import annotations

import argparse
import logging
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from evlink.formats import cfg, toml
from evlink.formats.errors import FormatError
from evlink.hardware import facts as board_facts
from evlink.hardware.boards import LINUX, BoardError, check_board
from evlink.hardware.linux.wiring import keep_description
from evlink.hardware.recording_check import check_recording
from evlink.runtime.clock import StationClock
from evlink.runtime.facts import settings_facts
from evlink.settings.facts import Facts
from evlink.settings.values import Values
from evlink.storage import files, reset
from evlink.storage.errors import LockedError, Notice, StorageError
from evlink.storage.sealing import PREFIX, Seal
from evlink.storage.settings_file import SettingsFile
from evlink.storage.state import Lock, StatePaths, device_secret, prepare
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
COMMAND_S = 8.0  # the longest that a command holds the files
LONGEST_SOCKET = 107  # bytes of a Unix socket's path
LONGEST_NAME = "simulator.sock"
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
    try:
        check_board(args.board, args.speed)
        check_recording(args.board)
    except BoardError as error:
        raise StartError(str(error), 2) from None
    given = [path for path in (args.socket, args.login_socket) if path is not None]
    for path in (args.state.absolute() / LONGEST_NAME, *given):
        if len(os.fsencode(path)) > LONGEST_SOCKET:
            raise StartError(f"{path}: the path of a socket; at most {LONGEST_SOCKET} bytes are allowed", 2)
    return open_files(args.state, args.hardware, args.config, linux=args.board == LINUX)


def open_files(state: Path, hardware: str = "", config: Path | None = None, *, linux: bool = False) -> Opened:
    """Open a state directory: lock it, find the facts, load the settings, and apply those of a file to them.

    `linux`: the Linux board's description is brought there too.
    """
    text = read_text(config) if config else ""
    try:
        paths = prepare(state)
        lock = Lock(paths)
        patiently(lock)
    except StorageError as error:
        raise StartError(str(error)) from None
    try:
        reset.clear_files(paths)  # a factory reset that was asked for, before any of its files is read
        board = find_board(paths, hardware, linux=linux)
        facts = settings_facts(board)
        file = settings_file(paths, facts)
        loaded = file.load()
        values = loaded.settings or Values(facts)
        for notice in loaded.notices:
            log.warning("%s", notice.text)
        if _unsealed(paths, values):
            file.save(values)
            file.save(values)  # the copy of before goes with it
        if config:
            values = _given(values, config, text)
            file.save(values)
    except StorageError as error:
        lock.release()
        raise StartError(str(error)) from None
    except StartError:
        lock.release()
        raise
    return Opened(paths, lock, board, file, values, loaded.notices)


def find_board(paths: StatePaths, hardware: str, *, linux: bool = False) -> board_facts.Facts:
    """The board's facts: from a preset or a file given, kept in the state directory; else those kept there.

    With `linux` the board's description likewise, from beside the file given.
    """
    try:
        given: Path | None = None
        if hardware.startswith("preset:"):
            name = hardware.removeprefix("preset:")
            if name not in PRESETS:
                raise StartError(f"hardware preset {name!r}: {', '.join(PRESETS)} are allowed", 2)
            facts = board_facts.preset(*PRESETS[name])
        elif hardware:
            given = Path(hardware)
            facts = board_facts.load(given)
        elif os.path.lexists(paths.board):
            facts = board_facts.load(paths.board)
        elif paths.database.exists() and paths.secrets.exists():
            why = "missing though this station ran before; start it once with --hardware to say what it is"
            raise StartError(f"{paths.board}: {why}", 2)
        else:
            facts = board_facts.preset(*PRESETS[USUAL])
        if linux:
            keep_description(paths.root, given, facts.station.outlets)
        if hardware or not os.path.lexists(paths.board):
            board_facts.write(paths.board, facts)
    except board_facts.FactsError as error:
        raise StartError(str(error), 2) from None
    except OSError as error:
        raise StartError(f"{hardware or paths.board}: {error.strerror or error}", 2) from None
    return facts


def settings_file(paths: StatePaths, facts: Facts) -> SettingsFile[Values]:
    """`station.toml`: only what deviates from the factory values; a file that does not check is not taken."""

    seal = Seal(lambda: device_secret(paths))

    def parse(text: str) -> Values:
        opened, lost = seal.opened(text, toml.quoted)
        for path in lost:
            log.warning("%s can't be opened with this station's key: it is not set", path)
        return Values(facts).with_changes(toml.read_stored(opened, facts))

    return SettingsFile(paths.settings, parse, lambda values: toml.write_stored(values, seal.seal))


def _unsealed(paths: StatePaths, values: Values) -> bool:
    """Whether a secret still stands open in the settings file, as earlier versions left it."""
    secrets = sum(1 for path, setting, _, _ in values.items() if setting.secret and values.deviations.get(path))
    text = files.read(paths.settings) or b""
    return text.count(PREFIX.encode()) < secrets


def patiently(lock: Lock) -> None:
    """Take the lock, waiting for a command that works on the files just now. LockedError for a station there."""
    until = time.monotonic() + COMMAND_S
    while True:
        try:
            lock.acquire()
        except LockedError as error:
            if error.pid is None or not _is_command(error.pid) or time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return


def _is_command(pid: int) -> bool:
    """Whether a process is a command's work on the files, which ends by itself."""
    try:
        return b"evlink.runtime.offline" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return True  # it has ended meanwhile


def read_text(path: Path) -> str:
    """The text of a settings file. StartError where it can't be read, or its name says no format."""
    if path.suffix not in (".toml", ".cfg"):
        raise StartError(f"--config {path}: a .toml or .cfg file is allowed", 2)
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise StartError(f"--config {path}: this is no UTF-8 text", 2) from None
    except OSError as error:
        raise StartError(f"--config {path}: {error.strerror or error}", 2) from None


def _given(values: Values, path: Path, text: str) -> Values:
    plan = cfg.plan if path.suffix == ".cfg" else toml.plan
    try:
        checked = plan(text, values)
    except FormatError as error:
        raise StartError(f"--config {path}: {error}", 2) from None
    if isinstance(checked, list):
        raise StartError(f"--config {path}: {checked[0].sentence()}", 2)
    return checked.values


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
