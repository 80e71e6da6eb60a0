"""Words of the charge history."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
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
    "history.sorted": ("{shown} of {n}, by {what} {way}", "{shown} sur {n}, par {what} {way}"),
    "history.sort": ("Sort", "Trier"),
    "history.sort_by": ("Sort by", "Trier par"),
    "history.turn": ("Turn round", "Inverser"),
    "history.record": ("Charge {n}", "Charge {n}"),
    "history.charges": ("{n} charges", "{n} charges"),
    "history.charges.one": ("{n} charge", "{n} charge"),
    "history.collecting": ("{done} of {n} charges ...", "{done} charges sur {n} ..."),
}
