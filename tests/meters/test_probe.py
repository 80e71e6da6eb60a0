"""The probe: by the station's socket beside the polling, and as a program where no station runs."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from typing import Any

import pytest

from evlink.runtime.desk import Tasks
from evlink.runtime.methods.meters import table
from evlink.runtime.rpc import BAD_VALUE, NOT_NOW, REFUSED, Failure, Methods, Session
from evlink.settings.model import Role
from tests.meters.bench import Bench, followed, station, with_meter
from tests.meters.device import generic_tri, iem3x5x, iem2155, on_line, on_tcp


def admin() -> Session:
    return Session(None, trusted=True)


def methods(bench: Bench, values: Any) -> tuple[Methods, Tasks]:
    tasks = Tasks()
    return Methods(table(bench.metering, lambda: values, tasks)), tasks


async def probed(bench: Bench, values: Any, **params: Any) -> dict[str, Any]:
    """The report of a probe that came to its end."""
    made, tasks = methods(bench, values)
    report = await made.call(admin(), "meters.probe", {"action": "start", **params})
    while report["running"]:
        await asyncio.sleep(0.02)
        report = await made.call(admin(), "meters.probe", {})
    await tasks.cancel()
    return dict(report)


async def test_a_line_is_searched_while_its_meters_are_polled() -> None:
    """Model, serial number and a reading; the meter that is polled on the same line stays believed."""
    third = iem2155(unit=4)
    async with on_line(iem3x5x(), third, generic_tri(unit=5)) as line:
        values = with_meter(station(), 1, "iem3x5x", line.path)
        async with followed(values) as bench:
            await bench.health("ok")
            report = await probed(bench, values, first=1, last=5)
            assert bench.meter()["health"] == "ok"
            assert bench.told == []
    assert (report["done"], report["total"], report["problem"]) == (5, 5, "")
    assert [(f["unit"], f["type"], f["model"], f["serial"]) for f in report["found"]] == [
        (2, "iem3x5x", "iEM3155", "305419896"),
        (4, "iem2155", "iEM2155", "77"),
        (5, "", "", ""),
    ]
    first = report["found"][0]
    assert (first["firmware"], first["maker"]) == ("1.08", "Schneider Electric")
    reading = {"current_a": [10, 11, 12], "voltage_v": [230, 231, 232], "power_w": 7125, "energy_wh": 123_456_789}
    assert first["reading"] == reading


async def test_a_generic_meter_is_read_by_the_outlets_registers() -> None:
    async with on_tcp(generic_tri()) as meters:
        values = with_meter(station(), 2, "generic_tri", meters.port)
        async with followed(station()) as bench:
            report = await probed(bench, values, outlet=2)
    assert report["line"] == f"127.0.0.1:{meters.port}"
    (found,) = report["found"]
    assert (found["type"], found["reading"]["energy_wh"], found["reading"]["power_w"]) == ("generic_tri", 6000, 8250)


async def test_a_line_that_is_not_there_is_told_in_one_sentence() -> None:
    async with followed(station()) as bench:
        report = await probed(bench, station(), port="/dev/evlink-nowhere")
        assert report["problem"] == "serial port /dev/evlink-nowhere is missing"
        assert report["problem_fr"] == "le port série /dev/evlink-nowhere est absent"
        report = await probed(bench, station(), host="127.0.0.1", tcp_port=1)
        assert report["problem"] == "the meters' gateway 127.0.0.1:1 can't be reached"


async def test_one_probe_at_a_time_and_it_can_be_stopped() -> None:
    device = iem3x5x()
    device.fault = "silent"
    async with on_line(device) as line, followed(station()) as bench:
        values = station().with_changes({"extension.meters.serial_port": line.path})
        made, tasks = methods(bench, values)
        report = await made.call(admin(), "meters.probe", {"action": "start", "first": 1, "last": 247})
        assert report["running"]
        assert report["total"] == 247
        with pytest.raises(Failure) as refused:
            await made.call(admin(), "meters.probe", {"action": "start"})
        assert refused.value.code == NOT_NOW
        stopped = await made.call(admin(), "meters.probe", {"action": "stop"})
        assert (stopped["running"], stopped["stopped"]) == (False, True)
        await asyncio.sleep(0.1)
        assert (await made.call(admin(), "meters.probe", {}))["running"] is False
        await tasks.cancel()


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"outlet": 3}, "outlet 3: 1 or 2 is allowed"),
        ({"port": "/dev/ttyS0", "host": "10.0.0.1"}, "host 10.0.0.1: only one of port and host is allowed"),
        ({"first": 9, "last": 3}, "last 3: 9 to 255 is allowed"),
    ],
)
async def test_bad_parameters(params: dict[str, Any], said: str) -> None:
    async with followed(station()) as bench:
        made, _ = methods(bench, station())
        with pytest.raises(Failure) as refused:
            await made.call(admin(), "meters.probe", {"action": "start", **params})
        assert (refused.value.code, refused.value.message) == (BAD_VALUE, said)
        assert (await made.call(admin(), "meters.probe", {})) == {"running": False}


@pytest.mark.parametrize("port", ["/etc/passwd", "/dev/../etc/passwd", "ttyS0", ""])
async def test_a_port_is_a_device(port: str) -> None:
    async with followed(station()) as bench:
        made, _ = methods(bench, station())
        with pytest.raises(Failure):
            await made.call(admin(), "meters.probe", {"action": "start", "port": port})


async def test_a_user_may_look_but_not_probe() -> None:
    """R-052: Energy management is Admin's."""
    async with followed(station()) as bench:
        made, _ = methods(bench, station())
        user = Session(None, trusted=False)
        user.role = Role.USER
        assert len((await made.call(user, "meters", {}))["meters"]) == 2
        with pytest.raises(Failure) as refused:
            await made.call(user, "meters.probe", {})
        assert refused.value.code == REFUSED


async def test_the_program() -> None:
    """Without a station: a report a line, the last one with what was found."""
    async with on_tcp(iem3x5x()) as meters:
        command = [sys.executable, "-m", "evlink.modbus.probe", "--host=127.0.0.1", f"--tcp-port={meters.port}"]
        done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=True, timeout=60)
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    assert [report["running"] for report in reports] == [True, True, False]
    assert reports[-1]["found"][0]["serial"] == "305419896"
