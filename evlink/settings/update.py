"""The versions that Maintenance / Update shows (R-230); facts, which nobody sets."""

from __future__ import annotations

from evlink.settings.conditions import HAS_READER
from evlink.settings.kinds import Text, Whole
from evlink.settings.label import Label
from evlink.settings.model import FromFact, Right, Scope, Setting, Store
from evlink.settings.tabs import UPDATE

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "maintenance.update.outlet",
        Label("Outlets", "Prises"),
        Whole(0, 255),
        UPDATE,
        factory=FromFact("board_octet"),
        admin=Right.READ,
        scope=Scope.OUTLET,
        store=Store.FACT,
        note=Label(
            "Last octet of the address of the outlet's board.", "Dernier octet de l'adresse de la carte de la prise."
        ),
    ),
    Setting(
        "maintenance.update.board_version",
        Label("Electronic board", "Carte électronique"),
        Text(),
        UPDATE,
        factory=FromFact("board_version"),
        admin=Right.READ,
        scope=Scope.OUTLET,
        store=Store.FACT,
        note=Label("Software of the outlet's board.", "Logiciel de la carte de la prise."),
    ),
    Setting(
        "maintenance.update.tool_version",
        Label("Commissioning tool", "Outil de mise en service"),
        Text(),
        UPDATE,
        factory=FromFact("tool_version"),
        admin=Right.READ,
        scope=Scope.OUTLET,
        store=Store.FACT,
        note=Label("Version of this tool.", "Version de cet outil."),
    ),
    Setting(
        "maintenance.update.rfid_reader_version",
        Label("RFID reader", "Lecteur RFID"),
        Text(),
        UPDATE,
        factory=FromFact("rfid_reader_version"),
        admin=Right.READ,
        scope=Scope.OUTLET,
        store=Store.FACT,
        visible=HAS_READER,
        note=Label("Software of the RFID reader.", "Logiciel du lecteur RFID."),
    ),
)
