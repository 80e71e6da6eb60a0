"""What is told of settings that can't be right, or are odd: a sentence each, where it is set and where it is shown."""

from __future__ import annotations

from typing import Any

import pytest

from evlink.modbus.fitted import fitted
from evlink.modbus.rtu import SerialBus
from evlink.runtime.heading import HeadMeter
from evlink.runtime.methods.meters import Probe, asked
from evlink.runtime.rpc import Failure
from evlink.settings.check import Checked, check_changes
from evlink.settings.facts import Facts
from evlink.settings.meter_checks import problems
from evlink.settings.model import Role
from evlink.settings.values import Values
from tests.meters.bench import METERS, OURS, followed, station, with_meter


def noticed(values: Values, **changes: Any) -> list[str]:
    """The notices of a change, by path with __ for the dots."""
    found = check_changes(values, {path.replace("__", "."): value for path, value in changes.items()}, Role.ADMIN)
    assert isinstance(found, Checked), found
    return [notice.en for notice in found.notices]


def test_a_size_that_fits_no_type_is_one_sentence() -> None:
    """R-170: that such registers overlap besides is not worth a word."""
    values = station().with_changes({f"{METERS}.1.meter_type": "generic_tri"})
    said = noticed(values, **{f"{METERS}__1__tri_current_register_size".replace(".", "__"): 3})
    assert said == [f"{METERS}.1.tri_current_register_size: no number has 3 registers; allowed: 1, 2 or 4"]
    two = values.with_changes({f"{METERS}.1.tri_{one}_register_size": 3 for one in ("current", "voltage")})
    assert len(list(problems(two, 1))) == 2


def test_a_tcp_meter_with_an_address_of_its_own_needs_no_second_one_of_the_station() -> None:
    """R-171: the second address is how a meter within the station is reached."""
    values = station().with_changes({"configuration.network.outlet2_ip_enabled": False})
    path = f"{METERS}.1.".replace(".", "__")
    changes = {f"{path}meter_type": "iem3x5x", f"{path}protocol": "modbus_tcp"}
    assert any("outlet2_ip_enabled" in one for one in noticed(values, **changes))
    host = {"extension__meters__1__gateway_host": "10.0.0.9"}
    assert not any("outlet2_ip_enabled" in one for one in noticed(values, **changes, **host))


@pytest.mark.parametrize(("unit", "odd"), [(2, False), (247, False), (248, True), (255, True)])
async def test_a_unit_above_247_is_asked_and_remarked_upon(unit: int, odd: bool) -> None:
    """N-45: a warning, wherever the meter is told of; over TCP 255 is an ordinary unit."""
    values = with_meter(station(), 1, "iem3x5x", "/dev/evlink-nowhere", unit=unit)
    async with followed(values) as bench:
        said = bench.meter()
        assert ("outside Modbus, which ends at 247" in said["remark"]) is odd
        assert ("sort de Modbus" in said["remark_fr"]) is odd
    assert fitted(with_meter(station(), 1, "iem3x5x", 502, unit=unit), 1).remark is None


def test_the_head_meter_is_told_of() -> None:
    head = HeadMeter(SerialBus)
    head.configure(station())
    assert head.word() == {"type": "none"}
    head.configure(station().with_changes({f"{OURS}.head_meter": "iem3x5x", f"{OURS}.head_unit": 250}))
    said = head.word()
    assert (said["type"], said["health"], said["current_a"]) == ("iem3x5x", "starting", None)
    assert "ends at 247" in said["remark"]


@pytest.mark.parametrize("port", ["tty", "/dev/../etc/passwd", "/dev/a b", "/dev/\x1b[2J", "/tmp/x", ""])
def test_a_port_that_is_none_gets_one_sentence(port: str) -> None:
    settings = Values(Facts())
    with pytest.raises(Failure) as no:
        asked(Probe(port=port), fitted(settings, 1), settings)
    assert "a device such as /dev/ttyS1 is allowed" in no.value.message
    assert no.value.message.isprintable()
