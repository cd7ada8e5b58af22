"""The event queue: what it takes from simpy, its clock, its timers, its ties."""
# ruff: noqa: SLF001 - the private names of simpy that the kernel relies on are pinned here

from __future__ import annotations

import itertools

import pytest
import simpy
from simpy.core import EmptySchedule

from simulator.engine.choice import ChoiceRecord, Recorder, Replay, Seeded
from simulator.engine.kernel import LIGHT, Kernel
from simulator.engine.wait import Outcome, Wait

US = 1000


class Agent:
    """Something with a name that writes down when it is called."""

    def __init__(self, kernel, label, log):
        self.kernel = kernel
        self.label = label
        self.log = log

    def fire(self):
        self.log.append((self.kernel.now, self.label))


def agents(kernel, *labels):
    log: list[tuple[int, str]] = []
    return [Agent(kernel, label, log) for label in labels], log


class Last:
    """A chooser that always takes the last option."""

    friendly = False

    def choose(self, _kind, among):
        return len(among) - 1


# -- what is simpy's -----------------------------------------------------------------------------------------


def test_simpy_still_has_the_private_names_that_the_kernel_relies_on():
    env = simpy.Environment(7)
    assert env._now == 7
    assert env._queue == []
    assert isinstance(env._eid, itertools.count)


def test_an_entry_of_simpys_heap_is_time_priority_number_and_event():
    env = simpy.Environment()
    timeout = env.timeout(5)
    urgent = env.event()
    urgent.succeed()
    assert [type(part) for part in env._queue[0][:3]] == [int, int, int]
    assert sorted(env._queue, key=lambda entry: entry[:3]) == [(0, 1, 1, urgent), (5, 1, 0, timeout)]


def test_at_one_instant_simpys_events_run_before_ours():
    kernel = Kernel()
    (ours,), log = agents(kernel, "ours")
    kernel.at(5, ours.fire)
    kernel.timeout(5).callbacks.append(lambda _event: log.append((kernel.now, "simpy")))
    kernel.run()
    assert log == [(5, "simpy"), (5, "ours")]
    assert LIGHT > 1  # simpy knows 0, urgent, and 1, normal


def test_an_ordinary_simpy_process_shares_clock_and_queue():
    kernel = Kernel()
    (ours,), log = agents(kernel, "ours")

    def process():
        for _ in range(2):
            yield kernel.timeout(10)
            log.append((kernel.now, "process"))
            kernel.after(5, ours.fire)

    kernel.process(process())
    kernel.run()
    assert log == [(10, "process"), (15, "ours"), (20, "process"), (25, "ours")]


def test_a_simpy_process_that_waits_for_nothing_does_not_hide_ours():
    kernel = Kernel()
    (ours,), log = agents(kernel, "ours")
    store = simpy.Store(kernel)

    def consumer():
        item = yield store.get()
        log.append((kernel.now, item))

    kernel.process(consumer())
    kernel.at(3, ours.fire)
    kernel.at(4, lambda: store.put("item"))
    kernel.run()
    assert log == [(3, "ours"), (4, "item")]


def test_the_failure_of_a_simpy_process_comes_out_of_run():
    kernel = Kernel()

    def process():
        yield kernel.timeout(1)
        raise LookupError("broken")

    kernel.process(process())
    with pytest.raises(LookupError, match="broken"):
        kernel.run()


# -- running -------------------------------------------------------------------------------------------------


def test_run_until_a_time_stops_there_and_can_go_on():
    kernel = Kernel()
    (first, second), log = agents(kernel, "first", "second")
    kernel.at(10, first.fire)
    kernel.at(30, second.fire)
    kernel.run(until=20)
    assert (kernel.now, log) == (20, [(10, "first")])
    kernel.run()
    assert log == [(10, "first"), (30, "second")]


def test_run_until_an_event_returns_its_value():
    kernel = Kernel()
    done = kernel.event()
    kernel.at(7, lambda: done.succeed("value"))
    assert kernel.run(until=done) == "value"
    assert kernel.now == 7


def test_run_until_also_expires_timers_on_its_way():
    kernel = Kernel()
    wait = Wait("poll", timeout=4)
    kernel.timer(wait, 4)
    kernel.run(until=10)
    assert (wait.outcome, kernel.now) == (Outcome.EXPIRED, 10)


def test_a_run_of_nothing_ends_at_once_and_a_step_says_so():
    kernel = Kernel()
    kernel.run()
    assert kernel.now == 0
    with pytest.raises(EmptySchedule):
        kernel.step()


@pytest.mark.parametrize("chooser", [None, Seeded(1)], ids=["friendly", "seeded"])
def test_the_tight_loop_stops_as_soon_as_somebody_is_ready(chooser):
    kernel = Kernel(chooser)
    ready: list[str] = []
    (late,), log = agents(kernel, "late")
    kernel.at(1, lambda: ready.append("thread"))
    kernel.at(2, late.fire)
    kernel.drain(ready)
    assert (kernel.now, log, kernel.events_run) == (1, [], 1)


def test_an_index_error_of_an_entry_is_not_taken_for_an_empty_queue():
    kernel = Kernel()
    kernel.at(1, [].pop)
    with pytest.raises(IndexError):
        kernel.run()
    assert kernel.events_run == 1


def test_equal_times_run_in_the_order_of_the_calls():
    kernel = Kernel()
    several, log = agents(kernel, *"abcdef")
    for agent in several:
        kernel.at(5, agent.fire)
    kernel.run()
    assert "".join(label for _, label in log) == "abcdef"


def test_what_an_entry_adds_at_its_own_instant_runs_after_what_was_there():
    kernel = Kernel()
    (first, second, added), log = agents(kernel, "first", "second", "added")

    def add():
        first.fire()
        kernel.after(0, added.fire)

    kernel.at(5, add)
    kernel.at(5, second.fire)
    kernel.run()
    assert log == [(5, "first"), (5, "second"), (5, "added")]


def test_time_is_a_whole_number_of_ns_whatever_the_size():
    kernel = Kernel()
    seen: list[int] = []
    century = 100 * 365 * 24 * 3600 * 10**9
    kernel.at(century, lambda: kernel.after(1, lambda: seen.append(kernel.now)))
    kernel.run()
    assert seen == [century + 1]
    assert type(seen[0]) is int


# -- timers of host threads ----------------------------------------------------------------------------------


@pytest.mark.parametrize("chooser", [None, Seeded(3)], ids=["friendly", "seeded"])
def test_a_cancelled_timer_never_moves_the_clock(chooser):
    kernel = Kernel(chooser)
    wait = Wait("poll", timeout=100 * US)
    kernel.timer(wait, 100 * US)
    kernel.at(3, wait.fire)
    kernel.run()
    assert (wait.outcome, kernel.now) == (Outcome.FIRED, 3)


@pytest.mark.parametrize("chooser", [None, Seeded(3)], ids=["friendly", "seeded"])
def test_a_cancelled_timer_is_not_the_next_event(chooser):
    kernel = Kernel(chooser)
    wait = Wait("poll", timeout=5)
    kernel.timer(wait, 5)
    wait.cancel()
    assert kernel.peek() == float("inf")
    with pytest.raises(EmptySchedule):
        kernel.step()


def test_a_live_timer_is_the_next_event_when_it_is_earlier():
    kernel = Kernel()
    kernel.timer(Wait("poll", timeout=5), 5)
    kernel.at(9, lambda: None)
    assert kernel.peek() == 5


def test_an_arrival_stands_before_a_timeout_at_the_same_instant():
    kernel = Kernel()
    wait = Wait("process_report", timeout=10)
    kernel.timer(wait, 10)  # first in, and yet
    kernel.at(10, wait.fire)
    kernel.run()
    assert wait.outcome is Outcome.FIRED


def test_a_chooser_may_let_the_timeout_win():
    recorder = Recorder(Last())
    kernel = Kernel(recorder)
    wait = Wait("process_report", timeout=10)
    (report,), _ = agents(kernel, "report")
    kernel.timer(wait, 10)
    kernel.at(10, report.fire)
    kernel.run()
    assert wait.outcome is Outcome.EXPIRED
    assert recorder.records == [
        ChoiceRecord("timeout", "report", 2, 1, "timeout of nobody in process_report")
    ]


def test_timers_do_not_count_as_events_and_alone_are_told_apart():
    kernel = Kernel()
    kernel.timer(Wait("poll", timeout=5), 5)
    alone = kernel.only_timers
    kernel.at(1, lambda: None)
    assert (alone, kernel.only_timers) == (True, False)
    kernel.run()
    assert kernel.events_run == 1


# -- ties are choices ----------------------------------------------------------------------------------------


def order_of(chooser):
    kernel = Kernel(chooser)
    several, log = agents(kernel, *"abcd")
    for agent in several:
        kernel.at(5, agent.fire)
        kernel.at(8, agent.fire)
    kernel.run()
    assert [time for time, _ in log] == [5] * 4 + [8] * 4
    return "".join(label for _, label in log)


def test_every_tie_is_a_choice_and_is_recorded():
    recorder = Recorder(Last())
    assert order_of(recorder) == "dcbadcba"
    assert recorder.records[:3] == [
        ChoiceRecord("tie", "a", 4, 3, "d"),
        ChoiceRecord("tie", "a", 3, 2, "c"),
        ChoiceRecord("tie", "a", 2, 1, "b"),
    ]
    assert len(recorder.records) == 6  # the last one of an instant is no choice


def test_seeds_give_several_orders_and_one_seed_always_the_same():
    orders = {order_of(Seeded(seed)) for seed in range(20)}
    assert len(orders) > 10
    assert order_of(Seeded(7)) == order_of(Seeded(7))


@pytest.mark.parametrize("seed", range(5))
def test_a_replay_of_the_records_gives_the_same_order(seed):
    recorder = Recorder(Seeded(seed))
    order = order_of(recorder)
    replay = Replay(recorder.records)
    assert order_of(replay) == order
    assert replay.left == 0


def test_a_replay_of_nothing_is_the_friendly_order():
    assert order_of(Replay([])) == order_of(None) == "abcdabcd"


def test_nobody_is_asked_where_there_is_no_tie():
    recorder = Recorder(Seeded(1))
    kernel = Kernel(recorder)
    several, log = agents(kernel, *"abc")
    for at, agent in enumerate(several):
        kernel.at(at, agent.fire)
    kernel.run()
    assert (len(log), recorder.records) == (3, [])


def test_simpys_events_are_never_part_of_a_tie():
    recorder = Recorder(Last())
    kernel = Kernel(recorder)
    (ours,), log = agents(kernel, "ours")
    kernel.at(5, ours.fire)
    for _ in range(2):
        kernel.timeout(5).callbacks.append(lambda _event: log.append((kernel.now, "simpy")))
    kernel.run()
    assert [label for _, label in log] == ["simpy", "simpy", "ours"]
    assert recorder.records == []
