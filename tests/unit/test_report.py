"""The report: its sections in order, its own elements alone whatever the texts hold, secrets as set or not set."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evlink.hardware import facts as board_facts
from evlink.report import html, sections, text
from evlink.report.page import Deed, Event, Listing, Material, Message, Table, Update
from evlink.report.words import EVENTS, WORDS, event_name, report_language
from evlink.runtime.facts import settings_facts
from evlink.runtime.reporting import configuration, hardware_rows, network_rows, product_rows, secrets_of
from evlink.settings.registry import SETTINGS
from evlink.settings.values import Values

NOON = datetime(2013, 1, 2, 7, 45, 10, tzinfo=UTC)
BOARD = board_facts.preset("parking", 2, 3)


def outlet(number: int, mark: str = "") -> dict[str, Any]:
    return {
        "id": number,
        "plug": 101 + number,
        "cpw_state": "EV_Connected_StateB" + mark,
        "cable_state": "32A",
        "ev_state": "B_Present_9V",
        "last_charge_status": "Not_Initialized" + mark,
        "evse_status": ["Normal_Mode_3", "Single-Phase"],
        "outlet_status": "OK_ChargeAuthorisationStarted",
        "last_error": "Not_Initialized",
        "light": "green",
        "current_a": [1.0, 0.0, 0.0],
        "voltage_v": [230, 230, 230],
        "power_w": 230,
        "limit_a": 32.0,
        "limit_reason": "rated",
        "contactor": False,
        "session_energy_wh": 1500,
        "energy_wh": 9000,
        "inputs": {"I_1 BP-Start" + mark: False, "I_3 BP-Stop": True},
        "meter": {"type": "iem3x5x", "health": "lost", "model": "iEM3155" + mark, "problem": "silent" + mark},
    }


def material(mark: str = "", values: Values | None = None) -> Material:
    """All that a report is made of, with a text in every place that has one."""
    values = values or Values(settings_facts(BOARD))
    status: dict[str, object] = {
        "station": {
            "name": "FG 16302 07 002 003" + mark,
            "warnings": ["control is slow" + mark],
            "supervision": {"connected": True, "url": "wss://central.example/x" + mark, "last_error": mark},
            "modbus": {"port": 502, "clients": 1, "owner": "10.0.0.9" + mark, "last_error": mark},
        },
        "outlets": [outlet(1, mark), outlet(2, mark)],
        "events": {str(number): ["OK", "KO" if number == 12 else "OK"] for number in EVENTS},
    }
    spread = {"min": 8900, "mean": 9000, "max": 9100}
    low = {"min": -12100, "mean": -12000, "max": -11900}
    pilot = {
        "high_mv": spread,
        "low_mv": low,
        "duty_percent": 53.3,
        "duty_commanded_percent": 53.0,
        "frequency_hz": 1000,
    }
    trace = {"from_s": 0.0, "step_s": 1.0, "power_w": [0, 7000, None, 7360, 7300]}
    return Material(
        at=NOON,
        zone="Europe/Paris",
        firmware="3.3.0.4",
        boots=17,
        status=status,
        product=tuple((name, tuple(v + mark for v in row)) for name, row in product_rows(BOARD)),
        hardware=tuple((name, tuple(v + mark for v in row)) for name, row in hardware_rows(BOARD)),
        io_model="Monoblock" + mark,
        network=network_rows(values, "NC" + mark),
        pilots={1: pilot},
        traces={1: trace},
        events=(
            Event(2, 10, NOON, NOON + timedelta(seconds=28), "flap" + mark),
            Event(0, 31, NOON - timedelta(minutes=5), None),
        ),
        messages=(Message(NOON, "mail to office" + mark, "250" + mark),),
        security=(Message(NOON, "FirmwareUpdated" + mark, "x"),),
        writes=(Message(NOON, "10.0.0.9: setPoint #1 [40] 0 -> 16" + mark),),
        updates=(Update(NOON, 1, f"r7_update_3.3.0.4_d2{mark}.epk", "OK" + mark, "1346 0 [INFO ] done" + mark),),
        deeds=(Deed(NOON, "admin" + mark, "ssh" + mark, "settings" + mark, "derated_current 32 -> 16" + mark),),
        configuration=(*configuration(values), ("more", "one" + mark + "\ntwo")),
        secrets=secrets_of(values),
        versions=(("evlink", "0.1.0" + mark),),
    )


ELEMENTS = {
    "html": {"lang"},
    "head": set(),
    "meta": {"charset", "http-equiv", "content", "name"},
    "title": set(),
    "style": set(),
    "body": set(),
    "h1": set(),
    "h2": set(),
    "p": {"class"},
    "ol": {"class"},
    "li": set(),
    "a": {"href"},
    "section": {"id"},
    "table": set(),
    "caption": set(),
    "thead": set(),
    "tbody": set(),
    "tr": set(),
    "th": {"scope"},
    "td": {"class"},
    "figure": set(),
    "figcaption": set(),
    "pre": set(),
    "svg": {"viewBox", "role", "aria-label"},
    "line": {"class", "x1", "y1", "x2", "y2"},
    "polyline": {"class", "points"},
    "rect": {"class", "x", "y", "width", "height"},
    "text": {"x", "y", "text-anchor"},
}


def skeleton(page: str) -> list[tuple[str, tuple[str, ...]]]:
    """Elements with their attributes in order, as an HTML5 parser finds them; AssertionError for one of another's."""
    found = []
    for element in html5lib.parse(page, treebuilder="etree", namespaceHTMLElements=False).iter():
        assert isinstance(element.tag, str), "a comment"
        tag = re.sub(r"\{.*\}", "", element.tag)
        assert tag in ELEMENTS, tag
        assert set(element.attrib) <= ELEMENTS[tag], (tag, element.attrib)
        if "href" in element.attrib:
            assert re.fullmatch(r"#s\d+", element.attrib["href"])
        found.append((tag, tuple(element.attrib)))
    return found


def hostile() -> list[str]:
    """Two hundred texts that a page must show and never obey."""
    bodies = [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "</td></tr></table><h1>gone",
        "</title><script src=//evil>",
        "</style><body onload=a()>",
        "</pre></figure><iframe src=javascript:a()>",
        '" onmouseover="a()" x="',
        "' autofocus onfocus='a()",
        "<svg/onload=a()>",
        "</svg><math><mi//xlink:href='data:x,<script>'>",
        "<!--<img src='--><img src=x onerror=a()//'>",
        "<![CDATA[<script>a()</script>]]>",
        "<template><script>a()</script></template>",
        "{{ 7*7 }}{% for x in ().__class__.__bases__ %}",
        "{% raw %}</section>",
        "javascript:alert(1)",
        "&lt;script&gt;&#60;b&#x3e;",
        "\u202e\u2066<b>\u0000\u009b31m",
        "\x1b]0;title\x07\x1b[2J",
        "<a href='https://evil.example/?" + "A" * 900 + "'>x</a>",
    ]
    ways: list[Callable[[str], str]] = [
        lambda s: s,
        lambda s: s.upper(),
        lambda s: s.replace("<", "＜") + s,
        lambda s: s.replace(" ", "\t"),
        lambda s: s.replace("<", "<\n"),
        lambda s: '">' + s,
        lambda s: "'>" + s,
        lambda s: "-->" + s,
        lambda s: "]]>" + s + "<plaintext>",
        lambda s: "\ud800" + s + "<noscript><xmp>",
    ]
    return [way(body) for body in bodies for way in ways]


def test_the_sections_stand_in_the_order_of_the_manual() -> None:
    """R-221, in both languages; the closing line has the date, with the weekday worked out (N-57)."""
    made = sections.build(material(), "en")
    assert [section.title for section in made.sections] == [
        "Product Number",
        "Evse Status",
        "Event Status",
        "Latest events",
        "Hardware Reference",
        "Io Model",
        "Network",
        "Message Logs",
        "Update Logs",
        "Configuration files",
    ]
    assert made.closing == "Report created on : Wed Jan 2 08:45:10 2013"
    assert sections.build(material(), "fr").sections[1].title == "État de la borne"


def test_both_outlets_stand_side_by_side() -> None:
    """R-214, R-222: every event of both, by the last octet of each board's address."""
    made = sections.build(material(), "en")
    events = made.sections[2].parts[0]
    assert isinstance(events, Table)
    assert events.head == ("bit description", "Plug #102", "Plug #103")
    assert len(events.rows) == 25
    assert ("Evt #12 Power Meter Communication", "OK", "KO") in events.rows
    evse = made.sections[1].parts[0]
    assert isinstance(evse, Table)
    rows = {row[0]: row[1:] for row in evse.rows}
    assert rows["FW version"] == ("3300", "3300")
    assert rows["FW build number"] == ("4", "4")
    assert rows["Boot Counter"] == ("17", "17")
    assert rows["Evse Status"] == ("Normal Mode 3 Single-Phase",) * 2
    serial = {row[0]: row[1:] for row in made.sections[0].parts[0].rows}  # type: ignore[union-attr]
    assert serial["Serial Number Part 1"] == ("3N170941686A1", "3N170941686A2")


def test_events_stand_oldest_first_with_begin_and_end() -> None:
    """Status 2.11."""
    latest = sections.build(material(), "en").sections[3].parts[0]
    assert isinstance(latest, Table)
    assert [row[:4] for row in latest.rows] == [
        ("Wed Jan 2 08:40:10 2013", "lasts", "Station", "31"),
        ("Wed Jan 2 08:45:10 2013", "Wed Jan 2 08:45:38 2013", "2", "10"),
    ]


@pytest.mark.parametrize(
    ("version", "shown"), [("3.3.0.4", ("3300", "4")), ("3.1.1.22", ("3101", "22")), ("x", ("0000", "0"))]
)
def test_a_version_is_shown_as_the_manual_does(version: str, shown: tuple[str, str]) -> None:
    """Status 2.2."""
    assert sections.version_and_build(version) == shown


def test_hostile_texts_bring_no_element_and_no_attribute() -> None:
    """S04: 200 texts in every place of the page, parsed as a browser does."""
    plain = skeleton(html.render(sections.build(material(), "en")))
    assert {tag for tag, _ in plain} == set(ELEMENTS)
    texts = hostile()
    assert len(texts) == 200
    for one in texts:
        page = html.render(sections.build(material(mark=one), "en"))
        found = skeleton(page)
        lines = one.count("\n")  # a listing has a line more for each
        assert found == plain, (one, lines)
        assert "\x1b" not in page
        assert "\u202e" not in page


def test_the_page_runs_and_fetches_nothing() -> None:
    """S04: a policy without scripts, no address of anywhere in it."""
    page = html.render(sections.build(material(), "fr"))
    assert '<html lang="fr">' in page
    assert "default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;" in page
    assert "<script" not in page
    assert not re.search(r"(src|href)=\"(?!#)", page)
    assert "url(" not in page
    assert "@import" not in page


@given(st.text(max_size=60))
def test_no_text_leaves_its_cell(mark: str) -> None:
    """S04, whatever the text is."""
    table = Table(("a", "b"), ((mark, mark),), mark, mark)
    made = sections.build(material(), "en")
    with_it = type(made)("en", mark, mark, (type(made.sections[0])(mark, (table, Listing(mark, (mark,)))),), mark)
    tags = [tag for tag, _ in skeleton(html.render(with_it))]
    assert tags.count("td") == 1
    assert tags.count("section") == 1


@given(st.text(max_size=200), st.integers(40, 120))
def test_a_line_of_text_is_never_too_wide(mark: str, width: int) -> None:
    """R-219: on a terminal of any width, wide characters counted as two."""
    table = Table(("Name", "Plug #102", "Plug #103"), (("x", mark, mark), (mark, "y", "z")))
    made = sections.build(material(), "en")
    one = type(made)("en", "t", "s", (type(made.sections[0])("s", (table,)),), "c")
    drawn = text.render(one, width)
    for line in drawn.splitlines()[5:]:
        assert text._cells(line) <= width, line
        assert not any(unicodedata.category(c) == "Cc" for c in line)


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("width", [40, 78, 100])
def test_the_text_says_the_same_as_the_page(lang: str, width: int) -> None:
    """R-219: every cell of every table stands in the text."""
    made = sections.build(material(), lang)
    drawn = "".join(text.render(made, width).split())
    for section in made.sections:
        for part in section.parts:
            for row in part.rows if isinstance(part, Table) else ():
                for cell in row:
                    first = cell.split()[:1]
                    assert not first or len(first[0]) > 8 or first[0] in drawn, cell


def test_every_secret_is_set_or_not_set() -> None:
    """R-223, S07: no value, in any form."""
    values = Values(settings_facts(BOARD))
    secret = [key for key, setting in SETTINGS.items() if setting.secret and setting.store.name == "VALUE"]
    for number, key in enumerate(secret[:-1]):
        values = values.with_changes({key: f"Canary-{number}-%s" % ("x" * 12)})
    made = material(values=values)
    assert [key for key, there in made.secrets if there] == secret[:-1]
    for drawn in (html.render(sections.build(made, "en")), text.render(sections.build(made, "fr"), 100)):
        assert "Canary" not in drawn
        assert all(key.rsplit(".", 1)[-1][:8] in drawn for key in secret)


def test_the_configuration_names_every_setting_once() -> None:
    """R-221: the .cfg, and apart from it what the .cfg has no key for."""
    files = dict(configuration(Values(settings_facts(BOARD))))
    assert "stationName=" in files["station.cfg"]
    assert "[extension.modbus_server]" in files["station.toml"]
    assert "password" not in files["station.toml"]


def test_words_stand_in_both_languages() -> None:
    """Both languages have every word; event names differ where the language has its own."""
    assert all(en and fr for en, fr in WORDS.values())
    assert event_name("fr", 20) == "Evt #20 Alarme de charge : court-circuit"
    assert event_name("en", 99) == "Evt #99"
    assert [report_language(one) for one in ("en-gb", "fr-fr", "FR", "", "de")] == ["en", "fr", "fr", "en", "en"]
