"""The store as the station's event loop sees it: one thread for the database, another for slow password hashes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from argon2 import PasswordHasher

from evlink.domain.clock import Clock
from evlink.domain.effects import Durable, Effect
from evlink.domain.record import QueuedMessage
from evlink.storage import reset
from evlink.storage.accounts import Account, Accounts
from evlink.storage.codec import any_from_json, any_to_json
from evlink.storage.database import Applied, Database, translated
from evlink.storage.errors import Notice
from evlink.storage.opening import Opened, open_state
from evlink.storage.passwords import Passwords, hasher
from evlink.storage.sealing import Seal
from evlink.storage.state import StatePaths

T = TypeVar("T")

SEALED = "secret."  # how the keys of values begin that are sealed


class Store:
    """Everything durable of a running station. It is also the supervision's `Outbox` and `Memory`.

    `apply` returns when the effects are on the disk. Work once begun is finished in its thread, even where the task
    that waits for it is cancelled, so a cancelled `apply` may still have stored.
    """

    def __init__(self, paths: StatePaths, clock: Clock, hasher: PasswordHasher) -> None:
        self._paths = paths
        self._clock = clock
        self._hasher = hasher
        self._thread = ThreadPoolExecutor(1, "storage")
        self._slow = ThreadPoolExecutor(1, "passwords")  # one at a time: each hash takes 64 MiB
        self._filled = asyncio.Event()
        self._opened: Opened | None = None
        self._passwords: Passwords | None = None

    @classmethod
    async def open(cls, paths: StatePaths, clock: Clock, password_hasher: PasswordHasher | None = None) -> Store:
        """Open the state of `paths`, whose lock the caller holds. StorageError in one sentence where it can't be."""
        store = cls(paths, clock, password_hasher or hasher())
        try:
            await store._open()
        except BaseException:
            await store.close()
            raise
        return store

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        self._opened = await loop.run_in_executor(self._thread, open_state, self._paths, self._clock.wall, self._hasher)
        self._slow.submit(self._keeper)  # its first hash takes longer than all else here; the first login waits for it
        if await self.count():
            self._filled.set()

    def _keeper(self) -> Passwords:
        """Who checks passwords; asked for in the passwords' thread alone."""
        if self._passwords is None:
            self._passwords = Passwords(self._run_accounts, self._clock.wall, self._hasher)
        return self._passwords

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What had to be done when the state was opened."""
        return self._open_state().notices

    @property
    def secret(self) -> bytes:
        """The station's own 32 random bytes."""
        return self._open_state().secret

    def _open_state(self) -> Opened:
        if self._opened is None:
            raise RuntimeError("the store is not open")
        return self._opened

    async def run(self, work: Callable[[Database], T]) -> T:
        """Run a function on the database in its thread. StorageError where SQLite failed."""
        return await asyncio.wrap_future(self._submit(work))

    def _submit(self, work: Callable[[Database], T]) -> Future[T]:
        database = self._open_state().database

        def call() -> T:
            with translated():
                return work(database)

        return self._thread.submit(call)

    async def apply(self, effects: Iterable[Effect]) -> Applied:
        """Store the durable ones among the effects of a fold, in one transaction; immediate ones are passed over."""
        durables = tuple(effect for effect in effects if isinstance(effect, Durable))
        if not durables:
            return Applied()
        loop = asyncio.get_running_loop()
        future = self._submit(lambda database: database.apply(durables))

        def tell(done: Future[Applied]) -> None:
            if not done.cancelled() and done.exception() is None and done.result().queued:
                loop.call_soon_threadsafe(self._filled.set)

        future.add_done_callback(tell)
        return await asyncio.wrap_future(future)

    # The supervision's queue

    async def head(self) -> QueuedMessage | None:
        """The oldest message, None where the queue is empty."""
        return await self.run(lambda database: database.outbox.head())

    async def attempted(self, number: int) -> None:
        """Count a transmission that the supervision answered with a CALLERROR."""
        await self.run(lambda database: database.outbox.attempted(number))

    async def delivered(self, number: int, transaction_id: int | None = None) -> None:
        """Remove a message; for a start, keep the transaction id for its session's messages and record."""
        await self.run(lambda database: database.outbox.delivered(number, transaction_id))

    async def session_of(self, transaction_id: int) -> str | None:
        """The session that was given a transaction id."""
        return await self.run(lambda database: database.outbox.session_of(transaction_id))

    async def transaction_of(self, session: str) -> int | None:
        """The transaction id that a session was given, None before that."""
        return await self.run(lambda database: database.outbox.transaction_of(session))

    async def count(self) -> int:
        """Messages in the queue."""
        return await self.run(lambda database: database.outbox.count())

    async def wait(self) -> None:
        """Return once something was put into the queue since the last return; at once for what an earlier run left."""
        await self._filled.wait()
        self._filled.clear()

    # The supervision's memory

    async def recall(self, key: str) -> Any:
        """The value of a key, None where there is none, or it was sealed by another station."""
        value = await self.run(lambda database: database.memory.get(key))
        if not key.startswith(SEALED) or value is None:
            return value
        text = Seal(lambda: self.secret).open(key, str(value))
        return None if text is None else any_from_json(text)

    async def remember(self, key: str, value: Any) -> None:
        """Store a value, sealed under a key that begins with `secret.`; returns once it is on the disk."""
        if key.startswith(SEALED):
            value = Seal(lambda: self.secret).seal(key, any_to_json(value))
        await self.run(lambda database: database.memory.set(key, value))

    # Accounts

    async def login(self, account: str, password: str, source: str = "") -> Account:
        """The account whose password this is; see `Passwords.login` for the errors."""
        self._open_state()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._slow, lambda: self._keeper().login(account, password, source))

    async def change_password(self, actor: str, account: str, current: str, new: str, source: str = "") -> Account:
        """Change a password for the logged-in `actor`; see `Passwords.change` for who may and for the errors."""
        self._open_state()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._slow, lambda: self._keeper().change(actor, account, current, new, source)
        )

    def _run_accounts(self, work: Callable[[Accounts], T]) -> T:
        return self._submit(lambda database: work(database.accounts)).result()

    # Ends

    async def request_reset(self, kind: reset.Reset) -> None:
        """Ask for a return to factory settings, which the next start carries out."""
        await asyncio.get_running_loop().run_in_executor(self._thread, reset.request, self._paths, kind)

    async def close(self) -> None:
        """Finish what was begun, fold the log into the database and end both threads."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, self._slow.shutdown)
        if self._opened is not None:
            opened, self._opened = self._opened, None
            await loop.run_in_executor(self._thread, opened.database.close)
        await loop.run_in_executor(None, self._thread.shutdown)
