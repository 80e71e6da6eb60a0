"""What the fold needs of the settings, read once at each change."""

from __future__ import annotations

from evlink.domain.head import HeadRules
from evlink.domain.remote_control import RemoteRules
from evlink.domain.state import Config, OutletConfig
from evlink.settings.facts import Facts, Model
from evlink.settings.values import Values

GENERAL = "configuration.general"
OUTLETS = "energy_management.outlets"


def config_from(values: Values, station_ids: tuple[str, ...]) -> Config:
    """The domain's view of settings and facts; `station_ids` are the station columns of records, one an outlet."""
    facts = values.facts
    supervised = values.get(f"{GENERAL}.station_type") == "supervision"
    by = values.get(f"{GENERAL}.authentication_by_ocpp" if supervised else f"{GENERAL}.authentication_by")
    wallbox = facts.model is Model.WALLBOX
    return Config(
        outlets=tuple(_outlet(values, facts, o, station_ids[min(o, len(station_ids)) - 1]) for o in facts.outlets),
        name=str(values.get(f"{GENERAL}.station_name")),
        street=facts.model is Model.CITY,
        phases=facts.phases,
        voltage_v=int(values.get("energy_management.meters.phase_neutral_voltage")),
        supervised=supervised,
        authentication=str(by),
        accept_unknown=values.get(f"{GENERAL}.unknown_badge_strategy") == "allow_all",
        comms_loss=str(values.get(f"{GENERAL}.comms_loss_strategy")),
        default_id_tag=_set(values.get("configuration.supervision.default_id_tag")),
        answer_timeout_s=float(values.get(f"{GENERAL}.authentication_timeout")),
        external_control=bool(values.get(f"{GENERAL}.external_control")),
        ventilated=values.get(f"{GENERAL}.station_location") == "outdoor",
        allow_cable_left=bool(values.effective(f"{GENERAL}.allow_cable_left")),
        button_stops=bool(values.get(f"{GENERAL}.front_button_enabled")) if wallbox else True,
        floors=wallbox or _balancing(values),
        floor_single_a=int(values.get("internal.evlink_energy.monophased_load_shedding_floor_value")),
        floor_three_a=int(values.get("internal.evlink_energy.triphased_load_shedding_floor_value")),
        balancing=facts.outlet_count == 2 and _balancing(values),
        shed_by_energy=values.get("energy_management.advanced.load_shedding_order") == "energy_delivered",
        station_max_a=int(values.get(f"{OUTLETS}.station_max_current")),
        sample_interval_s=int(values.get("configuration.supervision.meter_sample_interval")),
        aligned_interval_s=int(values.get("configuration.supervision.clock_aligned_interval")),
        keep_readings=any(
            values.get(f"extension.ocpp.{key}") for key in ("stop_txn_sampled_data", "stop_txn_aligned_data")
        ),
        plug_timeout_s=float(values.get("extension.ocpp.connection_timeout")),
        stop_on_invalid_id=bool(values.get("extension.ocpp.stop_on_invalid_id")),
        invalid_id_wh=int(values.get("extension.ocpp.max_energy_on_invalid_id")),
        stop_on_ev_disconnect=bool(values.get("extension.ocpp.stop_on_ev_disconnect")),
        unlock_on_ev_disconnect=bool(values.get("extension.ocpp.unlock_on_ev_disconnect")),
        log_period_s=max(1, int(values.get("internal.history.current_charge_log_period"))),
        remote=_remote(values),
        cluster_max_a=_cluster(values),
        rotate_s=float(values.get("internal.energy_sharing.load_shedding_period")),
        head=_head(values),
    )


def _remote(values: Values) -> RemoteRules:
    """What a building manager may: nothing unless the server runs and the station may be controlled (R-134)."""
    served = bool(values.get("extension.modbus_server.enabled"))
    return RemoteRules(
        enabled=served and bool(values.get("energy_management.advanced.external_system_control")),
        timeout_s=3.0 * int(values.get("internal.functional.remote_set_point_period_in_sec")),
        raise_period_s=float(values.get("internal.functional.update_set_point_period_in_sec")),
        degraded_single_a=int(values.get("internal.evlink_energy.degraded_mode_set_point_mono")),
        degraded_three_a=int(values.get("internal.evlink_energy.degraded_mode_set_point_tri")),
    )


def _cluster(values: Values) -> int | None:
    """The fixed limit of the group that the station belongs to; None outside of one."""
    if not values.get("internal.functional.cluster_management"):
        return None
    return int(values.get("internal.energy_sharing.static_max_intensity_cluster"))


def _head(values: Values) -> HeadRules:
    """What a head meter's readings are held against: the upstream protection's rating, or less of it."""
    threshold = min(100, int(values.get("internal.evlink_energy.upstream_prot_high_trshld")))
    return HeadRules(
        enabled=values.get("extension.meters.head_meter") != "none",
        protection_a=int(values.get("internal.evlink_energy.home_upstream_protection")) * threshold / 100,
        degraded_single_a=float(values.get("internal.evlink_energy.degraded_mode_set_point_mono")),
        degraded_three_a=float(values.get("internal.evlink_energy.degraded_mode_set_point_tri")),
    )


def _balancing(values: Values) -> bool:
    return values.get("energy_management.advanced.load_balancing") == "enabled"


def _set(value: object) -> str:
    return "" if value in ("", "UNDEFINED") else str(value)


def _outlet(values: Values, facts: Facts, outlet: int, station_id: str) -> OutletConfig:
    wallbox = facts.model is Model.WALLBOX
    socket = str(facts.of("socket_type", outlet))
    shedding: int | None = None
    shedding_open = True
    condition = condition_open = False
    if wallbox:
        # In1 delays the start, In2 limits the current; the delay is a start condition turned round.
        condition = True
        condition_open = values.get(f"{OUTLETS}.delayed_start_contact", outlet) != "normally_open"
        shedding = int(values.get(f"{OUTLETS}.current_limit_value", outlet))
        shedding_open = values.get(f"{OUTLETS}.current_limit_contact", outlet) == "normally_open"
    else:
        if values.get(f"{OUTLETS}.in1_function", outlet) == "load_shedding":
            shedding = int(values.get(f"{OUTLETS}.load_shedding_setpoint", outlet))
        shedding_open = bool(values.get(f"{OUTLETS}.in1_normally_open", outlet))
        condition = values.get(f"{OUTLETS}.in2_function", outlet) == "conditional_start"
        condition_open = bool(values.get(f"{OUTLETS}.in2_normally_open", outlet))
    return OutletConfig(
        outlet=outlet,
        rated_a=int(values.get(f"{OUTLETS}.rated_current", outlet)),
        derated_a=int(values.get(f"{OUTLETS}.derated_current", outlet)),
        attached_cable=bool(facts.of("attached_cable", outlet)),
        socket_type=_socket(socket),
        piloted=socket != "te",
        domestic=socket in ("te", "t2_te"),
        domestic_a=int(values.get("internal.energy.max_te_value")),
        station_id=station_id,
        has_reader=facts.has_rfid_reader,
        limit_input=2 if wallbox else 1,
        load_shedding_a=shedding,
        load_shedding_open=shedding_open,
        start_condition=condition,
        start_condition_open=condition_open,
    )


def _socket(kind: str) -> str:
    """The socket's type as charge records write it (R-193)."""
    return {"t1": "TYPE1", "t2": "TYPE2", "t2_te": "TYPE2", "t3": "TYPE3", "te": "DOMESTIC"}.get(kind, kind.upper())
