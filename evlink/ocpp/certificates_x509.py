"""Certificates read, checked and made, by `cryptography`: no files, no store.

Imported where it is needed alone: its library takes 8 MiB, which most stations needn't spend.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from evlink.domain.text import clean
from evlink.ocpp.certificates import CertificateError, Fingerprint

LONGEST_PEM = 10_000
_HASHES: dict[str, Callable[[bytes], str]] = {
    "SHA256": lambda data: hashlib.sha256(data).hexdigest(),
    "SHA384": lambda data: hashlib.sha384(data).hexdigest(),
    "SHA512": lambda data: hashlib.sha512(data).hexdigest(),
}


def read_certificates(pem: str) -> list[x509.Certificate]:
    """The certificates of a PEM text, the leaf first; CertificateError where there is none to read."""
    if len(pem) > LONGEST_PEM or not pem.isascii():
        raise CertificateError("the certificate is too long or no PEM text")
    try:
        return x509.load_pem_x509_certificates(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise CertificateError("the certificate cannot be read") from None


def check_time(certificate: x509.Certificate, now: datetime) -> None:
    """CertificateError outside its time."""
    if now < certificate.not_valid_before_utc:
        raise CertificateError("the certificate is not valid yet")
    if now > certificate.not_valid_after_utc:
        raise CertificateError("the certificate has expired")


def check_key(certificate: x509.Certificate) -> None:
    """CertificateError for keys below what the whitepaper asks: RSA of 2048 bits, curves of 224."""
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise CertificateError("the certificate's key cannot be read") from None
    match key:
        case rsa.RSAPublicKey() if key.key_size >= 2048:
            return
        case ec.EllipticCurvePublicKey() if key.curve.key_size >= 224:
            return
    raise CertificateError("the certificate's key is too weak, or of a kind that is not supported")


def fingerprint(certificate: x509.Certificate, algorithm: str = "SHA256") -> Fingerprint:
    """A root certificate's hashes; its issuer is itself."""
    digest = _HASHES[algorithm]
    return Fingerprint(
        algorithm,
        digest(certificate.issuer.public_bytes()),
        digest(_bit_string(_public(certificate.public_key()))),
        f"{certificate.serial_number:x}",
    )


def _bit_string(spki: bytes) -> bytes:
    """The key's bits within a SubjectPublicKeyInfo, without tag, length and the count of unused bits (RFC 6960)."""

    def element(at: int) -> tuple[int, int]:
        length, head = spki[at + 1], 2
        if length & 0x80:
            head += length & 0x7F
            length = int.from_bytes(spki[at + 2 : at + head], "big")
        return at + head, length

    inside, _ = element(0)
    start, length = element(inside)  # the algorithm
    start, length = element(start + length)  # the bit string
    return spki[start + 1 : start + length]


def read_root(pem: str, now: datetime) -> tuple[str, str]:
    """A root certificate's fingerprint and clean PEM; CertificateError where it is none, or is not valid now."""
    found = read_certificates(pem)
    if len(found) != 1:
        raise CertificateError("one certificate is to be installed at a time")
    root = found[0]
    check_time(root, now)
    check_key(root)
    try:
        root.verify_directly_issued_by(root)
    except (ValueError, TypeError, InvalidSignature):
        raise CertificateError("the certificate is no root: it is not signed by itself") from None
    return root.fingerprint(SHA256()).hex(), root.public_bytes(serialization.Encoding.PEM).decode("ascii")


def make_request(name: str, organisation: str) -> tuple[str, str]:
    """A new key and a request for its certificate, both as PEM (security whitepaper)."""
    key = ec.generate_private_key(ec.SECP256R1())
    names = [x509.NameAttribute(NameOID.COMMON_NAME, clean(name, 64) or "station")]
    if clean(organisation, 64):
        names.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, clean(organisation, 64)))
    asked = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(names)).sign(key, SHA256())
    return _key_pem(key), asked.public_bytes(serialization.Encoding.PEM).decode("ascii")


def read_own(key_pem: str, pem: str, now: datetime) -> str:
    """A chain for a key of ours as clean PEM; CertificateError where it is for another, or holds not together."""
    chain = read_certificates(pem)
    key = serialization.load_pem_private_key(key_pem.encode(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or _public(chain[0].public_key()) != _public(key.public_key()):
        raise CertificateError("the certificate is not for the key that was asked for")
    for certificate in chain:
        check_time(certificate, now)
    for issued, issuer in itertools.pairwise(chain):
        try:
            issued.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature):
            raise CertificateError("the certificates of the chain do not follow each other") from None
    return "".join(each.public_bytes(serialization.Encoding.PEM).decode("ascii") for each in chain)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode("ascii")


def _public(key: CertificatePublicKeyTypes) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
