"""Causes that lie in tasks: one that is still pending, one that has failed before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, cast

from acl_api import codes
from acl_api.causes.failure import at, made
from simulator.core.events import Event
from simulator.core.models import ComputingTask
from simulator.core.snapshot import picture_stream

if TYPE_CHECKING:
    from acl_api.causes.failure import Failure, Told
    from simulator.core.streams import Stream


_TIMES: Final = "Record it, and wait for the record (acl.rt.synchronize_event), before asking for its time."
# Rules f5, f13: what these codes of these calls come to when an event has no record.
_RECORD_FIRST: Final = {
    ("stream_wait_event", codes.ACL_ERROR_RT_PARAM_INVALID): "Call acl.rt.record_event first: only events of "
    "acl.rt.create_event_with_flag(1) and acl.rt.create_event_ex_with_flag may be waited for before.",
    ("event_elapsed_time", codes.ACL_ERROR_RT_INTERNAL_ERROR): _TIMES,
    ("event_get_timestamp", codes.ACL_ERROR_RT_INTERNAL_ERROR): _TIMES,
}


def sync_timeout(failure: Failure) -> Told:
    """507046: name the pending tasks, of one stream or of all that were waited for."""
    stream, context = failure.stream, failure.me.context
    streams = [stream] if stream is not None else list(context.streams if context is not None else ())
    pending = [text for each in streams for text in _pending(failure, each)]
    what = "not all tasks were done in time" + (f"; {'; '.join(pending)}" if pending else "")
    return (
        what,
        "The tasks go on: a later sync may succeed. If it never does, see who should complete the first one.",
    )


def event_timeout(failure: Failure) -> Told | None:
    """507047: say where the record is queued, and behind what."""
    event = cast("Event | None", failure.of(Event))
    if event is None:
        return None
    source = None if event.latest is None else event.latest.source
    what = f"event {made(event)} was not reached in time"
    if source is not None:
        what += f"; its record is queued on stream {source.label}"
        what += "".join(f"; {text}" for text in _pending(failure, source))
    return what, "The tasks go on: a later sync may succeed."


def never_recorded(failure: Failure) -> Told | None:
    """Name the event whose record is missing: a wait that would have no end, times that nobody took."""
    mend = _RECORD_FIRST.get((failure.row.op, failure.code))
    events = [value for value in failure.values if isinstance(value, Event)]
    missing = next((event for event in events if event.latest is None), None)
    if mend is None or missing is None:
        return None
    return f"event {made(missing)} was never recorded", mend


def _pending(failure: Failure, stream: Stream) -> Iterator[str]:
    if not stream.queue:
        return
    everywhere = [
        each for device in failure.rt.devices for context in device.contexts for each in context.streams
    ]
    view = picture_stream(stream, everywhere)
    count = "1 task" if view.waiting == 1 else f"{view.waiting} tasks"
    launched = f", launched at {view.launched_at}" if view.launched_at else ""
    first = f"first {view.head_kind} {view.head}{launched}"
    if view.report_of is not None:
        state = _state(failure, stream)
        first = f"first callback {view.report_of}{launched}, which thread {view.report_thread} {state}"
    yield f"stream {stream.label} has {count} pending, {first}"


def _state(failure: Failure, stream: Stream) -> str:
    """Tell what keeps the callback at the head of *stream*: its own work, or that nobody has begun with it."""
    callback, host = stream.callback_at_head(), failure.rt.host
    runner = next((thread for thread in host.threads if callback in thread.doing), None)
    if runner is None:
        return "has to run in acl.rt.process_report"
    where = host.where(runner)
    return "is running" if where is None else f"is running, now at {where}"


def task_failed(failure: Failure) -> Told | None:
    """Attribute a code that a task has left behind to that task."""
    stream, context = failure.stream, failure.me.context
    streams = [stream] if stream is not None else []
    streams += [] if context is None else context.streams
    for each in streams:
        if each.failure is not None and each.failure[3] == failure.code:
            task, seq, site, _ = each.failure
            info = codes.meaning(failure.code)
            said = "it failed" if info is None else info.meaning
            launched = at(site, "launched")
            what = f"asynchronous: {said} in task {seq} of stream {each.label}, {task.kind} {task.name}{launched}"
            if isinstance(task, ComputingTask) and task.effect.why:
                what = f"{what}: {task.effect.why}"
            return what, "This call only reports it: look at that launch, its model and its buffers."
    return None
