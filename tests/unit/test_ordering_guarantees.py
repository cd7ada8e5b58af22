"""Correct traces of every callback lowering break no guarantee; what is allowed stays allowed."""

from __future__ import annotations

import pytest

from simulator.base.subscription_records import Subscribed, Unsubscribed
from simulator.base.trace import (
    Blocked,
    Called,
    EventBound,
    EventRecorded,
    Record,
    ReportLost,
    StreamFailed,
    TaskDropped,
    ThreadStarted,
    Trace,
)
from simulator.check import ordering
from tests.unit.records import (
    AICORE,
    OUT_OF_TIME,
    REPORT_TIMEOUT,
    SUBSCRIBED,
    S,
    T,
    ended,
    posted,
    processed,
    ran,
    ran_function,
    released,
    started,
    submitted,
    synced,
    taken,
)


def blocking_callback(tasks: int) -> list[Record]:
    """A run, a blocking callback of one, two or three tasks (rules a15, a14, a13), another run, a sync."""
    hold = [
        [ran(40, 2, "callback", "post", start=10)],
        [ran(40, 3, "notify-wait", "n", start=10)],
        [ran(40, 3, "wait", "e", start=10), ran(40, 4, "reset", "e")],
    ][tasks - 1]
    placeholder = [ran(10, 2, "callback", "post")] if tasks > 1 else []
    last = 2 + tasks
    return [
        SUBSCRIBED,
        submitted(1),
        submitted(2, "callback", "post", tasks=tasks),
        submitted(last),
        Blocked(0, T, "process_report", None, 1000),
        ran(10, 1, start=0),
        posted(10, 2),
        *placeholder,
        taken(10, 2),
        *ran_function(10, 2, until=40),
        released(40, 2),
        processed(40),
        *hold,
        ran(50, last, start=40),
        synced(50, (S, last)),
    ]


def non_blocking_pair() -> list[Record]:
    """Two non-blocking callbacks that run in one process_report, long after their stream has drained."""
    return [
        SUBSCRIBED,
        submitted(1, "callback-no-block", "post"),
        submitted(2, "callback-no-block", "post"),
        submitted(3),
        posted(5, 1, block=False),
        ran(5, 1, "callback", "post", start=0),
        posted(5, 2, block=False),
        ran(5, 2, "callback", "post"),
        ran(20, 3, start=5),
        synced(20, (S, 3)),
        taken(30, 1, 2),
        *ran_function(30, 1, until=35),
        *ran_function(35, 2, until=40),
        processed(40, began=30),
    ]


def nested_reports() -> list[Record]:
    """The first callback of a batch calls process_report twice: it times out, then runs a third callback."""
    return [
        SUBSCRIBED,
        *(submitted(seq, "callback-no-block", "post") for seq in (1, 2, 3)),
        *(
            record
            for seq in (1, 2)
            for record in (posted(0, seq, block=False), ran(0, seq, "callback", "post"))
        ),
        taken(0, 1, 2),
        started(0, 1),
        processed(8, REPORT_TIMEOUT, began=3),
        posted(9, 3, block=False),
        ran(9, 3, "callback", "post", start=0),
        taken(9, 3),
        *ran_function(9, 3, until=10),
        processed(10, began=9),
        ended(10, 1),
        *ran_function(10, 2),
        processed(10),
    ]


def host_functions() -> list[Record]:
    """Two host functions on the hidden thread of the context."""
    hidden = "callback thread"
    records: list[Record] = [Subscribed(0, hidden, S, internal=True), ThreadStarted(0, hidden, internal=True)]
    for seq in (1, 2):
        records += [
            submitted(seq, "host-func", "log"),
            posted(0, seq, thread=hidden, name="log"),
            taken(0, seq, thread=hidden),
            *ran_function(0, seq, thread=hidden, name="log"),
            released(0, seq),
            ran(0, seq, "callback", "log"),
        ]
    return records


def event_chain() -> list[Record]:
    """Stream s2 waits for the record on s1; a second wait finds it complete, a third is of the old kind."""
    return [
        submitted(1),
        submitted(2, "record", "e"),
        EventBound(0, "s2", 1, "e", S, 2),
        submitted(1, "wait", "e", stream="s2"),
        ran(10, 1, start=0),
        EventRecorded(10, "e", S, 2),
        ran(10, 2, "record", "e"),
        ran(10, 1, "wait", "e", start=0, stream="s2"),
        EventBound(11, "s2", 0, "e", S, 2),
        EventBound(11, "s2", 2, "e", None, 0),
        submitted(2, "wait", "e", stream="s2", time=11),
        ran(11, 2, "wait", "e", stream="s2"),
        synced(11, (S, 2), ("s2", 2), op="synchronize_device"),
    ]


def failing_task() -> list[Record]:
    """A task fails; the next sync says so, once (rule e13)."""
    return [
        submitted(1),
        submitted(2),
        StreamFailed(5, S, 1, AICORE),
        ran(5, 1, start=0, code=AICORE),
        synced(6, (S, 2), code=OUT_OF_TIME),
        ran(9, 2, start=5),
        synced(9, (S, 2), code=AICORE),
        synced(9, (S, 2)),
    ]


def unsubscribed_too_early() -> list[Record]:
    """On 950 a callback whose stream was unsubscribed runs and is never released (rule b15)."""
    return [
        Subscribed(0, T, "other", internal=False),
        SUBSCRIBED,
        submitted(1, "callback", "post", tasks=2),
        Unsubscribed(0, T, S),
        posted(0, 1),
        ran(0, 1, "callback", "post"),
        taken(0, 1),
        *ran_function(0, 1),
        processed(0, 107011),
        TaskDropped(9, S, 2, "notify-wait", "n", "its stream was destroyed by force"),
    ]


def lost_with_a_reason() -> list[Record]:
    """Nobody polls: at the end the report is lost and the held tasks are dropped, both with a reason."""
    return [
        SUBSCRIBED,
        submitted(1, "callback", "post", tasks=3),
        submitted(4, "callback-no-block", "post"),
        posted(0, 1),
        ran(0, 1, "callback", "post"),
        synced(9, (S, 4), code=OUT_OF_TIME),
        *(TaskDropped(9, S, seq, kind, "e", "the run ended") for seq, kind in ((2, "wait"), (3, "reset"))),
        TaskDropped(9, S, 4, "callback", "post", "the run ended"),
        ReportLost(9, S, 1, "post", "the run ended"),
    ]


GOOD = {
    "empty": [],
    "blocking callback of one task": blocking_callback(1),
    "blocking callback of two tasks": blocking_callback(2),
    "blocking callback of three tasks": blocking_callback(3),
    "non-blocking callbacks": non_blocking_pair(),
    "process_report inside a callback": nested_reports(),
    "host functions": host_functions(),
    "events": event_chain(),
    "failing task": failing_task(),
    "unsubscribed too early": unsubscribed_too_early(),
    "lost with a reason": lost_with_a_reason(),
}


@pytest.mark.parametrize("records", GOOD.values(), ids=GOOD)
def test_a_correct_trace_breaks_no_guarantee(records):
    assert ordering.check_ordering(records) == ()


@pytest.mark.parametrize("name", ordering.GUARANTEES)
@pytest.mark.parametrize("records", GOOD.values(), ids=GOOD)
def test_each_guarantee_alone_accepts_a_correct_trace(records, name):
    assert ordering.GUARANTEES[name].check(iter(records)) == ()


def test_a_trace_object_can_be_checked_as_it_is():
    trace = Trace()
    for record in blocking_callback(3):
        trace.append(record)
    assert ordering.check_ordering(trace) == ()


def test_there_are_twelve_guarantees_in_order_each_with_a_sentence():
    assert list(ordering.GUARANTEES) == [f"O{number}" for number in range(1, 13)]
    assert all(guarantee.title.endswith(".") for guarantee in ordering.GUARANTEES.values())
    assert str(ordering.GUARANTEES["O6"]) == "O6: One report thread runs one callback at a time."


CALLBACK = [SUBSCRIBED, submitted(1, "callback", "post"), submitted(2), posted(0, 1), taken(0, 1)]


def test_one_missing_record_does_not_accuse_every_later_task():
    records = [submitted(seq) for seq in range(1, 50)] + [
        ran(seq, seq, start=seq - 1) for seq in range(2, 50)
    ]
    assert [violation.guarantee for violation in ordering.check_ordering(records)] == ["O12", "O1"]


def test_work_left_over_is_no_violation_while_the_run_goes_on():
    records = [SUBSCRIBED, submitted(1), submitted(2, "callback", "post"), ran(5, 1), posted(5, 2)]
    assert ordering.check_ordering(records, closed=False) == ()
    assert {each.guarantee for each in ordering.check_ordering(records)} == {"O12"}


def test_equal_times_are_ordered_by_their_place_in_the_trace():
    at_once = [SUBSCRIBED, submitted(1, "callback", "post"), posted(0, 1), taken(0, 1), *ran_function(0, 1)]
    assert ordering.check_ordering([*at_once, released(0, 1), ran(0, 1, "callback", "post")]) == ()
    early = [*at_once[:4], ran(0, 1, "callback", "post"), *at_once[4:], released(0, 1)]
    assert [each.guarantee for each in ordering.check_ordering(early)] == ["O3"]


def test_a_raising_callback_may_or_may_not_be_released():
    raised = [*CALLBACK, started(0, 1), ended(5, 1, error="ValueError: no")]
    went_on = [released(5, 1), ran(5, 1, "callback", "post", start=0), ran(6, 2, start=5)]
    stuck = [TaskDropped(9, S, seq, "x", "x", "the run ended") for seq in (1, 2)]
    assert ordering.check_ordering([*raised, *went_on]) == ()
    assert ordering.check_ordering([*raised, processed(5, 500000), *stuck]) == ()


def test_a_launch_keeps_its_thread_when_the_stream_gets_another():
    records = [
        Subscribed(0, T, S, internal=False),
        submitted(1, "callback-no-block", "post"),
        Unsubscribed(0, T, S),
        Subscribed(0, "second", S, internal=False),
        submitted(2, "callback-no-block", "post"),
        posted(0, 1, block=False),
        ran(0, 1, "callback", "post"),
        posted(0, 2, thread="second", block=False),
        ran(0, 2, "callback", "post"),
        taken(0, 2, thread="second"),
        *ran_function(0, 2, thread="second"),
        processed(0, thread="second"),
        taken(0, 1),
        *ran_function(0, 1),
        processed(0),
    ]
    assert ordering.check_ordering(records) == ()


def test_in_stop_mode_every_sync_returns_the_failure():
    stop = Called(0, "main", "acl.rt.set_stream_failure_mode", 0, 0, S, None, None)
    records = [stop, submitted(1), StreamFailed(5, S, 1, AICORE), ran(5, 1, code=AICORE)]
    syncs = [synced(time, (S, 1), code=AICORE) for time in (6, 7)]
    assert ordering.check_ordering([*records, *syncs]) == ()
    (violation,) = ordering.check_ordering([*records, *syncs, synced(8, (S, 1))])
    assert violation.guarantee == "O11"


def test_a_device_sync_returns_one_failure_and_may_leave_the_other():
    records: list[Record] = []
    for name in (S, "s2"):
        records += [
            submitted(1, stream=name),
            StreamFailed(5, name, 1, AICORE),
            ran(5, 1, stream=name, code=AICORE),
        ]
    device = synced(6, (S, 1), ("s2", 1), code=AICORE, op="synchronize_device")
    for second in (0, AICORE):
        assert ordering.check_ordering([*records, device, synced(7, ("s2", 1), code=second)]) == ()


def test_the_friendly_timeout_at_the_very_instant_of_a_report_is_allowed():
    records = [
        Blocked(0, T, "process_report", None, 10),
        submitted(1, "callback-no-block", "post"),
        posted(10, 1, block=False),
        ran(10, 1, "callback", "post", start=0),
        processed(10, REPORT_TIMEOUT),
        ReportLost(11, S, 1, "post", "the run ended"),
    ]
    assert ordering.check_ordering(records) == ()


def test_an_old_wait_passes_when_the_record_came_before_the_reset():
    records = [
        EventBound(0, "s2", 1, "e", None, 0),
        submitted(1, "wait", "e", stream="s2"),
        submitted(1, "record", "e"),
        submitted(2, "reset", "e"),
        EventRecorded(1, "e", S, 1),
        ran(1, 1, "record", "e"),
        ran(1, 2, "reset", "e"),
        ran(1, 1, "wait", "e", start=0, stream="s2"),
    ]
    assert ordering.check_ordering(records) == ()
