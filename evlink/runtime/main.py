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
from typing import TYPE_CHECKING

from evlink import __version__
from evlink.control.starting import start_detached
from evlink.domain.config import config_from
from evlink.domain.events import BadgeRead, Condition, Configured, HouseSeen
from evlink.domain.record import normal_uid
from evlink.domain.snapshot import Surroundings
from evlink.domain.station import begin
from evlink.domain.words import Evt
from evlink.hardware.readers import BadgeReader, open_readers
from evlink.ocpp.link import Answer
from evlink.publication.carrying import Limits
from evlink.publication.office import Office
from evlink.publication.sending import sender, trust
from evlink.runtime import doctor, logs, opening, simulating
from evlink.runtime.ages import PasswordAges
from evlink.runtime.audit import Audit
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
from evlink.runtime.methods import (
    accounts,
    audit,
    books,
    capture,
    meters,
    pilot,
    publishing,
    queueing,
    replacing,
    report,
    settings,
    station,
    updating,
)
from evlink.runtime.modbus import ModbusRoom, identify
from evlink.runtime.modbus_config import server_config
from evlink.runtime.networking import SSDP, Networking
from evlink.runtime.networking import table as networking_table
from evlink.runtime.notify import Notifier, control_pulse
from evlink.runtime.opening import Opened, StartError
from evlink.runtime.protection import limits_from
from evlink.runtime.readings import Wiring
from evlink.runtime.reporting import Reporter, Sources
from evlink.runtime.rpc import Methods, Session
from evlink.runtime.server import serve
from evlink.runtime.settings_desk import SettingsDesk
from evlink.runtime.supervising import SupervisedSettings, machine_of, supervision_config, supervision_word
from evlink.runtime.timekeeping import Timekeeper
from evlink.runtime.timekeeping import table as timekeeping_table
from evlink.runtime.traces import Traces
from evlink.runtime.updating import SupervisedUpdates, Updates, occupied
from evlink.runtime.updating import Surroundings as UpdatesAround
from evlink.settings.model import Role
from evlink.settings.values import Values
from evlink.storage.letterbox import StoredLetters
from evlink.storage.reset import Reset
from evlink.system import certificate
from evlink.system.clock import Timedatectl
from evlink.system.network import NetworkManager
from evlink.system.programs import Programs
from evlink.system.ssdp import Identity
from evlink.update.boot import BASE
from evlink.update.slots import HEALTH_S, Slots
from evlink.update.trust import FILE as TRUSTED
from evlink.update.trust import load as load_trust

DOMESTIC = "DOMESTIC"
RESTART = 75  # what `run` returns to be started again
READER_WATCH_S = 1.0
log = logging.getLogger("evlink")
if TYPE_CHECKING:
    from evlink.ocpp.supervision import Supervision


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
    await store.run(lambda db: db.memory.count_boot())

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
            warnings=tuple(
                sorted(
                    {
                        *keeper.warnings.values(),
                        *desk.warnings,
                        *office.warnings,
                        *own_warnings(),
                        *(n.text for n in opened.notices),
                    }
                )
            ),
            supervision=supervision_word(desk.supervision, desk.queue, desk.queue_age_s),
            settings_version=settings_desk.version,
            latency=latency_word(keeper.latency()),
            meters=metering.documents(),
            modbus=modbus.word(),
            head_meter=head_meter.word(),
            silent=keeper.silence,
            plugs=tuple(int(values.get("maintenance.update.outlet", o)) for o in values.facts.outlets),
        )

    loop = Loop(state, clock, metering, store, bus, lambda question: authoriser.ask(loop, question), around)
    follow_clock = values.get("configuration.date_time.clock_source") == "manual" and args.speed == 1.0

    def own_warnings() -> tuple[str, ...]:
        moved = networking.warning if networking is not None else ""
        return (*ages.warnings(), *([moved] if moved else []))

    def applied(now: Values) -> None:
        keeper.limits = {o: limits_from(now, o) for o in now.facts.outlets}
        metering.configure(now)
        head_meter.configure(now)
        loop.post(Configured(loop.moment(), config_from(now, columns)))
        changed = supervision_config(now, board)
        if supervision is not None and changed is not None:
            supervision.reconfigure(changed)
        modbus.reconfigure(server_config(now))
        timekeeper.configure(now)

    settings_desk = SettingsDesk(values, opened.settings_file, applied)
    redacting = logs.Redacting(logs.Secrets(lambda: settings_desk.stored))
    for handler in logging.getLogger().handlers:
        handler.addFilter(redacting)

    # The machine under the station: its clock, and its network where it is ours to set.
    ages = PasswordAges(store, clock.wall)
    await ages.load()
    programs = Programs()
    timekeeper = Timekeeper(
        clock,
        Timedatectl(programs) if args.machine else None,
        lambda silent: loop.post(Condition(loop.moment(), 0, Evt.NTP, silent)),
    )
    timekeeper.configure(values)
    networking: Networking | None = None
    if args.machine:

        async def restore(changes: Mapping[str, object]) -> None:
            await settings_desk.apply(changes, Role.ADMIN, imported=True)

        networking = Networking(
            opened.paths.root,
            NetworkManager(programs, args.machine),
            restore,
            lambda: Identity(loop.state.config.name, board.station.model, values.facts.serial_number, __version__),
        )

    traces = Traces()
    reporter = Reporter(
        Sources(
            board=board,
            store=store,
            clock=clock,
            stored=lambda: settings_desk.stored,
            status=lambda: bus.document,
            pilots=lambda: {o: pilot.document(frame) for o, frame in keeper.frames.items()},
            traces=lambda: {o: traces.document(o) for o in values.facts.outlets},
            writes=lambda: modbus.writes(),
            tail=tail,
        )
    )
    updates = Updates(
        Slots(opened.paths.root),
        UpdatesAround(
            trust=partial(load_trust, args.update_keys),
            model=board.station.model,
            outlets=tuple(values.facts.outlets),
            write=lambda entries: store.run(lambda db: db.journal.add(*entries)),
            wall=clock.wall,
            charging=lambda: any(map(occupied, loop.state.outlets)),
            restart=partial(end, RESTART),
            health_s=args.update_health,
        ),
    )
    machine = machine_of(
        opened.paths.root,
        store,
        lambda: bus.document,
        lambda: settings_desk.stored,
        tail,
        reporter,
        SupervisedUpdates(updates),
    )
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
        # A station on its own needs neither the memory nor the time that OCPP's libraries take.
        from evlink.ocpp.supervision import Supervision

        supervision = Supervision(config, store, desk, store, clock)

    # Beside it: what goes to the office by mail, FTP or web.
    office = Office(StoredLetters(store), clock, lambda: settings_desk.in_force, sender(trust, Limits()))

    async def reset(kind: Reset) -> None:
        await desk.settle("HardReset")
        await store.request_reset(kind)
        end(RESTART)

    trail = Audit(lambda entry: store.run(lambda db: db.journal.add(entry)), clock.wall)
    own.trail = trail
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
                ages,
            ),
            **station.status_table(bus),
            **station.order_table(loop, partial(end, RESTART), reset),
            **station.simulator_table(partial(simulating.simulate, opened.paths.root, args.board)),
            **settings.table(settings_desk),
            **books.table(store),
            **publishing.table(office, tasks),
            **replacing.table(store),
            **capture.table(loop, store, lambda: values.facts, tasks),
            **meters.table(metering, lambda: settings_desk.in_force, tasks),
            **pilot.table(keeper, traces),
            **report.table(reporter),
            **audit.table(store),
            **logs.table(tail),
            **doctor.table(
                doctor.Patient(
                    opened.paths,
                    lambda: bus.document,
                    clock.wall,
                    lambda: supervision is not None,
                    lambda: timekeeper.by_server,
                ),
                lambda: store.run(doctor.factory_passwords),
            ),
            **timekeeping_table(timekeeper, lambda: settings_desk.stored),
            **networking_table(networking),
            **updating.table(updates, tasks),
            **queueing.table(store, clock.wall, lambda n: 0.0 if supervision is None else supervision.next_try_s(n)),
        },
        watcher=trail,
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
    device = opened.paths.root / "device"
    log.info(
        "certificate %s", await asyncio.to_thread(certificate.ensure, device, values.facts.serial_number, clock.wall())
    )
    await updates.begin_run()
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
    tasks.start(timekeeper.run())
    if networking is not None:
        await networking.start(values)
        tasks.start(networking.run(bool(values.get(SSDP))))
    tasks.start(office.run())
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, end, 0)
    notifier = Notifier()
    tasks.start(
        notifier.feed(
            {
                "the loop": lambda: _now(loop.state.now),
                "control": lambda: _now(control_pulse(bus.document, keeper.latency(), clock.monotonic())),
                "storage": lambda: store.run(lambda db: clock.monotonic()),
            }
        )
    )
    notifier.say("READY=1")
    log.info("station %s runs", loop.state.config.name)
    try:
        return await ended
    finally:
        notifier.say("STOPPING=1")
        for server in servers:
            server.close()
        await asyncio.sleep(0.05)  # the answer to the order that ends us is still to be sent
        for session in list(open_sessions):
            session.end()
        await tasks.cancel()
        await store.close()


async def _now(value: object) -> object:
    return value


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
    parser.add_argument("--machine", default="")
    parser.add_argument("--update-health", type=float, default=HEALTH_S)
    parser.add_argument("--update-keys", type=Path, default=TRUSTED)
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
        kept = again(sys.argv[1:] if given is None else list(given))
        if (opened.paths.root / "update").is_dir():  # which version starts is not ours to say
            base = os.environ.get(BASE, sys.executable)
            os.execv(base, [base, "-P", "-m", "evlink.update.boot", *kept])  # noqa: S606
        os.execv(sys.executable, [sys.executable, "-m", "evlink.runtime.main", *kept])  # noqa: S606
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
