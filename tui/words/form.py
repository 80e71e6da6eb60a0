"""Words of the forms that are drawn from the declarations."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "form.range": ("{low} to {high}", "{low} à {high}"),
    "form.leave": ("do not modify", "ne pas modifier"),
    "form.secret": ("Type to replace it; it is never shown.", "Saisissez pour le remplacer ; jamais affiché."),
    "form.empty": ("Nothing here can be set on this station.", "Rien à régler ici sur cette borne."),
    "form.filter": ("Type to search", "Tapez pour chercher"),
    "heading.modbus_server": ("Modbus server", "Serveur Modbus"),
    "heading.meters": ("Meters", "Compteurs"),
    "heading.ocpp": ("OCPP", "OCPP"),
    "heading.main": ("Main configuration", "Configuration principale"),
    "heading.modem": ("Modem configuration", "Configuration du modem"),
    "heading.advanced": ("Advanced configuration", "Configuration avancée"),
}
