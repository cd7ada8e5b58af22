"""Rules b10 to b18: unsubscribing, what it waits for, what it loses, and what comes free."""

from __future__ import annotations

import pytest

from acl_api.errors import DeadlockError
from simulator.base.trace import CallbackEnded, ReportLost
from tests.conformance.machine import (
    ACK,
    BLOCK,
    EVERY,
    FORGED,
    MS,
    NO_BLOCK,
    NOTIFY,
    NULL,
    ONE_OF_EACH,
    STARS,
    c,
    rt,
)


def nothing(_data):
    """A callback that does nothing."""


def launch(stream, fn=nothing, block_type=BLOCK, data=None):
    assert rt.launch_callback(fn, data, block_type, stream) == 0


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_b10_a_group_is_not_handed_out_while_its_thread_is_still_in_process_report(machine, soc):
    m = machine(soc, callback_groups=1)
    stream = m.stream()
    codes = []
    thread = m.session.host.thread("leaver")
    assert rt.subscribe_report(thread.ident, stream) == 0
    m.session.host.start(thread, lambda: codes.append(rt.process_report(10)))
    m.sleep(1 * MS)
    assert rt.unsubscribe_report(thread.ident, stream) == 0
    assert rt.subscribe_report(2, stream) == 507000
    m.join(thread)
    assert codes == [507012]
    assert m.now >= 10 * MS
    assert rt.subscribe_report(2, stream) == 0


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_b10_a_group_is_busy_while_its_thread_runs_a_callback(machine, soc):
    m = machine(soc, callback_groups=1)
    stream = m.stream()
    reporter = m.reporter(stream)
    launch(stream, lambda _: m.sleep(10 * MS), NO_BLOCK)
    m.sleep(1 * MS)
    assert rt.unsubscribe_report(reporter.thread.ident, stream) == 0
    assert rt.subscribe_report(2, stream) == 507000
    m.join(reporter.thread)
    assert rt.subscribe_report(2, stream) == 0


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_b11_a_subscription_is_the_users_or_the_runtimes_and_unsubscribing_leaves_none(machine, soc):
    m = machine(soc)
    stream = m.stream()
    assert rt.subscribe_report(1, stream) == 0
    assert c.aclrtLaunchHostFunc(stream, nothing, None) == 107011
    assert rt.unsubscribe_report(1, stream) == 0
    assert rt.launch_callback(nothing, None, BLOCK, stream) == 107015
    assert c.aclrtLaunchHostFunc(stream, nothing, None) == 0
    assert rt.launch_callback(nothing, None, BLOCK, stream) == 107011


@pytest.mark.shows("p32")
@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_b12_unsubscribing_checks_handle_then_host_func_then_stream_then_thread(machine, soc):
    """Conformance 21."""
    m = machine(soc)
    dead, bound, free, taken = m.stream(), m.stream(), m.stream(), m.stream()
    assert rt.destroy_stream(dead) == 0
    assert c.aclrtLaunchHostFunc(bound, nothing, None) == 0
    assert rt.subscribe_report(1, taken) == 0
    assert rt.unsubscribe_report(1, dead) == 107017
    assert rt.unsubscribe_report(1, FORGED) == 107017
    # Bound by the runtime to its own thread: another thread's stream, yet not 107012.
    assert rt.unsubscribe_report(1, bound) == 107011
    assert rt.unsubscribe_report(1, free) == 107011
    assert rt.unsubscribe_report(2, taken) == 107012
    assert rt.launch_callback(nothing, None, NO_BLOCK, taken) == 0
    assert rt.unsubscribe_report(1, taken) == 0


@pytest.mark.parametrize("soc", EVERY)
def test_b13_only_the_last_stream_of_a_thread_frees_its_group(machine, soc):
    m = machine(soc, callback_groups=1)
    first, second, third = m.stream(), m.stream(), m.stream()
    m.reporter(first, second, started=False)
    ident = m.session.host.threads[-1].ident
    assert rt.subscribe_report(99, third) == 507000
    assert rt.unsubscribe_report(ident, first) == 0
    assert rt.subscribe_report(99, third) == 507000
    assert rt.unsubscribe_report(ident, second) == 0
    assert rt.subscribe_report(99, third) == 0


@pytest.mark.parametrize("soc", STARS)
def test_b14_on_stars_unsubscribing_under_a_pending_blocking_callback_deadlocks(machine, soc):
    """Conformance 31: it waits, and holds the lock that the acknowledgement needs."""
    m = machine(soc)
    stream = m.stream()
    reporter = m.reporter(stream)
    launch(stream, lambda _: m.sleep(10 * MS))
    with pytest.raises(DeadlockError) as caught:
        rt.unsubscribe_report(reporter.thread.ident, stream)
    assert len(m.records(CallbackEnded)) == 1
    assert "subscription lock" in caught.value.text
    assert "held by main" in caught.value.text


@pytest.mark.parametrize("soc", STARS)
def test_b14_on_stars_unsubscribing_after_the_blocking_callbacks_are_done_waits_for_nothing(machine, soc):
    m = machine(soc)
    stream = m.stream()
    reporter = m.reporter(stream)
    run = m.model(latency=10 * MS)
    launch(stream)
    assert rt.synchronize_stream(stream) == 0
    assert run(stream) == 0
    began = m.now
    assert rt.unsubscribe_report(reporter.thread.ident, stream) == 0
    assert m.now == began


@pytest.mark.parametrize("soc", STARS)
def test_b14_on_stars_a_pending_callback_that_does_not_block_holds_nothing_up(machine, soc):
    m = machine(soc)
    stream = m.stream()
    reporter = m.reporter(stream)
    run = m.model(latency=10 * MS)
    assert run(stream) == 0
    launch(stream, nothing, NO_BLOCK)
    assert rt.unsubscribe_report(reporter.thread.ident, stream) == 0
    assert m.now < 10 * MS


@pytest.mark.parametrize("soc", [*ACK, *NOTIFY])
def test_b14_elsewhere_unsubscribing_never_waits(machine, soc):
    m = machine(soc)
    stream = m.stream()
    reporter = m.reporter(stream)
    launch(stream, lambda _: m.sleep(10 * MS))
    m.sleep(1 * MS)
    began = m.now
    assert rt.unsubscribe_report(reporter.thread.ident, stream) == 0
    assert m.now == began


@pytest.mark.parametrize("soc", NOTIFY)
def test_b15_on_950_a_callback_unsubscribed_before_it_ran_runs_and_its_stream_stays_blocked(machine, soc):
    m = machine(soc)
    stream, other = m.stream(), m.stream()
    reporter = m.reporter(stream, other, started=False)
    launch(stream)
    m.sleep(1 * MS)
    assert rt.unsubscribe_report(reporter.thread.ident, stream) == 0
    m.session.host.start(reporter.thread, reporter.loop)
    m.join(reporter.thread)
    assert m.called_back() == ["reporter"]
    assert reporter.codes == [107011]
    assert rt.synchronize_stream_with_timeout(stream, 100) == 507046


@pytest.mark.parametrize("soc", NOTIFY)
def test_b15_on_950_unsubscribing_while_the_function_runs_gives_107011_to_process_report(machine, soc):
    m = machine(soc)
    stream = m.stream()
    reporter = m.reporter(stream)
    launch(stream, lambda _: m.sleep(10 * MS))
    m.sleep(5 * MS)
    assert rt.unsubscribe_report(reporter.thread.ident, stream) == 0
    m.join(reporter.thread)
    assert reporter.codes == [107011]
    with pytest.raises(DeadlockError, match="the blocking callback <lambda>"):
        rt.synchronize_stream(stream)


@pytest.mark.parametrize("soc", EVERY)
def test_b16_reports_in_the_queue_are_delivered_if_the_thread_keeps_another_stream(machine, soc):
    m = machine(soc)
    stream, other = m.stream(), m.stream()
    reporter = m.reporter(stream, other, started=False)
    launch(stream, nothing, NO_BLOCK)
    m.sleep(1 * MS)
    assert rt.unsubscribe_report(reporter.thread.ident, stream) == 0
    m.session.host.start(reporter.thread, reporter.loop)
    m.sleep(1 * MS)
    assert m.called_back() == ["reporter"]
    assert reporter.codes == [0]


@pytest.mark.parametrize("soc", EVERY)
def test_b16_reports_in_the_queue_are_lost_with_the_last_stream_and_that_is_recorded(machine, soc):
    m = machine(soc)
    stream = m.stream()
    reporter = m.reporter(stream, started=False)
    launch(stream, nothing, NO_BLOCK)
    m.sleep(1 * MS)
    assert rt.unsubscribe_report(reporter.thread.ident, stream) == 0
    m.session.host.start(reporter.thread, reporter.loop)
    m.join(reporter.thread)
    assert reporter.codes == [107012]
    assert m.called_back() == []
    assert [lost.name for lost in m.records(ReportLost)] == ["nothing"]
    assert rt.synchronize_stream(stream) == 0


@pytest.mark.parametrize("soc", EVERY)
def test_b16_a_callback_that_reaches_its_turn_after_unsubscribing_is_lost_too(machine, soc):
    m = machine(soc)
    stream = m.stream()
    reporter = m.reporter(stream)
    run = m.model(latency=10 * MS)
    assert run(stream) == 0
    launch(stream, nothing, NO_BLOCK)
    assert rt.unsubscribe_report(reporter.thread.ident, stream) == 0
    assert rt.subscribe_report(5, stream) == 0
    assert rt.synchronize_stream(stream) == 0
    assert m.called_back() == []
    assert len(m.records(ReportLost)) == 1


@pytest.mark.parametrize("soc", EVERY)
@pytest.mark.parametrize("destroy", ["destroy_stream", "destroy_stream_force", "destroy_context"])
def test_b17_destroying_a_stream_unsubscribes_it(machine, soc, destroy):
    m = machine(soc, callback_groups=1)
    home, _ = rt.get_context()
    context, _ = rt.create_context(0)
    stream = m.stream()
    assert rt.subscribe_report(1, stream) == 0
    assert getattr(rt, destroy)(context if destroy == "destroy_context" else stream) == 0
    assert rt.set_context(home) == 0
    assert rt.unsubscribe_report(1, stream) == 107017
    assert rt.subscribe_report(2, m.stream()) == 0  # the only group is free again


@pytest.mark.parametrize("soc", EVERY)
@pytest.mark.parametrize("reset", ["reset_device", "reset_device_force"])
def test_b17_resetting_the_device_unsubscribes_its_streams(machine, soc, reset):
    m = machine(soc, callback_groups=1)
    assert rt.subscribe_report(1, NULL) == 0
    assert rt.subscribe_report(1, m.stream()) == 0
    assert getattr(rt, reset)(0) == 0
    assert rt.set_device(0) == 0
    assert rt.subscribe_report(2, NULL) == 0


@pytest.mark.parametrize("soc", EVERY)
@pytest.mark.parametrize("same_thread", [True, False])
def test_b18_after_unsubscribing_a_stream_can_be_subscribed_again_to_any_thread(machine, soc, same_thread):
    """Conformance 32: in between, launching gives 107015."""
    m = machine(soc)
    stream = m.stream()
    first = m.reporter(stream, name="first", started=False)
    second = m.session.host.thread("second", daemon=True) if not same_thread else first.thread
    launch(stream, nothing, NO_BLOCK)
    assert rt.synchronize_stream(stream) == 0
    assert rt.unsubscribe_report(first.thread.ident, stream) == 0
    assert rt.launch_callback(nothing, None, NO_BLOCK, stream) == 107015
    assert rt.subscribe_report(second.ident, stream) == 0
    launch(stream)
    m.session.host.start(second, lambda: rt.process_report(-1))
    assert rt.synchronize_stream(stream) == 0
    assert m.called_back() == [second.name]
