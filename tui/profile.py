"""What the terminal at the other end can do: the plain profile for old terminals, the colour profile for the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_PLAIN_TERMS = ("linux", "vt", "ansi", "cons25", "unknown")


@dataclass(frozen=True, slots=True)
class Profile:
    """How the terminal is driven. `plain` means attributes only, ASCII glyphs, no mouse and no modern key reports."""

    plain: bool
    term: str

    @property
    def mouse(self) -> bool:
        """Whether the mouse is asked to report; old terminals would print the request."""
        return not self.plain


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
    return Profile(plain=plain or monochrome or term.startswith(_PLAIN_TERMS), term=term)


def language(wanted: str | None, environment: Mapping[str, str]) -> str:
    """The language of the screens, `fr` or `en`: the one asked for, else that of the locale, else English."""
    if wanted is not None:
        return wanted
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environment.get(name, ""):
            return "fr" if value.lower().startswith("fr") else "en"
    return "en"
