"""The settings of Configuration / Wi-Fi (R-094, R-100, R-104)."""

from __future__ import annotations

from evlink.settings.conditions import HAS_WIFI_CARD
from evlink.settings.label import Label
from evlink.settings.model import WALLBOX, Apply, Right, Setting
from evlink.settings.places import Address
from evlink.settings.tabs import WIFI

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "configuration.wifi.ip_address",
        Label("Wi-Fi card IP address", "Adresse IP"),
        Address(),
        WIFI,
        factory="192.168.0.101",
        user=Right.READ,
        models=WALLBOX,
        apply=Apply.RESTART,
        visible=HAS_WIFI_CARD,
        note=Label(
            "The station's address minus one. Change it first, then switch the station off and on.",
            "L'adresse de la borne moins un. À changer d'abord, puis couper et rétablir l'alimentation.",
        ),
        warning=Label(
            "It takes effect once the station was switched off, left so for 5 s, and switched on again.",
            "Prend effet après coupure de l'alimentation pendant 5 s et remise sous tension.",
        ),
        power_cycle=True,
    ),
)
