"""What the world could do next: which pending events and timers may come, the friendly one first."""

from __future__ import annotations

from heapq import heapify
from typing import TYPE_CHECKING, Any, Final

from simulator.engine.kernel import LIGHT
from simulator.engine.timing import Order, Timing
from simulator.engine.wait import Wait

if TYPE_CHECKING:
    from simulator.engine.hosts.thread import HostThread
    from simulator.engine.kernel import Kernel

# As it stands in the kernel's heaps: (time, priority, number, what to call) or (time, number, wait).
Entry = tuple[Any, ...]
_NEVER: Final = float("inf")


class Pending:
    """The entries of a kernel that a chooser may choose from.

    *beside* tells that a host thread could run, too. Host code takes no time, but real code may always be slow: the
    world may then go ahead of it, to the next device event, however far in the future that is.
    """

    def __init__(self, kernel: Kernel, timing: Timing) -> None:
        self.timing = timing
        self._kernel = kernel
        self._any_order = timing.order is Order.ANY
        # How often a wait at a place has ended before something else that could have come first.
        self._early: dict[tuple[HostThread | None, str, object], int] = {}

    def __repr__(self) -> str:
        return f"<pending events of {self._kernel!r}, {self.timing}>"

    def options(self, *, beside: bool) -> list[Entry]:
        """Return what may come next: in order of time, arrivals before timeouts, so what is friendly is first."""
        heap, timers = self._kernel.heap, self._kernel.timers
        if timers:
            timers = [timer for timer in timers if timer[2].outcome is None]
        soonest = min(timers)[0] if timers else _NEVER
        following = heap[0][0] if heap else _NEVER
        events = self._events(beside=beside, soonest=soonest) if heap else []
        if events and events[0][1] != LIGHT and (beside or following <= soonest):
            return events  # events of simpy's own come in their time
        if not timers:
            return events
        # In time order, before everything else or with it: nobody is overtaken.
        in_time = soonest if not beside and soonest <= following else _NEVER
        latest = _NEVER if self._any_order and (heap or beside) else min(soonest, following)
        due = [
            timer
            for timer in timers
            if timer[0] == in_time or (timer[0] <= latest and self._may_be_early(timer[2]))
        ]
        return sorted([*events, *due], key=lambda entry: (entry[0], isinstance(entry[-1], Wait), entry[-2]))

    def take(self, entry: Entry, *, beside: bool) -> None:
        """Let *entry*, which was among the options, happen; one whose time was passed over happens now."""
        kernel, heap, timers = self._kernel, self._kernel.heap, self._kernel.timers
        time, owner = entry[0], entry[-1]
        if isinstance(owner, Wait):
            if beside or (heap and heap[0][0] <= time):
                place = _place(owner)
                self._early[place] = self._early.get(place, 0) + 1
            timers.remove(entry)
            heapify(timers)
            kernel.pass_to(time)
            kernel.on_timer(owner)
        elif entry[1] == LIGHT:
            heap.remove(entry)
            heapify(heap)
            kernel.pass_to(time)
            kernel.events_run += 1
            owner()
        else:
            kernel.step_simpy()

    def _events(self, *, beside: bool, soonest: float) -> list[Entry]:
        """Return the device events that may come next, in order."""
        heap = self._kernel.heap
        first = heap[0]
        if len(heap) == 1 and (beside or self._any_order or soonest >= first[0]):
            return [first]
        if not self._any_order:
            if not beside and soonest < first[0]:
                return []
            if first[1] != LIGHT:
                return [first]
            return sorted(entry for entry in heap if entry[0] == first[0] and entry[1] == LIGHT)
        # A stream is a FIFO, and so is whoever else has several entries: its first one may come.
        firsts: dict[int, Entry] = {}
        for entry in sorted(heap):
            if entry[1] != LIGHT:
                break
            owner = getattr(entry[3], "__self__", entry[3])
            if getattr(owner, "in_time", False) and entry[0] > first[0]:
                continue
            firsts.setdefault(id(owner), entry)
        return list(firsts.values()) or [first]

    def _may_be_early(self, wait: Wait) -> bool:
        return self._early.get(_place(wait), 0) < self.timing.timeouts


def _place(wait: Wait) -> tuple[HostThread | None, str, object]:
    thread = wait.thread
    return thread, wait.op, None if thread is None else thread.waits_at
