"""French marks stay with their words where a text is wrapped."""

from __future__ import annotations

import pytest

from tui.wrapping import wrap

TEXT = "Vérifier son câble et son alimentation ; redémarrer la borne : « 99 » n'est pas permis !"


@pytest.mark.parametrize("width", range(16, 90))
def test_no_line_begins_with_a_mark(width: int) -> None:
    lines = wrap(TEXT, width)
    assert " ".join(lines) == TEXT
    assert max(map(len, lines)) <= width
    assert [line for line in lines if line[0] in ";:!?»" or line.endswith("«")] == []


def test_a_word_longer_than_the_width_is_cut() -> None:
    assert wrap("abcdefghij ;", 6) == ["abcdef", "ghij ;"]
