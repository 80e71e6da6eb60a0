"""Every field of a charge record, from the charge to the history, its JSON and its CSV (R-192, R-193)."""

from __future__ import annotations

import csv as rfc4180
import io
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from evlink.domain.effects import CloseSession
from evlink.domain.events import TransactionKnown, Verdict
from evlink.domain.record import ChargeRecord
from evlink.domain.state import OutletConfig
from evlink.domain.words import EvState
from evlink.formats import csv
from evlink.hardware.facts import preset
from evlink.runtime.facts import station_columns
from evlink.runtime.methods.books import record_row
from tests.unit.domain_bench import EPOCH, Bench
from tests.unit.storage_bench import database

WH = 3_600_000
PARIS = timezone(timedelta(hours=1))
COLUMNS = (
    "Charge number", "Charging station", "Outlet", "Transaction", "UID", "Charge type", "Start time", "End time",
    "Energy (kWh)", "Socket type", "Duration", "Comment",
)  # fmt: skip


def charge(bench: Bench, outlet: int = 1, uid: str = "04A1", energy_wh: int = 12_345, **reading: Any) -> ChargeRecord:
    """A whole charge of an hour and some seconds, and its record."""
    bench.tick().plug(outlet)
    if uid:
        bench.badge(uid, outlet, Verdict("Accepted", comment="Ann, flat 2"))
    bench.charge(outlet).see(outlet, energy_mvas=energy_wh * WH + 17, **reading)
    bench.at += 3600
    bench.tick()
    stop = uid or "04AD"
    if uid:
        bench.badge(stop, outlet)
    else:
        bench.see(outlet, ev=EvState.A, cable_a=0)
    bench.see(outlet, contactor=False).tick()
    (closed,) = bench.of(CloseSession)
    record: ChargeRecord = closed.record
    return record


def cells(tmp_path: Path, record: ChargeRecord) -> dict[str, str]:
    """The record's row in the exported file, by its columns, after the history has had it."""
    base = database(tmp_path / "evlink.db")
    base.apply([CloseSession(record)])
    text = csv.history(base.records.list().records, PARIS)
    base.close()
    heading, row = rfc4180.reader(io.StringIO(text, newline=""), delimiter=";", strict=True)
    assert tuple(heading) == COLUMNS
    return dict(zip(heading, row, strict=True))


def test_every_column(tmp_path: Path) -> None:
    """R-192, R-193: twelve columns in order, each with what the charge was."""
    record = charge(Bench(supervised=False), outlet=2)
    row = cells(tmp_path, record)
    assert row == {
        "Charge number": "1",
        "Charging station": "S2",
        "Outlet": "2",
        "Transaction": "",
        "UID": "04A1",
        "Charge type": "AC_THREE_PHASE",
        "Start time": "2026-03-01 09:00",
        "End time": "2026-03-01 10:00",
        "Energy (kWh)": "12,345",
        "Socket type": "TYPE2",
        "Duration": row["Duration"],
        "Comment": "Ann, flat 2",
    }
    assert row["Duration"][:4] == "01:0"
    hours, minutes, seconds = map(int, row["Duration"].split(":"))
    assert hours * 3600 + minutes * 60 + seconds == record.duration_s


def test_the_transaction_of_the_supervision(tmp_path: Path) -> None:
    """R-192: the transaction identifier comes from the supervision."""
    bench = Bench(supervised=True).tick().plug().badge("04A1", verdict=Verdict("Accepted"))
    session = bench.charge().outlet().session
    assert session is not None
    bench.post(TransactionKnown(bench.moment(), session.session, 607_901))
    bench.tick(60).badge("04A1").see(contactor=False).tick()
    (closed,) = bench.of(CloseSession)
    assert cells(tmp_path, closed.record)["Transaction"] == "607901"


def test_nobody_identified_has_an_empty_uid(tmp_path: Path) -> None:
    """R-193: UID is empty when nobody was identified; the default tag is the supervision's affair (R-083)."""
    record = charge(Bench(authentication="disabled", default_id_tag="FREE"), uid="")
    row = cells(tmp_path, record)
    assert (row["UID"], row["Comment"]) == ("", "")


@pytest.mark.parametrize(
    ("phases_used", "kind"), [(1, "AC_SINGLE_PHASE"), (2, "AC_SINGLE_PHASE"), (3, "AC_THREE_PHASE")]
)
def test_the_charge_type_is_detected(tmp_path: Path, phases_used: int, kind: str) -> None:
    """R-192: by the phases that carry current, not by what is wired."""
    record = charge(Bench(), phases_used=phases_used)
    assert cells(tmp_path, record)["Charge type"] == kind


@pytest.mark.parametrize("socket", ["TYPE1", "TYPE2", "TYPE3"])
def test_the_connector_is_that_of_the_outlet(tmp_path: Path, socket: str) -> None:
    """R-192: socket or connector type; of an attached cable its connector's."""
    outlets = (OutletConfig(1, station_id="S1", socket_type=socket, attached_cable=socket == "TYPE1"),)
    record = charge(Bench(outlets=outlets))
    assert cells(tmp_path, record)["Socket type"] == socket


@pytest.mark.parametrize(
    ("energy_wh", "shown"), [(0, "0,000"), (1, "0,001"), (999, "0,999"), (1000, "1,000"), (123_456_789, "123456,789")]
)
def test_energy_to_the_watt_hour(tmp_path: Path, energy_wh: int, shown: str) -> None:
    """R-193: kilowatt-hours with three decimals; what is less than a watt-hour is no watt-hour."""
    record = charge(Bench(), energy_wh=energy_wh)
    assert record.energy_wh == energy_wh
    assert cells(tmp_path, record)["Energy (kWh)"] == shown


def test_the_station_column_joins_the_serial_number() -> None:
    """R-193: the two serial-number parts run together."""
    board = preset("parking", 2, 3)
    assert station_columns(board) == tuple(o.serial_part1 + o.serial_part2 for o in board.outlets)


def test_the_json_of_a_record_has_its_documented_columns() -> None:
    """docs/history.md: every column with its type, times ISO 8601 UTC."""
    text = (Path(__file__).parents[2] / "docs" / "history.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1:3] for line in text.splitlines() if line.startswith("| `")]
    documented = {name.strip().strip("`"): kind.strip() for name, kind in rows}
    row = record_row(charge(Bench()))
    kinds = {"integer": int, "text": str, "true or false": bool, "time": str, "text or null": str}
    assert set(documented) == set(row)
    for name, value in row.items():
        assert type(value) is kinds[documented[name]], name
        if documented[name] == "time":
            assert isinstance(value, str)
            assert datetime.fromisoformat(value).utcoffset() == timedelta(0)
            assert value.endswith("Z")
    assert row["start"] == EPOCH.replace(microsecond=0).isoformat().replace("+00:00", "Z")
