"""The ways in, built from the files of deploy/: an OpenSSH server and a serial line to a real house."""

from __future__ import annotations

import contextlib
import getpass
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from evlink.client import Client
from tests.scenario.house import House
from tests.scenario.screen import Terminal

DEPLOY = Path(__file__).parents[2] / "deploy"
SHIPPED = DEPLOY / "sshd_config.d" / "evlink.conf"
PASSWORD = "Correct-Horse-9!"
HERE = str(Path(sys.executable).with_name("evlink"))


@contextlib.contextmanager
def open_house() -> Iterator[House]:
    """A house with the socket where everybody logs in, and the factory passwords replaced."""
    built = House()
    try:
        yield commission(built.start(f"--login-socket={built.state}/login.sock"))
    finally:
        built.end()


def commission(one: House) -> House:
    """Give both accounts their password (R-028)."""
    for account, factory in (("admin", "ADMIN"), ("utilisateur", "UTILISATEUR")):
        with Client.connect(one.state / "evlink.sock", login=True) as client:
            client.call("login", account=account, password=factory)
            client.call("password.change", account=account, current=factory, new=PASSWORD)
    return one


def adapted(text: str, state: Path, keys: Path) -> str:
    """The shipped lines for this machine: the account that runs the test, the product and the house where they are.

    Four words change, each found once; what is allowed and refused stays as it is shipped.
    """
    for shipped, here in (
        ("Match User technician\n", f"Match User {getpass.getuser()}\n"),
        ("ForceCommand /opt/evlink/bin/evlink tui ", f"ForceCommand {HERE} tui "),
        ("--socket /run/evlink/login.sock\n", f"--socket {state}/login.sock\n"),
        ("AuthorizedKeysFile /etc/evlink/technician_keys\n", f"AuthorizedKeysFile {keys}\n"),
    ):
        assert text.count(shipped) == 1, shipped
        text = text.replace(shipped, here)
    return text


def needed(*programs: str) -> None:
    """Skip, visibly, where a program of Debian's openssh-server or socat is missing."""
    for program in programs:
        if shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/sbin") is None:
            pytest.skip(f"{program} is missing: apt-get install openssh-server socat")


@dataclass
class Door:
    """A running sshd in front of a house, and the client's side of it."""

    station: House
    folder: Path
    port: int

    def ssh(self, *more: str) -> list[str]:
        """The client's command line up to the host; `more` are further options."""
        options = ["UserKnownHostsFile=" + str(self.folder / "known"), "StrictHostKeyChecking=yes", "BatchMode=yes"]
        words = [word for option in (*options, "IdentitiesOnly=yes") for word in ("-o", option)]
        return ["ssh", "-F", "none", "-i", str(self.folder / "user"), "-p", str(self.port), *words, *more]

    @property
    def host(self) -> str:
        """Who, and where."""
        return f"{getpass.getuser()}@127.0.0.1"

    @contextlib.contextmanager
    def terminal(self, *more: str, term: str = "xterm-256color", **env: str) -> Iterator[Terminal]:
        """`ssh host` on a terminal of 80x24."""
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "TERM": term, **env}
        shown = Terminal([*self.ssh(*more), self.host], environment)
        try:
            yield shown
        finally:
            shown.close()

    def run(self, *words: str, seconds: float = 30) -> subprocess.CompletedProcess[bytes]:
        """Run an ssh client to its end, without a terminal."""
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "TERM": "xterm"}
        return subprocess.run(
            words, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds, check=False
        )

    def log(self) -> str:
        """What sshd said."""
        return (self.folder / "sshd.log").read_text(errors="replace")

    def terminals(self) -> list[int]:
        """Processes of terminals on this house."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    words = (entry / "cmdline").read_bytes().split(b"\0")
                    if b"tui" in words and f"{self.station.state}/login.sock".encode() in words and b"-c" not in words:
                        found.append(int(entry.name))
        return found


@contextlib.contextmanager
def door() -> Iterator[Door]:
    """An sshd with the shipped configuration on a free port, before a house of its own."""
    needed("sshd", "ssh", "ssh-keygen")
    folder = Path(tempfile.mkdtemp(prefix="evlink-ssh-", dir="/tmp"))
    try:
        with open_house() as station, _sshd(folder, station) as port:
            yield Door(station, folder, port)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _sshd(folder: Path, station: House) -> Iterator[int]:
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    shutil.copy(folder / "user.pub", folder / "keys")
    (folder / "evlink.conf").write_text(adapted(SHIPPED.read_text(), station.state, folder / "keys"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    host = (folder / "host.pub").read_text().split()
    (folder / "known").write_text(f"[127.0.0.1]:{port} {host[0]} {host[1]}\n")
    # As Debian's own: the include first, and everything that the shipped file forbids allowed to other accounts.
    (folder / "sshd_config").write_text(
        f"Include {folder}/evlink.conf\nPort {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\n"
        f"PidFile none\nStrictModes no\nUsePAM no\nPermitRootLogin prohibit-password\nLogLevel VERBOSE\n"
        "X11Forwarding yes\nAllowTcpForwarding yes\nAllowAgentForwarding yes\nPermitTunnel yes\n"
        "Subsystem sftp internal-sftp\nAcceptEnv LANG LC_*\n"
    )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # the package's service makes it at its start
    program = shutil.which("sshd", path="/usr/sbin:/sbin")
    assert program is not None
    with open(folder / "sshd.log", "wb") as log:
        server = subprocess.Popen([program, "-D", "-e", "-f", folder / "sshd_config"], stderr=log)
    try:
        _answers(server, port, folder)
        yield port
    finally:
        server.terminate()
        server.wait(10)


def _answers(server: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    until = time.monotonic() + 10
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        gone = server.poll() is not None or time.monotonic() > until
        assert not gone, (folder / "sshd.log").read_text()
        time.sleep(0.05)


def console_command(state: Path) -> tuple[list[str], list[str], dict[str, str]]:
    """What the shipped unit runs before and on a line, `%I` still in it, and its environment; the house is this one."""
    text = (DEPLOY / "evlink-console@.service").read_text()
    start = re.findall(r"^ExecStart=(.*)$", text, re.MULTILINE)
    before = re.findall(r"^ExecStartPre=\+(.*)$", text, re.MULTILINE)
    environment = re.findall(r"^Environment=(.*)$", text, re.MULTILINE)
    assert len(start) == len(before) == len(environment) == 1
    assert start[0] == "/opt/evlink/bin/evlink tui --socket /run/evlink/login.sock"
    words = [HERE, *start[0].split()[1:-1], f"{state}/login.sock"]
    return before[0].split(), words, dict(pair.split("=", 1) for pair in environment[0].split())
