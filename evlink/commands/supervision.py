"""`evlink supervision`: the link to the supervision, and what waits for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evlink.client import Client
from evlink.commands.output import clean, print_json, table
from evlink.commands.station import Context, running
from evlink.commands.status import said
from evlink.commands.words import Words

SHOWN = 30
_PAGE = 500
_DAY, _HOUR, _MINUTE = 86_400, 3600, 60


def supervision(context: Context) -> int:
    """Print the link's state, or with `queue` the messages that wait, the oldest first."""
    args, t = context.args, context.t
    queue = args.part == "queue"
    with running(context) as client:
        if queue:
            total, messages = _messages(client, None if args.json else SHOWN)
        else:
            link = client.call("snapshot")["station"]["supervision"]
    if args.json:
        print_json(messages if queue else link)
    elif not queue:
        print(_link(link, t))
    elif not messages:
        print(t("Nothing waits for the supervision."))
    else:
        print(_waiting(messages, t))
        if total > len(messages):
            print(t("The first {n} of {total} messages.", n=len(messages), total=total))
    return 0


def _messages(client: Client, most: int | None) -> tuple[int, list[dict[str, Any]]]:
    """How many messages wait, and the first of them (all for None)."""
    found: list[dict[str, Any]] = []
    while True:
        limit = _PAGE if most is None else min(_PAGE, most)
        page = client.call("supervision.queue", offset=len(found), limit=limit)
        found += page["messages"]
        if not page["messages"] or len(found) >= (page["total"] if most is None else min(most, page["total"])):
            return page["total"], found


def _link(link: Mapping[str, Any], t: Words) -> str:
    if not link.get("url") and not link.get("last_error"):
        return t("No supervision")
    oldest = int(link.get("queue_age_s") or 0)
    waiting = str(link["queue"]) + (f" ({t('the oldest for {age}', age=age(oldest))})" if link["queue"] else "")
    return table(
        [
            (t("State"), t("connected") if link.get("connected") else t("not connected")),
            (t("Registration"), clean(link.get("registration") or "-")),
            (t("Address"), clean(link.get("url") or "-")),
            (t("Protocol"), clean(link.get("protocol") or "-")),
            (t("Messages waiting"), waiting),
            (t("Last error"), said(link, "last_error", t) or "-"),
        ]
    )


def _waiting(messages: Sequence[Mapping[str, Any]], t: Words) -> str:
    head = (t("No."), t("Age"), t("Message"), t("Outlet"), t("Transaction"), t("Session"), t("Attempts"), t("Next try"))
    rows = [
        (
            one["number"],
            age(one["age_s"]),
            one["kind"],
            one["outlet"],
            "-" if one["transaction_id"] is None else one["transaction_id"],
            one["session"][:8],
            one["attempts"],
            "-" if not one["next_try_s"] else age(int(one["next_try_s"] + 0.5)),
        )
        for one in messages
    ]
    return table([head, *rows])


def age(seconds: int) -> str:
    """A duration in its two largest units: 3 d 4 h, 5 min 10 s, 8 s."""
    parts: list[str] = []
    for unit, length in (("d", _DAY), ("h", _HOUR), ("min", _MINUTE), ("s", 1)):
        number, seconds = divmod(seconds, length)
        if number or (unit == "s" and not parts):
            parts.append(f"{number} {unit}")
    return " ".join(parts[:2])
