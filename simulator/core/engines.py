"""The device's engines: AI cores, copy engines. Streams compete for them; priority breaks the competition."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.core.streams import Stream


class Engine:
    """`capacity` units, taken by tasks while they run.

    The first in line is the smallest priority number (rule e5), then the earliest request, or just that when it
    *ignores_priority*; a request that does not fit yet is not overtaken by a smaller one, so that nobody starves.
    """

    __slots__ = ("capacity", "free", "ignores_priority", "name", "requests", "waiting")

    def __init__(self, name: str, capacity: int, *, ignores_priority: bool = False) -> None:
        self.name = name
        self.capacity = capacity
        self.ignores_priority = ignores_priority
        self.free = capacity
        self.requests = 0
        self.waiting: list[tuple[int, int, int, int, Stream, Callable[[], None]]] = []

    def __repr__(self) -> str:
        return f"<engine {self.name} {self.free} of {self.capacity} free, {len(self.waiting)} waiting>"

    def request(self, stream: Stream, units: int, duration: int, done: Callable[[], None]) -> None:
        """Call *done* when *units* have been held for *duration* ns; more units than exist count as all."""
        units = min(units, self.capacity)
        if not self.waiting and self.free >= units:
            self._grant(stream, units, duration, done)
        else:
            self.requests += 1
            priority = 0 if self.ignores_priority else stream.priority
            heappush(self.waiting, (priority, self.requests, units, duration, stream, done))

    def release(self, units: int) -> None:
        """Give *units* back and grant whoever is first in line and fits."""
        self.free += units
        while self.waiting and self.free >= self.waiting[0][2]:
            _, _, wanted, duration, stream, done = heappop(self.waiting)
            if stream.queue:  # else its tasks were dropped while it stood in line
                self._grant(stream, wanted, duration, done)

    def forget(self, stream: Stream) -> None:
        """Let *stream* stand in line no more."""
        self.waiting = [entry for entry in self.waiting if entry[4] is not stream]
        heapify(self.waiting)

    def _grant(self, stream: Stream, units: int, duration: int, done: Callable[[], None]) -> None:
        self.free -= units
        stream.hold = (self, units)
        kernel = stream.kernel
        stream.started = kernel.now
        if kernel.factors is not None:
            duration = kernel.duration(stream.label, duration)
        kernel.after(duration, done)
