"""The tabs and sub-tabs of the tool, with who may open them (R-049) and when they are shown (R-050)."""

from __future__ import annotations

from evlink.settings.conditions import HAS_WIFI_CARD, Is
from evlink.settings.label import Label, both
from evlink.settings.model import Tab

CONFIGURATION = Tab("configuration", both("Configuration"))
GENERAL = Tab("configuration.general", Label("General", "Paramètres généraux"), "configuration")
DATE_TIME = Tab("configuration.date_time", Label("Date and time", "Réglage de la date et de l'heure"), "configuration")
NETWORK = Tab("configuration.network", Label("Network", "Réseau"), "configuration", user=False)
WIFI = Tab("configuration.wifi", both("Wi-Fi"), "configuration", visible=HAS_WIFI_CARD)
SUPERVISION = Tab(
    "configuration.supervision",
    both("Supervision"),
    "configuration",
    user=False,
    visible=Is("configuration.general.station_type", "supervision"),
)

ENERGY_MANAGEMENT = Tab("energy_management", Label("Energy management", "Gestion de l'énergie"), user=False)
ADVANCED = Tab(
    "energy_management.advanced",
    Label("Advanced settings", "Paramètres avancés"),
    "energy_management",
    user=False,
)
OUTLETS = Tab("energy_management.outlets", Label("Outlets", "Prises"), "energy_management", user=False)
METERS = Tab(
    "energy_management.meters",
    Label("Energy meters", "Compteurs d'énergie"),
    "energy_management",
    user=False,
)

AUTHENTICATION = Tab("authentication", Label("Authentication", "Authentification"))

CHARGE_HISTORY = Tab("charge_history", Label("Charge history", "Historique des charges"))
HISTORY = Tab("charge_history.history", Label("Charge history", "Historique des charges"), "charge_history")
PUBLICATION = Tab(
    "charge_history.publication", Label("Publication settings", "Paramètres de publication"), "charge_history"
)

MAINTENANCE = Tab("maintenance", both("Maintenance"))
STATUS = Tab("maintenance.status", Label("Status", "Statut"), "maintenance")
REPORT = Tab("maintenance.report", both("Report"), "maintenance")
CONTROL = Tab("maintenance.control", Label("Control", "Contrôle"), "maintenance")
PASSWORD = Tab("maintenance.password", Label("Password", "Mot de passe"), "maintenance")
UPDATE = Tab("maintenance.update", Label("Update", "Mise à jour"), "maintenance", user=False)

EXTENSION = Tab("extension", Label("Extensions", "Extensions"), user=False)
"""The one tab that the manual doesn't know: settings of our own, for Admin only."""

INTERNAL = Tab("internal", Label("Without a screen", "Sans écran"), user=False)
"""No tab of the tool: where the keys of the .cfg belong that no screen shows."""

TABS = (
    CONFIGURATION,
    GENERAL,
    DATE_TIME,
    NETWORK,
    WIFI,
    SUPERVISION,
    ENERGY_MANAGEMENT,
    ADVANCED,
    OUTLETS,
    METERS,
    AUTHENTICATION,
    CHARGE_HISTORY,
    HISTORY,
    PUBLICATION,
    MAINTENANCE,
    STATUS,
    REPORT,
    CONTROL,
    PASSWORD,
    UPDATE,
    EXTENSION,
)
