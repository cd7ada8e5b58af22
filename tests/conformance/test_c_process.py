"""Rules c1 to c6: what one process_report waits for, takes and returns."""

from __future__ import annotations

import pytest

from simulator.base.trace import CallbackEnded, ReportsTaken
from tests.conformance.machine import BLOCK, EVERY, MS, NO_BLOCK, ONE_OF_EACH, rt


def nothing(_data):
    """A callback that does nothing."""


def launch(stream, fn=nothing, block_type=BLOCK, data=None):
    assert rt.launch_callback(fn, data, block_type, stream) == 0


def own_reports(m, stream):
    """Subscribe the calling thread itself: the tests below process reports in main."""
    assert rt.subscribe_report(m.session.host.current().ident, stream) == 0


@pytest.mark.shows("p33")
@pytest.mark.parametrize("timeout", [0, -2, -1000, -(2**31)])
@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_c1_a_timeout_of_0_or_below_minus_1_gives_100000_before_the_subscription_is_looked_at(
    machine, soc, timeout
):
    """Conformance 24."""
    m = machine(soc)
    assert rt.process_report(timeout) == 100000
    own_reports(m, m.stream())
    assert rt.process_report(timeout) == 100000
    assert m.run_in_thread(lambda: rt.process_report(timeout)) == 100000


def test_c1_minus_1_waits_as_long_as_it_takes(machine):
    """Conformance 26."""
    m = machine()
    stream = m.stream()
    run = m.model(latency=3600_000 * MS)
    own_reports(m, stream)
    assert run(stream) == 0
    launch(stream)
    assert rt.process_report(-1) == 0
    assert m.now >= 3600_000 * MS


@pytest.mark.parametrize("soc", EVERY)
@pytest.mark.parametrize("timeout", [-1, 1, 10_000])
def test_c2_a_thread_that_is_not_subscribed_gets_107012_without_waiting(machine, soc, timeout):
    """Conformance 23."""
    m = machine(soc)
    m.reporter(m.stream())
    began = m.now
    assert rt.process_report(timeout) == 107012
    assert m.now == began


def test_c2_is_looked_at_before_the_context(machine):
    machine(device=False)
    assert rt.process_report(1) == 107012


@pytest.mark.shows("p34")
def test_c2_a_polling_loop_sees_107012_until_another_thread_subscribes_it(machine):
    m = machine()
    stream = m.stream()
    codes = []

    def loop():
        while (code := rt.process_report(100)) == 107012:
            codes.append(code)
        codes.append(code)

    thread = m.start(loop, "poller")
    m.sleep(1 * MS)
    assert rt.subscribe_report(thread.ident, stream) == 0
    launch(stream)
    assert rt.synchronize_stream(stream) == 0
    m.join(thread)
    assert codes[-1] == 0
    assert set(codes[:-1]) == {107012}


@pytest.mark.parametrize("timeout", [1, 10, 5000])
@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_c3_when_nothing_arrives_in_time_it_returns_507012_after_just_that_time(machine, soc, timeout):
    """Conformance 25."""
    m = machine(soc)
    own_reports(m, m.stream())
    began = m.now
    assert rt.process_report(timeout) == 507012
    assert m.now - began == timeout * MS


@pytest.mark.shows("p33")
@pytest.mark.parametrize("soc", EVERY)
def test_c4_one_call_waits_once_then_runs_all_reports_that_are_ready_in_order(machine, soc):
    m = machine(soc)
    stream, other = m.stream(), m.stream()
    own_reports(m, stream)
    own_reports(m, other)
    got: list[object] = []
    launch(stream, got.append, NO_BLOCK, 1)
    launch(stream, got.append, NO_BLOCK, 2)
    launch(stream, got.append, BLOCK, 3)
    launch(stream, got.append, BLOCK, 4)  # not ready: its stream is held by the one before
    m.sleep(10 * MS)
    launch(other, got.append, NO_BLOCK, 5)
    m.sleep(10 * MS)
    assert rt.process_report(100) == 0
    assert got == [1, 2, 3, 5]
    assert rt.process_report(100) == 0
    assert got == [1, 2, 3, 5, 4]
    assert rt.process_report(100) == 507012
    assert [len(taken.reports) for taken in m.records(ReportsTaken)] == [4, 1]


def test_c4_a_report_that_arrives_while_the_batch_runs_is_left_for_the_next_call(machine):
    m = machine()
    stream, other = m.stream(), m.stream()
    own_reports(m, stream)
    own_reports(m, other)
    run = m.model(latency=1 * MS)
    assert run(other) == 0
    launch(other)
    launch(stream, lambda _: m.sleep(10 * MS))
    assert rt.process_report(-1) == 0
    assert len(m.records(CallbackEnded)) == 1
    assert rt.process_report(1) == 0
    assert len(m.records(CallbackEnded)) == 2


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_c5_reports_of_all_streams_of_a_thread_are_one_fifo(machine, soc):
    m = machine(soc)
    streams = [m.stream() for _ in range(5)]
    for stream in streams:
        own_reports(m, stream)
    got: list[object] = []
    arrivals = [3, 0, 4, 1, 2, 2, 0]
    for number in arrivals:
        launch(streams[number], got.append, NO_BLOCK, number)
        m.sleep(1 * MS)
    assert rt.process_report(-1) == 0
    assert got == arrivals


@pytest.mark.shows("p35")
@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_c6_a_report_thread_works_without_a_context_while_the_device_is_set_by_someone(machine, soc):
    m = machine(soc)
    stream = m.stream()
    m.reporter(stream)
    contexts = []
    launch(stream, lambda _: contexts.append(rt.get_context()))
    assert rt.synchronize_stream(stream) == 0
    assert contexts == [(0, 107002)]


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_c6_without_a_primary_and_without_an_own_context_it_returns_107002(machine, soc):
    m = machine(soc, device=False)
    context, _ = rt.create_context(0)
    stream = m.stream()
    ident = m.session.host.thread("bare").ident
    thread = m.session.host.threads[-1]
    assert rt.subscribe_report(ident, stream) == 0
    launch(stream)
    codes = []

    def poll():
        codes.append(rt.process_report(0))
        codes.append(rt.process_report(100))
        rt.set_context(context)
        codes.append(rt.process_report(100))

    m.session.host.start(thread, poll)
    assert rt.synchronize_stream(stream) == 0
    m.join(thread)
    assert codes == [100000, 107002, 0]


def test_c6_callbacks_run_with_the_context_of_the_report_thread_and_not_of_the_launcher(machine):
    m = machine()
    stream = m.stream()
    mine, _ = rt.get_context()
    theirs, _ = rt.create_context(1)
    assert rt.set_context(mine) == 0
    thread = m.session.host.thread("reporter", daemon=True)
    assert rt.subscribe_report(thread.ident, stream) == 0
    seen = []

    def loop():
        rt.set_context(theirs)
        rt.process_report(-1)

    m.session.host.start(thread, loop)
    launch(stream, lambda _: seen.append((rt.get_context(), rt.get_device())))
    assert rt.synchronize_stream(stream) == 0
    assert seen == [((theirs, 0), (1, 0))]
