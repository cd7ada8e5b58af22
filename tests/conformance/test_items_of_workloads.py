"""Behaviours of other suites that no single rule names: workloads, threads, locks, the binding's GIL."""

from __future__ import annotations

import pytest

from acl_api.errors import DeadlockError
from acl_api.table import ROWS
from simulator.base.trace import CallbackEnded
from tests.conformance.machine import BLOCK, EVERY, MS, NO_BLOCK, ONE_OF_EACH, c, rt
from tests.together import for_each


def nothing(_data):
    """A callback that does nothing."""


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_item_3_a_thousand_launches_from_ten_threads_are_a_thousand_runs(here, soc):
    m = here(soc)
    context, _ = rt.get_context()
    stream = m.stream()
    m.reporter(stream)
    got: list[int] = []

    def launches(first):
        rt.set_context(context)
        for number in range(first, first + 100):
            assert rt.launch_callback(got.append, number, number % 2, stream) == 0

    m.join(*[m.start(lambda first=first: launches(first)) for first in range(0, 1000, 100)])
    assert rt.synchronize_stream(stream) == 0
    m.sleep(100 * MS)
    assert sorted(got) == list(range(1000))


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_item_15_a_callback_may_start_a_worker_that_destroys_the_stream(here, soc):
    """Eight workloads over all devices, each cleaned up by a worker of its own."""
    m = here(soc)
    finished = []

    def clean_up(device, stream):
        assert rt.set_device(device) == 0
        assert rt.synchronize_stream(stream) == 0
        assert rt.destroy_stream(stream) == 0
        finished.append(stream)

    streams, workers = [], []
    for number in range(8):
        device = number % 2
        assert rt.set_device(device) == 0
        stream = m.stream()
        m.reporter(stream, name=f"reporter {number}")
        assert m.model()(stream) == 0
        streams.append(stream)

        def starts_worker(_data, device=device, stream=stream):
            workers.append(m.start(lambda: clean_up(device, stream)))

        assert rt.launch_callback(starts_worker, None, BLOCK, stream) == 0
    m.sleep(100 * MS)
    m.join(*workers)
    assert sorted(finished) == sorted(streams)
    assert [rt.stream_query(stream)[1] for stream in streams] == [107017] * 8


@pytest.mark.parametrize("soc", EVERY)
def test_item_38_a_report_thread_that_stops_polling_is_named_as_the_cause(here, soc):
    m = here(soc)
    stream = m.stream()
    thread = m.session.host.thread("polls once")
    assert rt.subscribe_report(thread.ident, stream) == 0
    m.session.host.start(thread, lambda: rt.process_report(100))
    assert rt.launch_callback(nothing, None, BLOCK, stream) == 0
    assert rt.synchronize_stream(stream) == 0
    assert rt.launch_callback(nothing, None, BLOCK, stream) == 0
    with pytest.raises(
        DeadlockError, match="polls once has ended, so it will never call process_report again"
    ):
        rt.synchronize_stream(stream)


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_item_53_a_blocking_callback_that_synchronizes_its_own_stream_is_a_reported_deadlock(here, soc):
    m = here(soc)
    stream = m.stream()
    context, _ = rt.get_context()
    m.reporter(stream)

    def waits_for_itself(_data):
        rt.set_context(context)
        rt.synchronize_stream(stream)

    assert rt.launch_callback(waits_for_itself, None, BLOCK, stream) == 0
    with pytest.raises(DeadlockError) as caught:
        rt.synchronize_stream(stream)
    assert "reporter, inside callback waits_for_itself" in caught.value.text


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_item_54_two_callbacks_of_one_thread_that_wait_for_each_other_are_reported_with_both_names(here, soc):
    m = here(soc)
    first, second = m.stream(), m.stream()
    context, _ = rt.get_context()
    m.reporter(first, second)

    def ahead(_data):
        rt.set_context(context)
        rt.synchronize_stream(second)

    def behind(_data):
        """Never runs: its thread is inside the other one."""

    assert rt.launch_callback(ahead, None, BLOCK, first) == 0
    assert rt.launch_callback(behind, None, BLOCK, second) == 0
    with pytest.raises(DeadlockError) as caught:
        rt.synchronize_stream(first)
    assert "ahead" in caught.value.text
    assert "behind" in caught.value.text
    assert m.records(CallbackEnded) == []


RELEASED = {
    "acl.rt.synchronize_stream",
    "acl.rt.synchronize_stream_with_timeout",
    "acl.rt.synchronize_device",
    "acl.rt.synchronize_event",
    "acl.rt.synchronize_event_with_timeout",
    "acl.rt.process_report",
    "acl.rt.stream_wait_event",
    "acl.util.start_thread",
    "acl.util.stop_thread",
}


@for_each("name", [name for name, row in ROWS.items() if row.family != "c"], ids=str)
def test_item_56_the_binding_gives_the_interpreter_lock_up_in_just_these_calls(name):
    assert ROWS[name].keeps_gil == (name not in RELEASED)


@pytest.mark.parametrize("soc", EVERY)
def test_item_58_after_a_callback_that_raised_the_report_thread_goes_on_if_it_catches(here, soc):
    m = here(soc)
    stream = m.stream()
    thread = m.session.host.thread("reporter", daemon=True)
    assert rt.subscribe_report(thread.ident, stream) == 0
    caught: list[object] = []
    got: list[object] = []

    def loop():
        while True:
            try:
                rt.process_report(-1)
            except SystemError as error:
                caught.append(error.__cause__)

    def raises(_data):
        raise RuntimeError("first")

    m.session.host.start(thread, loop)
    assert rt.launch_callback(raises, None, BLOCK, stream) == 0
    assert rt.launch_callback(got.append, "second", BLOCK, stream) == 0
    assert rt.synchronize_stream(stream) == 0
    assert [str(error) for error in caught] == ["first"]
    assert got == ["second"]


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_item_47_the_two_families_side_by_side_keep_their_own_threads(here, soc):
    m = here(soc)
    callbacks, functions = m.stream(), m.stream()
    m.reporter(callbacks)
    for _ in range(3):
        assert rt.launch_callback(nothing, None, NO_BLOCK, callbacks) == 0
        assert c.aclrtLaunchHostFunc(functions, nothing, None) == 0
    assert rt.synchronize_device() == 0
    m.sleep(10 * MS)
    threads = m.called_back()
    assert threads.count("reporter") == 3
    assert len(threads) == 6
