"""What the supervision is started with, from the settings (R-116 to R-127)."""

from __future__ import annotations

from typing import Any

import pytest

from evlink.hardware.facts import preset
from evlink.ocpp.config import Callback, Modem, SupervisionConfig
from evlink.ocpp.connection import by_soap, problem
from evlink.runtime.supervising import supervision_config
from evlink.settings.facts import Facts
from evlink.settings.values import Values

SUPERVISION = "configuration.supervision"


def made(**settings: Any) -> SupervisionConfig:
    stored = {f"{SUPERVISION}.{name}": value for name, value in settings.items()}
    stored["configuration.general.station_type"] = "supervision"
    config = supervision_config(Values(Facts(), stored), preset("parking", 2, 3))
    assert config is not None
    return config


def test_a_stand_alone_station_has_none() -> None:
    """R-061."""
    assert supervision_config(Values(Facts()), preset("parking", 2, 3)) is None


def test_the_way_back_and_the_modem() -> None:
    """R-120 to R-125: the modem counts only where it is switched on."""
    config = made(
        local_port=8081,
        public_ip_address="192.0.2.7",
        public_port=81,
        reply_to_address="http://reply.example/",
        modem_ip_address="192.0.2.254",
        modem_retry_interval=7,
    )
    assert config.callback == Callback(8081, "192.0.2.7", 81, "http://reply.example/")
    assert config.modem is None
    assert config.meter_form == "xsd"
    assert made(modem_present=True, modem_ip_address="192.0.2.254", modem_retry_interval=7).modem == Modem(
        "192.0.2.254", 7
    )


@pytest.mark.parametrize(
    ("version", "url", "soap", "possible"),
    [
        ("ocpp_1_5", "http://h/x", True, True),
        ("ocpp_1_5", "https://h/x", True, True),
        ("ocpp_1_5", "ws://h/x", False, True),
        ("ocpp_1_5", "wss://h/x", False, True),
        ("ocpp_1_6", "ws://h/x", False, True),
        ("ocpp_1_6", "wss://h/x", False, True),
        ("ocpp_1_6", "http://h/x", False, False),
        ("ocpp_1_6", "https://h/x", False, False),
    ],
)
def test_version_and_scheme_pick_the_way(version: str, url: str, soap: bool, possible: bool) -> None:
    """R-116, R-117, N-39."""
    config = made(ocpp_version=version, supervision_url=url, box_identity="CP")
    assert by_soap(config) == soap
    assert (problem(config) == "") == possible
