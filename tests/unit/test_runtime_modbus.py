"""The Modbus server in the station's run: what is told where it can't listen, and a lower limit beside a slow disk."""

from __future__ import annotations

import errno
import os

import pytest

from evlink.domain.effects import EventStarted, Grant
from evlink.domain.events import RemoteStart, RemoteWrite
from evlink.domain.remote_control import LifeSeen, RemoteRules, RemoteSetpoint
from evlink.domain.state import Reading
from evlink.domain.words import EvState, Evt, OutletStatus
from evlink.runtime.loop import Loop
from evlink.runtime.modbus_config import server_config, unheard
from evlink.settings.check import Checked, check_changes
from evlink.settings.facts import Facts
from evlink.settings.model import Role
from evlink.settings.values import Values
from tests.unit.test_runtime_loop import Board, run, status, until


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (
            errno.EACCES,
            "port 502 is not permitted: ports below 1024 need the right to bind them; 1024 to 65535 are free",
        ),
        (errno.EADDRINUSE, "port 502 is taken by another program"),
        (errno.EADDRNOTAVAIL, "192.168.0.9 is no address of this station"),
        (errno.ENOBUFS, "port 502: No buffer space available"),
    ],
)
def test_one_sentence_where_the_server_can_not_listen(number: int, sentence: str) -> None:
    said = unheard(OSError(number, os.strerror(number)), "192.168.0.9", 502)
    assert said.en == sentence
    assert said.fr not in ("", said.en)


def test_the_servers_settings() -> None:
    checked = check_changes(
        Values(Facts()),
        {
            "extension.modbus_server.enabled": True,
            "extension.modbus_server.allow": "192.168.0.0/24,10.0.0.5",
            "extension.modbus_server.write_allow": "10.0.0.5",
            "extension.modbus_server.profile": "pro",
        },
        Role.ADMIN,
    )
    assert isinstance(checked, Checked)
    assert checked.restart == ()  # taken at once
    config = server_config(checked.values)
    assert (config.enabled, config.host, config.port, config.profile) == (True, "", 502, "pro")
    assert config.access.may_read("192.168.0.7")
    assert not config.access.may_write("192.168.0.7")
    assert config.access.may_write("10.0.0.5")


@pytest.mark.parametrize(
    "text", ["192.168.0.256", "10.0.0.0/33", "10.0.0", "a", "10.0.0.1,", "10.0.0.1;10.0.0.2", "::1"]
)
def test_what_is_no_list_of_addresses_is_refused(text: str) -> None:
    for key in ("allow", "write_allow"):
        problems = check_changes(Values(Facts()), {f"extension.modbus_server.{key}": text}, Role.ADMIN)
        assert isinstance(problems, list)
        assert problems[0].key == f"extension.modbus_server.{key}"


async def test_a_lower_limit_and_its_event_come_from_one_fold() -> None:
    """Silence lowers the limit and raises Evt #29 in the same fold: the permit goes out before the event is stored."""

    async def work(loop: Loop, board: Board) -> None:
        loop.post(RemoteWrite(loop.moment(), 1, (LifeSeen(), RemoteSetpoint(1, 32))))
        await until(lambda: status(loop) is OutletStatus.AUTHORISATION_STARTED)
        loop.post(RemoteStart(loop.moment(), 1, "tag"))
        board.reading = Reading(EvState.C_M12V, cable_a=32, locked=True, contactor=True, phases_used=3)
        await until(lambda: any(isinstance(n, EventStarted) for n in board.notes))

    board = await run(
        work, authentication="station", remote=RemoteRules(enabled=True, raise_period_s=0.0, timeout_s=20.0)
    )
    at = next(k for k, n in enumerate(board.notes) if isinstance(n, EventStarted) and n.event == Evt.REMOTE_ENERGY)
    before = board.notes[at - 1]
    assert isinstance(before, Grant)
    assert (before.authorised, before.limit_a) == (True, 14)
