"""File transfers that the supervision asks for: where to, whether that may be, and how often it is tried.

A URL that comes over OCPP is a stranger's word (S08). It may name FTP, FTPS, HTTP or HTTPS; what its host resolves to
may be no nearer to the station than the supervision itself is: loopback only from a supervision on loopback, private
addresses only from a private or a loopback one, link-local and multicast ones never. The addresses that were looked at
are the ones that are connected to, and no redirect is followed.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import os
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from pathlib import Path
from urllib.parse import unquote, urlsplit

from evlink.domain.text import clean

PROTOCOLS = "FTP,FTPS,HTTP,HTTPS"  # SupportedFileTransferProtocols (OCPP 1.6 section 9.1)
_PORTS = {"ftp": 21, "ftps": 21, "http": 80, "https": 443}
LONGEST_URL = 512
MOST_TRIES = 10
USUAL_TRIES = 3  # where the supervision leaves it to the station
LONGEST_PAUSE_S = 3600.0
USUAL_PAUSE_S = 30.0
_log = logging.getLogger(__name__)


class Trouble(StrEnum):
    """What kind of trouble ended a transfer."""

    PLACE = "place"  # the URL is none, or may not be used
    DENIED = "denied"  # the other end knows us not, or lets us not
    UNSUPPORTED = "unsupported"  # the other end can't do what is asked
    FAILED = "failed"


class TransferError(Exception):
    """Why a transfer failed, in one sentence without a password."""

    def __init__(self, sentence: str, trouble: Trouble = Trouble.FAILED) -> None:
        super().__init__(clean(sentence, 200))
        self.trouble = trouble


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file comes from or goes to; `path` and `query` are still percent-encoded."""

    scheme: str
    host: str
    port: int
    path: str
    query: str
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @property
    def shown(self) -> str:
        """The place for logs: no user, no password, no query, which may hold a token."""
        return clean(f"{self.scheme}://{self.host}:{self.port}{self.path}", 200)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a transfer may take: bytes, seconds as a whole, seconds without a byte."""

    size: int
    seconds: float
    idle_s: float = 30.0


class Reach(IntEnum):
    """How near to the station an address lies."""

    PUBLIC = 0
    PRIVATE = 1
    LOOPBACK = 2


def read_place(url: str) -> Place:
    """A URL as a place; TransferError for one that is none of ours."""
    if len(url) > LONGEST_URL or clean(url) != url or " " in url or "\\" in url:
        raise TransferError("the URL is too long or has characters that no URL has", Trouble.PLACE)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise TransferError("the URL cannot be read", Trouble.PLACE) from None
    if parts.scheme not in _PORTS:
        raise TransferError(f"{parts.scheme or 'no scheme'}: only {PROTOCOLS} are supported", Trouble.PLACE)
    if not host or "%" in host or parts.fragment or port == 0:
        raise TransferError("the URL names no host and port to connect to", Trouble.PLACE)
    path, user, password = unquote(parts.path), unquote(parts.username or ""), unquote(parts.password or "")
    if any(clean(text) != text for text in (path, user, password)):
        raise TransferError("the URL hides control characters", Trouble.PLACE)
    return Place(parts.scheme, host, port or _PORTS[parts.scheme], parts.path, parts.query, user, password)


def reach(address: str) -> Reach | None:
    """How near an IP address lies; None for one that nothing may be sent to (link-local, multicast, reserved)."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is not None:
            return reach(str(inner))
    if ip.is_loopback:
        return Reach.LOOPBACK
    if ip.is_link_local or ip.is_multicast or ip.is_unspecified or ip.is_reserved:
        return None
    return Reach.PUBLIC if ip.is_global else Reach.PRIVATE


async def _resolved(host: str, port: int) -> tuple[str, ...]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(info[4][0]).partition("%")[0] for info in found))


async def supervision_reach(url: str) -> Reach:
    """How near the supervision lies: the farthest of its addresses counts, and a name that is none is far."""
    try:
        host = urlsplit(url).hostname or ""
        near = [reach(address) for address in await _resolved(host, 0)]
    except (OSError, ValueError, UnicodeError):
        return Reach.PUBLIC
    return min((one or Reach.PUBLIC for one in near), default=Reach.PUBLIC)


async def addresses(place: Place, nearest: Reach) -> tuple[str, ...]:
    """The addresses of a place, all of them allowed; TransferError where one is not."""
    try:
        found = await _resolved(place.host, place.port)
    except (OSError, UnicodeError):
        raise TransferError(f"the name {clean(place.host, 100)} cannot be resolved") from None
    for address in found:
        near = Reach.LOOPBACK if _own(address) else reach(address)
        if near is None or near > nearest:
            raise TransferError(f"{place.host} is an address that a supervision may not name", Trouble.PLACE)
    return found


def _own(address: str) -> bool:
    """Whether an address is one of this machine's: whoever reaches it reaches our own listeners."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((address, 0))
    except OSError:
        return False
    return not ipaddress.ip_address(address).is_multicast and not ipaddress.ip_address(address).is_unspecified


@dataclass(frozen=True, slots=True)
class Tries:
    """How often a transfer is tried, and the pause between two tries in seconds."""

    most: int = USUAL_TRIES
    pause_s: float = USUAL_PAUSE_S

    @classmethod
    def asked(cls, retries: int | None, interval: int | None) -> Tries:
        """What a request says, kept within reason."""
        most = USUAL_TRIES if retries is None else max(1, min(retries, MOST_TRIES))
        pause_s = USUAL_PAUSE_S if interval is None else float(max(0, min(interval, int(LONGEST_PAUSE_S))))
        return cls(most, pause_s)


async def persist(tries: Tries, what: str, work: Callable[[], Awaitable[None]]) -> None:
    """Do a transfer until it succeeds; the last TransferError after its tries, at once where none would help."""
    for number in range(1, tries.most + 1):
        try:
            await work()
            return
        except TransferError as error:
            _log.warning("%s, try %d of %d: %s", what, number, tries.most, error)
            if number == tries.most or error.trouble is Trouble.PLACE:
                raise
        await asyncio.sleep(tries.pause_s)


def new_file(path: Path) -> int:
    """A descriptor of a file that nobody else may read, in the place of any that was there."""
    path.unlink(missing_ok=True)
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
