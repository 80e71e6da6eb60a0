"""`evlink settings`, `get` and `set`: the values of the station."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from evlink.client import Client
from evlink.commands.output import clean, print_json, print_notice, table, wrong
from evlink.commands.station import Context, await_return, station
from evlink.commands.stored import allowed_now, values_of
from evlink.commands.words import Words
from evlink.settings.model import Apply, Setting
from evlink.settings.registry import find


def settings(context: Context) -> int:
    """List every setting with its value, its right and its range."""
    with station(context) as client:
        listed = client.call("settings.list")["settings"]
        values = values_of(client, listed)
    if context.args.json:
        english = Words("en")
        print_json([{**entry, "allowed": allowed_now(entry["key"], values, english)} for entry in listed])
        return 0
    t = context.t
    rows = [(t("Key"), t("Value"), t("Right"), "", t("Allowed"))]
    for entry in listed:
        allowed = allowed_now(entry["key"], values, t)
        rows.append((entry["key"], shown(entry["value"], t), entry["right"], _marks(entry, t), allowed))
    print(table(rows))
    return 0


def get(context: Context) -> int:
    """Print values as KEY=VALUE, in the form that `set` takes."""
    with station(context) as client:
        values = client.call("settings.get", keys=context.args.keys)["values"]
    if context.args.json:
        print_json(values)
    else:
        for key, value in values.items():
            print(f"{clean(key)}={plain(value)}")
    return 0


def change(context: Context) -> int:
    """Change settings, all of them or none."""
    changes: dict[str, str] = {}
    for pair in context.args.pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            raise wrong(context.t("{pair}: not of the form KEY=VALUE", pair=clean(pair)))
        if key.strip() in changes:
            raise wrong(context.t("{key}: given more than once", key=clean(key.strip())))
        changes[key.strip()] = value
    with station(context) as client:
        return apply(context, client, changes)


def apply(
    context: Context,
    client: Client,
    changes: Mapping[str, Any],
    notices: Sequence[str] | None = None,
    dry_run: bool = False,
    imported: bool = False,
) -> int:
    """Apply changes and print them, with what needs a restart; restart where that was asked for.

    `notices` take the place of the station's, where the caller has them already in the operator's language.
    """
    args, t = context.args, context.t
    more = {name: True for name, wanted in (("dry_run", dry_run), ("imported", imported)) if wanted}
    result = client.call("settings.apply", changes=changes, **more)
    if notices is not None:
        result["notices"] = list(notices)
    if args.json:
        print_json({**result, "restarted": _restart(context, client, dry_run, bool(result["restart"]))})
        return 0
    told = result["notices"]
    if notices is None and t.lang == "fr":
        told = result.get("notices_fr", told)
    for notice in told:
        print_notice(t("warning: {text}", text=notice))
    for entry in result["changed"]:
        print(f"{clean(entry['key'])}: {shown(entry['old'], t)} -> {shown(entry['new'], t)}")
    if not result["changed"]:
        print(t("Nothing changes."))
    elif dry_run:
        print(t("Nothing was changed: this was a dry run."))
    sys.stdout.flush()  # what is saved is told before the wait for the station
    if _restart(context, client, dry_run, bool(result["restart"])):
        print(t("The station has restarted."))
    elif result["restart"] and not dry_run:
        print(t("Saved; takes effect after a restart: {keys}", keys=", ".join(map(clean, result["restart"]))))
    return 0


def _restart(context: Context, client: Client, dry_run: bool, needed: bool) -> bool:
    """Restart a running station, where that was asked for and these changes, or some before them, wait for it."""
    if dry_run or not context.args.restart or not client.hello.get("running", True):
        return False
    if not needed and not client.call("snapshot")["station"].get("restart_needed"):
        return False
    client.call("order", name="restart")
    await_return(context, client)
    return True


def plain(value: object) -> str:
    """A value in the form that `set` takes; nothing for what is not set."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else clean(value)


def shown(value: object, t: Words) -> str:
    """A value for the eye: what is empty is said, and a secret only that it is set."""
    return t("not set") if value is None or value == "" else plain(value)


def _setting(key: str) -> Setting | None:
    found = find(key)
    return found.setting if found else None


def _marks(entry: Mapping[str, Any], t: Words) -> str:
    setting = _setting(entry["key"])
    marks = (
        (bool(entry.get("carried")), "carried"),
        (entry.get("visible") is False, "hidden"),
        (setting is not None and setting.apply is Apply.RESTART, "restart"),
    )
    return ", ".join(t(f"mark:{word}") for present, word in marks if present)
