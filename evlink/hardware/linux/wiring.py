"""The description in its place: `linux-board.toml` of the state directory, brought there from beside the facts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from evlink.hardware.facts import MISSING
from evlink.hardware.linux.description import Description, DescriptionError, load

DESCRIPTION: Final = "linux-board.toml"


def keep_description(state: Path, hardware: Path | None, outlets: int) -> Description:
    """The description of a station of so many outlets, kept in its state directory.

    One that stands beside the `hardware` file takes the place of the one kept. DescriptionError in one sentence where
    there is none, anything is wrong with it, or it wires other outlets; nothing is changed then. OSError passes.
    """
    kept = state / DESCRIPTION
    beside = kept if hardware is None else hardware.absolute().with_name(DESCRIPTION)
    file = beside if beside.is_file() else kept
    if not file.is_file():
        where = f"{kept}, or {DESCRIPTION} beside the file of --hardware"
        raise DescriptionError("--board linux", "the board's description", MISSING, where)
    found = load(file)
    if len(found.outlets) != outlets:
        allowed = f"{outlets} [[outlet]] tables, as the station has outlets"
        raise DescriptionError(str(file), "outlet.id", [one.id for one in found.outlets], allowed)
    if file != kept:
        new = kept.with_name(DESCRIPTION + ".new")
        with open(new, "wb") as copy:
            copy.write(file.read_bytes())
            copy.flush()
            os.fsync(copy.fileno())
        os.replace(new, kept)
    return found
