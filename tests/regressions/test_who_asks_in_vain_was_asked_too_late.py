"""A thread that asks in vain was asked again only when the world had moved, however far away the next event was.

A report loop that spins on 107012 missed a subscription until the main thread's sleep was over, and starved beside
one that waited by reading the clock; such a wait ended at whatever event another thread had in the far future.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

import acl_api as acl
from simulator.engine.choice import Chooser, First, Recorder, Replay, Seeded
from simulator.engine.control.scope import Scope
from tests.unit.control.controlled import run

NO_BLOCK = 0
CHOOSERS = pytest.mark.parametrize(
    "chooser", [First(), Recorder(Replay([])), Seeded(1), Seeded(2)], ids=["quiet", "asked", "1", "2"]
)


def reporter(stream: int, done: list[object], codes: list[tuple[float, int]]) -> threading.Thread:
    def serve() -> None:
        while not done:
            code = acl.rt.process_report(100)
            codes.append((round(time.monotonic() - 1000, 3), code))

    thread = threading.Thread(target=serve)
    thread.start()
    assert acl.rt.subscribe_report(thread.ident or 0, stream) == 0
    return thread


def play(program: Callable[[], None], chooser: Chooser) -> None:
    with (
        acl.Session(host="baton", devices=1, chooser=chooser) as session,
        Scope(session.host, watchdog=None) as scope,
    ):
        program()
        scope.finish()


def device() -> int:
    assert acl.rt.set_device(0) == 0
    stream, code = acl.rt.create_stream()
    assert code == 0
    return stream


@CHOOSERS
def test_a_loop_that_is_subscribed_waits_for_reports_before_the_clock_moves(chooser: Chooser):
    codes: list[tuple[float, int]] = []

    def program() -> None:
        done: list[object] = []
        thread = reporter(device(), done, codes)
        time.sleep(0.95)
        done.append(True)
        thread.join()

    play(program, chooser)
    timeouts = [when for when, code in codes if code == 507012]
    assert timeouts[:3] == [0.1, 0.2, 0.3]
    assert {when for when, code in codes if code == 107012} <= {0.0}


@CHOOSERS
def test_a_loop_is_asked_beside_one_that_waits_by_reading_the_clock(chooser: Chooser):
    seen: list[float] = []

    def program() -> None:
        done: list[object] = []
        stream = device()
        thread = reporter(stream, done, [])
        assert acl.rt.launch_callback(seen.append, time.monotonic(), NO_BLOCK, stream) == 0
        end = time.monotonic() + 1
        while not seen and time.monotonic() < end:
            pass
        assert seen, "the callback did not run within a second"
        done.append(True)
        thread.join()

    play(program, chooser)


@CHOOSERS
def test_waiting_by_reading_the_clock_ends_in_time_whatever_others_wait_for(chooser: Chooser):
    ended: list[float] = []

    def program() -> None:
        stream = device()
        start = time.monotonic()
        threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()

        def wait_by_clock() -> None:
            while time.monotonic() < start + 1:
                acl.rt.stream_query(stream)
            ended.append(time.monotonic() - start)

        threads = [threading.Thread(target=wait_by_clock) for _ in range(2)]
        for thread in threads:
            thread.start()
        threading.Thread(target=time.sleep, args=(2000,), daemon=True).start()
        for thread in threads:
            thread.join()

    play(program, chooser)
    assert all(1 <= seconds < 1.05 for seconds in ended)
    assert len(ended) == 2


def test_two_that_wake_each_other_do_not_keep_the_world_from_moving():
    """One of them spins: it must not be asked again for ever because the other one blocks."""

    def program() -> None:
        bell = threading.Event()
        over: list[object] = []

        def answer() -> None:
            while not over:
                bell.wait()
                bell.clear()

        thread = threading.Thread(target=answer)
        thread.start()
        threading.Timer(3, over.append, [True]).start()
        while not over:
            bell.set()
            time.sleep(0)
        bell.set()
        thread.join()

    assert run(program).seconds == 3
