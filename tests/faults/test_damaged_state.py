"""A state directory of which any file was damaged, taken away or replaced while nothing ran (R06, S15).

It opens with what was stored, or opens and says what it had to do, or refuses in one sentence; never silently empty.
"""

from __future__ import annotations

import os
import random
import shutil
import stat
from collections import Counter
from pathlib import Path

import pytest

from evlink.runtime import opening
from evlink.runtime.opening import StartError
from evlink.storage.errors import StorageError
from evlink.storage.opening import open_state
from tests.faults.table import Tally
from tests.unit.storage_bench import START, charge, database, quick_hasher

FILES = ("station.toml", "station.toml.previous", "board.toml", "secrets.key", "evlink.db", "evlink.db-wal")
WAYS = ("bits", "truncated", "garbage", "zeros", "emptied", "gone", "folder", "link", "pipe", "foreign owner")
RECORDS, BADGES, NAME = 20, 30, "the second name"


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a station that was used and lost its power: two settings saved, a log not checkpointed."""
    root = tmp_path_factory.mktemp("used") / "state"
    opened = opening.open_files(root, "preset:parking-2")
    for name in ("the first name", NAME):
        opened.settings_file.save(opened.values.with_changes({"configuration.general.station_name": name}))
    opened.lock.release()
    state = open_state(opened.paths, lambda: START, quick_hasher())
    base = state.database
    for number in range(BADGES):
        base.badges.add(f"{number:04}")
    for number in range(RECORDS):
        for fold in charge(f"s{number}", start_wh=10 * number, samples=1):
            base.apply(fold)
    base.connection.pragma("wal_checkpoint", "PASSIVE")
    base.apply(next(iter(charge("open", 2))))
    copy = root.with_name("copy")
    shutil.copytree(root, copy)  # as it stands on the disk, its log included
    base.close()
    return copy


def damage(path: Path, way: str, rng: random.Random) -> bytes | None:
    """Do something to a file; its new content, None where it has none."""
    content = bytearray(path.read_bytes())
    match way:
        case "bits":
            for _ in range(rng.randrange(1, 9)):
                content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
        case "truncated":
            del content[rng.randrange(len(content)) :]
        case "garbage":
            begin = rng.randrange(len(content))
            content[begin : begin + 100] = rng.randbytes(100)
        case "zeros":
            begin = rng.randrange(len(content))
            content[begin:] = bytes(len(content) - begin)
        case "emptied":
            content.clear()
        case "foreign owner":
            os.chown(path, 12_345, 12_345)
            path.chmod(0o666)
            return bytes(content)
        case _:
            path.unlink()
            if way == "folder":
                path.mkdir()
            elif way == "link":
                path.symlink_to("/etc/hostname")
            elif way == "pipe":
                os.mkfifo(path)
            return None
    path.write_bytes(content)
    return bytes(content)


def start(root: Path, log_damaged: bool) -> str:
    """Open everything as a start would; how that went, judged against what was stored.

    What stood in a damaged log alone is gone: nothing can tell a frame of it that was never written whole.
    """
    try:
        opened = opening.open_files(root)
    except StartError as error:
        return _refused(error)
    told = list(opened.notices)
    try:
        state = open_state(opened.paths, lambda: START, quick_hasher())
    except StorageError as error:
        return _refused(error)
    finally:
        opened.lock.release()
    told += state.notices
    if any("was damaged" in notice.text for notice in state.notices):
        assert list(root.glob("evlink.db.corrupt-*")), "the damaged database was not kept"
    base = state.database
    found = base.records.count(), base.badges.count(), len(base.sessions.all())
    name = opened.values.get("configuration.general.station_name")
    base.apply(next(iter(charge("after", 1))))
    base.close()
    database(root / "evlink.db").close()
    if not told:
        assert found[:2] == (RECORDS, BADGES), f"silently less: {found}"
        assert found[2] == 1 or log_damaged, "the open session is gone in silence"
        assert name == NAME, f"silently another: {name}"
        return "untouched"
    return "recovered"


def _refused(error: Exception) -> str:
    """A refusal is one sentence."""
    assert "\n" not in str(error).strip()
    return "refused"


@pytest.mark.parametrize("mutations", [60, pytest.param(300, marks=pytest.mark.faults)])
@pytest.mark.skipif(os.geteuid() != 0, reason="another owner can be given by root alone: is not there")
def test_any_damaged_file_is_recovered_told_or_refused(
    tmp_path: Path, used: Path, mutations: int, tally: Tally
) -> None:
    """R06: whatever file, whatever way; a damaged file is still there afterwards, under another name at most."""
    rng = random.Random(61)
    went: Counter[str] = Counter()
    odd = {"folder", "link", "pipe"}  # which SQLite makes no logs of, and only this directory's owner could
    pairs = [(name, way) for name in FILES for way in WAYS if not (name.endswith("-wal") and way in odd)]
    for number in range(mutations):
        name, way = pairs[number % len(pairs)]
        root = tmp_path / str(number)
        shutil.copytree(used, root)
        before = (root / name).read_bytes()
        left = damage(root / name, way, rng)
        try:
            how = start(root, name.endswith("-wal"))
        except Exception as error:
            raise AssertionError(f"mutation {number}: {name} {way}: {error!r}") from error
        went[how] += 1
        if left and left != before and how != "untouched":
            copies = [path.read_bytes() for path in root.glob(f"{name}*") if stat.S_ISREG(path.lstat().st_mode)]
            kept = left in copies or name.startswith("evlink.db")  # SQLite brings a log into its file: judged by name
            assert kept, f"mutation {number}: {name} {way}: no copy was kept"
        shutil.rmtree(root)
    assert went["recovered"] > mutations / 10
    done = "state directory with a file damaged, gone or replaced, opened as at a start"
    note = f"{went['recovered']} told and recovered, {went['untouched']} as stored"
    tally("storage", done, mutations, refused=went["refused"], note=note)


def test_a_station_does_not_guess_what_it_is(tmp_path: Path, used: Path) -> None:
    """Without its `board.toml` it would be another station, with other outlets: it asks, and takes the answer."""
    root = tmp_path / "state"
    shutil.copytree(used, root)
    (root / "board.toml").unlink()
    with pytest.raises(StartError, match="missing though this station ran before; start it once with --hardware"):
        opening.open_files(root)
    opened = opening.open_files(root, "preset:parking-2")
    opened.lock.release()
    assert (root / "board.toml").exists()
