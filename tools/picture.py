"""A screen of cells as an SVG: every run of a style is text of its own width, so that no font can move a column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape

from rich.cells import cell_len
from rich.color import Color, blend_rgb
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import TerminalTheme

# Sixteen colours of a dark terminal, chosen to be told apart and to be calm beside one another.
THEME = TerminalTheme(
    (0x16, 0x1B, 0x22),
    (0xC9, 0xD1, 0xD9),
    [
        (0x21, 0x26, 0x2D), (0xE5, 0x6B, 0x6F), (0x7C, 0xC3, 0x7C), (0xD9, 0xA8, 0x4E),
        (0x6C, 0xA4, 0xE8), (0xB5, 0x8B, 0xD9), (0x5C, 0xBF, 0xC7), (0xC9, 0xD1, 0xD9),
    ],
    [
        (0x6E, 0x76, 0x81), (0xF0, 0x8C, 0x8F), (0x9A, 0xD8, 0x9A), (0xE8, 0xC2, 0x7A),
        (0x93, 0xBD, 0xF2), (0xCB, 0xA8, 0xEA), (0x84, 0xD6, 0xDC), (0xFF, 0xFF, 0xFF),
    ],
)  # fmt: skip

_WIDE, _HIGH, _EDGE = 8.4, 17.0, 12.0
_FONT = "'DejaVu Sans Mono', 'Fira Code', Menlo, Consolas, monospace"
_LOOKS = f"text{{font:14px {_FONT};white-space:pre}}.b{{font-weight:bold}}.u{{text-decoration:underline}}"


@dataclass(frozen=True, slots=True)
class Run:
    """Cells of one row in one style: first column, how many, their text, what they look like."""

    x: int
    width: int
    text: str
    colour: ColorTriplet
    ground: ColorTriplet
    style: Style


def svg(rows: Iterable[Iterable[Segment]], width: int, height: int, title: str) -> str:
    """The picture of a screen of `width` by `height` cells, `title` for those who can't see it."""
    grounds, texts = [], []
    for y, row in enumerate(rows):
        for run in _runs(row):
            left, top = _EDGE + run.x * _WIDE, _EDGE + y * _HIGH
            long = run.width * _WIDE
            if run.ground != THEME.background_color:
                grounds.append(
                    f'<rect x="{left:.1f}" y="{top:.1f}" width="{long:.1f}" height="{_HIGH}" fill="{run.ground.hex}"/>'
                )
            if run.text.strip() or run.style.underline:
                texts.append(_text(run, left, top, long))
    all_wide, all_high = width * _WIDE + 2 * _EDGE, height * _HIGH + 2 * _EDGE
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {all_wide:.1f} {all_high:.1f}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>{_LOOKS}</style>",
        f'<rect width="100%" height="100%" rx="8" fill="{THEME.background_color.hex}"/>',
        *grounds,
        *texts,
        "</svg>",
        "",
    ])  # fmt: skip


def _text(run: Run, left: float, top: float, long: float) -> str:
    classes = " ".join(name for name, on in (("b", run.style.bold), ("u", run.style.underline)) if on)
    kind = f' class="{classes}"' if classes else ""
    return (
        f'<text x="{left:.1f}" y="{top + 13:.1f}" textLength="{long:.1f}" lengthAdjust="spacingAndGlyphs"'
        f'{kind} fill="{run.colour.hex}" xml:space="preserve">{escape(run.text, quote=False)}</text>'
    )


def _runs(row: Iterable[Segment]) -> Iterator[Run]:
    """The runs of a row; blanks at the ends of one that nobody sees are left away."""
    joined: list[tuple[str, Style]] = []
    for segment in row:
        style = segment.style or Style()
        if joined and _looks(joined[-1][1]) == _looks(style):
            joined[-1] = (joined[-1][0] + segment.text, style)
        else:
            joined.append((segment.text, style))
    x = 0
    for text, style in joined:
        colour, ground = _colours(style)
        before = x
        x += cell_len(text)
        if ground == THEME.background_color and not style.underline:
            before += len(text) - len(text.lstrip(" "))
            text = text.strip(" ")
        yield Run(before, cell_len(text), text, colour, ground, style)


def _looks(style: Style) -> tuple[object, ...]:
    return (*_colours(style), bool(style.bold), bool(style.underline))


def _colours(style: Style) -> tuple[ColorTriplet, ColorTriplet]:
    """Colour of letters and of what is behind them."""
    colour = _triplet(style.color, THEME.foreground_color)
    ground = _triplet(style.bgcolor, THEME.background_color)
    if style.reverse:
        colour, ground = ground, colour
    return (blend_rgb(colour, ground, 0.4) if style.dim else colour), ground


def _triplet(colour: Color | None, usual: ColorTriplet) -> ColorTriplet:
    return usual if colour is None or colour.is_default else colour.get_truecolor(THEME)
