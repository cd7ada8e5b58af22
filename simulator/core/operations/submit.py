"""Putting tasks on a stream: back-pressure, the send lock, and the trace of what was launched."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from heapq import heappush
from typing import TYPE_CHECKING, Final

from simulator.base.errors import Fault
from simulator.base.trace import SUBMITTED, TASK_ACCESS
from simulator.engine.hosts.sites import call_site
from simulator.engine.hosts.thread import os_thread
from simulator.engine.kernel import LIGHT
from simulator.engine.wait import CANCELLED

if TYPE_CHECKING:
    from simulator.core.accesses import Touches
    from simulator.core.runtime import Caller, Runtime
    from simulator.core.streams import Stream
    from simulator.core.tasks import Task
    from simulator.engine.hosts.sites import Site
    from simulator.engine.wait import Outcome, Wait

# Tasks are made when there is room for the first: their sequence numbers are then known.
Make = Callable[[], Sequence["Task"]]
# Frames up from `call_site` when `put` asks: behind it stand the operation, its compiled row, and the function of the
# surface.
_PROGRAM: Final = 5


def submit(
    rt: Runtime,
    me: Caller,
    stream: Stream,
    make: Make,
    kind: str,
    name: str | None = None,
    site: Site = None,
    touches: Touches | None = None,
) -> Wait | Fault | None:
    """Queue the tasks that *make* returns, waiting for room as often as needed (rule e8).

    *touches* is what the first of them reads and writes. While a launch of several tasks waits half-way it holds the
    stream's send lock, and launches of other threads wait behind it.
    """
    if stream.sender is not None or len(stream.queue) >= stream.depth:
        return stream_room(stream, partial(submit, rt, me, stream, make, kind, name, site, touches))
    return put(rt, me, stream, make(), kind, name, site, touches)


def put(
    rt: Runtime,
    me: Caller,
    stream: Stream,
    tasks: Sequence[Task],
    kind: str,
    name: str | None = None,
    site: Site = None,
    touches: Touches | None = None,
) -> Wait | Fault | None:
    """Queue *tasks* on a stream that has room for the first and no sender.

    *name* is else the first one's, *site* the line of the program that has called, *touches* what the first task
    reads and writes.
    """
    queue, count = stream.queue, len(tasks)
    if rt.sites:
        _note_launch(rt, me, stream, tasks, kind, name, site or call_site(me.thread, _PROGRAM))
        if touches is not None:
            _note_touches(rt, stream, touches)
    if count > 1 and count > stream.depth - len(queue):
        return _append(rt, me, stream, tasks)
    # Stream.submit written out: this is the end of every launch.
    queue.extend(tasks)
    stream.submitted += count
    me.last_sent = stream.submitted
    if not stream.busy:
        stream.busy = True
        kernel = stream.kernel
        heappush(kernel.heap, (kernel._now, LIGHT, next(kernel._eid), stream.start_entry))  # noqa: SLF001 - no call on the hot path
    return None


def put_one(
    rt: Runtime,
    me: Caller,
    stream: Stream,
    task: Task,
    kind: str,
    site: Site = None,
    touches: Touches | None = None,
) -> Wait | Fault | None:
    """Do as `put` for a single task: most launches have no more."""
    if rt.sites:
        _note_launch(rt, me, stream, (task,), kind, None, site or call_site(me.thread, _PROGRAM))
        if touches is not None:
            _note_touches(rt, stream, touches)
    stream.queue.append(task)
    stream.submitted += 1
    me.last_sent = stream.submitted
    if not stream.busy:
        stream.wake()
    return None


def _note_launch(
    rt: Runtime, me: Caller, stream: Stream, tasks: Sequence[Task], kind: str, name: str | None, site: Site
) -> None:
    """Keep where the program launched *tasks*, and record that they are put on *stream*."""
    first = stream.submitted + 1
    stream.sent_from.append((first, site))
    if rt.failures.listeners:
        stream.sent_by.append((first, os_thread()))
    if rt.trace is not None:
        last, name = stream.submitted + len(tasks), name or tasks[0].name
        now = stream.kernel._now  # noqa: SLF001 - no call on the hot path
        rt.trace.append_raw((SUBMITTED, now, me.thread.name, stream.label, first, last, kind, name, site))


def _note_touches(rt: Runtime, stream: Stream, touches: Touches) -> None:
    """Record what the task reads and writes that is put on *stream* next."""
    if rt.trace is not None:
        rt.trace.append_raw((TASK_ACCESS, rt.kernel.now, stream.label, stream.submitted + 1, *touches))


def _append(rt: Runtime, me: Caller, stream: Stream, tasks: Sequence[Task]) -> Wait | Fault | None:
    for at, task in enumerate(tasks):
        if stream.full:
            stream.sender = me.thread
            stream.unsent = rest = tasks[at:]
            return stream_room(stream, partial(_go_on, rt, me, stream, rest))
        stream.submit(task)
        me.last_sent = stream.submitted
    if stream.sender is not None:
        stream.sender, stream.unsent = None, ()
        stream.admit()
    return None


def _go_on(rt: Runtime, me: Caller, stream: Stream, rest: Sequence[Task]) -> Wait | Fault | None:
    # Given up with everything else on the stream while this launch waited half-way.
    return _append(rt, me, stream, rest) if stream.unsent is rest else Fault.INVALID_HANDLE


def stream_room(stream: Stream, retry: Callable[[], Wait | Fault | None]) -> Wait | Fault:
    """Return a wait for room on *stream*, after which *retry* goes on with the launch; none while it is aborted."""
    if stream.refuses is not None:
        return stream.refuses

    def then(outcome: Outcome) -> Wait | Fault | int | None:
        if not stream.live:
            return Fault.INVALID_HANDLE
        if outcome is CANCELLED:
            return stream.refused
        return stream.context.stop_code or retry()

    wait = stream.wait_room("launch into a full queue")
    wait.then = then
    return wait
