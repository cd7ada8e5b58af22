"""A device: its profile, engines, primary context and the resources that run out."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from simulator.base.lifecycle import Lifecycle
from simulator.core.engines import Engine
from simulator.core.options import RuntimeOptions
from simulator.core.pools import IdPool
from simulator.core.tasks import ExecuteTask
from simulator.costs.protocol import Direction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from simulator.base.errors import Fault
    from simulator.base.profile import SocProfile
    from simulator.base.trace import Trace
    from simulator.core.contexts import Context
    from simulator.core.failures import Failures
    from simulator.core.profiling import Observer
    from simulator.core.streams import Stream
    from simulator.core.values import Watches
    from simulator.engine.kernel import Kernel
    from simulator.engine.wait import Wait

_ENOUGH: Final = 1 << 60
_PLAIN: Final = RuntimeOptions()


class Device:
    """One device; the primary context is shared by all threads that set it and counted (rules g5, g6)."""

    __slots__ = (
        "contexts",
        "copy_engines",
        "cores",
        "event_ids",
        "event_waits",
        "failures",
        "index",
        "kernel",
        "life",
        "lost",
        "memory_used",
        "new_event_ids",
        "next_stream",
        "notify_ids",
        "observer",
        "peers",
        "primary",
        "primary_refs",
        "private",
        "profile",
        "refuses",
        "resources",
        "streams_used",
        "trace",
        "watches",
    )

    def __init__(
        self,
        index: int,
        profile: SocProfile,
        kernel: Kernel,
        trace: Trace | None,
        options: RuntimeOptions = _PLAIN,
    ) -> None:
        self.index = index
        self.profile = profile
        self.kernel = kernel
        self.trace = trace
        self.life = Lifecycle("device", str(index))
        # Who hears of each task that has ended; see `observe`.
        self.observer: Observer | None = None
        # The code by which every submit and sync is answered once it has stopped answering; else 0 (rule i5).
        self.lost = 0
        # Who hears of failed tasks, on any device.
        self.failures: Failures | None = None
        # What answers submits and syncs while its tasks are aborted (rule g14).
        self.refuses: Fault | None = None
        # Streams that no program sees: of runs that it waits for.
        self.private: list[Stream] = []
        # Cores that tasks may use, by type, where a program has set fewer; devices that it has opened to this one.
        self.resources: dict[int, int] = {}
        self.peers: set[int] = set()
        self.primary: Context | None = None
        self.primary_refs = 0
        self.contexts: list[Context] = []
        self.streams_used = 0
        self.next_stream = 0
        # Subscriptions take of both (rule b7b).
        self.event_ids = IdPool(profile.limits.events)
        self.event_waits: list[Wait] = []
        self.notify_ids = IdPool(profile.limits.notifies)
        # Events of the new kind are not bound by the hardware's count (rule f3).
        self.new_event_ids = IdPool(_ENOUGH)
        self.memory_used = 0
        # Who waits for values in memory, on any device.
        self.watches: Watches | None = None
        # Without competition every task has an engine of its own: only order is of interest then. A chooser that
        # decides how long tasks take is asked where engines are granted: then there are as many as anybody wants.
        figures = profile.engines
        counts = {
            Direction.HOST_TO_DEVICE: figures.copy_h2d,
            Direction.DEVICE_TO_HOST: figures.copy_d2h,
            Direction.DEVICE_TO_DEVICE: figures.copy_d2d,
        }
        cores = figures.ai_cores
        if not options.compete:
            cores, counts = _ENOUGH, dict.fromkeys(counts, _ENOUGH)
        engines = options.compete or kernel.factors is not None
        engine = partial(Engine, ignores_priority=options.priorities == "ignored")
        self.cores = engine("AI cores", cores) if engines else None
        self.copy_engines = {
            way: engine(f"copy {way.value}", count) for way, count in counts.items() if engines
        }

    def observe(self, observer: Observer | None) -> None:
        """Tell *observer* of the tasks that end from now on; those at the head of a stream may have begun before."""
        self.observer = observer
        if observer is not None:
            for context in self.contexts:
                for stream in context.streams:
                    stream.observed = True

    def __repr__(self) -> str:
        return f"<device {self.index} {self.profile.key} {self.life.state}, {self.primary_refs} references>"

    def __str__(self) -> str:
        return f"device {self.index}"

    @property
    def engines(self) -> list[Engine]:
        """Those that tasks compete for."""
        cores = [] if self.cores is None else [self.cores]
        return [*cores, *self.copy_engines.values()]

    def cores_in_use(self) -> int:
        """How many of its cores run tasks at this instant, in percent."""
        streams = [*self.private, *(stream for context in self.contexts for stream in context.streams)]
        heads = [(stream, stream.queue[0]) for stream in streams if stream.queue]
        used = sum(
            head.cores
            for stream, head in heads
            if isinstance(head, ExecuteTask) and (self.cores is None or stream.hold is not None)
        )
        return min(100, 100 * used // self.profile.engines.ai_cores)

    @property
    def events_used(self) -> int:
        """How many event ids are taken."""
        return self.event_ids.used

    def give_event_id_back(self, number: int) -> None:
        """Free one event id; records that wait for one try again (rule f3)."""
        self.event_ids.give_back(number)
        waits, self.event_waits = self.event_waits, []
        for wait in waits:
            wait.fire()


class Devices:
    """The devices of one machine, each made when it is first asked for: most programs use one of eight.

    There are `len()` of them; a loop goes over those that were asked for, as there is nothing in the others.
    `logical` has the machine's own number of each: a process counts those that it sees.
    """

    __slots__ = ("_made", "_make", "logical")

    def __init__(self, logical: Sequence[int], make: Callable[[int], Device]) -> None:
        self.logical = tuple(logical)
        self._make = make
        self._made: dict[int, Device] = {}

    def __len__(self) -> int:
        return len(self.logical)

    def __iter__(self) -> Iterator[Device]:
        return iter([self._made[index] for index in sorted(self._made)])

    def __getitem__(self, index: int) -> Device:
        device = self._made.get(index)
        if device is None:
            if not 0 <= index < len(self):
                msg = f"device {index} of {len(self)}"
                raise IndexError(msg)
            device = self._made[index] = self._make(index)
        return device

    def __repr__(self) -> str:
        return f"<{len(self)} devices, {len(self._made)} in use>"
