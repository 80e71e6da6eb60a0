"""One parcel, to the place that the settings name, by the protocol that is set; and what came of it in words."""

from __future__ import annotations

import asyncio
import importlib
import ssl
from collections.abc import Awaitable, Callable

from evlink.domain.letter import LetterKind
from evlink.publication import places
from evlink.publication.carrying import Limits, Parcel, Receipt, Tell
from evlink.publication.places import FtpPlace, HttpPlace, MailPlace, Place, Security
from evlink.settings.label import Label
from evlink.settings.values import Values

Send = Callable[[Parcel, LetterKind, tuple[str, ...], Values, Tell], Awaitable[tuple[Receipt, Label]]]
"""Sends a parcel of a kind to all recipients but those named; SendError."""


def sender(context: Callable[[Security], ssl.SSLContext], limits: Limits) -> Send:
    """The function that sends, with these certificates and times."""

    async def send(
        parcel: Parcel, kind: LetterKind, served: tuple[str, ...], values: Values, tell: Tell
    ) -> tuple[Receipt, Label]:
        place = places.alarm(values) if kind is LetterKind.ALARM else places.chosen(values)
        security = Security.of(values)
        made = await asyncio.to_thread(_ready, place, context, security)
        match place:
            case MailPlace():
                from evlink.publication import smtp

                receipt = await smtp.send(parcel, place, security, made, limits, tell, served)
            case FtpPlace():
                from evlink.publication import ftp

                receipt = await ftp.send(parcel, place, security, made, limits, tell)
            case HttpPlace():
                from evlink.publication import http

                receipt = await http.send(parcel, place, security, made, limits, tell)
        return receipt, _arrived(parcel, place, receipt)

    return send


def _ready(place: Place, context: Callable[[Security], ssl.SSLContext], security: Security) -> ssl.SSLContext:
    """Load what a place needs, in a thread: libraries that a station which publishes nothing never reads, and the
    certificates of the machine, which take long enough to be felt.
    """
    name = {MailPlace: "smtp", FtpPlace: "ftp", HttpPlace: "http"}[type(place)]
    importlib.import_module(f"evlink.publication.{name}")
    return context(security)


def trust(security: Security) -> ssl.SSLContext:
    """The certificates that the machine trusts; of a server that is not to be checked, any."""
    context = ssl.create_default_context()
    if not security.checked:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _arrived(parcel: Parcel, place: Place, receipt: Receipt) -> Label:
    where = f"{place.host}:{place.port}"
    how = Label("encrypted", "chiffré") if receipt.encrypted else Label("not encrypted", "non chiffré")
    match place:
        case MailPlace(recipients=recipients):
            to = ", ".join(recipients)
            return Label(
                f"{where} took the mail for {to} ({how.en})",
                f"{where} a pris le courriel pour {to} ({how.fr})",
            )
        case FtpPlace(folder=folder):
            name = f"{folder}/{parcel.file}" if folder else parcel.file
            return Label(f"{name} is on {where} ({how.en})", f"{name} est sur {where} ({how.fr})")
        case HttpPlace(path=path):
            return Label(
                f"{where}{path} took {parcel.file} ({how.en})", f"{where}{path} a pris {parcel.file} ({how.fr})"
            )
