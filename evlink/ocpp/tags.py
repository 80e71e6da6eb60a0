"""Known identities: the list that the supervision sends, and the cache of its answers (OCPP 1.6 sections 3.4, 3.5).

Both outlive the process. A tag that is in the list is never looked up in the cache.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from ocpp.v16 import call_result  # type: ignore[import-untyped]

from evlink.ocpp.chargepoint import Handler
from evlink.ocpp.link import Answer, Memory, Settings
from evlink.ocpp.messages import normal_id_tag, read_answer

LIST_KEY, CACHE_KEY = "ocpp.list", "ocpp.cache"
LONGEST_LIST = 1000
LONGEST_UPDATE = 500
CACHED = 500
NO_LIST = -1
_log = logging.getLogger(__name__)


class Tags:
    """The local list with its version, and the cache; the handlers that change them.

    `find` answers from memory; changes are on the disk before they are acknowledged.
    """

    def __init__(self, settings: Settings, memory: Memory, wall: Callable[[], datetime]) -> None:
        self._settings = settings
        self._memory = memory
        self._wall = wall
        self._version = 0
        self._list: dict[str, Answer] = {}
        self._cache: dict[str, Answer] = {}  # the oldest first

    def table(self) -> Mapping[str, Handler]:
        """Handlers by action."""
        return {
            "ClearCache": self.clear_cache,
            "GetLocalListVersion": self.get_local_list_version,
            "SendLocalList": self.send_local_list,
        }

    def keys(self) -> dict[str, str]:
        """The configuration keys of the local list (section 9.2)."""
        return {"LocalAuthListMaxLength": str(LONGEST_LIST), "SendLocalListMaxLength": str(LONGEST_UPDATE)}

    async def load(self) -> None:
        """Read what an earlier run kept."""
        stored = await self._memory.recall(LIST_KEY) or {}
        self._version = int(stored.get("version", 0))
        self._list = _read_stored(stored.get("tags"))
        self._cache = _read_stored(await self._memory.recall(CACHE_KEY))

    @property
    def _listing(self) -> bool:
        return bool(self._settings.get("extension.ocpp.local_auth_list_enabled"))

    @property
    def _caching(self) -> bool:
        return bool(self._settings.get("configuration.supervision.authorization_cache_enabled"))

    def find(self, tag: str) -> Answer | None:
        """What is known of a tag: from the list, else from the cache; one that has expired is Expired."""
        found = self._list.get(tag) if self._listing else None
        if found is None and self._caching:
            found = self._cache.get(tag)
        if found is None:
            return None
        if found.status == "Accepted" and found.expiry is not None and found.expiry <= self._wall():
            return replace(found, status="Expired")
        return found

    async def learn(self, tag: str, answer: Answer) -> None:
        """Keep an answer of the supervision in the cache, the oldest of 500 makes room (section 3.4)."""
        if not self._caching or tag in self._list:
            return
        cache = {name: known for name, known in self._cache.items() if name != tag}
        cache[tag] = answer
        await self._keep_cache(dict(list(cache.items())[-CACHED:]))

    async def _keep_cache(self, cache: dict[str, Answer]) -> None:
        if cache != self._cache or list(cache) != list(self._cache):
            await self._memory.remember(CACHE_KEY, _stored(cache))
            self._cache = cache

    # What the supervision asks

    async def clear_cache(self) -> Any:
        """Forget the cache (section 5.4); Rejected where there is none."""
        if not self._caching:
            return call_result.ClearCache("Rejected")
        await self._keep_cache({})
        return call_result.ClearCache("Accepted")

    def get_local_list_version(self) -> Any:
        """The list's version (section 5.10): 0 where it is empty, -1 where lists are not used."""
        if not self._listing:
            return call_result.GetLocalListVersion(NO_LIST)
        return call_result.GetLocalListVersion(self._version if self._list else 0)

    async def send_local_list(
        self, list_version: int, update_type: str, local_authorization_list: Sequence[dict[str, Any]] = ()
    ) -> Any:
        """Replace or update the list (section 5.15), all of it or nothing."""
        if not self._listing:
            return call_result.SendLocalList("NotSupported")
        try:
            changes = _entries(local_authorization_list)
        except ValueError as why:
            _log.warning("a local list was refused: %s", why)
            return call_result.SendLocalList("Failed")
        full = update_type == "Full"
        if not full and list_version <= self._version:
            return call_result.SendLocalList("VersionMismatch")
        if list_version <= 0 or len(changes) > LONGEST_UPDATE or (full and None in changes.values()):
            return call_result.SendLocalList("Failed")
        after = dict({} if full else self._list)
        for tag, answer in changes.items():
            if answer is None:
                after.pop(tag, None)
            else:
                after[tag] = answer
        if len(after) > LONGEST_LIST:
            return call_result.SendLocalList("Failed")
        await self._memory.remember(LIST_KEY, {"version": list_version, "tags": _stored(after)})
        self._version, self._list = list_version, after
        return call_result.SendLocalList("Accepted")


def _entries(entries: Sequence[Mapping[str, Any]]) -> dict[str, Answer | None]:
    """The entries by tag; None for one that is to go. ValueError for a tag that is none, or stands twice."""
    found: dict[str, Answer | None] = {}
    for entry in entries:
        tag = normal_id_tag(str(entry["id_tag"]))
        if tag is None:
            raise ValueError("an idTag is empty or longer than 20 characters")
        if tag in found:
            raise ValueError("an idTag stands twice")
        info = entry.get("id_tag_info")
        found[tag] = None if info is None else read_answer(info)
    return found


def _stored(answers: Mapping[str, Answer]) -> list[list[Any]]:
    return [
        [tag, {**asdict(answer), "expiry": None if answer.expiry is None else answer.expiry.isoformat()}]
        for tag, answer in answers.items()
    ]


def _read_stored(stored: Any) -> dict[str, Answer]:
    answers: dict[str, Answer] = {}
    for tag, document in stored or ():
        expiry = document["expiry"]
        answers[tag] = Answer(**{**document, "expiry": None if expiry is None else datetime.fromisoformat(expiry)})
    return answers
