"""A process that opens a state directory, saves settings and charges, trying each again where the disk fails.

`python -m tests.faults.saver DIR`: a line for each thing that was acknowledged, one for each that was refused, then
`end`. `test_failing_calls.py` runs it with calls of the kernel that fail.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from evlink.storage.errors import StorageError
from evlink.storage.opening import open_state
from evlink.storage.settings_file import SettingsFile
from evlink.storage.state import prepare
from tests.scenario.storage_writer import parse_numbers, render_numbers
from tests.unit.storage_bench import START, charge, quick_hasher

SAVES, CHARGES, SAMPLES = 3, 6, 12


def again(what: str, work: Callable[[], object]) -> None:
    """Do it, three times at most; say `told` or, each time, `refused`."""
    for _ in range(3):
        try:
            work()
        except StorageError as error:
            say(f"refused {what}: {error}")
            time.sleep(0.001)
        else:
            say(f"told {what}")
            return


def say(line: str) -> None:
    print(line, flush=True)


def main(folder: Path) -> None:
    paths = prepare(folder)
    for attempt in range(3):
        try:
            opened = open_state(paths, lambda: START, quick_hasher())
            break
        except StorageError as error:
            say(f"refused opening: {error}")
            if attempt == 2:
                raise
    settings = SettingsFile(paths.settings, parse_numbers, render_numbers)
    base = opened.database
    for number in range(1, SAVES + 1):
        again(f"settings {number}", lambda n=number: settings.save([n] * 100))  # type: ignore[misc]
    for number in range(CHARGES):
        for fold in charge(f"s{number}", start_wh=10 * SAMPLES * number, samples=SAMPLES):
            again("fold", lambda f=fold: base.apply(f))  # type: ignore[misc]
        again(f"charge {number}", lambda: None)
    say("end")
    os._exit(0)  # as a power cut would: nothing is closed


if __name__ == "__main__":
    main(Path(sys.argv[1]))
