"""Words of import and export."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "export": ("Export", "Export"),
    "import": ("Import", "Import"),
    "file.export_to": ("File to write", "Fichier à écrire"),
    "file.import_from": ("File to read", "Fichier à lire"),
    "file.written": ("Written: {path} ({n}).", "Écrit : {path} ({n})."),
    "file.exists": ("{path} exists already; give another name.", "{path} existe déjà ; donnez un autre nom."),
    "file.failed": ("{path}: {why}", "{path} : {why}"),
    "file.kind": ("Give a name that ends in .toml or .cfg.", "Le nom doit finir par .toml ou .cfg."),
    "file.place": (
        "On this machine, in the account that opened the terminal.",
        "Sur cette machine, dans le compte qui a ouvert l'outil.",
    ),
    "file.same": ("The file changes nothing.", "Le fichier ne change rien."),
    "file.changes": ("{n} settings would change:", "{n} réglages changeraient :"),
    "file.changes.one": ("{n} setting would change:", "{n} réglage changerait :"),
    "file.apply": ("Apply these changes?", "Appliquer ces modifications ?"),
    "file.applied": ("{n} settings imported.", "{n} réglages importés."),
    "file.applied.one": ("{n} setting imported.", "{n} réglage importé."),
    "file.applied_restart": (
        "{n} settings imported; restart the station for all to apply.",
        "{n} réglages importés ; redémarrez la borne pour tous les appliquer.",
    ),
    "file.applied_restart.one": (
        "{n} setting imported; restart the station for it to apply.",
        "{n} réglage importé ; redémarrez la borne pour l'appliquer.",
    ),
    "file.text": ("it is no UTF-8 text", "ce n'est pas un texte UTF-8"),
    "file.notices": ("{n} notices:", "{n} remarques :"),
    "file.notices.one": ("{n} notice:", "{n} remarque :"),
}
