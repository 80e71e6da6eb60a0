"""`evlink history`: the charge records, newest first."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from evlink.client import Client
from evlink.commands.files import check_name, write_file
from evlink.commands.output import print_json, print_notice, table, wrong
from evlink.commands.station import Context, station
from evlink.commands.words import Words

SHOWN = 30
KEPT = 3000
_DATE = len("2026-03-01")
_PAGE = 500  # records a call; 3000 would not fit into one line of the socket


def history(context: Context) -> int:
    """Print the last 30 records that are asked for, or with `--json` and `--csv` up to 3000 (R-191, R-194)."""
    args, t = context.args, context.t
    if args.csv is not None:
        check_name(args.csv, t)
    asked = filters(args, t)
    most = args.limit or (KEPT if args.json or args.csv is not None else SHOWN)
    with station(context) as client:
        total, records = records_of(client, most, asked)
        if args.csv is not None:
            write_file(args.csv, _csv(client, records, t), t)
            if args.csv != "-":
                print_notice(t("Written: {file}", file=args.csv))
    if args.json:
        # As in the status, null where there was none (docs/protocol.md).
        print_json([{**record, "transaction_id": record["transaction_id"] or None} for record in records])
    elif args.csv is None:
        print(t("No such charge.") if asked and not records else describe(records, t))
        if total > len(records):
            print(t("The last {n} of {total} records.", n=len(records), total=total))
    return 0


def filters(args: Namespace, t: Words) -> dict[str, Any]:
    """The parameters of `history.list` that the options name; a time without offset is one of this machine's zone."""
    found: dict[str, Any] = {}
    if args.outlet is not None:
        found["outlet"] = args.outlet
    if args.badge is not None:
        found["badge"] = args.badge
    if args.since is not None:
        found["from"] = _time("--from", args.since, t).isoformat()
    if args.until is not None:
        day = len(args.until) == _DATE  # a day counts whole
        found["to"] = (_time("--to", args.until, t) + timedelta(days=1 if day else 0)).isoformat()
    if args.status is not None:
        found["status"] = args.status
    if args.unpublished:
        found["unpublished"] = True
    return found


def _time(option: str, text: str, t: Words) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError):
        said = t("{option} {value}: a day or a time such as 2026-03-01 or 2026-03-01T14:05", option=option, value=text)
        raise wrong(said) from None


def records_of(client: Client, most: int, asked: Mapping[str, Any] | None = None) -> tuple[int, list[dict[str, Any]]]:
    """Number of the records that are asked for, and the last `most` of them, newest first."""
    records: dict[int, dict[str, Any]] = {}  # by number: a charge that ends meanwhile moves the pages
    offset = 0
    while True:
        page = client.call("history.list", offset=offset, limit=min(_PAGE, most), **(asked or {}))
        records.update((record["number"], record) for record in page["records"])
        offset += len(page["records"])
        if not page["records"] or offset >= page["total"] or len(records) >= most:
            return page["total"], list(records.values())[:most]


def _csv(client: Client, records: Sequence[Mapping[str, Any]], t: Words) -> str:
    """Records as CSV with the separators and in the time zone that the station has set (R-199)."""
    from evlink.commands.stored import values_of
    from evlink.formats import csv

    values = values_of(client)
    try:
        zone: tzinfo = ZoneInfo(str(values.get("configuration.date_time.timezone")))
    except (KeyError, ValueError, OSError):  # a zone that this machine does not know
        zone = UTC
    rows = [csv.record_of(record) for record in records]
    return csv.history(rows, zone, csv.Separators.of(values), t.lang)


def describe(records: Sequence[Mapping[str, Any]], t: Words) -> str:
    """Records as a table, times in the time zone of whoever reads (R-192, R-193)."""
    if not records:
        return t("No charge yet.")
    head = (t("No."), t("Outlet"), "UID", t("Start"), t("Duration"), t("Energy (kWh)"), t("Charge type"), t("Comment"))
    rows: list[tuple[object, ...]] = [head]
    for record in records:
        start = datetime.fromisoformat(record["start"]).astimezone()
        energy = t.number(record["energy_wh"] / 1000, 3)
        rows.append(
            (
                record["number"],
                record["outlet"],
                record["uid"],
                f"{start:%Y-%m-%d %H:%M}",
                duration(record["duration_s"]),
                energy,
                record["charge_type"],
                record["comment"],
            )
        )
    return table(rows, right=(0, 1, 5))


def duration(seconds: int) -> str:
    """A duration as hours, minutes and seconds; the hours of a long one pass 99."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest:02d}"
