"""Both clients against a station on a real socket."""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from evlink.client import AsyncClient, CallError, Client, Disconnected, NoStation, state_directory
from tests.unit.cli_station import END, Raw, SmallStation, bad_value, serving


@pytest.fixture
def station(tmp_path: Path) -> Iterator[SmallStation]:
    with serving(tmp_path / "evlink.sock") as small:
        yield small


def test_hello_says_whether_a_login_follows(station: SmallStation) -> None:
    """docs/protocol.md, roles: the role belongs to the connection."""
    with Client.connect(station.path) as client:
        assert client.hello == {"running": True, "role": "admin"}
    assert station.params("hello")["login"] is False


def test_notifications_wait_while_a_call_is_answered(station: SmallStation) -> None:
    note = b'{"jsonrpc":"2.0","method":"snapshot","params":{"n":1}}\n'
    late = b'{"jsonrpc":"2.0","id":999,"result":"not ours"}\n'
    station.methods["subscribe"] = lambda p: Raw(note + late + b'{"jsonrpc":"2.0","id":ID,"result":{}}\n' + note)
    with Client.connect(station.path) as client:
        assert client.call("subscribe") == {}
        notes = client.notifications()
        assert [next(notes), next(notes)] == [("snapshot", {"n": 1})] * 2


def test_an_error_is_raised_with_what_it_is_about(station: SmallStation) -> None:
    def apply(params: object) -> None:
        raise bad_value("a.b", 80, "6 to 32 A")

    station.methods["settings.apply"] = apply
    with Client.connect(station.path) as client:
        with pytest.raises(CallError) as caught:
            client.call("settings.apply", changes={"a.b": 80})
        assert caught.value.data == {"reason": "bad_value", "key": "a.b", "value": 80, "allowed": "6 to 32 A"}
        assert client.call("hello")["running"]  # the connection lives on


@pytest.mark.parametrize("answer", [Raw(END), Raw(b"nonsense\n"), Raw(b"x" * (1 << 20))])
def test_a_station_that_ends_or_babbles_is_disconnected(station: SmallStation, answer: Raw) -> None:
    station.methods["snapshot"] = lambda params: answer
    with Client.connect(station.path) as client, pytest.raises(Disconnected):
        client.call("snapshot")


def test_a_silent_station_is_given_up(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        with pytest.raises(Disconnected, match="did not answer"):
            Client.connect(path, timeout=0.1)


async def test_both_sides_may_write_at_once() -> None:
    """A long call does not stop where the station is writing too: neither side waits for ever."""
    here, there = socket.socketpair()
    long = {"text": "x" * 900_000}

    async def babbling() -> None:
        reader, writer = await asyncio.open_connection(sock=there, limit=1 << 21)
        note = b'{"jsonrpc":"2.0","method":"snapshot","params":{"pad":"' + b"y" * 900_000 + b'"}}\n'
        writer.write(note)
        await writer.drain()  # only then is the call read
        request = json.loads(await reader.readline())
        writer.write(
            json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": len(request["params"]["text"])}).encode()
        )
        writer.write(b"\n")
        await writer.drain()
        writer.close()

    other = asyncio.create_task(babbling())
    fd = here.detach()
    with Client(fd, fd, timeout=20) as client:
        assert await asyncio.to_thread(client.call, "badges.replace", **long) == 900_000
    await other


@pytest.mark.parametrize("kind", ["absent", "stale", "no socket"])
async def test_no_station(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "evlink.sock"
    if kind == "stale":  # a station that was killed leaves its socket behind
        with socket.socket(socket.AF_UNIX) as gone:
            gone.bind(str(path))
    elif kind == "no socket":
        path.write_text("")
    with pytest.raises(NoStation) as caught:
        Client.connect(path)
    assert not caught.value.forbidden
    with pytest.raises(NoStation):
        await AsyncClient.connect(path)


async def test_calls_overlap_and_find_their_answers(tmp_path: Path) -> None:
    """Answers are matched by number, whatever their order."""
    path = tmp_path / "s"

    async def backwards(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hello = json.loads(await reader.readline())
        writer.write(json.dumps({"id": hello["id"], "result": hello["params"]}).encode() + b"\n")
        requests = [json.loads(await reader.readline()) for _ in range(3)]
        for request in reversed(requests):
            writer.write(json.dumps({"id": request["id"], "result": request["method"]}).encode() + b"\n")
        await reader.read()
        writer.close()

    async with await asyncio.start_unix_server(backwards, path):
        client = await AsyncClient.connect(path)
        assert client.hello["login"] is True
        assert await asyncio.gather(*(client.call(name) for name in ("a", "b", "c"))) == ["a", "b", "c"]
        await client.close()
        with pytest.raises(Disconnected):
            await client.call("late")


async def test_the_end_of_the_station_ends_calls_and_notifications(station: SmallStation) -> None:
    station.methods["subscribe"] = lambda p: Raw(
        b'{"id":ID,"result":{}}\n{"method":"snapshot","params":{"n":1}}\n{"method":"snapshot","params":{"n":2}}\n'
    )
    station.methods["order"] = lambda p: Raw(END)
    client = await AsyncClient.connect(station.path)
    await client.call("subscribe")
    with pytest.raises(Disconnected):
        await client.call("order", name="restart")
    assert not client.connected
    assert [params["n"] async for _, params in client.notifications()] == [1, 2]
    await client.close()
    await client.close()


async def test_a_call_given_up_does_not_spoil_the_next(station: SmallStation) -> None:
    station.methods["slow"] = lambda p: Raw(b" ")  # no answer in time: white space before the next line
    station.methods["snapshot"] = lambda p: Raw(b'{"id":2,"result":"late"}\n{"id":ID,"result":"right"}\n')
    client = await AsyncClient.connect(station.path)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await client.call("slow")
    assert await client.call("snapshot") == "right"
    await client.close()


def test_state_directory_follows_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert state_directory({"EVLINK_STATE": str(tmp_path)}) == tmp_path
    assert state_directory({"HOME": "/h"}) == Path("/var/lib/evlink") or os.geteuid() != 0
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert state_directory({"HOME": "/h"}) == Path("/h/.local/state/evlink")
    assert state_directory({"HOME": "/h", "XDG_STATE_HOME": "/x"}) == Path("/x/evlink")
