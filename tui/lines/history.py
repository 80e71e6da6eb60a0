"""Charge history: the last 30 charges on a line each, one with all its columns, and their export (R-191 to R-194)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from tui import terms
from tui.clean import clean
from tui.lines import explain, filing
from tui.lines.console import Console
from tui.lines.form import title_of
from tui.records import all_records, history_csv
from tui.session import zone_of

SHOWN = 30
EXPORTED = 3000

Record = Mapping[str, Any]


class HistoryPage:
    """The list; a number tells the whole record."""

    subtab = "charge_history.history"

    def __init__(self, console: Console) -> None:
        self.console = console
        self._records: list[Record] = []

    @property
    def title(self) -> str:
        """Charge history."""
        return title_of(self.console, self.subtab)

    @property
    def letters(self) -> Sequence[tuple[str, str]]:
        """A number tells a record, `e` exports."""
        return [("1", "lines.do.record"), ("e", "lines.do.export")]

    async def show(self) -> None:
        """Ask the station and list the charges."""
        console, lang = self.console, self.console.lang
        answer = await console.session.call("history.list", limit=SHOWN)
        self._records = list(answer["records"])
        total = int(answer.get("total", len(self._records)))
        for at, record in enumerate(self._records, 1):
            energy = terms.number(lang, float(record.get("energy_wh") or 0) / 1000, 3)
            outlet = console.word("outlet", n=clean(record.get("outlet", "")))
            parts = [self._minute(record.get("start")), outlet, f"{energy} kWh"]
            parts += [clean(record[name]) for name in ("uid", "comment") if record.get(name)]
            console.say(f"{at} {', '.join(parts)}", hang="   ")
        if self._records:
            console.tell("history.count", shown=len(self._records), n=total)
        else:
            console.tell("history.none")

    async def answer(self, command: str, rest: str) -> bool:
        """Tell a record whole, or export them."""
        if command == "e" and not rest:
            await self._export()
            return True
        if not command.isdigit() or rest:
            return False
        if 1 <= int(command) <= len(self._records):
            self._whole(self._records[int(command) - 1])
        else:
            self.console.tell("lines.number" if self._records else "history.none", n=len(self._records))
        return True

    def explain(self, number: int | None) -> None:
        """What the list is."""
        explain.subtab(self.console, self.subtab)

    def _minute(self, value: object) -> str:
        """A time as `YYYY-MM-DD HH:MM` on the station's clock (R-193)."""
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            return clean(value)
        return moment.astimezone(zone_of(self.console.session.draft.base)).strftime("%Y-%m-%d %H:%M")

    def _whole(self, record: Record) -> None:
        console = self.console
        console.tell("history.record", n=clean(record.get("number", "")))
        energy = terms.number(console.lang, float(record.get("energy_wh") or 0) / 1000, 3)
        for word, value in (
            ("history.station", record.get("station")),
            ("history.outlet", record.get("outlet")),
            ("history.transaction", record.get("transaction_id")),
            ("history.uid", record.get("uid")),
            ("history.type", record.get("charge_type")),
            ("history.start", self._minute(record.get("start"))),
            ("history.end", self._minute(record.get("end"))),
            ("history.energy", energy),
            ("history.socket", record.get("socket_type")),
            ("history.duration", terms.duration(float(record.get("duration_s") or 0))),
            ("history.comment", record.get("comment")),
        ):
            console.pair(console.word(word), clean(value or "") or "-", indent="  ")

    async def _export(self) -> None:
        session = self.console.session
        console = self.console
        found = await all_records(session, EXPORTED, lambda done, n: console.tell("history.collecting", done=done, n=n))
        text = history_csv(found, session.draft.base, console.lang)
        await filing.write(console, "history.csv", (".csv",), lambda _: (text, len(found)))
