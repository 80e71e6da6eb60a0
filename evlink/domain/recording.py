"""The books of a charge: opening a session, its meter values, and its charge record (R-192, R-193)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import NAMESPACE_OID, uuid5

from evlink.domain.effects import CloseSession, Durable, Enqueue, SaveEnergy, SaveSession
from evlink.domain.events import Moment
from evlink.domain.record import (
    ChargeRecord,
    MeterReading,
    TransactionEnded,
    TransactionSampled,
    TransactionStarted,
)
from evlink.domain.session import OpenSession
from evlink.domain.state import Config, Holder, OutletState, Reading
from evlink.domain.words import DOMESTIC

MVAS_PER_WH = 3_600_000
MOST_READINGS = 60
LEASE_S = 60.0  # how long a charge goes on without a permit
CLOCK_SLACK_S = 5.0  # between the two clocks; a second or two is NTP's
LONGEST_ABSENCE_S = 7 * 86_400.0  # a clock that says more was set meanwhile


def watt_hours(mvas: int) -> int:
    """Whole watt-hours of an energy in milli-volt-ampere-seconds; the remainder stays in the register."""
    return mvas // MVAS_PER_WH


def measured(config: Config, reading: Reading | None) -> tuple[tuple[float, float, float], int]:
    """Volts phase to neutral and watts: the meter's, or the voltage entered and apparent power (R-160 to R-163)."""
    if reading is not None and reading.metered is not None:
        return reading.metered.voltage_v, reading.metered.power_w
    volts = float(config.voltage_v)
    voltage = (volts, volts, volts) if config.phases == 3 else (volts, 0.0, 0.0)
    return voltage, 0 if reading is None else round(sum(reading.current_a) * volts)


def meter(config: Config, outlet: OutletState, moment: Moment, context: str) -> MeterReading:
    """What the outlet's meter shows at a moment."""
    reading = outlet.reading
    if reading is None:
        return MeterReading(at=moment.wall, energy_wh=0, context=context)
    voltage, power = measured(config, reading)
    return MeterReading(
        at=moment.wall,
        energy_wh=watt_hours(reading.energy_mvas),
        current_a=reading.current_a,
        voltage_v=voltage,
        power_w=power,
        limit_a=reading.limit_a,
        context=context,
    )


def open_session(
    config: Config, outlet: OutletState, holder: Holder, moment: Moment
) -> tuple[OutletState, list[Durable]]:
    """Open a session at the start of the charge loop; told to the supervision in the same transaction."""
    energy = outlet.reading.energy_mvas if outlet.reading else 0
    # A name made of facts, so that folding stays pure: register and time tell two sessions of an outlet apart.
    name = uuid5(NAMESPACE_OID, f"{outlet.config.station_id}/{outlet.outlet}/{moment.wall.isoformat()}/{energy}")
    session = OpenSession(
        session=str(name),
        outlet=outlet.outlet,
        uid=holder.uid,
        id_tag=holder.id_tag,
        start=moment.wall,
        energy_start_mvas=energy,
        energy_mvas=energy,
        comment=holder.comment,
        vip=holder.vip,
        remote=holder.remote,
        socket_type=DOMESTIC if outlet.on_domestic else outlet.config.socket_type,
        parent_id=holder.parent_id,
        told=config.supervised,
        next_sample_s=float(config.sample_interval_s),
        aligned=_round_time(config, moment),
        reservation_id=holder.reservation_id,
    )
    begin = meter(config, outlet, moment, "Transaction.Begin")
    session = _kept(config, session, begin)
    durable: list[Durable] = [SaveSession(session)]
    if config.supervised:
        started = TransactionStarted(session.session, outlet.outlet, holder.id_tag, begin, holder.reservation_id)
        durable.append(Enqueue(started))
    opened = replace(
        outlet,
        session=session,
        holder=None,
        session_began=moment.at,
        resumed_elapsed_s=0.0,
        energy_saved_at=moment.at,
        stop_reason="",
        stopped_by="",
        transaction_id=None,
        invalid_from_mvas=None,
    )
    return opened, durable


def _round_time(config: Config, moment: Moment) -> int:
    """The present interval of clock-aligned meter values, counted from 1970 (OCPP's ClockAlignedDataInterval)."""
    return int(moment.wall.timestamp() // config.aligned_interval_s) if config.aligned_interval_s > 0 else -1


def _kept(config: Config, session: OpenSession, reading: MeterReading) -> OpenSession:
    """The session with one more reading for StopTransaction; of too many every second one goes, never the first."""
    if not (config.keep_readings and session.told):
        return session
    readings = session.readings if len(session.readings) < MOST_READINGS else session.readings[::2]
    return replace(session, readings=(*readings, reading))


def resume(
    config: Config, outlet: OutletState, session: OpenSession, moment: Moment
) -> tuple[OutletState, list[Durable]]:
    """Take up a stored session after a restart, as far as the lease that it charged under still held.

    Where control still holds its permit, the session lasted on while no station ran, as the time of day says. A lease
    that lapsed ends it now. Without a word from control, which began anew itself, it goes on only where that took no
    longer than a lease; else it ended where it was last stored (OCPP 1.6 section 4.10, Reboot and PowerLoss).
    """
    away = (moment.wall - session.start).total_seconds() - session.elapsed_s
    plausible = away if 0.0 <= away <= LONGEST_ABSENCE_S else 0.0
    taken = replace(
        outlet,
        session_began=moment.at,
        energy_saved_at=moment.at,
        resumed_elapsed_s=session.elapsed_s + plausible,
    )
    if outlet.reading is not None and outlet.reading.lapsed:
        return replace(taken, stop_reason="Reboot"), []
    leased = outlet.reading is not None and outlet.reading.leased
    if not leased and not -LEASE_S <= away <= LEASE_S + config.log_period_s:
        last = Moment(moment.at, session.start + timedelta(seconds=session.elapsed_s))
        return close_session(config, replace(taken, stop_reason="PowerLoss"), last)
    return taken, []


def elapsed(outlet: OutletState, at: float) -> float:
    """Monotonic seconds of a session, those before a restart included."""
    return outlet.resumed_elapsed_s + (at - outlet.session_began)


def books_due(outlet: OutletState, at: float) -> bool:
    """Whether an open session has passed another whole second, on which meter values fall too."""
    return outlet.session is not None and elapsed(outlet, at) // 1.0 != outlet.session.elapsed_s // 1.0


def follow(config: Config, outlet: OutletState, moment: Moment) -> tuple[OutletState, list[Durable]]:
    """Keep an open session's books: its energy and phases now, a meter value each interval, a save each period."""
    session, reading = outlet.session, outlet.reading
    if session is None or reading is None:
        return outlet, []
    seconds = elapsed(outlet, moment.at)
    gained = max(0, reading.energy_mvas - session.energy_mvas)
    kinds = {1: "AC_SINGLE_PHASE", 2: "AC_SINGLE_PHASE", 3: "AC_THREE_PHASE"}
    session = replace(
        session,
        energy_mvas=max(session.energy_mvas, reading.energy_mvas),
        estimated_mvas=session.estimated_mvas + (gained if reading.estimated else 0),
        elapsed_s=seconds,
        charging=reading.contactor,
        charge_type=kinds.get(reading.phases_used, session.charge_type),
    )
    durable: list[Durable] = []
    if session.told and config.sample_interval_s > 0 and seconds >= session.next_sample_s:
        # A clock that jumped over several intervals owes one value, not a burst.
        missed = int((seconds - session.next_sample_s) // config.sample_interval_s)
        session = replace(session, next_sample_s=session.next_sample_s + (missed + 1) * config.sample_interval_s)
        sample = meter(config, outlet, moment, "Sample.Periodic")
        session = _kept(config, session, sample)
        durable.append(Enqueue(TransactionSampled(session.session, outlet.outlet, sample)))
    aligned = _round_time(config, moment)
    if session.told and aligned != session.aligned:
        if aligned > session.aligned >= 0:  # not at a clock set back, nor where the interval was just set
            sample = meter(config, outlet, moment, "Sample.Clock")
            session = _kept(config, session, sample)
            durable.append(Enqueue(TransactionSampled(session.session, outlet.outlet, sample)))
        session = replace(session, aligned=aligned)
    if durable or moment.at - outlet.energy_saved_at >= config.log_period_s:
        durable += [SaveSession(session), SaveEnergy(outlet.outlet, reading.energy_mvas)]
        outlet = replace(outlet, energy_saved_at=moment.at)
    return replace(outlet, session=session), durable


def _marked(comment: str, estimated_wh: int) -> str:
    """The comment of a record, with the share that the transformers counted in place of the meter (R-163)."""
    return f"{comment} (CT: {estimated_wh} Wh)".lstrip() if estimated_wh else comment


def _began(session: OpenSession, end: Moment) -> tuple[datetime, int]:
    """When a session began by the clock at its end, and by how many seconds that was set meanwhile (N-56).

    The later clock is believed: somebody set it. So a charge begins before it ends, whatever became of the clock.
    """
    lasted = timedelta(seconds=session.elapsed_s)
    step = (end.wall - session.start - lasted).total_seconds()
    if abs(step) <= CLOCK_SLACK_S and session.start <= end.wall:
        return session.start, 0
    return end.wall - lasted, round(step)


def close_session(config: Config, outlet: OutletState, moment: Moment) -> tuple[OutletState, list[Durable]]:
    """Write the charge record and tell the supervision, in one transaction."""
    session = outlet.session
    if session is None:
        return outlet, []
    reason = outlet.stop_reason or "Other"
    start, clock_set_s = _began(session, moment)
    used = session.energy_mvas - session.energy_start_mvas
    started, ended = watt_hours(session.energy_start_mvas), watt_hours(session.energy_mvas)
    record = ChargeRecord(
        number=0,
        session=session.session,
        station=outlet.config.station_id,
        outlet=outlet.outlet,
        transaction_id="" if outlet.transaction_id is None else str(outlet.transaction_id),
        uid=session.uid,
        charge_type=session.charge_type or "AC_SINGLE_PHASE",
        start=start,
        end=moment.wall,
        # Supervised, record and StopTransaction must agree to the watt-hour: both are differences of the register.
        energy_wh=ended - started if session.told else watt_hours(used),
        socket_type=session.socket_type,
        duration_s=round(session.elapsed_s),
        comment=_marked(session.comment, watt_hours(session.estimated_mvas)),
        reason=reason,
        estimated_wh=watt_hours(session.estimated_mvas),
        clock_set_s=clock_set_s,
    )
    durable: list[Durable] = [CloseSession(record), SaveEnergy(outlet.outlet, session.energy_mvas)]
    if session.told:
        last = replace(meter(config, outlet, moment, "Transaction.End"), energy_wh=ended)
        readings = (*session.readings, last) if session.readings else ()
        ended_message = TransactionEnded(session.session, outlet.outlet, outlet.stopped_by, last, reason, readings)
        durable.append(Enqueue(ended_message))
    return replace(outlet, session=None, invalid_from_mvas=None), durable
