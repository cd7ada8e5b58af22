"""Events: create, record, wait, query, synchronise, time (rules f1-f14)."""

from __future__ import annotations

import ctypes
from functools import partial
from typing import TYPE_CHECKING, Final

from simulator.base.errors import Fault
from simulator.base.trace import EventBound, Synchronized
from simulator.base.units import NS_PER_S
from simulator.core.accesses import note_awaited
from simulator.core.events import Event, EventFlag, EventKind
from simulator.core.failures import tell_failures
from simulator.core.operations.submit import put_one, submit
from simulator.core.tasks import RecordTask, ResetTask, Task, WaitTask, record_of
from simulator.core.waits import TimedWaitTask
from simulator.engine.hosts.sites import site_text
from simulator.engine.wait import Outcome, Wait

if TYPE_CHECKING:
    from simulator.core.runtime import Caller, Runtime
    from simulator.core.signals import Signal
    from simulator.core.streams import Stream

DEFAULT_FLAGS: Final = int(EventFlag.DEFAULT_SYNC | EventFlag.TIME_LINE)
_NS_PER_MS: Final = 1_000_000
# A member looked up on its enum costs more than the rest of the test.
_OLD: Final = EventKind.OLD
# Rule f5: old events with one of these wait for the device-side flag, whichever record sets it.
_WAITS_FOR_FLAG: Final = int(EventFlag.SYNC | EventFlag.EXTERNAL)


def create_event(rt: Runtime, me: Caller, kind: EventKind, flags: int) -> tuple[int] | Fault:
    """Create an event in the current context's device: (handle,), or EVENTS_EXHAUSTED (207007, rule f3).

    Only create_event_with_flag takes an id at once; the default event takes one at its first record, and the
    new kind is not bound by the hardware's count.
    """
    context = me.live_context
    if context is None:
        return Fault.CONTEXT_NULL
    device = context.device
    takes_id = kind is EventKind.OLD and flags != DEFAULT_FLAGS
    if takes_id and device.event_ids.exhausted:
        return Fault.EVENTS_EXHAUSTED
    event = Event(device, rt.name("event"), kind, flags, site=rt.here())
    if takes_id:
        event.number = device.event_ids.take()
    event.handle = rt.handles.add(event)
    return (event.handle,)


def destroy_event(rt: Runtime, event: Event) -> None:
    """Destroy at once; tasks that use it go on (rule f14)."""
    event.life.advance("drop", rt.kernel.now, rt.trace)
    rt.bury(event.handle, event.label, event.site)
    if event.number is None:
        return
    if event.kind is _OLD:
        event.device.give_event_id_back(event.number)
    else:
        event.device.new_event_ids.give_back(event.number)


def record_event(rt: Runtime, me: Caller, event: Event, stream: Stream) -> object:
    """Queue a record; the event's latest recording is this one from now on (rule f4)."""
    if event.records_outside:
        return Fault.PARAM_INVALID
    event.records_outside = False
    if stream.context.stop_code:
        return stream.context.stop_code
    if event.number is None and event.kind is _OLD:
        device = event.device
        if device.event_ids.exhausted:
            # Rule f3 (DOC): the record of a default event may block until an id is free.
            wait = Wait("record_event", device, then=lambda _: _record_later(rt, me, event, stream))
            device.event_waits.append(wait)
            return wait
        event.number = device.event_ids.take()

    if stream.sender is not None or len(stream.queue) >= stream.depth:
        return submit(rt, me, stream, partial(_record_task, event, stream), "record")
    # `_record_task` written out: nearly every record finds room.
    task = event.latest = record_of(event, stream, stream.submitted + 1)
    return put_one(rt, me, stream, task, "record")


def _record_task(event: Event, stream: Stream) -> tuple[RecordTask]:
    task = event.latest = record_of(event, stream, stream.submitted + 1)
    return (task,)


def _record_later(rt: Runtime, me: Caller, event: Event, stream: Stream) -> object:
    """Go on with a record that waited for an id, unless event or stream were destroyed meanwhile."""
    if event.life.state == "live" and stream.live:
        return record_event(rt, me, event, stream)
    return Fault.INVALID_HANDLE


def stream_wait_event(
    rt: Runtime, me: Caller, stream: Stream, event: Event, seconds: int | None = None
) -> object:
    """Make *stream* wait for the record that is latest now (rules f5-f8).

    After *seconds* the wait is a failed task, with TASK_TIMEOUT (107020); 0 is without limit, and None stands for
    what set_op_wait_timeout has set (rule f15).
    """
    if event.waits_outside:
        return Fault.PARAM_INVALID
    event.waits_outside = False
    if stream.context.stop_code:
        return stream.context.stop_code
    if event.device is not stream.context.device and rt.options.cross_device_waits == "ignored":
        return None
    signal = _binding(event, stream)
    if isinstance(signal, Fault):
        return signal
    if signal is None:
        _trace_bound(rt, stream, 0, event, event.latest)
        return None

    if stream.sender is not None or len(stream.queue) >= stream.depth:
        return submit(rt, me, stream, partial(_wait_task, rt, stream, event, signal, seconds), "wait")
    return put_one(rt, me, stream, _wait_task(rt, stream, event, signal, seconds)[0], "wait")


def _wait_task(rt: Runtime, stream: Stream, event: Event, signal: Signal, seconds: int | None) -> tuple[Task]:
    seq = stream.submitted + 1
    if event.kind is _OLD:  # nobody may ask the new kind (rule f10)
        event.waited_for(stream, seq)
    _trace_bound(rt, stream, seq, event, signal)
    seconds = rt.limits.wait_seconds if seconds is None else seconds
    if seconds:
        return (TimedWaitTask(signal, seconds * NS_PER_S, rt.code_of(Fault.TASK_TIMEOUT)),)
    return (WaitTask(signal),)


def _binding(event: Event, stream: Stream) -> Signal | Fault | None:
    """Return what a wait called now waits for; None when no task is needed."""
    latest = event.latest
    if event.kind is not _OLD:
        if latest is None or latest.time is not None or latest.source is stream:
            return None
        return latest
    if event.flags & _WAITS_FOR_FLAG:
        return event.flag
    if latest is None:
        return Fault.PARAM_INVALID
    if latest.time is None:
        return latest
    return None if event.flag.time is not None else event.flag


def _trace_bound(rt: Runtime, stream: Stream, seq: int, event: Event, signal: Signal | None) -> None:
    if rt.trace is not None:
        source = None if signal is None or signal.source is None else signal.source.label
        source_seq = 0 if signal is None else signal.source_seq
        site = site_text(rt.here()) if event.latest is None and seq == 0 else None
        rt.trace.append(EventBound(rt.kernel.now, stream.label, seq, event.label, source, source_seq, site))


def record_outside(event: Event) -> Fault:
    """Refuse a record that is to be seen outside of a capture: nothing here captures (rule f15)."""
    if event.records_outside is False:
        return Fault.PARAM_INVALID
    event.records_outside = True
    return Fault.STREAM_NOT_CAPTURED


def wait_outside(event: Event) -> Fault:
    """Refuse a wait for a record outside of a capture, as `record_outside` does."""
    if event.waits_outside is False:
        return Fault.PARAM_INVALID
    event.waits_outside = True
    return Fault.STREAM_NOT_CAPTURED


def reset_event(rt: Runtime, me: Caller, event: Event, stream: Stream) -> object:
    """Queue a reset of the event's flag: later waits need the next record (rule f12)."""
    if stream.context.stop_code:
        return stream.context.stop_code
    return submit(rt, me, stream, lambda: (ResetTask(event.flag),), "reset", event.label)


def reached(event: Event) -> bool:
    """Tell whether the latest record was reached and, for the old kind, not reset since."""
    if not event.complete_now:
        return False
    return event.kind is EventKind.NEW or event.flag.time is not None


def _note_reached(rt: Runtime, event: Event) -> None:
    latest = event.latest
    if latest is not None and latest.source is not None:
        note_awaited(rt, ((latest.source, latest.source_seq),))


def query_event(rt: Runtime, event: Event) -> tuple[int]:
    """0 complete (also when never recorded), 1 not ready (rule f9, the deprecated call)."""
    if event.latest is None or reached(event):
        _note_reached(rt, event)
        return (0,)
    rt.host.spin("query_event", event)
    return (1,)


def query_event_status(rt: Runtime, event: Event) -> tuple[int]:
    """1 complete, 0 not ready: the inverse of query_event; without a record only the new kind is complete."""
    if event.latest is None:
        return (int(event.kind is EventKind.NEW),)
    if reached(event):
        _note_reached(rt, event)
        return (1,)
    rt.host.spin("query_event_status", event)
    return (0,)


def query_event_wait_status(rt: Runtime, event: Event) -> tuple[int]:
    """0 when no wait task of the event is outstanding, else 1 (rule f10)."""
    if not event.wait_tasks_left():
        return (0,)
    rt.host.spin("query_event_wait_status", event)
    return (1,)


def synchronize_event(
    rt: Runtime, me: Caller, event: Event, timeout_ns: int | None = None, op: str = "synchronize_event"
) -> object:
    """Wait for the latest record; an event never recorded is no wait at all (rule f11).

    EVENT_SYNC_TIMEOUT (507047) when *timeout_ns* passes first. *op* is what the program called.
    """
    latest = event.latest
    if latest is None:
        return None
    began = rt.kernel.now

    def finish(outcome: Outcome) -> object:
        code = Fault.EVENT_SYNC_TIMEOUT if outcome is Outcome.EXPIRED else _lost(latest)
        if latest.source is not None:
            tell_failures(rt, (latest.source,))
        if rt.trace is not None:
            source = () if latest.source is None else ((latest.source.label, latest.source_seq),)
            name, number = me.thread.name, rt.code_of(code)
            rt.trace.append(Synchronized(rt.kernel.now, name, "synchronize_event", began, source, number))
        return code

    if latest.time is not None or _lost(latest):
        rt.host.give_way("synchronize")
        return finish(Outcome.FIRED)
    wait = Wait(op, event, timeout_ns, finish)
    # A loop of syncs that time out must not leave its dead waits behind.
    event.sync_waits = [entry for entry in event.sync_waits if entry[1].outcome is None]
    event.sync_waits.append((latest, wait))
    return wait


def _lost(recording: Signal) -> Fault | int | None:
    """Say why *recording* will never be reached: its device is lost (rule i5), or its stream aborted (e16, g14)."""
    stream = recording.source
    if recording.time is not None or stream is None:
        return None
    if stream.context.device.lost:
        return stream.context.device.lost
    return stream.refuses or (stream.refused if recording.source_seq <= stream.given_up else None)


def event_id(event: Event) -> tuple[int] | Fault:
    """Return the id of an event; INTERNAL (507000) for one that has none yet: it takes one at its first record.

    Where the new kind has its ids from is not known; here they are numbers of their own.
    """
    if event.number is None and event.kind is EventKind.NEW and event.latest is not None:
        event.number = event.device.new_event_ids.take()
    return Fault.INTERNAL if event.number is None else (event.number,)


def elapsed_ms(start: Event, end: Event) -> tuple[float] | Fault:
    """Milliseconds between two recorded time stamps; negative when reversed (rule f13)."""
    if start.latest is None or end.latest is None:
        return Fault.INTERNAL
    ticks_start, ticks_end = _ticks(start), _ticks(end)
    if ticks_start is None or ticks_end is None:
        return Fault.TIMESTAMP_INVALID
    per_ms = start.device.profile.runtime.event_ticks_per_ms
    # The C call gives a float: the same rounding.
    return (ctypes.c_float((ticks_end - ticks_start) / per_ms).value,)


def timestamp_us(event: Event) -> tuple[int] | Fault:
    """Return the time stamp of the latest record in microseconds (rule f13)."""
    if event.latest is None:
        return Fault.INTERNAL
    ticks = _ticks(event)
    if ticks is None:
        return Fault.TIMESTAMP_INVALID
    return (ticks * 1000 // event.device.profile.runtime.event_ticks_per_ms,)


def _ticks(event: Event) -> int | None:
    if event.latest is None or event.latest.time is None or not event.timed:
        return None
    return event.latest.time * event.device.profile.runtime.event_ticks_per_ms // _NS_PER_MS
