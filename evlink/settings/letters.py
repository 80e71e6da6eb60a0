"""What the manual's publication screen has no field for: encryption, and the password of alarm mails."""

from __future__ import annotations

from evlink.settings.kinds import Choice, Option, Secret
from evlink.settings.label import Label
from evlink.settings.model import Setting
from evlink.settings.tabs import EXTENSION

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "extension.publication.encryption",
        Label("Publication: encryption", "Publication : chiffrement"),
        Choice(
            (
                Option("offered", Label("Where offered", "Si proposé")),
                Option("required", Label("Required", "Exigé")),
                Option("unchecked", Label("Where offered, any certificate", "Si proposé, tout certificat")),
                Option("never", Label("Never", "Jamais")),
            )
        ),
        EXTENSION,
        factory="offered",
        group="publication",
        note=Label(
            "TLS with mail and FTP servers that offer it; nothing is sent to one whose certificate isn't trusted.",
            "TLS si le serveur le propose ; rien n'est envoyé à celui dont le certificat n'est pas reconnu.",
        ),
    ),
    Setting(
        "extension.publication.alarm_password",
        Label("Alarm mail: password", "Courriel d'alarme : mot de passe"),
        Secret(),
        EXTENSION,
        group="publication",
        note=Label(
            "With AlarmLogin of [REPORT ALARM], where the mail server asks for it.",
            "Avec AlarmLogin de [REPORT ALARM], si le serveur de messagerie le demande.",
        ),
    ),
)
