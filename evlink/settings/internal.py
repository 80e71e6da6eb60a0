"""The keys of the .cfg that no screen shows: kept, exported, and set by command line or file only.

Factory values are those of a station as delivered, except what belongs to one customer (mail, the last accepted
boot): empty. A key that is `_kept` has no effect in this software and is carried along; a `_live` one is obeyed.
`lowOvercurrentDelay` of `[CURRENT MEASUREMENT]` is `internal.current_measurement.low_overcurrent_delay` here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from evlink.settings.kinds import Flag, Kind, Text, Whole
from evlink.settings.label import Label, both
from evlink.settings.model import Cfg, Code, Factory, FromFact, Right, Scope, Setting, Store
from evlink.settings.places import UNDEFINED, Host, Mailbox
from evlink.settings.tabs import INTERNAL

TEXT = Text(500)
MASK = Text(10, 3, "0x[0-9A-Fa-f]{1,8}", Label("hexadecimal such as 0x0060", "hexadécimal tel que 0x0060"))
WORD = Flag(both("true"), both("false"))
DIGIT = Flag(both("1"), both("0"))
CODE = Whole(0, 99)
AMPS = Whole(0, 63, "A")
SECONDS = Whole(0, 86400, "s")
# Of protections: whatever a file says, none of them can be set so wide that it never acts.
TOLERANCE = Whole(0, 100, "%")
TRIP_DELAY = Whole(0, 3600, "s")
PERCENT = Whole(0, 1000, "%")
PORT = Whole(0, 65535)
ADDRESS = Whole(0, 255)


@dataclass(frozen=True, slots=True)
class _Key:
    """One key as the tables below list it."""

    key: str
    kind: Kind
    factory: Factory
    label: Label
    scope: Scope
    store: Store
    carried: bool


def _live(
    key: str,
    kind: Kind,
    factory: Factory,
    en: str,
    fr: str,
    *,
    scope: Scope = Scope.STATION,
    store: Store = Store.VALUE,
) -> _Key:
    """A key that the station obeys."""
    return _Key(key, kind, factory, Label(en, fr), scope, store, carried=False)


def _kept(
    key: str,
    kind: Kind,
    factory: Factory,
    en: str,
    fr: str,
    *,
    scope: Scope = Scope.STATION,
    store: Store = Store.VALUE,
) -> _Key:
    """A key that is kept and exported only."""
    return _Key(key, kind, factory, Label(en, fr), scope, store, carried=store is Store.VALUE)


# fmt: off
_FUNCTIONAL = (
    _kept("operatingMode", CODE, 2, "Operating mode", "Mode de fonctionnement"),
    _live("clusterManagement", DIGIT, False,
          "Member of a managed group of stations", "Membre d'un groupe de bornes géré"),
    _live("simplifiedMode3", WORD, True, "Simplified Mode 3 accepted", "Mode 3 simplifié accepté"),
    _kept("ventilation", WORD, False, "Ventilation at the parking place", "Ventilation de la place"),
    _live("statePDelayPwmOff", Whole(0, 3600, "s"), 0,
          "Delay before modulation goes off", "Délai avant l'arrêt de la modulation"),
    _live("statePDelayPwmOn", Whole(0, 3600, "s"), 3,
          "Delay before modulation comes on", "Délai avant la mise en marche de la modulation"),
    _live("evChargeTimeout", SECONDS, 30, "Time for the vehicle to begin", "Délai accordé au véhicule pour commencer"),
    _kept("cpwRateStep", Whole(0, 100), 0, "Step of duty-cycle changes", "Pas de variation du rapport cyclique"),
    _live("diStatusExpected", MASK, "0x0060",
          "Normal levels of the supervised inputs", "Niveaux normaux des entrées surveillées"),
    _live("diStatusEnable", MASK, "0x0268", "Supervised inputs", "Entrées surveillées"),
    _kept("autoTestEnable", MASK, "0x7FFFFFFF", "Self-tests that run", "Autotests actifs"),
    _live("SM3CurrentLowThreshold", AMPS, 1,
          "Simplified Mode 3: current of a finished charge", "Mode 3 simplifié : courant de fin de charge"),
    _live("SM3MaxCurrent", AMPS, 10, "Simplified Mode 3: largest current", "Mode 3 simplifié : courant maximal"),
    _live("SM3StopDelay", SECONDS, 3600,
          "Simplified Mode 3: time until the charge ends", "Mode 3 simplifié : délai de fin de charge"),
    _kept("postponeCharge", WORD, False, "Charge start put off", "Démarrage de charge repoussé"),
    _kept("enableEvDetection", WORD, False, "Vehicle checked while plugging", "Véhicule vérifié au branchement"),
    _live("schukoWithNoDetectionEndOfCharge", SECONDS, 60,
          "Domestic socket: time until the charge counts as ended", "Prise domestique : délai de fin de charge"),
    _live("updateSetPointPeriodInSec", Whole(1, 3600, "s"), 15,
          "Period of the current set point", "Période de la consigne de courant"),
    _live("remoteSetPointPeriodInSec", Whole(1, 3600, "s"), 5,
          "Period of a remote set point", "Période d'une consigne distante"),
    _kept("stationNetworkType", CODE, 1, "Kind of network attachment", "Type de raccordement au réseau"),
    _kept("strictDhcpMode", DIGIT, False, "DHCP without default address", "DHCP sans adresse par défaut"),
    _kept("ssdp", DIGIT, True, "Announced by SSDP", "Annonce par SSDP"),
    _kept("dhcpMode", CODE, 0, "Variant of DHCP", "Variante de DHCP"),
)
_ENERGY = (
    _kept("voltageReference", Whole(0, 1000, "V"), 400, "Voltage between phases", "Tension entre phases"),
    _kept("nbPhase", Whole(1, 3), FromFact("phases"), "Phases wired", "Phases câblées", store=Store.FACT),
    _live("maxTEValue", AMPS, 14, "Largest current of a domestic socket", "Courant maximal d'une prise domestique"),
    _kept("HeadMeterType", CODE, 5, "Head meter: type", "Compteur de tête : type"),
    _kept("HeadMeterProtocol", CODE, 1, "Head meter: protocol", "Compteur de tête : protocole"),
    _kept("HeadMeterRTUAddress", ADDRESS, 1, "Head meter: RTU address", "Compteur de tête : adresse RTU"),
    _kept("HeadMeterGatewayAddress", ADDRESS, 130,
          "Head meter: gateway address", "Compteur de tête : adresse de passerelle"),
    _kept("HeadMeterPhase", CODE, 1, "Head meter: phase", "Compteur de tête : phase"),
    _kept("StationMeterPhase", CODE, 2, "Outlet's meter: phase", "Compteur de la prise : phase"),
    _kept("AlternativeMeterType", CODE, 5, "Alternative meter: type", "Compteur alternatif : type"),
    _kept("AlternativeMeterProtocol", CODE, 1, "Alternative meter: protocol", "Compteur alternatif : protocole"),
    _kept("AlternativeMeterRTUAddress", ADDRESS, 3,
          "Alternative meter: RTU address", "Compteur alternatif : adresse RTU"),
    _kept("AlternativeMeterGatewayAddress", ADDRESS, 130,
          "Alternative meter: gateway address", "Compteur alternatif : adresse de passerelle"),
    _kept("AlternativeMeterPhase", CODE, 3, "Alternative meter: phase", "Compteur alternatif : phase"),
    _kept("MeteringPollingPeriod", Whole(100, 3600000, "ms"), 1000,
          "Period at which the meter is read", "Période de lecture du compteur"),
)
_HISTORY = (
    _live("CurrentChargeLogPeriod", Whole(1, 86400, "s"), 60,
          "Period at which the running charge is logged", "Période d'enregistrement de la charge en cours"),
)
_PROXY = (
    _kept("proxyEnabled", DIGIT, False, "Proxy used", "Mandataire utilisé"),
    _kept("proxyHost", TEXT, UNDEFINED, "Proxy: host", "Mandataire : hôte"),
    _kept("proxyPort", PORT, 0, "Proxy: port", "Mandataire : port"),
    _kept("proxyAuthentication", DIGIT, False, "Proxy asks for user name", "Mandataire avec authentification"),
    _kept("proxyUsername", TEXT, UNDEFINED, "Proxy: user name", "Mandataire : nom d'utilisateur"),
    _kept("proxyUseHttps", DIGIT, False, "Proxy used for HTTPS", "Mandataire utilisé pour HTTPS"),
    _kept("proxyUseHttpParam", DIGIT, False,
          "Proxy: parameters of HTTP used again", "Mandataire : paramètres HTTP repris"),
)
_EVLINK_ENERGY = (
    _kept("pulseToEnergyFactor", Whole(0, 1000000), 1,
          "Energy of a meter's pulse", "Énergie par impulsion du compteur"),
    _live("degradedModeSetPointMono", AMPS, 8,
          "Current without the station's permit, single-phase", "Courant sans accord de la borne, monophasé"),
    _live("degradedModeSetPointTri", AMPS, 14,
          "Current without the station's permit, three-phase", "Courant sans accord de la borne, triphasé"),
    _live("monophasedLoadSheddingFloorValue", AMPS, 8,
          "Smallest working current, single-phase", "Plus petit courant actif, monophasé"),
    _live("triphasedLoadSheddingFloorValue", AMPS, 14,
          "Smallest working current, three-phase", "Plus petit courant actif, triphasé"),
    _kept("EMSetting", CODE, 1, "Variant of energy management", "Variante de gestion d'énergie"),
    _live("upstreamProtHighTrshld", PERCENT, 100,
          "High threshold of the upstream protection", "Seuil haut de la protection amont"),
    _live("homeUpstreamProtection", Whole(0, 1000, "A"), 32,
          "Rating of the upstream protection", "Calibre de la protection amont"),
)
_ENERGY_SHARING = (
    _live("staticMaxIntensityCluster", Whole(0, 10000, "A"), 64, "Fixed limit of the group", "Limite fixe du groupe"),
    _live("loadSheddingPeriod", Whole(1, 86400, "s"), 900,
          "Period at which shedding is considered again", "Période de réexamen du délestage"),
    _kept("phaseRotation", WORD, False, "Phases rotated between stations", "Phases permutées entre bornes"),
)
_CURRENT_MEASUREMENT = (
    _live("currentAdjustmentSlope", Whole(1, 7220), 722,
          "Gain of the current measurement; 722 = one", "Gain de la mesure de courant ; 722 = un", scope=Scope.OUTLET),
    _live("currentAdjustmentOffset", Whole(-1000, 1000), 0,
          "Offset of the current measurement", "Décalage de la mesure de courant", scope=Scope.OUTLET),
    _live("lowOvercurrentTolerance", TOLERANCE, 10, "Low overcurrent: tolerance", "Surintensité faible : tolérance"),
    _live("mediumOvercurrentTolerance", TOLERANCE, 25,
          "Medium overcurrent: tolerance", "Surintensité moyenne : tolérance"),
    _live("highOvercurrentTolerance", TOLERANCE, 70, "High overcurrent: tolerance", "Surintensité forte : tolérance"),
    _live("lowOvercurrentDelay", TRIP_DELAY, 1010,
          "Low overcurrent: time until the charge is stopped", "Surintensité faible : délai d'arrêt de la charge"),
    _live("mediumOvercurrentDelay", TRIP_DELAY, 5,
          "Medium overcurrent: time until the charge is stopped", "Surintensité moyenne : délai d'arrêt de la charge"),
    _live("highOvercurrentDelay", TRIP_DELAY, 1,
          "High overcurrent: time until the charge is stopped", "Surintensité forte : délai d'arrêt de la charge"),
    _live("iMaxStation", Whole(0, 128, "A"), 64, "Station overload: current", "Surcharge de la borne : courant"),
    _live("overloadDelay", TRIP_DELAY, 90,
          "Station overload: time until the charge is stopped", "Surcharge de la borne : délai d'arrêt de la charge"),
    _live("overloadTolerance", TOLERANCE, 18, "Station overload: tolerance", "Surcharge de la borne : tolérance"),
)
_AUTHENTICATION = (
    _kept("masterkeyAvailability", WORD, False, "Master badge exists", "Badge maître présent"),
    _kept("authenticationMode", CODE, 1, "Variant of authentication", "Variante d'authentification"),
)
_OCPP = (
    _kept("ocppBoxLocalSSL", DIGIT, False, "Local OCPP port over TLS", "Port OCPP local en TLS"),
    _kept("modemType", TEXT, "", "Model of the modem", "Modèle du modem"),
    _kept("isMeterValueSimulated", WORD, False, "Simulated meter values", "Relevés simulés"),
    _live("MeterValuesAlignedData", TEXT, "Energy.Active.Import.Register",
          "Measurands of clock-aligned messages", "Grandeurs des messages à heure ronde"),
    _live("MeterValuesSampledData", TEXT, "Energy.Active.Import.Register",
          "Measurands of sampled messages", "Grandeurs des messages périodiques"),
    _live("WebSocketPingInterval", SECONDS, 120, "Interval of websocket pings", "Intervalle des pings websocket"),
    _live("MinimumStatusDuration", SECONDS, 0, "Shortest status worth a message", "Durée minimale d'un état signalé"),
    _live("TransactionMessageRetryInterval", Whole(1, 86400, "s"), 60,
          "Wait between tries of a transaction message", "Attente entre essais d'un message de transaction"),
    _live("TransactionMessageAttempts", Whole(1, 100000), 500,
          "Tries of a transaction message", "Essais d'un message de transaction"),
    _kept("truncateBootNotificationsSerialNumbers", WORD, False,
          "Serial numbers shortened in BootNotification", "Numéros de série abrégés dans BootNotification"),
    _kept("clientHttpsOptions", TEXT, "DEFAULT", "TLS options of the OCPP client", "Options TLS du client OCPP"),
    _kept("lastAcceptedOcppCentralAddress", TEXT, "",
          "Last accepted boot: supervision", "Dernier démarrage accepté : supervision"),
    _kept("lastAcceptedBoxIdentity", TEXT, "",
          "Last accepted boot: identity", "Dernier démarrage accepté : identifiant"),
    _kept("lastAcceptedHeartBeatInterval", Whole(0, 2592000, "s"), 0,
          "Last accepted boot: heartbeat interval", "Dernier démarrage accepté : intervalle de battement"),
    _live("compressDiagnostic", DIGIT, True, "Diagnostics compressed", "Diagnostics compressés"),
    _kept("ocppEMDegradedModeEnabled", DIGIT, False,
          "Degraded currents when the energy manager is lost", "Courants de repli sans gestionnaire d'énergie"),
)
_REPORT_GLOBAL = (
    _live("Language", TEXT, "en-gb", "Language of the reports", "Langue des rapports"),
)
_REPORT_ALARM = (
    _live("AlarmEnabled", WORD, False, "Alarm mail: sent", "Courriel d'alarme : envoyé"),
    _live("AlarmAuthent", WORD, False,
          "Alarm mail: server asks for user name", "Courriel d'alarme : serveur avec authentification"),
    _live("AlarmLogin", TEXT, "", "Alarm mail: user name", "Courriel d'alarme : nom d'utilisateur"),
    _live("AlarmSender", Mailbox(), "", "Alarm mail: sender", "Courriel d'alarme : émetteur"),
    _live("AlarmServer", Host(("smtp", "smtps")), "", "Alarm mail: server", "Courriel d'alarme : serveur"),
    _live("AlarmPort", PORT, 587, "Alarm mail: port", "Courriel d'alarme : port"),
    _live("AlarmReceiver", Mailbox(several=True), "", "Alarm mail: recipient", "Courriel d'alarme : destinataire"),
)
_REPORT_HTTPS = (
    _kept("HttpsAuthent", DIGIT, False, "HTTPS server asks for user name", "Serveur HTTPS avec authentification"),
    _kept("HttpsLogin", TEXT, "", "HTTPS: user name", "HTTPS : nom d'utilisateur"),
    _kept("HttpsServer", TEXT, "", "HTTPS: server", "HTTPS : serveur"),
    _kept("HttpsPort", PORT, 80, "HTTPS: port", "HTTPS : port"),
    _kept("HttpsPath", TEXT, "/", "HTTPS: path", "HTTPS : chemin"),
    _kept("HttpsField", TEXT, "", "HTTPS: field name", "HTTPS : nom du champ"),
)
_SMTP = (
    _kept("authentication", WORD, False,
          "General mail: server asks for user name", "Courriel général : serveur avec authentification"),
    _kept("login", TEXT, "", "General mail: user name", "Courriel général : nom d'utilisateur"),
    _kept("sender", TEXT, "", "General mail: sender", "Courriel général : émetteur"),
    _kept("server", TEXT, "", "General mail: server", "Courriel général : serveur"),
    _kept("port", PORT, 587, "General mail: port", "Courriel général : port"),
    _kept("receiver", TEXT, "", "General mail: recipient", "Courriel général : destinataire"),
)
_UPDATE_GLOBAL = (
    _kept("GlobalFWUpdateProtocol", CODE, 0, "Update: protocol", "Mise à jour : protocole"),
    _kept("DefaultPackageName", TEXT, "evse", "Update: name of a package", "Mise à jour : nom d'un paquet"),
)
_UPDATE_HTTP = (
    _kept("HttpLogin", TEXT, "", "Update over HTTP: user name", "Mise à jour par HTTP : nom d'utilisateur"),
    _kept("HttpServerAddr", TEXT, "192.168.0.101", "Update over HTTP: server", "Mise à jour par HTTP : serveur"),
    _kept("HttpPort", PORT, 80, "Update over HTTP: port", "Mise à jour par HTTP : port"),
    _kept("HttpPath", TEXT, "", "Update over HTTP: path", "Mise à jour par HTTP : chemin"),
)
_UPDATE_FTP = (
    _kept("FtpLogin", TEXT, "", "Update over FTP: user name", "Mise à jour par FTP : nom d'utilisateur"),
    _kept("FtpServerAddr", TEXT, "", "Update over FTP: server", "Mise à jour par FTP : serveur"),
    _kept("FtpPort", PORT, 21, "Update over FTP: port", "Mise à jour par FTP : port"),
    _kept("FtpPath", TEXT, "", "Update over FTP: path", "Mise à jour par FTP : chemin"),
)
_UPDATE_TFTP = (
    _kept("TftpServerAddr", TEXT, "", "Update over TFTP: server", "Mise à jour par TFTP : serveur"),
    _kept("TftpPath", TEXT, "", "Update over TFTP: path", "Mise à jour par TFTP : chemin"),
)
# fmt: on

_SECTIONS = (
    ("FUNCTIONAL", _FUNCTIONAL),
    ("ENERGY", _ENERGY),
    ("HISTORY", _HISTORY),
    ("PROXY", _PROXY),
    ("EVLINK ENERGY", _EVLINK_ENERGY),
    ("ENERGY SHARING", _ENERGY_SHARING),
    ("CURRENT MEASUREMENT", _CURRENT_MEASUREMENT),
    ("AUTHENTICATION", _AUTHENTICATION),
    ("OCPP", _OCPP),
    ("REPORT GLOBAL", _REPORT_GLOBAL),
    ("REPORT ALARM", _REPORT_ALARM),
    ("REPORT HTTPS", _REPORT_HTTPS),
    ("SMTP", _SMTP),
    ("UPDATE GLOBAL", _UPDATE_GLOBAL),
    ("UPDATE HTTP", _UPDATE_HTTP),
    ("UPDATE FTP", _UPDATE_FTP),
    ("UPDATE TFTP", _UPDATE_TFTP),
)


def snake(name: str) -> str:
    """A key of the .cfg in snake case: `SM3MaxCurrent` is `sm3_max_current`."""
    parted = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", parted).lower()


def _setting(section: str, row: _Key) -> Setting:
    """The declaration of one key of a section of the .cfg."""
    code = {WORD: Code.WORD, DIGIT: Code.DIGIT}.get(row.kind, Code.PLAIN) if isinstance(row.kind, Flag) else Code.PLAIN
    return Setting(
        f"internal.{section.lower().replace(' ', '_')}.{snake(row.key)}",
        row.label,
        row.kind,
        INTERNAL,
        factory=row.factory,
        admin=Right.READ if row.store is Store.FACT else Right.WRITE,
        scope=row.scope,
        store=row.store,
        cfg=Cfg(section, row.key, code, blank=UNDEFINED if row.factory == UNDEFINED else None),
        carried=row.carried,
    )


SETTINGS: tuple[Setting, ...] = tuple(_setting(section, row) for section, rows in _SECTIONS for row in rows)
