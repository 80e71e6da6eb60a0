"""Real servers for publication: mail, FTP and web, each of which keeps what it received and can misbehave."""

from __future__ import annotations

import asyncio
import base64
import email
import email.policy
import ssl
import threading
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiohttp import web
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from tests.ocpp_central import authority

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # it stands on asyncore, which Python 3.11 deprecates
    from pyftpdlib.authorizers import DummyAuthorizer  # type: ignore[import-untyped]
    from pyftpdlib.handlers import FTPHandler, TLS_FTPHandler  # type: ignore[import-untyped]
    from pyftpdlib.ioloop import IOLoop  # type: ignore[import-untyped]
    from pyftpdlib.servers import FTPServer  # type: ignore[import-untyped]

USER, WORD = "station", "geheim; %41 né"  # a password that every encoding on the way could spoil
FTP_WORD = "geheim; %41"
HOST = "127.0.0.1"


@dataclass(frozen=True)
class Certificates:
    """A server's certificate for 127.0.0.1, the context that serves with it, and one that trusts it."""

    pem: Path
    serving: ssl.SSLContext
    trusting: ssl.SSLContext


def certificates(folder: Path) -> Certificates:
    """Certificates made on the spot."""
    root = authority.root()
    server = authority.issue(root, HOST, (HOST,))
    pem = authority.serve_from(folder, server) / "server.pem"
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(pem)
    return Certificates(pem, serving, ssl.create_default_context(cadata=root.pem))


@dataclass
class Mails:
    """What a mail server received, and how it behaves: an answer instead of 250, a hang, or no answer at all."""

    received: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    envelopes: list[tuple[str, list[str]]] = field(default_factory=list)
    logins: list[tuple[str, str, str]] = field(default_factory=list)
    answer: str = ""
    hang: bool = False
    drop: bool = False
    refused: set[str] = field(default_factory=set)
    port: int = 0

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if address in self.refused:
            return f"550 5.1.1 no mailbox {address}"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.hang:
            await asyncio.sleep(3600)
        if self.answer:
            return self.answer
        self.raw.append(envelope.original_content)
        self.envelopes.append((envelope.mail_from, list(envelope.rcpt_tos)))
        message = email.message_from_bytes(envelope.original_content, policy=email.policy.SMTP)
        assert isinstance(message, EmailMessage)
        self.received.append(message)
        if self.drop:
            server.transport.abort()
        return "250 OK"

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        told = (mechanism, data.login.decode(), data.password.decode())
        self.logins.append(told)
        return AuthResult(success=told[1:] == (USER, WORD), handled=False)


@asynccontextmanager
async def mail_server(tls: Certificates | None = None, implicit: bool = False, auth: str = "") -> AsyncIterator[Mails]:
    """A mail server: with certificates it offers STARTTLS, or speaks TLS at once; with `auth` it asks for a login."""
    box = Mails()
    exclude = [one for one in ("LOGIN", "PLAIN") if auth and one != auth]

    def session() -> SMTP:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of passwords in the clear, which is the point here
            return SMTP(
                box,
                hostname="mail.test",
                enable_SMTPUTF8=True,
                tls_context=tls.serving if tls and not implicit else None,
                authenticator=box.authenticate,
                auth_required=bool(auth),
                auth_require_tls=tls is not None and not implicit,
                auth_exclude_mechanism=exclude or (["LOGIN", "PLAIN"] if not auth else None),
            )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(session, HOST, 0, ssl=tls.serving if tls and implicit else None)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()


@dataclass
class Forms:
    """What a web receiver got, and how it behaves."""

    received: list[tuple[str, str, bytes]] = field(default_factory=list)  # field, file name, content
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    status: int = 200
    hang: bool = False
    drop: bool = False
    login: tuple[str, str] | None = None
    port: int = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if self.login is not None:
            given = request.headers.get("Authorization", "")
            if given != "Basic " + base64.b64encode(":".join(self.login).encode()).decode():
                return web.Response(status=401)
        if self.hang:
            await asyncio.sleep(3600)
        if self.status >= 300:
            return web.Response(status=self.status, text="not today")
        self.paths.append(request.path_qs)
        self.headers.append(dict(request.headers))
        reader = await request.multipart()
        while (part := await reader.next()) is not None:
            assert not isinstance(part, type(reader))
            self.received.append((str(part.name), str(part.filename), bytes(await part.read())))  # type: ignore[union-attr]
        if self.drop and request.transport is not None:
            request.transport.abort()
        return web.Response(text="ok")


@asynccontextmanager
async def web_server(tls: Certificates | None = None, port: int = 0) -> AsyncIterator[Forms]:
    """A web receiver."""
    forms = Forms()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", forms.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, HOST, port, ssl_context=tls.serving if tls else None)
    await site.start()
    forms.port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
    try:
        yield forms
    finally:
        await runner.cleanup()


@dataclass
class Folder:
    """An FTP server's folder, the commands it was given, and how it behaves."""

    root: Path
    port: int = 0
    commands: list[str] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)  # what is answered to a command
    hang: str = ""
    drop: str = ""  # a command that is carried out and not answered

    def files(self) -> dict[str, bytes]:
        """Every file below the folder."""
        return {str(p.relative_to(self.root)): p.read_bytes() for p in sorted(self.root.rglob("*")) if p.is_file()}


@contextmanager
def ftp_server(
    root: Path, tls: Certificates | None = None, passive_only: bool = False, tls_only: bool = False
) -> Iterator[Folder]:
    """An FTP server of one account in a thread; with certificates it offers AUTH TLS."""
    folder = Folder(root)
    root.mkdir(exist_ok=True)
    authorizer = DummyAuthorizer()
    authorizer.add_user(USER, FTP_WORD, str(root), perm="elradfmw")

    class Handler(TLS_FTPHandler if tls else FTPHandler):  # type: ignore[misc]
        """A session that notes its commands and misbehaves as told."""

        def pre_process_command(self, line: str, cmd: str, arg: str) -> None:
            folder.commands.append(line)
            if cmd == folder.hang:
                return
            if cmd in folder.refuse:
                self.respond(folder.refuse[cmd])
                return
            super().pre_process_command(line, cmd, arg)

        def respond(self, resp: str, logfun: Any = None) -> None:
            if folder.drop and folder.commands and folder.commands[-1].startswith(folder.drop):
                self.close()
                return
            super().respond(resp)

    Handler.authorizer = authorizer
    Handler.auth_failed_timeout = 0
    Handler.banner = "ready"
    if tls:
        Handler.certfile = str(tls.pem)
        Handler.tls_control_required = tls_only
        Handler.tls_data_required = tls_only
    if passive_only:
        Handler.proto_cmds = {n: w for n, w in Handler.proto_cmds.items() if n not in ("PORT", "EPRT")}
    loop = IOLoop()
    server = FTPServer((HOST, 0), Handler, ioloop=loop)
    folder.port = server.socket.getsockname()[1]
    ended = threading.Event()

    def serve() -> None:
        while not ended.is_set():
            loop.loop(timeout=0.02, blocking=False)
        server.close_all()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield folder
    finally:
        ended.set()
        thread.join()
