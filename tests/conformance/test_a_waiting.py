"""Rules a18 to a22: what waits for a callback, and in which order callbacks run."""

from __future__ import annotations

from itertools import pairwise

import pytest

from acl_api.errors import DeadlockError
from simulator.base.trace import CallbackEnded, CallbackReleased, CallbackStarted, TaskRan
from tests.conformance.machine import (
    BLOCK,
    EVERY,
    MS,
    NO_BLOCK,
    NULL,
    ONE_OF_EACH,
    rt,
)

SYNC_FLAG = 1


def launch(stream, fn, block_type=BLOCK, data=None):
    assert rt.launch_callback(fn, data, block_type, stream) == 0


def nothing(_data):
    """A callback that does nothing."""


@pytest.mark.parametrize("soc", EVERY)
def test_a18_synchronize_waits_until_a_blocking_callback_has_run(machine, soc):
    """Conformance 8: a callback of 2 s makes launch and synchronise take 2 s, within 10 ms."""
    m = machine(soc)
    stream = m.stream()
    m.reporter(stream)
    began = m.now
    launch(stream, lambda _: m.sleep(2000 * MS))
    assert rt.synchronize_stream(stream) == 0
    assert 2000 * MS <= m.now - began <= 2010 * MS
    assert len(m.records(CallbackEnded)) == 1


@pytest.mark.parametrize("soc", EVERY)
@pytest.mark.parametrize("block_type", [NO_BLOCK, BLOCK])
def test_a18_query_events_and_other_streams_wait_for_block_and_not_for_no_block(machine, soc, block_type):
    """Conformance 12: completion of an event does not mean that a NO_BLOCK callback has run."""
    m = machine(soc)
    stream, other = m.stream(), m.stream()
    m.reporter(stream)
    event, _ = rt.create_event_ex_with_flag(SYNC_FLAG)
    launch(stream, lambda _: m.sleep(50 * MS), block_type)
    assert rt.record_event(event, stream) == 0
    assert rt.stream_wait_event(other, event) == 0
    m.sleep(20 * MS)  # the function is running now
    done = block_type == NO_BLOCK
    assert m.records(CallbackEnded) == []
    assert rt.stream_query(stream) == (0 if done else 1, 0)
    m.sleep(MS)  # asking again at the same instant would let time pass
    assert rt.stream_query(other) == (0 if done else 1, 0)
    m.sleep(MS)
    assert rt.query_event_status(event) == (1 if done else 0, 0)
    assert rt.synchronize_event(event) == 0
    assert len(m.records(CallbackEnded)) == (0 if done else 1)


@pytest.mark.parametrize("soc", EVERY)
def test_a18_a_callback_that_is_over_before_synchronize_costs_nothing_more(machine, soc):
    """Conformance 11."""
    m = machine(soc)
    stream = m.stream()
    m.reporter(stream)
    launch(stream, nothing)
    m.sleep(10 * MS)
    began = m.now
    assert rt.synchronize_stream(stream) == 0
    assert m.now == began


@pytest.mark.parametrize("soc", EVERY)
def test_a19_with_nobody_in_process_report_no_block_drains_and_block_hangs(machine, soc):
    """Conformance 38: the simulator names the cause."""
    m = machine(soc)
    stream = m.stream()
    m.reporter(stream, started=False)
    launch(stream, nothing, NO_BLOCK)
    assert rt.synchronize_stream(stream) == 0
    launch(stream, nothing)
    began = m.now
    assert rt.synchronize_stream_with_timeout(stream, 100) == 507046
    assert m.now - began == 100 * MS
    with pytest.raises(DeadlockError, match="reporter was never started, so it never calls process_report"):
        rt.synchronize_stream(stream)


@pytest.mark.parametrize("soc", EVERY)
def test_a19_a_report_thread_that_waits_for_its_own_blocking_callback_deadlocks(machine, soc):
    """Conformance 53 and 54, on the same stream and on another stream of the same thread."""
    m = machine(soc)
    stream, other = m.stream(), m.stream()
    m.reporter(stream, other)
    context, _ = rt.get_context()

    def waits_for_the_other(_data):
        rt.set_context(context)
        rt.synchronize_stream(other)

    launch(other, nothing)
    launch(stream, waits_for_the_other)
    launch(other, waits_for_the_other)
    with pytest.raises(DeadlockError) as caught:
        rt.synchronize_stream(stream)
    assert "reporter, inside callback waits_for_the_other" in caught.value.text


@pytest.mark.parametrize("soc", EVERY)
@pytest.mark.parametrize("block_type", [NO_BLOCK, BLOCK])
def test_a20_callbacks_of_one_stream_run_in_launch_order_one_after_the_other(machine, soc, block_type):
    """Conformance 3 and 5: N launches are N runs."""
    m = machine(soc)
    stream = m.stream()
    m.reporter(stream)
    got: list[object] = []

    def note(number):
        m.sleep((20 - number) * MS)
        got.append(number)

    for number in range(20):
        launch(stream, note, block_type, number)
    assert rt.synchronize_stream(stream) == 0
    m.sleep(1000 * MS)
    assert got == list(range(20))


@pytest.mark.parametrize("soc", EVERY)
def test_a20_streams_of_one_thread_never_run_callbacks_in_parallel_but_in_order_of_arrival(machine, soc):
    m = machine(soc)
    late, early = m.stream(), m.stream()
    m.reporter(late, early)
    got: list[object] = []
    run = m.model(latency=1 * MS)

    def note(name):
        got.append(name)
        m.sleep(10 * MS)

    assert run(late) == 0
    launch(late, note, BLOCK, "late")
    launch(early, note, BLOCK, "early")
    assert rt.synchronize_device() == 0
    assert got == ["early", "late"]
    begins = [record.time for record in m.records(CallbackStarted)]
    ends = [record.time for record in m.records(CallbackEnded)]
    assert ends[0] <= begins[1]


@pytest.mark.parametrize("soc", EVERY)
def test_a20_streams_of_different_threads_run_callbacks_at_the_same_time(machine, soc):
    """Conformance 14: nothing orders them."""
    m = machine(soc)
    streams = m.stream(), m.stream()
    for name, stream in zip(("left", "right"), streams, strict=True):
        m.reporter(stream, name=name)
        launch(stream, lambda _: m.sleep(10 * MS))
    assert rt.synchronize_device() == 0
    begins = [record.time for record in m.records(CallbackStarted)]
    ends = [record.time for record in m.records(CallbackEnded)]
    assert max(begins) < min(ends)
    assert sorted(m.called_back()) == ["left", "right"]


def test_a21_only_the_program_itself_can_tell_that_a_no_block_callback_has_run(machine):
    m = machine()
    stream = m.stream()
    m.reporter(stream)
    flag = []

    def sets_the_flag(_data):
        m.sleep(10 * MS)
        flag.append("run")

    event, _ = rt.create_event()
    launch(stream, sets_the_flag, NO_BLOCK)
    assert rt.record_event(event, stream) == 0
    assert [rt.synchronize_stream(stream), rt.synchronize_device(), rt.synchronize_event(event)] == [0, 0, 0]
    assert rt.stream_query(stream) == (0, 0)
    assert flag == []
    m.sleep(20 * MS)
    assert flag == ["run"]


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_a22_a_function_cannot_fail_its_stream_whatever_it_returns_or_raises(machine, soc):
    m = machine(soc)
    stream = m.stream()
    reporter = m.reporter(stream)

    def raises(_data):
        raise ValueError("bad post-processing")

    launch(stream, lambda _: 507000)
    assert rt.synchronize_stream(stream) == 0
    launch(stream, raises)
    assert rt.synchronize_stream(stream) == 0
    assert isinstance(reporter.thread.error, SystemError)


@pytest.mark.parametrize("soc", EVERY)
@pytest.mark.parametrize("stream_is_default", [False, True])
def test_a18_a_callback_runs_after_earlier_tasks_and_before_later_ones(machine, soc, stream_is_default):
    """Conformance 1 and 2."""
    m = machine(soc)
    stream = NULL if stream_is_default else m.stream()
    m.reporter(stream)
    run = m.model(latency=3 * MS)
    times = []
    assert run(stream) == 0
    launch(stream, lambda _: times.append(m.now))
    assert run(stream) == 0
    assert rt.synchronize_stream(stream) == 0
    before, after = [task for task in m.records(TaskRan) if task.kind == "execute"]
    (released,) = m.records(CallbackReleased)
    assert all(early <= late for early, late in pairwise([before.time, times[0], released.time, after.start]))
