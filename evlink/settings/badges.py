"""The fields of a badge (R-174); badges are kept in the database, not among the settings."""

from __future__ import annotations

from evlink.settings.kinds import Choice, Option, Text, Whole
from evlink.settings.label import Label, both
from evlink.settings.model import Right, Scope, Setting, Store
from evlink.settings.tabs import AUTHENTICATION

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "authentication.badges.number",
        Label("Badge number", "Numéro de badge"),
        Whole(1, 99999),
        AUTHENTICATION,
        admin=Right.READ,
        user=Right.READ,
        scope=Scope.BADGE,
        store=Store.ACTION,
        note=Label("Rank in the list.", "Rang dans la liste."),
    ),
    Setting(
        "authentication.badges.uid",
        Label("Identifier", "Identifiant"),
        Text(20, 1),
        AUTHENTICATION,
        admin=Right.READ,
        user=Right.READ,
        scope=Scope.BADGE,
        store=Store.ACTION,
        note=Label("The identity that the badge tells the reader.", "L'identité que le badge donne au lecteur."),
    ),
    Setting(
        "authentication.badges.type",
        both("Type"),
        Choice(
            (
                Option("user", Label("User", "Utilisateur")),
                Option("vip", both("VIP")),
                Option("admin", both("Admin")),
            )
        ),
        AUTHENTICATION,
        factory="user",
        user=Right.WRITE,
        scope=Scope.BADGE,
        store=Store.ACTION,
        note=Label(
            "User charges; Admin adds and deletes badges at the station; VIP has priority in a cluster.",
            "Utilisateur charge ; Admin ajoute et supprime des badges sur la borne ; VIP est prioritaire en grappe.",
        ),
    ),
    Setting(
        "authentication.badges.comment",
        Label("Comment", "Commentaire"),
        Text(50),
        AUTHENTICATION,
        user=Right.WRITE,
        scope=Scope.BADGE,
        store=Store.ACTION,
        note=Label("Free text, repeated in the charge history.", "Texte libre, repris dans l'historique des charges."),
    ),
)
