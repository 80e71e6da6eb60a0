"""Lines by libgpiod, the older sysfs class, and the pilot's PWM, each against what the kernel shows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gpiod
import pytest
from gpiod.line import Bias, Direction, Value

from evlink.hardware.linux.actuators import Actuators
from evlink.hardware.linux.description import Line, Pwm
from evlink.hardware.linux.gpio import CharLines, SysfsLines
from evlink.hardware.linux.pwm import PilotPwm
from evlink.hardware.linux.sysfs import HardwareError
from tests.unit.linux_tree import Tree, get, put


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Tree]:
    """A machine."""
    made = Tree(tmp_path)
    yield made
    made.close()


class Request:
    """What libgpiod gives for requested lines: levels by line, the sense of each known."""

    def __init__(self, config: dict[Any, gpiod.LineSettings]) -> None:
        self.config = config
        self.values = {line: settings.output_value for line, settings in config.items()}
        self.lines = list(config)
        self.offsets = [line if isinstance(line, int) else 40 for line in config]  # the lamp's
        self.fd = 70 + len(config)
        self.released = False

    def set_value(self, line: int | str, value: Value) -> None:
        """As libgpiod: an input cannot be driven."""
        if self.config[line].direction != Direction.OUTPUT:
            raise PermissionError(1, "Operation not permitted")
        self.values[line] = value

    def release(self) -> None:
        """As libgpiod."""
        self.released = True


@pytest.fixture
def chips(monkeypatch: pytest.MonkeyPatch) -> dict[str, Request]:
    """The requests by chip path, where `gpiod.request_lines` has no chip of a kernel to ask."""
    made: dict[str, Request] = {}

    def request_lines(path: str, config: dict[Any, gpiod.LineSettings], consumer: str) -> Request:
        assert consumer == "evlink"
        if path.endswith("gpiochip9"):
            raise OSError(16, "Device or resource busy")
        made[path] = Request(config)
        return made[path]

    monkeypatch.setattr(gpiod, "request_lines", request_lines)
    return made


CONTACTOR = Line("gpiochip0", 3, active_low=True)
LAMP = Line("gpiochip1", "LAMP")
DOOR = Line("gpiochip1", 7, bias="pull_up")
BUTTON = Line("gpiochip0", 8)


def test_lines_are_requested_a_chip_at_once(chips: dict[str, Request], tmp_path: Path) -> None:
    """One request a chip: outputs inactive in their sense from the first moment, inputs with their bias."""
    lines = CharLines(tmp_path, [CONTACTOR, LAMP], [DOOR, BUTTON])
    one, two = chips[f"{tmp_path}/dev/gpiochip0"], chips[f"{tmp_path}/dev/gpiochip1"]
    contactor, lamp, door = one.config[3], two.config["LAMP"], two.config[7]
    assert (contactor.direction, contactor.active_low, contactor.output_value) == (
        Direction.OUTPUT,
        True,
        Value.INACTIVE,
    )
    assert (lamp.direction, lamp.active_low) == (Direction.OUTPUT, False)
    assert (door.direction, door.bias) == (Direction.INPUT, Bias.PULL_UP)
    lines.set(CONTACTOR, True)
    assert one.values[3] == Value.ACTIVE
    # The loop's own access: a bit of the request is the place among the lines requested.
    assert [lines.port(line) for line in (CONTACTOR, BUTTON, LAMP, DOOR)] == [(72, 0), (72, 1), (72, 0), (72, 1)]
    lines.close()
    assert one.released
    assert two.released


def test_refusals_of_the_chip_are_sentences(chips: dict[str, Request], tmp_path: Path) -> None:
    """A chip in use gives none of its lines, and those of other chips are let go; an input is never driven."""
    with pytest.raises(HardwareError, match=r"gpiochip9 does not give its lines 1: Device or resource busy\.$"):
        CharLines(tmp_path, [CONTACTOR, Line("gpiochip9", 1)], [])
    assert chips[f"{tmp_path}/dev/gpiochip0"].released
    lines = CharLines(tmp_path, [], [BUTTON])
    with pytest.raises(HardwareError, match=r"gpiochip0/8 cannot be driven: Operation not permitted\."):
        lines.set(BUTTON, True)


def test_no_chip_on_this_machine(tmp_path: Path) -> None:
    """The real library says that there is no such device."""
    with pytest.raises(HardwareError, match=r"/dev/gpiochip0 does not give its lines 8: No such file or directory\."):
        CharLines(tmp_path, [], [BUTTON])


def test_sysfs_lines(tree: Tree) -> None:
    """Exported by base and offset, inactive first; a line that the chip has not is refused."""
    contactor, button = Line("gpiochip0", 3, active_low=True), Line("gpiochip480", 4)
    lines = SysfsLines(tree.root, [contactor], [button])
    assert get(tree.gpio / "gpio483/direction") == "high"  # the level of an open contactor that is active low
    assert get(tree.gpio / "gpio483/active_low") == "1"
    assert get(tree.gpio / "gpio484/direction") == "in"
    lines.set(contactor, True)
    tree.drive(4, 1)
    value, bit = lines.port(button)
    assert (tree.line(3), os.pread(value, 2, 0), bit) == ("1", b"1\n", None)
    lines.close()
    assert tree.line(3) == "1"
    for line, sentence in (
        (Line("gpiochip0", 32), "gpiochip0 has no line 32; it has 0 to 31."),
        (Line("gpiochip7", 1), "There is no 'gpiochip7' under"),
    ):
        with pytest.raises(HardwareError, match=sentence):
            SysfsLines(tree.root, [line], [])


def test_pwm_takes_over_what_a_dead_board_left(tree: Tree) -> None:
    """A channel that runs with another period and polarity is stopped, set up and started at 100 %."""
    tree._new_pwm(0)
    for name, value in (("period", 500), ("duty_cycle", 400), ("enable", 1), ("polarity", "inversed")):
        put(tree.pwm / "pwm0" / name, value)
    pwm = PilotPwm(tree.root, Pwm("pwmchip0", 0))
    assert tree.pilot(0) == (1_000_000, 1, "normal")
    for duty, nanoseconds in ((0, 0), (500, 50_000), (1000, 100_000), (5333, 533_300), (10_000, 1_000_000)):
        pwm.duty(duty)
        assert get(tree.pwm / "pwm0/duty_cycle") == str(nanoseconds)
    with pytest.raises(HardwareError, match="pwmchip4/export cannot be set to 0: No such file or directory"):
        PilotPwm(tree.root, Pwm("pwmchip4", 0))


def test_buzzer_sounds_once_a_step(tree: Tree) -> None:
    """Three steps of the beep counter over its end of 256 are three sounds; the first outputs are none."""
    from evlink.hardware.board import Outputs

    buzzer, contactor = Line("gpiochip0", 7), Line("gpiochip0", 0)
    lines = SysfsLines(tree.root, [contactor, buzzer], [])
    actuators = Actuators(PilotPwm(tree.root, Pwm("pwmchip0", 0)), lines, {"contactor": contactor, "buzzer": buzzer})
    actuators.apply(Outputs(1, 1, beeps=254))
    sounds, before = 0, "0"
    for step in range(200):
        if step == 20:
            actuators.apply(Outputs(1, 2, beeps=1))
        actuators.show(50 + step * 0.01)
        now = tree.line(7)
        sounds += (before, now) == ("0", "1")
        before = now
        assert step >= 20 or sounds == 0
    assert sounds == 3
    assert before == "0"
