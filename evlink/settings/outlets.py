"""The settings of Energy management / Outlets (R-135 to R-158)."""

from __future__ import annotations

from evlink.settings.conditions import TWO_OUTLETS, All, Always, Is
from evlink.settings.facts import Model
from evlink.settings.kinds import Choice, Option, Whole
from evlink.settings.label import Label, both
from evlink.settings.model import WALLBOX, WITH_INPUTS, Cfg, FromFact, Right, Scope, Setting, Store
from evlink.settings.tabs import OUTLETS
from evlink.settings.words import TICKED

CONTACT = Choice(
    (
        Option("normally_open", Label("Normally open", "Normalement ouvert")),
        Option("normally_closed", Label("Normally closed", "Normalement fermé")),
    )
)

SHARING = Is("energy_management.advanced.load_balancing", "enabled")
"""Where City and Parking have minimum currents (R-138)."""

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "energy_management.outlets.station_max_current",
        Label("Station maximum current", "Courant nominal de la borne"),
        Whole(0, 64, "A"),
        OUTLETS,
        factory=64,
        models=WITH_INPUTS,
        visible=All(TWO_OUTLETS, Is("energy_management.advanced.load_balancing", "enabled")),
        cfg=Cfg("ENERGY", "maxIntensityStation"),
        note=Label(
            "What both outlets share. Leave each outlet at its rated current.",
            "Ce que les deux prises se partagent. Laisser chaque prise à son courant nominal.",
        ),
    ),
    Setting(
        "energy_management.outlets.outlet_location",
        Label("Location on the station", "Localisation sur la borne"),
        Choice(
            (
                Option("1", Label("1 (right)", "1")),
                Option("2", Label("2 (left)", "2")),
            )
        ),
        OUTLETS,
        factory=FromFact("outlet"),
        admin=Right.READ,
        models=WITH_INPUTS,
        scope=Scope.OUTLET,
        store=Store.FACT,
        note=Label("1 is on the right, 2 on the left.", "1 est à droite, 2 à gauche."),
    ),
    Setting(
        "energy_management.outlets.socket_type",
        Label("Socket type", "Type de prise"),
        Choice(
            (
                Option("t2", Label("T2 socket, or attached cable with T2 connector", "T2")),
                Option("t3", Label("T3 socket", "T3")),
                Option("te", Label("Domestic socket, type E", "TE")),
                Option("t2_te", Label("One charge point with both a T2 and a type E socket", "T2 - TE")),
                Option("t1", Label("Attached cable with T1 connector", "T1")),
            )
        ),
        OUTLETS,
        factory=FromFact("socket_type"),
        admin=Right.READ,
        scope=Scope.OUTLET,
        store=Store.FACT,
        note=Label("What the outlet was built with.", "Ce dont la prise est équipée."),
    ),
    Setting(
        "energy_management.outlets.rated_current",
        Label("Rated charging current", "Courant nominal de charge"),
        Whole(0, 63, "A"),
        OUTLETS,
        factory=FromFact("rated_current"),
        admin=Right.READ,
        scope=Scope.OUTLET,
        store=Store.FACT,
        cfg=Cfg("ENERGY", "currentPH1"),
        note=Label("The most that the outlet can deliver.", "Le maximum que la prise peut délivrer."),
    ),
    Setting(
        "energy_management.outlets.derated_current",
        Label("Derated rated charging current", "Courant nominal de charge déclassé"),
        Whole(0, 63, "A"),
        OUTLETS,
        factory=FromFact("rated_current"),
        scope=Scope.OUTLET,
        cfg=Cfg("ENERGY", "maxIntensitySocket"),
        note=Label(
            "The most that the outlet may deliver. Small values work as 0 A.",
            "Le maximum que la prise est autorisée à délivrer. Les petites valeurs valent 0 A.",
        ),
        warning=Label(
            "Only someone who knows the electrical installation may change this; "
            "whatever is set, the breaker upstream has to protect the supply cable.",
            "Seule une personne qui connaît l'installation électrique peut modifier ceci ; "
            "quel que soit le réglage, le disjoncteur amont doit protéger le câble d'alimentation.",
        ),
        bound_by="energy_management.outlets.rated_current",
        floors={Model.PARKING: SHARING, Model.CITY: SHARING, Model.WALLBOX: Always()},
    ),
    Setting(
        "energy_management.outlets.in1_function",
        Label("Input In1 function", "Fonction In-1"),
        Choice(
            (
                Option("unused", Label("Not used", "Non utilisé"), "0"),
                Option(
                    "protection_state",
                    Label(
                        "State of the protection devices wired to the board",
                        "Protection devices State connected to the board",
                    ),
                    "1",
                    models=frozenset((Model.PARKING,)),
                ),
                Option("load_shedding", both("Load-shedding input"), "2"),
            )
        ),
        OUTLETS,
        factory="unused",
        models=WITH_INPUTS,
        scope=Scope.OUTLET,
        cfg=Cfg("FUNCTIONAL", "isolatedInput1"),
        note=Label(
            "What the first input does. City has an input of its own for the breaker.",
            "Ce que fait la première entrée. City a une entrée propre pour le disjoncteur.",
        ),
    ),
    Setting(
        "energy_management.outlets.in1_normally_open",
        Label("In1 normally open", "Normalement ouvert"),
        TICKED,
        OUTLETS,
        factory=True,
        models=WITH_INPUTS,
        scope=Scope.OUTLET,
        note=Label(
            "Ticked: active while the contact is closed. Not ticked: active while it is open.",
            "Cochée : active contact fermé. Non cochée : active contact ouvert.",
        ),
    ),
    Setting(
        "energy_management.outlets.load_shedding_setpoint",
        Label("Load-shedding set point", "Consigne de délestage"),
        Whole(0, 63, "A"),
        OUTLETS,
        factory=0,
        models=WITH_INPUTS,
        scope=Scope.OUTLET,
        cfg=Cfg("FUNCTIONAL", "loadSheddingSetPoint"),
        note=Label(
            "The current left while the load-shedding input is active. Small values work as 0 A.",
            "Le courant laissé quand l'entrée de délestage est active. Les petites valeurs valent 0 A.",
        ),
        bound_by="energy_management.outlets.derated_current",
        floors={Model.PARKING: SHARING, Model.CITY: SHARING},
    ),
    Setting(
        "energy_management.outlets.in2_function",
        Label("Input In2 function", "Fonction In-2"),
        Choice(
            (
                Option("unused", Label("Not used", "Non utilisé"), "0"),
                Option("conditional_start", Label("Conditional outgoing line", "Conditional_Outgoing line"), "1"),
            )
        ),
        OUTLETS,
        factory="unused",
        models=WITH_INPUTS,
        scope=Scope.OUTLET,
        cfg=Cfg("FUNCTIONAL", "isolatedInput2"),
        note=Label(
            "Conditional line: the input must be active for a charge to start and go on.",
            "Ligne conditionnelle : l'entrée doit être active pour qu'une charge commence et continue.",
        ),
    ),
    Setting(
        "energy_management.outlets.in2_normally_open",
        Label("In2 normally open", "Normalement ouvert"),
        TICKED,
        OUTLETS,
        factory=True,
        models=WITH_INPUTS,
        scope=Scope.OUTLET,
        note=Label(
            "Ticked: active while the contact is closed. Not ticked: active while it is open.",
            "Cochée : active contact fermé. Non cochée : active contact ouvert.",
        ),
    ),
    Setting(
        "energy_management.outlets.delayed_start_contact",
        Label("Delayed charge start", "Démarrage de charge différé"),
        CONTACT,
        OUTLETS,
        factory="normally_open",
        models=WALLBOX,
        scope=Scope.OUTLET,
        note=Label(
            "Normally open: the charge waits while the contact is closed. Leave so where nothing is wired.",
            "Normalement ouvert : la charge attend contact fermé. À laisser ainsi si rien n'est câblé.",
        ),
    ),
    Setting(
        "energy_management.outlets.current_limit_contact",
        Label("Local control of the temporary current limit", "Contrôle local de la limitation de courant temporaire"),
        CONTACT,
        OUTLETS,
        factory="normally_open",
        models=WALLBOX,
        scope=Scope.OUTLET,
        note=Label(
            "Normally open: the current is limited while the contact is closed. Leave so where nothing is wired.",
            "Normalement ouvert : le courant est limité contact fermé. À laisser ainsi si rien n'est câblé.",
        ),
    ),
    Setting(
        "energy_management.outlets.current_limit_value",
        Label("Temporary local current limit value", "Valeur de la limitation locale de courant temporaire"),
        Whole(0, 63, "A"),
        OUTLETS,
        factory=0,
        models=WALLBOX,
        scope=Scope.OUTLET,
        cfg=Cfg("FUNCTIONAL", "loadSheddingSetPoint"),
        note=Label(
            "The current left while the limit is active. Small values work as 0 A.",
            "Le courant laissé quand la limitation est active. Les petites valeurs valent 0 A.",
        ),
        bound_by="energy_management.outlets.derated_current",
        floors={Model.WALLBOX: Always()},
    ),
)
