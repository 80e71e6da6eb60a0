"""Words of the forms that are drawn from the declarations."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "form.range": ("{low} to {high}", "{low} à {high}"),
    "form.leave": ("do not modify", "ne pas modifier"),
    "form.secret": (
        "Type to replace it, Del in the empty field clears it; it is never shown.",
        "Saisissez pour le remplacer, Suppr dans le champ vide l'efface ; jamais affiché.",
    ),
    "form.clearing": ("will be cleared", "sera effacé"),
    "form.was": ("was {value}", "avant : {value}"),
    "form.moved": (
        "Changed elsewhere to {value} meanwhile; yours is kept until you save or undo it.",
        "Modifié ailleurs entre-temps : {value} ; votre saisie reste jusqu'à l'enregistrement ou l'annulation.",
    ),
    "form.wrong": ("“{value}” is not allowed; allowed: {allowed}", "« {value} » n'est pas permis ; permis : {allowed}"),
    "form.empty_value": ("It can't be empty; allowed: {allowed}", "Ne peut être vide ; permis : {allowed}"),
    "form.floor": ("Below {one} A it works as 0 A.", "En dessous de {one} A, il vaut 0 A."),
    "form.floors": (
        "Below {one} A it works as 0 A, for a three-phase charge below {three} A.",
        "En dessous de {one} A il vaut 0 A, pour une charge triphasée en dessous de {three} A.",
    ),
    "form.floor_below": (
        "{value} A works as 0 A: the least that works is {one} A, with three phases {three} A.",
        "{value} A vaut 0 A : le minimum utile est {one} A, en triphasé {three} A.",
    ),
    "form.floor_between": (
        "{value} A works as 0 A for a three-phase charge, whose least is {three} A.",
        "{value} A vaut 0 A pour une charge triphasée, dont le minimum est {three} A.",
    ),
    "form.key.staged": ("Changes", "Modifications"),
    "form.empty": ("Nothing here can be set on this station.", "Rien à régler ici sur cette borne."),
    "form.filter": ("Type to search", "Tapez pour chercher"),
    "heading.modbus_server": ("Modbus server", "Serveur Modbus"),
    "heading.meters": ("Meters", "Compteurs"),
    "heading.publication": ("Publication", "Publication"),
    "heading.ocpp": ("OCPP", "OCPP"),
    "heading.main": ("Main configuration", "Configuration principale"),
    "heading.modem": ("Modem configuration", "Configuration du modem"),
    "heading.advanced": ("Advanced configuration", "Configuration avancée"),
    # date and time
    "date.clock": ("Clock of the station", "Horloge de la borne"),
    "date.calendar": ("Calendar", "Calendrier"),
    "date.set": ("Set", "Régler"),
    "date.type_first": ("Type a date and a time first.", "Saisir d'abord une date et une heure."),
    "date.was_set": ("The station's clock was set.", "L'horloge de la borne est réglée."),
    "date.form": ("YYYY-MM-DD HH:MM", "AAAA-MM-JJ HH:MM"),
    "date.time": ("Time", "Heure"),
    "date.time_allowed": ("A time of day such as 14:05 or 14:05:30.", "Une heure telle que 14:05 ou 14:05:30."),
    "date.keys": (
        "Arrows: day, week · {month}: month · {year}: year · {today}: today · Enter: time, then OK",
        "Flèches : jour, semaine · {month} : mois · {year} : année · {today} : aujourd'hui · Entrée : heure, OK",
    ),
    "date.months": (
        "January February March April May June July August September October November December",
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    ),
    "date.days": ("Mo Tu We Th Fr Sa Su", "lu ma me je ve sa di"),
    "date.compare": (
        "Type or pick the right time to compare it with the clock; Set makes the clock take it.",
        "Saisissez ou choisissez l'heure juste pour la comparer à l'horloge ; Régler la lui donne.",
    ),
    "date.right": ("The station's clock agrees.", "L'horloge de la borne est à l'heure."),
    "date.span": ("{n} days", "{n} jours"),
    "date.span.one": ("{n} day", "{n} jour"),
    "date.behind": ("The station's clock is {far} behind that.", "L'horloge de la borne retarde de {far}."),
    "date.ahead": ("The station's clock is {far} ahead of that.", "L'horloge de la borne avance de {far}."),
    # supervision
    "link.connected": ("Supervision connected", "Supervision connectée"),
    "link.not_connected": ("Supervision not connected", "Supervision non connectée"),
    "link.unset": ("no supervision URL is set", "aucune URL de supervision n'est définie"),
    "link.after_restart": ("it begins after a restart", "elle commence après un redémarrage"),
    "link.waiting": (
        "waiting for the supervision to accept the station",
        "la supervision n'a pas encore accepté la borne",
    ),
    "link.refused": ("the supervision does not accept this identity", "la supervision refuse cet identifiant"),
    "link.trying": ("trying", "essai en cours"),
    "link.unknown": ("unknown without a connection to the station", "inconnue sans connexion à la borne"),
    "link.queue": ("{n} messages waiting", "{n} messages en attente"),
    "link.queue.one": ("{n} message waiting", "{n} message en attente"),
    "link.queue_age": ("the oldest for {time}", "le plus ancien depuis {time}"),
    "link.heartbeat": ("last heartbeat {time}", "dernier heartbeat {time}"),
    "link.overheard": ("not encrypted", "non chiffrée"),
}
