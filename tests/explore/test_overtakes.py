"""Each deviation in sentences: who overtook whom, with what, and which edge is missing."""

import pytest

from simulator.base.trace import (
    Blocked,
    Called,
    Chosen,
    ReportPosted,
    StreamCreated,
    TaskRan,
    ThreadStarted,
    Trace,
)
from simulator.explore.deviations import Deviation
from simulator.explore.overtakes import overtakes

BEGIN = (
    ThreadStarted(0, "main", False),
    ThreadStarted(0, "reporter", False),
    StreamCreated(0, "s1", 0, "primary-0"),
    StreamCreated(0, "s2", 0, "primary-0"),
)
NEXT = (
    ReportPosted(7, "s1", 1, "store", "reporter", 0, False),
    TaskRan(7, "s1", 1, "copy", "", 5, 0),
    TaskRan(8, "s2", 3, "kernel", "resnet", 6, 0),
    Called(9, "main", "reset_device", 4, 0, None, None, None),
    Blocked(9, "reporter", "process_report", None, None),
)


def tell(actor, taken, *, kind="thread", records=NEXT):
    trace = Trace()
    for record in (*BEGIN, Chosen(5_000, kind, (actor, taken), 1), *records):
        trace.append(record)
    (told,) = overtakes(trace, [Deviation(kind, actor, 1, taken, 1)])
    return told


@pytest.mark.parametrize(
    ("actor", "taken", "sentence", "reason"),
    [
        (
            "main",
            "reporter",
            "at 5us, reporter (wait in process_report) went before main, at thread",
            "no join, flag, lock or sync makes reporter wait for main before wait in process_report",
        ),
        (
            "reporter",
            "s2",
            "at 5us, s2 (resnet, task 3 of s2) went before reporter (wait in process_report), at thread",
            "it had been launched, no event held s2 back, and the device does not wait for reporter",
        ),
        (
            "s2",
            "main",
            "at 5us, main (reset_device) went before s2, at thread",
            "main had not synchronised with s2: before reset_device there is no sync of that stream, nor of an event",
        ),
        (
            "s2",
            "s1",
            "at 5us, s1 (report of callback store) went before s2 (resnet, task 3 of s2), at thread",
            "no event joins the two streams: no record on s2 that a wait on s1 refers to",
        ),
        (
            "s1",
            "timeout of reporter in process_report",
            "at 5us, timeout of reporter in process_report went before s1 (report of callback store), at thread",
            "a timeout may run out before the device is done",
        ),
    ],
)
def test_it_names_both_steps_and_the_missing_edge(actor, taken, sentence, reason):
    told = tell(actor, taken)
    assert told.sentence == sentence
    assert told.reason.startswith(reason)
    assert str(told) == f"{told.sentence}; {told.reason}"


def test_a_sleep_is_no_timeout():
    assert (
        "how long a thread computes or sleeps orders nothing"
        in tell("main", "timeout of reporter in sleep").reason
    )


def test_a_duration_is_told_as_one():
    told = tell("s1 takes its time", "s1 takes 2 times as long", kind="duration")
    assert told.sentence == "at 5us, s1 takes 2 times as long"
    assert "--timing" in told.reason


def test_a_fault_is_told_as_one():
    assert tell("no fault", "device.lost", kind="fault").sentence == "at 5us, the fault device.lost happened"


def test_without_a_trace_the_order_is_still_told():
    (told,) = overtakes(None, [Deviation("thread", "main", 2, "s1", 1)])
    assert told.time is None
    assert told.sentence == "s1 went before main, at thread"
    assert told.reason == "nothing orders the two: neither has to wait for the other"


def test_points_without_a_choice_are_not_counted():
    trace = Trace()
    for record in (*BEGIN, Chosen(1, "thread", ("main",), 0), Chosen(2, "thread", ("main", "s1"), 1), *NEXT):
        trace.append(record)
    (told,) = overtakes(trace, [Deviation("thread", "main", 1, "s1", 1)])
    assert told.time == 2
