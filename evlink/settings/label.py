"""A text of the product in its two languages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Label:
    """A text in English and French; the French one falls back to the English where it is left out."""

    en: str
    fr: str = ""

    def text(self, lang: str = "en") -> str:
        """The text in a language: "fr" gives French, all else English."""
        return self.fr or self.en if lang == "fr" else self.en

    def __bool__(self) -> bool:
        return bool(self.en)


def both(text: str) -> Label:
    """A label that reads the same in both languages (a name, a number, a unit)."""
    return Label(text, text)
