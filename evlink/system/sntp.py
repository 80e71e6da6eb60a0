"""One question to a time server: whether it answers, and how far off our clock is (RFC 4330)."""

from __future__ import annotations

import asyncio
import secrets
import struct
from collections.abc import Callable

PORT = 123
TIMEOUT_S = 4.0
_PACKET = struct.Struct(">BBBb11I")
_SINCE_1900 = 2_208_988_800
_CLIENT = 0x23  # no leap warning, version 4, mode 3


class _Answer(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.came: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, addr: object) -> None:
        """The answer."""
        if not self.came.done():
            self.came.set_result(data)

    def error_received(self, exc: Exception) -> None:
        """Nobody is there."""
        if not self.came.done():
            self.came.set_exception(exc)


async def offset(host: str, now: Callable[[], float], port: int = PORT, timeout_s: float = TIMEOUT_S) -> float | None:
    """Seconds that the server's clock is ahead of `now` (seconds since 1970); None where it gives no good answer."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(timeout_s):
            transport, protocol = await loop.create_datagram_endpoint(_Answer, remote_addr=(host, port))
            try:
                token = (secrets.randbits(32), secrets.randbits(32))
                sent = now()
                transport.sendto(_PACKET.pack(_CLIENT, 0, 0, 0, *([0] * 9), *token))
                data = await protocol.came
                back = now()
            finally:
                transport.close()
    except (OSError, TimeoutError, UnicodeError):
        return None
    return _read(data, token, sent, back)


def _read(data: bytes, token: tuple[int, int], sent: float, back: float) -> float | None:
    if len(data) < _PACKET.size:
        return None
    head, stratum, _, _, *words = _PACKET.unpack_from(data)
    mode, leap = head & 7, head >> 6
    if mode != 4 or leap == 3 or not 1 <= stratum <= 15 or tuple(words[5:7]) != token:
        return None  # no server, not set itself, or no answer to this question
    received, told = (_seconds(words[at], words[at + 1]) for at in (7, 9))
    if told == 0:
        return None
    return ((received - sent) + (told - back)) / 2


def _seconds(whole: int, part: int) -> float:
    """A timestamp as seconds since 1970; era 1 begins in 2036."""
    if whole == 0:
        return 0.0
    era = 0 if whole & 0x8000_0000 else 1 << 32
    return whole + era - _SINCE_1900 + part / (1 << 32)
