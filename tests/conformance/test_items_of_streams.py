"""Conformance cases about streams (docs/conformance.md, E), on every host."""

from __future__ import annotations

import pytest

from tests.conformance.efgh import finish_order, hold, label, new_event, other_context, stream_in
from tests.conformance.machine import BLOCK, MS, NULL, ONE_OF_EACH, rt

FAMILIES = pytest.mark.parametrize("soc", ONE_OF_EACH)
STOP = 1


@pytest.mark.parametrize("default", [False, True], ids=["created", "default"])
def test_item_61_an_empty_stream_is_complete_and_synchronised_at_once(here, default):
    m = here()
    stream = NULL if default else m.stream()
    began = m.now
    assert rt.stream_query(stream) == (0, 0)
    assert rt.synchronize_stream(stream) == 0
    assert m.took(began, 0)


@FAMILIES
def test_items_62_64_a_stream_with_work_is_not_complete_until_it_is_synchronised_and_others_stay_busy(
    here, soc
):
    m = here(soc)
    first, second = m.stream(), m.stream()
    let_go = hold(second)
    assert m.model()(first) == 0
    assert rt.synchronize_stream(first) == 0
    assert (rt.stream_query(first), rt.stream_query(second)) == ((0, 0), (1, 0))
    let_go()
    assert rt.synchronize_stream(second) == 0
    assert rt.stream_query(second) == (0, 0)


@FAMILIES
def test_item_65_the_default_stream_comes_and_goes_with_the_device(here, soc):
    m = here(soc, options=("default_stream=kept",))
    default, code = rt.ctx_get_current_default_stream()
    assert code == 0
    assert rt.destroy_stream(default) == rt.destroy_stream_force(default) == 107000
    assert m.model()(NULL) == 0
    assert rt.synchronize_stream(default) == 0
    assert rt.reset_device(0) == 0
    assert rt.set_device(0) == 0
    assert rt.stream_query(default)[1] == 107017


def test_item_66_the_default_stream_orders_no_other_stream(here):
    m = here()
    let_go, other = hold(NULL), m.stream()
    assert m.model()(other) == 0
    assert rt.synchronize_stream(other) == 0
    assert rt.stream_query(NULL) == (1, 0)
    let_go()
    assert rt.synchronize_stream(NULL) == 0


@FAMILIES
def test_item_67_destroying_waits_for_pending_tasks_and_by_force_drops_them(here, soc):
    m = here(soc)
    waited, dropped = m.stream(), m.stream()
    run, queued = m.model(10 * MS), m.now
    assert [run(waited), run(dropped), run(dropped)] == [0, 0, 0]
    began = m.now
    assert rt.destroy_stream_force(dropped) == 0
    assert m.took(began, 0)
    assert rt.destroy_stream(waited) == 0
    assert "execute" in m.dropped()
    assert m.now - queued >= 10 * MS


@FAMILIES
@pytest.mark.parametrize("destroy", [rt.destroy_stream, rt.destroy_stream_force])
def test_item_69_a_destroyed_stream_answers_with_a_code_whatever_is_asked_of_it(here, soc, destroy):
    m = here(soc)
    stream, run, event = m.stream(), m.model(), new_event()
    assert destroy(stream) == 0
    assert rt.destroy_stream(stream) == rt.destroy_stream_force(stream) == 107017
    assert rt.stream_query(stream)[1] == rt.synchronize_stream(stream) == 107017
    assert rt.record_event(event, stream) == rt.stream_wait_event(stream, event) == 107017
    assert rt.launch_callback(print, None, BLOCK, stream) == rt.subscribe_report(1, stream) == 107017
    assert run(stream) in {107017, 100000}


@FAMILIES
def test_item_71_a_stream_of_one_device_takes_no_work_while_another_is_current(here, soc):
    m = here(soc)
    stream, event = m.stream(), new_event()
    assert rt.record_event(event, stream) == 0
    run = m.model()
    assert rt.set_device(1) == 0
    assert rt.record_event(event, stream) == rt.stream_wait_event(stream, event) == 107003
    assert rt.launch_callback(print, None, BLOCK, stream) == 107003
    assert run(stream) == 107003
    assert rt.synchronize_stream(stream) == 0  # which works from any context (rule e11)


@FAMILIES
def test_items_72_73_a_sync_gives_up_after_its_timeout_and_the_work_goes_on(here, soc):
    m = here(soc)
    stream = m.stream()
    let_go = hold(stream)
    for timeout in (1, 30):
        began = m.now
        assert rt.synchronize_stream_with_timeout(stream, timeout) == 507046
        assert m.took(began, timeout * MS)
    assert rt.synchronize_stream_with_timeout(stream, 0) == 107000
    let_go()
    began = m.now
    assert rt.synchronize_stream_with_timeout(stream, 3_600_000) == 0
    assert m.now - began < 3_600_000 * MS
    assert rt.synchronize_stream_with_timeout(stream, -1) == 0


@FAMILIES
def test_item_74_stop_ends_all_streams_of_the_context_at_a_failure_and_continue_does_not(here, soc):
    m = here(soc)
    stream, other = m.stream(), m.stream()
    fails, run = m.model(fails_with=507015), m.model()
    assert [fails(stream), run(stream)] == [0, 0]
    assert rt.synchronize_stream(stream) == 507015
    assert m.dropped() == []
    assert [rt.set_stream_failure_mode(stream, STOP) for _ in range(2)] == [0, 0]
    assert rt.set_stream_failure_mode(stream, 0) == 207000
    let_go = hold(stream)
    assert [fails(stream), run(stream)] == [0, 0]
    let_go()
    assert rt.synchronize_stream(stream) == 507015
    assert m.dropped() == ["execute"]
    assert run(other) == rt.synchronize_stream(other) == 507015


def test_item_76_one_stream_more_than_the_device_has_fails_and_the_default_one_counts(here):
    here(streams=3)
    made = [rt.create_stream() for _ in range(3)]
    assert [code for _, code in made] == [0, 0, 207008]
    assert made[2][0] == 0
    assert rt.destroy_stream(made[0][0]) == 0
    assert rt.create_stream()[1] == 0


def test_item_77_the_smaller_number_is_served_first(here):
    m = here()
    run = m.model(MS)
    holder = m.stream()
    low, high = (rt.create_stream_with_config(priority, 0)[0] for priority in (7, 0))
    # All cores are taken, so that both must wait for some.
    cores = m.session.profile.engines.ai_cores
    for _ in range(cores):
        stream = m.stream()
        assert run(stream) == 0
    del holder
    assert run(low) == run(high) == 0
    assert rt.synchronize_device() == 0
    if m.exact:
        order = finish_order(m, "execute")
        assert order.index(label(m, high)) <= order.index(label(m, low))
    else:
        assert {label(m, high), label(m, low)} <= set(finish_order(m, "execute"))


def test_item_78_streams_of_all_priorities_with_a_thread_each_all_get_done(here):
    m = here()
    run, home, codes = m.model(), rt.get_context()[0], list[object]()

    def work(priority):
        assert rt.set_context(home) == 0
        stream, _ = rt.create_stream_with_config(priority, 0)
        codes.extend(run(stream) for _ in range(10))
        codes.append(rt.synchronize_stream(stream))

    m.join(*[m.start(lambda priority=priority: work(priority)) for priority in range(8)])
    assert codes == [0] * 88
    assert m.ran().count("execute") == 80


@pytest.mark.parametrize("streams", [1, 2])
def test_item_79_two_threads_with_one_stream_or_two_lose_nothing(here, streams):
    m = here()
    run, home = m.model(), rt.get_context()[0]
    made = [m.stream() for _ in range(streams)]

    def work(stream):
        assert rt.set_context(home) == 0
        assert [run(stream) for _ in range(20)] == [0] * 20
        assert rt.synchronize_stream(stream) == 0

    m.join(*[m.start(lambda stream=stream: work(stream)) for stream in (made[0], made[-1])])
    assert m.ran().count("execute") == 40


def test_item_71_neither_does_one_of_another_context(here):
    here()
    stream = stream_in(other_context())
    assert rt.record_event(new_event(), stream) == 107003
