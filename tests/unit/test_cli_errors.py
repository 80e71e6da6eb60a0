"""Bad input and refusals: one sentence on stderr, its exit code, nothing on stdout."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from evlink.cli import main
from evlink.client import CallError
from tests.unit.cli_station import END, Raw, SmallStation, bad_value, serving


@pytest.fixture
def station(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallStation]:
    monkeypatch.setenv("EVLINK_STATE", str(tmp_path))
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    with serving(tmp_path / "evlink.sock") as small:
        yield small


def _sentence(capsys: pytest.CaptureFixture[str]) -> str:
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("evlink: ")
    assert err.count("\n") == 1
    return err


BAD = [
    ([], "COMMAND", "COMMAND"),
    (["--frob"], "not known: --frob (", "inconnu : --frob ("),
    (["badges", "--frob=1"], "not known: --frob (", "inconnu : --frob ("),
    (["get", "--frob"], "not known: --frob (", "inconnu : --frob ("),
    (["explode"], "explode", "explode"),
    (["status", "--jsn"], "--jsn", "--jsn"),
    (["status", "extra"], "extra", "extra"),
    (["status", "--state"], "--state", "--state"),
    (["status", "--json=yes"], "--json", "--json"),
    (["status", "--lang", "de"], "'de' is not allowed; allowed: 'en', 'fr'", "n'est pas autorisé"),
    (["get"], "missing: KEY", "il manque : KEY"),
    (["set"], "missing: KEY=VALUE", "il manque : KEY=VALUE"),
    (["set", "a.b"], "a.b: not of the form KEY=VALUE", "pas de la forme"),
    (["set", "=1"], "=1: not of the form KEY=VALUE", "pas de la forme"),
    (["set", "a=1", "a=2"], "a: given more than once", "plusieurs fois"),
    (["badges"], "missing: ACTION", "il manque : ACTION"),
    (["badges", "add"], "missing: UID", "il manque : UID"),
    (["badges", "add", "AA", "--type", "king"], "'king' is not allowed", "n'est pas autorisé"),
    (["badges", "remove"], "name badges, or --all", "nommer des badges"),
    (["badges", "remove", "AA", "--all"], "name badges, or --all", "nommer des badges"),
    (["sim"], "missing: ACTION", "il manque : ACTION"),
    (["sim", "plug", "--cable", "14"], "14 is not allowed; allowed: 13, 20, 32, 63", "autorisé : 13, 20"),
    (["sim", "plug", "--phases", "2"], "2 is not allowed; allowed: 1, 3", "autorisé : 1, 3"),
    (["sim", "plug", "--outlet", "one"], "'one' is not allowed; allowed: a whole number", "un nombre entier"),
    (["sim", "plug", "--outlet", "-1"], "--outlet", "--outlet"),
    (["sim", "draw", "much"], "'much' is not allowed; allowed: a number from 0", "un nombre à partir de 0"),
    (["sim", "draw", "nan"], "'nan' is not allowed; allowed: a number from 0", "un nombre à partir de 0"),
    (["sim", "draw", "inf"], "'inf' is not allowed", "n'est pas autorisé"),
    (["sim", "button"], "missing: BUTTON", "il manque : BUTTON"),
    (["sim", "button", "x"], "BUTTON: 'x' is not allowed", "BUTTON : 'x' n'est pas autorisé"),
    (["sim", "input"], "missing: INPUT, on|off", "il manque : INPUT, on|off"),
    (["sim", "fault"], "missing: NAME, on|off", "il manque : NAME, on|off"),
    (["sim", "input", "3", "on"], "3 is not allowed; allowed: 1, 2", "autorisé : 1, 2"),
    (["sim", "input", "1", "up"], "'up' is not allowed; allowed: 'on', 'off'", "autorisé : 'on', 'off'"),
    (["run", "--speed", "0"], "'0' is not allowed; allowed: a number above 0", "un nombre supérieur à 0"),
    (["replay", "x.csv", "--current", "A"], "missing: --limit", "il manque : --limit"),
    (["import", "no-such-file.toml"], "no-such-file.toml: No such file", "no-such-file.toml"),
    (["import", "no-such-file.toml"], "No such file or directory", "fichier ou répertoire inexistant"),
    (["import", ""], "the name of the file is empty", "le nom du fichier est vide"),
    (["import", "/tmp"], "/tmp: Is a directory", "/tmp : c'est un répertoire"),
    (["export", ""], "the name of the file is empty", "le nom du fichier est vide"),
    (["export", "x.toml/"], "x.toml/: Is a directory", "x.toml/ : c'est un répertoire"),
    (["badges", "export", ""], "the name of the file is empty", "le nom du fichier est vide"),
    (["badges", "import", "/tmp"], "/tmp: Is a directory", "/tmp : c'est un répertoire"),
    (["history", "--csv", "/tmp/"], "/tmp/: Is a directory", "/tmp/ : c'est un répertoire"),
    (["history", "--limit", "0"], "'0' is not allowed; allowed: a whole number from 1", "entier à partir de 1"),
    (["history", "--outlet", "0"], "'0' is not allowed; allowed: a whole number from 1", "entier à partir de 1"),
    (["import", "/dev/null/x.toml"], "Not a directory", "ce n'est pas un répertoire"),
    (["replay", "no.csv", "--current=A", "--limit=L"], "no.csv: No such file", "no.csv : fichier ou répertoire"),
    (["import", "settings.ini"], "settings.ini: not a kind of file known here", "type de fichier inconnu"),
    (["export", "settings.ini"], "settings.ini: not a kind of file known here", "type de fichier inconnu"),
    (["export", "-"], "-: not a kind of file known here", "type de fichier inconnu"),
]


@pytest.mark.parametrize(("words", "english", "french"), BAD, ids=[" ".join(words) or "nothing" for words, _, _ in BAD])
def test_bad_input_is_exit_2_in_one_sentence(
    station: SmallStation, capsys: pytest.CaptureFixture[str], words: list[str], english: str, french: str
) -> None:
    """One clear sentence each, nothing changed."""
    assert main(words) == 2
    assert english in _sentence(capsys)
    assert main([*words[:1], *words[1:], *([] if "--lang" in words else ["--lang=fr"])]) == 2
    if "--lang" not in words:
        assert french in _sentence(capsys)
    assert [name for name, _ in station.calls if name != "hello"] == []


REFUSALS: list[tuple[CallError, int, str, str]] = [
    (bad_value("a.b", "80", "6 to 32 A"), 2, "a.b: 80 is not allowed; allowed: 6 to 32 A", "a.b = 80 : valeur refusée"),
    (
        CallError(2, "one", {"reason": "bad_value", "problems": [{"en": "a is wrong", "fr": "a est faux"}]}),
        2,
        "a is wrong",
        "a est faux",
    ),
    (CallError(1, "reset is not open to the user account", {"reason": "refused"}), 1, "not open", "pas le droit"),
    (CallError(3, "a.b was changed elsewhere", {"reason": "conflict", "key": "a.b"}), 1, "elsewhere", "entre-temps"),
    (CallError(4, "no vehicle is plugged in", {"reason": "not_now"}), 1, "no vehicle", "impossible"),
    (CallError(5, "log in first", {"reason": "login"}), 1, "log in first", "compte ou mot de passe"),
    (CallError(7, "no station runs", {"reason": "offline"}), 1, "no station runs", "quand la borne fonctionne"),
    (
        CallError(2, "badge uid AA: no", {"reason": "bad_value", "key": "uid", "fr": "uid de badge AA : non"}),
        2,
        "badge uid AA: no",
        "evlink: uid de badge AA : non",
    ),
    (
        CallError(4, "No vehicle is plugged in at outlet 2.", {"reason": "not_now", "key": "", "value": None}),
        1,
        "No vehicle is plugged in at outlet 2.",
        "aucun véhicule n'est branché à la prise 2",
    ),
    (bad_value("amps", 1000, "0 to 80 amperes"), 2, "1000", "amps = 1000 : valeur refusée ; autorisé : de 0 à 80 amp"),
    (bad_value("outlet", 0, "1 to 2"), 2, "outlet: 0", "outlet = 0 : valeur refusée ; autorisé : de 1 à 2"),
    (CallError(-32602, "params: expected int", {}), 2, "params: expected int", "params: expected int"),
    (CallError(-32603, "internal error", {}), 1, "internal error", "internal error"),
    (CallError(4, "a\x1b[2J\u202eb", {"reason": "not_now"}), 1, "a[2Jb", "a[2Jb"),
]


@pytest.mark.parametrize(("error", "code", "english", "french"), REFUSALS, ids=[e.message for e, _, _, _ in REFUSALS])
def test_what_the_station_refuses(
    station: SmallStation, capsys: pytest.CaptureFixture[str], error: CallError, code: int, english: str, french: str
) -> None:
    """docs/protocol.md, errors: a wrong value is bad input, all else a refusal."""

    def refuse(params: dict[str, Any]) -> None:
        raise error

    station.methods["settings.apply"] = refuse
    assert main(["set", "a.b=80"]) == code
    assert english in _sentence(capsys)
    assert main(["--lang", "fr", "set", "a.b=80"]) == code
    assert french in _sentence(capsys)


def test_a_reset_that_cannot_be_asked_about_needs_the_yes(
    station: SmallStation, capsys: pytest.CaptureFixture[str]
) -> None:
    """R-226: `evlink factory-reset </dev/null` loses nothing."""
    assert main(["factory-reset"]) == 2
    assert "--yes confirms it" in _sentence(capsys)
    assert main(["factory-reset", "--lang=fr"]) == 2
    assert "--yes" in _sentence(capsys)
    assert [name for name, _ in station.calls if name == "order"] == []


@pytest.mark.parametrize("answer", [Raw(END), Raw(b"\x00nonsense\n")], ids=["ends", "babbles"])
def test_a_station_that_goes_away(station: SmallStation, capsys: pytest.CaptureFixture[str], answer: Raw) -> None:
    station.methods["snapshot"] = lambda params: answer
    assert main(["status"]) == 1
    assert "the station" in _sentence(capsys)


@pytest.mark.parametrize(
    "words",
    [
        ["status"],
        ["restart"],
        ["factory-reset", "--yes"],
        ["sim", "ready"],
        ["sim", "state"],
        ["status", "--watch", "--json"],
    ],
    ids=" ".join,
)
def test_no_station_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    """design.md, command line: the others say that none runs."""
    monkeypatch.delenv("LANG", raising=False)
    monkeypatch.delenv("LC_ALL", raising=False)
    assert main([*words, "--state", str(tmp_path)]) == 1
    assert _sentence(capsys) == f"evlink: no station runs at {tmp_path}/evlink.sock\n"
    assert main([*words, "--state", str(tmp_path), "--lang", "fr"]) == 1
    assert "aucune borne ne fonctionne" in _sentence(capsys)
    assert list(tmp_path.iterdir()) == []


def test_a_named_socket_means_a_running_station(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Who names a socket wants that station: its files are not guessed at."""
    assert main(["get", "a.b", "--socket", str(tmp_path / "s"), "--lang=en"]) == 1
    assert "no station runs" in _sentence(capsys)


def test_a_socket_that_may_not_be_opened(
    station: SmallStation, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Root may open everything, so the refusal itself is what is put in place of the call."""

    def refused(self: object, path: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("socket.socket.connect", refused)
    assert main(["get", "a.b"]) == 1
    assert "may not be opened by this account" in _sentence(capsys)


def test_arguments_that_are_no_text(station: SmallStation, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["get", os.fsdecode(b"caf\xe9")]) == 2
    assert "no UTF-8" in _sentence(capsys)


def test_more_than_a_line_holds(station: SmallStation, capsys: pytest.CaptureFixture[str]) -> None:
    """docs/protocol.md: at most 1 MiB a line."""
    assert main(["set", "a.b=" + "x" * (1 << 20)]) == 1
    assert "more than the station takes at once (1048576 bytes)" in _sentence(capsys)


@pytest.mark.parametrize("stop", [KeyboardInterrupt])
def test_ctrl_c_is_130_and_quiet(
    station: SmallStation,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    stop: type[BaseException],
) -> None:
    def interrupted(*args: object, **named: object) -> None:
        raise stop

    monkeypatch.setattr("evlink.client.Client.call", interrupted)
    assert main(["status"]) == 130
    assert capsys.readouterr() == ("", "")


def test_help_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    calls: list[Callable[[], int]] = [lambda: main(["--help"]), lambda: main(["sim", "plug", "-h", "--lang=fr"])]
    for call in calls:
        with pytest.raises(SystemExit) as ended:
            call()
        assert ended.value.code == 0
    out, err = capsys.readouterr()
    assert "usage: evlink [-h]" in out
    assert "usage : evlink sim plug [-h]" in out
    assert "un véhicule se branche" in out
    assert err == ""
