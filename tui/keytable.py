"""Every key of the terminal: one table of what can be done by a key, where, and how it is called in both languages.

Screens and widgets take their bindings from here, so do help, palette, manual and the file that changes keys. Nothing
hangs on F1 to F5, Alt, Ctrl+Enter or Shift+Tab alone: a VT220 keeps some of those to itself and lacks the others.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from evlink.settings.label import Label


@dataclass(frozen=True, slots=True)
class Key:
    """One action and its keys. The part of the id before the dot is the place where it works (`PLACES`).

    `keys` are Textual's names. `anywhere` comes before all that a field does with a key. `offered` stands in the
    palette. `twin` names the action that does the same.
    """

    id: str
    keys: tuple[str, ...]
    action: str
    name: Label
    help: Label = field(default_factory=lambda: Label(""))
    anywhere: bool = False
    offered: bool = False
    twin: str = ""

    @property
    def place(self) -> str:
        """Where it works."""
        return self.id.partition(".")[0]


PLACES: Final[dict[str, Label]] = {
    "app": Label("Everywhere", "Partout"),
    "main": Label("On every tab", "Sur tous les onglets"),
    "bar": Label("On the header and the tabs", "Dans l'en-tête et les onglets"),
    "form": Label("On settings", "Dans les paramètres"),
    "choice": Label("On a choice", "Sur un choix"),
    "flag": Label("On a check box", "Sur une case à cocher"),
    "press": Label("On a button", "Sur un bouton"),
    "lines": Label("On a page", "Dans une page"),
    "listing": Label("On a list", "Dans une liste"),
    "status": Label("On the live status", "Dans le statut en direct"),
    "badges": Label("On the badges", "Dans les badges"),
    "badge": Label("While a badge is edited", "Pendant la modification d'un badge"),
    "capture": Label("While badges are read", "Pendant la lecture des badges"),
    "history": Label("On the charges", "Dans les charges"),
    "report": Label("On the report", "Dans le rapport"),
    "update": Label("On the versions", "Dans les versions"),
    "login": Label("At the login", "À la connexion"),
    "confirm": Label("In a question", "Dans une question"),
    "staged": Label("On the list of staged changes", "Dans la liste des modifications"),
    "file": Label("Where a file is chosen", "Dans le choix d'un fichier"),
    "date": Label("On the date and time", "Sur la date et l'heure"),
    "calendar": Label("On the calendar", "Sur le calendrier"),
    "ask": Label("Where a text is asked for", "Quand un texte est demandé"),
    "pick": Label("In a list of choices", "Dans une liste de choix"),
    "palette": Label("In the search", "Dans la recherche"),
    "jump": Label("While letters are shown", "Quand les lettres sont affichées"),
    "page": Label("On a page of help", "Dans une page d'aide"),
}

_CLOSE = Label("Close", "Fermer")
_CLOSE_HELP = Label("closes without doing anything", "ferme sans rien faire")
_DOWN, _UP = Label("Down", "Bas"), Label("Up", "Haut")
_PAGE_DOWN, _PAGE_UP = Label("Page down", "Page suivante"), Label("Page up", "Page précédente")
_BELOW, _ABOVE = Label("the line below", "la ligne suivante"), Label("the line above", "la ligne précédente")

KEYS: Final[tuple[Key, ...]] = (
    # everywhere
    Key(
        "app.leave",
        ("f10",),
        "leave",
        Label("Exit", "Quitter"),
        Label(
            "leaves the terminal; unsaved changes are asked about",
            "quitte l'outil ; demande s'il reste des modifications",
        ),
        anywhere=True,
        offered=True,
    ),
    Key("app.leave_too", ("ctrl+q",), "leave", Label("Exit", "Quitter"), anywhere=True, twin="app.leave"),
    Key(
        "app.tell_how",
        ("ctrl+c",),
        "tell_how",
        Label("How to leave", "Comment quitter"),
        Label("only says how to leave", "dit seulement comment quitter"),
        anywhere=True,
    ),
    Key(
        "app.redraw",
        ("ctrl+l",),
        "redraw",
        Label("Draw again", "Redessiner"),
        Label("draws the whole screen again, as after noise on the line", "redessine tout l'écran, après un parasite"),
        offered=True,
    ),
    Key(
        "app.language",
        ("f6",),
        "language",
        Label("Language", "Langue"),
        Label(
            "turns the screens to the other language; what is staged stays",
            "change la langue des écrans ; les modifications restent",
        ),
        offered=True,
    ),
    Key(
        "app.freeze",
        ("f9", "ctrl+y"),
        "freeze",
        Label("Hold the screen", "Figer l'écran"),
        Label(
            "holds the screen still and lets the mouse select text, until any key",
            "fige l'écran et laisse la souris sélectionner, jusqu'à une touche",
        ),
        anywhere=True,
        offered=True,
    ),
    # every tab
    Key(
        "main.help",
        ("f1", "ctrl+g", "question_mark"),
        "help",
        Label("Help", "Aide"),
        Label("help on the field, the tab and the keys", "aide sur le champ, l'onglet et les touches"),
        offered=True,
    ),
    Key(
        "main.save",
        ("f2", "ctrl+s"),
        "save",
        Label("Save", "Enregistrer"),
        Label("saves all staged changes", "enregistre toutes les modifications"),
        offered=True,
    ),
    Key(
        "main.staged",
        ("f3", "ctrl+t"),
        "staged",
        Label("Staged changes", "Modifications en attente"),
        Label("lists what is staged, to save or undo it", "liste les modifications, pour enregistrer ou annuler"),
        offered=True,
    ),
    Key(
        "main.palette",
        ("ctrl+p", "slash"),
        "palette",
        Label("Search", "Chercher"),
        Label(
            "finds a setting, a tab or an action by its name in either language",
            "trouve un paramètre, un onglet ou une action par son nom dans l'une des langues",
        ),
        offered=True,
    ),
    Key(
        "main.jump",
        ("ctrl+o", "o"),
        "jump",
        Label("Jump", "Sauter"),
        Label("shows a letter on each field; the letter goes there", "affiche une lettre par champ ; elle y mène"),
        offered=True,
    ),
    Key(
        "main.refresh",
        ("f5", "ctrl+r"),
        "refresh_pane",
        Label("Refresh", "Actualiser"),
        Label("asks the station again", "redemande à la borne"),
        offered=True,
    ),
    Key(
        "main.about",
        ("f7",),
        "about",
        Label("About", "À propos"),
        Label("the station and its versions", "la borne et ses versions"),
        offered=True,
    ),
    Key(
        "main.logout",
        ("f8",),
        "logout",
        Label("Log out", "Déconnexion"),
        Label("ends the session and shows the login", "ferme la session et montre la connexion"),
        offered=True,
    ),
    Key("main.leave", ("q",), "app.leave", Label("Exit", "Quitter"), twin="app.leave"),
    Key(
        "main.out",
        ("escape",),
        "out",
        Label("To the tabs", "Aux onglets"),
        Label("from a field to the tabs, where letters are keys", "du champ aux onglets, où une lettre est une touche"),
    ),
    Key(
        "main.previous",
        ("left_square_bracket",),
        "beside(-1)",
        Label("Previous sub-tab", "Sous-onglet précédent"),
        Label("the sub-tab before, on into the tab before", "le sous-onglet précédent, puis l'onglet d'avant"),
        offered=True,
    ),
    Key(
        "main.next",
        ("right_square_bracket",),
        "beside(1)",
        Label("Next sub-tab", "Sous-onglet suivant"),
        Label("the sub-tab after, on into the tab after", "le sous-onglet suivant, puis l'onglet d'après"),
        offered=True,
    ),
    Key("main.down", ("down",), "next_field(1)", Label("Next field", "Champ suivant"),
        Label("Tab does too, across all columns", "Tab aussi, d'une colonne à l'autre")),
    Key("main.up", ("up",), "next_field(-1)", Label("Previous field", "Champ précédent"),
        Label("Shift+Tab does too", "Maj+Tab aussi")),
    *(
        Key(f"main.tab{n}", (str(n),), f"tab({n})", Label(f"Tab {n}", f"Onglet {n}"),
            Label("opens the tab of that number", "ouvre l'onglet de ce numéro"))
        for n in range(1, 8)
    ),
    # widgets
    Key("bar.previous", ("left",), "move(-1)", Label("Item before", "Élément précédent")),
    Key("bar.next", ("right",), "move(1)", Label("Item after", "Élément suivant")),
    Key("bar.open", ("enter",), "open", Label("Open", "Ouvrir"),
        Label("goes on into what it opens", "entre dans ce qui s'ouvre")),
    Key("form.undo", ("ctrl+z",), "undo", Label("Undo", "Annuler"),
        Label("puts the field back to the station's value", "remet le champ à la valeur de la borne")),
    Key("form.page_down", ("pagedown",), "page(1)", _PAGE_DOWN,
        Label("several fields down", "plusieurs champs plus bas")),
    Key("form.page_up", ("pageup",), "page(-1)", _PAGE_UP, Label("several fields up", "plusieurs champs plus haut")),
    Key("choice.previous", ("left",), "step(-1)", Label("Choice before", "Choix précédent")),
    Key("choice.next", ("right", "space"), "step(1)", Label("Choice after", "Choix suivant")),
    Key("choice.list", ("enter",), "list", Label("List", "Liste"),
        Label("lists all choices", "affiche tous les choix")),
    Key("flag.turn", ("space", "enter", "left", "right"), "turn", Label("Tick", "Cocher"),
        Label("ticks, or takes the tick away", "coche ou décoche")),
    Key("press.press", ("enter", "space"), "press", Label("Press", "Appuyer"), Label("does it", "l'exécute")),
    Key("lines.up", ("up",), "up", _UP, _ABOVE),
    Key("lines.down", ("down",), "down", _DOWN, _BELOW),
    Key("lines.page_up", ("pageup", "ctrl+b"), "page(-1)", _PAGE_UP),
    Key("lines.page_down", ("pagedown", "ctrl+f"), "page(1)", _PAGE_DOWN),
    Key("lines.home", ("home",), "end(False)", Label("First line", "Première ligne")),
    Key("lines.end", ("end",), "end(True)", Label("Last line", "Dernière ligne")),
    Key("listing.left", ("left",), "column(-1)", Label("Columns before", "Colonnes précédentes")),
    Key("listing.right", ("right",), "column(1)", Label("Columns after", "Colonnes suivantes")),
    Key("listing.choose", ("enter",), "choose", Label("Choose", "Choisir"),
        Label("opens or takes the line", "ouvre ou prend la ligne")),
    # panes
    Key("status.view", ("v",), "next_view", Label("View", "Vue"),
        Label("picture, table, oscilloscope", "image, tableau, oscilloscope")),
    Key("status.scope", ("p",), "scope", Label("Oscilloscope", "Oscilloscope"),
        Label("draws the pilot signal, or goes back", "trace le signal pilote, ou revient")),
    Key("status.hold", ("space",), "hold_wave", Label("Freeze", "Figer"),
        Label("freezes the wave form, or lets it run", "fige la courbe, ou la laisse courir")),
    Key("status.zoom", ("z",), "zoom", Label("Zoom", "Zoom"),
        Label("draws 2, 5 or 10 periods of the pilot", "trace 2, 5 ou 10 périodes du pilote")),
    Key("status.outlet", ("n",), "next_outlet", Label("Next outlet", "Prise suivante"),
        Label("turns the oscilloscope to the next outlet", "passe l'oscilloscope à la prise suivante")),
    Key("badges.mark", ("space",), "mark", Label("Select", "Cocher"),
        Label("selects the badge, or no longer", "coche le badge, ou le décoche")),
    Key("badges.mark_page", ("a",), "mark_page", Label("Select the page", "Cocher la page"),
        Label("selects all badges of the page, or none", "coche tous les badges de la page, ou aucun")),
    Key("badges.mark_all", ("A",), "mark_all", Label("Select all", "Tout cocher"),
        Label("selects all badges of the filter, or none", "coche tous les badges du filtre, ou aucun")),
    Key("badges.filter", ("f",), "filter", Label("Filter", "Filtrer"),
        Label("types a part of identifier or comment", "saisit une partie de l'identifiant ou du commentaire")),
    Key("badges.type", ("t",), "type", Label("Change badge type", "Changez le type de badge"),
        Label("of the badges selected, else of the one at hand", "des badges cochés, sinon du badge courant")),
    Key("badges.capture", ("c",), "capture", Label("Badges by reader", "Badges par le lecteur"),
        Label("adds or deletes badges by presenting them", "ajoute ou supprime des badges en les présentant")),
    Key("badges.next", ("n",), "turn(1)", Label("Page after", "Page suivante")),
    Key("badges.previous", ("p",), "turn(-1)", Label("Page before", "Page précédente")),
    Key("badges.out", ("escape",), "out", _CLOSE,
        Label("drops an edit, the filter, then the selection", "abandonne une modification, le filtre, la sélection")),
    Key("badges.delete", ("delete",), "delete", Label("Delete", "Supprimer"),
        Label("deletes the badges selected, else the one at hand",
              "supprime les badges cochés, sinon le badge courant")),
    Key("badges.add", ("insert",), "add", Label("Add", "Ajouter"), Label("adds a badge", "ajoute un badge")),
    Key("badge.give_up", ("escape",), "give_up", _CLOSE, _CLOSE_HELP),
    Key("badge.down", ("down",), "app.focus_next", _DOWN),
    Key("badge.up", ("up",), "app.focus_previous", _UP),
    Key("capture.give_up", ("escape",), "give_up", _CLOSE, Label("stops and closes", "arrête et ferme")),
    Key("capture.down", ("down",), "app.focus_next", _DOWN),
    Key("capture.up", ("up",), "app.focus_previous", _UP),
    Key("history.sort", ("s",), "sort", Label("Sort", "Trier"), Label("by a column", "par une colonne")),
    Key("history.turn", ("r",), "turn", Label("Turn round", "Inverser"),
        Label("the other way round", "dans l'autre sens")),
    Key("report.next", ("n",), "next", Label("Next section", "Section suivante")),
    Key("report.previous", ("p",), "previous", Label("Section before", "Section précédente")),
    Key("report.export", ("e",), "export", Label("Export", "Exporter"),
        Label("writes it as an HTML file", "l'écrit en fichier HTML")),
    Key("update.begin", ("u",), "begin", Label("Update", "Mise à jour"),
        Label("installs a package", "installe un paquet")),
    # screens
    Key("login.down", ("down",), "app.focus_next", _DOWN),
    Key("login.up", ("up",), "app.focus_previous", _UP),
    Key("login.help", ("f1", "ctrl+g"), "help", Label("Help", "Aide")),
    Key("confirm.no", ("escape",), "answer(False)", Label("No", "Non")),
    Key("confirm.previous", ("left", "up"), "app.focus_previous", _UP),
    Key("confirm.next", ("right", "down"), "app.focus_next", _DOWN),
    Key("confirm.page_down", ("pagedown",), "page(1)", _PAGE_DOWN),
    Key("confirm.page_up", ("pageup",), "page(-1)", _PAGE_UP),
    Key("staged.close", ("escape",), "close", _CLOSE, _CLOSE_HELP),
    Key("staged.save", ("f2", "ctrl+s"), "save", Label("Save", "Enregistrer"),
        Label("saves all of them", "les enregistre toutes")),
    Key("staged.undo", ("ctrl+z", "delete"), "undo", Label("Undo", "Annuler"),
        Label("puts this one back to the station's value", "remet celle-ci à la valeur de la borne")),
    Key("staged.previous", ("left", "up"), "app.focus_previous", _UP),
    Key("staged.next", ("right", "down"), "app.focus_next", _DOWN),
    Key("file.give_up", ("escape",), "give_up", _CLOSE, _CLOSE_HELP),
    Key("file.to_list", ("down",), "screen.to_list", Label("To the list", "Vers la liste")),
    Key("file.complete", ("tab",), "screen.complete", Label("Complete", "Compléter"),
        Label("completes the name as far as it is clear", "complète le nom tant qu'il est certain")),
    Key("file.up", ("backspace",), "up", Label("Folder above", "Dossier parent")),
    Key("date.give_up", ("escape",), "give_up", _CLOSE, _CLOSE_HELP),
    Key("calendar.day_before", ("left",), "days(-1)", Label("Day before", "Jour précédent")),
    Key("calendar.day_after", ("right",), "days(1)", Label("Day after", "Jour suivant")),
    Key("calendar.week_before", ("up",), "days(-7)", Label("Week before", "Semaine précédente")),
    Key("calendar.week_after", ("down",), "days(7)", Label("Week after", "Semaine suivante")),
    Key("calendar.month_before", ("pageup",), "months(-1)", Label("Month before", "Mois précédent")),
    Key("calendar.month_after", ("pagedown",), "months(1)", Label("Month after", "Mois suivant")),
    Key("calendar.year_before", ("less_than_sign",), "months(-12)", Label("Year before", "Année précédente")),
    Key("calendar.year_after", ("greater_than_sign",), "months(12)", Label("Year after", "Année suivante")),
    Key("calendar.month_first", ("home",), "edge(False)", Label("First of the month", "Premier du mois")),
    Key("calendar.month_last", ("end",), "edge(True)", Label("Last of the month", "Dernier du mois")),
    Key("calendar.today", ("t",), "today", Label("Today", "Aujourd'hui")),
    Key("calendar.take", ("space", "enter"), "take", Label("Take", "Choisir")),
    Key("ask.give_up", ("escape",), "give_up", _CLOSE, _CLOSE_HELP),
    Key("pick.give_up", ("escape",), "give_up", _CLOSE, _CLOSE_HELP),
    Key("pick.down", ("down",), "list('down')", _DOWN, _BELOW),
    Key("pick.up", ("up",), "list('up')", _UP, _ABOVE),
    Key("pick.page_down", ("pagedown",), "list('page(1)')", _PAGE_DOWN),
    Key("pick.page_up", ("pageup",), "list('page(-1)')", _PAGE_UP),
    Key("palette.give_up", ("escape",), "give_up", _CLOSE, _CLOSE_HELP),
    Key("palette.down", ("down",), "list(1)", _DOWN, _BELOW),
    Key("palette.up", ("up",), "list(-1)", _UP, _ABOVE),
    Key("palette.page_down", ("pagedown",), "list(8)", _PAGE_DOWN),
    Key("palette.page_up", ("pageup",), "list(-8)", _PAGE_UP),
    Key("jump.give_up", ("escape",), "give_up", _CLOSE, _CLOSE_HELP),
    Key("page.leave", ("escape", "q", "f1", "ctrl+g", "question_mark", "enter", "f7"), "leave", _CLOSE),
)  # fmt: skip
"""The table, in the order in which help and manual list it."""

BY_ID: Final[dict[str, Key]] = {key.id: key for key in KEYS}
