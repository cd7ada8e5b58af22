"""Which line to add: what came too late, or the other way round, in a failing run, told beside the friendly one.

A program that fails an assertion says where it noticed, not what went wrong. The friendly run passes, and a small
counterexample differs from it in little: a callback that had run by then and has not here, two callbacks that changed
places or ran at once, a call of another thread that came after the one that needed it. Each is told with the line
that would have kept the order. What is said of the two runs is exact; that it is the cause is likely, as little else
differs.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from itertools import combinations
from typing import Final

from simulator.base.trace import Called, Trace
from simulator.explore.progress import RanCallback, Run

# More would be consequences of the first.
_MOST: Final = 2
_BY: Final = "by a flag, a join or a queue"


def mends(friendly: Trace | None, failing: Trace | None) -> tuple[str, ...]:
    """Return sentences on what in *failing* came otherwise than in *friendly*, a run that passed, and the mend."""
    if friendly is None or failing is None:
        return ()
    before, now = Run(friendly), Run(failing)
    found = list(_refused_calls(before, now)) or [
        *_callbacks_at_once(before, now),
        *_turned_callbacks(before, now),
        *_launches(before, now),
        *_late_callbacks(before, now),
    ]
    return tuple(dict.fromkeys(found))[:_MOST]


def _refused_calls(before: Run, now: Run) -> Iterator[str]:
    """Tell which call of another thread was missing, or already made, when a call failed that passes."""
    for thread in now.calls:
        refused = _first_refused(before, now, thread)
        if refused is None or refused[1][1].on is None:
            continue
        (then, _), (at, call) = refused
        for other in before.calls:
            had, has = (_made(run, other, until, call.on) for run, until in ((before, then), (now, at)))
            if other == thread or len(had) == len(has):
                continue
            late = len(had) > len(has)
            one = had[-1] if late else has[-1]
            first, second = (one, call) if late else (call, one)
            yield (
                f"{other} {'had not called' if late else 'had called'} {one.op} of {call.on} (at {one.site}) when "
                f"{thread} called {call.op} at {call.site}, which returned {call.code}; in the friendly order it was "
                f"the other way round; to mend: let {second.thread} wait at {second.site} until {first.thread} has "
                f"come past {first.site}, {_BY}"
            )


def _first_refused(
    before: Run, now: Run, thread: str
) -> tuple[tuple[int, Called], tuple[int, Called]] | None:
    """Return the first call of *thread* that fails and in the friendly run does not, in both runs."""
    pairs = zip(before.calls.get(thread, ()), now.calls[thread], strict=False)
    for then, here in pairs:
        if then[1].op != here[1].op:
            return None  # it went another way, for a reason of its own
        if here[1].code and not then[1].code:
            return then, here
    return None


def _made(run: Run, thread: str, until: int, on: str | None) -> list[Called]:
    """Return the calls about *on* that *thread* had made successfully at *until*."""
    return [
        call
        for index, call in run.calls.get(thread, ())
        if index < until and not call.code and on in (call.on, call.value)
    ]


def _launches(before: Run, now: Run) -> Iterator[str]:
    """Tell which launches of two threads on one stream have changed places."""
    for (one, (_, first)), (other, (_, second)) in combinations(before.launches.items(), 2):
        here, there = now.launches.get(one), now.launches.get(other)
        if first.stream != second.stream or first.thread == second.thread or there is None:
            continue
        if here is None or there[0] < here[0]:
            yield (
                f"{second.thread} launched {second.name} on {second.stream} (at {second.site}) before {first.thread} "
                f"launched {first.name} (at {first.site}); to mend: let {second.thread} wait at {second.site} until "
                f"{first.thread} has come past {first.site}, {_BY}"
            )


def _late_callbacks(before: Run, now: Run) -> Iterator[str]:
    """Tell which callbacks had ended in the friendly order when their launcher came to a place, and have not here."""
    for key, callback in before.callbacks.items():
        here = now.callbacks.get(key)
        if callback.ended is None or here is None:
            continue
        thread = callback.launch.thread
        marks = now.marks[thread]
        by_then = bisect_left(before.marks[thread], (callback.ended,))
        ahead = by_then < (len(marks) + 1 if here.ended is None else bisect_left(marks, (here.ended,)))
        if ahead:
            verb = "had not run" if here.began is None else "had not returned"
            yield (
                f"{here}, {verb} when {thread} went on behind {now.past(thread, by_then)}; in the friendly order it "
                f"had; {_in_time(here, thread)}"
            )


def _in_time(callback: RanCallback, launcher: str) -> str:
    if callback.blocks:
        sync = f"call acl.rt.synchronize_stream({callback.launch.stream})"
        return f"to mend: {sync} before {launcher} uses what the callback does"
    return (
        "to mend: no sync waits for a callback with block 0 (rule a18): let it set a flag, a threading.Event say, "
        f"as its last act, and let {launcher} wait for that without a timeout; or launch it with block 1 and "
        "synchronise"
    )


def _pairs(before: Run, now: Run) -> Iterator[tuple[RanCallback, RanCallback]]:
    """Yield two callbacks of *now*, the second of which has begun, that ran in this order in the friendly run."""
    ran = [(key, each) for key, each in before.callbacks.items() if each.began is not None]
    ran.sort(key=lambda pair: pair[1].began or 0)
    for (one, first), (other, second) in combinations(ran, 2):
        here, there = now.callbacks.get(one), now.callbacks.get(other)
        if here is None or there is None or there.began is None:
            continue
        if first.ended is not None and first.ended < (second.began or 0):
            yield here, there


def _turned_callbacks(before: Run, now: Run) -> Iterator[str]:
    """Tell which callbacks of different streams have changed places."""
    for first, second in _pairs(before, now):
        one, other = first.launch, second.launch
        if one.stream == other.stream or (first.began is not None and first.began < (second.began or 0)):
            continue
        block = "" if first.blocks else "launch the latter with block 1, "
        yield (
            f"{second}, began before {first}; in the friendly order it came after it; to mend: {block}call "
            f"acl.rt.record_event(event, {one.stream}) after {one.site}, and "
            f"acl.rt.stream_wait_event({other.stream}, event) before {other.site} (rule a20)"
        )


def _callbacks_at_once(before: Run, now: Run) -> Iterator[str]:
    """Tell which callbacks ran at once on two report threads."""
    for first, second in _pairs(before, now):
        if first.began is None or second.began is None or first.thread == second.thread:
            continue
        if max(first.began, second.began) < min(first.until(now), second.until(now)):
            yield (
                f"{first.name} on {first.thread} and {second.name} on {second.thread} ran at once; in the friendly "
                f"order one came after the other; to mend: guard what both of them use with a lock (rule a20)"
            )
