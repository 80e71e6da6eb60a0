"""The security profiles: what each needs, what the connection is opened with, and the way back from one that fails.

| profile | who is at the other end | who we are |
|---|---|---|
| 0 | as the URL has it | the password, where one is set |
| 1 | as the URL has it | the password |
| 2 | TLS | the password |
| 3 | TLS | the station's certificate |
"""

from __future__ import annotations

import asyncio
import base64
import logging
import re
import ssl
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from websockets.exceptions import InvalidHandshake, InvalidStatus

from evlink.ocpp.certificates import Certificates
from evlink.ocpp.config import SupervisionConfig
from evlink.ocpp.connection import Access, WrongProtocolError, cause, reason
from evlink.ocpp.link import Desk, Memory

KEY = "secret.ocpp.connected"  # what the last connection came about with; sealed, for a password is in it
TRIES = 3  # of a raised profile or a new key, before the station goes back to what connected last
REFUSED = "FailedToAuthenticateAtCentralSystem"
LEAST_KEY = 16  # bytes of an AuthorizationKey
_PROFILE, _PASSWORD = "extension.ocpp.security_profile", "extension.ocpp.basic_auth_password"
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}){16,20}")
_log = logging.getLogger(__name__)


def key_bytes(password: str) -> bytes:
    """An AuthorizationKey's bytes: 32 to 40 hexadecimal digits stand for 16 to 20 bytes, all else for itself."""
    return bytes.fromhex(password) if _HEX.fullmatch(password) else password.encode("utf-8")


class Door:
    """Opens the supervision's door as the security profile says."""

    def __init__(self, certificates: Certificates, wall: Callable[[], datetime]) -> None:
        self._certificates = certificates
        self._wall = wall

    def problem(self, config: SupervisionConfig, profile: int | None = None) -> str:
        """Why no connection can be tried with this profile, in one sentence; empty where one can."""
        profile, parts = config.security_profile if profile is None else profile, urlsplit(config.url)
        if profile >= 2 and parts.scheme not in ("wss", "https"):
            secure = "https" if parts.scheme == "http" else "wss"
            return f"security profile {profile} needs a {secure}:// supervision URL, this one is {parts.scheme}://"
        if profile in (1, 2) and not (config.password or parts.password):
            return f"security profile {profile} needs a supervision password, and none is set"
        if profile == 3:
            return self._own_problem()
        return ""

    def _own_problem(self) -> str:
        times = self._certificates.own_times()
        if times is None:
            return "security profile 3 needs a certificate of the station, and none is installed"
        begin, end = times
        if not begin <= self._wall() <= end:
            return f"security profile 3: the station's certificate is valid from {begin:%Y-%m-%d} to {end:%Y-%m-%d}"
        return ""

    async def access(self, config: SupervisionConfig) -> Access:
        """What the connection is opened with. OSError where the station's certificate can't be used."""
        return await asyncio.to_thread(self._access, config)

    def _access(self, config: SupervisionConfig) -> Access:
        context: ssl.SSLContext | None = None
        if urlsplit(config.url).scheme in ("wss", "https"):
            context = self._certificates.context(own=config.security_profile == 3)
        if config.security_profile == 3 or not config.password:
            return Access(context)
        pair = config.identity.encode("utf-8") + b":" + key_bytes(config.password)
        return Access(context, "Basic " + base64.b64encode(pair).decode("ascii"))


class WayBack:
    """Goes back to the profile, or the key, that connected last, where a new one does not (security whitepaper).

    Only what has to do with who is who counts as a try: a network that is down says nothing about either. The key
    goes back only where the supervision refused it, and only to the one that the same supervision took from the same
    station. `event` notes a security event.
    """

    def __init__(self, desk: Desk, memory: Memory, event: Callable[[str, str], Awaitable[None]]) -> None:
        self._desk = desk
        self._memory = memory
        self._event = event
        self._tries = 0
        self._noted: tuple[str, str] | None = None

    async def connected(self, config: SupervisionConfig) -> None:
        """Remember that this profile connects, with this key."""
        self._tries = 0
        self._noted = None
        good = _good(config)
        if await self._memory.recall(KEY) != good:
            await self._memory.remember(KEY, good)

    async def failed(self, config: SupervisionConfig, error: BaseException) -> None:
        """Take in that a connection did not come about; go back once the new had its tries."""
        error = cause(error)
        kind = failure_event(error)
        if kind and self._noted != (kind, reason(error)):
            self._noted = (kind, reason(error))
            await self._event(*self._noted)
        if not kind and not isinstance(error, ssl.SSLError | InvalidHandshake | WrongProtocolError | ConnectionError):
            return
        if isinstance(error, ConnectionRefusedError) or _busy(error):
            return
        self._tries += 1
        if self._tries >= TRIES and not await self.lower(config, reason(error)) and kind == REFUSED:
            await self._old_key(config, reason(error))

    async def lower(self, config: SupervisionConfig, why: str) -> bool:
        """Lower the profile to the one that connected last; False where that is not lower."""
        good = await self._memory.recall(KEY)
        profile = good["profile"] if isinstance(good, dict) else config.security_profile
        if profile >= config.security_profile:
            return False
        await self._go_back(f"security profile {config.security_profile}", f"to {profile}", why, _PROFILE, str(profile))
        return True

    async def _old_key(self, config: SupervisionConfig, why: str) -> None:
        good = await self._memory.recall(KEY)
        if isinstance(good, dict) and good != _good(config) and {**good, "key": config.password} == _good(config):
            await self._go_back("the new AuthorizationKey", "to the one before", why, _PASSWORD, good["key"])

    async def _go_back(self, from_: str, to: str, why: str, path: str, value: str) -> None:
        self._tries = 0
        _log.warning("%s does not connect, back %s: %s", from_, to, why)
        await self._desk.settings.change({path: value})
        await self._event("ReconfigurationOfSecurityParameters", f"{from_} failed, back {to}: {why}")


def _good(config: SupervisionConfig) -> dict[str, Any]:
    """What a connection came about with, as it is remembered."""
    return {
        "profile": config.security_profile,
        "url": config.url,
        "identity": config.identity,
        "key": config.password,
    }


def _busy(error: BaseException) -> bool:
    """Whether a server says that it is in trouble itself, which says nothing about who is who."""
    return isinstance(error, InvalidStatus) and error.response.status_code >= 500


def failure_event(error: BaseException) -> str:
    """The security event that a failed connection is, empty where it is none (security whitepaper)."""
    match error:
        case ssl.SSLCertVerificationError():
            return "InvalidCentralSystemCertificate"
        case ssl.SSLError() if "VERSION" in (error.reason or "") or "PROTOCOL" in (error.reason or ""):
            return "InvalidTLSVersion"
        case ssl.SSLError() if "CIPHER" in (error.reason or "") or "HANDSHAKE_FAILURE" in (error.reason or ""):
            return "InvalidTLSCipherSuite"
        case InvalidStatus() if error.response.status_code in (401, 403):
            return REFUSED
        case ssl.SSLError() if "ALERT" in (error.reason or ""):
            return REFUSED
        case _:
            return ""
