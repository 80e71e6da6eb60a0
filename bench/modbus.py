"""`python -m bench.modbus [--seconds S] [--rounds N] [--write FILE]`: the Modbus server beside bare pymodbus, and what
its clients cost the control loop; then the sharing of the current between two outlets.

Each server is a process of its own on one core, the clients are on another, turn about in the same run: ours with a
charging two-outlet station behind it, pymodbus' with the same registers. Counted are requests a second and what the
server's process takes of its core for one. Then eight clients ask a running station without a pause. At last all
decisions between two vehicles on some random days are taken again.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import selectors
import socket
import statistics
import struct
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from bench.report import steal, write
from evlink.domain.state import StationState

MARKS = ("<!-- figures: python -m bench.modbus --write -->", "<!-- end of modbus figures -->")
ONE, BLOCK = (5000, 1), (350, 22)
WAYS = (("1 register, 1 client", ONE, 1), ("22 registers, 1 client", BLOCK, 1), ("22 registers, 8 clients", BLOCK, 8))
OURS, BARE = "ours", "pymodbus"


def request(address: int, count: int) -> bytes:
    """A read of holding registers at unit 1."""
    return struct.pack(">HHHBBHH", 7, 0, 6, 1, 3, address, count)


async def serve_ours() -> None:
    """Our server on a folded station that charges, its image published ten times a second as in the station."""
    from tests.unit.modbus_bench import Site

    site = Site(slow=True)
    site.write(932, 1)
    site.settle()
    site.bench.plug()
    site.bench.charge()
    site.refresh()
    print(await site.server.start("127.0.0.1", 0), flush=True)
    while True:
        await asyncio.sleep(0.1)
        site.refresh()


async def serve_bare() -> None:
    """pymodbus' own server with two blocks of registers."""
    from pymodbus.server import ModbusTcpServer
    from pymodbus.simulator import DataType, SimData, SimDevice

    blocks = [
        SimData(350, values=[0] * 22, datatype=DataType.REGISTERS),
        SimData(5000, values=[1], datatype=DataType.REGISTERS),
    ]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = ModbusTcpServer(SimDevice(1, blocks), address=("127.0.0.1", port))
    await server.serve_forever(background=True)
    print(port, flush=True)
    await asyncio.Event().wait()


@dataclass(frozen=True, slots=True)
class Figure:
    """Requests a second, and microseconds of the server's core for one."""

    rate: float
    cpu_us: float


def cpu_s(pid: int) -> float:
    """Seconds that a process took of its core so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def flood(port: int, span: tuple[int, int], clients: int, seconds: float) -> int:
    """Ask without a pause, each client one request at a time; the number of answers, each of them checked."""
    asked = request(*span)
    size = 9 + 2 * span[1]
    count = 0
    with selectors.DefaultSelector() as selector:
        sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(clients)]
        for one in sockets:
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(one, selectors.EVENT_READ, one)
            one.sendall(asked)
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            for key, _ in selector.select(1.0):
                answer = key.data.recv(512)
                if len(answer) != size or answer[7] != 3:
                    raise SystemExit(f"a wrong answer: {answer.hex()}")
                count += 1
                key.data.sendall(asked)
        for one in sockets:
            one.recv(512)
            one.close()
    return count


class Server:
    """A server in a process of its own on one core."""

    def __init__(self, kind: str, core: int) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.modbus", "--serve", kind, "--core", str(core)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # where pymodbus tells every connection that is closed
            text=True,
            cwd=Path(__file__).parents[1],
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    def measure(self, span: tuple[int, int], clients: int, seconds: float) -> Figure:
        """One figure."""
        before = cpu_s(self.process.pid)
        count = flood(self.port, span, clients, seconds)
        return Figure(count / seconds, (cpu_s(self.process.pid) - before) / count * 1e6)

    def end(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


def compare(seconds: float, rounds: int, core: int) -> list[str]:
    """The table's rows: medians of the rounds, ours and pymodbus' turn about."""
    servers = {kind: Server(kind, core) for kind in (OURS, BARE)}
    rows = ["| reads | ours | pymodbus | rate | ours, of a core | pymodbus | cost |", "|---|---|---|---|---|---|---|"]
    try:
        for name, span, clients in WAYS:
            found: dict[str, list[Figure]] = {OURS: [], BARE: []}
            for _ in range(rounds):
                for kind, server in servers.items():
                    found[kind].append(server.measure(span, clients, seconds))
            rate = {kind: statistics.median(one.rate for one in figures) for kind, figures in found.items()}
            cost = {kind: statistics.median(one.cpu_us for one in figures) for kind, figures in found.items()}
            rows.append(
                f"| {name} | {rate[OURS]:.0f}/s | {rate[BARE]:.0f}/s | {rate[OURS] / rate[BARE]:.1f} x "
                f"| {cost[OURS]:.0f} us | {cost[BARE]:.0f} us | 1/{cost[BARE] / cost[OURS]:.1f} |"
            )
    finally:
        for server in servers.values():
            server.end()
    return rows


def percentile(histogram: dict[str, int], share: float) -> str:
    """The bucket in which a share of all answers lies, as its upper end in microseconds."""
    counted = sorted((float(upper), count) for upper, count in histogram.items() if count)
    wanted, seen = share * sum(count for _, count in counted), 0
    for upper, count in counted:
        seen += count
        if seen >= wanted:
            return f"at most {upper:.0f} us"
    return "none"


def beside_control(seconds: float) -> list[str]:
    """How late the live loop answers its board, without clients and with eight that never pause."""
    from tests.scenario.house import house

    rows = []
    with house() as home:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        home.evlink("set", "extension.modbus_server.enabled=true", f"extension.modbus_server.port={port}")
        home.wait(lambda: home.status()["station"]["modbus"]["port"] == port, "the server")
        home.charge()
        for name, clients in (("no client", 0), ("8 clients without a pause", 8)):
            before = home.status()["station"]["control"]
            answers = flood(port, BLOCK, clients, seconds) if clients else time.sleep(seconds) or 0
            after = home.status()["station"]["control"]
            old, new = before["served_histogram"], after["served_histogram"]
            served = {upper: count - old.get(upper, 0) for upper, count in new.items()}
            overruns = after["overruns"] - before["overruns"]
            rows.append(
                f"| {name} | {answers / seconds:.0f}/s | {percentile(served, 0.5)} | {percentile(served, 0.99)} "
                f"| {overruns} of {sum(served.values())} |"
            )
    head = ["| a charging station | reads | control answers, half | 99 % | overruns |", "|---|---|---|---|---|"]
    return head + rows


def decisions(days: int = 12, seconds: int = 400) -> list[str]:
    """What `divide` takes of a processor for two outlets that charge, in the states of random days.

    Each state is asked five times and the least counts, since other programs and the collector are not what is
    measured.
    """
    from evlink.domain import station
    from evlink.domain.words import OutletStatus
    from tests.unit.sharing_days import Street

    real, states = station.divide, []

    def noted(state: StationState, now: float) -> StationState:
        if all(one.status is OutletStatus.LOOP_STARTED for one in state.outlets):
            states.append((state, now))
        return real(state, now)

    station.divide = noted
    try:
        for seed in range(days):
            street = Street(seed)
            for second in range(seconds):
                if second % 20 == 0:
                    street.disturb()
                street.second(1.0)
    finally:
        station.divide = real
    taken = []
    for state, now in states:
        times = []
        for _ in range(5):
            began = time.perf_counter_ns()
            real(state, now)
            times.append(time.perf_counter_ns() - began)
        taken.append(min(times) / 1000)
    taken.sort()
    half, most = taken[len(taken) // 2], taken[int(len(taken) * 0.99)]
    return [
        "| sharing between two vehicles | half | 99 % | bar |",
        "|---|---|---|---|",
        f"| {len(taken)} decisions | {half:.0f} us | {most:.0f} us | at most 100 us |",
    ]


def main() -> None:
    """Measure, print, and where asked write the tables as printed."""
    parser = argparse.ArgumentParser(prog="python -m bench.modbus", description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each measurement (%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="of each way (%(default)s)")
    parser.add_argument("--write", type=Path, metavar="FILE", help="document that holds the tables between their marks")
    parser.add_argument("--serve", choices=(OURS, BARE), help=argparse.SUPPRESS)
    parser.add_argument("--core", type=int, default=-1, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        os.sched_setaffinity(0, {given.core})
        asyncio.run(serve_ours() if given.serve == OURS else serve_bare())
        return
    cores = sorted(os.sched_getaffinity(0))
    taken, total = steal()
    os.sched_setaffinity(0, {cores[0]})
    rows = compare(given.seconds, given.rounds, cores[-1])
    os.sched_setaffinity(0, set(cores))
    later = beside_control(3 * given.seconds)
    stolen, whole = steal()
    share = (stolen - taken) / max(1, whole - total)
    word = " (above 2 %: inconclusive)" if share > 0.02 else ""
    told = (
        f"{platform.machine()}, Python {platform.python_version()}, servers pinned to one core; "
        f"time taken by the host in this run {share:.1%}{word}."
    )
    text = "\n".join([*rows, "", *later, "", *decisions(), "", told])
    print(text)
    if given.write is not None:
        write(given.write, text, MARKS)


if __name__ == "__main__":
    main()
