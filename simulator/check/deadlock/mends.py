"""What would mend a hang: the most specific of the suggestions that the links of the chain make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from simulator.check.deadlock.wording import FULL, at, call, call_at

if TYPE_CHECKING:
    from simulator.check.deadlock.walk import Walk
    from simulator.core.views import StreamView, ThreadView

# The less a suggestion leaves open, the earlier it is preferred; among equals, the first link's.
GIL: Final = 0
HIDDEN: Final = 1
OWN_STREAM: Final = 2
LOCK: Final = 3
BEHIND: Final = 4
LOST: Final = 5
FAULT: Final = 5
WRONG_THREAD: Final = 6
REPORT_THREAD: Final = 7
EVENT: Final = 8
JOIN: Final = 9
ANY: Final = 10


def _rank(found: tuple[int, str]) -> int:
    return found[0]


class Mends:
    """Suggestions, each with how specific it is, in the order of the threads that wait."""

    def __init__(self) -> None:
        self._of_victims: list[list[tuple[int, str]]] = []

    def __repr__(self) -> str:
        return f"<mends {self._of_victims!r}>"

    def add(self, rank: int, text: str) -> None:
        """Add a suggestion, without the full stop."""
        self._of_victims[-1].append((rank, text))

    def next_victim(self) -> None:
        """Begin with the suggestions for another thread that waits."""
        self._of_victims.append([])

    def best(self) -> str | None:
        """Return the most specific suggestion; None when nobody had one.

        The first thread that waits comes first, unless its own wait is only a consequence of others'.
        """
        strong = ([found for found in of if found[0] < JOIN] for of in self._of_victims)
        found = next((of for of in strong if of), None) or [found for of in self._of_victims for found in of]
        return min(found, key=_rank)[1] if found else None


def report_thread(
    walk: Walk, stream: str, subscribed_at: str | None, name: str, runner: ThreadView | None
) -> None:
    """Suggest what to do about *runner*, which should run the callbacks of *stream* and does not.

    *name* stands for the thread id that was subscribed, when no thread has it.
    """
    subscribed = f"subscribe_report{f' at {subscribed_at}' if subscribed_at else ''}"
    pollers = walk.pollers(name)
    absent = runner is None or runner.state in ("not started", "ended") or runner is walk.victim
    if runner is not None and runner.inside:
        return  # what that callback waits for has a suggestion of its own
    if pollers and absent and not (runner is not None and runner.error):
        poller = pollers[0].name
        walk.mends.add(
            WRONG_THREAD,
            f"pass the id of {poller}, which polls, to {subscribed}: callbacks of stream {stream} run only on the "
            f"thread whose id was subscribed, and that is {name}",
        )
    elif runner is None:
        walk.mends.add(
            REPORT_THREAD,
            f"start a thread that calls acl.rt.process_report in a loop, and pass its id to {subscribed}",
        )
    elif runner.state == "not started":
        walk.mends.add(REPORT_THREAD, f"start {name} before {_victim(walk)}")
    elif runner.state == "ended":
        walk.mends.add(REPORT_THREAD, _ended(walk, runner, stream))
    elif runner is walk.victim:
        walk.mends.add(
            WRONG_THREAD,
            f"let {name} not wait: it is itself the thread that must run the callbacks of stream {stream}. Start "
            f"another thread that calls acl.rt.process_report in a loop, and pass that one's id to {subscribed}",
        )
    elif runner.op is not None and runner.op != "process_report":
        walk.mends.add(
            REPORT_THREAD,
            f"let {name} call acl.rt.process_report instead of waiting in {call_at(runner)}, or subscribe another "
            f"thread to stream {stream}",
        )


def _ended(walk: Walk, runner: ThreadView, stream: str) -> str:
    if runner.error:
        return (
            f"mend or catch what ended {runner.name} ({runner.error}): it alone runs the callbacks of stream "
            f"{stream}"
        )
    return f"let {runner.name} go on calling acl.rt.process_report until {_victim(walk)} has returned"


def _victim(walk: Walk) -> str:
    victim = walk.victim
    if victim is None or victim.op is None:
        return "the callback is needed"
    if victim.op == FULL:
        return f"so many launches{f' at {victim.site}' if victim.site else ''}"
    return call_at(victim)


def lost_report(walk: Walk, stream: StreamView) -> None:
    """Suggest what to do so that the loss of a report, which the run has declared, is no hang."""
    victim = walk.victim
    if victim is not None and (victim.op or "").startswith("synchronize"):
        text = f"let {call_at(victim)} have a timeout, and treat that it expires as a failure: a report can be lost"
    else:
        text = f"give stream {stream.name} up with acl.rt.destroy_stream_force: a report can be lost"
    walk.mends.add(FAULT, text)


def own_stream(walk: Walk, view: ThreadView, stream: StreamView) -> None:
    """Suggest what to do about a callback that waits for a stream only its own thread can move."""
    name, of = view.inside[-1]
    if of == stream.name and stream.blocking:
        why = f"stream {of} goes on only when {name} has returned"
    else:
        why = f"stream {stream.name} waits for a callback that must run on {view.name} too"
    walk.mends.add(OWN_STREAM, f"take {call_at(view)} out of callback {name}: {why}")


def behind(walk: Walk, view: ThreadView, late: str) -> None:
    """Suggest what to do about a callback that waits for one queued behind it."""
    name, _ = view.inside[-1]
    walk.mends.add(
        BEHIND,
        f"let callback {name} not wait ({call_at(view)}) for what comes after it on {view.name}, or subscribe the "
        f"stream of {late} to another thread: callbacks of one thread run one after another",
    )


def join(walk: Walk, view: ThreadView, joined: ThreadView) -> None:
    """Suggest what to do about joining a thread that goes on polling."""
    before = "the program ends" if view.op is None else call_at(view)
    text = f"tell {joined.name} to stop before {before}: set the flag its loop looks at"
    if joined.timeout is None and not joined.asking:
        text += ", and give its process_report a timeout, so that it looks at the flag"
    walk.mends.add(JOIN, text)


def signal(walk: Walk, view: ThreadView) -> None:
    """Suggest what to do about a wait for something that nothing will bring."""
    walk.mends.add(
        ANY, f"find out who should end {call(view)} for {view.name}: nothing that is left to run does"
    )


def unknown(walk: Walk, view: ThreadView) -> None:
    """Suggest where to look when a callback does not return and its thread is in no call that we know of."""
    name, stream = view.inside[-1]
    walk.mends.add(
        ANY, f"find out what callback {name} of stream {stream} waits for{at(view)}: it does not return"
    )
