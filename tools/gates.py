"""What the source may not hold, whatever a test says: `python -m tools.gates`, a part of `make check`.

No code from data, no shell, no SQL but written out, no wall clock but the clock's, no guessable randomness, no text
that escapes the report's escaping, no secret in a constant, no library that isn't declared and pinned by its hashes.
An exception stands here with its reason, never at its place.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
PACKAGES: Final = ("evlink", "tui")

# By rule, then by file: why it may.
EXCEPTIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "wall clock": {
        "evlink/runtime/clock.py": "the clock itself",
        "evlink/runtime/main.py": "the message log's first line, before there is a clock",
        "evlink/runtime/diagnostics.py": "a label: when a member of the archive was made",
        "evlink/hardware/recording.py": "a label: when a recording began",
        "evlink/update/slots.py": "a label in the update log; the slots work before a station's clock does",
        "tui/panes/date_time.py": "what the dialog begins with where no station tells its time",
    },
    "randomness": {"evlink/ocpp/connection.py": "SystemRandom, for the jitter between tries"},
    "SQL": {
        "evlink/storage/database.py": "the migrations and the reading of every row, literals in a table of their own",
        "evlink/storage/salvage.py": "names of the schema's own tables, read from the schema that this version ships",
    },
    "secret": {},
}
CODE: Final = {"eval", "exec", "__import__", "compile"}
UNSAFE: Final = {"pickle", "marshal", "shelve", "yaml", "dill", "telnetlib"}
SHELLS: Final = {("os", "system"), ("os", "popen"), ("subprocess", "getoutput"), ("subprocess", "getstatusoutput")}
CLOCKS: Final = {
    *(("time", name) for name in ("time", "time_ns", "localtime")),
    *(("datetime", name) for name in ("now", "utcnow", "today")),
    ("date", "today"),
}
SECRET_NAME: Final = re.compile(r"(?i)(passwo?r?d|secret|token|api_?key|private_?key)$")
SECRET_TEXT: Final = re.compile(r"^(?=.*[0-9])(?=.*[A-Za-z])[!-~]{8,}$")
# The name that is imported, where it isn't the distribution's.
DISTRIBUTIONS: Final[Mapping[str, str]] = {"serial": "pyserial", "argon2": "argon2-cffi", "tomli_w": "tomli-w"}

Rule = Callable[[ast.AST], str]


def dotted(node: ast.expr) -> tuple[str, str]:
    """The last two names of `a.b.c`, ('', 'c') of a bare name."""
    if isinstance(node, ast.Name):
        return "", node.id
    if isinstance(node, ast.Attribute):
        owner = node.value
        return (
            owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""
        ), node.attr
    return "", ""


def code_from_data(node: ast.AST) -> str:
    """eval and its like, and formats that run code as they are read."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CODE:
        return f"{node.func.id}() makes code of data"
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
    if isinstance(node, ast.ImportFrom) and node.module:
        names = [node.module]
    found = [name for name in names if name.split(".")[0] in UNSAFE]
    return f"{found[0]} runs or trusts what it reads" if found else ""


def shell(node: ast.AST) -> str:
    """A command that a shell would read."""
    if not isinstance(node, ast.Call):
        return ""
    if dotted(node.func) in SHELLS:
        return f"{'.'.join(dotted(node.func))} runs a shell"
    for word in node.keywords:
        if word.arg == "shell" and not (isinstance(word.value, ast.Constant) and word.value.value is False):
            return "shell= runs a shell"
    return ""


def sql(node: ast.AST) -> str:
    """A statement put together at run time."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
        return ""
    if node.func.attr not in ("execute", "executemany", "executescript"):
        return ""
    first = node.args[0]
    named = isinstance(first, ast.Name) and first.id.isupper()  # a constant of the module
    return (
        ""
        if named or (isinstance(first, ast.Constant) and isinstance(first.value, str))
        else "SQL that isn't a literal"
    )


def wall_clock(node: ast.AST) -> str:
    """The time of day from anywhere but the clock."""
    if isinstance(node, ast.Call) and dotted(node.func) in CLOCKS:
        return f"{'.'.join(dotted(node.func))}() reads the wall clock"
    return ""


def randomness(node: ast.AST) -> str:
    """Numbers that can be guessed."""
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
    if isinstance(node, ast.ImportFrom):
        names = [node.module or ""]
    return "random can be guessed" if "random" in names else ""


def escaping(node: ast.AST) -> str:
    """Text that passes by the templates' escaping."""
    if isinstance(node, ast.Call) and dotted(node.func)[1] == "Markup":
        return "Markup() passes by the escaping"
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.search(r"\|\s*safe\b", node.value):
        return "|safe passes by the escaping"
    return ""


def secret(node: ast.AST) -> str:
    """A constant that looks like somebody's password or key."""
    if not isinstance(node, (ast.Assign, ast.AnnAssign)) or not isinstance(node.value, ast.Constant):
        return ""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    for target in targets:
        name, value = dotted(target)[1] if isinstance(target, (ast.Name, ast.Attribute)) else "", node.value.value
        if SECRET_NAME.search(name) and isinstance(value, str) and SECRET_TEXT.match(value):
            return f"{name} looks like a secret"
    return ""


RULES: Final[Mapping[str, Rule]] = {
    "code from data": code_from_data,
    "shell": shell,
    "SQL": sql,
    "wall clock": wall_clock,
    "randomness": randomness,
    "escaping": escaping,
    "secret": secret,
}


def in_source(text: str, file: str) -> Iterator[str]:
    """What a Python file breaks, a line each."""
    for node in ast.walk(ast.parse(text, file)):
        for name, rule in RULES.items():
            if (problem := rule(node)) and file not in EXCEPTIONS.get(name, {}):
                yield f"{file}:{getattr(node, 'lineno', 0)}: {name}: {problem}"


def in_template(text: str, file: str) -> Iterator[str]:
    """What a template breaks."""
    for number, line in enumerate(text.splitlines(), 1):
        if re.search(r"\|\s*safe\b|autoescape\s+false|<script", line):
            yield f"{file}:{number}: escaping: a template escapes everything and runs nothing"


def imported(text: str) -> set[str]:
    """Top-level names of what a file imports absolutely."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def libraries(imports: set[str], project: Mapping[str, object], lock: str) -> Iterator[str]:
    """Imports that aren't declared, declared libraries that aren't pinned, pins without hashes."""
    wanted = [*project["dependencies"], *project["optional-dependencies"]["hardware"]]  # type: ignore[index,misc]
    declared = {re.split(r"[<>=!~ \[;]", one, maxsplit=1)[0].lower() for one in wanted}
    for name in sorted(imports - set(sys.stdlib_module_names) - set(PACKAGES)):
        if DISTRIBUTIONS.get(name, name).lower().replace("_", "-") not in declared:
            yield f"pyproject.toml: libraries: {name} is imported and not declared"
    pinned = dict(re.findall(r"(?m)^([a-z0-9_.-]+)==\S+ \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", lock))
    for line in re.findall(r"(?m)^[A-Za-z0-9_.-]+(?===)", lock):
        if line not in pinned:
            yield f"requirements: libraries: {line} has no hash"
    required = {re.split(r"[<>=!~ \[;]", one, maxsplit=1)[0].lower() for one in project["dependencies"]}  # type: ignore[attr-defined]
    for name in sorted(required - set(pinned)):
        yield f"requirements: libraries: {name} is declared and not pinned; run make lock"


def problems(root: Path = ROOT) -> Iterator[str]:
    """All that a checkout breaks."""
    imports: set[str] = set()
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*")):
            name = path.relative_to(root).as_posix()
            if path.suffix == ".py":
                text = path.read_text("utf-8")
                imports |= imported(text)
                yield from in_source(text, name)
            elif path.suffix in (".j2", ".html", ".jinja"):
                yield from in_template(path.read_text("utf-8"), name)
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    yield from libraries(imports, project, (root / "requirements/station.lock").read_text("utf-8"))


def main() -> int:
    """Print what is wrong; 1 where something is."""
    found = list(problems())
    print("\n".join(found) or "gates: nothing found")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
