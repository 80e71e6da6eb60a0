"""The facts of a station, board.toml (R-009 to R-011, R-060, R-193)."""

from __future__ import annotations

import copy
import dataclasses
import tomllib
from pathlib import Path
from typing import Any

import pytest

from evlink.hardware import facts
from evlink.hardware.facts import Model

STATIONS: list[tuple[Model, int, int]] = [
    ("parking", 1, 1),
    ("parking", 2, 3),
    ("city", 1, 3),
    ("city", 2, 1),
    ("wallbox", 1, 1),
    ("wallbox", 1, 3),
]
EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


@pytest.mark.parametrize(("model", "outlets", "phases"), STATIONS)
def test_preset_survives_its_file(tmp_path: Path, model: Model, outlets: int, phases: int) -> None:
    """Every station that is made writes a board.toml that reads back as the same facts (R-009, R-011)."""
    made = facts.preset(model, outlets, phases)
    facts.write(tmp_path / "board.toml", made)
    assert facts.load(tmp_path / "board.toml") == made
    assert [path.name for path in tmp_path.iterdir()] == ["board.toml"]
    assert (made.station.model, made.station.outlets, made.station.phases) == (model, outlets, phases)
    assert len(made.outlets) == len(made.product.mac) == outlets


@pytest.mark.parametrize(
    ("model", "outlets", "phases", "words"),
    [
        ("wallbox", 2, 3, "station.outlets is 2; allowed: 1 on a Smart Wallbox"),
        ("parking", 3, 3, "station.outlets is 3; allowed: 1 or 2"),
        ("parking", 1, 2, "station.phases is 2; allowed: 1 or 3"),
        ("hotel", 1, 3, "station.model is 'hotel'; allowed: 'parking' or 'city' or 'wallbox'"),
    ],
)
def test_station_that_is_not_made_has_no_preset(model: Any, outlets: int, phases: int, words: str) -> None:
    """R-011: a Smart Wallbox has one charge point, the others one or two."""
    with pytest.raises(facts.FactsError, match=words):
        facts.preset(model, outlets, phases)


def test_names_of_the_station() -> None:
    """The name joins five product numbers (R-060); the records' station joins the serial number parts (R-193)."""
    parking = facts.preset("parking", 2, 3)
    assert parking.serial_number() == "FG 16302 07 002 003"
    assert parking.station_column(2) == "3N170941686A2S1B7551700014"
    with pytest.raises(ValueError, match="There is no outlet 3; allowed are 1 to 2"):
        parking.station_column(3)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("board-*.toml")), ids=lambda path: path.stem)
def test_examples_are_good(path: Path) -> None:
    """Every example board.toml of the documentation loads."""
    assert facts.load(path).station.model in path.stem


def test_there_are_examples_of_each_model() -> None:
    """The documentation describes Parking, City and Smart Wallbox stations."""
    assert {facts.load(path).station.model for path in EXAMPLES.glob("board-*.toml")} == {"parking", "city", "wallbox"}


GONE = object()


@pytest.mark.parametrize(
    ("model", "key", "value", "words"),
    [
        ("parking", "station.model", "hotel", "'parking' or 'city' or 'wallbox'"),
        ("parking", "station.model", GONE, "station.model is missing"),
        ("parking", "station.outlets", True, "station.outlets is True; allowed: 1 or 2"),
        ("parking", "station.outlets", 1, "outlet is .1, 2.; allowed: ids 1 to 1 in order"),
        ("parking", "station.phases", 2, "1 or 3"),
        ("parking", "station.rfid_reader", "yes", "true or false"),
        ("parking", "station.rfid_reader", False, "hardware.rfidReader is 'OSITRACK'"),
        ("parking", "station.key_lock", True, "true on a Smart Wallbox only"),
        ("city", "station.wifi_card", True, "true on a Smart Wallbox only"),
        ("city", "station.attached_cable", True, "true on a Smart Wallbox only"),
        ("wallbox", "station.key_lock", True, "either a key lock or an RFID reader"),
        ("wallbox", "station.attached_cable", True, "hardware.isAttachedCable is 'False'; allowed: 'True'"),
        ("parking", "station.delivered_firmware", "three", "a version such as '3.3'"),
        ("parking", "station.colour", "green", "station.colour is 'green'; allowed: no such key"),
        ("parking", "station", 5, "station is 5; allowed: a table"),
        ("parking", "product.factory_code", "F", "two capital letters"),
        ("parking", "product.production_date", 16302, "five digits, as text"),
        ("parking", "product.production_revision", "7", "two digits"),
        ("parking", "product.batch_number", "0002", "three digits"),
        ("parking", "product.unique_identifier", "x", "three digits"),
        ("parking", "product.product_id", "502159", "six digits and a capital letter"),
        ("parking", "product.commercial_ref", "E\x1b[2J", "printable characters"),
        ("parking", "product.mac", ["00:80:F4:42:55:81"], "2 addresses, one an outlet"),
        ("parking", "product.mac", ["00:80"], "a list of addresses"),
        ("parking", "outlet.0.id", 2, "ids 1 to 2 in order"),
        ("parking", "outlet.1.rated_current", 100, "outlet 2.rated_current is 100; allowed: .*6 to 63"),
        ("parking", "outlet.1.socket_type", "T2", "'TYPE1' or 'TYPE2'"),
        ("parking", "outlet.1.serial_part1", "a b", "digits and capital letters"),
        ("parking", "outlet.1.location", "above", "'left' or 'right' or 'front'"),
        ("parking", "outlet", GONE, "outlet is missing"),
        ("parking", "hardware.buzzer", "", "1 to 80 printable characters"),
        ("parking", "hardware.buzzer", GONE, "hardware.buzzer is missing"),
        ("parking", "settings", {}, "settings is {}; allowed: no such key"),
    ],
)
def test_wrong_facts_are_one_sentence(model: Model, key: str, value: object, words: str) -> None:
    """A wrong file names itself, the key, the value and what is allowed (R-009 to R-011)."""
    document = tomllib.loads(facts.render(facts.preset(model, 1 if model == "wallbox" else 2, 3)))
    wrong = copy.deepcopy(document)
    *path, last = key.split(".")
    table: Any = wrong
    for step in path:
        table = table[int(step)] if step.isdigit() else table[step]
    if value is GONE:
        del table[last]
    else:
        table[last] = value
    facts.parse(document)  # the table is right but for the one key
    with pytest.raises(facts.FactsError, match=words) as refusal:
        facts.parse(wrong, "here/board.toml")
    sentence = str(refusal.value)
    assert sentence.startswith("here/board.toml: ")
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert "\x1b" not in sentence


def test_watchdog_is_a_fact(tmp_path: Path) -> None:
    """`[watchdog]` may be left out; where it stands it is kept, and checked key by key."""
    usual = facts.preset("parking", 2, 3)
    assert usual.watchdog is None
    watched = dataclasses.replace(usual, watchdog=facts.Watchdog("/dev/watchdog0", 5))
    facts.write(tmp_path / "board.toml", watched)
    assert facts.load(tmp_path / "board.toml") == watched
    document = tomllib.loads(facts.render(usual))
    for table, words in (
        ({"device": "watchdog0", "timeout_s": 5}, "watchdog.device is 'watchdog0'; allowed: a device's whole path"),
        ({"device": "/dev/watchdog0", "timeout_s": 0}, "watchdog.timeout_s is 0; allowed: .* seconds, 1 to 60"),
        ({"device": "/dev/watchdog0"}, "watchdog.timeout_s is missing"),
        ({"device": "/dev/watchdog0", "timeout_s": 5, "by": 1}, "watchdog.by is 1; allowed: no such key"),
        ("/dev/watchdog0", "watchdog is '/dev/watchdog0'; allowed: a table"),
    ):
        with pytest.raises(facts.FactsError, match=words):
            facts.parse({**document, "watchdog": table})


@pytest.mark.parametrize(("raw", "words"), [(b"[station", "no TOML"), (b"\xff\xfe", "not UTF-8 at byte 0")])
def test_unreadable_text_is_one_sentence(tmp_path: Path, raw: bytes, words: str) -> None:
    """What is no TOML at all is named as such."""
    (tmp_path / "board.toml").write_bytes(raw)
    with pytest.raises(facts.FactsError, match=words) as refusal:
        facts.load(tmp_path / "board.toml")
    assert str(tmp_path / "board.toml") in str(refusal.value)
    assert "\n" not in str(refusal.value)
