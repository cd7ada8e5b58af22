"""A frozen picture of who waits for what, taken when a run cannot go on; `check.deadlock` puts it into sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.core.locks import RuntimeLock
from simulator.core.reports import ReportQueue
from simulator.core.streams import Stream
from simulator.core.tasks import CallbackTask, NotifyWaitTask, WaitTask
from simulator.engine.hosts.scheduler import HostThread

if TYPE_CHECKING:
    from simulator.core.runtime import Runtime
    from simulator.core.signals import Signal
    from simulator.engine.hosts.scheduler import RunEnd


@dataclass(frozen=True, slots=True)
class ThreadView:
    """A host thread: what it is in, on what, where in its program, and which callbacks it is inside of."""

    name: str
    state: str
    internal: bool
    op: str | None
    on_kind: str | None
    on: str | None
    timeout: int | None
    polls: int
    site: str | None
    inside: tuple[tuple[str, str], ...]
    error: str | None


@dataclass(frozen=True, slots=True)
class StreamView:
    """A stream with work left: its head, and what the head needs to go on."""

    name: str
    waiting: int
    head: str
    head_kind: str
    head_seq: int
    launched_at: str | None
    needs_signal: str | None
    recorded_by: tuple[str, int] | None
    report_of: str | None
    report_thread: str | None
    posted: bool
    taken: bool
    blocking: bool


@dataclass(frozen=True, slots=True)
class QueueView:
    """A report queue: whose it is, whether that thread exists, and which reports wait in it or are being run."""

    name: str
    thread: str
    open: bool
    ready: tuple[tuple[str, str], ...]


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
    streams = [stream for device in rt.devices for context in device.contexts for stream in context.streams]
    locks = [rt.subscription_lock]
    locks += [context.stream_lock for device in rt.devices for context in device.contexts]
    queues = dict.fromkeys(rt.reports.by_ident.values())
    for stream in streams:  # queues that were closed under callbacks still queued
        queues |= dict.fromkeys(task.queue for task in stream.queue if isinstance(task, CallbackTask))
    return Snapshot(
        end.kind.value,
        end.text,
        end.now,
        tuple(_thread(thread) for thread in rt.host.threads),
        tuple(_stream(stream) for stream in streams if stream.queue),
        tuple(_queue(queue) for queue in queues),
        tuple(LockView(lock.label, lock.owner.name) for lock in locks if lock.owner is not None),
    )


def _thread(thread: HostThread) -> ThreadView:
    wait = thread.wait
    on = None if wait is None else wait.on
    kinds = {Stream: "stream", ReportQueue: "report queue", RuntimeLock: "lock", HostThread: "thread"}
    kind = None if on is None else kinds.get(type(on), type(on).__name__.lower())
    inside = tuple(
        (task.name, task.stream.label) for task in thread.doing if isinstance(task, CallbackTask)
    )
    return ThreadView(
        thread.name,
        thread.state.value,
        thread.internal,
        None if wait is None else wait.op,
        kind,
        None if on is None else on.name if isinstance(on, HostThread) else str(on),
        None if wait is None else wait.timeout,
        thread.polls,
        thread.site,
        inside,
        None if thread.error is None else f"{type(thread.error).__name__}: {thread.error}",
    )


def _stream(stream: Stream) -> StreamView:
    head = stream.queue[0]
    signal: Signal | None = head.signal if isinstance(head, WaitTask | NotifyWaitTask) else None
    callback = _callback_behind(stream)
    source = None if signal is None or signal.source is None else (signal.source.label, signal.source_seq)
    ready = callback is not None and callback in callback.queue.ready
    return StreamView(
        stream.label,
        len(stream.queue),
        head.name,
        head.kind,
        stream.done + 1,
        None if callback is None else callback.site,
        None if signal is None else signal.label,
        source,
        None if callback is None else callback.name,
        None if callback is None else callback.queue.thread_name,
        posted=callback is not None and callback.posted >= 0,
        taken=callback is not None and callback.posted >= 0 and not ready,
        blocking=callback is not None and callback.block,
    )


def _callback_behind(stream: Stream) -> CallbackTask | None:
    """Return the callback that the head is, or whose release the head waits for (rules a13, a14)."""
    head = stream.queue[0]
    if isinstance(head, CallbackTask):
        return head
    last = stream.last_callback
    if isinstance(head, WaitTask) and last is not None and last.subscription.waits_with(head.signal):
        return last
    return None


def _queue(queue: ReportQueue) -> QueueView:
    ready = tuple((task.name, task.stream.label) for task in queue.ready)
    return QueueView(queue.label, queue.thread_name, queue.open, ready)
