"""Transfers by the real protocols, and the places that a supervision may not name (S08, S15, S17)."""

from __future__ import annotations

import asyncio
import socket
import ssl
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evlink.ocpp.certificates import CENTRAL, Certificates
from evlink.ocpp.config import Present
from evlink.ocpp.transfer import (
    Limits,
    Reach,
    TransferError,
    Tries,
    Trouble,
    addresses,
    persist,
    reach,
    read_place,
    supervision_reach,
)
from evlink.ocpp.transfer_carrier import Carrier
from tests.ocpp_central.authority import issue, root, serve_from
from tests.ocpp_central.places import USER, WORD, authorization, ftp_server, http_server
from tests.ocpp_central.station import WallClock, config

ACCOUNT = f"{USER}:{quote(WORD)}"
CONTENT = bytes(range(256)) * 1000


def carrier(
    context: ssl.SSLContext | None = None, size: int = 1 << 20, url: str = "ws://127.0.0.1:9/", seconds: float = 20.0
) -> Carrier:
    limits = Limits(size, seconds, idle_s=10.0)
    return Carrier(Present(config(url)), lambda: context or ssl.create_default_context(), limits, limits)


@pytest.mark.parametrize("active", [True, False])
async def test_ftp_both_ways(tmp_path: Path, active: bool) -> None:
    """OCPP 1.6 sections 5.9 and 5.19: active mode as the factory has it, passive where the server knows no PORT."""
    shelf, local = tmp_path / "shelf", tmp_path / "file"
    (shelf / "logs").mkdir(parents=True)
    local.write_bytes(CONTENT)
    async with ftp_server(shelf, active=active) as port:
        await carrier().send(local, read_place(f"ftp://{ACCOUNT}@127.0.0.1:{port}/logs/"), "d.tar.gz")
        assert (shelf / "logs" / "d.tar.gz").read_bytes() == CONTENT
        back = tmp_path / "back"
        await carrier().fetch(read_place(f"ftp://{ACCOUNT}@127.0.0.1:{port}/logs/d.tar.gz"), back)
        assert back.read_bytes() == CONTENT
        assert back.stat().st_mode & 0o077 == 0


async def test_ftps_is_verified(tmp_path: Path) -> None:
    """S17: FTPS with the installed root; not without it, and not under another name."""
    shelf, local = tmp_path / "shelf", tmp_path / "file"
    shelf.mkdir()
    local.write_bytes(CONTENT)
    maker = root()
    store = Certificates(tmp_path / "store", WallClock().wall)
    tls = serve_from(tmp_path / "tls", issue(maker, "ftp", ("localhost",)))
    async with ftp_server(shelf, tls=tls) as port:
        place = read_place(f"ftps://{ACCOUNT}@localhost:{port}/")
        with pytest.raises(TransferError, match="certificate is not trusted"):
            await carrier(store.context()).send(local, place, "d.txt")
        store.install(CENTRAL, maker.pem)
        await carrier(store.context()).send(local, place, "d.txt")
        assert (shelf / "d.txt").read_bytes() == CONTENT
        with pytest.raises(TransferError, match="certificate is not trusted"):
            await carrier(store.context()).send(local, read_place(f"ftps://{ACCOUNT}@127.0.0.1:{port}/"), "e.txt")


async def test_ftp_refusals(tmp_path: Path) -> None:
    """A wrong password, a folder and a file that aren't there, a file too long, nobody there: one sentence each."""
    local, back = tmp_path / "file", tmp_path / "back"
    local.write_bytes(CONTENT)
    async with ftp_server(tmp_path) as port:
        for wrong in (f"ftp://{USER}:wrong@127.0.0.1:{port}/", f"ftp://{ACCOUNT}@127.0.0.1:{port}/nowhere/"):
            with pytest.raises(TransferError) as caught:
                await carrier().send(local, read_place(wrong), "d.txt")
            assert caught.value.trouble is Trouble.DENIED
        with pytest.raises(TransferError, match="refused"):
            await carrier().fetch(read_place(f"ftp://{ACCOUNT}@127.0.0.1:{port}/nothing"), back)
        with pytest.raises(TransferError, match="longer than is allowed"):
            await carrier(size=1000).fetch(read_place(f"ftp://{ACCOUNT}@127.0.0.1:{port}/file"), back)
        assert not back.exists()
    with pytest.raises(TransferError, match="cannot be reached"):
        await carrier().fetch(read_place(f"ftp://127.0.0.1:{port}/file"), back)


async def test_an_ftp_transfer_can_be_called_off(tmp_path: Path) -> None:
    """A server that says nothing holds no thread once the transfer is called off."""
    stopped = asyncio.Event()

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        stopped.set()

    async with await asyncio.start_server(mute, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        task = asyncio.create_task(carrier().fetch(read_place(f"ftp://127.0.0.1:{port}/x"), tmp_path / "x"))
        await asyncio.sleep(0.3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(stopped.wait(), 2)


async def test_http_put_and_the_post_in_its_place(tmp_path: Path) -> None:
    """A directory gets the name, another URL is taken as it stands; POST where PUT is not known."""
    local = tmp_path / "file"
    local.write_bytes(CONTENT)
    async with http_server() as shelf:
        shelf.wanted = authorization()
        base = f"http://{ACCOUNT}@127.0.0.1:{shelf.port}"
        await carrier().send(local, read_place(f"{base}/logs/"), "d.tar.gz")
        await carrier().send(local, read_place(f"{base}/signed%20for?token=a%2Fb"), "d.tar.gz")
        shelf.answers["PUT"] = [405]
        await carrier().send(local, read_place(f"{base}/form"), "d.tar.gz")
        assert shelf.files == {"/logs/d.tar.gz": CONTENT, "/signed for": CONTENT, "/form#d.tar.gz": CONTENT}
        assert shelf.asked[1] == ("PUT", "/signed%20for?token=a%2Fb")
        shelf.wanted = "Basic bm90aGluZw=="
        with pytest.raises(TransferError) as caught:
            await carrier().send(local, read_place(f"{base}/logs/"), "d.tar.gz")
        assert caught.value.trouble is Trouble.DENIED
        assert WORD not in str(caught.value)


async def test_http_downloads_and_their_limits(tmp_path: Path) -> None:
    """Size and time are limited, redirects are not followed (S08), and nothing is left of what failed."""
    back = tmp_path / "back"
    async with http_server() as shelf:
        base = f"http://127.0.0.1:{shelf.port}"
        shelf.files["/firmware.epk"] = CONTENT
        await carrier().fetch(read_place(f"{base}/firmware.epk"), back)
        assert back.read_bytes() == CONTENT
        with pytest.raises(TransferError, match="longer than is allowed"):
            await carrier(size=len(CONTENT) - 1).fetch(read_place(f"{base}/firmware.epk"), back)
        shelf.slow_s = 1.0
        with pytest.raises(TransferError, match="in time"):
            await carrier(seconds=0.5).fetch(read_place(f"{base}/firmware.epk"), back)
        shelf.answers["GET"], shelf.elsewhere = [302], f"{base}/firmware.epk"
        with pytest.raises(TransferError, match="HTTP 302"):
            await carrier().fetch(read_place(f"{base}/firmware.epk"), back)
        with pytest.raises(TransferError, match="HTTP 404"):
            await carrier().fetch(read_place(f"{base}/nothing"), back)
        assert not back.exists()


async def test_https_is_verified(tmp_path: Path) -> None:
    """S17: HTTPS with the installed root, under its own name alone."""
    maker, back = root(), tmp_path / "back"
    store = Certificates(tmp_path / "store", WallClock().wall)
    async with http_server(serve_from(tmp_path / "tls", issue(maker, "www", ("localhost",)))) as shelf:
        shelf.files["/f"] = CONTENT
        place = read_place(f"https://localhost:{shelf.port}/f")
        with pytest.raises(TransferError, match="certificate is not trusted"):
            await carrier(store.context()).fetch(place, back)
        store.install(CENTRAL, maker.pem)
        await carrier(store.context()).fetch(place, back)
        with pytest.raises(TransferError, match="certificate is not trusted"):
            await carrier(store.context()).fetch(read_place(f"https://127.0.0.1:{shelf.port}/f"), back)


@pytest.mark.parametrize(
    ("address", "near"),
    [
        ("8.8.8.8", Reach.PUBLIC),
        ("2001:4860:4860::8888", Reach.PUBLIC),
        ("10.1.2.3", Reach.PRIVATE),
        ("192.168.0.5", Reach.PRIVATE),
        ("100.64.0.1", Reach.PRIVATE),
        ("fd00::1", Reach.PRIVATE),
        ("127.0.0.1", Reach.LOOPBACK),
        ("127.9.9.9", Reach.LOOPBACK),
        ("::1", Reach.LOOPBACK),
        ("::ffff:127.0.0.1", Reach.LOOPBACK),
        ("2002:7f00:1::", Reach.LOOPBACK),
        ("169.254.169.254", None),
        ("::ffff:169.254.169.254", None),
        ("fe80::1", None),
        ("224.0.0.1", None),
        ("0.0.0.0", None),
        ("::", None),
        ("255.255.255.255", None),
    ],
)
def test_how_near_an_address_is(address: str, near: Reach | None) -> None:
    """S08: the classes of addresses."""
    assert reach(address) is near


LOCAL = ("127.0.0.1", "2130706433", "0x7f.1", "127.1", "017700000001", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0")


@pytest.mark.parametrize("host", LOCAL)
@pytest.mark.parametrize("scheme", ["http", "https", "ftp", "ftps"])
async def test_loopback_in_any_spelling_is_for_a_loopback_supervision(scheme: str, host: str) -> None:
    """S08, design section 4: whatever the spelling, loopback only where the supervision is on loopback too."""
    with pytest.raises(TransferError):
        await addresses(read_place(f"{scheme}://{host}/"), Reach.PRIVATE)
    with pytest.raises(TransferError):
        await addresses(read_place(f"{scheme}://{host}/"), Reach.PUBLIC)
    if host != "0":
        assert await addresses(read_place(f"{scheme}://{host}/"), Reach.LOOPBACK)


async def test_how_near_the_supervision_is() -> None:
    """A private place may be named by a private supervision, not by one on the internet."""
    assert await supervision_reach("ws://localhost:9/ocpp") is Reach.LOOPBACK
    assert await supervision_reach("wss://10.0.0.1/ocpp") is Reach.PRIVATE
    assert await supervision_reach("wss://8.8.8.8/ocpp") is Reach.PUBLIC
    assert await supervision_reach("wss://no.such.name.invalid/ocpp") is Reach.PUBLIC
    assert await addresses(read_place("ftp://10.0.0.2/"), Reach.PRIVATE) == ("10.0.0.2",)
    with pytest.raises(TransferError, match="may not name"):
        await addresses(read_place("ftp://10.0.0.2/"), Reach.PUBLIC)


async def test_our_own_address_is_as_near_as_loopback() -> None:
    """S08: no place may be named that leads to the station's own listeners."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing: it only picks a way out
            own = probe.getsockname()[0]
        except OSError:
            own = "127.0.0.1"
    with pytest.raises(TransferError, match="may not name"):
        await addresses(read_place(f"ftp://{own}/"), Reach.PRIVATE)
    assert await addresses(read_place(f"ftp://{own}/"), Reach.LOOPBACK) == (own,)


async def test_a_far_supervision_reaches_nothing_here(tmp_path: Path) -> None:
    """S08, end to end: not a byte goes to a server on loopback for a supervision elsewhere."""
    async with http_server() as shelf:
        shelf.files["/f"] = CONTENT
        with pytest.raises(TransferError, match="may not name"):
            await carrier(url="wss://8.8.8.8/").fetch(read_place(f"http://127.0.0.1:{shelf.port}/f"), tmp_path / "x")
        assert shelf.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "diagnostics",
        "file:///etc/passwd",
        "sftp://h/x",
        "gopher://h/",
        "ftp://",
        "ftp:///x",
        "http://h:0/",
        "http://h:99999/",
        "http://[::1/",
        "http://h/x#y",
        "http://h/a b",
        "http://h\\@other/",
        "http://h/\r\nHost: x",
        "ftp://h/%0d%0aDELE%20x",
        "ftp://u%0a:p@h/",
        "http://h%2fx/",
        "http://fe80::1%25eth0/",
        "http://h/\u202e",
        "ftp://h/" + "x" * 600,
    ],
)
def test_what_is_no_place(url: str) -> None:
    """S08, S25: schemes, control characters, ports; one sentence."""
    with pytest.raises(TransferError) as caught:
        read_place(url)
    assert caught.value.trouble is Trouble.PLACE
    assert "\n" not in str(caught.value)


@given(st.text())
def test_no_text_breaks_the_reading(text: str) -> None:
    """Whatever comes is a place or a TransferError."""
    try:
        place = read_place("ftp://" + text)
    except TransferError:
        return
    assert place.host
    assert 0 < place.port < 65536


async def test_tries_and_their_pauses() -> None:
    """OCPP 1.6 section 6.27: as often as the request says, with its pause; a wrong place is not tried again."""
    assert Tries.asked(None, None) == Tries(3, 30.0)
    assert Tries.asked(0, -5) == Tries(1, 0.0)
    assert Tries.asked(10**9, 10**9) == Tries(10, 3600.0)
    for trouble, times in ((Trouble.FAILED, 3), (Trouble.PLACE, 1)):
        tried: list[int] = []

        async def fail(trouble: Trouble = trouble, tried: list[int] = tried) -> None:
            tried.append(1)
            raise TransferError("no", trouble)

        with pytest.raises(TransferError):
            await persist(Tries(3, 0.0), "x", fail)
        assert len(tried) == times
