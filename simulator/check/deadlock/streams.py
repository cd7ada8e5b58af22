"""Links of streams: what the head of each waits for, a callback, an event or the device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.check.deadlock import mends
from simulator.check.deadlock.wording import acknowledges, begin, head

if TYPE_CHECKING:
    from simulator.check.deadlock.walk import Walk
    from simulator.core.views import QueueView, StreamView, ThreadView


def tell(walk: Walk, view: StreamView) -> None:
    """Say what a stream's head needs, and go on to it."""
    if view.stopped:
        stopped = f" at {view.stopped_at}" if view.stopped_at else ""
        walk.say(f"{head(view)} does not go on: the stream was stopped by aclrtStreamStop{stopped}.")
        walk.mends.add(mends.FAULT, f"call acl.rt.stream_abort on stream {view.name}, which drops its tasks")
    elif view.report_of is not None and view.report_thread is not None and view.report_queue is not None:
        _callback(walk, view, view.report_thread, view.report_queue)
    elif view.needs_signal is not None:
        walk.say(f"{head(view)} waits for {_needed(view)}.")
        walk.event(view.needs_signal, view.recorded_by, view)
    else:
        walk.say(f"{head(view)} is still running or waits for an engine.")


def event(walk: Walk, name: str, source: tuple[str, int] | None, waiting: StreamView | None) -> None:
    """Say which task completes an event, and go on to its stream."""
    kind = "event" if waiting is None else waiting.needs_kind
    if not walk.first(kind, name):
        return
    if waiting is not None and kind == "value":
        _value(walk, name, source, waiting)
        return
    made = next((view.created_at for view in walk.snapshot.events if view.name == name), None)
    made_at = f", made at {made}," if made else ""
    launched = f" (launched at {waiting.launched_at})" if waiting is not None and waiting.launched_at else ""
    if source is None:
        walk.say(f"No record of {kind} {name}{made_at} is queued on any stream: nobody will complete it.")
        better = (
            "; better before the wait for it{} than after" if kind == "event" else " other than its wait's{}"
        )
        walk.mends.add(
            mends.EVENT,
            f"call acl.rt.record_{kind} for {kind} {name} on a stream{better.format(launched)}",
        )
        return
    stream, seq = source
    walk.say(
        f"{begin(kind)} {name}{made_at} is complete with task {seq} of stream {stream}, which has not been reached."
    )
    if waiting is not None and stream == waiting.name:
        walk.say(
            f"That task stands behind the wait{launched} on the same stream, so neither is ever reached."
        )
        walk.mends.add(
            mends.EVENT, f"record {kind} {name} before the wait for it{launched}, or on another stream"
        )
    elif stream in walk.streams:
        if waiting is not None and _in_a_circle(walk, waiting.name, stream):
            walk.mends.add(
                mends.EVENT,
                f"launch the record of {kind} {name} on stream {stream} before that stream waits for stream "
                f"{waiting.name}: they wait for each other's {'events' if kind == 'event' else 'notifies'}",
            )
        walk.stream(walk.streams[stream])


def _needed(view: StreamView) -> str:
    """Return what the head waits for: an event or a notify by its name, a value by what it is to be."""
    return view.needs_signal or "" if view.needs_kind == "value" else f"{view.needs_kind} {view.needs_signal}"


def _value(walk: Walk, name: str, source: tuple[str, int] | None, waiting: StreamView) -> None:
    """Say which task writes the value that a stream waits for, and go on to its stream."""
    launched = f" (launched at {waiting.launched_at})" if waiting.launched_at else ""
    if source is None:
        walk.say(f"No acl.rt.value_write to that place is queued on any stream: nobody will bring {name}.")
        walk.mends.add(
            mends.EVENT,
            f"call acl.rt.value_write on a stream other than {waiting.name}, whose wait is{launched}",
        )
        return
    stream, seq = source
    walk.say(f"Task {seq} of stream {stream} writes to that place and has not been reached.")
    if stream == waiting.name:
        walk.say(f"It stands behind the wait{launched} on the same stream, so neither is ever reached.")
        walk.mends.add(
            mends.EVENT,
            f"write the value before the wait for it{launched}, or on another stream than {stream}",
        )
    elif stream in walk.streams:
        walk.stream(walk.streams[stream])


def _in_a_circle(walk: Walk, start: str, stream: str) -> bool:
    """Tell whether the events that *stream* waits for lead back to stream *start*."""
    passed: set[str] = set()
    while stream not in passed and stream in walk.streams:
        if stream == start:
            return True
        passed.add(stream)
        source = walk.streams[stream].recorded_by
        stream = "" if source is None else source[0]
    return False


# -- callbacks -------------------------------------------------------------------------------------------------------


def _callback(walk: Walk, view: StreamView, thread: str, queue: QueueView) -> None:
    name = view.report_of
    launched = f", launched at {view.launched_at}," if view.launched_at else ""
    left = f"{view.waiting} task{'s are' if view.waiting > 1 else ' is'} left on it"
    kind = "blocking" if view.blocking else "non-blocking"
    what = f"The head of stream {view.name} is the {kind} callback {name}{launched}"
    runner = walk.threads.get(thread)
    if view.lost_by is not None:
        _lost(walk, view, what, left)
    elif not view.posted:
        _not_posted(walk, view, what, left)
    elif not view.taken:
        lost = "" if queue.open else ", but that queue was closed by unsubscribing"
        walk.say(f"{what} which must run on {thread}, inside its process_report{lost}; {left}.")
        must_run(walk, view.name, thread, view.created_at, view.subscribed_at)
    elif not queue.open and not _busy(runner) and not acknowledges(runner):
        walk.say(f"{what} whose release was lost when {thread} was unsubscribed (rules b15, b16); {left}.")
        _mend_lost(walk, view)
        walk.responsible(thread, "call process_report")
    else:
        _taken(walk, view, runner, f"{what} which {thread}", left)


def must_run(walk: Walk, stream: str, thread: str, made_at: str | None, subscribed_at: str | None) -> None:
    """Go on to the thread that should take a report of *stream*, which was made and subscribed at these lines."""
    if subscribed_at and walk.first("subscription", stream):
        made = f"Stream {stream} was made at {made_at}; " if made_at else ""
        walk.say(
            f"{made}{thread} was subscribed to {'it' if made else f'stream {stream}'} at {subscribed_at}."
        )
    victim = walk.victim
    if victim is not None and victim.name == thread and not victim.inside:
        walk.say(f"{thread} is itself the thread that waits, so it does not call process_report.")
    runner = walk.responsible(thread, "call process_report")
    mends.report_thread(walk, stream, subscribed_at, thread, runner)


def _not_posted(walk: Walk, view: StreamView, what: str, left: str) -> None:
    queue, thread = view.report_queue, view.report_thread or ""
    if queue is not None and not queue.open:
        walk.say(f"{what} whose report was lost: {thread} was unsubscribed from its last stream; {left}.")
        walk.say(
            f"{view.report_of} will never run, and nothing else lets stream {view.name} go on (rule b16)."
        )
        _mend_lost(walk, view)
        return
    full = queue is not None and queue.full
    finds = (
        f"whose report finds the {queue.name} full"
        if queue is not None and full
        else (f"whose report is on its way to {thread}")
    )
    walk.say(f"{what} {finds}; {left}.")
    must_run(walk, view.name, thread, view.created_at, view.subscribed_at)


def _lost(walk: Walk, view: StreamView, what: str, left: str) -> None:
    """Say that nobody will ever run the callback, as its report was lost on the way to the host."""
    walk.say(f"{what} whose report was lost by the declared fault {view.lost_by}; {left}.")
    walk.say(f"{view.report_of} will never run, and nothing else lets stream {view.name} go on.")
    mends.lost_report(walk, view)


def _taken(walk: Walk, view: StreamView, runner: ThreadView | None, what: str, left: str) -> None:
    """Say what became of a report that was taken out of its queue; *what* ends with the thread's name."""
    callback = (view.report_of or "", view.name)
    if runner is not None and callback in runner.inside:
        walk.say(f"{what} is running: the stream goes on only when it returns; {left}.")
        walk.thread(runner)
    elif runner is not None and callback in runner.behind:
        waits = ", but another callback comes first" if runner.inside else " and not begun yet"
        walk.say(f"{what} has taken{waits}; {left}.")
        walk.thread(runner)
    elif acknowledges(runner):
        walk.say(f"{what} has run; to release the stream it needs the subscription lock; {left}.")
        walk.responsible(view.report_thread or "", "release it")
    else:
        walk.say(f"{what} has taken, but its release never reached the stream (rule b15); {left}.")
        _mend_lost(walk, view)
        walk.responsible(view.report_thread or "", "release it")


def _mend_lost(walk: Walk, view: StreamView) -> None:
    walk.mends.add(
        mends.LOST, f"call acl.rt.synchronize_stream on stream {view.name} before unsubscribe_report"
    )


def _busy(runner: ThreadView | None) -> bool:
    return runner is not None and bool(runner.inside or runner.behind)
