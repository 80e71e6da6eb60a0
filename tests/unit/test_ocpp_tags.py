"""The local list and the cache: what is taken, what is refused, what is known of a tag, and that it outlives a run."""

from __future__ import annotations

import inspect
from datetime import datetime, timedelta
from typing import Any

import pytest
from ocpp.charge_point import camel_to_snake_case  # type: ignore[import-untyped]

from evlink.ocpp.link import Answer
from evlink.ocpp.tags import CACHED, LONGEST_LIST, Tags
from tests.ocpp_central.schemas import payload_fault
from tests.ocpp_central.station import START, Notes, SettingsBook, wire


class Bench:
    """A book of tags with its settings, its memory and a clock that the test moves."""

    def __init__(self, cache: bool = True, listing: bool = True) -> None:
        self.settings, self.notes, self.now = SettingsBook(), Notes(), START
        self.settings.values = self.settings.values.with_changes(
            {
                "configuration.supervision.authorization_cache_enabled": cache,
                "extension.ocpp.local_auth_list_enabled": listing,
            }
        )
        self.tags = self.again()

    def again(self) -> Tags:
        return Tags(self.settings, self.notes, self._wall)

    def _wall(self) -> datetime:
        return self.now

    async def ask(self, action: str, payload: dict[str, Any]) -> Any:
        assert payload_fault(action, payload) == ""
        answer = self.tags.table()[action](**camel_to_snake_case(payload))
        told = wire(await answer if inspect.isawaitable(answer) else answer)
        assert payload_fault(action, told, response=True) == ""
        return told

    async def send(self, version: int, update: str = "Full", *entries: dict[str, Any]) -> str:
        payload = {"listVersion": version, "updateType": update, "localAuthorizationList": list(entries)}
        return str((await self.ask("SendLocalList", payload))["status"])

    async def version(self) -> int:
        return int((await self.ask("GetLocalListVersion", {}))["listVersion"])


def entry(tag: str, status: str = "Accepted", **info: Any) -> dict[str, Any]:
    return {"idTag": tag, "idTagInfo": {"status": status, **info}}


async def test_a_full_list_replaces_and_a_differential_one_changes() -> None:
    """OCPP 1.6 section 5.15 (TC 042, 043)."""
    bench = Bench()
    assert await bench.version() == 0
    assert await bench.send(1, "Full", entry("aa"), entry("BB", "Blocked", parentIdTag="p")) == "Accepted"
    assert await bench.version() == 1
    assert bench.tags.find("AA") == Answer("Accepted")
    assert bench.tags.find("BB") == Answer("Blocked", "P")
    assert await bench.send(2, "Differential", {"idTag": "AA"}, entry("CC")) == "Accepted"
    assert bench.tags.find("AA") is None
    assert bench.tags.find("CC") == Answer("Accepted")
    assert await bench.send(3, "Full") == "Accepted"
    assert await bench.version() == 0
    assert bench.tags.find("CC") is None


@pytest.mark.parametrize(
    ("version", "update", "entries", "answer"),
    [
        (5, "Differential", [entry("DD")], "VersionMismatch"),
        (4, "Differential", [entry("DD")], "VersionMismatch"),
        (0, "Full", [entry("DD")], "Failed"),
        (9, "Full", [{"idTag": "DD"}], "Failed"),
        (9, "Full", [entry("DD"), entry("dd")], "Failed"),
        (9, "Full", [entry("  ")], "Failed"),
    ],
)
async def test_a_list_that_can_not_be_taken_changes_nothing(
    version: int, update: str, entries: list[dict[str, Any]], answer: str
) -> None:
    bench = Bench()
    await bench.send(5, "Full", entry("AA"))
    assert await bench.send(version, update, *entries) == answer
    assert await bench.version() == 5
    assert bench.tags.find("AA") == Answer("Accepted")
    assert bench.tags.find("DD") is None


async def test_no_more_than_the_key_says() -> None:
    """LocalAuthListMaxLength (section 9.2)."""
    bench = Bench()
    assert await bench.send(1, "Full", *(entry(f"A{n}") for n in range(500))) == "Accepted"
    assert await bench.send(2, "Differential", *(entry(f"B{n}") for n in range(500))) == "Accepted"
    assert await bench.send(3, "Differential", entry("C")) == "Failed"
    assert await bench.send(4, "Full", *(entry(f"D{n}") for n in range(501))) == "Failed"
    assert bench.tags.keys()["LocalAuthListMaxLength"] == str(LONGEST_LIST)


async def test_no_lists_where_they_are_not_used() -> None:
    bench = Bench(listing=False)
    assert await bench.send(1, "Full", entry("AA")) == "NotSupported"
    assert await bench.version() == -1
    assert bench.tags.find("AA") is None


async def test_the_cache_keeps_the_last_500() -> None:
    """N-42 and section 3.4: the oldest makes room; a tag asked about again is young again."""
    bench = Bench()
    for n in range(CACHED):
        await bench.tags.learn(f"T{n}", Answer("Accepted"))
    await bench.tags.learn("T0", Answer("Accepted"))
    await bench.tags.learn("NEW", Answer("Blocked"))
    assert bench.tags.find("T0") == Answer("Accepted")
    assert bench.tags.find("T1") is None
    assert bench.tags.find("NEW") == Answer("Blocked")


async def test_what_has_expired_is_expired() -> None:
    bench = Bench()
    await bench.tags.learn("AA", Answer("Accepted", expiry=START + timedelta(hours=1)))
    assert bench.tags.find("AA") == Answer("Accepted", expiry=START + timedelta(hours=1))
    bench.now += timedelta(hours=1)
    known = bench.tags.find("AA")
    assert known is not None
    assert known.status == "Expired"


async def test_the_list_goes_before_the_cache() -> None:
    """Section 3.5.2."""
    bench = Bench()
    await bench.send(1, "Full", entry("AA", "Blocked"))
    await bench.tags.learn("AA", Answer("Accepted"))
    assert bench.tags.find("AA") == Answer("Blocked")


@pytest.mark.parametrize(("cache", "answer"), [(True, "Accepted"), (False, "Rejected")])
async def test_clearing_the_cache(cache: bool, answer: str) -> None:
    """Section 5.4 (TC 061)."""
    bench = Bench(cache=cache)
    await bench.tags.learn("AA", Answer("Accepted"))
    assert (bench.tags.find("AA") is not None) is cache
    assert await bench.ask("ClearCache", {}) == {"status": answer}
    assert bench.tags.find("AA") is None


async def test_both_outlive_the_process() -> None:
    bench = Bench()
    expiry = START + timedelta(days=1)
    await bench.send(7, "Full", entry("AA", parentIdTag="GRP", expiryDate=expiry.isoformat()))
    await bench.tags.learn("BB", Answer("Accepted"))
    bench.tags = bench.again()
    await bench.tags.load()
    assert await bench.version() == 7
    assert bench.tags.find("AA") == Answer("Accepted", "GRP", expiry)
    assert bench.tags.find("BB") == Answer("Accepted")
