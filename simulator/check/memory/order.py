"""What came before what in a run, read from its trace: the happens-before order of host threads and streams.

Edges: a thread's own order; launch to task; a stream is a FIFO; a record to the waits that bound to it; what lets a
wait for a notify or a value pass, to that wait; a callback's task to its function; the end of a blocking callback to
the next task of its stream; synchronising, asking with the answer "complete", and every other call that waited. In an
isolated run also starts, joins and flags. Otherwise threads share what Python can reach, and all host threads count
as one: nothing is then called a race that a lock, a queue or a variable of the program may have ordered.
"""

from __future__ import annotations

from typing import Final

from simulator.base.memory_records import Awaited, FlagSeen, FlagSet, Forked, Joined
from simulator.base.trace import (
    CallbackEnded,
    CallbackReleased,
    CallbackStarted,
    EventBound,
    EventRecorded,
    Submitted,
    Synchronized,
    TaskRan,
)
from simulator.base.wait_records import Passed
from simulator.check.memory.clocks import Clock, HostClock, Source, StreamClock, joined
from simulator.check.ordering.facts import Reader

# Synchronising ended because its time was up: ACL_ERROR_RT_STREAM_SYNC_TIMEOUT, …EVENT_SYNC_TIMEOUT (rule e12).
_OUT_OF_TIME: Final = frozenset({507046, 507047})


class Order(Reader):
    """The clocks of all actors, as far as the trace has been read."""

    def __init__(self, *, isolated: bool) -> None:
        super().__init__()
        self._isolated = isolated
        self._everybody = HostClock("the host")
        self._hosts: dict[str, HostClock] = {}
        self._streams: dict[str, StreamClock] = {}
        # The callbacks that each thread is inside of, innermost last.
        self._inside: dict[str, list[tuple[str, int]]] = {}
        self._runs_on: dict[tuple[str, int], str] = {}
        self._flags: dict[str, Source] = {}
        # Old events: waits for whichever record comes, and the last record there was (rule f5).
        self._unbound: dict[tuple[str, int], str] = {}
        self._recorded: dict[str, tuple[str, int]] = {}
        self.on(Submitted, self._submitted)
        self.on(TaskRan, self._ran)
        self.on(EventBound, self._bound)
        self.on(EventRecorded, self._event)
        self.on(Passed, self._passed)
        self.on(CallbackStarted, self._started)
        self.on(CallbackEnded, self._ended)
        self.on(CallbackReleased, self._released)
        self.on(Synchronized, self._synchronized)
        self.on(Awaited, self._awaited)
        if isolated:
            self.on(Forked, self._forked)
            self.on(Joined, self._joined)
            self.on(FlagSet, self._flag_set)
            self.on(FlagSeen, self._flag_seen)

    def __repr__(self) -> str:
        return f"<order of {len(self._hosts)} host threads and {len(self._streams)} streams>"

    def host(self, thread: str) -> HostClock:
        """Return the clock of a host thread."""
        if not self._isolated:
            return self._everybody
        found = self._hosts.get(thread)
        if found is None:
            found = self._hosts[thread] = HostClock(thread)
        return found

    def stream(self, name: str) -> StreamClock:
        """Return the clock of a stream."""
        found = self._streams.get(name)
        if found is None:
            found = self._streams[name] = StreamClock(name)
        return found

    def callback_of(self, thread: str) -> tuple[str, int] | None:
        """Return stream and task of the callback that *thread* is inside of."""
        inside = self._inside.get(thread)
        return inside[-1] if inside else None

    def _submitted(self, index: int, record: Submitted) -> None:
        del index
        self.stream(record.stream).launched(record, self.host(record.thread))

    def _ran(self, index: int, record: TaskRan) -> None:
        del index
        if record.kind == "wait" and self._unbound:
            event = self._unbound.pop((record.stream, record.seq), None)
            if event in self._recorded:
                source, seq = self._recorded[event]
                self.stream(record.stream).knows(record.seq, (self.stream(source), seq))

    def _bound(self, index: int, record: EventBound) -> None:
        del index
        stream = self.stream(record.stream)
        if record.source is not None:
            # Without a task the record was complete, or on this very stream: what is launched next comes after it.
            stream.knows(record.seq or stream.last + 1, (self.stream(record.source), record.source_seq))
        elif record.seq:
            self._unbound[record.stream, record.seq] = record.event

    def _event(self, index: int, record: EventRecorded) -> None:
        del index
        self._recorded[record.event] = (record.stream, record.seq)
        # Looked at now, although nobody has asked: chains of waits would else be followed one inside the other.
        self.stream(record.stream).at(record.seq)

    def _passed(self, index: int, record: Passed) -> None:
        del index
        stream = self.stream(record.stream)
        if record.source is not None:
            stream.knows(record.seq, (self.stream(record.source), record.source_seq))
        elif record.thread is not None:
            stream.knows(record.seq, self.host(record.thread).tell())

    def _started(self, index: int, record: CallbackStarted) -> None:
        del index
        key = (record.stream, record.seq)
        self.host(record.thread).learn(self.stream(record.stream).source(record.seq))
        self._inside.setdefault(record.thread, []).append(key)
        self._runs_on[key] = record.thread

    def _ended(self, index: int, record: CallbackEnded) -> None:
        del index
        inside = self._inside.get(record.thread, [])
        if (record.stream, record.seq) in inside:
            inside.remove((record.stream, record.seq))

    def _released(self, index: int, record: CallbackReleased) -> None:
        del index
        thread = self._runs_on.pop((record.stream, record.seq), None)
        if thread is not None:
            self.stream(record.stream).knows(record.seq, self.host(thread).tell())

    def _synchronized(self, index: int, record: Synchronized) -> None:
        del index
        if record.code not in _OUT_OF_TIME:
            host = self.host(record.thread)
            for stream, seq in record.targets:
                if seq:
                    host.learn(self.stream(stream).source(seq))

    def _awaited(self, index: int, record: Awaited) -> None:
        del index
        if record.seq:
            self.host(record.thread).learn(self.stream(record.stream).source(record.seq))

    def _forked(self, index: int, record: Forked) -> None:
        del index
        self.host(record.child).learn(self.host(record.thread).tell())

    def _joined(self, index: int, record: Joined) -> None:
        del index
        self.host(record.thread).learn(self.host(record.child).tell())

    def _flag_set(self, index: int, record: FlagSet) -> None:
        del index
        if not record.value:
            return
        told, before = self.host(record.thread).tell(), self._flags.get(record.flag)
        clock: Clock = told.clock if before is None else joined(told.clock, before)
        self._flags[record.flag] = told._replace(clock=clock)

    def _flag_seen(self, index: int, record: FlagSeen) -> None:
        del index
        if record.value and record.flag in self._flags:
            self.host(record.thread).learn(self._flags[record.flag])
