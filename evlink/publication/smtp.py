"""Mail by SMTP: STARTTLS where offered, implicit TLS, AUTH PLAIN and LOGIN, several recipients (R-201, RFC 5321)."""

from __future__ import annotations

import asyncio
import socket
import ssl
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import format_datetime

import aiosmtplib

from evlink.publication.carrying import (
    Limits,
    Parcel,
    Receipt,
    SendError,
    Tell,
    network,
    not_admitted,
    refused,
    said,
    unencrypted,
)
from evlink.publication.places import MailPlace, Security
from evlink.settings.label import Label

_LOGINS = ("plain", "login")


def compose(parcel: Parcel, place: MailPlace) -> EmailMessage:
    """The mail: the same for every try, names of senders and recipients aside (RFC 5322)."""
    mail = EmailMessage(policy=WIRE)
    mail["From"] = place.sender
    mail["To"] = ", ".join(place.recipients)
    mail["Subject"] = parcel.subject
    mail["Date"] = format_datetime(parcel.made)
    mail["Message-ID"] = parcel.message_id
    mail["Auto-Submitted"] = "auto-generated"  # no answering machine answers (RFC 3834)
    mail.set_content(parcel.text, charset="utf-8")
    if parcel.file:
        mail.add_attachment(
            parcel.data, maintype="text", subtype="csv", filename=parcel.file, params={"charset": "utf-8"}
        )
        mail.set_boundary(f"=={parcel.message_id[1:33]}==")  # a random one would make every try another mail
    return mail


async def send(
    parcel: Parcel,
    place: MailPlace,
    security: Security,
    context: ssl.SSLContext,
    limits: Limits,
    tell: Tell,
    served: tuple[str, ...] = (),
) -> Receipt:
    """Send a mail to all recipients but those of `served`. SendError where not all of the others took it.

    A server that took it for some of them leaves those in the error's `served`: the next try is for the rest.
    """
    left = tuple(one for one in place.recipients if one not in served)
    if not left:
        return Receipt(False, place.recipients)
    try:
        async with asyncio.timeout(limits.all_s):
            return await _send(parcel, place, left, security, context, limits, tell, served)
    except (SendError, asyncio.CancelledError):
        raise
    except (OSError, aiosmtplib.SMTPException, ValueError) as error:
        raise _why(error, place) from None


async def _send(
    parcel: Parcel,
    place: MailPlace,
    left: tuple[str, ...],
    security: Security,
    context: ssl.SSLContext,
    limits: Limits,
    tell: Tell,
    served: tuple[str, ...],
) -> Receipt:
    mail = compose(parcel, place).as_bytes()
    tell(Label(f"connecting to {place.host}:{place.port}", f"connexion à {place.host}:{place.port}"))
    client = aiosmtplib.SMTP(
        hostname=place.host,
        port=place.port,
        timeout=limits.answer_s,
        use_tls=place.implicit_tls,
        start_tls=False,
        tls_context=context,
        local_hostname=_own_name(),
    )
    await client.connect()
    try:
        encrypted = await _encrypt(client, place, security, context)
        if place.login is not None:
            tell(Label("logging in", "identification"))
            await _log_in(client, place)
        tell(Label("sending", "envoi"))
        options = ["SMTPUTF8"] if not all(one.isascii() for one in (place.sender, *left)) else []
        errors, _ = await client.sendmail(place.sender, list(left), mail, mail_options=options)
    finally:
        client.close()
    taken = (*served, *(one for one in left if one not in errors))
    if errors:
        name, (code, text) = next(iter(errors.items()))
        raise SendError(_recipient(name, code, text), taken)
    return Receipt(encrypted, taken)


async def _encrypt(client: aiosmtplib.SMTP, place: MailPlace, security: Security, context: ssl.SSLContext) -> bool:
    """Turn encryption on where it is to be had; whether it is on."""
    if place.implicit_tls:
        return True
    await client.ehlo()
    if security.allowed and client.supports_extension("starttls"):
        await client.starttls(tls_context=context)
        return True
    if security.required:
        raise unencrypted()
    return False


async def _log_in(client: aiosmtplib.SMTP, place: MailPlace) -> None:
    """AUTH PLAIN, or LOGIN where the server knows that alone (RFC 4616)."""
    assert place.login is not None
    await client.ehlo()
    offered = [one.lower() for one in client.server_auth_methods]
    user, password = place.login.user, place.login.password
    try:
        if "plain" in offered:
            await client.auth_plain(user, password)
        elif "login" in offered:
            await client.auth_login(user, password)
        else:
            raise SendError(
                Label(
                    f"{place.host} asks for no user name: set authentication off, or check port and encryption",
                    f"{place.host} ne demande pas d'identification : la désactiver, ou vérifier port et chiffrement",
                )
            )
    except aiosmtplib.SMTPAuthenticationError as error:
        raise not_admitted(place.host, error.code, error.message, password) from None


def _why(error: Exception, place: MailPlace) -> SendError:
    """The sentence for an error of the library, which wraps those of the network."""
    secret = place.login.password if place.login else ""
    match error:
        case aiosmtplib.SMTPRecipientsRefused():
            first = error.recipients[0]
            return SendError(_recipient(first.recipient, first.code, first.message))
        case aiosmtplib.SMTPSenderRefused():
            words = said(error.message, secret)
            return SendError(
                Label(
                    f"{place.host} does not take mail from {place.sender}: {error.code} {words}",
                    f"{place.host} refuse l'émetteur {place.sender} : {error.code} {words}",
                )
            )
        case aiosmtplib.SMTPResponseException():
            return refused(place.host, error.code, error.message, secret)
        case aiosmtplib.SMTPTimeoutError():
            return network(TimeoutError(), place.host, place.port)
        case aiosmtplib.SMTPConnectError() | aiosmtplib.SMTPServerDisconnected():
            cause = error.__cause__ or error.__context__
            found = cause if isinstance(cause, OSError | EOFError) else ConnectionResetError()
            return network(found, place.host, place.port)
        case OSError():
            return network(error, place.host, place.port)
        case _:
            return refused(place.host, "-", error, secret)


def _recipient(name: str, code: int, text: str) -> Label:
    words = said(text)
    return Label(
        f"{said(name)} does not get it: {code} {words}",
        f"{said(name)} ne le reçoit pas : {code} {words}",
    )


def _own_name() -> str:
    """The name in EHLO: the machine's own, as far as one may say it (RFC 5321 section 4.1.1.1)."""
    name = socket.gethostname()
    return name if name.isascii() and name.replace("-", "").replace(".", "").isalnum() else "localhost"
