"""What keeps a station in order, as its owner runs it: doctor, logs, report, with a station and without."""

from __future__ import annotations

import json

from tests.scenario.house import House


def test_doctor_logs_and_report_of_a_station() -> None:
    """R-219, R-086: in both languages; exit codes; nothing of a station that does not run."""
    home = House()
    try:
        home.start()
        home.wait(lambda: home.status()["station"]["state"] == "in_service", "the station")
        (home.state / "station.log").chmod(0o600)  # the bench made it
        told = home.evlink("doctor", code=None)
        assert told.returncode == 0, told.stdout
        assert "factory password" in told.stdout
        assert home.evlink("--lang", "fr", "doctor", code=None).stdout.splitlines()[0].split()[0] == "Examiné"
        home.sim("fault", 1, name="welded", on=True)
        home.sim("fault", 1, name="cp_short", on=True)
        home.wait(lambda: "KO" in str(home.status()["events"]), "a fault")
        bad = home.evlink("doctor", "--json", code=1)
        assert any(one["state"] == "bad" and one["todo"] for one in json.loads(bad.stdout)["findings"])
        lines = home.evlink("logs", "--lines", "5").stdout.splitlines()
        assert 1 <= len(lines) <= 5
        assert any("runs" in line for line in home.evlink("logs").stdout.splitlines())
        assert "allowed" in home.evlink("logs", "--level", "loud", code=2).stderr
        home.call("clock.set", moment="2026-03-29 12:00")
        home.wait(lambda: home.status()["station"]["clock"].startswith("2026-03-29T12:0"), "the time")
        path = home.state / "out.html"
        home.evlink("report", str(path))
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.read_text().startswith("<!DOCTYPE html>")
        for name in ("../../etc/x.html/", "", "x.exe", "/nowhere/x.html", "a\x07.html/"):
            done = home.evlink("report", name, code=None)
            assert done.returncode in (1, 2), name
            assert len(done.stderr.strip().splitlines()) == 1, done.stderr
        home.stop_station()
        asleep = home.evlink("doctor", code=1).stdout
        assert "does not run" in asleep
        assert len(home.evlink("logs", code=1).stderr.strip().splitlines()) == 1
    finally:
        home.end()
