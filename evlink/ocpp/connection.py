"""The way to the supervision: its address, the websocket, and how long to wait before the next try."""

from __future__ import annotations

import random
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Subprotocol

from evlink.domain.text import clean
from evlink.ocpp.config import SupervisionConfig, Timing
from evlink.ocpp.frames import LARGEST_FRAME

FRAMES_IN_HAND = 16
# What each version runs over (R-116, R-117, N-39).
SCHEMES: Mapping[str, tuple[str, ...]] = {"1.6": ("ws", "wss"), "1.5": ("http", "https", "ws", "wss")}
SOAP_SCHEMES = ("http", "https")


class WrongProtocolError(Exception):
    """The other end opened the websocket without agreeing to the subprotocol (OCPP-J 1.6 section 3.3)."""


class NoAnswerError(Exception):
    """A request got no answer in time while the link was up."""


class LostError(Exception):
    """A POST came to nothing: the supervision is out of reach, or is none."""


class RenewedError(Exception):
    """What opens the supervision's door has changed: the connection is made anew, at once."""


@dataclass(frozen=True, slots=True)
class Access:
    """What opens the supervision's door: a TLS context (None: the system's roots), and who we say we are.

    `authorization` is the value of the HTTP header; with it, a user and password in the URL count no more.
    """

    context: ssl.SSLContext | None = None
    authorization: str = field(default="", repr=False)


# What ends a connection in the ordinary course of things; anything else is a fault of our own.
ORDINARY = (OSError, InvalidHandshake, ConnectionClosed, NoAnswerError, LostError, WrongProtocolError)


def problem(config: SupervisionConfig) -> str:
    """Why no link can be tried with these settings, in one sentence; empty where one can (R-116 to R-118)."""
    schemes = SCHEMES.get(config.version)
    if schemes is None:
        return f"OCPP version {clean(config.version, 20)!r}: only '1.5' and '1.6' are supported"
    needed = f"{', '.join(f'{scheme}://' for scheme in schemes[:-1])} or {schemes[-1]}://"
    shown = clean(public_url(config.url), 200)
    try:
        parts = urlsplit(config.url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return f"supervision URL {shown!r} is no URL: {needed} and a host are needed"
    if not config.url or (parts.scheme == "http" and not host):
        return "no supervision URL is set"
    if parts.scheme not in schemes:
        return f"supervision URL {shown!r}: OCPP {config.version} needs {needed}"
    if not host:
        return f"supervision URL {shown!r} names no host"
    if parts.fragment:
        return f"supervision URL {shown!r}: a fragment (#) is not allowed"
    if config.identity in ("", "UNDEFINED"):
        return "no charge box identity is set"
    return ""


def by_soap(config: SupervisionConfig) -> bool:
    """Whether the supervision is spoken to by SOAP: OCPP 1.5 over http or https (R-116)."""
    return config.version == "1.5" and urlsplit(config.url).scheme in SOAP_SCHEMES


def address(config: SupervisionConfig) -> str:
    """The URL that is connected to: supervision URL, "/", the identity percent-encoded (OCPP-J 1.6 section 3.1)."""
    return config.url.rstrip("/") + "/" + quote(config.identity, safe="")


def public_url(url: str) -> str:
    """A URL without the user and password that may stand in it, for screens and logs."""
    scheme, separator, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    return clean(scheme + separator + authority.rpartition("@")[2] + slash + path, 255)


class _Direct(connect):
    """A websocket connection that follows no redirect: the operator named the place, nobody else may."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


@asynccontextmanager
async def dial(
    config: SupervisionConfig, timing: Timing, access: Access | None = None
) -> AsyncIterator[ClientConnection]:
    """An open websocket that speaks the version's subprotocol, closed on leaving.

    No compression and at most 64 KiB a message, so that no small frame unpacks into a large one; no proxy of the
    environment. A peer that answers no ping within `ping_timeout_s` is gone (half-open sockets). Raises OSError,
    TimeoutError, InvalidHandshake or WrongProtocolError.
    """
    subprotocol = Subprotocol(f"ocpp{config.version}")
    url, options = _opening(config, access or Access())
    async with _Direct(
        url,
        subprotocols=[subprotocol],
        compression=None,
        user_agent_header="evlink",
        proxy=None,
        open_timeout=timing.open_timeout_s,
        close_timeout=timing.close_timeout_s,
        ping_interval=config.ping_interval_s or None,
        ping_timeout=timing.ping_timeout_s,
        max_size=LARGEST_FRAME,
        max_queue=FRAMES_IN_HAND,
        **options,
    ) as websocket:
        if websocket.subprotocol != subprotocol:
            raise WrongProtocolError(f"the supervision does not speak {subprotocol}")
        yield websocket


def _opening(config: SupervisionConfig, access: Access) -> tuple[str, dict[str, Any]]:
    """The URL to connect to, and what of `access` the websocket is opened with."""
    url, options = address(config), dict[str, Any]()
    if access.context is not None and urlsplit(url).scheme == "wss":
        options["ssl"] = access.context
    if access.authorization:
        scheme, separator, rest = url.partition("://")
        authority, slash, path = rest.partition("/")
        url = scheme + separator + authority.rpartition("@")[2] + slash + path
        options["additional_headers"] = {"Authorization": access.authorization}
    return url, options


class Backoff:
    """The waits between tries: doubling, with jitter, never below the first nor above the cap.

    The n-th wait is drawn between half of `first * 2^n` and all of it, so that the stations of a site don't come
    back in step (OCPP-J 1.6 section 5.3).
    """

    def __init__(self, first_s: float, cap_s: float) -> None:
        self._first_s = first_s
        self._cap_s = cap_s
        self._tries = 0
        self._random = random.SystemRandom()

    def next(self) -> float:
        """The seconds to wait before the next try."""
        self._tries = min(self._tries + 1, 40)
        high = min(self._cap_s, self._first_s * 2.0**self._tries)
        return self._random.uniform(max(min(self._first_s, high), high / 2), high)

    def reset(self) -> None:
        """Begin anew, once a connection has proved steady."""
        self._tries = 0


def cause(error: BaseException) -> BaseException:
    """The first error of a group, however deep; another error itself."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def reason(error: BaseException) -> str:
    """Why a connection ended, in one clean sentence for the screen."""
    error = cause(error)
    match error:
        case NoAnswerError() | LostError() | WrongProtocolError():
            return clean(str(error), 200)
        case InvalidStatus():
            return f"the supervision answered the handshake with HTTP {error.response.status_code}"
        case InvalidHandshake():
            return "the supervision answered no websocket handshake"
        case ConnectionClosed():
            received = error.rcvd
            if received is None:
                return "the connection to the supervision was lost"
            return clean(f"the supervision closed the connection ({received.code} {received.reason})", 200).strip()
        case TimeoutError():
            return "the supervision did not answer the handshake in time"
        case ConnectionRefusedError():
            return "the supervision refused the connection"
        case ssl.SSLCertVerificationError():
            return clean(f"the supervision's certificate is not trusted: {error.verify_message}", 200)
        case ssl.SSLError():
            why = (error.reason or error.strerror or "no reason given").lower().replace("_", " ")
            return clean(f"no TLS connection to the supervision came about: {why}", 200)
        case ConnectionResetError() | BrokenPipeError():
            return "the supervision broke off the connection"
        case socket.gaierror():
            return "the name of the supervision cannot be resolved"
        case OSError():
            return clean(f"the supervision cannot be reached: {error.strerror or error}", 200)
        case _:
            return clean(f"{type(error).__name__}: {error}", 200)
