"""What makes a machine a station: units that give little away, a package that installs and goes, keys of its own."""

from __future__ import annotations

import asyncio
import re
import shutil
import socket
import subprocess
import tarfile
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from evlink.runtime.notify import Notifier, control_pulse
from evlink.system import certificate
from tests.unit.update_bench import small_wheel
from tools import deb

DEPLOY = Path(__file__).parents[2] / "deploy"
needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is missing")
needs_dpkg = pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg-deb is missing")


@needs_systemd
@pytest.mark.parametrize("unit", ["evlink.service", "evlink-console@.service"])
def test_the_units_expose_little(unit: str) -> None:
    """At most 2.5 of 10, as systemd counts."""
    told = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(DEPLOY / unit)],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    found = re.search(r"exposure level for \S+ ([0-9.]+)", told)
    assert found, told
    assert float(found[1]) <= 2.5


@needs_dpkg
def test_the_package_holds_what_it_should(tmp_path: Path) -> None:
    """Owned by root, no secret in it, scripts that a shell can read, no setuid, versions that fit the Python here."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    small_wheel(wheels, "0.2.0")
    assert deb.main(["--wheels", str(wheels), "--out", str(tmp_path)]) == 0
    (package,) = tmp_path.glob("evlink_0.2.0_*.deb")
    data = subprocess.run(["dpkg-deb", "--fsys-tarfile", str(package)], capture_output=True, check=True).stdout
    with tarfile.open(fileobj=BytesIO(data)) as archive:
        members = {member.name.removeprefix("./"): member for member in archive}
    for place in (place for _, place, _ in deb.FILES):
        assert place in members, place
    assert "usr/share/evlink/wheels/" + next(wheels.iterdir()).name in members
    assert "etc/evlink/station" in members
    for name, member in members.items():
        assert member.uid == 0, name
        assert member.mode & 0o6022 == 0, name
        assert member.isfile() or member.isdir(), name
        assert not name.startswith("var/"), name
    control = subprocess.run(["dpkg-deb", "--field", str(package)], capture_output=True, text=True, check=True).stdout
    assert "Version: 0.2.0" in control
    assert "python3 (>= 3." in control
    for script in ("postinst", "prerm", "postrm"):
        subprocess.run(["sh", "-n", str(DEPLOY / "debian" / script)], check=True)
    assert deb.main(["--wheels", str(tmp_path / "none"), "--out", str(tmp_path)]) == 2


def test_the_ways_of_the_package_end_where_policy_says() -> None:
    """Removal takes the software, purging all that was made: accounts, directories, settings."""
    made = (DEPLOY / "debian" / "postinst").read_text()
    gone = (DEPLOY / "debian" / "postrm").read_text()
    for folder in ("/opt/evlink", "/var/lib/evlink", "/var/lib/evlink-files", "/etc/evlink"):
        assert folder in made
        assert folder in gone
    for account in ("evlink", "technician", "evlink-console"):
        assert account in made
        assert account in gone
    assert "0700 -o evlink -g evlink /var/lib/evlink" in made


def test_the_certificate_is_made_once(tmp_path: Path) -> None:
    """R-237: self-signed X.509v3 on P-256, key and certificate for the station alone; half a pair is made anew."""
    folder = tmp_path / "device"
    first = certificate.ensure(folder, "FG 16302 07 002 003", datetime.now(UTC))
    assert certificate.ensure(folder, "FG 16302 07 002 003", datetime.now(UTC)) == first
    made = x509.load_pem_x509_certificate((folder / "device.pem").read_bytes())
    key = made.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp256r1"
    assert made.version is x509.Version.v3
    made.verify_directly_issued_by(made)
    assert made.subject == made.issuer
    assert made.not_valid_after_utc - datetime.now(UTC) > timedelta(days=15 * 365)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    (folder / "device.pem").write_text("half")
    assert certificate.ensure(folder, "x", datetime.now(UTC)) != first


def heard(door: socket.socket) -> int:
    """Words that have come."""
    count = 0
    while True:
        try:
            door.recv(100)
        except BlockingIOError:
            return count
        count += 1


async def test_the_watchdog_is_fed_while_everything_moves(tmp_path: Path) -> None:
    """A counter that stands still, fails or hangs starves it, and is named; ready and the end are told too."""
    door = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    door.bind(str(tmp_path / "notify"))
    door.setblocking(False)
    try:
        notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "100000"})
        assert notifier.period_s == pytest.approx(0.05)
        notifier.say("READY=1")
        assert door.recv(100) == b"READY=1"
        count, stuck = 0, False

        async def moves() -> int:
            nonlocal count
            count += not stuck
            return count

        async def other() -> int:
            return asyncio.get_running_loop().time().__hash__()

        task = asyncio.create_task(notifier.feed({"loop": moves, "storage": other}))
        await asyncio.sleep(0.3)
        assert door.recv(100) == b"WATCHDOG=1"
        stuck = True
        await asyncio.sleep(0.15)
        heard(door)
        await asyncio.sleep(0.2)
        assert heard(door) == 0
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    finally:
        door.close()
    assert Notifier({}).period_s == 0
    Notifier({}).say("READY=1")


def test_a_control_that_is_known_silent_starves_nothing() -> None:
    """Its keeper starts it anew; a station that were restarted for it could not tell anybody."""
    silent = {"events": {"3": ["KO", "KO"]}}
    assert control_pulse(silent, None, 1.0) != control_pulse(silent, None, 2.0)
    assert control_pulse({}, None, 1.0) == control_pulse({}, None, 2.0)
