"""A frozen picture of who waits for what, taken when a run cannot go on; `check.deadlock` puts it into sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from simulator.core.events import Event
from simulator.core.locks import RuntimeLock
from simulator.core.operations.reports import Batch
from simulator.core.reports import ReportQueue
from simulator.core.streams import Stream
from simulator.core.tasks import CallbackTask, NotifyWaitTask, RecordTask, Task, WaitTask
from simulator.engine.hosts.thread import HostThread, ThreadState

if TYPE_CHECKING:
    from simulator.core.runtime import Runtime
    from simulator.core.signals import Signal
    from simulator.engine.hosts.ends import RunEnd

_KINDS: Final[dict[type, str]] = {
    Stream: "stream",
    Event: "event",
    ReportQueue: "report queue",
    RuntimeLock: "lock",
    HostThread: "thread",
}
Named = tuple[str, str]


@dataclass(frozen=True, slots=True)
class ThreadView:
    """A host thread: what it is in, on what, where in its program, and which callbacks it is inside of.

    `asking` marks one that asks `op` again and again without ever waiting; `inside` and `behind` are
    callbacks (name, stream): those it runs, innermost last, and those it has taken and will run afterwards.
    `record` is the (stream, task) that completes the event it waits for.
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


@dataclass(frozen=True, slots=True)
class StreamView:
    """A stream with work left: its head, and what the head needs to go on.

    `room_for` is its queue's depth when that is full, `sender` the thread half-way through a launch. The
    callback is the head itself or the one whose release the head waits for.
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


@dataclass(frozen=True, slots=True)
class QueueView:
    """A report queue: whose it is, whose callbacks it gets, and which reports stand in it.

    `full` when reports that were taken and not released yet fill it (rule b8b).
    """

    name: str
    thread: str
    open: bool
    full: bool
    streams: tuple[str, ...]
    ready: tuple[Named, ...]


@dataclass(frozen=True, slots=True)
class LockView:
    """A lock of the runtime that somebody waits for."""

    name: str
    owner: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that waits at the moment the run ended, and how it ended."""

    kind: str
    text: str
    now: int
    threads: tuple[ThreadView, ...]
    streams: tuple[StreamView, ...]
    queues: tuple[QueueView, ...]
    locks: tuple[LockView, ...]


def take_snapshot(rt: Runtime, end: RunEnd) -> Snapshot:
    """Picture the threads, the streams with work left, and the report queues."""
    contexts = [context for device in rt.devices for context in device.contexts]
    streams = [stream for context in contexts for stream in context.streams]
    locks = [rt.subscription_lock, *(context.stream_lock for context in contexts)]
    return Snapshot(
        end.kind.value,
        end.text,
        end.now,
        tuple(_thread(rt, thread, streams) for thread in rt.host.threads),
        tuple(_stream(stream, streams) for stream in streams if stream.queue),
        tuple(_queue(queue) for queue in rt.reports.by_ident.values()),
        tuple(LockView(lock.label, lock.owner.name) for lock in locks if lock.owner is not None),
    )


def _thread(rt: Runtime, thread: HostThread, streams: list[Stream]) -> ThreadView:
    wait = thread.wait
    asking = thread.state is ThreadState.SPINNING
    op, on, timeout = (None, None, None) if wait is None else (wait.op, wait.on, wait.timeout)
    if asking:
        op, on = thread.asked
    kind = None if on is None else _KINDS.get(type(on), type(on).__name__.lower())
    record = None
    if isinstance(on, Event):
        record = next((_source(signal, streams) for signal, each in on.sync_waits if each is wait), None)
    return ThreadView(
        thread.name,
        thread.state.value,
        thread.internal,
        asking,
        op,
        kind,
        None if on is None else on.name if isinstance(on, HostThread) else str(on),
        timeout,
        thread.polls,
        _text(rt.host.where(thread)),
        tuple((task.name, task.stream.label) for task in thread.doing if isinstance(task, CallbackTask)),
        tuple(
            (task.name, task.stream.label)
            for batch in thread.doing
            if isinstance(batch, Batch)
            for task in batch.left
        ),
        record,
        None if thread.error is None else f"{type(thread.error).__name__}: {thread.error}",
    )


def _stream(stream: Stream, streams: list[Stream]) -> StreamView:
    head = stream.queue[0]
    signal: Signal | None = head.signal if isinstance(head, WaitTask | NotifyWaitTask) else None
    callback = _callback_behind(stream)
    ready = callback is not None and callback in callback.queue.ready
    return StreamView(
        stream.label,
        len(stream.queue),
        stream.depth if stream.full else None,
        None if stream.sender is None else stream.sender.name,
        head.name,
        head.kind,
        stream.done + 1,
        None if callback is None else _text(callback.site),
        None if signal is None else signal.label,
        None if signal is None else _source(signal, streams),
        None if callback is None else callback.name,
        None if callback is None else callback.queue.thread_name,
        None if callback is None else _queue(callback.queue),
        posted=callback is not None and callback.posted >= 0,
        taken=callback is not None and callback.posted >= 0 and not ready,
        blocking=callback is not None and callback.block,
    )


def _source(signal: Signal, streams: list[Stream]) -> tuple[str, int] | None:
    """Return which task will set *signal*: its own record, or any queued record of an old event (rule f5)."""
    if signal.source is not None:
        return signal.source.label, signal.source_seq
    return next(
        (
            (stream.label, seq)
            for stream in streams
            for seq, task in _numbered(stream)
            if isinstance(task, RecordTask) and task.event.flag is signal
        ),
        None,
    )


def _numbered(stream: Stream) -> Iterator[tuple[int, Task]]:
    return enumerate(stream.queue, stream.done + 1)


def _callback_behind(stream: Stream) -> CallbackTask | None:
    """Return the callback that the head is, or whose release the head waits for (rules a13, a14)."""
    head = stream.queue[0]
    if isinstance(head, CallbackTask):
        return head
    last = stream.last_callback
    if isinstance(head, WaitTask) and last is not None and last.subscription.waits_with(head.signal):
        return last
    return None


def _text(place: object) -> str | None:
    return None if place is None else str(place)


def _queue(queue: ReportQueue) -> QueueView:
    return QueueView(
        queue.label,
        queue.thread_name,
        queue.open,
        len(queue.ready) + queue.held >= queue.depth,
        tuple(stream.label for stream in queue.streams),
        tuple((task.name, task.stream.label) for task in queue.ready),
    )
