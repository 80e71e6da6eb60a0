"""Stations that import badge lists without end, to be killed; see `publisher` for the way they are made."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from evlink.domain.record import Badge, BadgeType
from evlink.storage.opening import offline
from evlink.storage.state import prepare
from tests.unit.storage_bench import START, quick_hasher

ROWS = 1000
_COMMENT = "import {number}"


def listed(number: int, rows: int = ROWS) -> list[Badge]:
    """A list that says in every row of which import it is."""
    return [
        Badge(n, f"04{number % 2}{n:06X}", BadgeType.USER, _COMMENT.format(number=number)) for n in range(1, rows + 1)
    ]


def bring(folder: Path, number: int) -> None:
    """Replace the list by the next one, and the next."""
    with offline(prepare(folder), lambda: START, quick_hasher()) as opened:
        while True:
            number += 1
            badges = listed(number)
            os.write(1, f"begins {number}\n".encode())
            opened.database.badges.replace(badges)
            os.write(1, f"told {number}\n".encode())


def main() -> None:
    """Fork one for each line, `folder number`."""
    for line in sys.stdin:
        folder, number = line.split()
        child = os.fork()
        if child == 0:
            bring(Path(folder), int(number))
        os.write(1, f"pid {child}\n".encode())
        os.waitpid(child, 0)
        os.write(1, f"end {child}\n".encode())


if __name__ == "__main__":
    main()
