"""The event queue: simpy's Environment with entries that are plain callables.

Streams, engines and report agents put a bound method into simpy's own heap: no Event, Store or generator
exists on the path of a task, while ordinary simpy processes share heap and clock. Timers of host threads live
in a heap of their own, so that "nothing but timers is left" can be seen at a glance, and so that a cancelled
timer never moves the clock.

This relies on four private names of simpy (`_now`, `_queue`, `_eid` and the layout of a heap entry); a test
pins them.
"""

from __future__ import annotations

from collections.abc import Callable, Sized
from heapq import heapify, heappop, heappush
from typing import Any, Final, cast

import simpy
from simpy.core import EmptySchedule
from simpy.events import EventPriority

from simulator.engine.choice import Chooser, First
from simulator.engine.wait import Wait

Fire = Callable[[], object]

# simpy's own are 0 (urgent) and 1 (normal): at one instant, users' simpy events run before the model's.
LIGHT: Final = EventPriority(2)
# So many timers are kept before those of waits that have ended are looked for.
_MOST_TIMERS: Final = 64
_NOBODY: Final[tuple[object, ...]] = ()


class Kernel(simpy.Environment):
    """A simpy environment on an integer clock in nanoseconds, starting at 0."""

    # The model reads this on its hot paths, where the property `now` would cost a call.
    _now: int

    def __init__(self, chooser: Chooser | None = None) -> None:
        super().__init__(0)
        self.chooser: Chooser = First() if chooser is None else chooser
        # Device events processed so far; timers of host threads do not count as progress.
        self.events_run = 0
        self.on_timer: Callable[[Wait], None] = _expire
        self._timers: list[tuple[int, int, Wait]] = []
        self._most_timers = _MOST_TIMERS
        self.heap = cast("list[tuple[int, int, int, Any]]", self._queue)

    def __repr__(self) -> str:
        return f"<kernel at {self._now} ns, {len(self.heap)} events, {len(self._timers)} timers>"

    @property
    def now(self) -> int:
        """The simulated time in ns."""
        return self._now

    def at(self, time: int, fire: Fire) -> None:
        """Call *fire* at the absolute *time* in ns; equal times run in the order of these calls."""
        heappush(self.heap, (time, LIGHT, next(self._eid), fire))

    def after(self, delay: int, fire: Fire) -> None:
        """Call *fire* in *delay* ns."""
        heappush(self.heap, (self._now + delay, LIGHT, next(self._eid), fire))

    def timer(self, wait: Wait, delay: int) -> None:
        """Expire *wait* in *delay* ns unless it has ended by then."""
        timers = self._timers
        if len(timers) > self._most_timers:
            self._forget_dead_timers()
        heappush(timers, (self._now + delay, next(self._eid), wait))

    @property
    def only_timers(self) -> bool:
        """True when no device event is pending: whatever happens next is some host thread's timeout."""
        return not self.heap

    def peek(self) -> int | float:
        """Return the time of the next event or live timer, infinity if there is none."""
        self._drop_dead_timers()
        if self._timers and (not self.heap or self._timers[0][0] < self.heap[0][0]):
            return self._timers[0][0]
        return super().peek()

    def step(self) -> None:
        """Process one event or timer; raise simpy's EmptySchedule if there is none."""
        self._drop_dead_timers()
        if not self.chooser.friendly:
            self._step_by_choice()
        elif self._timers and (not self.heap or self._timers[0][0] < self.heap[0][0]):
            self._fire_timer()
        else:
            self._fire_event()

    def advance(self, time: int) -> None:
        """Process what is due by *time*, an instant in ns, and let the clock stand there if it was behind."""
        heap, timers = self.heap, self._timers
        while (heap and heap[0][0] <= time) or (timers and timers[0][0] <= time):
            if self.peek() > time:  # only timers of waits that have ended
                break
            self.step()
        self._now = max(self._now, time)

    def run(self, until: Any = None) -> Any:  # noqa: ANN401 - simpy's signature
        """Process everything, or up to *until*, as simpy does."""
        if until is None:
            self.drain(_NOBODY)
            return None
        return super().run(until)

    def drain(self, ready: Sized) -> None:
        """Process events until *ready* is not empty or nothing is left: the tight loop of every run."""
        if not self.chooser.friendly:
            while not ready and self.peek() != float("inf"):
                self.step()
            return
        heap, timers, light = self.heap, self._timers, LIGHT
        events = 0
        try:
            while not ready:
                if timers and (not heap or timers[0][0] < heap[0][0]):
                    self._drop_dead_timers()
                    if timers and (not heap or timers[0][0] < heap[0][0]):
                        self._fire_timer()
                    continue
                try:
                    # Popped before it is known whose it is: most are ours, and simpy's can go back.
                    now, priority, eid, fire = heappop(heap)
                except IndexError:
                    return
                events += 1
                if priority == light:
                    self._now = now
                    fire()
                else:
                    heappush(heap, (now, priority, eid, fire))
                    super().step()
        finally:
            self.events_run += events

    def _fire_event(self) -> None:
        self.events_run += 1
        if self.heap and self.heap[0][1] == LIGHT:
            self._now, _, _, fire = heappop(self.heap)
            fire()
        else:
            super().step()

    def _fire_timer(self) -> None:
        self._now, _, wait = heappop(self._timers)
        self.on_timer(wait)

    def _drop_dead_timers(self) -> None:
        timers = self._timers
        while timers and timers[0][2].outcome is not None:
            heappop(timers)

    def _forget_dead_timers(self) -> None:
        """Drop timers of waits that have ended: a loop that polls and always finds something leaves one a turn."""
        timers = self._timers
        timers[:] = [timer for timer in timers if timer[2].outcome is None]
        heapify(timers)
        self._most_timers = max(_MOST_TIMERS, 2 * len(timers))

    def _step_by_choice(self) -> None:
        """Let the chooser break the tie between the light events and timers of the earliest instant."""
        heap, timers = self.heap, self._timers
        if not heap and not timers:
            raise EmptySchedule
        now = min(each[0][0] for each in (heap, timers) if each)
        if heap and heap[0][0] == now and heap[0][1] != LIGHT:
            self._fire_event()
            return
        # Arrivals stand before timeouts: the friendly runtime never lets a timeout win against an arrival.
        due: list[tuple[Any, ...]] = [*self._due_events(now), *self._due_timers(now)]
        chosen = 0
        if len(due) > 1:
            chosen = self.chooser.choose("tie", _actor(due[0][-1]), len(due))
        taken = due.pop(chosen)
        for entry in due:
            queue: list[Any] = timers if isinstance(entry[-1], Wait) else heap
            heappush(queue, entry)
        self._now = now
        owner = taken[-1]
        if isinstance(owner, Wait):
            self.on_timer(owner)
        else:
            self.events_run += 1
            owner()

    def _due_events(self, now: int) -> list[tuple[int, int, int, Fire]]:
        """Take the light entries of the instant out of the queue."""
        heap, due = self.heap, []
        while heap and heap[0][0] == now and heap[0][1] == LIGHT:
            due.append(heappop(heap))
        return due

    def _due_timers(self, now: int) -> list[tuple[int, int, Wait]]:
        """Take the live timers of the instant out of theirs."""
        timers, due = self._timers, []
        while timers and timers[0][0] == now:
            timer = heappop(timers)
            if timer[2].outcome is None:
                due.append(timer)
        return due


def _expire(wait: Wait) -> None:
    wait.expire()


def _actor(fire: Fire | Wait) -> str:
    """Name the owner of an entry: its `label`, which the model's agents have, or what a thread waits in."""
    if isinstance(fire, Wait):
        return fire.op
    owner = getattr(fire, "__self__", fire)
    return str(getattr(owner, "label", type(owner).__name__))
