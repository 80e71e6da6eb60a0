"""The supervision's part of a run: its configuration from the settings, and its word in the status document."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from evlink import __version__
from evlink.hardware.facts import Facts
from evlink.ocpp.config import Callback, Modem, SupervisionConfig, SupervisionState
from evlink.ocpp.link import Machine, Updater
from evlink.ocpp.measurands import Measurand, Unmeasured, parse
from evlink.ocpp.samples import Lists
from evlink.ocpp.told import french
from evlink.runtime.audit import Audit, changed
from evlink.runtime.bus import Document
from evlink.runtime.diagnostics import LogTail, StationDiagnostics, station_parts
from evlink.runtime.reporting import Reporter
from evlink.runtime.rpc import Failure
from evlink.runtime.settings_desk import SettingsDesk
from evlink.settings.model import Role
from evlink.settings.values import Values
from evlink.storage.events import MOST
from evlink.storage.store import Store

VERSIONS = {"ocpp_1_5": "1.5", "ocpp_1_6": "1.6"}
VENDOR = "EVlink"
ENERGY = Measurand("Energy.Active.Import.Register")
log = logging.getLogger("evlink.supervision")


def supervision_config(values: Values, board: Facts) -> SupervisionConfig | None:
    """What the supervision's task is started with; None on a stand-alone station (R-061)."""
    if values.get("configuration.general.station_type") != "supervision":
        return None

    def setting(name: str) -> Any:
        return values.get(f"configuration.supervision.{name}")

    def internal(name: str) -> int:
        return int(values.get(f"internal.ocpp.{name}"))

    modem = Modem(str(setting("modem_ip_address")), int(setting("modem_retry_interval")))
    return SupervisionConfig(
        url=str(setting("supervision_url")),
        identity=str(setting("box_identity")),
        version=VERSIONS[str(setting("ocpp_version"))],
        vendor=VENDOR,
        model=board.product.commercial_ref,
        serial_number=board.outlets[0].serial_part1,
        firmware=__version__,
        connectors=board.station.outlets,
        heartbeat_s=int(values.get("extension.ocpp.heartbeat_interval")),
        default_id_tag=str(setting("default_id_tag")),
        call_timeout_s=float(setting("connection_timeout")),
        ping_interval_s=internal("web_socket_ping_interval"),
        retry_interval_s=internal("transaction_message_retry_interval"),
        retry_attempts=internal("transaction_message_attempts"),
        minimum_status_duration_s=internal("minimum_status_duration"),
        meter_form=str(values.get("extension.ocpp.meter_values_dialect")),
        callback=Callback(
            local_port=int(setting("local_port")),
            public_address=str(setting("public_ip_address")),
            public_port=int(setting("public_port")),
            reply_to=str(setting("reply_to_address")),
        ),
        modem=modem if setting("modem_present") else None,
        security_profile=int(values.get("extension.ocpp.security_profile")),
        password=str(values.get("extension.ocpp.basic_auth_password")),
        cpo_name=str(values.get("extension.ocpp.cpo_name")),
        compress_diagnostics=bool(values.get("internal.ocpp.compress_diagnostic")),
        lists=Lists(
            sampled=_measurands(values, "internal.ocpp.meter_values_sampled_data"),
            aligned=_measurands(values, "internal.ocpp.meter_values_aligned_data"),
            stop_sampled=_measurands(values, "extension.ocpp.stop_txn_sampled_data"),
            stop_aligned=_measurands(values, "extension.ocpp.stop_txn_aligned_data"),
        ),
    )


def machine_of(
    root: Path,
    store: Store,
    status: Callable[[], Document],
    stored: Callable[[], Values],
    tail: LogTail,
    reporter: Reporter,
    updater: Updater,
) -> Machine:
    """What supervision may use of the machine: a directory, the diagnostics with the report, the update mechanism."""

    async def report(_: datetime | None, __: datetime | None) -> str:
        return await reporter.html()

    parts = station_parts(status, lambda: store.run(lambda db: db.events.latest(limit=MOST)), stored, tail)
    return Machine(root / "supervision", StationDiagnostics({**parts, "report.html": report}), updater)


def _measurands(values: Values, path: str) -> tuple[Measurand, ...]:
    """A list of measurands as it is set; one that can't be followed, as an import may bring, asks for the energy."""
    try:
        return parse(str(values.get(path)))
    except Unmeasured:
        log.warning("%s names no measurand of this station: the energy register is sent", path)
        return (ENERGY,)


def supervision_word(state: SupervisionState, queue: int, queue_age_s: int = 0) -> dict[str, Any]:
    """The link in the status document, with the length of the queue and the age of its oldest message."""
    return {
        "connected": state.connected,
        "url": state.url,
        "protocol": state.protocol,
        "queue": queue,
        "queue_age_s": queue_age_s,
        "registration": state.registration,
        "last_error": state.last_error,
        "last_error_fr": french(state.last_error),
    }


class SupervisedSettings:
    """`ocpp.link.Settings`: the station's settings under OCPP's names for what becomes of a change.

    The supervision may what Admin may, by the same checks.
    """

    def __init__(self, desk: SettingsDesk) -> None:
        self._desk = desk
        self.trail: Audit | None = None

    def get(self, path: str) -> Any:
        """The stored value of a setting."""
        return self._desk.stored.get(path)

    async def change(self, changes: Mapping[str, Any]) -> str:
        """Change settings, all or none: Accepted, RebootRequired or Rejected (OCPP 1.6 section 5.3)."""
        try:
            result = await self._desk.apply(changes, Role.ADMIN)
        except Failure as failure:
            log.warning("the supervision's change was refused: %s", failure)
            return "Rejected"
        if self.trail is not None and (detail := changed(result)):
            await self.trail.note("supervision", "ocpp", "settings.apply", detail)
        return "RebootRequired" if result["restart"] else "Accepted"
