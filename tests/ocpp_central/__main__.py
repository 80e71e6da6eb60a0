"""The command line of the test central system (see the package)."""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path

from tests.ocpp_central.book import Book
from tests.ocpp_central.control import obey
from tests.ocpp_central.server import Central


async def _run(port: int, log: Path, interval_s: int, control: bool, speak: str, tls: Path | None) -> None:
    if speak == "soap":
        from tests.ocpp_central.soap import SoapCentral  # zeep takes half a second to import

        soap = SoapCentral(Book(log, interval_s))
        runner = await soap.listen(port)
        print(json.dumps({"listening": runner.addresses[0][1]}), flush=True)
        await (obey(soap) if control else asyncio.Event().wait())
        return
    central = Central(Book(log, interval_s), speak, tls)
    async with await central.listen(port) as server:
        print(json.dumps({"listening": next(iter(server.sockets)).getsockname()[1]}), flush=True)
        if control:
            await obey(central)
        else:
            await server.serve_forever()


def main() -> None:
    """Run until standard input ends (with --control) or a signal comes."""
    parser = argparse.ArgumentParser(prog="tests.ocpp_central")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--interval", type=int, default=300, help="heartbeat interval in BootNotification.conf")
    parser.add_argument("--control", action="store_true", help="take commands from standard input")
    parser.add_argument("--speak", choices=("1.6", "1.5", "soap"), default="1.6")
    parser.add_argument("--tls", type=Path)
    arguments = parser.parse_args()
    asyncio.run(
        _run(arguments.port, arguments.log, arguments.interval, arguments.control, arguments.speak, arguments.tls)
    )


if __name__ == "__main__":
    main()
