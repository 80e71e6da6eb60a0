"""The gates of `make check`: what each finds and what it leaves alone."""

from __future__ import annotations

import pytest

from tools import gates


@pytest.mark.parametrize(
    ("source", "rule"),
    [
        ("eval(text)", "code from data"),
        ("import pickle", "code from data"),
        ("from yaml import load", "code from data"),
        ("os.system('ls')", "shell"),
        ("subprocess.run(words, shell=True)", "shell"),
        ("subprocess.run(words, shell=wanted)", "shell"),
        ("connection.execute(f'SELECT {name}')", "SQL"),
        ("connection.execute('SELECT ' + name)", "SQL"),
        ("connection.executemany(statement, rows)", "SQL"),
        ("time.time()", "wall clock"),
        ("datetime.now(UTC)", "wall clock"),
        ("datetime.datetime.now()", "wall clock"),
        ("date.today()", "wall clock"),
        ("import random", "randomness"),
        ("from random import choice", "randomness"),
        ("Markup(text)", "escaping"),
        ("template = '{{ name | safe }}'", "escaping"),
        ("ADMIN_PASSWORD = 'Summer2026!'", "secret"),
        ("self.api_key = 'a1b2c3d4e5'", "secret"),
    ],
)
def test_what_is_found(source: str, rule: str) -> None:
    found = list(gates.in_source(source, "evlink/x.py"))
    assert [line.split(": ")[1] for line in found] == [rule], found


@pytest.mark.parametrize(
    "source",
    [
        "subprocess.run(words, shell=False)",
        "connection.execute('SELECT 1', (name,))",
        "connection.execute(INSERT, row)",
        "time.monotonic()",
        "import secrets",
        "PASSWORD = 'password'",
        "match = re.compile('x')",
        "evaluate(x)",
    ],
)
def test_what_is_left_alone(source: str) -> None:
    assert list(gates.in_source(source, "evlink/x.py")) == []


def test_a_template_escapes_everything() -> None:
    lines = "<p>{{ name }}</p>\n{{ name|safe }}\n{% autoescape false %}\n<script>1</script>\n"
    assert [line.split(":")[1] for line in gates.in_template(lines, "report.j2")] == ["2", "3", "4"]


def test_libraries_are_declared_and_pinned() -> None:
    """An import that nothing declares, a declared one without a pin, a pin without a hash."""
    project = {"dependencies": ["lxml>=6", "absent>=1"], "optional-dependencies": {"hardware": ["gpiod>=2"]}}
    lock = f"lxml==6.1 \\\n    --hash=sha256:{'0' * 64}\nbare==1.0\n"
    found = "\n".join(gates.libraries({"os", "evlink", "lxml", "gpiod", "yaml"}, project, lock))
    assert "yaml is imported and not declared" in found
    assert "bare has no hash" in found
    assert "absent is declared and not pinned" in found
    assert found.count("\n") == 2


def test_each_exception_is_of_a_file_that_needs_it() -> None:
    """An exception whose reason has gone goes too."""
    for rule, files in gates.EXCEPTIONS.items():
        for file in files:
            text = (gates.ROOT / file).read_text("utf-8")
            assert any(f" {rule}: " in line for line in _without_exceptions(text)), (rule, file)


def _without_exceptions(text: str) -> list[str]:
    return list(gates.in_source(text, "any other file"))
