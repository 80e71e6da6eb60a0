"""A house log replayed against the head meter's rule: the recorded one, one of our own, and logs that are none."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from evlink.runtime.simulate.__main__ import main
from evlink.runtime.simulate.house import Columns, Comparison, compare

ROOT = Path(__file__).parents[2]
RECORDED = ROOT.parent / "shared" / "data" / "openevse-2023-12-17.csv"
EXAMPLE = ROOT / "docs" / "examples" / "house.csv"
SHORT = Columns("house", "charger", "ceiling")
MOST_OVER_S = 6


def write(tmp_path: Path, rows: list[str], header: str = "time;house;charger;ceiling") -> Path:
    path = tmp_path / "log.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def log(tmp_path: Path, base: list[float], ceiling: float, charger: float = 0.0) -> Path:
    """A log of one row a second."""
    rows = [
        f"2026-01-01T00:{i // 60:02}:{i % 60:02};{watts + charger};{charger};{ceiling}" for i, watts in enumerate(base)
    ]
    return write(tmp_path, rows)


@pytest.mark.skipif(not RECORDED.exists(), reason=f"{RECORDED.name} is not there")
def test_the_recorded_house_stays_under_its_ceiling_and_its_car_gets_no_less() -> None:
    """Issue's bar: never above for more than 6 s, at least the 9.14 kWh of the recorded box, which was for minutes."""
    done = compare(RECORDED, Columns())
    assert (done.rows, done.duration_s) == (6901, 6901)
    assert done.recorded.energy_wh == pytest.approx(9144.7, abs=1)
    assert done.recorded.longest_over_s > 600
    assert done.ours.longest_over_s <= MOST_OVER_S
    assert done.ours.energy_wh >= done.recorded.energy_wh


@pytest.mark.parametrize("follow_s", [1, 3, 5])
def test_the_example_is_kept_however_fast_the_car_follows(follow_s: int) -> None:
    done = compare(EXAMPLE, Columns(), follow_s=follow_s)
    assert done.recorded.longest_over_s > 60
    assert 0 < done.ours.longest_over_s <= MOST_OVER_S
    assert done.ours.energy_wh > 1000


def test_a_step_of_the_house_is_followed_within_the_cars_five_seconds(tmp_path: Path) -> None:
    """A kettle of 4 kW: 5 s above, no more; afterwards the car has what is left, floor and all."""
    done = compare(log(tmp_path, [500.0] * 60 + [4500.0] * 60, 7360), SHORT)
    assert done.ours.longest_over_s == 5
    assert done.ours.over_s == 5


def test_a_load_that_creeps_up_is_met_ahead(tmp_path: Path) -> None:
    """A load that grows by 0.4 A a second would else be above the ceiling all the while with a car 5 s behind."""
    done = compare(log(tmp_path, [500.0] * 60 + [500.0 + 92 * i for i in range(40)] + [4180.0] * 30, 7360), SHORT)
    assert done.ours.longest_over_s <= MOST_OVER_S


def test_a_noisy_house_moves_the_car_at_most_each_fifteen_seconds(tmp_path: Path) -> None:
    """Nothing oscillates: what is between the dips of a house is used once it lasts."""
    noisy = [1500 + 900 * math.sin(i / 3) for i in range(600)]
    done = compare(log(tmp_path, noisy, 7360), SHORT)
    assert done.ours.longest_over_s <= MOST_OVER_S
    assert done.ours.energy_wh > 0.8 * (7360 - 2400) * 580 / 3600
    assert done.paused_s < 20


def test_a_house_that_leaves_no_floor_pauses_the_car(tmp_path: Path) -> None:
    done = compare(log(tmp_path, [500.0] * 60 + [6500.0] * 100, 7360), SHORT)
    assert done.paused_s >= 90
    assert done.ours.longest_over_s <= MOST_OVER_S


def test_rows_hold_until_the_next(tmp_path: Path) -> None:
    """Energy of the recorded charger by hand: 2300 W over 30 s and over the last row's one."""
    rows = ["01/01/2026 00:00:00;3000;2300;8400", "", "01/01/2026 00:00:30;3000;2300;8400"]
    done = compare(write(tmp_path, rows), SHORT)
    assert (done.rows, done.duration_s) == (2, 31)
    assert done.recorded.energy_wh == pytest.approx(2300 * 31 / 3600)


def test_it_is_printed_in_both_languages_and_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    short = tmp_path / "short.csv"
    short.write_text("".join(EXAMPLE.read_text(encoding="utf-8").splitlines(keepends=True)[:90]), encoding="utf-8")
    assert main(["house", str(short), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    done: Comparison = compare(short, Columns())
    assert document == done.document()
    assert set(document["ours"]) == {"energy_wh", "longest_over_s", "over_s", "paused_s"}
    assert main(["house", str(short)]) == 0
    english = capsys.readouterr().out
    assert f"{done.ours.energy_wh / 1000:.2f}" in english
    assert f"{done.recorded.longest_over_s} s" in english
    assert main(["house", str(short), "--lang=fr"]) == 0
    french = capsys.readouterr().out
    assert f"{done.ours.energy_wh / 1000:.2f}".replace(".", ",") in french
    assert "borne enregistrée" in french


@pytest.mark.parametrize(
    ("header", "rows", "said"),
    [
        ("time;house;charger", [], "has no column 'ceiling'; it has time, house, charger"),
        ("time;house;charger;ceiling", [], "has no rows"),
        ("time;house;charger;ceiling", ["noon;1;1;1"], "line 2: 'noon' is no time"),
        ("time;house;charger;ceiling", ["2026-01-01T00:00:00;x;1;1"], "line 2, column house: 'x' is no power"),
        ("time;house;charger;ceiling", ["2026-01-01T00:00:00;1;1"], "line 2, column ceiling: '' is no power"),
        ("time;house;charger;ceiling", ["2026-01-01T00:00:00;nan;1;1"], "'nan' is no power"),
        ("time;house;charger;ceiling", ["2026-01-01T00:00:01;1;1;1", "2026-01-01T00:00:00;1;1;1"], "line 3: its time"),
        (
            "time;house;charger;ceiling",
            ["2026-01-01T00:00:01;1;1;1", "2026-01-01T00:00:02Z;1;1;1"],
            "line 3: times with",
        ),
        ("time;house;charger;ceiling", ["2026-01-01T00:00:00;1;1;0", "2026-01-01T09:00:00;1;1;1"], "1 s to 3600 s"),
    ],
)
def test_a_log_that_is_none_gets_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], header: str, rows: list[str], said: str
) -> None:
    path = write(tmp_path, rows, header)
    for lang in ("en", "fr"):
        options = ["--house=house", "--charger=charger", "--ceiling=ceiling", f"--lang={lang}"]
        assert main(["house", *options, str(path)]) == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        assert printed.err.count("\n") == 1
        assert (said in printed.err) is (lang == "en")


def test_files_and_options_that_are_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00;")
    for words, said in (
        (["house", str(tmp_path)], "cannot be read"),
        (["house", str(tmp_path / "none.csv")], "cannot be read"),
        (["house", str(tmp_path / "bytes.csv")], "is not UTF-8 text"),
        (["house", "--delimiter=;;", str(EXAMPLE)], "--delimiter: ';;' is not allowed"),
        (["dance", "x"], "invalid choice"),
    ):
        assert main(words) == 2
        assert said in capsys.readouterr().err
