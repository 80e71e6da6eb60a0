"""The socket: newline-delimited JSON-RPC 2.0 to terminals, commands and scripts (docs/protocol.md)."""

from __future__ import annotations

import asyncio
import contextlib
import grp
import logging
import os
import pwd
import socket
import stat
import struct
from pathlib import Path

import msgspec

from evlink.runtime.rpc import NOT_NOW, Failure, Methods, Session

MAX_LINE = 1 << 20
MAX_CONNECTIONS = 64
MAX_OF_ONE = 24  # of one local account that isn't trusted, so that no way in takes all connections
GROUP = "evlink"
LOGIN_GROUP = "evlink-login"
log = logging.getLogger("evlink.socket")


class SocketError(OSError):
    """Why the socket can't be opened, in one sentence."""


async def serve(path: Path, methods: Methods, sessions: set[Session], login: bool = False) -> asyncio.Server:
    """Listen at `path` (0660, group `evlink` where it exists). `sessions` holds who is there.

    With `login` nobody who connects is trusted, whoever it is, and the group is `evlink-login`: the socket for the
    accounts that SSH and the console give a technician. Returns the server. SocketError or OSError where the path
    can't be had.
    """

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = writer.get_extra_info("socket")
        uid = peer(connection)[0]
        session = Session(writer, trusted=not login and trusted(connection), source=str(uid))
        if full(sessions, session):
            session.tell(Failure(NOT_NOW, "too many connections: end one of them first").answer(None))
            session.end()
            return
        sessions.add(session)
        try:
            await talk(reader, session, methods)
        finally:
            sessions.discard(session)
            session.end()

    clear(path)
    server = await asyncio.start_unix_server(connected, path=path, limit=MAX_LINE)
    os.chmod(path, 0o660)
    with contextlib.suppress(KeyError, PermissionError):
        os.chown(path, -1, grp.getgrnam(LOGIN_GROUP if login else GROUP).gr_gid)
    return server


def full(sessions: set[Session], comer: Session) -> bool:
    """Whether there is no room for one more connection."""
    if len(sessions) >= MAX_CONNECTIONS:
        return True
    return not comer.trusted and sum(1 for s in sessions if s.source == comer.source and not s.trusted) >= MAX_OF_ONE


def clear(path: Path) -> None:
    """Make room for the socket: what a dead station left goes, anything else stays. SocketError in one sentence."""
    try:
        kind = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(kind):
        raise SocketError(f"--socket {path}: there is something else by that name")
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            path.unlink(missing_ok=True)
            return
    raise SocketError(f"--socket {path}: another station answers there")


async def talk(reader: asyncio.StreamReader, session: Session, methods: Methods) -> None:
    """Answer one connection's requests in their order until it ends."""
    while not session.ended:
        try:
            line = await reader.readline()
        except (ValueError, ConnectionError):  # a line past the limit, or the other end gone
            return
        if not line:
            return
        answer = await respond(line, session, methods)
        if answer is not None:
            await session.send(answer)


async def respond(line: bytes, session: Session, methods: Methods) -> dict[str, object] | None:
    """The answer to one line; None for a notification."""
    number: object = None
    try:
        try:
            request = msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise Failure(-32700, "this is no JSON document") from None
        if not isinstance(request, dict) or not isinstance(request.get("method"), str):
            raise Failure(-32600, "this is no JSON-RPC request: a method is missing")
        number = request.get("id")
        if number is not None and not isinstance(number, int | str):
            number = None
            raise Failure(-32600, "this is no JSON-RPC request: id must be a number or a text")
        params = request.get("params", {})
        if not isinstance(params, dict):
            raise Failure(-32602, "params must be an object")
        result = await methods.call(session, request["method"], params)
    except Failure as failure:
        return failure.answer(number)
    except Exception:
        log.exception("request failed")
        return Failure(-32603, "internal error").answer(number)
    if number is None:
        return None
    return {"jsonrpc": "2.0", "id": number, "result": result}


def peer(connection: socket.socket) -> tuple[int, int]:
    """Numbers of the local account and of its first group at the other end."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, uid, gid = struct.unpack("3i", credentials)
    return int(uid), int(gid)


def trusted(connection: socket.socket) -> bool:
    """Whether the other end is root, the station's own user, or in the group `evlink` (design: roles)."""
    uid, gid = peer(connection)
    if uid in (0, os.geteuid()):
        return True
    try:
        group = grp.getgrnam(GROUP)
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        return False
    return gid == group.gr_gid or name in group.gr_mem
