"""Conformance cases about the delivery and order of callbacks (docs/conformance.md, A), on every host."""

from __future__ import annotations

import pytest

from tests.conformance.efgh import D2H, H2D, default_event, device_memory, hold, peek, pinned_memory, poke
from tests.conformance.machine import BLOCK, MS, NO_BLOCK, NULL, ONE_OF_EACH, rt

SECOND = 1000 * MS


def nothing(_data):
    """A callback that does nothing."""


def copy_kernel_copy(m, stream: int) -> int:
    """Queue a copy to the device, a run and a copy back; return where the bytes come out."""
    source, on_device, result = pinned_memory(), device_memory(), pinned_memory()
    poke(source, b"A" * 64)
    assert rt.memcpy_async(on_device, 64, source, 64, H2D, stream) == 0
    assert m.model()(stream) == 0
    assert rt.memcpy_async(result, 64, on_device, 64, D2H, stream) == 0
    return result


@pytest.mark.parametrize("soc", ONE_OF_EACH)
@pytest.mark.parametrize("block", [NO_BLOCK, BLOCK])
def test_item_1_a_callback_behind_copy_kernel_copy_sees_their_final_data(here, soc, block):
    m = here(soc)
    stream = m.stream()
    m.reporter(stream)
    result, seen = copy_kernel_copy(m, stream), []
    assert rt.launch_callback(lambda place: seen.append(peek(place, 64)), result, block, stream) == 0
    assert rt.synchronize_stream(stream) == 0
    m.sleep(100 * MS)
    assert seen == [b"A" * 64]


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_item_2_so_does_one_on_the_default_stream(here, soc):
    m = here(soc)
    m.reporter(NULL)
    result, seen = copy_kernel_copy(m, NULL), []
    assert rt.launch_callback(lambda place: seen.append(peek(place, 64)), result, BLOCK, NULL) == 0
    assert rt.synchronize_stream(NULL) == 0
    assert seen == [b"A" * 64]


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_item_5_the_second_of_two_blocking_callbacks_starts_after_the_first_has_returned(here, soc):
    m = here(soc)
    stream = m.stream()
    m.reporter(stream)
    said = []

    def slow(name):
        said.append(f"{name} starts")
        m.sleep(MS)
        said.append(f"{name} returns")

    for name in ("first", "second"):
        assert rt.launch_callback(slow, name, BLOCK, stream) == 0
    assert rt.synchronize_stream(stream) == 0
    assert said == ["first starts", "first returns", "second starts", "second returns"]


@pytest.mark.parametrize("block", [NO_BLOCK, BLOCK])
def test_items_6_7_each_callback_gets_its_own_object_as_its_only_argument(here, block):
    m = here()
    stream = m.stream()
    m.reporter(stream)
    given, got = [object(), [1, 2], None, "text", 0], []
    for data in given:
        assert rt.launch_callback(lambda *arguments: got.append(arguments), data, block, stream) == 0
    assert rt.synchronize_stream(stream) == 0
    m.sleep(100 * MS)
    assert all(len(arguments) == 1 for arguments in got)
    assert all(arguments[0] is data for arguments, data in zip(got, given, strict=True))


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_item_8_a_blocking_callback_of_two_seconds_makes_the_sync_take_so_long(here, soc):
    m = here(soc)
    stream = m.stream()
    m.reporter(stream)
    began = m.now
    assert rt.launch_callback(lambda _data: m.sleep(2 * SECOND), None, BLOCK, stream) == 0
    assert rt.synchronize_stream(stream) == 0
    took = m.now - began
    assert took >= 2 * SECOND
    assert took - 2 * SECOND <= 10 * MS or not m.exact


@pytest.mark.parametrize("soc", ONE_OF_EACH)
@pytest.mark.parametrize("block", [NO_BLOCK, BLOCK])
def test_item_9_what_is_behind_a_callback_that_does_not_block_may_run_before_it_returns(here, soc, block):
    m = here(soc)
    stream = m.stream()
    m.reporter(stream)
    returned = []

    def slow(_data):
        m.sleep(100 * SECOND)
        returned.append(True)

    assert rt.launch_callback(slow, None, block, stream) == 0
    event = default_event()
    assert rt.record_event(event, stream) == 0
    assert rt.synchronize_event(event) == 0
    assert bool(returned) == (block == BLOCK)


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_item_11_a_callback_that_is_over_costs_a_later_sync_nothing(here, soc):
    m = here(soc)
    stream = m.stream()
    m.reporter(stream)
    assert rt.launch_callback(nothing, None, BLOCK, stream) == 0
    m.sleep(SECOND)
    assert rt.stream_query(stream) == (0, 0)
    began = m.now
    assert rt.synchronize_stream(stream) == 0
    assert m.took(began, 0)


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_item_12_that_an_event_is_complete_does_not_say_that_the_callback_before_it_has_run(here, soc):
    m = here(soc)
    stream, event, ran = m.stream(), default_event(), list[object]()
    reporter = m.reporter(stream, started=False)
    assert rt.launch_callback(ran.append, "ran", NO_BLOCK, stream) == 0
    assert rt.record_event(event, stream) == 0
    assert rt.synchronize_event(event) == 0
    assert rt.query_event_status(event) == (1, 0)
    assert ran == []
    m.session.host.start(reporter.thread, reporter.loop)
    m.sleep(100 * MS)
    assert ran == ["ran"]


@pytest.mark.parametrize("threads", [1, 2])
def test_item_14_callbacks_of_two_streams_both_run_on_one_thread_or_on_two(here, threads):
    m = here()
    streams, ran = [m.stream(), m.stream()], list[int]()
    if threads == 1:
        m.reporter(*streams)
    else:
        for stream in streams:
            m.reporter(stream)
    releases = [hold(stream) for stream in streams]
    for number, stream in enumerate(streams):
        assert rt.launch_callback(ran.append, number, BLOCK, stream) == 0
    for release in releases:
        release()
    for stream in streams:
        assert rt.synchronize_stream(stream) == 0
    assert sorted(ran) == [0, 1]
