"""Settings of our own, which the manual doesn't know: for Admin, on one tab after the manual's."""

from __future__ import annotations

from evlink.settings.conditions import On
from evlink.settings.kinds import Choice, Flag, Option, Secret, Text, Whole
from evlink.settings.label import Label, both
from evlink.settings.model import Apply, Setting
from evlink.settings.places import Address
from evlink.settings.tabs import EXTENSION

_ADDRESSES = r"([0-9.]+(/[0-9]{1,2})?(,[0-9.]+(/[0-9]{1,2})?)*)?"
_SERVED = On("extension.modbus_server.enabled")

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "extension.modbus_server.enabled",
        Label("Modbus server", "Serveur Modbus"),
        Flag(),
        EXTENSION,
        factory=False,
        apply=Apply.RESTART,
        group="modbus_server",
        note=Label(
            "Serves the station's registers to a building manager over Modbus TCP.",
            "Sert les registres de la borne à une gestion de bâtiment par Modbus TCP.",
        ),
        warning=Label(
            "Modbus TCP knows neither password nor encryption: only on a protected network.",
            "Modbus TCP ne connaît ni mot de passe ni chiffrement : seulement sur un réseau protégé.",
        ),
        carried=True,
    ),
    Setting(
        "extension.modbus_server.port",
        Label("Modbus port", "Port Modbus"),
        Whole(1, 65535),
        EXTENSION,
        factory=502,
        apply=Apply.RESTART,
        group="modbus_server",
        visible=_SERVED,
        note=Label("502 as a rule.", "502 en règle générale."),
        carried=True,
    ),
    Setting(
        "extension.modbus_server.bind",
        Label("Modbus listening address", "Adresse d'écoute Modbus"),
        Address(empty=True),
        EXTENSION,
        apply=Apply.RESTART,
        group="modbus_server",
        visible=_SERVED,
        note=Label("Empty listens on every address.", "Vide : écoute sur toutes les adresses."),
        carried=True,
    ),
    Setting(
        "extension.modbus_server.profile",
        Label("Modbus register map", "Table des registres Modbus"),
        Choice((Option("evlink", both("EVlink")), Option("pro", both("EVlink Pro")))),
        EXTENSION,
        factory="evlink",
        apply=Apply.RESTART,
        group="modbus_server",
        visible=_SERVED,
        note=Label(
            "Which family's meaning the registers that differ have.",
            "De quelle gamme les registres qui diffèrent ont le sens.",
        ),
        carried=True,
    ),
    Setting(
        "extension.modbus_server.allow",
        Label("Modbus clients that may read", "Clients Modbus admis en lecture"),
        Text(500, 0, _ADDRESSES, Label("addresses or networks joined by ,", "adresses ou réseaux séparés par ,")),
        EXTENSION,
        apply=Apply.RESTART,
        group="modbus_server",
        visible=_SERVED,
        note=Label(
            "Such as 192.168.0.0/24,10.0.0.5; empty admits all.", "Par exemple 192.168.0.0/24,10.0.0.5 ; vide : tous."
        ),
        carried=True,
    ),
    Setting(
        "extension.modbus_server.write_allow",
        Label("Modbus clients that may write", "Clients Modbus admis en écriture"),
        Text(500, 0, _ADDRESSES, Label("addresses or networks joined by ,", "adresses ou réseaux séparés par ,")),
        EXTENSION,
        apply=Apply.RESTART,
        group="modbus_server",
        visible=_SERVED,
        note=Label("Empty admits none but those of the station itself.", "Vide : aucun autre que la borne elle-même."),
        carried=True,
    ),
    Setting(
        "extension.meters.baud_rate",
        Label("Meter line: speed", "Liaison des compteurs : vitesse"),
        Choice(tuple(Option(rate, both(rate)) for rate in ("9600", "19200", "38400", "57600", "115200"))),
        EXTENSION,
        factory="19200",
        group="meters",
        note=Label("19200 is what the meters are set to.", "19200 est le réglage des compteurs."),
        carried=True,
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
        carried=True,
    ),
    Setting(
        "extension.ocpp.basic_auth_password",
        Label("Supervision password", "Mot de passe de supervision"),
        Secret(max_length=40),
        EXTENSION,
        apply=Apply.RESTART,
        group="ocpp",
        note=Label(
            "HTTP basic authentication of the websocket, with the charge box identity as user name.",
            "Authentification HTTP du websocket, avec l'identifiant de la borne comme nom.",
        ),
        carried=True,
    ),
    Setting(
        "extension.ocpp.meter_values_dialect",
        Label("Form of meter values", "Forme des relevés"),
        Choice(
            (
                Option("standard", Label("As OCPP says", "Selon OCPP")),
                Option("register_only", Label("Energy register only", "Registre d'énergie seul")),
            )
        ),
        EXTENSION,
        factory="standard",
        apply=Apply.RESTART,
        group="ocpp",
        note=Label(
            "For supervisions that don't understand more than one value.",
            "Pour les supervisions qui ne comprennent qu'une valeur.",
        ),
        carried=True,
    ),
)
