"""The pages of the badge list: which one stands here, what is on it, and how many badges there are (R-185)."""

from __future__ import annotations

from tui.panes.badges_edit import Badge
from tui.session import Session

PAGE = 50


class Pages:
    """One page of the station's list at a time, counted from 0; `total` counts what the filter lets through."""

    def __init__(self) -> None:
        self.at = 0
        self.total = 0
        self.badges: list[Badge] = []

    @property
    def number(self) -> int:
        """How many pages there are; one where there is no badge."""
        return max(1, -(-self.total // PAGE))

    async def fetch(self, session: Session, query: str) -> list[Badge]:
        """Ask for the page, the last one where there are no longer so many; what is on it is kept by `badges`."""
        answer = await session.call("badges.list", offset=self.at * PAGE, limit=PAGE, query=query)
        self.total = int(answer["total"])
        if self.at >= self.number:
            self.at = self.number - 1
            answer = await session.call("badges.list", offset=self.at * PAGE, limit=PAGE, query=query)
        return list(answer["badges"])

    def turn(self, direction: int) -> None:
        """Go to the page after or before, round the end."""
        self.at = (self.at + direction) % self.number

    def there(self, direction: int) -> bool:
        """Whether there is a page after or before."""
        return 0 <= self.at + direction < self.number
