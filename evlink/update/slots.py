"""Two slots for versions, and which of them is started: a small state machine on the disk (standard library alone).

`current` is a link to the slot in use; without it the installed version runs, which is never written to. A new version
is on trial from the switch until it was found healthy; a trial that ended any other way falls back.

    written            what the next start does
    -----------------  -------------------------------------------------
    nothing            the version that `current` names
    trial, not begun   switched: begins the trial; not switched: forgets it
    trial, begun       falls back to the version before
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from evlink.update.disk import Disk, read

NAMES = ("a", "b")
READY = "READY"
HEALTH_S = 60.0  # from the start of a version on trial until it is charge-ready


@dataclass(frozen=True, slots=True)
class Trial:
    """A version on trial: its slot, the one before ("" is the installed version), and the name of its package."""

    slot: str
    before: str
    version: str
    counter: int
    package: str
    begun: bool = False
    health_s: float = HEALTH_S


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the last try ended: `ok`, one sentence in each language, and when."""

    version: str
    package: str
    ok: bool
    text: str
    text_fr: str
    at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    told: bool = False


class Slots:
    """The slots below a station's state directory."""

    def __init__(self, state: Path, disk: Disk | None = None) -> None:
        self.root = state / "update"
        self.disk = disk or Disk()

    @property
    def staging(self) -> Path:
        """Where what is brought is kept until it is installed."""
        return self.root / "staging"

    def prepare(self) -> None:
        """Make the directories (0700)."""
        for folder in (self.root, self.root / "slots", self.staging):
            folder.mkdir(mode=0o700, exist_ok=True)

    def path(self, slot: str) -> Path:
        """The virtual environment of a slot."""
        return self.root / "slots" / slot

    def python(self, slot: str) -> Path:
        """The interpreter of a slot; of "" the one that runs this."""
        return self.path(slot) / "bin" / "python" if slot else Path(sys.executable)

    def whole(self, slot: str) -> bool:
        """Whether a slot holds a version that was installed to its end."""
        return slot in NAMES and bool(self.marked(slot)) and self.python(slot).exists()

    def marked(self, slot: str) -> dict[str, Any]:
        """What was installed in a slot: version, counter, package; empty where it is not whole."""
        return read(self.path(slot) / READY) if slot in NAMES else {}

    def current(self) -> str:
        """The slot in use; "" for the installed version, also where the link leads nowhere."""
        try:
            slot = os.path.basename(os.readlink(self.root / "current"))
        except OSError:
            return ""
        return slot if self.whole(slot) else ""

    def free(self) -> str:
        """The slot that may be written."""
        return next(name for name in NAMES if name != self.current())

    def switch(self, slot: str) -> None:
        """Let the next start take a slot; "" is the installed version."""
        if slot:
            self.disk.point(self.root / "current", f"slots/{slot}")
        else:
            self.disk.remove(self.root / "current")

    # What is written

    def trial(self) -> Trial | None:
        """The trial that is written."""
        made = _of(Trial, read(self.root / "trial.json"))
        return made if isinstance(made, Trial) else None

    def outcome(self) -> Outcome | None:
        """How the last try ended."""
        made = _of(Outcome, read(self.root / "outcome.json"))
        return made if isinstance(made, Outcome) else None

    def counter(self) -> int:
        """The rollback counter: no package with a lower one is installed."""
        value = read(self.root / "record.json").get("counter", 0)
        return value if isinstance(value, int) else 0

    # Steps

    def begin(self, trial: Trial) -> None:
        """Put a version on trial: the next start takes it."""
        self.disk.remove(self.root / "outcome.json")
        self.disk.write(self.root / "trial.json", asdict(trial))
        self.switch(trial.slot)

    def started(self, trial: Trial) -> None:
        """Note that the trial begins now: whatever happens from here, it will not begin again."""
        self.disk.write(self.root / "trial.json", {**asdict(trial), "begun": True})

    def confirm(self, trial: Trial) -> None:
        """The version on trial is healthy: from now on it is the version, and no older counter is taken."""
        self.disk.write(self.root / "record.json", {"counter": max(self.counter(), trial.counter)})
        self.tell(Outcome(trial.version, trial.package, True, "installed", "installée"))
        self.disk.remove(self.root / "trial.json")

    def fall_back(self, trial: Trial, why: str, why_fr: str) -> None:
        """Go back to the version before."""
        self.switch(trial.before if self.whole(trial.before) else "")
        self.tell(Outcome(trial.version, trial.package, False, why, why_fr))
        self.disk.remove(self.root / "trial.json")

    def tell(self, outcome: Outcome) -> None:
        """Keep how a try ended, for whoever starts next."""
        self.disk.write(self.root / "outcome.json", asdict(outcome))

    def recover(self) -> Trial | None:
        """What a start does first: the trial that is to begin now, None after putting anything else right."""
        trial = self.trial()
        if trial is None:
            return None
        switched = self.current() == trial.slot
        if switched and not trial.begun:
            return trial
        if switched and self.counter() >= trial.counter and (done := self.outcome()) and _same(done, trial):
            self.disk.remove(self.root / "trial.json")  # confirmed, but for this last step
        elif switched:
            why = "the new version did not survive its trial"
            self.fall_back(trial, why, "la nouvelle version n'a pas survécu à son essai")
        elif trial.begun:
            why = "the new version did not come up"
            self.fall_back(trial, why, "la nouvelle version n'a pas démarré")
        else:
            self.disk.remove(self.root / "trial.json")
        return None


def _same(outcome: Outcome, trial: Trial) -> bool:
    return outcome.ok and outcome.version == trial.version and outcome.package == trial.package


def _of(kind: Any, document: Mapping[str, Any]) -> Any:
    """A document in its shape; None where it is none."""
    try:
        made = kind(**document)
    except TypeError:
        return None
    types: dict[str, type | tuple[type, ...]] = {"bool": bool, "str": str, "int": int, "float": (int, float)}
    for name, one in kind.__dataclass_fields__.items():
        if not isinstance(getattr(made, name), types[one.type]):
            return None
    return made
