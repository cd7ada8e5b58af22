"""Rules a12 to a17: the tasks of a callback, what they hold up, and what releases it."""

from __future__ import annotations

import pytest

from simulator.base.trace import CallbackEnded, CallbackStarted, Submitted
from tests.conformance.machine import (
    ACK,
    BLOCK,
    EVERY,
    MS,
    NO_BLOCK,
    NOTIFY,
    STARS,
    rt,
)

SYNC_FLAG = 1


def launch(stream, fn, block_type=BLOCK, data=None):
    assert rt.launch_callback(fn, data, block_type, stream) == 0


def nothing(_data):
    """A callback that does nothing."""


@pytest.mark.parametrize("soc", EVERY)
def test_a12_no_block_is_one_task_and_later_tasks_do_not_wait_for_the_function(machine, soc):
    """Conformance 9."""
    m = machine(soc)
    stream = m.stream()
    m.reporter(stream)
    run = m.model(latency=1 * MS)
    launch(stream, lambda _: m.sleep(50 * MS), NO_BLOCK)
    assert run(stream) == 0
    assert rt.synchronize_stream(stream) == 0
    assert m.ran() == ["callback", "execute"]
    assert m.called_back() == ["reporter"]
    assert m.records(CallbackEnded) == []


@pytest.mark.parametrize("soc", EVERY)
def test_a12_no_block_is_complete_once_its_report_is_in_the_queue_although_nobody_takes_it(machine, soc):
    m = machine(soc)
    stream = m.stream()
    m.reporter(stream, started=False)
    launch(stream, nothing, NO_BLOCK)
    assert rt.synchronize_stream(stream) == 0
    assert rt.stream_query(stream) == (0, 0)
    assert m.called_back() == []


@pytest.mark.parametrize(
    ("soc", "tasks"),
    [
        *[(soc, ["callback", "wait", "reset"]) for soc in STARS],
        *[(soc, ["callback", "notify-wait"]) for soc in NOTIFY],
        *[(soc, ["callback"]) for soc in ACK],
    ],
)
def test_a13_a14_a15_a_blocking_callback_is_three_two_or_one_tasks_by_family(machine, soc, tasks):
    m = machine(soc)
    stream = m.stream()
    m.reporter(stream)
    launch(stream, nothing)
    launch(stream, nothing)
    assert rt.synchronize_stream(stream) == 0
    assert m.ran() == tasks * 2
    assert [(launched.first, launched.last) for launched in m.records(Submitted)] == [
        (1, len(tasks)),
        (len(tasks) + 1, 2 * len(tasks)),
    ]


@pytest.mark.shows("0.6")
@pytest.mark.parametrize(
    ("soc", "limit", "code"), [*[(soc, "events", 207007) for soc in STARS], (*NOTIFY, "notifies", 207009)]
)
def test_a13_a14_each_subscription_makes_one_event_or_notify_for_all_its_callbacks(machine, soc, limit, code):
    m = machine(soc, **{limit: 1})
    stream, other = m.stream(), m.stream()
    reporter = m.reporter(stream)
    assert rt.subscribe_report(reporter.thread.ident, other) == code
    for _ in range(5):
        launch(stream, nothing)
    assert rt.synchronize_stream(stream) == 0
    assert m.called_back() == ["reporter"] * 5


@pytest.mark.parametrize("soc", ACK)
def test_a15_without_stars_subscriptions_cost_no_event_and_no_notify(machine, soc):
    m = machine(soc, events=1, notifies=1)
    m.reporter(m.stream(), m.stream(), m.stream())
    _, code = rt.create_event_with_flag(SYNC_FLAG)
    assert code == 0


@pytest.mark.parametrize("soc", EVERY)
def test_a16_each_stream_goes_on_right_after_its_own_function_and_not_at_the_end_of_the_batch(machine, soc):
    m = machine(soc)
    first, second = m.stream(), m.stream()
    reporter = m.reporter(first, second, started=False)
    run = m.model(latency=1 * MS)
    launch(first, nothing)
    assert run(first) == 0
    launch(second, lambda _: m.sleep(50 * MS))
    m.sleep(5 * MS)  # both reports are ready: one process_report takes both
    m.session.host.start(reporter.thread, reporter.loop)
    assert rt.synchronize_stream(first) == 0
    assert "execute" in m.ran()
    assert len(m.records(CallbackStarted)) == 2
    assert len(m.records(CallbackEnded)) == 1
    assert rt.synchronize_stream(second) == 0
    assert reporter.codes == [0]


@pytest.mark.parametrize("soc", [*STARS, *NOTIFY])
def test_a17_a_launch_that_fails_half_way_returns_the_error_with_the_callback_queued(machine, soc):
    m = machine(soc, queue_depth=4)
    stream = m.stream()
    m.reporter(stream)
    assert rt.set_stream_failure_mode(stream, 1) == 0
    fail, run = m.model(fails_with=507015), m.model()
    assert [fail(stream), run(stream), run(stream)] == [0, 0, 0]
    assert rt.launch_callback(nothing, None, BLOCK, stream) == 507015
    assert m.dropped()[:3] == ["execute", "execute", "callback"]
    assert m.called_back() == []


@pytest.mark.parametrize("soc", ACK)
def test_a17_without_stars_the_callback_is_its_only_task_and_nothing_can_fail_after_it(machine, soc):
    m = machine(soc, queue_depth=4)
    stream = m.stream()
    m.reporter(stream)
    assert rt.set_stream_failure_mode(stream, 1) == 0
    fail, run = m.model(fails_with=507015), m.model()
    assert [fail(stream), run(stream), run(stream)] == [0, 0, 0]
    assert rt.launch_callback(nothing, None, BLOCK, stream) == 0
    assert rt.synchronize_stream(stream) == 507015
    assert m.dropped() == ["execute", "execute", "callback"]
