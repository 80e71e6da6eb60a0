"""Publication settings: what was sent and what waits above the form, and TEST with its progress (R-196 to R-207)."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.tui.bench import desk
from tests.tui.hostile import PAYLOADS
from tests.tui.lines_bench import talk
from tui.publication import publication_texts, trial_text

WAITING = {
    "kind": "records", "name": "S_charges_1-9_20260301T230100Z", "tries": 4, "most_tries": 168,
    "next_try": "2026-03-02T03:01:00Z", "problem": "m:25: nobody listens there",
    "problem_fr": "m:25 : personne n'écoute",
}  # fmt: skip
LAST = {"at": "2026-03-02T02:01:00Z", "kind": "records", "ok": False, "text": "refused", "text_fr": "refusé"}
STATE = {"unsent": 9, "next": "2026-03-02T23:01:00Z", "last": LAST, "queue": [WAITING]}


@pytest.mark.parametrize(
    ("lang", "expected"),
    [
        ("en", ["Next sending 2026-03-03 00:01, 9 charges not sent yet",
                "Last, 2026-03-02 03:01, charges: refused",
                "Waiting: S_charges_1-9_20260301T230100Z, try 4 of 168, next 2026-03-02 04:01: m:25: nobody "
                "listens there"]),
        ("fr", ["Prochain envoi 2026-03-03 00:01, 9 charges pas encore envoyées",
                "Dernier envoi, 2026-03-02 03:01, charges : refusé",
                "En attente : S_charges_1-9_20260301T230100Z, essai 4 sur 168, prochain 2026-03-02 04:01 : "
                "m:25 : personne n'écoute"]),
    ],
)  # fmt: skip
def test_the_state_in_words(lang: str, expected: list[str]) -> None:
    """R-204: what waits and why, on the station's own clock."""
    assert [text for text, _ in publication_texts(lang, STATE, ZoneInfo("Europe/Paris"))] == expected


def test_of_many_letters_the_first_are_named() -> None:
    texts = [text for text, _ in publication_texts("en", {**STATE, "queue": [WAITING] * 8}, UTC)]
    assert len(texts) == 6
    assert texts[-1] == "5 more wait"


def test_what_a_server_said_is_cleaned() -> None:
    """Words of a mail server reach the screen without what could steer it."""
    for payload in PAYLOADS:
        state = {"unsent": 1, "last": {**LAST, "text": payload}, "queue": [{**WAITING, "problem": payload}]}
        shown = [text for text, _ in publication_texts("en", state, UTC)]
        shown.append(trial_text("en", {"running": True, "step": payload})[0])
        assert not [c for c in "".join(shown) if ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or c in "\u202e\u2066"]


@pytest.mark.parametrize("account", ["chef", "utilisateur"])
async def test_the_button_tests_the_saved_settings(tmp_path: Path, account: str) -> None:
    """R-205 to R-207: TEST, its progress and its result in words, for both accounts; what is staged is not tested."""
    async with desk(tmp_path, account=account) as one:
        one.station.trial = [
            {"running": True, "done": 0, "total": 2, "step": "connecting to m:25", "step_fr": "-"},
            {"running": True, "done": 1, "total": 2, "step": "sending", "step_fr": "-"},
            {"running": False, "ok": True, "text": "m:25 took the mail for a@b.fr (encrypted)", "text_fr": "-"},
        ]
        await one.open("charge_history.publication")
        await one.until(lambda: "3 charges not sent yet" in one.text)
        one.app.session.draft.stage("charge_history.publication.frequency", "weekly")
        one.main.query_one("#test").focus()
        await one.press("enter")
        await one.until(lambda: "Testing, 1 of 2: sending" in one.text)
        assert one.banner == "The saved settings are tested, not what is staged."
        await one.until(lambda: "Test passed: m:25 took the mail for a@b.fr (encrypted)" in one.text)
        assert one.station.calls.count("settings.apply") == 0


async def test_a_letter_that_begins_to_wait_shows_while_one_looks(tmp_path: Path) -> None:
    """The state is asked for again and again, and told anew after a lost station is back."""
    async with desk(tmp_path) as one:
        await one.open("charge_history.publication")
        await one.until(lambda: "3 charges not sent yet" in one.text)
        one.station.publication = {**STATE}
        pane: Any = one.main.pane
        await pane._look()
        await one.until(lambda: "try 4 of 168" in one.text)
        pane.lost()
        await one.settle()
        assert "Nothing is known of the publication without the station." in one.text


async def test_the_same_in_lines(tmp_path: Path) -> None:
    """Menus for slow lines have the state, the letter `t`, each step once and the result."""
    async with talk(tmp_path) as one:
        one.station.publication = {**STATE}
        one.station.trial = [
            {"running": True, "done": 0, "total": 1, "step": "connecting to m:25"},
            {"running": False, "ok": False, "text": "m:25: nobody listens there; check server and port"},
        ]
        text = await one.say("4.2")
        assert "Next sending 2026-03-02 23:01, 9 charges not sent yet" in " ".join(text.split())
        assert "t test the saved settings" in await one.say("?")
        text = " ".join((await one.say("t")).split())
        assert "Testing, 0 of 1: connecting to m:25" in text
        assert "Test failed: m:25: nobody listens there; check server and port" in text
