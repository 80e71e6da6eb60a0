"""The machine's network by NetworkManager: two profiles of ours, set by `nmcli` with a list of arguments."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from evlink.system.plan import FALL_BACK, Plan
from evlink.system.programs import MachineError, Run, option_free, well

PROFILE, SPARE = "evlink", "evlink-fallback"
DHCP_S = 30


@dataclass(frozen=True, slots=True)
class Present:
    """What the interface has now: addresses with their prefix, gateway, servers of names, its hardware address."""

    addresses: tuple[str, ...] = ()
    gateway: str = ""
    dns: tuple[str, ...] = ()
    mac: str = ""


class Network(Protocol):
    """The port: who sets the machine's network."""

    async def apply(self, plan: Plan) -> Present:
        """Make the network what a plan says; what it is then. MachineError where the machine refuses."""
        ...

    async def present(self) -> Present:
        """What the network is now. MachineError."""
        ...


class NetworkManager:
    """NetworkManager on one wired interface.

    With DHCP the spare profile stands by at a lower priority with the fall-back address: NetworkManager takes it where
    no server answers, and goes on asking (R-092).
    """

    def __init__(self, run: Run, interface: str) -> None:
        if not re.fullmatch(r"[A-Za-z0-9_.-]{1,15}", interface) or interface.startswith("-"):
            raise MachineError(f"{interface[:40]!r} is no interface")
        self._run = run
        self._interface = interface

    async def apply(self, plan: Plan) -> Present:
        """Set both profiles and bring the right one up."""
        option_free((*plan.addresses, plan.gateway, *plan.dns))
        listed = await well(self._run, "nmcli", "--terse", "--fields", "NAME", "connection", "show")
        known = set(listed.splitlines())
        for name, priority in ((PROFILE, "20"), (SPARE, "10")):
            if name not in known:
                await self._nmcli(
                    "add", "type", "ethernet", "con-name", name, "ifname", self._interface,
                    "connection.autoconnect-priority", priority,
                )  # fmt: skip
        if plan.dhcp:
            await self._nmcli(
                "modify", PROFILE, "ipv4.method", "auto", "ipv4.addresses", "", "ipv4.gateway", "",
                "ipv4.dns", "", "ipv4.dhcp-timeout", str(DHCP_S), "ipv4.may-fail", "no",
            )  # fmt: skip
            await self._nmcli(
                "modify", SPARE, "ipv4.method", "manual", "ipv4.addresses", FALL_BACK,
                "connection.autoconnect", "yes", "ipv4.never-default", "yes",
            )  # fmt: skip
            if (await self._run("nmcli", "--wait", str(DHCP_S + 15), "connection", "up", PROFILE)).code:
                await self._nmcli("up", SPARE)
        else:
            await self._nmcli(
                "modify", PROFILE, "ipv4.method", "manual", "ipv4.addresses", ",".join(plan.addresses),
                "ipv4.gateway", plan.gateway, "ipv4.dns", " ".join(plan.dns), "ipv4.may-fail", "no",
            )  # fmt: skip
            await self._nmcli("modify", SPARE, "connection.autoconnect", "no")
            await self._nmcli("up", PROFILE)
        return await self.present()

    async def _nmcli(self, *words: str) -> None:
        await well(self._run, "nmcli", "connection", *words)

    async def present(self) -> Present:
        """Ask for what the interface has."""
        told = await well(
            self._run,
            "nmcli", "--terse", "--escape", "no", "--fields", "GENERAL.HWADDR,IP4.ADDRESS,IP4.GATEWAY,IP4.DNS",
            "device", "show", self._interface,
        )  # fmt: skip
        addresses: list[str] = []
        dns: list[str] = []
        gateway = mac = ""
        for line in told.splitlines():
            name, _, value = line.partition(":")
            if name.startswith("IP4.ADDRESS"):
                addresses.append(value)
            elif name.startswith("IP4.DNS"):
                dns.append(value)
            elif name == "IP4.GATEWAY" and value != "--":
                gateway = value
            elif name == "GENERAL.HWADDR":
                mac = value
        return Present(tuple(addresses), gateway, tuple(dns), mac)
