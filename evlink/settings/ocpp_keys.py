"""OCPP's own configuration keys that the manual's screens don't have: each is a setting, and one with the key."""

from __future__ import annotations

from evlink.settings.kinds import Choice, Flag, Option, Text, Whole
from evlink.settings.label import Label, both
from evlink.settings.model import Apply, Setting
from evlink.settings.tabs import EXTENSION

_LIST = r"[A-Za-z0-9.,\- ]*"
_JOINED = Label("names joined by ,", "noms séparés par ,")


def _key(name: str, key: str, kind: Whole | Flag | Text | Choice, factory: int | bool | str, en: str, fr: str,
         note: Label, apply: Apply = Apply.SAVE) -> Setting:  # fmt: skip
    """A setting on the extension tab; its note names OCPP's key."""
    told = Label(f"{note.en} OCPP key {key}.", f"{note.fr} Clé OCPP {key}.")
    return Setting(f"extension.ocpp.{name}", Label(en, fr), kind, EXTENSION, factory=factory, group="ocpp",
                   apply=apply, note=told)  # fmt: skip


SETTINGS: tuple[Setting, ...] = (
    _key("authorize_remote_tx_requests", "AuthorizeRemoteTxRequests", Flag(), False,
         "Remote starts are authorised first", "Départs à distance d'abord autorisés",
         Label("Looks up the identity of a remote start before the charge.",
               "Vérifie l'identité d'un départ à distance avant la charge.")),
    _key("local_pre_authorize", "LocalPreAuthorize", Flag(), False,
         "Known identities start at once", "Les identités connues démarrent aussitôt",
         Label("On line, a listed or cached identity starts without asking.",
               "En ligne, une identité de la liste ou du cache démarre sans demander.")),
    _key("local_authorize_offline", "LocalAuthorizeOffline", Flag(), True,
         "Known identities start off line", "Les identités connues démarrent hors ligne",
         Label("Off line, a listed or cached identity may start.",
               "Hors ligne, une identité de la liste ou du cache peut démarrer.")),
    _key("local_auth_list_enabled", "LocalAuthListEnabled", Flag(), True,
         "Local list of the supervision", "Liste locale de la supervision",
         Label("Uses the list that the supervision sends.", "Utilise la liste envoyée par la supervision.")),
    _key("connection_timeout", "ConnectionTimeOut", Whole(5, 3600, "s"), 60,
         "Time to plug in", "Délai de branchement",
         Label("After the authorisation, before it lapses.", "Après l'autorisation, avant qu'elle n'expire.")),
    _key("heartbeat_interval", "HeartbeatInterval", Whole(0, 86400, "s"), 0,
         "Heartbeat interval", "Intervalle du battement",
         Label("0: as the supervision says at registration.", "0 : selon la réponse à l'enregistrement.")),
    _key("stop_on_invalid_id", "StopTransactionOnInvalidId", Flag(), True,
         "An invalid identity ends the charge", "Une identité invalide termine la charge",
         Label("Else the charge is only suspended.", "Sinon la charge est seulement suspendue.")),
    _key("max_energy_on_invalid_id", "MaxEnergyOnInvalidId", Whole(0, 100000, "Wh"), 0,
         "Energy left to an invalid identity", "Énergie laissée à une identité invalide",
         Label("0 for none.", "0 pour aucune.")),
    _key("stop_on_ev_disconnect", "StopTransactionOnEVSideDisconnect", Flag(), True,
         "Unplugging at the vehicle ends the charge", "Débrancher côté véhicule termine la charge",
         Label("Else it is suspended until the vehicle is back.", "Sinon elle attend le retour du véhicule.")),
    _key("unlock_on_ev_disconnect", "UnlockConnectorOnEVSideDisconnect", Flag(), True,
         "Unplugging at the vehicle unlocks the socket", "Débrancher côté véhicule libère la prise",
         Label("Only where that ends the charge.", "Seulement si cela termine la charge.")),
    _key("reset_retries", "ResetRetries", Whole(0, 10), 1,
         "Tries of a reset", "Essais d'un redémarrage",
         Label("Once more where the first did not come about.", "De nouveau si le premier n'a pas abouti.")),
    _key("stop_txn_sampled_data", "StopTxnSampledData", Text(500, 0, _LIST, _JOINED), "",
         "Samples in StopTransaction", "Relevés périodiques dans StopTransaction",
         Label("Measurands joined by commas; empty for none.", "Grandeurs séparées par des virgules ; vide : aucune.")),
    _key("stop_txn_aligned_data", "StopTxnAlignedData", Text(500, 0, _LIST, _JOINED), "",
         "Clock-aligned values in StopTransaction", "Relevés à heure ronde dans StopTransaction",
         Label("Measurands joined by commas; empty for none.", "Grandeurs séparées par des virgules ; vide : aucune.")),
    _key("connector_phase_rotation", "ConnectorPhaseRotation", Text(100, 0, _LIST, _JOINED), "",
         "Phase rotation of the connectors", "Rotation des phases des connecteurs",
         Label("Such as 0.RST,1.RST,2.RST.", "Par exemple 0.RST,1.RST,2.RST.")),
    _key("security_profile", "SecurityProfile",
         Choice(tuple(Option(n, both(n)) for n in ("0", "1", "2", "3"))), "0",
         "Security profile", "Profil de sécurité",
         Label("0 none, 1 password, 2 password and TLS, 3 certificates and TLS.",
               "0 aucun, 1 mot de passe, 2 mot de passe et TLS, 3 certificats et TLS.")),
    _key("cpo_name", "CpoName", Text(50), "",
         "Name of the operator", "Nom de l'exploitant",
         Label("As in the operator's certificates.", "Comme dans les certificats de l'exploitant.")),
)  # fmt: skip
