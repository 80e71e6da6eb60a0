"""The messages of OCPP 1.5 as one table: names, types, and the order that the XML form prescribes.

The JSON schemas (`schemas.py`) and the XML form (`soap/elements.py`) both follow from it. Fields stand in the order
of the sequences of OCPP 1.5's service descriptions.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """A string, of at most so many characters where there is a limit."""

    longest: int | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """One of some words."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number."""


@dataclass(frozen=True, slots=True)
class Truth:
    """True or false."""


@dataclass(frozen=True, slots=True)
class Time:
    """A time as ISO 8601 writes it."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A value with attributes: XML writes it as a text with attributes, JSON as an object with `value`."""

    attributes: tuple[tuple[str, Word], ...]


@dataclass(frozen=True, slots=True)
class Record:
    """Fields in their order."""

    fields: tuple[Field, ...] = ()


Shape = Text | Word | Whole | Truth | Time | Measured | Record


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a record: it may be left out, or stand several times (then it may be left out too)."""

    name: str
    shape: Shape
    optional: bool = False
    many: bool = False


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer."""

    request: Record
    answer: Record


def _record(*fields: Field) -> Record:
    return Record(fields)


def _may(name: str, shape: Shape) -> Field:
    return Field(name, shape, optional=True)


def _many(name: str, shape: Shape) -> Field:
    return Field(name, shape, optional=True, many=True)


def _status(*words: str) -> Record:
    return _record(Field("status", Word(words)))


_ID_TAG = Text(20)
_EMPTY = Record()
_YES_NO = _status("Accepted", "Rejected")

CONTEXTS = (
    "Interruption.Begin",
    "Interruption.End",
    "Sample.Clock",
    "Sample.Periodic",
    "Transaction.Begin",
    "Transaction.End",
)
MEASURANDS = (
    "Energy.Active.Export.Register",
    "Energy.Active.Import.Register",
    "Energy.Reactive.Export.Register",
    "Energy.Reactive.Import.Register",
    "Energy.Active.Export.Interval",
    "Energy.Active.Import.Interval",
    "Energy.Reactive.Export.Interval",
    "Energy.Reactive.Import.Interval",
    "Power.Active.Export",
    "Power.Active.Import",
    "Power.Reactive.Export",
    "Power.Reactive.Import",
    "Current.Export",
    "Current.Import",
    "Voltage",
    "Temperature",
)
UNITS = ("Wh", "kWh", "varh", "kvarh", "W", "kW", "var", "kvar", "Amp", "Volt", "Celsius")
LOCATIONS = ("Inlet", "Outlet", "Body")
STATUSES = ("Available", "Occupied", "Faulted", "Unavailable", "Reserved")
ERROR_CODES = (
    "ConnectorLockFailure",
    "HighTemperature",
    "Mode3Error",
    "NoError",
    "PowerMeterFailure",
    "PowerSwitchFailure",
    "ReaderFailure",
    "ResetFailure",
    "GroundFailure",
    "OverCurrentFailure",
    "UnderVoltage",
    "WeakSignal",
    "OtherError",
)

_ID_TAG_INFO = _record(
    Field("status", Word(("Accepted", "Blocked", "Expired", "Invalid", "ConcurrentTx"))),
    _may("expiryDate", Time()),
    _may("parentIdTag", _ID_TAG),
)
_VALUE = Measured(
    (
        ("context", Word(CONTEXTS)),
        ("format", Word(("Raw", "SignedData"))),
        ("measurand", Word(MEASURANDS)),
        ("location", Word(LOCATIONS)),
        ("unit", Word(UNITS)),
    )
)
_METER_VALUE = _record(Field("timestamp", Time()), Field("value", _VALUE, many=True))
_DATA_TRANSFER = Exchange(
    _record(Field("vendorId", Text(255)), _may("messageId", Text(50)), _may("data", Text())),
    _record(
        Field("status", Word(("Accepted", "Rejected", "UnknownMessageId", "UnknownVendorId"))), _may("data", Text())
    ),
)

FROM_STATION: dict[str, Exchange] = {
    "Authorize": Exchange(_record(Field("idTag", _ID_TAG)), _record(Field("idTagInfo", _ID_TAG_INFO))),
    "BootNotification": Exchange(
        _record(
            Field("chargePointVendor", Text(20)),
            Field("chargePointModel", Text(20)),
            _may("chargePointSerialNumber", Text(25)),
            _may("chargeBoxSerialNumber", Text(25)),
            _may("firmwareVersion", Text(50)),
            _may("iccid", Text(20)),
            _may("imsi", Text(20)),
            _may("meterType", Text(25)),
            _may("meterSerialNumber", Text(25)),
        ),
        _record(
            Field("status", Word(("Accepted", "Rejected"))),
            Field("currentTime", Time()),
            Field("heartbeatInterval", Whole()),
        ),
    ),
    "DataTransfer": _DATA_TRANSFER,
    "DiagnosticsStatusNotification": Exchange(_status("Uploaded", "UploadFailed"), _EMPTY),
    "FirmwareStatusNotification": Exchange(
        _status("Downloaded", "DownloadFailed", "InstallationFailed", "Installed"), _EMPTY
    ),
    "Heartbeat": Exchange(_EMPTY, _record(Field("currentTime", Time()))),
    "MeterValues": Exchange(
        _record(Field("connectorId", Whole()), _may("transactionId", Whole()), _many("values", _METER_VALUE)), _EMPTY
    ),
    "StartTransaction": Exchange(
        _record(
            Field("connectorId", Whole()),
            Field("idTag", _ID_TAG),
            Field("timestamp", Time()),
            Field("meterStart", Whole()),
            _may("reservationId", Whole()),
        ),
        _record(Field("transactionId", Whole()), Field("idTagInfo", _ID_TAG_INFO)),
    ),
    "StatusNotification": Exchange(
        _record(
            Field("connectorId", Whole()),
            Field("status", Word(STATUSES)),
            Field("errorCode", Word(ERROR_CODES)),
            _may("info", Text(50)),
            _may("timestamp", Time()),
            _may("vendorId", Text(255)),
            _may("vendorErrorCode", Text(50)),
        ),
        _EMPTY,
    ),
    "StopTransaction": Exchange(
        _record(
            Field("transactionId", Whole()),
            _may("idTag", _ID_TAG),
            Field("timestamp", Time()),
            Field("meterStop", Whole()),
            _many("transactionData", _record(_many("values", _METER_VALUE))),
        ),
        _record(_may("idTagInfo", _ID_TAG_INFO)),
    ),
}

TO_STATION: dict[str, Exchange] = {
    "CancelReservation": Exchange(_record(Field("reservationId", Whole())), _YES_NO),
    "ChangeAvailability": Exchange(
        _record(Field("connectorId", Whole()), Field("type", Word(("Inoperative", "Operative")))),
        _status("Accepted", "Rejected", "Scheduled"),
    ),
    "ChangeConfiguration": Exchange(
        _record(Field("key", Text(50)), Field("value", Text(500))), _status("Accepted", "Rejected", "NotSupported")
    ),
    "ClearCache": Exchange(_EMPTY, _YES_NO),
    "DataTransfer": _DATA_TRANSFER,
    "GetConfiguration": Exchange(
        _record(_many("key", Text(50))),
        _record(
            _many(
                "configurationKey",
                _record(Field("key", Text(50)), Field("readonly", Truth()), _may("value", Text(500))),
            ),
            _many("unknownKey", Text(50)),
        ),
    ),
    "GetDiagnostics": Exchange(
        _record(
            Field("location", Text()),
            _may("startTime", Time()),
            _may("stopTime", Time()),
            _may("retries", Whole()),
            _may("retryInterval", Whole()),
        ),
        _record(_may("fileName", Text(255))),
    ),
    "GetLocalListVersion": Exchange(_EMPTY, _record(Field("listVersion", Whole()))),
    "RemoteStartTransaction": Exchange(_record(Field("idTag", _ID_TAG), _may("connectorId", Whole())), _YES_NO),
    "RemoteStopTransaction": Exchange(_record(Field("transactionId", Whole())), _YES_NO),
    "ReserveNow": Exchange(
        _record(
            Field("connectorId", Whole()),
            Field("expiryDate", Time()),
            Field("idTag", _ID_TAG),
            _may("parentIdTag", _ID_TAG),
            Field("reservationId", Whole()),
        ),
        _status("Accepted", "Faulted", "Occupied", "Rejected", "Unavailable"),
    ),
    "Reset": Exchange(_record(Field("type", Word(("Hard", "Soft")))), _YES_NO),
    "SendLocalList": Exchange(
        _record(
            Field("updateType", Word(("Differential", "Full"))),
            Field("listVersion", Whole()),
            _many("localAuthorisationList", _record(Field("idTag", _ID_TAG), _may("idTagInfo", _ID_TAG_INFO))),
            _may("hash", Text()),
        ),
        _record(
            Field("status", Word(("Accepted", "Failed", "HashError", "NotSupported", "VersionMismatch"))),
            _may("hash", Text()),
        ),
    ),
    "UnlockConnector": Exchange(_record(Field("connectorId", Whole())), _YES_NO),
    "UpdateFirmware": Exchange(
        _record(
            Field("retrieveDate", Time()),
            Field("location", Text()),
            _may("retries", Whole()),
            _may("retryInterval", Whole()),
        ),
        _EMPTY,
    ),
}
