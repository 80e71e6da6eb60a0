"""Words of Control, Report and Update."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    # control
    "action.restart": ("Restart", "Redémarrer"),
    "control.restart": ("Restart", "Redémarrage"),
    "control.restart_text": (
        "Restarts the station. Its light goes out and comes back on.",
        "Redémarre la borne. Le voyant s'éteint puis se rallume.",
    ),
    "control.restart_button": ("Restart the station", "Redémarrer la borne"),
    "control.restart_sure": ("Restart the station now?", "Redémarrer la borne maintenant ?"),
    "control.restarting": ("The station restarts.", "La borne redémarre."),
    "control.reset": ("Configuration", "Configuration"),
    "control.reset_text": (
        "Back to the factory configuration. Settings, charge history and passwords are lost; "
        "badges and the software version stay.",
        "Retour à la configuration d'usine. Réglages, historique et mots de passe sont perdus ; "
        "badges et version du logiciel restent.",
    ),
    "control.reset_button": ("Back to the factory configuration", "Retour à la configuration d'usine"),
    "control.reset_sure": ("Type RESET to confirm:", "Tapez RESET pour confirmer :"),
    "control.reset_done": ("Factory configuration restored.", "Configuration d'usine rétablie."),
    "control.reset_not": ("Nothing was reset.", "Rien n'a été réinitialisé."),
    # report and update
    "report.product": ("Product", "Produit"),
    "report.events": ("Event Status", "Event Status"),
    "report.name": ("Charging station", "Borne de recharge"),
    "report.model": ("Model", "Modèle"),
    "report.firmware": ("Firmware", "Version du logiciel"),
    "report.clock": ("Clock", "Horloge"),
    "report.supervision": ("Supervision", "Supervision"),
    "update.outlet": ("Outlets", "Prises"),
    "update.board": ("Electronic board", "Carte électronique"),
    "update.tool": ("Commissioning tool", "Outil de mise en service"),
    "update.reader": ("RFID reader", "Lecteur RFID"),
}
