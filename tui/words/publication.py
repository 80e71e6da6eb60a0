"""Words of the Publication settings sub-tab: the next letter, the last one, what waits, and TEST."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "publication.test": ("TEST", "TEST"),
    "publication.do.test": ("test the saved settings", "essayer les paramètres enregistrés"),
    "publication.next": ("Next sending {time}, {unsent}", "Prochain envoi {time}, {unsent}"),
    "publication.never": ("Nothing is sent by itself, {unsent}", "Rien n'est envoyé automatiquement, {unsent}"),
    "publication.unsent": ("{n} charges not sent yet", "{n} charges pas encore envoyées"),
    "publication.unsent.one": ("{n} charge not sent yet", "{n} charge pas encore envoyée"),
    "publication.last": ("Last, {time}, {kind}: {text}", "Dernier envoi, {time}, {kind} : {text}"),
    "publication.kind.records": ("charges", "charges"),
    "publication.kind.alarm": ("alarm", "alarme"),
    "publication.kind.test": ("test", "essai"),
    "publication.waiting": ("Waiting: {name}, try {tries} of {most}, next {time}",
                            "En attente : {name}, essai {tries} sur {most}, prochain {time}"),
    "publication.more": ("{n} more wait", "{n} autres en attente"),
    "publication.more.one": ("{n} more waits", "{n} autre en attente"),
    "publication.testing": ("Testing, {done} of {total}: {step}", "Essai en cours, {done} sur {total} : {step}"),
    "publication.passed": ("Test passed: {text}", "Essai réussi : {text}"),
    "publication.failed": ("Test failed: {text}", "Essai manqué : {text}"),
    "publication.staged": ("The saved settings are tested, not what is staged.",
                           "Ce sont les paramètres enregistrés qui sont essayés, pas ceux en attente."),
    "publication.unknown": ("Nothing is known of the publication without the station.",
                            "Sans la borne, rien n'est connu de la publication."),
}  # fmt: skip
