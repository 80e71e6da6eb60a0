"""What each sub-tab is for, in both languages; the settings on it explain themselves."""

from __future__ import annotations

from typing import Final

HELP: Final[dict[str, tuple[str, str]]] = {
    "configuration.general": (
        "Name and kind of the station, and who may charge. Export writes the configuration to a file that another "
        "station can import; badges and passwords are not in it.",
        "Nom et type de la borne, et qui peut charger. L'export écrit la configuration dans un fichier qu'une autre "
        "borne peut importer ; ni badges ni mots de passe n'y figurent.",
    ),
    "configuration.date_time": (
        "The clock of the station. It dates charge records and events.",
        "L'horloge de la borne. Elle date les charges et les événements.",
    ),
    "configuration.network": (
        "Addresses of the station. Station and computer must share a subnet; after a change the station restarts "
        "under its new address.",
        "Adresses de la borne. Borne et ordinateur doivent être du même sous-réseau ; après un changement la borne "
        "redémarre à sa nouvelle adresse.",
    ),
    "configuration.supervision": (
        "The link to an OCPP supervision. Prefer wss:// over ws:// and http://, which can be overheard.",
        "La liaison avec une supervision OCPP. Préférez wss:// à ws:// et http://, qui peuvent être écoutés.",
    ),
    "energy_management.advanced": (
        "How two outlets share the available power, and whether an external system may limit the current.",
        "Comment deux prises partagent la puissance disponible, et si un système externe peut limiter le courant.",
    ),
    "energy_management.outlets": (
        "Currents and inputs of each outlet. The working current is the least of derated current, cable, share, "
        "active input and external limit. Changing currents takes knowledge of the electrical installation.",
        "Courants et entrées de chaque prise. Le courant utilisé est le plus petit entre courant déclassé, câble, "
        "partage, entrée active et limite externe. Modifier un courant exige de connaître l'installation.",
    ),
    "energy_management.meters": (
        "Where energy comes from: the built-in transformers and an entered voltage, or a meter an outlet.",
        "D'où vient l'énergie : les transformateurs internes et une tension saisie, ou un compteur par prise.",
    ),
    "authentication": (
        "The badges of this station. User badges charge, VIP badges charge with priority in a cluster, Admin badges "
        "add and delete badges at the station and stop any charge; they can't be used to charge.",
        "Les badges de cette borne. Un badge Utilisateur charge, un badge VIP charge en priorité dans un cluster, un "
        "badge Admin ajoute et supprime des badges à la borne et arrête toute charge ; il ne sert pas à charger.",
    ),
    "charge_history.history": (
        "The last 30 charges, newest first. Export writes up to 3000 to a .csv file.",
        "Les 30 dernières charges, la plus récente en tête. L'export en écrit jusqu'à 3000 dans un fichier .csv.",
    ),
    "charge_history.publication": (
        "How often and by which way charge records are sent. Charges already sent are not sent again.",
        "À quelle fréquence et par quel moyen les charges sont envoyées. Une charge envoyée ne l'est plus.",
    ),
    "maintenance.status": (
        "What each outlet does now, in three views. The picture shows the outlet, its limit and which rule set it, the "
        "session's steps and course, and what to do about faults. The table has every value of the manual; Outlet "
        "Status is for experts. The oscilloscope draws the pilot signal with its levels, duty cycle, frequency and "
        "glitches: a noisy cable shows there. Only events that are KO on some outlet are listed. Stop the refresh to "
        "read at leisure.",
        "Ce que fait chaque prise, en trois vues. L'image montre la prise, sa limite et la règle qui la fixe, les "
        "étapes et le cours de la session, et que faire en cas de défaut. Le tableau donne toutes les valeurs du "
        "manuel ; Outlet Status s'adresse aux experts. L'oscilloscope trace le signal pilote avec ses niveaux, son "
        "rapport cyclique, sa fréquence et ses parasites : un câble perturbé s'y voit. Seuls les événements KO sur une "
        "prise sont listés. Arrêtez l'actualisation pour lire à loisir.",
    ),
    "maintenance.report": (
        "All that the station says of itself now, in the sections of the manual, every event included, OK or KO; N and "
        "P go from section to section. Export writes the same as one HTML file, in the report's own language, for "
        "customer service: treat it as confidential. Secrets stand in it as set or not set only.",
        "Tout ce que la borne dit d'elle-même, dans les sections du manuel, tous les événements compris, OK ou KO ; N "
        "et P vont de section en section. Exporter écrit le même rapport en un fichier HTML, dans la langue propre aux "
        "rapports, pour le service client : il est confidentiel. Les secrets n'y sont que définis ou non définis.",
    ),
    "maintenance.control": (
        "Restart of the station, and the way back to its factory configuration.",
        "Redémarrage de la borne, et retour à la configuration d'usine.",
    ),
    "maintenance.password": (
        "Passwords of the accounts. Admin replaces a lost User password with the own current one; a lost Admin "
        "password can't be recovered. Every station should have its own, renewed every 3 to 6 months.",
        "Mots de passe des comptes. Admin remplace un mot de passe Utilisateur perdu avec le sien ; un mot de passe "
        "Admin perdu ne se retrouve pas. À chaque borne le sien, renouvelé tous les 3 à 6 mois.",
    ),
    "maintenance.update": (
        "Versions of the boards, of this tool and of the badge reader. Update takes a signed package (.epk), or the "
        ".zip that it came in; its release note is shown before anything is installed. The new version is installed "
        "beside the one that runs, waits until nobody charges, and has a minute to get ready: else the old one comes "
        "back by itself. Settings, badges and passwords stay.",
        "Versions des cartes, de cet outil et du lecteur de badges. Mise à jour prend un paquet signé (.epk), ou le "
        ".zip qui le contient ; sa note de version s'affiche avant toute installation. La nouvelle version s'installe "
        "à côté de l'actuelle, attend que personne ne charge, et a une minute pour être prête : sinon l'ancienne "
        "revient d'elle-même. Réglages, badges et mots de passe restent.",
    ),
    "extension": (
        "Settings of this product that the manual doesn't know. Factory values leave them off.",
        "Réglages de ce produit que le manuel ne connaît pas. D'usine, ils sont inactifs.",
    ),
}
