"""The settings of Configuration / Date and time (R-085 to R-089)."""

from __future__ import annotations

from evlink.settings.conditions import Is
from evlink.settings.kinds import Choice, Option
from evlink.settings.label import Label
from evlink.settings.model import Cfg, Right, Setting, Store
from evlink.settings.places import Host, Moment, Zone
from evlink.settings.tabs import DATE_TIME

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "configuration.date_time.clock_source",
        Label("Date/time", "Date/heure"),
        Choice(
            (
                Option("manual", Label("Manually", "Manuellement"), "false"),
                Option("ntp", Label("Time server (NTP)", "Serveur de temps (NTP)"), "true"),
            )
        ),
        DATE_TIME,
        factory="manual",
        user=Right.WRITE,
        cfg=Cfg("TIME", "useAutoTimeManagement"),
        note=Label("A time server needs Internet access.", "Un serveur de temps demande un accès à Internet."),
    ),
    Setting(
        "configuration.date_time.manual_datetime",
        Label("Set the date and time", "Définissez la date et l'heure"),
        Moment(),
        DATE_TIME,
        user=Right.WRITE,
        store=Store.ACTION,
        visible=Is("configuration.date_time.clock_source", "manual"),
        note=Label("Sets the station's clock once.", "Règle l'horloge de la borne une fois."),
    ),
    Setting(
        "configuration.date_time.ntp_server",
        Label("Time server (NTP) address", "Adresse du serveur de temps (NTP)"),
        Host(max_length=200),
        DATE_TIME,
        factory="pool.ntp.org",
        user=Right.WRITE,
        visible=Is("configuration.date_time.clock_source", "ntp"),
        cfg=Cfg("TIME", "timeServerName"),
        note=Label(
            "Name or address; network, DNS and firewall have to let it through.",
            "Nom ou adresse ; le réseau, le DNS et le pare-feu doivent le permettre.",
        ),
    ),
    Setting(
        "configuration.date_time.timezone",
        Label("Time zone", "Fuseau horaire"),
        Zone(),
        DATE_TIME,
        factory="UTC",
        user=Right.WRITE,
        cfg=Cfg("TIME", "timezone"),
        note=Label(
            "The zone in which times are shown and reports are due.",
            "Le fuseau dans lequel les heures s'affichent et les rapports partent.",
        ),
    ),
)
