"""Meters over the socket: their health, and the probe that says who answers on a line."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, Literal

import msgspec

from evlink.domain.text import clean
from evlink.modbus.fitted import Fitted, fitted, gateway, serial_port
from evlink.modbus.probe import UNITS, Report, line_name, probe
from evlink.modbus.rtu import SerialPort
from evlink.modbus.tcp import Gateway
from evlink.runtime.desk import Tasks
from evlink.runtime.metering import Metering
from evlink.runtime.methods.pilot import known
from evlink.runtime.rpc import ADMIN, BAD_VALUE, NOT_NOW, Failure, Method, NoParams, Session
from evlink.settings.meter_checks import METERS
from evlink.settings.values import Values

PORT = r"/dev/(?!.*\.\.)[A-Za-z0-9._/-]{1,95}"
Unit = Annotated[int, msgspec.Meta(ge=UNITS[0], le=UNITS[1])]


class Probe(msgspec.Struct, forbid_unknown_fields=True):
    """Parameters of `meters.probe`; what is not named is as the outlet's settings say."""

    action: Literal["start", "stop", "status"] = "status"
    outlet: int = 1
    port: Annotated[str, msgspec.Meta(max_length=100)] | None = None
    baud_rate: Literal[9600, 19200, 38400, 57600, 115200] | None = None
    parity: Literal["none", "even", "odd"] | None = None
    host: Annotated[str, msgspec.Meta(min_length=1, max_length=253)] | None = None
    tcp_port: Annotated[int, msgspec.Meta(ge=1, le=65535)] | None = None
    first: Unit | None = None
    last: Unit | None = None


def table(metering: Metering, values: Callable[[], Values], tasks: Tasks) -> dict[str, Method]:
    """The methods; one probe runs at a time."""
    now: list[Report] = []
    running: list[asyncio.Task[None]] = []

    async def health(session: Session, params: NoParams) -> dict[str, Any]:
        documents = metering.documents()
        return {"meters": [{"outlet": outlet, **documents[outlet]} for outlet in sorted(documents)]}

    async def probing(session: Session, params: Probe) -> dict[str, Any]:
        if params.action == "start":
            start(params)
        elif params.action == "stop":
            stop()
        return now[0].document() if now else {"running": False}

    def start(params: Probe) -> None:
        if now and now[0].running:
            raise Failure(NOT_NOW, f"a probe of {now[0].line} runs", fr=f"une recherche sur {now[0].line} est en cours")
        settings = values()
        outlets = tuple(settings.facts.outlets)
        known(params.outlet, outlets)
        wanted = fitted(settings, params.outlet)
        line, units = asked(params, wanted, settings)
        now[:] = [Report(line_name(line), len(units))]
        running[:] = [asyncio.get_running_loop().create_task(run(line, units, wanted))]
        tasks.start(kept(running[0]))

    async def run(line: SerialPort | Gateway, units: range, wanted: Fitted) -> None:
        bus, own = metering.bus_to(line)
        try:
            await probe(bus, line, units, tell, wanted.bounds, wanted.driver)
        finally:
            if own:
                bus.close()
            if now[0].running:
                tell(replace(now[0], running=False, stopped=True))

    async def kept(task: asyncio.Task[None]) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await task

    def tell(report: Report) -> None:
        now[:] = [report]

    def stop() -> None:
        if now and now[0].running and running:
            running[0].cancel()
            tell(replace(now[0], running=False, stopped=True))

    return {"meters": Method(NoParams, health), "meters.probe": Method(Probe, probing, ADMIN)}


def asked(params: Probe, wanted: Fitted, settings: Values) -> tuple[SerialPort | Gateway, range]:
    """The line and the units that a probe is to ask. Failure, bad value, where two lines are named at once."""
    if params.port is not None and params.host is not None:
        raise Failure(
            BAD_VALUE,
            f"host {params.host}: only one of port and host is allowed",
            fr=f"host {params.host} : soit port, soit host est autorisé",
            key="host",
            value=params.host,
            allowed="only one of port and host",
        )
    if params.port is not None and re.fullmatch(PORT, params.port) is None:
        raise Failure(
            BAD_VALUE,
            f"port {clean(params.port)}: a device such as /dev/ttyS1 is allowed",
            fr=f"port {clean(params.port)} : autorisé un périphérique tel que /dev/ttyS1",
            key="port",
            value=clean(params.port),
            allowed="a device such as /dev/ttyS1",
        )
    outlet = wanted.outlet
    tcp = params.host is not None or (
        params.port is None and settings.get(f"{METERS}.protocol", outlet) == "modbus_tcp"
    )
    line: SerialPort | Gateway
    if tcp:
        there = gateway(settings, outlet)
        line = Gateway(params.host or there.host, params.tcp_port or there.port)
    else:
        here = serial_port(settings)
        line = SerialPort(params.port or here.device, params.baud_rate or here.baud_rate, params.parity or here.parity)
    usual = int(settings.get("extension.meters.unit" if tcp else f"{METERS}.rtu_address", outlet))
    first = usual if params.first is None else params.first
    last = first if params.last is None else params.last
    if last < first:
        raise Failure(
            BAD_VALUE,
            f"last {last}: {first} to {UNITS[1]} is allowed",
            fr=f"last {last} : autorisé de {first} à {UNITS[1]}",
            key="last",
            value=str(last),
            allowed=f"{first} to {UNITS[1]}",
        )
    return line, range(first, last + 1)
