"""A process that is hostile to one listener of a station: slow, lying, or too fast.

`python -m tests.faults.hostile KIND SPEECH PLACE SECONDS [UID]`: KIND slow, lying or flood; SPEECH modbus, soap or
lines; PLACE a port of the loopback or the path of a socket; UID a local account to come as. One line of JSON at the
end: connections that were let in, turned away, answers that came.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import struct
import sys
import time
from collections import Counter

CONNECTIONS = {"slow": 200, "lying": 8, "flood": 4}
READ = struct.pack(">HHHBBHH", 1, 0, 6, 255, 3, 5000, 1)
HELLO = b'{"jsonrpc":"2.0","id":1,"method":"hello","params":{"client":"x","version":1}}\n'
POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/soap+xml\r\n"
DEEP = b"<a>" * 20_000

GOOD = {"modbus": READ, "soap": POST + b"Content-Length: 5\r\n\r\n<a/>\n", "lines": HELLO}
ANSWERS = {"modbus": b"\x03\x02", "soap": b"HTTP/1.1", "lines": b"\n"}
SLOW = {
    "modbus": struct.pack(">HHHB", 1, 0, 254, 255) + bytes(253),
    "soap": POST + b"X-Long: " + b"x" * 4000,
    "lines": b'{"jsonrpc":"2.0","id":1,"method":"' + b"x" * 4000,
}
LIES: dict[str, list[bytes]] = {
    "modbus": [
        *(struct.pack(">HHHB", 1, 0, length, 255) + bytes(300) for length in (0, 1, 2, 255, 256, 65_535)),
        struct.pack(">HHHB", 1, 1, 6, 255) + bytes(5),
        struct.pack(">HHHBBHHB", 1, 0, 7, 255, 16, 8000, 65_535, 255),
        struct.pack(">HHHBBHHB", 1, 0, 7, 255, 16, 8000, 1, 2),
        b"\xff" * 5000,
        b"GET / HTTP/1.1\r\n\r\n",
    ],
    "soap": [
        POST + b"Content-Length: 67108864\r\n\r\n" + b"x" * 200_000,
        POST + b"Content-Length: 18446744073709551617\r\n\r\nx",
        POST + b"Content-Length: -1\r\n\r\nx",
        POST + b"Content-Length: 5\r\nContent-Length: 500\r\n\r\n<a/>\n",
        POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"8000\r\n" + b"x" * 0x8000 + b"\r\n" + b"8000\r\n" * 3,
        POST + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n" + b"x" * 100_000,
        POST + b"Content-Encoding: gzip\r\nContent-Length: 20\r\n\r\n" + bytes(20),
        POST + b"X: " + b"y" * 1_000_000 + b"\r\n\r\n",
        POST + b"".join(b"X%d: y\r\n" % n for n in range(20_000)) + b"\r\n",
        POST + b"Content-Length: %d\r\n\r\n" % len(DEEP) + DEEP,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
    ],
    "lines": [
        b"x" * 3_000_000,
        b"[" * 200_000 + b"\n",
        b'{"id":' + b"9" * 5000 + b',"method":"hello"}\n',
        b'{"id":1,"method":"hello","params":{"client":1e400}}\n',
        b'{"id":1,"method":"login","params":{"user":"admin","password":"' + b"y" * 900_000 + b'"}}\n',
        b'{"id":NaN,"method":"hello"}\n',
        b"\x00\xff\xfe" * 1000 + b"\n",
        b'{"id":{"a":1},"method":["hello"]}\n',
        b"\n" * 10_000,
    ],
}


async def opened(place: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to a port or to a path."""
    if place.isdigit():
        return await asyncio.open_connection("127.0.0.1", int(place))
    return await asyncio.open_unix_connection(place)


async def slow(speech: str, place: str, until: float, went: Counter[str]) -> None:
    """One connection that sends a byte a quarter of a second and never comes to an end."""
    while time.monotonic() < until:
        try:
            reader, writer = await opened(place)
        except OSError:
            went["turned away"] += 1
            await asyncio.sleep(0.5)
            continue
        went["let in"] += 1
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            for byte in SLOW[speech]:
                writer.write(bytes([byte]))
                await writer.drain()
                with contextlib.suppress(TimeoutError):
                    if not await asyncio.wait_for(reader.read(4096), 0.25):
                        went["turned away"] += 1
                        break
                if time.monotonic() >= until:
                    break
        writer.close()
        await asyncio.sleep(0.25)


async def lying(speech: str, place: str, until: float, went: Counter[str]) -> None:
    """One connection after another, each with something that is not what it says."""
    number = 0
    while time.monotonic() < until:
        number += 1
        try:
            reader, writer = await opened(place)
        except OSError:
            went["turned away"] += 1
            await asyncio.sleep(0.05)
            continue
        went["let in"] += 1
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
            writer.write(LIES[speech][number % len(LIES[speech])])
            async with asyncio.timeout(1.0):
                await writer.drain()
                if await reader.read(4096):
                    went["answers"] += 1
                else:
                    went["turned away"] += 1
        writer.transport.abort()


async def flood(speech: str, place: str, until: float, went: Counter[str]) -> None:
    """One connection that asks as fast as it is answered, sixteen questions at a time."""
    while time.monotonic() < until:
        try:
            reader, writer = await opened(place)
        except OSError:
            await asyncio.sleep(0.05)
            continue
        went["let in"] += 1
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
            while time.monotonic() < until:
                writer.write(GOOD[speech] * 16)
                async with asyncio.timeout(5.0):
                    await writer.drain()
                    if not (answer := await reader.read(65_536)):
                        break
                    went["answers"] += max(1, answer.count(ANSWERS[speech]))
        writer.transport.abort()


async def main(kind: str, speech: str, place: str, seconds: float) -> None:
    went: Counter[str] = Counter()
    until = time.monotonic() + seconds
    work = {"slow": slow, "lying": lying, "flood": flood}[kind]
    await asyncio.gather(*(work(speech, place, until, went) for _ in range(CONNECTIONS[kind])))
    print(json.dumps(went), flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 5:
        os.setgroups([])
        os.setgid(int(sys.argv[5]))
        os.setuid(int(sys.argv[5]))
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4])))
