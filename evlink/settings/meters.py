"""The settings of Energy management / Energy meters (R-159 to R-171)."""

from __future__ import annotations

from evlink.settings import meter_registers
from evlink.settings.conditions import In, Is
from evlink.settings.kinds import Choice, Option, Whole
from evlink.settings.label import Label, both
from evlink.settings.model import Cfg, Right, Scope, Setting
from evlink.settings.tabs import METERS

EXTERNAL = In("energy_management.meters.meter_type", ("iem3x5x", "iem2155", "generic_mono", "generic_tri"))
"""A meter is fitted: anything but the built-in transformers."""

_ORDERS = ((1, 2, 3), (1, 3, 2), (2, 3, 1), (2, 1, 3), (3, 2, 1), (3, 1, 2))
PHASES = Choice(
    (
        *(
            Option(f"phase_{a}_{b}_{c}", both(f"Phase {a} - Phase {b} - Phase {c}"), str(code))
            for code, (a, b, c) in enumerate(_ORDERS, 1)
        ),
        *(
            Option(f"phase_{a}", Label(f"Phase {a} alone", f"Phase {a} seule"), str(len(_ORDERS) + a))
            for a in (1, 2, 3)
        ),
    )
)
"""The orders in which three phases may reach three terminals, and one phase the first of them (N-47)."""

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "energy_management.meters.phase_neutral_voltage",
        Label("Measured phase-neutral voltage", "Tension phase neutre mesurée"),
        Whole(175, 276, "V"),
        METERS,
        factory=230,
        note=Label(
            "Measured on site; energy is counted with it where no meter is fitted or none answers.",
            "Mesurée sur place ; sert à compter l'énergie sans compteur, ou quand il ne répond pas.",
        ),
    ),
    Setting(
        "energy_management.meters.meter_type",
        Label("Meter", "Compteur"),
        Choice(
            (
                Option("iem3x5x", Label("iEM3x5x", "IEM_3x5x"), "1"),
                Option("iem2155", Label("iEM2155 (single-phase chargers only)", "IEM2155"), "2"),
                Option("internal_ct", Label("Built-in current transformers", "TC interne"), "5"),
                Option("generic_mono", Label("Generic meter, single-phase", "Meter generic mono"), "3"),
                Option("generic_tri", Label("Generic meter, three-phase", "Meter generic tri"), "4"),
            )
        ),
        METERS,
        factory="internal_ct",
        user=Right.READ,
        scope=Scope.OUTLET,
        cfg=Cfg("ENERGY", "StationMeterType"),
        note=Label(
            "The outlet's meter; built-in transformers need no meter.",
            "Le compteur de la prise ; les transformateurs internes n'en demandent pas.",
        ),
    ),
    Setting(
        "energy_management.meters.protocol",
        Label("Power meter communication protocol", "Protocole de communication avec le compteur d'énergie"),
        Choice(
            (
                Option("modbus_rtu", both("Modbus RTU"), "1"),
                Option("modbus_tcp", both("Modbus TCP"), "2"),
            )
        ),
        METERS,
        factory="modbus_rtu",
        scope=Scope.OUTLET,
        visible=EXTERNAL,
        cfg=Cfg("ENERGY", "StationMeterProtocol"),
        note=Label("How the meter is reached.", "Comment le compteur est joint."),
    ),
    Setting(
        "energy_management.meters.rtu_address",
        Label("Power meter RTU address", "Power Meter RTU Address"),
        Whole(2, 255),
        METERS,
        factory=2,
        scope=Scope.OUTLET,
        visible=Is("energy_management.meters.protocol", "modbus_rtu"),
        cfg=Cfg("ENERGY", "StationMeterRTUAddress"),
        note=Label(
            "The meter's address on the serial line; Modbus itself ends at 247.",
            "L'adresse du compteur sur la liaison série ; Modbus s'arrête à 247.",
        ),
    ),
    Setting(
        "energy_management.meters.gateway_address",
        both("Power meter gateway address"),
        Whole(130, 162),
        METERS,
        factory=130,
        scope=Scope.OUTLET,
        visible=Is("energy_management.meters.protocol", "modbus_tcp"),
        cfg=Cfg("ENERGY", "StationMeterGatewayAddress", rare=True),
        note=Label(
            "The last number of the gateway's address in the station's network.",
            "Le dernier nombre de l'adresse de la passerelle dans le réseau de la borne.",
        ),
    ),
    Setting(
        "energy_management.meters.meter_phases_connection",
        Label("Power meter phases connection (PM1 - PM2 - PM3)", "Power Meter Phases Connection"),
        PHASES,
        METERS,
        factory="phase_1_2_3",
        scope=Scope.OUTLET,
        visible=EXTERNAL,
        cfg=Cfg("ENERGY", "PowerMeterPhasesConnection"),
        note=Label(
            "Which phase of the mains reaches each terminal of the meter.",
            "Quelle phase du réseau arrive à chaque borne du compteur.",
        ),
    ),
    Setting(
        "energy_management.meters.terminal_phases_connection",
        Label(
            "Network phases on the contactor terminals (Term 1 - Term 2 - Term 3)",
            "Network electrical phases connected",
        ),
        PHASES,
        METERS,
        factory="phase_1_2_3",
        scope=Scope.OUTLET,
        visible=EXTERNAL,
        cfg=Cfg("ENERGY", "TerminalPhasesConnection"),
        note=Label(
            "Which phase of the mains reaches each terminal of the contactor.",
            "Quelle phase du réseau arrive à chaque borne du contacteur.",
        ),
    ),
    *meter_registers.SETTINGS,
)
