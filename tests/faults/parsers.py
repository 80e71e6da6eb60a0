"""Every parser that takes bytes from outside, as the fuzzer sees it: one target each."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evlink.client import Disconnected, Wire
from evlink.formats import badge_csv, cfg, toml
from evlink.formats.errors import FormatError
from evlink.hardware import badge_text, board, facts
from evlink.hardware import replay as charging_log
from evlink.hardware.linux import description
from evlink.hardware.recording_file import RecordingError, RecordingReader
from evlink.hardware.serial_reader import Lines
from evlink.modbus.bus import Read
from evlink.modbus.frames import serial_piece, tcp_header
from evlink.modbus.handler import Connection
from evlink.ocpp.certificates import CertificateError
from evlink.ocpp.certificates_x509 import read_certificates
from evlink.ocpp.dialect import V16
from evlink.ocpp.exchange import Exchange, Unserved
from evlink.ocpp.frames import Request, read_frame
from evlink.ocpp.soap.elements import Misformed
from evlink.ocpp.soap.envelope import STATION, action_of, fault_of, opened, payload_of
from evlink.ocpp.transfer import TransferError, read_place
from evlink.ocpp.v15.shapes import TO_STATION
from evlink.runtime.methods import settings as settings_methods
from evlink.runtime.rpc import Methods, Session
from evlink.runtime.server import respond
from evlink.settings.facts import Facts, Model
from evlink.settings.values import Values
from evlink.storage.settings_file import checked, summed
from evlink.update import package
from tests.faults.fuzzing import Target
from tests.meters.device import reply_frame
from tests.unit import update_bench
from tests.unit.modbus_bench import MANAGER, Site
from tests.unit.test_ocpp_orders import Office
from tests.unit.test_ocpp_soap import call_text
from tests.unit.test_runtime_rights import desk_for

HINT_S = 0.1  # where an unknown key is searched for among all: one search is up to 50 ms on a slow machine
DATA = Path(__file__).parents[1] / "data"
Make = Callable[[ExitStack], Target]  # the stack closes what the target holds


def _values() -> Values:
    return Values(Facts(model=Model.PARKING, outlet_count=2))


def cfg_file(held: ExitStack) -> Target:
    """An imported `.cfg`."""
    values = _values()
    sample = (DATA / "cfg-defaults.cfg").read_bytes()
    part = b"\n".join(sample.splitlines()[:40])
    return Target("cfg", lambda data: cfg.plan(data.decode("utf-8", "replace"), values), (part,), (FormatError,))


def toml_file(held: ExitStack) -> Target:
    """An imported TOML file."""
    values = _values()
    sample = toml.write_stored(values.with_changes({"configuration.general.station_name": "A"})).encode()
    more = b'[energy_management.outlets.1]\nderated_current = 16\n[configuration.date_time]\nntp_server = "a"\n'

    return Target(
        "toml", lambda data: toml.plan(data.decode("utf-8", "replace"), values), (sample, more), (FormatError,), HINT_S
    )


def stored_file(held: ExitStack) -> Target:
    """The settings on the station's own disk."""
    values = _values()
    sample = toml.write_stored(values.with_changes({"configuration.general.station_name": "A"})).encode()
    feed: Callable[[bytes], object] = lambda data: toml.read_stored(checked(data.decode()), values.facts)  # noqa: E731
    return Target("stored", feed, (sample, summed(sample.decode())), (ValueError,), HINT_S)


def badge_list(held: ExitStack) -> Target:
    """An imported list of badges."""
    seeds = (b"uid,type,comment\n04:a1:b2:c3,Admin,Ann\ncafe,,\n", b"number;uid;type;comment\r\n9;AB;utilisateur;x\r\n")
    return Target("badges", lambda data: badge_csv.read_badges(data.decode("utf-8", "replace")), seeds, (FormatError,))


def board_messages(held: ExitStack) -> Target:
    """Blocks and outputs of the board protocol."""
    block = board.Block(board.BlockHeader(1, 1, 1), bytes(8)).pack()

    def feed(data: bytes) -> None:
        for unpack in (board.unpack_block, board.unpack_outputs):
            try:
                unpack(data)
            except ValueError as error:
                _sentence(error)

    return Target("board", feed, (block, board.Outputs(1, 1).pack()))


def ocpp_frames(held: ExitStack) -> Target:
    """OCPP 1.6-J: frames, and the station's answers to the requests in them."""
    exchange = Exchange(V16(), dict(Office().table))
    runner = held.enter_context(asyncio.Runner())
    profile = {"chargingProfileId": 1, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile",
               "chargingProfileKind": "Absolute", "chargingSchedule": {"chargingRateUnit": "A",
               "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10.0}]}}  # fmt: skip
    requests: list[tuple[str, Any]] = [
        ("RemoteStartTransaction", {"idTag": "A", "connectorId": 1, "chargingProfile": profile}),
        ("SetChargingProfile", {"connectorId": 0, "csChargingProfiles": profile}),
        ("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "300"}),
        ("SendLocalList", {"listVersion": 1, "updateType": "Full", "localAuthorizationList": [{"idTag": "A"}]}),
        ("ReserveNow", {"connectorId": 1, "expiryDate": "2099-01-01T00:00:00Z", "idTag": "A", "reservationId": 1}),
        ("GetCompositeSchedule", {"connectorId": 1, "duration": 60}),
        ("TriggerMessage", {"requestedMessage": "Heartbeat"}),
        ("GetDiagnostics", {"location": "ftp://127.0.0.1/x", "startTime": "2026-01-01T00:00:00Z"}),
        ("DataTransfer", {"vendorId": "v", "data": "x"}),
    ]

    def feed(data: bytes) -> None:
        frame = read_frame(data.decode("utf-8", "replace"))
        if isinstance(frame, Request):
            try:
                runner.run(exchange.serve(frame.action, frame.payload))
            except Unserved as why:
                if why.code == "InternalError":
                    raise AssertionError(f"{frame.action} could not be answered") from why

    seeds = [json.dumps([2, "1", action, payload]).encode() for action, payload in requests]
    return Target("ocpp", feed, (*seeds, b'[3,"1",{}]', b'[4,"1","GenericError","",{}]'))


def soap_envelopes(held: ExitStack) -> Target:
    """OCPP 1.5 by SOAP: envelopes, their addressing, their payloads."""

    def feed(data: bytes) -> None:
        told = opened(data)
        fault_of(told)
        if action := action_of(told, STATION, TO_STATION):
            payload_of(told, STATION, TO_STATION[action].request)

    inner = "<reservationId>7</reservationId><connectorId>2</connectorId><idTag>A</idTag>"
    reserve = f"<reserveNowRequest>{inner}</reserveNowRequest>"
    return Target("soap", feed, (call_text(), call_text(reserve)), (Misformed,))


def modbus_requests(held: ExitStack) -> Target:
    """Bytes of a Modbus TCP client, cut as they come."""
    runner = held.enter_context(asyncio.Runner())

    class Memory(asyncio.Transport):
        """A transport that keeps what is written."""

        def __init__(self) -> None:
            super().__init__({"peername": (MANAGER, 1)})
            self.written = b""
            self.closed = False

        def write(self, data: bytes | bytearray | memoryview) -> None:
            self.written += bytes(data)

        def close(self) -> None:
            self.closed = True

        def is_closing(self) -> bool:
            return self.closed

        def pause_reading(self) -> None: ...

        def resume_reading(self) -> None: ...

    site = Site()

    async def talk(data: bytes) -> None:
        connection, transport = Connection(site.server), Memory()
        connection.connection_made(transport)
        connection.data_received(data[: len(data) // 2])
        connection.data_received(data[len(data) // 2 :])
        connection.connection_lost(None)
        site.bench.at += 0.1
        site.waiting.clear()

    def frame(*pdu: int) -> bytes:
        return bytes((0, 1, 0, 0, 0, len(pdu) + 1, 1, *pdu))

    seeds = (
        frame(3, 0x13, 0x88, 0, 1),
        frame(6, 0x1F, 0x40, 0, 16),
        frame(16, 0x1F, 0x40, 0, 1, 2, 0, 16),
        frame(43, 14, 1, 0),
        frame(3, 0x13, 0x88, 0, 1) * 40,
    )
    return Target("modbus", lambda data: runner.run(talk(data)), seeds)


def meter_replies(held: ExitStack) -> Target:
    """What meters answer, over a serial line and over TCP."""
    read = Read(2, 2999, 6)

    def feed(data: bytes) -> None:
        rest = data
        for _ in range(20):
            piece = serial_piece(rest, read)
            assert len(piece.rest) <= len(rest)
            if piece.rest == rest:
                break
            rest = piece.rest
        if len(data) >= 7:
            try:
                tcp_header(data[:7])
            except ValueError as error:
                _sentence(error)

    return Target("meters", feed, (reply_frame(2, 3, [0] * 6), reply_frame(2, 4, [1] * 6) * 3))


def reader_lines(held: ExitStack) -> Target:
    """What a serial badge reader sends."""
    forms = [
        badge_text.BadgeText(),
        badge_text.BadgeText(form="decimal"),
        badge_text.BadgeText(check=True),
    ]

    def feed(data: bytes) -> None:
        lines = Lines()
        for begin in range(0, len(data), 64):
            for text in lines.feed(data[begin : begin + 64]):
                for form in forms:
                    try:
                        form.read(text)
                    except ValueError as error:
                        _sentence(error)

    return Target("readers", feed, (b"01020304\r\n", b"0004,12345\n", b"1234567890\n04A1B2C3D4E5F6\n"))


def recordings(held: ExitStack) -> Target:
    """A recording given to `run --board replay:FILE`."""
    path = _scratch(held) / "x.rec"
    block = board.Block(board.BlockHeader(1, 1, 1), bytes(8)).pack()
    good = b'EVLINK-RECORDING 1\n{"board": "linux", "started": "2026"}\n' + len(block).to_bytes(4, "little") + block

    def feed(data: bytes) -> None:
        path.write_bytes(data)
        with RecordingReader(path) as reader:
            for _ in reader:
                pass

    return Target("recordings", feed, (good,), (RecordingError,))


def charging_logs(held: ExitStack) -> Target:
    """A log given to `evlink replay`."""
    path = _scratch(held) / "log.csv"
    good = b"time;current;limit\n2026-03-01T08:00:00;10.5;16\n2026-03-01T08:00:01;11;16\n"

    def feed(data: bytes) -> None:
        path.write_bytes(data)
        list(charging_log.rows(path, "current", "limit", ";", 1.0))

    return Target("logs", feed, (good,), (charging_log.ReplayError,))


def board_facts(held: ExitStack) -> Target:
    """`board.toml` and the Linux board's description."""
    path = _scratch(held) / "board.toml"
    good = facts.render(facts.preset("parking", 2, 3)).encode()
    linux = (Path(__file__).parents[2] / "docs" / "examples" / "linux-board.toml").read_bytes()

    def feed(data: bytes) -> None:
        path.write_bytes(data)
        for load in (facts.load, description.load):
            try:
                load(path)
            except facts.FactsError as error:
                _sentence(error)

    return Target("facts", feed, (good, linux[:4000]))


def socket_lines(held: ExitStack) -> Target:
    """Lines on the local socket, from somebody who is Admin."""
    desk, _ = desk_for(Model.PARKING)
    methods = Methods(settings_methods.table(desk))
    session = Session(None, trusted=True)
    runner = held.enter_context(asyncio.Runner())

    def feed(data: bytes) -> None:
        answer = runner.run(respond(data, session, methods))
        if answer is not None:
            msgspec.json.encode(answer)
            error = answer.get("error")
            assert not isinstance(error, Mapping) or error["code"] != -32603, answer

    calls: list[dict[str, Any]] = [
        {"method": "settings.get", "params": {"keys": ["configuration.general.station_name"]}},
        {"method": "settings.list", "params": {}},
        {"method": "settings.apply", "params": {"changes": {"configuration.general.station_name": "x"}}},
        {"method": "settings.apply", "params": {"changes": {"energy_management.outlets.1.derated_current": 16}}},
    ]
    seeds = tuple(json.dumps({"jsonrpc": "2.0", "id": n, **call}).encode() for n, call in enumerate(calls))
    return Target("socket", feed, seeds, hang_s=HINT_S)


def client_lines(held: ExitStack) -> Target:
    """What a station, or what sits in its place, answers a command."""
    good = b'{"jsonrpc":"2.0","id":1,"result":{}}\n{"jsonrpc":"2.0","method":"snapshot","params":{}}\n'
    return Target("client", lambda data: Wire().feed(data + b"\n"), (good,), (Disconnected,))


def update_packages(held: ExitStack) -> Target:
    """A package of software; its manifest also signed by somebody who is trusted."""
    folder = _scratch(held)
    who = update_bench.Maker(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
    good = update_bench.package(folder, who, update_bench.small_wheel(folder)).read_bytes()
    signed = msgspec.json.encode(update_bench.manifest([]))
    path = folder / "x.epk"

    def feed(data: bytes) -> None:
        path.write_bytes(data)
        try:
            package.read(path, who.trust)
        except package.PackageError as error:
            _sentence(error)
        package.parse(data)

    return Target("packages", feed, (good, signed), (package.PackageError,))


def certificates(held: ExitStack) -> Target:
    """Certificates that a supervision installs."""
    pem = b"-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUQ2VydA==\n-----END CERTIFICATE-----\n"
    feed: Callable[[bytes], object] = lambda data: read_certificates(data.decode("utf-8", "replace"))  # noqa: E731
    return Target("certificates", feed, (pem,), (CertificateError,))


def places(held: ExitStack) -> Target:
    """Addresses that a supervision names for files."""
    seeds = (b"ftp://user:pass@127.0.0.1:21/a/b.zip", b"https://[::1]/x?y#z", b"http://example.org")
    feed: Callable[[bytes], object] = lambda data: read_place(data.decode("utf-8", "replace"))  # noqa: E731
    return Target("places", feed, seeds, (TransferError,))


def _sentence(error: Exception) -> None:
    """A refusal is one printable sentence."""
    assert str(error).isprintable(), repr(str(error))


def _scratch(held: ExitStack) -> Path:
    return Path(held.enter_context(tempfile.TemporaryDirectory(prefix="evlink-fuzz-")))


TARGETS: Mapping[str, Make] = {
    "cfg": cfg_file,
    "toml": toml_file,
    "stored": stored_file,
    "badges": badge_list,
    "board": board_messages,
    "ocpp": ocpp_frames,
    "soap": soap_envelopes,
    "modbus": modbus_requests,
    "meters": meter_replies,
    "readers": reader_lines,
    "recordings": recordings,
    "logs": charging_logs,
    "facts": board_facts,
    "socket": socket_lines,
    "client": client_lines,
    "packages": update_packages,
    "certificates": certificates,
    "places": places,
}
