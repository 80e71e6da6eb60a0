"""One stay at the line menus: connect, log in, the menus, and again where the station went away."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

from evlink.client import AsyncClient, CallError, Disconnected, NoStation
from evlink.settings.model import Role
from tui.clean import clean
from tui.lines import passwords, status
from tui.lines.changes import value_text
from tui.lines.charset import fold
from tui.lines.console import Back, Console, Ended, Fallen, Home, Locked, Lost, Quit
from tui.lines.ending import ending
from tui.lines.menu import LoggedOut, menus
from tui.lines.teletype import Teletype
from tui.profile import charset
from tui.saving import label_of
from tui.session import IDLE_LOCK_S, Session

_RETRY = (0.5, 1.0, 2.0, 3.0, 5.0)


def run(path: Path, lang: str, token: str, instead: bool = False) -> int:
    """The exit status of one stay: 1 where the station could not be reached or the token was refused.

    `instead` of the screens, because the terminal's type can hold none: that is said first.
    """
    letters = charset(os.environ, modern=False)
    try:
        return asyncio.run(_stay(Session(path=path, lang=lang), letters, token, instead))
    except asyncio.CancelledError:  # told to end, by a signal
        return 0
    except KeyboardInterrupt:
        return 130


async def _stay(session: Session, letters: str, token: str, instead: bool) -> int:
    try:
        await session.connect()
        if token:
            await session.login(token=token)
    except (CallError, Disconnected, NoStation) as error:
        await session.close()
        print(f"evlink: {fold(clean(error), letters)}", file=sys.stderr)
        return 1
    stay = asyncio.current_task()
    assert stay is not None
    with ending(stay.cancel):
        # Who came by the demo's token has no password to come back with.
        return await _speak(Console(session, Teletype(letters), 0.0 if token else IDLE_LOCK_S), instead)


async def _speak(console: Console, instead: bool) -> int:
    """The visit itself, with what a person at a terminal may press."""
    session, teletype = console.session, console.teletype
    if teletype.terminal:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, lambda: teletype.interrupt(console.word("lines.ctrl_c")))
        loop.add_signal_handler(signal.SIGCONT, teletype.again)
    follow(console)
    try:
        if instead:
            console.tell("lines.instead", term=clean(os.environ.get("TERM") or console.word("lines.unset")))
        await visit(console)
    except Quit:
        pass
    except Ended:
        with suppress(Ended):
            teletype.say()
    finally:
        if console.gone is not None:
            console.gone.cancel()
        await session.close()
    return 0


def follow(console: Console) -> None:
    """Watch the connection, so that its end is known while a question is open."""
    if console.gone is not None:
        console.gone.cancel()
    client = console.session.client
    console.gone = None if client is None else asyncio.ensure_future(_watch(client))


async def _watch(client: AsyncClient) -> None:
    async for method, _ in client.notifications():
        if method == "fallen":  # the role has gone, so nothing here works any more but a login
            return


async def visit(console: Console) -> None:
    """Log in and show the menus until the person leaves; Quit or Ended."""
    console.say(f"evlink, {console.word('login.title')}, {clean(console.session.station)}")
    while True:
        try:
            await _work(console)
        except LoggedOut:
            after = _relog
        except (Back, Home):  # before the menus there is nowhere to go but the same question
            continue
        except Fallen:
            after = _fall
        except Locked:
            after = _lock
        except CallError as error:
            console.tell("banner.refused", why=console.why(error))
            after = _relog
        except (Lost, Disconnected):
            client = console.session.client
            after = _fall if client is not None and client.connected else _reconnect
        try:
            await after(console)
        except (Disconnected, NoStation, CallError):
            await _reconnect(console)


async def _work(console: Console) -> None:
    """Login where it takes one, the first lines, the menus; it ends by an exception alone."""
    session = console.session
    current = await passwords.login(console) if session.role is Role.NONE else ""
    if session.password_due:
        await passwords.replace_due(console, current)
    if session.stranger and not await _drop(console):
        session.account = session.owner
        raise Locked
    moved = await session.load()
    status.summary(console, session.snapshot)
    if session.draft.texts:
        console.tell("banner.staged", n=len(session.draft.texts))
    for path in moved:
        value = value_text(console, path, session.draft.rows[path].value)
        console.tell("banner.stale", what=label_of(path, console.lang), value=value)
    console.tell("lines.hint")
    await menus(console)


async def _relog(console: Console) -> None:
    if console.gone is not None:
        console.gone.cancel()
    await console.session.logout()
    follow(console)


async def _drop(console: Console) -> bool:
    """What one account staged is nothing for another to see: whether it was dropped."""
    draft, owner = console.session.draft, clean(console.session.owner)
    try:
        dropped = await console.sure(lambda: console.word("login.stranger", n=len(draft.texts), account=owner))
    except (Back, Home):
        dropped = False
    if dropped:
        draft.clear()
    return dropped


async def _fall(console: Console) -> None:
    """The station took the role away; what is staged is kept for the login that follows."""
    await _part(console, "login.fallen")


async def _lock(console: Console) -> None:
    """Nobody was there for a while: the role goes back, what is staged stays for the account that staged it."""
    await _part(console, "login.locked")


async def _part(console: Console, why: str) -> None:
    console.tell(why)
    if console.gone is not None:
        console.gone.cancel()
    await console.session.part()
    follow(console)


async def _reconnect(console: Console) -> None:
    """Say once that the station is gone and try until it answers; a login comes next."""
    session = console.session
    asked = session.restart_asked
    await session.close()
    console.tell("banner.back_soon" if asked else "banner.lost")
    for attempt in range(1_000_000):
        try:
            await _pause(console, _RETRY[min(attempt, len(_RETRY) - 1)])
            await session.connect()
            break
        except (NoStation, Disconnected, CallError):
            continue
    session.restarted()
    follow(console)
    console.tell("login.restarted" if asked else "login.again")


async def _pause(console: Console, seconds: float) -> None:
    """Wait; who is at a terminal may leave meanwhile."""
    if not console.teletype.terminal:
        await asyncio.sleep(seconds)
        if console.teletype.ended:
            raise Ended
        return
    with suppress(TimeoutError):
        if (await console.teletype.line(seconds)).strip().lower() in ("q", ":q"):
            raise Quit
