"""What the supervision may ask of the station: a handler an action, each with an honest answer (OCPP 1.6 section 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ocpp.exceptions import OccurenceConstraintViolationError  # type: ignore[import-untyped]
from ocpp.v16 import call_result  # type: ignore[import-untyped]

from evlink.domain.text import clean
from evlink.ocpp.chargepoint import Handler
from evlink.ocpp.link import Desk, Outbox, SupervisionConfig
from evlink.ocpp.messages import MEASURANDS, normal_id_tag
from evlink.ocpp.pulse import Pulse
from evlink.ocpp.queue import TransactionQueue
from evlink.ocpp.registration import Registrar

MOST_KEYS = 50


@dataclass(frozen=True, slots=True)
class Key:
    """A configuration key as GetConfiguration tells it (OCPP 1.6 section 9)."""

    name: str
    value: str
    readonly: bool = True


def configuration(config: SupervisionConfig, heartbeat_s: int) -> tuple[Key, ...]:
    """The configuration keys that this station has. What is read-only stands in the station's own settings."""
    return (
        Key("AuthorizationCacheEnabled", "false"),
        Key("ClockAlignedDataInterval", "0"),
        Key("GetConfigurationMaxKeys", str(MOST_KEYS)),
        Key("HeartbeatInterval", str(heartbeat_s), readonly=False),
        Key("MeterValueSampleInterval", str(config.meter_sample_interval_s)),
        Key("MeterValuesAlignedData", ""),
        Key("MeterValuesSampledData", ",".join(MEASURANDS)),
        Key("MinimumStatusDuration", str(config.minimum_status_duration_s)),
        Key("NumberOfConnectors", str(config.connectors)),
        Key("StopTxnAlignedData", ""),
        Key("StopTxnSampledData", ""),
        Key("SupportedFeatureProfiles", "Core"),
        Key("TransactionMessageAttempts", str(config.retry_attempts)),
        Key("TransactionMessageRetryInterval", str(config.retry_interval_s)),
        Key("WebSocketPingInterval", str(config.ping_interval_s)),
    )


class Orders:
    """The handlers of the supervision's requests; `docs/ocpp.md` lists them beside what is refused."""

    def __init__(
        self,
        config: SupervisionConfig,
        outbox: Outbox,
        desk: Desk,
        registrar: Registrar,
        queue: TransactionQueue,
        pulse: Pulse,
    ) -> None:
        self._config = config
        self._outbox = outbox
        self._desk = desk
        self._registrar = registrar
        self._queue = queue
        self._pulse = pulse

    def table(self) -> Mapping[str, Handler]:
        """Handlers by action. What is not here gets NotSupported."""
        return {
            "CancelReservation": lambda **_: call_result.CancelReservation("Rejected"),
            "ChangeAvailability": lambda **_: call_result.ChangeAvailability("Rejected"),
            "ChangeConfiguration": self.change_configuration,
            "ClearCache": lambda **_: call_result.ClearCache("Rejected"),
            "ClearChargingProfile": lambda **_: call_result.ClearChargingProfile("Unknown"),
            "DataTransfer": lambda **_: call_result.DataTransfer("UnknownVendorId"),
            "ExtendedTriggerMessage": lambda **_: call_result.ExtendedTriggerMessage("NotImplemented"),
            "GetCompositeSchedule": lambda **_: call_result.GetCompositeSchedule("Rejected"),
            "GetConfiguration": self.get_configuration,
            "GetLocalListVersion": lambda **_: call_result.GetLocalListVersion(-1),  # no list (section 5.10)
            "RemoteStartTransaction": self.remote_start,
            "RemoteStopTransaction": self.remote_stop,
            "ReserveNow": lambda **_: call_result.ReserveNow("Rejected"),
            "Reset": lambda **_: call_result.Reset("Rejected"),
            "SendLocalList": lambda **_: call_result.SendLocalList("NotSupported"),
            "SetChargingProfile": lambda **_: call_result.SetChargingProfile("NotSupported"),
            "TriggerMessage": lambda **_: call_result.TriggerMessage("NotImplemented"),
            "UnlockConnector": lambda **_: call_result.UnlockConnector("NotSupported"),
        }

    async def remote_start(self, id_tag: str, connector_id: int | None = None, charging_profile: Any = None) -> Any:
        """Ask the station for a charge (section 5.11); a charging profile is ignored, as it says for stations
        without smart charging. Connector 0 is no outlet."""
        tag = normal_id_tag(id_tag)
        possible = connector_id is None or 1 <= connector_id <= self._config.connectors
        accepted = (
            tag is not None
            and possible
            and self._registrar.standing.obeys
            and await self._desk.remote_start(tag, connector_id)
        )
        return call_result.RemoteStartTransaction("Accepted" if accepted else "Rejected")

    async def remote_stop(self, transaction_id: int) -> Any:
        """Ask the station for the end of a transaction (section 5.12); unknown ones are Rejected."""
        if not self._registrar.standing.obeys or not -(2**63) <= transaction_id < 2**63:
            return call_result.RemoteStopTransaction("Rejected")
        session = await self._outbox.session_of(transaction_id)
        if session is None:
            await self._queue.settled()
            session = await self._outbox.session_of(transaction_id)
        accepted = session is not None and await self._desk.remote_stop(session)
        return call_result.RemoteStopTransaction("Accepted" if accepted else "Rejected")

    def get_configuration(self, key: list[str] | None = None) -> Any:
        """The keys asked for, all where none is named (section 5.8); names without regard to case."""
        have = {entry.name.lower(): entry for entry in configuration(self._config, self._pulse.interval_s)}
        if key is not None and len(key) > MOST_KEYS:
            raise OccurenceConstraintViolationError(f"at most {MOST_KEYS} keys may be asked for at once")
        wanted = dict.fromkeys(name.lower() for name in key) if key else dict.fromkeys(have)
        known = [have[name] for name in wanted if name in have]
        unknown = [clean(name, 50) for name in dict.fromkeys(key or ()) if name.lower() not in have]
        return call_result.GetConfiguration(
            configuration_key=[{"key": entry.name, "readonly": entry.readonly, "value": entry.value} for entry in known]
            or None,
            unknown_key=unknown or None,
        )

    def change_configuration(self, key: str, value: str) -> Any:
        """Change a key (section 5.3): Accepted only where it takes effect at once, Rejected where the station's
        own settings hold it or the value is wrong, NotSupported where there is no such key."""
        names = {entry.name.lower() for entry in configuration(self._config, self._pulse.interval_s)}
        if key.lower() not in names:
            return call_result.ChangeConfiguration("NotSupported")
        if key.lower() != "heartbeatinterval":
            return call_result.ChangeConfiguration("Rejected")
        text = value.strip()
        if not (text.isascii() and text.isdecimal() and len(text) <= 6 and 1 <= int(text) <= 86_400):
            return call_result.ChangeConfiguration("Rejected")
        self._pulse.set_interval(int(text))
        return call_result.ChangeConfiguration("Accepted")
