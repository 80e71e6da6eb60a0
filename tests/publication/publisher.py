"""Stations that write charges and publish them without end, to be killed: `python -m tests.publication.publisher`.

A line on stdin, `run|finish way port folder day`, makes one by forking, so that a death costs no start of Python. What
it says goes to stdout: `pid N`, then `told NAME` for each charge that is stored, and `end N` once it is gone.
"""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import timedelta
from pathlib import Path

import evlink.publication.ftp
import evlink.publication.http
import evlink.publication.smtp  # noqa: F401 - loaded once for all of them
from evlink.domain.effects import CloseSession
from evlink.publication.carrying import Limits
from evlink.publication.office import Office
from evlink.publication.sending import sender, trust
from evlink.storage.letterbox import StoredLetters
from evlink.storage.state import Lock, prepare
from evlink.storage.store import Store
from tests.publication.bench import Bench
from tests.unit.storage_bench import START, HandClock, quick_hasher, record


async def publish(way: str, port: int, folder: Path, day: int, endless: bool) -> None:
    """Write and publish; with an end only what is there is sent."""
    paths = prepare(folder)
    clock = HandClock(START + timedelta(days=day))
    with Lock(paths):
        store = await Store.open(paths, clock, quick_hasher())
        one = Bench(store, clock, None)
        one.set(frequency="daily")
        match way:
            case "mail":
                one.mail(port)
            case "ftp":
                one.ftp(port, passive=True)
            case _:
                one.http(port)
        one.set(extension__publication__encryption="never")
        office = Office(StoredLetters(store), clock, lambda: one.values, sender(trust, Limits(5.0, 5.0)))
        await office.step()
        for number in range(1_000_000):
            if endless:
                name = f"{way}-{day}-{number}"
                await store.apply([CloseSession(record(name, comment=name))])
                os.write(1, f"told {name}\n".encode())
            clock.forward(86_400)
            await office.step()
            if not endless and not await one.unpublished():
                break
        await store.close()


def main() -> None:
    """Fork one for each line."""
    for line in sys.stdin:
        kind, way, port, folder, day = line.split()
        child = os.fork()
        if child == 0:
            asyncio.run(publish(way, int(port), Path(folder), int(day), kind == "run"))
            os._exit(0)
        os.write(1, f"pid {child}\n".encode())
        os.waitpid(child, 0)
        os.write(1, f"end {child}\n".encode())


if __name__ == "__main__":
    main()
