"""The state directory, its lock, its secret, and files replaced durably."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from evlink.storage import files, state
from evlink.storage.errors import FullError, LockedError, StateError
from evlink.storage.state import Lock, StatePaths, device_secret, prepare


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_state_directory_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    """Design section 4: 0700, and S29: nothing in it is open to others."""
    paths = prepare(tmp_path / "deep" / "state")
    assert mode(paths.root) == 0o700
    device_secret(paths)
    with Lock(paths):
        files.replace(paths.settings, b"x = 1\n")
        assert {mode(path) for path in paths.root.iterdir()} == {0o600}
    assert os.umask(0o077) == 0o077


def test_the_files_have_the_names_of_the_design(tmp_path: Path) -> None:
    paths = StatePaths(tmp_path)
    named = (paths.settings, paths.board, paths.database, paths.secrets, paths.socket, paths.shared_memory)
    assert [path.name for path in named] == [
        "station.toml",
        "board.toml",
        "evlink.db",
        "secrets.key",
        "evlink.sock",
        "control.shm",
    ]


def test_an_open_directory_with_a_stations_files_is_closed(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "board.toml").touch()
    prepare(tmp_path)
    assert mode(tmp_path) == 0o700


def test_an_open_directory_with_other_files_is_refused(tmp_path: Path) -> None:
    """A slip such as `--state /tmp` must not take the rights off a directory of others."""
    tmp_path.chmod(0o777)
    (tmp_path / "letter.txt").touch()
    with pytest.raises(StateError, match=r"is open to others \(mode 0777\) .* mode 0700 is needed"):
        prepare(tmp_path)
    assert mode(tmp_path) == 0o777


def test_what_is_no_directory_or_cannot_be_made_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StateError, match="file is not a directory"):
        prepare(tmp_path / "file")
    with pytest.raises(StateError, match="can't be used: Not a directory"):
        prepare(tmp_path / "file" / "state")


def test_a_directory_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = tmp_path.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    with pytest.raises(StateError, match=f"belongs to user {owner}, not to user {owner + 1}"):
        prepare(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StateError, match="can't be written"):
        prepare(tmp_path)
    tmp_path.chmod(0o700)


def test_leftovers_of_a_cut_write_are_removed(tmp_path: Path) -> None:
    (tmp_path / ".station.toml.0123456789abcdef.new").touch()
    prepare(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_secret_is_made_once_random_and_private(tmp_path: Path) -> None:
    """S05: device-unique, from the operating system's generator, mode 0600."""
    first, second = prepare(tmp_path / "a"), prepare(tmp_path / "b")
    assert device_secret(first) == device_secret(first)
    assert device_secret(first) != device_secret(second)
    assert len(device_secret(first)) == 32
    first.secrets.chmod(0o644)
    device_secret(first)
    assert mode(first.secrets) == 0o600


def test_a_secret_of_another_length_is_not_replaced(tmp_path: Path) -> None:
    paths = prepare(tmp_path)
    paths.secrets.write_bytes(b"short")
    with pytest.raises(StateError, match="has 5 bytes where 32 are needed"):
        device_secret(paths)
    assert paths.secrets.read_bytes() == b"short"


def test_a_lock_is_exclusive_and_says_who_holds_it(tmp_path: Path) -> None:
    paths = prepare(tmp_path)
    with Lock(paths):
        with pytest.raises(LockedError, match=rf"^another station \(pid {os.getpid()}\) runs on {tmp_path}$") as told:
            Lock(paths).acquire()
        assert told.value.pid == os.getpid()
    with Lock(paths):
        pass


def test_a_lock_file_without_a_pid_still_locks(tmp_path: Path) -> None:
    paths = prepare(tmp_path)
    with Lock(paths):
        paths.lock.write_bytes(b"")
        with pytest.raises(LockedError, match=r"^another station runs on"):
            Lock(paths).acquire()


def test_replace_changes_all_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step that can fail leaves the old file and no other (R04 of the research)."""
    path = tmp_path / "file"
    files.replace(path, b"old")
    assert (path.read_bytes(), mode(path)) == (b"old", 0o600)
    for name in ("write", "fsync", "pread", "replace"):
        with monkeypatch.context() as patch:
            patch.setattr(os, name, _failing(28))
            with pytest.raises(FullError, match="file can't be written: No space left on device"):
                files.replace(path, b"new")
        assert path.read_bytes() == b"old", name
        assert [p.name for p in tmp_path.iterdir()] == ["file"], name


def _failing(number: int) -> object:
    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


def test_replace_notices_a_disk_that_returns_something_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pread = os.pread
    monkeypatch.setattr(os, "pread", lambda handle, size, at: pread(handle, size, at)[:-1])
    with pytest.raises(StateError, match="read back differs"):
        files.replace(tmp_path / "file", b"content")
    assert list(tmp_path.iterdir()) == []


def test_reading_follows_no_link_and_keeps_a_bound(tmp_path: Path) -> None:
    """S15: a link, a pipe or an endless file in the state directory is refused, not followed or waited for."""
    (tmp_path / "link").symlink_to("/etc/hostname")
    with pytest.raises(StateError, match="link can't be read"):
        files.read(tmp_path / "link")
    (tmp_path / "long").write_bytes(bytes(101))
    with pytest.raises(StateError, match="is longer than 100 bytes"):
        files.read(tmp_path / "long", limit=100)
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", "."):
        with pytest.raises(StateError, match="it is no regular file"):
            files.read(tmp_path / name)
    assert files.read(tmp_path / "missing") is None


def test_set_aside_counts_on_and_keeps_five(tmp_path: Path) -> None:
    path = tmp_path / "evlink.db"
    for number in range(1, 9):
        kept = files.set_aside(path, "corrupt")
        assert kept.name == f"evlink.db.corrupt-{number}"
        kept.touch()
        kept.with_name(kept.name + "-wal").touch()
    names = {p.name for p in tmp_path.iterdir()}
    assert names == {f"evlink.db.corrupt-{n}{end}" for n in range(4, 9) for end in ("", "-wal")}


def test_module_names_no_file_twice() -> None:
    """The names that `prepare` takes for a station's are those of `StatePaths`."""
    paths = StatePaths(Path("/state"))
    properties = [name for name, value in vars(StatePaths).items() if isinstance(value, property)]
    assert all(getattr(paths, name).name.startswith(state._OURS) for name in properties)
