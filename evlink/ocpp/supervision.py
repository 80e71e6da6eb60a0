"""The supervision of the station: one task that keeps the link to the central system, whatever becomes of it."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import Any

from ocpp.v16 import call  # type: ignore[import-untyped]

from evlink.domain.clock import Clock
from evlink.ocpp.config import Present, SupervisionConfig, SupervisionState, Timing
from evlink.ocpp.configuring import Configuring
from evlink.ocpp.connection import ORDINARY, Backoff, NoAnswerError, RenewedError, cause, problem, public_url, reason
from evlink.ocpp.dialect import dialect
from evlink.ocpp.errands import Errands
from evlink.ocpp.exchange import Wire
from evlink.ocpp.keys import MOST_KEYS, PROFILES, Configuration
from evlink.ocpp.link import Answer, Desk, Memory, Outbox
from evlink.ocpp.management import Management
from evlink.ocpp.messages import boot_notification
from evlink.ocpp.modem import modem_answers
from evlink.ocpp.orders import orders
from evlink.ocpp.pulse import Pulse
from evlink.ocpp.queue import TransactionQueue
from evlink.ocpp.registration import Boot, Outcome, Registrar
from evlink.ocpp.remote import Remote
from evlink.ocpp.reservations import Reservations
from evlink.ocpp.samples import meter_values
from evlink.ocpp.smart import Smart
from evlink.ocpp.status import StatusBoard
from evlink.ocpp.tags import Tags
from evlink.ocpp.transport import Station, transport
from evlink.ocpp.triggers import Sender, Triggers
from evlink.ocpp.upkeep import Upkeep
from evlink.ocpp.verdicts import Verdicts

_log = logging.getLogger(__name__)


class Supervision:
    """The link to a central system: OCPP 1.6 or 1.5 over a websocket, 1.5 by SOAP.

    `run` is the whole of it and ends only when cancelled; nothing that a connection does ends it. Registration,
    status, heartbeat interval and queue outlive connections and are made anew with the process. `clock` gives
    labels of time only; durations are the event loop's.
    """

    def __init__(
        self,
        config: SupervisionConfig,
        outbox: Outbox,
        desk: Desk,
        memory: Memory,
        clock: Clock,
        timing: Timing | None = None,
    ) -> None:
        self._present = Present(config)
        self._outbox = outbox
        self._desk = desk
        self._timing = timing or Timing()
        self._wire: Wire | None = None  # while there is one
        self._point: Wire | None = None  # while there is one, and accepted
        self._backoff = Backoff(self._timing.backoff_first_s, self._timing.backoff_cap_s)
        self._errands = Errands()
        self._pulse = Pulse(self._timing, desk.clock_told)
        self._pulse.override(config.heartbeat_s)
        self._registrar = Registrar(boot_notification(config), self._timing, self._booted)
        spoken = dialect(config.version, config.meter_form)
        self._board = StatusBoard(self._present, clock.wall, spoken.state)
        self._tags = Tags(desk.settings, memory, clock.wall)
        self._verdicts = Verdicts(desk.settings, self._tags, self._errands)
        self._queue = TransactionQueue(self._present, outbox, desk, self._count, self._tags.learn)
        self._smart = Smart(self._present, desk, outbox, memory, clock.wall)
        self._reservations = Reservations(self._present, desk, memory, self._registrar, self._board.status, clock.wall)
        self._renew = asyncio.Event()  # what opens the supervision's door has changed
        self._upkeep = Upkeep(self._present, desk, memory, desk.machine, clock.wall, self._renew.set)
        handlers = orders(
            (
                Configuring(Configuration(desk.settings, self._computed_keys, self._upkeep.problem)),
                Remote(self._present, outbox, desk, self._registrar, self._queue, self._smart),
                self._smart,
                self._tags,
                self._reservations,
                Management(self._present, desk, self._errands.announce),
                self._upkeep,
                Triggers(self._present, self._senders(), self._errands.announce, self._upkeep.extended(self._ask)),
            )
        )
        self._reboot_s = 0.0  # event loop time before which a supervision that forgot the station isn't told again
        self._transport = transport(
            self._present,
            self._timing,
            Station(
                spoken,
                handlers,
                lambda: self._registrar.standing.answers,
                self._errands.carry_out,
                self._forgotten,
                self._upkeep.access,
            ),
        )
        self._state = SupervisionState(url=public_url(config.url), protocol=self._transport.protocol)

    @property
    def state(self) -> SupervisionState:
        """What the screen shows of the link."""
        return self._state

    def reconfigure(self, config: SupervisionConfig) -> None:
        """Take the settings as they are now; address and identity are looked at when the next run begins (R-127)."""
        kept = self._present.config
        config = replace(
            config,
            url=kept.url,
            identity=kept.identity,
            version=kept.version,
            callback=kept.callback,
            modem=kept.modem,
        )
        self._present.config, renewed, why = self._upkeep.reconfigured(config)
        self._pulse.override(config.heartbeat_s)
        if why:
            self._errands.announce(self._tell(last_error=why))
        if renewed:
            self._errands.announce(self._upkeep.changed())
            self._renew.set()
        self._errands.carry_out()

    def next_try_s(self, number: int) -> float:
        """Seconds for which a queued message is still held back after a refusal (OCPP 1.6 section 3.7)."""
        return self._queue.next_try_s(number)

    def _computed_keys(self) -> dict[str, str]:
        """The keys that no setting holds, or holds otherwise than they are in force (OCPP 1.6 section 9)."""
        return {
            "HeartbeatInterval": str(self._pulse.interval_s),
            "GetConfigurationMaxKeys": str(MOST_KEYS),
            "NumberOfConnectors": str(self._present.config.connectors),
            "SupportedFeatureProfiles": PROFILES,
            **self._smart.keys(),
            **self._tags.keys(),
            **self._reservations.keys(),
            **self._upkeep.keys(),
        }

    async def run(self) -> None:
        """Keep the link until cancelled; returns at once, saying why in `state.last_error`, where none can be."""
        await self._tags.load()
        why = problem(self._present.config)
        await self._tell(last_error=why)
        if why:
            return
        await self._upkeep.load()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._upkeep.run())
            group.create_task(self._watch())
            group.create_task(self._smart.run())
            group.create_task(self._reservations.run())
            group.create_task(self._transport.run(self._troubled))
            group.create_task(self._keep())

    async def authorise(self, id_tag: str, timeout_s: float = 10.0) -> Answer | None:
        """Ask whether an idTag may charge (OCPP 1.6 sections 3.5 and 4.1).

        None where nobody knows: the supervision is out of reach, refuses to say, or says nothing within `timeout_s`,
        and `Verdicts` finds no answer of the station's own.
        """
        point = self._point if self._registrar.standing.sends else None
        return await self._verdicts.of(id_tag, None if point is None else point.ask, timeout_s)

    async def _watch(self) -> None:
        """Show the station's states to the status board, whether connected or not."""
        while True:
            try:
                async for document in self._desk.changes():
                    self._board.see(document)
            except Exception:
                _log.exception("the station's status could not be followed")
            await asyncio.sleep(self._timing.backoff_first_s)

    async def _keep(self) -> None:
        while True:
            await self._at_the_door()
            try:
                await self._count()
                await self._connect()
            except Exception as error:
                if isinstance(cause(error), RenewedError):
                    continue
                why = reason(error)
                await self._upkeep.failed(error)
                _log.log(
                    logging.WARNING if isinstance(cause(error), ORDINARY) else logging.ERROR,
                    "supervision: %s",
                    why,
                    exc_info=None if isinstance(cause(error), ORDINARY) else error,
                )
                wait_s = self._backoff.next()
                modem = self._present.config.modem
                lost = modem is not None and not await modem_answers(modem.address)
                if modem is not None and lost:
                    why, wait_s = f"the modem at {modem.address} does not answer", modem.retry_s
                await self._tell(last_error=why, modem_lost=lost)
                await asyncio.sleep(wait_s)

    async def _at_the_door(self) -> None:
        """Return once the security profile has all it needs; until then the status says what it lacks."""
        self._renew.clear()
        while why := await self._upkeep.at_the_door():
            await self._tell(last_error=why)
            await self._renew.wait()
            self._renew.clear()

    async def _renewed(self) -> None:
        """End the connection where what opens the door has changed, once the answer to what changed it is out."""
        await self._renew.wait()
        await asyncio.sleep(self._timing.renew_s)
        raise RenewedError

    async def _connect(self) -> None:
        """One connection from its opening to its end, which is always an exception."""
        now = asyncio.get_running_loop().time
        async with self._transport.open() as point:
            self._wire = point
            opened_s = now()
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(point.start())
                    group.create_task(self._greet(point))
                    group.create_task(self._renewed())
                    await self._registrar.register(point.ask)
                    if not point.is_reached:  # by SOAP nothing but an answer shows that the supervision is back
                        await self._pulse.beat(point.ask)
                    self._point = point
                    group.create_task(self._board.run(point.ask))
                    group.create_task(self._queue.run(point.ask))
                    group.create_task(self._upkeep.speak(point.ask))
                    group.create_task(self._pulse.run(point, point.ask))
            finally:
                if now() - opened_s >= self._timing.steady_s:
                    self._backoff.reset()
                self._point = self._wire = None
                self._errands.end()
                await self._tell(connected=False)

    async def _greet(self, point: Wire) -> None:
        await point.reached()
        await self._upkeep.connected()
        await self._tell(connected=True, last_error=self._transport.trouble, modem_lost=False)

    async def _troubled(self) -> None:
        if self._state.connected or self._transport.trouble:
            await self._tell(last_error=self._transport.trouble)

    def _forgotten(self) -> None:
        """The supervision refuses a station that it had accepted, as after a loss of its own: register again."""
        now_s = asyncio.get_running_loop().time()
        if self._registrar.standing.sends and now_s >= self._reboot_s:
            self._reboot_s = now_s + self._timing.boot_retry_s
            self._errands.announce(self._registrar.again(self._ask))
            self._errands.carry_out()

    # What the supervision asks for, once its answer is out

    def _senders(self) -> dict[str, Sender]:
        """What TriggerMessage may ask for (OCPP 1.6 section 5.17)."""
        return {
            "BootNotification": lambda _: self._registrar.again(self._ask),
            "Heartbeat": lambda _: self._pulse.beat(self._ask),
            "MeterValues": self._send_meter_values,
            "StatusNotification": lambda connector: self._board.tell(connector, self._ask),
            **self._upkeep.senders(self._ask),
        }

    async def _ask(self, request: Any, message_id: str | None = None) -> Any:
        """Ask over the connection that there is; NoAnswerError where it is gone."""
        if self._wire is None:
            raise NoAnswerError("the link to the supervision is down")
        return await self._wire.ask(request, message_id)

    async def _send_meter_values(self, connector: int) -> None:
        meter = self._desk.meter(connector)
        if meter is None:
            return
        values = meter_values([meter], self._present.config.lists)
        running = self._desk.charges().get(connector)
        transaction = None if running is None else await self._outbox.transaction_of(running.session)
        if values:
            await self._ask(call.MeterValues(connector_id=connector, transaction_id=transaction, meter_value=values))

    async def _booted(self, boot: Boot) -> None:
        """Take what a BootNotification brought: the time of day, and the heartbeat's interval once accepted."""
        if boot.outcome is Outcome.ACCEPTED:
            self._pulse.set_interval(boot.interval)
        if boot.current_time:
            await self._pulse.told(boot.current_time)
        await self._tell(registration=self._registrar.registration.value)

    async def _count(self) -> None:
        await self._tell(queue=await self._outbox.count())

    async def _tell(self, **changes: Any) -> None:
        """Change the shown state, and tell the desk where that made a difference."""
        state = replace(self._state, **changes)
        if state != self._state:
            self._state = state
            try:
                await self._desk.supervision_changed(state)
            except Exception:
                _log.exception("the state of the supervision could not be told")
