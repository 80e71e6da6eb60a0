"""The station process: everything is built here, in reading order, and ends here."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from evlink import __version__
from evlink.control.starting import start_detached
from evlink.domain.config import config_from
from evlink.domain.events import BadgeRead, Condition, Configured, HouseSeen, StopAsked
from evlink.domain.record import normal_uid
from evlink.domain.snapshot import Surroundings
from evlink.domain.station import begin
from evlink.domain.words import Evt
from evlink.hardware.readers import BadgeReader, open_readers
from evlink.ocpp.link import Answer
from evlink.ocpp.supervision import Supervision
from evlink.runtime import opening, simulating
from evlink.runtime.bus import Bus
from evlink.runtime.clock import StationClock
from evlink.runtime.desk import Authoriser, Desk, Tasks
from evlink.runtime.diagnostics import LogTail
from evlink.runtime.facts import document as facts_document
from evlink.runtime.facts import station_columns
from evlink.runtime.heading import HeadMeter
from evlink.runtime.keeper import Keeper
from evlink.runtime.latency import latency_word
from evlink.runtime.loop import Loop
from evlink.runtime.metering import Metering
from evlink.runtime.methods import accounts, books, capture, meters, pilot, queueing, replacing, settings, station
from evlink.runtime.modbus import ModbusRoom, identify, server_config
from evlink.runtime.opening import Opened, StartError
from evlink.runtime.protection import limits_from
from evlink.runtime.readings import Wiring
from evlink.runtime.rpc import Methods, Session
from evlink.runtime.server import serve
from evlink.runtime.settings_desk import SettingsDesk
from evlink.runtime.supervising import SupervisedSettings, machine_of, supervision_config, supervision_word
from evlink.runtime.traces import Traces
from evlink.settings.values import Values
from evlink.storage.reset import Reset

DOMESTIC = "DOMESTIC"
RESTART = 75  # what `run` returns to be started again
READER_WATCH_S = 1.0
log = logging.getLogger("evlink")


async def run(args: argparse.Namespace, opened: Opened, token: str) -> int:
    """Run the station until a signal or an order ends it. Returns 0, or RESTART."""
    board, values = opened.board, opened.values
    tail = LogTail()
    logging.getLogger().addHandler(tail)
    clock = StationClock(args.speed)
    started = datetime.now(UTC).isoformat()
    store = await opening.open_store(opened, clock)
    tasks = Tasks()
    bus = Bus()
    ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def end(code: int) -> None:
        if not ended.done():
            ended.set_result(code)

    # Below the loop: control, with the lifetime registers that storage keeps for it.
    async def rebase(generation: int, totals: Mapping[int, int]) -> dict[int, int]:
        for outlet, total in totals.items():
            await store.run(lambda db, o=outlet, t=total: db.energy.save(o, t))  # type: ignore[misc]
        return await store.run(lambda db: {o: db.energy.attach(o, generation) for o in totals})

    keeper = Keeper(
        opened.paths.root,
        {o.id: Wiring(board.station.attached_cable, o.socket_type == DOMESTIC) for o in board.outlets},
        partial(
            start_detached,
            opened.paths.root,
            board.station.outlets,
            board=args.board,
            speed=args.speed,
            watchdog=None if board.watchdog is None else Path(board.watchdog.device),
            watchdog_s=None if board.watchdog is None else board.watchdog.timeout_s,
        ),
        rebase,
    )

    # Beside control: the meters, whose readings stand in the place of the transformers'.
    metering = Metering(
        keeper, tuple(values.facts.outlets), lambda o, g, base: store.run(lambda db: db.energy.move(o, g, base))
    )
    metering.configure(values)
    head_meter = HeadMeter(metering.serial_bus)
    head_meter.configure(values)

    # The state: stored sessions go on where they were.
    columns = station_columns(board)
    sessions = {s.outlet: s for s in await store.run(lambda db: db.sessions.all())}
    transactions = await store.run(lambda db: {o: db.outbox.transaction_of(s.session) for o, s in sessions.items()})
    state = begin(config_from(values, columns), sessions, transactions)
    await store.run(lambda db: db.events.end_all(clock.wall()))

    # The loop, and who answers its questions.
    supervision: Supervision | None = None

    async def ask_supervision(uid: str) -> Answer | None:
        if supervision is None:
            return None
        timeout = float(settings_desk.in_force.get("configuration.general.authentication_timeout"))
        return await supervision.authorise(uid, timeout)

    authoriser = Authoriser(lambda uid: store.run(lambda db: db.badges.find(uid)), ask_supervision, tasks)

    def around() -> Surroundings:
        return Surroundings(
            firmware=__version__,
            model=board.station.model,
            restart_needed=bool(settings_desk.restart_needed),
            warnings=tuple(sorted({*keeper.warnings.values(), *desk.warnings, *(n.text for n in opened.notices)})),
            supervision=supervision_word(desk.supervision, desk.queue, desk.queue_age_s),
            settings_version=settings_desk.version,
            latency=latency_word(keeper.latency()),
            meters=metering.documents(),
            modbus=modbus.word(),
            plugs=tuple(int(values.get("maintenance.update.outlet", o)) for o in values.facts.outlets),
        )

    loop = Loop(state, clock, metering, store, bus, lambda question: authoriser.ask(loop, question), around)
    follow_clock = values.get("configuration.date_time.clock_source") == "manual" and args.speed == 1.0

    def applied(now: Values) -> None:
        keeper.limits = {o: limits_from(now, o) for o in now.facts.outlets}
        metering.configure(now)
        head_meter.configure(now)
        loop.post(Configured(loop.moment(), config_from(now, columns)))
        changed = supervision_config(now, board)
        if supervision is not None and changed is not None:
            supervision.reconfigure(changed)
        modbus.reconfigure(server_config(now))

    settings_desk = SettingsDesk(values, opened.settings_file, applied)
    machine = machine_of(opened.paths.root, store, lambda: bus.document, lambda: settings_desk.stored, tail)
    own = SupervisedSettings(settings_desk)
    desk = Desk(loop, bus, clock, follow_clock, own, store, machine, partial(end, RESTART))
    modbus = ModbusRoom(
        loop,
        bus,
        clock,
        server_config(values),
        lambda now: identify(board, now),
        tuple(o.serial_part1 for o in board.outlets),
        store,
        partial(desk.restart, False),
    )
    keeper.limits = {o: limits_from(values, o) for o in values.facts.outlets}

    # Above the loop: supervision and the socket.
    config = supervision_config(values, board)
    if config is not None:
        supervision = Supervision(config, store, desk, store, clock)

    async def reset() -> None:
        for outlet in loop.state.outlets:
            loop.post(StopAsked(loop.moment(), outlet.outlet, "HardReset"))
        await store.request_reset(Reset.OPERATIONAL)
        end(RESTART)

    traces = Traces()
    open_sessions: set[Session] = set()
    methods = Methods(
        {
            **accounts.table(
                store,
                accounts.Token(token),
                open_sessions,
                lambda: {
                    "station": loop.state.config.name,
                    "firmware": __version__,
                    "facts": facts_document(values.facts),
                    "running": True,
                    "started": started,
                },
            ),
            **station.status_table(bus),
            **station.order_table(loop, partial(end, RESTART), reset),
            **station.simulator_table(partial(simulating.simulate, opened.paths.root, args.board)),
            **settings.table(settings_desk),
            **books.table(store),
            **replacing.table(store),
            **capture.table(loop, store, lambda: values.facts, tasks),
            **meters.table(metering, lambda: settings_desk.in_force, tasks),
            **pilot.table(keeper, traces),
            **queueing.table(store, clock.wall, lambda n: 0.0 if supervision is None else supervision.next_try_s(n)),
        }
    )
    loop.publish()  # nobody finds the bus empty
    path = args.socket or opened.paths.socket
    servers: list[asyncio.Server] = []
    try:
        servers.append(await serve(path, methods, open_sessions))
        if args.login_socket is not None:
            path = args.login_socket
            servers.append(await serve(path, methods, open_sessions, login=True))
    except OSError as error:
        await store.close()
        raise StartError(str(error) if error.strerror is None else f"{path}: {error.strerror}") from None

    # Everything runs.
    tasks.start(keeper.watch())
    await desk.recall()
    tasks.start(loop.run(args.speed))
    tasks.start(head_meter.run(lambda amps: loop.post(HouseSeen(loop.moment(), amps))))
    tasks.start(metering.run(lambda outlet, event, ko: loop.post(Condition(loop.moment(), outlet, event, ko))))
    tasks.start(traces.follow(lambda: loop.state, bus, clock))
    reader = open_readers(board, opened.paths.root, args.board)
    if reader is not None:
        tasks.start(read_badges(loop, reader))
    if supervision is not None:
        tasks.start(supervision.run())
        tasks.start(desk.count(store))
    tasks.start(modbus.run())
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, end, 0)
    log.info("station %s runs", loop.state.config.name)
    try:
        return await ended
    finally:
        for server in servers:
            server.close()
        await asyncio.sleep(0.05)  # the answer to the order that ends us is still to be sent
        for session in list(open_sessions):
            session.end()
        await tasks.cancel()
        await store.close()


async def read_badges(loop: Loop, reader: BadgeReader) -> None:
    """Post every badge that is read; tell readers that show no sign of life (Evt #1)."""

    async def watch() -> None:
        told: frozenset[int] = frozenset()
        while True:
            silent = reader.silent()
            for outlet in silent ^ told:
                loop.post(Condition(loop.moment(), outlet, Evt.RFID_READER, outlet in silent))
            told = silent
            await asyncio.sleep(READER_WATCH_S)

    async with asyncio.TaskGroup() as group:
        group.create_task(watch())
        async for outlet, text in reader:
            try:
                loop.post(BadgeRead(loop.moment(), outlet, normal_uid(text)))
            except ValueError as error:
                log.warning("%s", error)


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    """The command line of `evlink run`, its defaults filled in."""
    parser = argparse.ArgumentParser(prog="evlink run")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--config", type=Path)
    parser.add_argument("--hardware", default="")
    parser.add_argument("--board", default="simulator")
    parser.add_argument("--socket", type=Path)
    parser.add_argument("--login-socket", type=Path)
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--demo-token-fd", type=int, default=-1)
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> int:
    """Run the station. Exit 0, 1 for what prevents it, 2 for bad input; each in one sentence on stderr."""
    args = arguments(given)
    os.umask(0o077)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    token = ""
    if args.demo_token_fd >= 0:
        with open(args.demo_token_fd, "rb") as pipe:
            token = pipe.read(256).decode("ascii", "replace").strip()
    try:
        opened = opening.open_station(args)
    except StartError as error:
        print(f"evlink: {error}", file=sys.stderr)
        return error.code
    try:
        code = asyncio.run(run(args, opened, token))
    except StartError as error:
        print(f"evlink: {error}", file=sys.stderr)
        return error.code
    finally:
        opened.lock.release()
    if code == RESTART:
        own = [sys.executable, "-m", "evlink.runtime.main", *again(sys.argv[1:] if given is None else list(given))]
        os.execv(sys.executable, own)  # noqa: S606 - the same program again
    return code


def again(given: Sequence[str]) -> list[str]:
    """The arguments of a restart: what was read once, from --config or the token's pipe, is not read twice."""
    kept: list[str] = []
    words = iter(given)
    for word in words:
        name, equals, _ = word.partition("=")
        if name in ("--config", "--demo-token-fd"):
            if not equals:
                next(words, None)
            continue
        kept.append(word)
    return kept


if __name__ == "__main__":
    sys.exit(main())
