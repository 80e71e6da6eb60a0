"""What a factory reset leaves of the supervision's files: nothing (R-227, S30)."""

from __future__ import annotations

from pathlib import Path

import pytest

from evlink.storage import reset
from evlink.storage.state import prepare


@pytest.mark.parametrize("kind", list(reset.Reset))
def test_certificates_and_files_on_their_way_are_removed(tmp_path: Path, kind: reset.Reset) -> None:
    """Roots, the station's key, a download that was under way: all go, with either strength."""
    paths = prepare(tmp_path / "state")
    certificates = paths.root / "supervision" / "certificates"
    (certificates / "central").mkdir(parents=True)
    (certificates / "central" / "a.pem").write_text("root")
    (certificates / "station.pem").write_text("key")
    (paths.root / "supervision" / "transfers").mkdir()
    (paths.root / "supervision" / "transfers" / "firmware").write_text("half")
    reset.request(paths, kind)
    assert reset.clear_files(paths) is kind
    assert not (paths.root / "supervision").exists()
    assert reset.clear_files(paths) is kind  # again, as after a power cut in between
