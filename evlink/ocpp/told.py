"""The French of what the status document says about the link: why there is none, and what the supervision does."""

from __future__ import annotations

import re
from typing import Final

_FRENCH: Final[tuple[tuple[str, str], ...]] = (
    # Settings that allow no try (connection.problem, security_door.problem)
    (r"no supervision URL is set", "aucune URL de supervision n'est définie"),
    (r"no charge box identity is set", "aucune identité de borne n'est définie"),
    (r"supervision URL (.+) is no URL: (.+) and a host are needed", "l'URL de supervision {0} n'en est pas une : "
     "il faut {1} et un hôte"),
    (r"supervision URL (.+): OCPP (\S+) needs (.+)", "URL de supervision {0} : OCPP {1} demande {2}"),
    (r"supervision URL (.+) names no host", "l'URL de supervision {0} ne nomme aucun hôte"),
    (r"supervision URL (.+): a fragment \(#\) is not allowed", "URL de supervision {0} : un fragment (#) n'est "
     "pas permis"),
    (r"OCPP version (.+): only '1.5' and '1.6' are supported", "version d'OCPP {0} : seules 1.5 et 1.6 sont prises en "
     "charge"),
    (r"security profile (\d) needs a (\S+) supervision URL, this one is (\S+)", "le profil de sécurité {0} demande une "
     "URL de supervision en {1}, celle-ci est en {2}"),
    (r"security profile (\d) needs a supervision password, and none is set", "le profil de sécurité {0} demande un "
     "mot de passe de supervision, et aucun n'est défini"),
    (r"security profile (\d) needs a certificate of the station, and none is installed", "le profil de sécurité {0} "
     "demande un certificat de la borne, et aucun n'est installé"),
    (r"security profile (\d): the station's certificate is valid from (\S+) to (\S+)", "profil de sécurité {0} : le "
     "certificat de la borne est valable du {1} au {2}"),
    # The connection (connection.reason, chargepoint, supervision)
    (r"the supervision answered the handshake with HTTP (\d+)", "la supervision a répondu à l'ouverture par HTTP {0}"),
    (r"the supervision answered no websocket handshake", "la supervision n'a pas répondu par une ouverture de "
     "websocket"),
    (r"the connection to the supervision was lost", "la liaison avec la supervision est perdue"),
    (r"the supervision closed the connection \((.+)\)", "la supervision a fermé la liaison ({0})"),
    (r"the supervision did not answer the handshake in time", "la supervision n'a pas répondu à temps à l'ouverture"),
    (r"the supervision refused the connection", "la supervision a refusé la liaison"),
    (r"the supervision's certificate is not trusted: (.+)", "le certificat de la supervision n'est pas reconnu : {0}"),
    (r"no TLS connection to the supervision came about: (.+)", "aucune liaison TLS avec la supervision : {0}"),
    (r"the supervision broke off the connection", "la supervision a rompu la liaison"),
    (r"the name of the supervision cannot be resolved", "le nom de la supervision ne peut pas être résolu"),
    (r"the supervision cannot be reached: (.+)", "la supervision est injoignable : {0}"),
    (r"the supervision does not speak (\S+)", "la supervision ne parle pas {0}"),
    (r"no answer to (\S+) within (\S+) s", "aucune réponse à {0} en {1} s"),
    (r"the link to the supervision is down", "la liaison avec la supervision est coupée"),
    (r"the supervision did not answer (\S+): ?(.*)", "la supervision n'a pas répondu à {0} : {1}"),
    (r"the supervision answered (\S+) with HTTP (\d+) and no SOAP message", "la supervision a répondu à {0} par HTTP "
     "{1} sans message SOAP"),
    (r"the modem at (\S+) does not answer", "le modem à l'adresse {0} ne répond pas"),
    (r"the supervision's calls can't be taken: local port (\d+): (.+)", "les appels de la supervision ne peuvent pas "
     "être reçus : port local {0} : {1}"),
    # What the system and the TLS library add
    (r"Address already in use", "adresse déjà utilisée"),
    (r"Permission denied", "permission refusée"),
    (r"Server disconnected", "le serveur a coupé"),
    (r"Network is unreachable", "réseau inaccessible"),
    (r"No route to host", "aucune route vers l'hôte"),
    (r"Host is down", "hôte arrêté"),
    (r"Connection timed out", "délai dépassé"),
    (r"self[- ]signed certificate", "certificat autosigné"),
    (r"self[- ]signed certificate in certificate chain", "certificat autosigné dans la chaîne"),
    (r"unable to get local issuer certificate", "émetteur inconnu"),
    (r"certificate has expired", "certificat expiré"),
    (r"certificate is not yet valid", "certificat pas encore valable"),
    (r"Hostname mismatch, certificate is not valid for '(.+)'\.", "il n'est pas valable pour {0}"),
    (r"IP address mismatch, certificate is not valid for '(.+)'\.", "il n'est pas valable pour {0}"),
    (r"(\S+://), (.+)", "{0}, {1}"),
    (r"(\S+://) or (\S+://)", "{0} ou {1}"),
)  # fmt: skip


def french(sentence: str) -> str:
    """A sentence of the link in French; what is not known here stays as it is."""
    for pattern, words in _FRENCH:
        if found := re.fullmatch(pattern, sentence):
            return words.format(*(french(group) for group in found.groups()))
    return sentence
