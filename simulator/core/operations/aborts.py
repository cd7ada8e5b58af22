"""Aborting and stopping: streams (rules e16, e17) and all streams of a device (rule g14)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from simulator.base.errors import Fault
from simulator.base.units import NS_PER_S, ms_to_ns
from simulator.core.events import Event
from simulator.core.operations.streams import DEVICE_USE_ONLY, PERSISTENT
from simulator.core.tasks import CallbackTask, WaitTask
from simulator.engine.wait import Outcome, Wait

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from simulator.core.devices import Device
    from simulator.core.runtime import Caller, Runtime
    from simulator.core.streams import Stream

# Rule e16; what is over then stays in abort for good.
_LIMIT: Final = 60 * NS_PER_S


def stream_abort(rt: Runtime, me: Caller, stream: Stream) -> object:
    """Stop the running task, drop those behind it, and let the stream go on (rule e16).

    Meanwhile syncs and launches of other threads get 107023, those that wait already included.
    """
    device = stream.context.device
    if device.refuses and not stream.flags & DEVICE_USE_ONLY:
        return None  # all its tasks are going already
    if rt.uses_notifies and stream.flags & PERSISTENT:
        return Fault.INTERNAL
    refuse(rt, me, (stream,), Fault.STREAM_ABORT)

    def drop(outcome: Outcome) -> object:
        lock = stream.context.stream_lock
        if lock.held_against(me.thread):
            return lock.wait("stream_abort", drop)
        if outcome is Outcome.EXPIRED:
            return Fault.WAIT_TIMEOUT
        _start_anew((stream,), "its stream was aborted")
        return None

    return _wait(rt, "stream_abort", stream, rt.profile.costs.abort_latency_ns, _LIMIT, drop)


def device_task_abort(rt: Runtime, me: Caller, device: Device, timeout_ms: int) -> object:
    """Drop all tasks of a device, in *timeout_ms* at most, 0 for no limit (rule g14).

    Meanwhile submits and syncs get 107022. Afterwards nothing is left of earlier failures.
    """
    if not device.contexts:
        return Fault.CONTEXT_NULL
    device.refuses = Fault.DEVICE_TASK_ABORT
    refuse(rt, me, _streams_of(device), Fault.DEVICE_TASK_ABORT)

    def drop(outcome: Outcome) -> object:
        if outcome is Outcome.EXPIRED:
            return Fault.WAIT_TIMEOUT
        device.refuses = None
        streams = _streams_of(device)
        _start_anew(streams, "the tasks of its device were aborted")
        for context in device.contexts:
            context.stop_code = device.lost
        for stream in streams:
            stream.take_error()
        return None

    limit = ms_to_ns(timeout_ms) if timeout_ms else None
    return _wait(rt, "device_task_abort", device, rt.profile.costs.abort_latency_ns, limit, drop)


def stream_stop(rt: Runtime, stream: Stream) -> Fault | None:
    """Stop the running task and start no other; the tasks stay (rule e17).

    What lets a stopped stream go on is not known; here it stands still until it is aborted or destroyed.
    """
    if stream.refuses:
        return stream.refuses
    _stand_still(rt, stream)
    stream.stopped, stream.stopped_by = stream.busy, rt.here()
    return None


def _streams_of(device: Device) -> list[Stream]:
    every = (stream for context in device.contexts for stream in context.streams)
    return [*device.private, *(stream for stream in every if not stream.flags & DEVICE_USE_ONLY)]


def _stand_still(rt: Runtime, stream: Stream) -> None:
    """Let nothing that is under way reach the stream any more; its tasks stay."""
    rt.kernel.forget_all(stream)
    head = stream.queue[0] if stream.queue else None
    stream.release_engine()
    for engine in stream.context.device.engines:
        engine.forget(stream)
    if stream.gate is not None:
        stream.gate.close()
    elif isinstance(head, WaitTask):
        head.signal.let_go(stream)
    elif isinstance(head, CallbackTask) and head in head.queue.post_waits:
        head.queue.post_waits.remove(head)
    stream.busy = bool(stream.queue)


def refuse(rt: Runtime, me: Caller, streams: Iterable[Stream], fault: Fault) -> None:
    """Halt *streams*, and answer their submits and syncs with *fault* from now on, and everybody who waits for one.

    The caller keeps their send locks: nobody else gets a task in (rule e16).
    """
    refused = list(streams)
    for stream in refused:
        _stand_still(rt, stream)
        stream.refuses = stream.refused = fault
        stream.sender = me.thread
        settle, stream.settle_waits = stream.settle_waits, []
        for wait in [*(wait for _, wait in settle), *stream.room_waits]:
            wait.cancel()
        stream.room_waits.clear()
    for thing in list(rt.handles.live.values()):
        if isinstance(thing, Event):
            thing.give_up(lambda recording: recording.source in refused)


def _start_anew(streams: Iterable[Stream], reason: str) -> None:
    """Drop everything, the running tasks included; then the streams take launches again."""
    for stream in streams:
        stream.drop(reason)
        stream.given_up = stream.done
        stream.last_callback, stream.stopped, stream.refuses = None, False, None
        stream.admit()


def _wait(
    rt: Runtime, op: str, on: object, takes: int, limit: int | None, then: Callable[[Outcome], object]
) -> Wait:
    """Return a wait for an abort that takes its time, or for *limit* ns if that is less."""
    wait = Wait(op, on, then=then)
    if limit is None or takes <= limit:
        rt.kernel.after(takes, wait.fire)
    else:
        rt.kernel.after(limit, wait.expire)
    return wait
