"""Causes that lie in tasks: one that is still pending, one that has failed before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from acl_api import codes
from acl_api.causes.failure import at
from simulator.core.events import Event
from simulator.core.models import ComputingTask
from simulator.core.snapshot import picture_stream

if TYPE_CHECKING:
    from acl_api.causes.failure import Failure, Told
    from simulator.core.streams import Stream


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
    what = f"event {event.label}{at(event.site, 'made')} was not reached in time"
    if source is not None:
        what += f"; its record is queued on stream {source.label}"
        what += "".join(f"; {text}" for text in _pending(failure, source))
    return what, "The tasks go on: a later sync may succeed."


def _pending(failure: Failure, stream: Stream) -> Iterator[str]:
    if not stream.queue:
        return
    everywhere = [
        each for device in failure.rt.devices for context in device.contexts for each in context.streams
    ]
    view = picture_stream(stream, everywhere)
    text = f"stream {stream.label} has {view.waiting} tasks pending, first {view.head_kind} {view.head}"
    if view.report_of is not None:
        text = (
            f"stream {stream.label} has {view.waiting} tasks pending, first callback {view.report_of}, which thread "
            f"{view.report_thread} has to run in acl.rt.process_report"
        )
    yield text + (f", launched at {view.launched_at}" if view.launched_at else "")


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
