"""Settings of our own, which the manual doesn't know: for Admin, on one tab after the manual's."""

from __future__ import annotations

from evlink.settings.conditions import On
from evlink.settings.kinds import Choice, Flag, Option, Secret, Text, Whole
from evlink.settings.label import Label, both
from evlink.settings.model import Apply, Setting
from evlink.settings.places import Address
from evlink.settings.tabs import EXTENSION

_OCTET = r"(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_NETWORK = rf"{_OCTET}(\.{_OCTET}){{3}}(/(3[0-2]|[12]?[0-9]))?"
_ADDRESSES = rf"({_NETWORK}(,{_NETWORK})*)?"
_SERVED = On("extension.modbus_server.enabled")

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "extension.modbus_server.enabled",
        Label("Modbus server", "Serveur Modbus"),
        Flag(),
        EXTENSION,
        factory=False,
        group="modbus_server",
        note=Label(
            "Serves the station's registers to a building manager over Modbus TCP.",
            "Sert les registres de la borne à une gestion de bâtiment par Modbus TCP.",
        ),
        warning=Label(
            "Modbus TCP knows neither password nor encryption: only on a protected network.",
            "Modbus TCP ne connaît ni mot de passe ni chiffrement : seulement sur un réseau protégé.",
        ),
    ),
    Setting(
        "extension.modbus_server.port",
        Label("Modbus port", "Port Modbus"),
        Whole(1, 65535),
        EXTENSION,
        factory=502,
        group="modbus_server",
        visible=_SERVED,
        note=Label("502 as a rule.", "502 en règle générale."),
    ),
    Setting(
        "extension.modbus_server.bind",
        Label("Modbus listening address", "Adresse d'écoute Modbus"),
        Address(empty=True),
        EXTENSION,
        group="modbus_server",
        visible=_SERVED,
        note=Label("Empty listens on every address.", "Vide : écoute sur toutes les adresses."),
    ),
    Setting(
        "extension.modbus_server.profile",
        Label("Modbus register map", "Table des registres Modbus"),
        Choice((Option("evlink", both("EVlink")), Option("pro", both("EVlink Pro")))),
        EXTENSION,
        factory="evlink",
        group="modbus_server",
        visible=_SERVED,
        note=Label(
            "Which family's meaning the registers that differ have.",
            "De quelle gamme les registres qui diffèrent ont le sens.",
        ),
    ),
    Setting(
        "extension.modbus_server.allow",
        Label("Modbus clients that may read", "Clients Modbus admis en lecture"),
        Text(500, 0, _ADDRESSES, Label("addresses or networks joined by ,", "adresses ou réseaux séparés par ,")),
        EXTENSION,
        group="modbus_server",
        visible=_SERVED,
        note=Label(
            "Such as 192.168.0.0/24,10.0.0.5; empty admits all.", "Par exemple 192.168.0.0/24,10.0.0.5 ; vide : tous."
        ),
    ),
    Setting(
        "extension.modbus_server.write_allow",
        Label("Modbus clients that may write", "Clients Modbus admis en écriture"),
        Text(500, 0, _ADDRESSES, Label("addresses or networks joined by ,", "adresses ou réseaux séparés par ,")),
        EXTENSION,
        group="modbus_server",
        visible=_SERVED,
        note=Label("Empty admits none but those of the station itself.", "Vide : aucun autre que la borne elle-même."),
    ),
    Setting(
        "extension.ocpp.basic_auth_password",
        Label("Supervision password", "Mot de passe de supervision"),
        Secret(max_length=40),
        EXTENSION,
        group="ocpp",
        note=Label(
            "With the charge box identity as user name. OCPP key AuthorizationKey, 16 characters at least there.",
            "Avec l'identifiant de la borne comme nom. Clé OCPP AuthorizationKey, 16 caractères au moins dans ce cas.",
        ),
    ),
    Setting(
        "extension.ocpp.meter_values_dialect",
        Label("Form of meter values in OCPP 1.5 JSON", "Forme des relevés en OCPP 1.5 JSON"),
        Choice(
            (
                Option("xsd", Label("As the service description says", "Selon la description du service")),
                Option("draft", Label("As the JSON draft says", "Selon le projet JSON")),
                Option("attributes", Label("Text and attributes", "Texte et attributs")),
            )
        ),
        EXTENSION,
        factory="xsd",
        apply=Apply.RESTART,
        group="ocpp",
        note=Label(
            "Three are in use; to be changed where the supervision shows no meter values.",
            "Trois sont en usage ; à changer si la supervision ne montre pas de relevés.",
        ),
    ),
)
