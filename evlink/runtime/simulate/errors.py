"""What is wrong with a file or an option that a simulation was given."""

from __future__ import annotations


class SimulationError(ValueError):
    """What is wrong, in one sentence of each language."""

    def __init__(self, english: str, french: str) -> None:
        super().__init__(english)
        self.french = french


def not_allowed(where: str, value: object, english: str, french: str) -> SimulationError:
    """A value that is not allowed, and what is."""
    return SimulationError(
        f"{where}: {value!r} is not allowed; allowed: {english}",
        f"{where} : {value!r} n'est pas autorisé ; autorisé : {french}",
    )
