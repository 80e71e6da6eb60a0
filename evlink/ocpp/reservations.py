"""Reservations: taken, kept over restarts, ended by use, by expiry or by the supervision (OCPP 1.6 section 3.9)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from ocpp.v16 import call_result  # type: ignore[import-untyped]

from evlink.ocpp.chargepoint import Handler
from evlink.ocpp.config import Present
from evlink.ocpp.link import Booking, Desk, Memory
from evlink.ocpp.messages import normal_id_tag, read_time
from evlink.ocpp.registration import Registrar

KEY = "ocpp.reservations"
PERIOD_S = 1.0
# What a connector that can't be reserved is called in the answer (section 7.41).
BUSY = {"Faulted": "Faulted", "Unavailable": "Unavailable"}
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reservation:
    """A booking and the moment at which it lapses."""

    booking: Booking
    expiry: datetime


class Reservations:
    """The reservations that hold, the handlers that change them, and the task that ends them."""

    def __init__(
        self,
        present: Present,
        desk: Desk,
        memory: Memory,
        registrar: Registrar,
        status: Callable[[int], str],
        wall: Callable[[], datetime],
    ) -> None:
        self._present = present
        self._desk = desk
        self._memory = memory
        self._registrar = registrar
        self._status = status
        self._wall = wall
        self._held: tuple[Reservation, ...] = ()

    def table(self) -> Mapping[str, Handler]:
        """Handlers by action."""
        return {"ReserveNow": self.reserve_now, "CancelReservation": self.cancel_reservation}

    def keys(self) -> dict[str, str]:
        """The configuration keys of reservations (section 9.3)."""
        return {"ReserveConnectorZeroSupported": "true"}

    async def run(self) -> None:
        """End what has lapsed or was used, until cancelled."""
        self._held = _read_stored(await self._memory.recall(KEY))
        await self._desk.book(tuple(one.booking for one in self._held))
        while True:
            try:
                used, now = self._desk.booked(), self._wall()
                await self._keep(tuple(r for r in self._held if r.booking.id not in used and r.expiry > now))
            except Exception:  # a full disk must not end the supervision
                _log.exception("reservations could not be followed")
            await asyncio.sleep(PERIOD_S)

    async def _keep(self, held: tuple[Reservation, ...]) -> None:
        if held == self._held:
            return
        await self._memory.remember(KEY, [_stored(one) for one in held])
        self._held = held
        await self._desk.book(tuple(one.booking for one in held))

    # What the supervision asks

    async def reserve_now(
        self, connector_id: int, expiry_date: str, id_tag: str, reservation_id: int, parent_id_tag: str | None = None
    ) -> Any:
        """Reserve a connector, or any (0), for an idTag (section 5.13); the same id again changes the reservation."""
        expiry, tag = read_time(expiry_date), normal_id_tag(id_tag)
        parent = normal_id_tag(parent_id_tag) if parent_id_tag else ""
        possible = 0 <= connector_id <= self._present.config.connectors
        if expiry is None or expiry <= self._wall() or tag is None or parent is None or not possible:
            return call_result.ReserveNow("Rejected")
        if not self._registrar.standing.obeys:
            return call_result.ReserveNow("Rejected")
        others = tuple(one for one in self._held if one.booking.id != reservation_id)
        if len(others) == len(self._held) and (busy := self._busy(connector_id)):
            return call_result.ReserveNow(busy)
        new = Reservation(Booking(reservation_id, connector_id, tag, parent), expiry)
        await self._keep((*others, new))
        return call_result.ReserveNow("Accepted")

    def _busy(self, connector: int) -> str:
        """Why a connector can't be reserved, in OCPP's word; empty where it can."""
        if connector:
            status = self._status(connector)
            return "" if status == "Available" else BUSY.get(status, "Occupied")
        states = [self._status(one) for one in range(1, self._present.config.connectors + 1)]
        anywhere = sum(one.booking.connector == 0 for one in self._held)
        if states.count("Available") > anywhere:
            return ""
        for word in BUSY:
            if all(state == word for state in states):
                return BUSY[word]
        return "Occupied"

    async def cancel_reservation(self, reservation_id: int) -> Any:
        """End a reservation (section 5.1); Rejected where there is none of that id."""
        kept = tuple(one for one in self._held if one.booking.id != reservation_id)
        if len(kept) == len(self._held):
            return call_result.CancelReservation("Rejected")
        await self._keep(kept)
        return call_result.CancelReservation("Accepted")


def _stored(one: Reservation) -> dict[str, Any]:
    return {**asdict(one.booking), "expiry": one.expiry.isoformat()}


def _read_stored(stored: Any) -> tuple[Reservation, ...]:
    return tuple(
        Reservation(
            Booking(**{k: v for k, v in document.items() if k != "expiry"}), datetime.fromisoformat(document["expiry"])
        )
        for document in stored or ()
    )
