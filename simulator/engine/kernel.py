"""The event queue: simpy's Environment with entries that are plain callables.

Streams, engines and report agents put a bound method into simpy's own heap: no Event, Store or generator
exists on the path of a task, while ordinary simpy processes share heap and clock. Timers of host threads live
in a heap of their own, so that "nothing but timers is left" can be seen at a glance, and so that a cancelled
timer never moves the clock.

This relies on four private names of simpy (`_now`, `_queue`, `_eid` and the layout of a heap entry); a test
pins them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Sized
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Any, Final, cast

import simpy
from simpy.core import EmptySchedule
from simpy.events import EventPriority

from simulator.base.trace import Chosen, Trace
from simulator.engine.choice import Chooser, First, Recorder, name_of
from simulator.engine.timing import NOMINAL, Timing
from simulator.engine.wait import Wait

if TYPE_CHECKING:
    from simulator.engine.pending import Pending

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

    def __init__(self, chooser: Chooser | None = None, timing: Timing = NOMINAL) -> None:
        super().__init__(0)
        self.chooser: Chooser = First() if chooser is None else chooser
        # What durations may be multiplied with; None where they are what they are.
        self.factors = None if self.chooser.friendly else timing.factors
        # What may be chosen from; None where every answer is the first.
        self.pending: Pending | None = None
        if not self.chooser.friendly:
            from simulator.engine.pending import Pending  # most runs ask nobody

            self.pending = Pending(self, timing)
        # Where every choice is noted with all its options; None unless the chooser asks for so much detail.
        self.notes: Trace | None = None
        # Device events processed so far; timers of host threads do not count as progress.
        self.events_run = 0
        self.on_timer: Callable[[Wait], None] = _expire
        self.timers: list[tuple[int, int, Wait]] = []
        self._most_timers = _MOST_TIMERS
        self.heap = cast("list[tuple[int, int, int, Any]]", self._queue)

    def __repr__(self) -> str:
        return f"<kernel at {self._now} ns, {len(self.heap)} events, {len(self.timers)} timers>"

    @property
    def now(self) -> int:
        """The simulated time in ns."""
        return self._now

    def keep_choices_in(self, trace: Trace | None) -> None:
        """Note choices in *trace* from now on if the chooser wants that."""
        if isinstance(self.chooser, Recorder) and self.chooser.detail:
            self.notes = trace

    def choose(self, kind: str, among: Sequence[object]) -> int:
        """Ask the chooser which of *among* it shall be; a single option is no question, but noted as a step."""
        value = self.chooser.choose(kind, among) if len(among) > 1 else 0
        if self.notes is not None:
            self.notes.append(Chosen(self._now, kind, tuple(map(name_of, among)), value))
        return value

    def duration(self, of: str, nominal: int) -> int:
        """Return how long, in ns, a task *of* that stream takes: what the chooser makes of its *nominal* time."""
        if self.factors is None:
            return nominal
        durations = {nominal: f"{of} takes its time"}
        for factor in self.factors:
            durations.setdefault(round(nominal * factor), f"{of} takes {factor:g} times as long")
        return list(durations)[self.choose("duration", list(durations.values()))]

    def at(self, time: int, fire: Fire) -> None:
        """Call *fire* at the absolute *time* in ns; equal times run in the order of these calls."""
        heappush(self.heap, (time, LIGHT, next(self._eid), fire))

    def after(self, delay: int, fire: Fire) -> None:
        """Call *fire* in *delay* ns."""
        heappush(self.heap, (self._now + delay, LIGHT, next(self._eid), fire))

    def forget(self, fire: Fire) -> None:
        """Call *fire* no more; nothing was to happen at its time but that."""
        heap = self.heap
        heap[:] = [entry for entry in heap if entry[-1] is not fire]
        heapify(heap)

    def forget_all(self, owner: object) -> None:
        """Call no entry of *owner* any more."""
        heap = self.heap
        heap[:] = [entry for entry in heap if getattr(entry[-1], "__self__", None) is not owner]
        heapify(heap)

    def timer(self, wait: Wait, delay: int) -> None:
        """Expire *wait* in *delay* ns unless it has ended by then."""
        timers = self.timers
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
        if self.timers and (not self.heap or self.timers[0][0] < self.heap[0][0]):
            return self.timers[0][0]
        return super().peek()

    def step(self) -> None:
        """Process one event or timer; raise simpy's EmptySchedule if there is none."""
        self._drop_dead_timers()
        if self.pending is not None:
            self._step_by_choice(self.pending)
        elif self.timers and (not self.heap or self.timers[0][0] < self.heap[0][0]):
            self._fire_timer()
        else:
            self._fire_event()

    def advance(self, time: int) -> None:
        """Process what is due by *time*, an instant in ns, and let the clock stand there if it was behind."""
        heap, timers = self.heap, self.timers
        if (heap and heap[0][0] <= time) or (timers and timers[0][0] <= time):
            self._catch_up(time)
        if time > self._now:  # noqa: PLR1730 - a call of max would cost more than the rest
            self._now = time

    def happen(self, time: int) -> None:
        """Process the events due by *time* that no timer stands before; the clock stays at the last of them.

        Nothing when what comes next is a choice.
        """
        heap, timers = self.heap, self.timers
        while (
            self.pending is None
            and heap
            and heap[0][0] <= time
            and not (timers and timers[0][0] < heap[0][0])
        ):
            if heap[0][1] == LIGHT:
                self.events_run += 1
                self._now, _, _, fire = heappop(heap)
                fire()
            else:
                self._fire_event()

    def _catch_up(self, time: int) -> None:
        self.happen(time)
        while self.peek() <= time:
            self.step()

    def run(self, until: Any = None) -> Any:  # noqa: ANN401 - simpy's signature
        """Process everything, or up to *until*, as simpy does."""
        if until is None:
            self.drain(_NOBODY)
            return None
        return super().run(until)

    def drain(self, ready: Sized) -> None:
        """Process events until *ready* is not empty or nothing is left: the tight loop of every run."""
        if self.pending is not None:
            while not ready and self.peek() != float("inf"):
                self.step()
            return
        heap, timers, light = self.heap, self.timers, LIGHT
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

    def pass_to(self, time: int) -> None:
        """Let the clock stand at *time* in ns unless it is past that."""
        self._now = max(self._now, time)

    def step_simpy(self) -> None:
        """Process the first event, which is one of simpy's own."""
        self.events_run += 1
        super().step()

    def _fire_event(self) -> None:
        self.events_run += 1
        if self.heap and self.heap[0][1] == LIGHT:
            self._now, _, _, fire = heappop(self.heap)
            fire()
        else:
            super().step()

    def _fire_timer(self) -> None:
        self._now, _, wait = heappop(self.timers)
        self.on_timer(wait)

    def _drop_dead_timers(self) -> None:
        timers = self.timers
        while timers and timers[0][2].outcome is not None:
            heappop(timers)

    def _forget_dead_timers(self) -> None:
        """Drop timers of waits that have ended: a loop that polls and always finds something leaves one a turn."""
        timers = self.timers
        timers[:] = [timer for timer in timers if timer[2].outcome is None]
        heapify(timers)
        self._most_timers = max(_MOST_TIMERS, 2 * len(timers))

    def _step_by_choice(self, pending: Pending) -> None:
        """Let the chooser say which event or timer comes next."""
        options = pending.options(beside=False)
        if not options:
            raise EmptySchedule
        among = [entry[-1] for entry in options]
        pending.take(options[self.choose(kind_of(options), among)], beside=False)


def _expire(wait: Wait) -> None:
    wait.expire()


def kind_of(entries: Sequence[tuple[Any, ...]]) -> str:
    """Return the kind of the choice between *entries*: "timeout" when a timer stands against an arrival."""
    timers = sum(isinstance(entry[-1], Wait) for entry in entries)
    return "timeout" if 0 < timers < len(entries) else "tie"
