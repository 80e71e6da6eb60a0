"""The form: fields by kind, staging, problems, saving, conflicts (R-042, R-043, R-048, R-055)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from textual.events import Key

from evlink.settings.facts import Facts
from evlink.settings.kinds import Choice, Flag
from evlink.settings.places import Zone
from evlink.settings.registry import SETTINGS
from tests.tui.bench import Desk, desk
from tests.tui.station_stub import Station
from tui.panes.form import FormPane
from tui.panes.row import FormRow, field_id
from tui.widgets.fields import ChoiceField, FlagField, TextField, ZoneField

GENERAL = "configuration.general"


def _field(one: Desk, path: str) -> TextField | ChoiceField | FlagField:
    found = one.main.query_one(f"#{field_id(path)}")
    assert isinstance(found, TextField | ChoiceField | FlagField)
    return found


async def _focus(one: Desk, path: str) -> TextField | ChoiceField | FlagField:
    field = _field(one, path)
    field.focus()
    await one.settle()
    return field


async def _retype(one: Desk, path: str, text: str) -> None:
    await _focus(one, path)
    await one.press("end", "ctrl+u")
    await one.type(text)


TABS = [
    "configuration.general",
    "configuration.date_time",
    "configuration.network",
    "energy_management.advanced",
    "energy_management.outlets",
    "energy_management.meters",
    "charge_history.publication",
    "extension",
]


async def test_every_visible_setting_is_on_its_form(tmp_path: Path) -> None:
    """R-048: a field by its kind where it may be written, its value as text where not, nothing else."""
    async with desk(tmp_path) as one:
        for subtab in TABS:
            await one.open(subtab)
            _look_at(one, subtab)


def _look_at(one: Desk, subtab: str) -> None:
    rows = {row.key: row for row in one.main.query(FormRow)}
    values, draft = one.station.values, one.app.session.draft
    for setting in SETTINGS.values():
        if setting.tab.id != subtab:
            continue
        shown = [
            path for path, row in draft.rows.items() if row.setting is setting and values.shown(setting, row.outlet)
        ]
        assert (setting.key in rows) is bool(shown), setting.key
        for path in shown:
            field = rows[setting.key].fields.get(path)
            assert (field is not None) is draft.editable(draft.rows[path]), path
            wanted = {Choice: ChoiceField, Flag: FlagField, Zone: ZoneField}.get(type(setting.kind), TextField)
            assert field is None or isinstance(field, wanted), path


async def test_a_user_reads_what_it_may_not_write(tmp_path: Path) -> None:
    """R-048, R-051: the station's name is hidden, its type is text."""
    async with desk(tmp_path, account="utilisateur") as one:
        await one.open(GENERAL)
        assert "Charging station name" not in one.text
        assert "Station type" in one.text
        assert not one.main.query(f"#{field_id(f'{GENERAL}.station_type')}")
        assert "Export" not in one.text


async def test_columns_by_outlet(tmp_path: Path) -> None:
    """R-145: Prise 1, Prise 2; what only outlet 2 shows stands in its column."""
    async with desk(tmp_path, lang="fr") as one:
        one.station.put({"energy_management.meters.2.meter_type": "iem3x5x"})
        await one.app.session.reload()
        await one.open("energy_management.meters")
        heads = one.text.splitlines()[6]
        left, right = heads.index("Prise 1"), heads.index("Prise 2")
        line = next(row for row in one.text.splitlines() if "RTU Address" in row)
        assert line[left:right].strip() == ""
        assert line[right:].startswith("2")


async def test_hidden_rows_come_with_the_choice(tmp_path: Path) -> None:
    """R-198, R-201: fields follow the staged choice, before anything is saved."""
    async with desk(tmp_path) as one:
        await one.open("charge_history.publication")
        assert "SMTP server" in one.text
        await _focus(one, "charge_history.publication.protocol")
        await one.press("right")
        assert "FTP server" in one.text
        assert "SMTP server" not in one.text
        assert one.main.focused is not None
        assert one.main.focused.id == field_id("charge_history.publication.protocol")
        await _focus(one, "charge_history.publication.ftp_authentication")
        await one.press("space")
        assert "User name" in one.text
        assert isinstance(_field(one, "charge_history.publication.ftp_username"), TextField)


async def test_staged_changes_are_marked_counted_and_undone(tmp_path: Path) -> None:
    """R-042."""
    async with desk(tmp_path) as one:
        await one.open("energy_management.outlets")
        await _retype(one, "energy_management.outlets.1.derated_current", "20")
        line = next(row for row in one.text.splitlines() if "Derated" in row)
        assert line.startswith("*")
        assert "1 change staged: F2 Save" in one.text
        await one.press("ctrl+z")
        assert "staged" not in one.text
        assert _field(one, "energy_management.outlets.1.derated_current").text == "32"


async def test_the_banner_says_restart_where_one_is_needed(tmp_path: Path) -> None:
    """R-042, R-043, in both languages."""
    async with desk(tmp_path, lang="fr") as one:
        await one.open("configuration.network")
        await _focus(one, "configuration.network.dhcp_enabled")
        await one.press("space")
        assert "1 modification en attente : F2 Enregistrer et redémarrer" in one.text
        await one.press("f2")
        assert "redémarrer la borne ?" in one.text
        await one.press("escape")
        assert one.station.restarts == 0
        await one.press("f2", "right", "enter")
        await one.until(lambda: one.station.restarts == 1)
        assert one.station.values.get("configuration.network.dhcp_enabled") is False


async def test_save_tells_what_was_changed(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await one.open("energy_management.outlets")
        await _retype(one, "energy_management.outlets.2.derated_current", "16")
        await one.press("ctrl+s")
        await one.until(lambda: "Saved: Derated rated charging current, Outlet 2." in one.text)
        assert one.station.values.get("energy_management.outlets.derated_current", 2) == 16
        assert one.station.values.get("energy_management.outlets.derated_current", 1) == 32
        assert one.app.session.draft.texts == {}


@pytest.mark.parametrize(("lang", "sentence"), [("en", "0 to 32 A"), ("fr", "de 0 à 32 A")])
async def test_a_wrong_value_changes_nothing(tmp_path: Path, lang: str, sentence: str) -> None:
    """R-136: the problem stands at its field, with what is allowed; nothing is sent."""
    async with desk(tmp_path, lang=lang) as one:
        await one.open("energy_management.outlets")
        for text in ("99", "x", ""):
            await _retype(one, "energy_management.outlets.1.derated_current", text)
            await one.press("f2")
            line = next(row for row in one.text.splitlines() if row.startswith("!"))
            assert "(A)" in line or "Derated" in line or "Courant" in line
            assert sentence in one.text
        assert "settings.apply" not in one.station.calls
        assert one.station.version == 1


async def test_a_bound_follows_the_staged_value(tmp_path: Path) -> None:
    """R-153: the set point goes up to the derated current, as it is staged."""
    async with desk(tmp_path) as one:
        await one.open("energy_management.outlets")
        await _retype(one, "energy_management.outlets.1.derated_current", "10")
        await _retype(one, "energy_management.outlets.1.load_shedding_setpoint", "12")
        assert "0 to 10 A" in one.text


async def test_what_is_staged_stays_when_the_tab_is_left(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await one.open("energy_management.outlets")
        await _retype(one, "energy_management.outlets.1.derated_current", "20")
        await one.open("maintenance.status")
        assert "1 change staged: F2 Save (also on Outlets)" in one.text
        await one.open("energy_management.outlets")
        assert _field(one, "energy_management.outlets.1.derated_current").text == "20"
        await one.press("f2")
        await one.until(lambda: one.station.version == 2)


async def test_a_change_elsewhere_is_told_before_it_is_overwritten(tmp_path: Path) -> None:
    """docs/protocol.md, error 3."""
    async with desk(tmp_path) as one:
        await one.open("energy_management.outlets")
        await _retype(one, "energy_management.outlets.1.derated_current", "20")
        one.station.put({"energy_management.outlets.1.derated_current": 10})
        await one.press("f2")
        await one.until(lambda: "was changed elsewhere: 10 A" in one.text)
        assert one.station.values.get("energy_management.outlets.derated_current", 1) == 10
        await one.press("f2")
        await one.until(lambda: "changed elsewhere meanwhile" in one.text)
        await one.press("f2")
        await one.until(lambda: "Saved" in one.text)
        assert one.station.values.get("energy_management.outlets.derated_current", 1) == 20


async def test_f5_shows_what_changed_elsewhere(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await one.open("energy_management.outlets")
        one.station.put({"energy_management.outlets.1.derated_current": 10})
        await one.press("f5")
        await one.until(lambda: _field(one, "energy_management.outlets.1.derated_current").text == "10")


async def test_a_secret_is_never_shown(tmp_path: Path) -> None:
    """A stored password shows as set; a new one as dots."""
    async with desk(tmp_path) as one:
        one.station.put(
            {"charge_history.publication.smtp_authentication": True, "charge_history.publication.smtp_password": "abc"}
        )
        await one.app.session.reload()
        await one.open("charge_history.publication")
        line = next(row for row in one.text.splitlines() if " Password" in row)
        assert line.endswith("set")
        await _focus(one, "charge_history.publication.smtp_password")
        await one.type("geheim")
        assert "geheim" not in one.text
        await one.press("f2")
        await one.until(lambda: one.station.version == 3)
        assert one.station.values.get("charge_history.publication.smtp_password") == "geheim"


async def test_a_key_that_comes_before_the_form_is_whole_is_no_crash(tmp_path: Path) -> None:
    """A key typed ahead moves the focus while the form is drawn; the help on a field waits for its line."""
    async with desk(tmp_path) as one:
        holder, pane = one.main.query_one("#pane"), FormPane("energy_management.outlets")
        await holder.remove_children()
        mounting = holder.mount(pane)
        pane.on_descendant_focus()
        await mounting
        await one.settle()
        assert "Derated" in one.text


async def test_a_list_begins_at_the_present_choice_for_keys_typed_ahead(tmp_path: Path) -> None:
    """Enter, down and Enter in one packet take the choice after the present one; a resize moves no cursor."""
    async with desk(tmp_path) as one:
        await one.open("energy_management.meters")
        field = await _focus(one, "energy_management.meters.1.meter_type")
        assert isinstance(field, ChoiceField)
        names = [name for name, _ in field.options]
        after = names[names.index(field.text) + 1]
        for key in ("enter", "down"):
            one.app.post_message(Key(key, None))
        await one.until(lambda: one.app.screen is not one.app.main)
        await one.pilot.resize_terminal(100, 30)
        await one.press("enter")
        await one.until(lambda: _field(one, "energy_management.meters.1.meter_type").text == after)


async def test_a_choice_is_taken_from_its_list(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await one.open("energy_management.meters")
        await _focus(one, "energy_management.meters.1.meter_type")
        await one.press("enter")
        assert "iEM" in one.text
        await one.press("home", "enter")
        await one.settle()
        assert _field(one, "energy_management.meters.1.meter_type").text == "iem3x5x"


async def test_up_and_down_stay_in_the_column(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await one.open("energy_management.outlets")
        await _focus(one, "energy_management.outlets.2.derated_current")
        await one.press("down")
        assert one.main.focused is not None
        assert one.main.focused.id == field_id("energy_management.outlets.2.in1_function")
        await one.press("up")
        assert one.main.focused.id == field_id("energy_management.outlets.2.derated_current")


async def test_warnings_and_do_not_modify_stand_beside_the_field(tmp_path: Path) -> None:
    """R-125, R-143."""
    async with desk(tmp_path) as one:
        one.station.put({"configuration.general.station_type": "supervision"})
        await one.app.session.reload()
        await one.open("configuration.supervision")
        line = next(row for row in one.text.splitlines() if "local port" in row)
        assert "do not modify" in line
        await one.open("energy_management.outlets")
        await _focus(one, "energy_management.outlets.1.derated_current")
        assert SETTINGS["energy_management.outlets.derated_current"].warning.en.split(".")[0] in " ".join(
            one.text.split()
        )


def _below(one: Desk, label: str) -> str:
    """The lines under the row of a label, up to the next row, as one text."""
    rows = one.text.splitlines()
    at = next(at for at, row in enumerate(rows) if label in row)
    taken: list[str] = []
    for row in rows[at + 1 :]:
        if not row.startswith("    "):
            break
        taken.append(row.strip())
    return " ".join(taken)


@pytest.mark.parametrize(
    ("lang", "text", "sentence"),
    [
        ("en", "99", "Outlet 1: “99” is not allowed; allowed: 0 to 32 A"),
        ("fr", "99", "Prise 1 : « 99 » n'est pas permis ; permis : de 0 à 32 A"),
        ("en", "", "Outlet 1: It can't be empty; allowed: 0 to 32 A"),
    ],
)
async def test_what_is_wrong_stands_below_the_field(tmp_path: Path, lang: str, text: str, sentence: str) -> None:
    """Issue, bad input: at the field, in the session's language, naming what is allowed."""
    async with desk(tmp_path, lang=lang) as one:
        await one.open("energy_management.outlets")
        await _retype(one, "energy_management.outlets.1.derated_current", text)
        assert sentence in _below(one, "Derated" if lang == "en" else "déclassé")
        assert _field(one, "energy_management.outlets.1.derated_current").has_class("-bad")
        assert not _field(one, "energy_management.outlets.2.derated_current").has_class("-bad")
        await one.press("ctrl+z")
        assert sentence not in one.text
        assert not _field(one, "energy_management.outlets.1.derated_current").has_class("-bad")


FLOORS = {
    3: {
        "32": "Below 8 A it works as 0 A, for a three-phase charge below 14 A.",
        "7": "Outlet 1: 7 A works as 0 A: the least that works is 8 A, with three phases 14 A.",
        "13": "Outlet 1: 13 A works as 0 A for a three-phase charge, whose least is 14 A.",
        "14": "Below 8 A it works as 0 A, for a three-phase charge below 14 A.",
        "0": "Below 8 A it works as 0 A",
    },
    1: {"13": "Below 8 A it works as 0 A."},
}


@pytest.mark.parametrize("phases", [3, 1])
async def test_floors_are_explained_at_the_current(tmp_path: Path, phases: int) -> None:
    """R-137, R-139: 0 to 7 A, and 0 to 13 A with three phases, work as 0 A."""
    async with desk(tmp_path, station=Station(facts=Facts(phases=phases)), size=(80, 40)) as one:
        await one.open("energy_management.outlets")
        for amps, sentence in FLOORS[phases].items():
            await _retype(one, "energy_management.outlets.1.derated_current", amps)
            assert sentence in _below(one, "Derated"), amps


async def test_no_floor_where_none_holds(tmp_path: Path) -> None:
    """R-138: on Parking only while load balancing is enabled, as it is staged."""
    async with desk(tmp_path) as one:
        one.app.session.draft.stage("energy_management.advanced.load_balancing", "disabled")
        await one.open("energy_management.outlets")
        assert "works as 0 A." not in one.text.replace("Small values work as 0 A.", "")


async def test_the_range_of_each_outlet_ends_at_its_bound(tmp_path: Path) -> None:
    """R-136, R-153."""
    async with desk(tmp_path, size=(80, 40)) as one:
        one.station.put({"energy_management.outlets.2.derated_current": 20})
        await one.app.session.reload()
        await one.open("energy_management.outlets")
        line = next(row for row in one.text.splitlines() if "set point" in row)
        assert "0 to 32 A" in line
        assert "0 to 20 A" in line


async def test_a_staged_change_shows_what_it_was(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await one.open("energy_management.outlets")
        await _retype(one, "energy_management.outlets.station_max_current", "40")
        line = next(row for row in one.text.splitlines() if "Station maximum" in row)
        assert line.startswith("*")
        assert "was 64 A" in line


DANGERS = [setting for setting in SETTINGS.values() if setting.warning]


def test_the_manual_s_warnings_are_declared_in_both_languages() -> None:
    """R-064, R-068, R-099, R-101, R-104, R-126, R-128, R-142, R-143, R-238."""
    assert {setting.name for setting in DANGERS} == {
        "station_location", "allow_cable_left", "ip_address", "supervision_url", "clock_aligned_interval",
        "derated_current", "protocol", "enabled", "head_meter",
    }  # fmt: skip
    assert all(setting.warning.fr and setting.warning.fr != setting.warning.en for setting in DANGERS)


async def test_warnings_stand_below_what_may_be_changed(tmp_path: Path) -> None:
    """R-143: for whoever may change it, without asking for it."""
    async with desk(tmp_path) as one:
        await one.open(GENERAL)
        assert "A cable that is not locked may be stolen." in _below(one, "Allow the cable")
    async with desk(tmp_path, account="utilisateur") as one:
        await one.open(GENERAL)
        assert "Charging station location" in one.text
        assert "Indoors, choose Outdoor only" not in one.text  # read-only for User


async def test_the_pane_follows_the_width(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await one.open("energy_management.outlets")
        await one.pilot.resize_terminal(120, 30)
        await one.until(lambda: [row.geometry.width for row in one.main.query(FormRow)][:1] == [119])
        assert "Location on the station" in one.text
        assert isinstance(one.main.pane, FormPane)


async def test_a_choice_that_brings_rows_stays_in_view(tmp_path: Path) -> None:
    """R-170: the registers of a generic meter come below it, and the list stays where it was."""
    async with desk(tmp_path) as one:
        await one.open("energy_management.meters")
        await _focus(one, "energy_management.meters.1.meter_type")
        await one.press("enter", "down", "enter")
        await one.until(lambda: "register" in one.text)
        assert "Generic meter" in one.text
        assert "Measured phase-neutral voltage" in one.text


async def test_a_wrong_value_bounds_nothing(tmp_path: Path) -> None:
    """R-153: what is no value leaves the ranges that it would bound as the station has them."""
    async with desk(tmp_path, size=(80, 40)) as one:
        await one.open("energy_management.outlets")
        await _retype(one, "energy_management.outlets.1.derated_current", "99")
        line = next(row for row in one.text.splitlines() if "set point" in row)
        assert "0 to 32 A" in line
        assert "99" not in line


async def test_a_url_that_nobody_overhears_has_no_warning(tmp_path: Path) -> None:
    """Design, addresses: ws and http work and show a warning; wss and https, and none at all, don't."""
    async with desk(tmp_path, size=(120, 40)) as one:
        one.station.put({"configuration.general.station_type": "supervision"})
        await one.app.session.reload()
        await one.open("configuration.supervision")
        assert "can be overheard" not in one.text
        for url, warned in (("ws://a.example/x", True), ("wss://a.example/x", False), ("http://a.example/x", True)):
            one.app.session.draft.stage("configuration.supervision.supervision_url", url)
            one.app.refill()
            await one.settle()
            assert ("can be overheard" in one.text) is warned, url


async def test_what_an_order_came_to_goes_once_somebody_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sentence about what is over stands until it can have been read; a key after that takes it back."""
    monkeypatch.setattr("tui.screens.main.READ_S", 0.3)
    async with desk(tmp_path) as one:
        await one.open("energy_management.outlets")
        await _retype(one, "energy_management.outlets.2.derated_current", "16")
        await one.press("f2")
        await one.until(lambda: "Saved" in one.banner)
        await asyncio.sleep(0.4)
        assert "Saved" in one.banner
        await one.press("down")
        assert one.banner == ""
