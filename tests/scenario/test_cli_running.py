"""Commands one after the other on a station that starts and restarts, as README.md has them pasted."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import pytest

from tests.scenario.house import PYTHON, House


@pytest.fixture
def run() -> Iterator[House]:
    """A house whose station has only just been told to start, by `evlink run`."""
    built = House()
    env = {**os.environ, "EVLINK_STATE": str(built.state)}
    with open(built.state / "station.log", "wb") as log:
        command = [PYTHON, "-m", "evlink.cli", "run"]
        built.station = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        yield built
    finally:
        built.end()


@pytest.mark.slow
def test_commands_at_once_after_the_start_and_after_a_restart(run: House) -> None:
    """README.md: `evlink run &`, then `evlink sim plug`; R-225: after `evlink restart` a status is to be had."""
    run.evlink("sim", "plug", "--cable", "32")
    assert "already" in run.evlink("sim", "plug", code=1).stderr
    assert run.evlink("restart").stdout == "The station has restarted.\n"
    run.evlink("status", "--json")
    key = "extension.ocpp.meter_values_dialect"
    done = run.evlink("set", f"{key}=draft", "--restart")
    assert done.stdout.endswith("The station has restarted.\n")
    assert run.evlink("get", key).stdout == f"{key}=draft\n"


@pytest.mark.slow
def test_the_files_are_left_to_a_station_that_starts(run: House) -> None:
    """Settings are those of the station that starts, not of its files behind its back."""
    assert run.evlink("get", "configuration.general.station_type").stdout.startswith("configuration.general")
    assert run.client() is not None
    assert "another station" not in run.log()


@pytest.mark.slow
def test_the_simulator_refuses_in_french(run: House) -> None:
    """design.md, command line: `--lang fr` turns words."""
    for words, code, said in (
        (["ready"], 1, "aucun véhicule n'est branché à la prise 1"),
        (["unplug", "--outlet=2"], 1, "aucun véhicule n'est branché à la prise 2"),
        (["plug", "--outlet=3"], 2, "outlet = 3 : valeur refusée ; autorisé : de 1 à 2"),
        (["draw", "1000"], 2, "autorisé : de 0 à 80 ampères"),
    ):
        assert said in run.evlink("sim", *words, "--lang=fr", code=code).stderr
