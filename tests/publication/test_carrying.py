"""What real servers receive by mail, FTP and web is the history itself (R-197 to R-203, R-209)."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from evlink.domain.record import ChargeRecord
from tests.publication.bench import Bench, bench
from tests.publication.servers import (
    FTP_WORD,
    USER,
    WORD,
    Certificates,
    certificates,
    ftp_server,
    mail_server,
    web_server,
)
from tests.unit.storage_bench import START, record

HOSTILE = (
    '=HYPERLINK("http://evil.test";"click")',
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1+1)",
    "\t=1+1",
    "line\r\nBcc: all@evil.test\r\n\r\nbody",
    "\x1b[31mred\x1b]0;title\x07\x9b2J",
    'semi;colon, comma\ttab "quoted" \'single',
    "né à Orléans €",
    "'=already",
    "\u202egnp.exe",
)
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return certificates(tmp_path_factory.mktemp("tls"))


def hostile_records() -> list[ChargeRecord]:
    return [
        record(f"s{n}", 1 + n % 2, 1234567 * n + n, comment=text, uid=f"04AA{n:04d}", transaction_id=str(600000 + n))
        for n, text in enumerate(HOSTILE)
    ]


async def expected(one: Bench, decimal: str) -> list[list[str]]:
    """The rows that the office should have, from what the history itself holds (R-192, R-193): newest first."""
    zone = ZoneInfo(str(one.values.get("configuration.date_time.timezone")))
    page = await one.store.run(lambda db: db.records.list(0, 3000))
    rows = []
    for r in page.records:
        whole, rest = divmod(r.energy_wh, 1000)
        hours, seconds = divmod(r.duration_s, 3600)
        comment = f"'{r.comment}" if r.comment[:1] in ("=", "+", "-", "@", "'") else r.comment
        rows.append(
            [
                str(r.number),
                r.station,
                str(r.outlet),
                r.transaction_id,
                r.uid,
                r.charge_type,
                f"{r.start.astimezone(zone):%Y-%m-%d %H:%M}",
                f"{r.end.astimezone(zone):%Y-%m-%d %H:%M}",
                f"{whole}{decimal}{rest:03d}",
                r.socket_type,
                f"{hours:02d}:{seconds // 60:02d}:{seconds % 60:02d}",
                comment,
            ]
        )
    return rows


def parsed(content: bytes, separator: str) -> list[list[str]]:
    """The rows below the heading, as any program reads them."""
    text = content.decode("utf-8")
    assert not CONTROL.search(text)
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    assert rows[0][0] == "Charge number"
    assert all(len(row) == 12 for row in rows)
    assert not any(cell[:1] in ("=", "+", "-", "@", "\t", "\r") for row in rows for cell in row)  # no formula runs
    return rows[1:]


SEPARATORS = [
    (field, decimal)
    for field in (("semicolon", ";"), ("comma", ","), ("tab", "\t"))
    for decimal in (("comma", ","), ("point", "."))
]


@pytest.mark.parametrize(("field", "decimal"), SEPARATORS)
async def test_every_server_gets_the_history_for_every_separator(
    tmp_path: Path, tls: Certificates, field: tuple[str, str], decimal: tuple[str, str]
) -> None:
    """R-199, R-200: whatever stands between fields and before decimals, mail, FTP and web parse back to the history."""
    async with bench(tmp_path, tls.trusting) as one, mail_server() as mails, web_server() as forms:
        with ftp_server(tmp_path / "ftp") as folder:
            one.set(field_separator=field[0], decimal_separator=decimal[0])
            found = []
            for send in ("mail", "ftp", "http"):
                # The same records each time: a history of its own for each way.
                await one.store.run(lambda db: db.connection.execute("UPDATE records SET published = 0").fetchall())
                if send == "mail":
                    await one.write(*hostile_records())
                    one.mail(mails.port)
                elif send == "ftp":
                    one.ftp(folder.port)
                else:
                    one.http(forms.port)
                await one.publish()
                assert await one.unpublished() == [], (await one.office.document())["queue"]
                found.append(send)
            want = await expected(one, decimal[1])
            assert len(want) == len(HOSTILE)
            (mail,) = mails.received
            (part,) = mail.iter_attachments()
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            assert parsed(content, field[1]) == want
            ((_, stored),) = folder.files().items()
            assert parsed(stored, field[1]) == want
            ((name, filename, posted),) = forms.received
            assert parsed(posted, field[1]) == want
            assert (name, forms.paths) == ("file[]", ["/in/box?kind=charges"])
            assert re.fullmatch(r"[A-Za-z0-9_.-]+_charges_1-11_\d{8}T\d{6}Z\.csv", filename)


async def test_a_mail_has_no_header_but_its_own(tmp_path: Path) -> None:
    """R-201: line ends in the station's name reach no header; every header stands once; names are plain."""
    async with bench(tmp_path) as one, mail_server() as mails:
        one.values = one.values.with_changes(
            {"configuration.general.station_name": "Borne\r\nBcc: all@evil.test\x1b[2J ../../etc/passwd"}
        )
        one.mail(mails.port, to="a@test.org;b@test.org;c@test.org")
        await one.write(*hostile_records())
        await one.publish()
        (mail,) = mails.received
        assert mails.envelopes == [("station@test.org", ["a@test.org", "b@test.org", "c@test.org"])]
        head = mails.raw[0].split(b"\r\n\r\n", 1)[0].decode()
        names = [line.split(":")[0] for line in head.split("\r\n") if line[:1] not in (" ", "\t")]
        assert sorted(names) == sorted(
            ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"]
        )
        assert mail["To"] == "a@test.org, b@test.org, c@test.org"
        (part,) = mail.iter_attachments()
        name = part.get_filename()
        assert name is not None
        assert re.fullmatch(r"[A-Za-z0-9_-]+\.csv", name)
        assert part.get_content_type() == "text/csv"
        assert re.fullmatch(r"<[0-9a-f]{32}@test\.org>", mail["Message-ID"])
        assert not CONTROL.search(str(mail["Subject"]))


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
@pytest.mark.parametrize("way", ["plain", "starttls", "implicit"])
async def test_mail_logs_in_over_every_kind_of_connection(
    tmp_path: Path, tls: Certificates, way: str, mechanism: str
) -> None:
    """R-201: user name and password arrive by AUTH PLAIN and LOGIN, in the clear, after STARTTLS and on TLS at once."""
    server = mail_server(None if way == "plain" else tls, implicit=way == "implicit", auth=mechanism)
    async with bench(tmp_path, tls.trusting) as one, server as mails:
        one.mail(mails.port, "smtps://" if way == "implicit" else "smtp://", login=True)
        await one.write(record("a"))
        await one.publish()
        last = (await one.office.document())["last"]
        assert last["ok"], last
        assert mails.logins == [(mechanism, USER, WORD)]
        assert ("not encrypted" in last["text"]) == (way == "plain")
        assert len(mails.received) == 1


async def test_a_wrong_login_is_told_in_words_without_the_password(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """R-201, R-205: what the server said stands in both languages; the password in no log line, document or table."""
    async with bench(tmp_path) as one, mail_server(auth="PLAIN") as mails:
        one.mail(mails.port, login=True)
        one.set(smtp_password="not-that-one-4711")
        await one.write(record("a"))
        with caplog.at_level("DEBUG"):
            await one.publish()
            await one.office.test()
        document = await one.office.document()
        (queued,) = document["queue"]
        assert queued["problem"].startswith("127.0.0.1 does not take user name and password: 535")
        assert queued["problem_fr"].startswith("127.0.0.1 n'accepte pas le nom d'utilisateur et le mot de passe : 535")
        everything = (
            repr(document)
            + caplog.text
            + repr(await one.store.run(lambda db: list(db.connection.execute("SELECT payload, problem FROM letters"))))
        )
        assert "4711" not in everything
        assert await one.unpublished() == [1]


@pytest.mark.parametrize("passive", [False, True])
@pytest.mark.parametrize("encrypted", ["no", "offered", "required"])
async def test_ftp_in_both_modes_with_and_without_encryption(
    tmp_path: Path, tls: Certificates, passive: bool, encrypted: str
) -> None:
    """R-202: the mode is as set; AUTH TLS is used where offered; a temporary name, then the final one."""
    server = ftp_server(tmp_path / "ftp", None if encrypted == "no" else tls, tls_only=encrypted == "required")
    (tmp_path / "ftp" / "charges").mkdir(parents=True)
    async with bench(tmp_path, tls.trusting) as one:
        with server as folder:
            one.ftp(folder.port, passive, "/charges")
            await one.write(record("a", 1, 1500, comment="né; =1"))
            await one.publish()
            last = (await one.office.document())["last"]
            assert last["ok"], (last, folder.commands)
            ((name, content),) = folder.files().items()
            assert name == f"charges/{last['file']}"
            assert parsed(content, ";")[0][8] == "1,500"
            words = [command.split()[0] for command in folder.commands]
            assert ("PASV" in words or "EPSV" in words) == passive
            assert ("PORT" in words or "EPRT" in words) != passive
            assert words.index("STOR") < words.index("RNFR") < words.index("RNTO")
            assert f"STOR {last['file']}.part" in folder.commands
            assert ("not encrypted" in last["text"]) == (encrypted == "no")
            assert f"PASS {FTP_WORD}" in folder.commands


async def test_https_and_basic_authentication(tmp_path: Path, tls: Certificates) -> None:
    """R-203: the form reaches a web server over TLS with user name and password; a wrong one is told."""
    async with bench(tmp_path, tls.trusting) as one, web_server(tls) as forms:
        forms.login = (USER, WORD)
        one.http(forms.port, "https", login=True)
        await one.write(record("a"))
        await one.publish()
        last = (await one.office.document())["last"]
        assert last["ok"], last
        assert "(encrypted)" in last["text"]
        one.set(http_password="another")
        await one.office.test()
        assert one.office.trial is not None
        assert one.office.trial.text.en == "127.0.0.1 does not take user name and password: 401 Unauthorized"


async def test_what_is_to_be_changed_is_named(tmp_path: Path) -> None:
    """R-202, R-203, R-205: a login that is wanted and not set, a folder that is not there; no password is blamed."""
    async with bench(tmp_path) as one, web_server() as forms:
        with ftp_server(tmp_path / "ftp") as folder:

            async def told() -> tuple[str, str]:
                await one.office.test()
                assert one.office.trial is not None
                return one.office.trial.text.en, one.office.trial.text.fr

            forms.login = (USER, WORD)
            one.http(forms.port)
            english, french = await told()
            asks = "127.0.0.1 asks for user name and password, turn authentication on"
            assert english == f"{asks}: 401 Unauthorized"
            assert "activer l'authentification : 401" in french
            one.ftp(folder.port, passive=True, folder="/no/such")
            english, french = await told()
            assert english.startswith("the folder no/such on 127.0.0.1 cannot be entered: 550")
            assert french.startswith("le répertoire no/such sur 127.0.0.1 est inaccessible : 550")
            one.set(ftp_authentication=False)
            assert (await told())[0].startswith(f"{asks}: 530")


async def test_a_path_in_the_server_field_stands_before_the_path(tmp_path: Path) -> None:
    """R-203, R-209: a URL with a path is taken whole, not cut at its host."""
    async with bench(tmp_path) as one, web_server() as forms:
        one.http(forms.port)
        one.set(http_server=f"http://127.0.0.1:{forms.port}/office/", http_path="in?x=1")
        await one.office.test()
        assert forms.paths == ["/office/in?x=1"]


async def test_a_certificate_that_nobody_vouches_for_stops_the_sending(tmp_path: Path, tls: Certificates) -> None:
    """R-238: neither password nor charges go to a server that can't show who it is, unless that is set."""
    async with bench(tmp_path) as one, mail_server(tls, auth="PLAIN") as mails:
        one.mail(mails.port, login=True)
        await one.write(record("a"))
        await one.publish()
        (queued,) = (await one.office.document())["queue"]
        assert "certificate is not trusted" in queued["problem"], queued
        assert mails.logins == []
        one.set(extension__publication__encryption="unchecked")
        await one.office.test()
        assert mails.logins
        assert await one.unpublished() == []


@pytest.mark.parametrize("way", ["mail", "ftp", "http"])
async def test_required_encryption_sends_nothing_in_the_clear(tmp_path: Path, way: str) -> None:
    """A server that offers no encryption gets neither login nor charges where encryption is required."""
    async with bench(tmp_path) as one, mail_server(auth="PLAIN") as mails, web_server() as forms:
        with ftp_server(tmp_path / "ftp") as folder:
            one.set(extension__publication__encryption="required")
            match way:
                case "mail":
                    one.mail(mails.port, login=True)
                case "ftp":
                    one.ftp(folder.port)
                case _:
                    one.http(forms.port, login=True)
            await one.write(record("a"))
            await one.publish()
            (queued,) = (await one.office.document())["queue"]
            assert queued["problem"] == "the server offers no encryption, which is required here"
            assert (mails.logins, mails.received, forms.received, folder.files()) == ([], [], [], {})
            assert not [command for command in folder.commands if command.startswith("PASS")]


async def test_times_are_the_stations_own_and_the_language_that_of_reports(tmp_path: Path) -> None:
    """R-193: local time to the minute; `[REPORT GLOBAL] Language` names the columns."""
    async with bench(tmp_path) as one, web_server() as forms:
        one.http(forms.port)
        one.set(configuration__date_time__timezone="Asia/Kathmandu", internal__report_global__language="fr-fr")
        await one.office.step()
        await one.write(record("a", start=START, end=START - timedelta(minutes=19)))
        await one.publish()
        rows = list(csv.reader(io.StringIO(forms.received[0][2].decode()), delimiter=";"))
        assert rows[0][0] == "Numéro de charge"
        assert rows[1][6:8] == ["2026-03-04 10:51", "2026-03-04 10:32"]  # 05:06 UTC + 5:45; a clock set back (N-56)
