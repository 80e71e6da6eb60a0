"""Places that files come from and go to: an FTP server in its own process, an HTTP server in ours."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import socket
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

USER, WORD = "station", "pass-Wörd"


@asynccontextmanager
async def ftp_server(folder: Path, *, tls: Path | None = None, active: bool = True) -> AsyncIterator[int]:
    """A pyftpdlib server with one account and a folder; gives its port. Without `active` it knows no PORT."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--folder", str(folder), "--port", str(port)]
    options += [] if active else ["--passive-only"]
    options += ["--certificate", str(tls / "server.pem")] if tls is not None else []
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "ignore", "-m", "tests.ocpp_central.ftp", *options,
        cwd=Path(__file__).parents[2], stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert await asyncio.wait_for(process.stdout.readline(), 20) == b"listening\n"
        yield port
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@dataclass
class Shelf:
    """An HTTP server's files, and what it was asked."""

    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    answers: dict[str, list[int]] = field(default_factory=dict)  # statuses a method's next requests get
    elsewhere: str = ""
    wanted: str = ""  # the Authorization header that is wanted
    slow_s: float = 0.0
    port: int = 0

    def _refusal(self, request: web.Request) -> web.Response | None:
        self.asked.append((request.method, str(request.rel_url)))
        if self.wanted and request.headers.get("Authorization") != self.wanted:
            return web.Response(status=401)
        if self.answers.get(request.method):
            status = self.answers[request.method].pop(0)
            if status:
                headers = {"Location": self.elsewhere} if status in (301, 302, 307) else {}
                return web.Response(status=status, headers=headers)
        return None

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        path = request.path
        match request.method:
            case "PUT":
                self.files[path] = await request.read()
                return web.Response(status=201)
            case "POST":
                form = await request.post()
                part = form["file"]
                assert isinstance(part, web.FileField)
                self.files[path + "#" + part.filename] = part.file.read()
                return web.Response()
            case _ if path in self.files:
                response = web.StreamResponse()
                response.enable_chunked_encoding()
                await response.prepare(request)
                content = self.files[path]
                for at in range(0, len(content), 65536):
                    await response.write(content[at : at + 65536])
                    await asyncio.sleep(self.slow_s)
                await response.write_eof()
                return response
            case _:
                return web.Response(status=404)


def authorization() -> str:
    """The header that our account gives."""
    return "Basic " + base64.b64encode(f"{USER}:{WORD}".encode()).decode()


@asynccontextmanager
async def http_server(tls: Path | None = None) -> AsyncIterator[Shelf]:
    """An HTTP or HTTPS server on loopback."""
    shelf = Shelf()
    app = web.Application(client_max_size=1 << 26)
    app.router.add_route("*", "/{path:.*}", shelf.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    context: ssl.SSLContext | None = None
    if tls is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(tls / "server.pem")
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    shelf.port = runner.addresses[0][1]
    try:
        yield shelf
    finally:
        await runner.cleanup()
