"""The report of a station: one text for terminal, command line and supervision, and no secret in any of them."""

from __future__ import annotations

import base64
import io
import json
import logging
import tarfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from argon2 import PasswordHasher

from evlink.hardware import facts as board_facts
from evlink.modbus.server import Write
from evlink.ocpp.link import Installing
from evlink.runtime.clock import StationClock
from evlink.runtime.diagnostics import LogTail
from evlink.runtime.facts import settings_facts
from evlink.runtime.methods import report
from evlink.runtime.reporting import Reporter, Sources
from evlink.runtime.rpc import Failure, Methods, Session
from evlink.runtime.supervising import machine_of
from evlink.settings.registry import SETTINGS
from evlink.settings.values import Values
from evlink.storage.journal import Entry, Journal, Kind
from evlink.storage.state import Lock, prepare
from evlink.storage.store import Store

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
BOARD = board_facts.preset("parking", 2, 3)
HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


class Stopped(StationClock):
    """A clock that stands: what is made twice is the same."""

    def wall(self) -> datetime:
        """Noon."""
        return NOON

    def monotonic(self) -> float:
        """A hundred seconds."""
        return 100.0


class Nothing:
    """An update mechanism that is not asked."""

    async def check(self, package: Path) -> str:
        """Refuse."""
        return "no"

    async def install(self, package: Path) -> Installing:
        """Refuse."""
        return Installing.FAILED

    async def finished(self) -> Installing | None:
        """Nothing was."""
        return None


STATUS: dict[str, Any] = {
    "station": {"name": "S", "supervision": {"url": "wss://user:UrlCanary77@central.example/x"}, "warnings": []},
    "outlets": [{"id": 1, "plug": 102}, {"id": 2, "plug": 103}],
    "events": {"12": ["OK", "KO"]},
}


async def made(tmp_path: Path, values: Values, tail: LogTail) -> tuple[Reporter, Store, Lock]:
    paths = prepare(tmp_path / "state")
    lock = Lock(paths)
    lock.acquire()
    clock = Stopped()
    store = await Store.open(paths, clock, HASHER)
    sources = Sources(
        board=BOARD,
        store=store,
        clock=clock,
        stored=lambda: values,
        status=lambda: STATUS,
        pilots=dict,
        traces=dict,
        writes=lambda: (Write(90.0, "10.0.0.9", 1, 40, "setPoint", 0, 16),),
        tail=tail,
    )
    return Reporter(sources), store, lock


async def test_everybody_gets_the_same_bytes(tmp_path: Path) -> None:
    """R-219: the socket's pieces, which terminal and command line join, and the diagnostics of the supervision."""
    values, tail = Values(settings_facts(BOARD)), LogTail()
    reporter, store, lock = await made(tmp_path, values, tail)
    try:
        for number in range(400):
            text = f"line {number} " + "x" * 300
            entries = (Entry(Kind.MESSAGE, NOON, text, text), Entry(Kind.DEED, NOON, text, text))
            await store.run(lambda db, e=entries: db.journal.add(*e))  # type: ignore[misc]
        methods = Methods(report.table(reporter))
        session = Session(None, trusted=True)
        pieces: list[str] = []
        offset: int | None = 0
        while offset is not None:
            answer = await methods.call(session, "report", {"offset": offset})
            assert len(json.dumps(answer)) < 1 << 20
            pieces.append(answer["text"])
            offset = answer["next"]
        page = "".join(pieces)
        assert len(pieces) > 1
        assert page == await reporter.html()
        machine = machine_of(tmp_path, store, lambda: STATUS, lambda: values, tail, reporter, Nothing())
        await machine.diagnostics.collect(tmp_path / "d", None, None, True)
        with tarfile.open(tmp_path / "d") as archive:
            member = archive.extractfile("diagnostics/report.html")
            assert member is not None
            assert member.read() == page.encode()
        assert "10.0.0.9: setPoint #1 [40] 0 -&gt; 16" in page
        with pytest.raises(Failure, match="offset 9: the report has 0"):
            await methods.call(session, "report", {"offset": 9})
    finally:
        await store.close()
        lock.release()


async def test_the_report_has_a_language_of_its_own(tmp_path: Path) -> None:
    """N-63: apart from that of the screens, which may ask for theirs."""
    values = Values(settings_facts(BOARD)).with_changes({"internal.report_global.language": "fr-fr"})
    reporter, store, lock = await made(tmp_path, values, LogTail())
    try:
        assert "Rapport de maintenance" in await reporter.html()
        assert (await reporter.text("en")).startswith("Maintenance report")
    finally:
        await store.close()
        lock.release()


async def test_no_secret_is_in_what_leaves_the_station(tmp_path: Path) -> None:
    """S07: unique values in every secret, searched raw, in base64, hexadecimal, as in a URL, and unpacked."""
    values, canaries = Values(settings_facts(BOARD)), []
    for number, setting in enumerate(SETTINGS.values()):
        if setting.secret and setting.store.name == "VALUE":
            canaries.append(f"Canary{number:03d}" + "q" * 12)
            values = values.with_changes({setting.key: canaries[-1]})
    assert len(canaries) >= 4
    tail = LogTail()
    logging.Logger("evlink.x").addHandler(tail)
    tail.handle(logging.LogRecord("n", logging.WARNING, "", 0, "to ftp://me:UrlCanary77@x/y", None, None))
    reporter, store, lock = await made(tmp_path, values, tail)
    try:
        machine = machine_of(tmp_path, store, lambda: STATUS, lambda: values, tail, reporter, Nothing())
        await machine.diagnostics.collect(tmp_path / "d", None, None, True)
        with tarfile.open(tmp_path / "d") as archive:
            unpacked = b"".join(archive.extractfile(one).read() for one in archive)  # type: ignore[union-attr]
        text = (await reporter.html()) + (await reporter.text()) + repr(values) + repr(Session(None, True))
        try:
            raise ValueError(values)
        except ValueError as error:
            stream = io.StringIO()
            handler = logging.StreamHandler(stream)
            handler.handle(logging.LogRecord("n", logging.ERROR, "", 0, "x", None, (ValueError, error, None)))
            text += stream.getvalue()
        searched = text.encode() + unpacked
        assert b"central.example/x" in searched
        for canary in (*canaries, "UrlCanary77"):
            plain = canary.encode()
            forms = (plain, plain.hex().encode(), quote(canary).encode(), plain[3:], plain[::-1])
            turned = [base64.b64encode(b"_" * shift + plain)[4:-4] for shift in range(3)]
            for form in (*forms, *turned):
                assert form not in searched, (canary, form)
    finally:
        await store.close()
        lock.release()


async def test_the_journal_is_bounded_and_cleaned(tmp_path: Path) -> None:
    """S24: a line is a line; the newest of each kind are kept, whatever happens to the other kinds."""
    _, store, lock = await made(tmp_path, Values(settings_facts(BOARD)), LogTail())
    try:

        def fill(journal: Journal) -> None:
            journal.add(Entry(Kind.DEED, NOON, "set", "a\nb\x1b[2J" + "y" * 900, who="admin\u202e"))
            journal.add(*(Entry(Kind.UPDATE, NOON, f"p{n}", outlet=1) for n in range(230)))

        await store.run(lambda db: fill(db.journal))
        (deed,) = await store.run(lambda db: db.journal.latest(Kind.DEED))
        assert deed.detail.startswith("ab[2Jy")
        assert len(deed.detail) == 400
        assert deed.who == "admin"
        updates = await store.run(lambda db: db.journal.latest(Kind.UPDATE, 1000))
        assert len(updates) == 200
        assert updates[0].what == "p229"
    finally:
        await store.close()
        lock.release()
