"""Settings on disk: the last good copy stands in for a damaged file, with a notice, never silently (R06)."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from evlink.storage.errors import StorageError
from evlink.storage.settings_file import SettingsFile, checked


def settings_file(folder: Path) -> SettingsFile[dict[str, Any]]:
    return SettingsFile(folder / "station.toml", json.loads, json.dumps)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_nothing_saved_means_factory_values_without_a_notice(tmp_path: Path) -> None:
    loaded = settings_file(tmp_path).load()
    assert (loaded.settings, loaded.notices) == (None, ())


def test_what_was_saved_is_loaded_and_private(tmp_path: Path) -> None:
    file = settings_file(tmp_path)
    file.save({"a": 1})
    file.save({"a": 2})
    assert file.load().settings == {"a": 2}
    assert json.loads(checked((tmp_path / "station.toml.previous").read_text())) == {"a": 1}
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"\xff\xfe", b'{"a": 2', b"[" * 100_000], ids=["empty", "cut", "binary", "cut late", "deep"]
)
def test_a_damaged_file_falls_back_to_the_previous_one(tmp_path: Path, damage: bytes) -> None:
    file = settings_file(tmp_path)
    file.save({"a": 1})
    file.save({"a": 2})
    (tmp_path / "station.toml").write_bytes(damage)
    loaded = file.load()
    assert loaded.settings == {"a": 1}
    assert [notice.kind for notice in loaded.notices] == ["settings", "settings"]
    assert "kept as station.toml.bad-1" in loaded.notices[0].text
    assert (tmp_path / "station.toml.bad-1").read_bytes() == damage
    assert file.load().notices == ()  # the fallback was put in place


@pytest.mark.parametrize("keep", range(0, 180, 7))
def test_no_part_of_a_file_is_taken_for_the_whole(tmp_path: Path, keep: int) -> None:
    """R06: cut off at the end of a line it is valid TOML with fewer settings; the sum in the first line tells."""
    text = "[a]\nb = 1\n[c]\nd = 2\n"
    file = SettingsFile(tmp_path / "station.toml", tomllib.loads, lambda _: text)
    file.save({})
    whole = (tmp_path / "station.toml").read_bytes()
    (tmp_path / "station.toml").write_bytes(whole[:keep])
    loaded = file.load()
    assert loaded.settings == tomllib.loads(text)
    assert bool(loaded.notices) == (keep < len(whole))


def test_a_changed_bit_is_told_and_an_edited_file_is_taken_without_its_sum(tmp_path: Path) -> None:
    """R06: a value that is another one, but a right one."""
    file = settings_file(tmp_path)
    file.save({"a": 1})
    edited = (tmp_path / "station.toml").read_bytes().replace(b'"a": 1', b'"a": 3')
    (tmp_path / "station.toml").write_bytes(edited)
    loaded = file.load()
    assert loaded.settings == {"a": 1}
    assert "cut off or changed since it was saved" in loaded.notices[0].text
    (tmp_path / "station.toml").write_bytes(edited.partition(b"\n")[2])
    loaded = file.load()
    assert (loaded.settings, loaded.notices) == ({"a": 3}, ())


def test_a_missing_file_that_was_saved_before_is_told(tmp_path: Path) -> None:
    file = settings_file(tmp_path)
    file.save({"a": 1})
    (tmp_path / "station.toml").unlink()
    loaded = file.load()
    assert loaded.settings == {"a": 1}
    assert "missing though it was saved before" in loaded.notices[0].text


def test_two_damaged_copies_give_factory_values_and_say_so_until_saved(tmp_path: Path) -> None:
    file = settings_file(tmp_path)
    file.save({"a": 1})
    for name in ("station.toml", "station.toml.previous"):
        (tmp_path / name).write_text("{")
    loaded = file.load()
    assert loaded.settings is None
    assert "factory values apply" in loaded.notices[-1].text
    assert file.load().notices
    file.save({"a": 3})
    assert file.load().notices == ()


def test_a_damaged_file_never_becomes_the_previous_copy(tmp_path: Path) -> None:
    file = settings_file(tmp_path)
    file.save({"a": 1})
    (tmp_path / "station.toml").write_text("{")
    file.save({"a": 2})
    assert json.loads(checked((tmp_path / "station.toml.previous").read_text())) in ({"a": 1}, {"a": 2})


def test_settings_that_would_not_read_back_are_not_written(tmp_path: Path) -> None:
    def parse(text: str) -> dict[str, Any]:
        if "bad" in text:
            raise ValueError("key bad: not allowed")
        return dict(json.loads(text))

    file = SettingsFile(tmp_path / "station.toml", parse, json.dumps)
    file.save({"a": 1})
    with pytest.raises(StorageError, match="would not read back: key bad: not allowed"):
        file.save({"bad": 1})
    assert file.load().settings == {"a": 1}


def test_forget_leaves_no_copy(tmp_path: Path) -> None:
    """R-227: a reset leaves nothing of the settings."""
    file = settings_file(tmp_path)
    file.save({"a": 1})
    file.save({"a": 2})
    (tmp_path / "station.toml").write_text("{")
    file.load()
    file.forget()
    assert names(tmp_path) == set()
    assert file.load() == type(file.load())(None)
