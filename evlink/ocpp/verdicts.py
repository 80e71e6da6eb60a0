"""Who may charge: the local list, the cache and the supervision in their order (OCPP 1.6 sections 3.5 and 4.1)."""

from __future__ import annotations

import logging
from typing import Any

from ocpp.v16 import call  # type: ignore[import-untyped]

from evlink.ocpp.connection import reason
from evlink.ocpp.errands import Errands
from evlink.ocpp.exchange import Ask
from evlink.ocpp.link import Answer, Settings
from evlink.ocpp.messages import normal_id_tag, read_answer
from evlink.ocpp.tags import Tags

_log = logging.getLogger(__name__)


class Verdicts:
    """The answers to whether an idTag may charge."""

    def __init__(self, settings: Settings, tags: Tags, errands: Errands) -> None:
        self._settings = settings
        self._tags = tags
        self._errands = errands

    async def of(self, id_tag: str, ask: Ask | None, timeout_s: float) -> Answer | None:
        """The verdict on an idTag; `ask` is the way to the supervision, None where it is out of reach.

        The local list and the cache answer first where LocalPreAuthorize says so, and in the supervision's place where
        LocalAuthorizeOffline does. None where nobody knows. A tag that OCPP can't carry (empty, or more than 20
        characters) is Invalid.
        """
        tag = normal_id_tag(id_tag)
        if tag is None:
            return Answer("Invalid")
        known = self._tags.find(tag)
        if ask is not None:
            if known is not None and known.status == "Accepted" and self._truth("local_pre_authorize"):
                return known
            answer = await self._errands.ask(_asked(ask, tag), timeout_s)
            if answer is not None:
                await self._tags.learn(tag, answer)
                return answer
        return known if self._truth("local_authorize_offline") else None

    def _truth(self, name: str) -> bool:
        return bool(self._settings.get(f"extension.ocpp.{name}"))


async def _asked(ask: Ask, tag: str) -> Answer | None:
    try:
        answer: Any = await ask(call.Authorize(id_tag=tag))
        return read_answer(answer.id_tag_info)
    except Exception as error:  # refused, malformed, not answered, or the link broke under it
        _log.warning("no verdict on an idTag: %s", reason(error))
        return None
