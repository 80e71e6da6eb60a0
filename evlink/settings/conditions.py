"""Conditions on settings and facts: small objects that can be asked, printed, and searched for the keys they read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from evlink.settings.facts import Facts, version
from evlink.settings.label import Label


class Lookup(Protocol):
    """What a condition looks at: the station's facts, and values by key and outlet."""

    @property
    def facts(self) -> Facts: ...

    def get(self, key: str, outlet: int | None = None) -> str | int | bool | float:
        """The value of a setting; `outlet` is ignored by settings of the whole station."""
        ...


class Condition(Protocol):
    """A condition that holds or not for a set of values, facts, and the outlet in question."""

    def holds(self, look: Lookup, outlet: int | None = None) -> bool: ...

    def keys(self) -> frozenset[str]:
        """The settings that it reads."""
        ...

    def text(self, lang: str = "en") -> str:
        """The condition in words and keys, for the reference."""
        ...


@dataclass(frozen=True, slots=True)
class Is:
    """A setting has a value."""

    key: str
    value: str | int | bool

    def holds(self, look: Lookup, outlet: int | None = None) -> bool:
        return look.get(self.key, outlet) == self.value

    def keys(self) -> frozenset[str]:
        return frozenset((self.key,))

    def text(self, lang: str = "en") -> str:
        value = str(self.value).lower() if isinstance(self.value, bool) else self.value
        return f"{self.key} = {value}"


@dataclass(frozen=True, slots=True)
class In:
    """A setting has one of several values."""

    key: str
    values: tuple[str, ...]

    def holds(self, look: Lookup, outlet: int | None = None) -> bool:
        return look.get(self.key, outlet) in self.values

    def keys(self) -> frozenset[str]:
        return frozenset((self.key,))

    def text(self, lang: str = "en") -> str:
        return f"{self.key} = {(' ou ' if lang == 'fr' else ' or ').join(self.values)}"


def On(key: str) -> Is:  # noqa: N802  # reads like the other conditions, which are classes
    """A flag is on."""
    return Is(key, True)


@dataclass(frozen=True, slots=True)
class Not:
    """Another condition does not hold."""

    condition: Condition

    def holds(self, look: Lookup, outlet: int | None = None) -> bool:
        return not self.condition.holds(look, outlet)

    def keys(self) -> frozenset[str]:
        return self.condition.keys()

    def text(self, lang: str = "en") -> str:
        return f"{'sauf' if lang == 'fr' else 'not'} ({self.condition.text(lang)})"


class All:
    """Several conditions hold at once."""

    __slots__ = ("conditions",)

    def __init__(self, *conditions: Condition) -> None:
        self.conditions = conditions

    def holds(self, look: Lookup, outlet: int | None = None) -> bool:
        return all(c.holds(look, outlet) for c in self.conditions)

    def keys(self) -> frozenset[str]:
        return frozenset[str]().union(*(c.keys() for c in self.conditions))

    def text(self, lang: str = "en") -> str:
        return (" et " if lang == "fr" else " and ").join(c.text(lang) for c in self.conditions)


@dataclass(frozen=True, slots=True)
class Station:
    """A fact of the station has a value."""

    fact: str
    value: str | int | bool
    words: Label

    def holds(self, look: Lookup, outlet: int | None = None) -> bool:
        return look.facts.of(self.fact, outlet) == self.value

    def keys(self) -> frozenset[str]:
        return frozenset()

    def text(self, lang: str = "en") -> str:
        return self.words.text(lang)


@dataclass(frozen=True, slots=True)
class DeliveredSince:
    """The station left the factory with this version or a later one (N-32)."""

    version: str

    def holds(self, look: Lookup, outlet: int | None = None) -> bool:
        return version(look.facts.delivered_firmware) >= version(self.version)

    def keys(self) -> frozenset[str]:
        return frozenset()

    def text(self, lang: str = "en") -> str:
        if lang == "fr":
            return f"borne livrée avec la version {self.version} ou ultérieure"
        return f"the station was delivered with {self.version} or later"


@dataclass(frozen=True, slots=True)
class Always:
    """What always holds."""

    def holds(self, look: Lookup, outlet: int | None = None) -> bool:
        return True

    def keys(self) -> frozenset[str]:
        return frozenset()

    def text(self, lang: str = "en") -> str:
        return "toujours" if lang == "fr" else "always"


HAS_READER = Station("has_rfid_reader", True, Label("the station has an RFID reader", "la borne a un lecteur RFID"))
HAS_KEY_LOCK = Station("has_key_lock", True, Label("the station has a key lock", "la borne a une serrure à clé"))
HAS_WIFI_CARD = Station("has_wifi_card", True, Label("a Wi-Fi card is fitted", "une carte Wi-Fi est montée"))
TWO_OUTLETS = Station("outlet_count", 2, Label("the station has two outlets", "la borne a deux prises"))
