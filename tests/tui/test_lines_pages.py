"""The pages of the line menus: login, badges, history, status, passwords, control, files, and a station that goes."""

from __future__ import annotations

import asyncio
import json
import random
import re
from pathlib import Path

import pytest

from tests.tui.hostile import PAYLOADS, spoil
from tests.tui.lines_bench import Talk, talk
from tests.tui.station_stub import Station
from tui.lines.lists import numbers

NEW = "Nouveau-2026!"


async def test_login_says_what_is_wrong_and_how_long_to_wait(tmp_path: Path) -> None:
    """R-022, R-023, and the wait that the station imposes."""
    async with talk(tmp_path, "") as one:
        assert "Password:" in await one.say("chef")
        for _ in range(2):
            assert "Access refused: wrong account or password." in await one.say("wrong")
            await one.say("chef")
        assert "Access refused. Try again in 4 s." in await one.say("wrong")
        assert "Menu>" in await one.say("chef", "Correct-Horse-9!")


async def test_a_factory_password_has_to_be_replaced_first(tmp_path: Path) -> None:
    """R-028, R-030: each rule that is missing is named; nothing else is open before."""
    async with talk(tmp_path, "") as one:
        answer = await one.say("admin", "ADMIN")
        assert "factory password of this account has to be replaced" in answer
        assert "at least 12 characters" in answer
        assert "It still needs: at least 12 characters, one digit, one of" in " ".join(
            (await one.say("Abc")).split()
        ), "only what is missing"
        assert "The two differ" in await one.say(NEW, "other")
        assert "Menu>" in await one.say(NEW, NEW)
        assert one.station.accounts["admin"].password == NEW
        assert NEW.encode() not in one.paper


async def test_a_password_is_changed(tmp_path: Path) -> None:
    """R-029, R-032: Admin chooses an account and gives the own password."""
    async with talk(tmp_path) as one:
        assert "2 utilisateur, User" in await one.say("5.4")
        assert "Your own current password:" in await one.say("2")
        await one.say("wrong", NEW)
        assert "The current password is wrong." in await one.say(NEW)
        assert "was changed" in await one.say("2", "Correct-Horse-9!", NEW, NEW)
        assert one.station.accounts["utilisateur"].password == NEW


async def test_a_user_sees_the_own_account_alone(tmp_path: Path) -> None:
    """R-032, R-033."""
    async with talk(tmp_path, "utilisateur") as one:
        where = [tab.id for tab in one.session.tabs()].index("maintenance") + 1
        assert await one.say(f"{where}.4") == "1 utilisateur, User\nPassword>\n"


async def test_badges_are_added_edited_and_deleted(tmp_path: Path) -> None:
    """R-174, R-182 to R-187."""
    async with talk(tmp_path) as one:
        assert "1 E2EB0001, Admin\n" in await one.say("3")
        await one.say("a", "04A1B2", "2")
        assert "Badge 04A1B2 added." in await one.say("Anna")
        assert one.station.badges[-1] == {"number": 6, "uid": "04A1B2", "type": "vip", "comment": "Anna"}
        assert "6 04A1B2, VIP, Anna" in await one.say("")
        await one.say("6", "1")
        assert "Badge 04A1B2 changed." in await one.say(":e")
        assert one.station.badges[-1]["comment"] == ""
        await one.say("t 2-3", "3")
        assert [badge["type"] for badge in one.station.badges] == ["admin"] * 3 + ["user"] * 3
        assert "Delete E2EB0001, E2EB0003? (y/n)" in await one.say("d 1 3")
        assert "2 badges deleted." in await one.say("y")
        assert "Nothing was changed." in await one.say("d 1", "n")
        assert "A number from 1 to 4." in await one.say("d 9")
        assert "Refused:" in await one.say("a", "!!", "", ""), "what the station refuses is told"
        await one.say("x", "y")
        assert one.station.badges == []


async def test_badges_come_in_pages(tmp_path: Path) -> None:
    """R-185."""
    station = Station()
    station.badges = [{"number": n, "uid": f"AB{n:04d}", "type": "user", "comment": ""} for n in range(1, 46)]
    async with talk(tmp_path, station=station) as one:
        assert "20 AB0020, User\nPage 1/3, 45 badges" in await one.say("3")
        assert "1 AB0021, User" in await one.say("n")
        assert "1 AB0041, User" in await one.say("n")
        assert "1 AB0001, User" in await one.say("n")
        await one.say("p", "d 5")
        await one.say("y")
        assert len(one.station.badges) == 44
        assert "AB0045" not in [badge["uid"] for badge in one.station.badges], "of the page that was shown"


async def test_history_lists_thirty_tells_one_and_exports(tmp_path: Path) -> None:
    """R-191 to R-194."""
    async with talk(tmp_path) as one:
        answer = await one.say("4.1")
        assert "30 2026-04-14 13:40, Outlet 2," in answer
        assert "31 " not in answer
        record = await one.say("1")
        assert "Charge 42" in record
        assert "  Socket: TYPE2\n  Duration: 00:03:02\n" in record
        target = tmp_path / "history.csv"
        told = await one.say("e", str(target))  # a path of any length goes over any number of lines
        assert f"Written:{target}(42)." in "".join(told.split())
        assert len(target.read_text().splitlines()) == 43


async def test_status_comes_once_and_is_watched(tmp_path: Path) -> None:
    """R-210 to R-213: only what changed is told again; Enter ends it."""
    async with talk(tmp_path) as one:
        answer = await one.say("5.1")
        assert "No unexpected event." in answer
        assert "Outlet 1: Charging, 16.0 A, 11.0 kW, 3.214 kWh, max 16 A" in answer
        assert "  CPW state: EVSE_Available_StateA\n" in await one.say("2")
        assert "Outlet 2: Available" in await one.say("w")
        one.station.document["events"]["5"] = ["KO", "OK"]
        one.teletype.waiting.clear()
        answer = await one.waits()
        assert "KO #5 Contactor State (Outlet 1)." in answer
        assert "Outlet 2" not in answer, "what did not change is not told again"
        assert "refresh stopped" in await one.say("")


async def test_restart_and_reset_are_asked_about(tmp_path: Path) -> None:
    """R-224 to R-227: the reset wants a word typed."""
    async with talk(tmp_path) as one:
        await one.say("5.3")
        assert "Nothing was changed." in await one.say("1", "n")
        assert "Nothing was reset." in await one.say("2", "reset")
        assert one.station.resets == 0
        await one.say("2", "RESET")
        await one.say("1", "y")
        assert (one.station.resets, one.station.restarts) == (1, 1)


async def test_a_user_may_not_reset(tmp_path: Path) -> None:
    """R-226."""
    async with talk(tmp_path, "utilisateur") as one:
        where = [tab.id for tab in one.session.tabs()].index("maintenance") + 1
        assert await one.say(f"{where}.3") == "1 Restart the station\nControl>\n"
        assert "Only 1 is there." in await one.say("2")


async def test_the_configuration_goes_out_and_in(tmp_path: Path) -> None:
    """R-056: what an import would change is shown before; a file that is there is not replaced unasked."""
    target = tmp_path / "station.toml"
    async with talk(tmp_path) as one:
        assert "Written:" in await one.say("1.1", "e", str(target))
        assert "exists already. Replace it? (y/n)" in " ".join((await one.say("e", str(target))).split())
        await one.say("n")
        text = target.read_text().replace('station_type = "standalone"', 'station_type = "supervision"')
        target.write_text(text)
        assert "The file changes nothing." not in await one.say("i", str(target))
        assert "Station type: Stand-alone -> Supervision" in one.paper.decode()
        assert "1 setting imported" in await one.say("y")
        assert one.station.values.get("configuration.general.station_type") == "supervision"
        target.write_text(text.replace('station_type = "supervision"', 'station_type = "nonsense"'))
        answer = await one.say("i", str(target))
        assert "Not imported; 1 error in the file:" in answer
        assert "nonsense" in answer
        assert "nowhere.toml" in await one.say("i", "/nowhere.toml")


async def test_the_clock_and_the_supervision_stand_above_their_forms(tmp_path: Path) -> None:
    """R-085; the state of the connection beside its settings."""
    async with talk(tmp_path) as one:
        assert "Clock: 5 April 2026, 12:05:10 (UTC)" in await one.say("1.2")
        one.station.put({"configuration.general.station_type": "supervision"})
        one.station.document["station"]["supervision"] |= {"url": "ws://csms.example/ocpp", "queue": 3}
        await one.say("m", "/zzz")
        at = [tab.id for tab in one.session.subtabs("configuration")].index("configuration.supervision") + 1
        assert "ws://csms.example/ocpp, supervision lost, 3 waiting" in await one.say(f"1.{at}")


async def test_a_station_that_goes_is_told_once_and_waited_for(tmp_path: Path) -> None:
    """What is staged is kept for the login that follows."""
    async with talk(tmp_path) as one:
        await one.say("1.1", "1=OTHER")
        await one.station.stop()
        await one.until(lambda: b"Connection to the station lost" in one.paper)
        await asyncio.sleep(0.8)
        await one.station.start(tmp_path / "evlink.sock")
        await one.until(lambda: b"log in again. Unsaved changes" in one.paper)
        await one.waits()
        assert one.paper.count(b"Connection to the station lost") == 1
        answer = await one.say("chef", "Correct-Horse-9!")
        assert "1 change staged" in answer
        assert "OTHER" in await one.say("c")


async def test_a_session_that_the_station_ended_comes_to_a_login(tmp_path: Path) -> None:
    """As when its password was changed elsewhere: the next answer says so."""
    async with talk(tmp_path) as one:
        await one.say("1.1", "1=OTHER")
        for link in one.station.links:
            link.role = "none"
        answer = await one.say("")
        assert "The station has ended this session: log in again." in answer
        assert "Account (Enter: chef):" in answer
        assert "OTHER" in await one.say("", "Correct-Horse-9!", "c")


async def _told_fallen(one: Talk) -> None:
    """What the station does when the password of a session changes elsewhere (S14)."""
    for link in one.station.links:
        link.role = "none"
        word = {"jsonrpc": "2.0", "method": "fallen", "params": {"reason": "password_changed"}}
        link.writer.write(json.dumps(word).encode() + b"\n")


@pytest.mark.parametrize("watching", [False, True])
async def test_a_password_changed_elsewhere_ends_the_session_at_once(tmp_path: Path, watching: bool) -> None:
    """S14: without a line typed, at a question and while the status is watched; what is staged is kept."""
    async with talk(tmp_path) as one:
        await one.say("1.1", "1=OTHER")
        if watching:
            await one.say("m", "5.1", "w")
        one.teletype.waiting.clear()
        await _told_fallen(one)
        answer = await one.waits()
        assert "The station has ended this session: log in again." in answer
        assert "Account (Enter: chef):" in answer
        assert "Connection to the station lost" not in one.paper.decode()
        assert "OTHER" in await one.say("", "Correct-Horse-9!", "c")


@pytest.mark.parametrize("watching", [False, True])
async def test_nobody_there_for_a_while_brings_the_login(tmp_path: Path, watching: bool) -> None:
    """The role goes back to the station, a line puts the lock off, and watching is no line."""
    async with talk(tmp_path) as one:
        await one.say("1.1", "1=OTHER")
        if watching:
            await one.say("m", "5.1", "w")
        one.console.idle_lock_s = 1.0
        for _ in range(0 if watching else 3):
            await asyncio.sleep(0.5)
            assert "Account" not in await one.say("?")
        one.teletype.waiting.clear()
        answer = await one.waits() if not watching else ""
        await one.until(lambda: b"Nobody was here for a while" in one.paper)
        await one.until(lambda: b"Account (Enter: chef):" in one.paper)
        assert [link.role for link in one.station.links] == ["none"], answer
        one.console.idle_lock_s = 600.0
        assert "1 change staged" in await one.say("", "Correct-Horse-9!")
        assert "OTHER" in await one.say("c")


async def test_a_login_waits_for_ever(tmp_path: Path) -> None:
    """The lock takes a role away; where there is none, nothing is told."""
    async with talk(tmp_path, "") as one:
        one.console.idle_lock_s = 0.1
        await asyncio.sleep(0.5)
        assert "Nobody was here" not in one.paper.decode()


@pytest.mark.parametrize("drop", [True, False])
async def test_another_account_is_asked_and_never_sees_what_was_staged(tmp_path: Path, drop: bool) -> None:
    """As on the screens: it is dropped, or waits for the account that staged it."""
    async with talk(tmp_path) as one:
        await one.say("1.1", "1=OTHER")
        one.teletype.waiting.clear()
        await _told_fallen(one)
        await one.waits()
        answer = await one.say("utilisateur", "Utilisateur-2026!")
        assert "chef left 1 unsaved change here. Drop it? (y/n)" in answer
        assert "OTHER" not in answer
        if drop:
            assert "Menu>" in await one.say("y")
            assert one.session.draft.texts == {}
        else:
            assert "Account (Enter: chef):" in await one.say("b")
            assert [link.role for link in one.station.links] == ["none"]
            assert "OTHER" in await one.say("", "Correct-Horse-9!", "c")


async def test_commands_of_the_menus_are_harmless_at_the_login(tmp_path: Path) -> None:
    async with talk(tmp_path, "") as one:
        for typed in ("m", "b", ":m", "s", "?"):
            await one.say(typed)
            await one.say(":b") if "Password:" in one.paper.decode()[-12:] else None
        assert one.task is not None
        assert not one.task.done()


_LETTERS = "b b m m l ? c u s y n p a x f w e i / = . -1 0 1 2 3 4 5 6 7 9"
_TYPED = (
    *_LETTERS.split(),
    *("? 1", "? 99", "u 1", "u 9", "/a", "/zz", "1.1", "2.2", "4.2", "5.1", "9.9", "1.0", "d 1", "d 1-3", "t 1 2"),
    *("", "1=", "1=5", "2=x", "9=7", "12=off", "3 4", ":b", ":e", ":l", ":?", ":", "::", "\x1b[A", "é\u202e"),
    "x" * 5000,
)


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_is_typed_gets_an_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Three hundred answers at random, in forms, lists, questions and files: always another question, nothing wide."""
    monkeypatch.chdir(tmp_path)
    choose = random.Random(seed)
    async with talk(tmp_path, ("chef", "utilisateur")[seed % 2], ("en", "fr")[seed // 2]) as one:
        for _ in range(300):
            await one.say(choose.choice(_TYPED))
            assert one.task is not None
            assert not one.task.done()
        assert max(map(len, one.paper.decode().splitlines())) <= 79


async def test_the_end_of_the_input_leaves(tmp_path: Path) -> None:
    async with talk(tmp_path) as one:
        await one.say("1.1")
        assert await one.end()


@pytest.mark.parametrize("charset", ["utf-8", "ascii"])
async def test_hostile_texts_order_nothing(tmp_path: Path, charset: str) -> None:
    """S27: badges, records, states, names and settings that carry escapes, C1 and bidi are text alone."""
    station = Station()
    spoil(station)
    async with talk(tmp_path, station=station, charset=charset) as one:
        await one.say("5.1", "1", "2", "m", "5.2", "m", "1.2", "m", "4.2", "m", "4.1")
        await one.say(*map(str, range(1, 31)))
        await one.say("m", "3")
        for _ in range(3):
            await one.say("n", "1", "", "")
        await one.say("d 1", "n", "m", "a")
        paper = one.paper
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", paper)
    text = paper.decode()
    assert not re.search("[\x80-\x9f\u202a-\u202e\u2066-\u2069\u200b-\u200f\u2028\u2029\ufeff]", text)
    assert "[1;1HOWNED" in text, "an order without its escape is text"
    assert len(PAYLOADS) >= 60
    assert charset != "ascii" or paper.isascii()


@pytest.mark.parametrize(
    ("text", "expected"),
    [("3", [3]), ("1 4", [1, 4]), ("2-4,1", [2, 3, 4, 1]), ("2 - 3", [2, 3]), ("4-2", None), ("", None), ("0", None),
     ("9", None), ("1 x", None), ("٣", None)],
)  # fmt: skip
def test_numbers_name_rows(text: str, expected: list[int] | None) -> None:
    """R-184: several at once, and none beyond the page."""
    assert numbers(text, 5) == expected
