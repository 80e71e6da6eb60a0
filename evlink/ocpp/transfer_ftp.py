"""FTP and FTPS by `ftplib` in a thread: active mode first, as the factory has it, then passive.

FTPS is the explicit kind (RFC 4217): AUTH TLS on the control connection, the data protected too, the certificate
verified against the name of the URL.
"""

from __future__ import annotations

import asyncio
import contextlib
import ftplib
import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote

from evlink.ocpp.transfer import Limits, Place, TransferError, Trouble, new_file

_ACTIVE_S = 10.0  # the longest that a server takes to connect back
_BLOCK = 1 << 16


class _Session(ftplib.FTP):
    """An FTP session with an address that was looked at before, whose data comes from that address alone."""

    def open(self, place: Place, address: str) -> None:
        """Connect to the address; the name stays the one that certificates are held against."""
        self.host = place.host
        self.sock = socket.create_connection((address, place.port), self.timeout)
        self.af = self.sock.family
        self.file = self.sock.makefile("r", encoding=self.encoding)
        self.welcome = self.getresp()
        self.login(place.user or "anonymous", place.password or "anonymous@")

    def makeport(self) -> socket.socket:
        assert self.sock is not None
        own = self.sock.getsockname()[0]
        listener = socket.create_server((own, 0), family=self.af, backlog=1)
        listener.settimeout(_ACTIVE_S)
        port = listener.getsockname()[1]
        try:
            self.sendport(own, port) if self.af == socket.AF_INET else self.sendeprt(own, port)
        except BaseException:
            listener.close()
            raise
        return listener

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket.socket, int | None]:
        data, size = ftplib.FTP.ntransfercmd(self, cmd, rest)  # noqa: S321 - OCPP names it
        assert self.sock is not None
        if data.getpeername()[0] != self.sock.getpeername()[0]:
            data.close()
            raise ftplib.error_reply("the data came from elsewhere than the server")  # noqa: S321
        return data, size


class _SecureSession(_Session, ftplib.FTP_TLS):
    """The same over TLS, the data's session resumed from the control connection's, which many servers ask for."""

    def open(self, place: Place, address: str) -> None:
        super().open(place, address)
        self.prot_p()

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket.socket, int | None]:
        data, size = _Session.ntransfercmd(self, cmd, rest)
        assert isinstance(self.sock, ssl.SSLSocket)
        return self.context.wrap_socket(data, server_hostname=self.host, session=self.sock.session), size


class _Stop:
    """The way to end a thread's session from outside."""

    def __init__(self) -> None:
        self.asked = False
        self.session: ftplib.FTP | None = None

    def now(self) -> None:
        self.asked = True
        sock = self.session.sock if self.session is not None else None
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


async def upload(place: Place, address: str, context: ssl.SSLContext, source: Path, name: str, limits: Limits) -> None:
    """Store a file under a name in the directory that the place names; TransferError."""

    def send(session: ftplib.FTP, check: Callable[[bytes], None]) -> None:
        directory = unquote(place.path).removeprefix("/").rstrip("/")
        if directory:
            session.cwd(directory)
        with source.open("rb") as file:
            session.storbinary(f"STOR {name}", file, _BLOCK, check)

    await _in_thread(place, address, context, limits, send)


async def download(place: Place, address: str, context: ssl.SSLContext, target: Path, limits: Limits) -> None:
    """Fetch a file; TransferError, also where it is longer than the limit."""

    def fetch(session: ftplib.FTP, check: Callable[[bytes], None]) -> None:
        with open(new_file(target), "wb") as file:
            session.retrbinary(f"RETR {unquote(place.path).removeprefix('/')}", _Fetch(file, limits, check), _BLOCK)

    await _in_thread(place, address, context, limits, fetch)


class _Fetch:
    """Writes blocks as they come, and no more than may come."""

    def __init__(self, file: BinaryIO, limits: Limits, check: Callable[[bytes], None]) -> None:
        self._file = file
        self._left = limits.size
        self._check = check

    def __call__(self, block: bytes) -> None:
        self._check(block)
        self._left -= len(block)
        if self._left < 0:
            raise TransferError("the file is longer than is allowed")
        self._file.write(block)


async def _in_thread(
    place: Place,
    address: str,
    context: ssl.SSLContext,
    limits: Limits,
    work: Callable[[ftplib.FTP, Callable[[bytes], None]], None],
) -> None:
    stop = _Stop()
    thread = asyncio.create_task(asyncio.to_thread(_run, place, address, context, limits, work, stop))
    try:
        await asyncio.shield(thread)
    except asyncio.CancelledError:
        stop.now()
        with contextlib.suppress(Exception):
            await thread
        raise


def _run(
    place: Place,
    address: str,
    context: ssl.SSLContext,
    limits: Limits,
    work: Callable[[ftplib.FTP, Callable[[bytes], None]], None],
    stop: _Stop,
) -> None:
    end = time.monotonic() + limits.seconds

    def check(_: bytes) -> None:
        if stop.asked:
            raise TransferError("the transfer was called off")
        if time.monotonic() > end:
            raise TransferError("the transfer took too long")

    try:
        for passive in (False, True):
            try:
                _once(place, address, context, limits, work, stop, check, passive)
                return
            except (ftplib.error_perm, ftplib.error_temp, ftplib.error_reply, EOFError, OSError) as error:
                if passive or stop.asked or not _data_connection(error):
                    raise
    except ftplib.error_perm as error:
        code = str(error)[:3]
        trouble = Trouble.DENIED if code in ("530", "532", "550", "553") else Trouble.FAILED
        trouble = Trouble.UNSUPPORTED if code in ("500", "502", "504") else trouble
        raise TransferError(f"the FTP server refused: {error}", trouble) from None
    except ssl.SSLCertVerificationError as error:
        raise TransferError(f"the FTP server's certificate is not trusted: {error.verify_message}") from None
    except (ftplib.Error, EOFError) as error:
        raise TransferError(f"the FTP server failed: {error}") from None
    except TimeoutError:
        raise TransferError("the FTP server did not answer in time") from None
    except (OSError, UnicodeError) as error:
        raise TransferError(f"the FTP server cannot be reached: {getattr(error, 'strerror', None) or error}") from None


def _data_connection(error: Exception) -> bool:
    """Whether an error may come from active mode: the data connection did not come about, or PORT is not known."""
    if isinstance(error, ftplib.error_perm):
        return str(error)[:3] in ("500", "501", "502", "522", "421")
    return isinstance(error, ftplib.error_temp | TimeoutError | EOFError | ConnectionError)


def _once(
    place: Place,
    address: str,
    context: ssl.SSLContext,
    limits: Limits,
    work: Callable[[ftplib.FTP, Callable[[bytes], None]], None],
    stop: _Stop,
    check: Callable[[bytes], None],
    passive: bool,
) -> None:
    secure = place.scheme == "ftps"
    session = _SecureSession(context=context, timeout=limits.idle_s) if secure else _Session(timeout=limits.idle_s)
    stop.session = session
    check(b"")
    try:
        session.set_pasv(passive)
        session.open(place, address)
        work(session, check)
        with contextlib.suppress(OSError, EOFError, ftplib.Error):
            session.quit()
    finally:
        session.close()
