"""The terminal in lines: numbered menus, one question a line, for what can't hold a screen or reads aloud.

It writes nothing but text and line ends: no cursor orders, no colour. Nothing here imports Textual or Rich, so that
it starts at once on a small machine.
"""
