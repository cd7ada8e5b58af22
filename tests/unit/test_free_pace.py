"""Simulated against real time, and how long nothing may move."""

from __future__ import annotations

import pytest

from simulator.base.errors import UserError
from simulator.engine.hosts.free_census import Rest
from simulator.engine.hosts.free_pace import Pace
from simulator.engine.hosts.free_patience import Patience, StallOptions
from simulator.engine.hosts.thread import HostThread
from simulator.engine.kernel import Kernel
from simulator.engine.wait import Wait

SECOND = 1_000_000_000


class Clock:
    """A real clock of which the test is master."""

    now = 0

    def __call__(self) -> int:
        return self.now


@pytest.mark.parametrize(("speed", "due"), [(1.0, 3 * SECOND), (10.0, 30 * SECOND), (0.5, 1.5 * SECOND)])
def test_simulated_time_follows_real_time_by_the_speed(speed, due):
    clock = Clock()
    pace = Pace(speed, clock)
    clock.now = 3 * SECOND
    assert pace.due() == due
    assert pace.seconds_until(due + 2 * SECOND) == pytest.approx(2 / speed)
    assert pace.seconds_until(due - SECOND) == 0


def test_after_a_jump_time_goes_on_from_there():
    clock = Clock()
    pace = Pace(2.0, clock)
    clock.now = 100
    pace.restart(5 * SECOND)
    clock.now = 110
    assert pace.due() == 5 * SECOND + 20


@pytest.mark.parametrize("speed", [0.0, -1.0, float("inf"), float("nan")])
def test_a_speed_that_is_not_positive_is_refused(speed):
    with pytest.raises(UserError, match="positive number"):
        Pace(speed)


def test_the_kernel_advances_to_an_instant_and_no_further():
    kernel, ran = Kernel(), list[int]()
    dead = Wait("synchronize_stream", timeout=5)
    for time in (10, 20, 30):
        kernel.at(time, lambda: ran.append(kernel.now))
    kernel.timer(dead, 5)
    dead.fire()
    kernel.advance(25)
    assert (ran, kernel.now) == ([10, 20], 25)
    kernel.advance(7)
    assert kernel.now == 25


def waiting(op: str, *, timeout: int | None = None, internal: bool = False) -> HostThread:
    thread = HostThread("t", 0, daemon=False, internal=internal)
    thread.wait = Wait(op, timeout=timeout)
    return thread


SYNC = waiting("synchronize_stream")


def look(patience: Patience, *threads: HostThread, mark=0, rest=Rest.NO, pending=False) -> bool:
    return patience.used_up(mark, threads, rest, pending=pending)


def test_it_is_told_once_that_nothing_moves():
    clock = Clock()
    patience = Patience(StallOptions(5.0), clock)
    assert not look(patience, SYNC)
    clock.now = 4
    assert not look(patience, SYNC)
    clock.now = 6
    assert look(patience, SYNC)
    clock.now = 60
    assert not look(patience, SYNC)
    assert repr(patience) == "<patience of 5 s, used up>"


def test_a_change_or_device_work_starts_the_wait_anew():
    clock = Clock()
    patience = Patience(StallOptions(5.0), clock)
    for clock.now in range(0, 50, 4):
        assert not look(patience, SYNC, mark=clock.now)
    for clock.now in range(50, 100, 4):
        assert not look(patience, SYNC, mark=48, pending=True)
    clock.now += 4
    assert not look(patience, SYNC, mark=48)


@pytest.mark.parametrize(
    "thread",
    [
        waiting("process_report"),
        waiting("synchronize_stream", timeout=5),
        waiting("anything", internal=True),
    ],
    ids=["waits for work", "with a timeout", "of the runtime"],
)
def test_who_needs_no_rescue_is_no_reason(thread):
    clock = Clock()
    patience = Patience(StallOptions(5.0), clock)
    look(patience, thread)
    clock.now = 60
    assert not look(patience, thread)


def test_waiting_for_work_is_a_reason_when_nobody_is_left_who_could_launch_any():
    clock = Clock()
    patience = Patience(StallOptions(5.0), clock)
    look(patience, waiting("process_report"))
    clock.now = 60
    assert look(patience, waiting("process_report"), rest=Rest.ALMOST)


def test_the_text_says_whether_the_process_ends():
    assert Patience(StallOptions(5.0)).text().endswith("the program runs on")
    assert Patience(StallOptions(0.5, aborts=True)).text().startswith("no progress for 0.5 s of real time")
    assert Patience(StallOptions(5.0, aborts=True)).text().endswith("the process ends")
