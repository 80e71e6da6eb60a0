"""Values: factory values by the station's facts, deviations, what is shown, and currents as they work."""

from __future__ import annotations

import pytest

from evlink.settings.facts import Facts, Model, version
from evlink.settings.registry import SETTINGS
from evlink.settings.values import Values

GENERAL, NETWORK, OUTLETS, METERS = (
    "configuration.general",
    "configuration.network",
    "energy_management.outlets",
    "energy_management.meters",
)
DERATED = f"{OUTLETS}.derated_current"
BALANCING = "energy_management.advanced.load_balancing"


def parking(**facts: object) -> Values:
    return Values(Facts(**facts))  # type: ignore[arg-type]  # facts by name


def wallbox(**facts: object) -> Values:
    return Values(Facts(model=Model.WALLBOX, outlet_count=1, **facts))  # type: ignore[arg-type]  # facts by name


@pytest.mark.parametrize(
    ("values", "key", "expected"),
    [
        (parking(has_rfid_reader=True), f"{GENERAL}.authentication_by", "station"),
        (parking(has_rfid_reader=False), f"{GENERAL}.authentication_by", "disabled"),
        (wallbox(has_key_lock=True, has_rfid_reader=False), f"{GENERAL}.front_button_enabled", True),
        (wallbox(has_key_lock=False, has_rfid_reader=True), f"{GENERAL}.front_button_enabled", False),
        (parking(delivered_firmware="3.3.0.4"), f"{NETWORK}.dhcp_enabled", True),
        (parking(delivered_firmware="3.2"), f"{NETWORK}.dhcp_enabled", True),
        (parking(delivered_firmware="3.1.9"), f"{NETWORK}.dhcp_enabled", False),
        (parking(delivered_firmware="3.10"), f"{NETWORK}.dhcp_enabled", True),
        (parking(delivered_firmware="3.2"), f"{NETWORK}.outlet2_ip_enabled", False),
        (parking(delivered_firmware="3.1"), f"{NETWORK}.outlet2_ip_enabled", True),
        (parking(serial_number="AB 1"), f"{GENERAL}.station_name", "AB 1"),
        (parking(), f"{GENERAL}.station_type", "standalone"),  # N-26
        (parking(), f"{NETWORK}.subnet_mask", "255.255.255.0"),
        (parking(), "internal.current_measurement.current_adjustment_slope", 722),
        (parking(), "internal.functional.sm3_max_current", 10),
        (parking(), "internal.smtp.login", ""),
        (parking(), "internal.report_alarm.alarm_login", ""),
        (parking(phases=1), "internal.energy.nb_phase", 1),
    ],
)
def test_factory_values(values: Values, key: str, expected: object) -> None:
    assert values.get(key) == expected


def test_facts_are_read_through_the_same_door() -> None:
    values = parking(
        rated_current=(32, 16),
        socket_type=("t2", "t2_te"),
        mac_address=("00:80:F4:00:00:01",),
        board_version=("1", "2"),
    )
    assert values.get(f"{OUTLETS}.rated_current", 1) == 32
    assert values.get(f"{OUTLETS}.2.rated_current") == 16
    assert values.get(f"{OUTLETS}.socket_type", 2) == "t2_te"
    assert [values.get(f"{OUTLETS}.outlet_location", n) for n in (1, 2)] == ["1", "2"]
    assert [values.get("maintenance.update.outlet", n) for n in (1, 2)] == [102, 103]
    assert values.get("maintenance.update.board_version", 2) == "2"
    assert values.get("maintenance.update.rfid_reader_version", 1) == ""
    assert values.get(DERATED, 2) == 16  # never above the rated current


def test_deviations_are_what_differs_from_the_factory() -> None:
    values = parking().with_changes(
        {DERATED: 20, f"{OUTLETS}.2.derated_current": 16, f"{GENERAL}.station_type": "supervision"}
    )
    assert dict(values.deviations) == {
        f"{OUTLETS}.1.derated_current": 20,
        f"{OUTLETS}.2.derated_current": 16,
        f"{GENERAL}.station_type": "supervision",
    }
    back = values.with_changes({DERATED: None, f"{GENERAL}.station_type": "standalone"})
    assert dict(back.deviations) == {}
    for unknown in ("no.such.key", f"{OUTLETS}.x.derated_current"):
        with pytest.raises(KeyError):
            values.get(unknown)
        with pytest.raises(KeyError):
            values.with_changes({unknown: 1})


@pytest.mark.parametrize(("model", "expected"), [(Model.PARKING, True), (Model.CITY, False), (Model.WALLBOX, True)])
def test_a_hidden_setting_works_as_its_model_says(model: Model, expected: bool) -> None:
    """R-067: City works as no and Smart Wallbox as yes, whatever is stored."""
    key = f"{GENERAL}.allow_cable_left"
    values = Values(Facts(model=model, outlet_count=1)).with_changes({key: model is not Model.WALLBOX})
    assert values.effective(key) is expected


FLOORS = [
    # model, balancing, key, amps set, single-phase, three-phase
    (Model.PARKING, "enabled", "derated_current", 7, 0, 0),
    (Model.PARKING, "enabled", "derated_current", 8, 8, 0),
    (Model.PARKING, "enabled", "derated_current", 13, 13, 0),
    (Model.PARKING, "enabled", "derated_current", 14, 14, 14),
    (Model.PARKING, "disabled", "derated_current", 7, 7, 7),
    (Model.CITY, "enabled", "load_shedding_setpoint", 13, 13, 0),
    (Model.CITY, "disabled", "load_shedding_setpoint", 6, 6, 6),
    (Model.WALLBOX, "disabled", "derated_current", 7, 0, 0),
    (Model.WALLBOX, "enabled", "derated_current", 14, 14, 14),
    (Model.WALLBOX, "disabled", "current_limit_value", 8, 8, 0),
    (Model.PARKING, "enabled", "derated_current", 0, 0, 0),
]


@pytest.mark.parametrize(("model", "balancing", "name", "amps", "single", "three"), FLOORS)
def test_small_currents_work_as_nothing(
    model: Model, balancing: str, name: str, amps: int, single: int, three: int
) -> None:
    values = Values(Facts(model=model, outlet_count=1)).with_changes({BALANCING: balancing, f"{OUTLETS}.{name}": amps})
    assert values.get(f"{OUTLETS}.{name}", 1) == amps
    assert values.amps(f"{OUTLETS}.{name}", 1, 1) == single
    assert values.amps(f"{OUTLETS}.{name}", 1, 3) == three


def test_the_floors_are_stored_values() -> None:
    """R-141: 8 and 14 stand in the .cfg and can be set there."""
    values = parking().with_changes({"internal.evlink_energy.triphased_load_shedding_floor_value": 6, DERATED: 6})
    assert values.amps(DERATED, 2, 3) == 6
    assert values.amps(DERATED, 2, 1) == 0


def test_what_is_shown_follows_conditions_models_and_what_they_hang_on() -> None:
    values = parking()

    def shown(values: Values, key: str, outlet: int | None = None) -> bool:
        return values.shown(SETTINGS[key], outlet)

    assert not shown(values, f"{METERS}.rtu_address", 1)  # no meter, so no protocol, so no address
    meter = values.with_changes({f"{METERS}.1.meter_type": "iem3x5x"})
    assert shown(meter, f"{METERS}.rtu_address", 1)
    assert not shown(meter, f"{METERS}.rtu_address", 2)
    assert not shown(meter, f"{METERS}.gateway_address", 1)
    tcp = meter.with_changes({f"{METERS}.1.protocol": "modbus_tcp"})
    assert shown(tcp, f"{METERS}.gateway_address", 1)
    assert not shown(values, f"{GENERAL}.external_control")
    assert shown(parking(has_rfid_reader=False), f"{GENERAL}.external_control")
    assert not shown(values, f"{GENERAL}.front_button_enabled")  # another model's
    assert not shown(values, "configuration.supervision.box_identity")  # its tab is not shown
    modem = values.with_changes(
        {f"{GENERAL}.station_type": "supervision", "configuration.supervision.modem_present": True}
    )
    assert shown(modem, "configuration.supervision.modem_ip_address")
    assert not shown(modem, "configuration.supervision.public_port")
    assert not modem.open(SETTINGS["configuration.supervision.public_ip_address"])


@pytest.mark.parametrize(
    ("text", "numbers"), [("3.2.0.12", (3, 2, 0, 12)), ("3300", (3300,)), ("", ()), ("v3.10", (3, 10))]
)
def test_versions_compare_as_numbers(text: str, numbers: tuple[int, ...]) -> None:
    assert version(text) == numbers


def test_facts_that_no_station_has_are_refused() -> None:
    for wrong in ({"outlet_count": 3}, {"phases": 2}, {"model": "bus"}):
        with pytest.raises(ValueError, match=str(next(iter(wrong.values())))):
            Facts(**wrong)
