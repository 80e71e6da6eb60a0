"""Words of the Energy meters sub-tab: health of the meters, and the probe."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "meters.probe": ("Probe outlet {outlet}", "Sonder la prise {outlet}"),
    "meters.stop": ("Stop", "Arrêter"),
    "meters.outlet": ("Outlet {outlet}: {text}", "Prise {outlet} : {text}"),
    "meters.serial": ("{model}, serial number {serial}", "{model}, numéro de série {serial}"),
    "meters.starting": ("being asked for the first time", "interrogé pour la première fois"),
    "meters.ok": ("in order", "en ordre"),
    "meters.lost": ("lost, the built-in transformers count", "perdu, les transformateurs internes comptent"),
    "meters.implausible": ("not believed, the built-in transformers count",
                           "peu crédible, les transformateurs internes comptent"),
    "meters.misconfigured": ("wrong settings, the built-in transformers count",
                             "réglages erronés, les transformateurs internes comptent"),
    "meters.unknown": ("Nothing is known of the meters without the station.",
                       "Sans la borne, rien n'est connu des compteurs."),
    "meters.probing": ("Probing {line}, {done} of {total}", "Recherche sur {line}, {done} sur {total}"),
    "meters.probed": ("{n} units answer", "{n} unités répondent"),
    "meters.probed.one": ("{n} unit answers", "{n} unité répond"),
    "meters.nobody": ("nobody answers", "personne ne répond"),
    "meters.stopped": ("Probe stopped", "Recherche arrêtée"),
    "meters.unit": ("Unit {unit}: {text}", "Unité {unit} : {text}"),
    "meters.stranger": ("a unit that does not say what it is", "une unité qui ne dit pas ce qu'elle est"),
    "meters.staged": ("the saved settings are probed, not what is staged",
                      "ce sont les réglages enregistrés qui sont sondés, pas ceux en attente"),
}  # fmt: skip
