"""The description of a Linux board: which channel, PWM and line does what, read strictly from a TOML file.

Every table and key is told in docs/hardware.md. A file with anything wrong is refused whole, in one sentence that names
the file, the key, the value and what is allowed.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from evlink.hardware import board
from evlink.hardware.facts import MISSING, FactsError

RATE: Final = 100_000  # frames a second of the board protocol
BLOCKS_BUFFERED: Final = 10  # the kernel's buffer, where the file does not say

OUTPUTS: Final = ("contactor", "lock", "pilot_enable", "alive", "green", "blue", "red", "buzzer")
FEEDBACK: Final = {"contactor_feedback": board.FEEDBACK_CONTACTOR, "lock_feedback": board.FEEDBACK_LOCK}
INPUTS: Final = {
    "button_start": board.INPUT_BUTTON_START,
    "button_stop": board.INPUT_BUTTON_STOP,
    "in1": board.INPUT_IN1,
    "in2": board.INPUT_IN2,
    "surge": board.INPUT_SURGE,
    "intrusion": board.INPUT_INTRUSION,
    "flap": board.INPUT_FLAP,
    "upstream": board.INPUT_UPSTREAM,
    "breaker": board.INPUT_BREAKER,
}


class DescriptionError(FactsError):
    """A board description that cannot be used; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Line:
    """One GPIO: its chip, its offset or name there, and its sense."""

    chip: str
    line: int | str
    active_low: bool = False
    bias: str = "as_is"


@dataclass(frozen=True, slots=True)
class Channel:
    """One ADC channel: what is measured is `gain` times the IIO value (millivolts or milliamperes) plus `zero`.

    `scale` and `offset` stand in for those of sysfs where they are given.
    """

    channel: str
    gain: float = 1.0
    zero: float = 0.0
    scale: float | None = None
    offset: float | None = None


@dataclass(frozen=True, slots=True)
class Plug:
    """The plug resistor's divider: a pull-up of `pullup_ohm` to `pullup_mv`; `open_ohm` and more count as open."""

    channel: Channel
    pullup_mv: float
    pullup_ohm: float
    open_ohm: float


@dataclass(frozen=True, slots=True)
class Pwm:
    """The pilot's PWM channel in sysfs."""

    chip: str
    channel: int
    inversed: bool = False


@dataclass(frozen=True, slots=True)
class OutletWiring:
    """What one outlet hangs on. `currents` are one or three channels, phase 1 first."""

    id: int
    adc: str
    pilot: Channel
    pwm: Pwm
    currents: tuple[Channel, ...]
    plug: Plug | None
    outputs: Mapping[str, Line]
    inputs: Mapping[str, Line]


@dataclass(frozen=True, slots=True)
class Adc:
    """One IIO device: its name (or directory), frames a second, frames of kernel buffer, trigger or ''."""

    id: str
    device: str
    rate: int = RATE
    buffer_frames: int = 0
    trigger: str = ""

    @property
    def factor(self) -> int:
        """Raw frames a sample."""
        return self.rate // RATE


@dataclass(frozen=True, slots=True)
class Description:
    """All that a Linux board needs to know of its wiring."""

    name: str
    gpio: str  # "chardev" or "sysfs"
    adcs: tuple[Adc, ...]
    outlets: tuple[OutletWiring, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """What a key's value may be; `default` MISSING = the key must stand in the file."""

    fits: Callable[[Any], bool]
    allowed: str
    default: Any = MISSING


def _whole(least: int, most: int, unit: str = "", default: Any = MISSING) -> Rule:
    allowed = f"a whole number{unit}, {least} to {most}"
    return Rule(lambda v: type(v) is int and least <= v <= most, allowed, default)


def _number(least: float, most: float, default: Any = MISSING, *, zero: bool = True) -> Rule:
    def fits(v: Any) -> bool:
        return type(v) in (int, float) and math.isfinite(v) and least <= v <= most and (zero or v != 0)

    return Rule(fits, f"a number, {least:g} to {most:g}" + ("" if zero else ", not 0"), default)


def _word(pattern: str, allowed: str, default: Any = MISSING) -> Rule:
    return Rule(lambda v: isinstance(v, str) and re.fullmatch(pattern, v) is not None, allowed, default)


def _choice(*words: str, default: Any = MISSING) -> Rule:
    return Rule(lambda v: isinstance(v, str) and v in words, " or ".join(map(repr, words)), default)


_FLAG: Final = Rule(lambda v: isinstance(v, bool), "true or false", default=False)
_NAME: Final = r"[A-Za-z0-9][A-Za-z0-9_.:@+-]{0,63}"  # one path component of sysfs or /dev, never a way out of it
_TABLE: Final = Rule(lambda v: isinstance(v, dict), "a table")
_OPTIONAL_TABLE: Final = Rule(_TABLE.fits, _TABLE.allowed, default=None)

_TOP: Final = {
    "board": _TABLE,
    "adc": Rule(lambda v: isinstance(v, list) and 1 <= len(v) <= 8, "one [[adc]] table an ADC, 1 to 8"),
    "outlet": Rule(lambda v: isinstance(v, list) and 1 <= len(v) <= 8, "one [[outlet]] table an outlet, 1 to 8"),
}
_BOARD: Final = {
    "name": Rule(lambda v: isinstance(v, str) and 0 < len(v) <= 80 and v.isprintable(), "1 to 80 printable characters"),
    "gpio": _choice("chardev", "sysfs", default="chardev"),
}
_ADC: Final = {
    "id": _word(_NAME, "a name of 1 to 64 letters, digits and _.:@+-", default="adc"),
    "device": _word(_NAME, "an IIO device's name or directory such as 'iio:device0'"),
    "rate": Rule(
        lambda v: type(v) is int and 0 < v <= 10_000_000 and v % RATE == 0,
        f"frames a second, a whole multiple of {RATE}",
        RATE,
    ),
    "buffer_frames": _whole(0, 10_000_000, " of frames (0 = ten blocks)", 0),
    "trigger": _word(_NAME, "an IIO trigger's name", default=""),
}
_OUTLET: Final = {
    "id": _whole(1, 8),
    "adc": _word(_NAME, "the id of an [[adc]]", default=""),
    "pilot": _TABLE,
    "current": Rule(
        lambda v: isinstance(v, list) and len(v) in (1, 3), "one or three [[outlet.current]] tables, phase 1 first"
    ),
    "plug": _OPTIONAL_TABLE,
    "output": _TABLE,
    "input": _TABLE,
}
_CHANNEL: Final = {
    "channel": _word(r"in_(voltage|current)\d+(-(voltage|current)\d+)?", "a channel such as 'in_voltage0'"),
    "gain": _number(-1e9, 1e9, 1.0, zero=False),
    "zero": _number(-1e9, 1e9, 0.0),
    "scale": _number(-1e9, 1e9, None, zero=False),
    "offset": _number(-1e12, 1e12, None),
}
_PILOT: Final = {
    **_CHANNEL,
    "pwm_chip": _word(r"pwmchip\d{1,3}", "a chip such as 'pwmchip0'"),
    "pwm": _whole(0, 255),
    "inversed": _FLAG,
}
_PLUG: Final = {
    **_CHANNEL,
    "pullup_mv": _number(100, 60_000),
    "pullup_ohm": _number(1, 1_000_000),
    "open_ohm": _number(2_000, 1_000_000, 10_000),
}
_LINE: Final = {
    "chip": _word(_NAME, "a chip such as 'gpiochip0'"),
    "line": Rule(
        lambda v: (type(v) is int and 0 <= v < 1024) or (isinstance(v, str) and 0 < len(v) <= 32 and v.isprintable()),
        "an offset 0 to 1023 or a line's name",
    ),
    "active_low": _FLAG,
    "bias": _choice("as_is", "pull_up", "pull_down", "disabled", default="as_is"),
}


def load(path: Path) -> Description:
    """Read and check the description in a file. DescriptionError in one sentence on anything wrong; OSError passes."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as wrong:
        raise DescriptionError(str(path), "the text", f"not UTF-8 at byte {wrong.start}", "TOML in UTF-8") from None
    except tomllib.TOMLDecodeError as wrong:
        raise DescriptionError(str(path), "the text", f"no TOML ({wrong})", "TOML") from None
    return parse(document, str(path))


def parse(document: Mapping[str, Any], file: str = "description") -> Description:
    """Check a parsed description; `file` is the name to complain by. DescriptionError as `load`."""
    top = _take(document, _TOP, "", file)
    about = _take(top["board"], _BOARD, "board.", file)
    adcs = tuple(
        Adc(**_take(_table(row, f"adc {n}", file), _ADC, f"adc {n}.", file)) for n, row in enumerate(top["adc"], 1)
    )
    outlets = tuple(
        _outlet(_table(row, f"outlet {n}", file), f"outlet {n}", file) for n, row in enumerate(top["outlet"], 1)
    )
    return _consistent(Description(about["name"], about["gpio"], adcs, outlets), file)


def _outlet(row: Mapping[str, Any], name: str, file: str) -> OutletWiring:
    taken = _take(row, _OUTLET, f"{name}.", file)
    pilot = _take(taken["pilot"], _PILOT, f"{name}.pilot.", file)
    plug = None
    if taken["plug"] is not None:
        divider = _take(taken["plug"], _PLUG, f"{name}.plug.", file)
        plug = Plug(_channel(divider), divider["pullup_mv"], divider["pullup_ohm"], divider["open_ohm"])
    currents = []
    for n, one in enumerate(taken["current"], 1):
        key = f"{name}.current {n}"
        currents.append(_channel(_take(_table(one, key, file), _CHANNEL, f"{key}.", file)))
    return OutletWiring(
        id=taken["id"],
        adc=taken["adc"],
        pilot=_channel(pilot),
        pwm=Pwm(pilot["pwm_chip"], pilot["pwm"], pilot["inversed"]),
        currents=tuple(currents),
        plug=plug,
        outputs=_lines(taken["output"], OUTPUTS, ("contactor",), f"{name}.output", file),
        inputs=_lines(taken["input"], (*FEEDBACK, *INPUTS), ("contactor_feedback",), f"{name}.input", file),
    )


def _channel(taken: Mapping[str, Any]) -> Channel:
    return Channel(taken["channel"], taken["gain"], taken["zero"], taken["scale"], taken["offset"])


def _lines(
    table: Mapping[str, Any], known: tuple[str, ...], needed: tuple[str, ...], name: str, file: str
) -> dict[str, Line]:
    for key in needed:
        if key not in table:
            raise DescriptionError(file, f"{name}.{key}", MISSING, "a line {chip, line}")
    lines = {}
    for key, value in table.items():
        if key not in known:
            raise DescriptionError(file, f"{name}.{key}", value, "no such key; known are " + ", ".join(known))
        lines[key] = Line(**_take(_table(value, f"{name}.{key}", file), _LINE, f"{name}.{key}.", file))
    return lines


def _table(value: Any, name: str, file: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise DescriptionError(file, name, value, "a table")
    return value


def _take(table: Mapping[str, Any], rules: Mapping[str, Rule], prefix: str, file: str) -> dict[str, Any]:
    """The table's values, each checked, defaults filled in; an unknown key is refused."""
    for key, value in table.items():
        if key not in rules:
            raise DescriptionError(file, prefix + key, value, "no such key; known are " + ", ".join(rules))
    taken = {}
    for key, rule in rules.items():
        value = table.get(key, MISSING)
        if value is MISSING and rule.default is not MISSING:
            taken[key] = rule.default
            continue
        if value is MISSING or not rule.fits(value):
            raise DescriptionError(file, prefix + key, value, rule.allowed)
        taken[key] = value
    return taken


def _consistent(found: Description, file: str) -> Description:
    """What depends on several keys: ids, ADC references, and nothing wired twice."""
    if [one.id for one in found.outlets] != list(range(1, len(found.outlets) + 1)):
        raise DescriptionError(file, "outlet.id", [one.id for one in found.outlets], "1 upwards, in order")
    names = [adc.id for adc in found.adcs]
    if len(set(names)) != len(names):
        raise DescriptionError(file, "adc.id", names, "each id once")
    outlets = []
    for one in found.outlets:
        adc = one.adc or (names[0] if len(names) == 1 else "")
        if adc not in names:
            raise DescriptionError(file, f"outlet {one.id}.adc", one.adc or MISSING, "one of " + ", ".join(names))
        outlets.append(OutletWiring(one.id, adc, one.pilot, one.pwm, one.currents, one.plug, one.outputs, one.inputs))
        if ("lock" in one.outputs) != ("lock_feedback" in one.inputs):
            missing = "output.lock" if "lock" not in one.outputs else "input.lock_feedback"
            raise DescriptionError(file, f"outlet {one.id}.{missing}", MISSING, "lock and lock_feedback together")
    _once(file, "pwm", [(f"outlet {o.id}.pilot.pwm", f"{o.pwm.chip}/{o.pwm.channel}") for o in outlets])
    _once(
        file,
        "line",
        [
            (f"outlet {o.id}.{kind}.{name}", f"{line.chip}/{line.line}")
            for o in outlets
            for kind, lines in (("output", o.outputs), ("input", o.inputs))
            for name, line in lines.items()
        ],
    )
    if found.gpio == "sysfs":
        for o in outlets:
            for name, line in (*o.outputs.items(), *o.inputs.items()):
                if isinstance(line.line, str) or line.bias != "as_is":
                    value = line.line if isinstance(line.line, str) else line.bias
                    raise DescriptionError(
                        file, f"outlet {o.id}: {name}", value, "with gpio = 'sysfs' an offset, and no bias"
                    )
    return Description(found.name, found.gpio, found.adcs, tuple(outlets))


def _once(file: str, what: str, used: list[tuple[str, str]]) -> None:
    seen: dict[str, str] = {}
    for key, place in used:
        if place in seen:
            raise DescriptionError(file, key, place, f"a {what} of its own; {seen[place]} has this one")
        seen[place] = key
