"""The rules of BootNotification as tables, and the registration they make (OCPP 1.6 section 4.2)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from ocpp.v16 import call_result  # type: ignore[import-untyped]

from evlink.ocpp.chargepoint import MalformedError, RefusedError
from evlink.ocpp.config import Timing
from evlink.ocpp.connection import NoAnswerError
from evlink.ocpp.messages import boot_notification
from evlink.ocpp.registration import STANDINGS, TRANSITIONS, Boot, Outcome, Registrar, Registration, wait_after
from tests.ocpp_central.station import config, virtual_time


@pytest.mark.parametrize(
    ("registration", "sends", "answers", "obeys"),
    [
        (Registration.NONE, False, True, False),
        (Registration.PENDING, False, True, False),
        (Registration.REJECTED, False, False, False),
        (Registration.ACCEPTED, True, True, True),
    ],
)
def test_what_a_registration_allows(registration: Registration, sends: bool, answers: bool, obeys: bool) -> None:
    standing = STANDINGS[registration]
    assert (standing.sends, standing.answers, standing.obeys) == (sends, answers, obeys)


@pytest.mark.parametrize(
    ("outcome", "interval", "wait"),
    [
        (Outcome.ACCEPTED, 300, 0),
        (Outcome.PENDING, 10, 10),
        (Outcome.REJECTED, 10, 10),
        (Outcome.PENDING, 0, 60),
        (Outcome.REJECTED, 0, 60),
        (Outcome.REJECTED, -1, 60),
        (Outcome.REJECTED, 2**31, 86_400),
        (Outcome.REFUSED, 0, 60),
        (Outcome.UNANSWERED, 0, 60),
    ],
)
def test_how_long_until_the_next_boot(outcome: Outcome, interval: int, wait: float) -> None:
    """The interval told; the station's own choice of 60 s for 0, nonsense, a CALLERROR or no answer."""
    assert wait_after(outcome, interval, Timing()) == wait


def test_every_outcome_has_a_row() -> None:
    assert set(TRANSITIONS) == set(Outcome)
    assert set(STANDINGS) == set(Registration)


def _conf(status: str, interval: int) -> Any:
    return call_result.BootNotification(current_time="2026-03-01T12:00:00Z", interval=interval, status=status)


@virtual_time
async def test_boots_until_accepted_at_the_supervisions_pace() -> None:
    """Pending 10 s, CALLERROR and no answer 60 s each, Rejected 20 s; then never again."""
    answers: list[Any] = [
        _conf("Pending", 10),
        RefusedError("BootNotification: InternalError"),
        NoAnswerError("no answer"),
        MalformedError("BootNotification: no status"),
        _conf("Rejected", 20),
        _conf("Accepted", 300),
    ]
    loop = asyncio.get_running_loop()
    sent: list[float] = []
    boots: list[Boot] = []
    seen: list[Registration] = []

    async def ask(request: Any, message_id: str | None = None) -> Any:
        sent.append(loop.time())
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def booted(result: Boot) -> None:
        boots.append(result)
        seen.append(registrar.registration)

    registrar = Registrar(boot_notification(config()), Timing(), booted)
    assert registrar.standing is STANDINGS[Registration.NONE]
    await registrar.register(ask)
    first = sent[0]
    assert [round(at - first) for at in sent] == [0, 10, 70, 130, 190, 210]
    pending, rejected = Registration.PENDING, Registration.REJECTED
    assert seen == [pending, pending, pending, pending, rejected, Registration.ACCEPTED]
    assert boots[-1].interval == 300
    await registrar.register(ask)
    assert len(sent) == 6


@virtual_time
async def test_a_triggered_boot_ends_the_wait() -> None:
    """TC 002: what the supervision asked for and accepted counts at once, not when the interval is over."""
    sent: list[float] = []

    async def ask(request: Any, message_id: str | None = None) -> Any:
        sent.append(asyncio.get_running_loop().time())
        return _conf("Pending" if len(sent) == 1 else "Accepted", 3600)

    async def booted(result: Boot) -> None:
        pass

    registrar = Registrar(boot_notification(config()), Timing(), booted)
    task = asyncio.create_task(registrar.register(ask))
    await asyncio.sleep(5)
    await registrar.again(ask)
    await task
    assert [round(at - sent[0]) for at in sent] == [0, 5]
    assert round(asyncio.get_running_loop().time() - sent[0]) == 5


@virtual_time
async def test_a_wait_goes_on_across_a_reconnection() -> None:
    """Rejected for 100 s means silent for 100 s, whatever the link does."""
    loop = asyncio.get_running_loop()
    sent: list[float] = []

    async def ask(request: Any, message_id: str | None = None) -> Any:
        sent.append(loop.time())
        return _conf("Rejected" if len(sent) == 1 else "Accepted", 100)

    async def booted(result: Boot) -> None:
        pass

    registrar = Registrar(boot_notification(config()), Timing(), booted)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(30):
            await registrar.register(ask)
    await registrar.register(ask)
    assert [round(at - sent[0]) for at in sent] == [0, 100]
