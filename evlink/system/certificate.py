"""The station's own certificate: self-signed X.509v3 on a 256-bit elliptic curve, made at the first start (R-237)."""

from __future__ import annotations

import os
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

YEARS = 20
KEY, CERTIFICATE = "device.key", "device.pem"


def ensure(folder: Path, serial_number: str, now: datetime) -> str:
    """Make key and certificate where one of them is missing; the SHA-256 fingerprint of the certificate. OSError."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    folder.mkdir(mode=0o700, exist_ok=True)
    try:
        if (folder / KEY).exists():
            found = x509.load_pem_x509_certificate((folder / CERTIFICATE).read_bytes())
            return found.fingerprint(hashes.SHA256()).hex(":").upper()
    except (OSError, ValueError):
        pass  # half of a pair is none
    key, certificate, fingerprint = _made(serial_number, now)
    for name, content in ((KEY, key), (CERTIFICATE, certificate)):
        new = folder / f".{name}.new"
        new.unlink(missing_ok=True)
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with open(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, folder / name)
    return fingerprint


def _made(serial_number: str, now: datetime) -> tuple[bytes, bytes, str]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, serial_number[:64] or "evlink")])
    # A station whose clock was never set is in the past: its certificate is good from 2020 on.
    since = min(now, datetime(2020, 1, 1, tzinfo=UTC))
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(int.from_bytes(secrets.token_bytes(16), "big") >> 1)
        .not_valid_before(since)
        .not_valid_after(max(now, datetime(2025, 1, 1, tzinfo=UTC)) + timedelta(days=365 * YEARS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem, made.public_bytes(Encoding.PEM), made.fingerprint(hashes.SHA256()).hex(":").upper()
