"""The bus: the newest status document, and everybody who wants to know of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

Document = dict[str, Any]


class Bus:
    """One document, many readers. A slow reader misses what came between, never the newest."""

    def __init__(self) -> None:
        self._document: Document = {}
        self._number = 0
        self._changed = asyncio.Event()

    @property
    def document(self) -> Document:
        """The newest document; empty before the first."""
        return self._document

    def publish(self, document: Document) -> None:
        """Make a document the newest; nobody is woken where nothing changed."""
        if document == self._document:
            return
        self._document = document
        self._number += 1
        self._changed.set()
        self._changed = asyncio.Event()

    async def changes(self) -> AsyncIterator[Document]:
        """Documents as they change, the present one first."""
        seen = -1
        while True:
            if seen != self._number:
                seen = self._number
                yield self._document
            else:
                await self._changed.wait()
