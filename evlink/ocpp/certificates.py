"""The certificates of the station: roots that the supervision installed, and its own for security profile 3.

Files below one directory (0700, each 0600): `central/` and `manufacturer/` hold a root a file, named by its
fingerprint; `station.pem` the station's chain with its key; `station.key` the key of a request that is still open.
"""

from __future__ import annotations

import logging
import os
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

MOST = 20  # CertificateStoreMaxLength
LONGEST_CHAIN = 10_000  # CertificateSignedMaxChainSize, in characters
CENTRAL, MANUFACTURER = "CentralSystemRootCertificate", "ManufacturerRootCertificate"
_FOLDERS = {CENTRAL: "central", MANUFACTURER: "manufacturer"}
_log = logging.getLogger(__name__)


class CertificateError(Exception):
    """Why a certificate is not taken, in one sentence."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A certificate as OCPP names it (whitepaper, CertificateHashDataType)."""

    algorithm: str
    issuer_name: str
    issuer_key: str
    serial: str


class Certificates:
    """The store. Nothing of it is cached: it is read when a connection is made, and holds few and small files."""

    def __init__(self, folder: Path, wall: Callable[[], datetime]) -> None:
        self._folder = folder
        self._wall = wall

    # Roots

    def roots(self, use: str) -> list[str]:
        """The installed roots of a use, as PEM."""
        found = []
        for path in sorted((self._folder / _FOLDERS[use]).glob("*.pem")):
            try:
                found.append(path.read_text("ascii"))
            except (OSError, ValueError):
                _log.warning("an installed root certificate cannot be read")
        return found

    def install(self, use: str, pem: str) -> None:
        """Install a root; CertificateError where it is none, is not valid, or there is no room. OSError."""
        from evlink.ocpp.certificates_x509 import read_root

        name, text = read_root(pem, self._wall())
        path = self._folder / _FOLDERS[use] / f"{name}.pem"
        if not path.exists() and sum(len(self.roots(each)) for each in _FOLDERS) >= MOST:
            raise CertificateError(f"at most {MOST} certificates can be installed")
        _write(path, text)

    def fingerprints(self, use: str) -> list[Fingerprint]:
        """The installed roots of a use, as OCPP names them."""
        found = self.roots(use)
        if not found:
            return []
        from evlink.ocpp.certificates_x509 import fingerprint, read_certificates

        return [fingerprint(certificate) for pem in found for certificate in read_certificates(pem)]

    def delete(self, wanted: Fingerprint) -> bool:
        """Remove the roots that bear these hashes, whatever their use; False where none does. OSError."""
        from evlink.ocpp.certificates_x509 import fingerprint, read_certificates

        removed = False
        for folder in _FOLDERS.values():
            for path in (self._folder / folder).glob("*.pem"):
                own = fingerprint(read_certificates(path.read_text("ascii"))[0], wanted.algorithm)
                if _same(own, wanted):
                    path.unlink()
                    _sync(path.parent)
                    removed = True
        return removed

    # The station's own

    @property
    def _own(self) -> Path:
        return self._folder / "station.pem"

    @property
    def _open(self) -> Path:
        return self._folder / "station.key"

    def own_times(self) -> tuple[datetime, datetime] | None:
        """From when until when the station's certificate is valid; None where it has none that can be read."""
        try:
            text = _public_part(self._own.read_text("ascii"))
        except (OSError, ValueError):
            return None
        from evlink.ocpp.certificates_x509 import read_certificates

        try:
            own = read_certificates(text)[0]
        except CertificateError:
            return None
        return own.not_valid_before_utc, own.not_valid_after_utc

    def request(self, name: str, organisation: str) -> str:
        """Make a new key and a request for its certificate, as PEM (security whitepaper). OSError."""
        from evlink.ocpp.certificates_x509 import make_request

        key, asked = make_request(name, organisation)
        _write(self._open, key)
        return asked

    def forget_request(self) -> None:
        """Drop the key of a request that was refused."""
        self._open.unlink(missing_ok=True)

    def take_own(self, pem: str) -> None:
        """Take the chain that a request led to; CertificateError where it is not for our key. OSError."""
        from evlink.ocpp.certificates_x509 import read_own

        if len(pem) > LONGEST_CHAIN:
            raise CertificateError("the chain is longer than CertificateSignedMaxChainSize")
        if not self._open.exists():
            raise CertificateError("no certificate was asked for")
        key = self._open.read_text("ascii")
        _write(self._own, key + read_own(key, pem, self._wall()))
        self.forget_request()

    def context(self, own: bool = False) -> ssl.SSLContext:
        """TLS 1.2 or newer, verified against the system's roots and those installed; with `own`, our certificate.

        ssl.SSLError or OSError where our own certificate can't be used.
        """
        context = ssl.create_default_context()
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        for use in _FOLDERS:
            for pem in self.roots(use):
                try:
                    context.load_verify_locations(cadata=pem)
                except ssl.SSLError:
                    _log.warning("an installed root certificate cannot be used")
        if own:
            context.load_cert_chain(self._own)
        return context


def _same(own: Fingerprint, wanted: Fingerprint) -> bool:
    try:
        serial = int(wanted.serial, 16)
    except ValueError:
        return False
    hashes = (wanted.issuer_name.lower(), wanted.issuer_key.lower())
    return (own.issuer_name, own.issuer_key) == hashes and int(own.serial, 16) == serial


def _public_part(text: str) -> str:
    """The certificates of a file that begins with a key."""
    at = text.find("-----BEGIN CERTIFICATE-----")
    return text[at:] if at >= 0 else ""


def private_folder(path: Path) -> None:
    """Make a directory for us alone, and what is missing above it."""
    if not path.is_dir():
        private_folder(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)


def _write(path: Path, text: str) -> None:
    """Write a file that is the old one or the new one after a power cut, readable by us alone."""
    private_folder(path.parent)
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with open(handle, "wb") as file:
        file.write(text.encode("ascii"))
        file.flush()
        os.fsync(handle)
    os.replace(new, path)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
