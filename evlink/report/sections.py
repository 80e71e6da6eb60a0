"""The sections of the report in their order (R-221), both outlets side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from evlink.report.page import Curve, Listing, Material, Message, Part, Plateaus, Report, Section, Table
from evlink.report.words import EVENTS, event_name, say

MOST_EVENTS = 300
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def build(material: Material, lang: str) -> Report:
    """The report in a language (`en`, `fr`) from what the station knows of itself."""
    return _Builder(material, lang).report()


def stamp(at: datetime, zone: tzinfo) -> str:
    """A time as the report writes it, `Www Mmm D HH:MM:SS YYYY` (status 2.11), the same in every language."""
    local = at.astimezone(zone)
    return f"{_DAYS[local.weekday()]} {_MONTHS[local.month - 1]} {local.day} {local:%H:%M:%S} {local.year}"


def version_and_build(version: str) -> tuple[str, str]:
    """A version as rows "FW version" and "FW build number" have it: 3.3.0.4 is 3300, build 4 (status 2.2)."""
    numbers = [int(part) if part.isdecimal() else 0 for part in version.split(".")] + [0, 0, 0, 0]
    return f"{numbers[0]}{numbers[1]}{numbers[2]:02d}", str(numbers[3])


class _Builder:
    """What a report is made of, and the language to say it in."""

    def __init__(self, material: Material, lang: str) -> None:
        self._m = material
        self._lang = lang
        self._zone = zone(material.zone)
        self._outlets: list[Mapping[str, Any]] = list(material.status.get("outlets") or ())  # type: ignore[call-overload]
        self._station: Mapping[str, Any] = dict(material.status.get("station") or {})  # type: ignore[call-overload]
        self._plugs = tuple(say(lang, "plug", n=outlet.get("plug", outlet.get("id"))) for outlet in self._outlets)

    def report(self) -> Report:
        """All sections."""
        sections = (
            self._section("product", self._named("product", self._m.product)),
            self._section("evse", *self._evse()),
            self._section("events", self._events()),
            self._section("latest", self._latest()),
            self._section("hardware", self._named("hardware", self._m.hardware)),
            self._section("io", *self._io()),
            self._section("network", *self._network()),
            self._section("messages", *self._messages()),
            self._section("updates", *self._updates()),
            self._section("configuration", *self._configuration()),
        )
        closing = self._say("closing", date=stamp(self._m.at, self._zone))
        return Report(self._lang, self._say("title"), str(self._station.get("name", "")), sections, closing)

    def _say(self, word: str, /, **data: object) -> str:
        return say(self._lang, word, **data)

    def _section(self, word: str, *parts: Part) -> Section:
        return Section(self._say(word), parts)

    def _named(self, word: str, rows: Sequence[tuple[str, tuple[str, ...]]], title: str = "") -> Table:
        """Rows with a name and a value an outlet, where one value may serve both."""
        count = max(1, len(self._plugs))
        filled = tuple(
            (name, *(values[min(n, len(values) - 1)] if values else "-" for n in range(count))) for name, values in rows
        )
        return Table((self._say("name"), *(self._plugs or (self._say("station"),))), filled, title)

    def _rows(self, pairs: Sequence[tuple[str, Callable[[Mapping[str, Any]], object]]], title: str = "") -> Table:
        rows = tuple((self._say(word), *(_text(value(outlet)) for outlet in self._outlets)) for word, value in pairs)
        return Table((self._say("name"), *self._plugs), rows, title)

    # Section by section

    def _evse(self) -> list[Part]:
        version, build_number = version_and_build(self._m.firmware)
        boots = str(self._m.boots)
        parts: list[Part] = [
            self._rows(
                (
                    ("fw", lambda o: version),
                    ("fw_build", lambda o: build_number),
                    ("web", lambda o: version),
                    ("web_build", lambda o: build_number),
                    ("boots", lambda o: boots),
                    ("cpw", lambda o: o.get("cpw_state")),
                    ("cable", lambda o: o.get("cable_state")),
                    ("ev", lambda o: o.get("ev_state")),
                    ("last_charge", lambda o: o.get("last_charge_status")),
                    ("flags", lambda o: " ".join(map(_flag, o.get("evse_status") or ()))),
                    ("outlet", lambda o: o.get("outlet_status")),
                    ("last_event", lambda o: o.get("last_error")),
                    ("light", lambda o: o.get("light")),
                    ("current", lambda o: _numbers(o.get("current_a"), 1)),
                    ("voltage", lambda o: _numbers(o.get("voltage_v"), 0)),
                    ("power", lambda o: o.get("power_w")),
                    ("limit", lambda o: f"{o.get('limit_a')} ({o.get('limit_reason')})"),
                    ("contactor", lambda o: self._say("yes" if o.get("contactor") else "no")),
                    ("session_energy", lambda o: _kwh(o.get("session_energy_wh"))),
                    ("energy", lambda o: _kwh(o.get("energy_wh"))),
                )
            ),
            self._meters(),
        ]
        parts += self._pilots()
        parts += self._curves()
        warnings = [str(text) for text in self._station.get("warnings") or ()]
        rows = tuple((text,) for text in warnings)
        parts.append(Table((self._say("warnings"),), rows, "", self._say("no_warnings"), labels=0))
        return parts

    def _meters(self) -> Table:
        def meter(outlet: Mapping[str, Any]) -> Mapping[str, Any]:
            found = outlet.get("meter")
            return found if isinstance(found, Mapping) else {}

        problem = "problem_fr" if self._lang == "fr" else "problem"
        return self._rows(
            (
                ("meter", lambda o: meter(o).get("type")),
                ("meter_health", lambda o: meter(o).get("health")),
                ("meter_model", lambda o: f"{meter(o).get('model') or ''} {meter(o).get('serial') or ''}".strip()),
                ("meter_problem", lambda o: meter(o).get(problem) or meter(o).get("problem")),
            ),
            self._say("meter"),
        )

    def _pilots(self) -> list[Part]:
        pilots = [dict(self._m.pilots.get(outlet["id"]) or {}) for outlet in self._outlets]
        if not any(pilots):
            return []

        def volts(pilot: Mapping[str, Any], name: str) -> str:
            found = pilot.get(name) or {}
            return " ".join(f"{float(found.get(key, 0)) / 1000:.2f}" for key in ("min", "mean", "max")) if found else ""

        pairs: tuple[tuple[str, Callable[[Mapping[str, Any]], object]], ...] = (
            ("high", lambda p: volts(p, "high_mv")),
            ("low", lambda p: volts(p, "low_mv")),
            ("duty", lambda p: f"{p.get('duty_percent', 0):.2f} {p.get('duty_commanded_percent', 0):.2f}" if p else ""),
            ("frequency", lambda p: p.get("frequency_hz")),
            ("glitches", lambda p: p.get("glitches")),
            ("resistor", lambda p: p.get("plug_ohm")),
            ("closings", lambda p: p.get("closings")),
        )
        rows = tuple((self._say(word), *(_text(value(pilot)) for pilot in pilots)) for word, value in pairs)
        parts: list[Part] = [Table((self._say("name"), *self._plugs), rows, self._say("pilot"))]
        for outlet, pilot in zip(self._outlets, pilots, strict=True):
            if pilot:
                high, low = (_three(pilot.get(name)) for name in ("high_mv", "low_mv"))
                parts.append(Plateaus(self._say("pilot_of", n=outlet.get("plug", outlet["id"])), high, low))
        return parts

    def _curves(self) -> list[Part]:
        parts: list[Part] = []
        for outlet in self._outlets:
            trace: Mapping[str, Any] = self._m.traces.get(outlet["id"]) or {}
            values = tuple(None if value is None else float(value) for value in trace.get("power_w") or ())
            if any(value is not None for value in values):
                title = self._say("power_of", n=outlet.get("plug", outlet["id"]))
                parts.append(Curve(title, "W", values, float(trace["from_s"]), float(trace["step_s"])))
        return parts

    def _events(self) -> Table:
        events: Mapping[str, Any] = self._m.status.get("events") or {}  # type: ignore[assignment]
        rows = tuple(
            (event_name(self._lang, number), *(str(cell) for cell in events.get(str(number)) or ()))
            for number in EVENTS
        )
        return Table((self._say("bit"), *self._plugs), rows)

    def _latest(self) -> Table:
        rows = []
        for one in sorted(self._m.events, key=lambda e: e.start)[-MOST_EVENTS:]:
            end = self._say("lasts") if one.end is None else stamp(one.end, self._zone)
            plug = str(one.outlet) if one.outlet else self._say("station")
            name = event_name(self._lang, one.event)
            rows.append((stamp(one.start, self._zone), end, plug, str(one.event), name, one.detail))
        head = tuple(self._say(word) for word in ("start", "end", "plug_short", "code", "event", "detail"))
        return Table(head, tuple(rows), "", self._say("none"), labels=0)

    def _io(self) -> list[Part]:
        names = list(dict.fromkeys(str(name) for outlet in self._outlets for name in outlet.get("inputs") or {}))
        rows = tuple((name, *(_text(bool((o.get("inputs") or {}).get(name))) for o in self._outlets)) for name in names)
        return [
            self._named("io", (("IoModel", (self._m.io_model,)),)),
            Table((self._say("name"), *self._plugs), rows, self._say("inputs")),
        ]

    def _network(self) -> list[Part]:
        link: Mapping[str, Any] = self._station.get("supervision") or {}
        server: Mapping[str, Any] = self._station.get("modbus") or {}
        head = (self._say("name"), self._say("station"))
        links = (
            ("connected", self._say("yes" if link.get("connected") else "no")),
            ("address", link.get("url")),
            ("protocol", link.get("protocol")),
            ("registration", link.get("registration")),
            ("queue", link.get("queue")),
            ("last_error", link.get("last_error")),
        )
        served = (
            ("port", server.get("port")),
            ("clients", server.get("clients")),
            ("owner", server.get("owner")),
            ("last_error", server.get("last_error")),
        )
        return [
            self._named("network", self._m.network),
            Table(head, tuple((self._say(word), _text(value)) for word, value in links), self._say("link")),
            Table(head, tuple((self._say(word), _text(value)) for word, value in served), self._say("modbus")),
        ]

    def _messages(self) -> list[Part]:
        deeds = tuple((stamp(one.at, self._zone), one.who, one.way, one.what, one.detail) for one in self._m.deeds)
        head = tuple(self._say(word) for word in ("date", "who", "way", "deed", "detail"))
        return [
            self._said(self._m.messages, ""),
            self._said(self._m.security, self._say("security")),
            self._said(self._m.writes, self._say("writes")),
            Table(head, deeds, self._say("deeds"), self._say("none"), labels=0),
        ]

    def _said(self, messages: Sequence[Message], title: str) -> Table:
        rows = tuple(
            (stamp(one.at, self._zone), f"{one.text} ({one.code})" if one.code else one.text) for one in messages
        )
        return Table((self._say("date"), self._say("message")), rows, title, self._say("none"), labels=0)

    def _updates(self) -> list[Part]:
        head = tuple(self._say(word) for word in ("date", "package", "status", "logs"))
        parts: list[Part] = []
        for outlet, plug in zip(self._outlets, self._plugs, strict=True):
            tries = [one for one in self._m.updates if one.outlet == outlet["id"]]
            tries.sort(key=lambda one: one.at, reverse=True)
            rows = tuple((stamp(one.at, self._zone), one.package, one.status, one.log) for one in tries)
            parts.append(Table(head, rows, plug, self._say("none"), labels=0))
        return parts

    def _configuration(self) -> list[Part]:
        parts: list[Part] = [Listing(name, tuple(text.splitlines())) for name, text in self._m.configuration]
        rows = tuple((key, self._say("set" if there else "not_set")) for key, there in self._m.secrets)
        parts.append(Table((self._say("setting"), self._say("status")), rows, self._say("secrets")))
        parts.append(Table((self._say("name"), self._say("versions")), self._m.versions, self._say("versions")))
        return parts


def zone(name: str) -> tzinfo:
    """A time zone by its name; UTC where this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC


def _text(value: object) -> str:
    return "-" if value is None or value == "" else str(value)


def _flag(flag: object) -> str:
    """A flag as the report prints it, the kind of Mode 3 with spaces (N-51)."""
    return str(flag).replace("_Mode_3", " Mode 3")


def _numbers(values: object, decimals: int) -> str:
    return " ".join(f"{float(value):.{decimals}f}" for value in values) if isinstance(values, list | tuple) else "-"


def _kwh(value: object) -> str:
    return f"{float(value) / 1000:.3f}" if isinstance(value, int | float) else "-"


def _three(found: object) -> tuple[int, int, int]:
    if not isinstance(found, Mapping):
        return 0, 0, 0
    return int(found.get("min", 0)), int(found.get("mean", 0)), int(found.get("max", 0))
