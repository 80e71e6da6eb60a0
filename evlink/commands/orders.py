"""`evlink restart` and `evlink factory-reset`: orders to the whole station."""

from __future__ import annotations

import sys

from evlink.commands.output import FAILURE, print_notice
from evlink.commands.station import Context, await_return, running


def restart(context: Context) -> int:
    """Restart the station (R-225); a charge that runs goes on under its permit."""
    with running(context) as client:
        client.call("order", name="restart")
        await_return(context, client)
    print(context.t("The station has restarted."))
    return 0


def factory_reset(context: Context) -> int:
    """Bring the factory settings back (R-226); asks first where somebody sits at the terminal."""
    t = context.t
    with running(context) as client:
        if sys.stdin.isatty() and not context.args.yes:
            # the badges alone survive.
            print(t("Everything but the badges and the software is lost: settings, history, passwords."))
            if input(t("Go on? Type yes: ")).strip().casefold() != t("yes"):
                print_notice(t("nothing was changed"))
                return FAILURE
        client.call("order", name="factory_reset")
        await_return(context, client)
    print(t("The station is back at its factory settings."))
    return 0
