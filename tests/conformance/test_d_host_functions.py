"""Rules d1 to d7: host functions, which run on the runtime's own thread of a context."""

from __future__ import annotations

import pytest

from simulator.base.subscription_records import Subscribed
from simulator.base.trace import CallbackEnded, CallbackStarted, ThreadEnded, ThreadStarted
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
    """A function that does nothing."""


def host_func(stream, fn=nothing, data=None):
    assert c.aclrtLaunchHostFunc(stream, fn, data) == 0


def internal_threads(m, kind):
    internal = [started.thread for started in m.records(ThreadStarted) if started.internal]
    return [record.thread for record in m.records(kind) if record.thread in internal]


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_d1_each_fault_has_its_code(machine, soc):
    """Conformance 46 and 47."""
    m = machine(soc)
    launch = c.aclrtLaunchHostFunc
    dead, taken, free = m.stream(), m.stream(), m.stream()
    assert rt.destroy_stream(dead) == 0
    m.reporter(taken)
    assert launch(dead, nothing, None) == 107017
    assert launch(FORGED, nothing, None) == 107017
    assert launch(free, None, None) == 107000
    assert launch(NULL, None, None) == 107000
    assert launch(taken, nothing, None) == 107011
    assert m.run_in_thread(lambda: launch(free, nothing, None)) == 107002
    assert m.run_in_thread(lambda: launch(NULL, nothing, None)) == 107002
    rt.create_context(0)
    assert launch(free, nothing, None) == 107003


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_d1_of_several_faults_the_first_in_the_order_of_the_checks_decides(machine, soc):
    m = machine(soc)
    launch = c.aclrtLaunchHostFunc
    dead, taken, free = m.stream(), m.stream(), m.stream()
    assert rt.destroy_stream(dead) == 0
    m.reporter(taken)
    without_context = m.run_in_thread
    assert without_context(lambda: launch(dead, None, None)) == 107017  # before no function, no context
    assert without_context(lambda: launch(taken, None, None)) == 107000  # before subscribed, no context
    assert without_context(lambda: launch(taken, nothing, None)) == 107011  # before no context
    rt.create_context(0)
    assert launch(taken, None, None) == 107000  # before subscribed, other context
    assert launch(taken, nothing, None) == 107011  # before other context
    assert launch(free, None, None) == 107000  # before other context


@pytest.mark.parametrize(
    ("soc", "tasks"),
    [
        *[(soc, ["callback", "wait", "reset"]) for soc in STARS],
        *[(soc, ["callback", "notify-wait"]) for soc in NOTIFY],
        *[(soc, ["callback"]) for soc in ACK],
    ],
)
def test_d2_a_host_function_always_blocks_with_the_tasks_of_its_family(machine, soc, tasks):
    """Conformance 41: later tasks wait for its return."""
    m = machine(soc)
    stream = m.stream()
    run = m.model(latency=1 * MS)
    host_func(stream, lambda _: m.sleep(10 * MS))
    assert run(stream) == 0
    assert rt.synchronize_stream(stream) == 0
    assert m.ran() == [*tasks, "execute"]
    (ended,) = m.records(CallbackEnded)
    assert m.now - ended.time >= 1 * MS


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_d2_a_host_function_sees_what_was_queued_before_it_on_any_stream(machine, soc):
    """Conformance 42 and 44: created, default and prioritised streams."""
    m = machine(soc)
    run = m.model(latency=2 * MS)
    streams = [NULL, m.stream(), *(rt.create_stream_with_config(priority, 0)[0] for priority in (0, 7))]
    times = []
    for stream in streams:
        assert run(stream) == 0
        host_func(stream, lambda _: times.append(m.now))
    assert rt.synchronize_device() == 0
    assert len(times) == 4
    assert min(times) >= 2 * MS


@pytest.mark.parametrize("soc", EVERY)
def test_d3_the_first_host_function_of_a_context_makes_its_one_hidden_thread(machine, soc):
    """Conformance 39."""
    m = machine(soc)
    stream, other = m.stream(), m.stream()
    assert internal_threads(m, ThreadStarted) == []
    for where in (stream, other, stream, NULL):
        host_func(where)
    assert rt.synchronize_device() == 0
    assert len(internal_threads(m, ThreadStarted)) == 1
    assert len(set(m.called_back())) == 1
    assert [subscribed.internal for subscribed in m.records(Subscribed)] == [True] * 3


@pytest.mark.shows("k3")
@pytest.mark.parametrize("soc", EVERY)
def test_d3_the_hidden_thread_has_its_context_and_ends_with_it(machine, soc):
    """Conformance 50: it is joined at the teardown of the context, after the functions have run."""
    m = machine(soc)
    context, _ = rt.create_context(0)
    stream = m.stream()
    seen = []

    def looks(_data):
        m.sleep(5 * MS)
        seen.append(rt.get_context())

    host_func(stream, looks)
    assert rt.destroy_context(context) == 0
    assert seen == [(context, 0)]
    m.sleep(1 * MS)
    assert len(internal_threads(m, ThreadEnded)) == 1


def test_d3_every_device_has_host_functions(machine):
    """Conformance 45."""
    m = machine()
    got: list[object] = []
    for device in (0, 1):
        assert rt.set_device(device) == 0
        host_func(m.stream(), lambda _: got.append(rt.get_device()))
        assert rt.synchronize_device() == 0
    assert got == [(0, 0), (1, 0)]


@pytest.mark.parametrize("soc", EVERY)
def test_d4_a_stream_once_used_belongs_to_the_runtime_for_its_whole_life(machine, soc):
    """Conformance 47."""
    m = machine(soc)
    stream = m.stream()
    host_func(stream)
    for _ in range(2):
        assert rt.subscribe_report(1, stream) == 107011
        assert rt.launch_callback(nothing, None, NO_BLOCK, stream) == 107011
        assert rt.unsubscribe_report(1, stream) == 107011
        assert rt.synchronize_stream(stream) == 0
    host_func(stream)
    assert rt.destroy_stream(stream) == 0


@pytest.mark.parametrize("soc", EVERY)
def test_d5_a_context_with_host_functions_costs_one_callback_group(machine, soc):
    m = machine(soc, callback_groups=1)
    stream, other = m.stream(), m.stream()
    host_func(stream)
    host_func(other)
    assert rt.subscribe_report(1, m.stream()) == 507000
    context, _ = rt.create_context(0)
    assert c.aclrtLaunchHostFunc(m.stream(), nothing, None) == 507000
    assert rt.destroy_context(context) == 0


@pytest.mark.parametrize("soc", EVERY)
def test_d5_destroying_the_context_gives_the_group_back(machine, soc):
    m = machine(soc, callback_groups=1)
    home, _ = rt.get_context()
    context, _ = rt.create_context(0)
    host_func(m.stream())
    assert rt.destroy_context(context) == 0
    assert rt.set_context(home) == 0
    assert rt.subscribe_report(1, m.stream()) == 0


@pytest.mark.parametrize("soc", EVERY)
def test_d5_host_functions_of_one_context_never_overlap_and_those_of_two_may(machine, soc):
    """Conformance 40."""
    m = machine(soc)
    streams = [m.stream(), m.stream()]
    for stream in streams:
        host_func(stream, lambda _: m.sleep(10 * MS))
    assert rt.synchronize_device() == 0
    rt.create_context(0)
    lone = m.stream()
    home_ends = [record.time for record in m.records(CallbackEnded)]
    begins = [record.time for record in m.records(CallbackStarted)]
    assert home_ends[0] <= begins[1]
    host_func(lone, lambda _: m.sleep(10 * MS))
    rt.create_context(0)
    host_func(m.stream(), lambda _: m.sleep(10 * MS))
    m.sleep(50 * MS)
    begins = [record.time for record in m.records(CallbackStarted)][2:]
    ends = [record.time for record in m.records(CallbackEnded)][2:]
    assert max(begins) < min(ends)


@pytest.mark.parametrize("soc", EVERY)
def test_d6_null_on_a_default_stream_of_the_users_runs_blocking_in_the_users_thread(machine, soc):
    m = machine(soc)
    m.reporter(NULL)
    default, _ = rt.ctx_get_current_default_stream()
    assert c.aclrtLaunchHostFunc(default, nothing, None) == 107011
    host_func(NULL, lambda _: m.sleep(10 * MS))
    assert rt.synchronize_stream(NULL) == 0
    assert m.now >= 10 * MS
    assert m.called_back() == ["reporter"]
    assert internal_threads(m, ThreadStarted) == []


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_d7_the_two_families_cannot_be_mixed_on_one_stream_but_in_one_program(machine, soc):
    """Conformance 47, in both orders."""
    m = machine(soc)
    callbacks, functions = m.stream(), m.stream()
    m.reporter(callbacks)
    assert c.aclrtLaunchHostFunc(callbacks, nothing, None) == 107011
    host_func(functions)
    assert rt.launch_callback(nothing, None, BLOCK, functions) == 107011
    assert rt.launch_callback(nothing, None, BLOCK, callbacks) == 0
    assert rt.synchronize_device() == 0
    assert len(set(m.called_back())) == 2
