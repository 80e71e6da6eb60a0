"""The registration: who may say what before and after BootNotification (OCPP 1.6 section 4.2, as tables)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from evlink.ocpp.chargepoint import Ask, MalformedError, RefusedError
from evlink.ocpp.config import Timing
from evlink.ocpp.connection import NoAnswerError

_log = logging.getLogger(__name__)


class Registration(StrEnum):
    """What the supervision last said to a BootNotification; empty before it said anything."""

    NONE = ""
    PENDING = "Pending"
    REJECTED = "Rejected"
    ACCEPTED = "Accepted"


class Outcome(StrEnum):
    """How a BootNotification went."""

    ACCEPTED = "Accepted"
    PENDING = "Pending"
    REJECTED = "Rejected"
    REFUSED = "CALLERROR"
    UNANSWERED = "no answer"


@dataclass(frozen=True, slots=True)
class Standing:
    """What a registration allows: to send anything but BootNotification, to answer requests, to obey orders."""

    sends: bool
    answers: bool
    obeys: bool


STANDINGS: dict[Registration, Standing] = {
    Registration.NONE: Standing(sends=False, answers=True, obeys=False),
    Registration.PENDING: Standing(sends=False, answers=True, obeys=False),
    Registration.REJECTED: Standing(sends=False, answers=False, obeys=False),
    Registration.ACCEPTED: Standing(sends=True, answers=True, obeys=True),
}

# None: stays what it was.
TRANSITIONS: dict[Outcome, Registration | None] = {
    Outcome.ACCEPTED: Registration.ACCEPTED,
    Outcome.PENDING: Registration.PENDING,
    Outcome.REJECTED: Registration.REJECTED,
    Outcome.REFUSED: None,
    Outcome.UNANSWERED: None,
}


def wait_after(outcome: Outcome, interval: int, timing: Timing) -> float:
    """Seconds until the next BootNotification; 0 once accepted.

    The supervision's interval where it gave one; where that is 0 or negative, or there was no answer, the
    station's own choice, so that nothing floods (OCPP 1.6 section 4.2). No interval holds longer than a day.
    """
    match outcome:
        case Outcome.ACCEPTED:
            return 0.0
        case Outcome.PENDING | Outcome.REJECTED if interval > 0:
            return min(float(interval), timing.longest_wait_s)
        case _:
            return timing.boot_retry_s


@dataclass(frozen=True, slots=True)
class Boot:
    """One BootNotification's outcome; the last two only where it was answered."""

    outcome: Outcome
    interval: int = 0
    current_time: str = ""


async def boot(ask: Ask, request: Any) -> Boot:
    """Send one BootNotification and sort what comes back."""
    try:
        answer = await ask(request)
    except NoAnswerError:
        return Boot(Outcome.UNANSWERED)
    except (RefusedError, MalformedError) as error:
        _log.warning("BootNotification was not answered with a registration: %s", error)
        return Boot(Outcome.REFUSED)
    return Boot(Outcome(str(answer.status)), int(answer.interval), str(answer.current_time))


class Registrar:
    """The registration of one run of the station; it outlives connections.

    A reconnection alone needs no BootNotification once accepted (OCPP-J 1.6 section 5.4), and a wait that the
    supervision asked for goes on across it.
    """

    def __init__(self, request: Any, timing: Timing, booted: Callable[[Boot], Awaitable[None]]) -> None:
        self.registration = Registration.NONE
        self._request = request
        self._timing = timing
        self._booted = booted
        self._not_before = 0.0
        self._heard = asyncio.Event()  # a BootNotification had its outcome

    @property
    def standing(self) -> Standing:
        """What may be said now."""
        return STANDINGS[self.registration]

    async def register(self, ask: Ask) -> None:
        """Return once the supervision has accepted this station, at once where it already has."""
        now = asyncio.get_running_loop().time
        while self.registration is not Registration.ACCEPTED:
            wait_s = self._not_before - now()
            if wait_s <= 0:
                await self.again(ask)
                continue
            self._heard.clear()
            try:
                async with asyncio.timeout(wait_s):  # one that was triggered may end the wait
                    await self._heard.wait()
            except TimeoutError:
                pass

    async def again(self, ask: Ask) -> None:
        """Send one BootNotification and follow what it brings, as when the supervision asks for it (section 5.17)."""
        result = await boot(ask, self._request)
        self.registration = TRANSITIONS[result.outcome] or self.registration
        self._not_before = asyncio.get_running_loop().time() + wait_after(result.outcome, result.interval, self._timing)
        await self._booted(result)
        self._heard.set()
