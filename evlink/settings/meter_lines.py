"""Settings of our own for meters: the serial line, the gateway, and how a generic meter writes its numbers."""

from __future__ import annotations

from evlink.settings.conditions import All, In, Is
from evlink.settings.kinds import Choice, Option, Text, Whole
from evlink.settings.label import Label, both
from evlink.settings.model import Scope, Setting
from evlink.settings.places import Address
from evlink.settings.tabs import EXTENSION

_TYPE = "energy_management.meters.meter_type"
_GENERIC = In(_TYPE, ("generic_mono", "generic_tri"))
_TCP = All(
    In(_TYPE, ("iem3x5x", "iem2155", "generic_mono", "generic_tri")),
    Is("energy_management.meters.protocol", "modbus_tcp"),
)
_SCALES = Choice(tuple(Option(s, both(s)) for s in ("0.001", "0.01", "0.1", "1", "10", "100", "1000")))


def _generic(name: str, kind: Choice, factory: str, label: Label, note: Label) -> Setting:
    """A setting of an outlet's generic meter."""
    return Setting(
        f"extension.meters.{name}",
        label,
        kind,
        EXTENSION,
        factory=factory,
        scope=Scope.OUTLET,
        group="meters",
        visible=_GENERIC,
        note=note,
    )


def _types(words: int, ids: tuple[str, ...]) -> Setting:
    """What a value of some words is."""
    names = {"u": "unsigned", "i": "signed", "f": "float"}
    french = {"u": "entier non signé", "i": "entier signé", "f": "flottant"}
    options = tuple(Option(i, Label(f"{names[i[0]]} {i[1:]} bit", f"{french[i[0]]} {i[1:]} bits")) for i in ids)
    plural = "" if words == 1 else "s"
    return _generic(
        f"type_of_{words}",
        Choice(options),
        ids[0],
        Label(f"Values of {words} register{plural}", f"Valeurs de {words} registre{plural}"),
        Label("As the meter's documentation says.", "Selon la documentation du compteur."),
    )


def _scale(quantity: str, unit: str, fr: str) -> Setting:
    """The factor of a quantity."""
    return _generic(
        f"scale_{quantity}",
        _SCALES,
        "1",
        Label(f"Factor of the {quantity} register", f"Facteur du registre {fr}"),
        Label(f"Turns what the register says into {unit}.", f"Donne des {unit} à partir du registre."),
    )


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "extension.meters.serial_port",
        Label("Meter line: port", "Liaison des compteurs : port"),
        Text(
            100,
            0,
            r"/dev/(?!.*\.\.)[A-Za-z0-9._/-]+",
            Label("a device such as /dev/ttyS1", "un périphérique tel que /dev/ttyS1"),
        ),
        EXTENSION,
        factory="/dev/ttyS1",
        group="meters",
        note=Label("The RS-485 port that all RTU meters share.", "Le port RS-485 commun à tous les compteurs RTU."),
    ),
    Setting(
        "extension.meters.baud_rate",
        Label("Meter line: speed", "Liaison des compteurs : vitesse"),
        Choice(tuple(Option(rate, both(rate)) for rate in ("9600", "19200", "38400", "57600", "115200"))),
        EXTENSION,
        factory="19200",
        group="meters",
        note=Label("19200 is what the meters are set to.", "19200 est le réglage des compteurs."),
    ),
    Setting(
        "extension.meters.parity",
        Label("Meter line: parity", "Liaison des compteurs : parité"),
        Choice(
            (
                Option("none", Label("None", "Aucune")),
                Option("even", Label("Even", "Paire")),
                Option("odd", Label("Odd", "Impaire")),
            )
        ),
        EXTENSION,
        factory="none",
        group="meters",
        note=Label("None is what the meters are set to.", "Aucune est le réglage des compteurs."),
    ),
    Setting(
        "extension.meters.gateway_host",
        Label("Meter gateway: address", "Passerelle du compteur : adresse"),
        Address(empty=True),
        EXTENSION,
        scope=Scope.OUTLET,
        group="meters",
        visible=_TCP,
        note=Label(
            "Empty: in the station's network, with the gateway address as last number.",
            "Vide : dans le réseau de la borne, la Gateway Address étant le dernier nombre.",
        ),
    ),
    Setting(
        "extension.meters.gateway_port",
        Label("Meter gateway: port", "Passerelle du compteur : port"),
        Whole(1, 65535),
        EXTENSION,
        factory=502,
        scope=Scope.OUTLET,
        group="meters",
        visible=_TCP,
        note=Label("502 as a rule.", "502 en règle générale."),
    ),
    Setting(
        "extension.meters.unit",
        Label("Meter gateway: unit", "Passerelle du compteur : unité"),
        Whole(0, 255),
        EXTENSION,
        factory=2,
        scope=Scope.OUTLET,
        group="meters",
        visible=_TCP,
        note=Label(
            "The meter's RTU address behind the gateway; 255 for a meter that is its own gateway.",
            "L'adresse RTU du compteur derrière la passerelle ; 255 s'il est sa propre passerelle.",
        ),
    ),
    _generic(
        "function",
        Choice((Option("3", Label("3 (holding)", "3 (maintien)")), Option("4", Label("4 (input)", "4 (entrée)")))),
        "3",
        Label("Function code", "Code de fonction"),
        Label("By which registers are read.", "Par lequel les registres sont lus."),
    ),
    _generic(
        "word_order",
        Choice(
            (
                Option("high_first", Label("High word first", "Mot fort d'abord")),
                Option("low_first", Label("Low word first", "Mot faible d'abord")),
            )
        ),
        "high_first",
        Label("Order of registers", "Ordre des registres"),
        Label("In values of two or four registers.", "Dans les valeurs de deux ou quatre registres."),
    ),
    _types(1, ("u16", "i16")),
    _types(2, ("f32", "u32", "i32")),
    _types(4, ("i64", "u64", "f64")),
    _scale("current", "A", "de courant"),
    _scale("energy", "Wh", "d'énergie"),
    _scale("voltage", "V", "de tension"),
    _scale("power", "kW", "de puissance"),
)
