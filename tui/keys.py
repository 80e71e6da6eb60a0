"""Keys at work: the bindings of a place, the names on a keyboard, and the keys as they are for one person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tui.keytable import BY_ID, KEYS, PLACES, Key

if TYPE_CHECKING:
    from textual.binding import BindingType


def bindings(place: str) -> list[BindingType]:
    """The bindings of a place, for the class of a screen or a widget."""
    from textual.binding import Binding

    return [
        Binding(",".join(key.keys), key.action, show=False, priority=key.anywhere, id=key.id)
        for key in KEYS
        if key.place == place
    ]


_NAMES: Final[dict[str, tuple[str, str]]] = {
    "escape": ("Esc", "Échap"),
    "enter": ("Enter", "Entrée"),
    "insert": ("Ins", "Inser"),
    "delete": ("Del", "Suppr"),
    "space": ("Space", "Espace"),
    "tab": ("Tab", "Tab"),
    "backspace": ("Backspace", "Ret. arr."),
    "pageup": ("PgUp", "PgPréc"),
    "pagedown": ("PgDn", "PgSuiv"),
    "home": ("Home", "Début"),
    "end": ("End", "Fin"),
    "up": ("↑", "↑"),
    "down": ("↓", "↓"),
    "left": ("←", "←"),
    "right": ("→", "→"),
    "question_mark": ("?", "?"),
    "less_than_sign": ("<", "<"),
    "greater_than_sign": (">", ">"),
    "slash": ("/", "/"),
    "left_square_bracket": ("[", "["),
    "right_square_bracket": ("]", "]"),
}


def key_name(key: str, lang: str) -> str:
    """A key as it is printed on a keyboard: `ctrl+p` is `Ctrl+P`, `question_mark` is `?`."""
    if key in _NAMES:
        return _NAMES[key][lang == "fr"]
    head, plus, last = key.rpartition("+")
    if plus:
        mods = {"shift": ("Shift", "Maj")}
        names = [mods.get(mod, (mod.title(), mod.title()))[lang == "fr"] for mod in head.split("+")]
        return "+".join([*names, last.upper() if len(last) == 1 else key_name(last, lang)])
    if len(key) == 1:
        return key
    if key[0] == "f" and key[1:].isdigit():
        return key.upper()
    import unicodedata

    try:
        return unicodedata.lookup(key.replace("_", " "))
    except KeyError:
        return key


def local(key: str) -> bool:
    """Whether a VT220 may keep a key to itself, or lack it: F1 to F5, Alt, Shift+Tab, Ctrl+Enter."""
    return key in ("f1", "f2", "f3", "f4", "f5", "shift+tab", "ctrl+enter") or key.startswith("alt+")


@dataclass(frozen=True, slots=True)
class Keymap:
    """The keys as they are for this person: the table's, save those of `own`; `old` where F1 to F5 may stay away."""

    own: dict[str, tuple[str, ...]]
    old: bool = False

    def keys(self, name: str) -> tuple[str, ...]:
        """All keys of an action; KeyError for one that the table lacks."""
        return self.own.get(name, BY_ID[name].keys)

    def shown(self, name: str, lang: str) -> str:
        """The key to name on the screen: the first one that this terminal sends."""
        keys = self.keys(name)
        first = next((key for key in keys if not local(key)), keys[0]) if self.old else keys[0]
        return key_name(first, lang)

    def all_shown(self, name: str, lang: str) -> str:
        """All keys of an action and of its twins, for a list."""
        twins = [key.id for key in KEYS if key.twin == name]
        return ", ".join(key_name(key, lang) for one in (name, *twins) for key in self.keys(one))


def listed(places: Iterable[str] = PLACES) -> Iterator[tuple[str, list[Key]]]:
    """The places in order, each with its keys to list; twins stand with the action that they do too."""
    for place in places:
        yield place, [key for key in KEYS if key.place == place and not key.twin]
