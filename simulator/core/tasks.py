"""Task kinds: a closed set of small records, never changed once queued.

`begin` starts a task that has reached the head of its stream and says whether it is complete at once. If not,
the task has arranged for one of the stream's entries (`finish`, `land`, `fail`, `post`) to be called later. A
task has no state of its own: its state is its place in the stream (speed).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from heapq import heappush
from typing import TYPE_CHECKING, ClassVar, Self

from simulator.core.accesses import copying
from simulator.core.signals import Signal
from simulator.engine.kernel import LIGHT

if TYPE_CHECKING:
    from simulator.core.engines import Engine
    from simulator.core.events import Event
    from simulator.core.reports import ReportQueue, Subscription
    from simulator.core.runtime import Runtime
    from simulator.core.streams import Stream
    from simulator.costs.protocol import Direction
    from simulator.engine.hosts.sites import Site


class Task(ABC):
    """One entry of a stream's queue; `kind` is what traces call it, `name` what people call it."""

    __slots__ = ()
    kind: ClassVar[str]

    @property
    @abstractmethod
    def name(self) -> str:
        """The name of what the task works on."""

    @abstractmethod
    def begin(self, stream: Stream) -> bool:
        """Start at the head of *stream*; True when complete at once."""

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name}>"


class ExecuteTask(Task):
    """Run a model or kernel for `duration` ns. One instance serves every launch of a model, whose id it has."""

    __slots__ = ("cores", "duration", "engine", "model_id", "name")
    name: str
    kind = "execute"

    def __init__(self, name: str, duration: int, cores: int = 1, engine: Engine | None = None) -> None:
        self.name = name
        self.duration = duration
        self.cores = cores
        self.engine = engine
        self.model_id = 0

    def begin(self, stream: Stream) -> bool:
        if self.engine is None:
            # Kernel.after written out: the call would cost a tenth of the whole task.
            kernel = stream.kernel
            heappush(
                kernel.heap,
                (kernel._now + self.duration, LIGHT, next(kernel._eid), stream.finish_entry),  # noqa: SLF001 - no call on the hot path
            )
        else:
            self.engine.request(stream, self.cores, self.duration, stream.finish_entry)
        return False


class FailingTask(ExecuteTask):
    """A model run that ends in the failure `code` (rule i3)."""

    __slots__ = ("code",)

    def __init__(self, name: str, duration: int, cores: int, engine: Engine | None, code: int) -> None:
        super().__init__(name, duration, cores, engine)
        self.code = code

    def begin(self, stream: Stream) -> bool:
        if self.engine is None:
            stream.kernel.after(self.duration, stream.fail)
        else:
            self.engine.request(stream, self.cores, self.duration, stream.fail)
        return False


class EffectTask(Task):
    """Work that takes time on an engine and does something real at its end: a copy, a memset."""

    __slots__ = ("duration", "engine")
    duration: int
    engine: Engine | None

    @abstractmethod
    def effect(self) -> int:
        """Do it; return 0, or the code of its failure."""

    def begin(self, stream: Stream) -> bool:
        if self.engine is None:
            stream.kernel.after(self.duration, stream.land)
        else:
            self.engine.request(stream, 1, self.duration, stream.land)
        return False


class CopyTask(EffectTask):
    """Move `size` bytes; they arrive when the task ends.

    `land` gets the runtime, both addresses and the size. They are kept here, and the name is made when somebody
    asks: programs queue copies by the million. `touches` is what a trace tells of them.
    """

    __slots__ = ("destination", "land", "rt", "size", "source", "touches", "way")
    kind = "copy"

    def __init__(
        self,
        rt: Runtime,
        way: Direction,
        destination: int,
        source: int,
        size: int,
        land: Callable[[Runtime, int, int, int], int],
        duration: int,
        engine: Engine | None,
    ) -> None:
        self.rt = rt
        self.touches = None if rt.trace is None else copying(rt, destination, source, size)
        self.way = way
        self.destination = destination
        self.source = source
        self.size = size
        self.land = land
        self.duration = duration
        self.engine = engine

    @property
    def name(self) -> str:
        return f"{self.way.value} {self.size} bytes"

    def effect(self) -> int:
        return self.land(self.rt, self.destination, self.source, self.size)


class LandingTask(EffectTask):
    """Does at its end what it was given as `land`, which returns 0 or the code of its failure."""

    __slots__ = ("land", "name")
    name: str

    def __init__(self, name: str, duration: int, land: Callable[[], int], engine: Engine | None) -> None:
        self.name = name
        self.duration = duration
        self.land = land
        self.engine = engine

    def effect(self) -> int:
        return self.land()


class RowsCopyTask(LandingTask):
    """Move rows of bytes; they arrive when the task ends."""

    __slots__ = ()
    kind = "copy"


class SetTask(LandingTask):
    """Fill bytes; they change when the task ends."""

    __slots__ = ()
    kind = "set"


class ReduceTask(LandingTask):
    """Combine bytes with those of the destination; the result stands there when the task ends."""

    __slots__ = ()
    kind = "reduce"


class CacheTask(LandingTask):
    """Prefetch, write back or drop lines of the cache, which no bytes tell of."""

    __slots__ = ()
    kind = "cache"


class RecordTask(Signal, Task):
    """Complete one recording of an event. The task is the recording itself, which waits bind to.

    `record_of` makes one.
    """

    __slots__ = ("event",)
    kind = "record"
    event: Event

    @property
    def name(self) -> str:
        return self.label

    def begin(self, stream: Stream) -> bool:
        self.event.complete(self, stream)
        return True


def record_of(event: Event, stream: Stream, seq: int) -> RecordTask:
    """Return what task *seq* of *stream* is to record."""
    # No `__init__`: CPython 3.11 takes as long to call one from a type as for all of this, and programs record by
    # the million.
    task = RecordTask()
    task.label = event.label
    task.source = stream
    task.source_seq = seq
    task.time = None
    task.waiters = None
    task.event = event
    return task


class WaitTask(Task):
    """Hold the stream until a signal is set."""

    __slots__ = ("signal",)
    kind = "wait"

    def __init__(self, signal: Signal) -> None:
        self.signal = signal

    @property
    def name(self) -> str:
        return self.signal.label

    def begin(self, stream: Stream) -> bool:
        if self.signal.time is not None:
            return True
        self.signal.hold(stream)
        return False


class ResetTask(Task):
    """Take a signal back (rules a13, f12)."""

    __slots__ = ("signal",)
    kind = "reset"

    def __init__(self, signal: Signal) -> None:
        self.signal = signal

    @property
    def name(self) -> str:
        return self.signal.label

    def begin(self, stream: Stream) -> bool:  # noqa: ARG002 - the closed set has one signature
        self.signal.clear()
        return True


class NotifyWaitTask(WaitTask):
    """Wait for a notify and clear it in one task (rules a14, f17)."""

    __slots__ = ()
    kind = "notify-wait"

    def begin(self, stream: Stream) -> bool:
        if self.signal.time is not None:
            self.signal.clear()
            return True
        self.signal.hold(stream)
        return False


def function_name(fn: object) -> str:
    """Return what people call a callback: the name of its function, or the type of a callable object."""
    name = getattr(fn, "__name__", None)
    return name if isinstance(name, str) else type(fn).__name__


class CallbackTask(Task):
    """Post a report; complete once it stands in the host's queue (rule a12). The task is the report itself.

    With `waits_for_host` it keeps the head of its stream until the host acknowledges it (rule a15). `launched`
    fills one in.
    """

    __slots__ = ("code", "data", "fn", "posted", "queue", "seq", "site", "stream", "subscription")
    kind = "callback"
    # What it fails with, once it does (rule b8b).
    code: int
    # When its report was posted, once it is.
    posted: int
    block = False
    waits_for_host = False
    fn: Callable[[object], object]
    data: object
    stream: Stream
    seq: int
    subscription: Subscription
    queue: ReportQueue
    site: Site

    def launched(
        self,
        fn: Callable[[object], object],
        data: object,
        stream: Stream,
        subscription: Subscription,
        site: Site,
    ) -> Self:
        """Make it the next task of *stream*, and return it: what `__init__` would do, see `record_of`."""
        self.fn = fn
        self.data = data
        self.stream = stream
        self.seq = stream.submitted + 1
        self.subscription = subscription
        self.queue = subscription.queue
        self.site = site
        return self

    @property
    def name(self) -> str:
        return function_name(self.fn)

    def begin(self, stream: Stream) -> bool:
        queue = self.queue
        if queue.latency:
            stream.kernel.after(queue.latency, stream.post)
            return False
        return queue.post(self)

    def release(self) -> None:
        """Let the stream go on after the function returned (rule a16)."""


class SignalledCallbackTask(CallbackTask):
    """A blocking callback where a wait task behind it holds the stream (rules a13, a14)."""

    __slots__ = ()
    block = True

    def begin(self, stream: Stream) -> bool:
        stream.last_callback = self
        return super().begin(stream)

    def release(self) -> None:
        if self.seq <= self.stream.given_up:  # nobody waits for it any more
            return
        # Rule b15: a notify deleted by unsubscribing can no longer be recorded; the stream stays blocked.
        if self.subscription.signal is not None:
            self.subscription.signal.set(self.stream.kernel)
            if self.stream.last_callback is self:  # function and data are the program's again
                self.stream.last_callback = None


class HeldCallbackTask(CallbackTask):
    """A blocking callback that itself holds the stream until the host acknowledges it (rule a15)."""

    __slots__ = ()
    block = True
    waits_for_host = True

    def release(self) -> None:
        # The stream may have dropped its tasks, and taken new ones, while the function ran.
        queue = self.stream.queue
        if queue and queue[0] is self:
            self.stream.finish()
