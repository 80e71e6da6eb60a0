"""The building of payloads: the station's records in OCPP 1.6's words, and its answers read back. No I/O."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

from ocpp.v16 import call  # type: ignore[import-untyped]

from evlink.domain.record import (
    MeterReading,
    TransactionEnded,
    TransactionMessage,
    TransactionSampled,
    TransactionStarted,
)
from evlink.domain.text import clean
from evlink.ocpp.link import Answer, SupervisionConfig
from evlink.ocpp.states import ConnectorState

# What a MeterValues message holds, as the configuration key MeterValuesSampledData says it.
MEASURANDS = (
    "Energy.Active.Import.Register",
    "Current.Import",
    "Voltage",
    "Power.Active.Import",
    "Current.Offered",
)
CONTEXTS = frozenset(
    {
        "Interruption.Begin",
        "Interruption.End",
        "Sample.Clock",
        "Sample.Periodic",
        "Transaction.Begin",
        "Transaction.End",
        "Trigger",
        "Other",
    }
)
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


def timestamp(at: datetime) -> str:
    """A time as OCPP writes it: UTC, `Z`, milliseconds (OCPP 1.6 section 3.14)."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


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


def transaction_request(
    message: TransactionMessage, transaction_id: int | None, default_id_tag: str = ""
) -> Any | None:
    """A transaction message's request; None where it needs a transaction id and there is none.

    There is no stand-in such as -1: a stop that names no real transaction lets the session run for ever at the
    supervision (OCPP 1.6 sections 4.7, 4.8, 4.10).
    """
    match message:
        case TransactionStarted():
            return call.StartTransaction(
                connector_id=message.outlet,
                id_tag=(message.id_tag or default_id_tag)[:LONGEST_ID_TAG],
                meter_start=message.meter.energy_wh,
                timestamp=timestamp(message.meter.at),
            )
        case TransactionSampled() if transaction_id is not None:
            return call.MeterValues(
                connector_id=message.outlet,
                transaction_id=transaction_id,
                meter_value=[meter_value(message.meter)],
            )
        case TransactionEnded() if transaction_id is not None:
            return call.StopTransaction(
                meter_stop=message.meter.energy_wh,
                timestamp=timestamp(message.meter.at),
                transaction_id=transaction_id,
                reason=message.reason if message.reason in REASONS else "Other",
                id_tag=message.id_tag[:LONGEST_ID_TAG] or None,
            )
        case _:
            return None


def meter_value(meter: MeterReading) -> dict[str, Any]:
    """One MeterValue (OCPP 1.6 section 7.32), by the package's snake case; a reading that is no number is left out."""
    context = meter.context if meter.context in CONTEXTS else "Other"
    energy, current, voltage, power, offered = MEASURANDS
    rows: list[tuple[str, str | None, float, int, str]] = [(energy, None, meter.energy_wh, 0, "Wh")]
    rows += [(current, f"L{n}", value, 2, "A") for n, value in enumerate(meter.current_a, 1)]
    rows += [(voltage, f"L{n}-N", value, 1, "V") for n, value in enumerate(meter.voltage_v, 1)]
    rows += [(power, None, meter.power_w, 0, "W"), (offered, None, meter.limit_a, 1, "A")]
    values = []
    for measurand, phase, value, digits, unit in rows:
        if math.isfinite(value):
            sample = {
                "value": f"{value:.{digits}f}",
                "context": context,
                "measurand": measurand,
                "unit": unit,
            }
            values.append(sample | {"phase": phase} if phase else sample)
    return {"timestamp": timestamp(meter.at), "sampled_value": values}


def read_answer(info: dict[str, Any]) -> Answer:
    """An idTagInfo, schema-checked and in snake case, as the station knows it (OCPP 1.6 section 7.27)."""
    expiry = info.get("expiry_date")
    return Answer(
        status=str(info["status"]),
        parent_id=normal_id_tag(info.get("parent_id_tag") or "") or "",
        expiry=read_time(expiry) if expiry else None,
    )
