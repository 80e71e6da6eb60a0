"""Every way in for a file's name, with sixty names that lead elsewhere: one sentence, nothing written (S15)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.scenario.house import House


def names(folder: Path) -> list[str]:
    """Names that no command may follow anywhere."""
    (folder / "dir.html").mkdir()
    os.mkfifo(folder / "pipe.html")
    os.symlink("/dev/full", folder / "full.html")
    os.symlink(folder / "loop.html", folder / "loop.html")
    os.symlink("/proc/self/mem", folder / "mem.html")
    plain = [
        "", ".", "..", "/", "//", "../../../../etc", "/etc", "/dev/null", "/dev/full", "/dev/zero", "/proc/self/mem",
        "/proc/version/x.html", "/sys/x.html", "/nowhere/x.html", "~nobody/x.html", "x" * 300 + ".html",
        ("d" * 200 + "/") * 30 + "x.html", "-", "--", "--html", "-rf", "a\x07b/x.html", "a\x1b[2Jb/x.html",
        "a\u202eb/x.html", "C:\\x\\y.html/", "\\\\host\\share/x.html", "x.exe", "x.html.exe", "x", ".html/",
        "file:///etc/passwd",
        "http://evil.example/x.html", "|reboot", ";reboot", "$(reboot)", "`reboot`", "&&reboot", "*", "?",
        "%s%s%n", "{0}",
        "x.toml/", "x.cfg/", "x.epk/", "x.zip/", "x.csv/", "CON", "NUL.html/", "nul\n.html/", "\t", " ", "x.html ",
    ]  # fmt: skip
    return [
        *plain,
        *(str(folder / name) for name in ("dir.html", "pipe.html", "full.html", "loop.html", "mem.html", "no/x.html")),
    ]


WAYS = (("report",), ("report", "--html"), ("export",), ("import",), ("update", "--yes"), ("history", "--csv"))


@pytest.mark.faults
@pytest.mark.timeout(1200)
def test_no_name_of_a_file_leads_astray(tmp_path: Path) -> None:
    """S15: sixty names by every command that takes one; exit code, one sentence, and nothing outside is touched."""
    home = House()
    try:
        home.start()
        given = names(tmp_path)
        assert len(given) >= 58
        cwd = tmp_path / "here"
        cwd.mkdir()
        before = {path: path.lstat().st_mtime_ns for path in tmp_path.rglob("*")}
        os.chdir(cwd)
        for way in WAYS:
            for name in given:
                if name in ("-", "--html") and way != ("import",):
                    continue  # the output itself
                done = home.evlink(*way, name, code=None)
                written = list(cwd.iterdir())
                if done.returncode == 0:
                    assert all(path.parent == cwd for path in written), (way, name)
                else:
                    assert done.returncode in (1, 2), (way, name, done)
                    assert len(done.stderr.strip().splitlines()) <= 1, (way, name, done.stderr)
                    assert not written, (way, name, written)
                assert "Traceback" not in done.stderr, (way, name, done.stderr)
                for path in written:
                    path.unlink()
        assert {path: path.lstat().st_mtime_ns for path in tmp_path.rglob("*") if path in before and path != cwd} == {
            path: at for path, at in before.items() if path != cwd
        }
    finally:
        os.chdir("/")
        home.end()
