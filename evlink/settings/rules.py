"""Rules that tie several settings together: addresses, URL and version, what publication needs; and what to tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from evlink.settings.facts import Model
from evlink.settings.kinds import Value
from evlink.settings.label import Label
from evlink.settings.meter_checks import noticed
from evlink.settings.places import is_set, octets
from evlink.settings.registry import MANUAL, find
from evlink.settings.values import Values

IP = "configuration.network.ip_address"
IP_2 = "configuration.network.ip_address_outlet2"
MASK = "configuration.network.subnet_mask"
DHCP = "configuration.network.dhcp_enabled"
IP_2_SHOWN = "configuration.network.outlet2_ip_enabled"
WIFI = "configuration.wifi.ip_address"
MODEM = "configuration.supervision.modem_present"
MODEM_IP = "configuration.supervision.modem_ip_address"
URL = "configuration.supervision.supervision_url"
VERSION = "configuration.supervision.ocpp_version"
PUBLICATION = "charge_history.publication."
FREQUENCY = "charge_history.publication.frequency"
FIELDS = "charge_history.publication.field_separator"
DECIMALS = "charge_history.publication.decimal_separator"

Broken = tuple[str, Label]


def neighbour(address: str, step: int) -> str:
    """The address some steps further in the last octet (R-094); "" where there is no such host."""
    parts = octets(address)
    if parts is None or not 1 <= parts[3] + step <= 254:
        return ""
    return f"{parts[0]}.{parts[1]}.{parts[2]}.{parts[3] + step}"


def follow(values: Values, wanted: Mapping[str, Value]) -> dict[str, Value]:
    """Changes with those that follow by rule: the second address is the first plus one, filled in (N-21)."""
    changes = dict(wanted)
    if values.facts.outlet_count == 2 and IP in wanted and IP_2 not in wanted:
        second = neighbour(str(wanted[IP]), 1)
        if second:
            changes[IP_2] = second
    return changes


def broken(after: Values, changed: Mapping[str, Value]) -> Iterator[Broken]:
    """The rules that changed settings would break: the path of the one to blame, and what has to hold."""
    yield from _addresses(after, changed)
    yield from _board_link(after, changed)
    yield from _supervision(after, changed)
    yield from _publication(after, changed)


def _addresses(after: Values, changed: Mapping[str, Value]) -> Iterator[Broken]:
    """R-094 and R-095."""
    if MASK in changed and not _is_mask(str(changed[MASK])):
        yield MASK, Label("it must be a mask such as 255.255.255.0", "il faut un masque tel que 255.255.255.0")
    first = str(after.get(IP))
    if IP in changed and not _is_host(first):
        yield (
            IP,
            Label(
                "it must be a station's address, with a last number from 1 to 254",
                "il faut l'adresse d'une borne, dont le dernier nombre va de 1 à 254",
            ),
        )
        return
    second = neighbour(first, 1)
    blamed = IP if IP in changed else IP_2_SHOWN if IP_2_SHOWN in changed else IP_2
    two = after.facts.outlet_count == 2
    visible = two and after.get(IP_2_SHOWN) is True
    if visible and {IP, IP_2, IP_2_SHOWN} & set(changed) and not second:
        yield (
            blamed,
            Label(
                "the last number must be at most 253, since charge point 2 has the next address",
                "le dernier nombre doit être 253 au plus, car le point de charge 2 a l'adresse suivante",
            ),
        )
    elif IP_2 in changed and two and after.get(IP_2) != second:
        yield (
            IP_2,
            Label(
                f"it must be {second or 'the first address'}, the address after {first}",
                f"il faut {second or 'la première adresse'}, celle qui suit {first}",
            ),
        )
    if after.facts.has_wifi_card and IP in changed:
        card = neighbour(first, -1)
        if not card or after.get(WIFI) != card:
            needed = card or "X.Y.Z.1"
            yield (
                IP,
                Label(
                    f"{WIFI} has to be the address before it, {needed}; change it first or together",
                    f"{WIFI} doit être l'adresse précédente, {needed} ; la changer d'abord ou en même temps",
                ),
            )
    yield from _clashes(after, changed, visible)


def _clashes(after: Values, changed: Mapping[str, Value], visible: bool) -> Iterator[Broken]:
    """None of the station's addresses may be the modem's (R-095)."""
    if after.get(MODEM) is not True or not {IP, IP_2, IP_2_SHOWN, WIFI, MODEM, MODEM_IP} & set(changed):
        return
    modem = after.get(MODEM_IP)
    own = [IP, *((IP_2,) if visible else ()), *((WIFI,) if after.facts.has_wifi_card else ())]
    for key in own:
        if after.get(key) == modem:
            yield (
                key if key in changed else MODEM_IP if MODEM_IP in changed else MODEM,
                Label(f"{modem} is both {key} and {MODEM_IP}", f"{modem} est à la fois {key} et {MODEM_IP}"),
            )


def _is_host(address: str) -> bool:
    parts = octets(address)
    return parts is not None and 1 <= parts[0] <= 223 and parts[0] != 127 and 1 <= parts[3] <= 254


def _is_mask(address: str) -> bool:
    parts = octets(address)
    if parts is None:
        return False
    bits = "".join(f"{part:08b}" for part in parts)
    return "01" not in bits and "1" in bits and bits.count("0") >= 2


def _board_link(after: Values, changed: Mapping[str, Value]) -> Iterator[Broken]:
    """R-107: DHCP and a hidden second address need the cable between the boards on its port."""
    if after.facts.outlet_count != 2 or after.facts.board_link_ok:
        return
    words = Label(
        "the Ethernet cable between the boards has to be on the second port from the left of both",
        "le câble Ethernet entre les cartes doit être sur le deuxième port à gauche des deux",
    )
    if changed.get(DHCP) is True:
        yield DHCP, words
    if changed.get(IP_2_SHOWN) is False:
        yield IP_2_SHOWN, words


def _supervision(after: Values, changed: Mapping[str, Value]) -> Iterator[Broken]:
    """R-117 and N-39: http and https are for OCPP 1.5 only."""
    url = str(after.get(URL))
    if not {URL, VERSION} & set(changed) or not is_set(url) or after.get(VERSION) != "ocpp_1_6":
        return
    if url.startswith("http"):
        yield (
            URL if URL in changed else VERSION,
            Label(
                f"with OCPP 1.6 {URL} has to begin with ws:// or wss://",
                f"avec OCPP 1.6, {URL} doit commencer par ws:// ou wss://",
            ),
        )


def _publication(after: Values, changed: Mapping[str, Value]) -> Iterator[Broken]:
    """R-198: while publication is on, every field of its protocol has to be filled in."""
    if after.get(FREQUENCY) == "disabled" or not any(path.startswith(PUBLICATION) for path in changed):
        return
    for setting in MANUAL:
        if setting.required and after.shown(setting) and after.get(setting.key) == "":
            yield (
                setting.key,
                Label(
                    f"it has to be filled in while {FREQUENCY} is not disabled",
                    f"il doit être rempli tant que {FREQUENCY} n'est pas disabled",
                ),
            )


def notices(after: Values, changed: Mapping[str, Value]) -> Iterator[Label]:
    """What whoever made these changes should know, though nothing forbids them."""
    for path in changed:
        found = find(path)
        if found is None:
            continue
        if found.setting.do_not_modify:
            yield Label(f"{path} is meant to be left alone", f"{path} ne devrait pas être modifié")
        if found.setting.power_cycle:
            yield Label(
                f"{path} takes effect once the station was switched off and on again",
                f"{path} agit après coupure et rétablissement de l'alimentation",
            )
        if found.setting.name == "rtu_address" and int(changed[path]) > 247:
            yield Label(
                f"{path}: {changed[path]} is outside Modbus, which ends at 247",
                f"{path} : {changed[path]} sort de Modbus, qui s'arrête à 247",
            )
    yield from _notices_of_addresses(after, changed)
    yield from _notices_of_choices(after, changed)
    yield from noticed(after, changed)


def _notices_of_addresses(after: Values, changed: Mapping[str, Value]) -> Iterator[Label]:
    if WIFI in changed and neighbour(str(after.get(IP)), -1) != changed[WIFI]:
        yield Label(
            f"{IP} now has to become the address after {changed[WIFI]}",
            f"{IP} doit maintenant devenir l'adresse qui suit {changed[WIFI]}",
        )
    parts = octets(str(after.get(IP)))
    if IP in changed and parts and 241 <= parts[3] <= 249:
        yield Label(
            f"{IP} is in the range of commissioning computers, 241 to 249",
            f"{IP} est dans la plage des ordinateurs de mise en service, 241 à 249",
        )
    url = str(after.get(URL))
    if URL in changed and is_set(url) and url.startswith(("http:", "ws:")):
        yield Label(
            f"{URL}: {url.partition(':')[0]} can be overheard; use wss where the supervision has it",
            f"{URL} : {url.partition(':')[0]} peut être écouté ; utiliser wss si la supervision le permet",
        )


def _notices_of_choices(after: Values, changed: Mapping[str, Value]) -> Iterator[Label]:
    if {FIELDS, DECIMALS} & set(changed) and after.get(FIELDS) == after.get(DECIMALS) == "comma":
        yield Label(
            "fields and decimals are both separated by a comma: numbers will stand in quotes",
            "champs et décimales sont séparés par une virgule : les nombres seront entre guillemets",
        )
    for outlet in after.facts.outlets:
        meter, protocol = (f"energy_management.meters.{outlet}.{name}" for name in ("meter_type", "protocol"))
        kind = after.get(meter)
        if meter in changed and kind == "iem2155" and after.facts.phases == 3:
            yield Label(
                f"{meter}: iem2155 is for single-phase stations", f"{meter} : iem2155 est pour bornes monophasées"
            )
        external = kind != "internal_ct" and after.get(protocol) == "modbus_tcp"
        host = f"extension.meters.{outlet}.gateway_host"
        hidden = after.facts.outlet_count == 2 and after.facts.model is not Model.WALLBOX and not after.get(host)
        if {meter, protocol, host, IP_2_SHOWN} & set(changed) and external and hidden and not after.get(IP_2_SHOWN):
            yield Label(
                f"{protocol}: a Modbus TCP meter needs {IP_2_SHOWN}, or an address of its own, {host}",
                f"{protocol} : un compteur Modbus TCP demande {IP_2_SHOWN}, ou une adresse à lui, {host}",
            )
