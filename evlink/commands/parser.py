"""The grammar of the command line: every command with its options, in the language of the operator."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterable
from math import isfinite
from typing import Any, NoReturn

from evlink import __version__
from evlink.commands.output import clean, wrong
from evlink.commands.words import Words

CABLES = (13, 20, 32, 63)  # amperes of IEC 61851-1 table B.2
BADGE_TYPES = ("user", "vip", "admin")
REASONS = (
    "Local",
    "Remote",
    "EVDisconnected",
    "DeAuthorized",
    "HardReset",
    "SoftReset",
    "Reboot",
    "PowerLoss",
    "EmergencyStop",
    "UnlockCommand",
    "Other",
)  # how a charge ends, as OCPP 1.6 section 7.36 names it
BAUD_RATES = (9600, 19200, 38400, 57600, 115200)
LEVELS = ("info", "warning", "error")
PARITIES = ("none", "even", "odd")


def build(t: Words) -> argparse.ArgumentParser:
    """The parser of all commands. It ends with `Stop` over bad input, in one sentence and exit code 2."""
    kind = _localised(t)
    parser = kind(prog="evlink", description=t("The software of an EV charging station."))
    _common(parser, t)
    parser.options.add_argument("--version", action="version", version=f"evlink {__version__}", help=t("the version"))
    commands = parser.add_subparsers(
        dest="command", required=True, metavar=t("COMMAND"), title=t("commands"), parser_class=kind
    )

    def command(name: str, text: str) -> _Parser:
        made: _Parser = commands.add_parser(name, help=text, description=text)
        _common(made, t)
        return made

    _programs(command, t)
    _reading(command, t)
    _settings(command, t)
    _badges(command("badges", t("the local list of badges")), kind, t)
    report = command("report", t("the maintenance report, as text or as an HTML file"))
    report.operands.add_argument("file", nargs="?", metavar="FILE.html", help=t("the HTML file to write"))
    report.options.add_argument("--html", metavar="FILE", help=t("the HTML file to write, or - for the output"))
    _json(command("doctor", t("what is wrong with the station, and what to do")), t)
    logs = command("logs", t("what the station wrote down since its start"))
    logs.options.add_argument("--lines", metavar="N", type=_whole(t), help=t("at most so many lines"))
    logs.options.add_argument(
        "--level", metavar="|".join(LEVELS), choices=LEVELS, default="info", help=t("nothing less serious")
    )
    _json(logs, t)
    audit = command("audit", t("who changed what, the newest first"))
    audit.options.add_argument("--limit", metavar="N", type=_whole(t), help=t("at most so many lines"))
    _json(audit, t)
    update = command("update", t("install a signed update package, or show what runs"))
    update.operands.add_argument("file", nargs="?", metavar="FILE.epk", help=t("a package, or a .zip that holds one"))
    update.options.add_argument("--yes", action="store_true", help=t("do not ask"))
    _json(update, t)
    charge = command("charge", t("authorise a charge for an external system, or end one"))
    charge.operands.add_argument("what", choices=("start", "stop"), metavar="start|stop", help=t("what to do"))
    charge.options.add_argument("--outlet", metavar="N", type=_whole(t), default=1, help=t("number of the outlet (1)"))
    charge.options.add_argument("--badge", metavar="UID", help=t("who was authorised, for the charge record"))
    command("restart", t("restart the station"))
    reset = command("factory-reset", t("bring the factory settings back; only the badges stay"))
    reset.options.add_argument(
        "--decommission", action="store_true", help=t("leave nothing that can be read, not even the badges")
    )
    reset.options.add_argument("--yes", action="store_true", help=t("do not ask"))
    _simulate(command("simulate", t("run the station's rules in virtual time")), kind, t)
    _sim(command("sim", t("act on a simulated station")), kind, t)
    return parser


class _Parser(argparse.ArgumentParser):
    """A parser with one group of options; `build` derives one with a language."""

    given: list[str]
    options: argparse._ArgumentGroup
    operands: argparse._ArgumentGroup


def _localised(t: Words) -> type[_Parser]:
    class Formatter(argparse.HelpFormatter):
        def add_usage(
            self,
            usage: str | None,
            actions: Iterable[argparse.Action],
            groups: Iterable[Any],
            prefix: str | None = None,
        ) -> None:
            super().add_usage(usage, actions, groups, t("usage: ") if prefix is None else prefix)

    class Localised(_Parser):
        def __init__(self, **settings: Any) -> None:
            settings.update(add_help=False, allow_abbrev=False, formatter_class=Formatter)
            super().__init__(**settings)
            self.operands = self.add_argument_group(t("arguments"))
            self.options = self.add_argument_group(t("options"))
            self.options.add_argument("-h", "--help", action="help", help=t("this help"))

        def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
            self.given = list(args or ())
            return super().parse_known_args(args, namespace)

        def error(self, message: str) -> NoReturn:
            # argparse misses what is required before it looks at what it doesn't know, such as a mistyped option.
            unknown = self.unknown() if message.startswith("the following arguments are required") else ""
            said = t("not known: {0}").replace("{0}", clean(unknown)) if unknown else _complaint(clean(message), t)
            raise wrong(f"{said} ({self.prog} --help)")

        def unknown(self) -> str:
            """The first of the given words that looks like an option and is none."""
            for word in self.given:
                if word == "--":
                    break
                option = word.partition("=")[0]
                if re.match(r"--?[A-Za-z]", option) and option not in self._option_string_actions:
                    return option
            return ""

    return Localised


# What argparse says (3.11 to 3.14), to be said in French; the groups are its own words.
_COMPLAINTS = (
    (r"the following arguments are required: (.+)", "missing: {0}"),
    (r"unrecognized arguments: (.+)", "not known: {0}"),
    (r"argument (.+): expected (?:one argument|at least one argument|\d+ arguments?)", "{0}: a value is missing"),
    (r"argument (.+): invalid choice: (.+) \(choose from (.+)\)", "{0}: {1} is not allowed; allowed: {2}"),
    (r"argument (.+): not allowed with argument (.+)", "{0} and {1} exclude each other"),
    (r"one of the arguments (.+) is required", "one of these is missing: {0}"),
    (r"argument (.+): ignored explicit argument (.+)", "{0} takes no value, but was given {1}"),
    (r"argument (.+?): (.+)", "{0}: {1}"),
)


def _complaint(message: str, t: Words) -> str:
    for pattern, text in _COMPLAINTS:
        if found := re.fullmatch(pattern, message):
            sentence = t(text)
            for i, part in enumerate(found.groups()):
                sentence = sentence.replace(f"{{{i}}}", part)
            return sentence
    return message


def _common(parser: _Parser, t: Words) -> None:
    # SUPPRESS: an option given before the command must not be undone by the default after it.
    add = parser.options.add_argument
    add("--state", metavar="DIR", default=argparse.SUPPRESS, help=t("the station's state directory"))
    add("--socket", metavar="PATH", default=argparse.SUPPRESS, help=t("the station's socket"))
    add("--lang", metavar="en|fr", choices=("en", "fr"), default=argparse.SUPPRESS, help=t("language of the words"))


def _json(parser: _Parser, t: Words) -> None:
    parser.options.add_argument("--json", action="store_true", help=t("print JSON"))


def _number(t: Words, least: float = 0.0, above: bool = False) -> Callable[[str], float]:
    allowed = (
        t("a number above {least}", least=f"{least:g}") if above else t("a number from {least}", least=f"{least:g}")
    )

    def number(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not isfinite(value) or value < least or (above and value == least):
            raise argparse.ArgumentTypeError(
                t("{value} is not allowed; allowed: {allowed}", value=repr(text), allowed=allowed)
            )
        return value

    return number


def _whole(t: Words, least: int = 0) -> Callable[[str], int]:
    def whole(text: str) -> int:
        if not (text.isascii() and text.isdecimal() and 1 <= len(text) <= 6 and int(text) >= least):
            allowed = t("a whole number from 1") if least else t("a whole number")
            raise argparse.ArgumentTypeError(
                t("{value} is not allowed; allowed: {allowed}", value=repr(text), allowed=allowed)
            )
        return int(text)

    return whole


Command = Callable[[str, str], _Parser]


def _programs(command: Command, t: Words) -> None:
    command("demo", t("a station on the simulator with a car that charges, and the terminal open on it"))
    run = command("run", t("run the station")).options.add_argument
    run("--config", metavar="FILE", help=t("settings to import before the station starts (.toml, .cfg)"))
    run("--hardware", metavar="FILE", help=t("facts of the station (board.toml), or preset:NAME"))
    run("--board", metavar="BOARD", help=t("where the samples come from: simulator, linux or replay:FILE"))
    run("--login-socket", metavar="PATH", help=t("a second socket, where everybody has to log in"))
    run("--machine", metavar="INTERFACE", help=t("set the machine's own clock, and the network of this interface"))
    run(
        "--update-health",
        metavar="N",
        type=_number(t, above=True),
        help=t("seconds that a new version has to get ready to charge (60)"),
    )
    run("--update-keys", metavar="FILE", help=t("keys whose update packages are taken (/etc/evlink/update.keys)"))
    run("--speed", metavar="N", type=_number(t, above=True), help=t("N times as fast (simulator only)"))
    terminal = command("tui", t("open the terminal")).options.add_argument
    terminal("--plain", action="store_true", help=t("plain characters and few colours"))
    terminal("--lines", action="store_true", help=t("numbered menus, a question a line"))
    record = command("record", t("record what a board samples; start it before the station"))
    record.operands.add_argument("file", metavar="FILE", help=t("the recording; .gz compresses it"))
    record.options.add_argument("--board", metavar="BOARD", help=t("the board to record: simulator or linux"))
    record.options.add_argument("--seconds", metavar="N", type=_number(t, above=True), help=t("how long"))
    replay = command("replay", t("feed a recorded log through the protection and energy code"))
    replay.operands.add_argument("log", metavar="LOG.csv", help=t("the log"))
    add = replay.options.add_argument
    add("--current", metavar="COLUMN", required=True, help=t("column of the current in A"))
    add("--limit", metavar="COLUMN", required=True, help=t("column of the limit in A"))
    add("--delimiter", metavar="CHARACTER", help=t("field separator"))
    add("--scale", metavar="F", type=_number(t), help=t("factor for the current"))
    add("--voltage", metavar="V", type=_number(t, above=True), help=t("voltage for the energy (230)"))
    _json(replay, t)


def _simulate(simulate: _Parser, kind: type[_Parser], t: Words) -> None:
    kinds = simulate.add_subparsers(
        dest="kind", required=True, metavar=t("WHAT"), title=t("simulations"), parser_class=kind
    )

    def one(name: str, text: str) -> _Parser:
        made: _Parser = kinds.add_parser(name, help=text, description=text)
        _common(made, t)
        return made

    house = one("house", t("a recorded house log against the head meter's rule"))
    house.operands.add_argument("log", metavar="LOG.csv", help=t("the log"))
    add = house.options.add_argument
    add("--house", metavar="COLUMN", help=t("column of the house's power in W, charger included"))
    add("--charger", metavar="COLUMN", help=t("column of the recorded charger's power in W"))
    add("--ceiling", metavar="COLUMN", help=t("column of the house's most power in W"))
    add("--delimiter", metavar="CHARACTER", help=t("field separator"))
    _json(house, t)
    sharing = one("sharing", t("a day of arrivals at a station that shares its current"))
    sharing.operands.add_argument("log", metavar="SCENARIO.toml", help=t("the day"))
    _json(sharing, t)


def _reading(command: Command, t: Words) -> None:
    status = command("status", t("the state of the station and its outlets"))
    _json(status, t)
    status.options.add_argument("--watch", action="store_true", help=t("go on until Ctrl+C"))
    pilot = command("pilot", t("an outlet's pilot signal: plateaus, duty, frequency, transitions, wave form"))
    pilot.options.add_argument("--outlet", metavar="N", type=_whole(t), default=1, help=t("number of the outlet (1)"))
    _json(pilot, t)
    supervision = command("supervision", t("the link to the supervision, and the messages that wait for it"))
    supervision.operands.add_argument(
        "part", nargs="?", choices=("queue",), metavar="queue", help=t("the messages that wait, the oldest first")
    )
    _json(supervision, t)
    _meters(command("meters", t("the meters of the outlets and their health, or who answers on a line")), t)
    history = command("history", t("the charge records, newest first"))
    _json(history, t)
    add = history.options.add_argument
    add("--csv", metavar="FILE", help=t("write up to 3000 records to a file"))
    add("--outlet", metavar="N", type=_whole(t, 1), help=t("charges of this outlet alone"))
    add("--badge", metavar="UID", help=t("charges of this badge alone"))
    add("--from", dest="since", metavar="TIME", help=t("charges that began at this time or later: 2026-03-01T14:05"))
    add("--to", dest="until", metavar="TIME", help=t("charges that began before this time; a day counts whole"))
    add(
        "--status",
        choices=REASONS,
        metavar="STATUS",
        help=t("charges that ended so: {words}", words=", ".join(REASONS)),
    )
    add("--unpublished", action="store_true", help=t("charges that were not sent yet"))
    add("--limit", metavar="N", type=_whole(t, 1), help=t("at most so many, the newest"))
    _publication(command("publication", t("what goes to the office by mail, FTP or web, and a test of it")), t)


def _meters(meters: _Parser, t: Words) -> None:
    meters.operands.add_argument(
        "action", nargs="?", choices=("probe",), metavar="probe", help=t("ask the units of a line who they are")
    )
    add = meters.options.add_argument
    add("--outlet", metavar="N", type=_whole(t), default=1, help=t("whose line to probe, where none is named (1)"))
    add("--port", metavar="DEVICE", help=t("serial port to probe"))
    add("--host", metavar="HOST", help=t("gateway to probe"))
    add("--tcp-port", metavar="N", type=_whole(t), help=t("port of the gateway (502)"))
    add("--baud-rate", metavar="N", type=_whole(t), choices=BAUD_RATES, help=t("speed of the serial line"))
    add("--parity", metavar="|".join(PARITIES), choices=PARITIES, help=t("parity of the serial line"))
    add("--unit", metavar="N", help=t("unit to ask, or FIRST-LAST"))
    _json(meters, t)


def _publication(publication: _Parser, t: Words) -> None:
    publication.operands.add_argument(
        "action",
        nargs="?",
        choices=("status", "test"),
        default="status",
        metavar="status|test",
        help=t("the state (as without a word), or a test of the saved settings"),
    )
    _json(publication, t)


def _settings(command: Command, t: Words) -> None:
    _json(command("settings", t("all settings with value, right and range")), t)
    get = command("get", t("values of settings"))
    get.operands.add_argument("keys", nargs="+", metavar="KEY", help=t("key of a setting"))
    _json(get, t)
    change = command("set", t("change settings, all of them or none"))
    change.operands.add_argument("pairs", nargs="+", metavar="KEY=VALUE", help=t("key and new value"))
    bring = command("import", t("import settings from a file, all of them or none"))
    bring.operands.add_argument("file", metavar="FILE", help=t("a .toml or .cfg file"))
    bring.options.add_argument("--dry-run", action="store_true", help=t("show what would change, change nothing"))
    for parser in (change, bring):
        parser.options.add_argument("--restart", action="store_true", help=t("restart the station where it is needed"))
        _json(parser, t)
    export = command("export", t("export the settings to a file"))
    export.operands.add_argument("file", metavar="FILE", help=t("a .toml or .cfg file, or - for the output"))
    export.options.add_argument(
        "--format", metavar="toml|cfg", choices=("toml", "cfg"), help=t("the format, where the name does not say it")
    )


def _badges(badges: _Parser, kind: type[_Parser], t: Words) -> None:
    actions = badges.add_subparsers(
        dest="action", required=True, metavar=t("ACTION"), title=t("actions"), parser_class=kind
    )

    def action(name: str, text: str) -> _Parser:
        made: _Parser = actions.add_parser(name, help=text, description=text)
        _common(made, t)
        return made

    listing = action("list", t("list the badges"))
    _json(listing, t)
    add = action("add", t("add a badge"))
    add.operands.add_argument("uid", metavar="UID", help=t("the badge's identifier"))
    add.options.add_argument(
        "--type", metavar="|".join(BADGE_TYPES), choices=BADGE_TYPES, default="user", help=t("what the badge may do")
    )
    add.options.add_argument("--comment", metavar="TEXT", default="", help=t("up to 50 characters"))
    remove = action("remove", t("remove badges"))
    remove.operands.add_argument("uids", nargs="*", metavar="UID", help=t("the badge's identifier"))
    remove.options.add_argument("--all", action="store_true", help=t("every badge"))
    bring = action("import", t("replace the list by that of a file"))
    bring.operands.add_argument("file", metavar="FILE", help=t("a .csv file"))
    bring.options.add_argument("--unsigned", action="store_true", help=t("a list that no station exported"))
    bring.options.add_argument("--dry-run", action="store_true", help=t("show what would change, change nothing"))
    export = action("export", t("write the list to a file"))
    export.operands.add_argument("file", metavar="FILE", help=t("a .csv file"))


def _sim(sim: _Parser, kind: type[_Parser], t: Words) -> None:
    actions = sim.add_subparsers(
        dest="action", required=True, metavar=t("ACTION"), title=t("actions"), parser_class=kind
    )

    def action(name: str, text: str) -> _Parser:
        made: _Parser = actions.add_parser(name, help=text, description=text)
        _common(made, t)
        made.options.add_argument(
            "--outlet", metavar="N", type=_whole(t), default=1, help=t("number of the outlet (1)")
        )
        return made

    plug = action("plug", t("a vehicle plugs in")).options.add_argument
    plug(
        "--cable",
        metavar="|".join(map(str, CABLES)),
        type=_whole(t),
        choices=CABLES,
        help=t("rating of the cable in A (32)"),
    )
    plug(
        "--phases",
        metavar="1|3",
        type=_whole(t),
        choices=(1, 3),
        help=t("phases of the vehicle (those of the station)"),
    )
    plug("--amps", metavar="A", type=_number(t), help=t("most that the vehicle draws, in A"))
    plug(
        "--into",
        metavar="mode3|domestic",
        choices=("mode3", "domestic"),
        help=t("which socket of the outlet (the first that it has)"),
    )
    plug("--ventilation", action="store_true", help=t("the vehicle asks for ventilation"))
    plug("--simplified", action="store_true", help=t("a vehicle without a pilot function, which asks at once"))
    action("ready", t("the vehicle is ready to charge"))
    action("pause", t("the vehicle pauses"))
    unplug = action("unplug", t("the vehicle unplugs")).options.add_argument
    unplug(
        "--side",
        metavar="station|vehicle",
        choices=("station", "vehicle"),
        help=t("which end of the cable is pulled (the station's)"),
    )
    badge = action("badge", t("present a badge"))
    badge.operands.add_argument("uid", metavar="UID", help=t("the badge's identifier"))
    button = action("button", t("press a button"))
    button.operands.add_argument("button", metavar="BUTTON", choices=("start", "stop"), help=t("which button"))
    draw = action("draw", t("the vehicle draws a current, whatever the pilot says"))
    draw.operands.add_argument("amps", metavar="AMPS", type=_number(t), help=t("current in A"))
    contact = action("input", t("switch an input"))
    contact.operands.add_argument("input", metavar="INPUT", type=_whole(t), choices=(1, 2), help=t("which input"))
    contact.operands.add_argument("switch", metavar="on|off", choices=("on", "off"), help=t("its new state"))
    fault = action("fault", t("cause a fault, or end it"))
    fault.operands.add_argument("name", metavar="NAME", help=t("cp_short, diode, pp_open, welded, lock, noise, ..."))
    fault.operands.add_argument("switch", metavar="on|off", choices=("on", "off"), help=t("its new state"))
    _json(action("state", t("what the simulator holds")), t)
