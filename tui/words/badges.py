"""Words of the badge list."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
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
}
