"""The Debian package: wheels, units, rules and the scripts that install them; built by `make deb`.

    python -m tools.deb --wheels build/deb/wheels --out build/deb

The wheels are those of evlink and of everything that it needs (`requirements/station.lock`); the package installs
without a network. It is for the Debian release, and the Python, that it was built on.
"""

from __future__ import annotations

import argparse
import gzip
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
MACHINES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "armhf"}

# What goes where: the file in deploy/, its place in the machine, its mode.
FILES: tuple[tuple[str, str, int], ...] = (
    ("evlink.service", "lib/systemd/system/evlink.service", 0o644),
    ("evlink-console@.service", "lib/systemd/system/evlink-console@.service", 0o644),
    ("udev/70-evlink.rules", "lib/udev/rules.d/70-evlink.rules", 0o644),
    ("polkit/50-evlink.rules", "usr/share/polkit-1/rules.d/50-evlink.rules", 0o644),
    ("tmpfiles/evlink.conf", "usr/lib/tmpfiles.d/evlink.conf", 0o644),
    ("sshd_config.d/evlink.conf", "etc/ssh/sshd_config.d/evlink.conf", 0o644),
    ("README.md", "usr/share/doc/evlink/deploy/README.md", 0o644),
)
STATION_OPTIONS = """\
# Options of the station, as `evlink run --help` lists them.
# EVLINK_RUN=--board linux --hardware /etc/evlink/board.toml --machine eth0
EVLINK_RUN=
"""
CONFFILES = ("/etc/ssh/sshd_config.d/evlink.conf", "/etc/evlink/station")


class Wrong(Exception):  # noqa: N818 - a sentence
    """Why no package can be built, in one sentence."""


def control(version: str, machine: str, size_kib: int) -> str:
    """The package's description."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    after = f"{sys.version_info.major}.{sys.version_info.minor + 1}"
    return f"""\
Package: evlink
Version: {version}
Architecture: {machine}
Section: misc
Priority: optional
Maintainer: evlink <evlink@localhost>
Installed-Size: {size_kib}
Pre-Depends: adduser
Depends: python3 (>= {python}), python3 (<< {after}~), python3-venv, udev
Recommends: openssh-server, network-manager, polkitd, systemd-timesyncd
Description: software of an EV charging station
 A compiled control core, a runtime that keeps sessions, badges and records and
 speaks OCPP, and a commissioning terminal for SSH and serial consoles.
"""


def tree(wheels: Path, into: Path) -> str:
    """Lay out what the package installs; the version of evlink among the wheels."""
    found = sorted(wheels.glob("*.whl"))
    own = [path for path in found if path.name.startswith("evlink-")]
    if len(own) != 1:
        raise Wrong(f"{wheels}: one wheel of evlink is needed, {len(own)} are there")
    version = own[0].name.split("-")[1]
    if not re.fullmatch(r"[0-9][0-9A-Za-z.+~]*", version):
        raise Wrong(f"{own[0].name}: {version!r} is no version of a Debian package")
    for name, place, mode in FILES:
        target = into / place
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(DEPLOY / name, target)
        target.chmod(mode)
    options = into / "etc/evlink/station"
    options.parent.mkdir(parents=True)
    options.write_text(STATION_OPTIONS)
    options.chmod(0o644)
    kept = into / "usr/share/evlink/wheels"
    kept.mkdir(parents=True)
    for path in found:
        shutil.copy(path, kept)
        (kept / path.name).chmod(0o644)
    documents = into / "usr/share/doc/evlink"
    shutil.copy(ROOT / "LICENSE", documents / "copyright")
    (documents / "copyright").chmod(0o644)
    with gzip.GzipFile(documents / "changelog.gz", "wb", mtime=0) as packed:
        packed.write((ROOT / "CHANGELOG.md").read_bytes())
    (documents / "changelog.gz").chmod(0o644)
    for folder, _, _ in os.walk(into):
        Path(folder).chmod(0o755)
    return version


def build(wheels: Path, out: Path) -> Path:
    """Build the package; its path."""
    machine = MACHINES.get(platform.machine())
    if machine is None:
        raise Wrong(f"{platform.machine()}: no machine of a station")
    with tempfile.TemporaryDirectory() as made:
        into = Path(made) / "evlink"
        into.mkdir()
        version = tree(wheels, into)
        size = sum(path.stat().st_size for path in into.rglob("*") if path.is_file()) // 1024
        about = into / "DEBIAN"
        about.mkdir()
        about.chmod(0o755)  # whatever the umask takes away
        (about / "control").write_text(control(version, machine, size))
        (about / "conffiles").write_text("".join(f"{path}\n" for path in CONFFILES))
        for script in ("postinst", "prerm", "postrm"):
            shutil.copy(DEPLOY / "debian" / script, about / script)
            (about / script).chmod(0o755)
        out.mkdir(parents=True, exist_ok=True)
        package = out / f"evlink_{version}_{machine}.deb"
        done = subprocess.run(
            ["dpkg-deb", "--root-owner-group", "--build", str(into), str(package)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Wrong(f"dpkg-deb: {done.stderr.strip()}")
    return package


def main(given: Sequence[str] | None = None) -> int:
    """Build the package; 0, or 2 with one sentence."""
    parser = argparse.ArgumentParser(prog="tools.deb", description="Build the Debian package.")
    parser.add_argument("--wheels", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(given)
    try:
        print(build(args.wheels, args.out))
    except (Wrong, OSError) as error:
        print(f"tools.deb: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
