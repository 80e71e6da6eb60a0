"""The shadow sends less and shows the same: a VT screen fed by it equals one fed by what it was given."""

from __future__ import annotations

import pyte
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.shadow import Shadow

WIDTH, HEIGHT = 20, 5

_texts = st.text(alphabet="ab é●─ ", min_size=1, max_size=WIDTH)
_sgr = st.sampled_from(
    ["\x1b[m", "\x1b[0m", "\x1b[1m", "\x1b[7m", "\x1b[4;32m", "\x1b[39;49m", "\x1b[33;49m", "\x1b[0;2m"]
)
_moves = st.builds(lambda y, x: f"\x1b[{y};{x}H", st.integers(1, HEIGHT), st.integers(1, WIDTH))


@st.composite
def paintings(draw: st.DrawFn) -> list[str]:
    """Writes as Textual makes them: moves, styled runs that end in a reset, never past the margin."""
    writes = []
    for _ in range(draw(st.integers(1, 6))):
        parts = []
        for _ in range(draw(st.integers(1, 5))):
            y, x = draw(st.integers(1, HEIGHT)), draw(st.integers(1, WIDTH))
            text = draw(_texts)[: WIDTH - x]
            parts += [f"\x1b[{y};{x}H", draw(_sgr), text, "\x1b[0m"]
        parts.append(draw(_moves))
        writes.append("".join(parts))
    return writes


def _screen() -> tuple[pyte.Screen, pyte.Stream]:
    screen = pyte.Screen(WIDTH, HEIGHT)
    return screen, pyte.Stream(screen)


def _cells(screen: pyte.Screen) -> list[tuple[object, ...]]:
    """Every cell as it looks: on a blank, bold and colour don't show."""
    cells: list[tuple[object, ...]] = []
    for y in range(HEIGHT):
        for x in range(WIDTH):
            char = screen.buffer[y][x]
            looks = (char.underscore, char.reverse, char.bg)
            shown = (char.data, *looks) if char.data == " " else (char.data, *looks, char.fg, char.bold)
            cells.append(shown)
    return cells


@settings(max_examples=150, deadline=None)
@given(paintings())
def test_the_screen_is_the_same(writes: list[str]) -> None:
    plain, plain_stream = _screen()
    lean, lean_stream = _screen()
    shadow = Shadow(WIDTH, HEIGHT)
    lean_stream.feed(shadow.feed("\x1b[?1049h"))
    for write in writes:
        plain_stream.feed(write)
        lean_stream.feed(shadow.feed(write))
    assert _cells(lean) == _cells(plain)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.text(alphabet="abc é", min_size=0, max_size=WIDTH - 3), min_size=30, max_size=30),
    st.lists(st.integers(0, 18), min_size=2, max_size=6),
    st.integers(0, 3),
)
def test_a_list_that_scrolls_is_moved(lines: list[str], tops: list[int], head: int) -> None:
    """Lines that are there already are moved, not sent again; the screen is the same, a scrollbar beside it too."""
    height = 14
    plain = pyte.Screen(WIDTH, height)
    lean = pyte.Screen(WIDTH, height)
    plain_stream, lean_stream = pyte.Stream(plain), pyte.Stream(lean)
    shadow = Shadow(WIDTH, height)
    lean_stream.feed(shadow.feed("\x1b[?1049h"))
    for top in tops:
        rows = [f"head {n}" for n in range(head)] + lines[top : top + height - head - 1] + ["foot"]
        painting = "".join(
            f"\x1b[{y};1H\x1b[{'1' if y % 3 else '7'}m{row:<{WIDTH - 1}}\x1b[0m{'#' if y == top % height else ' '}"
            for y, row in enumerate(rows, 1)
        )
        painting = painting.replace("\x1b[1m", "\x1b[0m").replace("\x1b[7m", "\x1b[0m") if top % 2 else painting
        plain_stream.feed(painting)
        lean_stream.feed(shadow.feed(painting))
    assert lean.display == plain.display
    for y in range(height):
        for x in range(WIDTH):
            assert lean.buffer[y][x].reverse == plain.buffer[y][x].reverse


def test_scrolling_a_form_costs_its_new_lines() -> None:
    shadow = Shadow(80, 24)
    shadow.feed("\x1b[?1049h")

    def form(top: int) -> str:
        lines = ("abcdefghij"[(y + top) % 10] * 20 for y in range(7, 20))
        return "".join(f"\x1b[{y};1H{line:<78}" for y, line in enumerate(lines, 7))

    first = len(shadow.feed(form(0)))
    moved = shadow.feed(form(4))
    assert "\x1b[7;19r" in moved
    assert "\x1b[4M" in moved
    assert len(moved) < first / 2
    back = shadow.feed(form(0))
    assert "\x1b[4L" in back


def test_what_is_there_already_is_not_sent_again() -> None:
    shadow = Shadow(80, 24)
    shadow.feed("\x1b[?1049h")
    painting = "\x1b[3;1H\x1b[1mCharging\x1b[0m 15.9 A\x1b[1;1H"
    assert "Charging" in shadow.feed(painting)
    assert shadow.feed(painting) == ""
    changed = shadow.feed(painting.replace("15.9", "16.0"))
    assert "6.0" in changed
    assert "Charging" not in changed
    assert len(changed) < 25


def test_after_noise_everything_is_sent_again() -> None:
    shadow = Shadow(80, 24)
    shadow.feed("\x1b[?1049h")
    shadow.feed("\x1b[1;1HStation")
    shadow.forget()
    assert "Station" in shadow.feed("\x1b[1;1HStation")


@pytest.mark.parametrize("order", ["\x1b[?25l", "\x1b[?2004h", "\x1b[?1000h", "\x1b[>1u", "\x1b[<u"])
def test_modes_pass_through(order: str) -> None:
    shadow = Shadow(80, 24)
    shadow.feed("\x1b[?1049h")
    assert shadow.feed(order) == order


def test_wide_characters_keep_their_two_cells() -> None:
    shadow = Shadow(10, 2)
    screen = pyte.Screen(10, 2)
    stream = pyte.Stream(screen)
    stream.feed(shadow.feed("\x1b[?1049h"))
    stream.feed(shadow.feed("\x1b[1;1H日本語x"))
    assert screen.display[0].startswith("日本語x")
    stream.feed(shadow.feed("\x1b[1;2Hab"))
    assert screen.display[0].replace(" ", "") == "ab語x"
