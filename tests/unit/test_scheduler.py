"""The scheduler of the deterministic hosts: who runs next, what a wait is, how threads end."""

from __future__ import annotations

import threading
from contextlib import suppress
from functools import partial

import pytest

import acl_api as acl
from simulator.base.errors import UserError
from simulator.engine.choice import Chooser, First, Recorder, Replay, Seeded
from simulator.engine.hosts.ends import RunKind, Stuck
from simulator.engine.hosts.greenlets import GreenletDriver
from simulator.engine.hosts.scheduler import Scheduler
from simulator.engine.hosts.stall import StallLimits
from simulator.engine.hosts.thread import ThreadState
from simulator.engine.kernel import Kernel
from simulator.engine.wait import Outcome, Wait
from tests.unit.hangs import BLOCK, NO_BLOCK, Program, nothing, poll, run

US = 1000


def make(chooser: Chooser | None = None) -> Scheduler:
    return Scheduler(Kernel(chooser), GreenletDriver(), limits=StallLimits(polls=5000))


def spawn(host: Scheduler, name: str, entry, *, daemon: bool = False):
    thread = host.thread(name, daemon=daemon)
    host.start(thread, entry)
    return thread


def in_turn(*calls):
    """Return a thread that makes these calls one after the other."""

    def entry() -> None:
        for call in calls:
            call()

    return entry


# -- order -------------------------------------------------------------------------------------------------------


def test_threads_first_run_in_the_order_of_their_start():
    host, order = make(), list[object]()
    for name in "abc":
        spawn(host, name, lambda name=name: order.append(name))
    assert host.run().kind is RunKind.DONE
    assert order == ["a", "b", "c"]


def test_starting_a_thread_does_not_switch_to_it():
    host, order = make(), list[object]()

    def main() -> None:
        spawn(host, "child", lambda: order.append("child"))
        order.append("main")

    spawn(host, "main", main)
    host.run()
    assert order == ["main", "child"]


def test_a_point_keeps_the_caller_and_giving_way_lets_the_ready_ones_go_first():
    for offer, expected in ((Scheduler.point, ["main", "child"]), (Scheduler.give_way, ["child", "main"])):
        host, order = make(), list[object]()

        def main(host=host, order=order, offer=offer) -> None:
            spawn(host, "child", lambda: order.append("child"))
            offer(host, "test")
            order.append("main")

        spawn(host, "main", main)
        host.run()
        assert order == expected


def test_a_sync_after_a_non_blocking_launch_lets_the_ready_report_thread_go_first():
    seen = []

    def main(program: Program) -> None:
        stream = program.stream(program.thread("reporter", poll(-1, times=1)))
        acl.rt.launch_callback(lambda _data: seen.append("callback"), None, NO_BLOCK, stream)
        program.host.sleep(100 * US)
        acl.rt.launch_callback(nothing, None, NO_BLOCK, stream)
        acl.rt.synchronize_stream(stream)
        seen.append("main")

    assert run(main).kind is RunKind.DONE
    assert seen == ["callback", "main"]


def test_other_choices_give_other_orders_and_a_recording_repeats_them():
    def order_of(chooser: Chooser) -> list[str]:
        host, order = make(chooser), list[str]()
        for name in "abcd":
            spawn(
                host,
                name,
                in_turn(
                    partial(order.append, name), partial(host.point, "x"), partial(order.append, name.upper())
                ),
            )
        host.run()
        return order

    orders = {tuple(order_of(Seeded(seed))) for seed in range(30)}
    assert len(orders) > 10
    recorder = Recorder(Seeded(5))
    first = order_of(recorder)
    assert order_of(Replay(recorder.records)) == first
    assert order_of(Replay([record.value for record in recorder.records])) == first
    assert order_of(Replay([])) == order_of(First()) == list("aAbBcCdD")


def test_one_candidate_is_no_choice():
    recorder = Recorder(First())
    host = make(recorder)
    spawn(
        host, "only", in_turn(partial(host.sleep, 5), partial(host.point, "x"), partial(host.give_way, "y"))
    )
    host.run()
    assert recorder.records == []


# -- waits -------------------------------------------------------------------------------------------------------


def test_a_wait_ends_once_and_the_second_ending_is_refused():
    for first in (Wait.fire, Wait.expire, Wait.cancel):
        wait = Wait("x")
        assert first(wait)
        outcome = wait.outcome
        assert not wait.fire()
        assert not wait.expire()
        assert not wait.cancel()
        assert wait.outcome is outcome


def test_a_signal_and_a_timeout_at_one_instant_wake_the_thread_once():
    for chooser, expected in ((First(), Outcome.FIRED), (Replay([0, 1]), Outcome.EXPIRED)):
        host, seen = make(chooser), list[object]()
        wait = Wait("x", timeout=10)

        def main(host=host, wait=wait, seen=seen) -> None:
            host.kernel.after(10, lambda: seen.append(wait.fire()))
            host.kernel.after(10, lambda: None)
            seen.append(host.wait(wait))
            host.sleep(5)  # a second wake-up would end this sleep early
            seen.append(host.kernel.now)

        spawn(host, "main", main)
        assert host.run().kind is RunKind.DONE
        if chooser.friendly:
            assert seen == [True, expected, 15]
        else:
            assert 15 in seen
            assert len(seen) == 3


def test_a_late_signal_is_told_that_nobody_took_it():
    host, taken = make(), list[object]()
    wait = Wait("x", timeout=10)
    host.kernel.after(11, lambda: taken.append(wait.fire()))
    spawn(host, "main", in_turn(lambda: taken.append(host.wait(wait)), partial(host.sleep, 5)))
    host.run()
    assert taken == [Outcome.EXPIRED, False]


def test_a_wait_that_has_ended_before_does_not_block():
    host = make()
    wait = Wait("x", timeout=10)
    wait.fire()
    spawn(host, "main", lambda: host.wait(wait))
    assert host.run().now == 0


def test_a_cancelled_wait_says_so():
    host, seen = make(), []
    wait = Wait("x")
    host.kernel.after(3, wait.cancel)
    spawn(host, "main", lambda: seen.append(host.wait(wait)))
    host.run()
    assert seen == [Outcome.CANCELLED]


def test_a_timer_that_is_not_needed_any_more_never_moves_the_clock():
    host = make()
    wait = Wait("x", timeout=1_000_000)
    host.kernel.after(3, wait.fire)
    spawn(host, "main", lambda: host.wait(wait))
    assert host.run().now == 3


def test_sleepers_wake_in_the_order_of_their_times():
    host, order = make(), list[object]()
    for name, duration in (("late", 30), ("early", 10), ("middle", 20)):
        spawn(host, name, in_turn(partial(host.sleep, duration), partial(order.append, name)))
    assert host.run().now == 30
    assert order == ["early", "middle", "late"]


# -- joins and ends ----------------------------------------------------------------------------------------------


def test_a_join_waits_for_the_end_and_returns_at_once_afterwards():
    host, order = make(), list[object]()
    worker = spawn(host, "worker", in_turn(partial(host.sleep, 50), partial(order.append, "worker")))

    def main() -> None:
        host.join(worker)
        order.append(host.kernel.now)
        host.join(worker)
        order.append(host.kernel.now)

    spawn(host, "main", main)
    spawn(host, "also", in_turn(partial(host.join, worker), partial(order.append, "also")))
    host.run()
    assert order == ["worker", 50, "also", 50]


def test_a_run_ends_with_its_last_thread_that_is_no_daemon():
    host, unwound = make(), []

    def for_ever() -> None:
        try:
            while True:
                host.sleep(10)
        finally:
            unwound.append(True)

    daemon = spawn(host, "daemon", for_ever, daemon=True)
    spawn(host, "main", lambda: host.sleep(25))
    assert host.run().now == 25
    assert not daemon.ended
    host.stop()
    assert daemon.ended
    assert unwound == [True]


def test_an_exception_ends_its_own_thread_only():
    host = make()
    broken = spawn(host, "broken", lambda: 1 // 0)
    fine = spawn(host, "fine", lambda: host.join(broken))
    assert host.run().kind is RunKind.DONE
    assert isinstance(broken.error, ZeroDivisionError)
    assert fine.error is None


def test_leaving_a_thread_by_sys_exit_is_no_error():
    host = make()
    thread = spawn(host, "leaves", lambda: (_ for _ in ()).throw(SystemExit(3)))
    spawn(host, "main", lambda: host.join(thread))
    assert host.run().kind is RunKind.DONE
    assert thread.error is None


def test_a_thread_is_started_once():
    host = make()
    thread = spawn(host, "x", lambda: None)
    with pytest.raises(UserError, match="thread x was started before"):
        host.start(thread, lambda: None)


def test_names_are_made_unique_and_ids_are_never_reused():
    host = make()
    threads = [host.thread("worker") for _ in range(3)]
    assert [thread.name for thread in threads] == ["worker", "worker-2", "worker-3"]
    assert len({thread.ident for thread in threads}) == 3


def test_thousands_of_threads_are_cheap():
    host, ran = make(), list[int]()
    for number in range(3000):
        spawn(host, f"t{number}", in_turn(partial(host.sleep, number % 7), partial(ran.append, number)))
    assert host.run().kind is RunKind.DONE
    assert sorted(ran) == list(range(3000))


def test_a_thread_says_where_it_is():
    host = make()
    thread = host.thread("worker")
    assert repr(thread) == "<thread worker not started>"
    spawn(host, "main", lambda: host.sleep(5))
    host.start(thread, lambda: host.wait(Wait("wait_flag")))
    host.run()
    assert repr(thread) == "<thread worker blocked in wait_flag>"
    place = host.where(thread)
    assert str(place).startswith("test_scheduler.py:")
    thread.site = "demo.yaml:12"
    assert host.where(thread) == "demo.yaml:12"


# -- spinning ----------------------------------------------------------------------------------------------------


def test_a_loop_of_queries_lets_the_time_pass():
    def main(program: Program) -> None:
        stream = program.stream(program.thread("reporter", poll(1, times=100)))
        acl.rt.launch_callback(lambda _data: program.host.sleep(30 * US), None, BLOCK, stream)
        while acl.rt.stream_query(stream) == (1, 0):
            pass

    hang = run(main)
    assert hang.kind is RunKind.DONE
    assert hang.now >= 30 * US


def test_a_thread_polls_before_somebody_subscribes_it():
    """Rule c2: 107012 at once, until another thread subscribes it."""
    codes: list[int] = []

    def main(program: Program) -> None:
        def loop() -> None:
            while not codes or codes[-1] != 0:
                codes.append(acl.rt.process_report(100))

        reporter = program.thread("reporter", loop)
        program.host.sleep(5 * US)
        stream = program.stream(reporter)
        acl.rt.launch_callback(nothing, None, BLOCK, stream)
        acl.rt.synchronize_stream(stream)

    assert run(main).kind is RunKind.DONE
    assert codes[0] == 107012
    assert set(codes) == {107012, 0}


def test_a_spinning_thread_is_not_starved_by_one_that_polls_with_timeouts():
    host, seen = make(), []
    done: list[bool] = []
    host.kernel.after(55, lambda: done.append(True))

    def spins() -> None:
        while not done:
            host.spin("query")
        seen.append(host.kernel.now)

    def polls() -> None:
        while not seen:
            host.wait(Wait("process_report", timeout=10))

    spawn(host, "spins", spins)
    spawn(host, "polls", polls)
    assert host.run().kind is RunKind.DONE
    assert seen == [55]


# -- unwinding ---------------------------------------------------------------------------------------------------


def test_threads_left_over_are_unwound_and_may_still_call_what_does_not_wait():
    codes: list[object] = []

    def main(program: Program) -> None:
        reporter = program.thread("reporter")
        stream = program.stream(reporter)

        def waits() -> None:
            acl.rt.set_device(0)
            try:
                acl.rt.process_report(-1)
            finally:
                codes.append(acl.rt.launch_callback(nothing, None, NO_BLOCK, stream))
                codes.append(acl.rt.stream_query(stream))
                acl.rt.synchronize_stream(stream)  # this one would wait: it ends the thread instead
                codes.append("not reached")

        program.host.start(reporter, waits)

    run(main)
    assert codes == [0, (1, 0)]


def test_a_thread_that_catches_everything_does_not_stop_the_end():
    def main(program: Program) -> None:
        def stubborn() -> None:
            while True:
                with suppress(BaseException):  # as bad as it gets
                    acl.rt.process_report(-1)

        reporter = program.thread("reporter")
        program.stream(reporter)
        program.host.start(reporter, stubborn)
        program.host.join(reporter)

    assert run(main).kind is RunKind.DEADLOCK


def test_threads_that_never_ran_are_dropped_without_a_word():
    host = make()
    never = host.thread("never")
    ran: list[bool] = []
    host.start(never, lambda: ran.append(True))
    host.stop()
    assert never.ended
    assert ran == []


def test_ctrl_c_inside_a_thread_comes_out_of_the_run_with_everything_unwound():
    host, unwound = make(), []

    def waits() -> None:
        try:
            host.wait(Wait("process_report"))
        finally:
            unwound.append("waits")

    def interrupted() -> None:
        host.sleep(5)
        raise KeyboardInterrupt

    waiter, other = spawn(host, "waits", waits), spawn(host, "interrupted", interrupted)
    with pytest.raises(KeyboardInterrupt):
        host.run()
    assert unwound == ["waits"]
    assert waiter.ended
    assert other.ended
    assert host.running is None


def test_ctrl_c_inside_a_thread_comes_out_of_the_programs_own_thread():
    with acl.Session(devices=1) as session:
        acl.init()
        acl.rt.set_device(0)

        def interrupted() -> None:
            session.host.sleep(5)
            raise KeyboardInterrupt

        thread = session.host.thread("interrupted")
        session.host.start(thread, interrupted)
        with pytest.raises(KeyboardInterrupt):
            session.host.join(thread)
        # The program's own thread is the one that goes on.
        assert session.host.current().name == "main"
        assert session.host.current().state is ThreadState.RUNNING
        assert acl.rt.get_device() == (0, 0)


# -- misuse ------------------------------------------------------------------------------------------------------


def test_calls_from_another_os_thread_are_refused_clearly():
    errors: list[str] = []
    with acl.Session(devices=1):
        acl.init()

        def call() -> None:
            try:
                acl.rt.set_device(0)
            except UserError as raised:
                errors.append(str(raised))

        thread = threading.Thread(target=call)
        thread.start()
        thread.join()
        assert acl.rt.set_device(0) == 0
    assert len(errors) == 1
    assert "belongs to another OS thread" in errors[0]
    assert "session.host.thread()" in errors[0]


def test_running_inside_a_run_is_refused_with_the_way_out():
    with acl.Session(devices=1) as session:
        acl.init()
        with pytest.raises(UserError, match=r"thread main has called the API before.*session\.host\.join"):
            session.host.run()


def test_the_end_of_a_run_comes_as_an_exception_to_the_first_thread():
    host = make()
    with pytest.raises(Stuck, match="deadlock: nothing can happen any more"):
        host.wait(Wait("wait_flag"))
    assert host.end is not None
    assert host.end.kind is RunKind.DEADLOCK
