"""What the terminal at the other end can do: its colours, its glyphs and the letters that its bytes can say."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

_PLAIN_TERMS = ("linux", "vt", "ansi", "cons25", "unknown")
# What knows 256 colours without saying so in its name, also where COLORTERM is not passed on, as over SSH.
_FULL_TERMS = ("alacritty", "foot", "xterm-kitty", "xterm-ghostty", "wezterm", "contour", "iterm", "konsole", "vte")
_CATEGORIES = ("LC_ALL", "LC_CTYPE", "LANG")
_COERCED = ("C.UTF-8", "C.utf8")  # what Python puts into LC_CTYPE where this machine lacks the locale (PEP 538)
_EURO = "iso8859-15"
_OLD = "iso8859-1"  # what a locale without a named set meant


class Palette(StrEnum):
    """The colours that a terminal has: those of the 256, its own sixteen, or none but attributes."""

    FULL = "full"
    SIXTEEN = "16"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Profile:
    """How the terminal is driven. `plain` means attributes only, ASCII glyphs, no mouse and no modern key reports.

    `charset` is the Python name of the character set of the line, `utf-8`, `iso8859-1`, `ascii` and so on.
    """

    plain: bool
    term: str
    palette: Palette = Palette.SIXTEEN
    charset: str = "utf-8"

    @property
    def mouse(self) -> bool:
        """Whether the mouse is asked to report; old terminals would print the request."""
        return not self.plain

    @property
    def color_system(self) -> str:
        """The name that Rich has for the palette."""
        return {Palette.FULL: "256", Palette.SIXTEEN: "standard", Palette.NONE: "standard"}[self.palette]


def choose(term: str, plain: bool, environment: Mapping[str, str]) -> Profile:
    """The profile for a terminal type: plain where asked for, with NO_COLOR set, or on consoles and VT terminals.

    `term` is the value of TERM. ValueError, with the sentence to show, for a terminal that can't hold a screen.
    """
    if term in ("", "dumb"):
        shown = term or "not set"
        raise ValueError(
            f"TERM is {shown}: this terminal can't hold a screen. "
            "Set TERM (vt220, linux, xterm-256color) or use the command line, `evlink --help`."
        )
    monochrome = environment.get("NO_COLOR", "") != ""
    palette = Palette.NONE if plain or monochrome else _palette(term, environment)
    return Profile(palette is Palette.NONE, term, palette, charset(environment, modern=palette is not Palette.NONE))


def _palette(term: str, environment: Mapping[str, str]) -> Palette:
    if "256color" in term or term.endswith("-direct") or term.startswith(_FULL_TERMS):
        return Palette.FULL
    if "16color" in term or "88color" in term:
        return Palette.SIXTEEN
    if term.startswith(_PLAIN_TERMS) or term.endswith(("-mono", "-m")):
        return Palette.NONE
    return Palette.FULL if environment.get("COLORTERM", "") else Palette.SIXTEEN


def charset(environment: Mapping[str, str], modern: bool) -> str:
    """The character set of a terminal by the locale's name, whether or not this machine has that locale.

    C and POSIX are ASCII. Where no locale is told a `modern` terminal is taken for UTF-8, an old one for ASCII.
    """
    told = {name: value for name in _CATEGORIES if (value := environment.get(name, ""))}
    if told.get("LC_CTYPE") in _COERCED:
        del told["LC_CTYPE"]
    locale = next((told[name] for name in _CATEGORIES if name in told), "")
    if not locale:
        return "utf-8" if modern else "ascii"
    if locale in ("C", "POSIX"):
        return "ascii"
    name, _, modifier = locale.partition("@")
    named = name.partition(".")[2] or ("UTF-8" if name == "UTF-8" else "")
    if not named:
        return _EURO if modifier == "euro" else _OLD
    try:
        found = codecs.lookup(named).name
    except LookupError:
        return "ascii"
    return found if found == "utf-8" or _one_byte(found) else "ascii"


def _one_byte(name: str) -> bool:
    """Whether a set has one byte a character, ASCII among them: what a line of a terminal can be fed with."""
    try:
        return (
            all(chr(code).encode(name) == bytes([code]) for code in range(0x20, 0x7F))
            and len("éя".encode(name, "replace")) == 2
        )
    except (LookupError, UnicodeError):
        return False


def language(wanted: str | None, environment: Mapping[str, str]) -> str:
    """The language of the screens, `fr` or `en`: the one asked for, else that of the locale, else English."""
    if wanted is not None:
        return wanted
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environment.get(name, ""):
            return "fr" if value.lower().startswith("fr") else "en"
    return "en"
