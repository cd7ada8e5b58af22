"""From a snapshot of who waits for what to sentences: the wait-for chain of a run that could not go on.

The chain runs thread → stream → task → callback → report thread → event, from each thread that waits without
a timeout, and ends where it closes on itself or at somebody who will never act. Then come those who poll
meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from simulator.base.units import format_duration

if TYPE_CHECKING:
    from simulator.core.snapshot import Named, QueueView, Snapshot, StreamView, ThreadView

_FULL = "launch into a full queue"
_REPORTS = "process_report"
_SHOWN = 5


def explain(snapshot: Snapshot) -> tuple[str, ...]:
    """Return the chain in sentences, the first victim first; each thing is explained once."""
    return tuple(_Explanation(snapshot).sentences())


class _Explanation:
    """Walks the snapshot and says each link once."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._threads = {thread.name: thread for thread in snapshot.threads}
        self._streams = {stream.name: stream for stream in snapshot.streams}
        self._queues = {queue.thread: queue for queue in snapshot.queues}
        self._said: list[str] = []
        self._seen: set[Named] = set()

    def sentences(self) -> list[str]:
        acting = [
            view
            for view in self._snapshot.threads
            if view.state not in ("ended", "not started") and not (view.internal and _idle(view))
        ]
        # Who waits for a report waits for work, not for a rescue: first those who need somebody to act.
        for view in sorted(acting, key=lambda view: (not _stuck(view), _idle(view), view.internal)):
            self._thread(view)
        return self._said

    def _say(self, sentence: str) -> None:
        if sentence not in self._said:
            self._said.append(sentence)

    def _first(self, kind: str, name: str) -> bool:
        if (kind, name) in self._seen:
            return False
        self._seen.add((kind, name))
        return True

    # -- threads -------------------------------------------------------------------------------------------------

    def _thread(self, view: ThreadView) -> None:
        """Say what a thread does, and go on to what it needs."""
        if not self._first("thread", view.name):
            return
        self._say(self._doing(view))
        if view.op is None or view.on is None:
            pass
        elif view.on_kind == "stream" and view.on in self._streams:
            self._full_stream(view, self._streams[view.on])
            self._stream(self._streams[view.on])
        elif view.on_kind == "event" and not view.asking:
            self._event(view.on, view.record)
        elif view.on_kind == "lock":
            self._lock(view.on)
        elif view.on_kind == "thread":
            self._responsible(view.on, "")
        elif view.on_kind == "device":
            self._say(
                f"{_begin(view.on)} has no event id left: another event must be destroyed first (rule f3)."
            )
        self._held_up(view)

    def _doing(self, view: ThreadView) -> str:
        inside = "".join(f", inside callback {name} of stream {stream}," for name, stream in view.inside)
        who, at = f"{view.name}{inside}", _at(view)
        if view.op is None:
            return f"{who} is {view.state}{at}."
        if view.op == _REPORTS and view.on_kind != "lock":
            return f"{who} {self._polling(view, at)}."
        on = (
            ""
            if view.on is None
            else f" on {view.on}"
            if view.on_kind == "lock"
            else f" on {view.on_kind} {view.on}"
        )
        times = f", {view.polls} times without anything new" if view.polls > 1 else ""
        if view.op == _FULL:
            what = f"waits to {view.op}{on}"
        elif view.asking:
            return f"{who} asks {view.op}{on} again and again{times}{at}."
        elif view.op == "sleep":
            return f"{who} sleeps for {format_duration(view.timeout or 0)} at a time{times}{at}."
        else:
            what = f"waits in {view.op}{on}"
        limit = (
            " without a timeout" if view.timeout is None else f" for {format_duration(view.timeout)} at most"
        )
        return f"{who} {what}{limit}{times}{at}."

    def _polling(self, view: ThreadView, at: str) -> str:
        """Tell what a thread in process_report can get there."""
        times = f", {view.polls} times without anything new" if view.polls > 1 else ""
        if view.asking:
            return (
                f"polls: process_report answers 107012 at once{at}, as no stream is subscribed to it{times}"
            )
        queue = self._queues.get(view.name)
        if queue is None or queue.name != view.on:
            reports = "but its last stream was unsubscribed meanwhile, so no report can come (rule b10)"
        else:
            many = "s" if len(queue.streams) > 1 else ""
            reports = f"for reports of stream{many} {_list(queue.streams)}; there are none"
        if view.timeout is None:
            return f"waits in process_report without a timeout{at}, {reports}"
        limit = format_duration(view.timeout)
        return f"polls: process_report with a timeout of {limit}{at}{times}, {reports}"

    def _held_up(self, view: ThreadView) -> None:
        """Name the callbacks that cannot run before the one their thread is inside of returns."""
        if not view.inside:
            return
        queue = self._queues.get(view.name)
        late = [*view.behind, *(queue.ready if queue is not None else ())]
        if late and self._first("late", view.name):
            names = _list([f"{name} of stream {stream}" for name, stream in late])
            self._say(
                f"Until {view.inside[-1][0]} returns, {view.name} cannot run what is queued behind it: {names}."
            )

    def _responsible(self, name: str, duty: str) -> None:
        """Say what the thread that should act does instead; *duty* is what it will never do, once it is gone."""
        view = self._threads.get(name)
        if view is None:
            if self._first("thread", name):
                self._say(
                    f"No thread of the program has the id that {name} stands for, so nobody {_third(duty)}: "
                    "subscribe the id of the thread that polls (rule b1)."
                )
        elif view.state == "not started":
            if self._first("thread", name):
                never = f", so it never {_third(duty)}" if duty else ""
                self._say(f"{name} was never started{never}.")
        elif view.state == "ended":
            if self._first("thread", name):
                end = f" by {view.error}" if view.error else ""
                never = f", so it will never {duty} again" if duty else ""
                self._say(f"{name} has ended{end}{_at(view)}{never}.")
        else:
            self._thread(view)

    # -- streams and callbacks -----------------------------------------------------------------------------------

    def _full_stream(self, waiter: ThreadView, view: StreamView) -> None:
        if waiter.op != _FULL:
            return
        if view.sender not in (None, waiter.name) and view.sender is not None:
            self._say(
                f"Stream {view.name} is locked by {view.sender}, which is half-way through a launch (rule e8)."
            )
            self._responsible(view.sender, "")
        elif view.room_for is not None:
            self._say(
                f"The queue of stream {view.name} is full: it holds {view.room_for} tasks (rules e7, e8)."
            )

    def _stream(self, view: StreamView) -> None:
        if not self._first("stream", view.name):
            return
        if view.report_of is not None and view.report_thread is not None and view.report_queue is not None:
            self._callback(view, view.report_of, view.report_thread, view.report_queue)
        elif view.needs_signal is not None:
            self._say(f"{_head(view)} waits for event {view.needs_signal}.")
            self._event(view.needs_signal, view.recorded_by)
        else:
            self._say(f"{_head(view)} is still running or waits for an engine.")

    def _callback(self, view: StreamView, name: str, thread: str, queue: QueueView) -> None:
        launched = f", launched at {view.launched_at}," if view.launched_at else ""
        left = f"{view.waiting} task{'s are' if view.waiting > 1 else ' is'} left on it"
        kind = "blocking" if view.blocking else "non-blocking"
        what = f"The head of stream {view.name} is the {kind} callback {name}{launched}"
        runner = self._threads.get(thread)
        if not view.posted and not queue.open:
            self._say(
                f"{what} whose report was lost: {thread} was unsubscribed from its last stream; {left}."
            )
            self._say(f"{name} will never run, and nothing else lets stream {view.name} go on (rule b16).")
        elif not view.posted and queue.full:
            self._say(f"{what} whose report finds the {queue.name} full; {left}.")
            self._responsible(thread, "call process_report")
        elif not view.posted:
            self._say(f"{what} whose report is on its way to {thread}; {left}.")
            self._responsible(thread, "call process_report")
        elif not view.taken:
            lost = "" if queue.open else ", but that queue was closed by unsubscribing"
            self._say(f"{what} which must run on {thread}, inside its process_report{lost}; {left}.")
            self._responsible(thread, "call process_report")
        elif (
            not queue.open
            and (runner is None or not (runner.inside or runner.behind))
            and not _acknowledges(runner)
        ):
            self._say(
                f"{what} whose release was lost when {thread} was unsubscribed (rules b15, b16); {left}."
            )
            self._responsible(thread, "call process_report")
        elif runner is not None and (name, view.name) in runner.inside:
            self._say(f"{what} which {thread} is running: the stream goes on only when it returns; {left}.")
            self._thread(runner)
        elif runner is not None and (name, view.name) in runner.behind:
            self._say(f"{what} which {thread} has taken, but another callback comes first; {left}.")
            self._thread(runner)
        elif _acknowledges(runner):
            self._say(
                f"{what} which {thread} has run; to release the stream it needs the subscription lock; {left}."
            )
            self._responsible(thread, "release it")
        else:
            self._say(
                f"{what} which {thread} has taken, but its release never reached the stream (rule b15); {left}."
            )
            self._responsible(thread, "release it")

    # -- events and locks ----------------------------------------------------------------------------------------

    def _event(self, name: str, source: tuple[str, int] | None) -> None:
        if not self._first("event", name):
            return
        if source is None:
            self._say(f"No record of event {name} is queued on any stream: nobody will complete it.")
            return
        stream, seq = source
        self._say(f"Event {name} is complete with task {seq} of stream {stream}, which has not been reached.")
        if stream in self._streams:
            self._stream(self._streams[stream])

    def _lock(self, name: str) -> None:
        owner = next((lock.owner for lock in self._snapshot.locks if lock.name == name), None)
        if owner is None or not self._first("lock", name):
            return
        view = self._threads.get(owner)
        call = f" while it waits in {view.op}" if view is not None and view.op is not None else ""
        self._say(f"{_begin(name)} is held by {owner}{call}.")
        self._responsible(owner, "")


def _stuck(view: ThreadView) -> bool:
    """Tell whether the thread is in a wait that only somebody else can end."""
    return view.op is not None and view.timeout is None and not view.asking


def _idle(view: ThreadView) -> bool:
    return view.op == _REPORTS and view.on_kind == "report queue"


def _acknowledges(view: ThreadView | None) -> bool:
    return view is not None and view.op == _REPORTS and view.on_kind == "lock"


def _head(view: StreamView) -> str:
    return f"The head of stream {view.name}, task {view.head_seq} ({view.head_kind} {view.head}),"


def _at(view: ThreadView) -> str:
    return f" at {view.site}" if view.site else ""


def _begin(text: str) -> str:
    return text[:1].upper() + text[1:]


def _third(duty: str) -> str:
    verb, _, rest = (duty or "act").partition(" ")
    return f"{verb}s {rest}".rstrip()


def _list(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
