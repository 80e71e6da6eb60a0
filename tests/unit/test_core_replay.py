"""`evlink replay`: a recorded log through the live protection (R-160, R-161; the overcurrent rule)."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from evlink.hardware.replay import Replay, ReplayError, main, replay

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data" / "openevse-2023-12-17.csv"


def recorded(scale: float = 1.0) -> Replay:
    if not DATA.exists():
        pytest.skip(f"{DATA} is not there")
    return replay(DATA, "Charging_Current", "Current_Capacity", ";", scale)


@pytest.mark.parametrize("scale", [1.0, 1.12])
def test_a_real_car_trips_nothing(scale: float) -> None:
    """The recorded charge with 45 reductions, also 12 % higher: no trip."""
    result = recorded(scale)
    assert (result.rows, result.duration_s, result.trips) == (6901, 6900.0, ())


def test_energy_of_the_recording() -> None:
    """Apparent energy by the trapezoid at 230 V: 9237.42 VAh."""
    assert recorded().energy_wh == pytest.approx(9237.42, abs=0.01)
    assert recorded(2.0).energy_wh == pytest.approx(2 * 9237.42, abs=0.02)


def test_trips_come_earlier_and_more_as_the_scale_rises() -> None:
    """Each tier that trips at a scale trips at every higher one, no later."""
    last: dict[str, int] = {}
    for scale in (1.2, 1.3, 1.4, 1.6, 1.8, 2.0, 2.5):
        rows = {trip.tier: trip.row for trip in recorded(scale).trips}
        assert all(tier in rows and rows[tier] <= row for tier, row in last.items())
        last = rows
    assert last.keys() == {"low", "medium", "high"}


def log(tmp_path: Path, rows: list[str], header: str = "TimeStamp,A,L") -> Path:
    path = tmp_path / "log.csv"
    path.write_text("\ufeff" + "\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def test_rows_count_from_0_and_dt_comes_from_the_time(tmp_path: Path) -> None:
    """High tier: over in row 2, one second later it trips; times may be ISO 8601."""
    rows = ["2024-01-01T00:00:00,10,16", "2024-01-01T00:00:00.500,10,16"]
    rows += [f"2024-01-01T00:00:0{s},40,16" for s in (1, 2)]
    result = replay(log(tmp_path, rows), "A", "L")
    assert [(trip.tier, trip.row, trip.time) for trip in result.trips] == [("high", 3, "2024-01-01T00:00:02")]
    assert result.duration_s == 2.0
    assert result.max_current_a == 40.0
    assert result.energy_wh == pytest.approx((10 * 0.5 + 25 * 0.5 + 40 * 1) * 230 / 3600, abs=0.001)


def test_reference_is_the_largest_limit_of_six_seconds(tmp_path: Path) -> None:
    """Rows i-6 to i: a reduction 6 s ago still excuses, 7 s ago no more."""
    rows = [f"01/01/2024 00:00:{s:02d},32,{32 if s < 3 else 6}" for s in range(12)]
    result = replay(log(tmp_path, rows), "A", "L")
    assert [(trip.tier, trip.row) for trip in result.trips] == [("high", 9)]


def test_an_empty_log(tmp_path: Path) -> None:
    """A header alone is a log of nothing."""
    assert replay(log(tmp_path, []), "A", "L").document() == {
        "rows": 0,
        "duration_s": 0.0,
        "energy_wh": 0.0,
        "trips": [],
        "max_current_a": 0.0,
    }


@pytest.mark.parametrize(
    ("rows", "column", "words"),
    [
        (["2024-01-01T00:00:00,1,2"], "B", "no column 'B'; it has TimeStamp, A, L"),
        (["2024-01-01T00:00:00,1,2", "2024-01-01T00:00:01,x,2"], "A", "row 1, column A: 'x'"),
        (["2024-01-01T00:00:00,1,2", "2024-01-01T00:00:01,nan,2"], "A", "row 1, column A: 'nan'"),
        (["2024-01-01T00:00:00,-1,2"], "A", "row 0, column A: '-1'"),
        (["2024-01-01T00:00:00,1e400,2"], "A", "row 0, column A: '1e400'"),
        (["2024-01-01T00:00:00,1"], "A", "row 0, column L: ''"),
        (["yesterday,1,2"], "A", "row 0: 'yesterday' is no time"),
        (["2024-01-01T00:00:01,1,2", "2024-01-01T00:00:00,1,2"], "A", "row 1: its time"),
        (["2024-01-01T00:00:01,1,2", "2024-01-01T00:00:02Z,1,2"], "A", "row 1: times with and without"),
        (['2024-01-01T00:00:01,"1,2'], "A", "no readable CSV"),
    ],
)
def test_a_wrong_log_gets_one_sentence(tmp_path: Path, rows: list[str], column: str, words: str) -> None:
    """Unknown column (the columns are listed), unreadable number or time (the row is named)."""
    with pytest.raises(ReplayError) as error:
        replay(log(tmp_path, rows), column, "L")
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_command_line(tmp_path: Path) -> None:
    """`python -m evlink.hardware.replay`: JSON of the agreed shape; exit 2 and one line for bad input."""
    path = log(tmp_path, ["2024-01-01T00:00:00,10,16", "2024-01-01T00:00:01,10,16"])
    command = [sys.executable, "-m", "evlink.hardware.replay", str(path), "--current", "A", "--limit", "L", "--json"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert json.loads(done.stdout).keys() == {"rows", "duration_s", "energy_wh", "trips", "max_current_a"}
    command[3] = str(tmp_path / "absent.csv")
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "absent.csv cannot be read" in done.stderr


@pytest.mark.parametrize(
    ("extra", "english", "french"),
    [
        ("--delimiter=;;", "--delimiter: ';;' is not allowed; allowed: one character", "autorisé : un caractère"),
        ("--delimiter=", "--delimiter: '' is not allowed", "--delimiter : '' n'est pas autorisé"),
        ("--delimiter=\n", "--delimiter: '\\n' is not allowed", "n'est pas autorisé"),
        ("--scale=-1", "--scale: -1 is not allowed; allowed: 0 to 1000", "autorisé : de 0 à 1000"),
        ("--scale=nan", "--scale: nan is not allowed", "n'est pas autorisé"),
        ("--scale=1e300", "--scale: 1e+300 is not allowed", "n'est pas autorisé"),
        ("--voltage=12", "--voltage: 12 is not allowed; allowed: 100 to 300 V", "autorisé : de 100 à 300 V"),
        ("--current=B", "no column 'B'", "n'a pas de colonne 'B'"),
    ],
)
def test_bad_options_exit_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], extra: str, english: str, french: str
) -> None:
    """An option out of its range names the range, in one sentence of the operator's language."""
    words = [str(log(tmp_path, [])), "--current=A", "--limit=L", extra]
    for more, said in (([], english), (["--lang=fr"], french)):
        assert main([*words, *more]) == 2
        out, err = capsys.readouterr()
        assert (out, err.count("\n")) == ("", 1)
        assert err.startswith("evlink: ")
        assert said in err


@pytest.mark.parametrize("row", ["x,1,2", "2024-01-01T00:00:00,x,2", "2024-01-01T00:00:00", '"'])
def test_a_wrong_log_is_told_in_french_too(tmp_path: Path, capsys: pytest.CaptureFixture[str], row: str) -> None:
    """design.md, command line: `--lang fr` turns words."""
    assert main([str(log(tmp_path, [row])), "--current=A", "--limit=L", "--lang=fr"]) == 2
    assert re.search(r"ligne 0|n'est pas un CSV", capsys.readouterr().err)


def test_the_result_in_both_languages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = log(tmp_path, ["2024-01-01T00:00:00,10.5,16", "2024-01-01T00:00:01,10.5,16"])
    for lang, words in (("en", ["2 rows, 1 s", "10.5 A", "no trip"]), ("fr", ["2 lignes", "10,5 A", "aucun décl"])):
        assert main([str(path), "--current=A", "--limit=L", f"--lang={lang}"]) == 0
        out = capsys.readouterr().out
        assert [word for word in words if word not in out] == []
