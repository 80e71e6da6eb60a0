"""The station's facts for the settings, from those of its board."""

from __future__ import annotations

from dataclasses import asdict

from evlink import __version__
from evlink.hardware import facts as board
from evlink.settings.facts import Facts, Model


def settings_facts(facts: board.Facts) -> Facts:
    """What the settings need of a board's facts."""
    outlets = facts.outlets
    return Facts(
        model=Model(facts.station.model),
        outlet_count=facts.station.outlets,
        has_rfid_reader=facts.station.rfid_reader,
        has_key_lock=facts.station.key_lock,
        has_wifi_card=facts.station.wifi_card,
        phases=facts.station.phases,
        delivered_firmware=facts.station.delivered_firmware,
        serial_number=facts.serial_number(),
        rated_current=tuple(o.rated_current for o in outlets),
        socket_type=tuple(SOCKETS.get(o.socket_type, o.socket_type.lower()) for o in outlets),
        attached_cable=tuple(facts.station.attached_cable for _ in outlets),
        mac_address=facts.product.mac,
        board_version=tuple(__version__ for _ in outlets),
        tool_version=tuple(__version__ for _ in outlets),
    )


SOCKETS = {"TYPE1": "t1", "TYPE2": "t2", "TYPE3": "t3", "DOMESTIC": "te", "TYPE2_DOMESTIC": "t2_te"}


def station_columns(facts: board.Facts) -> tuple[str, ...]:
    """The station column of charge records, one an outlet (R-193)."""
    return tuple(facts.station_column(o.id) for o in facts.outlets)


def document(facts: Facts) -> dict[str, object]:
    """The facts as `hello` tells them."""
    return {key: value.value if isinstance(value, Model) else value for key, value in asdict(facts).items()}
