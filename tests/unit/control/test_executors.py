"""concurrent.futures: the same order in every process, and an end."""

from __future__ import annotations

import concurrent.futures
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from simulator.base.trace import Blocked
from simulator.engine.choice import Seeded
from tests.unit.control.controlled import run


def slow(seconds: int) -> int:
    time.sleep(seconds)
    return seconds


def test_a_pool_maps_in_simulated_time():
    def program() -> None:
        with ThreadPoolExecutor(3) as pool:
            assert list(pool.map(slow, range(4))) == [0, 1, 2, 3]

    assert run(program).seconds == 3


def test_results_of_futures_come_as_they_complete():
    def program() -> None:
        with ThreadPoolExecutor(4) as pool:
            futures = {pool.submit(time.sleep, 4 - number): number for number in range(4)}
            order = [futures[done] for done in concurrent.futures.as_completed(futures)]
            assert order == [3, 2, 1, 0]
            done, late = concurrent.futures.wait([pool.submit(slow, 9), pool.submit(slow, 0)], timeout=1)
            assert (len(done), len(late)) == (1, 1)

    assert run(program).seconds == 13


def test_an_executor_heavy_program_repeats_exactly():
    """The pool keeps its threads, and as_completed its futures, in sets: addresses must not order them."""
    padding: list[list[object]] = []

    def program() -> None:
        with ThreadPoolExecutor(4, "pool") as pool:
            futures = [pool.submit(pow, number, 2) for number in range(8)]
            for future in concurrent.futures.as_completed(futures):
                pool.submit(time.sleep, future.result() / 100)

    def trace_of(seed) -> list[object]:
        padding.append([object() for _ in range(len(padding) * 997)])  # other addresses each time
        return [
            record for record in run(program, Seeded(seed)).trace.records if not isinstance(record, Blocked)
        ]

    for seed in range(5):
        assert trace_of(seed) == trace_of(seed)


def test_a_pool_that_is_never_shut_down_ends_with_the_program():
    left = []

    def program() -> None:
        pool = ThreadPoolExecutor(2)
        left.append((pool, pool.submit(time.sleep, 2)))

    assert run(program).seconds == 2
    assert left[0][1].done()
    # The next program, and what runs outside, can use pools again.
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(threading.active_count).result() > 0
