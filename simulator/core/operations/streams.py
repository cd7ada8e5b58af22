"""Streams: create, destroy, synchronise, query (rules e1-e19)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from simulator.base.errors import Fault
from simulator.base.trace import StreamCreated, Synchronized
from simulator.core.accesses import note_awaited
from simulator.core.failures import tell_failures
from simulator.core.operations.reports import unsubscribe_stream
from simulator.core.states import STREAM_CREATED, STREAM_DESTROYED
from simulator.core.streams import Stream
from simulator.engine.wait import EXPIRED, FIRED

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.core.contexts import Context
    from simulator.core.runtime import Caller, Runtime
    from simulator.engine.wait import Outcome

COMPLETE: Final = 0
NOT_READY: Final = 1
# Rule e11: streams with one of these flags are never waited for.
PERSISTENT: Final = 0x04
HUGE: Final = 0x08
CPU_SCHEDULE: Final = 0x10
DEVICE_USE_ONLY: Final = 0x20
UNSYNCED: Final = PERSISTENT | CPU_SCHEDULE | DEVICE_USE_ONLY
_ALL_FLAGS: Final = 0x3F


def make_stream(
    rt: Runtime, context: Context, label: str, *, priority: int = 0, flags: int = 0
) -> Stream | None:
    """Take a stream of the context's device; None when the device has none left (rule e6)."""
    device = context.device
    if device.streams_used >= device.profile.limits.streams:
        return None
    limits = device.profile.limits
    # Rule e5: out of range is clamped silently.
    priority = max(limits.priority_greatest, min(priority, limits.priority_least))
    flags &= _ALL_FLAGS
    stream = Stream(context, device.next_stream, label, priority=priority, flags=flags, site=rt.here())
    device.next_stream += 1
    device.streams_used += 1
    stream.stop_on_failure = context.stop_on_failure
    stream.handle = rt.handles.add(stream)
    if device.refuses:  # its send lock is held, too
        stream.refuses = stream.refused = device.refuses
        stream.sender = rt.host.current()
    if rt.faults is not None:
        rt.faults.watch(stream)
    if rt.trace is not None:
        rt.trace.append(StreamCreated(rt.kernel.now, label, device.index, context.label))
    context.streams.append(stream)
    rt.stream_states.tell(rt, stream.handle, STREAM_CREATED)
    return stream


def create_stream(rt: Runtime, me: Caller, priority: int = 0, flags: int = 0) -> object:
    """Create a stream in the current context: (handle,), or STREAMS_EXHAUSTED (207008).

    Blocks behind a synchronize_device of another thread in this context (rule e15).
    """
    context = me.live_context
    if context is None:
        return Fault.CONTEXT_NULL
    if context.stream_lock.held_against(me.thread):
        return context.stream_lock.wait("create_stream", lambda _: create_stream(rt, me, priority, flags))
    label = rt.name(f"stream-{context.device.index}.{context.device.next_stream}")
    stream = make_stream(rt, context, label, priority=priority, flags=flags)
    return Fault.STREAMS_EXHAUSTED if stream is None else (stream.handle,)


def destroy_stream(rt: Runtime, me: Caller, stream: Stream) -> object:
    """Wait without limit for the pending tasks, then unsubscribe and destroy (rules e9, b17)."""
    if not stream.live:  # destroyed by another thread while this one waited
        return Fault.INVALID_HANDLE
    lock = stream.context.stream_lock
    if lock.held_against(me.thread):
        return lock.wait("destroy_stream", lambda _: destroy_stream(rt, me, stream))
    if not stream.idle:
        wait = stream.wait_settled("destroy_stream", stream.submitted)
        wait.then = lambda _: destroy_stream(rt, me, stream)
        return wait
    note_awaited(rt, ((stream, stream.done),))
    remove_stream(rt, stream, "its stream was destroyed")
    tell_failures(rt, (stream,))
    return None


def destroy_stream_force(rt: Runtime, me: Caller, stream: Stream) -> object:
    """Drop what is pending and destroy at once (rule e9)."""
    if not stream.live:
        return Fault.INVALID_HANDLE
    lock = stream.context.stream_lock
    if lock.held_against(me.thread):
        return lock.wait("destroy_stream_force", lambda _: destroy_stream_force(rt, me, stream))
    remove_stream(rt, stream, "its stream was destroyed by force")
    return None


def remove_stream(rt: Runtime, stream: Stream, reason: str) -> None:
    """Take a stream out of the world: drop its tasks, its subscription, its handle and its place."""
    rt.stream_states.tell(rt, stream.handle, STREAM_DESTROYED)
    now = rt.kernel.now
    stream.life.advance("destroy", now, rt.trace)
    stream.drop(reason)
    unsubscribe_stream(rt, stream, reason)
    stream.life.advance("released", now, rt.trace)
    stream.admit()
    rt.bury(stream.handle, stream.label, stream.site)
    context = stream.context
    context.streams.remove(stream)
    if context.default_stream is stream:  # rule a6: NULL has nothing to stand for any more
        context.default_stream = None
    context.device.streams_used -= 1


def renew_stream(rt: Runtime, stream: Stream) -> None:
    """Put a fresh stream in the place of one whose tasks were dropped while its head was running.

    The engine still ends that head later, on the old object: the new tasks of the handle must not hear of it.
    """
    fresh = Stream(stream.context, stream.index, stream.label, priority=stream.priority, flags=stream.flags)
    fresh.handle, fresh.site = stream.handle, stream.site
    fresh.submitted = fresh.done = stream.submitted
    fresh.error, fresh.stop_on_failure = stream.error, stream.stop_on_failure
    fresh.resources, fresh.switches = stream.resources, stream.switches
    fresh.given_up = stream.given_up
    # Whoever waits to launch on the old one finds it gone. No record: to the program it is the same stream.
    transition = {"failed": "fail", "destroying": "destroy"}.get(stream.life.state)
    if transition is not None:
        fresh.life.advance(transition, rt.kernel.now, None)
    stream.life.advance("drop", rt.kernel.now, None)
    stream.admit()
    if rt.faults is not None:
        rt.faults.watch(fresh)
    rt.handles.live[stream.handle] = fresh
    context = stream.context
    context.streams[context.streams.index(stream)] = fresh
    if context.default_stream is stream:
        context.default_stream = fresh


def synchronize_stream(
    rt: Runtime, me: Caller, stream: Stream, timeout_ns: int | None = None, op: str = "synchronize_stream"
) -> object:
    """Wait for the tasks submitted before the call; then the stored failure, once (rules e11-e13).

    STREAM_SYNC_TIMEOUT (507046) when *timeout_ns* passes first; the tasks go on. *op* is what the program called.
    """
    if stream.flags & UNSYNCED:
        return None
    if stream.refuses:
        return stream.refuses
    if stream.context.stop_code:
        tell_failures(rt, (stream,))
        return stream.context.stop_code
    target = stream.submitted
    # Without a trace nothing has to be kept for the end.
    if rt.trace is None and not rt.failures.listeners:
        finish: Callable[[Outcome], object] = stream.settled
    else:
        finish = partial(_settled, rt, me, stream, rt.kernel.now, target)
    if stream.done >= target:
        rt.host.give_way("synchronize")
        return finish(FIRED)
    wait = stream.wait_settled(op, target, timeout_ns)
    wait.then = finish
    return wait


def _settled(rt: Runtime, me: Caller, stream: Stream, began: int, target: int, outcome: Outcome) -> object:
    tell_failures(rt, (stream,))
    code = stream.settled(outcome)
    _trace_sync(rt, me, "synchronize_stream", began, ((stream.label, target),), code)
    return code


def synchronize_device(
    rt: Runtime, me: Caller, context: Context, timeout_ns: int | None = None, op: str = "synchronize_device"
) -> object:
    """Synchronise every stream of the current context, one after the other, on one budget (rule e15).

    Holds the context's stream list meanwhile: create and destroy in other threads block behind it. *op* is what
    the program called.
    """
    if context.device.refuses or context.stop_code:
        tell_failures(rt, context.streams)
        return context.device.refuses or context.stop_code
    began = rt.kernel.now
    lock = context.stream_lock
    if lock.held_against(me.thread):
        return lock.wait(op, lambda _: synchronize_device(rt, me, context, timeout_ns, op))
    lock.acquire(me.thread)
    streams = [stream for stream in context.streams if not stream.flags & UNSYNCED]
    targets = tuple((stream.label, stream.submitted) for stream in streams)
    left = list(zip(streams, (target for _, target in targets), strict=True))

    def finish(code: Fault | int | None) -> object:
        lock.release()
        tell_failures(rt, streams)
        _trace_sync(rt, me, "synchronize_device", began, targets, code)
        return code or None

    def proceed(outcome: Outcome) -> object:
        if outcome is not FIRED:
            return finish(_unfinished(rt, me, left[0][0], outcome))
        while left:
            stream, target = left[0]
            if stream.done < target and not stream.refuses:
                rest = None if timeout_ns is None else max(0, timeout_ns - (rt.kernel.now - began))
                wait = stream.wait_settled(op, target, rest)
                wait.then = proceed
                return wait
            left.pop(0)
            error = stream.refuses or context.stop_code or stream.take_error()
            if error:
                return finish(error)
        return finish(None)

    return proceed(FIRED)


def _unfinished(rt: Runtime, me: Caller, stream: Stream, outcome: Outcome) -> Fault | None:
    """Return what a device sync comes to that has met its time-out, or an abort, at *stream*."""
    if outcome is EXPIRED:
        _note_kept_gil(rt, me, stream)
        return Fault.STREAM_SYNC_TIMEOUT
    return stream.refused


def _note_kept_gil(rt: Runtime, me: Caller, stream: Stream) -> None:
    """Tell that the one sync which keeps the GIL has waited in vain for a callback that needed it (pyacl.md)."""
    callback = stream.callback_at_head()
    if not rt.host.models_gil or callback is None or callback.subscription.internal:
        return
    if callback.queue.ident != me.thread.ident:  # else the caller waits for itself, whoever has the GIL
        rt.note(
            "gil-kept",
            f"synchronize_device_with_timeout kept the GIL for its whole timeout, and callback {callback.name} of "
            f"stream {stream.label} needed it to run on {callback.queue.thread_name}: acl.rt.synchronize_device lets "
            "go of it",
            "e15",
        )


def _trace_sync(
    rt: Runtime,
    me: Caller,
    op: str,
    began: int,
    targets: tuple[tuple[str, int], ...],
    code: Fault | int | None,
) -> None:
    if rt.trace is not None:
        rt.trace.append(Synchronized(rt.kernel.now, me.thread.name, op, began, targets, rt.code_of(code)))


def query_stream(rt: Runtime, stream: Stream) -> tuple[int] | Fault | int:
    """COMPLETE or NOT_READY, looking at the whole queue; a failure does not show here (rules e11b, e14)."""
    if stream.refuses or stream.context.stop_code:
        return stream.refuses or stream.context.stop_code
    tell_failures(rt, (stream,))
    if stream.flags & UNSYNCED:
        return (COMPLETE,)
    if stream.idle:
        note_awaited(rt, ((stream, stream.done),))
        return (COMPLETE,)
    rt.host.spin("stream_query", stream)
    return (NOT_READY,)
