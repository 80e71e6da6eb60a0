"""The fields of Maintenance / Password (R-030, R-031); they are done, never stored as settings."""

from __future__ import annotations

from evlink.settings.kinds import Choice, Option, Secret
from evlink.settings.label import Label, both
from evlink.settings.model import Right, Setting, Store
from evlink.settings.password_policy import LEAST, MOST
from evlink.settings.tabs import PASSWORD

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "maintenance.password.account",
        Label("Account to edit", "Compte"),
        Choice(
            (
                Option("user", Label("User", "Utilisateur")),
                Option("admin", both("Admin")),
            )
        ),
        PASSWORD,
        store=Store.ACTION,
        note=Label(
            "Whose password is changed; a User changes its own.",
            "Le compte dont le mot de passe change ; Utilisateur change le sien.",
        ),
    ),
    Setting(
        "maintenance.password.current_password",
        Label("Current password", "Mot de passe actuel"),
        Secret(max_length=MOST),
        PASSWORD,
        user=Right.WRITE,
        store=Store.ACTION,
        note=Label(
            "The present password of whoever is logged in; Admin gives its own for the User account too.",
            "Le mot de passe actuel de la personne connectée ; Admin donne le sien aussi pour le compte Utilisateur.",
        ),
    ),
    Setting(
        "maintenance.password.new_password",
        Label("New password", "Nouveau mot de passe"),
        Secret(min_length=LEAST, max_length=MOST, policy=True),
        PASSWORD,
        user=Right.WRITE,
        store=Store.ACTION,
        note=Label("12 characters or more, of all four classes.", "12 caractères ou plus, des quatre classes."),
    ),
    Setting(
        "maintenance.password.confirm_password",
        Label("Confirm the new password", "Confirmer le nouveau mot de passe"),
        Secret(max_length=MOST),
        PASSWORD,
        user=Right.WRITE,
        store=Store.ACTION,
        note=Label("The same once more.", "Le même encore une fois."),
    ),
)
