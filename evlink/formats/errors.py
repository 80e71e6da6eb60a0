"""The error of this room: a text that can't be read, in one sentence, or in one a fault."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from evlink.settings.label import Label


class FormatError(ValueError):
    """Why a text can't be read; `str()` gives the English sentence."""

    def __init__(self, label: Label) -> None:
        super().__init__(label.en)
        self.label = label

    def sentence(self, lang: str = "en") -> str:
        """The sentence in a language."""
        return self.label.text(lang)


NO_SETTING: Final = Label("the file holds no setting", "le fichier ne contient aucun paramètre")


class LinesError(FormatError):
    """Everything that is wrong with a text, in its order; as one sentence, the first of them."""

    def __init__(self, labels: Sequence[Label]) -> None:
        super().__init__(labels[0])
        self.labels = tuple(labels)
