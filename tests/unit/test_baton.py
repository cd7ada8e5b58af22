"""The baton: declared threads as real OS threads, one at a time."""

from __future__ import annotations

import threading

import pytest

import acl_api as acl
from simulator.base.errors import InternalError, UserError
from simulator.engine.choice import Chooser, Recorder, Replay, Seeded
from simulator.engine.hosts.baton import BatonDriver
from simulator.engine.hosts.ends import RunKind, Stuck
from simulator.engine.hosts.scheduler import Scheduler
from simulator.engine.kernel import Kernel
from simulator.engine.wait import Outcome, Wait


def make(chooser: Chooser | None = None) -> Scheduler:
    return Scheduler(Kernel(chooser), BatonDriver())


def spawn(host: Scheduler, name: str, entry, *, daemon: bool = False):
    thread = host.thread(name, daemon=daemon)
    host.start(thread, entry)
    return thread


def test_a_declared_thread_has_its_real_id_at_once():
    host, seen = make(), []
    thread = host.thread("worker")
    assert thread.ident not in (0, threading.get_ident())
    host.start(thread, lambda: seen.append((threading.get_ident(), threading.current_thread().ident)))
    assert host.run().kind is RunKind.DONE
    assert seen == [(thread.ident, thread.ident)]
    host.stop()


def test_ids_are_not_given_out_twice_in_one_run():
    host = make()
    idents = []
    for number in range(20):
        thread = spawn(host, f"worker{number}", lambda: None)
        idents.append(thread.ident)
        host.run()
        host.end = None
    assert len(set(idents)) == 20
    host.stop()


def test_exactly_one_thread_runs():
    host, inside, most = make(), [], []

    def work() -> None:
        for _ in range(50):
            inside.append(1)
            most.append(len(inside))
            inside.pop()
            host.sleep(10)

    for name in "abc":
        spawn(host, name, work)
    assert host.run().kind is RunKind.DONE
    assert set(most) == {1}
    host.stop()


def test_what_belongs_to_an_os_thread_is_its_own():
    host, seen, local = make(), [], threading.local()

    def work(name) -> None:
        local.name = name
        host.sleep(5)
        seen.append(local.name)

    for name in "ab":
        spawn(host, name, lambda name=name: work(name))
    host.run()
    host.stop()
    assert seen == ["a", "b"]


def test_a_recording_repeats_the_order():
    def order_of(chooser: Chooser) -> str:
        host, order = make(chooser), []

        def work(name) -> None:
            for _ in range(3):
                order.append(name)
                host.point("x")

        for name in "abc":
            spawn(host, name, lambda name=name: work(name))
        host.run()
        host.stop()
        return "".join(order)

    recorder = Recorder(Seeded(3))
    first = order_of(recorder)
    assert order_of(Replay(recorder.records)) == first
    assert len({order_of(Seeded(seed)) for seed in range(20)}) > 5


def test_the_first_thread_drives_and_gets_the_end_of_the_run():
    host = make()
    wait = Wait("bell")

    def ring() -> None:
        host.sleep(7)
        wait.fire()

    spawn(host, "ringer", ring)
    assert host.wait(wait) is Outcome.FIRED
    assert host.kernel.now == 7
    with pytest.raises(Stuck, match="deadlock"):
        host.wait(Wait("nobody"))
    host.stop()


def test_a_deadlock_found_by_another_thread_comes_out_in_the_first():
    host = make()

    def work() -> None:
        host.sleep(5)
        host.wait(Wait("nobody"))

    worker = spawn(host, "worker", work)
    with pytest.raises(Stuck, match="deadlock"):
        host.join(worker)
    host.stop()
    assert worker.ended


def test_threads_left_over_are_unwound():
    host, unwound = make(), []

    def waits() -> None:
        try:
            host.wait(Wait("for ever"))
        finally:
            unwound.append(threading.get_ident())

    thread = spawn(host, "waits", waits, daemon=True)
    never = host.thread("never")
    host.sleep(1)
    host.stop()
    assert unwound == [thread.ident]
    assert thread.ended
    assert not never.ended


def test_an_exception_ends_its_thread_and_a_broken_invariant_the_run():
    host = make()

    def fail(error: BaseException) -> None:
        raise error

    bad = spawn(host, "bad", lambda: fail(ValueError("boom")))
    host.join(bad)
    assert isinstance(bad.error, ValueError)
    worse = spawn(host, "worse", lambda: fail(InternalError("ours")))
    with pytest.raises(InternalError, match="ours"):
        host.join(worse)
    host.stop()


def test_a_thread_that_swallows_its_end_a_few_times_is_unwound_all_the_same():
    host = make()
    swallowed: list[BaseException] = []

    def stubborn() -> None:
        while len(swallowed) < 20:  # for ever would leave an OS thread behind, which other tests would meet
            try:
                host.wait(Wait("again"))
            except BaseException as error:  # noqa: BLE001 - as bad as it gets
                swallowed.append(error)

    thread = spawn(host, "stubborn", stubborn, daemon=True)
    host.sleep(1)
    host.stop()
    assert thread.ended
    assert len(swallowed) == 20


def test_an_os_thread_that_the_host_does_not_know_is_refused_clearly():
    errors = []
    with acl.Session(host="baton", devices=1):
        acl.init()

        def call() -> None:
            try:
                acl.rt.set_device(0)
            except UserError as raised:
                errors.append(str(raised))

        thread = threading.Thread(target=call)
        thread.start()
        thread.join()
    assert len(errors) == 1
    assert "not under the control of the simulator" in errors[0]
    assert "free host" in errors[0]


def test_a_callback_runs_on_the_thread_whose_id_was_subscribed():
    seen = []
    with acl.Session(host="baton", devices=1) as session:
        acl.init()
        acl.rt.set_device(0)
        stream, _ = acl.rt.create_stream()
        reporter = session.host.thread("reporter", daemon=True)
        session.host.start(reporter, lambda: [acl.rt.process_report(100) for _ in range(3)])
        assert acl.rt.subscribe_report(reporter.ident, stream) == 0
        acl.rt.launch_callback(lambda _: seen.append(threading.get_ident()), None, 1, stream)
        assert acl.rt.synchronize_stream(stream) == 0
    assert seen == [reporter.ident]
