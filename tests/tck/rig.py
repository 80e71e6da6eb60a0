"""A station and a central system in processes of their own, in one hand and without a coroutine in sight."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from evlink.ocpp.certificates import CENTRAL, Certificates
from tests.ocpp_central.authority import issue, root, serve_from
from tests.ocpp_central.client import CentralProcess
from tests.ocpp_central.places import Shelf, http_server
from tests.scenario.house import House, Outlet
from tests.scenario.test_ocpp15_charge import free_port

SPEED = 3.0  # of station and simulator; sockets are not hurried. A stall of 33 ms is then the board's dead-man
CLOSINGS = 5  # of an outlet in a minute: one less than what the core takes for chattering
SUPERVISED = {
    "configuration.general.station_type": "supervision",
    "configuration.general.station_location": "outdoor",
    "configuration.supervision.ocpp_version": "ocpp_1_6",
    "configuration.supervision.box_identity": "CP-1",
    "configuration.supervision.default_id_tag": "FREE",
    "configuration.supervision.authorization_cache_enabled": "true",
    "configuration.general.comms_loss_strategy": "reject_all",
    "configuration.supervision.meter_sample_interval": 2,
    "energy_management.advanced.load_balancing": "disabled",
}
DIALECTS: dict[str, dict[str, Any]] = {
    "1.6": {},
    "1.5": {"configuration.supervision.ocpp_version": "ocpp_1_5"},
    "soap": {
        "configuration.supervision.ocpp_version": "ocpp_1_5",
        "configuration.supervision.public_ip_address": "127.0.0.1",
    },
}
TAG = "04A1B2C3"
RESERVATION = 77
PATIENCE_S = 45.0  # on a machine that does much else
T = TypeVar("T")
Payload = dict[str, Any]


class Authority:
    """The certificates of a bench over TLS: a root that the station trusts, and one that certifies stations."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.maker = root("Test maker")
        self.stations = root("Stations")

    def serve(self, hosts: tuple[str, ...] = ("localhost",), clients: bool = False) -> Path:
        """The files of a central system of these names, which wants a station's certificate with `clients`."""
        (self._folder / "clients.pem").unlink(missing_ok=True)
        return serve_from(self._folder, issue(self.maker, "central", hosts), self.stations if clients else None)

    def installed_in(self, folder: Path) -> None:
        """Install the root in a station that does not run yet, as whoever commissions it does."""
        folder.parent.mkdir(mode=0o700, exist_ok=True)
        Certificates(folder, lambda: datetime.now(UTC)).install(CENTRAL, self.maker.pem)


class Rig:
    """The bench of a test case. Requests are looked at from `mark` on, which each case sets at its beginning."""

    def __init__(self, directory: Path, speak: str = "1.6", tls: bool = False, **settings: Any) -> None:
        self.speak = speak
        self.authority = Authority(directory / "tls") if tls else None
        self.port = free_port()  # of the station's own server, by SOAP
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        served = self.authority.serve() if self.authority is not None else None
        self.central = CentralProcess(directory / "central.jsonl", speak=speak, tls=served)
        self.house = House(speed=SPEED)
        self.mark = self.begun = 0  # where the case, or its last part, begins in the log
        self.outages = 0
        self._closings: dict[int, list[float]] = {1: [], 2: []}
        self.allowed: set[str] = set()  # what the central system may find wrong in this case
        try:
            self._start(settings)
        except BaseException:
            self.end()
            raise

    def _start(self, settings: Payload) -> None:
        self._run(self.central.start())
        values = {**SUPERVISED, **DIALECTS[self.speak], "configuration.supervision.supervision_url": self.central.url}
        if self.speak == "soap":
            ports = (f"configuration.supervision.{name}_port" for name in ("local", "public"))
            values |= dict.fromkeys(ports, self.port)
        values |= settings
        if self.authority is not None:
            self.authority.installed_in(self.house.state / "supervision" / "certificates")
        self.house.evlink("set", *(f"{key}={value}" for key, value in values.items()))
        self.house.start()
        self.told("StatusNotification", 3)

    def _run(self, work: Coroutine[Any, Any, T], timeout_s: float = 60.0) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout_s)

    def end(self) -> None:
        """End both, and the thread between."""
        self.house.end()
        self._run(self.central.kill())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    # What a case begins with

    def fresh(self) -> None:
        """Bring both back to rest: no car, no rule, no list, no profile, no reservation, everything in service."""
        self.wait(self.answering, "the station")
        self.do("clear")
        self.do("refuse", status=None)
        self.do("auth", header=None)
        if self.outages or not self.connected:  # anew: the waits between tries have grown by what the last case did
            self.house.stop_station()
            self.house.start()
            self.wait(lambda: self.connected, "a link")
            self.outages = 0
        self.call("ChangeAvailability", connectorId=0, type="Operative")
        if self.speak == "1.6":
            self.call("ClearChargingProfile")
        for outlet in (1, 2):
            self.clear_outlet(outlet)
        self.call("SendLocalList", listVersion=1, updateType="Full")
        self.call("ClearCache")
        self.call("CancelReservation", reservationId=RESERVATION)
        for outlet in (1, 2):
            self.house.until(outlet, outlet_status="OK_ChargeAuthorisationStarted", ev_state="A_Not_Present_12V")
        self.wait(lambda: self.status["station"]["supervision"]["queue"] == 0, "an empty queue")
        self.wait(lambda: not any("KO" in cells for cells in self.status["events"].values()), "no event")
        self.mark = self.begun = len(self.central.entries())
        self.allowed = set()

    def clear_outlet(self, outlet: int) -> None:
        """Let a car leave, whatever it is about."""
        for fault in ("cp_short", "welded", "lock"):
            self.house.sim("fault", outlet, name=fault, on=False)
        now = self.house.outlet(outlet)
        if now["outlet_status"] in ("OK_ChargeLoopStarted", "OK_PlugProcedureStarted"):
            self.house.sim("badge", outlet, uid=now["badge"] or TAG)
            self.wait(lambda: self.house.outlet(outlet)["outlet_status"] != "OK_ChargeLoopStarted", "an end")
        self.wait(lambda: self._left(outlet), "a car that left")

    def _left(self, outlet: int) -> bool:
        now = self.house.outlet(outlet)
        gone = now["ev_state"] in ("A_Not_Present_12V", "F_NotAvailable") and now["cable_state"] == "Not_Plugged"
        if gone and not self.house.board(outlet)["plugged"]:  # one that came just now isn't noticed yet
            return True
        try:
            self.house.sim("unplug", outlet)
        except Exception:
            time.sleep(0.1)  # the lock still holds it
        return False

    # The central system

    def again(self, **served: Any) -> None:
        """End the central system over TLS and start it anew, with other certificates."""
        assert self.authority is not None
        self.central_up(False)
        self.authority.serve(**served)
        self.central_up(True)
        self.outages += 1

    def shelf(self) -> contextlib.AbstractContextManager[Shelf]:
        """An HTTP server of files, while it is open."""

        @contextlib.contextmanager
        def opened() -> Iterator[Shelf]:
            server = http_server()
            shelf = self._run(server.__aenter__())
            try:
                yield shelf
            finally:
                self._run(server.__aexit__(None, None, None))

        return opened()

    def handshakes(self) -> list[str]:
        """The Authorization headers of the handshakes since the mark."""
        entries = self.central.entries()[self.mark :]
        return [entry["authorization"] for entry in entries if entry["dir"] == "handshake"]

    def do(self, do: str, **arguments: Any) -> Payload:
        """Command the central system (tests/ocpp_central/control.py)."""
        return self._run(self.central.do(do, **arguments))

    def central_up(self, up: bool) -> None:
        """Start the central system's process on its books, or kill it."""
        self._run(self.central.start() if up else self.central.kill())

    def rule(self, action: str, **rule: Any) -> None:
        """Let it answer otherwise than usual."""
        self.do("rule", action=action, **rule)

    def call(self, action: str, /, **payload: Any) -> Payload:
        """Send a request to the station; its answer's payload. AssertionError for a CALLERROR or none."""
        answer = self._run(self.central.call(action, payload, 20.0))
        assert answer is not None, f"no answer to {action}"
        assert answer[0] == 3, answer
        return dict(answer[2])

    def asked(self, action: str, /, **payload: Any) -> str:
        """The status in the answer to a request."""
        return str(self.call(action, **payload)["status"])

    def answer(self, action: str, payload: Any, seconds: float = PATIENCE_S) -> list[Any] | None:
        """Send a request as it stands; the whole answer, None where none came."""
        return self._run(self.central.call(action, payload, seconds))

    def post(self, envelope: str) -> tuple[int, str]:
        """Send the station's own server any envelope; HTTP status and body of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            connection.request("POST", "/", envelope.encode(), {"Content-Type": "application/soap+xml"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def set(self, key: str, value: str | int) -> None:
        """Change a configuration key."""
        assert self.asked("ChangeConfiguration", key=key, value=str(value)) == "Accepted", key

    def now(self) -> datetime:
        """The station's own time of day, which its speed lets run ahead."""
        start = self.call("GetCompositeSchedule", connectorId=0, duration=0)["scheduleStart"]
        return datetime.fromisoformat(start.replace("Z", "+00:00"))

    def later(self, seconds: float) -> str:
        """A time of day so many of the station's seconds from now."""
        return (self.now() + timedelta(seconds=seconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def requests(self, *actions: str) -> list[Payload]:
        """Payloads of the station's requests since the mark, in order; with several actions, `action` is in each."""
        found = []
        for entry in self.central.entries()[self.mark :]:
            message = entry.get("message")
            if entry["dir"] == "in" and isinstance(message, list) and message[0] == 2 and message[2] in actions:
                found.append({**message[3], "action": message[2]} if len(actions) > 1 else message[3])
        return found

    def told(self, action: str, count: int = 1, seconds: float = PATIENCE_S, **wanted: Any) -> list[Payload]:
        """Wait for that many requests of an action with these fields; all such."""

        def such() -> list[Payload]:
            return [r for r in self.requests(action) if all(r.get(key) == value for key, value in wanted.items())]

        self.wait(lambda: len(such()) >= count, f"{count} {action} with {wanted}", seconds)
        return such()

    def statuses(self, connector: int) -> list[str]:
        """The statuses told of a connector since the mark."""
        return [r["status"] for r in self.requests("StatusNotification") if r["connectorId"] == connector]

    def until_status(self, status: str, connector: int = 1) -> None:
        """Wait until the newest status of a connector is this one."""
        self.wait(lambda: self.statuses(connector)[-1:] == [status], f"{status} of connector {connector}")

    @property
    def connected(self) -> bool:
        """Whether the station says that it is connected and accepted."""
        link = self.status["station"]["supervision"]
        return link["connected"] is True and link["registration"] == "Accepted"

    def offline(self) -> None:
        """Take the central system away; the station notices."""
        self.do("refuse", status=503)
        self.do("drop")
        self.wait(lambda: not self.status["station"]["supervision"]["connected"], "a lost link")

    def online(self) -> None:
        """Bring the central system back; the station finds it."""
        self.do("refuse", status=None)
        self.wait(lambda: self.connected, "a link")
        self.outages += 1

    # The station

    @property
    def status(self) -> Payload:
        """The status document."""
        return self.house.status()

    def wait(self, true: Callable[[], object], what: str, seconds: float = PATIENCE_S) -> None:
        """Wait until something holds; AssertionError with the ends of the logs where it never does."""
        try:
            self.house.wait(true, what, seconds)
        except AssertionError as error:
            tail = "\n".join(self.central.log.read_text("utf-8").splitlines()[-25:])
            now = json.dumps(self.status) if self.answering() else "no answer"
            raise AssertionError(f"{error}\n--- status\n{now}\n--- central\n{tail}") from None

    def answering(self) -> bool:
        """Whether the station answers on its socket; while it restarts it does not."""
        client = self.house.client()
        if client is None:
            return False
        client.close()
        return True

    def plug(self, outlet: int = 1, ready: bool = True) -> None:
        """A car comes with its cable, once the contactor may close again."""
        now = time.monotonic()
        self._closings[outlet] = [at for at in self._closings[outlet] if now - at < 60 / SPEED][-CLOSINGS:]
        if len(self._closings[outlet]) == CLOSINGS:
            time.sleep(max(0.0, self._closings[outlet][0] + 60 / SPEED - now))
        self._closings[outlet].append(time.monotonic())
        self.house.sim("plug", outlet, cable=32, phases=3)
        if ready:
            self.house.sim("ready", outlet)

    def badge(self, outlet: int = 1, uid: str = TAG) -> None:
        """Present a badge."""
        self.house.sim("badge", outlet, uid=uid)

    def stop_by_badge(self, outlet: int = 1, uid: str = TAG) -> None:
        """End a charge by its badge, and let the car go."""
        self.badge(outlet, uid)
        self.wait(lambda: self.house.outlet(outlet)["outlet_status"] == "OK_UnplugProcedureStarted", "the end")
        self.unplug(outlet)

    def power_cut(self) -> None:
        """Let station, control and simulator go at once, as the mains do; the car is gone too afterwards."""
        self.house.kill_station()
        for lock in ("control.lock", "simulator.lock"):
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.house.pid(lock), signal.SIGKILL)

    def unplug(self, outlet: int = 1) -> None:
        """Pull everything, once the lock lets go."""
        self.wait(lambda: self._left(outlet), "a car that left")

    def charge(self, outlet: int = 1, uid: str = TAG) -> int:
        """A car charges by a badge; its transaction id."""
        self.plug(outlet)
        self.house.until(outlet, cable_state="32A")
        self.badge(outlet, uid)
        return self.charging(outlet)

    def charging(self, outlet: int = 1) -> int:
        """Wait until an outlet charges; its transaction id."""
        self.wait(lambda: self.house.outlet(outlet)["contactor"], "a closed contactor")
        self.wait(lambda: self.house.outlet(outlet)["transaction_id"] is not None, "a transaction id")
        return int(self.house.outlet(outlet)["transaction_id"])

    def outlet(self, number: int = 1) -> Outlet:
        """An outlet of the status document."""
        return self.house.outlet(number)

    def reason(self) -> str:
        """The reason of the last StopTransaction."""
        return str(self.told("StopTransaction")[-1].get("reason"))
