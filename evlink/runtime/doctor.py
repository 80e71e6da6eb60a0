"""The station's own examination: what is in order, what is not, and what to do about it."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from evlink.report.words import event_name
from evlink.runtime.rpc import ADMIN, Method, NoParams, Session
from evlink.settings.label import Label
from evlink.settings.status_words import warning as warning_words
from evlink.storage.database import Database
from evlink.storage.state import StatePaths

OK, WARN, BAD = "ok", "warn", "bad"
_LEAST_FREE = 64 << 20
_FIRST_DAY = datetime(2025, 1, 1, tzinfo=UTC)  # before this no station of this software was made
_SOCKETS = frozenset({"evlink.sock", "login.sock"})

# What to do about an event, where there is more to say than to look at the part itself.
_ADVICE: Mapping[int, Label] = {
    1: Label("check the reader's cable, or restart the station", "vérifier le câble du lecteur, ou redémarrer"),
    3: Label("see the log of control (control.log)", "voir le journal du contrôle (control.log)"),
    5: Label("cut the power and have the contactor checked", "couper l'alimentation et faire vérifier le contacteur"),
    6: Label("replace the surge arrester", "remplacer le parafoudre"),
    7: Label("close the enclosure", "fermer l'enveloppe"),
    11: Label("close breaker and residual-current device", "refermer disjoncteur et différentiel"),
    12: Label(
        "check wiring and address of the meter: evlink meters",
        "vérifier câblage et adresse du compteur : evlink meters",
    ),
    24: Label("check the modem's power and its SIM", "vérifier l'alimentation du modem et sa SIM"),
    30: Label(
        "check address, network and certificate: evlink supervision",
        "vérifier adresse, réseau et certificat : evlink supervision",
    ),
    31: Label(
        "check the time server's name, DNS and firewall", "vérifier le nom du serveur de temps, le DNS et le pare-feu"
    ),
}
_LOOK = Label("see the report: evlink report", "voir le rapport : evlink report")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: how it is, and what to do where it is not well."""

    what: Label
    state: str
    how: Label
    todo: Label | None = None

    def document(self) -> dict[str, Any]:
        """As the socket tells it."""
        todo = self.todo or Label("", "")
        return {
            "check": self.what.en,
            "check_fr": self.what.fr,
            "state": self.state,
            "detail": self.how.en,
            "detail_fr": self.how.fr,
            "todo": todo.en,
            "todo_fr": todo.fr,
        }


FINE = Label("in order", "en ordre")


def board(document: Mapping[str, Any]) -> Finding:
    """Board and control: whether every outlet is measured."""
    what = Label("Board and control", "Carte et contrôle")
    silent = "KO" in ((document.get("events") or {}).get("3") or [])
    state = (document.get("station") or {}).get("state")
    if silent or state == "starting":
        why = next(
            (f": {said}" for said in (document.get("station") or {}).get("warnings", ()) if said.startswith("evlink-")),
            "",
        )
        return Finding(what, BAD, Label(f"control is silent{why}", f"le contrôle se tait{why}"), _ADVICE[3])
    return Finding(what, OK, FINE)


def events(document: Mapping[str, Any]) -> list[Finding]:
    """Every event that is KO, with what to do."""
    found = []
    for number, cells in sorted((document.get("events") or {}).items(), key=lambda item: int(item[0])):
        if "KO" in cells:
            outlets = ", ".join(str(at) for at, cell in enumerate(cells, 1) if cell == "KO")
            what = Label(event_name("en", int(number)), event_name("fr", int(number)))
            how = Label(f"KO on outlet {outlets}", f"KO sur la prise {outlets}")
            found.append(Finding(what, BAD, how, _ADVICE.get(int(number), _LOOK)))
    return found


def meters(document: Mapping[str, Any]) -> list[Finding]:
    """Each outlet's meter."""
    found = []
    for outlet in document.get("outlets") or ():
        meter = outlet.get("meter") or {}
        what = Label(f"Meter of outlet {outlet['id']}", f"Compteur de la prise {outlet['id']}")
        if meter.get("health") in ("internal", "ok", "starting", None):
            found.append(Finding(what, OK, FINE))
            continue
        problem = str(meter.get("problem") or meter.get("health"))
        found.append(Finding(what, BAD, Label(problem, str(meter.get("problem_fr") or problem)), _ADVICE[12]))
    return found


def links(document: Mapping[str, Any], supervised: bool) -> list[Finding]:
    """Supervision, its queue, and the Modbus server."""
    station = document.get("station") or {}
    link, server = station.get("supervision") or {}, station.get("modbus") or {}
    found = []
    what = Label("Supervision", "Supervision")
    if not supervised:
        found.append(Finding(what, OK, Label("not set up", "non configurée")))
    elif link.get("connected"):
        found.append(Finding(what, OK, Label("connected", "connectée")))
    else:
        why = str(link.get("last_error") or "")
        how = Label(f"not connected {why}".strip(), f"non connectée {why}".strip())
        found.append(Finding(what, BAD, how, _ADVICE[30]))
    if str(link.get("url") or "").startswith(("ws:", "http:")) and supervised:
        how = Label("what is said can be overheard", "les échanges peuvent être écoutés")
        found.append(Finding(what, WARN, how, Label("use wss:// (R-128)", "utiliser wss:// (R-128)")))
    if server.get("enabled"):
        what = Label("Modbus server", "Serveur Modbus")
        if server.get("port"):
            found.append(Finding(what, OK, Label("listens", "à l'écoute")))
        else:
            how = Label(str(server.get("last_error") or "does not listen"), str(server.get("last_error") or "fermé"))
            found.append(Finding(what, BAD, how, Label("check port and address", "vérifier port et adresse")))
    return found


def clock(now: datetime, by_server: bool, silent: bool) -> Finding:
    """The time of day."""
    what = Label("Clock", "Horloge")
    if now < _FIRST_DAY:
        how = Label(f"it shows {now:%Y-%m-%d}", f"elle indique le {now:%Y-%m-%d}")
        return Finding(what, BAD, how, Label("set date and time", "régler la date et l'heure"))
    if silent:
        how = Label("the time server does not answer", "le serveur de temps ne répond pas")
        return Finding(what, BAD, how, _ADVICE[31])
    source = (
        Label("by a time server", "par un serveur de temps") if by_server else Label("set by hand", "réglée à la main")
    )
    return Finding(what, OK, source)


def disk(root: Path) -> Finding:
    """Room on the disk of the state directory."""
    what = Label("Disk", "Disque")
    usage = shutil.disk_usage(root)
    free = usage.free >> 20
    how = Label(f"{free} MiB free", f"{free} Mio libres")
    if usage.free < _LEAST_FREE:
        todo = Label("make room: records can't be stored soon", "faire de la place : bientôt plus d'enregistrement")
        return Finding(what, BAD, how, todo)
    if usage.free < usage.total // 20:
        return Finding(what, WARN, how, Label("make room", "faire de la place"))
    return Finding(what, OK, how)


def permissions(paths: StatePaths) -> Finding:
    """Rights on the state directory: nobody else may read what is in it (S29)."""
    what = Label("Permissions", "Droits")
    if stat.S_IMODE(paths.root.stat().st_mode) & 0o077:
        how = Label(f"{paths.root} is open to others", f"{paths.root} est ouvert à d'autres")
        return Finding(what, BAD, how, Label(f"chmod 700 {paths.root}", f"chmod 700 {paths.root}"))
    # What is below software is not secret; a socket's own rights are said in the protocol.
    for path in sorted(paths.root.iterdir()):
        mode = path.lstat().st_mode
        if stat.S_ISREG(mode) and stat.S_IMODE(mode) & 0o077:
            how = Label(f"{path.name} is open to others", f"{path.name} est ouvert à d'autres")
            return Finding(what, BAD, how, Label(f"chmod 600 {path}", f"chmod 600 {path}"))
    return Finding(what, OK, FINE)


def accounts(due: Sequence[str]) -> Finding:
    """Factory passwords that nobody has replaced (R-028)."""
    what = Label("Accounts", "Comptes")
    if not due:
        return Finding(what, OK, FINE)
    names = ", ".join(due)
    how = Label(f"{names}: factory password", f"{names} : mot de passe d'usine")
    return Finding(what, WARN, how, Label("log in and set a new one", "se connecter et en définir un nouveau"))


def warnings(texts: Sequence[str]) -> list[Finding]:
    """What the station warns of by itself."""
    what = Label("Warning", "Avertissement")
    return [Finding(what, WARN, Label(text, warning_words("fr", text))) for text in texts]


def factory_passwords(db: Database) -> list[str]:
    """The accounts that still have their factory password."""
    return [one.account for one in db.accounts.all() if one.password_due]


@dataclass(frozen=True, slots=True)
class Patient:
    """What is examined, of a station that runs."""

    paths: StatePaths
    status: Callable[[], Mapping[str, Any]]
    wall: Callable[[], datetime]
    supervised: Callable[[], bool]
    by_server: Callable[[], bool]


def examine(patient: Patient, due: Sequence[str]) -> list[Finding]:
    """Everything, in the order of a walk through the station."""
    document = patient.status()
    silent = "KO" in ((document.get("events") or {}).get("31") or [])
    told = {"3", "12", "30", "31"}  # these stand in a line of their own
    rest = {**document, "events": {n: c for n, c in (document.get("events") or {}).items() if n not in told}}
    return [
        board(document),
        *meters(document),
        clock(patient.wall(), patient.by_server(), silent),
        *links(document, patient.supervised()),
        disk(patient.paths.root),
        permissions(patient.paths),
        accounts(due),
        *events(rest),
        *warnings((document.get("station") or {}).get("warnings") or ()),
    ]


def table(patient: Patient, due: Callable[[], Any]) -> dict[str, Method]:
    """The method; `due` gives the accounts with factory passwords."""

    async def doctor(session: Session, params: NoParams) -> dict[str, Any]:
        found = examine(patient, await due())
        return {"running": True, "findings": [one.document() for one in found]}

    return {"doctor": Method(NoParams, doctor, ADMIN)}


def offline_table(paths: StatePaths, due: Callable[[], Any]) -> dict[str, Method]:
    """The same where no station runs, as far as files tell."""

    async def doctor(session: Session, params: NoParams) -> dict[str, Any]:
        what = Label("Station", "Borne")
        start = Label("evlink run, or systemctl start evlink", "evlink run, ou systemctl start evlink")
        asleep = Finding(what, BAD, Label("it does not run", "elle ne fonctionne pas"), start)
        found = [asleep, disk(paths.root), permissions(paths), accounts(await due())]
        return {"running": False, "findings": [one.document() for one in found]}

    return {"doctor": Method(NoParams, doctor, ADMIN)}
