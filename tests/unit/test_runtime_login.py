"""Who gets in: the two sockets, what wrong passwords cost whom, and what ends with a password."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import stat
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from evlink.client import AsyncClient, CallError, Disconnected
from evlink.runtime.methods import accounts
from evlink.runtime.rpc import Guesses, Methods, Session
from evlink.runtime.server import MAX_CONNECTIONS, MAX_OF_ONE, serve
from evlink.storage.accounts import wait_after
from evlink.storage.state import prepare
from evlink.storage.store import Store
from tests.unit.storage_bench import HandClock, quick_hasher

GOOD = "Correct-Horse-9!"
NEW = "Abcdefgh123!"
NOBODY = 65534
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can come as somebody else")


@dataclass
class Porch:
    """Both sockets of a station with real accounts, both with a password of their own."""

    folder: Path
    clock: HandClock
    sessions: set[Session]
    opened: list[AsyncClient]

    async def come(self, name: str = "login", uid: int | None = None) -> AsyncClient:
        """A connection to a socket, of another local account where `uid` is given."""
        with socket.socket(socket.AF_UNIX) as comer:
            if uid is not None:
                os.seteuid(uid)
            try:
                comer.connect(str(self.folder / name))
            finally:
                if uid is not None:
                    os.seteuid(0)
            reader, writer = await asyncio.open_unix_connection(sock=comer.dup())
        client = AsyncClient(reader, writer)
        self.opened.append(client)
        return client


@pytest.fixture
async def porch(tmp_path: Path) -> AsyncIterator[Porch]:
    clock = HandClock()
    store = await Store.open(prepare(tmp_path / "state"), clock, quick_hasher())
    for account, factory in (("admin", "ADMIN"), ("utilisateur", "UTILISATEUR")):
        await store.change_password(account, account, factory, GOOD)
    sessions: set[Session] = set()
    methods = Methods(accounts.table(store, accounts.Token("token"), sessions, dict))
    folder = Path(tempfile.mkdtemp(prefix="evlink-", dir="/tmp"))
    folder.chmod(0o755)
    servers = [
        await serve(folder / "evlink", methods, sessions),
        await serve(folder / "login", methods, sessions, True),
    ]
    modes = [stat.S_IMODE((folder / name).stat().st_mode) for name in ("evlink", "login")]
    assert modes == [0o660, 0o660]
    (folder / "login").chmod(0o666)  # the test's somebody else is in no group of the station
    made = Porch(folder, clock, sessions, [])
    try:
        yield made
    finally:
        for client in made.opened:
            await client.close()
        for server in servers:
            server.close()
        await store.close()
        shutil.rmtree(folder)


async def role(client: AsyncClient) -> str:
    return str((await client.call("hello"))["role"])


async def wrong(client: AsyncClient, account: str = "admin", password: str = "wrong") -> tuple[str, int]:
    """The refusal of a login and its wait."""
    with pytest.raises(CallError) as refused:
        await client.call("login", account=account, password=password)
    assert refused.value.reason == "login"
    return refused.value.message, int(refused.value.data["wait_s"])


async def test_on_the_login_socket_nobody_is_trusted(porch: Porch) -> None:
    """Design, roles: the station's own user is Admin on its socket, and has to log in on the other one."""
    assert await role(await porch.come("evlink")) == "admin"
    client = await porch.come()
    assert await role(client) == "none"
    with pytest.raises(CallError, match="log in first"):
        await client.call("accounts.list")
    await client.call("login", account="utilisateur", password=GOOD)
    assert await role(client) == "user"


@needs_root
async def test_guessing_by_one_way_leaves_the_others_alone(porch: Porch) -> None:
    """S13: three wrong ones over SSH make SSH wait, on every new connection, and neither the console nor root."""
    waits = [(await wrong(await porch.come(uid=NOBODY)))[1] for _ in range(3)]
    assert waits == [0, 0, 1]
    message, wait = await wrong(await porch.come(uid=NOBODY), password=GOOD)
    assert (message, wait) == ("too many wrong passwords: wait 1 s", 1)
    assert (await (await porch.come(uid=NOBODY - 1)).call("login", account="admin", password=GOOD))["role"] == "admin"
    assert (await (await porch.come()).call("login", account="admin", password=GOOD))["role"] == "admin"
    _, wait = await wrong(await porch.come(uid=NOBODY), password=GOOD)
    assert wait == 1, "the owner's login does not forgive the guesses of another way"
    porch.clock.forward(1)
    assert (await (await porch.come(uid=NOBODY)).call("login", account="admin", password=GOOD))["role"] == "admin"


@needs_root
async def test_a_new_password_forgets_all_guesses_at_the_old_one(porch: Porch) -> None:
    for _ in range(5):
        with contextlib.suppress(CallError):
            await (await porch.come(uid=NOBODY)).call("login", account="admin", password="wrong")
    owner = await porch.come()
    await owner.call("login", account="admin", password=GOOD)
    await owner.call("password.change", account="admin", current=GOOD, new=NEW)
    assert (await (await porch.come(uid=NOBODY)).call("login", account="admin", password=NEW))["role"] == "admin"


async def test_a_connection_waits_whatever_accounts_it_tries(porch: Porch) -> None:
    """A wrong password for each account and for none are three; then this connection waits, and no other."""
    client = await porch.come()
    waits = [(await wrong(client, name))[1] for name in ("admin", "utilisateur", "somebody")]
    assert waits == [0, 0, 1]
    assert await wrong(client, "admin", GOOD) == ("too many wrong passwords: wait 1 s", 1)
    assert (await (await porch.come()).call("login", account="admin", password=GOOD))["role"] == "admin"
    await asyncio.sleep(1.05)
    assert (await client.call("login", account="admin", password=GOOD))["role"] == "admin"


async def test_tokens_are_guessed_no_faster(porch: Porch) -> None:
    client = await porch.come()
    for _ in range(3):
        with pytest.raises(CallError):
            await client.call("login", token="x")
    with pytest.raises(CallError, match="too many wrong passwords"):
        await client.call("login", token="token")


def test_what_a_connection_waits() -> None:
    """1 s, 2 s, then a quarter of an hour; a right password begins anew."""
    guesses = Guesses()
    assert guesses.wait_s(0.0) == 0
    assert [guesses.wrong(10.0, wait_after) for _ in range(5)] == [0, 0, 1, 2, 900]
    assert (guesses.wait_s(10.0), guesses.wait_s(909.5), guesses.wait_s(910.0)) == (900, 1, 0)
    guesses.right()
    assert guesses.wrong(20.0, wait_after) == 0


@needs_root
async def test_one_way_in_cannot_take_all_connections(porch: Porch) -> None:
    """24 of one account that isn't trusted; the next is told so, and others come in as before."""
    assert 2 * MAX_OF_ONE < MAX_CONNECTIONS
    for _ in range(MAX_OF_ONE):
        assert await role(await porch.come(uid=NOBODY)) == "none"
    with pytest.raises(Disconnected, match=r"too many connections|closed the connection"):
        await role(await porch.come(uid=NOBODY))
    assert await role(await porch.come(uid=NOBODY - 1)) == "none"
    assert await role(await porch.come("evlink")) == "admin"
    await porch.opened[0].close()
    await asyncio.sleep(0.05)
    assert await role(await porch.come(uid=NOBODY)) == "none"


async def _heard(client: AsyncClient) -> tuple[str, dict[str, Any]]:
    async for note in client.notifications():
        return note
    raise AssertionError("the connection ended")


async def test_a_new_password_ends_the_other_sessions_of_its_account(porch: Porch) -> None:
    """S14: within the answer, and each is told; the session that changed it and other accounts go on."""
    mine, stolen, other = [await porch.come() for _ in range(3)]
    await mine.call("login", account="admin", password=GOOD)
    await stolen.call("login", account="admin", password=GOOD)
    await other.call("login", account="utilisateur", password=GOOD)
    await mine.call("password.change", account="admin", current=GOOD, new=NEW)
    assert await asyncio.wait_for(_heard(stolen), 1) == ("fallen", {"reason": "password_changed"})
    assert [await role(one) for one in (mine, stolen, other)] == ["admin", "none", "user"]
    with pytest.raises(CallError, match="log in first"):
        await stolen.call("accounts.list")
    with pytest.raises(CallError, match="wrong account or password"):
        await stolen.call("login", account="admin", password=GOOD)
    await mine.call("password.change", account="utilisateur", current=NEW, new=NEW)
    assert await role(other) == "none", "Admin's change of the other password ends that one's sessions (R-034)"
