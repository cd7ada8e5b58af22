"""What the records so far say, and nothing that the model knows besides.

One `Facts` is shared by all checks of a pass. A check sees a record *before* it is noted here: what it
reads is all that happened before the record in its hands; the place in the trace decides between equal times.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, Final, TypeVar

from simulator.base.remarks import FaultInjected
from simulator.base.subscription_records import Inherited, Subscribed, Unsubscribed
from simulator.base.trace import (
    CallbackEnded,
    CallbackReleased,
    CallbackStarted,
    Called,
    Record,
    ReportLost,
    ReportPosted,
    ReportsTaken,
    Submitted,
    TaskDropped,
    TaskRan,
    ThreadStarted,
    Trace,
)
from simulator.check.ordering.launches import Launch, StreamFacts

Key = tuple[str, int]
R = TypeVar("R")
# Kinds of declared faults (`core.faults`) as traces name them.
_DOUBLED: Final = "report.doubled"
_LOSES_DEVICE: Final = frozenset({"device.lost", "unsynchronised_teardown"})
PROCESS_REPORT: Final = frozenset({"process_report", "aclrtProcessReport"})


# As many as there are functions: every check asks for that of every call.
@lru_cache(maxsize=1024)
def op_name(op: str) -> str:
    """Return the last part of an operation's name: `process_report` of `acl.rt.process_report`."""
    return op.rpartition(".")[2]


class Reader:
    """Something that handles records by their kind."""

    def __init__(self) -> None:
        # The table mixes handlers of all kinds; `on` is what keeps kind and handler together.
        self.handlers: dict[type, Callable[[int, Any], None]] = {}

    def on(self, kind: type[R], handler: Callable[[int, R], None]) -> None:
        """Let *handler* have each record of *kind*, with its place in the trace."""
        self.handlers[kind] = handler


def read_all(trace: Iterable[Record], readers: Iterable[Reader]) -> int:
    """Let all *readers* have each record of *trace*, in the order they are named; return how many there are."""
    handlers: dict[type, list[Callable[[int, Any], None]]] = {}
    for reader in readers:
        for kind, handler in reader.handlers.items():
            handlers.setdefault(kind, []).append(handler)
    index = -1
    for index, record in enumerate(trace):
        for handler in handlers.get(type(record), ()):
            handler(index, record)
    return index + 1


class Batch:
    """The reports that one process_report took and has not run yet."""

    __slots__ = ("index", "todo")

    def __init__(self, reports: tuple[Key, ...], index: int) -> None:
        self.todo = deque(reports)
        self.index = index

    def __repr__(self) -> str:
        return f"<batch of {len(self.todo)} reports>"


class ThreadFacts:
    """One host thread: its open process_report calls and the callbacks it is inside of, innermost last."""

    __slots__ = ("batches", "name", "running")

    def __init__(self, name: str) -> None:
        self.name = name
        self.batches: list[Batch] = []
        # (stream and task, how many batches were open, place in the trace)
        self.running: list[tuple[Key, int, int]] = []

    def __repr__(self) -> str:
        return f"<facts of {self.name}: {len(self.batches)} batches, {len(self.running)} callbacks running>"

    @property
    def in_callback(self) -> bool:
        """Whether the innermost process_report is inside a user's function."""
        return bool(self.running) and self.running[-1][1] >= len(self.batches)

    def leave_batch(self) -> None:
        """Close the innermost process_report, unless a callback runs in it: then a nested call has ended."""
        if self.batches and not self.in_callback:
            self.batches.pop()


class _Streams(dict[str, StreamFacts]):
    """The facts of each stream, empty at its first mention."""

    def __missing__(self, name: str) -> StreamFacts:
        made = self[name] = StreamFacts(name)
        return made


class _Threads(dict[str, ThreadFacts]):
    """The facts of each host thread, empty at its first mention."""

    def __missing__(self, name: str) -> ThreadFacts:
        made = self[name] = ThreadFacts(name)
        return made


class Facts(Reader):
    """Everything noted so far; `stream` and `thread` return the facts of one, empty at its first mention."""

    def __init__(self, *, untimed: bool = False, options: tuple[str, ...] = ()) -> None:
        super().__init__()
        # Whether events may have come late, see `Trace`.
        self.untimed = untimed
        # Rules c4, c9: whether a process_report takes one report, and what an outer one has not begun.
        self.one_by_one = "reports_taken=one" in options
        self._takes_back = "nested_reports=rest" in options
        self.streams = _Streams()
        self.threads = _Threads()
        # Methods of the dicts themselves: most checks ask for most records.
        self.stream: Callable[[str], StreamFacts] = self.streams.__getitem__
        self.thread: Callable[[str], ThreadFacts] = self.threads.__getitem__
        # Reports posted and not taken, per (thread, device), with their places in the trace (rule b8).
        self.queues: dict[tuple[str, int], dict[Key, int]] = {}
        self.internal: dict[str, bool] = {}
        # What declared faults excuse: reports that came twice, and have not run twice; the codes of lost devices,
        # which everybody gets who waited.
        self.doubled: set[Key] = set()
        self.lost_devices: set[int] = set()
        self.on(FaultInjected, self._injected)
        self.on(Submitted, self._submitted)
        self.on(TaskRan, self._ran)
        self.on(TaskDropped, self._dropped)
        self.on(ReportPosted, self._posted)
        self.on(ReportsTaken, self._taken)
        self.on(ReportLost, self._lost)
        self.on(CallbackStarted, self._started)
        self.on(CallbackEnded, self._ended)
        self.on(CallbackReleased, self._released)
        self.on(Called, self._called)
        self.on(Subscribed, self._subscribed)
        self.on(Unsubscribed, self._unsubscribed)
        self.on(Inherited, self._inherited)
        self.on(ThreadStarted, self._thread_started)

    def __repr__(self) -> str:
        return f"<facts of {len(self.streams)} streams and {len(self.threads)} threads>"

    @classmethod
    def of(cls, trace: Iterable[Record]) -> Facts:
        """Return empty facts for reading *trace*, which may say what kind of run it is of."""
        return cls(untimed=trace.untimed, options=trace.options) if isinstance(trace, Trace) else cls()

    def ready(self, thread: str, device: int) -> dict[Key, int]:
        """Return the reports that a process_report of *thread* finds, with their places in the trace."""
        queue = self.queues.setdefault((thread, device), {})
        if self._takes_back:
            held = self.thread(thread).batches
            queue = {key: batch.index for batch in held for key in batch.todo} | queue
        return queue

    def launch(self, stream: str, seq: int) -> Launch | None:
        """Return the launch that a task belongs to."""
        return self.streams[stream].by_seq.get(seq)

    def describe(self, stream: str, seq: int) -> str:
        """Return "task 3 of s1 (execute 'resnet50')"."""
        return self.stream(stream).describe(seq)

    def note(self, index: int, record: Record) -> None:
        """Add one record, the *index*-th of the trace."""
        handler = self.handlers.get(type(record))
        if handler is not None:
            handler(index, record)

    def _injected(self, index: int, record: FaultInjected) -> None:
        del index
        if record.kind == _DOUBLED and record.stream is not None:
            self.doubled.add((record.stream, record.seq))
        elif record.kind in _LOSES_DEVICE:
            self.lost_devices.add(record.value)

    def _submitted(self, index: int, record: Submitted) -> None:
        stream = self.stream(record.stream)
        stream.submit(Launch(record, index, stream.subscriber))

    def _ran(self, index: int, record: TaskRan) -> None:
        stream = self.stream(record.stream)
        stream.left.setdefault(record.seq, index)
        stream.last_ran, stream.last_ran_index = record, index
        if record.code != 0 and (launch := stream.by_seq.get(record.seq)) is not None:
            launch.failed = True

    def _dropped(self, index: int, record: TaskDropped) -> None:
        stream = self.stream(record.stream)
        stream.left.setdefault(record.seq, index)
        launch = stream.by_seq.get(record.seq)
        if launch is not None and launch.dropped is None:
            launch.dropped, launch.dropped_index = record, index

    def _posted(self, index: int, record: ReportPosted) -> None:
        queue = self.queues.setdefault((record.thread, record.device), {})
        queue[record.stream, record.seq] = index
        launch = self.launch(record.stream, record.seq)
        if launch is not None:
            launch.posted, launch.posted_index = record, index

    def _taken(self, index: int, record: ReportsTaken) -> None:
        queue = self.ready(record.thread, record.device)
        for key in record.reports:
            queue.pop(key, None)
        self.queues[record.thread, record.device] = queue
        thread = self.thread(record.thread)
        if self._takes_back:
            for batch in thread.batches:
                batch.todo.clear()
        # A process_report that an exception left has no Called record (rule c8).
        thread.leave_batch()
        thread.batches.append(Batch(record.reports, index))

    def _lost(self, index: int, record: ReportLost) -> None:
        launch = self.launch(record.stream, record.seq)
        if launch is None:
            return
        launch.lost, launch.lost_index = record, index
        if (posted := launch.posted) is not None:
            self.queues[posted.thread, posted.device].pop((record.stream, record.seq), None)

    def _started(self, index: int, record: CallbackStarted) -> None:
        key = (record.stream, record.seq)
        launch = self.launch(record.stream, record.seq)
        if launch is not None and launch.started:
            self.doubled.discard(key)  # excused once
        elif launch is not None:
            launch.started_index = index
        thread = self.thread(record.thread)
        if thread.batches and key in thread.batches[-1].todo:
            thread.batches[-1].todo.remove(key)
        thread.running.append((key, len(thread.batches), index))

    def _ended(self, index: int, record: CallbackEnded) -> None:
        stream = self.stream(record.stream)
        launch = stream.by_seq.get(record.seq)
        if launch is not None and not launch.returned:
            launch.ended, launch.ended_index = record.time, index
            if launch.is_blocking:
                stream.last_returned = launch
        running = self.thread(record.thread).running
        for place in reversed(range(len(running))):
            if running[place][0] == (record.stream, record.seq):
                del running[place]
                break

    def _released(self, index: int, record: CallbackReleased) -> None:
        launch = self.launch(record.stream, record.seq)
        if launch is not None and launch.released_index < 0:
            launch.released, launch.released_index = record.time, index

    def _called(self, index: int, record: Called) -> None:
        del index
        # Between two callbacks a thread calls nothing: whatever returned now, its process_report is over.
        thread = self.threads.get(record.thread)
        if thread is not None:
            thread.leave_batch()

    def _subscribed(self, index: int, record: Subscribed) -> None:
        del index
        self.stream(record.stream).subscriber = record.thread

    def _unsubscribed(self, index: int, record: Unsubscribed) -> None:
        stream = self.stream(record.stream)
        stream.subscriber, stream.unsubscribed_index = None, index

    def _inherited(self, index: int, record: Inherited) -> None:
        """Rule b1: what was bound to the id of the one thread is the other's now, posted reports included."""
        del index
        queue = self.queues.pop((record.thread, record.device), {})
        self.queues[record.heir, record.device] = queue
        for stream in self.streams.values():
            if stream.subscriber == record.thread:
                stream.subscriber = record.heir
            for launch in stream.by_seq.values():
                if launch.subscriber == record.thread and launch.posted is None:
                    launch.subscriber = record.heir
                elif (launch.submitted.stream, launch.submitted.first) in queue and launch.posted is not None:
                    launch.posted = launch.posted._replace(thread=record.heir)

    def _thread_started(self, index: int, record: ThreadStarted) -> None:
        del index
        self.internal[record.thread] = record.internal
