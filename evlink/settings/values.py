"""The values of a station's settings: factory values by the station's facts, and what was set otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from evlink.settings.facts import Facts
from evlink.settings.kinds import Value
from evlink.settings.model import FromFact, Scope, Setting, Store
from evlink.settings.registry import SETTINGS, find, paths, stored

_NOTHING: Mapping[str, Value] = MappingProxyType({})

FLOOR_SINGLE_PHASE = "internal.evlink_energy.monophased_load_shedding_floor_value"
FLOOR_THREE_PHASE = "internal.evlink_energy.triphased_load_shedding_floor_value"


@dataclass(frozen=True, slots=True, repr=False)
class Values:
    """Every value of a station, immutable; `deviations` holds by path only what differs from the factory.

    Keys are those of the registry. A path has the outlet's number in it: `energy_management.outlets.1.derated_current`
    is the value that `get("energy_management.outlets.derated_current", 1)` names too.
    """

    facts: Facts
    deviations: Mapping[str, Value] = field(default_factory=lambda: _NOTHING)

    def __repr__(self) -> str:
        """What deviates, secrets as stars: a traceback or a log may show it (S07)."""
        shown = {
            path: "***" if (found := find(path)) is None or found.setting.secret else value
            for path, value in self.deviations.items()
        }
        return f"Values({self.facts!r}, {shown!r})"

    def get(self, key: str, outlet: int | None = None) -> Value:
        """The value of a setting by key, or by path with the outlet in it; KeyError for an unknown one.

        Of a setting per outlet without an outlet: the first outlet's.
        """
        setting = SETTINGS.get(key)
        if setting is None:
            found = find(key)
            if found is None:
                raise KeyError(key)
            setting, outlet = found.setting, found.outlet
        if setting.scope is Scope.OUTLET and outlet is None:
            outlet = 1
        if setting.store is Store.FACT:
            return self._fact(setting, outlet)
        value = self.deviations.get(setting.path(outlet))
        return self.factory(setting, outlet) if value is None else value

    def factory(self, setting: Setting, outlet: int | None = None) -> Value:
        """The factory value of a setting on this station; "" where there is none."""
        if isinstance(setting.factory, FromFact):
            return self.facts.of(setting.factory.name, outlet)
        if isinstance(setting.factory, tuple):
            for case in setting.factory:
                if case.when.holds(self, outlet):
                    return case.value
            raise LookupError(f"{setting.key} has no factory value on this station")
        return setting.factory

    def effective(self, key: str, outlet: int | None = None) -> Value:
        """The value that the station works with: a model that does not show a setting has its own (R-067)."""
        found = find(key)
        if found is None:
            raise KeyError(key)
        fixed = found.setting.hidden_fixed.get(self.facts.model)
        return self.get(key, outlet) if fixed is None else fixed

    def amps(self, key: str, outlet: int, phases: int) -> int:
        """A current setting as it works, in amperes: below the floor it is 0 where floors hold (R-137 to R-141).

        `phases` are those of the charge, so a single-phase car on a three-phase station has 1 (R-140).
        """
        amps = int(self.effective(key, outlet))
        return 0 if amps < self.floor(key, outlet, phases) else amps

    def floor(self, key: str, outlet: int, phases: int) -> int:
        """The least current in amperes that a current setting works with; 0 where no floor holds (R-138)."""
        when = SETTINGS[key].floors.get(self.facts.model)
        if when is None or not when.holds(self, outlet):
            return 0
        return int(self.get(FLOOR_THREE_PHASE if phases == 3 else FLOOR_SINGLE_PHASE))

    def with_changes(self, changes: Mapping[str, Value | None]) -> Values:
        """These values with others by path; None brings the factory value back. Nothing is checked here.

        A key per outlet without a number sets every outlet.
        """
        deviations = dict(self.deviations)
        for path, value in changes.items():
            found = find(path)
            if found is None:
                raise KeyError(path)
            setting = found.setting
            every = paths(setting, self.facts) if found.outlet is None else (path,)
            for one in every:
                one_found = find(one)
                outlet = one_found.outlet if one_found else None
                if value is None or value == self.factory(setting, outlet):
                    deviations.pop(one, None)
                else:
                    deviations[one] = value
        return Values(self.facts, MappingProxyType(deviations))

    def items(self) -> Iterator[tuple[str, Setting, int | None, Value]]:
        """Path, setting, outlet and value of every stored setting, in order; secrets among them."""
        for setting in stored():
            for outlet in self.facts.outlets if setting.scope is Scope.OUTLET else (None,):
                yield setting.path(outlet), setting, outlet, self.get(setting.key, outlet)

    def shown(self, setting: Setting, outlet: int | None = None) -> bool:
        """Whether the tool shows a setting: its model, its tab and its own condition say so, and those it hangs on.

        A setting whose condition reads a setting that is not shown itself is not shown either.
        """
        if self.facts.model not in setting.models:
            return False
        if not setting.tab.visible.holds(self, outlet) or not setting.visible.holds(self, outlet):
            return False
        return all(self.shown(SETTINGS[key], outlet) for key in setting.visible.keys())  # noqa: SIM118

    def open(self, setting: Setting, outlet: int | None = None) -> bool:
        """Whether a setting can be changed as things stand, rights aside: shown, and its own condition holds."""
        return self.shown(setting, outlet) and setting.editable.holds(self, outlet)

    def _fact(self, setting: Setting, outlet: int | None) -> Value:
        """A fact: the outlet's number and the last octet of its board's address follow from elsewhere."""
        if not isinstance(setting.factory, FromFact):
            raise LookupError(f"{setting.key} is a fact that has no name")
        match setting.factory.name:
            case "outlet":
                return str(outlet or 1)
            case "board_octet":
                first = str(self.get("configuration.network.ip_address"))
                return int(first.rpartition(".")[2] or 0) + (outlet or 1) - 1
            case name:
                return self.facts.of(name, outlet)
