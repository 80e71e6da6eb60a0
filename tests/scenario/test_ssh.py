"""The terminal over real OpenSSH, with the shipped configuration: what a technician gets, and all that nobody gets."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from evlink.client import Client
from tests.scenario.screen import F10, Terminal
from tests.scenario.ways_in import PASSWORD, SHIPPED, Door, adapted, door, needed

EXTERNAL = "energy_management.advanced.external_system_control"
REFUSED = b"the commissioning terminal needs a terminal"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def way_in() -> Iterator[Door]:
    with door() as opened:
        yield opened


def login(screen: Terminal, account: str = "admin", password: str = PASSWORD) -> None:
    """Log in at the terminal's own login."""
    screen.until("Password")
    screen.press(f"{account}\r")
    screen.press(f"{password}\r")
    screen.until("F8")


def stage(screen: Terminal) -> None:
    """Stage a change: the flag of the control by an external system."""
    screen.press("2")
    screen.until("external system")
    screen.press("\x1b[B\x1b[B ")
    screen.until("[x] Yes")


def test_log_in_change_a_setting_log_out(way_in: Door) -> None:
    """R-022, R-023, R-041: the station has the change, the terminal the login, and leaving ends the connection."""
    station = way_in.station
    assert station.evlink("get", EXTERNAL).stdout.strip() == f"{EXTERNAL}=false"
    with way_in.terminal() as screen:
        login(screen)
        stage(screen)
        screen.press("\x1b[12~")  # F2
        station.wait(lambda: station.evlink("get", EXTERNAL).stdout.strip().endswith("=true"), "the change")
        screen.press("\x1b[19~")  # F8
        screen.until("Commissioning terminal")
        screen.press(F10)
        assert screen.wait() == 0
    station.wait(lambda: not way_in.terminals(), "the end of the terminal")


def test_eight_sessions_at_once(way_in: Door) -> None:
    """Each has a process of its own, sees the station, and ends by itself."""
    with contextlib.ExitStack() as stack:
        screens = [stack.enter_context(way_in.terminal()) for _ in range(8)]
        for screen in screens:
            screen.until("Password", 60)
        for at, screen in enumerate(screens):
            login(screen, "admin" if at % 2 else "utilisateur")
        assert len(way_in.terminals()) == 8
        for screen in screens:
            screen.press("3")
            screen.read(0.2)
        for screen in screens:
            screen.press(F10)
        assert [screen.wait() for screen in screens] == [0] * 8
    way_in.station.wait(lambda: not way_in.terminals(), "the end of all terminals")


def test_a_connection_cut_in_mid_edit(way_in: Door) -> None:
    """The client is killed: its terminal ends, nothing is saved, and the station never noticed."""
    station = way_in.station
    before = station.evlink("get", EXTERNAL).stdout
    with way_in.terminal() as screen:
        login(screen)
        screen.press("2")
        screen.until("external system")
        screen.press("\x1b[B\x1b[B ")
        screen.until("staged")
        assert len(way_in.terminals()) == 1
        os.kill(screen.pid, signal.SIGKILL)
        station.wait(lambda: not way_in.terminals(), "the end of the terminal", 10)
    assert station.evlink("get", EXTERNAL).stdout == before
    assert station.status()["station"]["state"] == "in_service"
    assert "Traceback" not in station.log()


COMMANDS = ["id", "/bin/sh", "sh -c 'touch {mark}'", "evlink set {mark}", "-", "tui; id"]


def test_a_command_is_refused_and_never_run(way_in: Door, tmp_path: Path) -> None:
    """`ssh host command` without a terminal: the refusal, whatever the command is."""
    mark = tmp_path / "ran"
    for command in COMMANDS:
        done = way_in.run(*way_in.ssh(), way_in.host, command.format(mark=mark))
        assert (done.returncode, done.stdout) == (1, b""), command
        assert REFUSED in done.stderr, command
    assert not mark.exists()


def test_a_command_on_a_terminal_brings_the_terminal(way_in: Door, tmp_path: Path) -> None:
    """`ssh -tt host command`: the login, as without a command, and nothing that the command would do."""
    mark = tmp_path / "ran"
    env = {"PATH": os.environ["PATH"], "HOME": str(way_in.folder), "TERM": "vt220"}
    with contextlib.ExitStack() as stack:
        screens = []
        for command in ("", *COMMANDS[2:]):
            words = [*way_in.ssh("-tt"), way_in.host, *([command.format(mark=mark)] if command else [])]
            screens.append(Terminal(words, env))
            stack.callback(screens[-1].close)
        for screen in screens:
            screen.until("Password")
            assert "uid=" not in screen.text
    assert not mark.exists()


def test_no_shell_and_no_way_to_one(way_in: Door) -> None:
    """The keys that suspend, interrupt or quit a program leave no prompt behind them."""
    with way_in.terminal() as screen:
        login(screen)
        for key in ("\x1a", "\x03", "\x1c", "\x04", "!sh\r", "\x1b:!sh\r"):
            screen.press(key)
            screen.read(0.4)
        screen.press("\x1b")
        screen.press("id\r")
        screen.read(0.5)
        assert "uid=" not in screen.text
        assert "F10" in screen.text
        assert len(way_in.terminals()) == 1
    way_in.station.wait(lambda: not way_in.terminals(), "the end of the terminal", 10)


def test_no_file_transfer(way_in: Door, tmp_path: Path) -> None:
    """Neither scp, old and new, nor sftp, nor a redirected `cat`: nothing comes in, nothing goes out."""
    mine = tmp_path / "mine"
    mine.write_text("x")
    target = tmp_path / "there"
    options = way_in.ssh()[1:]
    options[options.index("-p")] = "-P"
    for words in (
        ["scp", *options, str(mine), f"{way_in.host}:{target}"],
        ["scp", "-O", *options, str(mine), f"{way_in.host}:{target}"],
        ["scp", *options, f"{way_in.host}:/etc/passwd", str(target)],
        ["scp", "-O", *options, f"{way_in.host}:/etc/passwd", str(target)],
        ["sftp", "-b", "/dev/null", *options, way_in.host],
        [*way_in.ssh(), "-s", way_in.host, "sftp"],
    ):
        done = way_in.run(*words)
        assert done.returncode != 0, words
        assert not target.exists()
        assert b"root:" not in done.stdout


def _echo() -> tuple[socket.socket, int]:
    """A listener that somebody might want to reach through the station."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    return listener, int(listener.getsockname()[1])


def test_no_forwarding_out(way_in: Door) -> None:
    """-L and -D: the channel is refused, and what listens behind the station is never reached."""
    listener, reach = _echo()
    with listener:
        _refused_out(way_in, listener, reach)


def _refused_out(way_in: Door, listener: socket.socket, reach: int) -> None:
    free, port = _echo()
    free.close()
    for option, hello in (
        (f"-L{port}:127.0.0.1:{reach}", b""),
        (f"-D{port}", b"\x05\x01\x00\x05\x01\x00\x01\x7f\x00\x00\x01" + reach.to_bytes(2, "big")),
    ):
        client = subprocess.Popen(
            [*way_in.ssh("-N", option), way_in.host], stderr=subprocess.PIPE, env={"PATH": os.environ["PATH"]}
        )
        try:
            deadline = time.monotonic() + 10
            while True:
                assert time.monotonic() < deadline
                try:
                    asker = socket.create_connection(("127.0.0.1", port), 5)
                    break
                except OSError:
                    time.sleep(0.05)
            with asker:
                asker.settimeout(5)
                asker.sendall(hello or b"x")
                with contextlib.suppress(OSError):
                    while asker.recv(100):
                        pass  # the greeting of the client's own SOCKS; then it closes
        finally:
            client.kill()  # what it had to say it has said
            _, said = client.communicate(timeout=10)
        assert b"administratively prohibited" in said, (option, said)
    assert select.select([listener], [], [], 0.2)[0] == []


@pytest.mark.parametrize("option", ["-R0:127.0.0.1:9", "-R/tmp/evlink-forwarded:127.0.0.1:9", "-w0:0"])
def test_no_forwarding_back(way_in: Door, option: str) -> None:
    """-R on a port and on a Unix socket, and a tunnel: refused, which ends the client."""
    done = way_in.run(*way_in.ssh("-N", "-oExitOnForwardFailure=yes", option), way_in.host)
    assert done.returncode == 255
    assert b"orwarding" in done.stderr or b"unnel" in done.stderr, done.stderr
    assert not Path("/tmp/evlink-forwarded").exists()


def test_neither_agent_nor_x11_goes_through(way_in: Door) -> None:
    """-A and -X: the terminal's process has neither an agent nor a display, and nothing else of the client's."""
    agent = subprocess.run(["ssh-agent", "-s"], capture_output=True, text=True, check=True).stdout
    found = dict(part.split(";")[0].split("=", 1) for part in agent.splitlines() if "=" in part)
    env = {**found, "DISPLAY": "localhost:99", "EVLINK_STATE": "/tmp", "LC_ALL": "fr_FR.UTF-8", "PYTHONPATH": "/tmp"}
    try:
        sent = [f"-oSendEnv={name}" for name in ("LC_ALL", "EVLINK_STATE", "PYTHONPATH")]
        with way_in.terminal("-A", "-X", *sent, **env) as screen:
            screen.until("Mot de passe")  # the language is the client's
            (pid,) = way_in.terminals()
            passed = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    finally:
        os.kill(int(found["SSH_AGENT_PID"]), signal.SIGTERM)
    names = {line.partition(b"=")[0].decode() for line in passed}
    assert "TERM" in names
    assert not names & {"SSH_AUTH_SOCK", "DISPLAY", "EVLINK_STATE", "PYTHONPATH"}


def test_the_shipped_file_as_sshd_reads_it(tmp_path: Path) -> None:
    """`sshd -T` for the technician's account, the file untouched; another account is none of its business."""
    needed("sshd", "ssh-keygen")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "host"], check=True)
    config = tmp_path / "sshd_config"
    config.write_text(f"Include {SHIPPED}\nHostKey {tmp_path}/host\nX11Forwarding yes\n")

    def effective(user: str) -> dict[str, str]:
        words = ["/usr/sbin/sshd", "-T", "-f", str(config), "-C", f"user={user},host=x,addr=127.0.0.1"]
        Path("/run/sshd").mkdir(exist_ok=True)
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        return dict(line.split(" ", 1) for line in done.stdout.splitlines() if " " in line)

    theirs = effective("technician")
    assert theirs["forcecommand"] == "/opt/evlink/bin/evlink tui --socket /run/evlink/login.sock"
    for option in (
        "allowtcpforwarding", "allowagentforwarding", "allowstreamlocalforwarding", "x11forwarding", "permittunnel",
        "permituserrc", "gatewayports", "passwordauthentication", "kbdinteractiveauthentication",
    ):  # fmt: skip
        assert theirs[option] == "no", option
    assert (theirs["disableforwarding"], theirs["permituserenvironment"]) == ("yes", "no")
    assert (theirs["maxsessions"], theirs["clientaliveinterval"], theirs["clientalivecountmax"]) == ("1", "15", "3")
    assert theirs["authorizedkeysfile"] == "/etc/evlink/technician_keys"
    assert effective("somebody")["forcecommand"] == "none"


def test_the_adapted_file_differs_in_four_words() -> None:
    text = adapted(SHIPPED.read_text(), Path("/s"), Path("/k"))
    pairs = [(a, b) for a, b in zip(SHIPPED.read_text().splitlines(), text.splitlines(), strict=True) if a != b]
    assert len(pairs) == 3  # ForceCommand has two of them


def test_a_killed_terminal_leaves_the_line_usable(way_in: Door) -> None:
    """SIGKILL of the app: what stayed with it leaves the alternate screen and shows the cursor, in one sentence."""
    with way_in.terminal() as screen:
        login(screen)
        (pid,) = way_in.terminals()
        os.kill(pid, signal.SIGKILL)
        assert screen.wait() != 0
        screen.until("the terminal ended unexpectedly", 5)
        assert not screen.screen.cursor.hidden


def test_a_wrong_password_says_so_and_slows_down(way_in: Door) -> None:
    """R-023, S13: refused in words, from the third on with a wait, which a new connection doesn't shorten."""
    with way_in.terminal() as screen:
        screen.until("Password")
        screen.press("utilisateur\r")
        for sentence in ("wrong account or password", "wrong account or password", "Try again in 1 s"):
            screen.read(0.5)
            screen.press("Wrong-Horse-9!\r")
            screen.until(sentence)
        with way_in.terminal() as other:
            other.until("Password")
            other.press("utilisateur\rWrong-Horse-9!\r")
            other.until("Try again in")
        time.sleep(2.5)  # longer than any wait of four wrong ones
        screen.press(f"{PASSWORD}\r")
        screen.until("F8")


def test_a_new_password_ends_the_sessions_of_its_account(way_in: Door) -> None:
    """S14, R-034: Admin sets User's password; User's open terminal shows the login, without a key."""
    new = "Abcdefgh123!"
    with way_in.terminal() as screen, Client.connect(way_in.station.state / "login.sock", login=True) as admin:
        login(screen, "utilisateur")
        admin.call("login", account="admin", password=PASSWORD)
        admin.call("password.change", account="utilisateur", current=PASSWORD, new=new)
        screen.until("has ended this session", 5)
        screen.press(f"{PASSWORD}\r")
        screen.until("wrong account or password")
        screen.read(0.5)
        screen.press(f"{new}\r")
        screen.until("F8")
        admin.call("password.change", account="utilisateur", current=PASSWORD, new=PASSWORD)
