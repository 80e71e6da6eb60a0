"""The Modbus server's connections: segments, crowds, idle clients, and those that read no answers (docs/modbus.md)."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from evlink.domain.events import Configured
from evlink.domain.remote_control import RemoteRules
from evlink.modbus import handler, server
from evlink.modbus.gate import Access, networks
from tests.unit.modbus_bench import Site

ADDRESS, NO_UNIT = 2, 0x0B


@pytest.fixture
async def listening() -> AsyncIterator[tuple[Site, int]]:
    site = Site()
    port = await site.server.start("127.0.0.1", 0)
    yield site, port
    site.server.close()
    await asyncio.sleep(0)


def frame(tid: int, pdu: bytes, unit: int = 255, protocol: int = 0) -> bytes:
    return struct.pack(">HHHB", tid, protocol, len(pdu) + 1, unit) + pdu


async def response(reader: asyncio.StreamReader) -> tuple[int, int, bytes]:
    tid, protocol, length, unit = struct.unpack(">HHHB", await asyncio.wait_for(reader.readexactly(7), 5))
    assert protocol == 0
    return tid, unit, await asyncio.wait_for(reader.readexactly(length - 1), 5)


READ = struct.pack(">BHH", 3, 5000, 1)


async def test_several_requests_in_one_segment_are_each_answered(listening: tuple[Site, int]) -> None:
    """pymodbus answers the first and drops the rest (its thread 1949)."""
    _, port = listening
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    units = [255, 1, 2, 9, 255]
    writer.write(b"".join(frame(100 + n, READ, unit) for n, unit in enumerate(units)))
    for n, unit in enumerate(units):
        tid, shown, pdu = await response(reader)
        assert (tid, shown) == (100 + n, unit)
        assert pdu == (b"\x03\x02\x00\x01" if unit != 9 else bytes([0x83, NO_UNIT]))
    writer.close()


async def test_a_request_may_come_byte_by_byte(listening: tuple[Site, int]) -> None:
    _, port = listening
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for byte in frame(7, READ) + frame(8, READ):
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.001)
    assert (await response(reader))[0] == 7
    assert (await response(reader))[0] == 8
    writer.close()


async def test_a_thousand_requests_at_once_come_back_in_order(listening: tuple[Site, int]) -> None:
    """Others have their turn meanwhile: 32 requests at a time."""
    _, port = listening
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"".join(frame(n, READ) for n in range(1000)))
    assert [(await response(reader))[0] for _ in range(1000)] == list(range(1000))
    writer.close()


@pytest.mark.parametrize(
    "bytes_",
    [frame(1, READ, protocol=1), struct.pack(">HHHB", 1, 0, 0, 255) + READ, struct.pack(">HHHB", 1, 0, 1, 255) + READ,
     struct.pack(">HHHB", 1, 0, 255, 255) + READ, b"GET / HTTP/1.1\r\n\r\n"],
)  # fmt: skip
async def test_what_is_no_modbus_ends_the_connection(listening: tuple[Site, int], bytes_: bytes) -> None:
    _, port = listening
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(frame(5, READ) + bytes_)
    assert (await response(reader))[0] == 5
    assert await asyncio.wait_for(reader.read(), 5) == b""
    writer.close()


async def test_eight_clients_and_no_more(listening: tuple[Site, int]) -> None:
    site, port = listening
    pairs = [await asyncio.open_connection("127.0.0.1", port) for _ in range(server.MOST_CONNECTIONS)]
    for n, (_, writer) in enumerate(pairs):
        writer.write(frame(n, READ))
    assert [(await response(reader))[0] for reader, _ in pairs] == list(range(8))
    ninth, other = await asyncio.open_connection("127.0.0.1", port)
    other.write(frame(1, READ))
    assert await asyncio.wait_for(ninth.read(), 5) == b""
    assert "8 clients" in site.refusals[-1][1].en
    pairs[0][1].close()
    other.close()
    while site.server.clients == 8:
        await asyncio.sleep(0.01)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(frame(1, READ))
    assert (await response(reader))[0] == 1
    for _, one in [*pairs, (reader, writer)]:
        one.close()


async def test_who_is_not_allowed_is_let_go_at_once(listening: tuple[Site, int]) -> None:
    site, port = listening
    site.server.access = Access(networks("10.0.0.0/8"), ())
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(frame(1, READ))
    assert (await response(reader))[0] == 1  # the station's own machine may
    writer.close()
    connection = handler.Connection(site.server)
    connection.peer = "192.168.9.9"
    assert not site.server.opened(connection)
    assert "extension.modbus_server.allow" in site.refusals[-1][1].en


async def test_an_idle_client_is_let_go(listening: tuple[Site, int]) -> None:
    """60 s without a request; bytes that make none do not count."""
    site, port = listening
    site.server.idle_s = 0.3
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    began = asyncio.get_running_loop().time()
    for _ in range(3):
        await asyncio.sleep(0.15)
        writer.write(frame(1, READ))
        await response(reader)
    writer.write(b"\0")
    with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
        await response(reader)
    assert asyncio.get_running_loop().time() - began > 0.7
    writer.close()
    assert server.IDLE_S == 60


async def test_a_client_that_reads_no_answers_takes_no_memory(listening: tuple[Site, int]) -> None:
    """Answers that nobody takes stop the requests; another client is served meanwhile."""
    site, port = listening
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.connect(("127.0.0.1", port))
    raw.setblocking(False)
    burst = frame(1, struct.pack(">BHH", 3, 350, 22)) * 500
    sent = 0
    for _ in range(3000):
        try:
            sent += raw.send(burst)
        except BlockingIOError:
            await asyncio.sleep(0)
    assert sent < 20_000_000  # it was not taken without end
    (stuck,) = site.server._connections
    assert len(stuck._received) < 1_000_000
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(frame(9, READ))
    assert (await response(reader))[0] == 9
    writer.close()
    raw.close()


async def test_settings_turn_writing_off_at_once(listening: tuple[Site, int]) -> None:
    site, _ = listening
    assert site.write(301, 10) == 0
    site.bench.post(Configured(site.bench.moment(), replace(site.bench.state.config, remote=RemoteRules())))
    site.refresh()
    assert site.write(301, 12) == ADDRESS
    assert site.one(301) == 32
