"""The station's network: what the settings say, applied at a start, confirmed or taken back, and announced."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from ipaddress import IPv4Interface
from pathlib import Path
from typing import Any

import msgspec

from evlink.runtime.rpc import NOT_NOW, Failure, Method, NoParams, Session
from evlink.settings.values import Values
from evlink.system.confirming import Addresses
from evlink.system.network import Network
from evlink.system.plan import NONE, Plan, PlanError, plan_of
from evlink.system.programs import MachineError
from evlink.system.ssdp import Discovery, Identity

SSDP = "internal.functional.ssdp"
_AGAIN_S = 30.0
_HEAD = "configuration.network"
log = logging.getLogger("evlink.network")


class Networking:
    """The network of a station whose machine it may set."""

    def __init__(
        self,
        root: Path,
        network: Network,
        restore: Callable[[Mapping[str, object]], Awaitable[None]],
        identity: Callable[[], Identity],
    ) -> None:
        """`restore` puts settings back to what is in force again."""
        self._network = network
        self._restore = restore
        self._identity = identity
        self.addresses = Addresses(root / "network.json", network, self._taken_back)

    async def start(self, values: Values) -> None:
        """Apply what the settings say (R-102)."""
        try:
            await self.addresses.take(plan_of(values))
        except PlanError as error:
            log.error("the network is left as it is: %s", error)

    async def run(self, announced: bool) -> None:
        """Watch over a change of address, and answer who looks for stations, for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.addresses.watch())
            if announced:
                group.create_task(self._announce())

    async def _announce(self) -> None:
        while True:
            try:
                present = await self._network.present()
                if present.addresses:
                    await Discovery(self._identity, present.addresses[0].partition("/")[0]).run()
            except (MachineError, OSError) as error:
                log.warning("the station can't announce itself: %s", error)
            await asyncio.sleep(_AGAIN_S)

    async def _taken_back(self, before: Plan) -> None:
        await self._restore(settings_of(before))

    @property
    def warning(self) -> str:
        """What an operator has to know of a change that nobody has confirmed yet."""
        left = self.addresses.left_s
        return "" if left is None else "the new address is taken back unless somebody logs in there within two minutes"


def settings_of(plan: Plan) -> dict[str, object]:
    """The settings that mean a plan."""
    if plan.dhcp:
        return {f"{_HEAD}.dhcp_enabled": True}
    first = IPv4Interface(plan.addresses[0])
    return {
        f"{_HEAD}.dhcp_enabled": False,
        f"{_HEAD}.ip_address": str(first.ip),
        f"{_HEAD}.subnet_mask": str(first.netmask),
        f"{_HEAD}.default_gateway": plan.gateway or NONE,
        f"{_HEAD}.dns_primary": plan.dns[0] if plan.dns else NONE,
        f"{_HEAD}.dns_secondary": plan.dns[1] if len(plan.dns) > 1 else NONE,
    }


class Confirm(msgspec.Struct, forbid_unknown_fields=True):
    """Parameters of `network.confirm`: the station's address at which its caller reached it; "" on the machine."""

    address: str = ""


def table(networking: Networking | None) -> dict[str, Method]:
    """The methods."""

    async def status(session: Session, params: NoParams) -> dict[str, Any]:
        if networking is None:
            return {"managed": False, "left_s": None, "awaited": ""}
        addresses = networking.addresses
        left = addresses.left_s
        return {"managed": True, "left_s": None if left is None else round(left), "awaited": addresses.awaited}

    async def confirm(session: Session, params: Confirm) -> dict[str, Any]:
        if networking is None or networking.addresses.left_s is None:
            return {"confirmed": False}
        if not networking.addresses.confirm(params.address):
            awaited = networking.addresses.awaited
            raise Failure(
                NOT_NOW,
                f"the new address {awaited} is to be confirmed from there, not from {params.address}",
                fr=f"la nouvelle adresse {awaited} doit être confirmée depuis celle-ci, pas depuis {params.address}",
            )
        return {"confirmed": True}

    return {"network.status": Method(NoParams, status), "network.confirm": Method(Confirm, confirm)}
