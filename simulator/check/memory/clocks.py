"""Who knows what: vector clocks of host threads and streams.

The actors are host threads and streams. An actor's epoch counts what it has done: a stream's is the number of the
task, a host thread's grows when it goes on after having told somebody of itself. A clock maps actors to the epoch
up to which everything they did came before. Clocks are shared and never changed: who learns makes a new one.
"""

from __future__ import annotations

from bisect import bisect_right
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from simulator.base.trace import Submitted

Clock = dict["Actor", int]
_NOTHING: Final[Clock] = {}


class Actor:
    """A host thread or a stream, by identity: one name may belong to both."""

    __slots__ = ("clock", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.clock: Clock = _NOTHING

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.name}, knows of {len(self.clock)} others>"


class Source(NamedTuple):
    """Something that others may come to know of: an actor up to an epoch, and what it knew itself by then."""

    actor: Actor
    epoch: int
    clock: Clock


class HostClock(Actor):
    """One host thread; or all of them, when they may tell each other things that no record shows."""

    __slots__ = ("_source", "_told", "epoch")

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.epoch = 1
        self._told = False
        self._source: Source | None = None

    def act(self) -> int:
        """Return the epoch of what the thread does now; nobody has been told of it yet."""
        if self._told:
            self.epoch += 1
            self._told = False
        return self.epoch

    def tell(self) -> Source:
        """Return what others learn when the thread gives something on now."""
        self._told = True
        source = self._source
        if source is None or source.epoch != self.epoch or source.clock is not self.clock:
            source = self._source = Source(self, self.epoch, self.clock)
        return source

    def learn(self, source: Source) -> None:
        """Know from now on what *source* stands for."""
        if source.actor is not self:
            self.clock = joined(self.clock, source)


class StreamClock(Actor):
    """One stream: from which task on it knew what. Tasks are looked at in their order, when somebody asks."""

    __slots__ = ("_comes", "_last_launch", "_number", "_stages", "_starts", "last", "launch")

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.last = 0
        self.launch: Submitted | None = None
        # What tasks not looked at yet bring: (first task that knows it, order of mention, what).
        self._comes: list[tuple[int, int, Source | tuple[StreamClock, int]]] = []
        self._number = count()
        self._starts: list[int] = []
        self._stages: list[Clock] = []
        self._last_launch: Source | None = None

    def launched(self, launch: Submitted, by: HostClock) -> None:
        """Note that the thread *by* has put tasks on the stream."""
        source = by.tell()
        self.launch = launch
        self.last = launch.last
        if source is not self._last_launch:  # else the tasks know no more than those before them
            self._last_launch = source
            heappush(self._comes, (launch.first, next(self._number), source))

    def knows(self, seq: int, what: Source | tuple[StreamClock, int]) -> None:
        """Let the tasks from *seq* on come after *what*: a source, or a task of a stream."""
        heappush(self._comes, (seq, next(self._number), what))

    def at(self, seq: int) -> Clock:
        """Return what task *seq* knows, its own stream aside; all that it waited for has happened."""
        comes = self._comes
        while comes and comes[0][0] <= seq:
            start, _, what = heappop(comes)
            source = what if isinstance(what, Source) else what[0].source(what[1])
            clock = joined(self.clock, source) if source.actor is not self else self.clock
            if clock is not self.clock:
                self.clock = clock
                # A callback's end is known late: never before what was looked at already.
                self._starts.append(max(start, self._starts[-1] if self._starts else start))
                self._stages.append(clock)
        if not self._starts or self._starts[-1] <= seq:
            return self.clock
        place = bisect_right(self._starts, seq)
        return self._stages[place - 1] if place else _NOTHING

    def source(self, seq: int) -> Source:
        """Return what whoever waits for task *seq* learns."""
        return Source(self, seq, self.at(seq))


def joined(clock: Clock, source: Source) -> Clock:
    """Return *clock* with all that *source* stands for: itself when that is nothing new."""
    made: Clock | None = None
    if clock.get(source.actor, 0) < source.epoch:
        made = {**clock, source.actor: source.epoch}
    theirs = source.clock
    if theirs is not clock:
        for actor, epoch in theirs.items():
            if (made or clock).get(actor, 0) < epoch:
                if made is None:
                    made = dict(clock)
                made[actor] = epoch
    return clock if made is None else made
