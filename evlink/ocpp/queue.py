"""The draining of the outbox: transaction messages in order, one at a time (OCPP 1.6 section 3.7)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from evlink.domain.record import QueuedMessage, TransactionEnded, TransactionStarted
from evlink.domain.text import clean
from evlink.ocpp.chargepoint import Ask, MalformedError, RefusedError, UnsendableError
from evlink.ocpp.config import Present
from evlink.ocpp.connection import NoAnswerError
from evlink.ocpp.link import Answer, Desk, Outbox
from evlink.ocpp.messages import Nothing, normal_id_tag, read_answer, transaction_request

_log = logging.getLogger(__name__)
_SETTLING_S = 5.0
PATIENCE = 3
TOLD_S = 0.25


class TransactionQueue:
    """The sender of transaction messages; it outlives connections, its messages outlive the process.

    What ends a message: an answer, or `retry_attempts` attempts. A CALLERROR is one. A link that is down is none, nor
    are the first PATIENCE answers that do not come: the message goes again, under the same message id, over the next
    connection. From then on silence counts as a refusal, so that no message holds up the queue for ever.

    `moved` is awaited when the queue has grown or shrunk, every TOLD_S seconds at most while it is not empty,
    `learned` for each verdict on an idTag.
    """

    def __init__(
        self,
        present: Present,
        outbox: Outbox,
        desk: Desk,
        moved: Callable[[], Awaitable[None]],
        learned: Callable[[str, Answer], Awaitable[None]],
    ) -> None:
        self._present = present
        self._outbox = outbox
        self._desk = desk
        self._moved = moved
        self._learned = learned
        self._settled = asyncio.Event()
        self._settled.set()
        self._held: tuple[int, float] = (-1, 0.0)  # the refused message's number, and when it may go again
        self._silence: tuple[int, int] = (-1, 0)  # the number of a message, and how often no answer came

    async def run(self, ask: Ask) -> None:
        """Send what the outbox holds and what comes, until cancelled; raises NoAnswerError."""
        now, told_s = asyncio.get_running_loop().time, float("-inf")
        while True:
            head = await self._outbox.head()
            if head is None or now() - told_s >= TOLD_S:  # to count them takes longer than to send one
                await self._moved()
                told_s = now()
            if head is None:
                await self._outbox.wait()
            else:
                await self._send(head, ask)

    async def settled(self) -> None:
        """Return once no message is between its sending and the storing of its answer; waits 5 s at most.

        A supervision may order the stop of a transaction the moment after it gave its id.
        """
        try:
            async with asyncio.timeout(_SETTLING_S):
                await self._settled.wait()
        except TimeoutError:
            _log.warning("a transaction message is still unanswered")

    async def _send(self, head: QueuedMessage, ask: Ask) -> None:
        name = f"{type(head.message).__name__} of session {clean(head.message.session, 40)}"
        if head.attempts >= max(1, self._present.config.retry_attempts):
            await self._drop(head, f"{name} was refused {head.attempts} times")
            return
        config = self._present.config
        request = transaction_request(head.message, head.transaction_id, config.default_id_tag, config.lists)
        if request is None:
            await self._drop(head, f"{name} has no transaction: its start never got an id")
            return
        if isinstance(request, Nothing):
            await _whole(self._outbox.delivered(head.number))
            return
        await self._hold(head.number)
        self._settled.clear()
        try:
            answer = await ask(request, head.message_id)
        except UnsendableError as error:
            await self._drop(head, f"{name} cannot be sent: {error}")
        except RefusedError as error:
            await self._refused(head, error)
        except NoAnswerError as error:
            await self._unanswered(head, error)
            raise
        except MalformedError as error:
            if isinstance(head.message, TransactionStarted):  # without an id the session could never be stopped
                await self._refused(head, error)
            else:  # it was taken; nothing in this answer is needed
                _log.warning("%s was taken with an invalid answer: %s", name, error)
                await _whole(self._outbox.delivered(head.number))
        else:
            await _whole(self._taken(head, answer))
        finally:
            self._settled.set()

    async def _taken(self, head: QueuedMessage, answer: Any) -> None:
        """Store an answer. The desk hears of it first: a crash in between repeats the telling, never skips it."""
        if not isinstance(head.message, TransactionStarted):
            if isinstance(head.message, TransactionEnded) and answer.id_tag_info is not None:
                await self._learn(head.message.id_tag, read_answer(answer.id_tag_info))
            await self._outbox.delivered(head.number)
            return
        transaction_id = int(answer.transaction_id)
        if not -(2**63) <= transaction_id < 2**63:
            await self._refused(head, MalformedError(f"transaction id {str(transaction_id)[:30]} is out of range"))
            return
        verdict = read_answer(answer.id_tag_info)
        session = head.message.session
        await self._desk.transaction_known(session, transaction_id, verdict)
        if verdict.status != "Accepted":
            await self._desk.deauthorised(session, verdict)
        await self._learn(head.message.id_tag, verdict)
        await self._outbox.delivered(head.number, transaction_id)

    async def _learn(self, id_tag: str, verdict: Answer) -> None:
        if tag := normal_id_tag(id_tag):
            await self._learned(tag, verdict)

    async def _refused(self, head: QueuedMessage, error: Exception) -> None:
        """Count a refusal; the next try waits the retry interval times the transmissions so far."""
        _log.warning("attempt %d: %s", head.attempts + 1, clean(str(error), 300))
        await _whole(self._outbox.attempted(head.number))
        wait = self._present.config.retry_interval_s * (head.attempts + 1)
        self._held = (head.number, asyncio.get_running_loop().time() + wait)

    async def _unanswered(self, head: QueuedMessage, error: NoAnswerError) -> None:
        """Count an answer that did not come while there was a link."""
        number, times = self._silence
        self._silence = (head.number, times + 1 if number == head.number else 1)
        if self._silence[1] > PATIENCE:
            await self._refused(head, error)

    def next_try_s(self, number: int) -> float:
        """Seconds for which a message is still held back after a refusal, 0 where nothing holds it."""
        held, until = self._held
        return max(0.0, until - asyncio.get_running_loop().time()) if held == number else 0.0

    async def _hold(self, number: int) -> None:
        await asyncio.sleep(self.next_try_s(number))

    async def _drop(self, head: QueuedMessage, why: str) -> None:
        _log.error("transaction message dropped: %s", why)
        await _whole(self._outbox.delivered(head.number))


async def _whole(work: Coroutine[Any, Any, None]) -> None:
    """Do a piece of storing to its end even when cancelled in the middle, so that no answer is lost to a timing."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("an answer could not be stored", exc_info=error)
        raise
