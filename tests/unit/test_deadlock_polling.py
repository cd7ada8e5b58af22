"""The common hang never goes quiet, because report threads poll: stalled within bounds, or inconclusive.

The programs l1 to l10 differ in how the polling thread decides to go on polling.
"""

from __future__ import annotations

import pytest

import acl_api as acl
from simulator.engine.hosts.ends import RunKind
from simulator.engine.hosts.stall import StallLimits
from tests.unit.hangs import BLOCK, MS, SECOND, SOON, Hang, Program, nothing, poll, run


def stuck_main(program: Program, reporter) -> None:
    """Wait for a callback of stream s that only *reporter* may run."""
    stream = program.stream(reporter, "s")
    acl.rt.launch_callback(nothing, None, BLOCK, stream)
    acl.rt.synchronize_stream(stream)


def stalled(hang: Hang, *phrases: str) -> Hang:
    assert hang.kind is RunKind.STALLED, hang.text
    assert "bounded" in hang.text
    hang.says("main waits in synchronize_stream on stream s without a timeout", *phrases)
    return hang


def test_l1_a_thread_that_polls_for_another_stream():
    def main(program: Program) -> None:
        program.stream(program.thread("wrong", poll(1)), "other")
        stuck_main(program, program.thread("right"))

    hang = stalled(
        run(main),
        "which must run on right, inside its process_report",
        "right was never started, so it never calls process_report.",
        "wrong polls: process_report with a timeout of 1ms at hangs.py:",
        "times without anything new, for reports of stream other; there are none.",
    )
    assert hang.now >= 2 * SECOND


def test_l2_a_thread_that_counts_its_polls_for_ever():
    counted = []

    def main(program: Program) -> None:
        def counts() -> None:
            while True:
                counted.append(acl.rt.process_report(1))

        program.stream(program.thread("wrong", counts), "other")
        stuck_main(program, program.thread("right"))

    stalled(run(main), "wrong polls")
    assert len(counted) >= 1000


def test_l3_a_rescue_after_many_polls_is_not_called_stalled():
    def main(program: Program) -> None:
        right = program.thread("right")

        def polls_then_helps() -> None:
            for _ in range(700):
                acl.rt.process_report(1)
            program.host.start(right, poll(-1, times=1))

        program.stream(program.thread("wrong", polls_then_helps), "other")
        stuck_main(program, right)

    hang = run(main)
    assert hang.kind is RunKind.DONE
    assert hang.sentences == ()


def test_l4_a_rescue_at_a_later_time_is_not_called_stalled():
    def main(program: Program) -> None:
        right = program.thread("right")

        def polls_until() -> None:
            while program.session.kernel.now < 1900 * MS:
                acl.rt.process_report(1)
            program.host.start(right, poll(-1, times=1))

        program.stream(program.thread("wrong", polls_until), "other")
        stuck_main(program, right)

    assert run(main).kind is RunKind.DONE


def test_l4_a_rescue_after_the_bounds_is_called_stalled_and_the_bound_is_told():
    def main(program: Program) -> None:
        right = program.thread("right")

        def polls_until() -> None:
            while program.session.kernel.now < 2100 * MS:
                acl.rt.process_report(1)
            program.host.start(right, poll(-1, times=1))

        program.stream(program.thread("wrong", polls_until), "other")
        stuck_main(program, right)

    hang = run(main)
    stalled(hang)
    assert "2s of simulated time (bounded: a later rescue would not have been seen)" in hang.text


def test_l5_many_polls_end_the_run_before_the_time_does():
    def main(program: Program) -> None:
        program.stream(program.thread("wrong", poll(1)), "other")
        stuck_main(program, program.thread("right"))

    hang = run(main, stall=StallLimits(after=3600 * SECOND, polls=5000, budget=4 * 3600 * SECOND))
    stalled(hang, "wrong polls")
    assert "no progress in 5000 polls and 5s of simulated time" in hang.text


def test_l6_a_rescue_hidden_from_the_polling_loop_ends_right():
    def main(program: Program) -> None:
        right = program.thread("right")
        state = {"deep": {"inside": [0]}}

        def counts() -> None:
            inside = state["deep"]["inside"]
            while inside[0] < 51:
                acl.rt.process_report(10)
                inside[0] += 1
            program.host.start(right, poll(-1, times=1))

        program.stream(program.thread("wrong", counts), "other")
        stuck_main(program, right)

    assert run(main).kind is RunKind.DONE


def test_l8_a_thread_that_nobody_subscribed():
    """Rule c2: its process_report answers 107012 at once."""

    def main(program: Program) -> None:
        program.thread("wrong", poll(100))
        stuck_main(program, program.thread("right"))

    hang = stalled(
        run(main),
        "wrong polls: process_report answers 107012 at once at hangs.py:",
        "as no stream is subscribed to it",
        "right was never started",
    )
    assert hang.now < SECOND  # time stands still: the bound on polls decides


def test_l8_the_usual_case_the_polling_thread_is_not_the_one_subscribed():
    def main(program: Program) -> None:
        program.thread("reporter", poll(100))
        stuck_main(program, 140_000_000_000_123)

    stalled(
        run(main),
        "No thread of the program has the id",
        "reporter polls: process_report answers 107012 at once",
    )


def test_l9_a_loop_over_a_flag_with_a_timeout_and_a_poll():
    def main(program: Program) -> None:
        stop = program.flag("stop")

        def loop() -> None:
            while not stop.wait(500 * MS):
                acl.rt.process_report(100)

        program.stream(program.thread("wrong", loop), "other")
        stuck_main(program, program.thread("right"))

    hang = stalled(run(main, stall=StallLimits(after=SECOND, polls=50_000, budget=3600 * SECOND)), "wrong ")
    assert hang.now > 100 * SECOND  # a thousand polls, at least


def test_l10_a_worker_that_waits_for_work_with_timeouts():
    def main(program: Program) -> None:
        work = program.flag("work")

        def loop() -> None:
            while not work.wait(2 * MS):
                pass

        program.thread("worker", loop)
        stuck_main(program, program.thread("right"))

    stalled(run(main), "worker waits in wait_flag on flag work for 2ms at most")


def test_a_thread_that_is_never_told_to_stop_holds_its_joiner():
    def main(program: Program) -> None:
        reporter = program.thread("reporter", poll(1))
        program.stream(reporter, "s")
        program.host.join(reporter)

    hang = run(main)
    assert hang.kind is RunKind.STALLED
    hang.says(
        "main waits in join_thread on thread reporter without a timeout at test_deadlock_polling.py:",
        "reporter polls: process_report with a timeout of 1ms",
    )


def test_a_sleeping_thread_has_not_shown_yet_what_it_does():
    def main(program: Program) -> None:
        right = program.thread("right")

        def sleeps() -> None:
            program.host.sleep(30 * SECOND)
            program.host.start(right, poll(-1, times=1))

        program.thread("late", sleeps)
        program.stream(program.thread("wrong", poll(100, times=400)), "other")
        stuck_main(program, right)

    hang = run(main)
    assert hang.kind is RunKind.DONE
    assert hang.now >= 30 * SECOND


def test_progress_by_the_device_starts_the_count_anew():
    def main(program: Program) -> None:
        program.session.declare_model(acl.ModelSpec("net", 3 * SECOND))
        model, _ = acl.mdl.load_from_file("net.om")
        data = acl.mdl.create_dataset()
        program.stream(program.thread("other", poll(1, times=9500)), "other")
        stream = program.stream(name="s")
        for _ in range(3):
            acl.mdl.execute_async(model, data, data, stream)
        acl.rt.synchronize_stream(stream)

    hang = run(main)
    assert hang.kind is RunKind.DONE
    assert hang.now >= 9 * SECOND


@pytest.mark.parametrize("limit", [5, 20])
def test_a_run_in_which_everybody_merely_polls_is_inconclusive_at_its_budget(limit):
    def main(program: Program) -> None:
        program.stream(program.thread("reporter", poll(1)), "s")
        while True:
            program.host.sleep(100 * MS)

    hang = run(main, stall=StallLimits(after=SECOND, polls=50_000, budget=limit * SECOND))
    assert hang.kind is RunKind.INCONCLUSIVE
    assert f"the time budget of {limit}s simulated is used up" in hang.text
    assert limit * SECOND <= hang.now <= (limit + 1) * SECOND
    hang.says("main sleeps for 100ms at a time", "reporter polls: process_report with a timeout of 1ms")


def test_very_many_polls_without_anybody_waiting_are_inconclusive_too():
    def main(program: Program) -> None:
        program.stream(program.thread("reporter", poll(1)), "s")
        while True:
            program.host.sleep(MS)

    hang = run(main, stall=StallLimits(after=SECOND, polls=3000, budget=3600 * SECOND))
    assert hang.kind is RunKind.INCONCLUSIVE
    assert "nobody waits without a timeout" in hang.text


def test_a_query_loop_for_a_stream_that_nobody_lets_go_on_is_inconclusive():
    def main(program: Program) -> None:
        stream = program.stream(program.thread("reporter"), "s")
        acl.rt.launch_callback(nothing, None, BLOCK, stream)
        while acl.rt.stream_query(stream) == (1, 0):
            pass

    hang = run(main, stall=StallLimits(after=SECOND, polls=3000, budget=3600 * SECOND))
    assert hang.kind is RunKind.INCONCLUSIVE
    hang.says(
        "main asks stream_query on stream s again and again",
        "The head of stream s is the blocking callback nothing",
        "reporter was never started",
    )


def test_the_default_bounds_call_a_stall_after_an_hour():
    def main(program: Program) -> None:
        program.stream(program.thread("wrong", poll(1000)), "other")
        stuck_main(program, program.thread("right"))

    hang = run(main, stall=StallLimits())
    stalled(hang)
    assert hang.now >= 3600 * SECOND
    assert hang.now <= 3605 * SECOND
    assert SOON.after < StallLimits().after
