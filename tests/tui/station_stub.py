"""A station for the terminal's tests: the socket of docs/protocol.md with its state in memory, two outlets charging.

It checks settings with the product's own declarations; only what lies behind them (control, storage, supervision)
is missing. Run it by hand to look at the terminal: `python -m tests.tui.station_stub /tmp/evlink.sock`.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from evlink.settings.check import Checked, check_changes
from evlink.settings.facts import Facts
from evlink.settings.model import Right, Role, Scope, Store
from evlink.settings.password_policy import unmet
from evlink.settings.registry import SETTINGS
from evlink.settings.values import Values

Params = dict[str, Any]


class Refusal(Exception):  # noqa: N818
    """An error to answer with."""

    def __init__(self, code: int, message: str, **data: Any) -> None:
        super().__init__(message)
        self.code, self.message, self.data = code, message, data


@dataclass
class Account:
    """A stored account."""

    role: str
    password: str
    password_due: bool = False


@dataclass
class Link:
    """One connection."""

    writer: asyncio.StreamWriter
    role: str = "none"
    account: str = ""
    due: bool = False
    news: asyncio.Task[None] | None = None


def outlet(number: int, charging: bool) -> Params:
    """An outlet of the status document, as a three-phase Parking station writes it."""
    return {
        "id": number,
        "ev_state": "C_Ready_6V_M12V" if charging else "A_Not_Present_12V",
        "cpw_state": "EV_Charge_StateC" if charging else "EVSE_Available_StateA",
        "cable_state": "32A" if charging else "Not_Plugged",
        "plug": 101 + number,
        "evse_status": ["Normal_Mode_3", "Three-Phase"],
        "outlet_status": "OK_ChargeLoopStarted" if charging else "OK_ChargeAuthorisationStarted",
        "last_error": "Not_Initialized",
        "last_charge_status": "undefined",
        "current_a": [15.9, 16.0, 15.8] if charging else [0.0, 0.0, 0.0],
        "voltage_v": [230.0, 230.0, 230.0],
        "power_w": 10971 if charging else 0,
        "session_energy_wh": 3214 if charging else 0,
        "energy_wh": 1204332 if charging else 88120,
        "limit_a": 16 if charging else 32,
        "limit_reason": "share" if charging else "derated",
        "duty_percent": 26.7 if charging else 100.0,
        "contactor": charging,
        "inputs": {"I_1 BP-Start": False, "I_3 BP-Stop": True},
        "light": "charging" if charging else "available",
        "badge": "E2EB1C02" if charging else "",
        "transaction_id": "607901" if charging else "",
        "pilot": {
            "high_mv": 6010 if charging else 12020,
            "low_mv": -12010 if charging else 12020,
            "frequency_hz": 1000,
            "duty_percent": 26.7,
            "glitches": 0,
        },
        "session_seconds": 1065 if charging else None,
    }


def record(number: int) -> Params:
    """A charge record."""
    return {
        "number": number,
        "station": "3N152820234A1S1B7551700014",
        "outlet": 1 + number % 2,
        "transaction_id": str(607900 + number),
        "uid": "" if number % 5 == 0 else "E00700001F8AC2FB",
        "charge_type": "AC_SINGLE_PHASE" if number % 2 else "AC_THREE_PHASE",
        "start": f"2026-04-{1 + number % 28:02d}T13:40:00+00:00",
        "end": f"2026-04-{1 + number % 28:02d}T13:42:20+00:00",
        "energy_wh": number * 1234 % 40000,
        "socket_type": "TYPE2",
        "duration_s": 140 + number,
        "comment": "",
    }


@dataclass
class Station:
    """The whole state, open to tests."""

    facts: Facts = field(
        default_factory=lambda: Facts(
            mac_address=("00:80:F4:42:55:81", "00:80:F4:42:55:80"),
            board_version=("3.3.0.4",),
            tool_version=("0.1.0",),
            rfid_reader_version=("1.20",),
        )
    )
    token: str = "one-time-token"
    version: int = 1
    restarts: int = 0
    resets: int = 0

    def __post_init__(self) -> None:
        self.values = Values(self.facts)
        self.accounts = {
            "admin": Account("admin", "ADMIN", password_due=True),
            "utilisateur": Account("user", "Utilisateur-2026!"),
            "chef": Account("admin", "Correct-Horse-9!"),
        }
        self.badges: list[Params] = [
            {"number": n, "uid": f"E2EB{n:04X}", "type": "admin" if n == 1 else "user", "comment": ""}
            for n in range(1, 6)
        ]
        self.records = [record(n) for n in range(42, 0, -1)]
        self.document: Params = {
            "station": {
                "name": self.values.get("configuration.general.station_name"),
                "state": "in_service",
                "firmware": "3.3.0.4",
                "restart_needed": False,
                "model": self.facts.model.value,
                "clock": "2026-04-05T14:05:10+02:00",
                "warnings": [],
                "supervision": {"connected": False, "url": "", "protocol": "", "queue": 0, "registration": ""},
            },
            "outlets": [outlet(n, n == 1) for n in self.facts.outlets],
            "events": {str(n): ["OK"] * self.facts.outlet_count for n in (1, 3, 4, 5, 12, 30)},
        }
        self.publication: Params = {"frequency": "disabled", "unsent": 3, "next": None, "queue": [], "last": None}
        self.trial: list[Params] = []
        self.brought: list[Params] = []
        self.capture: Params = {"running": False}
        self.update: Params = {}
        self.clock_set = ""
        self.failures = 0
        self.links: list[Link] = []
        self.calls: list[str] = []
        self._server: asyncio.Server | None = None

    # Serving

    async def start(self, path: Path) -> None:
        """Listen on a socket."""
        self._server = await asyncio.start_unix_server(self._serve, str(path), limit=1 << 20)

    async def stop(self) -> None:
        """Close the socket and every connection, as a station that is killed does."""
        if self._server is not None:
            self._server.close()
        for link in list(self.links):
            link.writer.close()
        if self._server is not None:
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = Link(writer)
        self.links.append(link)
        try:
            while line := await reader.readline():
                request = json.loads(line)
                answer: Params = {"jsonrpc": "2.0", "id": request["id"]}
                try:
                    answer["result"] = self._answer(link, request["method"], request.get("params") or {})
                except Refusal as refusal:
                    answer["error"] = {"code": refusal.code, "message": refusal.message, "data": refusal.data}
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            if link.news is not None:
                link.news.cancel()
            self.links.remove(link)
            writer.close()

    async def _tell(self, link: Link, every: float) -> None:
        sent = ""
        while True:
            text = json.dumps({"jsonrpc": "2.0", "method": "snapshot", "params": self.document})
            if text != sent:
                link.writer.write(text.encode() + b"\n")
                sent = text
            await asyncio.sleep(min(every, 0.05))

    def _answer(self, link: Link, method: str, params: Params) -> Any:
        self.calls.append(method)
        if link.role == "none" and method not in ("hello", "login"):
            raise Refusal(1, "log in first", reason="refused")
        if link.due and method not in ("hello", "login", "logout", "password.change"):
            raise Refusal(6, "set a new password first", reason="password_due")
        name = "do_" + method.replace(".", "_")
        handler: Callable[[Link, Params], Any] | None = getattr(self, name, None)
        if handler is None:
            raise Refusal(-32601, f"{method} is no method")
        return handler(link, params)

    # Methods

    def do_publication_status(self, link: Link, params: Params) -> Params:
        """publication.status"""
        return {**self.publication, "test": self.trial[0] if self.trial else None}

    def do_publication_test(self, link: Link, params: Params) -> Params:
        """publication.test: the next of the reports that a test put down"""
        if len(self.trial) > 1 and params.get("action") != "start":
            del self.trial[0]
        return self.trial[0] if self.trial else {"running": False}

    def do_hello(self, link: Link, params: Params) -> Params:
        """hello"""
        facts = asdict(self.facts)
        facts["model"] = self.facts.model.value
        return {
            "station": self.document["station"]["name"],
            "firmware": "3.3.0.4",
            "protocol": 1,
            "role": link.role,
            "account": link.account,
            "facts": facts,
            "running": True,
        }

    def do_login(self, link: Link, params: Params) -> Params:
        """login"""
        if params.get("token"):
            if params["token"] != self.token:
                raise Refusal(5, "wrong token", reason="login")
            self.token = ""
            link.role, link.account, link.due = "admin", "demo", False
        else:
            account = self.accounts.get(params["account"])
            if account is None or account.password != params["password"]:
                self.failures += 1
                wait = {"wait_s": 4} if self.failures >= 3 else {}
                raise Refusal(5, "wrong account or password", reason="login", **wait)
            link.role, link.account, link.due = account.role, params["account"], account.password_due
        return {"role": link.role, "account": link.account, "password_due": link.due}

    def do_logout(self, link: Link, params: Params) -> Params:
        """logout"""
        link.role = "none"
        return {}

    def do_snapshot(self, link: Link, params: Params) -> Params:
        """snapshot"""
        return self.document

    def do_report(self, link: Link, params: Params) -> Params:
        """report: two pieces, so that whoever asks has to join them"""
        if params.get("format") == "html":
            text = "<!DOCTYPE html><title>Report</title>"
        else:
            rows = [f"Evt #{n}  {'KO' if n == 12 else 'OK'}" for n in range(1, 32)]
            first = ["Maintenance report", "", "1 Product Number", "=" * 16, "Name  Plug #102", "----  ---------"]
            text = "\n".join([*first, "Commercial Ref  EVF2S22P22R", "", "3 Event Status", "=" * 14, *rows, ""])
        half = len(text) // 2
        offset = int(params.get("offset", 0))
        return {"text": text[offset:] if offset else text[:half], "next": None if offset else half}

    def do_clock_set(self, link: Link, params: Params) -> Params:
        """clock.set"""
        self.clock_set = params["moment"]
        return {"clock": params["moment"]}

    def do_update_status(self, link: Link, params: Params) -> Params:
        """update.status"""
        return {
            "phase": "idle",
            "percent": 0,
            "package": None,
            "problem": "",
            "charging": False,
            "last": None,
        } | self.update

    def do_update_begin(self, link: Link, params: Params) -> Params:
        """update.begin"""
        self.update = {"phase": "receiving", "brought": ""}
        return {}

    def do_update_piece(self, link: Link, params: Params) -> Params:
        """update.piece"""
        self.update["brought"] += params["data"]
        return {}

    def do_update_commit(self, link: Link, params: Params) -> Params:
        """update.commit"""
        if not base64.b64decode(self.update["brought"]).startswith(b"PK"):
            self.update = {}
            raise Refusal(2, "the package is damaged", reason="bad_value", fr="le paquet est endommagé")
        package = {"name": "r6.epk", "version": "3.4.0", "built": "2026-11-01", "size": 3 << 20, "beside": "read\x1bme"}
        package |= {"note": "Better sharing.", "note_fr": "Meilleur partage."}
        self.update = {"phase": "ready", "package": package}
        return self.do_update_status(link, params)

    def do_update_install(self, link: Link, params: Params) -> Params:
        """update.install"""
        self.update = {"phase": "waiting", "installed": params["version"]}
        return {}

    def do_update_cancel(self, link: Link, params: Params) -> Params:
        """update.cancel"""
        self.update = {}
        return {}

    def do_subscribe(self, link: Link, params: Params) -> Params:
        """subscribe"""
        link.news = asyncio.create_task(self._tell(link, float(params.get("every", 1))))
        return {}

    def do_settings_list(self, link: Link, params: Params) -> Params:
        """settings.list"""
        role = Role(link.role)
        rows = []
        for setting in SETTINGS.values():
            right = setting.right(role)
            if right is Right.NONE or setting.scope is Scope.BADGE or setting.store is Store.ACTION:
                continue
            for number in self.facts.outlets if setting.scope is Scope.OUTLET else (None,):
                value = self.values.get(setting.key, number)
                shown = self.values.shown(setting, number)
                rows.append(
                    {
                        "key": setting.path(number),
                        "outlet": number,
                        "value": ("set" if value else None) if setting.secret else value,
                        "right": "rw" if right is Right.WRITE else "r",
                        "visible": shown,
                        "editable": right is Right.WRITE
                        and setting.store is Store.VALUE
                        and self.values.open(setting, number),
                        "carried": setting.carried,
                    }
                )
        return {"version": self.version, "settings": rows}

    def do_settings_apply(self, link: Link, params: Params) -> Params:
        """settings.apply"""
        if params.get("base", self.version) != self.version:
            key = next(iter(params["changes"]))
            raise Refusal(3, f"{key} was changed by somebody else", reason="conflict", key=key)
        checked = check_changes(self.values, params["changes"], Role(link.role), imported=params.get("imported", False))
        if not isinstance(checked, Checked):
            problem = checked[0]
            raise Refusal(
                1 if problem.refused else 2,
                problem.sentence(),
                reason="bad_value",
                key=problem.key,
                value=problem.value,
                allowed=problem.allowed.en,
                problems=[
                    {
                        "key": p.key,
                        "value": p.value,
                        "allowed": p.allowed.en,
                        "en": p.sentence("en"),
                        "fr": p.sentence("fr"),
                    }
                    for p in checked
                ],
            )
        changed = [{"key": k, "old": self.values.get(k), "new": v} for k, v in checked.changes.items()]
        if not params.get("dry_run"):
            self.put(dict(checked.changes))
        return {
            "version": self.version,
            "changed": changed,
            "restart": list(checked.restart),
            "notices": [notice.en for notice in checked.notices],
            "notices_fr": [notice.text("fr") for notice in checked.notices],
        }

    def put(self, changes: Params) -> None:
        """Change settings, as somebody elsewhere does."""
        self.values = self.values.with_changes(changes)
        self.version += 1
        self.document["station"]["name"] = self.values.get("configuration.general.station_name")

    def do_order(self, link: Link, params: Params) -> Params:
        """order"""
        if params["name"] == "restart":
            self.restarts += 1
        elif params["name"] == "factory_reset":
            if link.role != "admin":
                raise Refusal(1, "only Admin may reset the station", reason="refused")
            self.resets += 1
        return {}

    def do_badges_list(self, link: Link, params: Params) -> Params:
        """badges.list"""
        offset, limit, query = params.get("offset", 0), params.get("limit", 100), params.get("query", "").casefold()
        found = [b for b in self.badges if query in f"{b['uid']}\n{b['comment']}".casefold()]
        return {"total": len(found), "badges": found[offset : offset + limit]}

    def do_badges_add(self, link: Link, params: Params) -> Params:
        """badges.add"""
        uid = str(params["uid"]).upper()
        if not uid.isalnum():
            raise Refusal(2, f"badge uid {uid!r}: 1 to 20 letters or digits are allowed", reason="bad_value")
        badge = {
            "number": max((b["number"] for b in self.badges), default=0) + 1,
            "uid": uid,
            "type": params.get("type", "user"),
            "comment": params.get("comment", ""),
        }
        self.badges.append(badge)
        return {"badge": badge}

    def do_badges_edit(self, link: Link, params: Params) -> Params:
        """badges.edit"""
        found = [badge for badge in self.badges if badge["uid"] in params["uids"]]
        for badge in found:
            badge.update({name: params[name] for name in ("type", "comment") if name in params})
        return {"changed": len(found)}

    def do_badges_remove(self, link: Link, params: Params) -> Params:
        """badges.remove"""
        before = len(self.badges)
        keep = [] if params.get("all") else [b for b in self.badges if b["uid"] not in params.get("uids", [])]
        self.badges = keep
        return {"removed": before - len(keep)}

    def do_badges_replace_begin(self, link: Link, params: Params) -> Params:
        """badges.replace.begin"""
        self.brought = []
        return {}

    def do_badges_replace_rows(self, link: Link, params: Params) -> Params:
        """badges.replace.rows"""
        self.brought += params["badges"]
        return {"rows": len(self.brought)}

    def do_badges_replace_commit(self, link: Link, params: Params) -> Params:
        """badges.replace.commit"""
        if not params.get("seal") and link.role != "admin":
            raise Refusal(1, "open to the admin account only", reason="refused", fr="réservé au compte admin")
        before = {badge["uid"]: badge for badge in self.badges}
        pairs = [(before.pop(badge["uid"], None), badge) for badge in self.brought]
        changes: list[Params] = [{"change": "removed", **badge} for badge in before.values()]
        changes += [{"change": "changed", **new, "was": old} for old, new in pairs if old is not None and old != new]
        changes += [{"change": "added", **new} for old, new in pairs if old is None]
        counts = {name: sum(change["change"] == name for change in changes) for name in ("added", "changed", "removed")}
        if not params.get("dry_run"):
            self.badges = self.brought
        return {"total": len(self.brought), **counts, "changes": changes[:200]}

    def do_badges_capture(self, link: Link, params: Params) -> Params:
        """badges.capture: `capture` is what a test made of it"""
        match params.get("action", "status"):
            case "start" if self.capture.get("running"):
                raise Refusal(4, "captured already, by other", reason="not_now", fr="capture en cours, par other")
            case "start":
                self.capture = {"running": True, "mode": params["mode"], "by": link.account, "own": True}
                self.capture |= {"left_s": 29.4, "ended": None, "done": 0, "other": 0, "badges": []}
            case "stop":
                self.capture |= {"running": False, "ended": "stopped", "left_s": 0.0}
        return self.capture

    def do_history_list(self, link: Link, params: Params) -> Params:
        """history.list"""
        offset = params.get("offset", 0)
        return {"total": len(self.records), "records": self.records[offset : offset + params.get("limit", 30)]}

    def do_accounts_list(self, link: Link, params: Params) -> Params:
        """accounts.list"""
        return {
            "accounts": [
                {"account": name, "role": account.role, "password_due": account.password_due}
                for name, account in self.accounts.items()
                if link.role == "admin" or name == link.account
            ]
        }

    def do_password_change(self, link: Link, params: Params) -> Params:
        """password.change"""
        own = self.accounts[link.account]
        if params["current"] != own.password:
            raise Refusal(5, "the current password is wrong", reason="login")
        if unmet(params["new"]):
            raise Refusal(2, "the new password breaks the rules", reason="bad_value")
        account = self.accounts[params["account"]]
        account.password, account.password_due = params["new"], False
        if params["account"] == link.account:
            link.due = False
        return {}


async def main(path: str) -> None:
    """Serve for ever, energy rising."""
    station = Station()
    await station.start(Path(path))
    while True:
        await asyncio.sleep(1)
        for one in station.document["outlets"]:
            if one["contactor"]:
                one["session_energy_wh"] += 3
                one["session_seconds"] += 1


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
