"""Own keys: a small TOML file that gives actions other keys, checked as a whole before any of it counts.

    [main]
    save = "F12, Ctrl+S"
    jump = ["g"]

The file is named by EVLINK_KEYS, else it is evlink/keys.toml in the configuration folder of the person.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from tui.keys import Keymap, key_name
from tui.keytable import BY_ID, KEYS
from tui.words import say

_LARGEST = 65_536
_NAMED = frozenset(
    {"up", "down", "left", "right", "home", "end", "pageup", "pagedown", "insert", "delete", "escape", "enter"}
    | {"tab", "space", "backspace"}
)
_ALIASES = {
    "esc": "escape", "return": "enter", "ins": "insert", "del": "delete", "pgup": "pageup", "pgdn": "pagedown",
    "page_up": "pageup", "page_down": "pagedown", "?": "question_mark", "/": "slash", "[": "left_square_bracket",
    "]": "right_square_bracket", "échap": "escape", "entrée": "enter", "suppr": "delete", "inser": "insert",
    "espace": "space",
}  # fmt: skip
_SPECIAL = re.compile(r"(?:(?:ctrl|alt|shift)\+)*(?:f(?:[1-9]|1[0-9]|2[0-4])|[a-z0-9]|[a-z_]+)")


def keys_file(environment: Mapping[str, str]) -> Path | None:
    """Where own keys stand, whether or not there is such a file; None where there is no home either."""
    if named := environment.get("EVLINK_KEYS", ""):
        return Path(named)
    if folder := environment.get("XDG_CONFIG_HOME", ""):
        return Path(folder) / "evlink/keys.toml"
    home = environment.get("HOME", "")
    return Path(home) / ".config/evlink/keys.toml" if home else None


def read_keys(path: Path | None, lang: str, named: bool = False, old: bool = False) -> tuple[Keymap, list[str]]:
    """The keys of a file over the table's, and a sentence for each line that doesn't count.

    A file that isn't there is no complaint unless it was `named`. Nothing is raised.
    """
    if path is None or (not named and not path.exists()):
        return Keymap({}, old), []
    try:
        data = path.read_bytes()
        if len(data) > _LARGEST:
            raise ValueError(say(lang, "keys.large", n=_LARGEST))
        document = tomllib.loads(data.decode("utf-8"))
    except OSError as error:
        return Keymap({}, old), [say(lang, "keys.unreadable", file=path.name, why=error.strerror or "")]
    except ValueError as error:
        return Keymap({}, old), [say(lang, "keys.unreadable", file=path.name, why=error)]
    own: dict[str, tuple[str, ...]] = {}
    complaints: list[str] = []
    for name, value in _flat(document):
        keys, complaint = _checked(name, value, lang)
        if complaint:
            complaints.append(complaint)
        else:
            own[name] = keys
    complaints += _without_double_use(own, lang)
    return Keymap(own, old), complaints


def _flat(document: Mapping[str, object], head: str = "") -> Iterator[tuple[str, object]]:
    for name, value in document.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{head}{name}.")
        else:
            yield f"{head}{name}", value


def _checked(name: str, value: object, lang: str) -> tuple[tuple[str, ...], str]:
    """The keys that a line gives an action, and what is wrong with the line or nothing."""
    if name not in BY_ID:
        return (), say(lang, "keys.action", action=name)
    given = re.split(r",\s*(?=\S)", value.strip()) if isinstance(value, str) else value
    if not isinstance(given, list) or not given or not all(isinstance(one, str) and one.strip() for one in given):
        return (), say(lang, "keys.form", action=name)
    keys = []
    for one in given:
        key = textual_key(one.strip())
        if key is None:
            return (), say(lang, "keys.key", action=name, key=one)
        if BY_ID[name].anywhere and "+" not in key and not re.fullmatch(r"f\d+", key):
            return (), say(lang, "keys.letter", action=name, key=one)
        keys.append(key)
    return tuple(dict.fromkeys(keys)), ""


def textual_key(text: str) -> str | None:
    """Textual's name of a key as people write it (`F2`, `Ctrl+S`, `?`); None where there is no such key."""
    if len(text) == 1:
        if not text.isprintable():
            return None
        from textual.keys import _character_to_key

        return "space" if text == " " else _ALIASES.get(text) or _character_to_key(text)
    name = re.sub(r"\s*\+\s*", "+", text.lower().replace("control+", "ctrl+").replace("maj+", "shift+"))
    head, plus, last = name.rpartition("+")
    last = _ALIASES.get(last, last)
    name = f"{head}{plus}{last}"
    if not _SPECIAL.fullmatch(name):
        return None
    if len(last) == 1:
        return name if head and last.isalpha() else None
    symbols = {"question_mark", "slash", "left_square_bracket", "right_square_bracket"}
    known = last in _NAMED or last in symbols or re.fullmatch(r"f\d+", last)
    return name if known and not (head and last in symbols) else None


def _without_double_use(own: dict[str, tuple[str, ...]], lang: str) -> list[str]:
    """Take out of `own`, from its end, what would give one key two meanings in one place; a sentence for each."""
    complaints: list[str] = []
    while True:
        clash = next(_clashes(own), None)
        if clash is None:
            return complaints
        name, key, other = clash
        del own[name]
        complaints.append(say(lang, "keys.twice", action=name, key=key_name(key, lang), other=other))


def _clashes(own: dict[str, tuple[str, ...]]) -> Iterator[tuple[str, str, str]]:
    for name in reversed(own):
        for other in KEYS:
            if other.id == name or not _meet(name, other.id):
                continue
            for key in own[name]:
                # What the table itself gives twice, one place inside the other, is meant so.
                meant = key in BY_ID[name].keys and key in other.keys
                if key in own.get(other.id, other.keys) and not meant:
                    yield name, key, other.id


def _meet(name: str, other: str) -> bool:
    """Whether two actions may both be at hand."""
    a, b = BY_ID[name].place, BY_ID[other].place
    return a == b or "app" in (a, b) or (("main" in (a, b)) and not ({a, b} & _ALONE))


_ALONE = frozenset(
    ("login", "confirm", "ask", "pick", "palette", "jump", "page", "badge", "staged", "file", "calendar", "date")
)
"""Places over or beside the main screen, where its keys don't work."""
