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
from urllib.parse import urlsplit

from websockets.exceptions import InvalidHandshake, InvalidStatus

from evlink.ocpp.certificates import Certificates
from evlink.ocpp.connection import Access, WrongProtocolError, cause, reason
from evlink.ocpp.link import Desk, Memory, SupervisionConfig

KEY = "ocpp.security_profile"  # the profile of the last connection that came about
TRIES = 3  # of a raised profile, before the station goes back to the one that connected last
LEAST_KEY = 16  # bytes of an AuthorizationKey
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
    """Goes back to the profile that connected last, where a higher one does not (whitepaper, section 2.2).

    Only what has to do with who is who counts as a try: a network that is down says nothing about a profile.
    `event` notes a security event.
    """

    def __init__(self, desk: Desk, memory: Memory, event: Callable[[str, str], Awaitable[None]]) -> None:
        self._desk = desk
        self._memory = memory
        self._event = event
        self._tries = 0
        self._noted: tuple[str, str] | None = None

    async def connected(self, profile: int) -> None:
        """Remember that this profile connects."""
        self._tries = 0
        self._noted = None
        if await self._memory.recall(KEY) != profile:
            await self._memory.remember(KEY, profile)

    async def failed(self, profile: int, error: BaseException) -> None:
        """Take in that a connection did not come about; lower the profile once it had its tries."""
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
        if self._tries >= TRIES:
            await self.go_back(profile, reason(error))

    async def go_back(self, profile: int, why: str) -> bool:
        """Lower the profile to the one that connected last; False where that is not lower."""
        good = await self._memory.recall(KEY)
        if not isinstance(good, int) or good >= profile:
            return False
        self._tries = 0
        _log.warning("security profile %d does not connect, back to %d: %s", profile, good, why)
        await self._desk.settings.change({"extension.ocpp.security_profile": str(good)})
        await self._event("ReconfigurationOfSecurityParameters", f"profile {profile} failed, back to {good}: {why}")
        return True


def _busy(error: BaseException) -> bool:
    """Whether a server says that it is in trouble itself, which says nothing about who is who."""
    return isinstance(error, InvalidStatus) and error.response.status_code >= 500


def failure_event(error: BaseException) -> str:
    """The security event that a failed connection is, empty where it is none (whitepaper, appendix)."""
    match error:
        case ssl.SSLCertVerificationError():
            return "InvalidCentralSystemCertificate"
        case ssl.SSLError() if "VERSION" in (error.reason or "") or "PROTOCOL" in (error.reason or ""):
            return "InvalidTLSVersion"
        case ssl.SSLError() if "CIPHER" in (error.reason or "") or "HANDSHAKE_FAILURE" in (error.reason or ""):
            return "InvalidTLSCipherSuite"
        case InvalidStatus() if error.response.status_code in (401, 403):
            return "FailedToAuthenticateAtCentralSystem"
        case ssl.SSLError() if "ALERT" in (error.reason or ""):
            return "FailedToAuthenticateAtCentralSystem"
        case _:
            return ""
