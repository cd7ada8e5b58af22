"""Each guarantee tells in a sentence what a broken trace breaks, and where."""

from __future__ import annotations

import pytest

from simulator.base.subscription_records import Subscribed
from simulator.base.trace import (
    Blocked,
    EventBound,
    EventRecorded,
    Record,
    ReportLost,
    StreamFailed,
    TaskDropped,
    ThreadStarted,
)
from simulator.check import ordering
from tests.unit.records import (
    AICORE,
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

CALLBACK = [SUBSCRIBED, submitted(1, "callback", "post"), submitted(2), posted(0, 1), taken(0, 1)]
TWO = [
    SUBSCRIBED,
    submitted(1, "callback-no-block", "post"),
    submitted(2, "callback-no-block", "post"),
    *(record for seq in (1, 2) for record in (posted(0, seq, block=False), ran(0, seq, "callback", "post"))),
]
WAITING = [submitted(1), submitted(2, "record", "e"), EventBound(0, "s2", 1, "e", S, 2)]
HIDDEN = [Subscribed(0, "hidden", S, internal=True), submitted(1, "host-func", "log")]

BROKEN: list[tuple[str, str, list[Record]]] = [
    (
        "O1",
        "task 1 of s1 (execute 'net') ran at 9ns, after task 2 of s1 (execute 'net')",
        [submitted(1), submitted(2), ran(5, 2), ran(9, 1)],
    ),
    (
        "O1",
        "task 2 of s1 (execute 'net') left at 5ns while task 1 of s1 (execute 'net') was still ahead of it",
        [submitted(1), submitted(2), ran(5, 2), ran(9, 1)],
    ),
    (
        "O1",
        (
            "task 2 of s1 (execute 'net') started at 3ns while task 1 of s1 (execute 'net') held the"
            " stream until 5ns"
        ),
        [submitted(1), submitted(2), ran(5, 1, start=0), ran(9, 2, start=3)],
    ),
    ("O1", "task 1 of s1 (execute 'net') started at 7ns but left at 5ns", [submitted(1), ran(5, 1, start=7)]),
    (
        "O1",
        (
            "task 2 of s1 (callback 'post') posted its report at 4ns while task 1 of s1 (execute 'net')"
            " was still ahead of it"
        ),
        [submitted(1), submitted(2, "callback", "post"), posted(4, 2), ran(5, 1)],
    ),
    (
        "O2",
        (
            "task 2 of s1 (callback 'post') started its function at 3us before the earlier task 1 of s1"
            " (execute 'net') had run"
        ),
        [
            SUBSCRIBED,
            submitted(1),
            submitted(2, "callback", "post"),
            posted(0, 2),
            taken(0, 2),
            started(3000, 2),
        ],
    ),
    (
        "O3",
        (
            "task 2 of s1 (execute 'net') went on at 3ns, before blocking callback 'post' (task 1 of s1)"
            " returned"
        ),
        [*CALLBACK, started(0, 1), ran(3, 2), ended(5, 1)],
    ),
    (
        "O3",
        (
            "task 1 of s1 (callback 'post') went on at 0s, before blocking callback 'post' (task 1 of s1)"
            " returned"
        ),
        [*CALLBACK, ran(0, 1, "callback", "post"), *ran_function(0, 1)],
    ),
    (
        "O3",
        "task 3 of s1 (record 'e') went on at 2ns, before blocking callback 'post' (task 1 of s1) returned",
        [submitted(1, "callback", "post", tasks=2), submitted(3, "record", "e"), EventRecorded(2, "e", S, 3)],
    ),
    (
        "O3",
        (
            "task 2 of s1 (execute 'net') started at 3ns, before blocking callback 'post' (task 1 of s1)"
            " returned at 5ns"
        ),
        [*CALLBACK, *ran_function(0, 1, until=5), released(5, 1), ran(5, 1, "callback"), ran(7, 2, start=3)],
    ),
    (
        "O3",
        "blocking callback 'post' (task 1 of s1) was released at 3ns before it returned",
        [*CALLBACK, started(0, 1), released(3, 1), ended(5, 1)],
    ),
    (
        "O3",
        (
            "reporter started task 2 of s2 (callback-no-block 'log') at 5ns before blocking callback"
            " 'post' (task 1 of s1), which had returned, was released"
        ),
        [
            submitted(2, "callback-no-block", "log", stream="s2"),
            *CALLBACK,
            *ran_function(0, 1, until=5),
            started(5, 2, stream="s2"),
            released(6, 1),
        ],
    ),
    (
        "O3",
        (
            "reporter went on at 5ns before blocking callback 'post' (task 1 of s1), which had returned,"
            " was released"
        ),
        [*CALLBACK, *ran_function(0, 1, until=5), processed(5), released(6, 1)],
    ),
    (
        "O3",
        "s1 went on at 9ns, not at 5ns when blocking callback 'post' (task 1 of s1) was released",
        [*CALLBACK, *ran_function(0, 1, until=5), released(5, 1), ran(9, 1, "callback", "post", start=0)],
    ),
    (
        "O3",
        "s1 went on at 5ns although blocking callback 'post' (task 1 of s1) was never released",
        [*CALLBACK, *ran_function(0, 1, until=5), ran(5, 1, "callback", "post", start=0)],
    ),
    (
        "O3",
        (
            "blocking callback 'post' (task 1 of s1) was released at 5ns, but s1 had not gone on when its"
            " tasks were dropped at 9ns"
        ),
        [
            *CALLBACK,
            *ran_function(0, 1, until=5),
            released(5, 1),
            TaskDropped(9, S, 1, "callback", "post", "end"),
        ],
    ),
    (
        "O4",
        "callback-no-block 'post' (task 1 of s1) posted its report at 2ns but left its stream at 7ns",
        [submitted(1, "callback-no-block", "post"), posted(2, 1, block=False), ran(7, 1, "callback", "post")],
    ),
    (
        "O4",
        "callback-no-block 'post' (task 1 of s1) posted its report at 7ns but left its stream at 2ns",
        [submitted(1, "callback-no-block", "post"), ran(2, 1, "callback", "post"), posted(7, 1, block=False)],
    ),
    (
        "O5",
        (
            "task 1 of s1 (callback-no-block 'post') started its function at 2ns, after task 2 of s1"
            " (callback-no-block 'post'), which was launched later"
        ),
        [*TWO, taken(0, 1, 2), *ran_function(1, 2), *ran_function(2, 1)],
    ),
    (
        "O5",
        "task 1 of s1 (callback-no-block 'post') started its function at 2ns a second time",
        [*TWO, taken(0, 1, 2), *ran_function(1, 1), *ran_function(2, 1)],
    ),
    (
        "O5",
        (
            "task 1 of s1 (callback-no-block 'post') started its function at 1ns on main, not on the"
            " subscribed thread reporter"
        ),
        [*TWO, taken(0, 1, 2), *ran_function(1, 1, thread="main")],
    ),
    (
        "O5",
        (
            "task 1 of s1 (callback-no-block 'post') started its function at 1ns outside any"
            " process_report of reporter"
        ),
        [*TWO, *ran_function(1, 1)],
    ),
    (
        "O5",
        (
            "task 2 of s1 (callback-no-block 'post') started its function at 9ns outside any"
            " process_report of reporter"
        ),
        [*TWO, taken(0, 1, 2), *ran_function(1, 1), processed(2), *ran_function(9, 2)],
    ),
    (
        "O5",
        (
            "task 2 of s1 (callback-no-block 'post') started its function at 9ns inside a process_report"
            " of reporter that had not taken its report"
        ),
        [*TWO, taken(0, 1), *ran_function(9, 2)],
    ),
    (
        "O5",
        "task 1 of s1 (callback 'post') started its function at 1ns before its report was posted",
        [SUBSCRIBED, submitted(1, "callback", "post"), taken(0, 1), started(1, 1)],
    ),
    (
        "O5",
        "task 1 of s1 (execute 'net') posted a report at 1ns, but no callback was launched there",
        [SUBSCRIBED, submitted(1), posted(1, 1)],
    ),
    (
        "O5",
        "task 7 of s1 started its function at 1ns, but no callback was launched there",
        [SUBSCRIBED, started(1, 7)],
    ),
    (
        "O5",
        "callback 'post' (task 1 of s1) posted its report to main, which was not subscribed to s1",
        [SUBSCRIBED, submitted(1, "callback", "post"), posted(0, 1, thread="main")],
    ),
    (
        "O6",
        (
            "task 2 of s1 (callback-no-block 'post') started its function on reporter at 2ns while task 1"
            " of s1 (callback-no-block 'post') was still running there"
        ),
        [*TWO, taken(0, 1, 2), started(1, 1), started(2, 2), ended(3, 2), ended(3, 1)],
    ),
    (
        "O6",
        "task 1 of s1 (callback-no-block 'post') returned on reporter at 3ns, where it was not running",
        [*TWO, taken(0, 1, 2), started(1, 1), ended(2, 1), ended(3, 1)],
    ),
    (
        "O6",
        (
            "task 1 of s1 (callback-no-block 'post') returned on reporter at 2ns while task 2 of s1"
            " (callback-no-block 'post'), entered later, was still running"
        ),
        [*TWO, taken(0, 1), started(1, 1), taken(1, 2), started(1, 2), ended(2, 1), ended(3, 2)],
    ),
    (
        "O7",
        (
            "synchronize_stream of main returned 0 at 4ns, but task 1 of s1 (execute 'net'), submitted"
            " before the call, had not run"
        ),
        [submitted(1), synced(4, (S, 1)), ran(5, 1)],
    ),
    (
        "O7",
        (
            "synchronize_stream of main returned 0 at 4ns, but blocking callback 'post' (task 1 of s1) had"
            " not returned"
        ),
        [*CALLBACK, started(0, 1), ran(4, 1, "callback", "post"), synced(4, (S, 1))],
    ),
    (
        "O8",
        (
            "task 1 of s2 passed its wait for event e at 4ns, before its record (task 2 of s1 (record"
            " 'e')) was complete"
        ),
        [
            *WAITING,
            submitted(1, "wait", "e", stream="s2"),
            ran(4, 1, stream="s2"),
            EventRecorded(4, "e", S, 2),
        ],
    ),
    (
        "O8",
        (
            "task 1 of s2 passed its wait for event e at 4ns, before its record (task 2 of s1 (record"
            " 'e')) was complete"
        ),
        [
            *WAITING,
            submitted(1, "wait", "e", stream="s2"),
            EventRecorded(1, "e", "s3", 2),
            EventRecorded(1, "e", S, 3),
            EventRecorded(1, "other", S, 2),
            ran(4, 1, stream="s2"),
        ],
    ),
    (
        "O8",
        "task 1 of s2 passed its wait for event e at 4ns, but the event was not recorded then",
        [EventBound(0, "s2", 1, "e", None, 0), ran(4, 1, stream="s2")],
    ),
    (
        "O8",
        "task 1 of s2 passed its wait for event e at 4ns, but the event was not recorded then",
        [
            EventRecorded(0, "e", S, 1),
            submitted(2, "reset", "e"),
            ran(1, 2, "reset", "e"),
            EventBound(2, "s2", 1, "e", None, 0),
            ran(4, 1, stream="s2"),
        ],
    ),
    (
        "O8",
        (
            "event e was complete at 4ns while task 1 of s1 (execute 'net'), which its record captured,"
            " had not run"
        ),
        [submitted(1), submitted(2, "record", "e"), EventRecorded(4, "e", S, 2)],
    ),
    (
        "O8",
        (
            "the wait of s2 for event e at 3ns added no task, although its record (task 2 of s1 (record"
            " 'e')) was not complete"
        ),
        [submitted(1), submitted(2, "record", "e"), EventBound(3, "s2", 0, "e", S, 2)],
    ),
    (
        "O9",
        (
            "process_report of reporter at 1ns left behind task 2 of s1 (callback-no-block 'post') that"
            " stood ready in its queue"
        ),
        [*TWO, taken(1, 1)],
    ),
    (
        "O9",
        (
            "process_report of reporter at 2ns took task 1 of s1 (callback-no-block 'post') that did not"
            " stand in its queue"
        ),
        [*TWO, taken(1, 1, 2), taken(2, 1)],
    ),
    (
        "O9",
        (
            "process_report of reporter at 1ns took task 2 of s1 (callback-no-block 'post'), task 1 of s1"
            " (callback-no-block 'post'), but the queue held task 1 of s1 (callback-no-block 'post'), task"
            " 2 of s1 (callback-no-block 'post')"
        ),
        [*TWO, taken(1, 2, 1)],
    ),
    (
        "O9",
        (
            "task 2 of s1 (callback-no-block 'post') ran on reporter at 1ns before task 1 of s1"
            " (callback-no-block 'post'), whose report came first"
        ),
        [*TWO, taken(1, 1, 2), *ran_function(1, 2)],
    ),
    (
        "O9",
        (
            "process_report of reporter returned 0 at 3ns without running task 2 of s1 (callback-no-block"
            " 'post'), which it had taken"
        ),
        [*TWO, taken(1, 1, 2), *ran_function(1, 1), processed(3)],
    ),
    (
        "O9",
        (
            "process_report of reporter gave up at 9ns with 507012, although the report of"
            " callback-no-block 'post' (task 1 of s1) was ready at 0s"
        ),
        [*TWO, processed(9, REPORT_TIMEOUT, began=5)],
    ),
    (
        "O9",
        (
            "process_report of reporter gave up at 10ns with 507012, although the report of"
            " callback-no-block 'post' (task 1 of s1) was ready at 9ns"
        ),
        [
            submitted(1, "callback-no-block", "post"),
            Blocked(0, T, "process_report", None, 10),
            posted(9, 1, block=False),
            processed(10, REPORT_TIMEOUT),
        ],
    ),
    (
        "O10",
        "host function 'log' (task 1 of s1) ran on reporter, not on the hidden thread hidden",
        [*HIDDEN, started(0, 1, name="log")],
    ),
    (
        "O10",
        "host function 'log' (task 1 of s1) ran on reporter, which is not the runtime's own thread",
        [ThreadStarted(0, T, internal=False), submitted(1, "host-func", "log"), started(0, 1, name="log")],
    ),
    (
        "O10",
        "s1 was bound to reporter although its hidden thread is hidden",
        [*HIDDEN, SUBSCRIBED],
    ),
    (
        "O10",
        (
            "task 1 of s2 (host-func 'log') started its function on hidden at 1ns while task 1 of s1"
            " (host-func 'log') was still running there"
        ),
        [
            *HIDDEN,
            submitted(1, "host-func", "log", stream="s2"),
            started(0, 1, thread="hidden", name="log"),
            started(1, 1, thread="hidden", name="log", stream="s2"),
        ],
    ),
    (
        "O11",
        (
            "synchronize_stream of main returned 0 at 6ns, although task 1 of s1 (execute 'net') had"
            " failed with 507015"
        ),
        [submitted(1), StreamFailed(5, S, 1, AICORE), ran(5, 1, code=AICORE), synced(6, (S, 1))],
    ),
    (
        "O11",
        (
            "synchronize_device of main returned 507014 at 6ns, although task 1 of s1 (execute 'net') had"
            " failed with 507015"
        ),
        [
            submitted(1),
            StreamFailed(5, S, 1, AICORE),
            synced(6, (S, 1), code=507014, op="synchronize_device"),
        ],
    ),
    (
        "O11",
        (
            "synchronize_stream of main returned 507015 at 7ns again, although the failure of s1 had been"
            " returned and cleared"
        ),
        [
            submitted(1),
            StreamFailed(5, S, 1, AICORE),
            *(synced(time, (S, 1), code=AICORE) for time in (6, 7)),
        ],
    ),
    (
        "O11",
        "task 1 of s1 (execute 'net') failed with 507015 at 5ns, but no failure was stored on s1",
        [submitted(1), ran(5, 1, code=AICORE)],
    ),
    ("O12", "task 1 of s1 (execute 'net') neither ran nor was dropped with a reason", [submitted(1)]),
    (
        "O12",
        "task 1 of s1 (execute 'net') ran at 6ns, although it had left its stream before",
        [submitted(1), ran(5, 1), ran(6, 1)],
    ),
    (
        "O12",
        "task 1 of s1 (execute 'net') was dropped at 6ns, although it had left its stream before",
        [submitted(1), ran(5, 1), TaskDropped(6, S, 1, "execute", "net", "reset")],
    ),
    (
        "O12",
        "task 1 of s1 (execute 'net') was dropped at 6ns without a reason",
        [submitted(1), TaskDropped(6, S, 1, "execute", "net", "")],
    ),
    ("O12", "task 3 of s1 ran at 5ns, but nobody submitted it", [ran(5, 3)]),
    (
        "O12",
        "main launched execute 'net' at 0s as tasks 1 to 1 of s1, whose last task was 1",
        [submitted(1), submitted(1), ran(5, 1)],
    ),
    (
        "O12",
        (
            "callback-no-block 'post' (task 1 of s1) posted its report to reporter, but it was neither run"
            " nor lost with a reason"
        ),
        TWO,
    ),
    (
        "O12",
        (
            "callback-no-block 'post' (task 1 of s1) left its stream, but its report was neither posted"
            " nor lost with a reason"
        ),
        [submitted(1, "callback-no-block", "post"), ran(5, 1, "callback", "post")],
    ),
    (
        "O12",
        "the report of task 1 of s1 (callback 'post') was lost at 9ns, although its function had started",
        [*CALLBACK, started(0, 1), ReportLost(9, S, 1, "post", "closed")],
    ),
    (
        "O12",
        "the report of task 1 of s1 (callback 'post') was lost at 9ns without a reason",
        [*CALLBACK, ReportLost(9, S, 1, "post", "")],
    ),
]


@pytest.mark.parametrize(
    ("name", "text", "records"),
    BROKEN,
    ids=[f"{name}-{place}" for place, (name, _, _) in enumerate(BROKEN)],
)
def test_a_broken_trace_is_told_in_a_sentence(name, text, records):
    alone = ordering.GUARANTEES[name].check(records)
    assert text in [violation.text for violation in alone]
    # The places must lie in the trace, or nobody can look them up.
    assert all(0 <= place < len(records) for violation in alone for place in violation.records)
    everything = ordering.check_ordering(records)
    assert set(alone) <= set(everything)


def test_every_guarantee_has_a_broken_trace():
    assert {name for name, _, _ in BROKEN} == set(ordering.GUARANTEES)


def test_a_violation_points_at_its_records_and_prints_in_one_line():
    (violation,) = ordering.check_ordering(
        [submitted(1), ran(5, 1, start=0), ran(6, 1, start=5), submitted(2)]
    )[:1]
    assert violation.guarantee == "O1"
    assert violation.records == (1, 2)
    assert str(violation) == (
        "O1: task 1 of s1 (execute 'net') ran at 6ns, after task 1 of s1 (execute 'net')"
    )
    assert "\n" not in repr(violation)
