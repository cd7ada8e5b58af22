"""A loop such as `while not stop.is_set(): wait(…)` was taken for one that only looks: the clock ran ahead of it.

Its looks were told apart by a count of calls, which every wait begins anew.
"""

from __future__ import annotations

import threading
import time

from tests.unit.control.controlled import run


def test_a_round_begins_when_the_wait_of_the_one_before_has_ended():
    begun: list[float] = []

    def program() -> None:
        stop, bell = threading.Event(), threading.Lock()
        bell.acquire()

        def serve() -> None:
            while not stop.is_set():
                begun.append(time.monotonic() - start)
                bell.acquire(timeout=100)

        start = time.monotonic()
        server = threading.Thread(target=serve)
        server.start()
        for _ in range(4):
            time.sleep(1)
            bell.release()
        time.sleep(10)
        stop.set()
        bell.release()
        server.join()

    run(program)
    assert [round(when) for when in begun] == [0, 1, 2, 3, 4]
