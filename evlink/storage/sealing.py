"""Secrets on the disk: sealed with the station's own key, so that a settings file alone gives none away (S05).

The seal is AES-SIV (RFC 5297) with the setting's path as its associated data. It is the same each time for the same
secret in the same place, as a file that is read back and compared needs, and differs for the same secret elsewhere.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV

PREFIX = "sealed:1:"
_SEALED = re.compile(r'^(?P<name>[A-Za-z0-9_]+) = "sealed:1:(?P<body>[A-Za-z0-9_=-]*)"$')
_TABLE = re.compile(r"^\[(?P<path>[A-Za-z0-9_.]+)\]$")


class Seal:
    """Seals and opens; the key is fetched when the first secret needs it."""

    def __init__(self, key: Callable[[], bytes]) -> None:
        self._key = key

    def seal(self, path: str, secret: str) -> str:
        """A secret as it is stored at the path of a setting."""
        # No surrogates reach this: a secret that has some is refused before it is stored.
        body = self._cipher().encrypt(secret.encode(), [path.encode()])
        return PREFIX + base64.urlsafe_b64encode(body).decode()

    def open(self, path: str, sealed: str) -> str | None:
        """The secret; None where it was sealed by another station, or for another setting."""
        from cryptography.exceptions import InvalidTag

        try:
            body = base64.urlsafe_b64decode(sealed.removeprefix(PREFIX))
            return self._cipher().decrypt(body, [path.encode()]).decode()
        except (InvalidTag, binascii.Error, ValueError):
            return None

    def opened(self, text: str, quote: Callable[[str], str]) -> tuple[str, tuple[str, ...]]:
        """A settings file with its secrets opened, each written by `quote`; and the paths of those lost."""
        if PREFIX not in text:
            return text, ()
        lines, lost, table = [], [], ""
        for line in text.split("\n"):
            if head := _TABLE.match(line):
                table = head["path"]
            found = _SEALED.match(line)
            if found is None:
                lines.append(line)
                continue
            path = f"{table}.{found['name']}"
            secret = self.open(path, found["body"])
            if secret is None:
                lost.append(path)
            else:
                lines.append(f"{found['name']} = {quote(secret)}")
        return "\n".join(lines), tuple(lost)

    def _cipher(self) -> AESSIV:
        from cryptography.hazmat.primitives.ciphers.aead import AESSIV

        return AESSIV(hashlib.blake2b(self._key(), digest_size=64, person=b"evlink-settings").digest())
