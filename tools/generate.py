"""The generator of the documents that follow from the settings: `python -m tools.generate [--check]`.

Writes docs/settings.md, docs/examples/station.toml and the manual in both languages; with --check it only tells which
of them are out of date.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from evlink.formats import toml
from evlink.settings.conditions import Always
from evlink.settings.facts import Facts, Model
from evlink.settings.internal import SETTINGS as INTERNALS
from evlink.settings.kinds import Choice, Value
from evlink.settings.model import Apply, FromFact, Right, Role, Scope, Setting, Store
from evlink.settings.registry import ACTIONS, EXTENSIONS, MANUAL, SETTINGS, settings_of
from evlink.settings.tabs import TABS
from evlink.settings.values import Values
from tools.manual import manual

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs/settings.md"
EXAMPLE = ROOT / "docs/examples/station.toml"
MANUALS = ROOT / "docs/manual"

LANGUAGES = ("en", "fr")
_WORDS = {
    "factory": ("factory", "usine"),
    "none": ("none", "aucune"),
    "delivered": ("as delivered", "comme livrée"),
    "else": ("else", "sinon"),
    "shown": ("shown where", "affiché si"),
    "editable": ("can be changed where", "modifiable si"),
    "save": ("takes effect when saved", "agit à l'enregistrement"),
    "restart": ("takes effect after a restart", "agit après un redémarrage"),
    "outlet": ("one value an outlet", "une valeur par prise"),
    "only": ("only on", "seulement sur"),
    "most": ("at most", "au plus"),
    "leave": ("meant to be left alone", "à ne pas modifier"),
    "carried": ("kept and exported, without effect yet", "conservé et exporté, encore sans effet"),
    "fact": ("shown, never set", "affiché, jamais réglé"),
    "action": ("done, never stored", "exécuté, jamais enregistré"),
    "secret": ("never shown nor exported", "jamais affiché ni exporté"),
}
_COLON = {"en": ":", "fr": " :"}
_RIGHTS = {Right.NONE: "-", Right.READ: "r", Right.WRITE: "rw"}

_INTRODUCTION = """# Settings

*Generated from the declarations in `evlink/settings/` by `python -m tools.generate`; do not edit.*

Every setting has a **key**: its name in TOML files (as tables), in `evlink get`, `evlink set KEY=VALUE` and on the
socket. Where there is one value an outlet, its number may stand before the last part
(`energy_management.outlets.1.derated_current`); without it, every outlet is meant. Rights: `rw` read and write, `r`
read only, `-` not shown; they are those that hold in the end, the tab's and the setting's together.

*Chaque paramètre a une **clé** : son nom dans les fichiers TOML (en tables), dans `evlink get` et `evlink set
CLÉ=VALEUR` et sur la socket. Là où chaque prise a sa valeur, son numéro peut précéder la dernière partie ; sans lui,
toutes les prises sont visées. Droits : `rw` lecture et écriture, `r` lecture seule, `-` non affiché ; ce sont les
droits effectifs, ceux de l'onglet et du paramètre réunis.*
"""

_INTERNAL = """## Without a screen · Sans écran

Keys of the `.cfg` that no screen shows, for Admin on the command line and in files. Those marked *carried* are kept
and exported without effect yet.

*Clés du `.cfg` qu'aucun écran ne montre, pour Admin en ligne de commande et dans les fichiers. Celles marquées*
carried *sont conservées et exportées, encore sans effet.*

| key | `.cfg` | label | libellé | allowed | factory | |
|---|---|---|---|---|---|---|
"""

_EXAMPLE = """# Every setting that can be exported, with its factory value on a two-outlet Parking station.
#
#   evlink import station.toml --dry-run     tells what would change
#   evlink import station.toml               changes all of it, or nothing
#
# Keep the lines you need: what is left out stays as it is. Where there is one value an outlet, a table such as
# [energy_management.outlets.1] sets one outlet, and [energy_management.outlets] every outlet that has none.
# Lines that differ from station to station are commented out. Passwords and badges are not among the settings.
# `evlink export station.toml` writes such a file for a station as it is set.

"""

OWN = (
    "configuration.general.station_name",
    "configuration.network.ip_address",
    "configuration.network.ip_address_outlet2",
    "configuration.wifi.ip_address",
    "configuration.supervision.box_identity",
)
"""Settings that no two stations share, so an example for many must not set them."""


def _word(name: str, lang: str) -> str:
    return _WORDS[name][LANGUAGES.index(lang)]


def reference() -> str:
    """The reference of all settings in both languages, as Markdown."""
    parts = [_INTRODUCTION]
    for tab in TABS:
        settings = settings_of(tab.id)
        actions = [action for action in ACTIONS if action.tab == tab.id]
        if not settings and not actions:
            continue
        parts.append(f"## {tab.label.en} · {tab.label.fr}\n")
        for setting in settings:
            parts.append(_described(setting))
        if actions:
            parts.append("| action | label | libellé | Admin | User | |\n|---|---|---|---|---|---|")
            for action in actions:
                rights = " | ".join("x" if action.right(role) else "-" for role in (Role.ADMIN, Role.USER))
                parts[-1] += (
                    f"\n| `{action.id}` | {action.label.en} | {action.label.fr} | {rights} | "
                    f"{action.note.en} *{action.note.fr}* |"
                )
            parts[-1] += "\n"
    parts.append(_INTERNAL + "".join(_internal_row(setting) for setting in INTERNALS))
    return "\n".join(parts)


def _described(setting: Setting) -> str:
    lines = [f"### {setting.label.en} · {setting.label.fr}\n", f"`{setting.key}`\n"]
    if setting.note:
        lines.append(f"{setting.note.en} *{setting.note.fr}*\n")
    if setting.warning:
        lines.append(f"**{setting.warning.en}** ***{setting.warning.fr}***\n")
    for lang in LANGUAGES:
        lines.append(f"- {'; '.join(_facts(setting, lang))}")
    lines.append(f"- Admin `{_RIGHTS[setting.right(Role.ADMIN)]}`, User `{_RIGHTS[setting.right(Role.USER)]}`")
    if setting.cfg is not None:
        lines.append(f"- `.cfg`: `[{setting.cfg.section}] {setting.cfg.key}`")
    return "\n".join(lines) + "\n"


def _facts(setting: Setting, lang: str) -> Iterator[str]:
    yield _allowed(setting, lang)
    if setting.bound_by:
        yield f"{_word('most', lang)} `{setting.bound_by}`"
    if setting.store is Store.VALUE and not setting.secret:
        yield f"{_word('factory', lang)}{_COLON[lang]} {_factory(setting, lang)}"
    if setting.store is not Store.VALUE:
        yield _word(setting.store.value, lang)
    elif setting.admin is Right.WRITE:
        yield _word("restart" if setting.apply is Apply.RESTART else "save", lang)
    if setting.secret:
        yield _word("secret", lang)
    if setting.scope is Scope.OUTLET:
        yield _word("outlet", lang)
    if set(setting.models) != set(Model):
        yield f"{_word('only', lang)} {', '.join(m.value for m in Model if m in setting.models)}"
    yield from _conditions(setting, lang)
    if setting.do_not_modify:
        yield _word("leave", lang)
    if setting.carried:
        yield _word("carried", lang)


def _conditions(setting: Setting, lang: str) -> Iterator[str]:
    for name, condition in (("shown", setting.visible), ("editable", setting.editable)):
        if not isinstance(condition, Always):
            yield f"{_word(name, lang)}{_COLON[lang]} {condition.text(lang)}"


def _allowed(setting: Setting, lang: str) -> str:
    if isinstance(setting.kind, Choice):
        return ", ".join(f"`{o.id}` ({o.label.text(lang)})" for o in setting.kind.options)
    return setting.kind.allowed().text(lang)


def _factory(setting: Setting, lang: str) -> str:
    if isinstance(setting.factory, FromFact):
        return f"{_word('delivered', lang)} (`{setting.factory.name}`)"
    if isinstance(setting.factory, tuple):
        cases = []
        for case in setting.factory:
            when = _word("else", lang) if isinstance(case.when, Always) else case.when.text(lang)
            cases.append(f"`{_plain(case.value)}` ({when})")
        return ", ".join(cases)
    return f"`{_plain(setting.factory)}`" if setting.factory != "" else _word("none", lang)


def _plain(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _internal_row(setting: Setting) -> str:
    assert setting.cfg is not None
    marks = ["carried"] if setting.carried else []
    if setting.scope is Scope.OUTLET:
        marks.append("per outlet")
    if setting.store is Store.FACT:
        marks.append("read only")
    cells = (
        f"`{setting.key}`",
        f"`[{setting.cfg.section}] {setting.cfg.key}`",
        setting.label.en,
        setting.label.fr,
        setting.kind.allowed().en,
        _factory(setting, "en"),
        ", ".join(marks),
    )
    return f"| {' | '.join(cells)} |\n"


def example() -> str:
    """The commented example: every exportable setting with its factory value, per outlet without a number."""
    values = Values(Facts())
    wanted = [s for s in (*MANUAL, *EXTENSIONS, *INTERNALS) if s.exportable]
    text = toml.write({s.key: values.get(s.key) for s in wanted}, comment=_comment)
    for key in OWN:
        name = key.rpartition(".")[2]
        head, mark, rest = text.partition(f"[{key.rpartition('.')[0]}]\n")
        text = head + mark + rest.replace(f"\n{name} = ", f"\n# {name} = ", 1)
    return _EXAMPLE + text


def _comment(path: str) -> Iterator[str]:
    setting = SETTINGS[path]
    models = "" if set(setting.models) == set(Model) else f" ({', '.join(sorted(setting.models))} only)"
    yield f"{setting.label.en} / {setting.label.fr}: {setting.kind.allowed().en}{models}"
    if setting.note:
        yield setting.note.en


def documents() -> dict[Path, str]:
    """Every generated file with its text."""
    return {REFERENCE: reference(), EXAMPLE: example(), **{MANUALS / f"{lang}.md": manual(lang) for lang in LANGUAGES}}


def main(arguments: list[str] | None = None) -> int:
    """Write the documents, or with --check tell which are out of date; 1 where one is."""
    parser = argparse.ArgumentParser(prog="python -m tools.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="only tell which files are out of date")
    check = parser.parse_args(arguments).check
    stale = 0
    for path, text in documents().items():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale += 1
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        name = path.relative_to(ROOT)
        print(f"{name} is out of date: run `make format`" if check else f"{name} written", file=sys.stderr)
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
