"""The line menus on a real station, by `evlink tui --lines` over a pty: what is set there, `evlink get` shows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.scenario.house import House, house
from tests.tui.lines_bench import Line

NAME = "configuration.general.station_name"
NEW = "Nouveau-2026!"


@contextmanager
def lines(home: House, **env: str) -> Iterator[Line]:
    """`evlink tui --lines` on the station, as Admin whose factory password was replaced."""
    one = Line(
        ["-m", "evlink.cli", "tui", "--lines", "--socket", str(home.state / "evlink.sock")],
        {"TERM": "dumb", "LC_ALL": "C", **env},
    )
    try:
        one.until(" q ")
        yield one
    finally:
        one.close()


def login(one: Line) -> None:
    """Log in with the factory password, which only lets a new one be set (R-028)."""
    one.type("admin", "assword:")
    one.type("ADMIN", "New password:")
    one.type("short", "It still needs:")
    one.until("New password:")
    one.type(NEW, "again:")
    one.type(NEW, "Menu> ")


@pytest.mark.slow
def test_a_setting_saved_in_lines_is_the_stations() -> None:
    """R-028, R-042, R-210: log in, change, save, restart; every byte ASCII, no escape."""
    with house() as home, lines(home) as one:
        login(one)
        one.type("1.1", "General> ")
        one.type("1=LINES 1", "s saves.")
        one.until("General> ")
        one.type("s", "(y/n)")
        one.type("y", "Saved: Charging station name.")
        assert home.evlink("get", NAME).stdout == f"{NAME}=LINES 1\n"
        one.type("m", "Menu> ")
        home.charge()
        assert "Outlet 1: Charging" in one.type("5.1", "Status> ")
        assert "EV state: C_" in one.type("1", "Status> ")
        one.type("m", "Menu> ")
        one.type("/meter_values_dialect", "Number")
        one.type("2", "saves and restarts.")
        one.until("> ")
        one.type("s", "(y/n)")
        one.type("y", "log in again.")
        one.type("", "Password:")
        one.type(NEW, "Menu> ")
        assert home.evlink("get", "extension.ocpp.meter_values_dialect").stdout.endswith("=draft\n")
        one.type("q", "\n")
        assert one.wait() == 0
        sent = bytes(one.sent)
        assert sent.isascii()
        assert {byte for byte in sent if byte < 0x20} == {0x0A, 0x0D}
        assert max(map(len, sent.decode().splitlines())) <= 79


@pytest.mark.slow
def test_french_with_its_accents(tmp_path: Path) -> None:
    """R-038: the locale says the language; a locale that carries accents gets them, one that does not none."""
    with house() as home:
        with lines(home, LC_ALL="fr_FR.UTF-8") as one:
            one.type("utilisateur", "Mot de passe :")
            one.type("UTILISATEUR", "Nouveau mot de passe :")
            assert "au moins 12 caractères" in one.text
            one.type(NEW, "Confirmer")
            one.type(NEW, "Menu> ")
            one.type("l", "Menu> ")
            one.type(":q", "\n")
            assert one.wait() == 0
        with lines(home, LC_ALL="C", LC_MESSAGES="fr_FR") as one:
            one.type("l", " q ")
            one.type("admin", "Mot de passe :")
            one.type("ADMIN", "Nouveau mot de passe :")
            assert "au moins 12 caracteres" in one.text
            one.press("\x04")
            assert one.wait() == 0


@pytest.mark.slow
def test_badges_come_in_by_file_and_by_reader(tmp_path: Path) -> None:
    """R-179 to R-181, R-188 to R-190: exported, edited (refused), replaced after a preview, captured."""
    with house() as home, lines(home) as one:
        login(one)
        one.type("3", "Authentication> ")
        one.type("a", "Identifier:")
        one.type("04A1B2C3", "Type, number")
        one.type("1", "Comment")
        one.type("Anna", "Badge 04A1B2C3 added.")
        file = tmp_path / "badges.csv"
        one.type("e", "File to write")
        one.type(str(file), "Written:")
        one.until("> ")
        home.call("badges.add", uid="0B0B")
        one.type("i", "File to read")
        shown = one.type(str(file), "(y/n)")
        assert "- 0B0B" in shown
        assert "0 added, 0 changed, 1 removed; 1 in the list then." in shown
        one.type("y", "1 badge is in the list now.")
        edited = file.read_text().replace("Anna", "Emma")
        file.write_text(edited)
        one.until("> ")
        one.type("i", "File to read")
        assert "changed after it was exported" in " ".join(one.type(str(file), "Authentication> ").split())
        one.type("r", "(Enter changes nothing)")
        one.type("1", "It ends by Enter")
        home.sim("badge", uid="CAFE01")
        one.until("CAFE01: added")
        home.sim("badge", uid="04A1B2C3")
        one.until("04A1B2C3: in the list already")
        one.type("", "Ended; 1 badge.")
        assert [badge["uid"] for badge in home.call("badges.list")["badges"]] == ["04A1B2C3", "CAFE01"]


@pytest.mark.slow
def test_a_station_that_is_killed_comes_back_to_a_login() -> None:
    """Said once; what is staged is kept."""
    with house() as home, lines(home) as one:
        login(one)
        one.type("1.1", "General> ")
        one.type("1=KEPT", "s saves.")
        home.kill_station()
        one.until("Connection to the station lost")
        home.start()
        one.until("log in again. Unsaved changes are kept.")
        one.until("Account")
        one.type("admin", "Password:")
        one.type(NEW, "Menu> ")
        assert "-> KEPT" in one.type("c", "Menu> ")
        assert one.text.count("Connection to the station lost") == 1
