"""Programs of the machine that do nothing but write down how they were called, as real processes."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from evlink.system.programs import Programs

RECORDER = """#!{python} -I
import json, os, sys
folder = os.path.dirname(os.path.abspath(sys.argv[0]))
with open(os.path.join(folder, "calls"), "a") as file:
    file.write(json.dumps([os.path.basename(sys.argv[0]), *sys.argv[1:]]) + "\\n")
name = os.path.basename(sys.argv[0])
answers = json.load(open(os.path.join(folder, "answers")))
for words, code, text in answers:
    if all(word in sys.argv for word in words) and words[0] in (name, *sys.argv):
        sys.stdout.write(text)
        sys.exit(code)
"""


class Recorder:
    """A directory of programs; `answers` are (words that a call has, exit code, output), the first that fits."""

    def __init__(self, folder: Path, *names: str) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        for name in names or ("nmcli", "timedatectl", "chronyc", "systemctl"):
            path = folder / name
            path.write_text(RECORDER.replace("{python}", sys.executable))
            path.chmod(0o755)
        self.say([])

    def say(self, answers: list[tuple[list[str], int, str]]) -> None:
        """What the programs answer from now on."""
        (self.folder / "answers").write_text(json.dumps(answers))

    @property
    def run(self) -> Programs:
        """The way to run them."""
        return Programs(str(self.folder), timeout_s=20.0)

    def calls(self) -> list[list[str]]:
        """How they were called, in order; forgotten then."""
        path = self.folder / "calls"
        if not path.exists():
            return []
        found = [json.loads(line) for line in path.read_text().splitlines()]
        path.unlink()
        return found
