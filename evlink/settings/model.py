"""The vocabulary of settings: rights, roles, tabs, actions, and the declaration of one setting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum, StrEnum

from evlink.settings.conditions import Always, Condition
from evlink.settings.facts import Model
from evlink.settings.kinds import Kind, Secret, Value
from evlink.settings.label import Label


class Right(IntEnum):
    """What an account may do with a setting (R-048); the lesser of two rights is their minimum."""

    NONE = 0
    READ = 1
    WRITE = 2


class Role(StrEnum):
    """Who asks: nobody yet, or one of the two accounts."""

    NONE = "none"
    USER = "user"
    ADMIN = "admin"


class Apply(Enum):
    """When a change takes effect (R-042)."""

    SAVE = "save"
    RESTART = "save_and_restart"


class Scope(Enum):
    """How many values a setting has: one, one an outlet, or one a badge."""

    STATION = "station"
    OUTLET = "outlet"
    BADGE = "badge"


class Store(Enum):
    """Where a setting's value lives: stored as set, read from the station's facts, or only done and forgotten."""

    VALUE = "value"
    FACT = "fact"
    ACTION = "action"


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab or, with a parent, a sub-tab; `user` and `admin` say who may open it (R-049)."""

    id: str
    label: Label
    parent: str = ""
    admin: bool = True
    user: bool = True
    visible: Condition = field(default_factory=Always)

    def right(self, role: Role) -> Right:
        """WRITE where the account may open the tab, NONE where not."""
        open_to = {Role.NONE: False, Role.USER: self.user, Role.ADMIN: self.admin}[role]
        return Right.WRITE if open_to else Right.NONE


@dataclass(frozen=True, slots=True)
class Action:
    """A button of a tab, or of every tab ("*"); `confirm` asks once more before it acts."""

    id: str
    label: Label
    tab: str
    note: Label
    admin: bool = True
    user: bool = True
    confirm: bool = False

    def right(self, role: Role) -> Right:
        """WRITE where the account may press it."""
        allowed = {Role.NONE: False, Role.USER: self.user, Role.ADMIN: self.admin}[role]
        return Right.WRITE if allowed else Right.NONE


class Code(Enum):
    """How a value is written in the .cfg: as it is, as true/false, as 1/0, or never (an encrypted password)."""

    PLAIN = "plain"
    WORD = "word"
    DIGIT = "digit"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Cfg:
    """A setting's place in the .cfg; choices are written by their own codes.

    `blank` is the value that an empty or UNDEFINED entry stands for, where it isn't the plain one of the kind.
    A key that is `rare` is written only where it differs from the factory value (N-60).
    """

    section: str
    key: str
    code: Code = Code.PLAIN
    blank: str | None = None
    rare: bool = False


@dataclass(frozen=True, slots=True)
class FromFact:
    """A value taken from the station's facts, by the fact's name."""

    name: str


@dataclass(frozen=True, slots=True)
class Case:
    """A factory value that holds under a condition; of several, the first that holds counts."""

    when: Condition
    value: Value


Factory = Value | FromFact | tuple[Case, ...]

EVERY_MODEL = frozenset(Model)
WITH_INPUTS = frozenset((Model.PARKING, Model.CITY))
WALLBOX = frozenset((Model.WALLBOX,))


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """One setting, declared once.

    `admin` and `user` are the rights of the parameter; what an account may really do is `right`, the lesser of the
    tab's and these (R-051). `factory` "" means that there is none. `bound_by` names the setting that gives a number's
    maximum. `hidden_fixed` is how models behave that don't show it. `floors` says where the minimum currents apply.
    `required` must be filled in while publication is on. `carried` is kept and exported without effect yet.
    """

    key: str
    label: Label
    kind: Kind
    tab: Tab
    factory: Factory = ""
    admin: Right = Right.WRITE
    user: Right = Right.NONE
    models: frozenset[Model] = EVERY_MODEL
    scope: Scope = Scope.STATION
    store: Store = Store.VALUE
    apply: Apply = Apply.SAVE
    group: str = ""
    visible: Condition = field(default_factory=Always)
    editable: Condition = field(default_factory=Always)
    cfg: Cfg | None = None
    note: Label = field(default_factory=lambda: Label(""))
    warning: Label = field(default_factory=lambda: Label(""))
    bound_by: str = ""
    hidden_fixed: Mapping[Model, Value] = field(default_factory=dict)
    floors: Mapping[Model, Condition] = field(default_factory=dict)
    do_not_modify: bool = False
    power_cycle: bool = False
    required: bool = False
    carried: bool = False

    @property
    def secret(self) -> bool:
        """Whether the value must never be shown, logged or exported."""
        return isinstance(self.kind, Secret)

    @property
    def exportable(self) -> bool:
        """Whether the value goes into exports and comes back from imports."""
        return self.store is Store.VALUE and not self.secret

    @property
    def unit(self) -> str:
        """The unit that a number is counted in, or ""."""
        return str(getattr(self.kind, "unit", ""))

    @property
    def name(self) -> str:
        """The last part of the key."""
        return self.key.rpartition(".")[2]

    def right(self, role: Role) -> Right:
        """What an account may do with it: the lesser of the tab's right and the parameter's (R-051)."""
        own = {Role.NONE: Right.NONE, Role.USER: self.user, Role.ADMIN: self.admin}[role]
        return min(self.tab.right(role), own)

    def path(self, outlet: int | None = None) -> str:
        """The key with the outlet's number in it where there is one value an outlet."""
        if self.scope is not Scope.OUTLET or outlet is None:
            return self.key
        head, _, name = self.key.rpartition(".")
        return f"{head}.{outlet}.{name}"
