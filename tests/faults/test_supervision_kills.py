"""A station killed at random moments of its charges while the central system comes and goes: the books agree."""

from __future__ import annotations

import contextlib
import random
import time
from pathlib import Path
from typing import Any

import pytest

from evlink.client import CallError
from tests.tck.rig import TAG, Rig

KILLS = [
    pytest.param(20, marks=pytest.mark.timeout(400)),
    pytest.param(200, marks=[pytest.mark.faults, pytest.mark.timeout(2400)]),
]
WAITING, CHARGING, LEAVING = "OK_ChargeAuthorisationStarted", "OK_ChargeLoopStarted", "OK_UnplugProcedureStarted"


def drive(rig: Rig, rng: random.Random) -> None:
    """Do what a driver would do next; what the station doesn't take is left."""
    now = rig.outlet()
    with contextlib.suppress(CallError):
        match now["outlet_status"]:
            case "OK_ChargeAuthorisationStarted":
                if now["cable_state"] == "Not_Plugged":
                    rig.plug()
                    rig.wait(lambda: rig.outlet()["cable_state"] == "32A", "a cable")
                rig.badge()
            case "OK_ChargeLoopStarted" if rng.random() < 0.5:
                rig.badge()
            case "OK_UnplugProcedureStarted":
                rig.house.sim("unplug", 1)


def transactions(rig: Rig) -> dict[int, dict[str, Any]]:
    """The central system's books: start and stop by transaction id; each must be there once."""
    books: dict[int, dict[str, Any]] = {}
    answers = {e["message"][1]: e["message"][2] for e in rig.central.entries() if e["dir"] in ("out", "lost")
               and isinstance(e["message"], list) and e["message"][0] == 3}  # fmt: skip
    for entry in rig.central.requests("StartTransaction", "StopTransaction"):
        if entry["repeat"] or entry["fault"]:
            continue
        _, id_, action, payload = entry["message"]
        if action == "StartTransaction":
            if id_ not in answers:
                continue  # killed before it could answer: it comes again
            number = answers[id_]["transactionId"]
            assert number not in books
            books[number] = {"start": payload}
        else:
            if id_ not in answers:
                continue
            assert "stop" not in books[payload["transactionId"]], "stopped twice"
            books[payload["transactionId"]]["stop"] = payload
    return books


@pytest.mark.slow
@pytest.mark.parametrize("kills", KILLS)
def test_the_books_agree_after_kills(tmp_path: Path, kills: int) -> None:
    """R02; libocpp PR 239 (Stop twice), 495 (id -1), MicroOcpp 454 (Start lost), 174 (meterStop missing)."""
    rng = random.Random(kills)
    settings: dict[str, Any] = {"configuration.general.comms_loss_strategy": "allow_all"}
    rig = Rig(tmp_path, **settings)
    up = True
    try:
        for _ in range(kills):
            if rng.random() < 0.5:
                rig.central_up(not up)
                up = not up
            drive(rig, rng)
            time.sleep(rng.uniform(0.0, 1.2))
            rig.house.kill_station()
            rig.house.start()
        if not up:
            rig.central_up(True)
        rig.wait(lambda: rig.connected, "a link", 60)
        rig.clear_outlet(1)
        rig.wait(lambda: rig.status["station"]["supervision"]["queue"] == 0, "an empty queue", 60)
        books = transactions(rig)
        records = rig.house.call("history.list", limit=1000)["records"]
        told = {
            number: (one["start"]["idTag"], one["stop"]["meterStop"] - one["start"]["meterStart"])
            for number, one in books.items()
        }
        kept = {int(one["transaction_id"]): (one["uid"], one["energy_wh"]) for one in records}
        assert told.keys() == kept.keys()
        assert len(kept) == len(records) > 0
        for number, (tag, energy) in told.items():
            assert tag == kept[number][0] == TAG
            assert energy == pytest.approx(kept[number][1], abs=1)
        assert rig.central.faults() == []
    finally:
        rig.end()
