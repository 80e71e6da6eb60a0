"""The telling and changing of configuration keys (OCPP 1.6 sections 5.3 and 5.8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ocpp.exceptions import OccurenceConstraintViolationError  # type: ignore[import-untyped]
from ocpp.v16 import call_result  # type: ignore[import-untyped]

from evlink.domain.text import clean
from evlink.ocpp.chargepoint import Handler
from evlink.ocpp.keys import MOST_KEYS, Configuration


class Configuring:
    """The handlers of GetConfiguration and ChangeConfiguration."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration

    def table(self) -> Mapping[str, Handler]:
        """Handlers by action."""
        return {"GetConfiguration": self.get_configuration, "ChangeConfiguration": self.change_configuration}

    def get_configuration(self, key: list[str] | None = None) -> Any:
        """The keys asked for, all where none is named (section 5.8); names without regard to case."""
        if key is not None and len(key) > MOST_KEYS:
            raise OccurenceConstraintViolationError(f"at most {MOST_KEYS} keys may be asked for at once")
        have = {one.name.lower(): one for one in self._configuration.all()}
        wanted = dict.fromkeys(name.lower() for name in key) if key else dict.fromkeys(have)
        known = [have[name] for name in wanted if name in have]
        unknown = [clean(name, 50) for name in dict.fromkeys(key or ()) if name.lower() not in have]
        return call_result.GetConfiguration(
            configuration_key=[{"key": one.name, "readonly": one.readonly, "value": one.value[:500]} for one in known]
            or None,
            unknown_key=unknown or None,
        )

    async def change_configuration(self, key: str, value: str) -> Any:
        """Change a key (section 5.3): its setting changes with it, for they are one."""
        return call_result.ChangeConfiguration(await self._configuration.change(key, value))
