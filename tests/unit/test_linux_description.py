"""The description of a Linux board: what is read, and each thing that is refused in one sentence."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from evlink.hardware._convert import plug_ohm
from evlink.hardware.linux.description import Channel, Description, DescriptionError, Line, load, parse
from tests.unit.linux_tree import EXAMPLE


def document() -> dict[str, Any]:
    """The example, to be spoilt."""
    return tomllib.loads(EXAMPLE.read_text())


def at(path: str, found: dict[str, Any]) -> tuple[Any, str]:
    """The table that holds the key of a dotted path, and the key; numbers count lists from 0."""
    *way, key = path.split(".")
    table: Any = found
    for step in way:
        table = table[int(step)] if step.isdigit() else table[step]
    return table, key


def test_the_example_is_read() -> None:
    """The example of the documentation, key by key."""
    found = load(EXAMPLE)
    assert isinstance(found, Description)
    assert [(adc.device, adc.rate, adc.factor) for adc in found.adcs] == [("station-adc", 100_000, 1)]
    one, two = found.outlets
    assert one.pilot == Channel("in_voltage0", 6.0, -40.0)
    assert (one.pwm.chip, one.pwm.channel, one.pwm.inversed, two.pwm.inversed) == ("pwmchip0", 0, False, True)
    assert [c.channel for c in two.currents] == ["in_voltage6", "in_voltage7", "in_voltage8"]
    assert one.inputs["button_start"] == Line("gpiochip0", 18, True)
    assert two.plug is None


@pytest.mark.parametrize(
    ("millivolts", "ohms"),
    [(0.0, 0), (-30.0, 0), (1650.0, 1000), (3300 * 220 / 1220, 220), (3000.0, -1), (3300.0, -1), (4000.0, -1)],
)
def test_plug_divider(millivolts: float, ohms: int) -> None:
    """U = 3300 mV x R / (1000 ohm + R); from open_ohm on the plug is open (IEC 61851-1 table B.2 gives the codes)."""
    plug = load(EXAMPLE).outlets[0].plug
    assert plug is not None
    assert plug_ohm(millivolts, plug.pullup_mv, plug.pullup_ohm, plug.open_ohm) == ohms


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        ("board.gpio", "mmap", "board.gpio is 'mmap'; allowed: 'chardev' or 'sysfs'."),
        ("board.colour", 1, "board.colour is 1; allowed: no such key; known are name, gpio."),
        ("station", {}, "station is {}; allowed: no such key; known are board, adc, outlet."),
        ("adc", [], "adc is []; allowed: one [[adc]] table an ADC, 1 to 8."),
        ("adc", {"rate": 1}, "adc is {'rate': 1}; allowed: one [[adc]] table an ADC, 1 to 8."),
        ("adc.0", 7, "adc 1 is 7; allowed: a table."),
        ("adc.0.rate", 99_999, "adc 1.rate is 99999; allowed: frames a second, a whole multiple of 100000."),
        ("adc.0.rate", 100_000.0, "adc 1.rate is 100000.0; allowed: frames a second, a whole multiple of 100000."),
        ("adc.0.device", "../../etc", "adc 1.device is '../../etc'; allowed: an IIO device's name"),
        ("adc.0.buffer_frames", True, "adc 1.buffer_frames is True; allowed: a whole number of frames"),
        ("outlet.0.id", 2, "outlet.id is [2, 2]; allowed: 1 upwards, in order."),
        ("outlet.0.adc", "digital", "outlet 1.adc is 'digital'; allowed: one of analog."),
        ("outlet.0.current", [], "outlet 1.current is []; allowed: one or three [[outlet.current]] tables"),
        ("outlet.0.current.1.gain", 0, "outlet 1.current 2.gain is 0; allowed: a number, -1e+09 to 1e+09, not 0."),
        ("outlet.0.current.1.zero", float("nan"), "outlet 1.current 2.zero is nan; allowed: a number"),
        ("outlet.0.pilot.channel", "voltage0", "outlet 1.pilot.channel is 'voltage0'; allowed: a channel such as"),
        ("outlet.0.pilot.pwm_chip", "../pwm", "outlet 1.pilot.pwm_chip is '../pwm'; allowed: a chip such as"),
        ("outlet.1.pilot.pwm", 0, "outlet 2.pilot.pwm is 'pwmchip0/0'; allowed: a pwm of its own; outlet 1.pilot.pwm"),
        ("outlet.0.plug.pullup_mv", "3.3 V", "outlet 1.plug.pullup_mv is '3.3 V'; allowed: a number, 100 to 60000."),
        ("outlet.0.output.contactor.line", -1, "outlet 1.output.contactor.line is -1; allowed: an offset 0 to 1023"),
        ("outlet.0.output.contactor.line", 5, "outlet 1.output.blue is 'gpiochip0/5'; allowed: a line of its own"),
        ("outlet.0.output.contactor.active_low", 1, "active_low is 1; allowed: true or false."),
        ("outlet.0.output.siren", {}, "outlet 1.output.siren is {}; allowed: no such key; known are contactor, lock"),
        ("outlet.0.input.surge", 20, "outlet 1.input.surge is 20; allowed: a table."),
        ("outlet.0.input.in1", {"chip": "c", "line": 1, "bias": "up"}, "input.in1.bias is 'up'; allowed: 'as_is' or"),
    ],
)
def test_wrong_values_are_one_sentence(path: str, value: Any, sentence: str) -> None:
    """A wrong value is named by file, key, value and what is allowed."""
    found = document()
    table, key = at(path, found)
    table[int(key) if key.isdigit() else key] = value
    with pytest.raises(DescriptionError) as refused:
        parse(found, "board.toml")
    assert sentence in str(refused.value)
    assert str(refused.value).startswith("board.toml: ")


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("board", "board is missing; allowed: a table."),
        ("board.name", "board.name is missing; allowed: 1 to 80 printable characters."),
        ("adc.0.device", "adc 1.device is missing;"),
        ("outlet", "outlet is missing; allowed: one [[outlet]] table an outlet, 1 to 8."),
        ("outlet.1.pilot", "outlet 2.pilot is missing; allowed: a table."),
        ("outlet.0.plug.pullup_ohm", "outlet 1.plug.pullup_ohm is missing;"),
        ("outlet.0.output.contactor", "outlet 1.output.contactor is missing; allowed: a line {chip, line}."),
        ("outlet.0.input.contactor_feedback", "outlet 1.input.contactor_feedback is missing;"),
        ("outlet.0.input.lock_feedback", "outlet 1.input.lock_feedback is missing; allowed: lock and lock_feedback"),
        ("outlet.0.output.lock", "outlet 1.output.lock is missing; allowed: lock and lock_feedback together."),
    ],
)
def test_missing_keys_are_one_sentence(path: str, sentence: str) -> None:
    """A key that must stand in the file is named."""
    found = document()
    table, key = at(path, found)
    del table[key]
    with pytest.raises(DescriptionError, match=r"board\.toml: ") as refused:
        parse(found, "board.toml")
    assert sentence in str(refused.value)


def test_sysfs_lines_have_offsets_alone() -> None:
    """The older GPIO class knows neither names of lines nor bias."""
    for spoilt in ({"line": "RELAY"}, {"bias": "pull_up"}):
        found = document()
        found["board"]["gpio"] = "sysfs"
        found["outlet"][0]["input"]["surge"] |= spoilt
        with pytest.raises(
            DescriptionError, match=r"outlet 1: surge is '(RELAY|pull_up)'; allowed: with gpio = 'sysfs'"
        ):
            parse(found)


def test_files_that_are_no_toml(tmp_path: Path) -> None:
    """Text that is no TOML, and bytes that are no text."""
    path = tmp_path / "wiring.toml"
    for data, word in ((b"[board", "no TOML"), (b"\xff\xfe", "not UTF-8 at byte 0")):
        path.write_bytes(data)
        with pytest.raises(DescriptionError, match=word):
            load(path)
