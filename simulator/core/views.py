"""What a snapshot is made of: frozen pictures of threads, streams, report queues, events and locks.

Places are text already: "prog.py:12 in main", or the step of a scenario; None when nobody knows.
"""

from __future__ import annotations

from dataclasses import dataclass

Named = tuple[str, str]


@dataclass(frozen=True, slots=True)
class ThreadView:
    """A host thread: what it is in, on what, where in its program, and which callbacks it is inside of.

    `asking` marks one that asks `op` again and again without ever waiting; `woken` one whose wait has ended,
    or that has not begun, and that only needs its turn. `primitive` is what the program itself called, when
    that is no function of the API: "Event.wait". `inside` and `behind` are callbacks (name, stream): those it
    runs, innermost last, and those it has taken and will run afterwards. `record` is the (stream, task) that
    completes the event it waits for. `ident` is its id as the program sees it, None where that says nothing.
    """

    name: str
    state: str
    internal: bool
    asking: bool
    op: str | None
    on_kind: str | None
    on: str | None
    timeout: int | None
    polls: int
    site: str | None
    inside: tuple[Named, ...]
    behind: tuple[Named, ...]
    record: tuple[str, int] | None
    error: str | None
    woken: bool = False
    primitive: str | None = None
    ident: int | None = None


@dataclass(frozen=True, slots=True)
class StreamView:
    """A stream with work left: its head, and what the head needs to go on.

    `room_for` is its queue's depth when that is full, `sender` the thread half-way through a launch. The
    callback is the head itself or the one whose release the head waits for. `created_at`, `subscribed_at` and
    `launched_at` (the head's, or its callback's) are lines of the program. `lost_by` is the declared fault that has
    lost the callback's report. What the head needs is an event, a notify or a value, as `needs_kind` says; nothing
    helps when the stream is `stopped`.
    """

    name: str
    waiting: int
    room_for: int | None
    sender: str | None
    head: str
    head_kind: str
    head_seq: int
    launched_at: str | None
    needs_signal: str | None
    recorded_by: tuple[str, int] | None
    report_of: str | None
    report_thread: str | None
    report_queue: QueueView | None
    posted: bool
    taken: bool
    blocking: bool
    created_at: str | None = None
    subscribed_at: str | None = None
    lost_by: str | None = None
    needs_kind: str = "event"
    stopped: bool = False
    stopped_at: str | None = None


@dataclass(frozen=True, slots=True)
class ReportView:
    """A report that stands in its queue: whose callback it is, and where stream and callback came there."""

    name: str
    stream: str
    blocking: bool
    launched_at: str | None
    subscribed_at: str | None

    @property
    def named(self) -> Named:
        """The callback's name and its stream's."""
        return self.name, self.stream


@dataclass(frozen=True, slots=True)
class QueueView:
    """A report queue: whose it is, whose callbacks it gets, and which reports stand in it.

    `full` when reports that were taken and not released yet fill it (rule b8b). `ident` is the thread id that
    the program subscribed, `internal` marks the runtime's own queues (rule d3).
    """

    name: str
    thread: str
    open: bool
    full: bool
    streams: tuple[str, ...]
    ready: tuple[ReportView, ...]
    ident: int
    internal: bool


@dataclass(frozen=True, slots=True)
class EventView:
    """An event or notify that a thread or a stream waits for, and where the program made it."""

    name: str
    created_at: str | None


@dataclass(frozen=True, slots=True)
class LockView:
    """A lock that is held while somebody waits: the runtime's, or (`of_program`) the program's own."""

    name: str
    owner: str
    of_program: bool = False
    taken_at: str | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that waits at the moment the run ended, and how it ended.

    `gil` names the thread that keeps the interpreter lock while it waits; `remarks` tell what kept the run
    from being under control; `faults` are sentences about declared faults that have struck.
    """

    kind: str
    text: str
    now: int
    threads: tuple[ThreadView, ...]
    streams: tuple[StreamView, ...]
    queues: tuple[QueueView, ...]
    locks: tuple[LockView, ...]
    events: tuple[EventView, ...] = ()
    gil: str | None = None
    remarks: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
