"""A real house for scenarios: station, control and simulator as processes of their own, in a directory of theirs."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from evlink.client import Client, Disconnected, NoStation

PYTHON = sys.executable
Outlet = dict[str, Any]


class House:
    """One station under test. Nothing of it outlives `end`, whatever a test does to it."""

    def __init__(self, hardware: str = "preset:parking-2", speed: float = 1.0) -> None:
        # A short path: a Unix socket's has 108 bytes at most.
        self.state = Path(tempfile.mkdtemp(prefix="evlink-", dir="/tmp"))
        self.hardware = hardware
        self.speed = speed
        self.station: subprocess.Popen[bytes] | None = None

    def start(self, *more: str) -> House:
        """Start the station and wait until its socket answers."""
        log = open(self.state / "station.log", "ab")  # noqa: SIM115 - belongs to the child
        command = [PYTHON, "-m", "evlink.runtime.main"]
        self.station = subprocess.Popen(
            [*command, f"--state={self.state}", f"--hardware={self.hardware}", f"--speed={self.speed}", *more],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        log.close()
        self.wait(self._there, "the station", 60)
        return self

    def _there(self) -> bool:
        client = self.client()
        if client is None:
            return False
        with client:
            return bool(client.call("snapshot")["station"]["state"] != "starting")

    def client(self) -> Client | None:
        """A connection to the station, None while it does not answer."""
        with contextlib.suppress(NoStation, Disconnected, OSError):
            return Client.connect(self.state / "evlink.sock")
        return None

    def call(self, method: str, **params: Any) -> Any:
        """Call a method of the socket as Admin."""
        client = self.client()
        assert client is not None, self.log()
        with client:
            return client.call(method, **params)

    def sim(self, action: str, outlet: int = 1, **params: Any) -> Any:
        """Order the simulator through the station."""
        return self.call(f"sim.{action}", outlet=outlet, **params)

    def outlet(self, number: int = 1) -> Outlet:
        """An outlet of the status document."""
        outlet: Outlet = self.call("snapshot")["outlets"][number - 1]
        return outlet

    def status(self) -> dict[str, Any]:
        """The status document."""
        document: dict[str, Any] = self.call("snapshot")
        return document

    def board(self, number: int = 1) -> dict[str, Any]:
        """What the simulator itself says of an outlet, past the station."""
        from evlink.hardware.simclient import call

        return call(self.state, "state", number)

    def wait(self, true: Callable[[], object], what: str, seconds: float = 15.0) -> None:
        """Wait until something is true; AssertionError with the logs where it does not become so in time."""
        until = time.monotonic() + seconds
        while not true():
            if time.monotonic() > until:
                raise AssertionError(f"{what} did not come about in {seconds} s\n{self.log()}")
            time.sleep(0.02)

    def until(self, outlet: int = 1, seconds: float = 15.0, **wanted: Any) -> Outlet:
        """Wait until an outlet shows these values; the outlet then."""
        found: Outlet = {}

        def shows() -> bool:
            nonlocal found
            found = self.outlet(outlet)
            return all(found[key] == value for key, value in wanted.items())

        try:
            self.wait(shows, str(wanted), seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{json.dumps(found, indent=1)}") from None
        return found

    def evlink(self, *words: str, code: int | None = 0) -> subprocess.CompletedProcess[str]:
        """Run `evlink` as a user would, in English, on this state directory."""
        env = {**os.environ, "EVLINK_STATE": str(self.state), "LC_ALL": "C.UTF-8"}
        done = subprocess.run(
            [PYTHON, "-m", "evlink.cli", *words], env=env, capture_output=True, text=True, timeout=60, check=False
        )
        assert code is None or done.returncode == code, (words, done.returncode, done.stdout, done.stderr, self.log())
        return done

    def charge(self, outlet: int = 1, uid: str = "04A1B2C3", **car: Any) -> Outlet:
        """Let a car charge: plug, badge, ready; the outlet once current flows."""
        self.sim("plug", outlet, **{"cable": 32, "phases": 3, **car})
        self.until(outlet, cable_state="32A")
        self.sim("badge", outlet, uid=uid)
        self.sim("ready", outlet)
        self.until(outlet, contactor=True)
        self.wait(lambda: max(self.outlet(outlet)["current_a"]) > 5, "current")
        return self.outlet(outlet)

    def kill_station(self) -> None:
        """SIGKILL the station; control and simulator go on."""
        assert self.station is not None
        self.station.kill()
        self.station.wait()

    def stop_station(self) -> int:
        """SIGTERM the station; its exit code."""
        assert self.station is not None
        self.station.terminate()
        return self.station.wait(20)

    def pid(self, lock: str) -> int:
        """The pid in a lock file of the state directory (`control.lock`, `simulator.lock`)."""
        return int((self.state / lock).read_text().split()[0])

    def log(self) -> str:
        """The ends of all logs."""
        texts = []
        for path in sorted(self.state.glob("*.log")):
            texts.append(f"--- {path.name}\n{path.read_text(errors='replace')[-4000:]}")
        return "\n".join(texts)

    def end(self) -> None:
        """End everything and remove the directory."""
        if self.station is not None and self.station.poll() is None:
            self.station.kill()
            self.station.wait()
        for lock in ("control.lock", "simulator.lock"):
            with contextlib.suppress(OSError, ValueError, IndexError):
                pid = self.pid(lock)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)
                    os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.state, ignore_errors=True)


@contextlib.contextmanager
def house(hardware: str = "preset:parking-2", speed: float = 1.0, *more: str) -> Iterator[House]:
    """A running house."""
    built = House(hardware, speed)
    try:
        yield built.start(*more)
    finally:
        built.end()
