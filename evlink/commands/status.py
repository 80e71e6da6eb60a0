"""`evlink status`: the station's state, a column an outlet."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from evlink.commands.output import clean, coloured, print_json, table
from evlink.commands.station import Context, running
from evlink.commands.words import Words

_GREEN, _RED, _YELLOW = 32, 31, 33
_COLOURS = {"in_service": _GREEN, "fault": _RED}
_CLEAR = "\x1b[H\x1b[2J"


def status(context: Context) -> int:
    """Print the status once, or with `--watch` each time it changes until Ctrl+C."""
    watch: bool = context.args.watch
    with running(context) as client:
        _show(context, client.call("snapshot"), watch)
        if watch:
            client.call("subscribe")
            for method, document in client.notifications():
                if method == "snapshot":
                    _show(context, document, watch)
    return 0


def _show(context: Context, document: Mapping[str, Any], watch: bool) -> None:
    if context.args.json:
        print_json(document, compact=watch)
        return
    text = describe(document, context.t)
    if watch:
        text = _CLEAR + text if sys.stdout.isatty() else text + "\n"
    print(text, flush=True)


def _meter(outlet: Mapping[str, Any], t: Words) -> str:
    """What is wrong with an outlet's meter; nothing where all is well."""
    meter = outlet.get("meter") or {}
    why = clean((meter.get("problem_fr") if t.lang == "fr" else "") or meter.get("problem") or "")
    return f"{t('Outlet')} {outlet['id']}: {why}" if why else ""


def describe(document: Mapping[str, Any], t: Words) -> str:
    """The status document in words; a value that the station did not send shows as a dash."""
    station = document["station"]
    state = str(station["state"])
    head = [
        f"{clean(station['name'])} · {coloured(t('state:' + state), _COLOURS.get(state, _YELLOW))}"
        f" · {t('firmware')} {clean(station['firmware'])}"
    ]
    if station.get("restart_needed"):
        head.append(coloured(t("A restart is needed for saved settings to take effect."), _YELLOW))
    head.append(_supervision(station.get("supervision") or {}, t))
    head += _modbus(station.get("modbus") or {}, t)
    head += [coloured(f"! {clean(warning)}", _YELLOW) for warning in station.get("warnings") or ()]
    outlets = document["outlets"]
    head += [coloured(f"! {sentence}", _YELLOW) for outlet in outlets if (sentence := _meter(outlet, t))]
    rows: list[list[str]] = [["", *(f"{t('Outlet')} {outlet['id']}" for outlet in outlets)]]
    for label, cell in _ROWS:
        rows.append([t(label), *(cell(outlet, t) for outlet in outlets)])
    rows += _inputs(outlets)
    rows.append([t("Events KO"), *(_failing(document.get("events") or {}, i) for i in range(len(outlets)))])
    return "\n".join([*head, "", table(rows)])


def _supervision(link: Mapping[str, Any], t: Words) -> str:
    if not link.get("url"):
        return t("No supervision")
    words = t("connected") if link.get("connected") else t("not connected")
    text = f"{t('Supervision')}: {words}, {clean(link['url'])} ({clean(link.get('protocol') or '-')})"
    return f"{text}, {t('{n} messages waiting', n=link['queue'])}" if link.get("queue") else text


def _modbus(server: Mapping[str, Any], t: Words) -> list[str]:
    """The Modbus server in a line, with what was wrong last; nothing where it is off."""
    if not server.get("enabled"):
        return []
    parts = [t("not listening")]
    if server.get("port") is not None:
        parts = [t("port {n}", n=server["port"]), t("{n} clients", n=server["clients"])]
        if server.get("owner"):
            parts.append(t("controlled by {who}", who=clean(server["owner"])))
    if server.get("last_error"):
        parts.append(coloured(clean(server["last_error"]), _YELLOW))
    return [f"Modbus: {', '.join(parts)}"]


def _failing(events: Mapping[str, list[str]], column: int) -> str:
    numbers = sorted(int(n) for n, cells in events.items() if column < len(cells) and cells[column] == "KO")
    return ", ".join(f"#{n}" for n in numbers) or "-"


def _word(key: str) -> Callable[[Mapping[str, Any], Words], str]:
    return lambda outlet, t: clean(outlet.get(key) or "-")


def _flags(outlet: Mapping[str, Any], t: Words) -> str:
    return ", ".join(clean(flag) for flag in outlet.get("evse_status") or ()) or "-"


def _quantity(key: str, unit: str, decimals: int = 0, scale: float = 1.0) -> Callable[[Mapping[str, Any], Words], str]:
    def cell(outlet: Mapping[str, Any], t: Words) -> str:
        value = outlet.get(key)
        if value is None:
            return "-"
        numbers = value if isinstance(value, list) else [value]
        return " / ".join(t.number(number * scale, decimals) for number in numbers) + f" {unit}"

    return cell


def _limit(outlet: Mapping[str, Any], t: Words) -> str:
    if outlet.get("limit_a") is None:
        return "-"
    reason = outlet.get("limit_reason") or "none"
    return f"{t.number(outlet['limit_a'], 1)} A ({t('limit:' + str(reason))})"


def _contactor(outlet: Mapping[str, Any], t: Words) -> str:
    return t("closed") if outlet.get("contactor") else t("open")


def _inputs(outlets: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """A row an input, under the names that the station gives them (status page, maintenance block)."""
    names = dict.fromkeys(name for outlet in outlets for name in outlet.get("inputs") or {})
    return [[name, *(str((outlet.get("inputs") or {}).get(name, "-")) for outlet in outlets)] for name in names]


_ROWS: tuple[tuple[str, Callable[[Mapping[str, Any], Words], str]], ...] = (
    ("EV state", _word("ev_state")),
    ("CPW state", _word("cpw_state")),
    ("Cable state", _word("cable_state")),
    ("EVSE status", _flags),
    ("Outlet status", _word("outlet_status")),
    ("Last error", _word("last_error")),
    ("Last charge", _word("last_charge_status")),
    ("Current", _quantity("current_a", "A", 1)),
    ("Voltage", _quantity("voltage_v", "V")),
    ("Power", _quantity("power_w", "kW", 2, 0.001)),
    ("Session energy", _quantity("session_energy_wh", "kWh", 3, 0.001)),
    ("Energy", _quantity("energy_wh", "kWh", 3, 0.001)),
    ("Limit", _limit),
    ("Duty", _quantity("duty_percent", "%", 1)),
    ("Contactor", _contactor),
    ("Light", _word("light")),
    ("Badge", _word("badge")),
    ("Transaction", _word("transaction_id")),
)
