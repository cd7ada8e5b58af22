"""Callbacks run once each, in the order of their launches, on the subscribed thread, one at a time (O5, O6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from simulator.check.ordering.guarantee import Violation

if TYPE_CHECKING:
    from simulator.check.history.facts import History, Launch, Run


def wrong_reports(history: History) -> Iterator[Violation]:
    """Find callbacks that ran twice, out of nothing, on the wrong thread, in the wrong order or at the same time."""
    for key, runs in history.runs.items():
        launch = history.launches.get(key)
        for run, again in pairwise(runs):
            yield Violation("O5", f"callback {run.name} of {run.stream} ran twice", (run.index, again.index))
        if launch is not None and not launch.hidden:
            yield from _wrong_thread(history, launch, runs[0])
    yield from _outside_of_polls(history)
    yield from _wrong_order(history)
    yield from _overlaps(history)


def _wrong_thread(history: History, launch: Launch, run: Run) -> Iterator[Violation]:
    """Compare the thread with the one that was certainly, and alone, subscribed when the launch was made."""
    bonds = [
        bond
        for bond in history.bonds.get(launch.stream, ())
        if bond.asked <= launch.ended and (bond.gone is None or bond.gone >= launch.began)
    ]
    if len(bonds) == 1 and bonds[0].since <= launch.began and bonds[0].thread != run.thread:
        text = (
            f"callback {run.name} of {run.stream} ran on {run.thread}; {bonds[0].thread} was subscribed when it was "
            f"{launch.where}"
        )
        yield Violation("O5", text, (launch.index, run.index))


def _outside_of_polls(history: History) -> Iterator[Violation]:
    """Find callbacks that ran inside of another call than process_report, or of none."""
    for key, runs in history.runs.items():
        launch = history.launches.get(key)
        for run in runs:
            # A poll that never returned is not in the history: then the thread has begun no other call since.
            if (
                run.end is None
                or (launch is not None and launch.hidden)
                or not history.calls_after(run.thread, run.start)
            ):
                continue
            if not any(history.polls_around(run.thread, run.start, run.end)):
                around = list(history.calls_around(run.thread, run.start, run.end))
                inside = f"inside {around[0].record.op}" if around else "outside of every call"
                text = f"callback {run.name} of {run.stream} ran {inside} of {run.thread}, not inside process_report"
                yield Violation("O5", text, (run.index, *(call.index for call in around[:1])))


def _wrong_order(history: History) -> Iterator[Violation]:
    """Find two callbacks of one stream that ran in another order than that of their launches."""
    by_stream = defaultdict(list)
    for launch in history.launches.values():
        runs = history.runs.get((launch.stream, launch.seq))
        if runs:
            by_stream[launch.stream].append((launch, runs[0]))
    for pairs in by_stream.values():
        pairs.sort(key=lambda pair: pair[1].start)
        # Of those that ran later, the one whose launch had returned first.
        first = None
        for launch, run in reversed(pairs):
            if first is not None and first[0].ended < launch.began and first[1].thread == run.thread:
                text = (
                    f"callback {run.name} of {run.stream} ran before {first[1].name}, which was {first[0].where} "
                    f"before it was {launch.where}"
                )
                yield Violation("O5", text, (run.index, first[1].index))
            if first is None or launch.ended < first[0].ended:
                first = launch, run


def _overlaps(history: History) -> Iterator[Violation]:
    """Find callbacks of one thread that ran at the same time; one inside the other's own poll is no mistake."""
    by_thread = defaultdict(list)
    for run in history.all_runs():
        by_thread[run.thread].append(run)
    for thread, runs in by_thread.items():
        runs.sort(key=lambda run: run.start)
        open_run: Run | None = None
        for run in runs:
            if open_run is not None and (open_run.end is None or run.start < open_run.end):
                polls = history.polls_around(thread, run.start, run.start)
                nested = any(poll.record.began >= open_run.start for poll in polls)
                if not nested and open_run.end is not None:
                    both = f"{open_run.name} of {open_run.stream} and {run.name} of {run.stream}"
                    text = f"callbacks {both} ran at the same time on {thread}"
                    yield Violation("O6", text, (open_run.index, run.index))
            if open_run is None or (run.end or 0) > (open_run.end or 0):
                open_run = run
