"""Energy meters: the health of each meter above the form, and the probe with its progress (R-159 to R-171)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.tui.bench import desk
from tests.tui.hostile import PAYLOADS
from tui.panes.meters import meter_lines, probe_lines

SAID = {"problem": "unit 2 does not answer", "problem_fr": "l'unité 2 ne répond pas"}
FOUND = {
    "unit": 2,
    "type": "iem3x5x",
    "model": "iEM3155",
    "serial": "305419896",
    "reading": {"current_a": [10.0, 0.0, 0.0], "voltage_v": [230.4, 231, 229], "power_w": 2300, "energy_wh": 1234},
    "problem": "",
}


def _text(lines: Any) -> list[str]:
    return ["".join(span.text for span in line).strip() for line in lines]


def _meters(lang: str, *meters: dict[str, Any]) -> list[str]:
    document = {"outlets": [{"id": n, "meter": meter} for n, meter in enumerate(meters, 1)]}
    return _text(meter_lines(lang, document, 100))


@pytest.mark.parametrize(
    ("lang", "expected"),
    [
        ("en", ["● Outlet 1: iEM3155, serial number 7, in order",
                "○ Outlet 2: lost, the built-in transformers count: unit 2 does not answer"]),
        ("fr", ["● Prise 1 : iEM3155, numéro de série 7, en ordre",
                "○ Prise 2 : perdu, les transformateurs internes comptent : l'unité 2 ne répond pas"]),
    ],
)  # fmt: skip
def test_a_line_an_outlet(lang: str, expected: list[str]) -> None:
    """One sentence each in status and on the sub-tab."""
    good = {"health": "ok", "model": "iEM3155", "serial": "7"}
    assert _meters(lang, good, {"health": "lost", **SAID}) == expected


def test_without_a_meter_nothing_is_told() -> None:
    assert _meters("en", {"health": "internal"}, {}) == []


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        ({}, []),
        ({"running": True, "line": "/dev/ttyS1 19200 none", "done": 3, "total": 32},
         ["› Probing /dev/ttyS1 19200 none, 3 of 32"]),
        ({"running": False, "line": "a:502", "found": []}, ["› a:502: nobody answers"]),
        ({"running": False, "line": "a:502", "found": [], **SAID}, ["› unit 2 does not answer"]),
        ({"running": False, "line": "a:502", "found": [], "stopped": True}, ["› Probe stopped"]),
        ({"running": False, "line": "a:502", "found": [FOUND]},
         ["› a:502: 1 unit answers",
          "Unit 2: iEM3155, serial number 305419896, 230/231/229 V, 10.0/0.0/0.0 A, 1234 Wh"]),
        ({"running": False, "line": "a:502", "found": [{"unit": 9, **SAID}]},
         ["› a:502: 1 unit answers", "Unit 9: a unit that does not say what it is: unit 2 does not answer"]),
    ],
)  # fmt: skip
def test_how_far_a_probe_is(report: dict[str, Any], expected: list[str]) -> None:
    assert _text(probe_lines("en", report, 100)) == expected


def test_what_a_meter_says_is_cleaned() -> None:
    """A model's name comes off the line and may hold anything."""
    for payload in PAYLOADS:
        shown = _meters("en", {"health": "ok", "model": payload, "serial": payload, "problem": payload})
        shown += _text(probe_lines("en", {"line": payload, "found": [{"unit": 1, "model": payload}]}, 100))
        assert not [c for c in "".join(shown) if ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or c in "\u202e\u2066"]


async def test_the_probe_from_the_form(tmp_path: Path) -> None:
    """Pressed, the button asks the station, shows how far it is, and what was found."""
    steps = iter([(0, True), (1, True), (1, False)])
    asked: list[dict[str, Any]] = []

    def probe(link: Any, params: dict[str, Any]) -> dict[str, Any]:
        asked.append(params)
        done, running = next(steps)
        found = [] if running else [FOUND]
        return {"running": running, "line": "10.0.0.130:502", "done": done, "total": 1, "found": found}

    async with desk(tmp_path) as one:
        one.station.do_meters_probe = probe  # type: ignore[attr-defined]
        one.station.document["outlets"][0]["meter"] = {"health": "lost", **SAID}
        await one.open("energy_management.meters")
        await one.until(lambda: "unit 2 does not answer" in one.text)
        one.main.query_one("#probe-2").focus()
        await one.press("enter")
        await one.until(lambda: "Probing 10.0.0.130:502, 1 of 1" in one.text)
        assert "[ Stop ]" in one.text
        await one.until(lambda: "Unit 2: iEM3155, serial number 305419896" in one.text)
        assert "[ Probe outlet 2 ]" in one.text
        assert asked[0] == {"action": "start", "outlet": 2}


async def test_the_loss_of_a_meter_shows_while_one_looks(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await one.open("energy_management.meters")
        one.station.document["outlets"][0]["meter"] = {"health": "lost", **SAID}
        await one.until(lambda: "unit 2 does not answer" in one.text)
