"""The words of the report in both languages, and the names of its events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

LANGUAGES: Final = ("en", "fr")

EVENTS: Final[Mapping[int, tuple[str, str]]] = {
    1: ("Rfid Reader", "Lecteur RFID"),
    3: ("Internal Communication", "Communication interne"),
    4: ("Outlet Lock", "Verrouillage de la prise"),
    5: ("Contactor State", "État du contacteur"),
    6: ("Surge Arrestor", "Parafoudre"),
    7: ("Anti-intrusion", "Anti-intrusion"),
    8: ("Hardware Configuration", "Configuration matérielle"),
    9: ("Software Configuration", "Configuration logicielle"),
    10: ("Flap Sensor", "Capteur de volet"),
    11: ("Upstream Protection Devices", "Protections amont"),
    12: ("Power Meter Communication", "Communication avec le compteur"),
    13: ("Remote Authentication Communication", "Communication avec l'authentification distante"),
    14: ("[Un]Plug Process", "Branchement ou débranchement"),
    15: ("Load tri-phasis compliancy", "Conformité triphasée de la charge"),
    16: ("Plc Communication", "Communication avec l'automate"),
    17: ("Control Pilot (CP) Signal conformity", "Conformité du signal pilote (CP)"),
    18: ("Plug Presence (PP) conformity", "Conformité de la présence fiche (PP)"),
    19: ("Charge Alarm EV Disconnected", "Alarme de charge : véhicule débranché"),
    20: ("Charge Alarm ShortCut", "Alarme de charge : court-circuit"),
    21: ("Charge Alarm OverLoad", "Alarme de charge : surcharge"),
    22: ("Charge Alarm Ventilation Not Allowed", "Alarme de charge : ventilation non autorisée"),
    24: ("Modem Communication", "Communication avec le modem"),
    29: ("Remote EM Communication", "Communication avec la gestion d'énergie distante"),
    30: ("Supervision Communication", "Communication avec la supervision"),
    31: ("NTP Server Communication", "Communication avec le serveur NTP"),
}

WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "title": ("Maintenance report", "Rapport de maintenance"),
    "confidential": (
        "Treat this report as confidential. Secrets stand in it as set or not set only.",
        "Ce rapport est confidentiel. Les secrets n'y figurent que comme définis ou non définis.",
    ),
    "product": ("Product Number", "Numéro de produit"),
    "evse": ("Evse Status", "État de la borne"),
    "events": ("Event Status", "État des événements"),
    "latest": ("Latest events", "Derniers événements"),
    "hardware": ("Hardware Reference", "Référence matérielle"),
    "io": ("Io Model", "Modèle d'entrées/sorties"),
    "network": ("Network", "Réseau"),
    "messages": ("Message Logs", "Journal des messages"),
    "updates": ("Update Logs", "Journal des mises à jour"),
    "configuration": ("Configuration files", "Fichiers de configuration"),
    "closing": ("Report created on : {date}", "Rapport créé le : {date}"),
    "name": ("Name", "Nom"),
    "plug": ("Plug #{n}", "Prise n°{n}"),
    "station": ("Station", "Borne"),
    "bit": ("bit description", "description du bit"),
    "fw": ("FW version", "Version du logiciel"),
    "fw_build": ("FW build number", "Numéro de build du logiciel"),
    "web": ("Web version", "Version de l'outil"),
    "web_build": ("Webserver build number", "Numéro de build de l'outil"),
    "boots": ("Boot Counter", "Nombre de démarrages"),
    "cpw": ("CPW state", "État CPW"),
    "cable": ("Cable state", "État du câble"),
    "ev": ("EV state", "État du VE"),
    "last_charge": ("Last charge status", "État de la dernière charge"),
    "flags": ("Evse Status", "Evse Status"),
    "outlet": ("Outlet Status", "Outlet Status"),
    "last_event": ("Outlet Status Last Event", "Dernière erreur de la prise"),
    "light": ("Light", "Voyant"),
    "current": ("Current L1 L2 L3 (A)", "Courant L1 L2 L3 (A)"),
    "voltage": ("Voltage L1 L2 L3 (V)", "Tension L1 L2 L3 (V)"),
    "power": ("Power (W)", "Puissance (W)"),
    "limit": ("Limit (A)", "Limite (A)"),
    "contactor": ("Contactor closed", "Contacteur fermé"),
    "session_energy": ("Energy of the session (kWh)", "Énergie de la session (kWh)"),
    "energy": ("Energy in all (kWh)", "Énergie totale (kWh)"),
    "meter": ("Energy meter", "Compteur d'énergie"),
    "meter_health": ("Meter health", "État du compteur"),
    "meter_model": ("Meter model and serial number", "Modèle et numéro de série du compteur"),
    "meter_problem": ("Meter problem", "Problème du compteur"),
    "pilot": ("Pilot signal", "Signal pilote"),
    "pilot_of": (
        "Pilot signal of plug #{n}: +12 V to -12 V, least, mean, most",
        "Signal pilote de la prise n°{n} : +12 V à -12 V, mini, moyenne, maxi",
    ),
    "high": ("High plateau, least mean most (V)", "Palier haut, mini moyenne maxi (V)"),
    "low": ("Low plateau, least mean most (V)", "Palier bas, mini moyenne maxi (V)"),
    "duty": ("Duty, measured and commanded (%)", "Rapport cyclique, mesuré et commandé (%)"),
    "frequency": ("Frequency (Hz)", "Fréquence (Hz)"),
    "glitches": ("Glitches", "Parasites"),
    "resistor": ("Plug resistor (ohm)", "Résistance de fiche (ohm)"),
    "closings": ("Contactor closings", "Fermetures du contacteur"),
    "power_of": ("Power of the last session of plug #{n}", "Puissance de la dernière session de la prise n°{n}"),
    "warnings": ("Warnings", "Avertissements"),
    "no_warnings": ("No warning.", "Aucun avertissement."),
    "start": ("Start Date", "Début"),
    "end": ("End Date", "Fin"),
    "plug_short": ("Plug", "Prise"),
    "code": ("Event Code", "Code"),
    "event": ("Event", "Événement"),
    "detail": ("Detail", "Détail"),
    "lasts": ("lasts", "en cours"),
    "none": ("None.", "Aucun."),
    "inputs": ("Inputs", "Entrées"),
    "link": ("Supervision", "Supervision"),
    "connected": ("Connected", "Connectée"),
    "address": ("Address", "Adresse"),
    "protocol": ("Protocol", "Protocole"),
    "registration": ("Registration", "Enregistrement"),
    "queue": ("Messages waiting", "Messages en attente"),
    "last_error": ("Last error", "Dernière erreur"),
    "modbus": ("Modbus server", "Serveur Modbus"),
    "port": ("Port", "Port"),
    "clients": ("Clients", "Clients"),
    "owner": ("Remote control held by", "Commande à distance tenue par"),
    "date": ("Date", "Date"),
    "message": ("Message (Response code)", "Message (code de réponse)"),
    "security": ("Security log of the supervision", "Journal de sécurité de la supervision"),
    "writes": ("Modbus: values written", "Modbus : valeurs écrites"),
    "deeds": ("Audit trail: who changed what", "Journal d'audit : qui a modifié quoi"),
    "who": ("Who", "Qui"),
    "way": ("By way of", "Par"),
    "deed": ("What", "Quoi"),
    "package": ("IPK", "IPK"),
    "status": ("Status", "État"),
    "logs": ("Logs", "Journal"),
    "versions": ("Versions", "Versions"),
    "secrets": ("Secrets", "Secrets"),
    "setting": ("Setting", "Paramètre"),
    "set": ("set", "défini"),
    "not_set": ("not set", "non défini"),
    "yes": ("True", "True"),
    "no": ("False", "False"),
}


def say(lang: str, word: str, /, **data: object) -> str:
    """A word in a language, its braces filled. KeyError for one that the table lacks."""
    text = WORDS[word][LANGUAGES.index(lang)]
    return text.format(**data) if data else text


def event_name(lang: str, number: int) -> str:
    """An event as the report writes it (N-15); a number without a name stands alone."""
    name = EVENTS.get(number)
    return f"Evt #{number}" + (f" {name[LANGUAGES.index(lang)]}" if name else "")


def report_language(setting: object) -> str:
    """The report's own language (N-63): French for a setting such as `fr-fr`, else English."""
    return "fr" if str(setting).strip().lower().startswith("fr") else "en"
