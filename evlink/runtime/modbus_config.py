"""What the settings say of the Modbus server, and why it can't listen as they say."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import Any

from evlink.modbus.gate import Access, networks
from evlink.settings.label import Label
from evlink.settings.values import Values


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """What the settings say of the server; `host` empty listens on every address."""

    enabled: bool
    host: str
    port: int
    profile: str
    access: Access


def server_config(values: Values) -> ServerConfig:
    """The server's settings."""

    def setting(name: str) -> Any:
        return values.get(f"extension.modbus_server.{name}")

    return ServerConfig(
        bool(setting("enabled")),
        str(setting("bind")),
        int(setting("port")),
        str(setting("profile")),
        Access(networks(str(setting("allow"))), networks(str(setting("write_allow")))),
    )


def unheard(error: OSError, host: str, port: int) -> Label:
    """Why the server can't listen, in one sentence."""
    match error.errno:
        case errno.EACCES | errno.EPERM:
            return Label(
                f"port {port} is not permitted: ports below 1024 need the right to bind them; 1024 to 65535 are free",
                f"le port {port} n'est pas permis : sous 1024, il faut un droit ; de 1024 à 65535, aucun",
            )
        case errno.EADDRINUSE:
            return Label(f"port {port} is taken by another program", f"le port {port} est pris par un autre programme")
        case errno.EADDRNOTAVAIL:
            return Label(f"{host} is no address of this station", f"{host} n'est pas une adresse de cette borne")
        case _:
            return Label(f"port {port}: {error.strerror or error}", f"port {port} : {error.strerror or error}")
