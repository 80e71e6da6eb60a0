"""One terminal's session with the station: the connection, who is logged in, and what was last heard."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from pathlib import Path
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

from evlink.client import AsyncClient, CallError, Disconnected
from evlink.settings.facts import Facts
from evlink.settings.model import Role, Tab
from evlink.settings.tabs import TABS
from evlink.settings.values import Values
from tui.draft import Draft

REFUSED = 1
LOGIN_REFUSED = 5
CONFLICT = 3
BAD_VALUE = 2

IDLE_LOCK_S = 900.0
"""Seconds without a key after which a terminal shows the login; what is staged waits for the same account."""

_RESTART_S = 60.0
_ZONE = "configuration.date_time.timezone"


class Fallen(Exception):  # noqa: N818  # an end, no failure
    """The station took the role away, as when the password was changed elsewhere."""


@dataclass(slots=True)
class Session:
    """The connection and what hangs on it.

    `snapshot` is the last status document, empty before the first; `owner` the account that staged what is staged.
    """

    path: Path
    lang: str
    client: AsyncClient | None = None
    station: str = ""
    firmware: str = ""
    protocol: int = 0
    account: str = ""
    owner: str = ""
    role: Role = Role.NONE
    password_due: bool = False
    facts: Facts = field(default_factory=Facts)
    draft: Draft = field(default_factory=lambda: Draft(Facts()))
    snapshot: dict[str, Any] = field(default_factory=dict)
    _restart_at: float = float("-inf")

    async def connect(self) -> None:
        """Open the connection without a role; NoStation where none answers."""
        client = await AsyncClient.connect(self.path, login=True)
        self.client = client
        hello = client.hello
        self.station = str(hello.get("station", ""))
        self.firmware = str(hello.get("firmware", ""))
        self.protocol = int(hello.get("protocol", 0))
        self.role = Role.NONE
        self._take_facts(hello.get("facts") or {})

    def _take_facts(self, document: Mapping[str, Any]) -> None:
        facts = facts_of(document)
        if facts != self.facts:
            self.facts = facts
            staged = dict(self.draft.texts)
            self.draft = Draft(facts)
            self.draft.texts.update(staged)

    async def call(self, method: str, /, **params: Any) -> Any:
        """The result of a method; CallError where the station refuses, Disconnected where it is gone."""
        if self.client is None:
            raise Disconnected("the station does not answer")
        return await self.client.call(method, **params)

    async def login(self, account: str = "", password: str = "", token: str = "") -> None:
        """Take a role by account and password, or by the demo's token; CallError 5 where refused."""
        params = {"token": token} if token else {"account": account, "password": password}
        answer = await self.call("login", **params)
        self.account = str(answer["account"])
        self.role = Role(str(answer["role"]))
        self.password_due = bool(answer.get("password_due", False))
        if not self.password_due:
            await self._confirm_address()

    async def _confirm_address(self) -> None:
        """A login over the network confirms the address it came to, one at the machine itself any (R-101)."""
        words = os.environ.get("SSH_CONNECTION", "").split()
        with suppress(CallError):  # a station of another version, or an address that isn't the new one
            await self.call("network.confirm", address=words[2] if len(words) == 4 else "")

    @property
    def stranger(self) -> bool:
        """Whether what is staged was staged by another account than the one that is logged in."""
        return bool(self.draft.texts) and self.owner not in ("", self.account)

    async def load(self) -> list[str]:
        """Fetch settings and status; staged paths that somebody else changed meanwhile."""
        self.owner = self.account
        self.snapshot = await self.call("snapshot")
        return await self.reload()

    async def reload(self) -> list[str]:
        """Fetch the settings; staged paths that somebody else changed meanwhile."""
        return self.draft.load(await self.call("settings.list"))

    async def news(self, every: float) -> AsyncIterator[dict[str, Any]]:
        """Status documents as they change, at most one every `every` seconds; ends with the connection.

        Fallen where the station ends the session before.
        """
        client = self.client
        if client is None:
            return
        await client.call("subscribe", every=every)
        async for method, params in client.notifications():
            if method == "fallen":
                self.role = Role.NONE
                raise Fallen
            if method == "snapshot":
                self.snapshot = params
                yield params

    async def restart(self, order: str, **more: str) -> None:
        """Give an order that restarts the station (`restart`, `factory_reset`, `decommission` with its word)."""
        before, self._restart_at = self._restart_at, monotonic()  # the connection may end before the answer comes
        try:
            await self.call("order", name=order, **more)
        except CallError:
            self._restart_at = before
            raise

    @property
    def restart_asked(self) -> bool:
        """Whether a connection that ends now ends because this session asked for a restart."""
        return monotonic() - self._restart_at < _RESTART_S

    def restarted(self) -> None:
        """The restart that was asked for is over."""
        self._restart_at = float("-inf")

    async def logout(self) -> None:
        """Give the role back; staged changes are dropped."""
        self.draft.clear()
        await self.part()

    async def part(self) -> None:
        """Give the role back and keep what is staged; NoStation or Disconnected where the station is gone."""
        if self.client is not None:
            await self.client.close()
        self.client = None
        self.role = Role.NONE
        self.password_due = False
        self.snapshot = {}
        await self.connect()

    async def close(self) -> None:
        """End the connection."""
        if self.client is not None:
            await self.client.close()
            self.client = None

    # Tabs

    def tabs(self) -> list[Tab]:
        """The top tabs that this account sees now (R-049 to R-054)."""
        return [tab for tab in TABS if not tab.parent and self._open(tab) and self.subtabs(tab.id)]

    def subtabs(self, tab: str) -> list[Tab]:
        """The sub-tabs of a tab that this account sees now; the tab itself where it has none."""
        children = [child for child in TABS if child.parent == tab]
        if not children:
            return [one for one in TABS if one.id == tab]
        return [child for child in children if self._open(child)]

    def _open(self, tab: Tab) -> bool:
        return bool(tab.right(self.role)) and tab.visible.holds(self.draft.values)

    def plug(self, outlet: object) -> str:
        """The last octet of the address of an outlet's board (R-214); the outlet's number where it isn't known."""
        rows = self.snapshot.get("outlets") or ()
        return next((str(row.get("plug", outlet)) for row in rows if row.get("id") == outlet), str(outlet))


def facts_of(document: Mapping[str, Any]) -> Facts:
    """Facts from the station's `hello`; what this terminal doesn't know is left out."""
    known: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in document.items()
        if name in Facts.__dataclass_fields__
    }
    return Facts(**known)


def zone_of(values: Values) -> tzinfo:
    """The station's time zone; UTC where this machine doesn't know it."""
    try:
        return ZoneInfo(str(values.get(_ZONE)) or "UTC")
    except (ValueError, OSError, KeyError):
        return UTC
