"""HTTP and HTTPS transfers: no redirect, no proxy of the environment, only addresses that were looked at."""

from __future__ import annotations

import asyncio
import base64
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from evlink.ocpp.transfer import Limits, Place, TransferError, Trouble, new_file

_BLOCK = 1 << 16
_NO_PUT = frozenset({404, 405, 501})


class _Known(AbstractResolver):
    """A resolver that knows one answer, the addresses that were allowed."""

    def __init__(self, addresses: tuple[str, ...]) -> None:
        self._addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses, whatever the name."""
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in self._addresses
        ]

    async def close(self) -> None:
        """Nothing is held."""


@asynccontextmanager
async def _session(
    place: Place, addresses: tuple[str, ...], context: ssl.SSLContext, limits: Limits
) -> AsyncIterator[aiohttp.ClientSession]:
    connector = aiohttp.TCPConnector(ssl=context, resolver=_Known(addresses), family=socket.AF_UNSPEC, limit=1)
    headers = {"User-Agent": "evlink", "Accept-Encoding": "identity"}
    if place.user:
        pair = f"{place.user}:{place.password}".encode()
        headers["Authorization"] = "Basic " + base64.b64encode(pair).decode("ascii")
    timeout = aiohttp.ClientTimeout(total=limits.seconds, sock_connect=limits.idle_s, sock_read=limits.idle_s)
    try:
        async with aiohttp.ClientSession(
            connector=connector,
            timeout=timeout,
            trust_env=False,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=headers,
            read_bufsize=_BLOCK,
            requote_redirect_url=False,
        ) as session:
            yield session
    except TimeoutError:
        raise TransferError("the server did not answer in time") from None
    except aiohttp.ClientConnectorCertificateError as error:
        why = getattr(error.certificate_error, "verify_message", "") or error.certificate_error
        raise TransferError(f"the server's certificate is not trusted: {why}") from None
    except aiohttp.ClientError as error:
        raise TransferError(f"the server cannot be reached: {error}") from None
    except OSError as error:
        raise TransferError(f"the transfer failed: {error.strerror or error}") from None


def _url(place: Place, name: str = "") -> URL:
    host = f"[{place.host}]" if ":" in place.host else place.host
    path = place.path or "/"
    path += name if path.endswith("/") else ""
    return URL(f"{place.scheme}://{host}:{place.port}{path}" + (f"?{place.query}" if place.query else ""), encoded=True)


def _judge(status: int) -> None:
    if 200 <= status < 300:
        return
    trouble = Trouble.DENIED if status in (401, 403, 407) else Trouble.FAILED
    trouble = Trouble.UNSUPPORTED if status in (405, 501) else trouble
    raise TransferError(f"the server answered with HTTP {status}", trouble)


async def upload(
    place: Place, addresses: tuple[str, ...], context: ssl.SSLContext, source: Path, name: str, limits: Limits
) -> None:
    """Send a file by PUT, and by POST as a form's field `file` where the server takes no PUT; TransferError.

    A place that ends in a slash is a directory, the name is added to it; any other is taken as it stands.
    """
    async with _session(place, addresses, context, limits) as session:
        content = await asyncio.to_thread(source.read_bytes)
        async with session.put(_url(place, name), data=content, allow_redirects=False) as answer:
            status = answer.status
        if status in _NO_PUT:
            form = aiohttp.FormData()
            form.add_field("file", content, filename=name, content_type="application/octet-stream")
            async with session.post(_url(place), data=form, allow_redirects=False) as answer:
                status = answer.status
        _judge(status)


async def download(
    place: Place, addresses: tuple[str, ...], context: ssl.SSLContext, target: Path, limits: Limits
) -> None:
    """Fetch a file by GET; TransferError, also where it is longer than the limit."""
    async with (
        _session(place, addresses, context, limits) as session,
        session.get(_url(place), allow_redirects=False) as answer,
    ):
        _judge(answer.status)
        if (answer.content_length or 0) > limits.size:
            raise TransferError("the file is longer than is allowed")
        left = limits.size
        with open(new_file(target), "wb") as file:
            async for block in answer.content.iter_chunked(_BLOCK):
                left -= len(block)
                if left < 0:
                    raise TransferError("the file is longer than is allowed")
                file.write(block)
