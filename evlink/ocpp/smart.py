"""Smart charging: profiles are taken, kept over restarts, followed whether connected or not (OCPP 1.6 section 3.13)."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from ocpp.v16 import call_result  # type: ignore[import-untyped]

from evlink.domain.text import clean
from evlink.ocpp.chargepoint import Handler
from evlink.ocpp.config import Present
from evlink.ocpp.link import Allowance, Desk, Memory, Outbox
from evlink.ocpp.profiles import (
    HIGHEST_STACK_LEVEL,
    MOST_PERIODS,
    MOST_PROFILES,
    TX,
    Period,
    Profile,
    Unfit,
    clear,
    install,
    outdated,
    read_profile,
)
from evlink.ocpp.samples import timestamp
from evlink.ocpp.schedule import (
    LONGEST_SCHEDULE_S,
    Charge,
    Step,
    Supply,
    composite,
    connector_limit,
    station_limit,
)

KEY = "ocpp.profiles"
PERIOD_S = 1.0
_NAMES = tuple(field.name for field in fields(Profile))
_log = logging.getLogger(__name__)


class Smart:
    """The installed profiles, the handlers that change them, and the task that works out what they allow now."""

    def __init__(
        self, present: Present, desk: Desk, outbox: Outbox, memory: Memory, wall: Callable[[], datetime]
    ) -> None:
        self._present = present
        self._desk = desk
        self._outbox = outbox
        self._memory = memory
        self._wall = wall
        self._profiles: tuple[Profile, ...] = ()
        self._offered: dict[int, Profile] = {}  # of remote starts whose charge hasn't begun
        self._allowance = Allowance()
        self._changed = asyncio.Event()

    def table(self) -> Mapping[str, Handler]:
        """Handlers by action."""
        return {
            "SetChargingProfile": self.set_charging_profile,
            "ClearChargingProfile": self.clear_charging_profile,
            "GetCompositeSchedule": self.get_composite_schedule,
        }

    def keys(self) -> dict[str, str]:
        """The configuration keys of smart charging (section 9.4)."""
        return {
            "ChargeProfileMaxStackLevel": str(HIGHEST_STACK_LEVEL),
            "ChargingScheduleAllowedChargingRateUnit": "Current,Power",
            "ChargingScheduleMaxPeriods": str(MOST_PERIODS),
            "ConnectorSwitch3to1PhaseSupported": "false",
            "MaxChargingProfilesInstalled": str(MOST_PROFILES),
        }

    async def run(self) -> None:
        """Follow the profiles until cancelled: what they allow reaches the desk within a second of its change."""
        self._profiles = read_stored(await self._memory.recall(KEY))
        while True:
            self._changed.clear()
            try:
                await self._follow()
            except Exception:  # a full disk must end neither the supervision nor what was allowed before
                _log.exception("charging profiles could not be followed")
            try:
                async with asyncio.timeout(PERIOD_S):
                    await self._changed.wait()
            except TimeoutError:
                pass

    async def _follow(self) -> None:
        now = self._wall()
        charges = self._charges()
        for connector, charge in charges.items():
            if connector in self._offered:
                await self._keep(install(self._profiles, self._bound(self._offered.pop(connector), charge.session)))
        sessions = frozenset(charge.session for charge in charges.values())
        kept = tuple(profile for profile in self._profiles if not outdated(profile, now, sessions))
        if kept != self._profiles:
            await self._keep(kept)
        allowance = self._allowed_now(charges, now)
        if allowance != self._allowance:
            self._allowance = allowance
            await self._desk.allow(allowance)

    def _allowed_now(self, charges: Mapping[int, Charge], now: datetime) -> Allowance:
        supply = self._supply()
        connectors = tuple(
            (one, connector_limit(self._profiles, one, charges.get(one, Charge()), now, supply))
            for one in self._desk.installation().ceilings_a
        )
        return Allowance(station_limit(self._profiles, now, supply), connectors)

    async def _keep(self, profiles: Sequence[Profile]) -> None:
        await self._memory.remember(KEY, [_stored(profile) for profile in profiles])
        self._profiles = tuple(profiles)
        self._changed.set()

    def _charges(self) -> dict[int, Charge]:
        return {
            connector: Charge(running.session, running.began, running.phases)
            for connector, running in self._desk.charges().items()
        }

    def _supply(self) -> Supply:
        wiring = self._desk.installation()
        return Supply(wiring.voltage_v, wiring.phases)

    # What the supervision asks

    async def set_charging_profile(self, connector_id: int, cs_charging_profiles: dict[str, Any]) -> Any:
        """Install a profile (section 5.16); one that makes no sense or fits no charge is Rejected, with a log line."""
        try:
            if not 0 <= connector_id <= self._present.config.connectors:
                raise Unfit(f"there is no connector {connector_id}")
            profile = read_profile(cs_charging_profiles, connector_id, self._wall())
            if profile.purpose == TX:
                profile = await self._of_charge(profile, cs_charging_profiles.get("transaction_id"))
            await self._keep(install(self._profiles, profile))
        except Unfit as why:
            _log.warning("a charging profile was rejected: %s", clean(str(why), 200))
            return call_result.SetChargingProfile("Rejected")
        return call_result.SetChargingProfile("Accepted")

    async def _of_charge(self, profile: Profile, transaction_id: int | None) -> Profile:
        """A TxProfile bound to the charge that runs at its connector; Unfit where it is another's or none runs."""
        charge = self._desk.charges().get(profile.connector)
        if charge is None:
            raise Unfit("a TxProfile needs a running transaction")
        if transaction_id is not None and await self._outbox.session_of(transaction_id) != charge.session:
            raise Unfit(f"transaction {transaction_id} does not run at connector {profile.connector}")
        return self._bound(profile, charge.session)

    def _bound(self, profile: Profile, session: str) -> Profile:
        return replace(profile, session=session)

    def check_offer(self, document: Mapping[str, Any]) -> Profile:
        """The profile that comes with a remote start (section 5.11). Unfit where it is none for a transaction."""
        if str(document.get("charging_profile_purpose")) != TX:
            raise Unfit("the profile of a remote start must be a TxProfile")
        return read_profile(document, 1, self._wall())

    def offer(self, connector: int, profile: Profile) -> None:
        """Keep the profile of a remote start for the charge that begins at a connector."""
        self._offered[connector] = replace(profile, connector=connector)

    def withdraw(self, connector: int) -> None:
        """Forget an earlier remote start's profile that never found its charge."""
        self._offered.pop(connector, None)

    async def clear_charging_profile(
        self,
        id: int | None = None,  # noqa: A002 - the package hands it over by this name
        connector_id: int | None = None,
        charging_profile_purpose: str | None = None,
        stack_level: int | None = None,
    ) -> Any:
        """Clear profiles by criteria (section 5.5); Unknown where none meets them."""
        kept = clear(self._profiles, id, connector_id, charging_profile_purpose, stack_level)
        if len(kept) == len(self._profiles):
            return call_result.ClearChargingProfile("Unknown")
        await self._keep(kept)
        return call_result.ClearChargingProfile("Accepted")

    def get_composite_schedule(self, connector_id: int, duration: int, charging_rate_unit: str | None = None) -> Any:
        """What will be allowed (section 5.7): profiles and installation together, for a week at most."""
        wiring = self._desk.installation()
        if (connector_id and connector_id not in wiring.ceilings_a) or duration < 0:
            return call_result.GetCompositeSchedule("Rejected")
        begin = self._wall()
        length = min(duration, LONGEST_SCHEDULE_S)
        supply = self._supply()
        ceilings = dict(wiring.ceilings_a)
        steps = composite(self._profiles, self._charges(), connector_id, begin, length, supply, ceilings)
        unit = charging_rate_unit or "A"
        return call_result.GetCompositeSchedule(
            "Accepted",
            connector_id=connector_id,
            schedule_start=timestamp(begin),
            charging_schedule={
                "duration": length,
                "start_schedule": timestamp(begin),
                "charging_rate_unit": unit,
                "charging_schedule_period": [_told(step, unit, supply) for step in steps[:MOST_PERIODS]],
            },
        )


def _told(step: Step, unit: str, supply: Supply) -> dict[str, Any]:
    limit = step.amps if unit == "A" else step.amps * supply.voltage_v * supply.phases
    # One decimal at most (section 7.14), never rounded up.
    return {"start_period": step.start, "limit": math.floor(limit * 10 + 1e-6) / 10}


def _stored(profile: Profile) -> dict[str, Any]:
    # Not dataclasses.asdict: its copies of copies cost more than the rest of the answer to SetChargingProfile.
    document = {name: getattr(profile, name) for name in _NAMES}
    document["periods"] = [{"start": one.start, "limit": one.limit, "phases": one.phases} for one in profile.periods]
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in document.items()}


def read_stored(documents: Any) -> tuple[Profile, ...]:
    """The profiles as `remember` kept them; one that can't be read any more is passed over with a log line."""
    profiles: list[Profile] = []
    for document in documents or ():
        try:
            values = dict(document)
            for name in ("since", "start", "valid_from", "valid_to"):
                values[name] = None if values[name] is None else datetime.fromisoformat(values[name])
            values["periods"] = tuple(Period(**period) for period in values["periods"])
            profiles.append(Profile(**values))
        except (KeyError, TypeError, ValueError) as error:
            _log.error("a stored charging profile can't be read: %s", error)
    return tuple(profiles)
