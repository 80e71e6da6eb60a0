"""`evlink meters` and `evlink meters probe`: by the running station, and alone where none runs."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evlink.cli import main
from tests.meters.device import TcpMeters, iem3x5x
from tests.unit.cli_station import SmallStation, serving

METERS = [
    {"outlet": 1, "type": "iem3x5x", "health": "ok", "model": "iEM3155", "serial": "7", "problem": ""},
    {"outlet": 2, "type": "generic_tri", "health": "lost", "model": "", "serial": "", "problem": "no answer",
     "problem_fr": "pas de réponse"},
]  # fmt: skip
FOUND = {
    "unit": 2, "type": "iem3x5x", "model": "iEM3155", "maker": "S", "serial": "7", "firmware": "1.08", "problem": "",
    "reading": {"current_a": [1.5, 0, 0], "voltage_v": [230, 231, 232], "power_w": 345, "energy_wh": 99},
}  # fmt: skip


@pytest.fixture
def station(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallStation]:
    monkeypatch.setenv("EVLINK_STATE", str(tmp_path))
    monkeypatch.setenv("LC_ALL", "C")
    with serving(tmp_path / "evlink.sock") as made:
        yield made


def test_the_health_of_the_meters(station: SmallStation, capsys: pytest.CaptureFixture[str]) -> None:
    station.methods["meters"] = lambda params: {"meters": METERS}
    assert main(["meters"]) == 0
    said = capsys.readouterr().out
    assert "iEM3155  7              in order" in said
    assert "generic, three-phase" in said
    assert "lost: no answer" in said
    assert main(["--lang", "fr", "meters"]) == 0
    assert "perdu : pas de réponse" in capsys.readouterr().out
    assert main(["meters", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == METERS


def test_a_probe_by_the_station(station: SmallStation, capsys: pytest.CaptureFixture[str]) -> None:
    steps = iter([True, True, False])

    def probe(params: dict[str, Any]) -> dict[str, Any]:
        running = next(steps)
        return {"running": running, "line": "x", "done": 1, "total": 2, "found": [] if running else [FOUND]}

    station.methods["meters.probe"] = probe
    assert main(["meters", "probe", "--outlet", "2", "--host", "10.0.0.9", "--unit", "2-3"]) == 0
    asked = [params for name, params in station.calls if name == "meters.probe"]
    assert asked[0] == {"action": "start", "outlet": 2, "host": "10.0.0.9", "first": 2, "last": 3}
    said = capsys.readouterr().out
    assert "iEM3155  7              1.08" in said
    assert "230.0/231.0/232.0 V, 1.50/0.00/0.00 A, 345 W, 99 Wh" in said


def test_nobody_answers(station: SmallStation, capsys: pytest.CaptureFixture[str]) -> None:
    station.methods["meters.probe"] = lambda params: {"running": False, "line": "a:1", "found": [], "problem": ""}
    assert main(["meters", "probe"]) == 1
    assert capsys.readouterr().err == "evlink: a:1: nobody answers\n"


def test_a_line_that_fails(station: SmallStation, capsys: pytest.CaptureFixture[str]) -> None:
    why = {"problem": "serial port /dev/x is missing", "problem_fr": "le port série /dev/x est absent"}
    station.methods["meters.probe"] = lambda params: {"running": False, "line": "a", "found": [], **why}
    assert main(["meters", "probe"]) == 1
    assert capsys.readouterr().err == "evlink: serial port /dev/x is missing\n"
    assert main(["meters", "probe", "--lang", "fr"]) == 1
    assert capsys.readouterr().err == "evlink: le port série /dev/x est absent\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--unit", "0"], "--unit 0: a unit from 1 to 255, or two joined by -"),
        (["--unit", "9-3"], "--unit 9-3: a unit from 1 to 255, or two joined by -"),
        (["--unit", "two"], "--unit two: a unit from 1 to 255, or two joined by -"),
        (["--port", "/dev/a", "--host", "b"], "--port and --host exclude each other"),
        (["--parity", "mark"], "'mark' is not allowed"),
    ],
)
def test_bad_input(station: SmallStation, capsys: pytest.CaptureFixture[str], words: list[str], said: str) -> None:
    assert main(["meters", "probe", *words]) == 2
    assert said in capsys.readouterr().err
    assert [name for name, _ in station.calls if name != "hello"] == []


def test_without_a_station_a_line_must_be_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EVLINK_STATE", str(tmp_path))
    assert main(["meters", "probe"]) == 2
    assert "name --port or --host" in capsys.readouterr().err
    assert main(["meters"]) == 1
    assert "no station runs" in capsys.readouterr().err


def test_a_probe_without_a_station(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The probe itself, over a real connection to a simulated meter."""
    monkeypatch.setenv("EVLINK_STATE", str(tmp_path))
    ready, ended, port = threading.Event(), threading.Event(), []

    async def serve() -> None:
        meters = await TcpMeters(iem3x5x()).start()
        port.append(meters.port)
        ready.set()
        await asyncio.to_thread(ended.wait)
        await meters.stop()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert ready.wait(10)
        assert main(["meters", "probe", "--host", "127.0.0.1", "--tcp-port", str(port[0]), "--json"]) == 0
        report = json.loads(capfd.readouterr().out)
        assert report["found"][0]["serial"] == "305419896"
        assert main(["meters", "probe", "--port", "/dev/evlink-nowhere"]) == 1
        assert "serial port /dev/evlink-nowhere is missing" in capfd.readouterr().err
    finally:
        ended.set()
        thread.join()


def test_a_lost_meter_is_told_in_the_status(station: SmallStation, capsys: pytest.CaptureFixture[str]) -> None:
    """One sentence in status, in the language of the command line."""
    from tests.unit.test_cli_commands import OUTLET, STATUS

    station.methods["snapshot"] = lambda params: {**STATUS, "outlets": [{**OUTLET, "meter": METERS[1]}]}
    assert main(["status"]) == 0
    assert "! Outlet 1: no answer\n" in capsys.readouterr().out
    assert main(["status", "--lang", "fr"]) == 0
    assert "! Prise 1 : pas de réponse\n" in capsys.readouterr().out
