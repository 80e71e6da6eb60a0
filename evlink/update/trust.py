"""The keys that a station trusts: a file that root keeps, a line a key, revoked ones named too."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path

from evlink.update.package import Trust

FILE = Path("/etc/evlink/update.keys")


class TrustError(Exception):
    """Why the file of keys can't be used, in one sentence."""


def load(path: Path = FILE) -> Trust:
    """The keys of a file: `key NAME BASE64`, `revoked NAME BASE64`, `#` a remark. None where there is no file.

    TrustError, with the line, for anything else in it: a file half understood is no trust.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Trust(())
    except (OSError, UnicodeDecodeError) as error:
        raise TrustError(f"{path} can't be read: {error}") from None
    good: list[bytes] = []
    revoked: set[bytes] = set()
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) != 3 or words[0] not in ("key", "revoked"):
            raise TrustError(f"{path}, line {number}: key NAME BASE64 or revoked NAME BASE64 is allowed")
        try:
            raw = base64.b64decode(words[2], validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        if len(raw) != 32:
            raise TrustError(f"{path}, line {number}: 32 bytes in base64 are allowed")
        if words[0] == "key":
            good.append(raw)
        else:
            revoked.add(raw)
    return Trust(tuple(raw for raw in good if raw not in revoked))
