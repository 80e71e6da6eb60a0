"""What can be measured, as OCPP names it, and the lists of it that configuration keys hold (OCPP 1.6 section 7.31)."""

from __future__ import annotations

from dataclasses import dataclass

# What this station measures, in the order in which samples are written.
MEASURED = (
    "Energy.Active.Import.Register",
    "Current.Import",
    "Voltage",
    "Power.Active.Import",
    "Current.Offered",
    "Power.Offered",
)
# What OCPP knows besides; a list may name it, and it is left out.
KNOWN = (
    "Energy.Active.Import.Interval",
    "Energy.Active.Export.Register",
    "Energy.Active.Export.Interval",
    "Energy.Reactive.Import.Register",
    "Energy.Reactive.Export.Register",
    "Energy.Reactive.Import.Interval",
    "Energy.Reactive.Export.Interval",
    "Power.Active.Export",
    "Power.Reactive.Import",
    "Power.Reactive.Export",
    "Power.Factor",
    "Current.Export",
    "Temperature",
    "Frequency",
    "SoC",
    "RPM",
)
PHASES = ("L1", "L2", "L3")
LONGEST_LIST = 16

_MEASURED = {name.lower(): name for name in MEASURED}
_KNOWN = {name.lower() for name in KNOWN}


class Unmeasured(ValueError):  # noqa: N818  # a refusal, not a fault
    """A list with a word that OCPP doesn't know, or with nothing in it that this station measures."""


@dataclass(frozen=True, slots=True)
class Measurand:
    """One thing to measure; `phase` is L1, L2 or L3, or empty for all of them."""

    name: str
    phase: str = ""

    def __str__(self) -> str:
        return f"{self.name}.{self.phase}" if self.phase else self.name


def parse(text: str) -> tuple[Measurand, ...]:
    """The measurands of a list, each once; Unmeasured where the list can't be followed at all.

    What OCPP knows and this station can't measure is passed over: a supervision that asks for the usual dozen
    gets those that there are, and GetConfiguration says which (evcc-io/evcc#4008 tells of stations that refuse).
    """
    wanted = [word.strip() for word in text.split(",") if word.strip()]
    if len(wanted) > 4 * LONGEST_LIST:
        raise Unmeasured(text)
    found = [one for word in wanted if (one := _measurand(word)) is not None]
    if wanted and not found:
        raise Unmeasured(text)
    return tuple(dict.fromkeys(found))[:LONGEST_LIST]


def spelled(text: str) -> str:
    """A list as it is kept: OCPP's own spelling, what can't be measured left out. Unmeasured as in `parse`."""
    return ",".join(str(one) for one in parse(text))


def _measurand(word: str) -> Measurand | None:
    lower = word.lower()
    if lower in _MEASURED:
        return Measurand(_MEASURED[lower])
    head, _, tail = lower.rpartition(".")
    if tail.upper() in PHASES and head in _MEASURED:
        return Measurand(_MEASURED[head], tail.upper())
    if lower in _KNOWN or (tail.upper() in PHASES and head in _KNOWN):
        return None
    raise Unmeasured(word)
