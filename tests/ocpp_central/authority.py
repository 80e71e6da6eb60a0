"""A certificate authority for tests: roots, servers, clients and signers made on the spot."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")

    @property
    def key_pem(self) -> str:
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode("ascii")


def root(name: str = "Test root", days: int = 365, back: int = 1, hosts: tuple[str, ...] = ()) -> Issued:
    """A root, valid for `days` from `back` days ago; with `hosts` it may serve too."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(name)
    builder = _builder(subject, subject, key.public_key(), days, back).add_extension(
        x509.BasicConstraints(ca=True, path_length=None), critical=True
    )
    if hosts:
        builder = builder.add_extension(x509.SubjectAlternativeName([_general(host) for host in hosts]), critical=False)
    return Issued(builder.sign(key, SHA256()), key)


def issue(
    issuer: Issued, name: str, hosts: tuple[str, ...] = (), days: int = 90, back: int = 1, ca: bool = False
) -> Issued:
    """A certificate for a key of its own."""
    key = ec.generate_private_key(ec.SECP256R1())
    return Issued(certify(issuer, _name(name), key.public_key(), hosts, days, back, ca), key)


def certify(
    issuer: Issued,
    subject: x509.Name,
    key: ec.EllipticCurvePublicKey,
    hosts: tuple[str, ...] = (),
    days: int = 90,
    back: int = 1,
    ca: bool = False,
) -> x509.Certificate:
    """A certificate for somebody's key."""
    builder = _builder(subject, issuer.certificate.subject, key, days, back).add_extension(
        x509.BasicConstraints(ca=ca, path_length=None), critical=True
    )
    if hosts:
        builder = builder.add_extension(x509.SubjectAlternativeName([_general(host) for host in hosts]), critical=False)
    return builder.sign(issuer.key, SHA256())


def answer_request(issuer: Issued, csr: str, days: int = 90) -> str:
    """The certificate that a request asks for, as PEM."""
    asked = x509.load_pem_x509_csr(csr.encode())
    assert asked.is_signature_valid
    key = asked.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    issued = certify(issuer, asked.subject, key, days=days)
    return issued.public_bytes(serialization.Encoding.PEM).decode("ascii")


def serve_from(folder: Path, server: Issued, clients: Issued | None = None) -> Path:
    """The files of a TLS server in a folder."""
    folder.mkdir(exist_ok=True)
    (folder / "server.pem").write_text(server.key_pem + server.pem)
    if clients is not None:
        (folder / "clients.pem").write_text(clients.pem)
    return folder


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _general(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int, back: int
) -> x509.CertificateBuilder:
    begin = datetime.now(UTC) - back * DAY
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + days * DAY)
    )
