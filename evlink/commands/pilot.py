"""`evlink pilot`: an outlet's pilot signal in figures, and two of its periods as a wave form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evlink.commands.output import print_json, table
from evlink.commands.station import Context, running
from evlink.commands.words import Words

COLUMNS, ROWS = 64, 9
TOP_MV = 13_000
PERIODS = 2


def pilot(context: Context) -> int:
    """Print what is known of the pilot now."""
    with running(context) as client:
        document: dict[str, Any] = client.call("pilot", outlet=context.args.outlet)
    if context.args.json:
        print_json(document)
        return 0
    print(table(_rows(document, context.t)))
    scope = document["scope"]
    shown = scope["samples_mv"][: int(scope["rate_hz"] / 1000 * PERIODS)]
    if shown:
        print()
        print("\n".join(wave(shown)))
    return 0


def _rows(document: Mapping[str, Any], t: Words) -> list[tuple[str, object]]:
    def plateau(values: Mapping[str, int]) -> str:
        low, mean, high = (t.number(values[name] / 1000, 2) for name in ("min", "mean", "max"))
        return t("{low} to {high} V, mean {mean} V", low=low, mean=mean, high=high)

    ohm = document["plug_ohm"]
    rows: list[tuple[str, object]] = [
        (t("Pilot state"), document["state"] + ("2" if document["modulated"] else "1")),
        (t("High plateau"), plateau(document["high_mv"])),
        (t("Low plateau"), plateau(document["low_mv"]) if document["modulated"] else "-"),
        (t("Duty measured"), f"{t.number(document['duty_percent'], 2)} %"),
        (t("Duty commanded"), f"{t.number(document['duty_commanded_percent'], 2)} %"),
        (t("Frequency"), f"{document['frequency_hz']} Hz"),
        (t("Glitches rejected"), document["glitches"]),
        (t("Plug resistor"), t("open") if ohm < 0 else f"{ohm} Ohm"),
    ]
    for step in document["transitions"][-4:]:
        ago = t.number(step["seconds_ago"], 2)
        rows.append(
            (t("Transitions"), t("{seconds} s ago: {old} to {new}", seconds=ago, old=step["from"], new=step["to"]))
        )
    return rows


def wave(samples: Sequence[int]) -> list[str]:
    """A wave form in plain characters: +13 V at the top, -13 V at the bottom, one column a slice of the samples."""
    lines = [[" "] * COLUMNS for _ in range(ROWS)]
    lines[ROWS // 2] = ["-"] * COLUMNS
    for column in range(COLUMNS):
        part = samples[column * len(samples) // COLUMNS : (column + 1) * len(samples) // COLUMNS] or [0]
        rows = {_row(min(part)), _row(max(part))}
        for row in range(min(rows), max(rows) + 1):
            lines[row][column] = "#"
    labels = {0: "+13 V", ROWS // 2: "  0 V", ROWS - 1: "-13 V"}
    return [f"{labels.get(n, ''):>5} |{''.join(line).rstrip()}" for n, line in enumerate(lines)]


def _row(millivolts: int) -> int:
    share = (TOP_MV - millivolts) / (2 * TOP_MV)
    return min(ROWS - 1, max(0, round(share * (ROWS - 1))))
