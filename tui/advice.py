"""What an event or an outlet's last error means in plain words, and what to do about it, in both languages."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any, Final

from tui.words import LANGUAGES, say


@dataclass(frozen=True, slots=True)
class Advice:
    """What is the matter, and what to do."""

    what: str
    todo: str


_EVENTS: Final[dict[int, tuple[Advice, Advice]]] = {
    1: (
        Advice("The badge reader does not answer.", "Check its cable and supply; restart the station."),
        Advice("Le lecteur de badges ne répond pas.", "Vérifier son câble et son alimentation ; redémarrer la borne."),
    ),
    3: (
        Advice("The boards of the station do not understand each other, or a measurement is missing.",
               "Restart the station; if it comes back, check the ribbon cables and change the board."),
        Advice("Les cartes de la borne ne se comprennent plus, ou une mesure manque.",
               "Redémarrer la borne ; si le défaut revient, vérifier les nappes et changer la carte."),
    ),
    4: (
        Advice("The lock of the socket did not reach its position.",
               "Take the plug out and look for dirt or damage in the socket; try the lock with another plug."),
        Advice("Le verrou de la prise n'a pas atteint sa position.",
               "Retirer la fiche, chercher saleté ou dommage dans la prise ; essayer avec une autre fiche."),
    ),
    5: (
        Advice("The contactor is not as commanded: welded, or it did not close.",
               "Switch the supply off and let the contactor be checked; do not use the outlet meanwhile."),
        Advice("Le contacteur n'est pas dans la position commandée : collé, ou non fermé.",
               "Couper l'alimentation et faire contrôler le contacteur ; ne pas utiliser la prise d'ici là."),
    ),
    6: (
        Advice("The surge arrester has tripped.", "Replace its cartridge; look for a cause after a thunderstorm."),
        Advice("Le parafoudre a déclenché.", "Remplacer sa cartouche ; chercher la cause après un orage."),
    ),
    7: (
        Advice("The enclosure is open, or was opened.", "Check the inside, close and lock it; check its contact."),
        Advice("L'enveloppe est ouverte ou a été ouverte.", "Contrôler l'intérieur, fermer à clé ; voir le contact."),
    ),
    8: (
        Advice("The hardware found is not the one that is described.",
               "Compare Maintenance > Report with what is built in; correct the board's description."),
        Advice("Le matériel trouvé n'est pas celui qui est décrit.",
               "Comparer Maintenance > Report avec ce qui est monté ; corriger la description de la carte."),
    ),
    9: (
        Advice("The configuration is invalid, or cannot be stored.",
               "Check the settings last changed; import a good file; is the disk full?"),
        Advice("La configuration est invalide, ou ne peut être enregistrée.",
               "Vérifier les derniers réglages ; importer un bon fichier ; le disque est-il plein ?"),
    ),
    10: (
        Advice("The sensor of the flap contradicts itself.", "Open and close the flap; clean or replace the sensor."),
        Advice("Le capteur du volet est incohérent.", "Ouvrir et fermer le volet ; nettoyer ou changer le capteur."),
    ),
    11: (
        Advice("The breaker or the residual-current device before the outlet is open.",
               "Find out why before closing it: measure the insulation of the outlet, the cable and the vehicle."),
        Advice("Le disjoncteur ou le différentiel en amont de la prise est ouvert.",
               "Chercher la cause avant de refermer : isolement de la prise, du câble et du véhicule."),
    ),
    12: (
        Advice("A power meter is lost; charging goes on without it.",
               "See why under Energy management > Energy meters; check its wiring, address and speed."),
        Advice("Un compteur d'énergie est perdu ; la charge continue sans lui.",
               "Voir pourquoi sous Énergie > Compteurs d'énergie ; vérifier câblage, adresse et vitesse."),
    ),
    13: (
        Advice("Badges cannot be checked by the remote authentication.",
               "Check the network and the supervision's address; badges known here go on working."),
        Advice("Les badges ne peuvent être vérifiés à distance.",
               "Vérifier le réseau et l'adresse de la supervision ; les badges connus ici fonctionnent encore."),
    ),
    14: (
        Advice("Plugging in or out went wrong.", "Unplug, wait for the green light, and plug in again, fully."),
        Advice("Le branchement ou le débranchement a échoué.",
               "Débrancher, attendre le voyant vert, puis rebrancher à fond."),
    ),
    15: (
        Advice("The vehicle draws from phases as the supply does not expect.",
               "Check the phases of supply and cable; compare the currents of L1, L2 and L3 below."),
        Advice("Le véhicule tire sur des phases inattendues.",
               "Vérifier les phases de l'alimentation et du câble ; comparer les courants L1, L2, L3 ci-dessous."),
    ),
    16: (
        Advice("The building's controller (Modbus) is out of reach.",
               "Check its network and the Modbus settings; until it is back the safe limit holds."),
        Advice("L'automate du bâtiment (Modbus) est injoignable.",
               "Vérifier son réseau et les réglages Modbus ; d'ici là, la limite sûre s'applique."),
    ),
    17: (
        Advice("The pilot signal is out of tolerance.",
               "Try another cable, then another vehicle, and look at the pilot in the oscilloscope."),
        Advice("Le signal pilote est hors tolérance.",
               "Essayer un autre câble, puis un autre véhicule, et voir le pilote à l'oscilloscope."),
    ),
    18: (
        Advice("The cable's coding resistor cannot be read.", "Try another cable; clean the contacts of the socket."),
        Advice("La résistance de codage du câble est illisible.",
               "Essayer un autre câble ; nettoyer les contacts de la prise."),
    ),
    19: (
        Advice("The vehicle went away while it charged.",
               "Ask the driver to stop the charge before unplugging; if nobody did, check plug and cable."),
        Advice("Le véhicule a disparu en pleine charge.",
               "Faire arrêter la charge avant de débrancher ; sinon, vérifier fiche et câble."),
    ),
    20: (
        Advice("Short circuit on the pilot or on the load.",
               "Unplug; do not use this cable again; if it stays without a cable, have the outlet checked."),
        Advice("Court-circuit sur le pilote ou sur la charge.",
               "Débrancher ; ne plus utiliser ce câble ; s'il reste sans câble, faire contrôler la prise."),
    ),
    21: (
        Advice("The vehicle drew more than it was allowed.",
               "Unplug and try again; if it comes back with this vehicle only, its charger is at fault."),
        Advice("Le véhicule a tiré plus que permis.",
               "Débrancher et réessayer ; si un seul véhicule est concerné, son chargeur est en cause."),
    ),
    22: (
        Advice("The vehicle asks for ventilation, which this place is set not to have.",
               "Charge it outdoors; where there is ventilation, set so under Energy management."),
        Advice("Le véhicule demande une ventilation que ce lieu n'a pas, selon les réglages.",
               "Le charger à l'extérieur ; si le lieu est ventilé, le régler sous Gestion de l'énergie."),
    ),
    24: (
        Advice("The modem does not answer.", "Check its supply, SIM card and antenna; restart the station."),
        Advice("Le modem ne répond pas.", "Vérifier alimentation, carte SIM et antenne ; redémarrer la borne."),
    ),
    29: (
        Advice("The remote energy management is out of reach.",
               "Check the network between both; until it is back the safe limit holds."),
        Advice("La gestion d'énergie distante est injoignable.",
               "Vérifier le réseau entre les deux ; d'ici là, la limite sûre s'applique."),
    ),
    30: (
        Advice("The supervision is out of reach.",
               "Check network, URL and time under Configuration > Supervision; messages wait and nothing is lost."),
        Advice("La supervision est injoignable.",
               "Vérifier réseau, URL et heure sous Configuration > Supervision ; rien n'est perdu."),
    ),
    31: (
        Advice("The time server does not answer.", "Check the server's name and the DNS (Configuration)."),
        Advice("Le serveur de temps ne répond pas.", "Vérifier le nom du serveur et le DNS (Configuration)."),
    ),
}  # fmt: skip

_ERRORS: Final[dict[str, tuple[Advice, Advice]]] = {
    "KO_BadgeUnknown": (
        Advice("This badge is not allowed.", "Add it under Authentication, or ask the supervision."),
        Advice("Ce badge n'est pas autorisé.", "L'ajouter sous Authentification, ou voir la supervision."),
    ),
    "KO_BadgeIsNotTheBooker": (
        Advice("The outlet is booked for another badge.", "Wait for the end of the booking."),
        Advice("La prise est réservée à un autre badge.", "Attendre la fin de la réservation."),
    ),
    "KO_PlugOrShutterAbnormallyLocked": (
        Advice("The lock stayed locked.", "Push the plug in while it unlocks; check the lock."),
        Advice("Le verrou est resté fermé.", "Pousser la fiche pendant l'ouverture ; vérifier le verrou."),
    ),
    "KO_ShutterNotOpened": (
        Advice("The shutter was not opened.", "Open the shutter and plug in; check its sensor."),
        Advice("Le volet n'a pas été ouvert.", "Ouvrir le volet et brancher ; vérifier son capteur."),
    ),
    "KO_PlugNotDetected": (
        Advice("No cable was plugged in time.", "Plug in first, then present the badge."),
        Advice("Aucun câble branché à temps.", "Brancher d'abord, puis présenter le badge."),
    ),
    "KO_EvNotDetected": (
        Advice("No vehicle was seen in time.", "Plug the cable into the vehicle, fully; try another cable."),
        Advice("Aucun véhicule vu à temps.", "Brancher le câble à fond côté véhicule ; essayer un autre câble."),
    ),
    "KO_PlugOrShutterAbnormallyNotLocked": (
        Advice("The plug could not be locked.", "Plug in again, fully; check the lock."),
        Advice("La fiche n'a pas pu être verrouillée.", "Rebrancher à fond ; vérifier le verrou."),
    ),
    "KO_PlugProcedureError": (
        Advice("Plugging in went wrong.", "Unplug and begin again."),
        Advice("Le branchement a échoué.", "Débrancher et recommencer."),
    ),
    "KO_BadgeIsNotTheCurrentUser": (
        Advice("Another badge runs this charge.", "Present the badge that began it."),
        Advice("Un autre badge a lancé cette charge.", "Présenter le badge qui l'a commencée."),
    ),
    "KO_UnlockPlugInCharge": (
        Advice("The plug was pulled during the charge.", "Plug in again; check the lock."),
        Advice("La fiche a été retirée en charge.", "Rebrancher ; vérifier le verrou."),
    ),
    "KO_OnStreetOpenShutterInCharge": (
        Advice("The shutter was opened during the charge.", "Close it and begin again."),
        Advice("Le volet a été ouvert en charge.", "Le fermer et recommencer."),
    ),
    "KO_ShutterNotClosed": (
        Advice("The shutter is still open.", "Close the shutter; check its sensor."),
        Advice("Le volet est resté ouvert.", "Fermer le volet ; vérifier son capteur."),
    ),
    "KO_PlugStillDetected": (
        Advice("The cable is still plugged.", "Take the cable out of the station."),
        Advice("Le câble est encore branché.", "Retirer le câble de la borne."),
    ),
    "KO_EVStillDetected": (
        Advice("The vehicle is still plugged.", "Unplug the vehicle."),
        Advice("Le véhicule est encore branché.", "Débrancher le véhicule."),
    ),
    "KO_UnplugProcedureError": (
        Advice("Unplugging went wrong.", "Pull the plug out fully; check the lock."),
        Advice("Le débranchement a échoué.", "Retirer la fiche à fond ; vérifier le verrou."),
    ),
}

_CHARGES: Final[dict[str, int]] = {
    "KO_ChargeShortCut": 20,
    "KO_ChargeOverLoad": 21,
    "KO_ChargeUpstreamProtection": 11,
    "KO_ChargeContactorState": 5,
    "KO_ChargeEvDisconnected": 19,
    "KO_ChargeVentilationNotAllowed": 22,
    "KO_ChargeOutletLock": 4,
    "KO_ChargePlugPresence": 18,
    "KO_ChargeControlPilot": 17,
    "KO_ChargeInternalCommunication": 3,
}
"""The event that stopped a charge, by the last charge status."""

_REFUSED: Final[tuple[Advice, Advice]] = (
    Advice(
        "The vehicle knows only simplified Mode 3, which this station is set to refuse.",
        "Charge another vehicle here, or let simplified Mode 3 be accepted (simplifiedMode3 of the .cfg).",
    ),
    Advice(
        "Le véhicule ne connaît que le Mode 3 simplifié, que cette borne refuse selon ses réglages.",
        "Charger ici un autre véhicule, ou faire accepter le Mode 3 simplifié (simplifiedMode3 du .cfg).",
    ),
)


def charge_event(status: str) -> int:
    """The number of the event that stopped the last charge; 0 where none did."""
    return _CHARGES.get(status, 0)


def charge_advice(lang: str, status: str) -> Advice | None:
    """Why the last charge was stopped and what to do; None where nothing stopped it."""
    if status == "KO_ChargeSimplifiedMode3Refused":
        return _REFUSED[LANGUAGES.index(lang)]
    return event_advice(lang, charge_event(status))


def event_advice(lang: str, number: int) -> Advice | None:
    """What an event means and what to do; None for one that has no words here."""
    found = _EVENTS.get(number)
    return None if found is None else found[LANGUAGES.index(lang)]


def error_advice(lang: str, error: str) -> Advice | None:
    """What an outlet's last error means and what to do; None where there is no error, or no words for it."""
    found = _ERRORS.get(error)
    return None if found is None else found[LANGUAGES.index(lang)]


def trouble(lang: str, outlet: Mapping[str, Any], worries: Set[int]) -> str:
    """What went wrong last on an outlet and what to do, in a sentence; empty where nothing did.

    Of the events in `worries`, which are KO now, the page tells already.
    """
    status = str(outlet.get("last_charge_status") or "")
    stopped = charge_advice(lang, status)
    if stopped is not None and charge_event(status) not in worries:
        return say(lang, "status.last_stop", what=stopped.what, todo=stopped.todo)
    error = error_advice(lang, str(outlet.get("last_error") or ""))
    return "" if error is None else f"{error.what} {error.todo}"
