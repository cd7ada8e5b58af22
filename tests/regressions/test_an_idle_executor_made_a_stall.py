"""Two stalls that were none. A program that sleeps for an hour while a report thread polls was called stalled, as an
executor's worker without work, which waits for ever by design, was taken for a thread that somebody should rescue.
And a join after a long quiet time was called stalled at once: the quiet counted from before the join.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from simulator.engine.hosts.ends import RunKind, Stuck
from tests.unit.control.controlled import run

# Of `controlled.make`: a stall needs 1000 s of simulated time.
LONG_S = 900


def poll(done: list[bool]) -> None:
    while not done:
        time.sleep(0.9)


def sleep_with_an_executor(done: list[bool]) -> None:
    with ThreadPoolExecutor(2) as pool:
        assert pool.submit(int, "7").result() == 7
        for _ in range(3):
            time.sleep(LONG_S)
    done.append(True)


def test_workers_without_work_need_no_rescue():
    def program() -> None:
        done: list[bool] = []
        threading.Thread(target=poll, args=(done,)).start()
        sleep_with_an_executor(done)

    ran = run(program)
    assert ran.end.kind is RunKind.DONE
    assert ran.seconds == pytest.approx(3 * LONG_S, abs=2)


def test_a_wait_is_not_stalled_by_the_quiet_before_it():
    def program() -> None:
        done: list[bool] = []
        thread = threading.Thread(target=poll, args=(done,))
        thread.start()
        for _ in range(3):
            time.sleep(LONG_S)
        done.append(True)
        thread.join()

    assert run(program).end.kind is RunKind.DONE


def test_a_worker_whose_work_never_ends_does():
    def program() -> None:
        done: list[bool] = []
        threading.Thread(target=poll, args=(done,)).start()
        with ThreadPoolExecutor(2) as pool:
            pool.submit(threading.Event().wait)
            time.sleep(3 * LONG_S)

    with pytest.raises(Stuck) as stuck:
        run(program)
    assert stuck.value.end.kind is RunKind.STALLED
