"""The words of the command line in two languages. JSON never passes through here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

LANGUAGES = ("en", "fr")


def language(arguments: Sequence[str], environ: Mapping[str, str]) -> str:
    """The language asked for by `--lang`, else that of the locale where it is French, else English."""
    for i, word in enumerate(arguments):
        if word == "--":
            break
        if word.startswith("--lang="):
            return "fr" if word == "--lang=fr" else "en"
        if word == "--lang" and i + 1 < len(arguments):
            return "fr" if arguments[i + 1] == "fr" else "en"
    # The first that is set counts, as POSIX orders them.
    locale = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "")
    return "fr" if locale.lower().split("_")[0].split(".")[0] in ("fr", "french") else "en"


class Words:
    """A language: called with a text and the values of its braces."""

    def __init__(self, lang: str = "en") -> None:
        self.lang = lang
        self._table = ENGLISH
        self._sentences: tuple[tuple[str, str], ...] = ()
        if lang == "fr":
            from evlink.commands.french import FRENCH, SENTENCES  # read only where somebody reads it

            self._table = FRENCH
            self._sentences = SENTENCES

    def __call__(self, text: str, /, **values: object) -> str:
        """The text in this language; a word such as "state:fault" without entry shows what follows its colon."""
        found = self._table.get(text)
        if found is None:
            kind, colon, word = text.partition(":")
            found = word if colon and kind in KINDS else text
            if colon and kind in STATUS_KINDS and word[:1] != " ":
                from evlink.settings import status_words  # the terminal's words; JSON needs none

                found = getattr(status_words, kind)(self.lang, word)
        return found.format(**values) if values else found

    def said(self, text: str) -> str:
        """What another program said in English, in this language; empty where it is not known, or needs no turning."""
        for pattern, words in self._sentences:
            if found := re.fullmatch(pattern, text):
                return words.format(*found.groups())
        return ""

    def number(self, value: float, decimals: int = 0) -> str:
        """A number with the decimal separator of the language."""
        text = f"{value:.{decimals}f}"
        return text.replace(".", ",") if self.lang == "fr" else text


KINDS = ("state", "mark", "type", "reason", "health", "meter", "frequency", "letter", "update", "finding")
"""What the protocol's own words are about; a new one of the station's shows as it is."""

STATUS_KINDS = ("limit", "value", "light", "warning")
"""What `evlink.settings.status_words` has words for."""

ENGLISH: dict[str, str] = {
    "state:in_service": "in service",
    "state:fault": "fault",
    "state:unavailable": "unavailable",
    "state:starting": "starting",
    "mark:carried": "carried",
    "mark:hidden": "hidden",
    "mark:restart": "restart",
    "type:user": "User",
    "type:vip": "VIP",
    "type:admin": "Admin",
    "health:internal": "built in",
    "health:starting": "starting",
    "health:ok": "in order",
    "health:lost": "lost",
    "health:implausible": "not believed",
    "health:misconfigured": "wrong settings",
    "finding:ok": "ok",
    "finding:warn": "look",
    "finding:bad": "BAD",
    "update:idle": "idle",
    "update:receiving": "receiving",
    "update:checking": "checking",
    "update:ready": "ready to install",
    "update:installing": "installing",
    "update:waiting": "waiting until nobody charges",
    "update:restarting": "restarting",
    "update:trial": "on trial",
    "meter:internal_ct": "current transformers",
    "meter:iem3x5x": "iEM3x5x",
    "meter:iem2155": "iEM2155",
    "meter:generic_mono": "generic, single-phase",
    "meter:generic_tri": "generic, three-phase",
}
