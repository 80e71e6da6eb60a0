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
    "control.gone": ("Decommissioning", "Mise hors service définitive"),
    "control.gone_text": (
        "For a station that is handed on or scrapped. Everything is lost, badges and the station's own keys too; only "
        "its software is left.",
        "Pour une borne cédée ou mise au rebut. Tout est perdu, badges et clés propres de la borne compris ; seul son "
        "logiciel reste.",
    ),
    "control.gone_button": ("Decommission the station", "Mettre la borne hors service"),
    "control.gone_sure": ("Type DECOMMISSION to confirm:", "Tapez DECOMMISSION pour confirmer :"),
    "control.gone_done": ("The station leaves nothing behind.", "La borne ne laisse rien derrière elle."),
    # report and update
    "report.product": ("Product", "Produit"),
    "report.events": ("Event Status", "Event Status"),
    "report.name": ("Charging station", "Borne de recharge"),
    "report.model": ("Model", "Modèle"),
    "report.firmware": ("Firmware", "Version du logiciel"),
    "report.clock": ("Clock", "Horloge"),
    "report.supervision": ("Supervision", "Supervision"),
    "report.asking": ("The station gathers its report...", "La borne prépare son rapport..."),
    "report.sections": ("{n} sections", "{n} sections"),
    "report.sections.one": ("{n} section", "{n} section"),
    "report.size": ("{n} KiB", "{n} Kio"),
    "update.outlet": ("Outlets", "Prises"),
    "update.board": ("Electronic board", "Carte électronique"),
    "update.tool": ("Commissioning tool", "Outil de mise en service"),
    "update.reader": ("RFID reader", "Lecteur RFID"),
    "update.button": ("Update", "Mise à jour"),
    "update.idle": ("No update is under way.", "Aucune mise à jour en cours."),
    "update.sending": ("Sending the package: {n} %", "Envoi du paquet : {n} %"),
    "update.receiving": ("A package is being received.", "Un paquet est en cours de réception."),
    "update.checking": ("The station checks the package...", "La borne vérifie le paquet..."),
    "update.ready": ("Version {version} is ready to be installed.", "La version {version} est prête à installer."),
    "update.installing": ("Installing: {n} %", "Installation : {n} %"),
    "update.waiting": (
        "Installed; the station switches as soon as nobody charges.",
        "Installée ; la borne bascule dès que personne ne charge.",
    ),
    "update.restarting": ("The station restarts in the new version.", "La borne redémarre dans la nouvelle version."),
    "update.last": ("Last update: version {version}, {how}", "Dernière mise à jour : version {version}, {how}"),
    "update.problem": ("Refused: {why}", "Refusé : {why}"),
    "update.title": ("Update to version {version}", "Mise à jour en version {version}"),
    "update.package": ("Package", "Paquet"),
    "update.version": ("Version", "Version"),
    "update.size": ("Size", "Taille"),
    "update.mebibytes": ("{n} MiB", "{n} Mio"),
    "update.note": ("Release note", "Note de version"),
    "update.beside": ("The note beside it, which nobody has signed", "La note jointe, que personne n'a signée"),
    "update.sure": ("Install it?", "L'installer ?"),
    "update.charging": (
        "Install it? Somebody charges: the station switches afterwards.",
        "L'installer ? Une charge est en cours : la borne bascule après.",
    ),
    "update.install": ("Install", "Installer"),
    "update.choose": ("Package to install", "Paquet à installer"),
    "update.cancelled": ("Nothing was installed.", "Rien n'a été installé."),
}
