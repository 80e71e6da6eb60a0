"""Tables and curves of simulations as plain text; block characters only where the terminal can show them."""

from __future__ import annotations

from collections.abc import Sequence

from evlink.runtime.simulate.day import CELL_S, Day, Stay
from evlink.runtime.simulate.house import Comparison, Outcome
from evlink.runtime.simulate.scenario import DAY_S, Scenario
from evlink.runtime.simulate.words import clock, lasting, number, say

BLOCKS = " ▁▂▃▄▅▆▇█"
ASCII = " .:-=+*#@"
NARROWEST, WIDEST = 24, 96  # columns of a day


def characters(encoding: str | None) -> str:
    """The steps of a curve that an output of this encoding can show."""
    try:
        BLOCKS.encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return ASCII
    return BLOCKS


def table(rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> list[str]:
    """Rows as aligned columns; the columns numbered in `right` align to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [c.rjust(w) if i in right else c.ljust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))]
        lines.append("  ".join(cells).rstrip())
    return lines


def curve(values: Sequence[float], full: float, width: int, steps: str) -> str:
    """Values as one line of `width` characters; a character stands for the mean of those it covers."""
    line = []
    for i in range(width):
        part = values[i * len(values) // width : (i + 1) * len(values) // width]
        level = sum(part) / len(part) / full if full > 0 else 0.0
        step = round(level * (len(steps) - 1))
        line.append(steps[max(1 if level > 0.001 else 0, min(step, len(steps) - 1))])
    return "".join(line)


def day(scenario: Scenario, done: Day, lang: str, columns: int, encoding: str | None) -> list[str]:
    """A day as a table of its cars and a curve of each."""
    heads = [say(lang, key) for key in ("car", "outlet", "arrival", "stay", "wanted", "got", "share", "waited")]
    rows = [heads, *(_stay(stay, lang) for stay in done.stays)]
    wanted = [stay for stay in done.stays if stay.share is not None]
    total = sum(stay.got_wh for stay in done.stays) / 1000
    rows.append([say(lang, "all"), "", "", "", "", number(lang, total), _mean(wanted), ""])
    lines = [scenario.title, "", *table(rows, right=(4, 5, 6, 7)), ""]
    lines += _curves(done, lang, columns, characters(encoding))
    amps = number(lang, done.highest_a)
    over = done.granted_over_a
    lines.append(
        say(lang, "over", amps=amps, over=number(lang, over)) if over > 1e-6 else say(lang, "highest", amps=amps)
    )
    if scenario.config.head.enabled:
        lines.append(say(lang, "house", seconds=done.house_over_s))
    return lines


def _stay(stay: Stay, lang: str) -> list[str]:
    visit = stay.visit
    return [
        visit.name + (" VIP" if visit.vip else ""),
        str(stay.outlet) if stay.outlet else say(lang, "in line"),
        clock(visit.arrives_s),
        clock(visit.leaves_s - visit.arrives_s),
        "-" if stay.share is None else number(lang, visit.wanted_wh / 1000),
        number(lang, stay.got_wh / 1000),
        "-" if stay.share is None else f"{stay.share:.0%}",
        clock(stay.waited_s),
    ]


def _mean(stays: Sequence[Stay]) -> str:
    wanted = sum(stay.visit.wanted_wh for stay in stays)
    return f"{sum(min(s.got_wh, s.visit.wanted_wh) for s in stays) / wanted:.0%}" if wanted else "-"


def _curves(done: Day, lang: str, columns: int, steps: str) -> list[str]:
    label = max(len(name) for name in [say(lang, "station"), say(lang, "budget"), *(s.visit.name for s in done.stays)])
    room = columns - label - 3
    cells = DAY_S // CELL_S
    # A column stands for whole cells, so that the hours stay where they belong.
    width = next((w for w in (WIDEST, 48, NARROWEST) if w <= room), NARROWEST)
    budget = [value for value in done.budget if value is not None]
    full = max([1.0, done.highest_a, *(max(stay.curve) for stay in done.stays)])
    edge = "│" if steps == BLOCKS else "|"
    hours = "".join(f"{hour:<{width // 4}}" for hour in ("00", "06", "12", "18"))
    lines = [f"{'':{label}}  {hours}".rstrip()]
    for stay in done.stays:
        lines.append(f"{stay.visit.name:{label}} {edge}{curve(stay.curve, full, width, steps)}{edge}")
    lines.append(f"{say(lang, 'station'):{label}} {edge}{curve(done.drawn, full, width, steps)}{edge}")
    if budget:
        known = [min(full, value) if value is not None else 0.0 for value in done.budget]
        lines.append(f"{say(lang, 'budget'):{label}} {edge}{curve(known, full, width, steps)}{edge}")
    minutes = cells // width * CELL_S // 60
    lines += [say(lang, "scale", amps=number(lang, full), minutes=minutes), ""]
    return lines


def day_document(scenario: Scenario, done: Day) -> dict[str, object]:
    """A day as JSON shows it: amperes on the busiest phase, watt-hours, seconds."""
    cars = [
        {
            "name": stay.visit.name,
            "vip": stay.visit.vip,
            "outlet": stay.outlet or None,
            "arrives_s": stay.visit.arrives_s,
            "leaves_s": stay.visit.leaves_s,
            "wanted_wh": None if stay.share is None else stay.visit.wanted_wh,
            "got_wh": round(stay.got_wh, 1),
            "waited_s": stay.waited_s,
            "current_a": [round(amps, 2) for amps in stay.curve],
        }
        for stay in done.stays
    ]
    return {
        "title": scenario.title,
        "cell_s": CELL_S,
        "cars": cars,
        "drawn_a": [round(amps, 2) for amps in done.drawn],
        "budget_a": [None if amps is None else round(amps, 2) for amps in done.budget],
        "highest_a": round(done.highest_a, 2),
        "granted_over_a": round(max(0.0, done.granted_over_a), 6),
        "house_over_s": done.house_over_s,
    }


def comparison(done: Comparison, lang: str) -> list[str]:
    """The recorded charger and ours, side by side."""

    def row(name: str, one: Outcome) -> list[str]:
        kwh = number(lang, one.energy_wh / 1000, 2)
        return [say(lang, name), kwh, f"{one.longest_over_s} s", f"{one.over_s} s"]

    rows = [
        ["", *(say(lang, key) for key in ("energy", "longest", "in all"))],
        row("recorded", done.recorded),
        row("ours", done.ours),
    ]
    return [say(lang, "rows", rows=done.rows, duration=lasting(done.duration_s)), "", *table(rows, right=(1, 2, 3))]
