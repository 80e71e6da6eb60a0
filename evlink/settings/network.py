"""The settings of Configuration / Network (R-090 to R-115)."""

from __future__ import annotations

from evlink.settings.conditions import TWO_OUTLETS, All, Always, DeliveredSince, Not, On
from evlink.settings.kinds import Flag, Text
from evlink.settings.label import Label
from evlink.settings.model import WITH_INPUTS, Apply, Case, Cfg, Code, FromFact, Right, Scope, Setting, Store
from evlink.settings.places import Address
from evlink.settings.tabs import NETWORK

NO_ADDRESS = "0.0.0.0"  # noqa: S104  # a value that says "none", nothing listens there

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "configuration.network.dhcp_enabled",
        Label("Obtain the IP address automatically", "Obtenir automatiquement l'adresse IP"),
        Flag(),
        NETWORK,
        factory=(
            Case(DeliveredSince("3.2"), True),
            Case(Always(), False),
        ),
        apply=Apply.RESTART,
        cfg=Cfg("FUNCTIONAL", "dhcp", Code.DIGIT),
        note=Label(
            "Without a server 192.168.0.102. Two outlets: the boards' cable on the second port from the left.",
            "Sans serveur 192.168.0.102. Deux prises : le câble entre cartes sur le deuxième port à gauche.",
        ),
    ),
    Setting(
        "configuration.network.mac_address",
        Label("MAC address", "Adresse MAC"),
        Text(17, 0, r"([0-9A-F]{2}:){5}[0-9A-F]{2}|"),
        NETWORK,
        factory=FromFact("mac_address"),
        admin=Right.READ,
        user=Right.READ,
        scope=Scope.OUTLET,
        store=Store.FACT,
        apply=Apply.RESTART,
        note=Label("Burnt into each board.", "Inscrite dans chaque carte."),
    ),
    Setting(
        "configuration.network.ip_address",
        Label("IP address, charge point 1", "Adresse IP"),
        Address(),
        NETWORK,
        factory="192.168.0.102",
        user=Right.READ,
        apply=Apply.RESTART,
        editable=Not(On("configuration.network.dhcp_enabled")),
        note=Label(
            "The station's address X.Y.Z.A; the others follow from it.",
            "L'adresse X.Y.Z.A de la borne ; les autres en découlent.",
        ),
        warning=Label(
            "Make sure first that the address is free, and note it: after the restart the station answers only there.",
            "S'assurer d'abord que l'adresse est libre, et la noter : après le redémarrage la borne ne répond que là.",
        ),
    ),
    Setting(
        "configuration.network.ip_address_outlet2",
        Label("IP address, charge point 2", "Adresse IP"),
        Address(),
        NETWORK,
        factory="192.168.0.103",
        user=Right.READ,
        models=WITH_INPUTS,
        apply=Apply.RESTART,
        visible=All(TWO_OUTLETS, On("configuration.network.outlet2_ip_enabled")),
        editable=Not(On("configuration.network.dhcp_enabled")),
        note=Label(
            "Always the first address plus one; it follows by itself.",
            "Toujours la première adresse plus un ; elle suit d'elle-même.",
        ),
    ),
    Setting(
        "configuration.network.subnet_mask",
        Label("Subnet mask", "Masque de sous-réseau"),
        Address(),
        NETWORK,
        factory="255.255.255.0",
        user=Right.READ,
        apply=Apply.RESTART,
        editable=Not(On("configuration.network.dhcp_enabled")),
        note=Label("The part of the address that is the network's.", "La partie de l'adresse qui désigne le réseau."),
    ),
    Setting(
        "configuration.network.default_gateway",
        Label("Default gateway", "Passerelle par défaut"),
        Address(),
        NETWORK,
        factory=NO_ADDRESS,
        user=Right.READ,
        apply=Apply.RESTART,
        editable=Not(On("configuration.network.dhcp_enabled")),
        note=Label(
            "The modem or the Wi-Fi access point, where there is one; 0.0.0.0 for none.",
            "Le modem ou le point d'accès Wi-Fi, s'il y en a un ; 0.0.0.0 pour aucune.",
        ),
    ),
    Setting(
        "configuration.network.dns_primary",
        Label("Preferred DNS server", "Serveur DNS préféré"),
        Address(),
        NETWORK,
        factory=NO_ADDRESS,
        user=Right.READ,
        apply=Apply.RESTART,
        editable=Not(On("configuration.network.dhcp_enabled")),
        note=Label("0.0.0.0 for none.", "0.0.0.0 pour aucun."),
    ),
    Setting(
        "configuration.network.dns_secondary",
        Label("Auxiliary DNS server", "Serveur DNS auxiliaire"),
        Address(),
        NETWORK,
        factory=NO_ADDRESS,
        user=Right.READ,
        apply=Apply.RESTART,
        editable=Not(On("configuration.network.dhcp_enabled")),
        note=Label(
            "Asked when the first does not answer; 0.0.0.0 for none.",
            "Interrogé quand le premier ne répond pas ; 0.0.0.0 pour aucun.",
        ),
    ),
    Setting(
        "configuration.network.outlet2_ip_enabled",
        Label("Enable outlet 2 IP address", "Activer l'adresse IP de la prise 2"),
        Flag(),
        NETWORK,
        factory=(
            Case(DeliveredSince("3.2"), False),
            Case(Always(), True),
        ),
        models=WITH_INPUTS,
        apply=Apply.RESTART,
        visible=TWO_OUTLETS,
        cfg=Cfg("FUNCTIONAL", "slaveHasPublicIp", Code.DIGIT),
        note=Label(
            "Shows the second board on the network; needed only for Modbus with both boards.",
            "Rend la deuxième carte visible sur le réseau ; utile seulement pour Modbus avec les deux cartes.",
        ),
    ),
)
