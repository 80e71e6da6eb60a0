"""Who may read, who may write, and who holds the remote control: the rules before a request reaches a register."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network

LOCAL = IPv4Network("127.0.0.0/8")
RATE, BURST = 50.0, 100.0  # written values a second in the long run, and at once


@dataclass(frozen=True, slots=True)
class Access:
    """Clients by address: no reader named admits all, writers may read, the station's own machine may do both."""

    readers: tuple[IPv4Network, ...] = ()
    writers: tuple[IPv4Network, ...] = ()

    def may_read(self, peer: str) -> bool:
        """Whether a client may connect."""
        return not self.readers or _among(peer, (*self.readers, *self.writers, LOCAL))

    def may_write(self, peer: str) -> bool:
        """Whether a client may write."""
        return _among(peer, (*self.writers, LOCAL))


def networks(text: str) -> tuple[IPv4Network, ...]:
    """Addresses and networks joined by commas; ValueError for anything else."""
    return tuple(IPv4Network(part.strip(), strict=False) for part in text.split(",") if part.strip())


def _among(peer: str, allowed: tuple[IPv4Network, ...]) -> bool:
    try:
        address = IPv4Address(peer.removeprefix("::ffff:"))
    except ValueError:
        return False
    return any(address in network for network in allowed)


@dataclass(slots=True)
class Owner:
    """The one client, by its address, that holds the remote control until it falls silent or ends it."""

    peer: str = ""
    until: float = 0.0

    def holder(self, now: float) -> str:
        """Who holds it; empty for nobody."""
        return self.peer if now < self.until else ""

    def admits(self, peer: str, now: float) -> bool:
        """Whether a client may take or keep the control."""
        return self.holder(now) in ("", peer)

    def keep(self, peer: str, now: float, timeout_s: float) -> None:
        """A client wrote: it holds the control for another while."""
        self.peer, self.until = peer, now + timeout_s

    def release(self) -> None:
        """Nobody holds it."""
        self.peer, self.until = "", 0.0


@dataclass(slots=True)
class Bucket:
    """How many more values may be written now; it fills up with time."""

    level: float = BURST
    at: float = field(default=0.0)

    def take(self, count: int, now: float) -> bool:
        """Take some; False where there are not enough."""
        self.level = min(BURST, self.level + max(0.0, now - self.at) * RATE)
        self.at = now
        if self.level < count:
            return False
        self.level -= count
        return True
