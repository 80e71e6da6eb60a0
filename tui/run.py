"""Connects, logs in where a token was given, and runs the app until it is left."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from evlink.client import CallError, Disconnected, NoStation
from tui.app import Terminal
from tui.clean import clean
from tui.driver import LeanDriver
from tui.ending import ending
from tui.keymap import keys_file, read_keys
from tui.profile import Profile
from tui.session import Session


def run(path: Path, lang: str, profile: Profile, token: str) -> int:
    """The exit status of one stay: 1 where the station could not be reached or the token was refused."""
    return asyncio.run(_run(path, lang, profile, token))


async def _run(path: Path, lang: str, profile: Profile, token: str) -> int:
    session = Session(path=path, lang=lang)
    try:
        await session.connect()
        if token:
            await session.login(token=token)
    except (CallError, Disconnected, NoStation) as error:
        await session.close()
        print(f"evlink: {clean(error)}", file=sys.stderr)
        return 1
    keymap, complaints = read_keys(
        keys_file(os.environ), lang, named="EVLINK_KEYS" in os.environ, old=profile.term.startswith("vt")
    )
    app = Terminal(session, profile, LeanDriver, keymap, complaints)
    if token:
        app.idle.seconds = 0.0  # who came by the demo's token has no password to come back with
    with ending(lambda: app.exit(0), profile.plain):
        try:
            status = await app.run_async(mouse=profile.mouse)
        finally:
            await session.close()
    return app.return_code or status or 0
