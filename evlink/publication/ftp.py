"""Files by FTP in a thread of its own: active (the factory value) or passive, FTPS where offered (R-202).

A file is stored under a temporary name and then renamed, so that whoever looks into the folder never sees half of
one. A file that is there already, whole, is that of an earlier try whose acknowledgement was lost: it is left alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import ftplib
import io
import socket
import ssl

from evlink.publication.carrying import (
    Limits,
    Parcel,
    Receipt,
    SendError,
    Tell,
    login_wanted,
    network,
    not_admitted,
    refused,
    said,
    unencrypted,
)
from evlink.publication.places import FtpPlace, Security
from evlink.settings.label import Label

TEMPORARY = ".part"
_ACTIVE_S = 10.0  # the longest that a server takes to connect back
_NO_TLS = ("421", "431", "500", "501", "502", "503", "504", "530", "534")
_ABSENT = ("450", "451", "500", "501", "502", "504", "550", "553")


class _Session(ftplib.FTP_TLS):
    """A session whose data comes from the server's address alone, encrypted where the control connection is."""

    def __init__(self, place: FtpPlace, context: ssl.SSLContext, timeout: float) -> None:
        super().__init__(context=context, timeout=timeout, encoding="utf-8")
        self.place = place
        self.encrypted = False

    def open(self) -> None:
        """Connect; at once encrypted where the place says so."""
        self.host, self.port = self.place.host, self.place.port
        assert self.timeout is not None
        sock = socket.create_connection((self.host, self.port), self.timeout)
        self.af = sock.family
        self.sock = sock
        if self.place.implicit_tls:
            self.sock = self.context.wrap_socket(sock, server_hostname=self.host)
            self.encrypted = True
        self.file = self.sock.makefile("r", encoding=self.encoding)
        self.welcome = self.getresp()

    def encrypt(self) -> bool:
        """AUTH TLS (RFC 4217); False where the server knows none of it."""
        if not self.encrypted:
            try:
                self.auth()
            except (ftplib.error_perm, ftplib.error_temp) as error:
                if str(error)[:3] in _NO_TLS:
                    return False
                raise
        self.encrypted = True
        return True

    def protect(self) -> None:
        """Have the data encrypted too."""
        if self.encrypted:
            self.prot_p()

    def makeport(self) -> socket.socket:
        assert self.sock is not None
        own = self.sock.getsockname()[0]
        listener = socket.create_server((own, 0), family=self.af, backlog=1)
        listener.settimeout(min(_ACTIVE_S, self.timeout or _ACTIVE_S))
        port = listener.getsockname()[1]
        try:
            self.sendport(own, port) if self.af == socket.AF_INET else self.sendeprt(own, port)
        except BaseException:
            listener.close()
            raise
        return listener

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket.socket, int | None]:
        data, size = ftplib.FTP.ntransfercmd(self, cmd, rest)  # noqa: S321 - the manual names it
        assert self.sock is not None
        if data.getpeername()[0] != self.sock.getpeername()[0]:
            data.close()
            raise ftplib.error_reply("the data connection leads elsewhere than to the server")  # noqa: S321
        if isinstance(self.sock, ssl.SSLSocket):
            # Resumed from the control connection's session, which many servers ask for.
            session = self.sock.session
            data = self.context.wrap_socket(data, server_hostname=self.host, session=session)
        return data, size


class _Thread:
    """A session in a thread, and the way to end it from outside."""

    def __init__(self) -> None:
        self.stopped = False
        self.session: _Session | None = None

    def stop(self) -> None:
        self.stopped = True
        sock = self.session.sock if self.session is not None else None
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


async def send(
    parcel: Parcel, place: FtpPlace, security: Security, context: ssl.SSLContext, limits: Limits, tell: Tell
) -> Receipt:
    """Store the parcel's file in the place's folder. SendError."""
    loop = asyncio.get_running_loop()
    thread = _Thread()

    def hear(step: Label) -> None:
        loop.call_soon_threadsafe(tell, step)

    work = asyncio.create_task(asyncio.to_thread(_send, parcel, place, security, context, limits, hear, thread))
    try:
        async with asyncio.timeout(limits.all_s):
            return await asyncio.shield(work)
    except BaseException as error:
        if not work.done():
            thread.stop()
            with contextlib.suppress(Exception):
                await work
        if isinstance(error, SendError) or not isinstance(error, OSError | EOFError | ftplib.Error | UnicodeError):
            raise
        raise _why(error, place) from None


def _send(
    parcel: Parcel,
    place: FtpPlace,
    security: Security,
    context: ssl.SSLContext,
    limits: Limits,
    tell: Tell,
    thread: _Thread,
) -> Receipt:
    tell(Label(f"connecting to {place.host}:{place.port}", f"connexion à {place.host}:{place.port}"))
    session = _open(place, security, context, limits, thread)
    try:
        tell(Label("logging in", "identification"))
        _log_in(session, place)
        session.protect()
        if place.folder:
            _enter(session, place)
        session.set_pasv(place.passive)
        session.voidcmd("TYPE I")
        if not _there(session, parcel):
            tell(Label("sending", "envoi"))
            _store(session, parcel)
        with contextlib.suppress(OSError, EOFError, ftplib.Error):
            session.quit()
        return Receipt(session.encrypted)
    finally:
        session.close()


def _open(place: FtpPlace, security: Security, context: ssl.SSLContext, limits: Limits, thread: _Thread) -> _Session:
    """A session, encrypted where it can be; a server that hangs up at AUTH TLS is called once more, without."""
    for again in (False, True):
        session = _Session(place, context, limits.answer_s)
        thread.session = session
        if thread.stopped:
            raise TimeoutError
        try:
            session.open()
            if not security.allowed and not place.implicit_tls:
                return session
            try:
                encrypted = not again and session.encrypt()
                if security.required and not encrypted:
                    raise unencrypted()
                return session
            except EOFError:
                if again:
                    raise
        except BaseException:
            session.close()
            raise
        session.close()
    raise EOFError


def _log_in(session: _Session, place: FtpPlace) -> None:
    user, password = (place.login.user, place.login.password) if place.login else ("anonymous", "anonymous@")
    try:
        # FTP's own login: that of FTP_TLS would ask for AUTH TLS once more.
        ftplib.FTP.login(session, user, password)  # noqa: S321
    except ftplib.error_perm as error:
        code, _, words = str(error).partition(" ")
        if place.login is None:
            raise login_wanted(place.host, code, words) from None
        raise not_admitted(place.host, code, words, password) from None


def _enter(session: _Session, place: FtpPlace) -> None:
    """Go to the place's folder, which has to be there."""
    try:
        session.cwd(place.folder)
    except ftplib.error_perm as error:
        folder, words = said(place.folder), said(error)
        raise SendError(
            Label(
                f"the folder {folder} on {place.host} cannot be entered: {words}",
                f"le répertoire {folder} sur {place.host} est inaccessible : {words}",
            )
        ) from None


def _there(session: _Session, parcel: Parcel) -> bool:
    """Whether the whole file is in the folder already."""
    try:
        return session.size(parcel.file) == len(parcel.data)
    except ftplib.Error as error:
        if str(error)[:3] in _ABSENT:
            return False
        raise


def _store(session: _Session, parcel: Parcel) -> None:
    temporary = parcel.file + TEMPORARY
    session.storbinary(f"STOR {temporary}", io.BytesIO(parcel.data))
    try:
        session.rename(temporary, parcel.file)
    except ftplib.error_perm:
        # Half a file of that name, from a server that renames nothing onto another: the half goes.
        with contextlib.suppress(ftplib.Error):
            session.delete(parcel.file)
        session.rename(temporary, parcel.file)


def _why(error: BaseException, place: FtpPlace) -> SendError:
    if isinstance(error, ftplib.Error):
        code, _, words = str(error).partition(" ")
        secret = place.login.password if place.login else ""
        found = refused(place.host, code, words, secret)
        if code in ("425", "500", "501", "502", "522") and not place.passive:
            tip = Label(f"{found.sentence.en} (try passive mode)", f"{found.sentence.fr} (essayer le mode passif)")
            return SendError(tip)
        return found
    return network(error, place.host, place.port)
