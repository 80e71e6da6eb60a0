"""The badges that are selected, on whatever page they stand (R-184, R-185)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


class Selection:
    """Identifiers of badges in the order in which they were selected."""

    def __init__(self, uids: Iterable[str] = ()) -> None:
        self._uids = dict.fromkeys(uids)

    def __contains__(self, uid: object) -> bool:
        return uid in self._uids

    def __iter__(self) -> Iterator[str]:
        return iter(self._uids)

    def __len__(self) -> int:
        return len(self._uids)

    def turn(self, uid: str) -> None:
        """Select a badge, or no longer."""
        if uid in self._uids:
            del self._uids[uid]
        else:
            self._uids[uid] = None

    def turn_all(self, uids: Iterable[str]) -> None:
        """Select all of some badges, or none of them where all are."""
        some = dict.fromkeys(uids)
        if some.keys() <= self._uids.keys():
            self._uids = {uid: None for uid in self._uids if uid not in some}
        else:
            self._uids |= some

    def add(self, uids: Iterable[str]) -> None:
        """Select badges besides."""
        self._uids |= dict.fromkeys(uids)

    def clear(self) -> None:
        """Select none."""
        self._uids.clear()
