"""Files by HTTP and HTTPS: a form posted to a path, the file in a named field, basic authentication (R-203)."""

from __future__ import annotations

import base64
import ssl

import aiohttp
from yarl import URL

from evlink.publication.carrying import (
    Limits,
    Parcel,
    Receipt,
    Tell,
    login_wanted,
    network,
    not_admitted,
    refused,
    unencrypted,
)
from evlink.publication.places import HttpPlace, Security
from evlink.settings.label import Label

_ANSWER = 2000  # bytes of an answer that are looked at


async def send(
    parcel: Parcel, place: HttpPlace, security: Security, context: ssl.SSLContext, limits: Limits, tell: Tell
) -> Receipt:
    """Post the parcel's file. Any 2xx says that it arrived; a redirection is not followed. SendError.

    The header `Idempotency-Key` and the file's name are the same for every try.
    """
    if security.required and place.scheme != "https":
        raise unencrypted()
    form = aiohttp.FormData()
    form.add_field(place.field_name, parcel.data, filename=parcel.file, content_type="text/csv; charset=utf-8")
    headers = {"User-Agent": "evlink", "Idempotency-Key": f'"{parcel.name}"'}
    secret = ""
    if place.login is not None:
        secret = place.login.password
        pair = base64.b64encode(f"{place.login.user}:{secret}".encode()).decode("ascii")
        headers["Authorization"] = f"Basic {pair}"
    tell(Label(f"connecting to {place.host}:{place.port}", f"connexion à {place.host}:{place.port}"))
    timeout = aiohttp.ClientTimeout(total=limits.all_s, sock_connect=limits.answer_s, sock_read=limits.answer_s)
    connector = aiohttp.TCPConnector(ssl=context, limit=1, force_close=True)
    try:
        async with (
            aiohttp.ClientSession(
                connector=connector, timeout=timeout, trust_env=False, cookie_jar=aiohttp.DummyCookieJar()
            ) as session,
            session.post(_url(place), data=form, headers=headers, allow_redirects=False) as answer,
        ):
            tell(Label("sending", "envoi"))
            words = (await answer.content.read(_ANSWER)).decode("utf-8", "replace") if answer.status >= 400 else ""
            status, reason = answer.status, answer.reason or ""
    except aiohttp.ClientConnectorCertificateError as error:
        raise network(_cause(error.certificate_error), place.host, place.port) from None
    except aiohttp.ClientConnectorError as error:
        raise network(_cause(error.os_error), place.host, place.port) from None
    except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
        raise network(ConnectionResetError(), place.host, place.port) from None
    except TimeoutError as error:
        raise network(error, place.host, place.port) from None
    except (aiohttp.ClientError, ValueError):
        raise network(ValueError(), place.host, place.port) from None
    except OSError as error:
        raise network(error, place.host, place.port) from None
    if 200 <= status < 300:
        return Receipt(place.scheme == "https")
    if status == 401 and place.login is None:
        raise login_wanted(place.host, status, reason)
    if status in (401, 403) and place.login is not None:
        raise not_admitted(place.host, status, reason, secret)
    if 300 <= status < 400:
        raise refused(place.host, status, f"{reason} (redirection)", secret)
    plain = "" if words.lstrip().startswith("<") else words  # a page of HTML says nothing in a line
    raise refused(place.host, status, f"{reason} {plain}", secret)


def _cause(error: BaseException) -> BaseException:
    """The innermost reason of an error that the library wrapped."""
    inner = error.__cause__ or error.__context__
    return inner if isinstance(inner, ssl.SSLError | OSError) and not isinstance(error, ssl.SSLError) else error


def _url(place: HttpPlace) -> URL:
    path, mark, query = place.path.partition("?")
    return URL.build(
        scheme=place.scheme,
        host=place.host,
        port=place.port,
        path=path,
        query_string=query if mark else "",
    )
