"""The rule for new passwords: which of its demands a text does not meet, for the screen and for the station."""

from __future__ import annotations

from enum import Enum

LEAST = 12
MOST = 256  # a bound of our own: hashing has to be given a bounded text
SPECIALS = "@$!%*?&"  # N-02: other characters may occur besides, one of these has to


class Demand(Enum):
    """One demand on a new password (R-030, N-01), with its words in English and French."""

    LENGTH = ("at least 12 characters", "au moins 12 caractères")
    UPPER = ("one upper-case letter", "une lettre majuscule")
    LOWER = ("one lower-case letter", "une lettre minuscule")
    DIGIT = ("one digit", "un chiffre")
    SPECIAL = (f"one of {' '.join(SPECIALS)}", f"un caractère parmi {' '.join(SPECIALS)}")
    BOUND = ("at most 256 characters", "au plus 256 caractères")

    @property
    def text_en(self) -> str:
        return self.value[0]

    @property
    def text_fr(self) -> str:
        return self.value[1]


def unmet(password: str) -> tuple[Demand, ...]:
    """The demands of R-030 that a new password does not meet, in the order of the rule; none where it will do."""
    met = {
        Demand.LENGTH: len(password) >= LEAST,
        Demand.UPPER: any(c.isupper() for c in password),
        Demand.LOWER: any(c.islower() for c in password),
        Demand.DIGIT: any("0" <= c <= "9" for c in password),
        Demand.SPECIAL: any(c in SPECIALS for c in password),
        Demand.BOUND: len(password) <= MOST,
    }
    return tuple(demand for demand in Demand if not met[demand])
