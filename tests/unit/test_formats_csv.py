"""Charge records and badges as CSV."""

from __future__ import annotations

import csv as rfc4180
import io
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evlink.domain.record import Badge, BadgeType, ChargeRecord
from evlink.domain.text import clean
from evlink.formats import badge_csv, csv
from evlink.formats.csv import Separators
from evlink.formats.errors import FormatError
from evlink.settings.facts import Facts
from evlink.settings.values import Values

RECORD = ChargeRecord(
    number=7,
    session="s",
    station="02007003",
    outlet=2,
    transaction_id="42",
    uid="04A1B2C3",
    charge_type="AC_THREE_PHASE",
    start=datetime(2026, 3, 28, 22, 59, 40, tzinfo=UTC),
    end=datetime(2026, 3, 29, 1, 0, 0, tzinfo=UTC),
    energy_wh=12_045,
    socket_type="TYPE2",
    duration_s=7220,
    comment='Ann; "flat 2"',
)
PARIS_WINTER = timezone(timedelta(hours=1))


def rows(text: str, delimiter: str = ";") -> list[list[str]]:
    return list(rfc4180.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))


def test_a_charge_as_the_manual_prints_it() -> None:
    """R-192, R-193: twelve columns, times to the minute, three decimals, HH:MM:SS."""
    text = csv.history([RECORD], PARIS_WINTER)
    assert text.endswith("\r\n")
    heading, charge = rows(text)
    assert len(heading) == 12
    assert heading[0] == "Charge number"
    assert charge == [
        "7",
        "02007003",
        "2",
        "42",
        "04A1B2C3",
        "AC_THREE_PHASE",
        "2026-03-28 23:59",
        "2026-03-29 02:00",
        "12,045",
        "TYPE2",
        "02:00:20",
        'Ann; "flat 2"',
    ]
    assert rows(csv.history([], UTC, lang="fr"))[0][0] == "Numéro de charge"


@pytest.mark.parametrize(
    ("field", "decimal", "mark", "energy"),
    [("semicolon", "comma", ";", "12,045"), ("tab", "point", "\t", "12.045"), ("comma", "comma", ",", "12,045")],
)
def test_separators_are_those_that_are_set(field: str, decimal: str, mark: str, energy: str) -> None:
    """R-199, and R-200: where both are a comma, the number stands in quotes and still reads back."""
    values = Values(Facts()).with_changes(
        {"charge_history.publication.field_separator": field, "charge_history.publication.decimal_separator": decimal}
    )
    text = csv.history([RECORD], UTC, Separators.of(values))
    assert rows(text, mark)[1][8] == energy


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "'=x"])
def test_no_cell_is_a_formula(text: str) -> None:
    record = ChargeRecord(**{name: getattr(RECORD, name) for name in RECORD.__slots__} | {"comment": text, "uid": text})
    charge = rows(csv.history([record], UTC))[1]
    assert charge[11] == charge[4] == f"'{text}"


def test_a_record_from_its_json_form() -> None:
    document = {
        name: getattr(RECORD, name) for name in RECORD.__slots__ if name not in ("session", "reason", "published")
    }
    document |= {"start": "2026-03-28T22:59:40Z", "end": "2026-03-29T01:00:00+00:00"}
    assert csv.history([csv.record_of(document)], UTC) == csv.history([RECORD], UTC)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "00:00:00"), (54, "00:00:54"), (360_001, "100:00:01"), (-5, "00:00:00")]
)
def test_durations(seconds: int, text: str) -> None:
    assert csv.duration(seconds) == text


BADGES = (
    Badge(1, "04A1B2C3", BadgeType.USER, "Ann; flat 2"),
    Badge(2, "04FFFF", BadgeType.ADMIN, '=HYPERLINK("x")'),
    Badge(3, "CAFE", BadgeType.VIP, "'quoted"),
)


def test_exported_badges_come_in_again() -> None:
    """R-188, R-189."""
    assert badge_csv.read_badges(badge_csv.badges(BADGES)) == BADGES
    assert badge_csv.read_badges(badge_csv.badges(BADGES).replace("\r\n", "\n")) == BADGES
    assert badge_csv.read_badges(badge_csv.badges(())) == ()


def test_an_exported_list_that_was_edited_is_refused() -> None:
    """R-190."""
    text = badge_csv.badges(BADGES)
    for edited in (text.replace("admin", "user"), text.replace("Ann", "Bob"), text.replace("04FFFF", "04FFFE")):
        with pytest.raises(FormatError, match="changed after it was exported"):
            badge_csv.read_badges(edited)


def test_a_list_made_by_hand_is_read() -> None:
    text = "\ufeffuid,type,comment\n04:a1:b2:c3,Admin,Ann\ncafe,,\n\n"
    assert badge_csv.read_badges(text) == (Badge(1, "04A1B2C3", BadgeType.ADMIN, "Ann"), Badge(2, "CAFE"))
    assert badge_csv.read_badges("uid,comment\nA,e\u0301\n") == (Badge(1, "A", BadgeType.USER, "é"),)
    assert badge_csv.read_badges("number;uid;type;comment\r\n9;AB;utilisateur;x\r\n") == (
        Badge(1, "AB", BadgeType.USER, "x"),
    )


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "line 1"),
        ("name;type\nx;user\n", "columns"),
        ("uid;uid\nA;B\n", "columns"),
        ("uid;type\nA;king\n", "line 2: type 'king'"),
        ("uid;type\nA;user\na;user\n", "line 3: uid A stands twice"),
        ("uid\nA B!\n", "line 2: uid"),
        ("uid\n" + "A" * 21 + "\n", "1 to 20"),
        ("uid;comment\nA;" + "x" * 51 + "\n", "50"),
        ("uid;comment\nA;x\x1b\n", "line 2"),
        ("uid;comment\nA;b;c\n", "number of fields"),
        ('uid\n"A\n', "line"),
        ("uid\n\x00\n", "NUL"),
    ],
)
def test_a_wrong_line_is_named(text: str, word: str) -> None:
    with pytest.raises(FormatError) as fault:
        badge_csv.read_badges(text)
    assert word in str(fault.value)
    assert fault.value.sentence("fr")


@settings(deadline=None)
@given(st.text(max_size=80).map(clean).map(str.strip).filter(lambda text: len(text) <= 50))
def test_any_comment_survives(comment: str) -> None:
    badge = Badge(1, "A", BadgeType.USER, comment)
    assert badge_csv.read_badges(badge_csv.badges([badge])) == (badge,)


@settings(deadline=None)
@given(st.text() | st.text(alphabet='uid;,\n"A1\t=').map("uid;type;comment\n".__add__))
def test_no_text_breaks_the_reader(text: str) -> None:
    badges = outcome_of(text)
    if isinstance(badges, FormatError):
        assert badges.sentence().isprintable()
    else:
        assert badge_csv.read_badges(badge_csv.badges(badges)) == badges


def outcome_of(text: str) -> tuple[Badge, ...] | FormatError:
    try:
        return badge_csv.read_badges(text)
    except FormatError as fault:
        return fault
