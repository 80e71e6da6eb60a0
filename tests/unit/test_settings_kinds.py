"""Kinds of values: what each accepts, and what it says is allowed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evlink.settings.kinds import Choice, Flag, Kind, NotAllowed, Option, Secret, Text, Whole
from evlink.settings.label import Label, both
from evlink.settings.places import Address, Host, Mailbox, Moment, Url, Zone, is_set, octets
from evlink.settings.registry import SETTINGS

CHOICE = Choice((Option("a", Label("First", "Premier")), Option("b", Label("Second", "Deuxième"))))

RIGHT: list[tuple[Kind, object]] = [
    (Whole(0, 999, "s"), 0),
    (Whole(0, 999, "s"), 999),
    (Flag(), True),
    (CHOICE, "b"),
    (Text(3), "abc"),
    (Text(3), ""),
    (Text(30), "Gîte n° 1"),
    (Secret(), "p@ss word"),
    (Address(), "192.168.0.102"),
    (Address(), "0.0.0.0"),
    (Address(empty=True), ""),
    (Url(("ws", "wss")), "wss://csms.example.org:8443/ocpp/1"),
    (Url(("http",)), "http://"),
    (Url(("http",)), "http://[2001:db8::1]/x"),
    (Url(("http",)), ""),
    (Host(("smtp",)), "smtp://smtp.gmail.com"),
    (Host(("smtp",)), "mail.example.org"),
    (Host(("smtp",)), "192.0.2.7:587"),
    (Host(max_length=200), "x" * 200),
    (Mailbox(), "a@example.org"),
    (Mailbox(several=True), "a@example.org;b@example.org"),
    (Zone(), "UTC"),
    (Moment(), "2026-02-28 23:59"),
    (Moment(), "2024-02-29T00:00:30"),
]

WRONG: list[tuple[Kind, object]] = [
    (Whole(0, 999, "s"), 1000),
    (Whole(0, 999, "s"), 1.0),
    (Whole(0, 1), True),
    (Flag(), 1),
    (CHOICE, "First"),
    (CHOICE, 1),
    (Text(3), "abcd"),
    (Text(3, 1), ""),
    (Text(9), " a"),
    (Text(9), "a\nb"),
    (Text(9), "a\x1b[2J"),
    (Text(9), "a\x9b"),  # C1
    (Text(9), "a\u202eb"),  # turns the line around
    (Text(9), "a\u200bb"),
    (Text(9), "a\ud800"),
    (Text(9, pattern="[A-Z]+"), "a"),
    (Secret(min_length=12, max_length=256, policy=True), "Sh0rt!"),
    (Secret(min_length=12, max_length=256, policy=True), "longbutnoclasses"),
    (Secret(), "a\x00"),
    (Address(), ""),
    (Address(), "192.168.0.256"),
    (Address(), "192.168.00.1"),
    (Address(), "192.168.0"),
    (Address(), "١٩٢.168.0.1"),
    (Url(("ws", "wss")), "http://csms.example.org"),
    (Url(("wss",)), "wss://user:pass@csms.example.org"),
    (Url(("wss",)), "wss://csms.example.org:0"),
    (Url(("wss",)), "wss://csms.example.org:70000"),
    (Url(("wss",)), "wss://cs ms"),
    (Url(("wss",)), "wss://csms\n"),
    (Url(("wss",)), "wss://" + "a" * 600),
    (Host(("smtp",)), "ftp://x"),
    (Host(max_length=200), "x" * 201),
    (Host(max_length=200), "a b"),
    (Mailbox(), "nobody"),
    (Mailbox(), "a@b;c@d"),
    (Mailbox(several=True), "a@example.org; b@example.org"),
    (Mailbox(max_length=254), "a@" + "b" * 253),
    (Zone(), "Mars/Olympus"),
    (Zone(), "../../etc/passwd"),
    (Zone(), "Europe"),
    (Zone(), ""),
    (Moment(), "2026-02-30 10:00"),
    (Moment(), "yesterday"),
]


@pytest.mark.parametrize(("kind", "value"), RIGHT)
def test_right_values_are_accepted(kind: Kind, value: object) -> None:
    assert kind.check(value) is None


@pytest.mark.parametrize(("kind", "value"), WRONG)
def test_wrong_values_are_told_what_is_allowed_in_both_languages(kind: Kind, value: object) -> None:
    allowed = kind.check(value)
    assert allowed is not None
    assert allowed.en
    assert allowed.fr


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Whole(0, 64, "A"), " 20 A", 20),
        (Whole(-5, 5), "-3", -3),
        (Flag(Label("Yes", "Oui"), Label("No", "Non")), "oui", True),
        (Flag(), "OFF", False),
        (Flag(), "1", True),
        (CHOICE, "deuxième", "b"),
        (CHOICE, " A ", "a"),
        (Text(9), " abc ", "abc"),
    ],
)
def test_typed_texts_mean_values(kind: Kind, text: str, value: object) -> None:
    assert kind.parse(text) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Whole(0, 9), "x"),
        (Whole(0, 9), ""),
        (Whole(0, 9), "٣"),
        (Whole(0, 9), "9" * 5000),
        (Flag(), "maybe"),
        (CHOICE, "c"),
    ],
)
def test_typed_texts_that_mean_nothing_are_refused(kind: Kind, text: str) -> None:
    with pytest.raises(NotAllowed) as refusal:
        kind.parse(text)
    assert refusal.value.allowed.fr


def test_the_password_rule_asks_for_12_characters_of_all_four_classes() -> None:
    """R-030 with N-01 and N-02: & counts as special, 1 does not."""
    kind = SETTINGS["maintenance.password.new_password"].kind
    assert kind.check("Abcdefghij1&") is None
    for wrong in ("Abcdefghi1&", "abcdefghij1&", "ABCDEFGHIJ1&", "Abcdefghijk&", "Abcdefghijk1"):
        assert kind.check(wrong) is not None


def test_station_name_characters() -> None:
    """R-059: at most 30 of A to Z, 0 to 9, space and +."""
    kind = SETTINGS["configuration.general.station_name"].kind
    assert kind.check("FG 16302 07 002 003") is None
    assert kind.check("A" * 30) is None
    for wrong in ("A" * 31, "", "borne", "A_B", "É"):
        assert kind.check(wrong) is not None


def test_unset_is_empty_undefined_or_a_bare_scheme() -> None:
    assert not any(is_set(value) for value in ("", "UNDEFINED", "http://", "ws://"))
    assert is_set("ws://a")


def test_labels_fall_back_to_english() -> None:
    assert Label("only").text("fr") == "only"
    assert both("x").text("fr") == "x"


@settings(deadline=None)
@given(st.text())
def test_no_text_breaks_a_kind(text: str) -> None:
    for setting in SETTINGS.values():
        try:
            value = setting.kind.parse(text)
        except NotAllowed:
            continue
        if setting.kind.check(value) is None and not isinstance(setting.kind, Secret):
            assert setting.kind.parse(setting.kind.show(value)) == value


@settings(deadline=None)
@given(st.from_regex(r"[0-9]{1,4}(\.[0-9]{1,4}){0,5}", fullmatch=True))
def test_octets_are_four_numbers_up_to_255(text: str) -> None:
    parts = text.split(".")
    right = len(parts) == 4 and all(p == str(int(p)) and int(p) <= 255 for p in parts)
    assert (octets(text) is not None) == right
