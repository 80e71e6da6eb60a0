"""Badges by reader, through real processes: who captures, what a captured badge does, and how it ends (R-179 to R-181).

And lists of thousands over the socket, by the command line (R-188 to R-190).
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evlink.client import CallError, Client
from evlink.domain.record import Badge
from evlink.formats import badge_csv
from evlink.hardware.facts import preset, render
from tests.scenario.house import House, house

PASSWORD = "Correct-Horse-9!"


@pytest.fixture(scope="module")
def home() -> Iterator[House]:
    with house() as built:
        built.evlink("set", "configuration.general.unknown_badge_strategy=reject_unknown")
        for account, first in (("admin", "ADMIN"), ("utilisateur", "UTILISATEUR")):
            client = logged_in(built, account, first)
            client.call("password.change", account=account, current=first, new=PASSWORD)
            client.close()
        yield built


@pytest.fixture(autouse=True)
def empty(home: House) -> None:
    """No badge and no capture left over."""
    home.wait(lambda: not home.call("badges.capture")["running"], "the end of the last capture")
    home.call("badges.remove", all=True)


def logged_in(home: House, account: str = "admin", password: str = PASSWORD) -> Client:
    """A connection that began without a role and logged in, as the terminal's does."""
    client = Client.connect(home.state / "evlink.sock", login=True)
    client.call("login", account=account, password=password)
    return client


def read(home: House, client: Client, uid: str, outlet: int = 1) -> dict[str, Any]:
    """Present a badge; what the capture then says of it."""
    before = client.call("badges.capture")
    home.evlink("sim", "badge", uid, "--outlet", str(outlet))
    found: dict[str, Any] = {}

    def shown() -> bool:
        nonlocal found
        found = client.call("badges.capture")
        return bool(found["done"] + found["other"] > before["done"] + before["other"])

    home.wait(shown, f"word of badge {uid}")
    return dict(found["badges"][0])


def listed(home: House) -> list[str]:
    """The uids of the list."""
    return [badge["uid"] for badge in json.loads(home.evlink("badges", "list", "--json").stdout)]


def test_badges_come_and_go_by_reader(home: House) -> None:
    """R-179, R-180: each is acknowledged, with a beep for a change; a deleted one is refused within a second."""
    with logged_in(home) as client:
        beeps = home.board(2)["beeps"]
        began = client.call("badges.capture", action="start", mode="add")
        assert (began["running"], began["own"], began["by"], began["mode"]) == (True, True, "admin", "add")
        assert 29 < began["left_s"] <= 30
        outcomes = [read(home, client, uid, 2) for uid in ("04a1b2", "CAFE", "04A1B2")]
        assert [(one["uid"], one["outcome"], one["outlet"]) for one in outcomes] == [
            ("04A1B2", "added", 2),
            ("CAFE", "added", 2),
            ("04A1B2", "known", 2),
        ]
        home.wait(lambda: home.board(2)["beeps"] - beeps == 1 + 1 + 2, "four beeps")
        assert client.call("badges.capture", action="stop")["ended"] == "stopped"
        assert listed(home) == ["04A1B2", "CAFE"]

        home.charge(1, "CAFE")  # a captured badge charges afterwards
        client.call("badges.capture", action="start", mode="delete")
        assert read(home, client, "CAFE")["outcome"] == "removed"
        assert read(home, client, "CAFE")["outcome"] == "unknown"
        assert home.outlet(1)["contactor"], "its own badge went to the capture, and ended no charge"
        client.call("badges.capture", action="stop")
    home.sim("badge", 1, uid="CAFE")  # the holder ends the charge that was begun
    home.until(1, contactor=False)
    home.wait(lambda: not home.board(1)["lock_feedback"], "the lock to open")
    home.sim("unplug", 1)
    home.until(1, outlet_status="OK_ChargeAuthorisationStarted")
    home.sim("badge", 1, uid="CAFE")
    home.until(1, seconds=1.0, last_error="KO_BadgeUnknown")


def test_one_capture_at_a_time(home: House) -> None:
    """The second is refused by the name of the first; its stop too."""
    with logged_in(home) as client, logged_in(home) as other:
        client.call("badges.capture", action="start")
        for action in ("start", "stop"):
            with pytest.raises(CallError, match="captured already, by admin") as refusal:
                other.call("badges.capture", action=action)
            assert refusal.value.reason == "not_now"
            assert refusal.value.data["by"] == "admin"
        assert not other.call("badges.capture")["own"]
        client.call("badges.capture", action="stop")
        other.call("badges.capture", action="start", mode="delete")
        assert other.call("badges.capture")["own"]


@pytest.mark.parametrize("end", ["close", "logout"])
def test_it_ends_with_its_terminal(home: House, end: str) -> None:
    """A terminal that is gone, or has given its role back, captures nothing more."""
    client = logged_in(home)
    client.call("badges.capture", action="start")
    if end == "logout":
        client.call("logout")
    else:
        client.close()
    home.wait(lambda: home.call("badges.capture")["ended"] == "gone", "the end of the capture", 2.0)
    home.sim("badge", 1, uid="BEEF")
    home.until(1, last_error="KO_BadgeUnknown")
    assert listed(home) == []
    client.close()


def test_a_user_captures_too(home: House) -> None:
    """R-179: the switch and its button are on the tab of both accounts."""
    with logged_in(home, "utilisateur") as client:
        client.call("badges.capture", action="start")
        assert client.call("badges.capture")["running"]
        client.call("badges.capture", action="stop")


def test_thirty_seconds_from_the_last_badge() -> None:
    """R-181, N-53; on a station whose clock runs ten times as fast."""
    with house(speed=10.0) as fast, Client.connect(fast.state / "evlink.sock") as client:
        client.call("badges.capture", action="start")
        began = time.monotonic()
        time.sleep(2)
        assert read(fast, client, "AA")["outcome"] == "added"
        heard = time.monotonic()
        assert client.call("badges.capture")["running"]
        fast.wait(lambda: not client.call("badges.capture")["running"], "the end by itself", 6)
        assert client.call("badges.capture")["ended"] == "time"
        assert time.monotonic() - began > 3.5 > time.monotonic() - heard - 1.0
        fast.sim("badge", 1, uid="BB")
        time.sleep(0.3)
        assert listed(fast) == ["AA"]


def test_no_reader_no_capture(tmp_path: Path) -> None:
    """Board facts: a station with a key lock instead of a reader has nothing to capture with."""
    board = tmp_path / "board.toml"
    facts = preset("wallbox", 1, 1)
    keyed = replace(
        facts,
        station=replace(facts.station, rfid_reader=False, key_lock=True),
        hardware=replace(facts.hardware, rfid_reader="None"),
    )
    board.write_text(render(keyed))
    with house(str(board)) as built, Client.connect(built.state / "evlink.sock") as client:
        with pytest.raises(CallError, match="no badge reader") as refusal:
            client.call("badges.capture", action="start")
        assert refusal.value.data["fr"] == "cette borne n'a pas de lecteur de badges"


def test_ten_thousand_badges_come_in_from_a_file(home: House, tmp_path: Path) -> None:
    """R-188 to R-190: more than a line of the socket takes, all of them or none, and back as they were."""
    file, back = tmp_path / "many.csv", tmp_path / "back.csv"
    rows = [f"{n:014X};{'vip' if n % 7 == 0 else 'user'};Drivér {n}, {'x' * 30}"[:80] for n in range(10_000)]
    file.write_text("uid;type;comment\n" + "\n".join(rows) + "\n", encoding="utf-8")
    assert "--unsigned" in home.evlink("badges", "import", str(file), code=2).stderr
    told = home.evlink("badges", "import", "--unsigned", str(file)).stdout.splitlines()
    assert told[-2:] == ["10000 added, 0 changed, 0 removed", "Badges in the list now: 10000"]
    home.evlink("badges", "export", str(back))
    home.evlink("badges", "remove", f"{1:014X}", f"{2:014X}")
    home.evlink("badges", "import", str(back))  # unchanged, so no word is needed
    assert len(listed(home)) == 10_000
    assert home.call("badges.list", query="drivér 9999,")["total"] == 1
    back.write_text(back.read_text(encoding="utf-8").replace("vip", "admin", 1), encoding="utf-8")
    assert "changed after it was exported" in home.evlink("badges", "import", str(back), code=2).stderr
    lines = file.read_text(encoding="utf-8").splitlines()
    lines[8_000] = "XX!;king;" + "c" * 51
    file.write_text("\n".join(lines), encoding="utf-8")
    wrong = home.evlink("badges", "import", "--unsigned", str(file), code=2).stderr
    for column in ("uid 'XX!'", "type 'king'", "the comment"):
        assert f"line 8001: {column}" in wrong
    assert len(listed(home)) == 10_000


def test_a_list_written_by_hand_is_admins(home: House) -> None:
    """The station itself holds it: without the seal of an export, or with a false one, User replaces no list."""
    row = {"number": 1, "uid": "AA", "type": "user", "comment": ""}
    with logged_in(home, "utilisateur") as client:
        with pytest.raises(CallError, match=r"badges\.replace\.begin comes first"):
            client.call("badges.replace.rows", badges=[row])
        client.call("badges.replace.begin")
        client.call("badges.replace.rows", badges=[row])
        for seal, sentence in (("", "open to the admin account only"), ("0" * 64, "changed after it was exported")):
            with pytest.raises(CallError, match=sentence):
                client.call("badges.replace.commit", seal=seal)
        with pytest.raises(CallError, match="not open to the user account"):
            client.call("badges.replace", badges=[row])
        assert listed(home) == []
        seal = badge_csv.seal([Badge(1, "AA")])
        planned = client.call("badges.replace.commit", seal=seal, dry_run=True)
        assert planned["changes"] == [{"change": "added", **row}]
        assert listed(home) == []
        client.call("badges.replace.commit", seal=seal)
    assert listed(home) == ["AA"]
