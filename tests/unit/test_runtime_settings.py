"""What the settings desk tells whoever changed something: notices and refusals in both languages (docs/protocol.md)."""

from __future__ import annotations

import pytest

from evlink.runtime.rpc import BAD_VALUE, CONFLICT, Failure
from evlink.settings.facts import Model
from evlink.settings.model import Role
from tests.unit.test_runtime_rights import desk_for

NAME = "configuration.general.station_name"


async def test_notices_come_in_both_languages_in_the_same_order() -> None:
    """R-200, R-125."""
    desk, _ = desk_for(Model.PARKING)
    changes = {
        "configuration.general.station_type": "supervision",
        "charge_history.publication.field_separator": "comma",
        "configuration.supervision.local_port": 81,
    }
    answer = await desk.apply(changes, Role.ADMIN)
    assert len(answer["notices"]) == len(answer["notices_fr"]) == 2
    for english, french in zip(answer["notices"], answer["notices_fr"], strict=True):
        assert english != french
    assert any("virgule" in notice for notice in answer["notices_fr"])
    assert any("comma" in notice for notice in answer["notices"])


async def test_a_refusal_has_every_problem_in_both_languages() -> None:
    """Issue, bad input: which key, which value, what is allowed."""
    desk, disk = desk_for(Model.PARKING)
    with pytest.raises(Failure) as caught:
        await desk.apply({NAME: "a\u202eb", "energy_management.outlets.1.derated_current": 99}, Role.ADMIN)
    assert caught.value.code == BAD_VALUE
    problems = caught.value.data["problems"]
    assert [problem["key"] for problem in problems] == [NAME, "energy_management.outlets.1.derated_current"]
    assert problems[1]["fr"].endswith("99 n'est pas autorisé ; autorisé : de 0 à 32 A")
    assert problems[1]["en"].endswith("99 is not allowed; allowed: 0 to 32 A")
    assert disk.saved == []


async def test_a_conflict_is_told_in_both_languages() -> None:
    desk, _ = desk_for(Model.PARKING)
    await desk.apply({NAME: "ONE"}, Role.ADMIN)
    with pytest.raises(Failure) as caught:
        await desk.apply({NAME: "TWO"}, Role.ADMIN, base=1)
    assert caught.value.code == CONFLICT
    assert "changed elsewhere" in caught.value.message
    assert "modifié ailleurs" in caught.value.data["fr"]
