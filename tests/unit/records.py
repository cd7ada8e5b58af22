"""Trace records in a few words, for tests that write whole traces by hand."""

from __future__ import annotations

from simulator.base.subscription_records import Subscribed
from simulator.base.trace import (
    CallbackEnded,
    CallbackReleased,
    CallbackStarted,
    Called,
    ReportPosted,
    ReportsTaken,
    Submitted,
    Synchronized,
    TaskRan,
)

S, T = "s1", "reporter"
OUT_OF_TIME, REPORT_TIMEOUT, AICORE = 507046, 507012, 507015


def submitted(first, kind="execute", name="net", *, tasks=1, stream=S, time=0):
    return Submitted(time, "main", stream, first, first + tasks - 1, kind, name, None)


def ran(time, seq, kind="execute", name="net", *, start=None, stream=S, code=0):
    return TaskRan(time, stream, seq, kind, name, time if start is None else start, code)


def posted(time, seq, *, stream=S, thread=T, block=True, name="post"):
    return ReportPosted(time, stream, seq, name, thread, 0, block)


def taken(time, *reports, thread=T):
    return ReportsTaken(
        time, thread, 0, tuple((S, each) if isinstance(each, int) else each for each in reports)
    )


def started(time, seq, *, stream=S, thread=T, name="post"):
    return CallbackStarted(time, thread, stream, seq, name)


def ended(time, seq, *, stream=S, thread=T, name="post", error=None):
    return CallbackEnded(time, thread, stream, seq, name, error)


def released(time, seq, *, stream=S):
    return CallbackReleased(time, stream, seq)


def processed(time, code=0, *, began=0, thread=T):
    return Called(time, thread, "acl.rt.process_report", began, code, None, None, None)


def synced(time, *targets, code=0, op="synchronize_stream"):
    return Synchronized(time, "main", op, 0, targets, code)


def ran_function(time, seq, *, until=None, **where):
    """The records of one function from entry to return."""
    until = time if until is None else until
    return [started(time, seq, **where), ended(until, seq, **where)]


SUBSCRIBED = Subscribed(0, T, S, internal=False)
