"""The manual of the terminal in one language, as Markdown: from the declarations, the help texts, the table of keys."""

from __future__ import annotations

from collections.abc import Iterator

from evlink.settings.model import Action, Role, Setting, Tab
from evlink.settings.registry import ACTIONS, settings_of
from evlink.settings.tabs import TABS
from tui.fieldhelp import condition_text, dangers, facts
from tui.helptexts import HELP
from tui.keys import Keymap, listed
from tui.keytable import PLACES
from tui.words import LANGUAGES, WORDS, say

_TEXTS = {
    "title": ("The commissioning terminal", "L'outil de mise en service"),
    "generated": (
        "*Generated from the declarations by `python -m tools.generate`; do not edit.*",
        "*Généré à partir des déclarations par `python -m tools.generate` ; ne pas modifier.*",
    ),
    "start": (
        "`evlink tui` opens it on the station's machine; over SSH and on the serial console it opens by itself. Log in "
        "as Admin or User; a factory password only lets you set a new one. The header names the account; below stand "
        "the station and its outlets, the tabs, the sub-tabs, the open page, a line for messages and a line of keys."
        "\n\n"
        "A change is **staged** first: its field is marked `*`, the line for messages counts them, and nothing "
        "happens in the station until they are saved, all or none. Some take effect only after a restart; saving "
        "then says so. Leaving or logging out with staged changes asks first. A value that isn't allowed is marked "
        "`!` and says at its field what is.",
        "`evlink tui` l'ouvre sur la machine de la borne ; par SSH et sur la console série il s'ouvre tout seul. "
        "Connectez-vous en Admin ou en Utilisateur ; un mot de passe d'usine permet seulement d'en définir un "
        "nouveau. L'en-tête nomme le compte ; dessous viennent la borne et ses prises, les onglets, les sous-onglets, "
        "la page ouverte, une ligne de messages et une ligne de touches.\n\n"
        "Une modification est d'abord **en attente** : son champ porte `*`, la ligne de messages les compte, et rien "
        "ne change dans la borne avant l'enregistrement, de toutes ou d'aucune. Certaines n'agissent qu'après un "
        "redémarrage ; l'enregistrement le dit. Quitter ou se déconnecter avec des modifications en attente demande "
        "confirmation. Une valeur non permise porte `!` et le champ dit ce qui l'est.",
    ),
    "finding": ("Finding one's way", "S'y retrouver"),
    "ways": (
        "{tabs}: digits open tabs, {beside} go through the sub-tabs. {search} (or `/` outside a field) searches all "
        "that the account may see by its name in either language or by its key; {jump} shows a letter on everything in "
        "sight. {help} explains the field at hand. {freeze} holds the screen still, so that the mouse can select and "
        "copy. Nothing needs F1 to F5, Alt, Shift+Tab or a mouse: the search runs every action too.",
        "{tabs} : les chiffres ouvrent les onglets, {beside} parcourent les sous-onglets. {search} (ou `/` hors d'un "
        "champ) cherche tout ce que le compte peut voir, par son nom dans l'une des langues ou par sa clé ; {jump} "
        "affiche une lettre sur tout ce qui est à l'écran. {help} explique le champ courant. {freeze} fige l'écran, "
        "pour que la souris puisse sélectionner et copier. Rien n'exige F1 à F5, Alt, Maj+Tab ou une souris : la "
        "recherche exécute aussi chaque action.",
    ),
    "tabs": ("Tabs", "Onglets"),
    "shown": ("Shown where {when}.", "Affiché si {when}."),
    "admin": ("For Admin only.", "Pour Admin seulement."),
    "actions": ("| button | what it does | Admin | User |", "| bouton | ce qu'il fait | Admin | Utilisateur |"),
    "confirm": ("Asks once more.", "Demande confirmation."),
    "leave": ("Do not modify.", "Ne pas modifier."),
    "keys": ("Keys", "Touches"),
    "keytable": ("| keys | name | what it does | action |", "| touches | nom | ce qu'elle fait | action |"),
    "own": ("Own keys", "Touches personnelles"),
    "own_text": (
        "The file `~/.config/evlink/keys.toml`, or the one that `EVLINK_KEYS` names, gives actions other keys. It is "
        "checked when the terminal opens; a line that names no action, no key, or a key that has a meaning there "
        "already is told in one sentence and counts for nothing, the others do.\n\n"
        '```toml\n[main]\nsave = "F12, Ctrl+S"\njump = ["Ctrl+O", "g"]\n```',
        "Le fichier `~/.config/evlink/keys.toml`, ou celui que nomme `EVLINK_KEYS`, donne d'autres touches aux "
        "actions. Il est vérifié à l'ouverture ; une ligne qui ne nomme ni action ni touche, ou une touche qui a déjà "
        "un sens à cet endroit, est dite en une phrase et ne compte pas ; les autres comptent.\n\n"
        '```toml\n[main]\nsave = "F12, Ctrl+S"\njump = ["Ctrl+O", "g"]\n```',
    ),
}


def manual(lang: str) -> str:
    """The whole manual in a language (`en`, `fr`): use, every tab in order with its settings, keys."""
    return "\n\n".join(_parts(lang)) + "\n"


def _text(name: str, lang: str) -> str:
    return _TEXTS[name][LANGUAGES.index(lang)]


def _parts(lang: str) -> Iterator[str]:
    keymap = Keymap({})

    def key(action: str) -> str:
        return f"`{keymap.shown(action, lang)}`"

    yield f"# {_text('title', lang)}"
    yield _text("generated", lang)
    yield _text("start", lang)
    yield f"## {_text('finding', lang)}"
    yield _text("ways", lang).format(
        tabs=_text("tabs", lang),
        beside=f"{key('main.previous')} {key('main.next')}",
        search=key("main.palette"),
        jump=key("main.jump"),
        help=key("main.help"),
        freeze=key("app.freeze"),
    )
    for tab in TABS:
        yield from _tab(tab, lang)
    yield f"## {_text('keys', lang)}"
    for place, keys in listed():
        rows = [
            f"| {keymap.all_shown(one.id, lang).replace('|', chr(92) + '|')} | {one.name.text(lang)} "
            f"| {one.help.text(lang)} | `{one.id}` |"
            for one in keys
        ]
        yield f"### {PLACES[place].text(lang)}\n\n{_text('keytable', lang)}\n|---|---|---|---|\n" + "\n".join(rows)
    yield f"## {_text('own', lang)}"
    yield _text("own_text", lang)


def _tab(tab: Tab, lang: str) -> Iterator[str]:
    yield f"{'###' if tab.parent else '##'} {tab.label.text(lang)}"
    about = []
    if tab.id in HELP:
        about.append(HELP[tab.id][LANGUAGES.index(lang)])
    if not tab.right(Role.USER):
        about.append(_text("admin", lang))
    if (when := condition_text(tab.visible, lang)) not in ("always", "toujours"):
        about.append(_text("shown", lang).format(when=when))
    if about:
        yield " ".join(about)
    group = ""
    for setting in settings_of(tab.id):
        if setting.group != group:
            group = setting.group
            if (word := f"heading.{group}") in WORDS:
                yield f"**{say(lang, word)}**"
        yield _setting(setting, lang)
    actions = [action for action in ACTIONS if action.tab == tab.id]
    if actions:
        yield f"{_text('actions', lang)}\n|---|---|---|---|\n" + "\n".join(_action(action, lang) for action in actions)


def _setting(setting: Setting, lang: str) -> str:
    lines = [f"#### {setting.label.text(lang)}", "", setting.note.text(lang)]
    for warning in dangers(setting):
        lines += ["", f"> **{warning.text(lang)}**"]
    if setting.do_not_modify:
        lines += ["", f"> **{_text('leave', lang)}**"]
    colon = " :" if lang == "fr" else ":"
    lines += ["", *(f"- {what}{colon} {_cell(setting, what, text, lang)}" for what, text in facts(setting, lang))]
    return "\n".join(lines)


def _cell(setting: Setting, what: str, text: str, lang: str) -> str:
    literal = (say(lang, "fact.key"), say(lang, "fact.cfg"))
    return f"`{text}`" if what in literal else text.replace("*", r"\*").replace("<", r"\<")


def _action(action: Action, lang: str) -> str:
    rights = " | ".join("x" if action.right(role) else "-" for role in (Role.ADMIN, Role.USER))
    more = f" {_text('confirm', lang)}" if action.confirm else ""
    return f"| {action.label.text(lang)} | {action.note.text(lang)}{more} | {rights} |"
