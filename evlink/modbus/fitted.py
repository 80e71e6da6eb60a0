"""Which meter each outlet has, by the settings: its driver, its line, its wiring, or what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass

from evlink.modbus import generic
from evlink.modbus.drivers import DRIVERS, Driver
from evlink.modbus.generic import OURS
from evlink.modbus.meters import Inputs
from evlink.modbus.plausible import Bounds
from evlink.modbus.rtu import SerialPort
from evlink.modbus.tcp import Gateway
from evlink.modbus.wiring import ORDERS, Order
from evlink.settings.label import Label
from evlink.settings.meter_checks import METERS
from evlink.settings.places import octets
from evlink.settings.values import Values

INTERNAL = "internal_ct"
LAST_UNIT = 247
ADDRESS = "configuration.network.ip_address"


@dataclass(frozen=True, slots=True)
class Fitted:
    """The meter of one outlet as the settings have it; `wrong` says why it can't be asked."""

    outlet: int
    type: str
    bounds: Bounds
    inputs: Order = (1, 2, 3)  # line phases at PM1 to PM3
    terminals: Order = (1, 2, 3)  # line phases at the contactor's Term 1 to 3
    driver: Driver | None = None
    line: SerialPort | Gateway | None = None
    unit: int = 0
    wrong: Label | None = None

    @property
    def remark(self) -> Label | None:
        """What is odd of its address though it is asked there."""
        return beyond(self.unit) if isinstance(self.line, SerialPort) else None

    @property
    def external(self) -> bool:
        """Whether a meter is fitted at all."""
        return self.type != INTERNAL

    @property
    def wired(self) -> Inputs:
        """Which of PM1 to PM3 a conductor of the charge point reaches."""
        one, two, three = (
            phase != 0 and (self.bounds.phases == 3 or phase == self.terminals[0]) for phase in self.inputs
        )
        return (one, two, three)


def fitted(values: Values, outlet: int) -> Fitted:
    """The meter of an outlet."""
    kind = str(values.get(f"{METERS}.meter_type", outlet))
    bounds = Bounds(
        rated_a=float(values.get("energy_management.outlets.rated_current", outlet)),
        voltage_v=float(values.get(f"{METERS}.phase_neutral_voltage")),
        phases=values.facts.phases,
    )
    if kind == INTERNAL:
        return Fitted(outlet, kind, bounds)
    driver = DRIVERS.get(kind) or generic.driver(values, outlet)
    tcp = values.get(f"{METERS}.protocol", outlet) == "modbus_tcp"
    return Fitted(
        outlet,
        kind,
        bounds,
        ORDERS[str(values.get(f"{METERS}.meter_phases_connection", outlet))],
        ORDERS[str(values.get(f"{METERS}.terminal_phases_connection", outlet))],
        driver if isinstance(driver, Driver) else None,
        gateway(values, outlet) if tcp else serial_port(values),
        int(values.get(f"{OURS}.unit" if tcp else f"{METERS}.rtu_address", outlet)),
        driver if isinstance(driver, Label) else None,
    )


def beyond(unit: int) -> Label | None:
    """What is told of a unit that the settings allow and Modbus does not (N-45); None for others."""
    if unit <= LAST_UNIT:
        return None
    return Label(
        f"RTU address {unit} is outside Modbus, which ends at {LAST_UNIT}",
        f"l'adresse RTU {unit} sort de Modbus, qui s'arrête à {LAST_UNIT}",
    )


def serial_port(values: Values) -> SerialPort:
    """The line that all RTU meters of a station share."""
    return SerialPort(
        str(values.get(f"{OURS}.serial_port")),
        int(values.get(f"{OURS}.baud_rate")),
        str(values.get(f"{OURS}.parity")),
    )


def gateway(values: Values, outlet: int) -> Gateway:
    """The gateway of an outlet's meter: the host that is named, or the one in the station's network whose address
    ends with the gateway address (R-165)."""
    host = str(values.get(f"{OURS}.gateway_host", outlet))
    if not host:
        parts = octets(str(values.get(ADDRESS))) or (127, 0, 0, 1)
        last = int(values.get(f"{METERS}.gateway_address", outlet))
        host = ".".join(map(str, (*parts[:3], last)))
    return Gateway(host, int(values.get(f"{OURS}.gateway_port", outlet)))
