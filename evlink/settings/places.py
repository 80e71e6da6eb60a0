"""Kinds of values that name a place or a time: addresses, hosts, URLs, mailboxes, time zones, dates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from evlink.settings.kinds import NotAllowed, Value, unprintable
from evlink.settings.label import Label

UNDEFINED = "UNDEFINED"
"""The word by which the .cfg says that a text is not set."""


def is_set(value: object) -> bool:
    """Whether a text value says something: not empty, not UNDEFINED, and not the bare scheme of a URL."""
    return isinstance(value, str) and value not in ("", UNDEFINED) and not value.endswith("://")


@dataclass(frozen=True, slots=True)
class Address:
    """An IPv4 address; with `empty`, also none at all."""

    empty: bool = False

    def parse(self, text: str) -> str:
        text = text.strip()
        if self.check(text):
            raise NotAllowed(self.allowed())
        return text

    def check(self, value: object) -> Label | None:
        if (self.empty and value == "") or (isinstance(value, str) and octets(value)):
            return None
        return self.allowed()

    def show(self, value: Value, lang: str = "en") -> str:
        return str(value)

    def allowed(self) -> Label:
        nothing = Label(", or nothing", ", ou rien") if self.empty else Label("")
        return Label(
            f"an IPv4 address such as 192.168.0.102{nothing.en}",
            f"une adresse IPv4 telle que 192.168.0.102{nothing.fr}",
        )


def octets(text: str) -> tuple[int, int, int, int] | None:
    """The four numbers of an IPv4 address, None where the text is none."""
    if not re.fullmatch(r"(0|[1-9][0-9]{0,2})(\.(0|[1-9][0-9]{0,2})){3}", text):
        return None
    a, b, c, d = (int(part) for part in text.split("."))
    return (a, b, c, d) if max(a, b, c, d) <= 255 else None


_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\.?|\[[0-9A-Fa-f:.]+\])"
_PORT = r"(?::(?P<port>[0-9]{1,5}))?"
_PATH = r"(?:[/?][!-~]*)?"


def _port_ok(port: str | None) -> bool:
    return port is None or 1 <= int(port) <= 65535


@dataclass(frozen=True, slots=True)
class Host:
    """A host name or IP address, with one of `schemes` before it where the server wants one (R-209); may be empty."""

    schemes: tuple[str, ...] = ()
    max_length: int = 255

    def parse(self, text: str) -> str:
        return text.strip()

    def check(self, value: object) -> Label | None:
        if not isinstance(value, str) or len(value) > self.max_length:
            return self.allowed()
        scheme = f"(?:(?:{'|'.join(self.schemes)})://)?" if self.schemes else ""
        tail = _PORT + (_PATH if self.schemes else "")
        found = re.fullmatch(scheme + _HOST + tail, value)
        return None if value == "" or (found and _port_ok(found["port"])) else self.allowed()

    def show(self, value: Value, lang: str = "en") -> str:
        return str(value)

    def allowed(self) -> Label:
        en, fr = "a host name or IP address", "un nom d'hôte ou une adresse IP"
        if self.schemes:
            forms = [f"{scheme}://" for scheme in self.schemes]
            en += f", also with {' or '.join(forms)} before it"
            fr += f", aussi précédé de {' ou '.join(forms)}"
        most = self.max_length
        return Label(f"{en}, at most {most} characters", f"{fr}, au plus {most} caractères")


@dataclass(frozen=True, slots=True)
class Url:
    """A URL with one of `schemes`; empty or the bare scheme means that none is set. No user or password in it."""

    schemes: tuple[str, ...]
    max_length: int = 512

    def parse(self, text: str) -> str:
        return text.strip()

    def check(self, value: object) -> Label | None:
        if not isinstance(value, str) or len(value) > self.max_length:
            return self.allowed()
        found = re.fullmatch(f"(?:{'|'.join(self.schemes)})://(?:{_HOST}{_PORT}{_PATH})?", value)
        return None if value == "" or (found and _port_ok(found["port"])) else self.allowed()

    def show(self, value: Value, lang: str = "en") -> str:
        return str(value)

    def allowed(self) -> Label:
        forms, most = [f"{scheme}://" for scheme in self.schemes], self.max_length
        return Label(
            f"a URL that begins with {' or '.join(forms)}, without user name, at most {most} characters",
            f"une URL qui commence par {' ou '.join(forms)}, sans nom d'utilisateur, au plus {most} caractères",
        )


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An e-mail address, or several joined by semicolons without spaces (R-201); may be empty."""

    several: bool = False
    max_length: int = 254

    def parse(self, text: str) -> str:
        return text.strip()

    def check(self, value: object) -> Label | None:
        if not isinstance(value, str) or len(value) > self.max_length or unprintable(value):
            return self.allowed()
        boxes = value.split(";") if self.several else [value]
        if value == "" or all(re.fullmatch(r"[^@\s;,<>\"()]+@[^@\s;,<>\"()]+", box) for box in boxes):
            return None
        return self.allowed()

    def show(self, value: Value, lang: str = "en") -> str:
        return str(value)

    def allowed(self) -> Label:
        most = self.max_length
        if self.several:
            return Label(
                f"e-mail addresses joined by ; without spaces, at most {most} characters in all",
                f"des adresses électroniques séparées par ; sans espace, au plus {most} caractères en tout",
            )
        return Label(
            f"an e-mail address of at most {most} characters",
            f"une adresse électronique d'au plus {most} caractères",
        )


@dataclass(frozen=True, slots=True)
class Zone:
    """A time zone by its IANA name, as far as this machine knows it; UTC always."""

    def parse(self, text: str) -> str:
        return text.strip()

    def check(self, value: object) -> Label | None:
        if not isinstance(value, str) or len(value) > 64:
            return self.allowed()
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*", value):
            return self.allowed()
        if value == "UTC":
            return None
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):  # unknown name, unreadable data, a directory of zones
            return self.allowed()
        return None

    def show(self, value: Value, lang: str = "en") -> str:
        return str(value)

    def allowed(self) -> Label:
        return Label(
            "the name of a time zone such as UTC or Europe/Paris",
            "le nom d'un fuseau horaire tel que UTC ou Europe/Paris",
        )


@dataclass(frozen=True, slots=True)
class Moment:
    """A date and time of day on the station's clock, to the minute or second: "2026-03-01 14:05"."""

    def parse(self, text: str) -> str:
        text = text.strip()
        if self.check(text):
            raise NotAllowed(self.allowed())
        return text

    def check(self, value: object) -> Label | None:
        if not isinstance(value, str):
            return self.allowed()
        if not re.fullmatch(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2})?", value):
            return self.allowed()
        try:
            datetime.fromisoformat(value)
        except ValueError:
            return self.allowed()
        return None

    def show(self, value: Value, lang: str = "en") -> str:
        return str(value)

    def allowed(self) -> Label:
        return Label("a date and time such as 2026-03-01 14:05", "une date et heure telles que 2026-03-01 14:05")
