"""How bytes reach the terminal: Textual's Linux driver without the requests that nobody needs on a slow line."""

from __future__ import annotations

import sys
from contextlib import suppress
from queue import Full
from typing import Any

from textual.drivers.linux_driver import LinuxDriver

from tui.shadow import Shadow

# Asked for by Textual at start and end. Focus reports, synchronised output and in-band resize serve nothing here;
# an old terminal prints parts of them, and at 9600 baud each costs.
_UNWANTED = frozenset({"\x1b[?1004h", "\x1b[?1004l", "\x1b[?2026$p", "\x1b[?2048$p", "\x1b[?2048h", "\x1b[?2048l"})
_PLAIN_UNWANTED = _UNWANTED | {"\x1b[<u", "\x1b[?2004h", "\x1b[?2004l"}

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


class LeanDriver(LinuxDriver):
    """The driver of the colour profile: no request that only costs bytes, and only cells that changed."""

    unwanted = _UNWANTED

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._shadow = Shadow(*super()._get_terminal_size())

    def _get_terminal_size(self) -> tuple[int, int]:
        size = super()._get_terminal_size()
        self._shadow.resize(*size)
        return size

    def forget(self) -> None:
        """Send everything again from now on, as after noise on the line."""
        self._shadow.forget()

    def write(self, data: str) -> None:
        """Write to the terminal what changes it."""
        if data not in self.unwanted and (orders := self._shadow.feed(data)):
            self._queue(orders)

    def _queue(self, orders: str | None) -> None:
        """Queue orders for the thread that writes; one that died with its terminal takes none, and nobody waits."""
        thread = self._writer_thread
        while thread is not None and thread.is_alive():
            with suppress(Full):
                thread._queue.put(orders, timeout=0.2)
                return

    def close(self) -> None:
        """End the thread that writes, once it has written all."""
        self._queue(None)
        if self._writer_thread is not None:
            self._writer_thread.join()

    def _run_input_thread(self) -> None:
        # A terminal that hung up fails to read; that ends the stay, and is no crash.
        with suppress(OSError):
            self.run_input_thread()


class PlainDriver(LeanDriver):
    """The driver of the plain profile: ASCII glyphs, and nothing that a VT220 or a Linux console can't take."""

    unwanted = _PLAIN_UNWANTED

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # With an eight-bit locale a character without a code would become a six-character escape on the screen.
        reconfigure = getattr(sys.__stderr__, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")

    def write(self, data: str) -> None:
        """Write to the terminal, every glyph replaced one for one."""
        super().write(data.translate(GLYPHS))
