"""The report as one self-contained HTML file: no script, no link to anywhere, every text escaped (S04)."""

from __future__ import annotations

from functools import cache

from jinja2 import DictLoader, Environment, StrictUndefined, Template

from evlink.domain.text import clean
from evlink.report.page import Curve, Listing, Plateaus, Report, Table
from evlink.report.template import PAGE
from evlink.report.words import say

CSP = "default-src 'none'; style-src 'unsafe-inline'"
WIDE, HIGH = 720, 120  # a curve's drawing
_TOP_MV, _BOTTOM_MV = 13_000, -13_000


def render(report: Report) -> str:
    """The report as an HTML document."""
    return _template().render(
        report=report,
        csp=CSP,
        confidential=say(report.lang, "confidential"),
        kind=lambda part: type(part).__name__,
        curve=curve,
        plateaus=plateaus,
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=DictLoader({"page": PAGE}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: clean(value) if type(value) is str else value,
    )
    return environment.get_template("page")


def curve(part: Curve) -> dict[str, object]:
    """A curve's geometry: its pieces as points of polylines, and the words at its axes."""
    known = [value for value in part.values if value is not None]
    most = max(known, default=0.0) or 1.0
    across = WIDE / max(1, len(part.values) - 1)
    pieces: list[list[str]] = [[]]
    for at, value in enumerate(part.values):
        if value is None:
            pieces.append([])
        else:
            pieces[-1].append(f"{at * across:.1f},{HIGH - max(0.0, value) / most * (HIGH - 10):.1f}")
    seconds = part.from_s + len(part.values) * part.step_s
    return {
        "pieces": [" ".join(piece if len(piece) > 1 else piece * 2) for piece in pieces if piece],
        "most": f"{most:.0f} {part.unit}",
        "from": f"{part.from_s:.0f} s",
        "until": f"{seconds:.0f} s",
        "wide": WIDE,
        "high": HIGH,
    }


def plateaus(part: Plateaus) -> dict[str, object]:
    """A pilot's geometry: a scale of volts, and of each plateau its span and its mean."""

    def x(mv: float) -> float:
        inside = min(_TOP_MV, max(_BOTTOM_MV, mv))
        return round((inside - _BOTTOM_MV) / (_TOP_MV - _BOTTOM_MV) * WIDE, 1)

    bars = []
    for least, mean, most in (part.high_mv, part.low_mv):
        left = x(least)
        bars.append(
            {"left": left, "wide": max(1.0, round(x(most) - left, 1)), "mean": x(mean), "text": f"{mean / 1000:.2f} V"}
        )
    return {
        "bars": bars,
        "marks": [{"at": x(volt * 1000), "text": str(volt)} for volt in (-12, -9, -6, -3, 0, 3, 6, 9, 12)],
        "wide": WIDE,
    }


KINDS = (Table, Listing, Curve, Plateaus)
