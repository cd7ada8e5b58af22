"""A lock of the vendor's runtime that callers can be seen waiting for (rules e8, e15, b14)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from simulator.engine.wait import Outcome, Wait

if TYPE_CHECKING:
    from simulator.engine.hosts.thread import HostThread


class RuntimeLock:
    """A lock inside the runtime, held across waits; re-entrant for its owner."""

    __slots__ = ("label", "owner", "waits")

    def __init__(self, label: str) -> None:
        self.label = label
        self.owner: HostThread | None = None
        self.waits: deque[Wait] = deque()

    def __repr__(self) -> str:
        return f"<lock {self.label} of {self.owner!r}, {len(self.waits)} waiting>"

    def __str__(self) -> str:
        return self.label

    def held_against(self, thread: HostThread) -> bool:
        """Tell whether *thread* would have to wait."""
        return self.owner is not None and self.owner is not thread

    def wait(self, op: str, then: Callable[[Outcome], object]) -> Wait:
        """Return a wait for the lock to be given back."""
        wait = Wait(op, self, then=then)
        self.waits.append(wait)
        return wait

    def acquire(self, thread: HostThread) -> None:
        """Take the lock, which is free or *thread*'s own."""
        self.owner = thread

    def release(self) -> None:
        """Give the lock back and wake everybody who waits: each tries again, in order."""
        self.owner = None
        waits, self.waits = self.waits, deque()
        for wait in waits:
            wait.fire()
