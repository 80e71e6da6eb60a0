"""Settings as a .cfg (R-058): the text that other stations of the family write, read without loss and written alike.

A plain key serves both outlets; what deviates on outlet 2 stands in `[SECTION 2]` (N-65). Empty and UNDEFINED mean
not set. Passwords are neither written nor taken over. Addresses, clock, badges and accounts aren't in it (N-64).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from evlink.formats.cfg_layout import GROUPS, PASSWORDS, RARE
from evlink.formats.cfg_text import Entry, entries
from evlink.formats.errors import NO_SETTING, FormatError
from evlink.settings.check import Checked, Problem, Reason, check_changes, describe
from evlink.settings.kinds import Choice, Flag, Value
from evlink.settings.label import Label, both
from evlink.settings.model import Code, Role, Scope, Setting, Store
from evlink.settings.places import UNDEFINED, is_set
from evlink.settings.registry import SETTINGS, find
from evlink.settings.values import Values

STATION_TYPE = "configuration.general.station_type"
_TYPE_KEY = ("AUTHENTICATION", "supervisionSystem")
_MANAGER_KEY = ("AUTHENTICATION", "authenticationManager")


def _by_place() -> dict[tuple[str, str], list[Setting]]:
    """The settings that a section and key may stand for."""
    found: dict[tuple[str, str], list[Setting]] = {}
    for setting in SETTINGS.values():
        if setting.cfg is not None:
            found.setdefault((setting.cfg.section, setting.cfg.key), []).append(setting)
    return found


_PLACES = _by_place()


@dataclass(slots=True)
class Reading:
    """What a .cfg says: changes by key or path, the place in the text of each, notices, and lines that are wrong."""

    changes: dict[str, object] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    notices: list[Label] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def placed(self, problem: Problem) -> Problem:
        """A problem found later, with the line that caused it where a line did."""
        found = find(problem.key)
        place = self.places.get(problem.key) or (self.places.get(found.setting.key) if found else None)
        return replace(problem, place=place or "")


def plan(text: str, values: Values, role: Role = Role.ADMIN) -> Checked | list[Problem]:
    """What importing a .cfg would change; every problem, with its line, where it may not.

    FormatError where a line is none of a .cfg. Keys that the text leaves out stay as they are.
    """
    reading = read(text, values)
    checked = check_changes(values, reading.changes, role, imported=True)
    if isinstance(checked, list):
        reading.problems += (reading.placed(problem) for problem in checked)
    if reading.problems or isinstance(checked, list):
        return reading.problems
    return replace(checked, notices=(*reading.notices, *checked.notices))


def read(text: str, values: Values) -> Reading:
    """What a .cfg asks to change against present values; the changes are to be checked as imported ones.

    FormatError where a line is none of a .cfg, or stands twice, or where the text holds no line at all.
    """
    reading = Reading()
    listed = list(entries(text))
    if not listed:
        raise FormatError(NO_SETTING)
    listed = [_spelt(entry) for entry in listed]
    station_type = _type_in(listed) or str(values.get(STATION_TYPE))
    passwords = [entry for entry in listed if (entry.section, entry.key) in PASSWORDS]
    for entry in listed:
        if entry not in passwords:
            _take(entry, values, station_type, reading)
    _forget_rare(listed, reading)
    if passwords:
        keys = ", ".join(f"[{entry.section}] {entry.key}" for entry in passwords)
        reading.notices.append(
            Label(
                f"passwords are not taken from a file, the present ones stay: {keys}",
                f"les mots de passe ne sont pas repris d'un fichier, les actuels restent : {keys}",
            )
        )
    return reading


def write(values: Values) -> str:
    """The running configuration as a .cfg, in the order and with the words of the family's stations."""
    blocks = []
    for group, sections in GROUPS:
        texts = []
        for section, keys in sections:
            lines, second = _section(values, section, keys)
            texts.append("\n".join((f"[{section}]", *lines)))
            if second:
                texts.append("\n".join((f"[{section} 2]", *second)))
        blocks.append(f"# {group}\n" + "\n\n".join(texts))
    return "\n\n".join(blocks) + "\n"


def _section(values: Values, section: str, keys: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """The lines of a section, and those of its second one."""
    lines: list[str] = []
    second: list[str] = []
    for key in _with_rare(section, keys):
        setting = _setting(values, section, key, str(values.get(STATION_TYPE)))
        if setting is None or setting.cfg is None:
            continue
        first = _encode(setting, values.get(setting.key, 1))
        if not setting.cfg.rare or values.get(setting.key, 1) != values.factory(setting, 1):
            lines.append(f"{key}={first}")
        if setting.scope is Scope.OUTLET and values.facts.outlet_count == 2:
            other = _encode(setting, values.get(setting.key, 2))
            if other != first:
                second.append(f"{key}={other}")
    return lines, second


def _with_rare(section: str, keys: tuple[str, ...]) -> Iterator[str]:
    for key in keys:
        yield key
        if (section, key) in RARE:
            yield RARE[section, key]


def _setting(values: Values, section: str, key: str, station_type: str) -> Setting | None:
    """The setting that a key stands for on this station; None for a password.

    `authenticationManager` belongs to the station type, `loadSheddingSetPoint` to what the model shows.
    """
    if (section, key) in PASSWORDS:
        return None
    found = _PLACES.get((section, key), [])
    if (section, key) == _MANAGER_KEY:
        name = "authentication_by_ocpp" if station_type == "supervision" else "authentication_by"
        return next(s for s in found if s.name == name)
    return next((s for s in found if values.facts.model in s.models), found[0] if found else None)


def _spelt(entry: Entry) -> Entry:
    """The entry under the key that the family writes: `Smtp...` may stand for `Smtpl...` (N-61)."""
    if entry.section == "REPORT CHARGE LOGS" and entry.key.startswith("Smtp") and not entry.key.startswith("Smtpl"):
        return replace(entry, key="Smtpl" + entry.key.removeprefix("Smtp"))
    return entry


def _type_in(listed: list[Entry]) -> str:
    """The station type that a file names, "" where it names none."""
    kind = SETTINGS[STATION_TYPE].kind
    assert isinstance(kind, Choice)
    texts = [entry.text for entry in listed if (entry.section, entry.key) == _TYPE_KEY]
    return next((option.id for option in kind.options if texts and option.code == texts[0]), "")


def _take(entry: Entry, values: Values, station_type: str, reading: Reading) -> None:
    """Take one entry over into the reading, as a change, a notice or a problem."""
    place, name = entry.place, f"[{entry.section}] {entry.key}"
    setting = _setting(values, entry.section, entry.key, station_type)
    if setting is None:
        reading.problems.append(Problem(name, "", both(""), Reason.UNKNOWN_KEY, f"line {entry.line}"))
        return
    path = setting.path(entry.outlet)
    if path in reading.places:
        words = Label("it stands twice", "il apparaît deux fois")
        reading.problems.append(Problem(path, describe(setting, entry.text), words, Reason.RULE, place))
        return
    if entry.outlet is not None and setting.scope is not Scope.OUTLET:
        allowed = Label("no value per outlet", "pas de valeur par prise")
        reading.problems.append(Problem(setting.key, describe(None, entry.text), allowed, Reason.RULE, place))
        return
    if entry.outlet is not None and entry.outlet not in values.facts.outlets:
        reading.problems.append(Problem(path, str(entry.outlet), both("1"), Reason.UNKNOWN_OUTLET, place))
        return
    value = _decode(setting, entry.text, values)
    if isinstance(value, Problem):
        reading.problems.append(replace(value, place=place))
    elif setting.store is Store.FACT:
        present = _encode(setting, values.get(setting.key, entry.outlet))
        if entry.text != present:
            said = describe(setting, entry.text)
            reading.notices.append(
                Label(
                    f"{name} is {said} in the file and stays {present}: it can't be set",
                    f"{name} vaut {said} dans le fichier et reste à {present} : il n'est pas réglable",
                )
            )
    elif is_set(value) or not isinstance(value, str) or is_set(values.get(setting.key, entry.outlet)):
        reading.changes[path] = value
        reading.places[path] = place


def _forget_rare(listed: list[Entry], reading: Reading) -> None:
    """A key written only where it differs is at its factory value where the section comes without it (N-60)."""
    sections = {entry.section for entry in listed if entry.outlet is None}
    for setting in SETTINGS.values():
        cfg = setting.cfg
        if cfg is None or not cfg.rare or cfg.section not in sections or setting.key in reading.changes:
            continue
        if isinstance(setting.factory, (str, int, bool, float)):
            reading.changes[setting.key] = setting.factory


def _decode(setting: Setting, text: str, values: Values) -> Value | Problem:
    """The value that a text of the file means for a setting, its range not yet checked."""
    assert setting.cfg is not None
    kind = setting.kind
    if text in ("", UNDEFINED):
        if setting.cfg.blank is not None:
            return setting.cfg.blank
        return "" if kind.check("") is None else values.factory(setting, 1)
    word = {"1": "true", "0": "false"}.get(text, text.lower())
    if isinstance(kind, Flag):
        if word in ("true", "false"):
            return word == "true"
        allowed = (
            Label("true or false", "true ou false") if setting.cfg.code is Code.WORD else Label("0 or 1", "0 ou 1")
        )
        return Problem(setting.key, describe(None, text), allowed, Reason.BAD_VALUE)
    if isinstance(kind, Choice):
        for option in kind.options:
            if option.code in (text, word):
                return option.id
        codes = [f"{option.code} ({option.id})" for option in kind.options]
        allowed = Label(" or ".join(codes), " ou ".join(codes))
        return Problem(setting.key, describe(None, text), allowed, Reason.BAD_VALUE)
    return text  # the check parses it, and knows what is allowed


def _encode(setting: Setting, value: Value) -> str:
    """The text that a value has in the file."""
    assert setting.cfg is not None
    if isinstance(value, bool):
        return ("1" if value else "0") if setting.cfg.code is Code.DIGIT else ("true" if value else "false")
    if isinstance(setting.kind, Choice):
        option = setting.kind.find(value)
        return option.code if option else ""
    if isinstance(value, str) and not is_set(value):
        return UNDEFINED if setting.cfg.blank == UNDEFINED else ""
    return str(value)
