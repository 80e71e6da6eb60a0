"""A recording VFS: every write and sync of SQLite in order, and what a power cut at any point may leave of them.

A write that was not synced is kept, lost, or torn at 512-byte sectors, each independently; so is a truncation; a
removal counts only after its directory was synced; so does a new name.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Literal

import apsw

SECTOR = 512
Fate = Literal["random", "lost", "kept"]


@dataclass(frozen=True, slots=True)
class Op:
    """One thing that SQLite asked of the disk."""

    kind: Literal["create", "write", "truncate", "sync", "delete", "delete_synced"]
    file: str
    offset: int = 0
    data: bytes = b""


class Recorder(apsw.VFS):
    """A VFS that does what it is asked and keeps a list of it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.ops: list[Op] = []
        super().__init__(name, base="")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        full = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        if name is not None and not Path(full).exists():
            self.ops.append(Op("create", Path(full).name))
        return RecordedFile(self, name, full, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        super().xDelete(filename, syncdir)
        self.ops.append(Op("delete_synced" if syncdir else "delete", Path(filename).name))


class RecordedFile(apsw.VFSFile):
    """A file of the recording VFS."""

    def __init__(self, vfs: Recorder, name: str | apsw.URIFilename | None, full: str, flags: list[int]) -> None:
        self._ops = vfs.ops
        self._name = Path(full).name
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        super().xWrite(data, offset)
        self._ops.append(Op("write", self._name, offset, bytes(data)))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        super().xTruncate(newsize)
        self._ops.append(Op("truncate", self._name, newsize))

    def xSync(self, flags: int) -> None:  # noqa: N802
        super().xSync(flags)
        self._ops.append(Op("sync", self._name))


@dataclass
class _Disk:
    """What is certain of a file, and what was asked since."""

    certain: bytearray = field(default_factory=bytearray)
    pending: list[Op] = field(default_factory=list)
    named: bool = False


def after_cut(ops: list[Op], at: int, rng: random.Random, fate: Fate = "random") -> dict[str, bytes]:
    """The files that a power cut after the first `at` operations may leave."""
    disks: dict[str, _Disk] = {}
    ghosts: dict[str, _Disk] = {}
    for op in ops[:at]:
        match op.kind:
            case "create":
                disks[op.file] = _Disk()
            case "write" | "truncate":
                disks[op.file].pending.append(op)
            case "sync":
                disk = disks[op.file]
                for waiting in disk.pending:
                    _apply(disk.certain, waiting)
                disk.pending.clear()
                if not disk.named and op.file.endswith(("-wal", "-journal")):
                    ghosts.clear()  # with the first sync of a log SQLite syncs the directory
                    for other in disks.values():
                        other.named = True
            case "delete":
                ghosts[op.file] = disks.pop(op.file)
            case "delete_synced":
                disks.pop(op.file, None)
                ghosts.pop(op.file, None)
    for name, ghost in ghosts.items():
        if name not in disks and _happens(rng, fate, "lost"):
            disks[name] = ghost
    left: dict[str, bytes] = {}
    for name, disk in disks.items():
        if not disk.named and not _happens(rng, fate, "kept"):
            continue
        content = disk.certain
        for waiting in disk.pending:
            _maybe(content, waiting, rng, fate)
        left[name] = bytes(content)
    return left


def _happens(rng: random.Random, fate: Fate, when: Fate) -> bool:
    return fate == when if fate != "random" else rng.random() < 0.5


def _apply(content: bytearray, op: Op) -> None:
    if op.kind == "truncate":
        del content[op.offset :]
        content.extend(bytes(op.offset - len(content)))
    else:
        content.extend(bytes(max(0, op.offset - len(content))))
        content[op.offset : op.offset + len(op.data)] = op.data


def _maybe(content: bytearray, op: Op, rng: random.Random, fate: Fate) -> None:
    """Let an operation happen, be lost, or, for a write, happen to some of its sectors."""
    choice = {"lost": 0, "kept": 1}.get(fate, rng.randrange(3))
    if choice == 0:
        return
    if choice == 1 or op.kind == "truncate":
        _apply(content, op)
        return
    end = op.offset + len(op.data)
    edges = [op.offset, *range((op.offset // SECTOR + 1) * SECTOR, end, SECTOR), end]
    for begin, stop in pairwise(edges):
        if rng.random() < 0.5:
            piece = op.data[begin - op.offset : stop - op.offset]
            _apply(content, Op("write", op.file, begin, piece))
