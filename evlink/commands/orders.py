"""`evlink restart`, `evlink factory-reset` and `evlink charge`: orders to the station."""

from __future__ import annotations

import sys

from evlink.commands.output import FAILURE, print_notice, wrong
from evlink.commands.station import Context, await_return, running
from evlink.commands.words import Words

WORD = "DECOMMISSION"


def restart(context: Context) -> int:
    """Restart the station (R-225); a charge that runs goes on under its permit."""
    with running(context) as client:
        client.call("order", name="restart")
        await_return(context, client)
    print(context.t("The station has restarted."))
    return 0


def charge(context: Context) -> int:
    """Pass on the authorisation of an external system, or end a charge (R-072)."""
    args = context.args
    badge = {"badge": args.badge} if args.badge is not None else {}
    with running(context) as client:
        client.call("order", name=args.what, outlet=args.outlet, **badge)
    return 0


def factory_reset(context: Context) -> int:
    """Bring the factory settings back (R-226), or with `--decommission` leave nothing that can be read (R-244)."""
    t, gone = context.t, context.args.decommission
    with running(context) as client:
        if not context.args.yes and not _confirmed(gone, t):
            print_notice(t("nothing was changed"))
            return FAILURE
        client.call("order", name="decommission", confirm=WORD) if gone else client.call("order", name="factory_reset")
        await_return(context, client)
    print(
        t("The station is decommissioned: nothing of its use is left.")
        if gone
        else t("The station is back at its factory settings.")
    )
    return 0


def _confirmed(gone: bool, t: Words) -> bool:
    """Whether who sits at the terminal wants it, R-227 as its words say; nobody there has wanted nothing."""
    if not sys.stdin.isatty():
        raise wrong(t("nobody is there to confirm: --yes confirms it"))
    if gone:
        print(t("Everything is lost, the badges and the station's own keys too; only its software is left."))
        return input(t("Go on? Type {word}: ", word=WORD)).strip() == WORD
    print(t("Everything but the badges and the software is lost: settings, history, passwords."))
    return input(t("Go on? Type yes: ")).strip().casefold() == t("yes")
