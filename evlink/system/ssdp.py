"""Discovery: the station answers SSDP searches and announces itself, with its name in a UPnP description (R-108).

UPnP Device Architecture 1.1, sections 1 and 2: a basic device, read-only; no control, no events, nothing to set.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
import socket
import struct
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape

from evlink.domain.text import clean

GROUP, PORT = "239.255.255.250", 1900
MAX_AGE_S = 1800
DEVICE = "urn:schemas-upnp-org:device:Basic:1"
_SERVER = "Linux UPnP/1.1 evlink"
_LARGEST = 2048
_MOST_PER_S = 20  # answers; a search from a forged address must not make the station a loudspeaker


@dataclass(frozen=True, slots=True)
class Identity:
    """What the station says of itself: its name, model, serial number and version."""

    name: str
    model: str
    serial: str
    version: str

    @property
    def uuid(self) -> str:
        """The same for the life of a station, from its serial number."""
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"evlink:{self.serial}"))


def targets(identity: Identity) -> dict[str, str]:
    """What may be searched for, and the unique name of each (section 1.2.2)."""
    own = f"uuid:{identity.uuid}"
    return {"upnp:rootdevice": f"{own}::upnp:rootdevice", own: own, DEVICE: f"{own}::{DEVICE}"}


def search_of(datagram: bytes) -> tuple[str, int] | None:
    """The target of a search and the seconds to answer within (1 to 5); None where the datagram is none."""
    if len(datagram) > _LARGEST:
        return None
    lines = datagram.decode("ascii", "replace").split("\r\n")
    if not lines or lines[0] != "M-SEARCH * HTTP/1.1":
        return None
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if colon:
            headers.setdefault(name.strip().upper(), value.strip())
    if headers.get("MAN", "").strip('"') != "ssdp:discover" or not headers.get("ST"):
        return None
    wait = headers.get("MX", "1")
    return headers["ST"], min(5, max(1, int(wait))) if re.fullmatch(r"[0-9]{1,3}", wait) else 1


def answer(identity: Identity, target: str, location: str) -> bytes:
    """The answer to a search (section 1.3.3)."""
    return _message(
        "HTTP/1.1 200 OK",
        {
            "CACHE-CONTROL": f"max-age={MAX_AGE_S}",
            "EXT": "",
            "LOCATION": location,
            "SERVER": f"{_SERVER}/{identity.version}",
            "ST": target,
            "USN": targets(identity)[target],
        },
    )


def announcement(identity: Identity, target: str, location: str, alive: bool) -> bytes:
    """What the station says unasked when it comes and goes (section 1.2)."""
    headers = {"HOST": f"{GROUP}:{PORT}", "NT": target, "USN": targets(identity)[target]}
    if alive:
        headers |= {
            "NTS": "ssdp:alive",
            "CACHE-CONTROL": f"max-age={MAX_AGE_S}",
            "LOCATION": location,
            "SERVER": f"{_SERVER}/{identity.version}",
        }
    else:
        headers["NTS"] = "ssdp:byebye"
    return _message("NOTIFY * HTTP/1.1", headers)


def _message(first: str, headers: Mapping[str, str]) -> bytes:
    lines = [first, *(f"{name}: {clean(value, 300)}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode("ascii", "replace")


def description(identity: Identity) -> str:
    """The description that a search leads to (section 2.3)."""
    name, model = (escape(clean(text, 64)) for text in (identity.name, identity.model))
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<root xmlns="urn:schemas-upnp-org:device-1-0" configId="1">\n'
        "<specVersion><major>1</major><minor>1</minor></specVersion>\n"
        "<device>\n"
        f"<deviceType>{DEVICE}</deviceType>\n"
        f"<friendlyName>{name}</friendlyName>\n"
        "<manufacturer>evlink</manufacturer>\n"
        f"<modelName>{model}</modelName>\n"
        f"<modelNumber>{escape(clean(identity.version, 32))}</modelNumber>\n"
        f"<serialNumber>{escape(clean(identity.serial, 64))}</serialNumber>\n"
        f"<UDN>uuid:{identity.uuid}</UDN>\n"
        "</device>\n</root>\n"
    )


class Discovery:
    """The responder and the page that it leads to, on one address of the station."""

    def __init__(self, identity: Callable[[], Identity], address: str, group: str = GROUP, port: int = PORT) -> None:
        self._identity = identity
        self._address = address
        self._group = group
        self._port = port
        self._location = ""
        self._transport: asyncio.DatagramTransport | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._answered = 0
        self._second = 0

    @property
    def location(self) -> str:
        """Where the description is; "" before `run`."""
        return self._location

    async def run(self) -> None:
        """Answer and announce until cancelled, then say good-bye. OSError where the address can't be had."""
        server = await asyncio.start_server(self._page, self._address, 0, limit=4096)
        self._location = f"http://{self._address}:{server.sockets[0].getsockname()[1]}/description.xml"
        loop = asyncio.get_running_loop()
        outer = self

        class Protocol(asyncio.DatagramProtocol):
            def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
                outer._heard(data, addr)

        self._transport, _ = await loop.create_datagram_endpoint(Protocol, sock=self._socket())
        try:
            while True:
                self._announce(alive=True)
                await asyncio.sleep(MAX_AGE_S / 3)
        finally:
            self._announce(alive=False)
            for task in list(self._tasks):
                task.cancel()
            server.close()
            await asyncio.sleep(0)
            self._transport.close()

    def _socket(self) -> socket.socket:
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind((self._group, self._port))
            here = socket.inet_aton(self._address)
            made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, here)
            made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 2)
            joined = struct.pack("4s4s", socket.inet_aton(self._group), here)
            made.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, joined)
            made.setblocking(False)
        except BaseException:
            made.close()
            raise
        return made

    def _announce(self, alive: bool) -> None:
        identity = self._identity()
        for target in targets(identity):
            self._send(announcement(identity, target, self._location, alive), (self._group, self._port))

    def _send(self, datagram: bytes, to: tuple[str, int]) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(datagram, to)

    def _heard(self, data: bytes, peer: tuple[str, int]) -> None:
        search = search_of(data)
        if search is None:
            return
        wanted, within = search
        identity = self._identity()
        found = list(targets(identity)) if wanted == "ssdp:all" else [t for t in targets(identity) if t == wanted]
        second = int(asyncio.get_running_loop().time())
        if second != self._second:
            self._second, self._answered = second, 0
        self._answered += len(found)
        if not found or self._answered > _MOST_PER_S:
            return
        task = asyncio.get_running_loop().create_task(self._later(found, within, peer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _later(self, found: list[str], within: int, peer: tuple[str, int]) -> None:
        """Answer at some moment of the time given, so that many stations do not answer at once."""
        await asyncio.sleep(secrets.randbelow(1000) / 1000 * min(1.0, within / 2))
        for target in found:
            self._send(answer(self._identity(), target, self._location), peer)

    async def _page(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request: the description, or nothing."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5.0)
            line = head.split(b"\r\n", 1)[0].split(b" ")
            right = line[:2] == [b"GET", b"/description.xml"]
            body = description(self._identity()).encode() if right else b""
            status = "200 OK" if right else "404 Not Found"
            writer.write(
                f"HTTP/1.1 {status}\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
                "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n".encode()
                + body
            )
            await writer.drain()
        writer.close()
