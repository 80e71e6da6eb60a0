"""The file dialog, and the configuration as a file: what an import changes, and all that is wrong with it (R-056)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from evlink.formats.troubles import toml_lines
from tests.tui.bench import Desk, desk
from tests.tui.hostile import PAYLOADS
from tui import files, folders
from tui.screens.files import FileDialog
from tui.screens.main import MainScreen
from tui.transfer import kind_of
from tui.widgets.bars import Note
from tui.widgets.lines import Lines
from tui.widgets.listing import Listing

KINDS = (".toml", ".cfg")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home directory of its own."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    return folder


async def _dialog(one: Desk, button: str) -> FileDialog:
    await one.open("configuration.general")
    one.main.query_one(f"#{button}").focus()
    await one.press("enter")
    await one.until(lambda: isinstance(one.app.screen, FileDialog) and one.app.screen.query_one(Listing).count > 0)
    assert isinstance(one.app.screen, FileDialog)
    return one.app.screen


def _listed(one: Desk) -> str:
    return one.app.screen.query_one(Listing).text


async def _choose(one: Desk, name: str) -> None:
    rows = _listed(one).splitlines()
    one.app.screen.query_one(Listing).move(next(at for at, row in enumerate(rows) if row.startswith(name)) - 1)
    await one.press("enter")


# The folder, without a screen


def test_a_folder_lists_folders_first_and_says_what_fits(tmp_path: Path) -> None:
    (tmp_path / "b.toml").write_text("x")
    (tmp_path / "a.txt").write_text("xy")
    (tmp_path / "zoo").mkdir()
    os.mkfifo(tmp_path / "pipe.toml")
    found = [(e.path.name, e.folder, e.fits) for e in folders.look(tmp_path, KINDS).entries]
    assert ("pipe.toml", False, False) in found
    assert ("a.txt", False, False) in found
    assert [name for name, folder, _ in found if folder] == ["home", "zoo"]


def test_a_folder_that_cannot_be_listed_says_why(tmp_path: Path) -> None:
    assert files.reason("fr", OSError(folders.look(tmp_path / "none", KINDS).fault, "")) == "ce fichier n'existe pas"


def test_more_names_than_are_listed_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "MOST", 3)
    for n in range(5):
        (tmp_path / f"{n}.cfg").touch()
    assert folders.look(tmp_path, KINDS).beyond == 3  # five files and the home


@pytest.mark.parametrize(
    ("text", "completed"),
    [("st", "station"), ("stationX", "stationX"), ("sub", "sub/"), ("sub/i", "sub/inner.cfg"), ("no", "no"), ("", "s")],
)
def test_tab_completes_what_all_names_share(home: Path, text: str, completed: str) -> None:
    (home / "station.toml").touch()
    (home / "station1.cfg").touch()
    (home / "note.txt").touch()
    (home / "sub").mkdir()
    (home / "sub/inner.cfg").touch()
    assert folders.complete(text, home, KINDS) == completed


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("a.toml", b"x = 1\n", ""),
        ("b.toml", b"", "empty"),
        ("c.toml", b"\x00\x01\x02", "no text"),
        ("d.cfg", b"\xff\xfe x", "no text"),
        ("e.csv", b"number;uid\n", "no .toml or .cfg file"),
        ("f.toml", b"#" * (files.LIMIT + 1), "larger than 4 MiB"),
        ("g.toml", None, "no such file"),
        (".", None, "a folder"),
    ],
)
def test_a_file_that_is_unfit_is_named_as_such(tmp_path: Path, name: str, content: bytes | None, word: str) -> None:
    """Issue: not readable, too large, binary, empty, a directory, of the other kind."""
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    sentence = files.check(path, KINDS, "en")
    assert (word in sentence) if word else sentence == ""


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    assert files.check(tmp_path / "pipe.toml", KINDS, "en") == "this is no regular file"
    with pytest.raises(files.Unfit):
        files.read(tmp_path / "pipe.toml")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere, and read")
def test_a_file_of_somebody_else_is_named_as_such(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text("x = 1")
    path.chmod(0)
    assert files.check(path, KINDS, "fr") == "ce compte n'y a pas droit"


def test_a_file_is_written_whole_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "out.cfg"
    path.write_text("before")
    files.write(path, b"after")
    assert path.read_bytes() == b"after"
    assert path.stat().st_mode & 0o777 == 0o600
    assert set(os.listdir(tmp_path)) == {"out.cfg", "home"}
    with pytest.raises(OSError, match="No such"):
        files.write(tmp_path / "none/out.cfg", b"")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("[FUNCTIONAL]\ndhcp=1\n", ".cfg"),
        ("# Evse Conf\n[ENERGY SHARING]\n", ".cfg"),
        ("[configuration.general]\n", ".toml"),
        ("number;uid;type;comment\n", ".csv"),
        ("x = 1\n", ""),
        ("", ""),
    ],
)
def test_the_kind_is_told_from_the_content(text: str, kind: str) -> None:
    assert kind_of(text) == kind


def test_each_value_of_a_toml_has_its_line() -> None:
    text = '[a.b]\nc = 1\n\n["x"]\n# no = 2\nd.e = 3\n'
    assert toml_lines(text) == {"a.b.c": 2, "x.d.e": 6}


# The dialog


async def test_it_starts_at_home_and_hides_nothing_silently(tmp_path: Path, home: Path) -> None:
    (home / "station.toml").write_text("x" * 1500)
    (home / "notes.txt").touch()
    (home / "backup").mkdir()
    async with desk(tmp_path) as one:
        await _dialog(one, "import")
        assert one.app.screen.query_one("#folder", Note).text[-30:] == str(home)[-30:]
        assert "1.5 kB" in next(row for row in _listed(one).splitlines() if row.startswith("station.toml"))
        assert "notes.txt" not in _listed(one)
        assert "1 other of another kind" in _listed(one)
        await _choose(one, "  + 1 other")
        assert "notes.txt" in _listed(one)
        await _choose(one, "backup/")
        await one.until(lambda: "no file of this kind here" in _listed(one))
        await one.press("backspace")
        await one.until(lambda: "station.toml" in _listed(one))


async def test_a_typed_name_is_completed_and_what_is_wrong_with_it_said(tmp_path: Path, home: Path) -> None:
    (home / "station.toml").write_bytes(b"\x00")
    async with desk(tmp_path, lang="fr") as one:
        await _dialog(one, "import")
        await one.type("st")
        await one.press("tab")
        assert one.app.screen.query_one("#answer").value == "station.toml"  # type: ignore[attr-defined]
        await one.press("enter")
        await one.until(lambda: "station.toml : ce n'est pas un texte (UTF-8)" in one.text)
        await one.press("ctrl+u")
        await one.type("none.cfg")
        await one.press("enter")
        await one.until(lambda: "none.cfg : ce fichier n'existe pas" in one.text)
        await one.press("escape")
        assert isinstance(one.app.screen, MainScreen)


async def test_an_export_asks_before_it_replaces(tmp_path: Path, home: Path) -> None:
    """R-056."""
    path = home / "station.toml"
    path.write_text("mine")
    async with desk(tmp_path) as one:
        await _dialog(one, "export")
        await one.press("enter")
        await one.until(lambda: "station.toml exists already. Replace it?" in one.text)
        await one.press("escape")
        assert path.read_text() == "mine"
        await one.press("enter")
        await one.until(lambda: "Replace it?" in one.text)
        await one.press("right", "enter")
        await one.until(lambda: "Written" in one.text)
        assert "[configuration.general]" in path.read_text()


async def test_an_export_needs_one_of_the_endings(tmp_path: Path, home: Path) -> None:
    async with desk(tmp_path) as one:
        await _dialog(one, "export")
        await one.press("end", "ctrl+u")
        await one.type("station.txt")
        await one.press("enter")
        await one.until(lambda: "The name has to end in .toml or .cfg." in one.text)
        assert os.listdir(home) == []


async def test_hostile_names_are_cleaned(tmp_path: Path, home: Path) -> None:
    """Issue, 4: no escape, control or bidirectional character reaches the screen; the file is still the one meant."""
    for at, payload in enumerate(PAYLOADS[:60]):
        name = payload.replace("/", "").replace("\0", "")[:40] + f"{at}.toml"
        (home / name).write_text("[energy_management.outlets.1]\nderated_current = 20\n")
    async with desk(tmp_path, size=(120, 90)) as one:
        await _dialog(one, "import")
        raw = set("\x1b\x07\x9b\x90\u202e\u2066\u200b\u2028")
        assert not raw & set(one.text)
        await one.press("enter")
        await one.until(lambda: "1 setting would change" in one.text)
        assert not raw & set(one.text)


# Import


async def _import(one: Desk, path: Path) -> None:
    await _dialog(one, "import")
    one.app.screen.query_one("#answer").value = str(path)  # type: ignore[attr-defined]
    one.app.screen.query_one("#answer").focus()
    await one.press("enter")


async def test_an_import_lists_all_errors_with_line_and_key(tmp_path: Path) -> None:
    """Issue, bad input: all of them, and nothing changes."""
    path = tmp_path / "bad.toml"
    path.write_text(
        "[energy_management.outlets.1]\nderated_current = 99\n\n[configuration.general]\n"
        'station_type = "nope"\nwhat = 1\n'
    )
    async with desk(tmp_path) as one:
        await _import(one, path)
        await one.until(lambda: "3 errors: nothing was imported." in one.text)
        shown = one.app.screen.query_one("#page", Lines).text
        assert "line 2, energy_management.outlets.1.derated_current" in shown
        assert "line 5, configuration.general.station_type" in shown
        assert "line 6, configuration.general.what" in shown
        assert "0 to 32 A" in shown
        assert one.station.version == 1
        assert "settings.apply" not in one.station.calls


async def test_an_import_is_judged_as_on_the_command_line(tmp_path: Path) -> None:
    """TOML has types, so a text is no number; and a file without a setting is no import."""
    path = tmp_path / "typed.toml"
    path.write_text("[configuration.general]\nauthentication_timeout = '16'\n")
    async with desk(tmp_path) as one:
        await _import(one, path)
        await one.until(lambda: "1 error: nothing was imported." in one.text)
        assert "'16' is not allowed" in one.app.screen.query_one("#page", Lines).text
        await one.press("escape")
        path.write_text("# nothing\n")
        await _import(one, path)
        await one.until(lambda: "the file holds no setting" in " ".join(one.text.split()))
        assert "settings.apply" not in one.station.calls


async def test_a_cfg_lists_broken_lines_and_wrong_values_together(tmp_path: Path) -> None:
    path = tmp_path / "bad.cfg"
    path.write_text("[ENERGY]\nmaxIntensitySocket=99\nno entry\n[FUNCTIONAL]\ndhcp=9\n[no heading\nx=1\n")
    async with desk(tmp_path, lang="fr") as one:
        await _import(one, path)
        await one.until(lambda: "4 erreurs : rien n'a été importé." in one.text)
        shown = one.app.screen.query_one("#page", Lines).text
        places = [row for row in shown.splitlines() if row.startswith("ligne")]
        assert places == ["ligne 2, [ENERGY] maxIntensitySocket", "ligne 3", "ligne 5, [FUNCTIONAL] dhcp", "ligne 6"]
        assert one.station.version == 1


async def test_a_file_of_the_other_kind_is_named(tmp_path: Path) -> None:
    path = tmp_path / "really.toml"
    path.write_text("[ENERGY]\nmaxIntensitySocket=16\n")
    async with desk(tmp_path) as one:
        await _import(one, path)
        await one.until(lambda: "by its content this is a .cfg" in " ".join(one.text.split()))
        assert one.station.version == 1


async def test_an_import_shows_notices_and_restarts_before_it_applies(tmp_path: Path) -> None:
    """R-042, R-056: all changes, the notices, and which take effect after a restart; in the session's language."""
    path = tmp_path / "new.toml"
    path.write_text(
        '[configuration.supervision]\nlocal_port = 81\nsupervision_url = "ws://a.example/x"\n'
        "[energy_management.outlets.1]\nderated_current = 20\n"
    )
    async with desk(tmp_path, lang="fr", size=(80, 40)) as one:
        await _import(one, path)
        await one.until(lambda: "3 réglages changeraient" in one.text)
        text = " ".join(one.text.replace("│", " ").split())
        assert "« Port local de la borne de recharge » ne devrait pas être modifié" in text
        assert "ws peut être écouté" in text
        assert "8080 → 81" in text
        assert "2 d'entre eux agissent après un redémarrage" in text
        assert one.station.version == 1
        await one.press("right", "enter")
        await one.until(lambda: "3 réglages importés ; redémarrez la borne" in " ".join(one.text.split()))
        assert one.station.values.get("energy_management.outlets.derated_current", 1) == 20


async def test_what_is_staged_is_no_part_of_an_import(tmp_path: Path) -> None:
    path = tmp_path / "new.toml"
    path.write_text("[energy_management.outlets.1]\nderated_current = 20\n")
    async with desk(tmp_path) as one:
        one.app.session.draft.stage("energy_management.outlets.2.derated_current", "10")
        await _import(one, path)
        await one.until(lambda: "1 change staged here is not part of it" in one.text)
        await one.press("right", "enter")
        await one.until(lambda: one.station.version == 2)
        assert one.station.values.get("energy_management.outlets.derated_current", 2) == 32
        assert one.app.session.draft.texts == {"energy_management.outlets.2.derated_current": "10"}
