"""A station for the supervision's tests: a desk whose status the test sets, an outbox in a list, shorter times."""

from __future__ import annotations

import asyncio
import functools
import json
import shutil
import tempfile
import weakref
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import looptime
from ocpp.charge_point import remove_nones, serialize_as_dict, snake_to_camel_case  # type: ignore[import-untyped]

from evlink.domain.record import (
    MeterReading,
    QueuedMessage,
    TransactionEnded,
    TransactionMessage,
    TransactionSampled,
    TransactionStarted,
)
from evlink.ocpp.config import SupervisionConfig, SupervisionState, Timing
from evlink.ocpp.link import Allowance, Answer, Booking, Installation, Installing, Machine, Running
from evlink.settings.check import Checked, check_changes
from evlink.settings.facts import Facts
from evlink.settings.model import Role
from evlink.settings.values import Values

QUICK = Timing(
    open_timeout_s=2.0,
    close_timeout_s=0.5,
    ping_timeout_s=0.5,
    backoff_first_s=0.1,
    backoff_cap_s=0.4,
    steady_s=0.3,
    bind_retry_s=0.2,
    boot_retry_s=0.4,
    renew_s=0.05,
)


def config(url: str = "ws://127.0.0.1:9/ocpp", **changes: Any) -> SupervisionConfig:
    """Settings of a two-outlet station."""
    usual = SupervisionConfig(
        url=url,
        identity="CP 1/é",
        version="1.6",
        vendor="evlink",
        model="EV.2S22P22R",
        serial_number="3N170941686A2S1B7551700014",
        firmware="0.1.0",
        connectors=2,
        call_timeout_s=5.0,
        ping_interval_s=0,
        retry_interval_s=1,
        retry_attempts=3,
    )
    return replace(usual, **changes)


def wire(request: Any) -> Any:
    """A request or answer of the `ocpp` package as the JSON payload that goes out."""
    return remove_nones(snake_to_camel_case(serialize_as_dict(request)))


def outlet(number: int, **changes: Any) -> dict[str, Any]:
    """An outlet of the status document, idle."""
    return {
        "id": number,
        "ev_state": "A_Not_Present_12V",
        "outlet_status": "OK_ChargeAuthorisationStarted",
        "evse_status": ["Normal_Mode_3"],
        "limit_a": 32.0,
        "contactor": False,
    } | changes


def document(*outlets: dict[str, Any], events: dict[int, list[str]] | None = None, state: str = "in_service") -> Any:
    """A status document (docs/protocol.md) with what the supervision reads of it."""
    return {
        "station": {"name": "Site", "state": state},
        "outlets": list(outlets or (outlet(1), outlet(2))),
        "events": {str(number): cells for number, cells in (events or {}).items()},
    }


CHARGING = {"ev_state": "C_Ready_6V_M12V", "outlet_status": "OK_ChargeLoopStarted", "contactor": True}
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def reading(minute: int, energy_wh: int, context: str = "Sample.Periodic") -> MeterReading:
    """What the meter shows that many minutes into the charge."""
    return MeterReading(
        START + timedelta(minutes=minute),
        energy_wh,
        (16.0, 16.02, 15.98),
        (230.1, 229.9, 230.4),
        11_040,
        16.0,
        context,
    )


def charge(session: str = "s-1", outlet: int = 1, samples: int = 3, first_wh: int = 1000) -> list[TransactionMessage]:
    """The messages of a whole charge, 100 Wh a minute."""
    tag = "04A1B2C3"
    return [
        TransactionStarted(session, outlet, tag, reading(0, first_wh, "Transaction.Begin")),
        *(TransactionSampled(session, outlet, reading(n, first_wh + 100 * n)) for n in range(1, samples + 1)),
        TransactionEnded(session, outlet, tag, reading(samples + 1, first_wh + 100 * samples + 50), "Local"),
    ]


def virtual_time(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run an async test on a loop whose time jumps to the next timer, so that an hour takes no time."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        with asyncio.Runner(loop_factory=looptime.new_event_loop) as runner:
            runner.run(test(*args, **kwargs))

    return run


class ListOutbox:
    """An outbox in memory, with the rules of the durable one."""

    def __init__(self, *messages: TransactionMessage) -> None:
        self.queue: list[QueuedMessage] = []
        self.transactions: dict[str, int] = {}
        self._number = 0
        self._filled = asyncio.Event()
        for message in messages:
            self.put(message)

    def put(self, message: TransactionMessage) -> None:
        self._number += 1
        self.queue.append(QueuedMessage(self._number, f"message-{self._number}", message, 0, None))
        self._filled.set()

    async def head(self) -> QueuedMessage | None:
        if not self.queue:
            return None
        head = self.queue[0]
        return replace(head, transaction_id=self.transactions.get(head.message.session))

    async def attempted(self, number: int) -> None:
        self.queue = [replace(m, attempts=m.attempts + (m.number == number)) for m in self.queue]

    async def delivered(self, number: int, transaction_id: int | None = None) -> None:
        for message in self.queue:
            if message.number == number and transaction_id is not None:
                self.transactions[message.message.session] = transaction_id
        self.queue = [m for m in self.queue if m.number != number]

    async def session_of(self, transaction_id: int) -> str | None:
        return next((s for s, t in self.transactions.items() if t == transaction_id), None)

    async def transaction_of(self, session: str) -> int | None:
        return self.transactions.get(session)

    async def count(self) -> int:
        return len(self.queue)

    async def wait(self) -> None:
        await self._filled.wait()
        self._filled.clear()


class Notes:
    """Small values by key, in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}

    async def recall(self, key: str) -> Any:
        return json.loads(self.kept.get(key, "null"))

    async def remember(self, key: str, value: Any) -> None:
        self.kept[key] = json.dumps(value)


class SettingsBook:
    """The settings of a station on paper: checked as the real ones are, and told of when they change."""

    def __init__(self) -> None:
        self.values = Values(Facts())
        self.changed: Callable[[Values], None] = lambda _: None

    def get(self, path: str) -> Any:
        return self.values.get(path)

    async def change(self, changes: Mapping[str, Any]) -> str:
        checked = check_changes(self.values, changes, Role.ADMIN)
        if not isinstance(checked, Checked):
            return "Rejected"
        self.values = checked.values
        self.changed(self.values)
        return "RebootRequired" if checked.restart else "Accepted"


class PaperDiagnostics:
    """Diagnostics that say which time they are of."""

    async def collect(self, into: Path, since: datetime | None, until: datetime | None, compress: bool) -> None:
        into.write_text(f"diagnostics from {since} to {until}\n", "utf-8")


class NoUpdates:
    """A station without update mechanism."""

    async def check(self, package: Path) -> str:
        return "there is no update mechanism"

    async def install(self, package: Path) -> Installing:
        return Installing.FAILED

    async def finished(self) -> Installing | None:
        return None


class TestDesk:
    """A desk that shows what the test sets and notes what it is told."""

    __test__ = False

    def __init__(self) -> None:
        self.settings = SettingsBook()
        folder = Path(tempfile.mkdtemp(prefix="evlink-ocpp-"))
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self.machine = Machine(folder, PaperDiagnostics(), NoUpdates())
        self.shown: dict[str, Any] = document()
        self.accepts = True
        self.started: list[tuple[str, int | None]] = []
        self.stopped: list[str] = []
        self.denied: list[tuple[str, Answer]] = []
        self.transactions: dict[str, int] = {}
        self.states: list[SupervisionState] = []
        self.clock: list[datetime] = []
        self.availability: list[tuple[int, bool]] = []
        self.restarts: list[bool] = []
        self.unlocked = "Unlocked"
        self.bookings: tuple[Booking, ...] = ()
        self.used: frozenset[int] = frozenset()
        self.running: dict[int, Running] = {}
        self.allowed: list[Allowance] = []
        self._changed = asyncio.Event()

    def show(self, shown: dict[str, Any]) -> None:
        self.shown = shown
        self._changed.set()

    def snapshot(self) -> dict[str, Any]:
        return self.shown

    async def changes(self) -> AsyncIterator[dict[str, Any]]:
        while True:
            yield self.shown
            await self._changed.wait()
            self._changed.clear()

    async def remote_start(self, id_tag: str, outlet: int | None) -> int:
        self.started.append((id_tag, outlet))
        return (outlet or 1) if self.accepts else 0

    async def change_availability(self, connector: int, operative: bool) -> str:
        self.availability.append((connector, operative))
        return "Scheduled" if connector in self.running else "Accepted"

    async def restart(self, hard: bool) -> None:
        self.restarts.append(hard)

    async def unlock(self, connector: int) -> str:
        return self.unlocked

    def meter(self, connector: int) -> MeterReading | None:
        return reading(connector, 1000 * connector, "Trigger")

    async def book(self, bookings: tuple[Booking, ...]) -> None:
        self.bookings = bookings

    def booked(self) -> frozenset[int]:
        return self.used

    def charges(self) -> Mapping[int, Running]:
        return self.running

    def installation(self) -> Installation:
        return Installation(230.0, 3, {1: 32.0, 2: 32.0})

    async def allow(self, allowance: Allowance) -> None:
        self.allowed.append(allowance)

    async def remote_stop(self, session: str) -> bool:
        self.stopped.append(session)
        return self.accepts

    async def deauthorised(self, session: str, answer: Answer) -> None:
        self.denied.append((session, answer))

    async def transaction_known(self, session: str, transaction_id: int, answer: Answer) -> None:
        self.transactions[session] = transaction_id

    async def supervision_changed(self, state: SupervisionState) -> None:
        self.states.append(state)

    async def clock_told(self, now: datetime) -> None:
        self.clock.append(now)


class WallClock:
    """The machine's clock."""

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    def wall(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
