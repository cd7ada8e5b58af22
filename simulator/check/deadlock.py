"""From a snapshot of who waits for what to sentences: the wait-for chain of a run that could not go on.

The chain runs thread → stream → task → callback → report thread → event, from each thread that waits without a
timeout, and ends where it closes on itself or at somebody who will never act.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.base.units import format_duration

if TYPE_CHECKING:
    from simulator.core.snapshot import QueueView, Snapshot, StreamView, ThreadView


def explain(snapshot: Snapshot) -> tuple[str, ...]:
    """Return the chain in sentences, the first victim first; each thing is explained once."""
    return tuple(_Explanation(snapshot).sentences())


class _Explanation:
    """Walks the snapshot and says each link once."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._threads = {thread.name: thread for thread in snapshot.threads}
        self._streams = {stream.name: stream for stream in snapshot.streams}
        self._said: list[str] = []
        self._seen: set[tuple[str, str]] = set()

    def sentences(self) -> list[str]:
        victims = [thread for thread in self._snapshot.threads if thread.op and thread.timeout is None]
        # Who waits for a report waits for work, not for a rescue: such threads are only links of other chains.
        for thread in sorted(victims, key=lambda view: (view.op == "process_report", view.internal)):
            if not (thread.internal or (thread.op == "process_report" and self._said)):
                self._thread(thread)
        if not self._said:
            for thread in self._snapshot.threads:
                self._thread(thread)
        return self._said

    def _first(self, kind: str, name: str) -> bool:
        if (kind, name) in self._seen:
            return False
        self._seen.add((kind, name))
        return True

    def _thread(self, view: ThreadView) -> None:
        if not self._first("thread", view.name):
            return
        self._said.append(_doing(view))
        if view.on_kind == "stream" and view.on in self._streams:
            self._stream(self._streams[view.on])
        elif view.on_kind == "event" and view.on is not None:
            self._event(view.on)
        elif view.on_kind == "lock" and view.on is not None:
            self._lock(view.on)
        elif view.on_kind == "thread" and view.on is not None:
            self._responsible(view.on)

    def _stream(self, view: StreamView) -> None:
        if not self._first("stream", view.name):
            return
        if view.report_of is not None and view.report_thread is not None:
            self._callback(view, view.report_of, view.report_thread)
        elif view.needs_signal is not None:
            self._said.append(f"{_head(view)} waits for event {view.needs_signal}.")
            self._event(view.needs_signal, view.recorded_by)
        else:
            self._said.append(f"{_head(view)} is still running or waits for an engine.")

    def _callback(self, view: StreamView, name: str, thread: str) -> None:
        launched = f", launched at {view.launched_at}," if view.launched_at else ""
        held = f"{view.waiting} task{'s are' if view.waiting > 1 else ' is'} left on it"
        what = f"The head of stream {view.name} is the {'blocking' if view.blocking else 'non-blocking'} callback"
        if not view.posted:
            queue = self._queue_of(thread)
            why = "whose report queue was closed by unsubscribing" if queue and not queue.open else "not yet posted"
            self._said.append(f"{what} {name}{launched} {why}; {held}.")
            self._responsible(thread)
        elif view.taken:
            self._said.append(f"{what} {name}{launched} which {thread} has taken and not released; {held}.")
            self._taken_by(thread, name, view)
        else:
            self._said.append(f"{what} {name}{launched} which must run on {thread}, inside its process_report; {held}.")
            self._responsible(thread)

    def _taken_by(self, thread: str, name: str, stream: StreamView) -> None:
        view = self._threads.get(thread)
        if view is None:
            self._responsible(thread)
        elif (name, stream.name) in view.inside or view.op is not None:
            self._thread(view)
        elif view.state == "ended":
            self._responsible(thread)
        else:
            self._said.append(
                f"{thread} has returned from {name}, but its acknowledgement was lost: "
                f"the subscription of stream {stream.name} was taken away meanwhile (rules b14, b15)."
            )

    def _responsible(self, name: str) -> None:
        """Say what the thread that should act does instead."""
        view = self._threads.get(name)
        if view is None:
            if self._first("thread", name):
                self._said.append(f"No thread of the program has the id that {name} stands for: nobody will poll.")
        elif view.state == "not started":
            if self._first("thread", name):
                self._said.append(f"{name} was never started, so it never calls process_report.")
        elif view.state == "ended":
            if self._first("thread", name):
                end = f" by {view.error}" if view.error else ""
                self._said.append(f"{name} has ended{end}{_at(view)}, so it will never call process_report again.")
        else:
            self._thread(view)

    def _event(self, name: str, source: tuple[str, int] | None = None) -> None:
        if not self._first("event", name):
            return
        if source is None:
            self._said.append(f"Event {name} has no record pending that would complete it: nobody will record it.")
            return
        stream, seq = source
        self._said.append(f"Event {name} is recorded by task {seq} of stream {stream}, which has not been reached.")
        if stream in self._streams:
            self._stream(self._streams[stream])

    def _lock(self, name: str) -> None:
        owner = next((lock.owner for lock in self._snapshot.locks if lock.name == name), None)
        if owner is not None and self._first("lock", name):
            self._said.append(f"The runtime's own lock, {name}, is held by {owner}.")
            self._responsible(owner)

    def _queue_of(self, thread: str) -> QueueView | None:
        return next((queue for queue in self._snapshot.queues if queue.thread == thread), None)


def _head(view: StreamView) -> str:
    return f"The head of stream {view.name}, task {view.head_seq} ({view.head_kind} {view.head}),"


def _at(view: ThreadView) -> str:
    return f" at {view.site}" if view.site else ""


def _doing(view: ThreadView) -> str:
    inside = "".join(f", inside callback {name} of stream {stream}," for name, stream in view.inside)
    who = f"{view.name}{inside}"
    if view.op is None:
        return f"{who} is {view.state}{_at(view)}."
    on = f" on {view.on_kind} {view.on}" if view.on is not None and view.on_kind != "report queue" else ""
    if view.op == "process_report":
        on = f" for its own reports ({view.on}), which is empty"
    if view.timeout is None:
        return f"{who} waits in {view.op}{on} without a timeout{_at(view)}."
    polls = f", {view.polls} times without anything new" if view.polls > 1 else ""
    return f"{who} polls: {view.op}{on} with a timeout of {format_duration(view.timeout)}{polls}{_at(view)}."
