"""Whether the modem is there, when the supervision is not (R-120, R-129)."""

from __future__ import annotations

import asyncio

PORT = 80
TIMEOUT_S = 3.0


async def modem_answers(address: str, port: int = PORT, timeout_s: float = TIMEOUT_S) -> bool:
    """Whether anything answers at the modem's address; a refusal is an answer."""
    try:
        async with asyncio.timeout(timeout_s):
            _, writer = await asyncio.open_connection(address, port)
    except ConnectionRefusedError:
        return True
    except OSError:  # a timeout too
        return False
    writer.close()
    return True
