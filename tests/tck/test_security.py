"""TC 073 to 078, 083 to 088: keys, certificates and security profiles of a whole station over TLS."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.ocpp_central.authority import answer_request, issue, root
from tests.tck.rig import PATIENCE_S, Rig

pytestmark = [pytest.mark.slow, pytest.mark.tck, pytest.mark.timeout(240)]
FIRST, SECOND = "first-password-17", "second-password-18"
OPTIONS = {"tls": True}
SETTINGS = {"extension.ocpp.security_profile": "2", "extension.ocpp.basic_auth_password": FIRST}
CENTRAL, MANUFACTURER = "CentralSystemRootCertificate", "ManufacturerRootCertificate"


def basic(password: str) -> str:
    return "Basic " + base64.b64encode(f"CP-1:{password}".encode()).decode()


def _event(rig: Rig, kind: str) -> None:
    rig.told("SecurityEventNotification", type=kind)


def _ids(rig: Rig, use: str) -> list[dict[str, Any]]:
    return list(rig.call("GetInstalledCertificateIds", certificateType=use).get("certificateHashData", ()))


def _own_certificate(rig: Rig) -> None:
    """Have the station ask for a certificate, and issue it."""
    assert rig.authority is not None
    before = len(rig.requests("SignCertificate"))
    assert rig.asked("ExtendedTriggerMessage", requestedMessage="SignChargePointCertificate") == "Accepted"
    csr = rig.told("SignCertificate", before + 1)[-1]["csr"]
    chain = answer_request(rig.authority.stations, csr)
    assert rig.asked("CertificateSigned", certificateChain=chain) == "Accepted"
    rig.wait(lambda: rig.connected, "a link")


def test_tc_085__basic_authentication(rig: Rig) -> None:
    rig.do("drop")
    rig.outages += 1
    rig.wait(lambda: len(rig.handshakes()) >= 1 and rig.connected, "a new link")
    assert set(rig.handshakes()) == {basic(FIRST)}


def test_tc_086__tls_with_a_certificate_of_the_central_system(rig: Rig) -> None:
    """The link stands, and the address is wss."""
    assert rig.connected
    assert rig.status["station"]["supervision"]["url"].startswith("wss://")
    rig.again()
    rig.wait(lambda: rig.connected, "a link")


def test_tc_078__invalid_certificate_of_the_central_system(rig: Rig) -> None:
    rig.again(hosts=("elsewhere.example",))
    rig.wait(lambda: "not trusted" in rig.status["station"]["supervision"]["last_error"], "a refusal")
    assert not rig.connected
    rig.again()
    rig.wait(lambda: rig.connected, "a link")
    _event(rig, "InvalidCentralSystemCertificate")


def test_tc_073__new_authorization_key(rig: Rig) -> None:
    assert rig.asked("ChangeConfiguration", key="AuthorizationKey", value=SECOND) == "Accepted"
    rig.wait(lambda: rig.handshakes()[-1:] == [basic(SECOND)] and rig.connected, "a link by the new key")
    assert rig.call("GetConfiguration", key=["AuthorizationKey"])["unknownKey"] == ["AuthorizationKey"]
    rig.do("auth", header=basic(SECOND))
    assert rig.asked("ChangeConfiguration", key="AuthorizationKey", value=FIRST) == "Accepted"
    # The central system does not take it: the station finds back to the key that it does.
    rig.wait(lambda: basic(FIRST) in rig.handshakes(), "a try with the refused key")
    rig.wait(lambda: rig.handshakes()[-1:] == [basic(SECOND)] and rig.connected, "a link by the old key")
    _event(rig, "ReconfigurationOfSecurityParameters")


def test_tc_075_1__install_a_root_of_the_manufacturer(rig: Rig) -> None:
    maker = root("Maker")
    assert _ids(rig, MANUFACTURER) == []
    assert rig.asked("InstallCertificate", certificateType=MANUFACTURER, certificate=maker.pem) == "Accepted"
    (hashes,) = _ids(rig, MANUFACTURER)
    assert hashes["serialNumber"] == f"{maker.certificate.serial_number:x}"


def test_tc_075_2__install_a_root_of_the_central_system(rig: Rig) -> None:
    before = _ids(rig, CENTRAL)
    assert rig.asked("InstallCertificate", certificateType=CENTRAL, certificate=root("Next").pem) == "Accepted"
    assert len(_ids(rig, CENTRAL)) == len(before) + 1
    leaf = issue(root("Other"), "leaf").pem
    assert rig.asked("InstallCertificate", certificateType=CENTRAL, certificate=leaf) == "Rejected"
    _event(rig, "ReconfigurationOfSecurityParameters")


def test_tc_076__delete_a_certificate(rig: Rig) -> None:
    maker = root("Gone")
    assert rig.asked("InstallCertificate", certificateType=CENTRAL, certificate=maker.pem) == "Accepted"
    (hashes,) = (one for one in _ids(rig, CENTRAL) if one["serialNumber"] == f"{maker.certificate.serial_number:x}")
    assert rig.asked("DeleteCertificate", certificateHashData=hashes) == "Accepted"
    assert hashes not in _ids(rig, CENTRAL)
    assert rig.asked("DeleteCertificate", certificateHashData=hashes) == "NotFound"


def test_tc_077__invalid_certificate_of_the_station(rig: Rig) -> None:
    assert rig.authority is not None
    assert rig.asked("ExtendedTriggerMessage", requestedMessage="SignChargePointCertificate") == "Accepted"
    rig.told("SignCertificate")
    foreign = issue(rig.authority.stations, "another station").pem
    assert rig.asked("CertificateSigned", certificateChain=foreign) == "Rejected"
    _event(rig, "InvalidChargePointCertificate")


def test_tc_084__security_profile_refused(rig: Rig) -> None:
    """Never lower, never one that lacks what it needs (security whitepaper)."""
    for profile in ("0", "1", "4", "none"):
        assert rig.asked("ChangeConfiguration", key="SecurityProfile", value=profile) == "Rejected"
    assert rig.call("GetConfiguration", key=["SecurityProfile"])["configurationKey"][0]["value"] == "2"


def test_tc_074__new_certificate_of_the_station(rig: Rig) -> None:
    _own_certificate(rig)


def test_tc_083__security_profile_raised(rig: Rig) -> None:
    _own_certificate(rig)
    assert rig.asked("ChangeConfiguration", key="SecurityProfile", value="3") == "Accepted"
    rig.wait(lambda: rig.handshakes()[-1:] == [""] and rig.connected, "a link without a password")
    assert rig.call("GetConfiguration", key=["SecurityProfile"])["configurationKey"][0]["value"] == "3"
    assert rig.asked("ChangeConfiguration", key="SecurityProfile", value="2") == "Rejected"


def test_tc_087__tls_with_a_certificate_of_the_station(rig: Rig) -> None:
    _own_certificate(rig)
    rig.house.evlink("set", "extension.ocpp.security_profile=3")
    rig.again(clients=True)
    rig.wait(lambda: any(entry.get("peer") for entry in rig.central.entries()[rig.mark :]), "its certificate")
    rig.wait(lambda: rig.connected, "a link")
    rig.again()


def test_tc_088__websocket_subprotocol(rig: Rig) -> None:
    """A central system that names no subprotocol is none of ours (OCPP-J 1.6 section 3.2)."""
    rig.do("subprotocol", on=False)
    rig.do("drop")
    rig.outages += 1
    rig.wait(lambda: "ocpp1.6" in rig.status["station"]["supervision"]["last_error"], "a refusal", PATIENCE_S)
    assert not rig.connected
    rig.do("subprotocol", on=True)
    rig.wait(lambda: rig.connected, "a link")
