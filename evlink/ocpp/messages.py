"""The building of payloads: the station's records in OCPP 1.6's words, and its answers read back. No I/O."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ocpp.v16 import call  # type: ignore[import-untyped]

from evlink.domain.record import (
    TransactionEnded,
    TransactionMessage,
    TransactionSampled,
    TransactionStarted,
)
from evlink.domain.text import clean
from evlink.ocpp.config import SupervisionConfig
from evlink.ocpp.link import Answer
from evlink.ocpp.samples import Lists, meter_values, timestamp
from evlink.ocpp.states import ConnectorState

REASONS = frozenset(
    {
        "DeAuthorized",
        "EmergencyStop",
        "EVDisconnected",
        "HardReset",
        "Local",
        "Other",
        "PowerLoss",
        "Reboot",
        "Remote",
        "SoftReset",
        "UnlockCommand",
    }
)
LONGEST_ID_TAG = 20


def read_time(text: str) -> datetime | None:
    """A supervision's time as aware UTC, None where it is no time between the years 2000 and 2100."""
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            at = at.replace(tzinfo=UTC)
        at = at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return at if 2000 <= at.year < 2100 else None


def normal_id_tag(text: str) -> str | None:
    """An idTag in one spelling, None where it is empty or longer than 20 characters.

    idTags are compared without regard to case (CiString20Type, OCPP 1.6 section 7.28), so they are kept in upper
    case; separators stay, for they are the supervision's own.
    """
    tag = clean(text).strip().upper()
    return tag if 1 <= len(tag) <= LONGEST_ID_TAG else None


def boot_notification(config: SupervisionConfig) -> Any:
    """BootNotification.req (OCPP 1.6 section 6.3): names cut to 20, serial numbers to 25, firmware to 50 characters."""
    return call.BootNotification(
        charge_point_vendor=clean(config.vendor, 20),
        charge_point_model=clean(config.model, 20),
        charge_point_serial_number=clean(config.serial_number, 25) or None,
        firmware_version=clean(config.firmware, 50) or None,
    )


def status_notification(connector: int, state: ConnectorState, at: datetime, vendor: str) -> Any:
    """StatusNotification.req (OCPP 1.6 section 6.47)."""
    return call.StatusNotification(
        connector_id=connector,
        error_code=state.error_code,
        status=state.status,
        timestamp=timestamp(at),
        info=state.info or None,
        vendor_id=clean(vendor, 255) if state.events else None,
        vendor_error_code=state.vendor_error_code or None,
    )


class Nothing:
    """What a transaction message comes to that has nothing to say, as a sample of no measurand."""


def transaction_request(
    message: TransactionMessage, transaction_id: int | None, default_id_tag: str = "", lists: Lists | None = None
) -> Any | Nothing | None:
    """A transaction message's request; None where it needs a transaction id and there is none.

    `lists` say what MeterValues and StopTransaction hold; where nothing is left of a sample it is Nothing.

    There is no stand-in such as -1: a stop that names no real transaction lets the session run for ever at the
    supervision (OCPP 1.6 sections 4.7, 4.8, 4.10).
    """
    lists = lists or Lists()
    match message:
        case TransactionStarted():
            return call.StartTransaction(
                connector_id=message.outlet,
                id_tag=(message.id_tag or default_id_tag)[:LONGEST_ID_TAG],
                meter_start=message.meter.energy_wh,
                timestamp=timestamp(message.meter.at),
                reservation_id=message.reservation_id,
            )
        case TransactionSampled() if transaction_id is not None:
            values = meter_values([message.meter], lists)
            if not values:
                return Nothing()
            return call.MeterValues(connector_id=message.outlet, transaction_id=transaction_id, meter_value=values)
        case TransactionEnded() if transaction_id is not None:
            return call.StopTransaction(
                meter_stop=message.meter.energy_wh,
                timestamp=timestamp(message.meter.at),
                transaction_id=transaction_id,
                reason=message.reason if message.reason in REASONS else "Other",
                id_tag=message.id_tag[:LONGEST_ID_TAG] or None,
                transaction_data=meter_values(message.readings, lists, stop=True) or None,
            )
        case _:
            return None


def read_answer(info: dict[str, Any]) -> Answer:
    """An idTagInfo, schema-checked and in snake case, as the station knows it (OCPP 1.6 section 7.27)."""
    expiry = info.get("expiry_date")
    return Answer(
        status=str(info["status"]),
        parent_id=normal_id_tag(info.get("parent_id_tag") or "") or "",
        expiry=read_time(expiry) if expiry else None,
    )
