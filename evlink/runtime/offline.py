"""The files of a station that does not run, spoken to by one command over its own input and output.

The same methods as the socket's, as far as files can answer them; the state directory is locked meanwhile, so no
station starts under a change.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from evlink import __version__
from evlink.runtime import doctor, opening
from evlink.runtime.audit import Audit
from evlink.runtime.clock import StationClock
from evlink.runtime.facts import document as facts_document
from evlink.runtime.methods import accounts, audit, books, replacing, settings
from evlink.runtime.methods.station import SIMULATED
from evlink.runtime.opening import Opened, StartError
from evlink.runtime.rpc import Methods, Session
from evlink.runtime.server import MAX_LINE, talk
from evlink.runtime.settings_desk import SettingsDesk

RUNNING_ONLY = frozenset(
    {
        "snapshot",
        "subscribe",
        "order",
        "pilot",
        "report",
        "logs",
        "clock.set",
        "network.status",
        "network.confirm",
        *(f"update.{action}" for action in ("begin", "piece", "commit", "status", "install", "cancel")),
        "badges.capture",
        "meters",
        "meters.probe",
        "publication.status",
        "publication.test",
        *(f"sim.{action}" for action in SIMULATED),
    }
)


async def serve(opened: Opened) -> None:
    """Answer requests on standard input until it ends."""
    store = await opening.open_store(opened, StationClock())
    try:
        desk = SettingsDesk(opened.values, opened.settings_file, lambda values: None)
        sessions: set[Session] = set()

        def greeting() -> dict[str, object]:
            name = opened.values.get("configuration.general.station_name")
            facts = facts_document(opened.values.facts)
            return {"station": name, "firmware": __version__, "facts": facts, "running": False}

        methods = Methods(
            {
                **accounts.table(store, accounts.Token(""), sessions, greeting),
                **settings.table(desk),
                **books.table(store),
                **replacing.table(store),
                **audit.table(store),
                **doctor.offline_table(opened.paths, lambda: store.run(doctor.factory_passwords)),
            },
            RUNNING_ONLY,
            Audit(lambda entry: store.run(lambda db: db.journal.add(entry)), StationClock().wall),
        )
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=MAX_LINE)
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin.buffer)
        transport, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, sys.stdout.buffer)
        writer = asyncio.StreamWriter(transport, protocol, None, loop)
        session = Session(writer, trusted=True)
        await talk(reader, session, methods)
        session.end()
    finally:
        await store.close()


def main(given: Sequence[str] | None = None) -> int:
    """Serve a state directory's files; 1 where they can't be opened, in one sentence on stderr."""
    parser = argparse.ArgumentParser(prog="evlink")
    parser.add_argument("--state", type=Path, required=True)
    args = parser.parse_args(given)
    logging.basicConfig(level=logging.ERROR)
    try:
        opened = opening.open_files(args.state)
    except StartError as error:
        print(f"evlink: {error}", file=sys.stderr)
        return error.code
    try:
        asyncio.run(serve(opened))
    except StartError as error:
        print(f"evlink: {error}", file=sys.stderr)
        return error.code
    finally:
        opened.lock.release()
    return 0


if __name__ == "__main__":
    sys.exit(main())
