"""Secrets at rest: none stands open in a file; each opens in its place on its station alone (S05, S07)."""

from __future__ import annotations

import base64
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evlink.formats import toml
from evlink.runtime.opening import open_files
from evlink.storage.sealing import PREFIX, Seal

KEY = bytes(range(32))
SECRET = "extension.ocpp.basic_auth_password"


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80))
def test_a_secret_opens_in_its_place_alone(secret: str) -> None:
    """S05: as it was, whatever it is; not elsewhere, not with another key."""
    seal = Seal(lambda: KEY)
    sealed = seal.seal(SECRET, secret)
    assert seal.open(SECRET, sealed) == secret
    assert seal.seal(SECRET, secret) == sealed
    assert seal.open("charge_history.publication.smtp_password", sealed) is None
    assert Seal(lambda: bytes(32)).open(SECRET, sealed) is None
    text = f'[extension.ocpp]\nbasic_auth_password = "{sealed}"\n'
    opened, lost = seal.opened(text, toml.quoted)
    assert toml.read(opened) == {SECRET: secret}
    assert lost == ()


@pytest.mark.parametrize("body", ["", "AAAA", "====", "-" * 40])
def test_a_damaged_seal_opens_nothing(body: str) -> None:
    seal = Seal(lambda: KEY)
    opened, lost = seal.opened(f'[extension.ocpp]\nbasic_auth_password = "{PREFIX}{body}"\n', toml.quoted)
    assert lost == (SECRET,)
    assert "basic_auth" not in opened


def test_no_secret_stands_open_in_the_state_directory(tmp_path: Path) -> None:
    """S07, S29: what an earlier version left open is sealed at the next start; with a lost key it is not set."""
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    canary = "Canary-4711-abcd"
    for name in ("station.toml", "station.toml.previous"):
        (state / name).write_text(f'[extension.ocpp]\nbasic_auth_password = "{canary}"\n')
        (state / name).chmod(0o600)
    opened = open_files(state)
    assert opened.values.get(SECRET) == canary
    opened.settings_file.save(opened.values.with_changes({"energy_management.outlets.1.derated_current": 20}))
    opened.lock.release()
    for file in state.rglob("*"):
        content = file.read_bytes() if file.is_file() else b""
        assert file.stat().st_mode & 0o077 == 0, file
        for form in (canary.encode(), base64.b64encode(canary.encode())[:-4], canary.encode().hex().encode()):
            assert form not in content, file
        assert quote(canary).encode() not in content
    again = open_files(state)
    assert again.values.get(SECRET) == canary
    again.lock.release()
    (state / "secrets.key").write_bytes(bytes(32))
    lost = open_files(state)
    assert lost.values.get(SECRET) == ""
    assert lost.values.get("energy_management.outlets.derated_current", 1) == 20
    lost.lock.release()
