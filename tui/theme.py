"""The colours of the screens: the terminal's own sixteen, five of the 256, or none, as its profile says."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from textual.app import App
from textual.filter import Monochrome, NoColor
from textual.theme import BUILTIN_THEMES

from tui.profile import Palette, Profile

THEME: Final = replace(BUILTIN_THEMES["ansi-dark"], name="evlink", primary="ansi_cyan", accent="ansi_cyan")
"""The terminal's own sixteen colours, so that it looks at home on a dark screen as on a light one."""

FULL: Final = replace(
    THEME,
    name="evlink-full",
    primary="#0087d7",
    accent="#0087d7",
    success="#008700",
    warning="#af5f00",
    error="#d70000",
)
"""Five of the 256 colours that stand out from black and from white alike (at least 3.9 to 1), on the terminal's own
background: whatever palette it has, a warning is no pale yellow on white."""


def dress(app: App[int], profile: Profile) -> None:
    """Give an app the colours, and the classes of its style sheets, of a profile."""
    app.register_theme(THEME)
    app.register_theme(FULL)
    app.theme = THEME.name
    if profile.palette is Palette.FULL:
        app.theme = FULL.name
        app.add_class("-full")
    app.set_class(profile.plain or profile.charset != "utf-8", "-ascii")
    if profile.plain:
        app.add_class("-plain")
        # Textual chose its filter by the theme that it starts with, which has colours of its own.
        app.no_color = True
        app._filters = [one for one in app._filters if not isinstance(one, Monochrome | NoColor)]
        app._filters.append(NoColor())
