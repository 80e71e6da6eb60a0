"""What commands ask of the station, and what they print of its answers."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evlink.cli import main
from tests.unit.cli_station import END, Raw, SmallStation, serving

OUTLET: dict[str, Any] = {
    "id": 1,
    "ev_state": "C_Ready_6V_M12V",
    "cpw_state": "EV_Charge_StateC",
    "cable_state": "32A",
    "evse_status": ["Normal_Mode_3", "Three-Phase"],
    "outlet_status": "OK_ChargeLoopStarted",
    "last_error": "Not_Initialized",
    "last_charge_status": "Not_Initialized",
    "current_a": [15.9, 16.0, 16.04],
    "voltage_v": [230.0, 230.0, 230.0],
    "power_w": 11040,
    "session_energy_wh": 1234,
    "energy_wh": 987654,
    "limit_a": 16.0,
    "limit_reason": "derated",
    "duty_percent": 26.7,
    "contactor": True,
    "inputs": {"I_1": False},
    "light": "green",
    "badge": "AABB\x1b[31mCC",
    "transaction_id": 7,
}
STATUS: dict[str, Any] = {
    "station": {
        "name": "FG 16302 07 002 003",
        "state": "in_service",
        "firmware": "0.1.0",
        "restart_needed": True,
        "warnings": ["control runs without real-time priority"],
        "supervision": {"connected": False, "url": "ws://127.0.0.1:9/", "protocol": "1.6-J", "queue": 3},
    },
    "outlets": [OUTLET, {**OUTLET, "id": 2, "contactor": False, "current_a": None}],
    "events": {"1": ["OK", "OK"], "17": ["OK", "KO"], "5": ["OK", "KO"]},
}


@pytest.fixture
def station(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallStation]:
    monkeypatch.setenv("EVLINK_STATE", str(tmp_path))
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TZ", "UTC")
    with serving(tmp_path / "evlink.sock") as small:
        small.methods["snapshot"] = lambda params: STATUS
        # As a station does that restarts: it takes the order, and the connection ends.
        small.methods["order"] = lambda params: Raw(b'{"jsonrpc":"2.0","id":ID,"result":{}}\n' + END)
        yield small


def _output(capsys: pytest.CaptureFixture[str]) -> str:
    out, err = capsys.readouterr()
    assert err == ""
    return out


def test_status_json_is_the_document(station: SmallStation, capsys: pytest.CaptureFixture[str]) -> None:
    """docs/protocol.md: the document of `evlink status --json`; the language never turns it."""
    assert main(["status", "--json", "--lang", "fr"]) == 0
    out = _output(capsys)
    assert json.loads(out) == STATUS
    assert "\x1b" not in out


def test_status_in_words(station: SmallStation, capsys: pytest.CaptureFixture[str]) -> None:
    """R-210 to R-218: the words of the field, a column an outlet."""
    assert main(["status"]) == 0
    out = _output(capsys)
    lines = {line.split("  ")[0]: line.split()[-2:] for line in out.splitlines()}
    assert "FG 16302 07 002 003 · in service · firmware 0.1.0" in out
    assert "A restart is needed" in out
    assert "Supervision: not connected, ws://127.0.0.1:9/ (1.6-J), 3 messages waiting" in out
    assert "! control runs without real-time priority" in out
    assert lines["Outlet status"] == ["OK_ChargeLoopStarted"] * 2
    assert lines["Contactor"] == ["closed", "open"]
    assert lines["Events KO"] == ["#5,", "#17"]
    assert lines["I_1"] == ["False", "False"]
    assert "15.9 / 16.0 / 16.0 A" in out
    assert "1.234 kWh" in out
    assert "16.0 A (derated)" in out
    assert "\x1b" not in out  # no colour where nobody looks, and none that came with a badge


def test_status_says_why_there_is_no_supervision(station: SmallStation, capsys: pytest.CaptureFixture[str]) -> None:
    """R-116, R-128: one sentence, in the language of the session."""
    link = {"connected": False, "url": "ws://h", "protocol": "ocpp1.6", "queue": 0, "registration": "",
            "last_error": "the supervision refused the connection", "last_error_fr": "connexion refusée"}  # fmt: skip
    station.methods["snapshot"] = lambda p: {**STATUS, "station": {**STATUS["station"], "supervision": link}}
    assert main(["status"]) == 0
    assert "! Supervision: the supervision refused the connection" in _output(capsys)
    assert main(["status", "--lang", "fr"]) == 0
    assert "! Supervision : connexion refusée" in _output(capsys)
    link |= {"connected": True, "registration": "Rejected", "last_error": "", "last_error_fr": ""}
    assert main(["status"]) == 0
    assert "connected, ws://h (ocpp1.6), the supervision has not accepted the station yet" in _output(capsys)


def test_status_in_french(station: SmallStation, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--lang", "fr"]) == 0
    out = _output(capsys)
    for words in ("en service", "Prise 1", "non connectée", "1,234 kWh", "16,0 A (déclassement)", "fermé"):
        assert words in out
    assert "OK_ChargeLoopStarted" in out  # the field's own words stay


def test_watch_goes_on_until_the_station_ends(station: SmallStation, capsys: pytest.CaptureFixture[str]) -> None:
    changed = json.dumps({"jsonrpc": "2.0", "method": "snapshot", "params": {**STATUS, "events": {}}}).encode()
    station.methods["subscribe"] = lambda params: Raw(b'{"id":ID,"result":{}}\n' + changed + b"\n" + END)
    assert main(["status", "--watch", "--json"]) == 1
    out, err = capsys.readouterr()
    assert [json.loads(line)["events"] for line in out.splitlines()] == [STATUS["events"], {}]
    assert err.count("\n") == 1


LISTED = [
    {
        "key": "energy_management.outlets.1.derated_current",
        "outlet": 1,
        "value": 20,
        "right": "rw",
        "visible": True,
        "editable": True,
        "carried": False,
    },
    {
        "key": "internal.functional.cpw_rate_step",
        "outlet": None,
        "value": None,
        "right": "r",
        "visible": False,
        "editable": True,
        "carried": True,
    },
]


def test_settings(station: SmallStation, capsys: pytest.CaptureFixture[str]) -> None:
    """design.md 4, settings: carried ones are marked so."""
    station.methods["settings.list"] = lambda params: {"version": 1, "settings": LISTED}
    assert main(["settings", "--json"]) == 0
    rows = json.loads(_output(capsys))
    assert [{k: v for k, v in row.items() if k != "allowed"} for row in rows] == LISTED
    assert "A" in rows[0]["allowed"]
    assert main(["settings"]) == 0
    _, first, second = _output(capsys).splitlines()
    assert first.split()[:3] == ["energy_management.outlets.1.derated_current", "20", "rw"]
    assert "carried, hidden" in second
    assert "not set" in second


def test_get_prints_what_set_takes(station: SmallStation, capsys: pytest.CaptureFixture[str]) -> None:
    values = {"a.b": True, "a.c": "text", "a.d": 5, "a.e": None, "a.password": "set"}
    station.methods["settings.get"] = lambda params: {"version": 1, "values": values}
    assert main(["get", "a.b", "a.c", "--json"]) == 0
    assert json.loads(_output(capsys)) == values
    assert station.params("settings.get") == {"keys": ["a.b", "a.c"]}
    assert main(["get", "a"]) == 0
    assert _output(capsys) == "a.b=true\na.c=text\na.d=5\na.e=\na.password=set\n"


def _applied(**more: Any) -> dict[str, Any]:
    return {
        "version": 2,
        "changed": [{"key": "a.b", "old": None, "new": 20}],
        "restart": [],
        "notices": [],
        **more,
    }


def test_set_sends_all_pairs_at_once(station: SmallStation, capsys: pytest.CaptureFixture[str]) -> None:
    """design.md, command line: `set` takes several pairs and applies all or none."""
    station.methods["settings.apply"] = lambda params: _applied()
    assert main(["set", "a.b=20", "a.url=ws://x/?y=1", "a.c="]) == 0
    assert station.params("settings.apply") == {"changes": {"a.b": "20", "a.url": "ws://x/?y=1", "a.c": ""}}
    assert _output(capsys) == "a.b: not set -> 20\n"


def test_set_names_what_needs_a_restart(station: SmallStation, capsys: pytest.CaptureFixture[str]) -> None:
    """R-042: saved, named, and applied by --restart."""
    station.methods["settings.apply"] = lambda params: _applied(restart=["a.b"], notices=["mind the gap"])
    assert main(["set", "a.b=20"]) == 0
    out, err = capsys.readouterr()
    assert out.endswith("Saved; takes effect after a restart: a.b\n")
    assert err == "evlink: warning: mind the gap\n"
    assert "order" not in [name for name, _ in station.calls]
    assert main(["set", "a.b=20", "--restart"]) == 0
    assert station.params("order") == {"name": "restart"}
    assert capsys.readouterr().out.endswith("The station has restarted.\n")


@pytest.mark.parametrize(("waiting", "running", "orders"), [(True, True, 1), (False, True, 0), (True, False, 0)])
def test_restart_only_where_something_waits_for_it(
    station: SmallStation, capsys: pytest.CaptureFixture[str], waiting: bool, running: bool, orders: int
) -> None:
    """A restart that changes nothing is left alone; one that an earlier change waits for isn't."""
    station.methods["hello"] = lambda params: {"running": running}
    station.methods["snapshot"] = lambda params: {"station": {"restart_needed": waiting}}
    station.methods["settings.apply"] = lambda params: _applied(changed=[])
    assert main(["set", "a.b=20", "--restart", "--json"]) == 0
    assert json.loads(_output(capsys)) == {**_applied(changed=[]), "restarted": bool(orders)}
    assert [name for name, _ in station.calls].count("order") == orders


def test_badges(station: SmallStation, capsys: pytest.CaptureFixture[str]) -> None:
    """design.md: `badges list --json` is [{number, uid, type, comment}]; pages are put together."""
    held = [{"number": n, "uid": f"AA{n:04d}", "type": "user", "comment": "\u202eevil"} for n in range(1, 2501)]
    station.methods["badges.list"] = lambda p: {
        "total": len(held),
        "badges": held[p["offset"] : p["offset"] + p["limit"]],
    }
    assert main(["badges", "list", "--json"]) == 0
    out = _output(capsys)
    assert json.loads(out) == held
    assert "\u202e" not in out
    station.methods["badges.add"] = lambda p: {"badge": {**p, "number": 1}}
    assert main(["badges", "add", "AABB", "--type", "vip", "--comment", "É"]) == 0
    assert station.params("badges.add") == {"uid": "AABB", "type": "vip", "comment": "É"}
    station.methods["badges.remove"] = lambda p: {"removed": 2}
    assert main(["badges", "remove", "AA", "BB"]) == 0
    assert station.params("badges.remove") == {"uids": ["AA", "BB"]}


def test_the_file_of_an_export_is_the_list_of_an_import(
    station: SmallStation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """R-188, R-189: the export is a backup, and the import replaces the list."""
    held = [{"number": 3, "uid": "AABB", "type": "vip", "comment": "=1+1; é"}]
    station.methods["badges.list"] = lambda p: {"total": 1, "badges": held}
    station.methods["badges.replace.begin"] = lambda p: {}
    station.methods["badges.replace.rows"] = lambda p: {"rows": 1}
    plan = {"total": 1, "added": 1, "changed": 0, "removed": 0, "changes": [{"change": "added", **held[0]}]}
    station.methods["badges.replace.commit"] = lambda p: plan
    file = tmp_path / "list.csv"
    assert main(["badges", "export", str(file)]) == 0
    assert file.stat().st_mode & 0o777 == 0o600
    assert main(["badges", "import", str(file)]) == 0
    assert station.params("badges.replace.rows")["badges"] == held
    seal = file.read_text(encoding="utf-8").split()[-1]
    assert station.calls[-1] == ("badges.replace.commit", {"seal": seal})
    assert main(["badges", "import", "--unsigned", str(file)]) == 2  # it is what it is
    file.write_text(file.read_text(encoding="utf-8").replace("AABB", "AABC"), encoding="utf-8")  # R-190
    capsys.readouterr()
    assert main(["badges", "import", str(file)]) == 2
    assert "changed after it was exported" in capsys.readouterr().err
    by_hand = tmp_path / "hand.csv"
    by_hand.write_text("uid;type\nAABB;vip\n", encoding="utf-8")
    before = len(station.calls)
    assert main(["badges", "import", str(by_hand)]) == 2
    assert "--unsigned takes over one written by hand" in capsys.readouterr().err
    assert len(station.calls) == before
    assert main(["badges", "import", "--unsigned", str(by_hand)]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out == ["+ AABB  VIP  =1+1; é", "1 added, 0 changed, 0 removed", "Badges in the list now: 1"]
    assert main(["badges", "import", "--unsigned", "--dry-run", str(by_hand)]) == 0
    assert station.calls[-1] == ("badges.replace.commit", {"seal": "", "dry_run": True})
    by_hand.write_text("uid;type\nAA!;king\nBB;user\nbb;\n", encoding="utf-8")
    assert main(["badges", "import", "--unsigned", str(by_hand), "--lang=fr"]) == 2
    told = capsys.readouterr().err.splitlines()
    assert [line.partition(".csv : ")[2].partition(" : ")[0] for line in told] == ["ligne 2", "ligne 2", "ligne 4"], (
        told
    )


def _record(number: int) -> dict[str, Any]:
    return {
        "number": number,
        "station": "3N1",
        "outlet": 1,
        "transaction_id": "",
        "uid": "AABB",
        "charge_type": "AC_THREE_PHASE",
        "start": "2026-03-01T10:00:00Z",
        "end": "2026-03-01T11:30:05Z",
        "energy_wh": 12345,
        "socket_type": "TYPE2",
        "duration_s": 5405,
        "comment": "a;b",
    }


def _queued(number: int) -> dict[str, Any]:
    return {
        "number": number, "kind": "MeterValues", "outlet": 1, "session": "5b0c6a1e-aaaa", "transaction_id": None,
        "at": "2026-03-01T08:00:00Z", "age_s": 90_061 + number, "attempts": 2, "next_try_s": 59.6,
    }  # fmt: skip


def test_supervision_queue(station: SmallStation, capsys: pytest.CaptureFixture[str]) -> None:
    """Number, age, kind, session, attempts, next try; the first 30 on screen, all of them as JSON."""
    held = [_queued(number) for number in range(700)]
    station.methods["supervision.queue"] = lambda p: {
        "total": len(held),
        "messages": held[p["offset"] : p["offset"] + p["limit"]],
    }
    assert main(["supervision", "queue", "--json"]) == 0
    assert json.loads(_output(capsys)) == held
    assert main(["supervision", "queue"]) == 0
    lines = _output(capsys).splitlines()
    assert len(lines) == 1 + 30 + 1
    assert lines[1].split() == ["0", "1", "d", "1", "h", "MeterValues", "1", "-", "5b0c6a1e", "2", "1", "min"]
    assert lines[-1] == "The first 30 of 700 messages."
    held.clear()
    assert main(["supervision", "queue", "--lang", "fr"]) == 0
    assert _output(capsys) == "Rien n'attend la supervision.\n"


def test_supervision(station: SmallStation, capsys: pytest.CaptureFixture[str]) -> None:
    """The link as the status document has it, with the age of the oldest message."""
    link = {"connected": True, "url": "ws://csms.example.org", "protocol": "ocpp1.6", "queue": 3, "queue_age_s": 125,
            "registration": "Accepted", "last_error": ""}  # fmt: skip
    station.methods["snapshot"] = lambda p: {"station": {"supervision": link}, "outlets": [], "events": {}}
    assert main(["supervision", "--json"]) == 0
    assert json.loads(_output(capsys)) == link
    assert main(["supervision"]) == 0
    assert "3 (the oldest for 2 min 5 s)" in _output(capsys)


def test_history(station: SmallStation, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """R-191 the last 30 on screen, R-193 newest first and its forms, R-194 up to 3000 in a file."""
    held = [_record(number) for number in range(3500, 0, -1)]
    station.methods["history.list"] = lambda p: {
        "total": len(held),
        "records": held[p["offset"] : p["offset"] + p["limit"]],
    }
    station.methods["settings.list"] = lambda p: {"version": 1, "settings": []}
    assert main(["history", "--json"]) == 0
    # As in the status, null where there was no transaction.
    assert json.loads(_output(capsys)) == [{**record, "transaction_id": None} for record in held[:3000]]
    assert main(["history", "--lang", "fr"]) == 0
    lines = _output(capsys).splitlines()
    assert len(lines) == 1 + 30 + 1
    assert lines[1].split()[:7] == ["3500", "1", "AABB", "2026-03-01", "10:00", "01:30:05", "12,345"]
    assert lines[-1] == "Les 30 derniers enregistrements sur 3500."
    file = tmp_path / "charges.csv"
    assert main(["history", "--csv", str(file)]) == 0
    rows = file.read_text(encoding="utf-8").splitlines()
    assert len(rows) == 1 + 3000
    assert "12,345" in rows[1]  # R-199: the factory's decimal comma
    assert '"a;b"' in rows[1]


@pytest.mark.parametrize(
    ("words", "params"),
    [
        (["plug"], {"outlet": 1}),
        (["plug", "--cable", "20", "--phases", "1", "--amps", "16.5", "--ventilation", "--outlet", "2"],
         {"outlet": 2, "cable": 20, "phases": 1, "amps": 16.5, "ventilation": True}),
        (["ready", "--outlet=2"], {"outlet": 2}),
        (["pause"], {"outlet": 1}),
        (["plug", "--into", "domestic"], {"outlet": 1, "into": "domestic"}),
        (["unplug"], {"outlet": 1}),
        (["unplug", "--side", "vehicle"], {"outlet": 1, "side": "vehicle"}),
        (["badge", "AABBCCDD"], {"outlet": 1, "uid": "AABBCCDD"}),
        (["button", "stop"], {"outlet": 1, "which": "stop"}),
        (["draw", "17"], {"outlet": 1, "amps": 17.0}),
        (["input", "2", "on"], {"outlet": 1, "number": 2, "on": True}),
        (["fault", "welded", "off"], {"outlet": 1, "name": "welded", "on": False}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)  # fmt: skip
def test_sim(
    station: SmallStation, capsys: pytest.CaptureFixture[str], words: list[str], params: dict[str, Any]
) -> None:
    """design.md, command line: each order of `evlink sim` with its options."""
    station.methods[f"sim.{words[0]}"] = lambda p: {}
    assert main(["sim", *words]) == 0
    assert station.params(f"sim.{words[0]}") == params
    assert _output(capsys) == ""


def test_sim_state(station: SmallStation, capsys: pytest.CaptureFixture[str]) -> None:
    state = {"plugged": True, "inputs": {"in1": False}}
    station.methods["sim.state"] = lambda p: state
    assert main(["sim", "state", "--json"]) == 0
    assert json.loads(_output(capsys)) == state
    assert main(["sim", "state"]) == 0
    assert _output(capsys).split() == ["plugged", "True", "inputs.in1", "False"]


def test_orders(station: SmallStation, capsys: pytest.CaptureFixture[str]) -> None:
    """R-225, R-226."""
    assert main(["restart"]) == 0
    assert main(["factory-reset", "--yes", "--lang=fr"]) == 0
    assert [params["name"] for name, params in station.calls if name == "order"] == ["restart", "factory_reset"]
    assert "revenue à sa configuration d'usine" in _output(capsys)


def test_a_restart_is_over_once_another_start_answers(
    station: SmallStation, capsys: pytest.CaptureFixture[str]
) -> None:
    """R-225: the next command finds the station. `started` of `hello` tells one start from another."""
    greetings: list[str] = []

    def hello(params: dict[str, Any]) -> dict[str, Any]:
        greetings.append("hello")
        return {"running": True, "started": "2026-03-01T10:00:00Z" if len(greetings) < 6 else "2026-03-01T10:00:05Z"}

    station.methods["hello"] = hello
    station.methods["order"] = lambda params: {}
    assert main(["restart"]) == 0
    assert len(greetings) >= 6
    assert _output(capsys) == "The station has restarted.\n"


@pytest.mark.parametrize("hello", [{"running": True}, {"running": True, "started": "2026-03-01T10:00:00Z"}])
@pytest.mark.parametrize("words", [["restart"], ["factory-reset", "--yes"], ["set", "a.b=20", "--restart"]])
def test_a_station_that_does_not_come_back(
    station: SmallStation,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    hello: dict[str, Any],
    words: list[str],
) -> None:
    """Exit 1 in one sentence: the station that still answers is the one that was told to restart."""
    monkeypatch.setattr("evlink.commands.station.RETURN_S", 0.3)
    station.methods["hello"] = lambda params: hello
    station.methods["order"] = lambda params: {}
    station.methods["settings.apply"] = lambda params: _applied(restart=["a.b"])
    assert main(words) == 1
    out, err = capsys.readouterr()
    assert "restarted" not in out
    assert err == "evlink: the station took the order, but did not come back within 0.3 s\n"


def test_an_export_never_leaves_half_a_file(
    station: SmallStation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that is there stays whole where the station refuses; what is no file is left alone."""
    file = tmp_path / "list.csv"
    file.write_text("before")
    station.methods["badges.list"] = lambda p: Raw(END)
    assert main(["badges", "export", str(file)]) == 1
    assert file.read_text() == "before"
    station.methods["badges.list"] = lambda p: {"total": 0, "badges": []}
    (tmp_path / "directory").mkdir()
    assert main(["badges", "export", str(tmp_path / "directory")]) == 2
    assert main(["badges", "export", str(tmp_path / "absent" / "list.csv")]) == 1
    assert {entry.name for entry in tmp_path.iterdir()} == {"evlink.sock", "list.csv", "directory"}


def _evlink(*words: str, **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "evlink.cli", *words], capture_output=True, text=True, timeout=60, **more
    )


@pytest.mark.parametrize("words", [["status", "--json"], ["badges", "list", "--json"], ["sim", "ready"], ["history"]])
def test_commands_read_no_more_than_they_need(station: SmallStation, words: list[str]) -> None:
    """design.md 2: client and command line know settings and formats; a status needs not even those."""
    station.methods["badges.list"] = lambda p: {"total": 0, "badges": []}
    station.methods["history.list"] = lambda p: {"total": 0, "records": []}
    station.methods["sim.ready"] = lambda p: {}
    code = (
        "import sys, evlink.cli; c = evlink.cli.main(sys.argv[1:]); print(*sys.modules, file=sys.stderr); sys.exit(c)"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    loaded = set(done.stderr.split())
    roots = {name.split(".")[0] for name in loaded}
    assert roots & {"tui", "textual", "rich", "numpy", "apsw", "websockets", "ocpp", "asyncio"} <= {"asyncio"}
    rooms = {".".join(name.split(".")[:2]) for name in loaded if name.startswith("evlink.")}
    assert rooms <= {"evlink.cli", "evlink.client", "evlink.commands", "evlink.settings", "evlink.formats"}
    if words[0] == "status":
        assert rooms == {"evlink.cli", "evlink.client", "evlink.commands"}


def test_a_closed_pipe_is_quiet(station: SmallStation) -> None:
    """`evlink ... | head -1` ends without a word."""
    rows = [{"number": n, "uid": f"{n:020d}", "type": "user", "comment": "x" * 50} for n in range(5000)]
    station.methods["badges.list"] = lambda p: {"total": 5000, "badges": rows[p["offset"] : p["offset"] + p["limit"]]}
    line = f"{sys.executable} -m evlink.cli badges list | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "141"


def test_a_terminal_of_ascii_gets_what_it_can_show(station: SmallStation) -> None:
    done = _evlink("status", "--lang=fr", env={"PYTHONIOENCODING": "ascii", "EVLINK_STATE": str(station.path.parent)})
    assert done.returncode == 0
    assert "FG 16302 07 002 003 ? en service" in done.stdout
