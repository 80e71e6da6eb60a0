"""Where to: the settings of the chosen protocol as one place, checked before anything is sent (R-198 to R-209)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote

from evlink.publication.carrying import SendError
from evlink.settings.label import Label
from evlink.settings.places import is_set
from evlink.settings.registry import SETTINGS
from evlink.settings.values import Values

PUBLICATION = "charge_history.publication"
ALARM = "internal.report_alarm"
IMPLICIT_TLS = 465  # RFC 8314


@dataclass(frozen=True, slots=True)
class Security:
    """How encryption is used: never, where offered, or always; and whether certificates are checked."""

    allowed: bool = True
    required: bool = False
    checked: bool = True

    @classmethod
    def of(cls, values: Values) -> Security:
        """As it is set."""
        word = values.get("extension.publication.encryption")
        return cls(word != "never", word == "required", word != "unchecked")


@dataclass(frozen=True, slots=True)
class Login:
    """User name and password; the password shows in no `repr`."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class MailPlace:
    """A mail server, who sends and to whom (R-201)."""

    host: str
    port: int
    implicit_tls: bool
    login: Login | None
    sender: str
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FtpPlace:
    """An FTP server and a folder on it, empty for the one that the login leads to (R-202)."""

    host: str
    port: int
    implicit_tls: bool
    login: Login | None
    passive: bool
    folder: str


@dataclass(frozen=True, slots=True)
class HttpPlace:
    """A web address that takes a form, and the name of the field that carries the file (R-203)."""

    scheme: str
    host: str
    port: int
    login: Login | None
    path: str
    field_name: str


Place = MailPlace | FtpPlace | HttpPlace


def chosen(values: Values) -> Place:
    """The place of the chosen protocol. SendError that names the setting that is missing."""
    match values.get(f"{PUBLICATION}.protocol"):
        case "ftp":
            return _ftp(values)
        case "http":
            return _http(values)
        case _:
            return _mail(values)


def _mail(values: Values) -> MailPlace:
    server = _server(values, f"{PUBLICATION}.smtp_server")
    port = server.port or int(values.get(f"{PUBLICATION}.smtp_port"))
    return MailPlace(
        server.host,
        port,
        server.scheme == "smtps" or port == IMPLICIT_TLS,
        _login(values, "smtp"),
        _needed(values, f"{PUBLICATION}.smtp_sender"),
        tuple(_needed(values, f"{PUBLICATION}.smtp_recipients").split(";")),
    )


def alarm(values: Values) -> MailPlace:
    """The place of alarm mails, by the keys of [REPORT ALARM]. SendError that names the key that is missing."""
    server = _server(values, f"{ALARM}.alarm_server")
    port = server.port or int(values.get(f"{ALARM}.alarm_port"))
    login = None
    if values.get(f"{ALARM}.alarm_authent"):
        password = str(values.get("extension.publication.alarm_password"))
        login = Login(_needed(values, f"{ALARM}.alarm_login"), password)
    return MailPlace(
        server.host,
        port,
        server.scheme == "smtps" or port == IMPLICIT_TLS,
        login,
        _needed(values, f"{ALARM}.alarm_sender"),
        tuple(_needed(values, f"{ALARM}.alarm_receiver").split(";")),
    )


def _ftp(values: Values) -> FtpPlace:
    server = _server(values, f"{PUBLICATION}.ftp_server")
    return FtpPlace(
        server.host,
        server.port or int(values.get(f"{PUBLICATION}.ftp_port")),
        server.scheme == "ftps",
        _login(values, "ftp"),
        bool(values.get(f"{PUBLICATION}.ftp_passive_mode")),
        _plain(unquote(server.path).strip("/"), f"{PUBLICATION}.ftp_server"),
    )


def _http(values: Values) -> HttpPlace:
    server = _server(values, f"{PUBLICATION}.http_server")
    path = _needed(values, f"{PUBLICATION}.http_path")
    base = server.path.partition("?")[0].rstrip("/")  # of a URL, as many people would write it
    return HttpPlace(
        server.scheme or "http",
        server.host,
        server.port or int(values.get(f"{PUBLICATION}.http_port")),
        _login(values, "http"),
        base + (path if path.startswith("/") else f"/{path}"),
        _needed(values, f"{PUBLICATION}.http_field_name"),
    )


@dataclass(frozen=True, slots=True)
class _Server:
    scheme: str
    host: str
    port: int | None
    path: str


def _server(values: Values, key: str) -> _Server:
    text = _needed(values, key)
    found = re.fullmatch(r"(?:([a-z]+)://)?(\[[0-9A-Fa-f:.]+\]|[^:/?\[\]]+)(?::([0-9]{1,5}))?([/?].*)?", text)
    if found is None:
        raise SendError(_missing(key))
    scheme, host, port, path = found.groups()
    return _Server(scheme or "", host.strip("[]"), int(port) if port else None, path or "")


def _login(values: Values, protocol: str) -> Login | None:
    if not values.get(f"{PUBLICATION}.{protocol}_authentication"):
        return None
    user = _needed(values, f"{PUBLICATION}.{protocol}_username")
    return Login(user, str(values.get(f"{PUBLICATION}.{protocol}_password")))


def _needed(values: Values, key: str) -> str:
    value = str(values.get(key))
    if not is_set(value):
        raise SendError(_missing(key))
    return _plain(value, key)


def _plain(value: str, key: str) -> str:
    """A value without control characters, which no header, command or form may ever hold."""
    if any(ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0 for character in value):
        raise SendError(_missing(key))
    return value


def _missing(key: str) -> Label:
    label = SETTINGS[key].label
    return Label(f"not set: {label.en} ({key})", f"non renseigné : {label.fr} ({key})")
