"""What commands print: sentences about errors, tables, JSON; text from outside loses what could steer a terminal."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any

FAILURE = 1  # a refusal or a failure
BAD_INPUT = 2
INTERRUPTED = 130  # 128 + SIGINT, as shells count
PIPE_CLOSED = 141  # 128 + SIGPIPE

_UNSEEN = re.compile(r"[\x7f-\uffff]|[\U00010000-\U0010ffff]")


class Stop(Exception):  # noqa: N818  # the end of a command, told in one sentence
    """The end of a command with one sentence for stderr and an exit code.

    Where several things are wrong, `others` are the sentences that come before it; `document` says the same with
    `--json`.
    """

    def __init__(self, sentence: str, code: int = FAILURE, others: Sequence[str] = (), document: Any = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code
        self.others = tuple(others)
        self.document = document


def wrong(sentence: str) -> Stop:
    """The end of a command over bad input."""
    return Stop(sentence, BAD_INPUT)


def all_wrong(sentences: Sequence[str], last: str, code: int, document: Any) -> Stop:
    """The end of a command over everything that is wrong, a sentence each; `last` closes a list of several."""
    if len(sentences) == 1:
        return Stop(sentences[0], code, document=document)
    return Stop(last, code, sentences, document)


def clean(text: object) -> str:
    """Text on one line without control, bidirectional and other characters that show nothing."""
    return "".join(c if c.isprintable() else " " if c in "\t\n" else "" for c in str(text))


def print_json(document: Any, *, compact: bool = False) -> None:
    """Print a document as JSON; characters that show nothing are escaped, so that the terminal stays safe."""
    text = json.dumps(document, ensure_ascii=False, indent=None if compact else 2)
    print(_UNSEEN.sub(_escape, text), flush=compact)


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    return character if character.isprintable() else json.dumps(character)[1:-1]


def print_notice(text: str) -> None:
    """Print a remark on stderr, where it disturbs no pipe."""
    print(f"evlink: {clean(text)}", file=sys.stderr)


def table(rows: Iterable[Sequence[object]], gap: str = "  ", right: Sequence[int] = ()) -> str:
    """Rows as aligned columns; the columns numbered in `right` align to the right."""
    cells = [[clean(cell) for cell in row] for row in rows]
    if not cells:
        return ""
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    lines = []
    for row in cells:
        parts = [
            cell.rjust(w) if i in right else cell.ljust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append(gap.join(parts).rstrip())
    return "\n".join(lines)


def coloured(text: str, code: int) -> str:
    """Text in a colour of the terminal's own (SGR code), or as it is where stdout is no terminal."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    return f"\x1b[{code}m{text}\x1b[0m"
