"""Discovery between two hosts: namespaces of the kernel with a cable between them (R-108)."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

STATION, COMPUTER = "10.77.0.102", "10.77.0.241"

RESPONDER = """
import asyncio
from evlink.system.ssdp import Discovery, Identity
who = Identity("BORNE 7", "parking", "FG 16302 07 002 003", "0.1.0")
asyncio.run(Discovery(lambda: who, "{address}").run())
"""

SEARCH = """
import json, re, socket, struct, sys, urllib.request
listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
listener.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("{address}"))
listener.bind(("{address}", 0))
listener.settimeout(0.5)
ask = "M-SEARCH * HTTP/1.1\\r\\nHOST: 239.255.255.250:1900\\r\\nMAN: \\"ssdp:discover\\"\\r\\n"
ask += "MX: 1\\r\\nST: {target}\\r\\n\\r\\n"
found = set()
for _ in range(10):
    listener.sendto(ask.encode(), ("239.255.255.250", 1900))
    try:
        while True:
            data, peer = listener.recvfrom(4096)
            found.add((peer[0], data.decode()))
    except TimeoutError:
        pass
    if found:
        break
page = ""
for peer, text in found:
    page = urllib.request.urlopen(re.search("LOCATION: (\\\\S+)", text)[1], timeout=5).read().decode()
print(json.dumps({{"found": sorted(found), "page": page}}))
"""


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@pytest.fixture
def hosts() -> Iterator[tuple[str, str]]:
    """Two namespaces with a cable between them."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("namespaces need root and ip")
    names = (f"evl-s{os.getpid()}", f"evl-c{os.getpid()}")
    try:
        try:
            for name in names:
                ip("netns", "add", name)
            ip("link", "add", "evl0", "netns", names[0], "type", "veth", "peer", "name", "evl0", "netns", names[1])
        except subprocess.CalledProcessError as error:
            pytest.skip(f"no namespaces here: {error.stderr.decode(errors='replace').strip()}")
        for name, address in zip(names, (STATION, COMPUTER), strict=True):
            ip("-n", name, "addr", "add", f"{address}/24", "dev", "evl0")
            ip("-n", name, "link", "set", "evl0", "up")
            ip("-n", name, "link", "set", "lo", "up")
            ip("-n", name, "route", "add", "239.0.0.0/8", "dev", "evl0")
        yield names
    finally:
        for name in names:
            with contextlib.suppress(subprocess.CalledProcessError):
                ip("netns", "del", name)


def inside(name: str, code: str) -> list[str]:
    return ["ip", "netns", "exec", name, sys.executable, "-c", code]


@pytest.mark.faults
def test_a_computer_on_the_network_finds_the_station(hosts: tuple[str, str]) -> None:
    """R-108, R-112: by its name, at its address; a search for something else is not answered."""
    station = subprocess.Popen(inside(hosts[0], RESPONDER.format(address=STATION)))
    try:
        time.sleep(1.5)

        def search(target: str) -> dict[str, object]:
            done = subprocess.run(
                inside(hosts[1], SEARCH.format(address=COMPUTER, target=target)),
                capture_output=True,
                text=True,
                timeout=60,
                check=True,
            )
            answer: dict[str, object] = json.loads(done.stdout)
            return answer

        answer = search("ssdp:all")
        found = answer["found"]
        assert isinstance(found, list)
        assert {peer for peer, _ in found} == {STATION}
        assert any("upnp:rootdevice" in text for _, text in found)
        assert "<friendlyName>BORNE 7</friendlyName>" in str(answer["page"])
        assert search("urn:schemas-upnp-org:device:MediaServer:1")["found"] == []
    finally:
        station.terminate()
        station.wait(10)
