"""A bus that meters hang on: what a reader may ask of it, and how a question may fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from evlink.settings.label import Label

REPLY_S = 0.3  # the longest that a reply may take before the meter counts as silent
WORST_S = 2.0  # the longest that a reply was ever seen to be late; a meter that was silent is left alone so long
HOLDING, INPUT = 3, 4  # function codes that read registers
MOST_WORDS = 125  # of one read (Modbus application protocol, 6.3)


@dataclass(frozen=True, slots=True)
class Read:
    """A question: `count` registers of a unit from a wire address on, by function code 3 or 4."""

    unit: int
    address: int
    count: int
    function: int = HOLDING


class BusError(Exception):
    """A question that got no answer to be believed; `said` tells why in one sentence, in both languages."""

    def __init__(self, said: Label) -> None:
        super().__init__(said.en)
        self.said = said


class Silent(BusError):  # noqa: N818 - what a meter is, not a fault of the program
    """No reply in time, or one that can't belong to the question."""


class Garbled(BusError):  # noqa: N818
    """A reply whose check sum or shape is wrong."""


class Refused(BusError):  # noqa: N818
    """The meter answered with an exception; `code` is Modbus's own (1 function, 2 address, 3 value, 4 device)."""

    def __init__(self, read: Read, code: int) -> None:
        first = read.address + 1
        super().__init__(
            Label(
                f"unit {read.unit} refuses register {first} with exception {code}",
                f"l'unité {read.unit} refuse le registre {first}, exception {code}",
            )
        )
        self.code = code


class Unreachable(BusError):  # noqa: N818
    """The line itself is not there: no such port, a busy one, no gateway."""


class Bus(Protocol):
    """One line with one question at a time; several meters may share it."""

    async def read(self, read: Read) -> tuple[int, ...]:
        """The registers asked for, as unsigned words. BusError where they can't be had within `REPLY_S`."""
        ...

    def close(self) -> None:
        """Let go of the line; the next question opens it again."""
        ...


def silent(read: Read, late: bool = False) -> Silent:
    """The error of a meter that said nothing in time, or only what another question was meant for."""
    if late:
        return Silent(
            Label(f"unit {read.unit} answers too late", f"l'unité {read.unit} répond trop tard"),
        )
    return Silent(Label(f"unit {read.unit} does not answer", f"l'unité {read.unit} ne répond pas"))


def stranger(read: Read) -> Garbled:
    """The error of what came over TCP and is no reply to the question: there is no check sum to blame."""
    return Garbled(
        Label(
            f"what comes back for unit {read.unit} is no Modbus reply to the question",
            f"ce qui revient pour l'unité {read.unit} n'est pas une réponse Modbus à la question",
        )
    )


def garbled(read: Read) -> Garbled:
    """The error of a reply that was damaged on its way."""
    return Garbled(
        Label(
            f"the reply of unit {read.unit} is damaged (check sum)",
            f"la réponse de l'unité {read.unit} est altérée (somme de contrôle)",
        )
    )
