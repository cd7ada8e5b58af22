"""Report agents: report threads without code of their own, served inside the engine.

An agent does what a thread looping over process_report does, without a host thread and so several times
cheaper. It runs each function directly from the event queue, so functions must not call operations that wait.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappush
from typing import TYPE_CHECKING

from simulator.base.trace import CALLBACK_ENDED, CALLBACK_RELEASED, CALLBACK_STARTED, REPORTS_TAKEN
from simulator.engine.kernel import LIGHT

if TYPE_CHECKING:
    from simulator.core.reports import ReportQueue
    from simulator.core.tasks import CallbackTask


class ReportAgent:
    """Serves one report queue: one callback at a time, each taking `takes(task)` ns of simulated time."""

    __slots__ = (
        "_taken",
        "current",
        "end_entry",
        "finished_at",
        "kernel",
        "label",
        "queue",
        "takes",
        "trace",
    )

    def __init__(self, queue: ReportQueue, takes: Callable[[CallbackTask], int]) -> None:
        self.queue = queue
        self.takes = takes
        self.kernel = queue.device.kernel
        self.trace = queue.device.trace
        self.label = f"agent {queue.thread_name}"
        self.current: CallbackTask | None = None
        self.end_entry = self._end  # bound once
        # How many of the reports that the trace says were taken are still to be served.
        self._taken = 0
        self.finished_at = 0
        queue.agent = self

    def __repr__(self) -> str:
        return f"<{self.label} serving {self.current!r}>"

    def serve(self, task: CallbackTask) -> None:
        """Take up a report; no other is being served."""
        self.current = task
        queue = self.queue
        queue.held += 1
        if self.trace is not None:
            now, thread, stream, seq = self.kernel.now, queue.thread_name, task.stream.label, task.seq
            write = self.trace.append_raw
            if not self._taken:
                # As one process_report does: it takes everything that is ready now (rule c4).
                reports = tuple((each.stream.label, each.seq) for each in (task, *queue.ready))
                self._taken = len(reports)
                write((REPORTS_TAKEN, now, thread, queue.device.index, reports))
            self._taken -= 1
            write((CALLBACK_STARTED, now, thread, stream, seq, task.name))
        kernel = self.kernel  # Kernel.after written out, see ExecuteTask.begin
        heappush(kernel.heap, (kernel._now + self.takes(task), LIGHT, next(kernel._eid), self.end_entry))  # noqa: SLF001 - no call on the hot path

    def _end(self) -> None:
        task = self.current
        if task is None:
            return
        task.fn(task.data)
        queue = self.queue
        self.finished_at = now = self.kernel._now  # noqa: SLF001 - no call on the hot path
        if self.trace is not None:
            stream, write = task.stream.label, self.trace.append_raw
            write((CALLBACK_ENDED, now, queue.thread_name, stream, task.seq, task.name, None))
            if task.block:
                write((CALLBACK_RELEASED, now, stream, task.seq))
        queue.held -= 1
        if queue.ready:
            self.serve(queue.ready.popleft())
        else:
            self.current = None
        # Only then: what is let in now must queue up behind what was there.
        if queue.post_waits:
            queue.admit()
        if task.block:
            task.release()
