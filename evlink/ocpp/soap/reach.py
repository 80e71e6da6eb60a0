"""Where the station can be called: its public address, a modem's where one is fitted (R-120 to R-125)."""

from __future__ import annotations

import asyncio
import ipaddress
from urllib.parse import urlsplit

from evlink.ocpp.config import SupervisionConfig

_NAT_PMP_PORT = 5351
_ASK_EXTERNAL = b"\x00\x00"  # NAT-PMP version 0, operation 0 (RFC 6886 section 3.2)
_TRIES_S = (0.25, 0.5, 1.0)


async def callback_url(config: SupervisionConfig) -> str:
    """The URL for `wsa:From`. Empty where the station finds no address of its own, as without a network.

    The public address as it is set; with a modem what the modem says its own is (NAT-PMP, RFC 6886); without either
    the address that the station has on the way to the supervision, and the port that it listens on.
    """
    callback = config.callback
    if config.modem is None and callback.public_address:
        return _url(callback.public_address, callback.public_port)
    if config.modem is not None and (address := await external_address(config.modem.address)):
        return _url(address, callback.public_port)
    parts = urlsplit(config.url)
    own = await own_address(parts.hostname or "", parts.port or 80)
    return _url(own, callback.local_port) if own else ""


def _url(address: str, port: int) -> str:
    host = f"[{address}]" if ":" in address else address
    return f"http://{host}:{port}/"


async def own_address(host: str, port: int) -> str:
    """The address that this machine has on the way to a host; empty where there is no way. Nothing is sent."""
    try:
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            asyncio.DatagramProtocol, remote_addr=(host, port)
        )
    except OSError:
        return ""
    try:
        return str(transport.get_extra_info("sockname")[0])
    finally:
        transport.close()


class _Answer(asyncio.DatagramProtocol):
    """The first address in an answer of NAT-PMP; empty where the gateway refuses or has no way out."""

    def __init__(self) -> None:
        self.address: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if len(data) < 12 or data[0] != 0 or data[1] != 128 or self.address.done():
            return
        found = ipaddress.IPv4Address(data[8:12])
        good = data[2:4] == b"\x00\x00" and not found.is_unspecified
        self.address.set_result(str(found) if good else "")

    def error_received(self, exc: Exception) -> None:
        if not self.address.done():
            self.address.set_result("")


async def external_address(gateway: str, port: int = _NAT_PMP_PORT) -> str:
    """The public address that a gateway has, as it tells itself (NAT-PMP); empty where it tells none."""
    try:
        transport, answer = await asyncio.get_running_loop().create_datagram_endpoint(
            _Answer, remote_addr=(gateway, port)
        )
    except OSError:
        return ""
    try:
        for wait_s in _TRIES_S:
            transport.sendto(_ASK_EXTERNAL)
            done, _ = await asyncio.wait({answer.address}, timeout=wait_s)
            if done:
                return answer.address.result()
        return ""
    finally:
        transport.close()
