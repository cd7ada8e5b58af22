"""What a run lost is told in sentences: who launched it, and why it never happened."""

from __future__ import annotations

from simulator.base.trace import (
    CallbackStarted,
    Record,
    ReportLost,
    ReportPosted,
    ReportsTaken,
    Submitted,
    TaskDropped,
    TaskRan,
)
from simulator.check.lost import find_lost, in_sentences


def launch(first, kind="callback-no-block", name="post", *, tasks=1, site=None, stream="s1"):
    return Submitted(0, "main", stream, first, first + tasks - 1, kind, name, site)


def posted(seq):
    return [ReportPosted(0, "s1", seq, "post", "reporter", 0, block=False), ran(seq)]


def ran(seq):
    return TaskRan(0, "s1", seq, "callback", "post", 0, 0)


def sentences(*records: Record) -> tuple[str, ...]:
    return in_sentences(find_lost(records))


def test_nothing_is_lost_when_every_callback_started():
    taken = ReportsTaken(0, "reporter", 0, (("s1", 1),))
    assert sentences(launch(1), *posted(1), taken, CallbackStarted(0, "reporter", "s1", 1, "post")) == ()


def test_a_lost_report_tells_its_reason_and_where_it_was_launched():
    lost = ReportLost(9, "s1", 1, "post", "finalize was called while it was pending")
    (loss,) = find_lost([launch(1, site="demo.yaml:12"), *posted(1), lost])
    assert loss.is_callback
    assert (loss.what, loss.name, loss.stream, loss.seq, loss.records) == (
        "callback",
        "post",
        "s1",
        1,
        (0, 3),
    )
    assert str(loss) == (
        "callback 'post' (task 1 of s1, launched at demo.yaml:12) never ran: finalize was called while it was"
        " pending"
    )


def test_equal_losses_are_told_together():
    records = [launch(seq, site=f"demo.yaml:{seq}") for seq in range(1, 8)]
    drops = [TaskDropped(9, "s1", seq, "callback", "post", "the run ended") for seq in range(1, 8)]
    assert sentences(*records, *drops) == (
        (
            "7 callbacks 'post' (tasks 1, 2, 3, 4, 5 and 2 more of s1, launched at demo.yaml:1 and"
            " elsewhere) never ran: the run ended"
        ),
    )


def test_a_launch_of_three_tasks_is_one_loss():
    drops = [TaskDropped(9, "s1", seq, "x", "x", "the run ended") for seq in (1, 2, 3)]
    assert sentences(launch(1, "callback", tasks=3), *drops) == (
        "callback 'post' (task 1 of s1) never ran: the run ended",
    )


def test_dropped_device_work_is_told_by_kind():
    drops = [TaskDropped(9, "s1", seq, "execute", "net", "its stream was destroyed") for seq in (1, 2)]
    assert sentences(launch(1, "execute", "net"), launch(2, "execute", "net"), *drops) == (
        "2 tasks 'execute net' (tasks 1, 2 of s1) were dropped: its stream was destroyed",
    )


def test_a_host_function_is_named_as_one():
    drop = TaskDropped(9, "s1", 1, "callback", "log", "the run ended")
    assert sentences(launch(1, "host-func", "log"), drop) == (
        "host function 'log' (task 1 of s1) never ran: the run ended",
    )


def test_an_unread_report_names_the_thread_that_did_not_poll():
    assert sentences(launch(1), *posted(1)) == (
        (
            "callback 'post' (task 1 of s1) never ran: its report was still in the queue of reporter,"
            " which did not call process_report"
        ),
    )


def test_a_report_taken_and_not_run_says_so():
    assert sentences(launch(1), *posted(1), ReportsTaken(0, "reporter", 0, (("s1", 1),))) == (
        (
            "callback 'post' (task 1 of s1) never ran: reporter took its report, but its"
            " process_report ended before running it"
        ),
    )


def test_a_callback_still_queued_names_what_stood_before_it():
    assert sentences(launch(1, "execute", "net"), launch(2)) == (
        (
            "callback 'post' (task 2 of s1) never ran: it was still queued behind task 1 of s1"
            " (execute 'net') when the run ended"
        ),
    )
    assert sentences(launch(1)) == (
        "callback 'post' (task 1 of s1) never ran: it was still queued when the run ended",
    )


def test_a_task_that_left_without_a_report_says_so():
    assert sentences(launch(1), ran(1)) == (
        "callback 'post' (task 1 of s1) never ran: its task left the stream without posting a report",
    )
