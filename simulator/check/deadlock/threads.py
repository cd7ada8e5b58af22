"""Links of threads: what each does, and whom it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from simulator.base.units import format_duration
from simulator.check.deadlock import locks, mends, streams
from simulator.check.deadlock.wording import FULL, REPORTS, at, begin, call, idle, listed, polls, third

if TYPE_CHECKING:
    from simulator.check.deadlock.walk import Walk
    from simulator.core.views import StreamView, ThreadView


# What the interpreter calls in `threading` at the end: it waits for threads that are no daemons.
_SHUTDOWN: Final = "shutdown"


def tell(walk: Walk, view: ThreadView) -> None:
    """Say what a thread does, and go on to what it needs."""
    if not ((view.woken or view.asking) and locks.said_gil(walk, view)):
        walk.say(_doing(walk, view))
        if view.op is not None:
            _go_on(walk, view)
        elif view.inside:
            mends.unknown(walk, view)
        elif _at_end(view):
            for poller in walk.pollers(view.name):
                mends.join(walk, view, poller)
        locks.said_gil(walk, view)
    _held_up(walk, view)


def _go_on(walk: Walk, view: ThreadView) -> None:
    if view.on_kind == "stream" and view.on in walk.streams:
        stream = walk.streams[view.on]
        _full_stream(walk, view, stream)
        if view.inside and stream.report_thread == view.name:
            mends.own_stream(walk, view, stream)
        walk.stream(stream)
    elif view.on_kind == "event" and view.on is not None and not view.asking:
        walk.event(view.on, view.record)
    elif _on_lock(walk, view):
        walk.lock(view.on or "", view)
    elif view.on_kind == "thread" and view.on is not None:
        joined = walk.responsible(view.on, "")
        if joined is not None and is_poller(joined):
            mends.join(walk, view, joined)
    elif view.on_kind == "device":
        walk.say(
            f"{begin(view.on or '')} has no event id left: another event must be destroyed first (rule f3)."
        )
    elif view.timeout is None and not view.asking and not idle(view):
        _signal(walk, view)


def _doing(walk: Walk, view: ThreadView) -> str:
    inside = "".join(f", inside callback {name} of stream {stream}," for name, stream in view.inside)
    who, where = f"{view.name}{inside}", at(view)
    if _at_end(view):
        return f"{who} waits{where or ' at its end'} for the threads that are no daemons."
    if view.op is None:
        return f"{who} is {f'in {view.primitive}' if view.primitive else view.state}{where}."
    if polls(view):
        return f"{who} {_polling(walk, view, where)}."
    times = f", {view.polls} times without anything new" if view.polls > 1 else ""
    on = _on(walk, view)
    if view.asking:
        return f"{who} asks {view.op}{on} again and again{times}{where}."
    if view.op == "sleep":
        return f"{who} sleeps for {format_duration(view.timeout or 0)} at a time{times}{where}."
    what = f"waits to {view.op}{on}" if view.op == FULL else f"waits in {call(view)}{on}"
    limit = " without a timeout" if view.timeout is None else f" for {format_duration(view.timeout)} at most"
    return f"{who} {what}{limit}{times}{where}{locks.keeps_gil(walk, view)}."


def _at_end(view: ThreadView) -> bool:
    """Tell whether the program has come to its last line there, and the interpreter waits for the other threads."""
    return view.op is None and view.primitive == _SHUTDOWN


def _on(walk: Walk, view: ThreadView) -> str:
    if view.on is None:
        return ""
    if _on_lock(walk, view):
        return f" on {view.on}"
    return "" if view.on_kind == "program lock" else f" on {view.on_kind} {view.on}"


def _on_lock(walk: Walk, view: ThreadView) -> bool:
    """Tell whether the thread waits for a lock with an owner.

    The lock inside a condition or a queue is none, and no name that the program knows.
    """
    if view.on_kind == "lock":
        return True
    return view.on_kind == "program lock" and any(lock.name == view.on for lock in walk.snapshot.locks)


def _polling(walk: Walk, view: ThreadView, where: str) -> str:
    """Tell what a thread in process_report can get there."""
    times = f", {view.polls} times without anything new" if view.polls > 1 else ""
    if view.asking:
        return f"polls: process_report answers 107012 at once{where}, as no stream is subscribed to it{times}"
    queue = walk.queues.get(view.name)
    if queue is None or queue.name != view.on:
        reports = "but its last stream was unsubscribed meanwhile, so no report can come (rule b10)"
    else:
        many = "s" if len(queue.streams) > 1 else ""
        none = "there are none" if not queue.ready else f"{len(queue.ready)} are ready"
        reports = f"for reports of stream{many} {listed(queue.streams)}; {none}"
    if view.timeout is None:
        return f"waits in process_report without a timeout{where}, {reports}"
    limit = format_duration(view.timeout)
    return f"polls: process_report with a timeout of {limit}{where}{times}, {reports}"


def _full_stream(walk: Walk, waiter: ThreadView, view: StreamView) -> None:
    if waiter.op != FULL:
        return
    if view.sender not in (None, waiter.name) and view.sender is not None:
        walk.say(
            f"Stream {view.name} is locked by {view.sender}, which is half-way through a launch (rule e8)."
        )
        walk.responsible(view.sender, "")
    elif view.room_for is not None:
        walk.say(f"The queue of stream {view.name} is full: it holds {view.room_for} tasks (rules e7, e8).")


def _held_up(walk: Walk, view: ThreadView) -> None:
    """Name the callbacks that cannot run before the one their thread is inside of returns."""
    if not view.inside:
        return
    queue = walk.queues.get(view.name)
    ready = () if queue is None else tuple(report.named for report in queue.ready)
    late = [*view.behind, *ready]
    if late and walk.first("late", view.name):
        names = listed([f"{name} of stream {stream}" for name, stream in late])
        walk.say(
            f"Until {view.inside[-1][0]} returns, {view.name} cannot run what is queued behind it: {names}."
        )
        if view.on_kind not in ("lock", "stream") and view.timeout is None:
            mends.behind(walk, view, late[0][0])


def _signal(walk: Walk, view: ThreadView) -> None:
    """Look for who could end a wait that has no owner: a flag, a queue, a condition of the program."""
    mends.signal(walk, view)
    waiting = [report for queue in walk.snapshot.queues if not queue.internal for report in queue.ready]
    named = [report.named for report in waiting]
    named += [
        (stream.report_of, stream.name)
        for stream in walk.snapshot.streams
        if stream.report_of is not None and (stream.report_of, stream.name) not in named and not stream.taken
    ]
    late = [f"{name} of stream {stream}" for name, stream in named]
    if not late:
        return
    if walk.first("pending", ""):
        walk.say(f"Callbacks that have not run yet, and may be what it waits for: {listed(late)}.")
    for queue in walk.snapshot.queues:
        if queue.ready and not queue.internal:
            _late_report(walk, queue.thread)
    for stream in walk.snapshot.streams:
        walk.stream(stream)


def _late_report(walk: Walk, thread: str) -> None:
    """Say where the first report stands that *thread* has not taken, and what that thread does."""
    queue = walk.queues[thread]
    report = queue.ready[0]
    held = walk.streams.get(report.stream)
    if held is not None and (held.report_of, held.report_thread) == (report.name, thread):
        walk.stream(held)  # it holds its stream, which says the same
        return
    if not walk.first("report", thread):
        return
    launched = f", launched at {report.launched_at}," if report.launched_at else ""
    walk.say(
        f"The report of callback {report.name} of stream {report.stream}{launched} stands in the {queue.name}: it "
        f"must run on {thread}, inside its process_report."
    )
    streams.must_run(walk, report.stream, thread, None, report.subscribed_at)


def responsible(walk: Walk, name: str, duty: str) -> ThreadView | None:
    """Say what the thread that should act does instead; *duty* is what it will never do, once it is gone."""
    view = walk.threads.get(name)
    if view is None:
        if walk.first("thread", name):
            queue = walk.queues.get(name)
            number = "" if queue is None else f" {queue.ident}"
            walk.say(
                f"No thread of the program has the id{number} ({name}) that was subscribed, so nobody {third(duty)} "
                "for it (rule b1)."
            )
    elif view.state == "not started":
        if walk.first("thread", name):
            never = f", so it never {third(duty)}" if duty else ""
            walk.say(f"{name} was never started{never}.")
    elif view.state == "ended":
        if walk.first("thread", name):
            end = f" by {view.error}" if view.error else ""
            never = f", so it will never {duty} again" if duty else ""
            walk.say(f"{name} has ended{end}{at(view)}{never}.")
    else:
        walk.thread(view)
    return view


def is_poller(view: ThreadView) -> bool:
    """Tell whether a thread is in process_report, outside any callback."""
    return view.op == REPORTS and view.on_kind != "lock" and not view.inside
