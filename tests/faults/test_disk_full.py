"""A disk that fills up under a running station and gets room again (R05), on a small file system of its own."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import time
from collections.abc import Iterator

import pytest

from evlink.client import CallError
from tests.faults.table import Tally
from tests.scenario.house import House

SIZE = "4m"
TIMES = 6  # a contactor that closes seven times in a minute chatters
SHOWN = (
    "outlet_status",
    "ev_state",
    "badge",
    "last_error",
    "last_charge_status",
    "cable_state",
    "evse_status",
    "light",
)
WAITING, CHARGING = "OK_ChargeAuthorisationStarted", "OK_ChargeLoopStarted"


@contextlib.contextmanager
def small_house() -> Iterator[House]:
    """A station whose state directory is a tmpfs of 4 MiB."""
    house = House()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0700", "none", str(house.state)],
                             capture_output=True, text=True, check=False)  # fmt: skip
    if mounted.returncode:
        house.end()
        pytest.skip(f"no tmpfs can be mounted here: it is not there ({mounted.stderr.strip()})")
    try:
        yield house.start()
    finally:
        house.end()
        subprocess.run(["umount", "-l", str(house.state)], check=False)
        shutil.rmtree(house.state, ignore_errors=True)


def fill(house: House) -> None:
    """Take all room that is left, to the last page."""
    with (house.state / "junk").open("ab", buffering=0) as junk, contextlib.suppress(OSError):
        while True:
            junk.write(bytes(4096))


def failing(house: House) -> bool:
    """Whether the outlets show Evt #9: what happened could not be stored."""
    return "KO" in house.status()["events"]["9"]


def unplugged(house: House) -> bool:
    """Take the plug of outlet 2 out; False while the lock holds it."""
    try:
        house.sim("unplug", 2)
    except CallError:
        return False
    return True


@pytest.mark.faults
@pytest.mark.timeout(600)
def test_a_full_disk_refuses_new_charges_and_keeps_the_old_one(tally: Tally) -> None:
    """R05: the running charge goes on, no charge begins that can't be stored, and with room all goes on by itself."""
    refused = begun = 0
    with small_house() as house:
        first = house.charge(1, uid="0401")
        for number in range(TIMES):
            fill(house)
            house.sim("plug", 2, cable=32, phases=3)
            house.until(2, cable_state="32A")
            house.sim("badge", 2, uid=f"05{number:02}")
            house.sim("ready", 2)
            try:
                house.wait(lambda: failing(house) or house.outlet(2)["contactor"], "a refusal or a charge", 30)
            except AssertionError as error:
                now = house.outlet(2)
                raise AssertionError(f"{number}: { ({k: now[k] for k in SHOWN}) }\n{error}") from None
            if failing(house):
                time.sleep(1.5)  # longer than a permit takes
                assert not house.board(2)["contactor"], "a charge that nobody stored"
                refused += 1
            assert house.outlet(1)["contactor"], house.log()
            assert house.board(1)["contactor"]
            (house.state / "junk").unlink()
            house.wait(lambda: not failing(house), "Evt #9's end", 30)
            house.wait(lambda: house.outlet(2)["outlet_status"] in (WAITING, CHARGING), "an outlet that serves", 30)
            time.sleep(1.0)  # a badge that waits goes on now
            if house.outlet(2)["outlet_status"] == WAITING:  # refused at the reader: shown again
                house.sim("badge", 2, uid=f"05{number:02}")
            house.until(2, contactor=True, badge=f"05{number:02}", seconds=30)
            begun += 1
            house.sim("badge", 2, uid=f"05{number:02}")
            house.until(2, outlet_status="OK_UnplugProcedureStarted")
            house.wait(lambda: unplugged(house), "an open lock")
            house.until(2, outlet_status="OK_ChargeAuthorisationStarted", cable_state="Not_Plugged")
        now = house.outlet(1)
        assert now["badge"] == "0401"
        assert now["session_energy_wh"] > first["session_energy_wh"]
        records = house.call("history.list", limit=1000)["records"]
        assert [record["uid"] for record in records] == [f"05{number:02}" for number in reversed(range(TIMES))]
    assert refused > 0
    tally("storage", f"disk of {SIZE}B filled to the last page under a charging station, and emptied again", TIMES,
          refused=refused, note=f"{begun} charges begun once there was room")  # fmt: skip
