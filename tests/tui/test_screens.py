"""The pictures of docs/screens/: one a tab at least, the same every time, and nothing in them from elsewhere."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from evlink.settings.tabs import TABS
from tools.screens import FOLDER, SHOTS, gallery, take

ROOT = FOLDER.parents[1]


def test_every_sub_tab_has_a_picture_in_the_gallery() -> None:
    parents = {tab.parent for tab in TABS}
    assert {tab.id for tab in TABS} - parents <= {shot.subtab for shot in SHOTS}
    assert {path.stem for path in FOLDER.glob("*.svg")} == {shot.name for shot in SHOTS}
    assert (FOLDER / "README.md").read_text(encoding="utf-8") == gallery()
    assert "docs/screens/status.svg" in (ROOT / "README.md").read_text(encoding="utf-8")


async def test_a_picture_is_the_same_every_time(tmp_path: Path) -> None:
    shot = next(shot for shot in SHOTS if shot.name == "general-fr")
    pictures = []
    for name in ("once", "again"):
        (tmp_path / name).mkdir()
        pictures.append(await take(shot, tmp_path / name))
    assert pictures[0] == pictures[1]
    texts = [
        element.text or "" for element in ElementTree.fromstring(pictures[0]).iter() if element.tag.endswith("text")
    ]
    assert "Nom de la borne de recharge" in " ".join(texts)


def test_pictures_fetch_nothing() -> None:
    """A page of documents is read without a network."""
    for path in FOLDER.glob("*.svg"):
        text = path.read_text(encoding="utf-8")
        assert "url(" not in text, path.name
        assert "@font-face" not in text
        assert "<image" not in text
        assert "href" not in text
