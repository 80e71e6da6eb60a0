"""The one error of this room: a text that can't be read, in one sentence."""

from __future__ import annotations

from evlink.settings.label import Label


class FormatError(ValueError):
    """Why a text can't be read; `str()` gives the English sentence."""

    def __init__(self, label: Label) -> None:
        super().__init__(label.en)
        self.label = label

    def sentence(self, lang: str = "en") -> str:
        """The sentence in a language."""
        return self.label.text(lang)
