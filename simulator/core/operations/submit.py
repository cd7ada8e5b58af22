"""Putting tasks on a stream: back-pressure, the send lock, and the trace of what was launched."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from simulator.base.errors import Fault
from simulator.base.trace import Submitted

if TYPE_CHECKING:
    from simulator.core.runtime import Caller, Runtime
    from simulator.core.streams import Stream
    from simulator.core.tasks import Task
    from simulator.engine.wait import Outcome, Wait

# Tasks are made when there is room for the first: their sequence numbers are then known.
Make = Callable[[], Sequence["Task"]]


def submit(  # noqa: PLR0913 - a launch is all of this
    rt: Runtime, me: Caller, stream: Stream, make: Make, kind: str, name: str
) -> Wait | None:
    """Queue the tasks that *make* returns, waiting for room as often as needed (rule e8).

    While a launch of several tasks waits half-way it holds the stream's send lock, and launches of other threads
    wait behind it.
    """
    if stream.sender is not None or stream.full:
        return stream_room(stream, lambda: submit(rt, me, stream, make, kind, name))
    tasks = make()
    first = stream.submitted + 1
    if rt.trace is not None:
        thread = me.thread
        last = first + len(tasks) - 1
        rt.trace.append(
            Submitted(rt.kernel.now, thread.name, stream.label, first, last, kind, name, thread.site)
        )
    return _append(rt, me, stream, tasks)


def _append(rt: Runtime, me: Caller, stream: Stream, tasks: Sequence[Task]) -> Wait | None:
    for at, task in enumerate(tasks):
        if stream.full:
            stream.sender = me.thread
            rest = tasks[at:]
            return stream_room(stream, lambda: _append(rt, me, stream, rest))
        stream.submit(task)
    if stream.sender is not None:
        stream.sender = None
        stream.admit()
    return None


def stream_room(stream: Stream, retry: Callable[[], Wait | None]) -> Wait:
    """Return a wait for room on *stream*, after which *retry* goes on with the launch."""

    def then(_outcome: Outcome) -> Wait | Fault | int | None:
        if not stream.live:
            return Fault.INVALID_HANDLE
        return stream.context.stop_code or retry()

    wait = stream.wait_room("launch into a full queue")
    wait.then = then
    return wait
