"""The counters of a timeline: tasks queued per stream, reports waiting per thread."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from simulator.base.trace import (
    Record,
    ReportLost,
    ReportPosted,
    ReportsTaken,
    Submitted,
    TaskDropped,
    TaskRan,
)
from simulator.export.timeline import Point


def counter_points(records: Iterable[Record]) -> Iterator[Point]:
    """Yield the steps of all counters in the order of time, at most one per counter and instant."""
    newest: dict[tuple[str, str], int] = {}
    shown: dict[tuple[str, str], int] = {}
    now = 0
    for time, counter, unit, value in _steps(records):
        if time != now:
            yield from _changed(now, newest, shown)
            newest.clear()
            now = time
        newest[counter, unit] = value
    yield from _changed(now, newest, shown)


def _changed(
    now: int, newest: dict[tuple[str, str], int], shown: dict[tuple[str, str], int]
) -> Iterator[Point]:
    for (counter, unit), value in newest.items():
        if shown.get((counter, unit), 0) != value:
            shown[counter, unit] = value
            yield Point(now, counter, unit, value)


def _steps(records: Iterable[Record]) -> Iterator[Point]:
    submitted: dict[str, int] = defaultdict(int)
    done: dict[str, int] = defaultdict(int)
    waiting: dict[str, int] = defaultdict(int)
    posted: dict[tuple[str, int], str] = {}
    for record in records:
        if isinstance(record, Submitted | TaskRan | TaskDropped):
            stream = record.stream
            if isinstance(record, Submitted):
                submitted[stream] = record.last
            else:
                done[stream] = record.seq
            # A launch of several tasks into a full queue is recorded after the first of them may have run.
            depth = max(0, submitted[stream] - done[stream])
            yield Point(record.time, f"queue depth {stream}", "tasks", depth)
        elif isinstance(record, ReportPosted):
            posted[record.stream, record.seq] = record.thread
            waiting[record.thread] += 1
            yield _waiting(record.time, record.thread, waiting)
        elif isinstance(record, ReportsTaken):
            for report in record.reports:
                if posted.pop(report, None) is not None:
                    waiting[record.thread] -= 1
            yield _waiting(record.time, record.thread, waiting)
        elif isinstance(record, ReportLost):
            thread = posted.pop((record.stream, record.seq), None)
            if thread is not None:
                waiting[thread] -= 1
                yield _waiting(record.time, thread, waiting)


def _waiting(time: int, thread: str, waiting: dict[str, int]) -> Point:
    return Point(time, f"reports waiting {thread}", "reports", waiting[thread])
