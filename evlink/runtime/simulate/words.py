"""What simulations print, in two languages."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, tuple[str, str]] = {
    "car": ("car", "voiture"),
    "outlet": ("outlet", "prise"),
    "arrival": ("arrival", "arrivée"),
    "stay": ("stay", "durée"),
    "wanted": ("wanted", "demandé"),
    "got": ("got kWh", "reçu kWh"),
    "share": ("share", "part"),
    "waited": ("waited", "attente"),
    "all": ("all", "tout"),
    "in line": ("in line", "en file"),
    "budget": ("budget", "budget"),
    "station": ("station", "borne"),
    "scale": (
        "full height {amps} A; a column is {minutes} min",
        "pleine hauteur {amps} A ; une colonne vaut {minutes} min",
    ),
    "highest": (
        "most drawn on a phase {amps} A; permits never above the budget",
        "au plus {amps} A sur une phase ; autorisations jamais au-dessus du budget",
    ),
    "over": (
        "most drawn on a phase {amps} A; permits above the budget by {over} A",
        "au plus {amps} A sur une phase ; autorisations au-dessus du budget de {over} A",
    ),
    "house": (
        "the house was above its protection for {seconds} s at most",
        "la maison a dépassé sa protection pendant {seconds} s au plus",
    ),
    "recorded": ("recorded charger", "borne enregistrée"),
    "ours": ("this station", "cette borne"),
    "energy": ("energy kWh", "énergie kWh"),
    "longest": ("longest above ceiling", "plus long dépassement"),
    "in all": ("above in all", "dépassement total"),
    "rows": ("{rows} rows, {duration}", "{rows} lignes, {duration}"),
}


def say(lang: str, key: str, **values: object) -> str:
    """A text in a language, with the values of its braces."""
    english, french = WORDS[key]
    return (french if lang == "fr" else english).format(**values)


def number(lang: str, value: float, decimals: int = 1) -> str:
    """A number with the decimal separator of the language."""
    text = f"{value:.{decimals}f}"
    return text.replace(".", ",") if lang == "fr" else text


def lasting(seconds: int) -> str:
    """A duration with its units."""
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60:02} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60:02} min"


def clock(seconds: int) -> str:
    """A time of the day, or a duration in hours and minutes."""
    return f"{seconds // 3600:02}:{seconds % 3600 // 60:02}"
