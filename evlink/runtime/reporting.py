"""The maintenance report of a running station: gathered here, the same for terminal, command line and supervision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta

from evlink import __version__
from evlink.formats import cfg, toml
from evlink.hardware.built import Facts
from evlink.hardware.built_check import HARDWARE
from evlink.modbus.server import Write
from evlink.report.page import Deed, Event, Material, Message, Update
from evlink.report.words import report_language
from evlink.runtime.bus import Document
from evlink.runtime.clock import StationClock
from evlink.runtime.diagnostics import LogTail, package_versions, without_users
from evlink.settings.registry import SETTINGS, paths
from evlink.settings.values import Values
from evlink.storage.database import Database
from evlink.storage.journal import Kind
from evlink.storage.store import Store

LANGUAGE = "internal.report_global.language"
SECURITY_LOG = "ocpp.security_log"
MOST_MESSAGES = 200
SERIOUS = ("WARNING ", "ERROR ", "CRITICAL ")
LETTERS = "INFO evlink.publication: letter "  # what went to the office
NOT_CONNECTED = "NC"  # as the manual's report says of a modem that is not there


@dataclass(frozen=True, slots=True)
class Sources:
    """Where a report's parts come from in a running station."""

    board: Facts
    store: Store
    clock: StationClock
    stored: Callable[[], Values]
    status: Callable[[], Document]
    pilots: Callable[[], dict[int, dict[str, object]]]
    traces: Callable[[], dict[int, dict[str, object]]]
    writes: Callable[[], tuple[Write, ...]]
    tail: LogTail
    modem_level: Callable[[], str] = lambda: NOT_CONNECTED


@dataclass(frozen=True, slots=True)
class _Stored:
    """What of a report is in the database."""

    boots: int
    events: tuple[Event, ...]
    messages: tuple[Message, ...]
    security: tuple[Message, ...]
    updates: tuple[Update, ...]
    deeds: tuple[Deed, ...]


class Reporter:
    """Makes the report, in the language that is asked for or in its own (N-63)."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    async def html(self, lang: str = "") -> str:
        """The report as one HTML file."""
        from evlink.report import html, sections  # the template engine, for this alone

        return without_users(html.render(sections.build(await self._material(), lang or self.language)))

    async def text(self, lang: str = "", width: int = 80) -> str:
        """The report as lines of at most `width` columns."""
        from evlink.report import sections, text

        return without_users(text.render(sections.build(await self._material(), lang or self.language), width))

    @property
    def language(self) -> str:
        """The report's own language."""
        return report_language(self._sources.stored().get(LANGUAGE))

    async def _material(self) -> Material:
        sources, values = self._sources, self._sources.stored()
        kept = await sources.store.run(_kept)
        return Material(
            at=sources.clock.wall(),
            zone=str(values.get("configuration.date_time.timezone")),
            firmware=__version__,
            boots=kept.boots,
            status=sources.status(),
            product=product_rows(sources.board),
            hardware=hardware_rows(sources.board),
            io_model=sources.board.hardware.io_model,
            network=network_rows(values, sources.modem_level()),
            pilots=sources.pilots(),
            traces=sources.traces(),
            events=kept.events,
            messages=tuple(sorted((*kept.messages, *_serious(sources.tail)), key=lambda m: m.at))[-MOST_MESSAGES:],
            security=kept.security,
            writes=tuple(_written(write, sources.clock) for write in sources.writes()),
            updates=kept.updates,
            deeds=kept.deeds,
            configuration=configuration(values),
            secrets=secrets_of(values),
            versions=package_versions(),
        )


def product_rows(board: Facts) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The rows of section Product Number (status 2.1)."""
    product = board.product
    return (
        ("Commercial Ref", (product.commercial_ref,)),
        ("Factory Code", (product.factory_code,)),
        ("Production Date", (product.production_date,)),
        ("Production Revision", (product.production_revision,)),
        ("Batch Number", (product.batch_number,)),
        ("Unique Identifier", (product.unique_identifier,)),
        ("Product Id", (product.product_id,)),
        ("Serial Number Part 1", tuple(outlet.serial_part1 for outlet in board.outlets)),
        ("Serial Number Part 2", tuple(outlet.serial_part2 for outlet in board.outlets)),
    )


def hardware_rows(board: Facts) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The rows of section Hardware Reference, spelt as in the manual (status 2.12)."""
    known = {field.name for field in fields(board.hardware)}
    return tuple(
        (key, (str(getattr(board.hardware, name)),))
        for key, name in HARDWARE.items()
        if name in known and name != "io_model"
    )


def network_rows(values: Values, modem_level: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The rows of section Network, spelt as in the manual (status 2.14)."""
    outlets = values.facts.outlets

    def setting(name: str) -> str:
        return str(values.get(f"configuration.network.{name}"))

    second = "ip_address_outlet2"
    addresses = tuple(setting("ip_address" if outlet == 1 else second) for outlet in outlets)
    macs = tuple(str(values.get("configuration.network.mac_address", outlet)) or "-" for outlet in outlets)
    return (
        ("Physical Address", macs),
        ("Ip Address", addresses),
        ("DHCP", (str(bool(values.get("configuration.network.dhcp_enabled"))),)),
        ("Sub-Network Mask", (setting("subnet_mask"),)),
        ("Default Gateway", (setting("default_gateway"),)),
        ("Prefered DNS Server", (setting("dns_primary"),)),
        ("Other DNS Server", (setting("dns_secondary"),)),
        ("Modem Signal level", (modem_level,)),
    )


def configuration(values: Values) -> tuple[tuple[str, str], ...]:
    """The configuration as files: the .cfg of the family, and what that has no key for. No secret stands in either."""
    apart = {path: value for path, setting, _, value in values.items() if setting.exportable and setting.cfg is None}
    return ("station.cfg", cfg.write(values)), ("station.toml", toml.write(apart))


def secrets_of(values: Values) -> tuple[tuple[str, bool], ...]:
    """Every secret setting, and whether it is set."""
    return tuple(
        (path, bool(values.get(path)))
        for setting in SETTINGS.values()
        if setting.secret and setting.exportable is False and setting.store.name == "VALUE"
        for path in paths(setting, values.facts)
    )


def _kept(db: Database) -> _Stored:
    """Read what of a report is in the database; each list oldest first."""
    events = tuple(Event(e.outlet, e.event, e.start, e.end, e.detail) for e in reversed(db.events.latest(limit=300)))
    messages = tuple(
        Message(m.at, _said(m.who, m.what, m.detail), m.status)
        for m in reversed(db.journal.latest(Kind.MESSAGE, MOST_MESSAGES))
    )
    security = []
    for one in (db.memory.get(SECURITY_LOG) or {}).get("events", []):
        at = datetime.fromisoformat(str(one["at"]).replace("Z", "+00:00"))
        security.append(Message(at if at.tzinfo else at.replace(tzinfo=UTC), str(one["detail"]), str(one["type"])))
    updates = tuple(Update(u.at, u.outlet, u.what, u.status, u.detail) for u in db.journal.latest(Kind.UPDATE))
    deeds = tuple(Deed(d.at, d.who, d.way, d.what, d.detail) for d in reversed(db.journal.latest(Kind.DEED, 300)))
    return _Stored(int(db.memory.get("boots", 0)), events, messages, tuple(security), updates, deeds)


def _said(*texts: str) -> str:
    return ": ".join(text for text in texts if text)


def _serious(tail: LogTail) -> tuple[Message, ...]:
    """The letters that arrived, and the log's warnings and errors, since the start."""
    found = []
    for at, line in tail.entries():
        level, _, text = line.partition(" ")
        if line.startswith((*SERIOUS, LETTERS)):
            found.append(Message(at, text, level.lower()))
    return tuple(found[-MOST_MESSAGES:])


def _written(write: Write, clock: StationClock) -> Message:
    at = clock.wall() - timedelta(seconds=max(0.0, clock.monotonic() - write.at))
    outlet = f" #{write.outlet}" if write.outlet else ""
    return Message(at, f"{write.peer}: {write.name}{outlet} [{write.address}] {write.old} -> {write.new}")
