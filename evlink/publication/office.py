"""The office: composes the letters that are due, sends what waits, hour by hour, and tries the settings on request.

A letter is composed once, in one transaction with the records in it, and goes out under the same names at every try.
It is counted before a try, not after it: whatever a station dies of, it neither loses a letter nor sends one in a
rush. Only an acknowledgement takes it out of the queue.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from evlink.domain.clock import Clock
from evlink.domain.letter import Letter, LetterKind
from evlink.publication import letter, places, schedule
from evlink.publication.box import Letterbox
from evlink.publication.carrying import Receipt, SendError, Tell
from evlink.publication.letter import Style, zone_of
from evlink.publication.sending import Send
from evlink.settings.label import Label
from evlink.settings.values import Values

LOOK_S = 20.0
AGAIN = timedelta(hours=1)
TRIES = 168  # one an hour for seven days
_DONE, _LAST = "publication.done", "publication.last"
_FREQUENCY = "charge_history.publication.frequency"
_ALARMS = "internal.report_alarm.alarm_enabled"
_NOTHING = Label("", "")
WAITING = "charges could not be sent yet: evlink publication status"
log = logging.getLogger("evlink.publication")


@dataclass(frozen=True, slots=True)
class Trial:
    """A TEST of the settings: how far it is, and what came of it, in words."""

    began: datetime
    running: bool = True
    step: Label = _NOTHING
    ok: bool = False
    text: Label = _NOTHING
    done: int = 0
    total: int = 1

    def document(self) -> dict[str, Any]:
        """As the socket shows it."""
        return {
            "running": self.running,
            "began": _iso(self.began),
            "step": self.step.en,
            "step_fr": self.step.fr,
            "ok": self.ok,
            "text": self.text.en,
            "text_fr": self.text.fr,
            "done": self.done,
            "total": self.total,
        }


class Office:
    """The one that sends. One parcel is on its way at a time."""

    def __init__(self, box: Letterbox, clock: Clock, values: Callable[[], Values], send: Send) -> None:
        self._box = box
        self._clock = clock
        self._values = values
        self._send = send
        self._lock = asyncio.Lock()
        self._next: datetime | None = None  # when the queue is to be looked at; None where it was never
        self._done: tuple[str, datetime | None] | None = None
        self._failing = False
        self.trial: Trial | None = None

    async def run(self) -> None:
        """Do what is due, for ever."""
        while True:
            try:
                await self.step()
            except Exception:  # a disk that is full now may have room in an hour
                log.exception("publication failed")
            await self._clock.sleep(LOOK_S)

    async def step(self) -> None:
        """Do what is due now."""
        async with self._lock:
            now, values = self._clock.wall(), self._values()
            composed = await self._compose(now, values)
            if not composed and self._next is not None and now < self._next <= now + AGAIN:
                return
            for one in await self._box.waiting():
                if not _wanted(one.kind, values):
                    await self._box.withdrawn(one.number)
                elif not now < one.next_try <= now + AGAIN:  # one that lies further off was set by a wrong clock
                    await self._try(one, counted=True)
            await self._look_ahead()

    async def _look_ahead(self) -> None:
        waiting = await self._box.waiting()
        self._failing = any(one.tries and one.kind is LetterKind.RECORDS for one in waiting)
        # Nothing waits: look again in an hour. What is composed meanwhile is looked at all the same.
        self._next = min((one.next_try for one in waiting), default=self._clock.wall() + AGAIN)

    async def _compose(self, now: datetime, values: Values) -> bool:
        """Compose what is due: the records of a slot, and alarms; whether there was any."""
        style = Style.of(values)
        alarm = await self._box.alarm(bool(values.get(_ALARMS)), lambda found: letter.alarm(found, style, now))
        frequency = str(values.get(_FREQUENCY))
        slot = schedule.due(frequency, now, zone_of(values), await self._last_slot(frequency, now, values))
        if slot is None:
            return alarm is not None
        composed = await self._box.gather(lambda found: letter.records(found, style, now))
        await self._slot_done(frequency, slot)
        return alarm is not None or composed is not None

    async def _last_slot(self, frequency: str, now: datetime, values: Values) -> datetime | None:
        """The last slot that was carried out; where the frequency is new, the present one counts so."""
        if self._done is None:
            told = await self._box.recall(_DONE) or {}
            at = told.get("slot")
            self._done = (str(told.get("frequency", "")), datetime.fromisoformat(at) if at else None)
        known, slot = self._done
        if known != frequency:
            self._next = None  # what waits is looked at anew: disabled, it is withdrawn at once
            slot = schedule.latest(frequency, now, zone_of(values))
            await self._slot_done(frequency, slot)
        return slot

    async def _slot_done(self, frequency: str, slot: datetime | None) -> None:
        await self._box.remember(_DONE, {"frequency": frequency, "slot": slot.isoformat() if slot else None})
        self._done = (frequency, slot)

    async def _try(self, one: Letter, counted: bool, tell: Tell = lambda step: None) -> Label | None:
        """Try to send a letter; None where it arrived, else why not. A try that is not counted is one by TEST."""
        if counted:
            await self._box.trying(one.number, self._clock.wall() + AGAIN)
            one = replace(one, tries=one.tries + 1)
        try:
            receipt, text = await self._carry(one, tell)
        except SendError as error:
            await self._not_sent(one, error, counted)
            return error.sentence
        if receipt.served:
            await self._box.served(one.number, receipt.served)
        count = await self._box.delivered(one.number)
        log.info("letter %s arrived: %s", one.name, text.en)
        await self._outcome(one.kind, True, text, one.file, count)
        return None

    async def _carry(self, one: Letter, tell: Tell) -> tuple[Receipt, Label]:
        try:
            return await self._send(letter.parcel(one), one.kind, one.served, self._values(), tell)
        except (SendError, asyncio.CancelledError):
            raise
        except Exception as error:  # what no sentence was written for; its own text may hold a password
            log.error("letter %s: %s", one.name, type(error).__name__)
            name = type(error).__name__
            raise SendError(Label(f"failed ({name})", f"échec ({name})")) from None

    async def _not_sent(self, one: Letter, error: SendError, counted: bool) -> None:
        log.warning("letter %s, try %d of %d: %s", one.name, one.tries, TRIES, error)
        if error.served:
            await self._box.served(one.number, error.served)
        await self._box.failed(one.number, error.sentence.en, error.sentence.fr)
        await self._outcome(one.kind, False, error.sentence, one.file, len(one.records))
        if counted and one.tries >= TRIES:
            text = f"{one.name} was dropped after {one.tries} tries, its charges are kept: {error.sentence.en}"
            await self._box.dropped(one.number, self._clock.wall(), text)

    async def _outcome(self, kind: LetterKind, ok: bool, text: Label, file: str, records: int) -> None:
        told = {"at": _iso(self._clock.wall()), "kind": kind.value, "ok": ok, "text": text.en, "text_fr": text.fr}
        await self._box.remember(_LAST, {**told, "file": file, "records": records})

    # TEST

    @property
    def testing(self) -> bool:
        """Whether a TEST runs."""
        return self.trial is not None and self.trial.running

    def begin(self) -> None:
        """A TEST is about to run."""
        self.trial = Trial(self._clock.wall(), step=Label("waiting for a letter on its way", "attente d'un envoi"))

    async def test(self) -> None:
        """Send a file without charges by the saved settings, then try what waits once more (R-205 to R-207)."""
        self.begin()
        assert self.trial is not None
        ok, text = False, Label("called off", "abandonné")
        try:
            async with self._lock:
                ok, text = await self._test()
        except Exception as error:
            log.error("the test of the publication failed: %s", type(error).__name__)
            text = Label(f"failed ({type(error).__name__})", f"échec ({type(error).__name__})")
        finally:
            self.trial = replace(self.trial, running=False, step=_NOTHING, ok=ok, text=text)

    async def _test(self) -> tuple[bool, Label]:
        values, now = self._values(), self._clock.wall()
        waiting = await self._box.waiting()
        self._told(total=1 + len(waiting))
        parcel = letter.test(Style.of(values), now)
        try:
            _, text = await self._send(parcel, LetterKind.TEST, (), values, self._stepped)
            ok = True
        except SendError as error:
            ok, text = False, error.sentence
        await self._outcome(LetterKind.TEST, ok, text, parcel.file, 0)
        log.info("test of the publication: %s", text.en)
        self._told(done=1)
        sent, problem = 0, None
        for one in waiting:
            why = await self._try(one, counted=False, tell=self._stepped)
            sent, problem = sent + (why is None), problem or why
            self._told(done=1 + sent)
        await self._look_ahead()
        return ok and problem is None, _summed(text, sent, len(waiting), problem)

    def _stepped(self, step: Label) -> None:
        if self.trial is not None:
            self.trial = replace(self.trial, step=step)

    def _told(self, done: int | None = None, total: int | None = None) -> None:
        if self.trial is not None:
            done = self.trial.done if done is None else done
            self.trial = replace(self.trial, done=done, total=self.trial.total if total is None else total)

    # What there is to know

    @property
    def warnings(self) -> tuple[str, ...]:
        """What an operator should know of the publication."""
        return (WAITING,) if self._failing else ()

    async def document(self) -> dict[str, Any]:
        """The state of the publication, as the socket shows it."""
        values, now = self._values(), self._clock.wall()
        frequency = str(values.get(_FREQUENCY))
        ahead = schedule.following(frequency, now, zone_of(values))
        waiting = await self._box.waiting()
        return {
            "frequency": frequency,
            "protocol": values.get(f"{places.PUBLICATION}.protocol"),
            "next": None if ahead is None else _iso(ahead),
            "unsent": await self._box.unsent(),
            "alarms": bool(values.get(_ALARMS)),
            "queue": [_queued(one) for one in waiting],
            "last": await self._box.recall(_LAST),
            "test": None if self.trial is None else self.trial.document(),
        }


def _wanted(kind: LetterKind, values: Values) -> bool:
    """Whether letters of a kind are still to be sent, as the settings stand."""
    if kind is LetterKind.ALARM:
        return bool(values.get(_ALARMS))
    return values.get(_FREQUENCY) != schedule.DISABLED


def _queued(one: Letter) -> dict[str, Any]:
    return {
        "kind": one.kind.value,
        "name": one.name,
        "file": one.file,
        "made": _iso(one.made),
        "records": len(one.records),
        "tries": one.tries,
        "most_tries": TRIES,
        "next_try": _iso(one.next_try),
        "served": list(one.served),
        "problem": one.problem[0],
        "problem_fr": one.problem[1],
    }


def _summed(text: Label, sent: int, waiting: int, problem: Label | None) -> Label:
    """The result of a test with what became of the queue."""
    if not waiting:
        return text
    if problem is None:
        return Label(
            f"{text.en}; sent what waited: {sent} of {waiting}",
            f"{text.fr} ; envois en attente partis : {sent} sur {waiting}",
        )
    if problem.en == text.en:
        return Label(
            f"{text.en}; what waits stays: {waiting - sent} of {waiting}",
            f"{text.fr} ; toujours en attente : {waiting - sent} sur {waiting}",
        )
    return Label(
        f"{text.en}; still waiting: {waiting - sent} of {waiting} ({problem.en})",
        f"{text.fr} ; toujours en attente : {waiting - sent} sur {waiting} ({problem.fr})",
    )


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
