"""Letters: what each character of the screens is sent as, cell for cell, to a terminal that lacks some of them."""

from __future__ import annotations

import unicodedata

from rich.cells import get_character_cell_size

# One ASCII character for each glyph that Textual or these screens draw, so that nothing moves.
GLYPHS: dict[int, str] = {
    **dict.fromkeys(map(ord, "─━═╌╍┄┅┈┉▁▂▔╸╺╴╶"), "-"),
    **dict.fromkeys(map(ord, "│┃║╎╏┆┇┊┋▎▏▌▐▕▊"), "|"),
    **dict.fromkeys(map(ord, "┌┐└┘├┤┬┴┼╭╮╯╰┏┓┗┛╔╗╚╝╠╣╦╩╬┠┨"), "+"),
    **dict.fromkeys(map(ord, "▀▄▆▅▇█▃▒▓░"), "#"),
    **dict.fromkeys(map(ord, "●◉■◼✓✔"), "*"),
    **dict.fromkeys(map(ord, "○◌□◯"), "o"),
    **dict.fromkeys(map(ord, "▲⚠"), "!"),
    **dict.fromkeys(map(ord, "◐◑◒◓"), "~"),
    **dict.fromkeys(map(ord, "✗✘×"), "x"),
    **dict.fromkeys(map(ord, "·•∙"), "."),
    **dict.fromkeys(map(ord, "›»▸▶→"), ">"),
    **dict.fromkeys(map(ord, "‹«◂◀←"), "<"),
    **dict.fromkeys(map(ord, "↑"), "^"),
    **dict.fromkeys(map(ord, "↓▼▾"), "v"),
    **dict.fromkeys(map(ord, "–—‐‑−"), "-"),
    **dict.fromkeys(map(ord, "‘’"), "'"),
    **dict.fromkeys(map(ord, "“”"), '"'),
    **dict.fromkeys(map(ord, "…"), "."),
    **dict.fromkeys(map(ord, "\u00a0\u202f"), " "),
}
# Letters and signs that are no ASCII letter with something on it.
_NEAR = dict(zip("œŒæÆßøØłŁđĐðÐþÞıµ°€£¥§", "oOaAsoOlLdDdDpPiuoELYS", strict=True))
_BRAILLE = range(0x2800, 0x2900)
_DOTS = (" ", ".", ":", "#")  # by the number of dots: none, a few, half, many


class Letters(dict[int, str]):
    """A table for `str.translate`, filled as characters come: their own, or an ASCII one in their place.

    With `ascii_lines` lines, bars and marks are drawn in ASCII and of the rest only letters go through; `charset`
    is what the terminal's bytes can say, by its Python name. What Unicode gives no meaning is a question mark.
    """

    def __init__(self, charset: str, ascii_lines: bool) -> None:
        super().__init__()
        self._charset = charset
        self._whole = charset == "utf-8"
        self._ascii_lines = ascii_lines or not self._whole

    def __missing__(self, code: int) -> str:
        found = self[code] = self._of(chr(code))
        return found

    def _of(self, char: str) -> str:
        if char.isascii():
            return char
        if self._whole and not self._ascii_lines:
            # How many cells a terminal gives a character that has no meaning is anybody's guess.
            return "?" * get_character_cell_size(char) if unicodedata.category(char) in ("Cn", "Co") else char
        if (glyph := GLYPHS.get(ord(char))) is not None:
            return glyph
        if ord(char) in _BRAILLE:
            return _DOTS[(bin(ord(char) - _BRAILLE.start).count("1") + 2) // 3]
        cells = get_character_cell_size(char)
        if cells == 0:
            return ""
        if cells == 1 and unicodedata.category(char)[0] == "L" and self._sayable(char):
            return char
        base = _NEAR.get(char) or unicodedata.normalize("NFKD", char)[0]
        return (base if base.isascii() and base.isprintable() else "?") * cells

    def _sayable(self, char: str) -> bool:
        try:
            char.encode(self._charset)
        except UnicodeEncodeError:
            return False
        return True
