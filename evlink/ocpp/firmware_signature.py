"""The signature of a firmware file by its maker (security whitepaper): SHA-256 with RSA-PSS, RSA PKCS 1.5 or ECDSA."""

from __future__ import annotations

import base64
import binascii
import hashlib
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from evlink.ocpp.certificates import CertificateError
from evlink.ocpp.certificates_x509 import check_key, check_time, read_certificates

_BLOCK = 1 << 20


def read_signer(pem: str, roots: list[str], now: datetime) -> x509.Certificate:
    """The certificate that signs firmware: valid now, issued by one of the maker's roots; CertificateError."""
    chain = read_certificates(pem)
    signer = chain[0]
    check_time(signer, now)
    check_key(signer)
    known = [certificate for root in roots for certificate in read_certificates(root)]
    if not known:
        raise CertificateError("no manufacturer's root certificate is installed")
    for issuer in (*chain[1:], *known):
        try:
            signer.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature):
            continue
        check_time(issuer, now)
        if issuer in known:
            return chain[0]
        signer = issuer
    raise CertificateError("the signing certificate comes from no manufacturer's root that is installed")


def verify(pem: str, roots: list[str], now: datetime, signature: str, file: Path) -> bool:
    """Whether the base64 `signature` is of this file and of a signer that `read_signer` lets pass; as it raises."""
    signer = read_signer(pem, roots, now)
    try:
        given = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return False
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while block := content.read(_BLOCK):
            digest.update(block)
    key, hashed, method = signer.public_key(), digest.digest(), Prehashed(SHA256())
    try:
        match key:
            case ec.EllipticCurvePublicKey():
                key.verify(given, hashed, ec.ECDSA(method))
                return True
            case rsa.RSAPublicKey():
                return _rsa(key, given, hashed, method)
            case _:
                return False
    except InvalidSignature:
        return False


def _rsa(key: rsa.RSAPublicKey, given: bytes, hashed: bytes, method: Prehashed) -> bool:
    for form in (padding.PSS(padding.MGF1(SHA256()), padding.PSS.AUTO), padding.PKCS1v15()):
        try:
            key.verify(given, hashed, form, method)
        except InvalidSignature:
            continue
        return True
    return False
