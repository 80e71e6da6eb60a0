"""Settings as a .cfg: the sample comes in without loss and goes out the same (R-056 to R-058, N-59 to N-65)."""

from __future__ import annotations

import configparser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evlink.formats import cfg
from evlink.formats.cfg_layout import GROUPS, PASSWORDS
from evlink.formats.cfg_text import entries, faults
from evlink.formats.errors import FormatError
from evlink.settings.check import Checked, Problem
from evlink.settings.facts import Facts, Model
from evlink.settings.model import Code, Store
from evlink.settings.registry import SETTINGS
from evlink.settings.values import Values
from tests.unit.settings_bench import valid

SAMPLE = (Path(__file__).parents[1] / "data/cfg-defaults.cfg").read_text(encoding="utf-8")
VALUES = Values(Facts())
OUTLETS, METERS = "energy_management.outlets", "energy_management.meters"


def planned(text: str, values: Values = VALUES) -> Checked:
    outcome = cfg.plan(text, values)
    assert isinstance(outcome, Checked), [problem.sentence() for problem in outcome]
    return outcome


def refused(text: str, values: Values = VALUES) -> str:
    """The one sentence of a refusal."""
    outcome = cfg.plan(text, values)
    assert isinstance(outcome, list), outcome.changes
    assert len(outcome) == 1
    assert outcome[0].sentence("fr") != outcome[0].sentence("en")
    return outcome[0].sentence()


def without_passwords(text: str) -> list[str]:
    """The lines of a .cfg, those of the ten passwords dropped."""
    lines, section = [], ""
    for line in text.splitlines():
        if line.startswith("["):
            section = line[1:-1]
        if (section, line.partition("=")[0]) not in PASSWORDS:
            lines.append(line)
    return lines


def read(text: str) -> dict[str, dict[str, str]]:
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.optionxform = str  # type: ignore[assignment, method-assign]  # keys keep their case
    parser.read_string(text)
    return {name: dict(parser[name]) for name in parser.sections()}


def test_190_keys_in_24_sections_are_all_mapped() -> None:
    listed = [(section, key) for _, sections in GROUPS for section, keys in sections for key in keys]
    assert len(listed) == 190
    assert sum(len(sections) for _, sections in GROUPS) == 24
    assert len(PASSWORDS) == 10
    assert set(listed) >= PASSWORDS
    backed = {(s.cfg.section, s.cfg.key) for s in SETTINGS.values() if s.cfg is not None}
    assert set(listed) <= backed | PASSWORDS
    assert backed - set(listed) == {("ENERGY", "StationMeterGatewayAddress")}  # N-60
    assert {(s.cfg.section, s.cfg.key) for s in SETTINGS.values() if s.cfg and s.cfg.code is Code.NEVER} <= PASSWORDS
    screen = {(s.cfg.section, s.cfg.key) for s in SETTINGS.values() if s.cfg and not s.key.startswith("internal.")}
    assert len(screen & set(listed)) == 65


def test_the_sample_comes_in_and_goes_out_line_for_line() -> None:
    """A second import of the export changes nothing; the ten passwords are left out with a notice."""
    first = planned(SAMPLE)
    text = cfg.write(first.values)
    assert text.splitlines() == without_passwords(SAMPLE)
    for section, key in PASSWORDS:
        assert key not in read(text)[section]
        assert any(f"[{section}] {key}" in notice.en for notice in first.notices)
    again = planned(text, first.values)
    assert again.changes == {}
    assert again.notices == ()
    assert planned(SAMPLE, first.values).changes == {}


def test_the_sample_says_what_its_station_is_set_to() -> None:
    values = planned(SAMPLE).values
    assert values.get("charge_history.publication.smtp_port") == 587  # N-31
    assert values.get("charge_history.publication.smtp_authentication") is True
    assert values.get("configuration.network.dhcp_enabled") is False
    assert values.get("configuration.supervision.supervision_url") == "http://"  # empty = not set
    assert values.get("internal.current_measurement.low_overcurrent_delay") == 1010
    assert values.get("internal.functional.auto_test_enable") == "0x7FFFFFFF"
    assert values.get("internal.smtp.receiver") == '"charge-reports@example.org"'


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("maxIntensitySocket=32", "maxIntensitySocket=99", ["line 39", "maxIntensitySocket", "99", "0 to 32 A"]),
        ("maxIntensitySocket=32", "maxIntensitySocket=many", ["maxIntensitySocket", "'many'", "0 to 32 A"]),
        ("localisation=false", "localisation=inside", ["localisation", "'inside'", "indoor", "outdoor"]),
        ("ssdp=1", "ssdp=2", ["ssdp", "'2'", "0 or 1"]),
        ("GlobalLogReportPeriod=0", "GlobalLogReportPeriod=7", ["GlobalLogReportPeriod", "'7'", "3 (monthly)"]),
        ("diStatusEnable=0x0268", "diStatusEnable=616", ["diStatusEnable", "'616'", "0x"]),
        ("ocppVersion=1.5", "ocppVersion=2.0", ["ocppVersion", "'2.0'"]),
        ("ocppCentralAddress=", "ocppCentralAddress=csms", ["ocppCentralAddress", "'csms'", "wss://"]),
        ("operatingMode=2", "operatingMod=2", ["line 3", "operatingMod", "no setting"]),
        ("[HISTORY]", "[HISTOIRE]", ["HISTOIRE", "no setting"]),
        ("rfidStatusTimeout=10", "rfidStatusTimeout=1000", ["rfidStatusTimeout", "0 to 999 s"]),
        ("[HISTORY]", "[HISTORY 2]", ["no value per outlet"]),
    ],
)
def test_one_wrong_line_changes_nothing_and_is_named(old: str, new: str, words: list[str]) -> None:
    assert old in SAMPLE
    sentence = refused(SAMPLE.replace(f"\n{old}\n", f"\n{new}\n", 1))
    for word in words:
        assert word in sentence


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "no setting"),
        ("# only a comment\n\n", "no setting"),
        ("dhcp=1\n", "line 1"),
        ("[FUNCTIONAL]\ndhcp\n", "line 2"),
        ("[FUNCTIONAL\ndhcp=1\n", "line 1"),
        ("[FUNCTIONAL]\ndhcp=1\ndhcp=0\n", "line 3"),
        ("[FUNCTIONAL]\n[FUNCTIONAL]\ndhcp=0\n", "line 2"),
        ("[FUNCTIONAL 3]\ndhcp=1\n", "line 1"),
        ("{\x1b[2J}", "line 1"),
    ],
)
def test_lines_that_are_none_give_one_sentence(text: str, word: str) -> None:
    with pytest.raises(FormatError) as fault:
        cfg.plan(text, VALUES)
    for lang in ("en", "fr"):
        assert fault.value.sentence(lang).isprintable()
    assert word in str(fault.value)


@pytest.mark.parametrize(
    "line",
    [
        "rfidStatusTimeout=25",
        "rfidStatusTimeout = 25",
        "rfidStatusTimeout-25",
        "rfidStatusTimeout-   25  ",
        "\trfidStatusTimeout =25\r",
    ],
)
def test_both_separators_are_read_with_or_without_padding(line: str) -> None:
    """N-59; written is = alone."""
    outcome = planned(f"\ufeff; remark\r\n[AUTHENTICATION]\r\n{line}\n")
    assert dict(outcome.changes) == {"configuration.general.authentication_timeout": 25}
    assert "\nrfidStatusTimeout=25\n" in cfg.write(outcome.values)


def test_the_shorter_mail_keys_are_read() -> None:
    """N-61."""
    outcome = planned("[REPORT CHARGE LOGS]\nSmtpPort=465\nSmtpLogsReceiver=a@example.org\n")
    assert dict(outcome.changes) == {
        "charge_history.publication.smtp_port": 465,
        "charge_history.publication.smtp_recipients": "a@example.org",
    }
    assert "twice" in refused("[REPORT CHARGE LOGS]\nSmtpPort=465\nSmtplPort=465\n")


def test_keys_that_are_left_out_stay_as_they_are() -> None:
    values = VALUES.with_changes({"configuration.general.authentication_timeout": 25})
    assert planned("[TIME]\ntimezone=UTC\n", values).changes == {}


def test_deviating_values_of_outlet_2_stand_in_a_section_of_their_own() -> None:
    """N-65."""
    values = VALUES.with_changes(
        {
            f"{OUTLETS}.1.derated_current": 25,
            f"{OUTLETS}.2.derated_current": 16,
            f"{OUTLETS}.2.in1_function": "load_shedding",
            f"{METERS}.2.gateway_address": 140,
            "internal.current_measurement.2.current_adjustment_slope": 730,
        }
    )
    text = cfg.write(values)
    found = read(text)
    assert found["ENERGY"]["maxIntensitySocket"] == "25"
    assert found["ENERGY 2"] == {"maxIntensitySocket": "16", "StationMeterGatewayAddress": "140"}
    assert found["FUNCTIONAL 2"] == {"isolatedInput1": "2"}
    assert found["CURRENT MEASUREMENT 2"] == {"currentAdjustmentSlope": "730"}
    onto_new = planned(text)
    assert dict(onto_new.values.deviations) == dict(values.deviations)
    assert planned(text, values).changes == {}
    one = Values(Facts(outlet_count=1))
    problems = cfg.plan(text, one)
    assert isinstance(problems, list)
    assert "outlet 2" in problems[0].sentence()


def test_a_plain_key_serves_both_outlets() -> None:
    values = VALUES.with_changes({f"{OUTLETS}.2.derated_current": 16})
    outcome = planned("[ENERGY]\nmaxIntensitySocket=20\n", values)
    assert [outcome.values.get(f"{OUTLETS}.derated_current", n) for n in (1, 2)] == [20, 20]


def test_the_gateway_address_is_written_only_where_it_differs() -> None:
    """N-60."""
    values = VALUES.with_changes({f"{METERS}.gateway_address": 131})
    text = cfg.write(values)
    lines = text.splitlines()
    assert lines[lines.index("StationMeterRTUAddress=2") + 1] == "StationMeterGatewayAddress=131"
    assert "StationMeterGatewayAddress" not in cfg.write(VALUES)
    assert planned(cfg.write(VALUES), values).values.get(f"{METERS}.gateway_address", 2) == 130


@pytest.mark.parametrize(("station_type", "name"), [("0", "authentication_by"), ("2", "authentication_by_ocpp")])
def test_the_authentication_manager_belongs_to_the_station_type_of_the_file(station_type: str, name: str) -> None:
    text = f"[AUTHENTICATION]\nauthenticationManager=1\nsupervisionSystem={station_type}\n"
    outcome = planned(text)
    assert outcome.changes[f"configuration.general.{name}"] == "disabled"
    others = {"authentication_by", "authentication_by_ocpp"} - {name}
    assert not {f"configuration.general.{other}" for other in others} & set(outcome.changes)
    assert "\nauthenticationManager=1\n" in cfg.write(outcome.values)


def test_without_a_type_in_the_file_the_stations_own_counts() -> None:
    supervised = VALUES.with_changes({"configuration.general.station_type": "supervision"})
    outcome = planned("[AUTHENTICATION]\nauthenticationManager=0\n", supervised)
    assert dict(outcome.changes) == {"configuration.general.authentication_by_ocpp": "station"}
    assert "remote" not in refused("[AUTHENTICATION]\nauthenticationManager=3\n", supervised)


@pytest.mark.parametrize(
    ("model", "name"), [(Model.PARKING, "load_shedding_setpoint"), (Model.WALLBOX, "current_limit_value")]
)
def test_the_set_point_belongs_to_what_the_model_shows(model: Model, name: str) -> None:
    values = Values(Facts(model=model, outlet_count=1))
    outcome = planned("[FUNCTIONAL]\nloadSheddingSetPoint=10\n", values)
    assert dict(outcome.changes) == {f"{OUTLETS}.1.{name}": 10}
    assert "\nloadSheddingSetPoint=10\n" in cfg.write(outcome.values)


def test_hidden_values_stay_stored() -> None:
    outcome = planned("[FUNCTIONAL]\nallowPluggedCable=true\n", Values(Facts(model=Model.CITY)))
    assert outcome.values.get("configuration.general.allow_cable_left") is True
    assert outcome.values.effective("configuration.general.allow_cable_left") is False
    assert any("parking" in notice.en for notice in outcome.notices)


def test_read_only_keys_that_differ_are_a_warning() -> None:
    outcome = planned("[ENERGY]\ncurrentPH1=16\nnbPhase=1\n")
    assert outcome.changes == {}
    assert [word for notice in outcome.notices for word in ("currentPH1", "nbPhase") if word in notice.en] == [
        "currentPH1",
        "nbPhase",
    ]
    assert planned("[ENERGY]\ncurrentPH1=32\nnbPhase=3\n").notices == ()


@pytest.mark.parametrize("unset", ["", "UNDEFINED"])
def test_empty_and_undefined_mean_not_set(unset: str) -> None:
    values = VALUES.with_changes(
        {
            "configuration.supervision.box_identity": "CP 1",
            "configuration.supervision.supervision_url": "wss://csms.example.org",
            "configuration.supervision.public_ip_address": "192.0.2.1",
            "charge_history.publication.ftp_port": 2121,
            "internal.proxy.proxy_host": "proxy",
        }
    )
    text = (
        f"[OCPP]\nboxIdentity={unset}\nocppCentralAddress={unset}\nocppBoxPublicIp={unset}\n"
        f"[REPORT FTP]\nFtpPort={unset}\n[PROXY]\nproxyHost={unset}\n"
    )
    outcome = planned(text, values)
    assert dict(outcome.values.deviations) == {}
    written = read(cfg.write(outcome.values))
    assert written["OCPP"]["boxIdentity"] == written["PROXY"]["proxyHost"] == "UNDEFINED"
    assert written["OCPP"]["ocppCentralAddress"] == written["OCPP"]["ocppBoxPublicIp"] == ""


def test_an_imported_password_is_ignored_and_the_present_one_stays() -> None:
    key = "charge_history.publication.ftp_password"
    values = VALUES.with_changes({key: "geheim"})
    outcome = planned("[REPORT FTP]\nFtpPassword=00ff\n", values)
    assert outcome.changes == {}
    assert outcome.values.get(key) == "geheim"
    assert "geheim" not in cfg.write(outcome.values)
    assert any("FtpPassword" in notice.en for notice in outcome.notices)


def test_addresses_clock_badges_and_accounts_are_not_in_it() -> None:
    """R-057, R-058, N-64."""
    values = VALUES.with_changes({"configuration.network.ip_address": "10.9.8.7"})
    assert "10.9.8.7" not in cfg.write(values)
    inside = {s.key for s in SETTINGS.values() if s.cfg is not None}
    assert {key for key in inside if key.startswith(("configuration.network", "configuration.wifi"))} == {
        "configuration.network.dhcp_enabled",
        "configuration.network.outlet2_ip_enabled",
    }
    assert not any(SETTINGS[key].store is Store.ACTION for key in inside)


_LINES = st.lists(
    st.sampled_from(without_passwords(SAMPLE))
    | st.text(max_size=20)
    | st.from_regex(r"[A-Za-z]{1,9}[=-].{0,9}", fullmatch=True),
    max_size=12,
)


@settings(deadline=None)
@given(st.text() | _LINES.map("\n".join) | _LINES.map(lambda lines: "[FUNCTIONAL]\n" + "\n".join(lines)))
def test_no_text_breaks_the_reader(text: str) -> None:
    outcome = outcome_of(text)
    if isinstance(outcome, FormatError):
        assert str(outcome).isprintable()
    elif isinstance(outcome, list):
        assert all(problem.sentence().isprintable() for problem in outcome)
    else:
        assert planned(cfg.write(outcome.values), outcome.values).changes == {}


def outcome_of(text: str) -> Checked | list[Problem] | FormatError:
    try:
        return cfg.plan(text, VALUES)
    except FormatError as fault:
        return fault


@settings(deadline=None)
@given(st.data())
def test_any_export_comes_in_again_without_change(data: st.DataObject) -> None:
    """Every key but passwords and facts survives export and import, at any value of its own kind."""
    tied = ("charge_history.publication.frequency", "configuration.supervision.ocpp_version")  # they need others
    listed = [s for s in SETTINGS.values() if s.cfg and s.exportable and not s.bound_by and s.key not in tied]
    listed = [s for s in listed if Model.PARKING in s.models]
    picked = data.draw(st.lists(st.sampled_from(listed), max_size=8, unique_by=lambda s: s.key))
    values = VALUES.with_changes({s.path(data.draw(st.sampled_from((1, 2)))): data.draw(valid(s)) for s in picked})
    text = cfg.write(values)
    assert planned(text, values).changes == {}
    fresh = planned(text).values
    manager = {"configuration.general.authentication_by", "configuration.general.authentication_by_ocpp"}
    assert {p: v for p, v in fresh.deviations.items() if p not in manager} == {
        p: v for p, v in values.deviations.items() if p not in manager
    }


def test_all_broken_lines_are_told_and_the_first_is_the_error() -> None:
    """Issue, bad input: an import with errors lists all of them."""
    text = "x=1\n[ENERGY]\nno entry\nmaxIntensitySocket=16\nmaxIntensitySocket=16\n[ENERGY]\nfoo\n[bad\n"
    assert [fault.line for fault in faults(text)] == [1, 3, 5, 6, 8]
    with pytest.raises(FormatError, match=r"^line 1: 'x=1' stands before any section$"):
        list(entries(text))
    assert faults("[ENERGY]\nmaxIntensitySocket=16\n") == []
