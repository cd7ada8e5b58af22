"""Rules b1 to b9: subscribing, what it checks and what it costs."""

from __future__ import annotations

import pytest

from simulator.base.trace import CallbackStarted
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

SYNC_FLAG = 1


def nothing(_data):
    """A callback that does nothing."""


@pytest.mark.parametrize("ident", [0, 1, 2**63, 2**64 - 1])
@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_b1_any_number_of_64_bits_is_accepted_as_a_thread_id(machine, soc, ident):
    m = machine(soc)
    stream = m.stream()
    assert rt.subscribe_report(ident, stream) == 0
    assert rt.launch_callback(nothing, None, NO_BLOCK, stream) == 0


def test_b1_a_thread_may_be_subscribed_before_it_runs_and_loses_nothing(machine):
    """Conformance 28 and 30: callbacks run on that very thread, also those launched before it polls."""
    m = machine()
    stream = m.stream()
    reporter = m.reporter(stream, started=False)
    idents = []
    for _ in range(3):
        assert (
            rt.launch_callback(lambda _: idents.append(m.session.host.current().ident), None, BLOCK, stream)
            == 0
        )
    m.session.host.start(reporter.thread, reporter.loop)
    assert rt.synchronize_stream(stream) == 0
    assert idents == [reporter.thread.ident] * 3


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_b2_one_thread_serves_many_streams_of_a_device(machine, soc):
    """Conformance 19; streams of several contexts of the device too."""
    m = machine(soc)
    streams = [m.stream() for _ in range(3)]
    reporter = m.reporter(*streams)
    rt.create_context(0)
    assert rt.subscribe_report(reporter.thread.ident, m.stream()) == 0


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_b3_a_stream_subscribed_already_gives_107011_for_the_same_and_for_another_thread(machine, soc):
    """Conformance 18."""
    m = machine(soc)
    stream = m.stream()
    assert rt.subscribe_report(1, stream) == 0
    assert rt.subscribe_report(1, stream) == 107011
    assert rt.subscribe_report(2, stream) == 107011
    default, _ = rt.ctx_get_current_default_stream()
    assert rt.subscribe_report(1, NULL) == 0
    assert rt.subscribe_report(1, default) == 107011


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_b4_a_thread_of_another_device_gives_107012_after_b3(machine, soc):
    m = machine(soc)
    stream = m.stream()
    assert rt.subscribe_report(1, stream) == 0
    assert rt.set_device(1) == 0
    free, taken = m.stream(), m.stream()
    assert rt.subscribe_report(2, taken) == 0
    assert rt.subscribe_report(1, free) == 107012
    assert rt.subscribe_report(1, taken) == 107011
    assert rt.unsubscribe_report(1, stream) == 0
    assert rt.subscribe_report(1, free) == 0


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_b5_a_stream_bound_by_launch_host_func_gives_107011_also_for_null(machine, soc):
    m = machine(soc)
    stream = m.stream()
    assert c.aclrtLaunchHostFunc(stream, nothing, None) == 0
    assert c.aclrtLaunchHostFunc(NULL, nothing, None) == 0
    assert rt.subscribe_report(1, stream) == 107011
    assert rt.subscribe_report(1, NULL) == 107011


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_b6_null_is_the_default_stream_and_needs_a_context(machine, soc):
    """Conformance 34."""
    m = machine(soc)
    assert m.run_in_thread(lambda: rt.subscribe_report(1, NULL)) == 107002
    assert m.run_in_thread(lambda: rt.unsubscribe_report(1, NULL)) == 107002
    assert rt.subscribe_report(1, NULL) == 0
    default, _ = rt.ctx_get_current_default_stream()
    assert rt.unsubscribe_report(1, default) == 0
    assert rt.unsubscribe_report(1, NULL) == 107011


@pytest.mark.parametrize("soc", EVERY)
def test_b7_a_stream_of_another_context_can_be_subscribed(machine, soc):
    m = machine(soc)
    stream = m.stream()
    rt.create_context(0)
    assert rt.subscribe_report(1, stream) == 0
    assert rt.unsubscribe_report(1, stream) == 0


@pytest.mark.parametrize(
    ("soc", "code"), [*[(soc, 107002) for soc in (*STARS, *NOTIFY)], *[(soc, 0) for soc in ACK]]
)
def test_b7_only_stars_and_950_need_a_current_context_for_a_stream_that_is_not_null(machine, soc, code):
    m = machine(soc)
    stream = m.stream()
    assert m.run_in_thread(lambda: rt.subscribe_report(1, stream)) == code


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_b7b_a_dead_handle_gives_107017_before_everything_else(machine, soc):
    m = machine(soc)
    stream = m.stream()
    assert rt.destroy_stream(stream) == 0
    for bad in (stream, FORGED):
        assert rt.subscribe_report(1, bad) == 107017
        assert m.run_in_thread(lambda bad=bad: rt.subscribe_report(1, bad)) == 107017


@pytest.mark.parametrize(
    ("soc", "limit", "exhausted"), [("Ascend910B", "events", 207007), ("Ascend950", "notifies", 207009)]
)
def test_b7b_of_several_faults_the_first_in_the_order_of_the_checks_decides(machine, soc, limit, exhausted):
    m = machine(soc, **{limit: 2}, callback_groups=2)
    bound, taken, free = m.stream(), m.stream(), m.stream()
    assert c.aclrtLaunchHostFunc(bound, nothing, None) == 0
    assert rt.subscribe_report(1, taken) == 0
    without_context = m.run_in_thread
    # No id and no group is left now.
    assert without_context(lambda: rt.subscribe_report(2, bound)) == 107011  # bound before no context
    assert rt.subscribe_report(2, bound) == 107011  # bound before no id
    assert without_context(lambda: rt.subscribe_report(2, taken)) == 107002  # no context before no id, taken
    assert rt.subscribe_report(2, taken) == exhausted  # no id before taken
    assert rt.subscribe_report(2, free) == exhausted  # no id before no group


@pytest.mark.shows("p31")
@pytest.mark.parametrize("soc", EVERY)
def test_b7b_taken_comes_before_the_other_device_and_that_before_full_groups(machine, soc):
    m = machine(soc, callback_groups=1)
    assert rt.subscribe_report(1, m.stream()) == 0
    assert rt.set_device(1) == 0
    taken, free = m.stream(), m.stream()
    assert rt.subscribe_report(2, taken) == 0
    assert rt.subscribe_report(1, taken) == 107011
    assert rt.subscribe_report(1, free) == 107012
    assert rt.subscribe_report(3, taken) == 107011
    assert rt.subscribe_report(3, free) == 507000


@pytest.mark.parametrize(("soc", "limit"), [*[(soc, "events") for soc in STARS], (*NOTIFY, "notifies")])
def test_b7b_unsubscribing_and_destroying_give_the_event_or_notify_back(machine, soc, limit):
    m = machine(soc, **{limit: 1})
    first, second = m.stream(), m.stream()
    assert rt.subscribe_report(1, first) == 0
    assert rt.unsubscribe_report(1, first) == 0
    assert rt.subscribe_report(1, second) == 0
    assert rt.destroy_stream(second) == 0
    assert rt.subscribe_report(1, first) == 0


def test_b7b_on_stars_events_and_subscriptions_share_one_supply(machine):
    m = machine("Ascend910B", events=2)
    stream, other = m.stream(), m.stream()
    event, code = rt.create_event_with_flag(SYNC_FLAG)
    assert code == 0
    assert rt.subscribe_report(1, stream) == 0
    assert rt.create_event_with_flag(SYNC_FLAG) == (0, 207007)
    assert rt.destroy_event(event) == 0
    assert rt.subscribe_report(1, other) == 0


@pytest.mark.parametrize("soc", EVERY)
def test_b8_a_thread_has_one_queue_per_device_which_all_its_streams_share(machine, soc):
    """One group for many streams, and one order of arrival across them."""
    m = machine(soc, callback_groups=1)
    streams = [m.stream() for _ in range(4)]
    reporter = m.reporter(*streams, started=False)
    for stream in reversed(streams):
        assert rt.launch_callback(nothing, None, BLOCK, stream) == 0
        m.sleep(MS)
    m.session.host.start(reporter.thread, reporter.loop)
    assert rt.synchronize_device() == 0
    order = [record.stream for record in m.records(CallbackStarted)]
    assert order == sorted(order, reverse=True)
    assert reporter.codes == [0]


@pytest.mark.shows("k2")
@pytest.mark.parametrize("soc", EVERY)
def test_b8b_a_full_queue_keeps_the_next_callback_at_the_head_of_its_stream(machine, soc):
    """The 513th report finds no room until one is released; nothing is lost."""
    m = machine(soc)
    stream = m.stream()
    reporter = m.reporter(stream, started=False)
    got: list[object] = []
    for number in range(514):
        assert rt.launch_callback(got.append, number, NO_BLOCK, stream) == 0
    m.sleep(1000 * MS)
    assert m.ran() == ["callback"] * 512
    assert rt.stream_query(stream) == (1, 0)
    m.session.host.start(reporter.thread, reporter.loop)
    assert rt.synchronize_stream(stream) == 0
    m.sleep(1000 * MS)
    assert got == list(range(514))


@pytest.mark.shows("k1")
@pytest.mark.parametrize("soc", EVERY)
def test_b9_the_129th_report_thread_of_a_device_gives_507000(machine, soc):
    """Conformance 22."""
    m = machine(soc)
    streams = [m.stream() for _ in range(129)]
    codes = [rt.subscribe_report(ident, stream) for ident, stream in enumerate(streams)]
    assert codes == [0] * 128 + [507000]
    assert rt.set_device(1) == 0
    assert rt.subscribe_report(128, m.stream()) == 0
