"""Conformance cases about host functions and what callbacks may do (docs/conformance.md, C, D), on every host."""

from __future__ import annotations

import gc
import weakref

import pytest

from simulator.base.trace import CallbackEnded, CallbackStarted
from simulator.check.suite import check_trace
from tests.conformance.efgh import other_context, peek, pinned_memory, stream_in
from tests.conformance.machine import BLOCK, MS, NULL, ONE_OF_EACH, c, rt
from tests.conformance.test_items_of_callbacks import copy_kernel_copy, nothing

FAMILIES = pytest.mark.parametrize("soc", ONE_OF_EACH)


def slowly(m):
    """Return a function that takes a millisecond."""
    return lambda _data: m.sleep(MS)


@FAMILIES
def test_item_39_the_first_host_function_of_a_context_makes_its_one_thread(here, soc):
    m = here(soc)
    streams = [m.stream(), m.stream()]
    for stream in streams:
        assert c.aclrtLaunchHostFunc(stream, nothing, None) == 0
    for stream in streams:
        assert rt.synchronize_stream(stream) == 0
    assert m.called_back() == ["callback thread of primary-0"] * 2


@pytest.mark.parametrize("contexts", [1, 2])
def test_item_40_host_functions_of_one_context_never_overlap_and_those_of_two_may(here, contexts):
    m = here()
    elsewhere = other_context()
    streams = [m.stream(), m.stream() if contexts == 1 else stream_in(elsewhere)]
    home, _ = rt.get_context()
    for stream, context in zip(streams, [home, home if contexts == 1 else elsewhere], strict=True):
        assert rt.set_context(context) == 0
        assert c.aclrtLaunchHostFunc(stream, slowly(m), None) == 0
    for stream in streams:
        assert rt.synchronize_stream(stream) == 0
    starts, ends = m.records(CallbackStarted), m.records(CallbackEnded)
    overlap = starts[1].time < ends[0].time
    assert overlap == (contexts == 2) or (contexts == 2 and not m.exact)


@FAMILIES
def test_item_41_what_is_behind_a_host_function_waits_for_it(here, soc):
    m = here(soc)
    stream, returned = m.stream(), []

    def slow(_data):
        m.sleep(MS)
        returned.append(True)

    event, _ = rt.create_event()
    assert c.aclrtLaunchHostFunc(stream, slow, None) == 0
    assert rt.record_event(event, stream) == 0
    assert rt.synchronize_event(event) == 0
    assert returned == [True]


@pytest.mark.parametrize("default", [False, True], ids=["created", "default"])
def test_item_42_a_host_function_behind_copy_kernel_copy_sees_their_final_data(here, default):
    m = here()
    stream = NULL if default else m.stream()
    result, seen = copy_kernel_copy(m, stream), []
    assert c.aclrtLaunchHostFunc(stream, lambda place: seen.append(peek(place, 64)), result) == 0
    assert rt.synchronize_stream(stream) == 0
    assert seen == [b"A" * 64]


@pytest.mark.parametrize("priorities", [(0, 0, 0), (0, 3, 7)], ids=["equal", "different"])
def test_item_44_host_functions_on_streams_of_any_priorities_all_run(here, priorities):
    m = here()
    streams, seen = [rt.create_stream_with_config(priority, 0)[0] for priority in priorities], list[int]()
    for number, stream in enumerate(streams):
        assert m.model()(stream) == 0
        assert c.aclrtLaunchHostFunc(stream, seen.append, number) == 0
    for stream in streams:
        assert rt.synchronize_stream(stream) == 0
    assert sorted(seen) == [0, 1, 2]


def test_item_45_host_functions_work_on_every_device(here):
    m = here()
    seen = list[object]()
    for device in range(2):
        assert rt.set_device(device) == 0
        stream = m.stream()
        assert c.aclrtLaunchHostFunc(stream, seen.append, device) == 0
        assert rt.synchronize_stream(stream) == 0
    assert seen == [0, 1]


@FAMILIES
def test_item_46_a_null_host_function_is_refused(here, soc):
    m = here(soc)
    assert c.aclrtLaunchHostFunc(m.stream(), None, None) == 107000
    assert c.aclrtLaunchHostFunc(None, None, None) == 107000


def test_item_50_destroying_a_context_from_another_thread_ends_its_hidden_thread(here):
    m = here()
    context = other_context()
    assert rt.set_context(context) == 0
    stream = m.stream()
    assert c.aclrtLaunchHostFunc(stream, nothing, None) == 0
    assert rt.synchronize_stream(stream) == 0
    assert m.run_in_thread(lambda: rt.destroy_context(context)) == 0
    (hidden,) = [thread for thread in m.session.host.threads if thread.internal]
    m.join(hidden)  # where it did not end, this would be a deadlock


FORBIDDEN = {
    "allocating": lambda _stream: rt.malloc(64, 0)[1],
    "freeing": lambda _stream: rt.free_host(pinned_memory()),
    "submitting": lambda stream: rt.record_event(rt.create_event()[0], stream),
    "synchronising": rt.synchronize_stream,
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_item_52_what_a_callback_may_not_do_is_told_with_its_name(here, what):
    """The call itself goes through, as nothing in the runtime looks (rule a11): it deadlocks or not."""
    m = here()
    stream, other = m.stream(), m.stream()
    home, _ = rt.get_context()
    m.reporter(stream)

    def post_process(_data):
        assert rt.set_context(home) == 0
        assert FORBIDDEN[what](other) == 0

    assert rt.launch_callback(post_process, None, BLOCK, stream) == 0
    assert rt.synchronize_stream(stream) == 0
    assert m.session.trace is not None
    told = [finding for finding in check_trace(m.session.trace) if finding.id == "forbidden-in-callback"]
    assert any("post_process" in str(finding) for finding in told)


class Data:
    """Something whose life can be watched."""


@FAMILIES
def test_item_59_function_and_data_live_until_the_callback_has_run_and_no_longer(here, soc):
    m = here(soc)
    stream = m.stream()
    reporter = m.reporter(stream, started=False)
    data, seen = Data(), []
    watched = weakref.ref(data)
    assert rt.launch_callback(lambda given: seen.append(type(given)), data, BLOCK, stream) == 0
    del data
    gc.collect()
    assert watched() is not None
    m.session.host.start(reporter.thread, reporter.loop)
    assert rt.synchronize_stream(stream) == 0
    m.sleep(100 * MS)
    gc.collect()
    assert seen == [Data]
    assert watched() is None
