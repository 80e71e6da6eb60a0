"""The Update tab: a package chosen, sent, its note read and confirmed; refusals in one sentence (R-230 to R-233)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.bench import Desk, desk
from tui.widgets.fields import TextField


async def _bring(one: Desk, path: Path) -> None:
    await one.open("maintenance.update")
    one.main.query_one("#update").focus()
    await one.press("enter")
    field = one.app.screen.query_one("#answer", TextField)
    field.value = str(path)
    field.focus()
    await one.press("enter")


@pytest.mark.parametrize("lang", ["en", "fr"])
async def test_the_note_is_read_and_confirmed_first(tmp_path: Path, lang: str) -> None:
    """R-231: the signed note in the language of the screens, and the one beside it, cleaned."""
    path = tmp_path / "release.zip"
    path.write_bytes(b"PK\x03\x04" + bytes(400_000))
    async with desk(tmp_path, lang=lang) as one:
        await _bring(one, path)
        note = "Better sharing." if lang == "en" else "Meilleur partage."
        await one.until(lambda: note in one.text)
        assert "3.4.0 (2026-11-01)" in one.text
        assert "readme" in one.text
        assert "installed" not in one.station.update
        await one.press("right", "enter")
        await one.until(lambda: one.station.update.get("installed") == "3.4.0")
        waits = "as soon as nobody charges" if lang == "en" else "dès que personne ne charge"
        await one.until(lambda: waits in " ".join(one.text.split()))


async def test_a_no_installs_nothing(tmp_path: Path) -> None:
    """R-231: the cautious answer has the focus."""
    path = tmp_path / "a.epk"
    path.write_bytes(b"PK\x03\x04")
    async with desk(tmp_path) as one:
        await _bring(one, path)
        await one.until(lambda: "Install it?" in one.text)
        await one.press("enter")
        await one.until(lambda: "Nothing was installed." in one.text)
        assert one.station.update == {}


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [("a.epk", b"nonsense", "damaged"), ("a.txt", b"PK", ".epk or .zip"), ("b.epk", b"", "empty")],
)
async def test_a_file_that_is_none_changes_nothing(tmp_path: Path, name: str, content: bytes, sentence: str) -> None:
    """R-233: one sentence."""
    path = tmp_path / name
    path.write_bytes(content)
    async with desk(tmp_path) as one:
        await _bring(one, path)
        await one.until(lambda: sentence in " ".join(one.text.split()))
        assert "installed" not in one.station.update


async def test_a_user_has_no_update(tmp_path: Path) -> None:
    """R-230: the sub-tab is Admin's."""
    async with desk(tmp_path, account="utilisateur") as one:
        assert "maintenance.update" not in [tab.id for tab in one.app.session.subtabs("maintenance")]


async def test_how_the_last_one_ended_is_told(tmp_path: Path) -> None:
    """R-233: with the reason in the language of the screens."""
    async with desk(tmp_path, lang="fr") as one:
        last = {"version": "3.4.0", "ok": False, "at": "", "text": "not ready", "text_fr": "pas prête"}
        one.station.update = {"last": last}
        await one.open("maintenance.update")
        await one.until(lambda: "Dernière mise à jour : version 3.4.0, pas prête" in one.text)
