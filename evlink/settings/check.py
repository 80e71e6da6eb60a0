"""The check of changes: all of them or none, each refused one named in a sentence."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum

from evlink.settings import rules
from evlink.settings.facts import Facts
from evlink.settings.kinds import Choice, NotAllowed, Text, Value, Whole
from evlink.settings.label import Label, both
from evlink.settings.model import Apply, Right, Role, Scope, Setting, Store
from evlink.settings.registry import SETTINGS, Found, find, paths, stored
from evlink.settings.values import Values


class Reason(Enum):
    """Why a change is refused, with the sentence that says so."""

    UNKNOWN_KEY = Label("{key} is no setting{allowed}", "{key} n'est pas un paramètre{allowed}")
    UNKNOWN_OUTLET = Label(
        "{key}: outlet {value} is not on this station; allowed: {allowed}",
        "{key} : la prise {value} n'existe pas sur cette borne ; autorisé : {allowed}",
    )
    BAD_VALUE = Label(
        "{key}: {value} is not allowed; allowed: {allowed}", "{key} : {value} n'est pas autorisé ; autorisé : {allowed}"
    )
    RULE = Label("{key}: {value} is not allowed: {allowed}", "{key} : {value} n'est pas autorisé : {allowed}")
    ACTION = Label("{key} is not a stored setting: {allowed}", "{key} n'est pas un paramètre enregistré : {allowed}")
    REFUSED = Label("{key}: {allowed} may not see or change it", "{key} : {allowed} ne peut ni le voir ni le modifier")
    READ_ONLY = Label("{key} is read-only for {allowed}", "{key} est en lecture seule pour {allowed}")
    HIDDEN = Label("{key} is not shown here: {allowed}", "{key} n'est pas affiché ici : {allowed}")
    NOT_EDITABLE = Label("{key} can be changed only under: {allowed}", "{key} n'est modifiable qu'avec : {allowed}")


_BOUND = tuple(setting for setting in stored() if setting.bound_by and isinstance(setting.kind, Whole))
_MATTERS_OF_RIGHT = frozenset((Reason.REFUSED, Reason.READ_ONLY, Reason.HIDDEN, Reason.NOT_EDITABLE))


@dataclass(frozen=True, slots=True)
class Problem:
    """Why one change is refused: the key as it was given, its value in words, and what is allowed.

    `place` names the line of a file, where the change comes from one.
    """

    key: str
    value: str
    allowed: Label
    reason: Reason
    place: str = ""

    @property
    def refused(self) -> bool:
        """Whether it is a matter of rights or state; else the key or the value is wrong."""
        return self.reason in _MATTERS_OF_RIGHT

    def sentence(self, lang: str = "en") -> str:
        """The problem in one sentence."""
        words = {"key": self.key, "value": self.value, "allowed": self.allowed.text(lang)}
        text = self.reason.value.text(lang).format(**words)
        return f"{self.place}: {text}" if self.place else text


@dataclass(frozen=True, slots=True)
class Checked:
    """Changes that may be applied together: new values by path, only those that differ from the present ones.

    `restart` names the paths that take effect after a restart only. `notices` are sentences for whoever made the
    changes. `values` is what holds once they are applied.
    """

    changes: Mapping[str, Value]
    restart: tuple[str, ...]
    notices: tuple[Label, ...]
    values: Values


def check_changes(
    values: Values, changes: Mapping[str, object], role: Role = Role.ADMIN, *, imported: bool = False
) -> Checked | list[Problem]:
    """Check changes by key or path against present values: all may be applied, or every problem is told.

    A key per outlet without its number means every outlet that isn't named by number besides. A text is parsed for
    any kind of setting. With `imported` the changes come from a file of a station: what this model doesn't show, or
    can't be edited just now, is kept all the same (R-056).
    """
    imported = imported and role is Role.ADMIN  # importing is Admin's alone
    problems = _unknown(changes)
    told: list[Label] = []
    wanted: dict[str, Value] = {}
    given: dict[str, str] = {}
    for key, path, found, raw in _expand(values.facts, changes):
        given[path] = key
        value = _right(path, found, values.facts, role) or read_value(found.setting, path, raw, values.facts, imported)
        if isinstance(value, Problem):
            problems.append(replace(_bounded(value, found, values), key=key))
        else:
            wanted[path] = value
            if found.setting.kind.check(value):
                told.append(_kept(path, value))
    if problems:
        return list(dict.fromkeys(problems))
    wanted = rules.follow(values, wanted)
    after = values.with_changes(wanted)
    changed = {path: value for path, value in wanted.items() if values.get(path) != value}
    problems += _state(after, changed, role, imported, told)
    problems += _bounds(after, changed)
    for path, allowed in rules.broken(after, changed):
        problems.append(Problem(path, describe(_at(path), after.get(path)), allowed, Reason.RULE))
    if problems:
        return list(dict.fromkeys(replace(problem, key=given.get(problem.key, problem.key)) for problem in problems))
    told += rules.notices(after, changed)
    restart = tuple(path for path in changed if _at(path).apply is Apply.RESTART)
    return Checked(changed, restart, tuple(dict.fromkeys(told)), after)


def load(facts: Facts, stored: Mapping[str, object]) -> Values | list[Problem]:
    """Values from what a station stored by path: kinds are checked, rights and dependent rules are not."""
    problems: list[Problem] = _unknown(stored)
    kept: dict[str, Value] = {}
    for _, path, found, raw in _expand(facts, stored):
        value = _right(path, found, facts, Role.ADMIN) or read_value(found.setting, path, raw, facts, imported=True)
        if isinstance(value, Problem):
            problems.append(value)
        else:
            kept[path] = value
    return problems or Values(facts).with_changes(kept)


def read_value(setting: Setting, path: str, raw: object, facts: Facts, imported: bool = False) -> Value | Problem:
    """The value that a raw one means for a setting, or why it means none; texts are parsed for every kind.

    With `imported`, a lenient text keeps characters that new input may not have (N-28).
    """
    kind = setting.kind
    value = raw
    if isinstance(raw, str):
        try:
            value = kind.parse(raw)
        except NotAllowed as refusal:
            return Problem(path, describe(setting, raw), refusal.allowed, Reason.BAD_VALUE)
    lenient = imported and isinstance(kind, Text) and kind.lenient and kind.tolerates(value)
    allowed = None if lenient else kind.check(value)
    if allowed is None and isinstance(kind, Choice) and facts.model in setting.models:
        allowed = None if value in kind.ids(facts.model) else kind.allowed(facts.model)
    if allowed is None and isinstance(value, (str, int, bool, float)):
        return value
    return Problem(path, describe(setting, value), allowed or kind.allowed(), Reason.BAD_VALUE)


def describe(setting: Setting | None, value: object) -> str:
    """A value for a sentence: secrets masked, texts quoted, escaped and cut, flags as true or false."""
    if setting is not None and setting.secret:
        return "********"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)) and len(str(value)) <= 40:
        return str(value)
    text = value if isinstance(value, str) else str(value)
    return repr(text if len(text) <= 60 else text[:59] + "…")


def _at(path: str) -> Setting:
    found = find(path)
    if found is None:
        raise KeyError(path)
    return found.setting


def _expand(facts: Facts, changes: Mapping[str, object]) -> Iterator[tuple[str, str, Found, object]]:
    """Each change by its key and path; a key per outlet stands for every outlet that has no change of its own."""
    for key, raw in changes.items():
        found = find(key)
        if found is None:
            continue
        if found.setting.scope is not Scope.OUTLET or found.outlet is not None:
            yield key, key, found, raw
            continue
        for outlet, path in zip(facts.outlets, paths(found.setting, facts), strict=True):
            if path not in changes:
                yield key, path, replace(found, outlet=outlet), raw


def _unknown(changes: Mapping[str, object]) -> list[Problem]:
    problems: list[Problem] = []
    for key in changes:
        if find(key) is None:
            near = _near(key) if len(key) <= 100 and len(problems) < MOST_HINTS else []
            hint = Label(f"; did you mean {near[0]}?", f" ; vouliez-vous dire {near[0]} ?") if near else both("")
            shown = key if key.isprintable() and len(key) <= 100 else describe(None, key)
            problems.append(Problem(shown, "", hint, Reason.UNKNOWN_KEY))
    return problems


def _near(key: str) -> list[str]:
    """The key that was meant, as far as one can tell: by its last name, where that is one, else by the whole path."""
    last = key.rpartition(".")[2]
    same = [known for known in SETTINGS if known.rpartition(".")[2] == last]
    if last and len(same) == 1:
        return same
    whole = difflib.get_close_matches(key, SETTINGS, 1)
    if whole or "." in key:
        return whole
    names = {known.rpartition(".")[2]: known for known in SETTINGS}
    return [names[name] for name in difflib.get_close_matches(key, names, 1, 0.75)]


MOST_HINTS = 1  # of one request: each is a search of some milliseconds
_ACCOUNTS = {
    Role.NONE: Label("nobody who is not logged in", "qui n'est pas connecté"),
    Role.USER: Label("the User account", "le compte Utilisateur"),
    Role.ADMIN: Label("every account", "tous les comptes"),
}

_ELSEWHERE = {
    "authentication": Label("badges have commands of their own", "les badges ont leurs propres commandes"),
    "maintenance.password": Label("a password is changed on its own", "un mot de passe se change à part"),
    "configuration.date_time": Label("the clock is set on its own", "l'horloge se règle à part"),
}


def _right(path: str, found: Found, facts: Facts, role: Role) -> Problem | None:
    """Why nobody of this role may change a path, whatever the value (R-051, R-055)."""
    setting = found.setting
    if found.outlet is not None and found.outlet not in facts.outlets:
        allowed = both("1") if facts.outlet_count == 1 else Label("1 or 2", "1 ou 2")
        return Problem(path, str(found.outlet), allowed, Reason.UNKNOWN_OUTLET)
    right = setting.right(role)
    if right is Right.NONE:
        return Problem(path, "", _ACCOUNTS[role], Reason.REFUSED)
    if setting.store is Store.ACTION:
        return Problem(path, "", _ELSEWHERE[setting.tab.id], Reason.ACTION)
    if right is Right.READ or setting.store is Store.FACT:
        return Problem(path, "", _ACCOUNTS[role], Reason.READ_ONLY)
    return None


def _bounded(problem: Problem, found: Found, values: Values) -> Problem:
    """A wrong number's problem with the maximum that another setting gives just now."""
    setting = found.setting
    if problem.reason is not Reason.BAD_VALUE or not setting.bound_by or not isinstance(setting.kind, Whole):
        return problem
    return replace(problem, allowed=setting.kind.allowed(int(values.get(setting.bound_by, found.outlet))))


def _kept(path: str, value: Value) -> Label:
    return Label(
        f"{path}: {describe(None, value)} is kept though new input may not have its characters",
        f"{path} : {describe(None, value)} est conservé, bien que ses caractères soient refusés à la saisie",
    )


def _state(
    after: Values, changed: Mapping[str, Value], role: Role, imported: bool, told: list[Label]
) -> Iterator[Problem]:
    """What can't be changed as things will stand: on another model, hidden from User, or not editable."""
    for path in changed:
        found = find(path)
        if found is None or path == rules.IP_2:  # follows by rule, and is checked there
            continue
        setting, outlet = found.setting, found.outlet
        if after.facts.model not in setting.models:
            models = ", ".join(sorted(setting.models))
            if imported:
                words = Label(f"{path} is kept, for {models} only", f"{path} est conservé, pour {models} seulement")
                told.append(words)
                continue
            yield Problem(path, "", Label(f"for {models} only", f"pour {models} seulement"), Reason.HIDDEN)
        elif role is not Role.ADMIN and not after.shown(setting, outlet):
            words = Label(setting.visible.text("en"), setting.visible.text("fr"))
            yield Problem(path, "", words, Reason.HIDDEN)
        elif not imported and not setting.editable.holds(after, outlet):
            words = Label(setting.editable.text("en"), setting.editable.text("fr"))
            yield Problem(path, "", words, Reason.NOT_EDITABLE)


def _bounds(after: Values, changed: Mapping[str, Value]) -> Iterator[Problem]:
    """Numbers above the setting that gives their maximum, where either of the two changed (R-136, R-153, R-156)."""
    bound = [(s, path) for s in _BOUND if after.facts.model in s.models for path in paths(s, after.facts)]
    for setting, path in bound:
        found = find(path)
        outlet = found.outlet if found else None
        if path not in changed and SETTINGS[setting.bound_by].path(outlet) not in changed:
            continue
        value = after.get(path)
        most = int(after.get(setting.bound_by, outlet))
        assert isinstance(setting.kind, Whole)
        if int(value) > most:
            yield Problem(path, describe(setting, value), setting.kind.allowed(most), Reason.BAD_VALUE)
