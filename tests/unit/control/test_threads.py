"""Threads of the program: one at a time, in an order that repeats."""

from __future__ import annotations

import _thread
import sys
import threading
import time
from typing import Any

import pytest

from simulator.base.trace import ThreadEnded, ThreadStarted
from simulator.engine.hosts.ends import RunKind, Stuck
from tests.unit.control.controlled import run


def test_a_new_thread_runs_first_until_it_waits():
    order: list[object] = []

    def program() -> None:
        def work() -> None:
            order.append("child")
            time.sleep(1)
            order.append("child again")

        thread = threading.Thread(target=work)
        thread.start()
        order.append("parent")
        thread.join()
        order.append(thread.is_alive())

    run(program)
    assert order == ["child", "parent", "child again", False]


def test_a_join_with_a_timeout_gives_up_in_simulated_time():
    def program() -> None:
        thread = threading.Thread(target=time.sleep, args=(5,))
        thread.start()
        thread.join(2)
        assert thread.is_alive()
        assert time.monotonic() == 1002
        thread.join(timeout=-1)
        thread.join()
        assert time.monotonic() == 1005
        thread.join()

    run(program)


def test_misuse_raises_what_threading_raises():
    def program() -> None:
        thread = threading.Thread(target=lambda: None)
        with pytest.raises(RuntimeError, match="before it is started"):
            thread.join()
        thread.start()
        thread.join()
        with pytest.raises(RuntimeError, match="only be started once"):
            thread.start()
        with pytest.raises(RuntimeError, match="cannot join current thread"):
            threading.current_thread().join()

    run(program)


def test_a_thread_knows_its_name_and_id_and_its_own_variables():
    seen = []

    def program() -> None:
        local = threading.local()
        local.value = "main"

        def work() -> None:
            local.value = threading.current_thread().name
            time.sleep(1)
            seen.append((local.value, threading.get_ident()))

        threads = [threading.Thread(target=work, name=name) for name in ("a", "b")]
        for thread in threads:
            thread.start()
        idents = [thread.ident for thread in threads]
        assert len({*idents, threading.get_ident()}) == 3
        for thread in threads:
            thread.join()
        assert seen == list(zip(("a", "b"), idents, strict=True))
        assert local.value == "main"

    ran = run(program)
    assert [thread.name for thread in ran.host.threads] == ["main", "a", "b"]


def test_threads_of_one_name_are_told_apart():
    def program() -> None:
        for _ in range(2):
            thread = threading.Thread(target=lambda: None, name="worker")
            thread.start()
            thread.join()

    assert [started.thread for started in run(program).trace.of(ThreadStarted)] == ["worker", "worker-2"]


def test_an_exception_ends_its_thread_only_and_reaches_the_hook():
    shown: list[Any] = []

    def program() -> None:
        def fail() -> None:
            raise ValueError("boom")

        thread = threading.Thread(target=fail, name="worker")
        thread.start()
        thread.join()

    before, threading.excepthook = threading.excepthook, lambda args: shown.append(str(args.exc_value))
    try:
        ran = run(program)
    finally:
        threading.excepthook = before
    assert shown == ["boom"]
    assert [ended.error for ended in ran.trace.of(ThreadEnded)] == ["ValueError: boom"]


def test_a_thread_object_from_before_the_scope_can_be_started_in_it():
    ran = []
    thread = threading.Thread(target=lambda: ran.append(time.monotonic()))

    def program() -> None:
        thread.start()
        thread.join()

    run(program)
    assert ran == [1000]


def test_a_subclass_that_overrides_run_works():
    def program() -> None:
        class Worker(threading.Thread):
            def run(self) -> None:
                time.sleep(3)

        worker = Worker()
        worker.start()
        worker.join()

    assert run(program).seconds == 3


def test_timers_fire_in_simulated_time_unless_cancelled():
    fired: list[int] = []

    def program() -> None:
        timers = [threading.Timer(seconds, fired.append, (seconds,)) for seconds in (3, 1, 2)]
        for timer in timers:
            timer.start()
        time.sleep(1.5)
        timers[2].cancel()

    assert run(program).seconds == 3
    assert fired == [1, 3]


def test_raw_threads_are_under_control_too():
    log: list[object] = []

    def program() -> None:
        done = threading.Lock()
        done.acquire()

        def work(first, *, second) -> None:
            time.sleep(1)
            log.append((first, second, _thread.get_ident() == ident))
            done.release()

        ident = _thread.start_new_thread(work, (1,), {"second": 2})
        done.acquire()

    run(program)
    assert log == [(1, 2, True)]


def test_a_raw_thread_that_raises_is_shown_as_python_shows_it():
    shown: list[Any] = []

    def program() -> None:
        _thread.start_new_thread(divmod, (1, 0))
        time.sleep(1)

    before, sys.unraisablehook = sys.unraisablehook, shown.append
    try:
        run(program)
    finally:
        sys.unraisablehook = before
    assert [(type(args.exc_value), args.err_msg) for args in shown] == [
        (ZeroDivisionError, "Exception ignored in thread started by")
    ]


def test_a_thread_that_cannot_be_made_leaves_no_trace(monkeypatch):
    def refuse(_self) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("simulator.engine.control.originals.thread_start", refuse)

    def program() -> None:
        thread = threading.Thread(target=lambda: None)
        with pytest.raises(RuntimeError, match="can't start"):
            thread.start()
        time.sleep(1)

    assert run(program).end.kind is RunKind.DONE


def test_waiting_for_a_thread_that_waits_for_the_first_is_a_deadlock():
    def program() -> None:
        main = threading.Event()
        thread = threading.Thread(target=main.wait)
        thread.start()
        thread.join()

    with pytest.raises(Stuck, match="deadlock"):
        run(program)


def test_hundreds_of_threads_come_and_go():
    def program() -> None:
        for _ in range(20):
            threads = [threading.Thread(target=time.sleep, args=(1,)) for _ in range(20)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

    assert run(program).seconds == 20
