"""A process that writes without end and says what it was told is stored; the kill tests end it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from evlink.storage.files import replace
from evlink.storage.opening import offline
from evlink.storage.settings_file import SettingsFile
from evlink.storage.state import prepare
from tests.unit.storage_bench import START, charge, quick_hasher


def write_database(folder: Path) -> None:
    """Store charge after charge, each fold one commit; a line on stdout for each that was acknowledged."""
    with offline(prepare(folder), lambda: START, quick_hasher()) as opened:
        base = opened.database
        run = base.memory.count_boot()
        for number in range(1_000_000):
            for fold in charge(f"run-{run}-{number}", samples=2):
                base.apply(fold)
                os.write(1, b"%d\n" % base.connection.total_changes())
            base.memory.set("told", [run, number])
            os.write(1, b"told %d %d\n" % (run, number))


def write_settings(folder: Path) -> None:
    """Save settings after settings; a line on stdout for each that was saved."""
    file = SettingsFile(folder / "station.toml", parse_numbers, render_numbers)
    known = file.load().settings or [0]
    for number in range(known[0] + 1, 1_000_000):
        file.save([number] * 5000)
        os.write(1, b"told %d\n" % number)


def write_plainly(folder: Path) -> None:
    """What `files.replace` is there to avoid: the old file written over."""
    for number in range(1, 1_000_000):
        with (folder / "plain").open("w") as file:  # piece by piece, as json.dump does
            for _ in range(50_000):
                file.write(f"{number}\n")
            file.write("end")
        os.write(1, b"told %d\n" % number)


def write_replacing(folder: Path) -> None:
    """The same file, replaced."""
    for number in range(1, 1_000_000):
        replace(folder / "plain", render_numbers([number] * 50_000).encode())
        os.write(1, b"told %d\n" % number)


def parse_numbers(text: str) -> list[int]:
    """Numbers of a text as `render_numbers` writes it; ValueError where it is cut off or mixed."""
    *lines, last = text.split("\n")
    numbers = [int(line) for line in lines]
    if last != "end" or len(set(numbers)) != 1:
        raise ValueError("not one number to the end")
    return numbers


def render_numbers(numbers: list[int]) -> str:
    return "".join(f"{number}\n" for number in numbers) + "end"


if __name__ == "__main__":
    writers = {
        "database": write_database,
        "settings": write_settings,
        "plain": write_plainly,
        "replace": write_replacing,
    }
    writers[sys.argv[1]](Path(sys.argv[2]))
