"""The words of the status document as people read them, in both languages: limits, values, lights and warnings.

The document itself stays as the protocol has it; the terminal, the line menus and the command line turn it here, so
that a rule has one name everywhere.
"""

from __future__ import annotations

from typing import Final

from evlink.settings.label import Label

LIMITS: Final[dict[str, tuple[Label, Label]]] = {
    "none": (Label("no limit", "aucune limite"), Label("")),
    "derated": (
        Label("derated", "déclassement"),
        Label("the outlet's derated current", "courant déclassé de la prise"),
    ),
    "rated": (Label("rated current", "nominal"), Label("the outlet's rated current", "courant nominal de la prise")),
    "domestic": (
        Label("domestic socket", "prise domestique"),
        Label("the domestic socket's own limit", "limite de la prise domestique"),
    ),
    "cable": (Label("cable", "câble"), Label("the most its cable carries", "maximum admis par le câble")),
    "share": (Label("shared", "partage"), Label("its share of the station", "sa part du courant de la borne")),
    "house": (Label("head meter", "compteur de tête"), Label("what the house leaves it", "ce que laisse la maison")),
    "input": (Label("input", "entrée"), Label("held back by an input contact", "retenue par une entrée")),
    "supervision": (
        Label("supervision", "supervision"),
        Label("supervision's charging profile", "profil de la supervision"),
    ),
    "modbus": (Label("Modbus", "Modbus"), Label("Modbus set point or command", "consigne ou ordre Modbus")),
    "degraded": (
        Label("degraded mode", "mode dégradé"),
        Label("degraded mode: a link is lost", "mode dégradé : liaison perdue"),
    ),
    "floor": (
        Label("below the floor", "sous le seuil"),
        Label("too little is left to charge", "reste trop peu pour charger"),
    ),
    "simplified": (
        Label("simplified mode", "mode simplifié"),
        Label("simplified Mode 3 vehicle", "véhicule en Mode 3 simplifié"),
    ),
    "not_ready": (Label("not ready", "pas prêt"), Label("the vehicle is not ready", "véhicule pas prêt")),
}
"""Which rule holds the current down, by `limit_reason`: in a word or two, and as a sentence goes on after "16 A"."""

VALUES_FR: Final[dict[str, str]] = {
    "Not_Plugged": "Pas branché",
    "undefined": "Non défini",
    "Not_Initialized": "Non initialisé",
    # Last charge status: the manual prints no list, so these are ours in both languages.
    "KO_ChargeShortCut": "Court-circuit",
    "KO_ChargeOverLoad": "Surcharge",
    "KO_ChargeUpstreamProtection": "Protection amont déclenchée",
    "KO_ChargeContactorState": "Défaut du contacteur",
    "KO_ChargeEvDisconnected": "Véhicule débranché en charge",
    "KO_ChargeVentilationNotAllowed": "Ventilation non autorisée",
    "KO_ChargeOutletLock": "Défaut du verrou",
    "KO_ChargePlugPresence": "Défaut de présence fiche (PP)",
    "KO_ChargeControlPilot": "Défaut du pilote (CP)",
    "KO_ChargeInternalCommunication": "Communication interne perdue",
    "KO_ChargeSimplifiedMode3Refused": "Mode 3 simplifié refusé",
}
"""Values that French pages turn; what is not here reads the same in both languages (R-215)."""

LIGHTS: Final[dict[str, Label]] = {
    "off": Label("off", "éteint"),
    "green": Label("green", "vert"),
    "green_blinking": Label("blinking", "clignotant"),
    "blue": Label("blue", "bleu"),
    "red": Label("red", "rouge"),
}

WARNINGS_FR: Final[dict[str, str]] = {
    "the password of admin is older than six months": "le mot de passe de admin a plus de six mois",
    "the password of utilisateur is older than six months": "le mot de passe de utilisateur a plus de six mois",
    "the new address is taken back unless somebody logs in there within two minutes": "la nouvelle adresse sera "
    "annulée si personne ne s'y connecte dans les deux minutes",
    "control runs without real-time priority": "le contrôle tourne sans priorité temps réel",
    "charges could not be sent yet: evlink publication status": "des charges n'ont pas encore pu être envoyées : "
    "evlink publication status",
    "no reader and no remote starts, so nobody can charge: configuration.general.external_control": "ni lecteur ni "
    "démarrage à distance, donc personne ne peut charger : configuration.general.external_control",
    "messages of charges wait for the supervision for more than an hour: evlink supervision queue": "des messages de "
    "charges attendent la supervision depuis plus d'une heure : evlink supervision queue",
}


def limit(lang: str, reason: str, *, rule: bool = False) -> str:
    """The name of a `limit_reason`, or with `rule` the longer form; one that is unknown here stays as it is."""
    found = LIMITS.get(reason)
    return reason if found is None else found[rule].text(lang)


def value(lang: str, word: str) -> str:
    """A value of an outlet as it is read."""
    return VALUES_FR.get(word, word) if lang == "fr" else word


def light(lang: str, word: str) -> str:
    """The colour of an outlet's light."""
    found = LIGHTS.get(word)
    return word if found is None else found.text(lang)


def warning(lang: str, sentence: str) -> str:
    """A warning of the station."""
    return WARNINGS_FR.get(sentence, sentence) if lang == "fr" else sentence
