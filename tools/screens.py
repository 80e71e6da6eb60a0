"""Pictures of every screen of the terminal for docs/screens/: `python -m tools.screens [NAME...]`.

The station is the one that the terminal's tests have, with a day of its own: the same every time, so that a picture
changes only with its screen. Needs the development environment.
"""

from __future__ import annotations

import asyncio
import math
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from textual._context import visible_screen_stack

from evlink.settings.facts import Facts, Model
from evlink.settings.model import Tab
from evlink.settings.tabs import TABS
from tests.tui.bench import ACCOUNTS, Desk
from tests.tui.station_stub import Station, record
from tools.picture import svg
from tui.app import Terminal
from tui.profile import Palette, Profile
from tui.session import Session

FOLDER = Path(__file__).resolve().parent.parent / "docs/screens"
SIZE = (108, 36)
SUPERVISED = {
    "configuration.general.station_type": "supervision",
    "configuration.supervision.ocpp_version": "ocpp_1_6",
    "configuration.supervision.supervision_url": "wss://csms.example.org/ocpp",
    "configuration.supervision.box_identity": "BORNE-07",
}
METERED = {
    "energy_management.meters.1.meter_type": "generic_tri",
    "energy_management.meters.2.meter_type": "iem3x5x",
}
WALLBOX = Facts(model=Model.WALLBOX, outlet_count=1, has_wifi_card=True, has_rfid_reader=False, has_key_lock=True)


@dataclass(frozen=True)
class Shot:
    """One picture: the sub-tab, the language, what the station is and has, keys pressed before."""

    name: str
    subtab: str = ""
    lang: str = "en"
    account: str = "chef"
    values: dict[str, Any] = field(default_factory=dict)
    facts: Facts | None = None
    keys: tuple[str, ...] = ()
    plain: bool = False
    size: tuple[int, int] = SIZE


SHOTS = (
    Shot("login", account=""),
    Shot("status", "maintenance.status"),
    Shot("status-fr", "maintenance.status", "fr"),
    Shot("status-table", "maintenance.status", keys=("v",)),
    Shot("oscilloscope", "maintenance.status", keys=("p",)),
    Shot("general", "configuration.general"),
    Shot("general-fr", "configuration.general", "fr"),
    Shot("date-time", "configuration.date_time"),
    Shot("calendar", "configuration.date_time", keys=("down", "enter")),
    Shot("network", "configuration.network", values={"configuration.network.dhcp_enabled": False}),
    Shot("wifi", "configuration.wifi", facts=WALLBOX),
    Shot("supervision", "configuration.supervision", values=SUPERVISED),
    Shot("advanced-fr", "energy_management.advanced", "fr"),
    Shot("outlets", "energy_management.outlets", keys=("down", "backspace", "backspace", "2", "0")),
    Shot("outlets-wallbox-fr", "energy_management.outlets", "fr", facts=WALLBOX),
    Shot("meters", "energy_management.meters", values=METERED),
    Shot("badges", "authentication"),
    Shot("history", "charge_history.history"),
    Shot("history-fr", "charge_history.history", "fr"),
    Shot("publication", "charge_history.publication"),
    Shot("report", "maintenance.report"),
    Shot("control", "maintenance.control"),
    Shot("password", "maintenance.password"),
    Shot("update", "maintenance.update"),
    Shot("extensions", "extension"),
    Shot("help", "energy_management.outlets", keys=("f1",)),
    Shot("search", "maintenance.status", keys=("ctrl+p", "b", "a", "d", "g", "e")),
    Shot("plain", "energy_management.outlets", plain=True, size=(80, 24)),
)


class Day(Station):
    """A station in the middle of a day: named, with badges that have owners, a charge of three hours and its pilot."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.put({"configuration.general.station_name": "BORNE 7 NORD"})
        owners = ("Gardien", "Alix Martin", "Camille Petit", "Flotte 12", "Dominique Roux", "Visiteurs", "Flotte 13")
        kinds = ("admin", "user", "user", "vip", "user", "user", "vip")
        self.badges = [
            {"number": at, "uid": f"04A1B2{at * 37:02X}", "type": kind, "comment": owner}
            for at, (owner, kind) in enumerate(zip(owners, kinds, strict=True), 1)
        ]
        uids = [badge["uid"] for badge in self.badges]
        self.records = [
            record(number) | {"station": "BORNE 7 NORD", "uid": uids[number % 7], "comment": owners[number % 7]}
            for number in range(42, 0, -1)
        ]
        charging = self.document["outlets"][0]
        charging["session_seconds"], charging["session_energy_wh"] = 10_800, 29_412

    def put(self, changes: dict[str, Any]) -> None:
        """Change settings; a supervised station is connected."""
        super().put(changes)
        if changes.get("configuration.general.station_type") == "supervision":
            self.document["station"]["supervision"] = {
                "connected": True,
                "url": "wss://csms.example.org/ocpp/BORNE-07",
                "protocol": "ocpp1.6",
                "queue": 0,
                "registration": "Accepted",
                "last_heartbeat": "2026-04-05T12:04:31+00:00",
            }

    def do_trace(self, link: Any, params: dict[str, Any]) -> dict[str, Any]:
        """trace: a charge that was shared, then had all, then was shared again."""
        mine = params.get("outlet") == 1
        amps = [16.0 if 60 <= at < 130 or at > 205 else 31.6 for at in range(240)] if mine else []
        waves = [[round(a + 0.4 * math.sin(at / (7 + n)), 1) for at, a in enumerate(amps)] for n in range(3)]
        power = [round(sum(wave[at] for wave in waves) * 230) for at in range(len(amps))]
        energy = [round(29_412 * (at + 1) / 240) for at in range(len(amps))]
        seconds = 10_800 if mine else 0
        return {
            "outlet": params.get("outlet"),
            "session": mine,
            "from_s": 0.0,
            "step_s": 45.0,
            "seconds": seconds,
            "current_a": waves,
            "power_w": power,
            "energy_wh": energy,
        }

    def do_pilot(self, link: Any, params: dict[str, Any]) -> dict[str, Any]:
        """pilot: state C at 16 A, with the ringing of a long cable."""
        samples = []
        for at in range(1000):
            since = at % 100 if at % 100 < 27 else at % 100 - 27
            level = 6010 if at % 100 < 27 else -12_010
            samples.append(
                round(level + 900 * math.exp(-since / 2.5) * math.cos(since * 1.9) + 40 * math.sin(at * 1.7))
            )
        return {
            "outlet": params["outlet"],
            "state": "C",
            "modulated": True,
            "high_mv": {"min": 5920, "mean": 6010, "max": 6100},
            "low_mv": {"min": -12_100, "mean": -12_010, "max": -11_920},
            "duty_percent": 26.7,
            "duty_commanded_percent": 26.67,
            "frequency_hz": 1000,
            "glitches": 0,
            "plug_ohm": 220,
            "closings": 1,
            "transitions": [
                {"from": "A", "to": "B", "seconds_ago": 10_812.0},
                {"from": "B", "to": "C", "seconds_ago": 10_800.0},
            ],
            "scope": {"rate_hz": 100_000, "samples_mv": samples},
        }


async def take(shot: Shot, folder: Path) -> str:
    """The picture of a shot."""
    facts = shot.facts or Station().facts
    station = Day(facts=facts)
    station.put(shot.values)
    path = folder / f"{shot.name}.sock"
    await station.start(path)
    session = Session(path=path, lang=shot.lang)
    try:
        await session.connect()
        if shot.account:
            await session.login(shot.account, ACCOUNTS[shot.account])
        palette = Palette.NONE if shot.plain else Palette.FULL
        app = Terminal(session, Profile(shot.plain, "vt220" if shot.plain else "xterm-256color", palette))
        async with app.run_test(size=shot.size) as pilot:
            one = Desk(station, app, pilot, path)
            await one.settle()
            if shot.subtab:
                await one.open(shot.subtab)
            await one.press(*shot.keys)
            await one.settle()
            visible_screen_stack.set(app._background_screens)  # what stands behind a dialog
            picture = svg(app.screen._compositor.render_strips(), *shot.size, title=f"evlink, {shot.name}")
            app.exit(0)
        return picture
    finally:
        await session.close()
        await station.stop()


def gallery() -> str:
    """The page that shows all pictures."""
    lines = ["# The screens of the terminal", "", "*Made by `make screens`; do not edit.*", ""]
    for shot in SHOTS:
        what = "login" if not shot.subtab else " › ".join(tab.label.text(shot.lang) for tab in _path(shot.subtab))
        keys = f", after {' '.join(shot.keys)}" if shot.keys else ""
        kind = ", on a terminal without colours" if shot.plain else ""
        lines += [f"## {shot.name}", "", f"{what}{keys}{kind}", "", f"![{shot.name}]({shot.name}.svg)", ""]
    return "\n".join(lines)


def _path(subtab: str) -> list[Tab]:
    return [tab for tab in TABS if subtab == tab.id or subtab.startswith(tab.id + ".")]


async def main(names: list[str]) -> int:
    """Take the pictures named, or all; files of pictures that there are no more are removed."""
    known = {shot.name: shot for shot in SHOTS}
    if unknown := [name for name in names if name not in known]:
        print(f"{unknown[0]}: no such screen; known: {', '.join(known)}", file=sys.stderr)
        return 2
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="evlink-") as folder:
        for shot in SHOTS:
            if not names or shot.name in names:
                (FOLDER / f"{shot.name}.svg").write_text(await take(shot, Path(folder)), encoding="utf-8")
    (FOLDER / "README.md").write_text(gallery(), encoding="utf-8")
    for path in FOLDER.glob("*.svg"):
        if path.stem not in known:
            path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
