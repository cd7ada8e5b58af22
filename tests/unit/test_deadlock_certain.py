"""When nothing can happen any more the run ends at once, and says who waits for whom and why."""

from __future__ import annotations

import acl_api as acl
from simulator.engine.hosts.ends import RunKind
from tests.unit.hangs import BLOCK, NO_BLOCK, Hang, Program, nothing, poll, run, small

SYNC = 1


def certain(hang: Hang) -> Hang:
    assert hang.kind is RunKind.DEADLOCK, str(hang)
    return hang


def test_a_report_thread_that_was_never_started_is_named():
    def main(program: Program) -> None:
        stream = program.stream(program.thread("reporter"), "s")
        acl.rt.launch_callback(nothing, None, BLOCK, stream)
        acl.rt.synchronize_stream(stream)

    hang = certain(run(main))
    hang.says(
        "main waits in synchronize_stream on stream s without a timeout at test_deadlock_certain.py:",
        "The head of stream s is the blocking callback nothing, launched at test_deadlock_certain.py:",
        "which must run on reporter, inside its process_report; 2 tasks are left on it.",
        "reporter was never started, so it never calls process_report.",
    )
    assert hang.now < 1_000_000  # at once: as soon as the report was posted


def test_a_report_thread_that_has_ended_is_named():
    def main(program: Program) -> None:
        reporter = program.thread("reporter", poll(-1, times=1))
        stream = program.stream(reporter, "s")
        for _ in range(2):
            acl.rt.launch_callback(nothing, None, BLOCK, stream)
        acl.rt.synchronize_stream(stream)

    certain(run(main)).says("reporter has ended, so it will never call process_report again.")


def test_the_exception_that_ended_a_report_thread_is_told():
    def broken() -> None:
        raise ValueError("no such label")

    def main(program: Program) -> None:
        stream = program.stream(program.thread("reporter", broken), "s")
        acl.rt.launch_callback(nothing, None, BLOCK, stream)
        acl.rt.synchronize_stream(stream)

    certain(run(main)).says("reporter has ended by ValueError: no such label, so it will never call")


def test_an_id_that_is_no_thread_is_told():
    def main(program: Program) -> None:
        stream = program.stream(12345, "s")
        acl.rt.launch_callback(nothing, None, BLOCK, stream)
        acl.rt.synchronize_stream(stream)

    certain(run(main)).says("No thread of the program has the id 12345 (unknown thread 1)")


def test_a_callback_that_synchronises_its_own_stream_waits_for_itself():
    def main(program: Program) -> None:
        reporter = program.thread("reporter", poll(-1))
        stream = program.stream(reporter, "s")

        def own(_data: object) -> None:
            acl.rt.synchronize_stream(stream)

        acl.rt.launch_callback(own, None, BLOCK, stream)
        acl.rt.synchronize_stream(stream)

    hang = certain(run(main))
    hang.says(
        "main waits in synchronize_stream on stream s",
        "which reporter is running: the stream goes on only when it returns",
        "reporter, inside callback own of stream s, waits in synchronize_stream on stream s without a timeout at",
    )
    hang.mends("take synchronize_stream at test_deadlock_certain.py:", "in own out of callback own")


def test_a_callback_that_waits_for_one_queued_behind_it_on_its_thread():
    def main(program: Program) -> None:
        ready = program.flag("ready")
        reporter = program.thread("reporter", poll(-1))
        first, second = program.stream(reporter, "s1"), program.stream(reporter, "s2")

        def waits(_data: object) -> None:
            ready.wait()

        def sets(_data: object) -> None:
            ready.set()

        acl.rt.launch_callback(waits, None, BLOCK, first)
        acl.rt.launch_callback(sets, None, BLOCK, second)
        acl.rt.synchronize_stream(first)

    certain(run(main)).says(
        "reporter, inside callback waits of stream s1, waits in wait_flag on flag ready without a timeout",
        "Until waits returns, reporter cannot run what is queued behind it: sets of stream s2.",
    )


def test_callbacks_taken_in_one_batch_wait_for_each_other():
    def main(program: Program) -> None:
        ready = program.flag("ready")
        reporter = program.thread("reporter")
        first, second = program.stream(reporter, "s1"), program.stream(reporter, "s2")

        def waits(_data: object) -> None:
            ready.wait()

        acl.rt.launch_callback(waits, None, NO_BLOCK, first)
        acl.rt.launch_callback(nothing, None, BLOCK, second)
        program.host.sleep(1_000_000)  # both reports are ready before the thread polls
        program.host.start(reporter, poll(-1))
        acl.rt.synchronize_stream(second)

    certain(run(main)).says(
        "The head of stream s2 is the blocking callback nothing",
        "which reporter has taken, but another callback comes first",
        "reporter, inside callback waits of stream s1, waits in wait_flag",
        "Until waits returns, reporter cannot run what is queued behind it: nothing of stream s2.",
    )


def test_an_event_that_nobody_records_is_told():
    def main(program: Program) -> None:
        stream = program.stream(name="s")
        program.host.current().names_next = "go"
        event, _ = acl.rt.create_event_with_flag(SYNC)
        assert acl.rt.stream_wait_event(stream, event) == 0
        acl.rt.synchronize_stream(stream)

    certain(run(main)).says(
        "The head of stream s, task 1 (wait go), launched at test_deadlock_certain.py:",
        " in main, waits for event go.",
        "No record of event go, made at test_deadlock_certain.py:",
        ", is queued on any stream: nobody will complete it.",
    )


def test_the_chain_goes_from_an_event_to_the_stream_that_records_it():
    def main(program: Program) -> None:
        first, second = program.stream(program.thread("reporter"), "s1"), program.stream(name="s2")
        program.host.current().names_next = "done"
        event, _ = acl.rt.create_event()
        acl.rt.launch_callback(nothing, None, BLOCK, first)
        acl.rt.record_event(event, first)
        acl.rt.stream_wait_event(second, event)
        acl.rt.synchronize_stream(second)

    certain(run(main, "Ascend910")).says(
        "main waits in synchronize_stream on stream s2",
        "The head of stream s2, task 1 (wait done), launched at test_deadlock_certain.py:",
        ", is complete with task 2 of stream s1, which has not been reached.",
        "The head of stream s1 is the blocking callback nothing",
        "reporter was never started",
    )


def test_a_wait_for_an_event_tells_which_record_it_waits_for():
    def main(program: Program) -> None:
        stream = program.stream(program.thread("reporter"), "s")
        program.host.current().names_next = "done"
        event, _ = acl.rt.create_event()
        acl.rt.launch_callback(nothing, None, BLOCK, stream)
        acl.rt.record_event(event, stream)
        acl.rt.synchronize_event(event)

    certain(run(main)).says(
        "main waits in synchronize_event on event done without a timeout",
        "Event done, made at test_deadlock_certain.py:",
        ", is complete with task 4 of stream s, which has not been reached.",
        "reporter was never started",
    )


def test_a_full_queue_that_nobody_empties_blocks_the_launch():
    """Rule e8."""

    def main(program: Program) -> None:
        stream = program.stream(program.thread("reporter"), "s")
        for _ in range(4):
            acl.rt.launch_callback(nothing, None, BLOCK, stream)

    certain(run(main, small("Ascend910", queue=3))).says(
        "main waits to launch into a full queue on stream s without a timeout at test_deadlock_certain.py:",
        "The queue of stream s is full: it holds 3 tasks (rules e7, e8).",
        "The head of stream s is the blocking callback nothing",
        "reporter was never started",
    )


def test_a_launch_behind_one_that_is_half_way_names_its_thread():
    """Rule e8: the send lock."""

    def main(program: Program) -> None:
        stream = program.stream(program.thread("reporter"), "s")

        def other() -> None:
            acl.rt.set_device(0)
            acl.rt.launch_callback(nothing, None, BLOCK, stream)

        thread = program.thread("other", other)
        acl.rt.launch_callback(nothing, None, BLOCK, stream)
        acl.rt.launch_callback(nothing, None, BLOCK, stream)
        program.host.join(thread)

    certain(run(main, small("Ascend910B", queue=4))).says(
        "Stream s is locked by main, which is half-way through a launch (rule e8).",
        "other waits to launch into a full queue on stream s",
    )


def test_making_a_stream_in_a_callback_waits_behind_a_device_sync():
    """Rule e15."""

    def main(program: Program) -> None:
        stream = program.stream(program.thread("reporter", poll(-1)), "s")

        def makes(_data: object) -> None:
            acl.rt.create_stream()

        acl.rt.launch_callback(makes, None, BLOCK, stream)
        acl.rt.synchronize_device()

    certain(run(main)).says(
        "main waits in synchronize_device on stream s without a timeout",
        "reporter, inside callback makes of stream s, waits in create_stream on stream list of primary-0",
        "Stream list of primary-0 is held by main while it waits in synchronize_device.",
    )


def test_unsubscribing_too_early_on_stars_is_explained():
    """Rule b14."""

    def main(program: Program) -> None:
        reporter = program.thread("reporter", poll(-1))
        stream = program.stream(reporter, "s")
        acl.rt.launch_callback(nothing, None, BLOCK, stream)
        acl.rt.unsubscribe_report(reporter.ident, stream)

    certain(run(main)).says(
        "main waits in unsubscribe_report on stream s without a timeout",
        "which reporter has run; to release the stream it needs the subscription lock",
        "The subscription lock is held by main while it waits in unsubscribe_report.",
    )


def test_unsubscribing_too_early_on_950_is_explained():
    """Rule b15."""

    def main(program: Program) -> None:
        reporter = program.thread("reporter", poll(-1, times=1))
        stream = program.stream(reporter, "s")

        def slow(_data: object) -> None:
            program.host.sleep(1_000_000)

        acl.rt.launch_callback(slow, None, BLOCK, stream)
        program.host.sleep(500_000)
        acl.rt.unsubscribe_report(reporter.ident, stream)
        acl.rt.synchronize_stream(stream)

    certain(run(main, "Ascend950")).says(
        "The head of stream s is the blocking callback slow",
        "whose release was lost when reporter was unsubscribed (rules b15, b16)",
        "reporter has ended",
    )


def test_a_report_lost_by_unsubscribing_is_explained():
    """Rule b16."""

    def main(program: Program) -> None:
        reporter = program.thread("reporter")
        stream = program.stream(reporter, "s")
        acl.rt.launch_callback(nothing, None, BLOCK, stream)
        acl.rt.unsubscribe_report(reporter.ident, stream)
        acl.rt.synchronize_stream(stream)

    certain(run(main, "Ascend910")).says(
        "whose report was lost: reporter was unsubscribed from its last stream",
        "nothing will never run, and nothing else lets stream s go on (rule b16).",
    )


def test_a_full_report_queue_stops_other_streams_too():
    """Rule b8b: reports that are taken and not released still fill the queue."""

    def main(program: Program) -> None:
        reporter = program.thread("reporter", poll(-1))
        first, second = program.stream(reporter, "s1"), program.stream(reporter, "s2")

        def waits_for_the_other(_data: object) -> None:
            acl.rt.synchronize_stream(second)

        acl.rt.launch_callback(waits_for_the_other, None, NO_BLOCK, first)
        acl.rt.launch_callback(nothing, None, NO_BLOCK, second)
        acl.rt.synchronize_stream(second)

    certain(run(main, small("Ascend910", reports=1))).says(
        "The head of stream s2 is the non-blocking callback nothing",
        "whose report finds the report queue of reporter on device 0 full",
        "reporter, inside callback waits_for_the_other of stream s1, waits in synchronize_stream on stream s2",
    )


def test_destroying_a_stream_whose_callback_nobody_runs_hangs():
    """Rule e9."""

    def main(program: Program) -> None:
        stream = program.stream(program.thread("reporter"), "s")
        acl.rt.launch_callback(nothing, None, BLOCK, stream)
        acl.rt.destroy_stream(stream)

    certain(run(main)).says("main waits in destroy_stream on stream s", "reporter was never started")


def test_the_last_reset_of_a_device_waits_for_its_callbacks():
    """Rule g6."""

    def main(program: Program) -> None:
        stream = program.stream(program.thread("reporter"), "s")
        acl.rt.launch_callback(nothing, None, BLOCK, stream)
        acl.rt.reset_device(0)

    certain(run(main)).says("main waits in reset_device on stream s", "reporter was never started")


def test_everybody_who_waits_for_ever_is_named():
    def main(program: Program) -> None:
        go = program.flag("go")
        program.thread("one", go.wait)
        program.host.join(program.thread("two", go.wait))

    certain(run(main)).says(
        "main waits in join_thread on thread two without a timeout at test_deadlock_certain.py:",
        "one waits in wait_flag on flag go without a timeout",
        "two waits in wait_flag on flag go without a timeout",
    )


def test_an_idle_report_thread_tells_whose_reports_it_waits_for():
    def main(program: Program) -> None:
        idle = program.thread("idle", poll(-1))
        program.stream(idle, "mine")
        stream = program.stream(program.thread("reporter"), "s")
        acl.rt.launch_callback(nothing, None, BLOCK, stream)
        acl.rt.synchronize_stream(stream)

    hang = certain(run(main))
    hang.says(
        "idle waits in process_report without a timeout at hangs.py:",
        "for reports of stream mine; there are none.",
    )
    assert hang.sentences[0].startswith("main waits")


def test_a_program_without_threads_of_its_own_gets_the_explanation_as_an_exception():
    stuck = None
    with acl.Session() as session:
        acl.init()
        acl.rt.set_device(0)
        stream, _ = acl.rt.create_stream()
        acl.rt.subscribe_report(session.host.thread("reporter").ident, stream)
        acl.rt.launch_callback(nothing, None, BLOCK, stream)
        try:
            acl.rt.synchronize_stream(stream)
        except acl.DeadlockError as raised:
            stuck = raised
        # What the program still does while it unwinds works, as far as it does not wait.
        assert acl.rt.stream_query(stream) == (1, 0)
    assert stuck is not None
    assert stuck.kind == "deadlock"
    assert (
        "main waits in synchronize_stream on stream stream-0.1 without a timeout at test_deadlock_c"
        in str(stuck)
    )


def test_joining_from_the_programs_own_thread_raises_the_same():
    with acl.Session() as session:
        acl.init()
        acl.rt.set_device(0)
        stream, _ = acl.rt.create_stream()
        reporter = session.host.thread("reporter")
        acl.rt.subscribe_report(reporter.ident, stream)
        session.host.start(reporter, poll(-1))
        try:
            session.host.join(reporter)
        except acl.DeadlockError as raised:
            assert "main waits in join_thread on thread reporter" in str(raised)  # noqa: PT017 - not the only check
        assert session.stuck is not None
