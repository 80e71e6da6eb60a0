"""A bench for the Modbus server: the folded station of `domain_bench` behind its image, in virtual time."""

from __future__ import annotations

import struct
from typing import Any

from evlink.domain.events import RemoteWrite, Tick
from evlink.domain.remote_control import RemoteOrder, RemoteRules
from evlink.domain.snapshot import Surroundings, document
from evlink.modbus.gate import Access, networks
from evlink.modbus.identity import Identity
from evlink.modbus.image import Image
from evlink.modbus.map import layout
from evlink.modbus.server import ModbusServer, Write
from evlink.settings.label import Label
from tests.unit.domain_bench import Bench

MANAGER = "192.168.0.50"
OTHER = "192.168.0.60"


class Site:
    """A station with its Modbus server; requests are answered by call. `slow` orders wait for `settle`."""

    def __init__(
        self, profile: str = "evlink", slow: bool = False, writers: str = "192.168.0.0/24", **config: Any
    ) -> None:
        self.bench = Bench(**{"authentication": "disabled", "remote": RemoteRules(enabled=True), **config})
        self.image = Image(layout(profile), ("3N170941686A1", "3N170941686A2"), "1.2.3")
        self.slow = slow
        self.waiting: list[RemoteWrite] = []
        self.number = 0
        self.wrote_: list[Write] = []
        self.refusals: list[tuple[str, Label]] = []
        self.came_: list[str] = []
        identity = Identity("EVlink", "EVF2S22P22R", "1.2.3", "EVlink Parking", "parking", "Borne 1")
        self.server = ModbusServer(self, self.image, Access((), networks(writers)), lambda: identity)
        self.bench.tick()
        self.refresh()

    # What the server asks of the station

    def refresh(self) -> None:
        self.image.publish(document(self.bench.state, Surroundings()), self.bench.state)

    def order(self, orders: tuple[RemoteOrder, ...]) -> int:
        self.number += 1
        self.waiting.append(RemoteWrite(self.bench.moment(), self.number, orders))
        return self.number

    def now(self) -> float:
        return self.bench.at

    def wrote(self, write: Write) -> None:
        self.wrote_.append(write)

    def refused(self, peer: str, why: Label) -> None:
        self.refusals.append((peer, why))

    def came(self, peer: str) -> None:
        self.came_.append(peer)

    # What a test asks of the site

    def settle(self) -> None:
        """Fold what waits, and publish."""
        for event in self.waiting:
            self.bench.post(event)
        if self.waiting:
            self.waiting.clear()
            self.refresh()

    def tick(self, seconds: float = 0.1) -> None:
        """Let time go by."""
        self.settle()
        self.bench.tick(seconds)
        self.refresh()

    def second(self) -> None:
        """Let a second go by in a single tick."""
        self.settle()
        self.bench.at = round(self.bench.at + 1.0, 6)
        readings = tuple(self.bench.readings[o] for o in sorted(self.bench.readings))
        self.bench.post(Tick(self.bench.moment(), readings))
        self.refresh()

    def ask(self, request: bytes, unit: int = 255, peer: str = MANAGER) -> bytes:
        """The answer to a request, both from their function code on."""
        answer = self.server.answer(peer, unit, request)
        if not self.slow:
            self.settle()
        return answer

    def read(self, address: int, count: int = 1, unit: int = 255, function: int = 3) -> list[int]:
        """Registers; AssertionError where an exception comes instead."""
        answer = self.ask(struct.pack(">BHH", function, address, count), unit)
        assert answer[0] == function, (address, count, answer)
        assert answer[1] == len(answer) - 2 == 2 * count
        return list(struct.unpack(f">{count}H", answer[2:]))

    def one(self, address: int, unit: int = 255) -> int:
        """One register."""
        return self.read(address, 1, unit)[0]

    def write(self, address: int, *values: int, unit: int = 255, peer: str = MANAGER, many: bool = False) -> int:
        """Write by FC 6, or FC 16 where there are several; the exception code, 0 for none."""
        if len(values) == 1 and not many:
            request = struct.pack(">BHH", 6, address, values[0])
            echo = request
        else:
            request = struct.pack(f">BHHB{len(values)}H", 16, address, len(values), 2 * len(values), *values)
            echo = request[:5]
        answer = self.ask(request, unit, peer)
        if answer[0] & 0x80:
            assert answer[0] == request[0] | 0x80
            assert len(answer) == 2
            return answer[1]
        assert answer == echo
        return 0

    def f32(self, address: int, low_first: bool = False, unit: int = 255) -> float:
        """A float of two registers."""
        return float(struct.unpack(">f", self._bytes(address, 2, low_first, unit))[0])

    def whole(self, address: int, words: int, low_first: bool = False, unit: int = 255) -> int:
        """An unsigned number of several registers."""
        return int.from_bytes(self._bytes(address, words, low_first, unit), "big")

    def text(self, address: int, words: int, unit: int = 255) -> str:
        """A text."""
        return self._bytes(address, words, False, unit).rstrip(b"\0").decode()

    def _bytes(self, address: int, words: int, low_first: bool, unit: int) -> bytes:
        found = self.read(address, words, unit)
        return struct.pack(f">{words}H", *(reversed(found) if low_first else found))
