"""Words of dialogs."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
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
    "palette.title": ("Go to, or do", "Aller à, ou faire"),
    "action.apply": ("Apply", "Appliquer"),
    "action.save_restart": ("Save and restart", "Enregistrer et redémarrer"),
    "help.title": ("Help: {what}", "Aide : {what}"),
    "help.keys": ("Keys", "Touches"),
    "offline": ("The station does not answer: {why}", "La borne ne répond pas : {why}"),
    # staged changes
    "staged.look": ("Look at them", "Les voir"),
    "staged.setting": ("Setting", "Réglage"),
    "staged.old": ("Station has", "Sur la borne"),
    "staged.new": ("New", "Nouveau"),
    "staged.new_secret": ("new, not shown", "nouveau, masqué"),
    "staged.cleared": ("cleared", "effacé"),
    "staged.save_title": ("Save {n} changes?", "Enregistrer {n} modifications ?"),
    "staged.save_title.one": ("Save {n} change?", "Enregistrer {n} modification ?"),
    "staged.moved": (
        "{n} settings were changed elsewhere meanwhile (marked !).",
        "{n} réglages ont été modifiés ailleurs entre-temps (marqués !).",
    ),
    "staged.moved.one": (
        "{n} setting was changed elsewhere meanwhile (marked !).",
        "{n} réglage a été modifié ailleurs entre-temps (marqué !).",
    ),
    "staged.moved_one": (
        "Changed elsewhere since you began; saving replaces that value.",
        "Modifié ailleurs depuis votre saisie ; enregistrer remplace cette valeur.",
    ),
    "staged.restart": ("Takes effect after a restart.", "Agit après un redémarrage."),
    "staged.hint": (
        "{undo} undoes a change · {go} goes to its field · {save} saves all · {close} closes",
        "{undo} annule une modification · {go} va au champ · {save} enregistre · {close} ferme",
    ),
}
