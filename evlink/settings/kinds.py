"""Kinds of values: whole numbers, choices, flags, texts and secrets; each can parse, check and show its own.

`parse` raises `NotAllowed`; `check` returns what is allowed where a value is not, None where it is. `show` gives what
a form displays, and `parse(show(v))` is `v` again for all but secrets.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Protocol

from evlink.settings.facts import Model
from evlink.settings.label import Label, both
from evlink.settings.password_policy import Demand, unmet

Value = str | int | bool | float


class NotAllowed(ValueError):  # noqa: N818  # a refusal, not a fault
    """A text that is no value of a kind; `allowed` says what would be."""

    def __init__(self, allowed: Label) -> None:
        super().__init__(allowed.en)
        self.allowed = allowed


class Kind(Protocol):
    """A kind of value."""

    def parse(self, text: str) -> Value:
        """The value that a typed text means; NotAllowed where it means none."""
        ...

    def check(self, value: object) -> Label | None:
        """What is allowed, where this value is not; None where it is."""
        ...

    def show(self, value: Value, lang: str = "en") -> str:
        """The value as a form shows it."""
        ...

    def allowed(self) -> Label:
        """What is allowed, in words."""
        ...


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number from `min` to `max`, both included, with the unit it is counted in."""

    min: int
    max: int
    unit: str = ""

    def parse(self, text: str) -> int:
        text = text.strip()
        if self.unit and text.endswith(self.unit):
            text = text[: -len(self.unit)].rstrip()
        if not re.fullmatch(r"[+-]?[0-9]{1,15}", text):
            raise NotAllowed(self.allowed())
        return int(text)

    def check(self, value: object) -> Label | None:
        if type(value) is int and self.min <= value <= self.max:
            return None
        return self.allowed()

    def show(self, value: Value, lang: str = "en") -> str:
        return str(value)

    def allowed(self, upper: int | None = None) -> Label:
        """The range in words; `upper` is a lower maximum that another setting gives."""
        top = self.max if upper is None else min(upper, self.max)
        unit = f" {self.unit}" if self.unit else ""
        return Label(f"{self.min} to {top}{unit}", f"de {self.min} à {top}{unit}")


@dataclass(frozen=True, slots=True)
class Option:
    """One choice: stable id, label, the text it has in the .cfg, and the models that offer it (none named: all).

    `character` is what the choice writes into files, for separators.
    """

    id: str
    label: Label
    code: str = ""
    models: frozenset[Model] = frozenset()
    character: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a list of options; the value is the option's id."""

    options: tuple[Option, ...]

    def parse(self, text: str) -> str:
        wanted = text.strip().casefold()
        for option in self.options:
            if wanted == option.id:
                return option.id
        for option in self.options:
            if wanted in (option.label.en.casefold(), option.label.fr.casefold()):
                return option.id
        raise NotAllowed(self.allowed())

    def check(self, value: object) -> Label | None:
        return None if isinstance(value, str) and value in self.ids() else self.allowed()

    def show(self, value: Value, lang: str = "en") -> str:
        found = self.find(value)
        return found.label.text(lang) if found else str(value)

    def allowed(self, model: Model | None = None) -> Label:
        """The ids to choose from; with a model, those it offers."""
        return Label(" or ".join(self.ids(model)), " ou ".join(self.ids(model)))

    def ids(self, model: Model | None = None) -> tuple[str, ...]:
        """The ids in order; with a model, those it offers."""
        return tuple(o.id for o in self.options if model is None or not o.models or model in o.models)

    def find(self, value: object) -> Option | None:
        """The option of an id."""
        return next((o for o in self.options if o.id == value), None)


_ON, _OFF, _NOTHING = both("on"), both("off"), Label("")
_TRUE = frozenset(("on", "true", "yes", "1", "oui", "vrai"))
_FALSE = frozenset(("off", "false", "no", "0", "non", "faux"))


@dataclass(frozen=True, slots=True)
class Flag:
    """On or off, with the words that the screen has for each."""

    on: Label = _ON
    off: Label = _OFF

    def parse(self, text: str) -> bool:
        word = text.strip().casefold()
        if word in _TRUE or word in (self.on.en.casefold(), self.on.fr.casefold()):
            return True
        if word in _FALSE or word in (self.off.en.casefold(), self.off.fr.casefold()):
            return False
        raise NotAllowed(self.allowed())

    def check(self, value: object) -> Label | None:
        return None if isinstance(value, bool) else self.allowed()

    def show(self, value: Value, lang: str = "en") -> str:
        return (self.on if value else self.off).text(lang)

    def allowed(self) -> Label:
        return Label("true or false (on or off)", "true ou false (on ou off)")


def unprintable(text: str) -> bool:
    """Whether a text holds control, C1, bidirectional, invisible or unpaired characters, which nobody can see.

    Such text is refused rather than cleaned: a value must be what was typed.
    """
    return any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp") for c in text)


@dataclass(frozen=True, slots=True)
class Text:
    """A text of `min_length` to `max_length` characters, all of it matching `pattern`; `form` says so in words.

    Spaces around it are nobody's intention: parsing drops them, checking refuses them.
    `lenient` keeps an imported text whose characters are printable though the pattern would refuse them (N-28).
    """

    max_length: int = 255
    min_length: int = 0
    pattern: str = ""
    form: Label = _NOTHING
    lenient: bool = False

    def parse(self, text: str) -> str:
        return text.strip()

    def check(self, value: object) -> Label | None:
        if not self.tolerates(value) or (self.pattern and not re.fullmatch(self.pattern, str(value))):
            return self.allowed()
        return None

    def tolerates(self, value: object) -> bool:
        """Whether length and printability are right, the pattern aside."""
        if not isinstance(value, str) or value != value.strip():
            return False
        return self.min_length <= len(value) <= self.max_length and not unprintable(value)

    def show(self, value: Value, lang: str = "en") -> str:
        return str(value)

    def allowed(self) -> Label:
        least, most = self.min_length, self.max_length
        size = Label(f"{least} to {most} characters", f"de {least} à {most} caractères")
        form = self.form or Label("printable", "imprimables")
        return Label(f"{size.en}, {form.en}", f"{size.fr}, {form.fr}")


@dataclass(frozen=True, slots=True)
class Secret:
    """A text that is never shown, logged or exported; with `policy`, under the rule for account passwords (N-01)."""

    min_length: int = 0
    max_length: int = 128
    policy: bool = False

    def parse(self, text: str) -> str:
        return text

    def check(self, value: object) -> Label | None:
        if not isinstance(value, str) or not self.min_length <= len(value) <= self.max_length:
            return self.allowed()
        if unprintable(value) or (self.policy and unmet(value)):
            return self.allowed()
        return None

    def show(self, value: Value, lang: str = "en") -> str:
        return "********" if value else ""

    def allowed(self) -> Label:
        least, most = self.min_length, self.max_length
        if self.policy:
            demands = [demand for demand in Demand if demand is not Demand.BOUND]
            return Label(
                f"{least} to {most} characters with {', '.join(d.text_en for d in demands[1:])}",
                f"de {least} à {most} caractères avec {', '.join(d.text_fr for d in demands[1:])}",
            )
        return Label(f"{least} to {most} printable characters", f"de {least} à {most} caractères imprimables")
