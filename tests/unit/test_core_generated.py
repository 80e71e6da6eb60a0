"""The generated C: nothing of Python in a step."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "evlink" / "_core.c"
PARTS = (
    "_contactor", "_current", "_energy", "_faults", "_inputs", "_latency", "_live", "_outlet", "_permit", "_pilot",
    "_table", "_plateau", "_protect", "_seqlock", "_sequence", "_step",
)  # fmt: skip
HEAD = re.compile(r"^static CYTHON_INLINE [^;{}]*?\b(__pyx_f_6evlink_\d+(_[a-z]+)_(\w+))\([^;{}]*\) \{$", re.MULTILINE)
FORBIDDEN = re.compile(r"\b(Py[A-Z_]\w*|__Pyx_\w+|malloc|calloc|realloc|free)\s*\(|\bwith_gil\b|PyGILState")


def bodies() -> dict[str, str]:
    """Every C function that the parts became, by Cython name."""
    if not SOURCE.exists():
        pytest.skip("evlink/_core.c is not kept in this installation")
    text = re.sub(r"/\*.*?\*/", "", SOURCE.read_text(encoding="utf-8"), flags=re.DOTALL)
    found = {}
    for match in HEAD.finditer(text):
        end = text.index("\n}", match.end())
        found[f"{match[2]}.{match[3]}"] = text[match.end() : end]
    return found


@pytest.mark.parametrize("part", PARTS)
def test_no_python_call_in_a_step(part: str) -> None:
    """No Py*, no __Pyx_* call, no allocation in any function of the parts."""
    mine = {name: body for name, body in bodies().items() if name.startswith(f"{part}.")}
    assert mine, f"no function of {part} found: the test no longer reads the C right"
    for name, body in mine.items():
        assert not FORBIDDEN.search(body), f"{name}: {FORBIDDEN.search(body)}"


def test_the_step_is_among_them() -> None:
    """The functions that make a step are all seen by this test."""
    wanted = {
        "_step.feed",
        "_step.tick",
        "_pilot.pilot_window",
        "_plateau.measure",
        "_protect.missing",
        "_live.live_loop",
    }
    assert wanted <= bodies().keys()


def test_every_part_is_searched() -> None:
    """No file of the core is left out: those without a function hold structs, or C of their own."""
    without = {"_frame", "_lanes", "_os"}
    assert {path.stem for path in SOURCE.parent.glob("_*.pxd")} == {*PARTS, *without}
    lanes = re.sub(r"/\*.*?\*/", "", (SOURCE.parent / "_lanes.h").read_text(encoding="utf-8"), flags=re.DOTALL)
    assert not FORBIDDEN.search(lanes)


def test_the_search_finds_python() -> None:
    """The pattern itself finds what it must."""
    assert FORBIDDEN.search("x = PyObject_Call(f, a)")
    assert FORBIDDEN.search("__Pyx_RaiseTooManyValues (2)")
    assert not FORBIDDEN.search("x = __pyx_f_6evlink_6_pilot_rank(state);")
