"""Small numbers of a device that run out: the ids of events and notifies."""

from __future__ import annotations

from heapq import heappop, heappush


class IdPool:
    """Numbers from 0 up to *limit*; the smallest free one is given out first."""

    __slots__ = ("_free", "_next", "limit")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._free: list[int] = []
        self._next = 0

    def __repr__(self) -> str:
        return f"<ids {self.used} of {self.limit} used>"

    @property
    def used(self) -> int:
        """How many are taken."""
        return self._next - len(self._free)

    @property
    def exhausted(self) -> bool:
        """True when all are taken."""
        return self._next >= self.limit and not self._free

    def take(self) -> int:
        """Return a free number; there is one."""
        if self._free:
            return heappop(self._free)
        self._next += 1
        return self._next - 1

    def give_back(self, number: int) -> None:
        """Let somebody else have *number*."""
        heappush(self._free, number)
