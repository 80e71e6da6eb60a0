"""The settings of Configuration / General (R-056 to R-084)."""

from __future__ import annotations

from evlink.settings.conditions import HAS_KEY_LOCK, HAS_READER, All, Always, Is, Not
from evlink.settings.facts import Model
from evlink.settings.kinds import Choice, Flag, Option, Text, Whole
from evlink.settings.label import Label, both
from evlink.settings.model import WALLBOX, Case, Cfg, Code, FromFact, Right, Setting
from evlink.settings.tabs import GENERAL
from evlink.settings.words import YES_NO

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "configuration.general.station_name",
        Label("Charging station name", "Nom de la borne de recharge"),
        Text(
            30, 1, r"[A-Z0-9 +]{1,30}", Label("A to Z, 0 to 9, space or +", "A à Z, 0 à 9, espace ou +"), lenient=True
        ),
        GENERAL,
        factory=FromFact("serial_number"),
        cfg=Cfg("FUNCTIONAL", "stationName"),
        note=Label(
            "Announced on the network and shown beside the station's state; tells stations apart.",
            "Annoncé sur le réseau et affiché à côté de l'état ; permet de distinguer les bornes.",
        ),
    ),
    Setting(
        "configuration.general.station_type",
        Label("Station type", "Type de Station"),
        Choice(
            (
                Option("standalone", Label("Stand-alone", "Autonome"), "0"),
                Option("supervision", both("Supervision"), "2"),
            )
        ),
        GENERAL,
        factory="standalone",
        user=Right.READ,
        cfg=Cfg("AUTHENTICATION", "supervisionSystem"),
        note=Label(
            "Stand-alone: on no network. Supervision: on a local network, under OCPP supervision, or both.",
            "Autonome : sur aucun réseau. Supervision : sur un réseau local, sous supervision OCPP, ou les deux.",
        ),
    ),
    Setting(
        "configuration.general.external_control",
        Label("Controlled by an external system", "Contrôlé par un système externe"),
        YES_NO,
        GENERAL,
        factory=False,
        user=Right.WRITE,
        visible=Not(HAS_READER),
        cfg=Cfg("AUTHENTICATION", "ControlChargeByRemoteCommand", Code.WORD),
        note=Label(
            "Pay as you go without a reader: a charge waits until the supervision passes on an authorisation. With No, "
            "remote starts are refused.",
            "Paiement à l'usage sans lecteur : la charge attend l'autorisation transmise par la supervision. Avec Non, "
            "les démarrages à distance sont refusés.",
        ),
    ),
    Setting(
        "configuration.general.authentication_by",
        Label("Authentication performed by (without OCPP)", "Authentification réalisée par"),
        Choice(
            (
                Option("station", Label("Charging station", "Station de recharge"), "0"),
                Option("disabled", Label("Disabled", "Désactiver"), "1"),
                Option("remote", Label("Remote", "Distante"), "3"),
            )
        ),
        GENERAL,
        factory=(
            Case(HAS_READER, "station"),
            Case(Always(), "disabled"),
        ),
        user=Right.WRITE,
        visible=Is("configuration.general.station_type", "standalone"),
        cfg=Cfg("AUTHENTICATION", "authenticationManager"),
        note=Label(
            "Station: its own badge list. Disabled: free access. Remote: a system other than OCPP decides.",
            "Station : sa liste de badges. Désactiver : accès libre. Distante : un système autre qu'OCPP décide.",
        ),
    ),
    Setting(
        "configuration.general.authentication_by_ocpp",
        Label("Authentication performed by (with OCPP)", "Authentification réalisée par"),
        Choice(
            (
                Option("supervision", both("Supervision"), "2"),
                Option("station", Label("Charging station", "Station de recharge"), "0"),
                Option("disabled", Label("Disabled", "Désactiver"), "1"),
            )
        ),
        GENERAL,
        factory="supervision",
        user=Right.WRITE,
        visible=Is("configuration.general.station_type", "supervision"),
        cfg=Cfg("AUTHENTICATION", "authenticationManager"),
        note=Label(
            "Supervision: it decides who may charge. Station: the local badge list. Disabled: free access.",
            "Supervision : elle décide. Station : la liste locale de badges. Désactiver : accès libre.",
        ),
    ),
    Setting(
        "configuration.general.unknown_badge_strategy",
        Label("Authentication strategy (without OCPP)", "Stratégie d'authentification"),
        Choice(
            (
                Option("reject_unknown", Label("Reject unknown badges", "Rejeter les badges inconnus"), "false"),
                Option("allow_all", Label("Allow all badges", "Autoriser tous les badges"), "true"),
            )
        ),
        GENERAL,
        factory="allow_all",
        user=Right.WRITE,
        visible=All(
            Is("configuration.general.station_type", "standalone"),
            Is("configuration.general.authentication_by", "station"),
        ),
        cfg=Cfg("AUTHENTICATION", "enableUnknownUser"),
        note=Label(
            "What happens with a badge that is not in the local list.",
            "Ce qui arrive à un badge absent de la liste locale.",
        ),
    ),
    Setting(
        "configuration.general.comms_loss_strategy",
        Label(
            "Authentication strategy on loss of communication (with OCPP)",
            "Stratégie d'authentification en cas de perte de communication",
        ),
        Choice(
            (
                Option("reject_all", Label("Reject all badges", "Rejeter tous les badges")),
                Option("allow_all", Label("Allow all badges", "Autoriser tous les badges")),
                Option("disabled", Label("Disabled", "Désactiver")),
            )
        ),
        GENERAL,
        factory="allow_all",
        user=Right.WRITE,
        visible=Is("configuration.general.station_type", "supervision"),
        note=Label(
            "Who may charge without the supervision. Reject all admits cached badges; disabled turns the reader off.",
            "Qui peut charger sans la supervision. Rejeter admet les badges en cache ; désactiver éteint le lecteur.",
        ),
    ),
    Setting(
        "configuration.general.authentication_timeout",
        Label("Authentication timeout (with OCPP)", "Authentication timeout"),
        Whole(0, 999, "s"),
        GENERAL,
        factory=10,
        user=Right.READ,
        visible=Is("configuration.general.station_type", "supervision"),
        cfg=Cfg("AUTHENTICATION", "rfidStatusTimeout"),
        note=Label(
            "How long the answer of the supervision is awaited; the driver may plug in meanwhile.",
            "Durée d'attente de la réponse de la supervision ; le conducteur peut se brancher entre-temps.",
        ),
    ),
    Setting(
        "configuration.general.front_button_enabled",
        Label("Front button enabled", "Activation du bouton en face avant"),
        YES_NO,
        GENERAL,
        factory=(
            Case(HAS_KEY_LOCK, True),
            Case(Always(), False),
        ),
        user=Right.READ,
        models=WALLBOX,
        cfg=Cfg("HMI CONTROL", "EnableSuspendChargeByButton", Code.WORD),
        note=Label(
            "The front button may stop a charge and start it again.",
            "Le bouton en face avant peut arrêter une charge et la relancer.",
        ),
    ),
    Setting(
        "configuration.general.station_location",
        Label("Charging station location", "Localisation de la borne de recharge"),
        Choice(
            (
                Option("indoor", Label("Indoor", "Intérieure"), "false"),
                Option("outdoor", Label("Outdoor", "Extérieure"), "true"),
            )
        ),
        GENERAL,
        factory="indoor",
        user=Right.READ,
        cfg=Cfg("FUNCTIONAL", "localisation"),
        note=Label(
            "Indoors a vehicle that needs ventilation is not charged, unless the station drives it: then outdoor.",
            "À l'intérieur, pas de charge exigeant la ventilation, sauf si la borne la commande : alors extérieure.",
        ),
        warning=Label(
            "Indoors, choose Outdoor only where the station drives the building's ventilation.",
            "À l'intérieur, ne choisir Extérieure que si la borne commande la ventilation du bâtiment.",
        ),
    ),
    Setting(
        "configuration.general.allow_cable_left",
        Label("Allow the cable to stay connected", "Autoriser à laisser le câble connecté"),
        Flag(),
        GENERAL,
        factory=False,
        user=Right.WRITE,
        models=frozenset((Model.PARKING,)),
        cfg=Cfg("FUNCTIONAL", "allowPluggedCable", Code.WORD),
        note=Label(
            "No notification when the cable stays after the vehicle has left. The cable is not kept locked.",
            "Pas de notification quand le câble reste après le départ du véhicule. Le câble n'est pas verrouillé.",
        ),
        warning=Label(
            "A cable that is not locked may be stolen.",
            "Un câble non verrouillé peut être volé.",
        ),
        hidden_fixed={Model.CITY: False, Model.WALLBOX: True},
    ),
)
