"""Values that a setting may have, for properties that hold for every setting."""

from __future__ import annotations

from hypothesis import strategies as st

from evlink.settings.facts import Facts, Model
from evlink.settings.kinds import Choice, Flag, Value, Whole
from evlink.settings.model import Setting
from evlink.settings.values import Values

_PARKING = Values(Facts())


def valid(setting: Setting) -> st.SearchStrategy[Value]:
    """Any value of its own kind that a Parking station offers; texts keep their factory value."""
    kind = setting.kind
    if isinstance(kind, Whole):
        return st.integers(kind.min, kind.max)
    if isinstance(kind, Choice):
        return st.sampled_from(kind.ids(Model.PARKING))
    if isinstance(kind, Flag):
        return st.booleans()
    return st.just(_PARKING.get(setting.key))
