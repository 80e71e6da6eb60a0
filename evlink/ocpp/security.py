"""The certificates as the supervision manages them, and the station's own (security whitepaper)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from ocpp.v16 import call, call_result  # type: ignore[import-untyped]

from evlink.ocpp.certificates import LONGEST_CHAIN, MOST, CertificateError, Certificates, Fingerprint
from evlink.ocpp.config import Present
from evlink.ocpp.exchange import Ask, Handler, MalformedError, RefusedError, UnsendableError

RENEW = timedelta(days=30)  # before its end a certificate is asked for anew
_LOOK_S = 86_400.0
_log = logging.getLogger(__name__)


class Security:
    """The handlers, and the watch over the end of the station's own certificate.

    `renewed` is called once a certificate of the station was taken, `event` notes a security event, and `spoken` is
    called for every request: whoever sends these knows of the extensions.
    """

    def __init__(
        self,
        present: Present,
        certificates: Certificates,
        wall: Callable[[], datetime],
        event: Callable[[str, str], Awaitable[None]],
        renewed: Callable[[], None],
        spoken: Callable[[], None],
    ) -> None:
        self._present = present
        self._certificates = certificates
        self._wall = wall
        self._event = event
        self._renewed = renewed
        self._spoken = spoken

    def table(self) -> Mapping[str, Handler]:
        """Handlers by action."""
        return {
            "InstallCertificate": self.install_certificate,
            "DeleteCertificate": self.delete_certificate,
            "GetInstalledCertificateIds": self.get_installed_certificate_ids,
            "CertificateSigned": self.certificate_signed,
        }

    def keys(self) -> dict[str, str]:
        """The configuration keys that no setting holds (security whitepaper)."""
        return {
            "AdditionalRootCertificateCheck": "false",
            "CertificateSignedMaxChainSize": str(LONGEST_CHAIN),
            "CertificateStoreMaxLength": str(MOST),
        }

    async def install_certificate(self, certificate_type: str, certificate: str) -> Any:
        """Install a root: Rejected where it is none or there is no room, Failed where it could not be stored."""
        self._spoken()
        try:
            await asyncio.to_thread(self._certificates.install, certificate_type, certificate)
        except CertificateError as error:
            _log.warning("InstallCertificate: %s", error)
            return call_result.InstallCertificate("Rejected")
        except OSError as error:
            _log.error("a certificate could not be stored: %s", error)
            return call_result.InstallCertificate("Failed")
        await self._event("ReconfigurationOfSecurityParameters", f"{certificate_type} installed")
        return call_result.InstallCertificate("Accepted")

    async def delete_certificate(self, certificate_hash_data: Mapping[str, str]) -> Any:
        """Remove a root by its hashes."""
        self._spoken()
        wanted = Fingerprint(
            certificate_hash_data["hash_algorithm"],
            certificate_hash_data["issuer_name_hash"],
            certificate_hash_data["issuer_key_hash"],
            certificate_hash_data["serial_number"],
        )
        try:
            removed = await asyncio.to_thread(self._certificates.delete, wanted)
        except (OSError, CertificateError) as error:
            _log.error("a certificate could not be removed: %s", error)
            return call_result.DeleteCertificate("Failed")
        if not removed:
            return call_result.DeleteCertificate("NotFound")
        await self._event("ReconfigurationOfSecurityParameters", "a root certificate was removed")
        return call_result.DeleteCertificate("Accepted")

    async def get_installed_certificate_ids(self, certificate_type: str) -> Any:
        """The hashes of the installed roots of a use."""
        self._spoken()
        found = await asyncio.to_thread(self._certificates.fingerprints, certificate_type)
        if not found:
            return call_result.GetInstalledCertificateIds("NotFound")
        return call_result.GetInstalledCertificateIds(
            "Accepted",
            certificate_hash_data=[
                {
                    "hash_algorithm": one.algorithm,
                    "issuer_name_hash": one.issuer_name,
                    "issuer_key_hash": one.issuer_key,
                    "serial_number": one.serial,
                }
                for one in found
            ],
        )

    async def certificate_signed(self, certificate_chain: str) -> Any:
        """Take the certificate that was asked for, and connect with it where the profile says so."""
        self._spoken()
        try:
            await asyncio.to_thread(self._certificates.take_own, certificate_chain)
        except CertificateError as error:
            await self._event("InvalidChargePointCertificate", str(error))
            return call_result.CertificateSigned("Rejected")
        except (OSError, ValueError) as error:
            _log.error("the station's certificate could not be stored: %s", error)
            return call_result.CertificateSigned("Rejected")
        self._renewed()
        return call_result.CertificateSigned("Accepted")

    async def sign(self, ask: Ask) -> None:
        """Ask for a certificate of the station with a key of its own; raises NoAnswerError."""
        config = self._present.config
        name = config.serial_number or config.identity
        csr = await asyncio.to_thread(self._certificates.request, name, config.cpo_name)
        try:
            answer = await ask(call.SignCertificate(csr=csr))
        except (RefusedError, MalformedError, UnsendableError) as error:
            _log.warning("%s", error)
        else:
            if answer.status == "Accepted":
                return
        await asyncio.to_thread(self._certificates.forget_request)

    async def run(self, ask: Ask) -> None:
        """Ask for a new certificate in the month before the old one ends, once a day, until cancelled."""
        while True:
            times = await asyncio.to_thread(self._certificates.own_times)
            if times is not None and times[1] - self._wall() < RENEW:
                try:
                    await self.sign(ask)
                except OSError as error:
                    _log.error("no certificate could be asked for: %s", error)
            await asyncio.sleep(_LOOK_S)
