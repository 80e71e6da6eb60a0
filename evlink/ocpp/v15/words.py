"""The translation between the payloads of OCPP 1.6 and those of 1.5: tables, and pure functions that follow them.

Payloads are JSON objects with the wire's names. What the station says goes from 1.6 to 1.5, what the supervision says
from 1.5 to 1.6. 1.5 says less: what it has no word for is left out, and a message of which nothing is left is None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from evlink.ocpp.v15.shapes import CONTEXTS, LOCATIONS, MEASURANDS, UNITS

Payload = dict[str, Any]

STATUSES: Mapping[str, str] = {
    "Available": "Available",
    "Preparing": "Occupied",
    "Charging": "Occupied",
    "SuspendedEV": "Occupied",
    "SuspendedEVSE": "Occupied",
    "Finishing": "Occupied",
    "Occupied": "Occupied",
    "Reserved": "Reserved",
    "Unavailable": "Unavailable",
    "Faulted": "Faulted",
}
# What isn't here has the same word in both.
ERROR_CODES: Mapping[str, str] = {
    "EVCommunicationError": "Mode3Error",
    "InternalError": "OtherError",
    "LocalListConflict": "OtherError",
    "OverVoltage": "OtherError",
}
UNITS_OF_16: Mapping[str, str] = {"A": "Amp", "V": "Volt", "Celcius": "Celsius"}
# None: 1.5 has no word for it, and nothing is sent.
FIRMWARE: Mapping[str, str | None] = {
    "Downloaded": "Downloaded",
    "DownloadFailed": "DownloadFailed",
    "Installed": "Installed",
    "InstallationFailed": "InstallationFailed",
    "Downloading": None,
    "Idle": None,
    "Installing": None,
}
DIAGNOSTICS: Mapping[str, str | None] = {
    "Uploaded": "Uploaded",
    "UploadFailed": "UploadFailed",
    "Uploading": None,
    "Idle": None,
}
UNLOCKED: Mapping[str, str] = {"Unlocked": "Accepted", "UnlockFailed": "Rejected", "NotSupported": "Rejected"}
CONFIGURED: Mapping[str, str] = {
    "Accepted": "Accepted",
    "RebootRequired": "Accepted",
    "Rejected": "Rejected",
    "NotSupported": "NotSupported",
}
KEYS: Mapping[str, str] = {"HeartbeatInterval": "HeartBeatInterval"}
# Configuration keys of what 1.5 hasn't: feature profiles, smart charging, the security extensions.
FOREIGN_KEYS = frozenset(
    {
        "AdditionalRootCertificateCheck",
        "AuthorizationKey",
        "CertificateSignedMaxChainSize",
        "CertificateStoreMaxLength",
        "ChargeProfileMaxStackLevel",
        "ChargingScheduleAllowedChargingRateUnit",
        "ChargingScheduleMaxPeriods",
        "ConnectorSwitch3to1PhaseSupported",
        "CpoName",
        "MaxChargingProfilesInstalled",
        "SecurityProfile",
        "SupportedFeatureProfiles",
    }
)


def sampled_value(sample: Payload) -> Payload | None:
    """One value of a meter; None where 1.5 doesn't know the measurand or the unit. 1.5 names no phase."""
    unit = UNITS_OF_16.get(sample.get("unit", ""), sample.get("unit"))
    measurand = sample.get("measurand")
    if (unit is not None and unit not in UNITS) or (measurand is not None and measurand not in MEASURANDS):
        return None
    found = {"value": sample["value"]}
    if sample.get("context") in CONTEXTS:
        found["context"] = sample["context"]
    if "format" in sample:
        found["format"] = sample["format"]
    if measurand is not None:
        found["measurand"] = measurand
    if sample.get("location") in LOCATIONS:
        found["location"] = sample["location"]
    if unit is not None:
        found["unit"] = unit
    return found


def meter_values(values: list[Payload]) -> list[Payload]:
    """MeterValues of 1.6 as 1.5's `values`; those of which nothing is left are left out."""
    found = []
    for value in values:
        samples = [one for sample in value["sampledValue"] if (one := sampled_value(sample)) is not None]
        if samples:
            found.append({"timestamp": value["timestamp"], "value": samples})
    return found


# The station's requests, from 1.6 to 1.5


def _meter_values(payload: Payload) -> Payload | None:
    values = meter_values(payload["meterValue"])
    return {**_without(payload, "meterValue"), "values": values} if values else None


def _stop_transaction(payload: Payload) -> Payload:
    values = meter_values(payload.get("transactionData", []))
    told = _without(payload, "reason", "transactionData")
    return {**told, "transactionData": [{"values": values}]} if values else told


def _status_notification(payload: Payload) -> Payload:
    code = payload["errorCode"]
    return {**payload, "status": STATUSES[payload["status"]], "errorCode": ERROR_CODES.get(code, code)}


def _as(words: Mapping[str, str | None]) -> Callable[[Payload], Payload | None]:
    def translate(payload: Payload) -> Payload | None:
        word = words[payload["status"]]
        return None if word is None else {**payload, "status": word}

    return translate


REQUESTS: Mapping[str, Callable[[Payload], Payload | None]] = {
    "DiagnosticsStatusNotification": _as(DIAGNOSTICS),
    "FirmwareStatusNotification": _as(FIRMWARE),
    "MeterValues": _meter_values,
    "StatusNotification": _status_notification,
    "StopTransaction": _stop_transaction,
}


# The supervision's answers, from 1.5 to 1.6


def _boot(payload: Payload) -> Payload:
    return {**_without(payload, "heartbeatInterval"), "interval": payload["heartbeatInterval"]}


ANSWERS: Mapping[str, Callable[[Payload], Payload]] = {"BootNotification": _boot}


# The supervision's requests, from 1.5 to 1.6


def _send_local_list(payload: Payload) -> Payload:
    """A hash isn't judged: 1.5 names no algorithm that supervisions share."""
    told = _without(payload, "localAuthorisationList", "hash")
    return {**told, "localAuthorizationList": payload.get("localAuthorisationList", [])}


def _change_configuration(payload: Payload) -> Payload:
    """A key that 1.5 hasn't is none, however it is spelled."""
    foreign = payload["key"].lower() in {key.lower() for key in FOREIGN_KEYS}
    return {**payload, "key": ""} if foreign else payload


ORDERS: Mapping[str, Callable[[Payload], Payload]] = {
    "ChangeConfiguration": _change_configuration,
    "SendLocalList": _send_local_list,
}


# The station's answers, from 1.6 to 1.5


def _configuration(payload: Payload, asked: Payload) -> Payload:
    """1.6's own keys aren't listed, and are unknown where they are asked for."""
    keys = payload.get("configurationKey", [])
    told = [{**one, "key": KEYS.get(one["key"], one["key"])} for one in keys if one["key"] not in FOREIGN_KEYS]
    foreign = [one["key"] for one in keys if one["key"] in FOREIGN_KEYS] if asked.get("key") else []
    unknown = [*payload.get("unknownKey", []), *foreign]
    return {"configurationKey": told, **({"unknownKey": unknown} if unknown else {})}


def _reported(words: Mapping[str, str]) -> Callable[[Payload, Payload], Payload]:
    return lambda payload, _: {**payload, "status": words[payload["status"]]}


# Each takes the answer and the request that it answers.
REPORTS: Mapping[str, Callable[[Payload, Payload], Payload]] = {
    "ChangeConfiguration": _reported(CONFIGURED),
    "GetConfiguration": _configuration,
    "UnlockConnector": _reported(UNLOCKED),
}


# The three JSON forms of a meter's value, for a text with attributes has no form of its own in JSON


def draft(value: Payload) -> Payload:
    """The form of OCPP-J 1.5's draft: the samples stand under `values`."""
    return {"timestamp": value["timestamp"], "values": value["value"]}


def attributes(value: Payload) -> Payload:
    """The form of converters from XML: the text is `$value`, the rest `attributes`."""
    return {
        "timestamp": value["timestamp"],
        "value": [
            {"$value": sample["value"], **({"attributes": rest} if (rest := _without(sample, "value")) else {})}
            for sample in value["value"]
        ],
    }


FORMS: Mapping[str, Callable[[Payload], Payload]] = {"xsd": dict, "draft": draft, "attributes": attributes}


def formed(action: str, payload: Payload, form: str) -> Payload:
    """A request of 1.5 with its meter values in a JSON form: `xsd`, `draft` or `attributes`."""
    shape = FORMS[form]
    match action:
        case "MeterValues":
            return {**payload, "values": [shape(value) for value in payload["values"]]}
        case "StopTransaction" if "transactionData" in payload:
            data = [{"values": [shape(value) for value in one["values"]]} for one in payload["transactionData"]]
            return {**payload, "transactionData": data}
        case _:
            return payload


def _without(payload: Payload, *names: str) -> Payload:
    return {name: value for name, value in payload.items() if name not in names}
