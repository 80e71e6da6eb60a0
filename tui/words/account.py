"""Words of login and passwords."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    # login
    "login.title": ("Commissioning terminal", "Outil de mise en service"),
    "login.language": ("Language", "Langue"),
    "login.account": ("Account", "Compte"),
    "login.password": ("Password", "Mot de passe"),
    "login.button": ("Log in", "Connexion"),
    "login.refused": ("Access refused: wrong account or password.", "Accès refusé : compte ou mot de passe erroné."),
    "login.wait": ("Access refused. Try again in {s} s.", "Accès refusé. Réessayez dans {s} s."),
    "login.empty": ("Enter an account and a password.", "Saisissez un compte et un mot de passe."),
    "login.hint": (
        "Tab moves, Enter logs in, {help} helps, {leave} leaves.",
        "Tab : champ suivant, Entrée : connexion, {help} : aide, {leave} : quitter.",
    ),
    "login.again": (
        "The connection was lost: log in again. Unsaved changes are kept.",
        "Connexion perdue : reconnectez-vous. Les modifications sont gardées.",
    ),
    "login.restarted": (
        "The station has restarted as asked: log in again.",
        "La borne a redémarré comme demandé : reconnectez-vous.",
    ),
    "login.locked": (
        "Nobody was here for a while: log in again. Unsaved changes are kept.",
        "Personne depuis un moment : reconnectez-vous. Les modifications sont gardées.",
    ),
    "login.stranger": (
        "{account} left {n} unsaved changes here. Drop them?",
        "{account} a laissé ici {n} modifications non enregistrées. Les abandonner ?",
    ),
    "login.stranger.one": (
        "{account} left {n} unsaved change here. Drop it?",
        "{account} a laissé ici {n} modification non enregistrée. L'abandonner ?",
    ),
    "login.drop": ("Drop them", "Abandonner"),
    "login.fallen": (
        "The station has ended this session: log in again.",
        "La borne a mis fin à cette session : reconnectez-vous.",
    ),
    "login.help": (
        "Enter the account and the password of this station, then Enter. Three wrong ones in a row make one wait. "
        "{language} turns the language; {leave} leaves.",
        "Saisissez le compte et le mot de passe de cette borne, puis Entrée. Après trois erreurs de suite il faut "
        "attendre. {language} change la langue ; {leave} quitte.",
    ),
    # passwords
    "due.title": ("Set a new password", "Définissez un nouveau mot de passe"),
    "due.why": (
        "The factory password of this account has to be replaced before anything else.",
        "Le mot de passe d'usine de ce compte doit d'abord être remplacé.",
    ),
    "due.help": (
        "Type the new password twice; each rule is ticked once the password meets it. Enter or the button saves it "
        "and opens the terminal. Until then nothing else is open. {language} turns the language; "
        "{leave} leaves.",
        "Saisissez deux fois le nouveau mot de passe ; chaque règle est cochée dès qu'elle est remplie. Entrée ou le "
        "bouton l'enregistre et ouvre l'outil. Rien d'autre n'est ouvert avant. {language} change la "
        "langue ; {leave} quitte.",
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
    "password.changed": ("changed on {date}", "changé le {date}"),
    "password.due": ("factory password, to be replaced", "mot de passe d'usine, à remplacer"),
    "rule.same": ("twice the same", "deux fois le même"),
}
