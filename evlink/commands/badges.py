"""`evlink badges`: the local list of badges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evlink.client import Client
from evlink.commands.files import check_name, read_file, write_file
from evlink.commands.output import clean, print_json, print_notice, table, wrong
from evlink.commands.station import Context, station
from evlink.commands.words import Words
from evlink.formats.errors import FormatError, LinesError

_PAGE = 1000  # badges a call; 10 000 would not fit into one line of the socket
_NAMED = 20  # wrong lines of a file


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
    """Replace the whole list by that of a file (R-189); one that no station exported has to be asked for."""
    from evlink.formats import badge_csv

    args, t = context.args, context.t
    name = args.file
    try:
        file = badge_csv.read_badge_file(read_file(name, t))
    except LinesError as error:
        *others, last = [t("{label}: {text}", label=name, text=label.text(t.lang)) for label in error.labels[:_NAMED]]
        for sentence in others:
            print_notice(sentence)
        more = f" ({t('and {n} more', n=len(error.labels) - _NAMED)})" if len(error.labels) > _NAMED else ""
        raise wrong(last + more) from None
    except FormatError as error:
        raise wrong(t("{label}: {text}", label=name, text=error.sentence(t.lang))) from None
    if file.seal and args.unsigned:
        raise wrong(t("{file}: a station exported this list; leave --unsigned out", file=name))
    if not file.seal and not args.unsigned:
        raise wrong(t("{file}: no station exported this list; --unsigned takes over one written by hand", file=name))
    rows = [
        {"number": badge.number, "uid": badge.uid, "type": badge.type.value, "comment": badge.comment}
        for badge in file.badges
    ]
    with station(context) as client:
        client.call("badges.replace.begin")
        for at in range(0, len(rows), _PAGE):
            client.call("badges.replace.rows", badges=rows[at : at + _PAGE])
        planned = client.call("badges.replace.commit", seal=file.seal, dry_run=True)
        if args.dry_run or args.unsigned:
            print(_plan(planned, t))
        if args.dry_run:
            return 0
        result = client.call("badges.replace.commit", seal=file.seal)
    print(t("Badges in the list now: {n}", n=result["total"]))
    return 0


def _plan(planned: Mapping[str, Any], t: Words) -> str:
    """What an import changes: a line a badge, `+` added, `~` changed, `-` removed, then how many of each."""
    marks = {"added": "+", "changed": "~", "removed": "-"}
    lines = [
        clean(f"{marks[c['change']]} {c['uid']}  {t('type:' + c['type'])}  {c['comment']}").rstrip()
        for c in planned["changes"]
    ]
    counts = {name: planned[name] for name in marks}
    if sum(counts.values()) > len(lines):
        lines.append("...")
    return "\n".join([*lines, t("{added} added, {changed} changed, {removed} removed", **counts)])


def _export(context: Context) -> int:
    """Write the whole list to a file (R-188)."""
    from evlink.formats import badge_csv

    name, t = context.args.file, context.t
    check_name(name, t)
    with station(context) as client:
        listed = badges_of(client)
    text = badge_csv.badges(map(badge_csv.badge_of, listed))
    write_file(name, text, t)
    if name != "-":
        print_notice(t("Written: {file}", file=name))
    return 0
