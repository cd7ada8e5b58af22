"""Threads that hold their turn where the host cannot reach them: the others go on, and the run says so."""

from __future__ import annotations

import os
import threading
import time

import pytest

from simulator.engine.control import originals
from simulator.engine.hosts.ends import RunKind, Stuck
from tests.unit.control.controlled import Ran, run

LIMIT = 0.05


def check_remark(ran: Ran, text: str) -> None:
    assert ran.end.kind is RunKind.INCONCLUSIVE
    assert len(ran.host.remarks) == 1
    assert text in ran.host.remarks[0]
    assert "test_watchdog.py:" in ran.host.remarks[0]
    assert ran.end.text == ran.host.remarks[0]


def test_a_busy_loop_over_a_flag_loses_its_turn():
    def program() -> None:
        flag: list[int] = []

        def wait() -> None:
            while not flag:
                pass

        thread = threading.Thread(target=wait, name="busy")
        thread.start()
        time.sleep(1)
        flag.append(1)
        thread.join()

    check_remark(run(program, watchdog=LIMIT), "busy computes without a call of ours at")


def test_a_thread_in_a_pipe_loses_its_turn():
    def program() -> None:
        reading, writing = os.pipe()
        thread = threading.Thread(target=lambda: os.read(reading, 1), name="reader")
        thread.start()
        time.sleep(1)
        os.write(writing, b"x")
        thread.join()
        os.close(reading)
        os.close(writing)

    check_remark(run(program, watchdog=LIMIT), "reader is blocked in a foreign call at")


def test_a_lock_from_before_the_scope_is_a_foreign_call():
    lock = originals.allocate_lock()
    lock.acquire()

    def program() -> None:
        def take() -> None:
            with lock:
                pass

        thread = threading.Thread(target=take, name="taker")
        thread.start()
        time.sleep(1)
        lock.release()
        thread.join()

    check_remark(run(program, watchdog=LIMIT), "taker is blocked in a foreign call at")


def test_the_first_thread_can_lose_its_turn_too():
    def program() -> None:
        reading, writing = os.pipe()

        def write() -> None:
            time.sleep(1)
            os.write(writing, b"x")

        threading.Thread(target=write).start()
        os.read(reading, 1)
        time.sleep(1)
        os.close(reading)
        os.close(writing)

    ran = run(program, watchdog=LIMIT)
    check_remark(ran, "main is blocked in a foreign call at")
    assert ran.seconds == 2


def test_several_threads_can_be_outside_at_once():
    def program() -> None:
        flag: list[int] = []

        def wait() -> None:
            while not flag:
                pass

        threads = [threading.Thread(target=wait) for _ in range(3)]
        for thread in threads:
            thread.start()
        time.sleep(1)
        flag.append(1)
        for thread in threads:
            thread.join()

    ran = run(program, watchdog=LIMIT)
    assert ran.end.kind is RunKind.INCONCLUSIVE
    assert len(ran.host.remarks) == 3


def test_a_thread_that_never_comes_back_is_not_waited_for_for_ever():
    reading, writing = os.pipe()

    def program() -> None:
        thread = threading.Thread(target=lambda: os.read(reading, 1), name="reader", daemon=True)
        thread.start()
        thread.join()

    with pytest.raises(Stuck, match=r"inconclusive: everybody waits for reader, .* within 0\.1 s"):
        run(program, watchdog=LIMIT, patience=0.1)
    os.write(writing, b"x")


def test_a_first_thread_that_never_comes_back_is_interrupted():
    reading, _writing = os.pipe()

    def program() -> None:
        threading.Thread(target=threading.Event().wait, daemon=True).start()
        os.read(reading, 1)

    with pytest.raises(Stuck, match="inconclusive: everybody waits for main"):
        run(program, watchdog=LIMIT, patience=0.1)


def test_a_thread_that_is_alone_may_compute_as_long_as_it_likes():
    def program() -> None:
        until = originals.real_monotonic() + 4 * LIMIT
        while originals.real_monotonic() < until:
            pass

    assert run(program, watchdog=LIMIT).end.kind is RunKind.DONE
