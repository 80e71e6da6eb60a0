"""Days of scenarios through the fold: what ships, what each car gets, how it is shown, and files that are none."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evlink.runtime.simulate import show
from evlink.runtime.simulate.__main__ import main
from evlink.runtime.simulate.day import Day, run
from evlink.runtime.simulate.errors import SimulationError
from evlink.runtime.simulate.scenario import DAY_S, Scenario, load, read

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
SHIPPED = ("commuters", "fleet", "house")


def car(name: str = "A", arrives: Any = "08:00", leaves: str = "10:00", **more: Any) -> dict[str, Any]:
    return {"name": name, "arrives": arrives, "leaves": leaves, **more}


def day(*cars: dict[str, Any], **more: Any) -> tuple[Scenario, Day]:
    scenario = read({"car": list(cars), **more}, "test")
    return scenario, run(scenario)


@pytest.fixture(scope="module")
def shipped() -> Callable[[str], tuple[Scenario, Day]]:
    """A shipped scenario and its day, which takes seconds: run once."""
    done: dict[str, tuple[Scenario, Day]] = {}

    def get(name: str) -> tuple[Scenario, Day]:
        if name not in done:
            scenario = load(EXAMPLES / f"sharing-{name}.toml")
            done[name] = scenario, run(scenario)
        return done[name]

    return get


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_day_keeps_its_budget_and_serves_its_cars(
    name: str, shipped: Callable[[str], tuple[Scenario, Day]]
) -> None:
    """Each is shown as a table and as curves; no permits above the budget, everybody gets something."""
    scenario, done = shipped(name)
    assert done.granted_over_a <= 1e-6
    assert done.house_over_s <= 6
    for stay in done.stays:
        assert stay.got_wh > 1000, stay.visit.name
        assert stay.got_wh <= stay.visit.wanted_wh + 200
    lines = show.day(scenario, done, "en", 120, "utf-8")
    for stay in done.stays:
        assert any(line.startswith(stay.visit.name) and "│" in line for line in lines)


def test_a_car_alone_gets_what_its_time_and_its_plug_allow() -> None:
    """16 A on three phases of 230 V for two hours, less the seconds until it draws."""
    _, done = day(car(amps=16))
    assert done.stays[0].got_wh == pytest.approx(16 * 3 * 230 * 2, rel=0.01)
    assert done.stays[0].waited_s <= 10
    assert done.highest_a == pytest.approx(16)


def test_a_car_that_has_what_it_wants_leaves_its_current_to_others() -> None:
    """Two share 32 A; the one that wants 2 kWh is full soon, and the other goes up to its 32 A."""
    _, done = day(car(wants_kwh=2), car("B"), station={"station_max_current": 32})
    small, other = done.stays
    assert small.got_wh == pytest.approx(2000, abs=100)
    assert other.curve[32] < 30 < other.curve[36]


def test_a_vip_is_not_reduced() -> None:
    """R-147."""
    _, done = day(car(), car("V", vip=True), station={"station_max_current": 40})
    common, vip = done.stays
    assert vip.got_wh > 1.2 * common.got_wh
    assert max(vip.curve) == pytest.approx(26, abs=0.5)  # the other's floor stays
    assert common.curve[34] == pytest.approx(14, abs=0.5)


def test_who_finds_no_outlet_waits_in_line() -> None:
    """First come, first served; who never gets one is shown so."""
    cars = (car("A", "08:00", "10:00"), car("B", "08:30", "11:00"), car("C", "08:40", "09:30"))
    scenario, done = day(*cars, station={"outlets": 1})
    _, second, third = done.stays
    assert second.plugged_s is not None
    assert 10 * 3600 <= second.plugged_s <= 10 * 3600 + 60
    assert (third.outlet, third.got_wh) == (0, 0.0)
    assert third.waited_s == pytest.approx(50 * 60, abs=10)
    assert any("in line" in line for line in show.day(scenario, done, "en", 100, "utf-8"))


def test_a_house_and_a_limit_are_followed() -> None:
    """The head meter's rule and the supervision's limit, each at its time."""
    house = {"protection": 32, "load": [{"at": "09:00", "amps": [12, 0, 0]}]}
    limits = [{"at": "08:30", "amps": 16}, {"at": "08:45"}]
    _, done = day(car(), house=house, limit=limits)
    curve = done.stays[0].curve
    assert curve[32] == pytest.approx(31.5, abs=1)
    assert curve[34] == pytest.approx(16, abs=0.2)
    assert curve[37] == pytest.approx(19.5, abs=0.2)
    assert done.house_over_s <= 6


def test_the_same_day_gives_the_same_figures(shipped: Callable[[str], tuple[Scenario, Day]]) -> None:
    again = load(EXAMPLES / "sharing-commuters.toml")
    documents = [show.day_document(*shipped("commuters")), show.day_document(again, run(again))]
    assert documents[0] == documents[1]
    assert documents[0]["granted_over_a"] == 0
    assert len(documents[0]["drawn_a"]) == DAY_S // 900  # type: ignore[arg-type]


def test_curves_are_ascii_where_the_output_is_no_utf_8() -> None:
    scenario, done = day(car(name="Zoe"))
    for encoding, lang in (("ascii", "en"), (None, "en"), ("latin-1", "fr")):
        lines = show.day(scenario, done, lang, 60, encoding)
        "\n".join(lines).encode(encoding or "ascii")
        assert any("@@" in line and line.startswith("Zoe") for line in lines)
        assert all(len(line) <= 90 for line in lines)
    assert any("█" in line for line in show.day(scenario, done, "en", 60, "utf-8"))


def test_a_curve_shows_the_mean_of_what_a_column_covers() -> None:
    """The least that isn't nothing still shows."""
    assert show.curve([0.0, 0.1, 4.0, 8.0], 8.0, 4, show.ASCII) == " .=@"
    assert show.curve([0.0, 0.0, 4.0, 8.0], 8.0, 2, show.ASCII) == " *"


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({}, "car: 0 is not allowed; allowed: 1 to 500 cars"),
        ({"title": 3, "car": [car()]}, "title: 3 is not allowed"),
        ({"cars": [car()]}, "cars is not known"),
        ({"car": [car()], "color": 1}, "color is not known"),
        ({"car": car()}, "car: "),
        ({"car": [car(), car()]}, "car.name: 'A' is there twice"),
        ({"car": [car(name="")]}, "car.name: '' is not allowed"),
        ({"car": [car(arrives="25:00")]}, 'car A.arrives: \'25:00\' is not allowed; allowed: "00:00" to "24:00"'),
        ({"car": [car(arrives=8)]}, "car A.arrives: 8 is not allowed"),
        ({"car": [car(leaves="08:00")]}, "car A.leaves: must be later"),
        ({"car": [car(amps=5)]}, "car A.amps: 5 is not allowed; allowed: 6 to 63"),
        ({"car": [car(amps=float("nan"))]}, "car A.amps: nan is not allowed"),
        ({"car": [car(phases=2)]}, "car A.phases: 2 is not allowed; allowed: 1, 3"),
        ({"car": [car(vip="yes")]}, "car A.vip: 'yes' is not allowed"),
        ({"car": [car(outlet=3)]}, "car A.outlet: 3 is not allowed; allowed: 1, 2"),
        ({"car": [car(colour="red")]}, "car A.colour is not known"),
        ({"car": [car(phases=3)], "station": {"phases": 1}}, "car A.phases: 3 is not allowed; allowed: 1"),
        ({"car": [car()], "station": {"station_max_current": 65}}, "station.station_max_current: 65 is not allowed"),
        ({"car": [car()], "station": {"load_shedding_order": "size"}}, "charge_duration, energy_delivered"),
        ({"car": [car()], "station": 3}, "station: 3 is not allowed; allowed: a table"),
        ({"car": [car()], "station": {"max": 3}}, "station.max is not known"),
        ({"car": [car()], "house": {"load": [{"at": "08:00", "amps": [1, 2]}]}}, "house load.amps: [1, 2]"),
        ({"car": [car()], "limit": [{"amps": 3}]}, "limit 1.at: None is not allowed"),
        ({"car": [car()], "limit": ["08:00"]}, "limit 1: '08:00' is not allowed; allowed: a table"),
    ],
)
def test_a_scenario_that_is_none_gets_one_sentence(document: dict[str, Any], said: str) -> None:
    with pytest.raises(SimulationError) as no:
        read(document, "test")
    assert said in str(no.value)
    assert no.value.french


def test_the_program_prints_and_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "day.toml"
    path.write_text('[[car]]\nname = "Zoe"\narrives = 08:00:00\nleaves = "09:00"\n', encoding="utf-8")
    assert main(["sharing", "--json", str(path)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["cars"][0]["name"] == "Zoe"
    assert document["cars"][0]["got_wh"] > 20_000
    assert main(["sharing", "--lang=fr", str(path)]) == 0
    assert "voiture" in capsys.readouterr().out
    path.write_text("[[car]\n", encoding="utf-8")
    for lang, said in (("en", "is no TOML: line 1"), ("fr", "n'est pas du TOML : ligne 1")):
        assert main(["sharing", f"--lang={lang}", str(path)]) == 2
        printed = capsys.readouterr()
        assert said in printed.err
        assert (printed.out, printed.err.count("\n")) == ("", 1)
