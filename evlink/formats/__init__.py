"""Texts and values: what a file of settings, badges or charges says, and how it is written. Opens no file."""
