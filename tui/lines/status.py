"""Maintenance > Status and Report in words: the outlets on a line each, all of one, events, versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tui import terms
from tui.advice import event_advice, trouble
from tui.clean import clean
from tui.limits import limit_more
from tui.lines.console import Console
from tui.lines.filing import write
from tui.lines.subtab import SubTabPage
from tui.reports import report_html, report_text
from tui.session import zone_of

Document = Mapping[str, Any]

PERIOD = 5.0


class StatusPage(SubTabPage):
    """What each outlet does, once or every 5 s (R-210, R-211); a number tells all of an outlet."""

    subtab = "maintenance.status"

    @property
    def letters(self) -> Sequence[tuple[str, str]]:
        """A number tells all of an outlet, `w` watches."""
        return [("1", "lines.do.outlet"), ("w", "lines.do.watch")]

    async def show(self) -> None:
        """Ask once."""
        session = self.console.session
        session.snapshot = await session.call("snapshot")
        summary(self.console, session.snapshot)

    async def answer(self, command: str, rest: str) -> bool:
        """All of an outlet, or the watch."""
        outlets = self.console.session.snapshot.get("outlets") or ()
        if command == "w" and not rest:
            await self._watch()
            return True
        if not command.isdigit() or rest:
            return False
        if not 1 <= int(command) <= len(outlets):
            self.console.tell("lines.number", n=len(outlets))
            return True
        session = self.console.session
        session.snapshot = await session.call("snapshot")
        outlet_lines(self.console, session.snapshot, int(command) - 1)
        return True

    async def _watch(self) -> None:
        """Every 5 s what has changed, until Enter."""
        console, session = self.console, self.console.session
        console.tell("lines.watching")
        shown: list[str] = []
        while True:
            session.snapshot = await session.call("snapshot")
            lines = [*event_texts(console, session.snapshot), *outlet_texts(console, session.snapshot)]
            new = [line for line in lines if line not in shown]
            if new:
                console.say(_time(console, session.snapshot))
                for line in new:
                    console.say(line, hang="  ")
            shown = lines
            if await console.entered(PERIOD):
                console.tell("status.stopped")
                return


class ReportPage(StatusPage):
    """Product, every outlet and every event, OK or KO (R-222)."""

    subtab = "maintenance.report"

    @property
    def letters(self) -> Sequence[tuple[str, str]]:
        """All of it, or as a file."""
        return [("a", "lines.do.whole"), ("e", "lines.do.export")]

    async def show(self) -> None:
        """Ask, and write the gist."""
        console, session, lang = self.console, self.console.session, self.console.lang
        session.snapshot = document = await session.call("snapshot")
        station = document.get("station") or {}
        supervision = station.get("supervision") or {}
        zone = zone_of(session.draft.base)
        for word, value in (
            ("report.name", station.get("name", session.station)),
            ("about.serial", session.facts.serial_number),
            ("report.model", station.get("model", session.facts.model.value)),
            ("report.firmware", station.get("firmware", session.firmware)),
            ("report.clock", f"{terms.moment(lang, station.get('clock'), zone)} ({zone})"),
            ("report.supervision", terms.address(supervision.get("url")) or console.word("not_set")),
        ):
            console.pair(console.word(word), clean(value))
        for index in range(len(document.get("outlets") or ())):
            outlet_lines(console, document, index)
        console.tell("report.events")
        events = document.get("events") or {}
        for name in sorted(events, key=int):
            console.pair(terms.event_name(int(name)), " ".join(str(cell) for cell in events[name]))

    async def answer(self, command: str, rest: str) -> bool:
        """Write all of it here, or export it (R-219)."""
        if rest or command not in ("a", "e"):
            return False
        if command == "a":
            for line in (await report_text(self.console.session, self.console.lang, 80)).splitlines():
                self.console.say(line)
        else:
            data = (await report_html(self.console.session)).encode()
            size = self.console.word("report.size", n=-(-len(data) // 1024))
            await write(self.console, "report.html", (".html", ".htm"), lambda _: (data, size))
        return True


def _time(console: Console, document: Document) -> str:
    station = document.get("station") or {}
    return terms.time_of_day(station.get("clock"), zone_of(console.session.draft.base))


def summary(console: Console, document: Document) -> None:
    """The station on a line, warnings, events with what to do, and each outlet on a line."""
    station = document.get("station") or {}
    state = str(station.get("state", "starting"))
    name = clean(station.get("name") or console.session.station)
    known = state if state in ("in_service", "fault", "unavailable", "starting") else "unavailable"
    parts = [f"{name} {console.word(f'station.{known}')}", _time(console, document)]
    if station.get("restart_needed"):
        parts.append(console.word("station.restart_needed"))
    console.say(", ".join(part for part in parts if part))
    for warning in station.get("warnings") or ():
        console.tell("lines.warning", text=clean(terms.warning(console.lang, str(warning))))
    events = event_texts(console, document)
    for text in [*(events or [console.word("status.calm")]), *outlet_texts(console, document)]:
        console.say(text, hang="  ")


def event_texts(console: Console, document: Document) -> list[str]:
    """The events that are KO on some outlet, with what they mean and what to do (R-213)."""
    texts = []
    events = document.get("events") or {}
    for name in sorted(events, key=int):
        places = [f"{console.word('outlet', n=n)}" for n, cell in enumerate(events[name], 1) if cell == "KO"]
        if places:
            advice = event_advice(console.lang, int(name))
            more = f" {advice.what} {advice.todo}" if advice is not None else ""
            texts.append(f"KO {terms.event_name(int(name))} ({', '.join(places)}).{more}")
    return texts


def outlet_texts(console: Console, document: Document) -> list[str]:
    """Each outlet on a line: its state, current, limit and why, power and energy of the charge."""
    lang = console.lang
    texts = []
    for index, outlet in enumerate(document.get("outlets") or ()):
        state = terms.outlet_state(lang, outlet, terms.worries(document, index))
        parts = [state.word]
        if silent := terms.silence(lang, outlet):
            parts.append(silent)
        if outlet.get("contactor"):
            amps = max((float(value) for value in outlet.get("current_a") or ()), default=0.0)
            parts.append(f"{terms.number(lang, amps, 1)} A")
            parts.append(f"{terms.number(lang, float(outlet.get('power_w') or 0) / 1000, 1)} kW")
        if outlet.get("session_energy_wh"):
            parts.append(f"{terms.number(lang, float(outlet['session_energy_wh']) / 1000, 3)} kWh")
        parts.append(f"{console.word('box.limit')} {_limit(console, outlet)}")
        name = console.word("outlet", n=clean(outlet.get("id", index + 1)))
        texts.append(console.word("labelled", label=name, text=", ".join(parts)))
    return texts


def _limit(console: Console, outlet: Document) -> str:
    reason = clean(terms.limit_rule(console.lang, str(outlet.get("limit_reason", ""))))
    amps = f"{terms.number(console.lang, float(outlet.get('limit_a') or 0), 0)} A"
    more = ", ".join(part for part in (reason, *limit_more(console.lang, outlet)) if part)
    return f"{amps} ({more})" if more else amps


def outlet_lines(console: Console, document: Document, index: int) -> None:
    """All that the station says of an outlet, a label and a value a line."""
    lang = console.lang
    outlet = document["outlets"][index]
    number = outlet.get("id", index + 1)
    plug = console.word("plug", n=clean(console.session.plug(number)))
    console.say(f"{console.word('outlet', n=clean(number))}, {plug}")
    for word, text in _cells(console, outlet):
        console.pair(console.word(word), text or "-", indent="  ")
    for name, value in (outlet.get("inputs") or {}).items():
        console.pair(clean(name), "-" if value is None else terms.value_word(lang, clean(value)), indent="  ")
    if said := trouble(lang, outlet, terms.worries(document, index)):
        console.say(said, indent="  ")


def _cells(console: Console, outlet: Document) -> list[tuple[str, str]]:
    lang = console.lang
    flags = " ".join(clean(flag) for flag in outlet.get("evse_status") or ())

    def state(key: str) -> str:
        return terms.value_word(lang, clean(outlet.get(key) or ""))

    def amount(key: str, unit: str, decimals: int, per: float = 1.0) -> str:
        value = outlet.get(key)
        return "" if value is None else f"{terms.number(lang, float(value) / per, decimals)} {unit}"

    def three(key: str, unit: str) -> str:
        values = [terms.number(lang, float(value), 1) for value in outlet.get(key) or ()]
        return f"{' '.join(values)} {unit}" if values else ""

    pilot = outlet.get("pilot") or {}
    levels = [terms.number(lang, float(pilot.get(key) or 0) / 1000, 1) for key in ("high_mv", "low_mv")]
    seconds = outlet.get("session_seconds")
    silent = terms.silence(lang, outlet)
    return [
        *([("status.heard", silent)] if silent else []),
        ("status.cpw", "" if silent else state("cpw_state")),
        ("status.cable", "" if silent else state("cable_state")),
        ("status.ev", "" if silent else state("ev_state")),
        ("status.last_charge", state("last_charge_status")),
        ("status.evse", flags),
        ("status.outlet", state("outlet_status")),
        ("status.last_error", state("last_error")),
        ("status.current", three("current_a", "A")),
        ("status.voltage", three("voltage_v", "V")),
        ("status.power", amount("power_w", "kW", 2, 1000.0)),
        ("status.session", amount("session_energy_wh", "kWh", 3, 1000.0)),
        ("status.duration", "" if seconds is None else terms.duration(float(seconds))),
        ("status.energy", amount("energy_wh", "kWh", 3, 1000.0)),
        ("status.limit", _limit(console, outlet)),
        ("status.contactor", "" if silent else console.word("closed" if outlet.get("contactor") else "open")),
        ("status.duty", amount("duty_percent", "%", 1)),
        ("status.pilot", f"{levels[0]} V / {levels[1]} V" if pilot else ""),
        ("status.badge", clean(outlet.get("badge") or "")),
        ("status.transaction", clean(outlet.get("transaction_id") or "")),
        ("status.light", terms.light(lang, clean(outlet.get("light") or ""))),
    ]
