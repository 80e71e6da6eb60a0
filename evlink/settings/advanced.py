"""The settings of Energy management / Advanced settings (R-131 to R-134)."""

from __future__ import annotations

from evlink.settings.conditions import TWO_OUTLETS, Is
from evlink.settings.kinds import Choice, Option
from evlink.settings.label import Label
from evlink.settings.model import WITH_INPUTS, Cfg, Setting
from evlink.settings.tabs import ADVANCED
from evlink.settings.words import YES_NO

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "energy_management.advanced.load_balancing",
        Label("Load balancing", "Equilibrage des charges"),
        Choice(
            (
                Option("disabled", Label("Disabled", "Désactiver")),
                Option("enabled", Label("Enabled", "Activée")),
            )
        ),
        ADVANCED,
        factory="enabled",
        models=WITH_INPUTS,
        visible=TWO_OUTLETS,
        note=Label(
            "The two outlets share the current of the station, so that its breaker does not trip.",
            "Les deux prises se partagent le courant de la borne, pour que son disjoncteur ne déclenche pas.",
        ),
    ),
    Setting(
        "energy_management.advanced.load_shedding_order",
        Label("Load-shedding order", "Ordre de délestage"),
        Choice(
            (
                Option("charge_duration", Label("Charge duration", "Durée de charge"), "1"),
                Option("energy_delivered", Label("Energy delivered", "Energie délivrée"), "0"),
            )
        ),
        ADVANCED,
        factory="charge_duration",
        models=WITH_INPUTS,
        visible=Is("energy_management.advanced.load_balancing", "enabled"),
        cfg=Cfg("ENERGY SHARING", "loadSheddingPriority"),
        note=Label(
            "Which of two charges gives way: the one that began first, or the one that has had most energy.",
            "Laquelle de deux charges cède : la première commencée, ou celle qui a reçu le plus d'énergie.",
        ),
    ),
    Setting(
        "energy_management.advanced.external_system_control",
        Label("Control by an external system", "Contrôle par un système externe"),
        YES_NO,
        ADVANCED,
        factory=False,
        note=Label(
            "A supervision or a building manager may set the station's current at run time.",
            "Une supervision ou une gestion de bâtiment peut régler le courant de la borne en marche.",
        ),
    ),
)
