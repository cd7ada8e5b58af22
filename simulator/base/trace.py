"""Trace records: what happened in a run, and the only observability there is.

The core appends records; exporters, checkers and expectations read them. A record is a NamedTuple of times
(integer nanoseconds), names and small ids: never an address, a thread ident or an object, so that the hash of
a trace is the same in another process. Streams, events and threads appear under their names; a task is
(stream, seq), seq counting from 1 in submission order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final, NamedTuple, TypeVar

from simulator.base.lines import known_text
from simulator.base.memory_records import Allocated, Freed, HostAccess, MemoryRecord, TaskAccess
from simulator.base.remarks import FaultInjected, Unread
from simulator.base.subscription_records import Inherited, Subscribed, Unsubscribed
from simulator.base.wait_records import Held, Passed

R = TypeVar("R")


class ThreadStarted(NamedTuple):
    """A host thread began to run; `internal` marks the runtime's own (rule d3)."""

    time: int
    thread: str
    internal: bool


class ThreadEnded(NamedTuple):
    """A host thread returned, or ended by the exception named in `error`."""

    time: int
    thread: str
    error: str | None


class Called(NamedTuple):
    """An API call returned `code`; `value` is the name of what it made or found, `on` what it was about."""

    time: int
    thread: str
    op: str
    began: int
    code: int
    on: str | None
    value: str | None
    site: str | None


class Blocked(NamedTuple):
    """A host thread gave up control until something happens; `timeout` in ns, None for ever."""

    time: int
    thread: str
    op: str
    on: str | None
    timeout: int | None


class StreamCreated(NamedTuple):
    """A stream was made in `context` on `device`; default streams come with their context."""

    time: int
    stream: str
    device: int
    context: str


class Submitted(NamedTuple):
    """One launch put the tasks first..last on a stream; kind is the intent, not the lowered task."""

    time: int
    thread: str
    stream: str
    first: int
    last: int
    kind: str
    name: str
    site: str | None


class TaskRan(NamedTuple):
    """A task left its stream: it held the head from `start` to `time`; `code` is its failure or 0."""

    time: int
    stream: str
    seq: int
    kind: str
    name: str
    start: int
    code: int


class TaskDropped(NamedTuple):
    """An accepted task will never run; `reason` says why (guarantee O12)."""

    time: int
    stream: str
    seq: int
    kind: str
    name: str
    reason: str


class ReportPosted(NamedTuple):
    """A callback task put its report into the report queue of `thread` on `device`."""

    time: int
    stream: str
    seq: int
    name: str
    thread: str
    device: int
    block: bool


class ReportsTaken(NamedTuple):
    """One process_report woke up and took these reports, in this order (rule c4)."""

    time: int
    thread: str
    device: int
    reports: tuple[tuple[str, int], ...]


class ReportLost(NamedTuple):
    """A callback's report will never reach its function; `reason` says why."""

    time: int
    stream: str
    seq: int
    name: str
    reason: str


class CallbackStarted(NamedTuple):
    """The user's function is entered on `thread`, inside its process_report."""

    time: int
    thread: str
    stream: str
    seq: int
    name: str


class CallbackEnded(NamedTuple):
    """The user's function returned, or raised the exception named in `error`."""

    time: int
    thread: str
    stream: str
    seq: int
    name: str
    error: str | None


class CallbackReleased(NamedTuple):
    """A blocking callback's stream may go on (rule a16)."""

    time: int
    stream: str
    seq: int


class EventBound(NamedTuple):
    """A stream_wait_event: task `seq` of `stream` waits for the record (source, source_seq).

    `seq` 0: no task was needed (rules f5-f7). `source` None: it waits for whichever record comes (rule f5,
    old kind). `site` is told where no task tells it, of a wait for an event that nobody has recorded.
    """

    time: int
    stream: str
    seq: int
    event: str
    source: str | None
    source_seq: int
    site: str | None = None


class EventRecorded(NamedTuple):
    """A record task reached the head of its stream: the event is complete as of `time`."""

    time: int
    event: str
    stream: str
    seq: int


class Synchronized(NamedTuple):
    """A synchronize call returned; `targets` = (stream, last seq to wait for) at its entry (rule e11b)."""

    time: int
    thread: str
    op: str
    began: int
    targets: tuple[tuple[str, int], ...]
    code: int


class StreamFailed(NamedTuple):
    """A task failure was stored on a stream (rule i3)."""

    time: int
    stream: str
    seq: int
    code: int


class Moved(NamedTuple):
    """A long-lived object moved along its state table."""

    time: int
    kind: str
    name: str
    before: str
    after: str


class Noted(NamedTuple):
    """A finding: something legal or answered with a code, that the user should hear about."""

    time: int
    finding: str
    thread: str | None
    text: str
    rule: str
    site: str | None


class Chosen(NamedTuple):
    """At a choice point, option `value` of `among` was taken; kept when somebody asked for that much detail."""

    time: int
    kind: str
    among: tuple[str, ...]
    value: int


Record = (
    ThreadStarted
    | ThreadEnded
    | Called
    | Blocked
    | StreamCreated
    | Submitted
    | TaskRan
    | TaskDropped
    | ReportPosted
    | ReportsTaken
    | ReportLost
    | CallbackStarted
    | CallbackEnded
    | CallbackReleased
    | EventBound
    | EventRecorded
    | Held
    | Passed
    | Synchronized
    | Subscribed
    | Unsubscribed
    | Inherited
    | StreamFailed
    | Moved
    | Noted
    | FaultInjected
    | Unread
    | Chosen
    | MemoryRecord
)


# Raw forms, for what a run writes several times per task: the number below, then the record's fields, laid
# flat into one list. Nothing is made that stays, so a traced task costs a third of what it does with records,
# and the garbage collector has no million tuples to walk. Reading turns them into records.
CALLED: Final = 0
SUBMITTED: Final = 1
TASK_RAN: Final = 2
EVENT_RECORDED: Final = 3
REPORT_POSTED: Final = 4
REPORTS_TAKEN: Final = 5
CALLBACK_STARTED: Final = 6
CALLBACK_ENDED: Final = 7
CALLBACK_RELEASED: Final = 8
TASK_ACCESS: Final = 9
HOST_ACCESS: Final = 10
ALLOCATED: Final = 11
FREED: Final = 12
_RAW: Final = (
    Called, Submitted, TaskRan, EventRecorded, ReportPosted, ReportsTaken, CallbackStarted, CallbackEnded,
    CallbackReleased, TaskAccess, HostAccess, Allocated, Freed,
)  # fmt: skip
# What makes each from its fields, how many those are, and whether the last is a place in the program.
_LAID_OUT: Final[tuple[tuple[Callable[[list[object]], Any], int, bool], ...]] = tuple(
    (partial(tuple.__new__, kind), len(kind._fields), kind._fields[-1] == "site") for kind in _RAW
)


class Trace:
    """The records of one run, in the order they happened.

    `append` takes a record, `append_raw` the raw form of one; whoever reads sees records only. In an `isolated`
    run host threads tell each other things by flags, starts and joins only, all of which are recorded: so it is in
    scenarios, while threads of a program share whatever Python can reach. In an `untimed` run events may have come
    in another order than that of their times, and so late: what should happen at once happens at some time after.
    `options` are what the run has chosen where the real runtime is not known, as NAME=VALUE. An `observed` run was
    seen from outside only, on hardware for instance: it has calls and callbacks, and nothing of the device.
    """

    __slots__ = ("_records", "_unread", "append", "append_raw", "isolated", "observed", "options", "untimed")

    def __init__(self) -> None:
        self._records: list[Record] = []
        # Records, and the numbers and fields of raw ones; no record is an int.
        self._unread: list[Any] = []
        self.isolated = self.untimed = self.observed = False
        self.options: tuple[str, ...] = ()
        # Bound once: the core calls these for every task.
        self.append: Callable[[Record], None] = self._unread.append
        self.append_raw: Callable[[tuple[object, ...]], None] = self._unread.extend

    def __reduce__(self) -> tuple[object, ...]:
        return Trace, (), (self.records, self.isolated, self.untimed, self.observed, self.options)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self._records[:], self.isolated, self.untimed, self.observed, self.options = state

    @property
    def records(self) -> list[Record]:
        """Everything recorded so far."""
        unread, records = self._unread, self._records
        texts: dict[tuple[int, int], str] = {}
        at, end = 0, len(unread)
        while at < end:
            item = unread[at]
            at += 1
            if item.__class__ is int:
                make, count, sited = _LAID_OUT[item]
                fields = unread[at : at + count]
                at += count
                if sited and type(fields[-1]) is tuple:
                    fields[-1] = known_text(fields[-1], texts)
                records.append(make(fields))
            else:
                records.append(item)
        unread.clear()
        return records

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[Record]:
        return iter(self.records)

    def __repr__(self) -> str:
        return f"<trace {len(self)} records>"

    def of(self, kind: type[R]) -> list[R]:
        """Return the records of one kind."""
        return [record for record in self.records if type(record) is kind]

    def digest(self) -> str:
        """Return a hash that two runs share exactly when their records are equal, in any process.

        What was offered at choice points is left out: it is no behaviour, and most runs do not keep it. So are
        source lines, which Python versions attribute to different functions.
        """
        state = hashlib.sha256()
        for record in self.records:
            if type(record) is Chosen:
                continue
            fields = tuple(record)[:-1] if record._fields[-1] == "site" else tuple(record)
            state.update(f"{type(record).__name__}{fields!r}\n".encode())
        return state.hexdigest()[:32]
