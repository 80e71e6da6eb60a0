"""What every way of sending shares: the parcel, what came of it, and why it failed, in words of both languages."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from evlink.domain.text import clean
from evlink.settings.label import Label

SAID_LENGTH = 160


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is sent: a file of UTF-8 text (none where the name is empty), and what a mail says beside it."""

    name: str
    message_id: str
    made: datetime
    subject: str
    text: str
    file: str
    content: str

    @property
    def data(self) -> bytes:
        """The file's bytes."""
        return self.content.encode()


@dataclass(frozen=True, slots=True)
class Limits:
    """Longest times in seconds: for a connection or an answer, and for all of it."""

    answer_s: float = 20.0
    all_s: float = 120.0


@dataclass(frozen=True, slots=True)
class Receipt:
    """A parcel arrived: whether the way was encrypted, and which recipients have it (mail alone)."""

    encrypted: bool
    served: tuple[str, ...] = ()


class SendError(Exception):
    """Why a parcel did not arrive, as one sentence in both languages; `served` are those who have it all the same."""

    def __init__(self, sentence: Label, served: tuple[str, ...] = ()) -> None:
        super().__init__(sentence.en)
        self.sentence = sentence
        self.served = served


Tell = Callable[[Label], None]
"""Hears how far a parcel is."""


def said(text: object, *secrets: str) -> str:
    """What a server said, on one line, cut, and without a password that it gave back."""
    line = clean(" ".join(str(text).split()))
    for secret in secrets:
        if secret:
            line = line.replace(secret, "***")
    return line[:SAID_LENGTH]


def network(error: BaseException, host: str, port: int) -> SendError:
    """The sentence for what the network did: no such name, nobody there, no answer, a certificate not trusted."""
    where = f"{clean(host)}:{port}"
    match error:
        case socket.gaierror():
            return SendError(
                Label(
                    f"{clean(host)}: no such name; check the server and the DNS server",
                    f"{clean(host)} : nom inconnu ; vérifier le serveur et le serveur DNS",
                )
            )
        case ssl.SSLCertVerificationError():
            why = said(error.verify_message or error.reason)
            return SendError(
                Label(
                    f"{where}: the server's certificate is not trusted ({why})",
                    f"{where} : le certificat du serveur n'est pas reconnu ({why})",
                )
            )
        case ssl.SSLError():
            why = said(error.reason or error)
            return SendError(
                Label(f"{where}: no encryption came about ({why})", f"{where} : le chiffrement a échoué ({why})")
            )
        case ConnectionRefusedError():
            return SendError(
                Label(
                    f"{where}: nobody listens there; check server and port",
                    f"{where} : personne n'écoute à cette adresse ; vérifier serveur et port",
                )
            )
        case TimeoutError() | asyncio.TimeoutError():
            return SendError(
                Label(
                    f"{where}: no answer in time; check cables, IP address and gateway",
                    f"{where} : pas de réponse à temps ; vérifier câbles, adresse IP et passerelle",
                )
            )
        case ConnectionError() | EOFError():
            return SendError(
                Label(f"{where}: the server broke the connection off", f"{where} : le serveur a coupé la connexion")
            )
        case OSError():
            why = said(error.strerror or error)
            return SendError(Label(f"{where}: cannot be reached ({why})", f"{where} : injoignable ({why})"))
        case _:
            return SendError(
                Label(
                    f"{where}: the server gave an answer that makes no sense",
                    f"{where} : réponse incompréhensible du serveur",
                )
            )


def refused(where: str, code: object, text: object, *secrets: str) -> SendError:
    """The sentence for a refusal: what the server said, with its code."""
    words = said(text, *secrets)
    tail = f" {words}" if words else ""
    return SendError(
        Label(f"{clean(where)} refused: {code}{tail}", f"{clean(where)} a refusé : {code}{tail}"),
    )


def not_admitted(where: str, code: object, text: object, *secrets: str) -> SendError:
    """The sentence for user name and password refused."""
    words = said(text, *secrets)
    return SendError(
        Label(
            f"{clean(where)} does not take user name and password: {code} {words}".rstrip(),
            f"{clean(where)} n'accepte pas le nom d'utilisateur et le mot de passe : {code} {words}".rstrip(),
        )
    )


def login_wanted(where: str, code: object, text: object) -> SendError:
    """The sentence for a server that asks for user name and password where the settings have none."""
    words = said(text)
    return SendError(
        Label(
            f"{clean(where)} asks for user name and password, turn authentication on: {code} {words}".rstrip(),
            f"{clean(where)} demande une identification, activer l'authentification : {code} {words}".rstrip(),
        )
    )


def unencrypted() -> SendError:
    """The sentence for encryption that is required and not to be had."""
    return SendError(
        Label(
            "the server offers no encryption, which is required here",
            "le serveur n'offre pas de chiffrement, qui est exigé ici",
        )
    )
