"""The security profiles against a central system in another process, with certificates made on the spot."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evlink.ocpp.certificates import CENTRAL, Certificates
from evlink.ocpp.security_door import KEY, TRIES
from evlink.ocpp.supervision import Supervision
from evlink.settings.values import Values
from tests.ocpp_central.authority import Issued, answer_request, issue, root, serve_from
from tests.ocpp_central.client import CentralProcess
from tests.ocpp_central.station import QUICK, ListOutbox, Notes, TestDesk, WallClock, config

PASSWORD = "0123456789-ABCDEFGH"
OTHER = "another-password-of-it"
IDENTITY = "AL1000"


class Station:
    """A supervision whose settings book is obeyed."""

    def __init__(self, url: str, settings: dict[str, Any], notes: Notes | None = None) -> None:
        self.desk = TestDesk()
        self.notes = notes or Notes()
        self.certificates = Certificates(self.desk.machine.folder / "certificates", WallClock().wall)
        self._usual = config(url, identity=IDENTITY, **settings)
        changes = {
            "extension.ocpp.security_profile": str(self._usual.security_profile),
            "extension.ocpp.basic_auth_password": self._usual.password,
        }
        self.desk.settings.values = self.desk.settings.values.with_changes(changes)
        self.supervision = Supervision(self._usual, ListOutbox(), self.desk, self.notes, WallClock(), QUICK)
        self.desk.settings.changed = self.changed
        self.task: asyncio.Task[None] | None = None

    def changed(self, values: Values) -> None:
        self.supervision.reconfigure(
            replace(
                self._usual,
                security_profile=int(values.get("extension.ocpp.security_profile")),
                password=str(values.get("extension.ocpp.basic_auth_password")),
            )
        )

    def profile(self) -> Any:
        return self.desk.settings.get("extension.ocpp.security_profile")


@asynccontextmanager
async def linked(station: Station) -> AsyncIterator[Station]:
    station.task = asyncio.create_task(station.supervision.run())
    try:
        yield station
    finally:
        station.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await station.task


@pytest.fixture
async def central(tmp_path: Path) -> AsyncIterator[CentralProcess]:
    async with CentralProcess(tmp_path / "log.jsonl") as process:
        yield process


@asynccontextmanager
async def over_tls(folder: Path, server: Issued, clients: Issued | None = None) -> AsyncIterator[CentralProcess]:
    async with CentralProcess(folder / "log.jsonl", tls=serve_from(folder / "tls", server, clients)) as process:
        yield process


def given(central: CentralProcess) -> list[str]:
    """The Authorization headers of all handshakes."""
    return [entry["authorization"] for entry in central.entries() if entry["dir"] == "handshake"]


def basic(password: bytes) -> str:
    return "Basic " + base64.b64encode(IDENTITY.encode() + b":" + password).decode()


def connected_with(url: str, profile: int, key: str = PASSWORD) -> dict[str, Any]:
    """What a station remembers of its last connection."""
    return {"profile": profile, "url": url, "identity": IDENTITY, "key": key}


def security_events(central: CentralProcess) -> list[str]:
    return [entry["message"][3]["type"] for entry in central.requests("SecurityEventNotification")]


def accepted(central: CentralProcess) -> bool:
    return bool(central.requests("StatusNotification"))


async def change(central: CentralProcess, key: str, value: str) -> str:
    answer = await central.call("ChangeConfiguration", {"key": key, "value": value})
    assert answer is not None
    return str(answer[2]["status"])


async def test_profile_1_says_who_it_is(central: CentralProcess) -> None:
    """Security whitepaper: HTTP basic authentication, the identity as user name."""
    await central.do("auth", header=basic(PASSWORD.encode()))
    async with linked(Station(central.url, {"security_profile": 1, "password": PASSWORD})):
        await central.until(lambda: accepted(central))
        assert given(central) == [basic(PASSWORD.encode())]
        await central.until(lambda: "StartupOfTheDevice" in security_events(central))
        assert central.faults() == []


async def test_the_key_of_the_whitepaper(central: CentralProcess) -> None:
    """The whitepaper's example: hexadecimal digits stand for bytes."""
    key = "0001020304050607FFFFFFFFFFFFFFFFFFFFFFFF"
    async with linked(Station(central.url, {"security_profile": 1, "password": key})):
        await central.until(lambda: accepted(central))
        assert given(central) == ["Basic QUwxMDAwOgABAgMEBQYH////////////////"]


async def test_a_new_authorization_key_is_taken_at_once_and_never_read_back(central: CentralProcess) -> None:
    """TC 073, security whitepaper: Accepted, a new connection with the new password, nowhere to be read."""
    async with linked(Station(central.url, {"security_profile": 1, "password": PASSWORD})) as station:
        await central.until(lambda: accepted(central))
        assert await change(central, "AuthorizationKey", "short") == "Rejected"
        assert await change(central, "AuthorizationKey", "x" * 41) == "Rejected"
        assert await change(central, "AuthorizationKey", OTHER) == "Accepted"
        await central.until(lambda: len(given(central)) == 2)
        assert given(central)[1] == basic(OTHER.encode())
        await central.until(lambda: station.supervision.state.connected)
        read = await central.call("GetConfiguration", {"key": ["AuthorizationKey"]})
        assert read is not None
        assert read[2] == {"unknownKey": ["AuthorizationKey"]}
        whole = await central.call("GetConfiguration", {})
        assert OTHER not in str(whole)
        assert OTHER not in repr(station.supervision._present.config)
        assert len(central.requests("BootNotification")) == 1
        assert central.faults() == []


async def test_a_profile_rises_and_never_falls(central: CentralProcess) -> None:
    """TC 083 and 084, security whitepaper."""
    async with linked(Station(central.url, {"password": PASSWORD})) as station:
        await central.until(lambda: accepted(central))
        assert await change(central, "SecurityProfile", "1") == "Accepted"
        await central.until(lambda: len(given(central)) == 2)
        await central.until(lambda: station.supervision.state.connected)
        assert await change(central, "SecurityProfile", "0") == "Rejected"
        assert await change(central, "SecurityProfile", "4") == "Rejected"
        assert await change(central, "SecurityProfile", "2") == "Rejected"  # over ws:// there is no TLS
        assert station.profile() == "1"
        await central.until(lambda: "ReconfigurationOfSecurityParameters" in security_events(central))


async def test_a_raised_profile_that_does_not_connect_falls_back(central: CentralProcess) -> None:
    """TC 083, security whitepaper: the profile before is taken up again, and the supervision is told."""
    station = Station(central.url, {})
    async with linked(station):
        await central.until(lambda: accepted(central))
        assert json.loads(station.notes.kept[KEY])["profile"] == 0
        await central.do("auth", header="")  # whoever says a name is refused
        await station.desk.settings.change({"extension.ocpp.basic_auth_password": PASSWORD})
        await central.until(lambda: len(given(central)) >= 3)
        await central.do("auth", header=None)
        await central.until(lambda: station.supervision.state.connected)
        assert await change(central, "SecurityProfile", "1") == "Accepted"
        await central.do("refuse", status=403)
        await central.until(lambda: station.profile() == "0")
        await central.do("refuse", status=None)
        await central.until(lambda: station.supervision.state.connected)
        assert await central.call("GetInstalledCertificateIds", {"certificateType": CENTRAL}) is not None
        await central.until(lambda: "FailedToAuthenticateAtCentralSystem" in security_events(central))
        told = [entry["message"][3] for entry in central.requests("SecurityEventNotification")]
        await central.until(
            lambda: any(
                "back to 0" in entry["message"][3].get("techInfo", "")
                for entry in central.requests("SecurityEventNotification")
            )
        )
        assert told
        assert central.faults() == []


async def test_a_new_key_that_is_refused_goes_back_to_the_old_one(central: CentralProcess) -> None:
    """TC 073, security whitepaper: a key that only the station knows locks nobody out, over a restart neither."""
    notes = Notes()
    await central.do("auth", header=basic(PASSWORD.encode()))
    settings = {"security_profile": 1, "password": PASSWORD}
    async with linked(Station(central.url, settings, notes)) as station:
        await central.until(lambda: accepted(central))
        assert await change(central, "AuthorizationKey", OTHER) == "Accepted"
        await central.until(lambda: given(central)[-2:] == [basic(OTHER.encode()), basic(PASSWORD.encode())])
        await central.until(lambda: station.supervision.state.connected)
        assert given(central).count(basic(OTHER.encode())) == TRIES
        assert station.profile() == "1"
        told = [entry["message"][3].get("techInfo", "") for entry in central.requests("SecurityEventNotification")]
        assert not any(PASSWORD in text or OTHER in text for text in told)
        await central.until(
            lambda: any("back to the one before" in str(e) for e in central.requests("SecurityEventNotification"))
        )
    async with linked(Station(central.url, {**settings, "password": OTHER}, notes)) as station:
        await central.until(lambda: station.supervision.state.connected)
        assert station.desk.settings.get("extension.ocpp.basic_auth_password") == PASSWORD
    assert central.faults() == []


async def test_a_key_goes_back_at_its_own_supervision_only(central: CentralProcess) -> None:
    """Security whitepaper: the key of one central system is never shown to another."""
    station = Station(central.url, {"security_profile": 1, "password": PASSWORD})
    await station.notes.remember(KEY, connected_with("ws://127.0.0.1:1/elsewhere", 1, OTHER))
    await central.do("auth", header="")
    async with linked(station):
        await central.until(lambda: len(given(central)) >= TRIES + 2)
        assert set(given(central)) == {basic(PASSWORD.encode())}


async def test_a_network_that_is_down_lowers_no_profile(central: CentralProcess) -> None:
    """Refused connections and a server in trouble say nothing about who is who."""
    station = Station(central.url, {"security_profile": 1, "password": PASSWORD})
    await station.notes.remember(KEY, connected_with(central.url, 0))
    await central.do("refuse", status=503)
    async with linked(station):
        await central.until(lambda: len(given(central)) >= 5)
        assert station.profile() == "1"
        await central.kill()
        await asyncio.sleep(2.0)
        assert station.supervision.state.last_error == "the supervision refused the connection"
        assert station.profile() == "1"


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        (
            {"security_profile": 2, "password": PASSWORD},
            "security profile 2 needs a wss:// supervision URL, this one is ws://",
        ),
        ({"security_profile": 3}, "security profile 3 needs a wss:// supervision URL, this one is ws://"),
        ({"security_profile": 1}, "security profile 1 needs a supervision password, and none is set"),
    ],
)
async def test_a_wrong_pair_is_told_in_one_sentence(
    central: CentralProcess, settings: dict[str, Any], why: str
) -> None:
    """Bad input: the status says it, no connection is tried, and a right setting is taken at once."""
    async with linked(Station(central.url, settings)) as station:
        await central.until(lambda: station.supervision.state.last_error == why)
        assert given(central) == []
        await station.desk.settings.change({"extension.ocpp.security_profile": "0"})
        await central.until(lambda: accepted(central))
        assert station.supervision.state.last_error == ""


async def test_a_link_that_works_is_not_given_up_for_a_wrong_pair(central: CentralProcess) -> None:
    """Bad input: a profile that waits for another URL is told, and changes nothing before the next run."""
    async with linked(Station(central.url, {"password": PASSWORD})) as station:
        await central.until(lambda: accepted(central))
        await station.desk.settings.change({"extension.ocpp.security_profile": "2"})
        why = "security profile 2 needs a wss:// supervision URL, this one is ws://"
        await central.until(lambda: station.supervision.state.last_error == why)
        await asyncio.sleep(0.5)
        assert station.supervision.state.connected
        assert central.opened() == 1


async def test_profile_2_trusts_an_installed_root(tmp_path: Path) -> None:
    """TC 075 and security whitepaper: TLS 1.2 or newer, the server verified against the installed roots."""
    maker = root()
    async with over_tls(tmp_path, issue(maker, "central", ("localhost",))) as central:
        station = Station(central.url, {"security_profile": 2, "password": PASSWORD})
        station.certificates.install(CENTRAL, maker.pem)
        await central.do("auth", header=basic(PASSWORD.encode()))
        async with linked(station):
            await central.until(lambda: accepted(central))
            assert station.supervision.state.last_error == ""
            assert central.faults() == []


@pytest.mark.parametrize(
    ("hosts", "days", "known", "why"),
    [
        (("elsewhere.example",), 90, True, "Hostname mismatch"),
        (("localhost",), 1, True, "certificate has expired"),
        (("localhost",), 90, False, "certificate"),
    ],
    ids=["wrong name", "expired", "unknown root"],
)
async def test_a_wrong_certificate_is_no_supervision(
    tmp_path: Path, hosts: tuple[str, ...], days: int, known: bool, why: str
) -> None:
    """TC 078, S17: no connection to a server that is not the one of the URL, one sentence, one security event."""
    maker = root()
    async with over_tls(tmp_path, issue(maker, "central", hosts, days=days, back=3 if days == 1 else 1)) as central:
        station = Station(central.url, {"security_profile": 2, "password": PASSWORD})
        if known:
            station.certificates.install(CENTRAL, maker.pem)
        async with linked(station):
            await central.until(lambda: "is not trusted" in station.supervision.state.last_error)
            assert why in station.supervision.state.last_error
            await asyncio.sleep(1.0)
            assert given(central) == []
            kept = str(station.notes.kept["ocpp.security_log"])
            assert kept.count("InvalidCentralSystemCertificate") == 1
            assert PASSWORD not in str(station.notes.kept)


async def test_a_server_that_signed_itself_is_trusted_once_installed(tmp_path: Path) -> None:
    """A site's own central system: refused until its certificate is installed over another way."""
    served = root("localhost", hosts=("localhost",))
    async with over_tls(tmp_path, served) as central:
        station = Station(central.url, {})
        async with linked(station):
            await central.until(lambda: "is not trusted" in station.supervision.state.last_error)
            station.certificates.install(CENTRAL, served.pem)
            await central.until(lambda: station.supervision.state.connected)


async def test_an_old_tls_is_refused(tmp_path: Path) -> None:
    """Security whitepaper: nothing below TLS 1.2 is spoken."""
    context = Certificates(tmp_path, WallClock().wall).context()
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname is True


async def test_profile_3_with_a_certificate_that_was_asked_for(tmp_path: Path) -> None:
    """TC 074, 083, 087: SignCertificate when triggered, CertificateSigned taken, the profile raised to 3."""
    maker, clients = root(), root("Clients")
    server = issue(maker, "central", ("localhost",))
    async with over_tls(tmp_path, server) as central:
        station = Station(central.url, {"security_profile": 2, "password": PASSWORD})
        station.certificates.install(CENTRAL, maker.pem)
        async with linked(station):
            await central.until(lambda: accepted(central))
            assert await change(central, "SecurityProfile", "3") == "Rejected"  # without a certificate
            asked = await central.call("ExtendedTriggerMessage", {"requestedMessage": "SignChargePointCertificate"})
            assert asked is not None
            assert asked[2] == {"status": "Accepted"}
            await central.until(lambda: bool(central.requests("SignCertificate")))
            csr = central.requests("SignCertificate")[0]["message"][3]["csr"]
            wrong = await central.call("CertificateSigned", {"certificateChain": issue(clients, "other").pem})
            assert wrong is not None
            assert wrong[2] == {"status": "Rejected"}
            await central.until(lambda: "InvalidChargePointCertificate" in security_events(central))
            right = await central.call("CertificateSigned", {"certificateChain": answer_request(clients, csr)})
            assert right is not None
            assert right[2] == {"status": "Accepted"}
            serve_from(tmp_path / "tls", server, clients)
            await central.kill()
            await central.start()
            await station.desk.settings.change({"extension.ocpp.security_profile": "3"})
            await central.until(lambda: any(entry.get("peer") for entry in central.entries()))
            await central.until(lambda: station.supervision.state.connected)
            assert given(central)[-1] == ""  # the certificate says who we are
            assert station.supervision.state.last_error == ""
        files = [path for path in station.certificates._folder.rglob("*") if path.is_file()]
        assert files
        assert all(path.stat().st_mode & 0o077 == 0 for path in [*files, *(path.parent for path in files)])


async def test_profile_3_that_is_not_let_in_falls_back(tmp_path: Path) -> None:
    """TC 083: a client certificate that the supervision doesn't know, then the profile that connected before."""
    maker, clients = root(), root("Clients")
    async with over_tls(tmp_path, issue(maker, "central", ("localhost",)), clients) as central:
        station = Station(central.url, {"security_profile": 3, "password": PASSWORD})
        station.certificates.install(CENTRAL, maker.pem)
        station.certificates.take_own(answer_request(root("Stranger"), station.certificates.request("CP", "")))
        await station.notes.remember(KEY, connected_with(central.url, 2))
        async with linked(station):
            await central.until(lambda: station.profile() == "2", 20.0)
            assert not any(entry["dir"] == "open" for entry in central.entries())


async def test_certificates_are_managed(central: CentralProcess) -> None:
    """TC 075 and 076: installed, listed, deleted, each answer by its schema."""
    maker = root()
    async with linked(Station(central.url, {})):
        await central.until(lambda: accepted(central))

        async def ask(action: str, payload: dict[str, Any]) -> Any:
            answer = await central.call(action, payload)
            assert answer is not None
            assert answer[0] == 3, answer
            return answer[2]

        for use in (CENTRAL, "ManufacturerRootCertificate"):
            assert await ask("GetInstalledCertificateIds", {"certificateType": use}) == {"status": "NotFound"}
        install = {"certificateType": CENTRAL, "certificate": maker.pem}
        assert await ask("InstallCertificate", install) == {"status": "Accepted"}
        assert await ask("InstallCertificate", install) == {"status": "Accepted"}
        assert await ask("InstallCertificate", {**install, "certificate": "no PEM"}) == {"status": "Rejected"}
        leaf = issue(maker, "leaf").pem
        assert await ask("InstallCertificate", {**install, "certificate": leaf}) == {"status": "Rejected"}
        listed = await ask("GetInstalledCertificateIds", {"certificateType": CENTRAL})
        (hashes,) = listed["certificateHashData"]
        assert hashes["serialNumber"] == f"{maker.certificate.serial_number:x}"
        wrong = {**hashes, "serialNumber": "1"}
        assert await ask("DeleteCertificate", {"certificateHashData": wrong}) == {"status": "NotFound"}
        assert await ask("DeleteCertificate", {"certificateHashData": hashes}) == {"status": "Accepted"}
        assert await ask("GetInstalledCertificateIds", {"certificateType": CENTRAL}) == {"status": "NotFound"}
        keys = await ask(
            "GetConfiguration",
            {"key": ["AdditionalRootCertificateCheck", "CertificateSignedMaxChainSize", "CertificateStoreMaxLength"]},
        )
        assert [(one["readonly"], one["value"]) for one in keys["configurationKey"]] == [
            (True, "false"),
            (True, "10000"),
            (True, "20"),
        ]
        await central.until(lambda: "ReconfigurationOfSecurityParameters" in security_events(central))
        assert central.faults() == []


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_a_server_of_old_tls_gets_no_word(tmp_path: Path) -> None:
    """Security whitepaper, InvalidTLSVersion: a server that offers TLS 1.1 at most is no supervision."""
    maker = root()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(serve_from(tmp_path / "tls", issue(maker, "central", ("localhost",))) / "server.pem")
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    heard: list[bytes] = []

    def serve(listener: socket.socket) -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            with plain, contextlib.suppress(OSError), context.wrap_socket(plain, server_side=True) as encrypted:
                heard.append(encrypted.recv(100))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = asyncio.create_task(asyncio.to_thread(serve, listener))
        port = listener.getsockname()[1]
        station = Station(f"wss://localhost:{port}/", {"security_profile": 2, "password": PASSWORD})
        station.certificates.install(CENTRAL, maker.pem)
        async with linked(station), asyncio.timeout(10):
            while "InvalidTLSVersion" not in str(station.notes.kept.get("ocpp.security_log")):
                await asyncio.sleep(0.05)
            while "no TLS connection" not in station.supervision.state.last_error:
                await asyncio.sleep(0.05)
        assert heard == []
        listener.shutdown(socket.SHUT_RDWR)
        await serving
