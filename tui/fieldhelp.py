"""What there is to know of one setting, in words, from its declaration: for the help on a field and for the manual."""

from __future__ import annotations

from collections.abc import Iterator

from evlink.settings.conditions import All, Always, Condition, In, Is, Not
from evlink.settings.facts import Model
from evlink.settings.kinds import Choice, Flag, Value
from evlink.settings.label import Label
from evlink.settings.model import Apply, FromFact, Right, Role, Scope, Setting, Store
from evlink.settings.registry import SETTINGS
from tui.words import say

Fact = tuple[str, str]
"""What is told and what it is: ("Factory", "32 A")."""


def condition_text(condition: Condition, lang: str) -> str:
    """A condition in the words of the screens: names of settings and of choices in place of keys and ids."""
    match condition:
        case Is(key=key, value=value):
            return f"{_name(key, lang)} = {value_text(SETTINGS[key], value, lang)}"
        case In(key=key, values=values):
            words = [value_text(SETTINGS[key], value, lang) for value in values]
            return f"{_name(key, lang)} = {(' ou ' if lang == 'fr' else ' or ').join(words)}"
        case Not(condition=inner):
            return f"{'sauf' if lang == 'fr' else 'not'} ({condition_text(inner, lang)})"
        case All():
            word = " et " if lang == "fr" else " and "
            return word.join(condition_text(inner, lang) for inner in condition.conditions)
        case _:
            return condition.text(lang)


def _name(key: str, lang: str) -> str:
    return f"« {SETTINGS[key].label.text(lang)} »" if lang == "fr" else f"“{SETTINGS[key].label.text(lang)}”"


def value_text(setting: Setting, value: Value, lang: str) -> str:
    """A value as the form shows it, with its unit; `none` for an empty one."""
    if value == "":
        return say(lang, "fact.none")
    text = setting.kind.show(value, lang)
    return f"{text} {setting.unit}" if setting.unit and not isinstance(setting.kind, Choice | Flag) else text


def facts(setting: Setting, lang: str, allowed: str = "") -> Iterator[Fact]:
    """All facts of a setting, in order; `allowed` takes the place of what the declaration allows at most."""
    text = allowed or allowed_text(setting, lang)
    if text:
        yield say(lang, "fact.allowed"), text
    if setting.store is Store.VALUE and not setting.secret:
        yield say(lang, "fact.factory"), factory_text(setting, lang)
    for word, condition in (("fact.shown", setting.visible), ("fact.editable", setting.editable)):
        if not isinstance(condition, Always):
            yield say(lang, word), condition_text(condition, lang)
    if set(setting.models) != set(Model):
        yield say(lang, "fact.models"), ", ".join(model.value for model in Model if model in setting.models)
    if setting.scope is Scope.OUTLET:
        yield say(lang, "fact.per"), say(lang, "fact.per.yes")
    yield say(lang, "fact.applies"), _applies(setting, lang)
    yield say(lang, "fact.rights"), rights_text(setting, lang)
    yield say(lang, "fact.key"), setting.key
    if setting.cfg is not None:
        yield say(lang, "fact.cfg"), f"[{setting.cfg.section}] {setting.cfg.key}"


def allowed_text(setting: Setting, lang: str) -> str:
    """What the declaration allows, whatever the station: choices or a range, and the setting that bounds it."""
    kind = setting.kind
    if setting.store is Store.FACT:
        return ""
    if isinstance(kind, Choice):
        return ", ".join(option.label.text(lang) for option in kind.options)
    if isinstance(kind, Flag):
        return f"{kind.on.text(lang)}, {kind.off.text(lang)}"
    text = kind.allowed().text(lang)
    if setting.bound_by:
        text += ", " + say(lang, "fact.most", what=_name(setting.bound_by, lang))
    return text


def factory_text(setting: Setting, lang: str) -> str:
    """The factory value, or the values with the conditions that decide between them."""
    factory = setting.factory
    if isinstance(factory, FromFact):
        return say(lang, "fact.delivered")
    if not isinstance(factory, tuple):
        return value_text(setting, factory, lang)
    cases = []
    for case in factory:
        value = value_text(setting, case.value, lang)
        if isinstance(case.when, Always):
            cases.append(say(lang, "fact.else", value=value))
        else:
            cases.append(say(lang, "fact.where", value=value, when=condition_text(case.when, lang)))
    return ", ".join(cases)


def _applies(setting: Setting, lang: str) -> str:
    if setting.store is Store.FACT or setting.admin is not Right.WRITE:
        return say(lang, "fact.applies.fact")
    if setting.store is Store.ACTION:
        return say(lang, "fact.applies.action")
    if setting.power_cycle:
        return say(lang, "fact.applies.power")
    return say(lang, "fact.applies.restart" if setting.apply is Apply.RESTART else "fact.applies.save")


def rights_text(setting: Setting, lang: str) -> str:
    """What either account may do with it in the end (R-051)."""
    return ", ".join(
        f"{say(lang, f'account.{role.value}')} {say(lang, f'fact.right.{int(setting.right(role))}')}"
        for role in (Role.ADMIN, Role.USER)
    )


def dangers(setting: Setting) -> tuple[Label, ...]:
    """What is dangerous about it."""
    return (setting.warning,) if setting.warning else ()
