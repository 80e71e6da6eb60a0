"""What the network of the machine is to be, worked out from the settings (R-090 to R-110); pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from ipaddress import IPv4Address, IPv4Interface, ip_address
from typing import Any

from evlink.settings.values import Values

FALL_BACK = "192.168.0.102/24"  # where no DHCP server answers
NONE = "0.0.0.0"  # noqa: S104 - "not set", nothing listens there
CONFIRM_S = 120.0


@dataclass(frozen=True, slots=True)
class Plan:
    """The station's side of the network. `addresses` with their prefix, the first board's first; none with DHCP."""

    dhcp: bool
    addresses: tuple[str, ...] = ()
    gateway: str = ""
    dns: tuple[str, ...] = ()

    @property
    def first(self) -> str:
        """The station's own address without its prefix; "" with DHCP."""
        return self.addresses[0].partition("/")[0] if self.addresses else ""

    def document(self) -> dict[str, Any]:
        """The plan as JSON knows it."""
        return {**asdict(self), "addresses": list(self.addresses), "dns": list(self.dns)}


class PlanError(ValueError):
    """Why settings make no network, in one sentence; the settings' own rules refuse the same before."""


def plan_of(values: Values) -> Plan:
    """The plan that the settings mean. PlanError where the rules of section 9 do not hold."""

    def setting(name: str) -> str:
        return str(values.get(f"configuration.network.{name}"))

    dns = tuple(text for text in (setting("dns_primary"), setting("dns_secondary")) if text not in ("", NONE))
    if values.get("configuration.network.dhcp_enabled"):
        return Plan(dhcp=True)
    prefix = prefix_of(setting("subnet_mask"))
    first = host_of(setting("ip_address"), prefix)
    addresses = [first]
    if values.facts.outlet_count == 2 and values.get("configuration.network.outlet2_ip_enabled"):
        addresses.append(host_of(second_of(first.partition("/")[0]), prefix))
    if values.facts.has_wifi_card:
        card = wifi_of(first.partition("/")[0])
        if str(values.get("configuration.wifi.ip_address")) != card:
            raise PlanError(f"the Wi-Fi card has to be at {card}, one below the station")
    gateway = setting("default_gateway")
    gateway = "" if gateway in ("", NONE) else gateway
    if gateway and IPv4Address(gateway) not in IPv4Interface(first).network:
        raise PlanError(f"the gateway {gateway} is outside the network of {first}")
    return Plan(False, tuple(addresses), gateway, dns)


def second_of(address: str) -> str:
    """The second board's address: A+1 (R-094). PlanError where there is none."""
    return _beside(address, 1, "second charge point")


def wifi_of(address: str) -> str:
    """The Wi-Fi card's address: A-1 (R-094). PlanError where there is none."""
    return _beside(address, -1, "Wi-Fi card")


def _beside(address: str, step: int, what: str) -> str:
    last = int(address.rpartition(".")[2]) + step
    if not 1 <= last <= 254:
        raise PlanError(f"{address} leaves no room for the {what}")
    return f"{address.rpartition('.')[0]}.{last}"


def computer_range(address: str) -> tuple[str, str]:
    """First and last address for the computer of a technician beside a station: X.Y.Z.241 to 249 (R-016, R-021)."""
    head = address.rpartition(".")[0]
    return f"{head}.241", f"{head}.249"


def prefix_of(mask: str) -> int:
    """The length of a mask's prefix. PlanError where it is none."""
    try:
        number = int(IPv4Address(mask))
    except ValueError:
        raise PlanError(f"{mask!r} is no mask") from None
    length = number.bit_count()
    if length and number != (0xFFFFFFFF << (32 - length)) & 0xFFFFFFFF:
        raise PlanError(f"{mask} is no mask")
    if not 8 <= length <= 30:
        raise PlanError(f"{mask} leaves no room for hosts, or too much")
    return length


def host_of(address: str, prefix: int) -> str:
    """An address with its prefix. PlanError where it is no host of its network."""
    try:
        found = IPv4Interface(f"{address}/{prefix}")
    except ValueError:
        raise PlanError(f"{address!r} is no address") from None
    ends = (found.network.network_address, found.network.broadcast_address)
    if found.ip in ends or found.ip.is_multicast or found.ip.is_loopback or found.ip.is_unspecified:
        raise PlanError(f"{address} is no address of a station")
    return str(found)


def plan_from(document: Mapping[str, Any]) -> Plan | None:
    """A plan that was kept as JSON; None for anything else."""
    try:
        made = Plan(
            bool(document["dhcp"]), tuple(document["addresses"]), str(document["gateway"]), tuple(document["dns"])
        )
        for text in made.addresses:
            IPv4Interface(text)
        for text in (*made.dns, *([made.gateway] if made.gateway else [])):
            ip_address(text)
    except (KeyError, TypeError, ValueError):
        return None
    return made
