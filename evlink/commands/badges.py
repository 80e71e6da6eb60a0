"""`evlink badges`: the local list of badges."""

from __future__ import annotations

from typing import Any

from evlink.client import Client
from evlink.commands.files import check_name, read_file, write_file
from evlink.commands.output import print_json, print_notice, table, wrong
from evlink.commands.station import Context, station
from evlink.formats.errors import FormatError

_PAGE = 1000


def badges(context: Context) -> int:
    """List, add, remove, import or export badges."""
    match context.args.action:
        case "list":
            return _list(context)
        case "add":
            return _add(context)
        case "remove":
            return _remove(context)
        case "import":
            return _import(context)
        case _:
            return _export(context)


def badges_of(client: Client) -> list[dict[str, Any]]:
    """All badges by number."""
    found: dict[str, dict[str, Any]] = {}  # by UID: a badge removed meanwhile moves the pages
    offset = 0
    while True:
        page = client.call("badges.list", offset=offset, limit=_PAGE)
        found.update((badge["uid"], badge) for badge in page["badges"])
        offset += len(page["badges"])
        if not page["badges"] or offset >= page["total"]:
            return list(found.values())


def _list(context: Context) -> int:
    t = context.t
    with station(context) as client:
        listed = badges_of(client)
    if context.args.json:
        print_json(listed)
        return 0
    rows: list[tuple[object, ...]] = [(t("No."), "UID", t("Type"), t("Comment"))]
    rows += [(b["number"], b["uid"], t(f"type:{b['type']}"), b["comment"]) for b in listed]
    print(table(rows, right=(0,)))
    return 0


def _add(context: Context) -> int:
    args = context.args
    with station(context) as client:
        badge = client.call("badges.add", uid=args.uid, type=args.type, comment=args.comment)["badge"]
    print(context.t("Badge {uid} added.", uid=badge["uid"]))
    return 0


def _remove(context: Context) -> int:
    uids, everything = context.args.uids, context.args.all
    if bool(uids) == everything:
        raise wrong(context.t("badges remove: name badges, or --all"))
    with station(context) as client:
        result = client.call("badges.remove", all=True) if everything else client.call("badges.remove", uids=uids)
    print(context.t("Badges removed: {n}", n=result["removed"]))
    return 0


def _import(context: Context) -> int:
    """Replace the whole list by that of a file (R-189)."""
    from evlink.formats import csv

    name, t = context.args.file, context.t
    try:
        listed = csv.read_badges(read_file(name, t))
    except FormatError as error:
        raise wrong(f"{name}: {error.sentence(t.lang)}") from None
    rows = [{"uid": badge.uid, "type": badge.type.value, "comment": badge.comment} for badge in listed]
    with station(context) as client:
        result = client.call("badges.replace", badges=rows)
    print(t("Badges in the list now: {n}", n=result["total"]))
    return 0


def _export(context: Context) -> int:
    """Write the whole list to a file (R-188)."""
    from evlink.domain.record import Badge, BadgeType
    from evlink.formats import csv

    name, t = context.args.file, context.t
    check_name(name, t)
    with station(context) as client:
        listed = badges_of(client)
    text = csv.badges(Badge(b["number"], b["uid"], BadgeType(b["type"]), b["comment"]) for b in listed)
    write_file(name, text, t)
    if name != "-":
        print_notice(t("Written: {file}", file=name))
    return 0
