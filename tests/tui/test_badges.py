"""The badge list (R-172 to R-190): pages, filter, selection, edit in place, capture by reader, file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from evlink.formats import badge_csv
from evlink.settings.facts import Facts, Model
from tests.tui.bench import Desk, desk
from tests.tui.station_stub import Station
from tui.panes.badges_capture import CaptureDialog
from tui.panes.badges_pages import PAGE
from tui.screens.dialogs import Confirm, Page
from tui.screens.files import FileDialog
from tui.widgets.fields import Press, TextField
from tui.widgets.listing import Listing


def many(count: int) -> Station:
    """A station with so many badges."""
    station = Station()
    station.badges = [
        {"number": n, "uid": f"AA{n:05d}", "type": "user", "comment": f"driver {n}"} for n in range(1, count + 1)
    ]
    return station


def types(one: Desk) -> list[str]:
    """The types of the station's badges."""
    return [badge["type"] for badge in one.station.badges]


async def opened(one: Desk) -> Listing:
    """The list, open and filled."""
    await one.open("authentication")
    listing = one.main.query_one("#badges", Listing)
    await one.until(lambda: listing.count == min(PAGE, len(one.station.badges)))
    return listing


async def give(one: Desk, file: Path) -> None:
    """Name a file in the dialog that asks for one."""
    await one.until(lambda: isinstance(one.app.screen, FileDialog))
    one.app.screen.query_one(Input).value = str(file)
    one.app.screen.query_one(Input).focus()
    await one.press("enter")


async def test_a_badge_is_added(tmp_path: Path) -> None:
    """R-174; both accounts may."""
    async with desk(tmp_path, account="utilisateur") as one:
        await opened(one)
        await one.press("insert")
        await one.type("04aabbcc")
        await one.press("enter", "right", "tab")
        await one.type("Guest")
        await one.press("enter")
        await one.until(lambda: "Badge 04AABBCC added." in one.text)
        assert one.station.badges[-1] == {"number": 6, "uid": "04AABBCC", "type": "vip", "comment": "Guest"}


async def test_a_row_is_edited_in_its_place(tmp_path: Path) -> None:
    """R-182: Save stands in for Edit, Cancel for Delete; what is cancelled is dropped, what is saved is stored."""
    async with desk(tmp_path) as one:
        await opened(one)
        before = [dict(badge) for badge in one.station.badges]
        row = next(at for at, text in enumerate(one.text.splitlines()) if "E2EB0003" in text)
        await one.press("down", "down", "enter")
        await one.type("Ann")
        line = one.text.splitlines()[row]
        assert "E2EB0003" in line
        assert "‹User›" in line
        assert "Ann" in line
        assert "[ Save ] [ Cancel ]" in one.text
        assert "[ Edit ]" not in one.text
        await one.press("escape")
        await one.until(lambda: "[ Edit ] [ Delete ]" in one.text)
        assert one.station.badges == before
        await one.press("enter")
        await one.type("Ann")
        await one.press("shift+tab", "right", "enter", "enter")
        await one.until(lambda: "Badge E2EB0003 changed." in one.text)
        assert one.station.badges[2] == {"number": 3, "uid": "E2EB0003", "type": "vip", "comment": "Ann"}
        assert one.app.focused is one.main.query_one("#badges")
        assert one.main.query_one("#badges", Listing).cursor == 2


async def test_a_comment_ends_at_50(tmp_path: Path) -> None:
    """R-174."""
    async with desk(tmp_path) as one:
        await opened(one)
        await one.press("enter")
        one.main.query_one("#edit_comment", TextField).value = "x" * 50
        await one.press("end", "y", "enter")
        await one.until(lambda: "changed." in one.text)
        assert one.station.badges[0]["comment"] == "x" * 50


async def test_an_edit_goes_on_in_the_other_language(tmp_path: Path) -> None:
    """R-038: neither what is typed nor what is selected is lost."""
    async with desk(tmp_path) as one:
        await opened(one)
        await one.press("space", "enter")
        await one.type("Zoe")
        await one.press("f6")
        await one.until(lambda: "[ Enregistrer ] [ Annuler ]" in one.text)
        await one.until(lambda: one.main.query_one("#edit_comment", TextField).value == "Zoe")
        assert "1 sélectionné" in one.text
        await one.press("enter")
        await one.until(lambda: "Badge E2EB0002 modifié." in one.text)
        assert one.station.badges[1]["comment"] == "Zoe"


async def test_one_is_deleted(tmp_path: Path) -> None:
    """R-183."""
    async with desk(tmp_path) as one:
        await opened(one)
        await one.press("end", "delete")
        assert "Delete badge E2EB0005?" in one.text
        await one.press("enter")
        assert len(one.station.badges) == 5, "the cautious answer has the focus"
        await one.press("delete", "right", "enter")
        await one.until(lambda: "1 badge deleted." in one.text)
        assert [badge["uid"] for badge in one.station.badges] == [f"E2EB000{n}" for n in range(1, 5)]


async def test_several_are_deleted(tmp_path: Path) -> None:
    """R-184: those that are selected, on whatever page."""
    async with desk(tmp_path, station=many(PAGE + 5)) as one:
        await opened(one)
        await one.press("space", "down", "space", "n")
        await one.until(lambda: "Page 2/2" in one.text)
        await one.press("space")
        assert f"{PAGE + 5} badges, 3 selected" in one.text
        await one.press("delete")
        assert "Delete the 3 selected badges?" in one.text
        await one.press("right", "enter")
        await one.until(lambda: "3 badges deleted." in one.text)
        gone = {1, 3, PAGE + 1}
        assert [badge["number"] for badge in one.station.badges] == [n for n in range(1, PAGE + 6) if n not in gone]
        assert "selected" not in one.text


async def test_a_page_and_all_are_selected(tmp_path: Path) -> None:
    """R-185, R-187: `a` reaches the page, `A` all that the filter lets through; several change their type at once."""
    async with desk(tmp_path, station=many(120)) as one:
        await opened(one)
        await one.press("a")
        assert f", {PAGE} selected" in one.text
        assert one.main.query_one("#badges", Listing).text.count("[x]") == PAGE + 1, "the head's box is ticked too"
        await one.press("t", "down", "enter")
        await one.until(lambda: f"{PAGE} badges changed." in one.text)
        assert types(one) == ["vip"] * PAGE + ["user"] * (120 - PAGE)
        await one.press("a")
        assert "selected" not in one.text
        await one.press("f")
        await one.type("driver 11")
        await one.until(lambda: "11 found" in one.text)
        await one.press("enter", "A")
        await one.until(lambda: "11 selected" in one.text)
        await one.press("t", "down", "down", "enter")
        await one.until(lambda: "11 badges changed." in one.text)
        assert [n for n, kind in enumerate(types(one), 1) if kind == "admin"] == [11, *range(110, 120)]
        await one.press("A")
        await one.until(lambda: "selected" not in one.text)


async def test_delete_all_asks(tmp_path: Path) -> None:
    """R-186: and means all, whatever the filter shows."""
    async with desk(tmp_path, lang="fr") as one:
        await opened(one)
        await one.press("f", "2")
        await one.until(lambda: "trouvés" in one.text or "1 trouvé" in one.text)
        one.main.query_one("#delete_all").focus()
        await one.press("enter")
        assert "Supprimer les 5 badges ?" in one.text
        await one.press("right", "enter")
        await one.until(lambda: one.station.badges == [])
        await one.press("escape")
        await one.until(lambda: "Aucun badge dans la liste." in one.text)


@pytest.mark.parametrize(("lang", "words"), [("en", "Refused: badge uid"), ("fr", "Refusé : en français")])
async def test_a_refusal_is_told_in_the_language_of_the_screens(tmp_path: Path, lang: str, words: str) -> None:
    async with desk(tmp_path, lang=lang) as one:
        from tests.tui.station_stub import Refusal

        def refuse(link: object, params: dict[str, Any]) -> None:
            raise Refusal(2, "badge uid 'A B!': 1 to 20 letters or digits are allowed", fr="en français")

        one.station.do_badges_add = refuse  # type: ignore[assignment,method-assign]
        await opened(one)
        await one.press("insert")
        await one.type("a b!")
        await one.press("enter", "tab", "enter")
        await one.until(lambda: words in one.text)
        assert len(one.station.badges) == 5


async def test_badges_come_in_pages(tmp_path: Path) -> None:
    """R-185; the cursor goes on from page to page."""
    async with desk(tmp_path, station=many(PAGE + 10)) as one:
        listing = await opened(one)
        assert f"Page 1/2, {PAGE + 10} badges" in one.text
        await one.press("end", "down")
        await one.until(lambda: "Page 2/2" in one.text)
        assert listing.count == 10
        assert f"AA{PAGE + 1:05d}" in one.text
        await one.press("up")
        await one.until(lambda: "Page 1/2" in one.text)
        assert listing.cursor == PAGE - 1
        one.main.query_one("#next").focus()
        await one.press("enter")
        await one.until(lambda: "Page 2/2" in one.text)


async def test_only_a_page_is_fetched(tmp_path: Path) -> None:
    """10 000 badges are the station's to page and to search: a page and a typed filter cost two calls."""
    async with desk(tmp_path, station=many(10_000)) as one:
        await opened(one)
        one.station.calls.clear()
        await one.press("f")
        await one.type("9999")
        await one.until(lambda: "Page 1/1, 1 found" in one.text)
        assert "driver 9999" in one.text
        assert one.station.calls.count("badges.list") <= 4
        await one.press("escape")
        await one.until(lambda: "Page 1/200, 10000 badges" in one.text)


async def test_a_badge_is_captured(tmp_path: Path) -> None:
    """R-179, R-180: the switch, Start, each badge as it is read, the seconds left, Stop."""
    async with desk(tmp_path) as one:
        await opened(one)
        await one.press("c")
        assert isinstance(one.app.screen, CaptureDialog)
        assert "‹added›" in one.text
        await one.press("right", "enter", "enter")
        await one.until(lambda: "30 s left. Present the badges to delete" in one.text)
        assert one.station.capture["mode"] == "delete"
        one.station.capture |= {
            "left_s": 12.2,
            "done": 1,
            "other": 1,
            "badges": [
                {"number": 2, "uid": "BEEF", "outlet": 1, "outcome": "unknown"},
                {"number": 1, "uid": "CAFE", "outlet": 2, "outcome": "removed"},
            ],
        }
        await one.until(lambda: "13 s left" in one.text)
        rows = [row.partition("│")[2].strip(" │") for row in one.text.splitlines()]
        assert any(row.startswith("2  BEEF") and row.endswith("not in the list") for row in rows), one.text
        assert any(row.startswith("1  CAFE") and row.endswith("deleted") for row in rows), one.text
        one.station.badges = one.station.badges[:2]
        await one.press("enter")
        await one.until(lambda: "Stopped. 1 badge deleted, 1 without effect." in one.text)
        await one.press("escape")
        await one.until(lambda: "2 badges" in one.text)


async def test_leaving_stops_the_capture(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await opened(one)
        await one.press("c", "enter", "enter")
        await one.until(lambda: one.station.capture["running"])
        await one.press("escape")
        await one.until(lambda: not isinstance(one.app.screen, CaptureDialog))
        assert one.station.capture["ended"] == "stopped"


async def test_a_capture_that_ends_by_itself_says_so(tmp_path: Path) -> None:
    """R-181."""
    async with desk(tmp_path, lang="fr") as one:
        await opened(one)
        await one.press("c", "enter", "enter")
        await one.until(lambda: "Encore 30 s" in one.text)
        one.station.capture |= {"running": False, "ended": "time"}
        await one.until(lambda: "Terminé : aucun badge pendant 30 s. 0 badge ajouté." in one.text)
        assert "[ Démarrer ]" in one.text


async def test_one_capture_elsewhere_is_named(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await opened(one)
        one.station.capture = {"running": True, "own": False, "by": "other", "mode": "add"}
        await one.press("c")
        await one.until(lambda: "Badges are being captured elsewhere, by other." in one.text)


async def test_no_capture_without_reader(tmp_path: Path) -> None:
    facts = Facts(model=Model.WALLBOX, outlet_count=1, has_rfid_reader=False, has_key_lock=True)
    async with desk(tmp_path, account="chef", station=Station(facts=facts)) as one:
        await opened(one)
        await one.press("c")
        assert not isinstance(one.app.screen, CaptureDialog)
        assert not one.main.query("#capture")


async def test_the_list_goes_to_a_file_and_comes_back(tmp_path: Path) -> None:
    """R-188, R-189: what the import changes is shown before; the whole list is replaced."""
    async with desk(tmp_path, account="utilisateur", station=many(1_200)) as one:
        await opened(one)
        held = [dict(badge) for badge in one.station.badges]
        one.main.query_one("#export").focus()
        await one.press("enter")
        file = tmp_path / "list.csv"
        await give(one, file)
        await one.until(lambda: "(1200 badges)" in one.banner)
        assert file.stat().st_mode & 0o077 == 0
        one.station.badges = [*held[:-1], {"number": 2000, "uid": "LATE", "type": "vip", "comment": "x"}]
        one.station.badges[4] = {**held[4], "comment": "other"}
        one.main.query_one("#import").focus()
        await one.press("enter")
        await give(one, file)
        await one.until(lambda: "1 added, 1 changed, 1 removed; badges then: 1200" in one.text)
        assert "- LATE  VIP  x" in one.text
        assert "~ AA00005  User  driver 5" in one.text
        assert "+ AA01200" in one.text
        assert one.station.badges[-1]["uid"] == "LATE", "nothing is changed yet"
        await one.press("right", "enter")
        await one.until(lambda: "The list was replaced: 1200 badges." in one.text)
        assert one.station.badges == held


async def test_an_edited_file_is_refused(tmp_path: Path) -> None:
    """R-190: with the reason; the station is not even asked."""
    async with desk(tmp_path, lang="fr") as one:
        await opened(one)
        file = tmp_path / "list.csv"
        text = badge_csv.badges(map(badge_csv.badge_of, one.station.badges))
        file.write_text(text.replace("E2EB0002", "E2EB0009"), encoding="utf-8")
        one.main.query_one("#import").focus()
        await one.press("enter")
        await give(one, file)
        await one.until(lambda: "cette liste a été modifiée après son export" in one.text)
        assert "badges.replace.begin" not in one.station.calls


async def test_a_file_written_by_hand_is_named_as_such(tmp_path: Path) -> None:
    """Its own way in: Admin's alone, with a warning before the list of what it changes."""
    file = tmp_path / "hand.csv"
    file.write_text("uid;type;comment\nE2EB0001;admin;\nBEEF;;new\n", encoding="utf-8")
    async with desk(tmp_path) as one:
        await opened(one)
        one.main.query_one("#import").focus()
        await one.press("enter")
        await give(one, file)
        await one.until(lambda: "NO STATION EXPORTED THIS FILE." in one.text)
        assert "[ Import as written by hand ]" in one.text
        assert "1 added, 0 changed, 4 removed; badges then: 2" in one.text
        await one.press("enter")
        assert len(one.station.badges) == 5, "the cautious answer has the focus"
        one.main.query_one("#import").focus()
        await one.press("enter")
        await give(one, file)
        await one.until(lambda: isinstance(one.app.screen, Confirm))
        await one.press("right", "enter")
        await one.until(lambda: "2 badges." in one.text)
        assert [badge["uid"] for badge in one.station.badges] == ["E2EB0001", "BEEF"]


async def test_a_user_imports_no_file_written_by_hand(tmp_path: Path) -> None:
    file = tmp_path / "hand.csv"
    file.write_text("uid\nBEEF\n", encoding="utf-8")
    async with desk(tmp_path, account="utilisateur") as one:
        await opened(one)
        one.main.query_one("#import").focus()
        await one.press("enter")
        await give(one, file)
        await one.until(lambda: "only Admin may import a list written by hand" in one.text)
        assert len(one.station.badges) == 5


async def test_all_errors_of_a_file_are_listed(tmp_path: Path) -> None:
    """With line, column and reason; nothing is changed."""
    file = tmp_path / "hand.csv"
    file.write_text("uid;type;comment\nA!;king;\nBEEF;user;" + "x" * 51 + "\nbeef;;\n", encoding="utf-8")
    async with desk(tmp_path) as one:
        await opened(one)
        one.main.query_one("#import").focus()
        await one.press("enter")
        await give(one, file)
        await one.until(lambda: isinstance(one.app.screen, Page))
        for words in ("4 errors", "line 2: uid 'A!'", "line 2: type 'king'", "line 3: the comment"):
            assert words in one.text, one.text
        assert len(one.station.badges) == 5


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("size", [(80, 24), (60, 20)])
async def test_nothing_is_cut(tmp_path: Path, lang: str, size: tuple[int, int]) -> None:
    """The longest words, every button whole; also while a row is edited and while badges are read."""
    async with desk(tmp_path, lang=lang, size=size, station=many(9_999)) as one:
        await opened(one)
        await one.press("space", "enter")
        for state in ("editing", "listing"):
            for button in one.main.query(Press):
                if button.display:
                    assert f"[ {button.label} ]" in one.text, (state, button.label, one.text)
            await one.press("escape")
        await one.press("c", "enter", "enter")
        await one.until(lambda: one.station.capture["running"])
        await one.settle()
        for widget in one.app.screen.query("*"):
            assert widget.region.bottom <= size[1] and widget.region.right <= size[0], one.text  # noqa: PT018
