"""Every word of the screens in both languages: one table, `say` looks it up.

What is named by a setting (labels, choices, notes) comes from its declaration; what is named by the station
(states, errors, events) from `tui.terms`.
"""

from __future__ import annotations

from typing import Final

LANGUAGES: Final = ("en", "fr")

WORDS: Final[dict[str, tuple[str, str]]] = {
    # header and frame
    "about": ("About", "À propos"),
    "account.admin": ("Admin", "Admin"),
    "account.user": ("User", "Utilisateur"),
    "language.other": ("Français", "English"),
    "logout": ("Log out", "Déconnexion"),
    "quit": ("Exit", "Quitter"),
    "short.energy_management": ("Energy", "Énergie"),
    "short.charge_history": ("History", "Historique"),
    "short.configuration.general": ("General", "Général"),
    "short.configuration.date_time": ("Date/time", "Date et heure"),
    # keys
    "key.help": ("Help", "Aide"),
    "key.record": ("Record", "Détail"),
    "key.columns": ("Columns", "Colonnes"),
    "key.save": ("Save", "Enregistrer"),
    "key.undo": ("Undo", "Annuler"),
    "key.refresh": ("Refresh", "Actualiser"),
    "key.subtabs": ("Sub-tabs", "Sous-onglets"),
    "key.tabs": ("Tabs", "Onglets"),
    "key.close": ("Close", "Fermer"),
    "key.name.enter": ("Enter", "Entrée"),
    "key.name.escape": ("Esc", "Échap"),
    "key.name.insert": ("Ins", "Inser"),
    "key.name.delete": ("Del", "Suppr"),
    "key.name.moves": ("Tab, Shift+Tab, ↑ ↓", "Tab, Maj+Tab, ↑ ↓"),
    "key.next": ("Next", "Suivant"),
    "key.move": ("from field to field", "d'un champ à l'autre"),
    "key.save_all": ("save all staged changes", "enregistrer les modifications"),
    "key.undo_field": ("undo the change of a field", "annuler la modification du champ"),
    "key.go": ("tabs, sub-tabs, search", "onglets, sous-onglets, recherche"),
    "key.fetch": ("ask the station again", "redemander à la borne"),
    "key.header": ("language, about, log out", "langue, à propos, déconnexion"),
    "key.exit_long": ("leave the terminal", "quitter l'outil"),
    "key.ctrl_c": (
        "F10 leaves the terminal; q does too outside a field.",
        "F10 quitte l'outil ; q aussi hors d'un champ.",
    ),
    # plain answers
    "yes": ("Yes", "Oui"),
    "no": ("No", "Non"),
    "cancel": ("Cancel", "Annuler"),
    "set": ("set", "défini"),
    "not_set": ("not set", "non défini"),
    "true": ("True", "True"),
    "false": ("False", "False"),
    "closed": ("closed", "fermé"),
    "open": ("open", "ouvert"),
    "none": ("none", "aucun"),
    "labelled": ("{label}: {text}", "{label} : {text}"),
    "outlet": ("Outlet {n}", "Prise {n}"),
    "plug": ("Plug #{n}", "Plug #{n}"),
    # login
    "login.title": ("Commissioning terminal", "Outil de mise en service"),
    "login.language": ("Language", "Langue"),
    "login.account": ("Account", "Compte"),
    "login.password": ("Password", "Mot de passe"),
    "login.button": ("Log in", "Connexion"),
    "login.refused": ("Access refused: wrong account or password.", "Accès refusé : compte ou mot de passe erroné."),
    "login.wait": ("Access refused. Try again in {s} s.", "Accès refusé. Réessayez dans {s} s."),
    "login.empty": ("Enter an account and a password.", "Saisissez un compte et un mot de passe."),
    "login.hint": ("Tab moves, Enter logs in, F10 leaves.", "Tab : champ suivant, Entrée : connexion, F10 : quitter."),
    "login.again": (
        "The connection was lost: log in again. Unsaved changes are kept.",
        "Connexion perdue : reconnectez-vous. Les modifications sont gardées.",
    ),
    "login.restarted": (
        "The station has restarted as asked: log in again.",
        "La borne a redémarré comme demandé : reconnectez-vous.",
    ),
    "login.fallen": (
        "The station has ended this session: log in again.",
        "La borne a mis fin à cette session : reconnectez-vous.",
    ),
    "login.help": (
        "Enter the account and the password of this station, then Enter. Three wrong ones in a row make one wait. "
        "F6 turns the language; F10 leaves.",
        "Saisissez le compte et le mot de passe de cette borne, puis Entrée. Après trois erreurs de suite il faut "
        "attendre. F6 change la langue ; F10 quitte.",
    ),
    # passwords
    "due.title": ("Set a new password", "Définissez un nouveau mot de passe"),
    "due.why": (
        "The factory password of this account has to be replaced before anything else.",
        "Le mot de passe d'usine de ce compte doit d'abord être remplacé.",
    ),
    "due.help": (
        "Type the new password twice; each rule is ticked once the password meets it. Enter or the button saves it "
        "and opens the terminal. Until then nothing else is open. F6 turns the language; F10 leaves.",
        "Saisissez deux fois le nouveau mot de passe ; chaque règle est cochée dès qu'elle est remplie. Entrée ou le "
        "bouton l'enregistre et ouvre l'outil. Rien d'autre n'est ouvert avant. F6 change la langue ; F10 quitte.",
    ),
    "password.account": ("Account", "Compte"),
    "password.current": ("Current password", "Mot de passe actuel"),
    "password.current_own": ("Your own current password", "Votre mot de passe actuel"),
    "password.new": ("New password", "Nouveau mot de passe"),
    "password.confirm": ("New password again", "Confirmer le mot de passe"),
    "password.save": ("Save the new password", "Enregistrer le mot de passe"),
    "password.saved": ("The password of {account} was changed.", "Le mot de passe de {account} a été modifié."),
    "password.wrong": ("The current password is wrong.", "Le mot de passe actuel est erroné."),
    "password.rules": (
        "The new password needs all of these first.",
        "Le nouveau mot de passe doit d'abord remplir toutes ces règles.",
    ),
    "password.due": ("factory password, to be replaced", "mot de passe d'usine, à remplacer"),
    "rule.same": ("twice the same", "deux fois le même"),
    # station box
    "station.in_service": ("in service", "en service"),
    "station.fault": ("fault", "en défaut"),
    "station.unavailable": ("unavailable", "indisponible"),
    "station.starting": ("starting", "démarrage"),
    "station.restart_needed": ("restart needed", "redémarrage requis"),
    "station.offline": ("no connection", "hors ligne"),
    "box.unknown": ("Unknown", "Inconnu"),
    "box.supervised": ("supervision connected", "supervision connectée"),
    "box.unsupervised": ("supervision lost", "supervision perdue"),
    "box.queue": ("{n} waiting", "{n} en attente"),
    "box.limit": ("max", "max"),
    # banner
    "banner.staged": ("{n} changes staged", "{n} modifications en attente"),
    "banner.staged.one": ("{n} change staged", "{n} modification en attente"),
    "banner.save": ("{count}: F2 Save", "{count} : F2 Enregistrer"),
    "banner.restart": ("{count}: F2 Save and restart", "{count} : F2 Enregistrer et redémarrer"),
    "banner.elsewhere": (" (also on {tabs})", " (aussi : {tabs})"),
    "banner.nothing": ("Nothing to save.", "Rien à enregistrer."),
    "banner.saved": ("Saved: {what}.", "Enregistré : {what}."),
    "banner.restarting": ("Saved: {what}. The station restarts.", "Enregistré : {what}. La borne redémarre."),
    "banner.problems": ("Not saved: {why}", "Non enregistré : {why}"),
    "banner.more": (" and {n} more", " et {n} autres"),
    "banner.more.one": (" and {n} more", " et {n} autre"),
    "banner.conflict": (
        "{what} was changed elsewhere: {value}. Check, then save again.",
        "{what} a été modifié ailleurs : {value}. Vérifiez, puis enregistrez.",
    ),
    "banner.lost": ("Connection to the station lost. Trying again...", "Connexion à la borne perdue. Nouvel essai..."),
    "banner.back_soon": (
        "The station restarts as asked. Waiting for it...",
        "La borne redémarre comme demandé. En attente...",
    ),
    "banner.refused": ("Refused: {why}", "Refusé : {why}"),
    "banner.undone": ("{what} is back at {value}.", "{what} : {value} rétabli."),
    "banner.stale": (
        "{what} was changed elsewhere to {value}; your change is kept until you save.",
        "{what} a été modifié ailleurs : {value} ; votre saisie attend.",
    ),
    # form
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
    # status
    "status.title": ("Live Status", "Statut en direct"),
    "status.calm": ("No unexpected event.", "Aucun événement inattendu."),
    "status.event": ("Unexpected event: see the errors below.", "Événement inattendu : voir les erreurs ci-dessous."),
    "status.errors": ("Error Status", "Error Status"),
    "status.evse": ("Evse Status", "Evse Status"),
    "status.measures": ("Measures", "Mesures"),
    "status.inputs": ("Inputs", "Entrées"),
    "status.cpw": ("CPW state", "Etat CPW"),
    "status.cable": ("Cable state", "Etat du câble"),
    "status.ev": ("EV state", "Etat du VE"),
    "status.last_charge": ("Last charge status", "Statut de la dernière charge"),
    "status.outlet": ("Outlet Status", "Outlet Status"),
    "status.last_error": ("Outlet Status Last Error", "Outlet Status Last Error"),
    "status.current": ("Current L1 L2 L3", "Courant L1 L2 L3"),
    "status.voltage": ("Voltage L1 L2 L3", "Tension L1 L2 L3"),
    "status.power": ("Power", "Puissance"),
    "status.session": ("Charge energy", "Énergie (charge)"),
    "status.energy": ("Energy register", "Index d'énergie"),
    "status.duration": ("Charge time", "Durée de la charge"),
    "status.limit": ("Limit", "Limite"),
    "status.contactor": ("Contactor", "Contacteur"),
    "status.duty": ("Pilot duty", "Rapport cyclique"),
    "status.pilot": ("Pilot high / low", "Pilote haut / bas"),
    "status.transaction": ("Transaction", "Transaction"),
    "status.badge": ("Badge", "Badge"),
    "status.light": ("Light", "Voyant"),
    "status.as_of": ("As of {time}: {text}", "À {time} : {text}"),
    "status.lost": (
        "No connection; this was the state at {time}.",
        "Hors ligne ; c'était l'état à {time}.",
    ),
    "status.running": ("refreshed every 5 s", "actualisé toutes les 5 s"),
    "status.stopped": ("refresh stopped", "actualisation arrêtée"),
    "status.stop": ("Stop automatic refresh", "Arrêter l'actualisation automatique"),
    "status.force": ("Force a refresh", "Forcer l'actualisation"),
    "status.start": ("Start automatic refresh", "Démarrer l'actualisation automatique"),
    "status.wait": ("Waiting for the station...", "En attente de la borne..."),
    # history
    "history.number": ("No.", "N°"),
    "history.station": ("Station", "Borne"),
    "history.outlet": ("Outlet", "Prise"),
    "history.transaction": ("Transaction", "Transaction"),
    "history.uid": ("UID", "UID"),
    "history.type": ("Charge type", "Type de charge"),
    "history.start": ("Start", "Début"),
    "history.end": ("End", "Fin"),
    "history.energy": ("Energy (kWh)", "Énergie (kWh)"),
    "history.socket": ("Socket", "Type de prise"),
    "history.duration": ("Duration", "Durée"),
    "history.comment": ("Comment", "Commentaire"),
    "history.none": ("No charge yet.", "Aucune charge."),
    "history.count": ("{shown} of {n} charges, newest first", "{shown} charges sur {n}, la dernière en tête"),
    "history.count.one": ("{n} charge", "{n} charge"),
    "history.record": ("Charge {n}", "Charge {n}"),
    # files
    "export": ("Export", "Export"),
    "import": ("Import", "Import"),
    "file.export_to": ("File to write", "Fichier à écrire"),
    "file.import_from": ("File to read", "Fichier à lire"),
    "file.written": ("Written: {path} ({n}).", "Écrit : {path} ({n})."),
    "file.exists": ("{path} exists already; give another name.", "{path} existe déjà ; donnez un autre nom."),
    "file.failed": ("{path}: {why}", "{path} : {why}"),
    "file.kind": ("Give a name that ends in .toml or .cfg.", "Le nom doit finir par .toml ou .cfg."),
    "file.place": (
        "On this machine, in the account that opened the terminal.",
        "Sur cette machine, dans le compte qui a ouvert l'outil.",
    ),
    "file.same": ("The file changes nothing.", "Le fichier ne change rien."),
    "file.changes": ("{n} settings would change:", "{n} réglages changeraient :"),
    "file.changes.one": ("{n} setting would change:", "{n} réglage changerait :"),
    "file.apply": ("Apply these changes?", "Appliquer ces modifications ?"),
    "file.applied": ("{n} settings imported.", "{n} réglages importés."),
    "file.applied.one": ("{n} setting imported.", "{n} réglage importé."),
    "file.applied_restart": (
        "{n} settings imported; restart the station for all to apply.",
        "{n} réglages importés ; redémarrez la borne pour tous les appliquer.",
    ),
    "file.applied_restart.one": (
        "{n} setting imported; restart the station for it to apply.",
        "{n} réglage importé ; redémarrez la borne pour l'appliquer.",
    ),
    "file.text": ("it is no UTF-8 text", "ce n'est pas un texte UTF-8"),
    "file.notices": ("{n} notices:", "{n} remarques :"),
    "file.notices.one": ("{n} notice:", "{n} remarque :"),
    # badges
    "badges.number": ("No.", "N°"),
    "badges.uid": ("Identifier", "Identifiant"),
    "badges.type": ("Type", "Type"),
    "badges.comment": ("Comment", "Commentaire"),
    "badges.user": ("User", "Utilisateur"),
    "badges.vip": ("VIP", "VIP"),
    "badges.admin": ("Admin", "Admin"),
    "badges.none": ("No badge in the list.", "Aucun badge dans la liste."),
    "badges.page": ("Page {page}/{pages}, {n} badges", "Page {page}/{pages}, {n} badges"),
    "badges.page.one": ("Page {page}/{pages}, {n} badge", "Page {page}/{pages}, {n} badge"),
    "badges.add": ("Add", "Ajouter"),
    "badges.edit": ("Edit", "Modifier"),
    "badges.delete": ("Delete", "Supprimer"),
    "badges.delete_all": ("Delete all badges", "Supprimer tous les badges"),
    "badges.next": ("Next page", "Page suivante"),
    "badges.previous": ("Previous page", "Page précédente"),
    "badges.sure": ("Delete badge {uid}?", "Supprimer le badge {uid} ?"),
    "badges.sure_all": ("Delete all {n} badges?", "Supprimer les {n} badges ?"),
    "badges.sure_all.one": ("Delete the only badge?", "Supprimer le seul badge ?"),
    "badges.added": ("Badge {uid} added.", "Badge {uid} ajouté."),
    "badges.changed": ("Badge {uid} changed.", "Badge {uid} modifié."),
    "badges.removed": ("{n} badges deleted.", "{n} badges supprimés."),
    "badges.removed.one": ("{n} badge deleted.", "{n} badge supprimé."),
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
    # dialogs
    "quit.title": ("Leave with {n} unsaved changes?", "Quitter avec {n} modifications non enregistrées ?"),
    "quit.title.one": ("Leave with {n} unsaved change?", "Quitter avec {n} modification non enregistrée ?"),
    "logout.title": (
        "Log out with {n} unsaved changes? They are dropped.",
        "Se déconnecter ? {n} modifications non enregistrées seront perdues.",
    ),
    "logout.title.one": (
        "Log out with {n} unsaved change? It is dropped.",
        "Se déconnecter ? {n} modification non enregistrée sera perdue.",
    ),
    "save.restart_title": (
        "Save {n} changes and restart the station?",
        "Enregistrer {n} modifications et redémarrer la borne ?",
    ),
    "save.restart_title.one": (
        "Save {n} change and restart the station?",
        "Enregistrer {n} modification et redémarrer la borne ?",
    ),
    "about.text": (
        "Commissioning terminal of an EV charging station. Wrong settings may damage equipment: "
        "only people who know how the stations are installed and work should change them.",
        "Outil de mise en service d'une borne de recharge. De mauvais réglages peuvent endommager le matériel : "
        "seul un personnel qui connaît l'installation et le fonctionnement des bornes peut les modifier.",
    ),
    "about.protocol": ("Protocol", "Protocole"),
    "about.serial": ("Serial number", "Numéro de série"),
    "palette.title": ("Go to", "Aller à"),
    "action.apply": ("Apply", "Appliquer"),
    "action.save_restart": ("Save and restart", "Enregistrer et redémarrer"),
    "help.title": ("Help: {what}", "Aide : {what}"),
    "help.keys": ("Keys", "Touches"),
    "offline": ("The station does not answer: {why}", "La borne ne répond pas : {why}"),
}


def say(lang: str, word: str, /, **data: object) -> str:
    """The text of a word in a language (`en`, `fr`), its braces filled from `data`.

    A number `n` takes the singular where the table has one: at 1, in French at 0 too. The caller cleans data that
    comes from outside; KeyError for a word that the table lacks.
    """
    one = WORDS.get(f"{word}.one")
    alone = isinstance(number := data.get("n"), int) and (number == 1 or (number == 0 and lang == "fr"))
    text = (one if one is not None and alone else WORDS[word])[LANGUAGES.index(lang)]
    return text.format(**data) if data else text
