"""Commands on the files of a station that does not run, each a real process with the real offline program."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

Evlink = Callable[..., subprocess.CompletedProcess[str]]
ROOT = Path(__file__).parents[2]
DERATED = "energy_management.outlets.1.derated_current"
NAME = "configuration.general.station_name"
CFG = """# Evse Conf
[FUNCTIONAL]
stationName=LOT 7
[CURRENT MEASUREMENT]
lowOvercurrentTolerance=12
[REPORT FTP]
FtpPassword=0123
"""


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def evlink(state: Path) -> Evlink:
    # From another directory, as an operator would; the source is found where it is not installed too.
    env = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG", "EVLINK"))}
    env["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT), env.get("PYTHONPATH"))))

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-P", "-m", "evlink.cli", *words, "--state", str(state)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, cwd="/", env=env)

    return run


def _done(result: subprocess.CompletedProcess[str]) -> str:
    assert result.returncode == 0, result.stderr
    return result.stdout


def _failed(result: subprocess.CompletedProcess[str], code: int) -> str:
    assert result.returncode == code, result
    assert result.stdout == ""
    assert result.stderr.startswith("evlink: ")
    assert result.stderr.count("\n") == 1
    return result.stderr


def _get(evlink: Evlink, key: str) -> object:
    return json.loads(_done(evlink("get", key, "--json")))[key]


def test_set_and_get_without_a_station(evlink: Evlink, state: Path) -> None:
    """design.md, command line: these work on the files, under a lock, when no station runs."""
    assert _get(evlink, DERATED) == 32
    assert _done(evlink("set", f"{DERATED}=20", "--json"))
    assert _get(evlink, DERATED) == 20
    # What is stored is what deviates, so that the tests below need only look for the file.
    assert (state.stat().st_mode & 0o777, (state / "station.toml").stat().st_mode & 0o777) == (0o700, 0o600)


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("set", "no.such.key=1"), 2, "no.such.key"),
        (("get", "no.such.key"), 2, "no.such.key"),
        (("set", f"{DERATED}=20", "energy_management.outlets.2.derated_current=99"), 2, "99"),
        (("set", f"{DERATED}=20", f"{NAME}=lower case"), 2, NAME),
        (("set", f"{DERATED}=many"), 2, "many"),
        (("set", "energy_management.outlets.7.derated_current=20"), 2, "outlets.7"),
        (("badges", "add", "not a badge!"), 2, "badge"),
        (("badges", "remove", "NOPE"), 2, "badge uid NOPE: not in the list"),
        (
            ("badges", "add", "AA", "--comment", "x" * 51),
            2,
            "comment of 51 characters is not allowed; allowed: at most 50",
        ),
        (("badges", "add", "AA", "--comment", "\u202ex"), 2, "printable"),
        (("get", "configuration.general.station_nam"), 2, "did you mean configuration.general.station_name?"),
        (("get", "energy_management.outlets.7.derated_current"), 2, "outlet 7 is not on this station; allowed: 1 or 2"),
        (("get", "authentication.badges.uid"), 2, "badges have commands of their own"),
        (("get", "nope", "--lang=fr"), 2, "nope n'est pas un paramètre"),
        (("badges", "add", "é", "--lang=fr"), 2, "autorisé : de 1 à 20 lettres ou chiffres"),
        (("badges", "remove", "NOPE", "--lang=fr"), 2, "uid de badge NOPE : pas dans la liste"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_bad_input_changes_nothing(
    evlink: Evlink, state: Path, words: tuple[str, ...], code: int, sentence: str
) -> None:
    """One clear sentence, exit 1 or 2, nothing changed."""
    assert sentence in _failed(evlink(*words), code)
    assert not (state / "station.toml").exists()


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("wrong.toml", "[energy_management.outlets.1]\nderated_current = 99\n[configuration.general]\n"
         "station_name = 'OK'\n", "energy_management.outlets.1.derated_current"),
        ("broken.toml", "[configuration\n", "TOML"),
        ("table.toml", "configuration = 1\n", "configuration is a table, not a setting; its settings are such as"),
        ("text.toml", "[configuration.general]\nauthentication_timeout = '16'\n", "'16' is not allowed; allowed: 0 to"),
        ("flag.toml", "[configuration.general]\nallow_cable_left = 'true'\n", "'true' is not allowed"),
        ("type.toml", "[configuration.general]\nauthentication_timeout = 'soon'\n", "authentication_timeout"),
        ("unknown.toml", "[configuration.general]\nno_such = 1\n", "no_such"),
        ("wrong.cfg", CFG.replace("=12", "=twelve"), "line 5"),
        ("unknown.cfg", "[FUNCTIONAL]\nnoSuchKey=1\n", "noSuchKey"),
        ("broken.cfg", "stationName=X\n", "line 1"),
        ("latin.toml", "\udce9", "UTF-8"),
    ],
    ids=lambda value: value if isinstance(value, str) and value.endswith((".toml", ".cfg")) else "",
)  # fmt: skip
def test_a_wrong_file_changes_nothing(
    evlink: Evlink, state: Path, tmp_path: Path, name: str, content: str, sentence: str
) -> None:
    """A file with one wrong value changes nothing and names key, value and range."""
    file = tmp_path / name
    file.write_bytes(content.encode(errors="surrogateescape"))
    assert sentence in _failed(evlink("import", str(file)), 2)
    assert not (state / "station.toml").exists()


def test_everything_that_is_wrong_is_told(evlink: Evlink, state: Path, tmp_path: Path) -> None:
    """R-056: each problem with its line and key, of `set` with its key; `--json` has all of them; nothing changes."""
    file = tmp_path / "several.toml"
    file.write_text("[energy_management.outlets.1]\nderated_current = 99\n[configuration.general]\nno_such = 1\n")
    result = evlink("import", str(file), "--lang=fr", "--json")
    assert result.returncode == 2
    first, second, last = result.stderr.splitlines()
    assert "several.toml : ligne 2 : energy_management.outlets.1.derated_current : 99 n'est pas autorisé" in first
    assert "several.toml : ligne 4 : configuration.general.no_such n'est pas un paramètre" in second
    assert "2 problèmes ; rien n'a été modifié" in last
    assert [(one["line"], one["key"]) for one in json.loads(result.stdout)["problems"]] == [
        (2, "energy_management.outlets.1.derated_current"),
        (4, "configuration.general.no_such"),
    ]
    result = evlink("set", f"{DERATED}=99", f"{NAME}=lower case")
    assert result.returncode == 2
    assert [name in line for name, line in zip((DERATED, NAME), result.stderr.splitlines(), strict=False)] == [True] * 2
    assert not (state / "station.toml").exists()


@pytest.mark.parametrize("name", ["empty.cfg", "empty.toml"])
@pytest.mark.parametrize("content", ["", "# nothing\n\n"])
def test_an_empty_file_changes_nothing(evlink: Evlink, tmp_path: Path, name: str, content: str) -> None:
    """It is named as such, as in the terminal; a file cut off to nothing is no success."""
    (tmp_path / name).write_text(content)
    assert f"{name}: the file holds no setting" in _failed(evlink("import", str(tmp_path / name)), 2)


def test_a_pipe_is_not_waited_for(evlink: Evlink, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    assert "pipe.toml: not a regular file" in _failed(evlink("import", str(tmp_path / "pipe.toml")), 2)


def test_a_wrong_line_is_told_in_french(evlink: Evlink, tmp_path: Path) -> None:
    """design.md, command line: `--lang fr` turns words, the place in the file among them."""
    (tmp_path / "wrong.cfg").write_text(CFG.replace("=12", "=twelve"))
    sentence = _failed(evlink("import", str(tmp_path / "wrong.cfg"), "--lang=fr"), 2)
    assert "wrong.cfg : ligne 5, [CURRENT MEASUREMENT]" in sentence
    assert "line 5" not in sentence
    (tmp_path / "unknown.cfg").write_text("[FUNCTIONAL]\nnoSuchKey=1\n")
    sentence = _failed(evlink("import", str(tmp_path / "unknown.cfg"), "--lang=fr"), 2)
    assert "unknown.cfg : ligne 2 : [FUNCTIONAL] noSuchKey n'est pas un paramètre" in sentence


@pytest.mark.parametrize("kind", ["cfg", "toml"])
def test_an_export_imports_without_a_change(evlink: Evlink, tmp_path: Path, kind: str) -> None:
    """R-058: a second import changes nothing; passwords are never in it."""
    first = tmp_path / "first.cfg"
    first.write_text(CFG)
    result = evlink("import", str(first))
    assert f"{NAME}: FG 16302 07 002 003 -> LOT 7" in _done(result)
    assert "FtpPassword" in result.stderr
    exported = tmp_path / f"x.{kind}"
    _done(evlink("export", str(exported)))
    assert exported.stat().st_mode & 0o777 == 0o600
    text = exported.read_text(encoding="utf-8")
    assert "LOT 7" in text
    assert "assword=" not in text
    assert json.loads(_done(evlink("import", str(exported), "--json")))["changed"] == []
    _done(evlink("set", f"{NAME}=LOT 8"))
    assert f"{NAME}: LOT 8 -> LOT 7" in _done(evlink("import", str(exported)))
    assert _done(evlink("export", "-", "--format", kind)) == text


def test_a_dry_run_only_tells(evlink: Evlink, tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_text("[energy_management.outlets.1]\nderated_current = 10\n")
    assert json.loads(_done(evlink("import", str(file), "--dry-run", "--json")))["changed"] == [
        {"key": DERATED, "old": 32, "new": 10}
    ]
    assert _get(evlink, DERATED) == 32


def test_a_secret_is_set_and_never_shown(evlink: Evlink) -> None:
    key = "charge_history.publication.ftp_password"
    out = _done(evlink("set", f"{key}=correct horse"))
    out += (
        _done(evlink("get", key)) + _done(evlink("settings", "--json")) + _done(evlink("export", "-", "--format=toml"))
    )
    assert _get(evlink, key) == "set"
    assert "horse" not in out


def test_badges_without_a_station(evlink: Evlink, tmp_path: Path) -> None:
    """R-174, R-188, R-189."""
    _done(evlink("badges", "add", "04:a1:b2:c3", "--type", "vip", "--comment", "Zoé"))
    listed = json.loads(_done(evlink("badges", "list", "--json")))
    assert listed == [{"number": 1, "uid": "04A1B2C3", "type": "vip", "comment": "Zoé"}]
    file = str(tmp_path / "b.csv")
    _done(evlink("badges", "export", file))
    _done(evlink("badges", "add", "AA"))
    _done(evlink("badges", "import", file))
    assert json.loads(_done(evlink("badges", "list", "--json"))) == listed
    assert "ZZ" in _failed(evlink("badges", "remove", "04A1B2C3", "ZZ"), 2)  # all or none
    assert "déjà dans la liste" in _failed(evlink("badges", "add", "04A1B2C3", "--lang=fr"), 2)
    assert json.loads(_done(evlink("badges", "list", "--json"))) == listed
    _done(evlink("badges", "remove", "--all"))
    assert json.loads(_done(evlink("badges", "list", "--json"))) == []
    assert json.loads(_done(evlink("history", "--json"))) == []


def test_the_files_are_locked_by_who_works_on_them(evlink: Evlink, state: Path) -> None:
    """design.md, command line: under a lock. Whoever comes second waits, is told so, and changes nothing."""
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    holder = subprocess.Popen(
        [sys.executable, "-m", "evlink.runtime.offline", "--state", str(state)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=env,
    )
    assert holder.stdin
    assert holder.stdout
    try:
        holder.stdin.write(b'{"jsonrpc":"2.0","id":1,"method":"hello","params":{}}\n')
        holder.stdin.flush()
        assert json.loads(holder.stdout.readline())["result"]["running"] is False
        assert str(holder.pid) in _failed(evlink("set", f"{DERATED}=20"), 1)
    finally:
        holder.stdin.close()
        assert holder.wait(10) == 0
        holder.stdout.close()
    assert _get(evlink, DERATED) == 32


def test_a_state_directory_that_cannot_be_used(evlink: Evlink, state: Path) -> None:
    """A file in its place, since root may write to any directory."""
    state.write_text("not a directory")
    assert str(state) in _failed(evlink("get", NAME), 1)
    assert state.read_text() == "not a directory"


def test_ctrl_c_leaves_no_program_behind(state: Path) -> None:
    """The offline program is no job of the terminal's: it ends with its input."""
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "evlink.cli", "get", NAME, "--state", str(state)]
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, process_group=0)
    deadline = time.monotonic() + 20
    while not (state / "station.lock").exists() and time.monotonic() < deadline:
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode in (130, 0)  # 0 where it was done before the signal came
    assert err == b""
    assert not _processes_of(state)


def _processes_of(state: Path) -> list[str]:
    found = []
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes() if entry.name.isdigit() else b""
        except OSError:
            continue
        if os.fsencode(state) in words:
            found.append(words.decode(errors="replace"))
    return found
