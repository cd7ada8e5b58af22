"""A frozen picture of who waits for what, taken when a run cannot go on; `check.deadlock` puts it into sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from simulator.core.events import Event
from simulator.core.locks import RuntimeLock
from simulator.core.notifies import Notify
from simulator.core.reports import Batch, ReportQueue
from simulator.core.streams import Stream
from simulator.core.tasks import CallbackTask, NotifyWaitTask, RecordTask, Task, WaitTask
from simulator.core.values import ValueWaitTask, ValueWriteTask
from simulator.core.views import EventView, LockView, QueueView, ReportView, Snapshot, StreamView, ThreadView
from simulator.core.waits import NotifyGateTask, NotifyRecordTask
from simulator.engine.hosts.sites import site_text
from simulator.engine.hosts.thread import HostThread, ThreadState

if TYPE_CHECKING:
    from simulator.core.runtime import Runtime
    from simulator.core.signals import Signal
    from simulator.engine.hosts.ends import RunEnd
    from simulator.engine.wait import Wait

__all__ = ["Snapshot", "picture_stream", "take_snapshot"]

_KINDS: Final[dict[type, str]] = {
    Stream: "stream",
    Event: "event",
    ReportQueue: "report queue",
    RuntimeLock: "lock",
    HostThread: "thread",
}


def take_snapshot(rt: Runtime, end: RunEnd) -> Snapshot:
    """Picture the threads, the streams with work left, the report queues, and who holds which lock."""
    streams, locks = _streams(rt), _locks_waited_for(rt)
    holder = getattr(rt.host, "gil", None)
    return Snapshot(
        end.kind.value,
        end.text,
        end.now,
        tuple(_thread(rt, thread, streams, locks) for thread in rt.host.threads),
        tuple(picture_stream(stream, streams) for stream in streams if stream.queue),
        tuple(_queue(queue) for queue in rt.reports.by_ident.values()),
        (*_runtime_locks(rt), *_program_locks(rt, locks)),
        tuple(
            EventView(event.label, site_text(event.site))
            for event in rt.handles.live.values()
            if isinstance(event, Event | Notify)
        ),
        holder.name if isinstance(holder, HostThread) else None,
        tuple(getattr(rt.host, "remarks", ())),
        () if rt.faults is None else rt.faults.plan.told(),
    )


def _streams(rt: Runtime) -> list[Stream]:
    return [stream for device in rt.devices for context in device.contexts for stream in context.streams]


# -- threads ---------------------------------------------------------------------------------------------------------


def _thread(rt: Runtime, thread: HostThread, streams: list[Stream], locks: dict[int, str]) -> ThreadView:
    wait = thread.wait
    asking = thread.state is ThreadState.SPINNING
    op, on, timeout = (None, None, None) if wait is None else (wait.op, wait.on, wait.timeout)
    if asking:
        op, on = thread.asked
    return ThreadView(
        thread.name,
        _state(rt, thread),
        thread.internal,
        asking,
        op,
        _kind(on),
        None if on is None else on.name if isinstance(on, HostThread) else locks.get(id(on), str(on)),
        timeout,
        thread.polls,
        site_text(rt.host.where(thread)),
        tuple((task.name, task.stream.label) for task in thread.doing if isinstance(task, CallbackTask)),
        tuple(
            (task.name, task.stream.label)
            for batch in thread.doing
            if isinstance(batch, Batch)
            for task in batch
        ),
        _record_awaited(on, wait, streams),
        _error(thread),
        woken=thread.state is ThreadState.READY,
        primitive=_primitive(rt, thread),
        ident=_ident(rt, thread),
    )


def _kind(on: object) -> str | None:
    if on is None:
        return None
    return _KINDS.get(type(on)) or ("program lock" if _is_lock(on) else type(on).__name__.lower())


def _state(rt: Runtime, thread: HostThread) -> str:
    """Say what a thread is at; one that runs as it pleases may as well wait for something we do not see."""
    runs = thread.state is ThreadState.RUNNING
    return "in code of the program's own" if runs and rt.host.uncontrolled else thread.state.value


def _error(thread: HostThread) -> str | None:
    error = thread.error
    if error is None:
        return None
    cause = error.__cause__
    # Out of process_report comes a SystemError that tells nothing; its cause does.
    if isinstance(error, SystemError) and cause is not None:
        return f"SystemError from {type(cause).__name__}: {cause}"
    return f"{type(error).__name__}: {error}"


def _record_awaited(on: object, wait: Wait | None, streams: list[Stream]) -> tuple[str, int] | None:
    if not isinstance(on, Event):
        return None
    return next((_source(signal, streams) for signal, each in on.sync_waits if each is wait), None)


def _primitive(rt: Runtime, thread: HostThread) -> str | None:
    """Ask the host which primitive of Python's the program called; hosts without such programs cannot tell."""
    ask = getattr(rt.host, "primitive", None)
    return None if ask is None or thread.ended else ask(thread)


def _ident(rt: Runtime, thread: HostThread) -> int | None:
    """Return the thread's id where threads are real; greenlets share one OS thread, their ids tell nothing."""
    real = len({each.os_ident for each in rt.host.threads if each.os_ident}) > 1
    return thread.ident if real and thread.ident and not thread.internal else None


# -- streams and reports ---------------------------------------------------------------------------------------------


def picture_stream(stream: Stream, streams: list[Stream]) -> StreamView:
    """Picture a stream with work left; *streams* are those where the record of an event may be queued."""
    head = stream.queue[0]
    signal: Signal | None = head.signal if isinstance(head, WaitTask | NotifyWaitTask) else None
    needs = f"{head.name} in {head.place}" if isinstance(head, ValueWaitTask) else None
    needs = needs if signal is None else signal.label
    callback = stream.callback_at_head()
    ready = callback is not None and callback in callback.queue.ready
    posted = callback is not None and hasattr(callback, "posted")
    subscription = stream.subscription if callback is None else callback.subscription
    return StreamView(
        stream.label,
        len(stream.queue),
        stream.depth if stream.full else None,
        None if stream.sender is None else stream.sender.name,
        head.name,
        head.kind,
        stream.done + 1,
        site_text(stream.sent_at(stream.done + 1) if callback is None else callback.site),
        needs,
        _giver(head, signal, streams),
        None if callback is None else callback.name,
        None if callback is None else callback.queue.thread_name,
        None if callback is None else _queue(callback.queue),
        posted=posted,
        taken=posted and not ready,
        blocking=callback is not None and callback.block,
        created_at=site_text(stream.site),
        subscribed_at=None if subscription is None else site_text(subscription.site),
        lost_by=None if callback is None else callback.queue.lost_by(callback),
        needs_kind=_needed(head),
        stopped=stream.stopped,
        stopped_at=site_text(stream.stopped_by),
    )


def _needed(head: Task) -> str:
    if isinstance(head, ValueWaitTask):
        return "value"
    return "notify" if isinstance(head, NotifyGateTask) else "event"


def _giver(head: Task, signal: Signal | None, streams: list[Stream]) -> tuple[str, int] | None:
    """Return which queued task will give the head what it waits for."""
    if isinstance(head, ValueWaitTask):
        return _queued(
            streams, lambda task: isinstance(task, ValueWriteTask) and task.address == head.address
        )
    if isinstance(head, NotifyGateTask):
        return _queued(streams, lambda task: isinstance(task, NotifyRecordTask) and task.flag is signal)
    return None if signal is None else _source(signal, streams)


def _source(signal: Signal, streams: list[Stream]) -> tuple[str, int] | None:
    """Return which task will set *signal*: its own record, or any queued record of an old event (rule f5)."""
    if signal.source is not None:
        return signal.source.label, signal.source_seq
    return _queued(streams, lambda task: isinstance(task, RecordTask) and task.event.flag is signal)


def _queued(streams: list[Stream], wanted: Callable[[Task], bool]) -> tuple[str, int] | None:
    """Return stream and number of the first task that is *wanted*."""
    return next(
        ((stream.label, seq) for stream in streams for seq, task in _numbered(stream) if wanted(task)),
        None,
    )


def _numbered(stream: Stream) -> Iterator[tuple[int, Task]]:
    return enumerate(stream.queue, stream.done + 1)


def _queue(queue: ReportQueue) -> QueueView:
    return QueueView(
        queue.label,
        queue.thread_name,
        queue.open,
        len(queue.ready) + queue.held >= queue.depth,
        tuple(stream.label for stream in queue.streams),
        tuple(
            ReportView(
                task.name,
                task.stream.label,
                task.block,
                site_text(task.site),
                site_text(task.subscription.site),
            )
            for task in queue.ready
        ),
        queue.ident,
        any(stream.subscription is not None and stream.subscription.internal for stream in queue.streams),
    )


# -- locks -----------------------------------------------------------------------------------------------------------


def _runtime_locks(rt: Runtime) -> Iterator[LockView]:
    contexts = [context for device in rt.devices for context in device.contexts]
    for lock in (rt.subscription_lock, *(context.stream_lock for context in contexts)):
        if lock.owner is not None:
            yield LockView(lock.label, lock.owner.name)


def _locks_waited_for(rt: Runtime) -> dict[int, str]:
    """Name the locks of the program that threads wait for, by id; two made on one line get different names."""
    names: dict[int, str] = {}
    for thread in rt.host.threads:
        lock = None if thread.wait is None else thread.wait.on
        if _is_lock(lock) and id(lock) not in names:
            name = wanted = getattr(lock, "label", "") or str(lock)
            copy = 1
            while name in names.values():
                copy += 1
                name = f"{wanted}, no. {copy}"
            names[id(lock)] = name
    return names


def _program_locks(rt: Runtime, names: dict[int, str]) -> Iterator[LockView]:
    """Yield the program's own locks that threads wait for and somebody holds.

    A lock without a label that its waiter has taken itself is the inside of a condition: whoever notifies that
    gives it back.
    """
    seen: set[int] = set()
    for thread in rt.host.threads:
        lock = None if thread.wait is None else thread.wait.on
        owner = getattr(lock, "owner", None)
        if id(lock) not in names or id(lock) in seen:
            continue
        if isinstance(owner, HostThread) and (owner is not thread or _is_named(lock)):
            seen.add(id(lock))
            taken_at = site_text(getattr(lock, "site", None))
            yield LockView(names[id(lock)], owner.name, of_program=True, taken_at=taken_at)


def _is_lock(on: object) -> bool:
    """Tell a lock of the program: it has an owner and a label, and is none of ours."""
    return type(on) not in _KINDS and hasattr(on, "owner") and hasattr(on, "label")


def _is_named(lock: object) -> bool:
    """Tell a lock that the program has made itself from one inside a condition of its."""
    return bool(getattr(lock, "label", ""))
