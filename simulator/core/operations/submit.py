"""Putting tasks on a stream: back-pressure, the send lock, and the trace of what was launched."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from heapq import heappush
from typing import TYPE_CHECKING

from simulator.base.errors import Fault
from simulator.base.trace import SUBMITTED
from simulator.engine.hosts.sites import call_site
from simulator.engine.kernel import LIGHT

if TYPE_CHECKING:
    from simulator.core.runtime import Caller, Runtime
    from simulator.core.streams import Stream
    from simulator.core.tasks import Task
    from simulator.engine.hosts.sites import Site
    from simulator.engine.wait import Outcome, Wait

# Tasks are made when there is room for the first: their sequence numbers are then known.
Make = Callable[[], Sequence["Task"]]


def submit(
    rt: Runtime,
    me: Caller,
    stream: Stream,
    make: Make,
    kind: str,
    name: str | None = None,
    site: Site = None,
) -> Wait | None:
    """Queue the tasks that *make* returns, waiting for room as often as needed (rule e8).

    While a launch of several tasks waits half-way it holds the stream's send lock, and launches of other
    threads wait behind it.
    """
    if stream.sender is not None or len(stream.queue) >= stream.depth:
        return stream_room(stream, partial(submit, rt, me, stream, make, kind, name, site))
    return put(rt, me, stream, make(), kind, name, site)


def put(
    rt: Runtime,
    me: Caller,
    stream: Stream,
    tasks: Sequence[Task],
    kind: str,
    name: str | None = None,
    site: Site = None,
) -> Wait | None:
    """Queue *tasks* on a stream that has room for the first and no sender.

    *name* is else the first one's, *site* the line of the program that has called.
    """
    queue, count = stream.queue, len(tasks)
    if rt.sites:
        stream.sent_from.append((stream.submitted + 1, site or call_site(me.thread)))
    if rt.trace is not None:
        thread, first, last = me.thread, stream.submitted + 1, stream.submitted + count
        name, now = name or tasks[0].name, rt.kernel.now
        rt.trace.append_raw((SUBMITTED, now, thread.name, stream.label, first, last, kind, name, thread.site))
    if count > 1 and count > stream.depth - len(queue):
        return _append(rt, me, stream, tasks)
    # Stream.submit written out: this is the end of every launch.
    queue.extend(tasks)
    stream.submitted += count
    if not stream.busy:
        stream.busy = True
        kernel = stream.kernel
        heappush(kernel.heap, (kernel._now, LIGHT, next(kernel._eid), stream.start_entry))  # noqa: SLF001 - no call on the hot path
    return None


def _append(rt: Runtime, me: Caller, stream: Stream, tasks: Sequence[Task]) -> Wait | None:
    for at, task in enumerate(tasks):
        if stream.full:
            stream.sender = me.thread
            stream.unsent = rest = tasks[at:]
            return stream_room(stream, partial(_go_on, rt, me, stream, rest))
        stream.submit(task)
    if stream.sender is not None:
        stream.sender, stream.unsent = None, ()
        stream.admit()
    return None


def _go_on(rt: Runtime, me: Caller, stream: Stream, rest: Sequence[Task]) -> Wait | Fault | None:
    # Given up with everything else on the stream while this launch waited half-way.
    return _append(rt, me, stream, rest) if stream.unsent is rest else Fault.INVALID_HANDLE


def stream_room(stream: Stream, retry: Callable[[], Wait | Fault | None]) -> Wait:
    """Return a wait for room on *stream*, after which *retry* goes on with the launch."""

    def then(_outcome: Outcome) -> Wait | Fault | int | None:
        if not stream.live:
            return Fault.INVALID_HANDLE
        return stream.context.stop_code or retry()

    wait = stream.wait_room("launch into a full queue")
    wait.then = then
    return wait
