"""What can go wrong in storage; every message is one sentence for the operator."""

from __future__ import annotations

from dataclasses import dataclass


class StorageError(Exception):
    """Something could not be kept or read; nothing was changed."""


class StateError(StorageError):
    """The state directory or a file in it can't be used as it is."""


class LockedError(StorageError):
    """Another process holds the state directory."""

    def __init__(self, message: str, pid: int | None) -> None:
        super().__init__(message)
        self.pid = pid


class FullError(StorageError):
    """There is no room left on the disk; works again once there is."""


class RefusedError(StorageError):
    """The account may not do this."""


class PasswordError(StorageError):
    """The account or the password is wrong; `wait_s` is how long the next try of this account has to wait."""

    def __init__(self, wait_s: int = 0) -> None:
        super().__init__("the account or the password is wrong")
        self.wait_s = wait_s


class TooSoonError(StorageError):
    """Too many wrong passwords: this account has to wait `wait_s` seconds; the password was not looked at."""

    def __init__(self, wait_s: int) -> None:
        super().__init__(f"too many wrong passwords: wait {wait_s} s")
        self.wait_s = wait_s


class PolicyError(StorageError):
    """The new password does not meet R-030; the message names what is missing."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that storage had to do and the operator has to see, as an event of the station.

    `kind`: "settings", "database", "rows", "accounts", "badges", "records", "queue" or
    "publication"; `text` is one sentence.
    """

    kind: str
    text: str
