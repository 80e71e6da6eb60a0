"""The queue: what is sent when, how often it is tried, nothing lost, nothing twice (R-197, R-204 to R-207)."""

from __future__ import annotations

import asyncio
import csv
import io
import random
import re
import socket
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from evlink.domain.letter import LetterKind
from evlink.domain.words import Evt
from evlink.publication.carrying import Limits, Parcel
from evlink.publication.sending import Send, sender, trust
from tests.publication.bench import Bench, bench
from tests.publication.servers import Folder, Forms, Mails, ftp_server, mail_server, web_server
from tests.unit.storage_bench import record


def closed_port() -> int:
    """A port of this machine on which nobody listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def numbers(content: bytes) -> list[int]:
    """The charge numbers in a file."""
    return [int(row[0]) for row in list(csv.reader(io.StringIO(content.decode()), delimiter=";"))[1:]]


async def queue(one: Bench) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await one.office.document())["queue"]
    return found


async def events(one: Bench) -> list[str]:
    return [event.detail for event in await one.store.run(lambda db: db.events.latest()) if event.detail]


async def test_a_year_of_days_sends_each_record_once(tmp_path: Path) -> None:
    """R-196, R-197: the office over a year of virtual time, a charge a day: 365 files, each charge in one of them."""
    async with bench(tmp_path, now=datetime(2026, 1, 1, 12, tzinfo=UTC)) as one, web_server() as forms:
        one.http(forms.port)
        for day in range(365):
            await one.write(record(f"s{day}"))
            for _ in range(2):
                one.clock.forward(12 * 3600)
                await one.office.step()
            if day % 100 == 50:
                await one.again()
        assert len(forms.received) == 365
        assert [numbers(content) for _, _, content in forms.received] == [[n] for n in range(1, 366)]
        assert len({name for _, name, _ in forms.received}) == 365
        assert await one.unpublished() == []


HASTE = Limits(answer_s=0.005, all_s=0.008)
BAD = ("down", "4xx", "5xx", "hang", "drop", "ftp", "http")


def spoil(one: Bench, way: str, mails: Mails, folder: Folder, forms: Forms) -> Send:
    """Set where to, and how the server there fails; what sends."""
    mails.answer, mails.hang, mails.drop = "", way == "hang", way == "drop"
    match way:
        case "down":
            one.mail(closed_port())
        case "ftp":
            one.ftp(folder.port, passive=True)
            folder.refuse["STOR"] = "452 no room"
        case "http":
            one.http(forms.port)
            forms.status = 503
        case _:
            one.mail(mails.port)
            mails.answer = {"4xx": "451 4.7.1 later", "5xx": "554 5.7.1 never"}.get(way, "")
    return sender(cache(trust), HASTE) if way == "hang" else one.send


@pytest.mark.parametrize("ways", [BAD, *(pytest.param((way,), marks=pytest.mark.faults) for way in BAD)], ids="-".join)
async def test_168_tries_one_an_hour_then_an_event(tmp_path: Path, ways: tuple[str, ...]) -> None:
    """R-204: whatever the server does, a letter is tried once an hour for seven days and dropped; the records stay."""
    tries: list[datetime] = []
    async with bench(tmp_path) as one, mail_server() as mails, web_server() as forms:
        with ftp_server(tmp_path / "ftp") as folder:
            one.mail(closed_port())

            async def counted(parcel: Parcel, kind: LetterKind, served: tuple[str, ...], values: Any, tell: Any) -> Any:
                send = spoil(one, ways[len(tries) % len(ways)], mails, folder, forms)
                tries.append(one.clock.now)
                return await send(parcel, kind, served, one.values, tell)

            plain, one.send = one.send, counted
            await one.again()
            one.send = plain

            await one.write(record("a"), record("b"))
            one.clock.forward(86_400)
            for _ in range(168 * 2 + 20):  # looks every half an hour, for longer than a week
                await one.office.step()
                one.set(frequency="monthly")  # what is composed meanwhile would be another letter
                one.clock.forward(1800)
            assert len(tries) == 168
            gaps = {later - earlier for earlier, later in pairwise(tries)}
            assert gaps == {timedelta(hours=1)}
            assert await queue(one) == []
            assert await one.unpublished() == [1, 2]
            (text,) = await events(one)
            assert re.search(r"was dropped after 168 tries, its charges are kept: ", text)
            assert (forms.received, folder.files()) == ([], {})
            # What a server took and did not acknowledge is the same mail each time.
            assert len(set(mails.raw)) == ("drop" in ways)


async def test_dropped_records_go_with_the_next_letter(tmp_path: Path) -> None:
    """R-204: a dropped letter loses no charge: the next one has them too."""
    async with bench(tmp_path) as one, mail_server() as mails:
        one.mail(closed_port())
        await one.write(record("a"))
        await one.publish()
        (waiting,) = await one.box.waiting()
        for _ in range(166):
            await one.box.trying(waiting.number, one.clock.now)
        one.clock.forward(3600)
        await one.office.step()
        assert await queue(one) == []
        one.mail(mails.port)
        await one.write(record("b"))
        await one.publish()
        (part,) = mails.received[0].iter_attachments()
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        assert numbers(content) == [2, 1]


@pytest.mark.parametrize("way", ["mail", "ftp", "http"])
async def test_a_lost_acknowledgement_brings_the_same_letter(tmp_path: Path, way: str) -> None:
    """A server takes a letter and drops the connection: the next try has the same Message-ID, name and bytes."""
    async with bench(tmp_path) as one, mail_server() as mails, web_server() as forms:
        with ftp_server(tmp_path / "ftp") as folder:
            match way:
                case "mail":
                    one.mail(mails.port)
                    mails.drop = True
                case "ftp":
                    one.ftp(folder.port, passive=True)
                    folder.drop = "RNTO"
                case _:
                    one.http(forms.port)
                    forms.drop = True
            await one.write(record("a"))
            await one.publish()
            (waiting,) = await queue(one)
            assert waiting["problem"].endswith("the server broke the connection off")
            mails.drop = forms.drop = False
            folder.drop = ""
            await one.write(record("b"))  # goes into a letter of its own, not into the one on its way
            one.clock.forward(3600)
            await one.again()
            await one.office.step()
            assert await queue(one) == []
            assert await one.unpublished() == [2]
            match way:
                case "mail":
                    first, second = mails.received
                    assert mails.raw[0] == mails.raw[1]
                    assert first["Message-ID"] == second["Message-ID"]
                case "ftp":
                    ((_, content),) = folder.files().items()
                    assert numbers(content) == [1]
                    assert [c.split()[0] for c in folder.commands].count("STOR") == 1  # known again by its name
                case _:
                    assert forms.received[0] == forms.received[1]
                    assert forms.headers[0]["Idempotency-Key"] == forms.headers[1]["Idempotency-Key"]


async def test_half_a_file_is_stored_anew(tmp_path: Path) -> None:
    """R-202: a file of that name that is not whole is replaced."""
    async with bench(tmp_path) as one:
        with ftp_server(tmp_path / "ftp") as folder:
            one.ftp(folder.port, passive=True)
            folder.refuse["STOR"] = "452 no room"
            await one.write(record("a"))
            await one.publish()
            (waiting,) = await queue(one)
            (tmp_path / "ftp" / waiting["file"]).write_bytes(b"half")
            folder.refuse.clear()
            await one.office.test()
            assert numbers(folder.files()[waiting["file"]]) == [1]


async def test_only_those_who_lack_a_mail_get_it_again(tmp_path: Path) -> None:
    """R-201: of several recipients the refused one is tried again, the others are not sent the mail twice."""
    async with bench(tmp_path) as one, mail_server() as mails:
        one.mail(mails.port, to="a@test.org;b@test.org;c@test.org")
        mails.refused = {"b@test.org"}
        await one.write(record("a"))
        await one.publish()
        (waiting,) = await queue(one)
        assert waiting["served"] == ["a@test.org", "c@test.org"]
        assert waiting["problem"] == "b@test.org does not get it: 550 5.1.1 no mailbox b@test.org"
        assert waiting["problem_fr"] == "b@test.org ne le reçoit pas : 550 5.1.1 no mailbox b@test.org"
        mails.refused.clear()
        one.clock.forward(3600)
        await (await one.again()).step()
        assert [to for _, to in mails.envelopes] == [["a@test.org", "c@test.org"], ["b@test.org"]]
        assert await one.unpublished() == []


async def test_tries_are_counted_before_they_are_made(tmp_path: Path) -> None:
    """A station that dies in a try, again and again, makes no more than one an hour."""
    async with bench(tmp_path) as one, web_server() as forms:
        one.http(forms.port)
        forms.hang = True
        await one.write(record("a"))
        one.clock.forward(86_400)
        dying = asyncio.create_task(one.office.step())
        while not (await one.box.waiting()) or not (await one.box.waiting())[0].tries:
            await asyncio.sleep(0.01)
        dying.cancel()
        await asyncio.gather(dying, return_exceptions=True)
        forms.hang = False
        await (await one.again()).step()
        assert forms.received == []
        one.clock.forward(3600)
        await one.office.step()
        assert len(forms.received) == 1


async def test_test_sends_a_file_without_charges_and_tries_the_queue(tmp_path: Path) -> None:
    """R-205, R-206: TEST sends a file, says so in both languages, and gives what waits one more try, not counted."""
    async with bench(tmp_path) as one, web_server() as forms:
        one.http(closed_port())
        await one.write(record("a"))
        await one.publish()
        await one.office.test()
        trial = one.office.trial
        assert trial is not None
        assert not trial.ok
        assert trial.text.en.endswith("nobody listens there; check server and port; what waits stays: 1 of 1")
        assert trial.text.fr.endswith("vérifier serveur et port ; toujours en attente : 1 sur 1")
        (waiting,) = await queue(one)
        assert waiting["tries"] == 1
        one.http(forms.port)
        await one.office.test()
        trial = one.office.trial
        assert trial is not None
        assert trial.ok
        assert (trial.done, trial.total) == (2, 2)
        assert trial.text.en.endswith(".csv (not encrypted); sent what waited: 1 of 1"), trial.text.en
        assert [numbers(content) for _, _, content in forms.received] == [[], [1]]
        assert await one.unpublished() == []
        await one.office.test()
        assert await one.unpublished() == []
        assert len(forms.received) == 3


async def test_test_works_with_disabled_publication_and_names_what_is_not_set(tmp_path: Path) -> None:
    """R-198, R-205: a missing setting is named in both languages; the frequency has no part in it."""
    async with bench(tmp_path, frequency="disabled") as one, mail_server() as mails:
        await one.office.test()
        assert one.office.trial is not None
        assert one.office.trial.text.en == "not set: SMTP server (charge_history.publication.smtp_server)"
        assert one.office.trial.text.fr == "non renseigné : Serveur (charge_history.publication.smtp_server)"
        one.mail(mails.port)
        await one.office.test()
        assert one.office.trial.ok
        assert (await one.office.document())["next"] is None


async def test_disabling_withdraws_what_waits_and_keeps_the_records(tmp_path: Path) -> None:
    """R-196: disabled sends nothing more; the charges go with the first letter after it was enabled again."""
    async with bench(tmp_path) as one, web_server() as forms:
        one.http(closed_port())
        await one.write(record("a"))
        await one.publish()
        one.set(frequency="disabled")
        one.http(forms.port)
        one.clock.forward(20)
        await one.office.step()
        assert await queue(one) == []
        assert forms.received == []
        one.set(frequency="weekly")
        await one.office.step()
        assert forms.received == []  # enabling sends nothing by itself
        one.clock.forward(7 * 86_400)
        await one.office.step()
        assert [numbers(content) for _, _, content in forms.received] == [[1]]


async def alarms(one: Bench, mails: Mails, server: str = "") -> None:
    one.set(
        internal__report_alarm__alarm_enabled=True,
        internal__report_alarm__alarm_server=server or f"smtp://127.0.0.1:{mails.port}",
        internal__report_alarm__alarm_sender="alarm@test.org",
        internal__report_alarm__alarm_receiver="duty@test.org;boss@test.org",
    )
    await one.office.step()


async def begin(one: Bench, event: Evt, outlet: int = 1, detail: str = "") -> None:
    await one.store.run(lambda db: db.events.start(outlet, event, one.clock.now, detail))


async def test_alarms_are_mailed_once_each_as_the_keys_say(tmp_path: Path) -> None:
    """[REPORT ALARM]: an event that begins is mailed to all recipients, those of one look together, none twice."""
    async with bench(tmp_path) as one, mail_server() as mails:
        await begin(one, Evt.OVERLOAD)  # before alarms were switched on: nobody is told
        await one.office.step()
        await alarms(one, mails)
        assert mails.received == []
        await begin(one, Evt.PILOT, 2)
        await begin(one, Evt.SOFTWARE_CONFIGURATION, 0, "the disk is full\r\nBcc: x@evil.test")
        one.clock.forward(20)
        await one.office.step()
        (mail,) = mails.received
        assert mails.envelopes == [("alarm@test.org", ["duty@test.org", "boss@test.org"])]
        assert mail["Subject"].endswith("alarm, Evt #17 Control Pilot (CP) Signal conformity (outlet 2) (+1)")
        body = mail.get_content()
        assert "Evt #9 Software Configuration (station): the disk is fullBcc: x@evil.test" in body
        assert len(body.strip().splitlines()) == 2
        one.clock.forward(20)
        await (await one.again()).step()
        assert len(mails.received) == 1
        one.set(internal__report_alarm__alarm_enabled=False)
        await begin(one, Evt.VENTILATION)
        await one.office.step()
        assert len(mails.received) == 1


async def test_an_alarm_that_cannot_be_sent_is_tried_hourly_and_its_loss_makes_no_alarm(tmp_path: Path) -> None:
    """R-204: alarms are tried like records; that one was dropped is an event, of which no alarm is made."""
    async with bench(tmp_path) as one, mail_server() as mails:
        await alarms(one, mails, f"127.0.0.1:{closed_port()}")
        await begin(one, Evt.PILOT)
        one.clock.forward(20)
        for tries in range(1, 6):
            await one.office.step()
            (waiting,) = await one.box.waiting()
            assert waiting.tries == tries
            one.clock.forward(3600)
        for _ in range(162):
            await one.box.trying(waiting.number, one.clock.now)
        await one.office.step()
        assert await queue(one) == []
        assert "was dropped after 168 tries" in (await events(one))[0]
        await alarms(one, mails)
        one.clock.forward(3600)
        await one.office.step()
        assert mails.received == []


async def test_nothing_is_sent_twice_through_a_mad_month(tmp_path: Path) -> None:
    """R-197: servers that come and go, TESTs and restarts at odd moments: every charge arrives in just one file."""
    rng = random.Random(7)
    async with bench(tmp_path) as one, web_server() as forms:
        one.http(forms.port)
        written = 0
        for _ in range(30 * 8):
            forms.status = rng.choice((200, 200, 500, 404, 302))
            forms.drop = rng.random() < 0.15
            for _ in range(rng.randrange(3)):
                written += 1
                await one.write(record(f"s{written}"))
            if rng.random() < 0.1:
                await one.again()
            if rng.random() < 0.1:
                await one.office.test()
            await one.office.step()
            one.clock.forward(rng.uniform(1800, 3 * 3600))
        forms.status, forms.drop = 200, False
        for _ in range(3):
            await one.publish()
        files = {name: numbers(content) for _, name, content in forms.received}
        found = Counter(number for found in files.values() for number in found)
        assert found == Counter(range(1, written + 1))
        copies = {name: {content for _, other, content in forms.received if other == name} for name in files}
        assert all(len(contents) == 1 for contents in copies.values())  # a second copy is the same to the byte
