"""What is said of a client's request, in both languages: the names of what may be written, and why it was refused."""

from __future__ import annotations

from evlink.domain.remote_control import Tuned
from evlink.settings.label import Label

_NAMES = {
    "command": "commande",
    "set point, A": "consigne, A",
    "maximum of all outlets, A": "maximum de toutes les prises, A",
    "life bit": "bit de vie",
    "life bit time-out, s": "délai du bit de vie, s",
    "floor, single-phase, A": "seuil monophasé, A",
    "floor, three-phase, A": "seuil triphasé, A",
    "degraded set point, single-phase, A": "consigne de repli monophasé, A",
    "degraded set point, three-phase, A": "consigne de repli triphasé, A",
}
_TUNED = {
    Tuned.FLOOR_SINGLE: "floor, single-phase, A",
    Tuned.FLOOR_THREE: "floor, three-phase, A",
    Tuned.TIMEOUT: "life bit time-out, s",
    Tuned.DEGRADED_SINGLE: "degraded set point, single-phase, A",
    Tuned.DEGRADED_THREE: "degraded set point, three-phase, A",
}


def name_of(register: str) -> Label:
    """The name of a register."""
    return Label(register, _NAMES.get(register, register))


def tuned_name(what: Tuned) -> Label:
    """The name of what a client may tune."""
    return name_of(_TUNED[what])


def out_of_range(name: Label, value: int, least: int, most: int) -> Label:
    """A value that a register does not take."""
    return Label(
        f"{_quantity(name.en, value)}: {least} to {most} are allowed",
        f"{_quantity(name.fr, value)} : autorisé de {least} à {most}",
    )


def _quantity(name: str, value: int) -> str:
    """A value after its name, with the unit that the name ends with: `set point, A` and 16 are `set point 16 A`."""
    what, _, unit = name.rpartition(", ")
    return f"{what} {value} {unit}" if unit in ("A", "s") else f"{name} {value}"


def written(name: str, address: int, old: int, new: int) -> Label:
    """A value that was taken."""
    label = name_of(name)
    return Label(
        f"{_quantity(label.en, new)} (register {address}, before {old})",
        f"{_quantity(label.fr, new)} (registre {address}, avant {old})",
    )


def no_command(code: int, allowed: str) -> Label:
    """A command that means nothing."""
    return Label(
        f"command {code}: 0 (acknowledge), {allowed} are allowed",
        f"commande {code} : autorisé 0 (acquittement), {allowed}",
    )


def no_life(bit: int) -> Label:
    """A life bit that means nothing."""
    return Label(
        f"life bit {bit}: 1, or 2 (end of remote control), are allowed",
        f"bit de vie {bit} : autorisé 1, ou 2 (fin de la commande à distance)",
    )


def not_writable(address: int) -> Label:
    """A register that is read-only or unknown."""
    return Label(f"register {address} can't be written", f"le registre {address} ne s'écrit pas")


def held_by(peer: str) -> Label:
    """Another client is in charge."""
    return Label(f"{peer} holds the remote control", f"{peer} tient la commande à distance")


def crowded(most: int) -> Label:
    """No place for one more client."""
    return Label(f"turned away, {most} clients are connected", f"refusé, {most} clients sont connectés")


NO_STATION_MAXIMUM = Label(
    "the maximum of all outlets needs two of them and load balancing",
    "le maximum de toutes les prises demande deux prises et l'équilibrage de charge",
)
NOT_DONE_YET = Label("the command before is not carried out yet", "la commande précédente n'est pas encore exécutée")
TOO_MANY = Label("too many writes", "trop d'écritures")
NO_READER = Label(
    "turned away, extension.modbus_server.allow does not name it",
    "refusé, extension.modbus_server.allow ne le nomme pas",
)
NO_WRITER = Label(
    "may not write, extension.modbus_server.write_allow does not name it",
    "ne peut pas écrire, extension.modbus_server.write_allow ne le nomme pas",
)
NOT_CONTROLLED = Label(
    "may not write, energy_management.advanced.external_system_control is off",
    "ne peut pas écrire, energy_management.advanced.external_system_control est désactivé",
)
