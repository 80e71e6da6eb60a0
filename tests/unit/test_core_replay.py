"""`evlink replay`: a recorded log through the live protection (R-160, R-161; the overcurrent rule)."""

from __future__ import annotations

import json
import os
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


@pytest.mark.parametrize("extra", [["--delimiter", ";;"], ["--scale", "-1"], ["--scale", "nan"], ["--voltage", "12"]])
def test_bad_options_exit_2(tmp_path: Path, extra: list[str]) -> None:
    """An option out of its range names the range."""
    with pytest.raises(SystemExit) as ended:
        main([str(log(tmp_path, [])), "--current", "A", "--limit", "L", *extra])
    assert ended.value.code == 2
