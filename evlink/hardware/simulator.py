"""The simulator board as a process: `python -m evlink.hardware.simulator --state DIR [--speed N]`.

It serves `board.sock` (docs/board-protocol.md) from a thread that runs without the GIL, and `simulator.sock`, where
people and tests order the vehicle about, from this one. It ends with SIGTERM, or 10 s after it has no control.

`simulator.sock` takes one JSON object a line, {"id", "action", "outlet", ...}, and answers {"id", "ok": true,
"state"?} or {"id", "ok": false, "error", "reason", "key", "value", "allowed"}. The action `listen` turns the
connection into the badge reader: lines {"badge", "outlet"}, and {"alive": outlet} each second.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from evlink.hardware import board, facts, serving
from evlink.hardware._simulator import Simulator
from evlink.hardware.simactions import OrderError, carry_out, check, describe, sockets_of

SOCKET: Final = "simulator.sock"
LOCK: Final = "simulator.lock"
MAX_LINE: Final = 65_536
PRIORITY: Final = 40  # SCHED_FIFO, below control's
SOCKET_BITS: Final = {"mode3": 1, "domestic": 2}  # of the compiled plant


@dataclass(frozen=True, slots=True)
class SimulatorBoard:
    """The simulator as `--board simulator` starts it (a `Board`)."""

    speed: float = 1.0
    name: str = "simulator"

    def argv(self, state: Path) -> tuple[str, ...]:
        """The command that serves the simulated board of a state directory."""
        return (
            sys.executable,
            "-m",
            "evlink.hardware.simulator",
            "--state",
            str(state),
            "--speed",
            f"{self.speed:g}",
        )


class Doors:
    """The control socket: orders in, answers and badges out."""

    def __init__(self, plant: Simulator, station: facts.Facts, speed: float) -> None:
        self._plant, self._station, self._speed = plant, station, speed
        self._readers: set[asyncio.StreamWriter] = set()

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until it closes."""
        try:
            while line := await reader.readline():
                answer = self._answer(line, writer)
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        except (ValueError, ConnectionError, asyncio.CancelledError):
            pass  # a line past the limit, nobody there any more, or the program's end: the connection ends
        finally:
            self._readers.discard(writer)
            writer.close()

    def _answer(self, line: bytes, writer: asyncio.StreamWriter) -> dict[str, Any]:
        number: object = None
        try:
            request = _read(line)
            number = request.get("id")
            if request.get("action") == "listen":
                self._readers.add(writer)
                return {"id": number, "ok": True}
            order = check(request, self._plant.outlets)
            match order.action:
                case "state":
                    return {"id": number, "ok": True, "state": describe(self._plant, order.outlet, self._speed)}
                case "badge":
                    self._present(order.params["uid"], order.outlet)
                case _:
                    carry_out(order, self._plant, self._station)
        except OrderError as no:
            return {
                "id": number,
                "ok": False,
                "error": str(no),
                "reason": no.reason,
                "key": no.key,
                "value": no.value,
                "allowed": no.allowed,
            }
        return {"id": number, "ok": True}

    def _present(self, uid: str, outlet: int) -> None:
        """Hold a badge before an outlet's reader; a faulty reader shows nothing of it."""
        if not self._station.station.rfid_reader:
            raise OrderError("This station has no badge reader.")
        if not self._readers:
            raise OrderError("No station listens to the badge reader.")
        if self._reads(outlet):
            self._tell({"badge": uid, "outlet": outlet})

    def _reads(self, outlet: int) -> bool:
        return "reader" not in describe(self._plant, outlet, self._speed)["faults"]

    def _tell(self, message: dict[str, Any]) -> None:
        for writer in self._readers:
            if not writer.is_closing():
                writer.write(json.dumps(message).encode() + b"\n")

    async def show_life(self) -> None:
        """Tell the listeners each second which readers are alive."""
        while True:
            for outlet in range(1, self._plant.outlets + 1):
                if self._reads(outlet):
                    self._tell({"alive": outlet})
            await asyncio.sleep(1)


def _read(line: bytes) -> dict[str, Any]:
    try:
        request = json.loads(line, parse_constant=_no_number)
    except (ValueError, RecursionError):
        request = None
    if not isinstance(request, dict):
        raise OrderError("The line is no JSON object.", key="line", value=None, allowed="one JSON object a line")
    return request


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no JSON")


async def serve(state: Path, station: facts.Facts, speed: float, linger_s: float = 10.0) -> None:
    """Serve both sockets until SIGTERM, or until there has been no control for `linger_s` of real time."""
    attached = [float(o.rated_current) if station.station.attached_cable else 0.0 for o in station.outlets]
    sockets = [sum(SOCKET_BITS[name] for name in sockets_of(station, o.id)) for o in station.outlets]
    plant = Simulator(
        station.station.outlets,
        station.station.phases,
        (attached[0], attached[-1]),
        speed,
        seed=os.getpid(),
        sockets=(sockets[0], sockets[-1]),
    )
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, plant.stop)
    doors = Doors(plant, station, speed)
    with serving.listen(state) as server:

        def run() -> None:
            # Control runs with real-time priority where it may; a board that may not starves beside it.
            if speed == 1:
                with contextlib.suppress(PermissionError):
                    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))
            try:
                plant.serve(server.fileno(), linger_s)
            finally:
                loop.call_soon_threadsafe(over.set)

        thread = threading.Thread(target=run, name="board")
        thread.start()
        try:
            (state / SOCKET).unlink(missing_ok=True)
            listener = await asyncio.start_unix_server(doors.meet, state / SOCKET, limit=MAX_LINE)
            (state / SOCKET).chmod(0o600)
            async with listener:
                life = asyncio.create_task(doors.show_life())
                await over.wait()
                life.cancel()
        finally:
            plant.stop()
            thread.join()
            for name in (board.SOCKET, SOCKET):
                (state / name).unlink(missing_ok=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the simulator; 0 ended, 1 cannot run, 2 bad input."""
    parser = argparse.ArgumentParser(prog="evlink-simulator", description="The simulator board of a station.")
    parser.add_argument("--state", type=Path, required=True, help="state directory, with board.toml")
    parser.add_argument("--speed", type=serving.speed, default=1.0, help="times as fast as real time")
    parser.add_argument("--linger", type=serving.linger, default=10.0, help="seconds to wait for a control (10)")
    given = parser.parse_args(arguments)
    os.umask(0o077)
    try:
        station = facts.load(given.state / facts.FILE)
    except facts.FactsError as wrong:
        print(f"evlink-simulator: {wrong}", file=sys.stderr)
        return 2
    except OSError as wrong:
        print(f"evlink-simulator: {given.state / facts.FILE}: {wrong.strerror}.", file=sys.stderr)
        return 2
    try:
        lock = serving.hold(given.state, LOCK, "A simulator")
        try:
            asyncio.run(serve(given.state, station, given.speed, given.linger))
        finally:
            os.close(lock)
    except (serving.ServingError, OSError) as wrong:
        print(f"evlink-simulator: {wrong}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
