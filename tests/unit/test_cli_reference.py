"""docs/cli.md against the grammar: each command and option is in it, and it promises none that there isn't."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from evlink.commands.parser import build
from evlink.commands.words import Words

TEXT = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
SECTIONS = {
    title.strip(): body for title, body in re.findall(r"^### (.+?)\n(.*?)(?=^##|\Z)", TEXT, re.MULTILINE | re.DOTALL)
}
COMMON = {"-h", "--help", "--state", "--socket", "--lang", "--outlet"}


def _commands(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    below = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not below:
        yield parser
    for action in below:
        for one in action.choices.values():
            yield from _commands(one)


COMMANDS = {parser.prog: parser for parser in _commands(build(Words("en")))}


def test_every_command_has_its_section() -> None:
    assert set(SECTIONS) == set(COMMANDS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_section_has_the_options_of_its_command(name: str) -> None:
    options = {text for action in COMMANDS[name]._actions for text in action.option_strings} - COMMON
    told = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", SECTIONS[name])) - COMMON
    assert told == options
    for action in COMMANDS[name]._actions:
        if action.option_strings or action.metavar is None:
            continue
        assert str(action.metavar) in SECTIONS[name]


def test_the_common_options_are_told_once() -> None:
    head = TEXT.partition("## Programs")[0]
    for option in COMMON - {"--outlet"}:
        assert option in head
    assert "--outlet N" in TEXT
