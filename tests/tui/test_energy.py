"""Energy on the screens: the Modbus server, the head meter, what a limit waits for; the probe in the line menus."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from evlink.domain.outcomes import BARRING, ENDING, INTERRUPTING, WARNING
from evlink.ocpp.states import FAULTS
from tests.tui.bench import desk
from tests.tui.hostile import PAYLOADS
from tests.tui.lines_bench import talk
from tui import terms
from tui.limits import limit_more
from tui.metering import meter_texts
from tui.modbus import ago, modbus_texts

NOON = "2026-04-05T12:00:00+00:00"
REFUSAL = {"at": "2026-04-05T11:57:00+00:00", "peer": "10.0.0.7", "said": "may not write", "said_fr": "ne peut écrire"}
WRITE = {"at": "2026-04-05T11:59:55+00:00", "peer": "10.0.0.5", "said": "set point, A 16", "said_fr": "consigne, A 16"}


def test_the_warnings_of_the_screens_are_the_stations() -> None:
    """One opinion of what leaves an outlet in service: screens, light and state, what ends a charge, and OCPP."""
    assert {int(event) for event in WARNING} == terms.WARNINGS
    assert not WARNING & (set(ENDING) | set(INTERRUPTING) | BARRING)
    assert not [event for event in WARNING if event in FAULTS and FAULTS[event].faulted]


def _server(**changes: Any) -> dict[str, Any]:
    server = {"enabled": True, "port": 502, "clients": 1, "owner": "", "last_error": "", **changes}
    return {"station": {"clock": NOON, "modbus": server}}


@pytest.mark.parametrize(
    ("lang", "server", "expected"),
    [
        ("en", {"enabled": False}, ["Modbus server: off"]),
        ("fr", {"enabled": False}, ["Serveur Modbus : arrêté"]),
        ("en", {"port": None, "last_error": "port 502 is taken"},
         ["Modbus server: does not listen: port 502 is taken"]),
        ("fr", {"port": None, "last_error": "x", "last_error_fr": "port pris"},
         ["Serveur Modbus : n'écoute pas : port pris"]),
        ("en", {}, ["Modbus server: listens on port 502, 1 client"]),
        ("en", {"clients": 2, "owner": "10.0.0.5", "last_write": WRITE, "last_refusal": REFUSAL},
         ["Modbus server: listens on port 502, 2 clients", "Remote control held by 10.0.0.5",
          "Last write, just now, 10.0.0.5: set point, A 16", "Last refusal, 3 min ago, 10.0.0.7: may not write"]),
        ("fr", {"owner": "10.0.0.5", "last_refusal": REFUSAL},
         ["Serveur Modbus : écoute sur le port 502, 1 client", "Commande à distance tenue par 10.0.0.5",
          "Dernier refus, il y a 3 min, 10.0.0.7 : ne peut écrire"]),
    ],
)  # fmt: skip
def test_the_server_in_words(lang: str, server: dict[str, Any], expected: list[str]) -> None:
    """docs/modbus.md: whether it listens, who is there, who holds the control, what was written and refused last."""
    assert [text for text, _ in modbus_texts(lang, _server(**server))] == expected


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("2026-04-05T11:59:10+00:00", "less than a minute ago"),
        ("2026-04-05T11:00:00+00:00", "60 min ago"),
        ("2026-04-05T02:00:00+00:00", "10 h ago"),
        ("2026-04-01T12:00:00+00:00", "4 days ago"),
        ("2026-04-05T12:00:05+00:00", "just now"),  # the clock was put back
        ("nonsense", "nonsense"),
        (None, "?"),
    ],
)
def test_how_long_ago(at: str | None, said: str) -> None:
    assert ago("en", at, NOON) == said


def test_what_a_client_says_is_cleaned() -> None:
    for payload in PAYLOADS:
        told = {"at": payload, "peer": payload, "said": payload}
        server = _server(owner=payload, last_refusal=told, last_write=told)
        shown = "".join(text for text, _ in modbus_texts("en", server))
        assert not [c for c in shown if ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or c in "\u202e\u2066"]


@pytest.mark.parametrize(
    ("lang", "outlet", "expected"),
    [
        ("en", {}, []),
        ("en", {"limit_cut": {"amps": 10, "reason": "derated"}},
         ["10 A by the outlet's derated current is below the floor"]),
        ("fr", {"limit_cut": {"amps": 7.5, "reason": "house"}}, ["7,5 A (ce que laisse la maison) est sous le seuil"]),
        ("en", {"limit_next": {"amps": 24.0, "in_s": 12, "why": "hold"}}, ["rises to 24 A in 12 s"]),
        ("fr", {"limit_next": {"amps": 24.5, "in_s": 12, "why": "manager"}}, ["monte à 24,5 A dans 12 s"]),
        ("en", {"limit_next": {"amps": None, "in_s": 9, "why": "manager"}}, ["is lifted in 9 s"]),
        ("en", {"limit_next": {"amps": None, "in_s": 700, "why": "turn"}}, ["its turn in 12 min"]),
        ("fr", {"limit_next": {"amps": None, "in_s": 55, "why": "room"}}, ["reprend dans 55 s"]),
    ],
)  # fmt: skip
def test_what_more_a_limit_has_to_say(lang: str, outlet: dict[str, Any], expected: list[str]) -> None:
    """R-137, R-144: which limit lies below the floor; and what a higher one waits for."""
    assert limit_more(lang, outlet) == expected


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ({"type": "none"}, []),
        ({"type": "iem3x5x", "health": "ok", "current_a": [10.0, 4.25, 0]},
         ["Head meter: in order, 10.0/4.2/0.0 A"]),
        ({"type": "iem3x5x", "health": "lost", "problem": "unit 1 does not answer"},
         ["Head meter: silent, the outlets share the degraded set point: unit 1 does not answer"]),
    ],
)  # fmt: skip
def test_the_head_meter(head: dict[str, Any], expected: list[str]) -> None:
    assert [text for text, _ in meter_texts("en", {"station": {"head_meter": head}, "outlets": []})] == expected


async def test_the_server_above_the_stations_own_settings(tmp_path: Path) -> None:
    """It follows what happens while one looks."""
    async with desk(tmp_path) as one:
        await one.open("extension")
        one.station.document["station"] |= _server(last_refusal=REFUSAL)["station"]
        await one.until(lambda: "Last refusal, 3 min ago, 10.0.0.7: may not write" in one.text)
        assert "listens on port 502" in one.text
        one.station.document["station"]["modbus"] |= {"last_refusal": None, "owner": "10.0.0.7"}
        await one.until(lambda: "Last refusal" not in one.text)
        assert "Remote control held by 10.0.0.7" in one.text


async def test_a_limit_and_its_wait_on_the_picture(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        one.station.document["outlets"][0]["limit_next"] = {"amps": 32.0, "in_s": 12, "why": "hold"}
        await one.open("maintenance.status")
        await one.until(lambda: "to 32 A in 12 s" in one.text)


def _steps(*steps: tuple[int, bool]) -> tuple[list[dict[str, Any]], Any]:
    """A station's `meters.probe` that goes through some steps, and what was asked of it."""
    asked: list[dict[str, Any]] = []
    left = iter(steps)

    def probe(link: Any, params: dict[str, Any]) -> dict[str, Any]:
        asked.append(params)
        if params.get("action") == "stop":
            return {"running": False, "line": "/dev/ttyS1", "stopped": True, "found": []}
        done, running = next(left)
        found = [] if running else [{"unit": 2, "type": "iem3x5x", "model": "iEM3155", "serial": "7", "reading": None}]
        return {"running": running, "line": "/dev/ttyS1", "done": done, "total": 9, "found": found}

    return asked, probe


async def test_the_probe_in_the_line_menus(tmp_path: Path) -> None:
    """R-168: who needs numbered menus finds a meter too, with its progress; Enter ends the search."""
    async with talk(tmp_path) as one:
        asked, one.station.do_meters_probe = _steps((0, True), (1, True), (9, False))  # type: ignore[attr-defined]
        one.station.document["outlets"][0]["meter"] = {"health": "lost", "problem": "unit 2 does not answer"}
        shown = await one.say("2.3")
        assert "Outlet 1: lost, the built-in transformers count: unit 2 does not answer" in " ".join(shown.split())
        assert "A number from 1 to 2." in await one.say("p")
        assert "A number from 1 to 2." in await one.say("p 3")
        said = await one.say("p 2")
        while "Unit 2: iEM3155, serial number 7" not in said:
            one.teletype.waiting.clear()
            said += await one.waits()
        assert asked[0] == {"action": "start", "outlet": 2}
        assert "Probing /dev/ttyS1, 0 of 9" in said
        assert "/dev/ttyS1: 1 unit answers" in said
        asked, one.station.do_meters_probe = _steps(*[(0, True)] * 99)  # type: ignore[attr-defined]
        await one.say("p 1")
        stopped = await one.say("")
        while "Probe stopped" not in stopped:
            one.teletype.waiting.clear()
            stopped += await one.waits()
        assert asked[-1] == {"action": "stop"}
        assert "p 1 probe the line of an outlet" in await one.say("?")


async def test_the_probe_is_for_admin_alone(tmp_path: Path) -> None:
    async with talk(tmp_path, "utilisateur") as one:
        await one.say("2.3")
        assert "Not understood" in await one.say("p 1")
        assert "probe" not in await one.say("?")


async def test_the_server_in_the_line_menus(tmp_path: Path) -> None:
    async with talk(tmp_path) as one:
        one.station.document["station"] |= _server(owner="10.0.0.5", last_refusal=REFUSAL)["station"]
        where = [tab.id for tab in one.session.tabs()].index("extension") + 1
        shown = await one.say(str(where))
        assert "Modbus server: listens on port 502, 1 client\nRemote control held by 10.0.0.5\n" in shown
        assert "Last refusal, 3 min ago, 10.0.0.7: may not write" in shown
