"""Heads of streams whose waits can end in several ways: it comes, the time is up, or the task is dropped.

A `Gate` stands for its stream wherever streams wait. It lets the stream go on only while its own task is still the
head: tasks may be dropped, and others queued, before the news arrives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from simulator.core.streams import Stream
    from simulator.core.tasks import Task


class Holder(Protocol):
    """What a gate waits at."""

    def let_go(self, stream: Gate) -> bool:
        """Forget that a gate waits; False when it does not wait any more."""


class Gate:
    """The stream whose head *task* waits at *holder*; with a *limit* in ns it fails with *code* when that is over."""

    __slots__ = ("_expiry", "_holder", "finish_entry", "label", "seq", "stream", "task")

    def __init__(self, stream: Stream, task: Task, holder: Holder, limit: int = 0, code: int = 0) -> None:
        self.stream = stream
        self.task = task
        self.label = stream.label
        self.seq = stream.done + 1
        self._holder = holder
        # As of a stream: what the event queue calls when the gate opens.
        self.finish_entry = self.open
        stream.gate = self
        self._expiry: Expiry | None = None
        if limit:
            self._expiry = Expiry(self, code)
            stream.kernel.after(limit, self._expiry)

    def __repr__(self) -> str:
        return f"<gate of {self.label} at {self._holder!r}>"

    @property
    def waits(self) -> bool:
        """True while the task is the head of its stream."""
        queue = self.stream.queue
        return bool(queue) and queue[0] is self.task

    def open(self) -> None:
        """Let the stream go on."""
        if self.waits:
            self._end()
            self.stream.finish()

    def close(self) -> None:
        """Wait no more: the task is given up."""
        self._holder.let_go(self)
        self._end()

    def expire(self, code: int) -> None:
        """Fail the task, unless what it waits for has come."""
        self._expiry = None
        if self._holder.let_go(self) and self.waits:
            self._end()
            self.stream.fail_head(code)

    def _end(self) -> None:
        self.stream.gate = None
        expiry, self._expiry = self._expiry, None
        if expiry is not None:
            self.stream.kernel.forget(expiry)


class Expiry:
    """The moment at which the time of a gate is up, as the event queue calls it."""

    # Nothing overtakes the clock: it comes only when everything that is due before it has been.
    in_time = True

    __slots__ = ("_code", "_gate", "label")

    def __init__(self, gate: Gate, code: int) -> None:
        self._gate = gate
        self._code = code
        self.label = f"time limit of {gate.label}"

    def __repr__(self) -> str:
        return f"<{self.label}>"

    def __call__(self) -> None:
        """Fail the task."""
        self._gate.expire(self._code)
