"""What Python's TOML reader says of a text that is no TOML, in both languages, with the place it names."""

from __future__ import annotations

import re
from typing import Final

from evlink.settings.label import Label, both

_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")

_FRENCH: Final[tuple[tuple[str, str], ...]] = (
    (r"Invalid statement", "instruction invalide"),
    (r"Invalid value", "valeur invalide"),
    (r"Invalid date or datetime", "date ou heure invalide"),
    (r"Invalid hex value", "valeur hexadécimale invalide"),
    (r"Invalid initial character for a key part", "caractère initial de clé invalide"),
    (r"Expected newline or end of document after a statement", "fin de ligne attendue après une instruction"),
    (r"Expected '=' after a key in a key/value pair", "« = » attendu après une clé"),
    (r"Expected '(\]\]?)' at the end of an? \w+ declaration", "« {} » attendu à la fin d'un titre de table"),
    (r"Expected '?\"?(.+?)\"?'?", "« {} » attendu"),
    (r"Found invalid character (.+)", "caractère invalide {}"),
    (r"Illegal character '\\n'", "chaîne non fermée sur sa ligne"),
    (r"Illegal character (.+)", "caractère interdit {}"),
    (r"Cannot declare (.+) twice", "{} est déclaré deux fois"),
    (r"Cannot overwrite a value", "une valeur apparaît deux fois"),
    (r"Cannot (?:mutate immutable|redefine) namespace (.+)", "{} est déjà défini"),
    (r"Duplicate inline table key (.+)", "la clé {} apparaît deux fois"),
    (r"Unclosed array", "tableau non fermé"),
    (r"Unclosed inline table", "table en ligne non fermée"),
    (r"Unescaped '\\' in a string", "« \\ » non échappé dans une chaîne"),
    (r"Escaped character is not a Unicode scalar value", "caractère échappé hors d'Unicode"),
    (r"Unterminated string", "chaîne non terminée"),
    (r"Exceeds the limit .* for integer string conversion.*", "nombre trop long"),
)


def fault(said: str) -> Label:
    """The first line of what the reader said, place first; what is new to us stays as it is said."""
    found = _PLACE.search(said)
    what = said[: found.start()] if found else said
    what = re.sub(r"\('[^()]*'\)|\('[^()]*',\)", lambda key: _key(key[0]), what)
    en, fr = _small(what), _french(what)
    if found is None:
        return both(said) if fr is None else Label(en, fr)
    line, column = found.groups()
    where = Label(f"line {line}, column {column}", f"ligne {line}, colonne {column}")
    if line is None:
        where = Label("at its end", "à la fin")
    return Label(f"{where.en}: {en}", f"{where.fr} : {fr or en}")


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]


def _french(what: str) -> str | None:
    for pattern, words in _FRENCH:
        if found := re.fullmatch(pattern, what):
            return words.format(*found.groups())
    return None


def _key(said: str) -> str:
    """A key as it is written: the reader says it as a Python tuple of its parts."""
    parts = re.findall(r"'([^']*)'", said) if said.startswith("(") else []
    return ".".join(parts) or said
