"""Settings as TOML: tables are the paths of the settings, one an outlet where there is one value an outlet."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping

import tomli_w

from evlink.formats.errors import FormatError
from evlink.settings.check import Checked, Problem, check_changes, load
from evlink.settings.facts import Facts
from evlink.settings.kinds import Value
from evlink.settings.label import Label
from evlink.settings.model import Role
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
        fault = first if first.isprintable() else repr(first)
        raise FormatError(Label(f"this is no valid TOML: {fault}", f"ce TOML n'est pas valide : {fault}")) from None
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
    """What importing a TOML text would change; the problems where it may not. FormatError where it is no TOML.

    What the text leaves out stays as it is.
    """
    return check_changes(values, read(text), role, imported=True)


def export(values: Values) -> str:
    """Every value that may leave the station, as TOML; secrets are left out (R-058)."""
    return write({path: value for path, setting, _, value in values.items() if setting.exportable})


def read_stored(text: str, facts: Facts | None = None) -> dict[str, Value]:
    """The deviations that `write_stored` wrote. FormatError in one sentence for what is no TOML, key or value."""
    loaded = load(facts or Facts(), read(text))
    if isinstance(loaded, list):
        raise FormatError(Label(loaded[0].sentence("en"), loaded[0].sentence("fr")))
    return dict(loaded.deviations)


def write_stored(values: Values) -> str:
    """What deviates from the factory values, secrets among it: for the station's own disk only."""
    order = (path for path, _, _, _ in values.items() if path in values.deviations)
    return write({path: values.deviations[path] for path in order})


def write(values: Mapping[str, Value], comment: Comment | None = None) -> str:
    """Values by path as TOML, a table for each head of the paths, in the order given."""
    tables: dict[str, list[str]] = {}
    for path, value in values.items():
        head, _, name = path.rpartition(".")
        lines = tables.setdefault(head, [])
        lines += [f"# {line}" for line in (comment(path) if comment else ())]
        lines.append(tomli_w.dumps({name: value}).rstrip("\n"))
    return "\n".join(f"[{head}]\n" + "".join(f"{line}\n" for line in lines) for head, lines in tables.items())
