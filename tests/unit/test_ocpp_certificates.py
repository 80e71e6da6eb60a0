"""The certificate store: what it takes, how OCPP names it, and who may read it (security whitepaper)."""

from __future__ import annotations

import asyncio
import hashlib
import subprocess
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.ocsp import OCSPRequestBuilder
from hypothesis import given
from hypothesis import strategies as st

from evlink.ocpp.certificates import CENTRAL, MANUFACTURER, MOST, CertificateError, Certificates, Fingerprint
from evlink.ocpp.certificates_x509 import fingerprint, read_certificates
from evlink.ocpp.config import Present
from evlink.ocpp.firmware_signature import read_signer
from evlink.ocpp.keys import PASSWORD, WrongValue
from evlink.ocpp.security import Security
from evlink.ocpp.security_door import key_bytes
from evlink.ocpp.security_events import MOST as MOST_EVENTS
from evlink.ocpp.security_events import SecurityEvents
from tests.ocpp_central.authority import Issued, answer_request, issue, root
from tests.ocpp_central.station import Notes, config, virtual_time


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def store(tmp_path: Path) -> Certificates:
    return Certificates(tmp_path / "state" / "certificates", now)


def test_what_is_installed_and_what_is_not(store: Certificates) -> None:
    """Security whitepaper: Rejected for what is no valid root, and where there is no room."""
    maker = root()
    weak = rsa.generate_private_key(65537, 1024)
    name = x509.Name([])
    feeble = (
        x509.CertificateBuilder(name, name, weak.public_key(), 1, now() - timedelta(1), now() + timedelta(1))
        .sign(weak, SHA256())
        .public_bytes(Encoding.PEM)
        .decode()
    )
    refused = {
        "cannot be read": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "no PEM text": "é" + maker.pem,
        "one certificate": maker.pem + root().pem,
        "not signed by itself": issue(maker, "leaf").pem,
        "has expired": root(days=1, back=3).pem,
        "not valid yet": root(back=-2).pem,
        "too weak": feeble,
    }
    for why, pem in refused.items():
        with pytest.raises(CertificateError, match=why):
            store.install(CENTRAL, pem)
    assert store.roots(CENTRAL) == []
    for number in range(MOST):
        store.install(CENTRAL if number % 2 else MANUFACTURER, root(f"r{number}").pem)
    with pytest.raises(CertificateError, match=f"at most {MOST}"):
        store.install(CENTRAL, maker.pem)
    store.install(CENTRAL, store.roots(CENTRAL)[0])  # one that is there already takes no room
    assert len(store.roots(CENTRAL)) + len(store.roots(MANUFACTURER)) == MOST


@pytest.mark.parametrize("algorithm", ["SHA256", "SHA384", "SHA512"])
def test_the_hashes_are_those_of_ocsp(store: Certificates, algorithm: str) -> None:
    """Whitepaper, CertificateHashDataType: issuer's name and key as RFC 6960 hashes them, judged by `cryptography`."""
    maker = root()
    store.install(CENTRAL, maker.pem)
    own = fingerprint(maker.certificate, algorithm)
    judge = OCSPRequestBuilder().add_certificate(maker.certificate, maker.certificate, getattr(hashes, algorithm)())
    request = judge.build()
    assert own.issuer_name == request.issuer_name_hash.hex()
    assert own.issuer_key == request.issuer_key_hash.hex()
    assert int(own.serial, 16) == request.serial_number
    shouted = Fingerprint(algorithm, own.issuer_name.upper(), own.issuer_key.upper(), "00" + own.serial.upper())
    assert not store.delete(Fingerprint(algorithm, own.issuer_name, own.issuer_key, "no number"))
    assert store.delete(shouted)
    assert store.roots(CENTRAL) == []
    assert not store.delete(own)


def test_nobody_else_may_read_it(store: Certificates, tmp_path: Path) -> None:
    """S29: directories 0700, files 0600, whatever the umask."""
    store.install(CENTRAL, root().pem)
    store.take_own(answer_request(root(), store.request("CP-1", "Operator")))
    paths = list((tmp_path / "state").rglob("*"))
    assert {path.name for path in paths} >= {"central", "station.pem"}
    for path in (tmp_path / "state", *paths):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


def test_the_station_certificate(store: Certificates) -> None:
    """Security whitepaper: a key of our own, a chain that is for it and holds together."""
    maker = root()
    middle = issue(maker, "middle", ca=True)
    with pytest.raises(CertificateError, match="no certificate was asked for"):
        store.take_own(issue(maker, "x").pem)
    first, csr = store.request("CP-1", ""), store.request("CP-1", "Operator é")
    asked = x509.load_pem_x509_csr(csr.encode())
    assert asked.subject.rfc4514_string() == "O=Operator é,CN=CP-1"
    right = answer_request(middle, csr)
    for wrong, why in (
        (answer_request(middle, first), "not for the key"),
        (right + maker.pem, "do not follow"),
        (right + "x" * 10_000, "longer than"),
    ):
        with pytest.raises(CertificateError, match=why):
            store.take_own(wrong)
    assert store.own_times() is None
    store.take_own(right + middle.pem + maker.pem)
    times = store.own_times()
    assert times is not None
    assert times[0] < now() < times[1]
    context = store.context(own=True)
    assert context.minimum_version.name == "TLSv1_2"
    assert not (store._folder / "station.key").exists()
    judged = subprocess.run(
        ["openssl", "x509", "-in", store._own, "-noout", "-subject"], capture_output=True, text=True, check=False
    )
    assert judged.returncode == 0, judged.stderr


def test_who_may_sign_firmware() -> None:
    """Security whitepaper: a signer below an installed root of the maker, over the certificates that come with it."""
    maker = root("Maker")
    middle = issue(maker, "middle", ca=True)
    signer = issue(middle, "signer")
    read_signer(signer.pem + middle.pem, [root().pem, maker.pem], now())
    for pem, roots in ((signer.pem, [maker.pem]), (signer.pem + middle.pem, [root().pem]), (signer.pem, [])):
        with pytest.raises(CertificateError):
            read_signer(pem, roots, now())


@given(st.text(max_size=300))
def test_no_text_breaks_the_reading(text: str) -> None:
    """Whatever is sent as a certificate is one or a CertificateError."""
    for pem in (text, f"-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n"):
        try:
            read_certificates(pem)
        except CertificateError:
            continue


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("0001020304050607FFFFFFFFFFFFFFFFFFFFFFFF", bytes(range(8)) + b"\xff" * 12),
        ("00112233445566778899aabbccddeeff", bytes.fromhex("00112233445566778899aabbccddeeff")),
        ("0123456789abcdef", b"0123456789abcdef"),  # as bytes it would be too short
        ("00112233445566778899aabbccddeef", b"00112233445566778899aabbccddeef"),  # no whole number of bytes
        ("a password of words", b"a password of words"),
    ],
)
def test_the_two_forms_of_an_authorization_key(text: str, key: bytes) -> None:
    """Security whitepaper: 16 bytes at least, hexadecimal up to 40 digits."""
    assert PASSWORD.read(text) == text
    assert key_bytes(text) == key
    assert len(key) >= 16


@pytest.mark.parametrize("text", ["", "short", "x" * 15, "x" * 41])
def test_authorization_keys_of_a_wrong_length(text: str) -> None:
    with pytest.raises(WrongValue):
        PASSWORD.read(text)


async def test_security_events_outlive_a_restart_and_are_bounded() -> None:
    """Security whitepaper: kept until told, the newest; told once, in order."""
    notes, told = Notes(), list[str]()
    events = SecurityEvents(notes, now, lambda: True)
    await events.load()
    for number in range(MOST_EVENTS + 5):
        await events.note("InvalidMessages", f"number {number} \x1b[2J")
    again = SecurityEvents(notes, now, lambda: True)
    await again.load()

    class Enough(Exception):  # noqa: N818
        pass

    async def ask(request: object, message_id: str | None = None) -> object:
        told.append(str(getattr(request, "tech_info", "")))
        if len(told) == 3:
            raise Enough  # the link is lost before the third is answered
        return None

    with pytest.raises(Enough):
        await again.run(ask)
    assert told == [f"number {n} [2J" for n in (5, 6, 7)]
    third = SecurityEvents(notes, now, lambda: True)
    await third.load()
    told.clear()
    with pytest.raises(Enough):
        await third.run(ask)
    assert told[0] == "number 7 [2J"
    assert third.text(None, None).count("\n") == MOST_EVENTS
    assert third.text(now() + timedelta(1), None) == ""


@virtual_time
async def test_a_certificate_is_renewed_in_its_last_month() -> None:
    """Security whitepaper: asked for anew once a day in the month before its end, not before."""
    with tempfile.TemporaryDirectory() as folder:
        begin, days = now(), list[float]()
        loop = asyncio.get_running_loop()

        def wall() -> datetime:
            return begin + timedelta(seconds=loop.time())

        store = Certificates(Path(folder), wall)
        store.take_own(answer_request(root(), store.request("CP-1", ""), days=40))

        async def ask(request: object, message_id: str | None = None) -> object:
            days.append(loop.time() / 86_400)
            return type("Conf", (), {"status": "Rejected"})()

        async def event(kind: str, detail: str) -> None: ...

        security = Security(Present(config()), store, wall, event, lambda: None, lambda: None)
        task = asyncio.create_task(security.run(ask))
        await asyncio.sleep(14 * 86_400)
        task.cancel()
        assert len(days) in (4, 5, 6)
        assert min(days) >= 9
        assert not (Path(folder) / "station.key").exists()  # a refused request leaves no key


def test_the_names_are_sha256(store: Certificates) -> None:
    """A root's file is named by its fingerprint, so that no name comes from outside (S15)."""
    maker: Issued = root()
    store.install(CENTRAL, maker.pem)
    (path,) = (store._folder / "central").iterdir()
    der = maker.certificate.public_bytes(Encoding.DER)
    assert path.name == hashlib.sha256(der).hexdigest() + ".pem"
