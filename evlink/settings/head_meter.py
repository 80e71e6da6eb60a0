"""Settings of our own for the head meter, which measures the whole house or building."""

from __future__ import annotations

from evlink.settings.conditions import All, In, Is
from evlink.settings.kinds import Choice, Option, Whole
from evlink.settings.label import Label, both
from evlink.settings.meters import PHASES
from evlink.settings.model import Setting
from evlink.settings.places import Address
from evlink.settings.tabs import EXTENSION

_FITTED = In("extension.meters.head_meter", ("iem3x5x", "iem2155"))
_TCP = All(_FITTED, Is("extension.meters.head_protocol", "modbus_tcp"))

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "extension.meters.head_meter",
        Label("Head meter", "Compteur de tête"),
        Choice(
            (
                Option("none", Label("None", "Aucun")),
                Option("iem3x5x", both("iEM3x5x")),
                Option("iem2155", both("iEM2155")),
            )
        ),
        EXTENSION,
        factory="none",
        group="meters",
        note=Label(
            "Measures the whole house; its total is kept under internal.evlink_energy.home_upstream_protection.",
            "Mesure toute la maison ; le total reste sous internal.evlink_energy.home_upstream_protection.",
        ),
        warning=Label(
            "While it is silent, the outlets share the degraded set point.",
            "Tant qu'il se tait, les prises se partagent la consigne de repli.",
        ),
    ),
    Setting(
        "extension.meters.head_protocol",
        Label("Head meter: protocol", "Compteur de tête : protocole"),
        Choice((Option("modbus_rtu", both("Modbus RTU")), Option("modbus_tcp", both("Modbus TCP")))),
        EXTENSION,
        factory="modbus_rtu",
        group="meters",
        visible=_FITTED,
        note=Label("By the line of the other meters, or by TCP.", "Par la ligne des autres compteurs, ou par TCP."),
    ),
    Setting(
        "extension.meters.head_unit",
        Label("Head meter: unit", "Compteur de tête : unité"),
        Whole(1, 255),
        EXTENSION,
        factory=1,
        group="meters",
        visible=_FITTED,
        note=Label(
            "RTU address; 255 for a meter that is its own gateway.", "Adresse RTU ; 255 s'il est sa passerelle."
        ),
    ),
    Setting(
        "extension.meters.head_host",
        Label("Head meter: address", "Compteur de tête : adresse"),
        Address(empty=True),
        EXTENSION,
        group="meters",
        visible=_TCP,
        note=Label("Of the meter or its gateway.", "Du compteur ou de sa passerelle."),
    ),
    Setting(
        "extension.meters.head_port",
        Label("Head meter: port", "Compteur de tête : port"),
        Whole(1, 65535),
        EXTENSION,
        factory=502,
        group="meters",
        visible=_TCP,
        note=Label("502 as a rule.", "502 en règle générale."),
    ),
    Setting(
        "extension.meters.head_phases",
        Label("Head meter: phases", "Compteur de tête : phases"),
        PHASES,
        EXTENSION,
        factory="phase_1_2_3",
        group="meters",
        visible=_FITTED,
        note=Label("Which line phase reaches each of its terminals.", "Quelle phase arrive à chacune de ses bornes."),
    ),
)
