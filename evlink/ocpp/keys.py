"""The configuration keys: OCPP's names and texts for values that are the station's own settings (OCPP 1.6 section 9).

A key and its setting are one value. What no setting holds (how many connectors there are, which profiles) is
computed. Texts are OCPP's: `true` and `false`, whole numbers, lists joined by commas.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from evlink.ocpp.link import Settings
from evlink.ocpp.measurands import Unmeasured, spelled

MOST_KEYS = 50
PROFILES = "Core,FirmwareManagement,LocalAuthListManagement,Reservation,SmartCharging,RemoteTrigger"

GENERAL = "configuration.general"
SUPERVISION = "configuration.supervision"
INTERNAL = "internal.ocpp"
OURS = "extension.ocpp"
_log = logging.getLogger(__name__)


class WrongValue(ValueError):  # noqa: N818  # a refusal, not a fault
    """A text that the key does not take."""


@dataclass(frozen=True, slots=True)
class Form:
    """How a setting's value is written as a key's text, and read back; `read` raises WrongValue."""

    write: Callable[[Any], str]
    read: Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Key:
    """One key with its setting's path; `hidden` ones are written and never told."""

    name: str
    path: str
    form: Form
    readonly: bool = False
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """A key as GetConfiguration tells it."""

    name: str
    readonly: bool
    value: str


def _truth(text: str) -> bool:
    match text.strip().lower():
        case "true":
            return True
        case "false":
            return False
    raise WrongValue(text)


def _number(text: str) -> int:
    stripped = text.strip()
    if not (stripped.isascii() and stripped.isdecimal() and len(stripped) <= 9):
        raise WrongValue(text)
    return int(stripped)


def _measurands(text: str) -> str:
    try:
        return spelled(text)
    except Unmeasured:
        raise WrongValue(text) from None


def _authorization_key(text: str) -> str:
    """A password of 16 to 40 characters; 32 to 40 hexadecimal digits are the whitepaper's form of one."""
    if not 16 <= len(text) <= 40:
        raise WrongValue(text)
    return text


BOOLEAN = Form(lambda value: "true" if value else "false", _truth)
INTEGER = Form(str, _number)
DIGIT = Form(str, lambda text: str(_number(text)))
TEXT = Form(str, str.strip)
MEASURANDS = Form(str, _measurands)
PASSWORD = Form(str, _authorization_key)
# Whoever charges without the supervision: anybody, or only who is known (AllowOfflineTxForUnknownId).
OFFLINE = Form(
    lambda value: "false" if value == "reject_all" else "true",
    lambda text: "allow_all" if _truth(text) else "reject_all",
)

KEYS: tuple[Key, ...] = (
    Key("AllowOfflineTxForUnknownId", f"{GENERAL}.comms_loss_strategy", OFFLINE),
    Key("AuthorizationCacheEnabled", f"{SUPERVISION}.authorization_cache_enabled", BOOLEAN),
    Key("AuthorizationKey", f"{OURS}.basic_auth_password", PASSWORD, hidden=True),
    Key("AuthorizeRemoteTxRequests", f"{OURS}.authorize_remote_tx_requests", BOOLEAN),
    Key("ClockAlignedDataInterval", f"{SUPERVISION}.clock_aligned_interval", INTEGER),
    Key("ConnectionTimeOut", f"{OURS}.connection_timeout", INTEGER),
    Key("ConnectorPhaseRotation", f"{OURS}.connector_phase_rotation", TEXT),
    Key("CpoName", f"{OURS}.cpo_name", TEXT),
    Key("HeartbeatInterval", f"{OURS}.heartbeat_interval", INTEGER),
    Key("LocalAuthListEnabled", f"{OURS}.local_auth_list_enabled", BOOLEAN),
    Key("LocalAuthorizeOffline", f"{OURS}.local_authorize_offline", BOOLEAN),
    Key("LocalPreAuthorize", f"{OURS}.local_pre_authorize", BOOLEAN),
    Key("MaxEnergyOnInvalidId", f"{OURS}.max_energy_on_invalid_id", INTEGER),
    Key("MeterValueSampleInterval", f"{SUPERVISION}.meter_sample_interval", INTEGER),
    Key("MeterValuesAlignedData", f"{INTERNAL}.meter_values_aligned_data", MEASURANDS),
    Key("MeterValuesSampledData", f"{INTERNAL}.meter_values_sampled_data", MEASURANDS),
    Key("MinimumStatusDuration", f"{INTERNAL}.minimum_status_duration", INTEGER),
    Key("ResetRetries", f"{OURS}.reset_retries", INTEGER),
    Key("SecurityProfile", f"{OURS}.security_profile", DIGIT),
    Key("StopTransactionOnEVSideDisconnect", f"{OURS}.stop_on_ev_disconnect", BOOLEAN),
    Key("StopTransactionOnInvalidId", f"{OURS}.stop_on_invalid_id", BOOLEAN),
    Key("StopTxnAlignedData", f"{OURS}.stop_txn_aligned_data", MEASURANDS),
    Key("StopTxnSampledData", f"{OURS}.stop_txn_sampled_data", MEASURANDS),
    Key("TransactionMessageAttempts", f"{INTERNAL}.transaction_message_attempts", INTEGER),
    Key("TransactionMessageRetryInterval", f"{INTERNAL}.transaction_message_retry_interval", INTEGER),
    Key("UnlockConnectorOnEVSideDisconnect", f"{OURS}.unlock_on_ev_disconnect", BOOLEAN),
    Key("WebSocketPingInterval", f"{INTERNAL}.web_socket_ping_interval", INTEGER),
)


class Configuration:
    """The keys of a station: told, and changed by the one door that settings have.

    `computed` maps keys to what is told of them in place of a setting's value: those that no setting holds, which
    are read-only, and those whose value in force is another. It is looked up at each telling. `unfit` says why a
    security profile can't be used, empty where it can.
    """

    def __init__(
        self,
        settings: Settings,
        computed: Callable[[], Mapping[str, str]],
        unfit: Callable[[int], str] = lambda profile: "",
    ) -> None:
        self._settings = settings
        self._computed = computed
        self._unfit = unfit
        self._keys = {key.name.lower(): key for key in KEYS}

    def all(self) -> list[Told]:
        """Every key that is told, by name."""
        computed = dict(self._computed())
        told = [
            Told(key.name, key.readonly, computed.pop(key.name, "") or self._text(key))
            for key in KEYS
            if not key.hidden
        ]
        told += [Told(name, True, text) for name, text in computed.items()]
        return sorted(told, key=lambda one: one.name)

    def find(self, name: str) -> Told | None:
        """A key by its name without regard to case; None for one that isn't, or is never told."""
        lower = name.lower()
        return next((one for one in self.all() if one.name.lower() == lower), None)

    async def change(self, name: str, text: str) -> str:
        """Change a key: Accepted, RebootRequired, Rejected or NotSupported (OCPP 1.6 section 5.3)."""
        key = self._keys.get(name.lower())
        if key is None:
            return "Rejected" if self.find(name) is not None else "NotSupported"
        if key.readonly:
            return "Rejected"
        try:
            value = key.form.read(text)
        except WrongValue:
            return "Rejected"
        if key.name == "SecurityProfile" and not self._may_rise(str(self._settings.get(key.path)), str(value)):
            return "Rejected"
        return await self._settings.change({key.path: value})

    def _may_rise(self, profile: str, to: str) -> bool:
        """Whether a security profile may take the place of another: it only rises (security whitepaper)."""
        if to not in ("0", "1", "2", "3") or to < profile:
            return False
        why = self._unfit(int(to))
        if why:
            _log.warning("SecurityProfile %s is refused: %s", to, why)
        return not why

    def _text(self, key: Key) -> str:
        return key.form.write(self._settings.get(key.path))
