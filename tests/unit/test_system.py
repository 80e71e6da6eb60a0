"""The machine: addresses by rule, programs by argument lists, an address on trial, the time (section 9, S16)."""

from __future__ import annotations

import asyncio
import os
import struct
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from evlink.runtime.ages import PasswordAges
from evlink.runtime.clock import StationClock
from evlink.runtime.networking import Networking, settings_of
from evlink.runtime.rpc import Failure
from evlink.runtime.timekeeping import Timekeeper
from evlink.settings.facts import Facts, Model
from evlink.settings.values import Values
from evlink.system.clock import Timedatectl
from evlink.system.confirming import Addresses
from evlink.system.network import NetworkManager, Present
from evlink.system.plan import Plan, PlanError, computer_range, plan_from, plan_of, prefix_of, second_of, wifi_of
from evlink.system.programs import MachineError, Programs
from evlink.system.sntp import offset
from evlink.system.ssdp import DEVICE, Discovery, Identity, answer, description, search_of, targets
from tests.unit.system_bench import Recorder

N = "configuration.network."
PARKING = Facts(delivered_firmware="3.1.0")
WALLBOX = Facts(model=Model.WALLBOX, outlet_count=1, has_wifi_card=True, delivered_firmware="3.1.0")


def values(facts: Facts = PARKING, **changes: Any) -> Values:
    paths = {("configuration.wifi.ip_address" if key == "wifi" else N + key): value for key, value in changes.items()}
    return Values(facts).with_changes(paths)


@pytest.mark.parametrize(
    ("facts", "changes", "plan"),
    [
        (PARKING, {}, Plan(False, ("192.168.0.102/24", "192.168.0.103/24"))),
        (PARKING, {"outlet2_ip_enabled": False}, Plan(False, ("192.168.0.102/24",))),
        (PARKING, {"dhcp_enabled": True}, Plan(True)),
        (Facts(outlet_count=1, delivered_firmware="3.1"), {}, Plan(False, ("192.168.0.102/24",))),
        (Facts(delivered_firmware="3.3"), {}, Plan(True)),
        (WALLBOX, {}, Plan(False, ("192.168.0.102/24",))),
        (
            WALLBOX,
            {"ip_address": "10.0.0.20", "wifi": "10.0.0.19", "subnet_mask": "255.0.0.0"},
            Plan(False, ("10.0.0.20/8",)),
        ),
        (
            PARKING,
            {
                "ip_address": "10.1.2.3",
                "default_gateway": "10.1.2.254",
                "dns_primary": "8.8.8.8",
                "dns_secondary": "1.1.1.1",
            },
            Plan(False, ("10.1.2.3/24", "10.1.2.4/24"), "10.1.2.254", ("8.8.8.8", "1.1.1.1")),
        ),
    ],
)
def test_the_plan_follows_the_table_of_addresses(facts: Facts, changes: dict[str, Any], plan: Plan) -> None:
    """R-090 to R-096, R-105: A, A+1, the card's A-1, DHCP, gateway and servers of names."""
    assert plan_of(values(facts, **changes)) == plan


@pytest.mark.parametrize(
    ("facts", "changes", "sentence"),
    [
        (PARKING, {"ip_address": "192.168.0.254"}, "leaves no room for the second"),
        (WALLBOX, {"ip_address": "192.168.0.1"}, "leaves no room for the Wi-Fi card"),
        (WALLBOX, {"ip_address": "192.168.0.50"}, r"card has to be at 192\.168\.0\.49"),
        (PARKING, {"ip_address": "192.168.0.255"}, "no address of a station"),
        (PARKING, {"ip_address": "224.0.0.5"}, "no address of a station"),
        (PARKING, {"ip_address": "127.0.0.5"}, "no address of a station"),
        (PARKING, {"subnet_mask": "255.0.255.0"}, "is no mask"),
        (PARKING, {"subnet_mask": "255.255.255.255"}, "leaves no room"),
        (PARKING, {"default_gateway": "10.0.0.1"}, "outside the network"),
    ],
)
def test_what_breaks_a_rule_makes_no_plan(facts: Facts, changes: dict[str, Any], sentence: str) -> None:
    """R-095, R-097."""
    with pytest.raises(PlanError, match=sentence):
        plan_of(values(facts, **changes))


def test_neighbours_and_the_computers_range() -> None:
    """R-016, R-094."""
    assert second_of("192.168.0.102") == "192.168.0.103"
    assert wifi_of("192.168.0.102") == "192.168.0.101"
    assert computer_range("10.1.2.102") == ("10.1.2.241", "10.1.2.249")
    assert [prefix_of(mask) for mask in ("255.255.255.0", "255.255.0.0", "255.255.255.252")] == [24, 16, 30]
    plan = plan_of(values())
    assert plan_from(plan.document()) == plan
    assert plan_from({"dhcp": False, "addresses": ["x"], "gateway": "", "dns": []}) is None
    assert plan_from({}) is None


async def test_a_static_address_by_nmcli(tmp_path: Path) -> None:
    """R-102: the argument lists, as a real program got them."""
    box = Recorder(tmp_path / "bin")
    shown = "GENERAL.HWADDR:00:80:F4:42:55:81\nIP4.ADDRESS[1]:10.1.2.3/24\nIP4.GATEWAY:10.1.2.254\nIP4.DNS[1]:8.8.8.8\n"
    box.say([(["device", "show"], 0, shown), (["--fields", "NAME"], 0, "lo\nevlink\n")])
    plan = Plan(False, ("10.1.2.3/24", "10.1.2.4/24"), "10.1.2.254", ("8.8.8.8", "1.1.1.1"))
    present = await NetworkManager(box.run, "eth0").apply(plan)
    assert present == Present(("10.1.2.3/24",), "10.1.2.254", ("8.8.8.8",), "00:80:F4:42:55:81")
    calls = box.calls()
    assert calls[1][:8] == ["nmcli", "connection", "add", "type", "ethernet", "con-name", "evlink-fallback", "ifname"]
    assert calls[2] == [
        "nmcli", "connection", "modify", "evlink", "ipv4.method", "manual", "ipv4.addresses", "10.1.2.3/24,10.1.2.4/24",
        "ipv4.gateway", "10.1.2.254", "ipv4.dns", "8.8.8.8 1.1.1.1", "ipv4.may-fail", "no",
    ]  # fmt: skip
    assert ["nmcli", "connection", "up", "evlink"] in calls


async def test_dhcp_falls_back(tmp_path: Path) -> None:
    """R-092: 192.168.0.102 where no server answers, by a profile that stands by."""
    box = Recorder(tmp_path / "bin")
    box.say([(["up", "evlink"], 4, ""), (["--fields", "NAME"], 0, "evlink\nevlink-fallback\n")])
    await NetworkManager(box.run, "eth0").apply(Plan(True))
    calls = box.calls()
    spare = next(call for call in calls if call[2:4] == ["modify", "evlink-fallback"])
    assert spare[spare.index("ipv4.addresses") + 1] == "192.168.0.102/24"
    assert [call[-2:] for call in calls if "up" in call] == [["up", "evlink"], ["up", "evlink-fallback"]]


def hostile() -> list[str]:
    """Sixty values that a shell, an option parser or a file would trip over."""
    heads = [
        "",
        "-",
        "--help",
        "a b",
        "a;b",
        "$(reboot)",
        "`reboot`",
        "a|b",
        "a&b",
        "a>b",
        "a\nb",
        "../../x",
        "a'b",
        'a"b',
        "*",
    ]
    return [head + tail for head in heads for tail in ("", ";reboot", "\n[Time]\nNTP=evil", " && touch x")]


@pytest.mark.parametrize("value", hostile())
async def test_no_value_reaches_a_shell_or_an_option(tmp_path: Path, value: str) -> None:
    """S16: refused before anything runs, or one argument, as it is."""
    box = Recorder(tmp_path / "bin")
    clock = Timedatectl(box.run, tmp_path / "timesyncd.conf")
    for work in (clock.follow(value), clock.zone(value)):
        with pytest.raises(MachineError):
            await work
    assert box.calls() == []
    assert not (tmp_path / "timesyncd.conf").exists()
    with pytest.raises(MachineError):
        NetworkManager(box.run, value or "-")
    if "\0" not in value:
        await box.run("nmcli", value)
        assert box.calls() == [["nmcli", value]]
    assert not (tmp_path / "x").exists()


async def test_the_clock_by_timedatectl(tmp_path: Path) -> None:
    """R-086, R-087: server, zone, hand."""
    box = Recorder(tmp_path / "bin")
    box.say([(["show"], 0, "yes\n")])
    conf = tmp_path / "conf.d" / "evlink.conf"
    clock = Timedatectl(box.run, conf)
    await clock.follow("pool.ntp.org")
    assert conf.read_text() == "[Time]\nNTP=pool.ntp.org\nFallbackNTP=\n"
    await clock.zone("Europe/Paris")
    await clock.by_hand()
    await clock.set(datetime(2026, 4, 5, 14, 5, tzinfo=UTC))
    assert await clock.synchronised()
    assert [call[1:] for call in box.calls()] == [
        ["set-ntp", "true"],
        ["try-restart", "systemd-timesyncd.service"],
        ["set-timezone", "Europe/Paris"],
        ["set-ntp", "false"],
        ["set-time", "2026-04-05 14:05:00 UTC"],
        ["show", "--property=NTPSynchronized", "--value"],
    ]
    chrony = Timedatectl(box.run, tmp_path / "evlink.sources", chrony=True)
    await chrony.follow("2001:db8::1")
    assert (tmp_path / "evlink.sources").read_text() == "server 2001:db8::1 iburst\n"
    assert box.calls()[0] == ["chronyc", "reload", "sources"]


async def test_a_program_that_fails_or_hangs_is_told_in_one_sentence(tmp_path: Path) -> None:
    box = Recorder(tmp_path / "bin")
    box.say([(["set-timezone"], 1, "Failed: no such zone\nmore\n")])
    with pytest.raises(MachineError, match=r"^timedatectl: Failed: no such zone$"):
        await Timedatectl(box.run).zone("Mars/Olympus")
    with pytest.raises(MachineError, match="pppd is not installed"):
        await box.run("pppd")
    with pytest.raises(MachineError, match=r"did not end within 0\.2 s"):
        await Programs(timeout_s=0.2)("sleep", "20")


class Wire:
    """A network that is what it was told to be."""

    def __init__(self) -> None:
        self.applied: list[Plan] = []
        self.fails = False

    async def apply(self, plan: Plan) -> Present:
        """Be it."""
        self.applied.append(plan)
        if self.fails:
            raise MachineError("no cable")
        return Present(plan.addresses)

    async def present(self) -> Present:
        """What it is."""
        return Present(self.applied[-1].addresses if self.applied else ())


OLD, NEW = Plan(False, ("192.168.0.102/24",)), Plan(False, ("10.0.0.7/24",))


async def trial(tmp_path: Path) -> tuple[Addresses, Wire, list[Plan], Callable[[float], Awaitable[None]]]:
    """Addresses of which the new one is on trial, and a way to let time pass."""
    wire, back, now = Wire(), [], [0.0]

    async def taken_back(plan: Plan) -> None:
        back.append(plan)

    addresses = Addresses(tmp_path / "network.json", wire, taken_back, lambda: now[0])
    await addresses.take(OLD)
    assert addresses.left_s is None
    await addresses.take(NEW)

    async def forward(seconds: float) -> None:
        now[0] += seconds
        turns = 0

        async def sleep(_: float) -> None:
            nonlocal turns
            turns += 1
            if turns > 2:
                raise asyncio.CancelledError

        with pytest.raises(asyncio.CancelledError):
            await addresses.watch(sleep)

    return addresses, wire, back, forward


async def test_an_address_that_nobody_confirms_is_taken_back(tmp_path: Path) -> None:
    """R-101: within two minutes, and after a restart in between as well."""
    addresses, wire, back, forward = await trial(tmp_path)
    await forward(119.0)
    assert (addresses.left_s, back) == (1.0, [])
    await forward(1.0)
    assert wire.applied == [OLD, NEW, OLD]
    assert back == [OLD]
    assert addresses.confirmed() == OLD


@pytest.mark.parametrize(
    ("address", "counts"), [("10.0.0.7", True), ("", True), ("192.168.0.102", False), ("x", False)]
)
async def test_only_a_login_at_the_new_address_confirms_it(tmp_path: Path, address: str, counts: bool) -> None:
    """R-101; the serial console and root are at the machine itself."""
    addresses, wire, back, forward = await trial(tmp_path)
    assert addresses.confirm(address) is counts
    await forward(200.0)
    assert back == ([] if counts else [OLD])
    assert addresses.confirmed() == (NEW if counts else OLD)
    assert wire.applied[-1] == (NEW if counts else OLD)
    assert not addresses.confirm("10.0.0.7")


async def test_a_network_that_can_not_be_set_is_left_as_it_was(tmp_path: Path) -> None:
    addresses, wire, back, _ = await trial(tmp_path)
    addresses.confirm("")
    wire.fails = True
    await addresses.take(OLD)
    assert back == [NEW]
    assert addresses.confirmed() == NEW


async def test_what_is_taken_back_comes_back_in_the_settings(tmp_path: Path) -> None:
    """The plan of the settings that are restored is the plan that was confirmed."""
    restored: list[dict[str, object]] = []

    async def restore(changes: Any) -> None:
        restored.append(dict(changes))

    one = Networking(tmp_path, Wire(), restore, lambda: Identity("n", "m", "s", "v"))
    await one.start(values(outlet2_ip_enabled=False))
    await one.start(values(outlet2_ip_enabled=False, ip_address="10.0.0.7"))
    assert "taken back" in one.warning
    await one._taken_back(OLD)
    changed = values(outlet2_ip_enabled=False, ip_address="10.0.0.7").with_changes(restored[0])  # type: ignore[arg-type]
    assert plan_of(changed) == OLD
    assert settings_of(Plan(True)) == {N + "dhcp_enabled": True}


# Discovery

WHO = Identity("Borne <1> & Cie", "parking", "FG 16302 07 002 003", "0.1.0")
SEARCH = b'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 2\r\nST: %s\r\n\r\n'


@pytest.mark.parametrize(
    ("datagram", "found"),
    [
        (SEARCH % b"ssdp:all", ("ssdp:all", 2)),
        (SEARCH.replace(b"MX: 2", b"MX: 900") % b"x", ("x", 5)),
        (SEARCH.replace(b"MX: 2", b"MX: -1") % b"x", ("x", 1)),
        (SEARCH.replace(b"discover", b"other") % b"x", None),
        (b"NOTIFY * HTTP/1.1\r\n\r\n", None),
        (SEARCH % (b"x" * 3000), None),
        (b"", None),
        (b"\xff" * 200, None),
    ],
)
def test_searches(datagram: bytes, found: tuple[str, int] | None) -> None:
    """UPnP Device Architecture 1.1, section 1.3.2."""
    assert search_of(datagram) == found


def test_the_description_holds_the_name_and_no_markup() -> None:
    """R-108: the network view shows the station's name."""
    text = description(WHO)
    assert "<friendlyName>Borne &lt;1&gt; &amp; Cie</friendlyName>" in text
    assert WHO.uuid == Identity("other", "x", WHO.serial, "9").uuid
    said = answer(WHO, DEVICE, "http://h/\r\nX-Evil: 1")
    assert b"\r\nX-Evil" not in said
    assert len(targets(WHO)) == 3


async def test_the_page_of_the_description() -> None:
    """One path, one method; anything else is not found."""
    discovery = Discovery(lambda: WHO, "127.0.0.1")
    server = await asyncio.start_server(discovery._page, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    for request, status in ((b"GET /description.xml HTTP/1.1", b"200"), (b"POST / HTTP/1.1", b"404")):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request + b"\r\nHost: x\r\n\r\n")
        told = await reader.read()
        assert told.split(b" ")[1] == status
        writer.close()
        await writer.wait_closed()
    server.close()
    await server.wait_closed()


# Time


class Server(asyncio.DatagramProtocol):
    """A time server that is `ahead` seconds ahead; `spoil` changes its answers."""

    def __init__(self, ahead: float, spoil: Callable[[bytearray], None] = lambda data: None) -> None:
        self.ahead, self.spoil = ahead, spoil

    def connection_made(self, transport: Any) -> None:
        """Keep the way back."""
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        """Answer."""
        now = datetime.now(UTC).timestamp() + self.ahead + 2_208_988_800
        stamp = struct.pack(">II", int(now), int(now % 1 * (1 << 32)))
        made = bytearray(struct.pack(">BBBb11I", 0x24, 2, 0, 0, *([0] * 11)))
        made[24:32], made[32:40], made[40:48] = data[40:48], stamp, stamp
        self.spoil(made)
        self.transport.sendto(bytes(made), addr)


def _kiss(data: bytearray) -> None:
    data[1] = 0


def _unset(data: bytearray) -> None:
    data[0] |= 0xC0


def _forge(data: bytearray) -> None:
    data[24] ^= 1


def _cut(data: bytearray) -> None:
    del data[20:]


@pytest.mark.parametrize(
    ("spoil", "good"), [(lambda d: None, True), (_kiss, False), (_unset, False), (_forge, False), (_cut, False)]
)
async def test_a_time_server_is_asked(spoil: Callable[[bytearray], None], good: bool) -> None:
    """R-087; RFC 4330: kisses of death, clocks that are not set and forged answers count as none."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: Server(100.0, spoil), local_addr=("127.0.0.1", 0))
    port = transport.get_extra_info("sockname")[1]
    off = await offset("127.0.0.1", lambda: datetime.now(UTC).timestamp(), port, 2.0)
    transport.close()
    assert (off is not None) is good
    if off is not None:
        assert off == pytest.approx(100.0, abs=1.0)


async def test_a_silent_server_is_event_31() -> None:
    """R-089: told once nobody answered twice, and once more when somebody does; the clock follows what was said."""
    told: list[bool] = []
    answers: list[float | None] = [None, None, None, 90.0, 0.1]

    async def ask(server: str, now: Callable[[], float]) -> float | None:
        assert server == "time.example"
        return answers.pop(0) if answers else 0.0

    clock = StationClock()
    before = clock.wall()
    keeper = Timekeeper(clock, None, told.append, ask, look_s=0.01)
    source = {"configuration.date_time.clock_source": "ntp", "configuration.date_time.ntp_server": "time.example"}
    keeper.configure(Values(Facts()).with_changes(source))
    task = asyncio.create_task(keeper.run())
    while answers:
        await asyncio.sleep(0.01)
    assert told[:2] == [True, False]
    assert 89 < (clock.wall() - before).total_seconds() < 95
    with pytest.raises(Failure, match="a time server sets the clock"):
        await keeper.set("2026-04-05 14:05", "UTC")
    keeper.configure(Values(Facts()))
    await asyncio.sleep(0.05)
    assert told[-1] is False
    now = await keeper.set("2026-07-05 14:05", "Europe/Paris")
    assert now.astimezone(UTC).hour == 12
    assert abs((clock.wall() - now).total_seconds()) < 5
    for bad in ("yesterday", "", "2026-13-01 00:00", "2026-04-05 14:05; reboot"):
        with pytest.raises(Failure):
            await keeper.set(bad, "UTC")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_the_machine_s_clock_follows_the_settings(tmp_path: Path) -> None:
    """R-087, R-088: server and zone once each, whatever else is set."""
    box = Recorder(tmp_path / "bin")

    async def ask(server: str, now: Callable[[], float]) -> float | None:
        return 0.0

    keeper = Timekeeper(StationClock(), Timedatectl(box.run, tmp_path / "c"), lambda silent: None, ask, 30.0)
    changes = {"configuration.date_time.clock_source": "ntp", "configuration.date_time.timezone": "Europe/Paris"}
    keeper.configure(Values(Facts()).with_changes(changes))
    task = asyncio.create_task(keeper.run())
    for _ in range(400):
        if (tmp_path / "bin" / "calls").exists() and (tmp_path / "bin" / "calls").read_text().count("\n") >= 3:
            break
        await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert [call[1:] for call in box.calls()] == [
        ["set-timezone", "Europe/Paris"],
        ["set-ntp", "true"],
        ["try-restart", "systemd-timesyncd.service"],
    ]


async def test_old_passwords_are_told() -> None:
    """R-037: after six months, over restarts."""
    kept: dict[str, Any] = {}

    class Small:
        async def recall(self, key: str) -> object:
            return kept.get(key)

        async def remember(self, key: str, value: object) -> None:
            kept[key] = value

    now = [datetime(2026, 1, 1, tzinfo=UTC)]
    ages = PasswordAges(Small(), lambda: now[0])
    await ages.changed("admin")
    now[0] = datetime(2026, 6, 30, tzinfo=UTC)
    again = PasswordAges(Small(), lambda: now[0])
    await again.load()
    assert again.warnings() == ()
    now[0] = datetime(2026, 7, 5, tzinfo=UTC)
    assert again.warnings() == ("the password of admin is older than six months",)
    assert again.at("admin") == datetime(2026, 1, 1, tzinfo=UTC)
    await again.changed("admin")
    assert again.warnings() == ()


def test_the_environment_of_programs_is_ours(tmp_path: Path) -> None:
    """S16: nothing of the caller's environment decides what runs."""
    os.environ["EVLINK_CANARY"] = "x"
    try:
        done = asyncio.run(Programs()("env"))
    finally:
        del os.environ["EVLINK_CANARY"]
    assert "EVLINK_CANARY" not in done.out
