"""Updates of a running station: brought in pieces or by the supervision, refused in one sentence, told by board."""

from __future__ import annotations

import base64
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from evlink.ocpp.link import Installing
from evlink.runtime.desk import Tasks
from evlink.runtime.methods import updating
from evlink.runtime.rpc import Failure, Methods, Session
from evlink.runtime.updating import SupervisedUpdates, Surroundings, Updates
from evlink.storage.journal import Entry, Kind
from evlink.update.package import Trust
from evlink.update.slots import Outcome, Slots
from tests.unit.update_bench import Maker, maker, package, small_wheel

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Place:
    """Updates on a state directory, with their log."""

    def __init__(self, folder: Path, who: Maker) -> None:
        state = folder / "state"
        state.mkdir(exist_ok=True)
        self.slots = Slots(state)
        self.lines: list[Entry] = []
        self.restarts = 0

        async def write(entries: Sequence[Entry]) -> None:
            self.lines += entries

        def restart() -> None:
            self.restarts += 1

        around = Surroundings(lambda: who.trust, "parking", (1, 2), write, lambda: NOON, lambda: False, restart)
        self.updates = Updates(self.slots, around)
        self.methods = Methods(updating.table(self.updates, Tasks()))

    async def bring(self, path: Path, size: int | None = None) -> object:
        """Bring a file over the socket, in pieces."""
        session, data = Session(None, trusted=True), path.read_bytes()
        await self.methods.call(session, "update.begin", {"name": path.name, "size": size or len(data)})
        for at in range(0, len(data), 300):
            piece = base64.b64encode(data[at : at + 300]).decode()
            await self.methods.call(session, "update.piece", {"data": piece})
        return await self.methods.call(session, "update.commit", {})


async def test_a_package_is_brought_shown_and_confirmed_by_its_version(tmp_path: Path) -> None:
    """R-231: nothing is installed that was not shown."""
    who = maker()
    place = Place(tmp_path, who)
    await place.bring(package(tmp_path, who, small_wheel(tmp_path), "r6_update_0.2.0_d2.epk"))
    document = place.updates.document()
    assert document["phase"] == "ready"
    assert document["package"]["note_fr"] == "Mieux."
    with pytest.raises(Failure, match=r"version 9\.9: 0\.2\.0 is allowed"):
        await place.methods.call(Session(None, True), "update.install", {"version": "9.9"})
    await place.methods.call(Session(None, True), "update.cancel", {})
    assert place.updates.document()["package"] is None
    assert not list(place.slots.staging.iterdir())
    with pytest.raises(Failure, match="no package to install"):
        await place.methods.call(Session(None, True), "update.install", {"version": "0.2.0"})


async def test_each_try_is_a_line_in_the_log_of_each_board(tmp_path: Path) -> None:
    """R-233: date, package, status, and two numbers before level and text, as the manual has them."""
    place = Place(tmp_path, maker())
    path = package(tmp_path, maker(), small_wheel(tmp_path), "forged.epk")
    with pytest.raises(Failure, match="not signed by a key") as refused:
        await place.bring(path)
    assert "n'est signé" in refused.value.data["fr"]
    assert [(one.kind, one.outlet, one.what, one.status) for one in place.lines] == [
        (Kind.UPDATE, 1, "forged.epk", "KO"),
        (Kind.UPDATE, 2, "forged.epk", "KO"),
    ]
    assert place.lines[0].detail.split(" ", 2)[2].startswith("[ERROR] the package is not signed")
    assert place.updates.document()["problem"].startswith("the package is not signed")
    assert not list(place.slots.staging.iterdir())


async def test_what_comes_in_wrong_is_refused_and_forgotten(tmp_path: Path) -> None:
    """Too much, too little, no base64, out of turn: one sentence, and the next try begins anew."""
    who = maker()
    place = Place(tmp_path, who)
    path, session = package(tmp_path, who, small_wheel(tmp_path)), Session(None, True)
    with pytest.raises(Failure, match="more came than was said"):
        await place.bring(path, size=100)
    with pytest.raises(Failure, match="not come whole"):
        await place.bring(path, size=100_000)
    with pytest.raises(Failure, match="bytes in base64 are allowed"):
        await place.methods.call(session, "update.piece", {"data": "!!"})
    for size in (0, -1, 1 << 40):
        with pytest.raises(Failure, match="bytes are allowed"):
            await place.methods.call(session, "update.begin", {"name": "x", "size": size})
    place.updates.drop()
    with pytest.raises(Failure, match="no package is expected"):
        await place.methods.call(session, "update.piece", {"data": "AAAA"})
    await place.bring(path)
    assert place.updates.document()["phase"] == "ready"


async def test_without_a_trusted_key_nothing_is_taken(tmp_path: Path) -> None:
    """S06."""
    who = maker()
    place = Place(tmp_path, who)
    object.__setattr__(place.updates._around, "trust", lambda: Trust(()))
    with pytest.raises(Failure, match="trusts no key yet"):
        await place.bring(package(tmp_path, who, small_wheel(tmp_path)))


async def test_the_supervision_brings_packages_and_zips(tmp_path: Path) -> None:
    """OCPP 1.6 section 5.19: by the same checks, whatever the file is called that was fetched."""
    who = maker()
    place = Place(tmp_path, who)
    supervised = SupervisedUpdates(place.updates)
    path = package(tmp_path, who, small_wheel(tmp_path))
    fetched = tmp_path / "firmware"
    fetched.write_bytes(path.read_bytes())
    assert await supervised.check(fetched) == ""
    with zipfile.ZipFile(fetched, "w") as archive:
        archive.write(path, "deep/p.epk")
    assert await supervised.check(fetched) == ""
    fetched.write_bytes(b"no package")
    assert await supervised.check(fetched) == "the package is damaged or was altered"
    assert await supervised.install(fetched) is Installing.FAILED
    assert place.restarts == 0
    assert await supervised.finished() is None


async def test_how_a_trial_ended_is_told_once(tmp_path: Path) -> None:
    """R-233: after the restart; the supervision hears it, the update log of each board has it."""
    place = Place(tmp_path, maker())
    place.slots.prepare()
    place.slots.tell(Outcome("0.2.0", "p.epk", False, "not ready", "pas prête"))
    await place.updates.begin_run()
    assert await place.updates.finished() is Installing.FAILED
    assert [one.status for one in place.lines] == ["KO", "KO"]
    again = Place(tmp_path, maker())
    await again.updates.begin_run()
    assert again.lines == []
    assert again.updates.document()["last"]["text_fr"] == "pas prête"
