"""The supervision's part of a run: its configuration from the settings, and its word in the status document."""

from __future__ import annotations

from typing import Any

from evlink import __version__
from evlink.hardware.facts import Facts
from evlink.ocpp.link import SupervisionConfig, SupervisionState
from evlink.settings.values import Values

VERSIONS = {"ocpp_1_5": "1.5", "ocpp_1_6": "1.6"}
VENDOR = "EVlink"


def supervision_config(values: Values, board: Facts) -> SupervisionConfig | None:
    """What the supervision's task is started with; None on a stand-alone station (R-061)."""
    if values.get("configuration.general.station_type") != "supervision":
        return None

    def setting(name: str) -> Any:
        return values.get(f"configuration.supervision.{name}")

    def internal(name: str) -> int:
        return int(values.get(f"internal.ocpp.{name}"))

    return SupervisionConfig(
        url=str(setting("supervision_url")),
        identity=str(setting("box_identity")),
        version=VERSIONS[str(setting("ocpp_version"))],
        vendor=VENDOR,
        model=board.product.commercial_ref,
        serial_number=board.outlets[0].serial_part1,
        firmware=__version__,
        connectors=board.station.outlets,
        default_id_tag=str(setting("default_id_tag")),
        meter_sample_interval_s=int(setting("meter_sample_interval")),
        call_timeout_s=float(setting("connection_timeout")),
        ping_interval_s=internal("web_socket_ping_interval"),
        retry_interval_s=internal("transaction_message_retry_interval"),
        retry_attempts=internal("transaction_message_attempts"),
        minimum_status_duration_s=internal("minimum_status_duration"),
    )


def supervision_word(state: SupervisionState, queue: int) -> dict[str, Any]:
    """The link in the status document."""
    return {
        "connected": state.connected,
        "url": state.url,
        "protocol": state.protocol,
        "queue": queue,
        "registration": state.registration,
        "last_error": state.last_error,
    }
