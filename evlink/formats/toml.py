"""Settings as TOML: tables are the paths of the settings, one an outlet where there is one value an outlet."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping

import tomli_w

from evlink.formats.errors import NO_SETTING, FormatError
from evlink.formats.toml_words import fault
from evlink.settings.check import Checked, Problem, Reason, check_changes, describe, load
from evlink.settings.facts import Facts
from evlink.settings.kinds import Flag, Value, Whole
from evlink.settings.label import Label
from evlink.settings.model import Role
from evlink.settings.registry import find, paths, stored
from evlink.settings.values import Values

Comment = Callable[[str], Iterable[str]]
"""The lines to stand before a value, by its path."""


def read(text: str) -> dict[str, object]:
    """The values of a TOML text by path, whatever they are called and hold; FormatError where it is no TOML."""
    try:
        document = tomllib.loads(text.removeprefix("\ufeff") + "\n")  # a last line that ends is told by number
    except RecursionError:
        raise FormatError(Label("the TOML is nested too deeply", "le TOML est trop imbriqué")) from None
    except ValueError as error:  # among them: a number of thousands of digits
        first = (str(error).splitlines() or ["?"])[0][:200]
        said = fault(first if first.isprintable() else repr(first))
        raise FormatError(Label(f"this is no valid TOML: {said.en}", f"ce TOML n'est pas valide : {said.fr}")) from None
    flat: dict[str, object] = {}
    tables: list[tuple[str, Mapping[str, object]]] = [("", document)]
    while tables:
        head, table = tables.pop()
        for name, value in table.items():
            path = f"{head}.{name}" if head else name
            if isinstance(value, dict):
                tables.append((path, value))
            elif path in flat:
                raise FormatError(Label(f"{path!r} stands twice", f"{path!r} apparaît deux fois"))
            else:
                flat[path] = value
    return {path: flat[path] for path in sorted(flat)}


def plan(text: str, values: Values, role: Role = Role.ADMIN) -> Checked | list[Problem]:
    """What importing a TOML text would change; the problems where it may not.

    FormatError where it is no TOML or holds no value. What the text leaves out stays as it is. TOML has types: a text
    in the place of a number or a flag is a problem, whatever it spells.
    """
    asked = read(text)
    if not asked:
        raise FormatError(NO_SETTING)
    mistyped = list(_mistyped(asked))
    checked = check_changes(values, asked, role, imported=True)
    if not mistyped:
        return checked
    told = {problem.key for problem in mistyped}
    return mistyped + [problem for problem in (checked if isinstance(checked, list) else ()) if problem.key not in told]


def _mistyped(asked: Mapping[str, object]) -> Iterator[Problem]:
    for path, raw in asked.items():
        found = find(path)
        if found is not None and isinstance(raw, str) and isinstance(found.setting.kind, Whole | Flag):
            yield Problem(path, describe(found.setting, raw), found.setting.kind.allowed(), Reason.BAD_VALUE)


def export(values: Values) -> str:
    """Every value that may leave the station, as TOML; secrets are left out (R-058)."""
    return write({path: value for path, setting, _, value in values.items() if setting.exportable})


def read_stored(text: str, facts: Facts | None = None) -> dict[str, Value]:
    """The deviations that `write_stored` wrote. FormatError in one sentence for what is no TOML, key or value."""
    loaded = load(facts or Facts(), read(text))
    if isinstance(loaded, list):
        raise FormatError(Label(loaded[0].sentence("en"), loaded[0].sentence("fr")))
    return dict(loaded.deviations)


def write_stored(values: Values, seal: Callable[[str, str], str] | None = None) -> str:
    """What deviates from the factory values, secrets among it: for the station's own disk only.

    `seal` turns the secret at a path into what is written of it.
    """
    deviations: dict[str, Value] = {}
    for setting in stored():
        for path in paths(setting, values.facts):
            if path in values.deviations:
                value = values.deviations[path]
                deviations[path] = seal(path, str(value)) if seal and setting.secret and value else value
    return write(deviations)


def quoted(text: str) -> str:
    """A text as TOML writes it."""
    return tomli_w.dumps({"x": text}).removeprefix("x = ").rstrip("\n")


def write(values: Mapping[str, Value], comment: Comment | None = None) -> str:
    """Values by path as TOML, a table for each head of the paths, in the order given."""
    tables: dict[str, list[str]] = {}
    for path, value in values.items():
        head, _, name = path.rpartition(".")
        lines = tables.setdefault(head, [])
        lines += [f"# {line}" for line in (comment(path) if comment else ())]
        lines.append(tomli_w.dumps({name: value}).rstrip("\n"))
    return "\n".join(f"[{head}]\n" + "".join(f"{line}\n" for line in lines) for head, lines in tables.items())
