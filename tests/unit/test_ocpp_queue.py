"""The draining of the outbox: order, attempts, message ids, and what becomes of a refusal (OCPP 1.6 section 3.7)."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest
from ocpp.v16 import call_result  # type: ignore[import-untyped]

from evlink.domain.record import TransactionMessage
from evlink.ocpp.chargepoint import MalformedError, RefusedError, UnsendableError
from evlink.ocpp.config import Present
from evlink.ocpp.connection import NoAnswerError
from evlink.ocpp.link import Answer
from evlink.ocpp.queue import TransactionQueue
from tests.ocpp_central.station import ListOutbox, TestDesk, charge, config, virtual_time, wire


async def moved() -> None:
    """Nobody counts."""


async def learned(tag: str, answer: Answer) -> None:
    """Nobody keeps a cache."""


class Central:
    """The other end as `ask` sees it: answers in the order of a script, then accepts everything."""

    def __init__(self, *script: Any) -> None:
        self.script = list(script)
        self.heard: list[tuple[float, str, str | None, dict[str, Any]]] = []
        self._transactions = itertools.count(501)

    async def ask(self, request: Any, message_id: str | None = None) -> Any:
        now = asyncio.get_running_loop().time()
        self.heard.append((now, type(request).__name__, message_id, wire(request)))
        answer = self.script.pop(0) if self.script else None
        if isinstance(answer, Exception):
            raise answer
        if answer is not None:
            return answer
        if type(request).__name__ == "StartTransaction":
            return started(next(self._transactions))
        return (
            call_result.StopTransaction() if type(request).__name__ == "StopTransaction" else call_result.MeterValues()
        )

    @property
    def actions(self) -> list[str]:
        return [action for _, action, _, _ in self.heard]

    @property
    def ids(self) -> list[str | None]:
        return [id_ for _, _, id_, _ in self.heard]


def started(transaction_id: int, status: str = "Accepted") -> Any:
    return call_result.StartTransaction(transaction_id=transaction_id, id_tag_info={"status": status})


def await_queue(central: Central, outbox: ListOutbox, **settings: Any) -> TransactionQueue:
    """A queue that does not run yet."""
    return TransactionQueue(Present(config(**settings)), outbox, TestDesk(), moved, learned)


async def drain(
    central: Central, outbox: ListOutbox, desk: TestDesk | None = None, for_s: float = 3600, **settings: Any
) -> TransactionQueue:
    """Run a queue for a (virtual) while."""

    queue = TransactionQueue(Present(config(**settings)), outbox, desk or TestDesk(), moved, learned)
    await again(queue, central, for_s)
    return queue


async def again(queue: TransactionQueue, central: Central, for_s: float = 3600) -> None:
    try:
        async with asyncio.timeout(for_s):
            await queue.run(central.ask)
    except TimeoutError:
        pass


@virtual_time
async def test_a_charge_is_told_once_in_order_under_its_own_ids() -> None:
    central, outbox, desk = Central(), ListOutbox(*charge()), TestDesk()
    await drain(central, outbox, desk)
    assert central.actions == ["StartTransaction", "MeterValues", "MeterValues", "MeterValues", "StopTransaction"]
    assert central.ids == [f"message-{n}" for n in range(1, 6)]
    assert [heard[3].get("transactionId") for heard in central.heard] == [None, 501, 501, 501, 501]
    assert desk.transactions == {"s-1": 501}
    assert desk.denied == []
    assert outbox.queue == []


@virtual_time
async def test_a_refused_message_waits_longer_each_time_and_is_dropped_in_the_end() -> None:
    """CALLERROR: the interval times the transmissions so far; after the last attempt the next message goes."""
    no = RefusedError("MeterValues: InternalError")
    central = Central(None, no, no, no)
    outbox = ListOutbox(*charge(samples=2))
    await drain(central, outbox, retry_interval_s=60, retry_attempts=3)
    first = central.heard[1][0]
    assert [round(at - first) for at, *_ in central.heard[1:4]] == [0, 60, 180]
    assert central.ids == ["message-1", "message-2", "message-2", "message-2", "message-3", "message-4"]
    assert central.actions[-1] == "StopTransaction"


@virtual_time
async def test_a_wait_after_a_refusal_goes_on_across_a_reconnection() -> None:
    central = Central(RefusedError("StartTransaction: InternalError"))
    queue = await drain(central, ListOutbox(*charge()), for_s=10, retry_interval_s=60)
    await again(queue, central)
    assert round(central.heard[1][0] - central.heard[0][0]) == 60


@virtual_time
async def test_no_answer_is_no_attempt_and_keeps_the_message_id() -> None:
    """A lost answer: the same message under the same id, so that the supervision knows it for a repeat (R02)."""
    outbox = ListOutbox(*charge())
    central = Central(NoAnswerError("no answer"))
    with pytest.raises(NoAnswerError):
        await drain(central, outbox)
    assert outbox.queue[0].attempts == 0
    await drain(central, outbox)
    assert central.ids[:2] == ["message-1", "message-1"]
    assert central.heard[0][3] == central.heard[1][3]
    assert len(central.ids) == 6


@virtual_time
async def test_silence_counts_as_a_refusal_after_the_third_time() -> None:
    """docs/decisions/0030: a message that is never answered does not hold up the queue for ever."""
    outbox = ListOutbox(*charge(samples=1))
    silence = NoAnswerError("no answer")
    central = Central(None, *[silence] * 5)
    queue = await_queue(central, outbox, retry_interval_s=60, retry_attempts=2)
    for _ in range(5):
        with pytest.raises(NoAnswerError):
            await again(queue, central)
    assert outbox.queue[0].attempts == 2
    await again(queue, central)
    assert central.ids == ["message-1", *["message-2"] * 5, "message-3"]
    times = [at for at, _, id_, _ in central.heard if id_ == "message-2"]
    assert [round(later - times[0]) for later in times] == [0, 0, 0, 0, 60]


@virtual_time
async def test_a_start_that_was_not_accepted_is_told_to_the_station() -> None:
    """OCPP 1.6 section 4.8: StartTransaction.conf may deny; the transaction has its id all the same."""
    central, desk = Central(started(77, "Invalid")), TestDesk()
    await drain(central, ListOutbox(*charge()), desk)
    assert desk.denied == [("s-1", Answer("Invalid"))]
    assert desk.transactions == {"s-1": 77}
    assert central.heard[-1][3]["transactionId"] == 77


@virtual_time
async def test_a_dropped_start_takes_its_session_along_but_no_other() -> None:
    """What can name no transaction is dropped, visibly in the log; the next session is not held up."""
    no = RefusedError("StartTransaction: InternalError")
    central = Central(no, no)
    outbox = ListOutbox(*charge("s-1"), *charge("s-2", outlet=2))
    await drain(central, outbox, retry_interval_s=1, retry_attempts=2)
    assert central.ids == ["message-1", "message-1", *(f"message-{n}" for n in range(6, 11))]
    assert outbox.queue == []


@virtual_time
async def test_regression_start_lost() -> None:
    """matth-x/MicroOcpp 454: sessions of an off-line time keep their starts, also when the process is new."""
    outbox = ListOutbox(*charge("s-1"), *charge("s-2"))
    central = Central(None, None, NoAnswerError("killed here"))
    with pytest.raises(NoAnswerError):
        await drain(central, outbox)
    await drain(central, outbox)
    starts = [payload["meterStart"] for _, action, _, payload in central.heard if action == "StartTransaction"]
    assert starts == [1000, 1000]
    assert central.actions.count("StopTransaction") == 2


@virtual_time
async def test_regression_stop_twice() -> None:
    """EVerest/libocpp 907: a stop that was answered never goes again, after a restart neither."""
    outbox = ListOutbox(*charge())
    central = Central()
    await drain(central, outbox)
    await drain(central, outbox)
    assert central.actions.count("StopTransaction") == 1


@virtual_time
async def test_regression_transaction_id_minus_one_is_only_ever_the_supervisions_own() -> None:
    """EVerest/libocpp 495: later messages bear what StartTransaction.conf said, be it odd."""
    central = Central(started(-1))
    await drain(central, ListOutbox(*charge(samples=0)))
    assert [heard[3].get("transactionId") for heard in central.heard] == [None, -1]
    central = Central(started(0))
    await drain(central, ListOutbox(*charge(samples=0)))
    assert central.heard[-1][3]["transactionId"] == 0


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**40])
@virtual_time
async def test_a_transaction_id_beyond_64_bits_counts_as_a_refusal(number: int) -> None:
    central = Central(started(number))
    outbox = ListOutbox(*charge(samples=0))
    await drain(central, outbox)
    assert central.ids == ["message-1", "message-1", "message-2"]
    assert central.heard[-1][3]["transactionId"] == 501


@virtual_time
async def test_an_invalid_answer_repeats_a_start_and_nothing_else() -> None:
    """A start needs its id; of the others the answer says nothing that is needed."""
    broken = MalformedError("no transactionId")
    central = Central(broken, None, broken, broken)
    await drain(central, ListOutbox(*charge(samples=1)))
    assert central.ids == ["message-1", "message-1", "message-2", "message-3"]


@virtual_time
async def test_a_message_that_cannot_be_sent_holds_nothing_up() -> None:
    central = Central(None, UnsendableError("MeterValues: no"))
    await drain(central, ListOutbox(*charge(samples=1)))
    assert central.ids == ["message-1", "message-2", "message-3"]


@virtual_time
async def test_messages_that_come_later_go_at_once() -> None:
    central, outbox = Central(), ListOutbox()
    messages: list[TransactionMessage] = charge()

    queue = TransactionQueue(Present(config()), outbox, TestDesk(), moved, learned)
    task = asyncio.create_task(queue.run(central.ask))
    for n, message in enumerate(messages, 1):
        await asyncio.sleep(60)
        outbox.put(message)
        await asyncio.sleep(0.1)
        assert len(central.heard) == n
    task.cancel()


@virtual_time
async def test_an_answer_is_stored_even_when_the_link_breaks_in_the_storing() -> None:
    """Cancelled between the answer and the disk: the storing is finished first, so nothing goes twice."""

    class SlowOutbox(ListOutbox):
        async def delivered(self, number: int, transaction_id: int | None = None) -> None:
            await asyncio.sleep(5)
            await super().delivered(number, transaction_id)

    central, outbox = Central(), SlowOutbox(*charge())
    await drain(central, outbox, for_s=2)
    assert outbox.transactions == {"s-1": 501}
    assert len(outbox.queue) == 4


@virtual_time
async def test_settled_waits_for_the_message_that_is_out_but_not_for_ever() -> None:
    queue_of_slow = asyncio.Event()

    async def ask(request: Any, message_id: str | None = None) -> Any:
        await queue_of_slow.wait()
        return started(9)

    outbox = ListOutbox(*charge(samples=0)[:1])
    queue = TransactionQueue(Present(config()), outbox, TestDesk(), moved, learned)
    loop = asyncio.get_running_loop()
    await queue.settled()
    assert loop.time() < 1
    task = asyncio.create_task(queue.run(ask))
    await asyncio.sleep(0.1)
    before = loop.time()
    await queue.settled()
    assert round(loop.time() - before) == 5
    loop.call_later(2, queue_of_slow.set)
    before = loop.time()
    await queue.settled()
    assert round(loop.time() - before) == 2
    assert outbox.transactions == {"s-1": 9}
    task.cancel()
