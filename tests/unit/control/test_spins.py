"""Loops that wait without saying so: the clock moves for them."""

from __future__ import annotations

import queue
import threading
import time

import pytest

import acl_api as acl
from simulator.engine.control.scope import Scope
from simulator.engine.hosts.ends import RunKind
from tests.unit.control.controlled import run


def after(seconds, function) -> threading.Thread:
    def late() -> None:
        time.sleep(seconds)
        function()

    thread = threading.Thread(target=late)
    thread.start()
    return thread


def test_a_loop_over_is_set_ends_when_the_event_is_set():
    def program() -> None:
        event = threading.Event()
        after(5, event.set)
        while not event.is_set():
            pass

    assert run(program).seconds == 5


def test_looking_at_a_flag_between_other_calls_is_no_spin():
    def program() -> None:
        event, lock = threading.Event(), threading.Lock()
        after(5, event.set)
        for _ in range(1000):
            assert not event.is_set()
            with lock:
                pass
        assert time.monotonic() == 1000
        event.wait()

    assert run(program).seconds == 5


def test_a_loop_over_a_failing_acquire_gets_the_lock():
    def program() -> None:
        lock = threading.Lock()
        lock.acquire()
        after(5, lock.release)
        while not lock.acquire(blocking=False):
            pass

    assert run(program).seconds == 5


def test_a_loop_over_locked_or_is_alive_ends():
    def program() -> None:
        lock = threading.Lock()
        lock.acquire()
        thread = after(5, lock.release)
        while lock.locked():
            pass
        while thread.is_alive():
            pass

    assert run(program).seconds == 5


def test_a_loop_over_get_nowait_gets_the_item():
    def program() -> None:
        items: queue.Queue[int] = queue.Queue()
        after(5, lambda: items.put(1))
        while True:
            try:
                items.get_nowait()
                break
            except queue.Empty:
                pass

    assert run(program).seconds == 5


def test_sleeping_for_nothing_lets_others_run_and_time_pass():
    def program() -> None:
        seen: list[int] = []
        after(5, lambda: seen.append(1))
        while not seen:
            time.sleep(0)

    assert run(program).seconds == 5


def test_a_loop_over_a_clock_reaches_its_deadline_and_little_more():
    def program() -> None:
        deadline = time.perf_counter() + 5
        while time.perf_counter() < deadline:
            pass
        assert deadline <= time.perf_counter() < deadline + 0.1

    assert run(program).end.kind is RunKind.DONE


def test_a_loop_over_a_clock_stops_at_each_event_of_others():
    times = []

    def program() -> None:
        thread = after(1, lambda: times.append(time.monotonic()))
        while time.monotonic() < 1003:
            pass
        thread.join()

    run(program)
    assert times == [1001.0]


@pytest.mark.slow
def test_a_loop_of_calls_that_succeed_does_not_keep_the_others_waiting():
    with acl.Session(host="baton", devices=1, trace=False) as session, Scope(session.host, watchdog=None):
        acl.init()
        acl.rt.set_device(0)
        seen: list[int] = []
        thread = after(5, lambda: seen.append(1))
        while not seen:
            acl.rt.get_device()
        thread.join()
        assert session.kernel.now == 5_000_000_000


def test_a_thread_that_is_alone_may_call_as_often_as_it_likes():
    def program() -> None:
        lock = threading.Lock()
        for _ in range(40_000):
            with lock:
                pass

    assert run(program).end.now == 0
