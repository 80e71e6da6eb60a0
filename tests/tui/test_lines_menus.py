"""The line menus: tabs and rights, settings staged, undone and saved, search, help, languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from evlink.settings.facts import Facts, Model
from evlink.settings.registry import SETTINGS
from tests.tui.lines_bench import talk
from tests.tui.station_stub import Station

NAME = "configuration.general.station_name"


async def test_the_tabs_come_in_the_manuals_order(tmp_path: Path) -> None:
    """R-039, R-049."""
    async with talk(tmp_path) as one:
        tabs = "1 Configuration\n2 Energy management\n3 Authentication\n4 Charge history\n5 Maintenance\n6 Extensions\n"
        assert tabs in one.paper.decode()
        assert "1 Status\n2 Report\n3 Control\n4 Password\n5 Update\n" in await one.say("5")


async def test_a_user_sees_no_energy_and_no_network(tmp_path: Path) -> None:
    """R-049, R-052."""
    async with talk(tmp_path, "utilisateur") as one:
        assert "Energy" not in one.paper.decode()
        assert await one.say("1") == "1 General\n2 Date and time\nConfiguration>\n"


async def test_a_setting_is_changed_listed_undone_and_saved(tmp_path: Path) -> None:
    """R-042: nothing reaches the station before it is saved."""
    async with talk(tmp_path) as one:
        assert "1 Charging station name: FG" in await one.say("1.1")
        assert "Allowed: 1 to 30 characters" in await one.say("1")
        assert "Charging station name: NEW. 1 staged; s saves." in await one.say("NEW")
        assert "(staged; was FG" in await one.say("")
        assert "1 Charging station name: FG 16302 07 002 003 -> NEW" in await one.say("c")
        assert "is back at FG" in await one.say("u 1")
        assert await one.say("s") == "Nothing to save.\nGeneral>\n"
        await one.say("1=OTHER")
        assert one.station.values.get(NAME) != "OTHER"
        assert "Save 1 change? (y/n)" in await one.say("s")
        assert "Saved: Charging station name." in await one.say("y")
        assert one.station.values.get(NAME) == "OTHER"
        assert one.session.draft.texts == {}


async def test_a_wrong_value_says_what_is_allowed_and_changes_nothing(tmp_path: Path) -> None:
    """R-055 and the field's range."""
    async with talk(tmp_path) as one:
        assert "Allowed: 1 to 30 characters" in await one.say("1.1", "1=é")
        assert "A number from 1 to 6." in await one.say("99")
        assert "A number from 1 to 2." in await one.say("2", "7")
        assert "Nothing was changed." in await one.say("")
        assert one.session.draft.texts == {}


async def test_a_choice_is_taken_by_number_or_name_and_rows_follow(tmp_path: Path) -> None:
    """R-053: Supervision shows other settings, and its sub-tab."""
    async with talk(tmp_path) as one:
        assert "2 Supervision\nNumber" in await one.say("1.1", "2")
        assert "Other settings are shown now" in await one.say("supervision")
        assert "Nothing was changed" in await one.say("2", "")
        assert "Supervision\n" in await one.say("m", "1")


async def test_what_needs_a_restart_says_so_and_restarts(tmp_path: Path) -> None:
    """R-042, R-046: save and restart is one answer; then the connection comes back to a login."""
    async with talk(tmp_path) as one:
        await one.say("/dhcp_enabled")
        assert "s saves and restarts" in await one.say("2")
        assert "Save 1 change and restart the station? (y/n)" in await one.say("s")
        assert "The station restarts." in await one.say("y")
        assert one.station.restarts == 1


async def test_no_keeps_what_is_staged(tmp_path: Path) -> None:
    async with talk(tmp_path) as one:
        await one.say("1.1", "1=OTHER", "s")
        assert "it stays staged" in await one.say("n")
        assert NAME in one.session.draft.texts


async def test_one_value_an_outlet_has_a_number_each_and_its_bound(tmp_path: Path) -> None:
    """R-145, R-136: the derated current ends at the rated one."""
    async with talk(tmp_path) as one:
        text = await one.say("2.2")
        assert "8 Derated rated charging current, Outlet 1: 32 A (0 to 32)" in text
        assert "9 Derated rated charging current, Outlet 2: 32 A (0 to 32)" in text
        assert "Allowed: 0 to 32 A." in await one.say("9=40")
        assert "Outlet 2: 16 A. 1 staged" in await one.say("9=16")
        assert list(one.session.draft.staged) == ["energy_management.outlets.2.derated_current"]


async def test_the_manuals_warning_stands_beside_a_dangerous_setting(tmp_path: Path) -> None:
    """R-015: in the list and where it is changed."""
    async with talk(tmp_path) as one:
        warning = SETTINGS["energy_management.outlets.derated_current"].warning.en
        text = " ".join((await one.say("2.2")).split())
        assert text.count(f"Warning: {warning}") == 1, "once for both outlets"
        assert warning in " ".join((await one.say("9")).split())


async def test_a_current_below_the_floor_says_that_it_works_as_none(tmp_path: Path) -> None:
    """R-137 to R-139: where it is typed, and in the list."""
    async with talk(tmp_path) as one:
        await one.say("2.2")
        assert "Warning: 7 A works as 0 A" in await one.say("9=7")
        assert "Warning: 7 A works as 0 A" in await one.say("")
        assert "works as 0 A" in await one.say("8"), "the floors are told before one types"


async def test_a_read_only_setting_explains_itself(tmp_path: Path) -> None:
    """R-048: a User reads the clock's tab and changes no name."""
    async with talk(tmp_path, "utilisateur") as one:
        text = await one.say("1.1")
        line = next(line for line in text.splitlines() if "read only" in line)
        assert "It can't be changed here now." in await one.say(line.split()[0])
        assert one.session.draft.texts == {}


async def test_help_on_a_setting_and_on_a_page(tmp_path: Path) -> None:
    """R-044."""
    async with talk(tmp_path) as one:
        page = await one.say("1.1", "?")
        assert "Name and kind of the station" in page
        assert "q leaves" in page
        assert NAME in await one.say("? 1")
        assert NAME in await one.say("1", ":?"), "inside the question too"


async def test_the_search_knows_both_languages_and_goes_there(tmp_path: Path) -> None:
    async with talk(tmp_path) as one:
        assert "Allowed: the name of a time zone" in await one.say("/fuseau horaire")
        answer = await one.say("paris")
        assert "Europe/Paris" in answer
        assert "Time zone: Europe/Paris" in await one.say("Europe/Paris")
        assert "Nothing bears that name." in await one.say("/zzzz")
        assert "Control>" in await one.say("/factory reset") or "Control>" in await one.say("/réinitialiser")
        assert "1 " in await one.say("/current")


async def test_the_language_turns_at_any_question_and_keeps_the_staged(tmp_path: Path) -> None:
    """R-038."""
    async with talk(tmp_path) as one:
        await one.say("1.1", "1=OTHER")
        assert "Paramètres généraux>" in await one.say("l")
        assert "OTHER (en attente ; était FG" in await one.say("")
        assert "New value" in await one.say("1", ":l"), "in the middle of a question"
        assert NAME in one.session.draft.texts


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("account", ["chef", "utilisateur"])
@pytest.mark.parametrize("model", list(Model))
async def test_every_sub_tab_opens_within_79_columns(tmp_path: Path, model: Model, account: str, lang: str) -> None:
    """R-049 on each model: every page, its help, and the help on its first number; nothing wider than 79 columns."""
    outlets = 1 if model is Model.WALLBOX else 2
    station = Station(Facts(model=model, outlet_count=outlets))
    async with talk(tmp_path, account, lang, station=station) as one:
        tabs = [(at, len(one.session.subtabs(tab.id))) for at, tab in enumerate(one.session.tabs(), 1)]
        for at, children in tabs:
            for child in range(1, children + 1):
                where = f"{at}.{child}"
                answers = [await one.say(where), await one.say("?"), await one.say("? 1"), await one.say("b")]
                assert answers[-1] == f"{'Menu'}>\n", (where, answers)
                assert all(answer.strip() for answer in answers)
        lines = one.paper.decode().splitlines()
    assert max(map(len, lines)) <= 79
    assert not any(line != line.rstrip() for line in lines)


async def test_a_conflict_shows_what_is_there_now(tmp_path: Path) -> None:
    """A change made elsewhere meanwhile is shown, not overwritten."""
    async with talk(tmp_path) as one:
        await one.say("1.1", "1=MINE")
        one.station.put({NAME: "THEIRS"})
        await one.say("s")
        answer = await one.say("y")
        assert "was changed elsewhere: THEIRS" in " ".join(answer.split())
        assert one.station.values.get(NAME) == "THEIRS"
        assert "Changed elsewhere meanwhile" in await one.say("c")
        await one.say("s", "y")
        assert one.station.values.get(NAME) == "MINE"


async def test_leaving_asks_about_staged_changes(tmp_path: Path) -> None:
    async with talk(tmp_path) as one:
        await one.say("1.1", "1=OTHER")
        assert "Leave with 1 unsaved change? (y/n)" in await one.say("q")
        assert "General>" in await one.say("n")
        await one.say(":q")
        assert await one.end("y")


async def test_letters_are_values_where_a_text_is_asked_for(tmp_path: Path) -> None:
    """A station may be called Q; `:b` goes back."""
    async with talk(tmp_path) as one:
        assert "Charging station name: Q." in await one.say("1.1", "1", "Q")
        assert "Nothing was changed." in await one.say("1", ":b")


async def test_letters_are_commands_where_they_are_no_value(tmp_path: Path) -> None:
    async with talk(tmp_path) as one:
        assert "Nothing was changed." in await one.say("2.2", "9", "b")


async def test_an_arrow_key_is_no_answer(tmp_path: Path) -> None:
    async with talk(tmp_path) as one:
        assert "control character" in await one.say("\x1b[A")
        assert "1 General" in await one.say("1")


async def test_a_secret_is_asked_twice_and_never_shown(tmp_path: Path) -> None:
    async with talk(tmp_path) as one:
        one.station.put({"charge_history.publication.smtp_authentication": True})
        text = await one.say("/smtp_password")
        assert "never shown" in text
        assert "The two differ" in await one.say("Geheim-1", "Geheim-2")
        assert "a new one" in await one.say("Geheim-1", "Geheim-1")
        rows = (await one.say("")).splitlines()
        number = next(row.split()[0] for row in rows if "a new one" in row)
        assert "must not be seen" in await one.say(f"{number}=x")
        await one.say("s")
        await one.say("y")
        assert b"Geheim" not in one.paper
        assert "Geheim-1" in one.station.values.deviations.values()
