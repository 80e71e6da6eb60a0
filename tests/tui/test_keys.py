"""Keys: one table for all, other keys from a file, letters to jump by, and a way to everything with plain keys."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import pytest
from textual.binding import Binding
from textual.dom import DOMNode
from textual.widgets import Input

import tui
from tests.tui.bench import desk
from tests.tui.pty_terminal import PtyTerminal
from tests.tui.test_process import Served, _login, _open, served, terminals
from tui.app import Terminal
from tui.keymap import keys_file, read_keys, textual_key
from tui.keys import Keymap, key_name, local
from tui.keytable import BY_ID, KEYS, PLACES
from tui.screens.jump import Jump, codes
from tui.screens.palette import Palette

__all__ = ["served", "terminals"]


def _bound() -> dict[str, tuple[set[str], str, bool]]:
    """Every binding with an id that some screen or widget of ours has: its keys, its action, whether it comes first."""
    found: dict[str, tuple[set[str], str, bool]] = {}
    for module in pkgutil.walk_packages(tui.__path__, "tui."):
        if module.name.endswith("__main__"):
            continue
        for thing in vars(importlib.import_module(module.name)).values():
            if isinstance(thing, type) and issubclass(thing, DOMNode) and thing.__module__.startswith("tui."):
                for binding in vars(thing).get("BINDINGS", ()):
                    assert isinstance(binding, Binding), f"{thing}: a binding needs an id, to be listed and changed"
                    assert binding.id, f"{thing}: {binding.key} needs an id, to be listed and changed"
                    keys = found.setdefault(binding.id, (set(), binding.action, binding.priority))[0]
                    keys |= set(binding.key.split(","))
    return found


def test_the_table_is_what_screens_and_widgets_do() -> None:
    """A key that works is listed, a key that is listed works."""
    bound = _bound()
    assert {name: (set(key.keys), key.action, key.anywhere) for name, key in BY_ID.items()} == bound


def test_no_key_means_two_things_in_one_place() -> None:
    for place in PLACES:
        keys = [key for one in KEYS if one.place == place for key in one.keys]
        assert len(keys) == len(set(keys)), place


def test_every_action_is_named_in_both_languages() -> None:
    for key in KEYS:
        assert key.place in PLACES
        assert key.name.en
        assert key.name.fr
        assert bool(key.help.en) == bool(key.help.fr), key.id


def test_nothing_hangs_on_keys_that_old_terminals_lack() -> None:
    """Section 4.3 of a VT220: F1 to F5 stay there, Alt, Shift+Tab and Ctrl+Enter don't come."""
    stranded = [key.id for key in KEYS if all(local(name) for name in key.keys) and not key.offered and not key.twin]
    assert stranded == []


PLAIN = {
    "app.leave": "Leave with",
    "app.language": "Langue",
    "main.help": "Help: Advanced settings",
    "main.save": "Saved",
    "main.staged": "Station has",
    "main.refresh": "",
    "main.about": "Serial number",
    "main.logout": "Log out with",
    "main.jump": "a-z Go",
    "main.next": "Rated charging current",
    "main.previous": "Subnet mask",
    "app.redraw": "",
    "app.freeze": "",
}


def test_the_list_of_plain_ways_is_whole() -> None:
    assert set(PLAIN) | {"main.palette"} == {key.id for key in KEYS if key.offered}


@pytest.mark.parametrize("name", [name for name, result in PLAIN.items() if result])
async def test_every_action_runs_from_the_search(tmp_path: Path, name: str) -> None:
    """With letters, Enter and one Ctrl key alone, from within a field with something staged."""
    async with desk(tmp_path) as one:
        await one.open("energy_management.advanced")
        await one.press("right")
        await one.press("ctrl+p")
        await one.type(name)
        await one.press("enter")
        expected = {"app.language": "Gestion de l'énergie"}.get(name, PLAIN[name])
        if name == "app.language":
            await one.until(lambda: "Aide" in one.text)
        else:
            await one.until(lambda: expected in one.text)


@pytest.mark.parametrize(
    ("key", "shows"),
    [("ctrl+g", "Help:"), ("ctrl+o", "a-z Go"), ("ctrl+p", "Go to, or do"), ("f7", "Serial number")],
)
async def test_keys_that_work_inside_a_text_field(tmp_path: Path, key: str, shows: str) -> None:
    async with desk(tmp_path) as one:
        await one.open("configuration.general")
        one.main.pane.focus_setting("configuration.general.station_name")  # type: ignore[union-attr]
        await one.press(key)
        assert shows in one.text


async def test_escape_leads_to_the_tabs_where_letters_are_keys(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await one.open("configuration.general")
        one.main.pane.focus_setting("configuration.general.station_name")  # type: ignore[union-attr]
        await one.press("escape", "slash")
        assert isinstance(one.app.screen, Palette)
        await one.press("escape", "o")
        assert isinstance(one.app.screen, Jump)
        await one.press("escape", "3")
        assert one.main.subtab == "authentication"


# Letters to jump by


@pytest.mark.parametrize("number", [1, 26, 27, 60, 200])
def test_codes_are_no_beginnings_of_each_other(number: int) -> None:
    every = codes(number)
    assert len(set(every)) == number
    assert not [(a, b) for a in every for b in every if a != b and b.startswith(a)]
    assert all(len(code) == 1 for code in every) is (number <= 26)


async def test_letters_lead_to_fields_tabs_and_header(tmp_path: Path) -> None:
    """On every target in sight; the field keeps its value."""
    async with desk(tmp_path) as one:
        await one.open("configuration.general")
        await one.press("ctrl+o")
        assert "aFG 16302 07 002 003" in one.text
        await one.press("a")
        assert one.main.focused is not None
        assert one.main.focused.id == "f-configuration-general-station_name"
        assert isinstance(one.main.focused, Input)
        assert one.main.focused.value == "FG 16302 07 002 003"
        await one.press("ctrl+o")
        at = one.text.index("History") - 1
        await one.press(one.text[at])
        assert one.main.subtab == "charge_history.history"
        await one.press("ctrl+o")
        at = one.text.index("F7 About") - 1
        await one.press(one.text[at])
        assert "Serial number" in one.text


async def test_a_key_that_is_no_letter_ends_the_jump(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        before = one.main.focused
        await one.press("o", "f7")
        assert one.main.focused is before
        assert not isinstance(one.app.screen, Jump)


# Other keys from a file


def _file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "keys.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("F2", "f2"),
        ("Ctrl+S", "ctrl+s"),
        ("ctrl + p", "ctrl+p"),
        ("?", "question_mark"),
        ("é", "é"),
        ("PgDn", "pagedown"),
        ("Shift+Tab", "shift+tab"),
        (" ", "space"),
        ("F25", None),
        ("Hyper+X", None),
        ("Ctrl+", None),
        ("strg", None),
        ("\x07", None),
    ],
)
def test_keys_as_people_write_them(written: str, meant: str | None) -> None:
    found = textual_key(written)
    if written == "é":
        assert found is not None
        assert key_name(found, "fr").lower() == "é"
    else:
        assert found == meant


def test_other_keys_and_their_names(tmp_path: Path) -> None:
    path = _file(tmp_path, '[main]\nsave = "F12, Ctrl+N"\njump = ["g"]\n')
    keymap, complaints = read_keys(path, "en")
    assert complaints == []
    assert keymap.keys("main.save") == ("f12", "ctrl+n")
    assert keymap.shown("main.save", "en") == "F12"
    assert keymap.keys("main.help") == BY_ID["main.help"].keys


def test_two_actions_may_change_places(tmp_path: Path) -> None:
    keymap, complaints = read_keys(_file(tmp_path, '[main]\nabout = "F8"\nlogout = "F7"\n'), "en")
    assert complaints == []
    assert keymap.keys("main.about") == ("f8",)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('main.sav = "F12"', "there is no action main.sav"),
        ('main.save = "F25"', "main.save can't have 'F25', which is no key"),
        ('main.save = "F7"', "main.save can't have F7, which is a key of main.about"),
        ('app.leave = "x"', "app.leave can't have x, since it works inside fields too"),
        ("main.save = 7", "main.save needs a text"),
        ("main.save = []", "main.save needs a text"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_the_rest_counts(tmp_path: Path, line: str, sentence: str) -> None:
    keymap, complaints = read_keys(_file(tmp_path, f'{line}\nmain.jump = "Ctrl+N"\n'), "en")
    assert len(complaints) == 1
    assert sentence in complaints[0]
    assert keymap.own == {"main.jump": ("ctrl+n",)}
    assert read_keys(_file(tmp_path, line), "fr")[1] != complaints


@pytest.mark.parametrize("text", ["[main", "\xff\xfe", "x = \x00"])
def test_a_file_that_is_no_toml(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keys.toml"
    path.write_bytes(text.encode("latin-1"))
    keymap, complaints = read_keys(path, "en")
    assert keymap.own == {}
    assert len(complaints) == 1
    assert "keys.toml can't be read" in complaints[0]


def test_which_file_it_is(tmp_path: Path) -> None:
    """A file that isn't there is no complaint, unless it was asked for by name."""
    assert keys_file({"HOME": "/home/x"}) == Path("/home/x/.config/evlink/keys.toml")
    assert keys_file({"HOME": "/home/x", "EVLINK_KEYS": "/etc/keys.toml"}) == Path("/etc/keys.toml")
    assert read_keys(tmp_path / "none.toml", "en")[1] == []
    assert "none.toml can't be read" in read_keys(tmp_path / "none.toml", "en", named=True)[1][0]


async def test_other_keys_work_and_are_shown(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        session = one.app.session
        keymap, _ = read_keys(_file(tmp_path, '[main]\nabout = "F12"\nhelp = "F11"\n'), "en")
        profile = one.app.profile
        one.app.exit(0)
        app = Terminal(session, profile, keymap=keymap, complaints=["Own keys: one sentence."])
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.pause(0.2)
            from tests.tui.bench import screen_text

            assert "F12 About" in screen_text(app)
            assert "F11 Help" in screen_text(app)
            assert "Own keys: one sentence." in screen_text(app)
            await pilot.press("f7")
            await pilot.pause(0.1)
            assert "Serial number" not in screen_text(app)
            await pilot.press("f12")
            await pilot.pause(0.1)
            assert "Serial number" in screen_text(app)
            app.exit(0)


def test_a_vt220_is_told_the_keys_that_it_has() -> None:
    assert Keymap({}, old=True).shown("main.save", "en") == "Ctrl+S"
    assert Keymap({}).shown("main.save", "en") == "F2"
    assert Keymap({}, old=True).shown("app.leave", "en") == "F10"


# A screen that stands still


def test_the_screen_stands_still_until_a_key(served: Served, terminals: list[PtyTerminal]) -> None:
    """Nothing is sent while the station goes on, and the mouse is the terminal's; then all that changed comes."""
    one = _open(served, terminals)
    _login(one)
    held = one.press("\x1b[20~", until="stands still")
    assert held.count(b"\x1b[?1000l") == 1
    row = next(row for row in one.text.splitlines() if "kWh" in row)
    served.station.document["outlets"][0]["session_energy_wh"] = 98765
    assert one.read(quiet=2.5, limit=3.0) == b""
    assert row in one.text
    after = one.press("1", until="98.765")
    assert after.count(b"\x1b[?1000h") == 1
    assert "stands still" not in one.text
    assert "Station type" not in one.text, "the key that ended it did nothing else"
