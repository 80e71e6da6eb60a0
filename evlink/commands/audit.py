"""`evlink audit`: who changed what, the newest first."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from evlink.client import Client
from evlink.commands.output import print_json, table
from evlink.commands.station import Context, station

SHOWN = 30
KEPT = 2000
_PAGE = 200


def audit(context: Context) -> int:
    """Print the last 30 lines of the audit trail, or with `--json` all that are kept."""
    args, t = context.args, context.t
    most = args.limit or (KEPT if args.json else SHOWN)
    with station(context) as client:
        total, entries = entries_of(client, most)
    if args.json:
        print_json(entries)
        return 0
    if not entries:
        print(t("Nobody has changed anything yet."))
        return 0
    head = (t("Time"), t("Who"), t("By way of"), t("What"), t("Detail"))
    rows: list[tuple[object, ...]] = [head]
    for one in entries:
        at = datetime.fromisoformat(one["at"]).astimezone()
        rows.append((f"{at:%Y-%m-%d %H:%M:%S}", one["who"], one["way"], one["what"], one["detail"]))
    print(table(rows))
    if total > len(entries):
        print(t("The last {n} of {total} lines.", n=len(entries), total=total))
    return 0


def entries_of(client: Client, most: int) -> tuple[int, list[dict[str, Any]]]:
    """How many lines there are, and the newest of them."""
    found: list[dict[str, Any]] = []
    while True:
        page = client.call("audit.list", offset=len(found), limit=min(_PAGE, most - len(found)))
        found += page["entries"]
        if not page["entries"] or len(found) >= most or len(found) >= page["total"]:
            return page["total"], found
