"""The documents that follow from the settings, and the example that configures several stations."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from evlink.formats import toml
from evlink.settings.check import Checked
from evlink.settings.facts import Facts, Model
from evlink.settings.registry import SETTINGS
from evlink.settings.values import Values
from tools import generate

SCRIPT = generate.ROOT / "docs/examples/configure-stations.sh"


def test_the_generated_documents_are_up_to_date() -> None:
    assert generate.main(["--check"]) == 0


def test_a_document_that_is_out_of_date_is_told_and_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generate, "ROOT", tmp_path)
    monkeypatch.setattr(generate, "REFERENCE", tmp_path / "docs/settings.md")
    monkeypatch.setattr(generate, "EXAMPLE", tmp_path / "docs/examples/station.toml")
    assert generate.main(["--check"]) == 1
    assert "docs/settings.md is out of date" in capsys.readouterr().err
    assert not (tmp_path / "docs").exists()
    assert generate.main([]) == 0
    assert generate.main(["--check"]) == 0


def test_the_reference_names_every_setting_in_both_languages() -> None:
    text = generate.REFERENCE.read_text(encoding="utf-8")
    for setting in SETTINGS.values():
        assert f"`{setting.key}`" in text
        assert setting.label.en in text
        assert setting.label.fr in text


@pytest.mark.parametrize("model", Model)
def test_the_example_has_every_exportable_setting_and_changes_nothing_on_a_new_station(model: Model) -> None:
    text = generate.EXAMPLE.read_text(encoding="utf-8")
    outcome = toml.plan(text, Values(Facts(model=model)))
    assert isinstance(outcome, Checked), [problem.sentence() for problem in outcome]
    assert outcome.changes == {}
    keys = {setting.key for setting in SETTINGS.values() if setting.exportable}
    assert keys - set(toml.read(text)) == set(generate.OWN)


@pytest.fixture
def fleet(tmp_path: Path) -> dict[str, str]:
    """A PATH whose `ssh HOST COMMAND` runs the command here, and whose `evlink` writes down what it was asked."""
    bin_dir = tmp_path / "bin"
    bin_dir.mkdir()
    (bin_dir / "ssh").write_text(
        '#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done\nHOST=$2 exec sh -c "$3"\n', encoding="utf-8"
    )
    (bin_dir / "evlink").write_text(
        '#!/bin/sh\necho "$HOST $1 ${3:-}" >>"$LOG"\n'
        'if [ "$1" = import ]; then cat "$2" >>"$LOG"; [ "$HOST" != bad ] || exit 2; fi\n',
        encoding="utf-8",
    )
    for name in ("ssh", "evlink"):
        (bin_dir / name).chmod(0o755)
    return {"PATH": f"{bin_dir}:{os.environ['PATH']}", "LOG": str(tmp_path / "log"), "TMPDIR": str(tmp_path)}


def _configure(fleet: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(SCRIPT), *arguments], env=fleet, capture_output=True, text=True, check=False, timeout=30
    )


def test_the_script_checks_then_imports_then_restarts_each_station(fleet: dict[str, str], tmp_path: Path) -> None:
    settings = tmp_path / "all.toml"
    settings.write_text("x = 1\n", encoding="utf-8")
    done = _configure(fleet, str(settings), "a", "bad", "b")
    assert done.returncode == 1
    assert "not configured: bad" in done.stderr
    log = (tmp_path / "log").read_text(encoding="utf-8").split("\n")
    assert [line.strip() for line in log if line and line != "x = 1"] == [
        "a import --dry-run",
        "a import",
        "a restart",
        "bad import --dry-run",
        "b import --dry-run",
        "b import",
        "b restart",
    ]
    assert log.count("x = 1") == 5
    assert not list(tmp_path.glob("tmp.*"))


def test_the_script_can_only_check_and_refuses_wrong_use(fleet: dict[str, str], tmp_path: Path) -> None:
    settings = tmp_path / "all.toml"
    settings.write_text("x = 1\n", encoding="utf-8")
    assert _configure(fleet, "-n", str(settings), "a").returncode == 0
    assert (tmp_path / "log").read_text(encoding="utf-8") == "a import --dry-run\nx = 1\n"
    assert _configure(fleet, str(settings)).returncode == 2
    assert _configure(fleet, str(tmp_path / "none.toml"), "a").returncode == 2
