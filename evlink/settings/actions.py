"""The buttons of the tool: where each stands, who may press it, and what it does."""

from __future__ import annotations

from evlink.settings.label import Label, both
from evlink.settings.model import Action

_GENERAL = "configuration.general"
_BADGES = "authentication"
_STATUS = "maintenance.status"

EXPORT = both("Export")

ACTIONS = (
    Action(
        "config_export",
        EXPORT,
        _GENERAL,
        Label(
            "Writes the running configuration to a file; badges are not in it.",
            "Écrit la configuration en cours dans un fichier ; les badges n'y sont pas.",
        ),
        user=False,
    ),
    Action(
        "config_import",
        both("Import"),
        _GENERAL,
        Label(
            "Takes the configuration over from a file; badges stay as they are.",
            "Reprend la configuration d'un fichier ; les badges restent inchangés.",
        ),
        user=False,
    ),
    Action(
        "save",
        Label("Save", "Enregistrer"),
        "*",
        Label(
            "Offered when saving is all that the changes need.",
            "Proposé quand il suffit d'enregistrer les modifications.",
        ),
    ),
    Action(
        "save_and_restart",
        Label("Save and restart", "Enregistrer et redémarrer"),
        "*",
        Label(
            "Offered when a change takes effect only after a restart.",
            "Proposé quand une modification n'agit qu'après un redémarrage.",
        ),
    ),
    Action(
        "badge_mode",
        Label("Add / Delete", "Ajouter/Supprimer"),
        _BADGES,
        Label(
            "Says whether the badges read next are added or removed.",
            "Dit si les prochains badges lus sont ajoutés ou supprimés.",
        ),
    ),
    Action(
        "badge_capture",
        Label("Start / Stop", "Démarrer/Arrêter"),
        _BADGES,
        Label(
            "Starts or stops reading badges; it ends by itself 30 s after the last one.",
            "Démarre ou arrête la lecture de badges ; elle finit d'elle-même 30 s après le dernier.",
        ),
    ),
    Action(
        "badge_edit",
        Label("Edit badge", "Modifier le badge"),
        _BADGES,
        Label(
            "Opens a badge's type and comment; saving takes its place meanwhile.",
            "Ouvre le type et le commentaire d'un badge ; l'enregistrement prend sa place pendant ce temps.",
        ),
    ),
    Action(
        "badge_save",
        Label("Save badge", "Enregistrer le badge"),
        _BADGES,
        Label("Stores the badge being edited.", "Enregistre le badge en cours de modification."),
    ),
    Action(
        "badge_delete",
        Label("Delete badge", "Supprimer le badge"),
        _BADGES,
        Label(
            "Removes one badge; cancelling takes its place while it is edited.",
            "Supprime un badge ; l'annulation prend sa place pendant la modification.",
        ),
    ),
    Action(
        "badge_cancel",
        Label("Cancel badge edit", "Annuler la modification"),
        _BADGES,
        Label(
            "Drops what was typed into the badge and not saved.",
            "Abandonne ce qui a été saisi pour le badge sans être enregistré.",
        ),
    ),
    Action(
        "badges_delete_selected",
        Label("Delete selected badges", "Supprimer les badges sélectionnés"),
        _BADGES,
        Label("Removes the marked badges.", "Supprime les badges cochés."),
    ),
    Action(
        "badges_delete_all",
        Label("Delete all badges", "Supprimer tous les badges"),
        _BADGES,
        Label(
            "Empties the badge list, after one more question.",
            "Vide la liste des badges, après confirmation.",
        ),
        confirm=True,
    ),
    Action(
        "badges_change_type",
        Label("Change badge type", "Changez le type de badge"),
        _BADGES,
        Label("Gives the marked badges another type.", "Donne un autre type aux badges cochés."),
    ),
    Action(
        "badges_export",
        EXPORT,
        _BADGES,
        Label("Writes all badges to a .csv file.", "Écrit tous les badges dans un fichier .csv."),
    ),
    Action(
        "badges_import",
        both("Import"),
        _BADGES,
        Label(
            "Replaces the whole badge list by that of a .csv file.",
            "Remplace toute la liste des badges par celle d'un fichier .csv.",
        ),
    ),
    Action(
        "history_export",
        EXPORT,
        "charge_history.history",
        Label(
            "Writes up to 3000 charge records to a .csv file.",
            "Écrit jusqu'à 3000 enregistrements de charge dans un fichier .csv.",
        ),
    ),
    Action(
        "publication_test",
        both("TEST"),
        "charge_history.publication",
        Label(
            "Sends at once with the saved settings, and tries a waiting mail again.",
            "Envoie aussitôt avec les paramètres enregistrés et retente un courriel en attente.",
        ),
    ),
    Action(
        "status_stop_refresh",
        Label("Stop automatic refresh", "Arrêter l'actualisation automatique"),
        _STATUS,
        Label("Holds the screen still.", "Fige l'écran."),
    ),
    Action(
        "status_force_refresh",
        Label("Force a page refresh", "Forcer l'actualisation de la page"),
        _STATUS,
        Label(
            "Refreshes once; offered while refreshing is stopped.",
            "Actualise une fois ; proposé tant que l'actualisation est arrêtée.",
        ),
    ),
    Action(
        "status_start_refresh",
        Label("Start automatic refresh", "Démarrer l'actualisation automatique"),
        _STATUS,
        Label(
            "Refreshes by itself again; offered while refreshing is stopped.",
            "Reprend l'actualisation ; proposé tant qu'elle est arrêtée.",
        ),
    ),
    Action(
        "report_export",
        EXPORT,
        "maintenance.report",
        Label(
            "Writes the maintenance report to an .html file.",
            "Écrit le rapport de maintenance dans un fichier .html.",
        ),
    ),
    Action(
        "restart",
        Label("Restart", "Redémarrer"),
        "maintenance.control",
        Label("Restarts the station.", "Redémarre la borne."),
    ),
    Action(
        "factory_reset",
        Label("Reset", "Réinitialiser"),
        "maintenance.control",
        Label(
            "Brings the factory settings back; badges and software version stay.",
            "Rétablit la configuration d'usine ; les badges et la version du logiciel restent.",
        ),
        user=False,
    ),
    Action(
        "password_save",
        Label("Save", "Enregistrer"),
        "maintenance.password",
        Label("Changes the password.", "Change le mot de passe."),
    ),
    Action(
        "firmware_update",
        Label("Update", "Mise à jour"),
        "maintenance.update",
        Label("Installs a signed update package.", "Installe un paquet de mise à jour signé."),
        user=False,
    ),
    Action(
        "help",
        Label("Help", "?"),
        "*",
        Label("Opens the built-in help.", "Ouvre l'aide intégrée."),
    ),
    Action(
        "language",
        Label("Language", "Langue"),
        "*",
        Label(
            "Changes the language, at login and in the header.",
            "Change la langue, à la connexion et dans l'en-tête.",
        ),
    ),
    Action(
        "about",
        Label("About", "A propos"),
        "*",
        Label("Tells name and version.", "Donne le nom et la version."),
    ),
    Action(
        "logout",
        Label("Log out", "Quitter"),
        "*",
        Label("Ends the session.", "Ferme la session."),
    ),
)
