"""Failed tasks, told to the functions that a program has registered for them (rules i1, i2).

A failure is told by the thread that finds it: the next that synchronises with the stream, asks it, or takes it down.
So it is on STARS, where that thread looks at what the device reports; on the older products it is a thread of the
runtime's own, as early (there UNVERIFIED here). A function that is told may ask about the failure while it runs.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Container
from typing import TYPE_CHECKING, Final, NamedTuple

from simulator.base.errors import InternalError
from simulator.engine.hosts.ends import ThreadKilled

if TYPE_CHECKING:
    from simulator.core.runtime import Runtime
    from simulator.core.streams import Stream

NOBODY: Final = 0xFFFF_FFFF
# The one slot of aclrtSetExceptionInfoCallback; every function registered otherwise is its own key.
SLOT: Final = "the slot of set_exception_info_callback"


class ExceptionInfo(NamedTuple):
    """One failure, as its handle stands for it while somebody is told."""

    stream: Stream | None
    task_id: int
    stream_id: int
    thread_id: int
    device_id: int
    code: int


class Failures:
    """Who wants to hear of failures, by key, and what has not been told yet. Without a listener nothing is kept."""

    __slots__ = ("listeners", "pending")

    def __init__(self) -> None:
        self.listeners: dict[object, Callable[[int], object]] = {}
        self.pending: deque[ExceptionInfo] = deque()

    def __repr__(self) -> str:
        return f"<failures: {len(self.listeners)} listeners, {len(self.pending)} not told>"

    def task_failed(self, stream: Stream, seq: int, code: int) -> None:
        """Keep the failure of task *seq* for whoever comes to *stream* next."""
        if self.listeners:
            device, sender = stream.context.device.index, stream.thread_of(seq)
            self.pending.append(ExceptionInfo(stream, task_id(seq), stream.index, sender, device, code))

    def device_lost(self, device: int, code: int) -> None:
        """Keep the loss of a device, which is no task's failure (rule i5)."""
        if self.listeners:
            self.pending.append(ExceptionInfo(None, NOBODY, NOBODY, NOBODY, device, code))

    def take(self, streams: Container[Stream]) -> list[ExceptionInfo]:
        """Return what is to be told to a thread that has come to *streams*."""
        mine = [info for info in self.pending if info.stream is None or info.stream in streams]
        self.pending = deque(info for info in self.pending if info not in mine)
        return mine


def task_id(seq: int) -> int:
    """Return the id of task *seq* of its stream: they count from 0."""
    return (seq - 1) & NOBODY


def tell_failures(rt: Runtime, streams: Container[Stream]) -> None:
    """Call every registered function with each failure of *streams* that was not told.

    One that raises is forgotten, as the binding does it, and the others are called all the same; then SystemError:
    the call that met the failure returns with an exception set.
    """
    if not rt.failures.pending:
        return
    raised: BaseException | None = None
    for info in rt.failures.take(streams):
        handle = rt.handles.add(info)
        try:
            for key, listener in list(rt.failures.listeners.items()):
                error = _call(rt, listener, handle)
                if error is not None:
                    raised = raised or error
                    rt.failures.listeners.pop(key, None)
        finally:
            rt.handles.remove(handle)
    if raised is not None:
        msg = "the call returned a result with an exception set"
        raise SystemError(msg) from raised


def _call(rt: Runtime, listener: Callable[[int], object], handle: int) -> BaseException | None:
    host = rt.host
    if host.monitored:
        host.leave()
    try:
        listener(handle)
    except (ThreadKilled, KeyboardInterrupt, InternalError):
        raise  # the run's end, not the function's own
    except BaseException as error:  # SystemExit too: the binding treats it as any other
        if host.end is not None:
            raise
        rt.note(
            "exception-callback-raised",
            f"the function for failed tasks raised {type(error).__name__}: {error}; the binding forgets it, and the "
            "call that met the failure raises SystemError",
            "i1",
        )
        return error
    finally:
        if host.monitored:
            host.enter()
    return None
