"""`evlink status`: the station's state, a column an outlet."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
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
    parts = [part for part in (said(meter, "problem", t), said(meter, "remark", t)) if part]
    why = (" ; " if t.lang == "fr" else "; ").join(parts)
    return _pair(f"{t('Outlet')} {outlet['id']}", why, t) if why else ""


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
    head += _supervision(station.get("supervision") or {}, t)
    head += _modbus(station.get("modbus") or {}, station.get("clock"), t)
    head += _head_meter(station.get("head_meter") or {}, t)
    head += [coloured(f"! {clean(t(f'warning:{warning}'))}", _YELLOW) for warning in station.get("warnings") or ()]
    outlets = document["outlets"]
    head += [coloured(f"! {sentence}", _YELLOW) for outlet in outlets if (sentence := _meter(outlet, t))]
    rows: list[list[str]] = [["", *(f"{t('Outlet')} {outlet['id']}" for outlet in outlets)]]
    for label, cell in _ROWS:
        rows.append([t(label), *(cell(outlet, t) for outlet in outlets)])
    if any(outlet.get("silent_s") is not None for outlet in outlets):
        rows.insert(1, [t("No word for"), *(_silence(outlet) for outlet in outlets)])
    rows += _inputs(outlets)
    rows.append([t("Events KO"), *(_failing(document.get("events") or {}, i) for i in range(len(outlets)))])
    return "\n".join([*head, "", table(rows)])


def _supervision(link: Mapping[str, Any], t: Words) -> list[str]:
    """The link, and in one sentence why there is none or what is wrong with it."""
    if not link.get("url") and not link.get("last_error"):
        return [t("No supervision")]
    words = t("connected") if link.get("connected") else t("not connected")
    parts = [words, f"{clean(link.get('url') or '-')} ({clean(link.get('protocol') or '-')})"]
    if link.get("connected") and link.get("registration") != "Accepted":
        parts.append(t("the supervision has not accepted the station yet"))
    if link.get("queue"):
        parts.append(t("{n} messages waiting", n=link["queue"]))
    lines = [_pair(t("Supervision"), ", ".join(parts), t)]
    if why := said(link, "last_error", t):
        lines.append(coloured(f"! {_pair(t('Supervision'), why, t)}", _YELLOW))
    return lines


def _modbus(server: Mapping[str, Any], clock: object, t: Words) -> list[str]:
    """The Modbus server: does it listen, who is there, what was written and refused last; nothing where it is off."""
    if not server.get("enabled"):
        return []
    if server.get("port") is None:
        why = said(server, "last_error", t)
        deaf = t("not listening") + (coloured(f", {why}", _YELLOW) if why else "")
        return [_pair(t("Modbus server"), deaf, t)]
    parts = [t("port {n}", n=server["port"]), t("{n} clients", n=server["clients"])]
    if server.get("owner"):
        parts.append(t("controlled by {who}", who=clean(server["owner"])))
    lines = [_pair(t("Modbus server"), ", ".join(parts), t)]
    for key, label in (("last_write", t("Last write")), ("last_refusal", t("Last refusal"))):
        if told := server.get(key):
            words = f"{_ago(told.get('at'), clock, t)}, {clean(told['peer'])}, {said(told, 'said', t)}"
            text = _pair(label, words, t)
            lines.append(coloured(f"! {text}", _YELLOW) if key == "last_refusal" else f"  {text}")
    return lines


def said(told: Mapping[str, Any], key: str, t: Words) -> str:
    """A sentence of the status document, which has its French beside it."""
    return clean((told.get(f"{key}_fr") if t.lang == "fr" else "") or told.get(key) or "")


def _ago(at: object, clock: object, t: Words) -> str:
    """How long before the station's time of day something was; what is no time shows as it is."""
    try:
        seconds = (datetime.fromisoformat(str(clock)) - datetime.fromisoformat(str(at))).total_seconds()
    except (TypeError, ValueError):
        return clean(at or "?")
    if seconds < 120:
        return t("{n} s ago", n=max(0, int(seconds)))
    return t("{n} min ago", n=int(seconds // 60)) if seconds < 7200 else t("{n} h ago", n=int(seconds // 3600))


def _head_meter(head: Mapping[str, Any], t: Words) -> list[str]:
    """The head meter: what it reads, or that it is silent; nothing where none is fitted."""
    if head.get("type") in (None, "none"):
        return []
    if head.get("health") == "ok":
        amps = " / ".join(t.number(one, 1) for one in head.get("current_a") or ())
        return [_pair(t("Head meter"), f"{amps} A", t)]
    why = said(head, "problem", t)
    words = t("health:starting") if head.get("health") == "starting" else t("silent, the degraded set point is shared")
    return [coloured(f"! {_pair(t('Head meter'), f'{words}, {why}' if why else words, t)}", _YELLOW)]


def _pair(label: str, text: str, t: Words) -> str:
    return t("{label}: {text}", label=label, text=text)


def _failing(events: Mapping[str, list[str]], column: int) -> str:
    numbers = sorted(int(n) for n, cells in events.items() if column < len(cells) and cells[column] == "KO")
    return ", ".join(f"#{n}" for n in numbers) or "-"


def _word(key: str) -> Callable[[Mapping[str, Any], Words], str]:
    return lambda outlet, t: clean(t(f"value:{outlet.get(key) or '-'}"))


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
    told = [t(f"limit:{outlet.get('limit_reason') or 'none'}")]
    if cut := outlet.get("limit_cut"):
        told.append(f"{t('limit:' + str(cut['reason']))} {t.number(cut['amps'], 1)} A")
    if rise := outlet.get("limit_next"):
        told.append(_rise(rise, t))
    return f"{t.number(outlet['limit_a'], 1)} A ({', '.join(told)})"


def _rise(rise: Mapping[str, Any], t: Words) -> str:
    """What a higher limit waits for."""
    seconds = int(rise["in_s"])
    wait = f"{seconds} s" if seconds < 120 else f"{round(seconds / 60)} min"
    if rise["why"] == "room":
        return t("goes on in {wait}", wait=wait)
    if rise["why"] == "turn":
        return t("its turn in {wait}", wait=wait)
    if rise.get("amps") is None:
        return t("lifted in {wait}", wait=wait)
    return t("rises to {amps} A in {wait}", amps=t.number(rise["amps"], 1), wait=wait)


def _contactor(outlet: Mapping[str, Any], t: Words) -> str:
    if outlet.get("contactor") is None:
        return "-"
    return t("closed") if outlet["contactor"] else t("open")


def _heard(key: str) -> Callable[[Mapping[str, Any], Words], str]:
    """A state that only control knows: nothing while it is silent."""
    return lambda outlet, t: "-" if outlet.get("silent_s") is not None else _word(key)(outlet, t)


def _light(outlet: Mapping[str, Any], t: Words) -> str:
    return clean(t(f"light:{outlet.get('light') or '-'}"))


def _silence(outlet: Mapping[str, Any]) -> str:
    seconds = outlet.get("silent_s")
    return "-" if seconds is None else f"{seconds} s"


def _inputs(outlets: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """A row an input, under the names that the station gives them (status page, maintenance block)."""
    names = dict.fromkeys(name for outlet in outlets for name in outlet.get("inputs") or {})
    told = [outlet.get("inputs") or {} for outlet in outlets]
    return [[name, *("-" if inputs.get(name) is None else str(inputs[name]) for inputs in told)] for name in names]


_ROWS: tuple[tuple[str, Callable[[Mapping[str, Any], Words], str]], ...] = (
    ("EV state", _heard("ev_state")),
    ("CPW state", _heard("cpw_state")),
    ("Cable state", _heard("cable_state")),
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
    ("Light", _light),
    ("Badge", _word("badge")),
    ("Transaction", _word("transaction_id")),
)
