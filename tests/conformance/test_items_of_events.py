"""Conformance cases about events (docs/conformance.md, F), on every host."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.conformance.efgh import SYNC, TIME_LINE, default_event, hold, new_event, old_event
from tests.conformance.machine import MS, NULL, ONE_OF_EACH, rt

FAMILIES = pytest.mark.parametrize("soc", ONE_OF_EACH)


@FAMILIES
def test_items_81_82_an_event_without_a_record_is_complete_and_no_wait(here, soc):
    m = here(soc)
    began = m.now
    assert rt.query_event_status(new_event()) == (1, 0)
    assert rt.synchronize_event(new_event()) == rt.synchronize_event(old_event()) == 0
    assert m.took(began, 0)


@FAMILIES
def test_items_83_86_a_wait_covers_what_was_before_the_record_and_no_more(here, soc):
    m = here(soc)
    first, second, event = m.stream(), m.stream(), new_event()
    run = m.model(MS)
    assert run(first) == 0
    assert rt.record_event(event, first) == 0
    assert rt.stream_wait_event(second, event) == 0
    let_go = hold(first)
    done = default_event()
    assert rt.record_event(done, second) == 0
    assert rt.synchronize_event(done) == 0  # the second stream goes on while the first one is held
    assert m.ran().count("execute") == 1
    assert rt.stream_query(first) == (1, 0)
    let_go()
    assert rt.synchronize_device() == 0


def test_item_87_all_streams_that_wait_for_an_event_are_let_go(here):
    m = here()
    streams, event, source = [m.stream() for _ in range(10)], old_event(), m.stream()
    for stream in streams:
        assert rt.stream_wait_event(stream, event) == 0
    assert [rt.stream_query(stream) for stream in streams] == [(1, 0)] * 10
    assert rt.record_event(event, source) == 0
    assert rt.synchronize_device() == 0
    assert [rt.stream_query(stream) for stream in streams] == [(0, 0)] * 10


@FAMILIES
def test_item_88_a_chain_of_ten_orders_the_first_and_the_last(here, soc):
    m = here(soc)
    streams = [m.stream() for _ in range(10)]
    let_go = hold(streams[0])
    for before, behind in pairwise(streams):
        event = new_event()
        assert rt.record_event(event, before) == 0
        assert rt.stream_wait_event(behind, event) == 0
    m.sleep(MS)
    assert rt.stream_query(streams[-1]) == (1, 0)
    let_go()
    assert rt.synchronize_stream(streams[-1]) == 0
    assert rt.stream_query(streams[0]) == (0, 0)


@pytest.mark.parametrize("make", [old_event, new_event, default_event])
def test_item_90_a_wait_on_the_recording_stream_itself_is_no_deadlock(here, make):
    m = here()
    stream, event = m.stream(), make()
    assert rt.record_event(event, stream) == 0
    assert rt.stream_wait_event(stream, event) == 0
    assert rt.synchronize_stream(stream) == 0


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_item_92_of_records_in_flight_by_many_threads_the_last_one_counts(here, threads):
    m = here()
    home, event = rt.get_context()[0], new_event()
    streams = [m.stream() for _ in range(threads)]
    releases = [hold(stream) for stream in streams]

    def record(stream):
        assert rt.set_context(home) == 0
        assert [rt.record_event(event, stream) for _ in range(5)] == [0] * 5

    for stream in streams:
        m.join(m.start(lambda stream=stream: record(stream)))
    for release in releases[:-1]:
        release()
    m.sleep(MS)
    assert rt.query_event_status(event) == (0, 0)
    releases[-1]()
    assert rt.synchronize_event(event) == 0
    assert rt.query_event_status(event) == (1, 0)


@FAMILIES
def test_items_93_94_the_time_between_two_records_and_when_there_is_none(here, soc):
    m = here(soc)
    stream = m.stream()
    start, end = new_event(SYNC | TIME_LINE), new_event(SYNC | TIME_LINE)
    assert rt.event_elapsed_time(start, end)[1] == 507000
    assert rt.record_event(start, stream) == 0
    assert m.model(5 * MS)(stream) == 0
    let_go = hold(stream)
    assert rt.record_event(end, stream) == 0
    m.sleep(10 * MS)
    assert rt.event_elapsed_time(start, end)[1] == 107006
    let_go()
    assert rt.synchronize_stream(stream) == 0
    elapsed, code = rt.event_elapsed_time(start, end)
    assert (code, elapsed >= 5) == (0, True)
    untimed = new_event(SYNC)
    assert rt.record_event(untimed, stream) == rt.synchronize_stream(stream) == 0
    assert rt.event_elapsed_time(start, untimed)[1] == 107006


@FAMILIES
def test_item_96_a_sync_of_an_event_succeeds_in_time_or_gives_a_timeout(here, soc):
    m = here(soc)
    stream, event = m.stream(), new_event()
    let_go = hold(stream)
    assert rt.record_event(event, stream) == 0
    began = m.now
    assert rt.synchronize_event_with_timeout(event, 20) == 507047
    assert m.took(began, 20 * MS)
    let_go()
    assert rt.synchronize_event_with_timeout(event, 60_000) == 0


@FAMILIES
def test_item_97_a_null_event_is_refused_by_every_query(here, soc):
    here(soc)
    assert rt.query_event_wait_status(NULL) == (0, 100000)
    assert rt.query_event_status(NULL) == rt.query_event(NULL) == (0, 100000)
    assert rt.synchronize_event(NULL) == rt.record_event(NULL, NULL) == 100000


@FAMILIES
def test_item_98_a_reset_makes_an_event_unready_until_the_next_record(here, soc):
    m = here(soc)
    stream, event = m.stream(), old_event()
    assert rt.record_event(event, stream) == rt.synchronize_stream(stream) == 0
    assert rt.query_event_status(event) == (1, 0)
    assert rt.reset_event(event, stream) == rt.synchronize_stream(stream) == 0
    assert rt.query_event_status(event) == (0, 0)
    assert rt.record_event(event, stream) == rt.synchronize_stream(stream) == 0
    assert rt.query_event_status(event) == (1, 0)


def test_item_100_of_many_events_just_the_one_that_was_reached_is_complete(here):
    m = here()
    stream, events = m.stream(), [new_event() for _ in range(10)]
    let_go = hold(stream)
    other = m.stream()
    for number, event in enumerate(events):
        assert rt.record_event(event, other if number == 6 else stream) == 0
    assert rt.synchronize_stream(other) == 0
    assert [rt.query_event_status(event)[0] for event in events] == [int(number == 6) for number in range(10)]
    let_go()
    assert rt.synchronize_stream(stream) == 0
