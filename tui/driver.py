"""How bytes reach the terminal: Textual's Linux driver without the requests that nobody needs on a slow line."""

from __future__ import annotations

import os
import selectors
import sys
from codecs import getincrementaldecoder
from contextlib import suppress
from queue import Full
from typing import Any

from textual._parser import ParseError
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

from tui.letters import Letters
from tui.profile import Profile
from tui.shadow import Shadow

_TICK = 0.1  # s; after this long an escape alone is the Escape key
_CHUNK = 4096
# A VT220 that sends eight-bit controls: CSI and SS3 in one byte.
_EIGHT_BIT = {0x9B: "\x1b[", 0x8F: "\x1bO"}

# Asked for by Textual at start and end. Focus reports, synchronised output and in-band resize serve nothing here;
# an old terminal prints parts of them, and at 9600 baud each costs.
_UNWANTED = frozenset({"\x1b[?1004h", "\x1b[?1004l", "\x1b[?2026$p", "\x1b[?2048$p", "\x1b[?2048h", "\x1b[?2048l"})
_PLAIN_UNWANTED = _UNWANTED | {"\x1b[<u", "\x1b[?2004h", "\x1b[?2004l"}


class LeanDriver(LinuxDriver):
    """The driver of every profile: no request that only costs bytes, and only cells that changed.

    A plain terminal gets nothing that a VT220 or a Linux console can't take. What the app's profile says of the
    character set holds for both directions.
    """

    def __init__(self, app: App[Any], *, profile: Profile | None = None, **options: Any) -> None:
        super().__init__(app, **options)
        self._profile = profile or getattr(app, "profile", None) or Profile(plain=False, term="")
        self._unwanted = _PLAIN_UNWANTED if self._profile.plain else _UNWANTED
        self._letters = Letters(self._profile.charset, self._profile.plain)
        self._shadow = Shadow(*super()._get_terminal_size())
        # The stream's own encoding is that of the locales that this machine knows, which may be fewer.
        reconfigure = getattr(sys.__stderr__, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding=self._profile.charset, errors="replace")

    def _get_terminal_size(self) -> tuple[int, int]:
        size = super()._get_terminal_size()
        self._shadow.resize(*size)
        return size

    def forget(self) -> None:
        """Send everything again from now on, as after noise on the line."""
        self._shadow.forget()

    def hold(self) -> None:
        """Let the terminal stand still, and leave the mouse to it: what it shows can be selected and copied."""
        self._disable_mouse_support()
        self._shadow.held = True

    def release(self) -> None:
        """Send what changed meanwhile, and take the mouse back."""
        self._shadow.held = False
        self._enable_mouse_support()
        self.write("")

    def write(self, data: str) -> None:
        """Write to the terminal what changes it, in letters that it has."""
        if data not in self._unwanted and (orders := self._shadow.feed(data.translate(self._letters))):
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

    def run_input_thread(self) -> None:
        """Read keys until the exit, in the terminal's character set; bytes that are none, as noise, are passed over."""
        parser = XTermParser(self._debug)
        decoder = getincrementaldecoder(self._profile.charset)("ignore")
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(_TICK):
                    data = os.read(self.fileno, _CHUNK)
                    if not data:
                        break  # the end of an input that is no terminal
                    text = decoder.decode(data)
                    if self._profile.charset != "utf-8":
                        text = text.translate(_EIGHT_BIT)
                    for event in parser.feed(text) if text else ():
                        self.process_message(event)
                for event in parser.tick():
                    self.process_message(event)
        with suppress(EOFError, ParseError):
            for _ in parser.feed(""):
                pass
