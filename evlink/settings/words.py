"""Pairs of words that several flags share."""

from __future__ import annotations

from evlink.settings.kinds import Flag
from evlink.settings.label import Label

YES_NO = Flag(Label("Yes", "Oui"), Label("No", "Non"))
TICKED = Flag(Label("Ticked", "Cochée"), Label("Not ticked", "Non cochée"))
