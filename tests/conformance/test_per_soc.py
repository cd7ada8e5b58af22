"""What differs from product to product, for all seven profiles: lowering, limits, codes, what is not supported.

The figures stand here a second time, as the rules give them; what each limit does is tried at the limit itself.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest

from acl_api.errors import DeadlockError
from tests.conformance.efgh import hold, old_event
from tests.conformance.machine import BLOCK, EVERY, MS, NO_BLOCK, NULL, c, rt

HUGE = 8


class Product(NamedTuple):
    """One product by rules 0.5, a13 to a15, e3, e6, e7, f3, f13, f16."""

    tasks: tuple[str, ...]  # of a blocking callback
    streams: int
    depth: int
    events: int
    notifies: int
    ticks_per_ms: int
    huge: bool = True


ACK = ("callback",)
STARS = ("callback", "wait", "reset")
NOTIFY = ("callback", "notify-wait")
PRODUCTS = {
    "Ascend310": Product(ACK, 1024, 65500, 1023, 1024, 1_000_000),
    "Ascend910": Product(ACK, 2048, 2042, 65535, 1024, 1_000_000),
    "Ascend310P": Product(ACK, 1024, 2042, 1023, 1024, 1_000_000, huge=False),
    "Ascend910B": Product(STARS, 1984, 2013, 65536, 8192, 50_000),
    "Ascend910_93": Product(STARS, 1984, 2013, 65536, 8192, 50_000),
    "Ascend310B": Product(STARS, 512, 2010, 65536, 2048, 48_000),
    "Ascend950": Product(NOTIFY, 1984, 2014, 65536, 65535, 1_000_000),
}
SOCS = pytest.mark.parametrize("soc", EVERY)


def nothing(_data):
    """A callback that does nothing."""


def test_the_table_has_every_product():
    assert set(PRODUCTS) == set(EVERY)


@SOCS
@pytest.mark.parametrize("block", [NO_BLOCK, BLOCK])
@pytest.mark.shows("a12", "a13", "a14", "a15", "0.5", "0.6")
def test_a_callback_becomes_the_tasks_of_its_family(machine, soc, block):
    m = machine(soc)
    stream = m.stream()
    m.reporter(stream)
    assert rt.launch_callback(nothing, None, block, stream) == rt.synchronize_stream(stream) == 0
    assert tuple(m.ran()) == (PRODUCTS[soc].tasks if block else ("callback",))


@SOCS
@pytest.mark.shows("d2")
def test_a_host_function_becomes_the_same_tasks_as_a_blocking_callback(machine, soc):
    m = machine(soc)
    stream = m.stream()
    assert c.aclrtLaunchHostFunc(stream, nothing, None) == rt.synchronize_stream(stream) == 0
    assert tuple(m.ran()) == PRODUCTS[soc].tasks


@SOCS
@pytest.mark.shows("e6", "p45")
def test_streams_run_out_with_207008_at_the_number_of_the_product(machine, soc):
    machine(soc)
    made = PRODUCTS[soc].streams - 1  # the default stream is one
    assert rt.get_stream_available_num() == (made, 0)
    streams = [rt.create_stream() for _ in range(made)]
    assert {code for _, code in streams} == {0}
    assert rt.get_stream_available_num() == (0, 0)
    assert rt.create_stream() == rt.create_stream_with_config(0, 0) == (0, 207008)
    assert rt.create_context(0) == (0, 207008)  # its default stream would be one more
    assert rt.destroy_stream(streams[0][0]) == 0
    assert rt.create_stream()[1] == 0
    assert rt.set_device(1) == 0  # which has its own
    assert rt.create_stream()[1] == 0


@SOCS
@pytest.mark.shows("f3")
def test_the_profiles_have_the_event_and_notify_ids_of_the_rules(machine, soc):
    limits = machine(soc).session.profile.limits
    assert (limits.events, limits.notifies) == (PRODUCTS[soc].events, PRODUCTS[soc].notifies)


@pytest.mark.slow
@SOCS
@pytest.mark.shows("f3")
def test_event_ids_run_out_with_207007_at_the_number_of_the_product(machine, soc):
    machine(soc)
    codes = [rt.create_event_with_flag(1)[1] for _ in range(PRODUCTS[soc].events)]
    assert set(codes) == {0}
    assert rt.create_event_with_flag(1) == (0, 207007)
    assert rt.create_event_ex_with_flag(1)[1] == 0  # not bound by the count


@SOCS
@pytest.mark.shows("b7b", "f3", "f16")
def test_subscriptions_cost_an_event_on_stars_a_notify_on_950_and_nothing_elsewhere(machine, soc):
    m = machine(soc, events=4, notifies=3)
    codes = [rt.subscribe_report(1, m.stream()) for _ in range(5)]
    expected = {
        ACK: [0] * 5,
        STARS: [0] * 4 + [207007],
        NOTIFY: [0] * 3 + [207009] * 2,
    }
    assert codes == expected[PRODUCTS[soc].tasks]
    events = [rt.create_event_with_flag(1)[1] for _ in range(5)]
    free = 0 if PRODUCTS[soc].tasks == STARS else 4
    assert events == [0] * free + [207007] * (5 - free)


@SOCS
@pytest.mark.shows("b7b")
def test_host_functions_cost_the_same_ids(machine, soc):
    m = machine(soc, events=1, notifies=1)
    codes = [c.aclrtLaunchHostFunc(m.stream(), nothing, None) for _ in range(2)]
    assert codes == [0, {ACK: 0, STARS: 207007, NOTIFY: 207009}[PRODUCTS[soc].tasks]]


@SOCS
@pytest.mark.shows("e3")
def test_huge_streams_exist_or_are_refused(machine, soc):
    machine(soc)
    made, code = rt.create_stream_with_config(0, HUGE)
    assert (code, made != 0) == ((0, True) if PRODUCTS[soc].huge else (207000, False))


@SOCS
@pytest.mark.shows("a1b")
def test_a_non_blocking_callback_is_a_finding_on_one_product_only(machine, soc):
    m = machine(soc)
    stream = m.stream()
    m.reporter(stream)
    assert rt.launch_callback(nothing, None, NO_BLOCK, stream) == 0
    assert m.findings() == (["no-block-reserved"] if soc == "Ascend310" else [])


@SOCS
@pytest.mark.shows("b7")
def test_subscribing_without_a_context_works_where_no_id_is_made(machine, soc):
    m = machine(soc)
    stream = m.stream()
    alone = PRODUCTS[soc].tasks == ACK
    assert m.run_in_thread(lambda: rt.subscribe_report(1, stream)) == (0 if alone else 107002)
    assert m.run_in_thread(lambda: rt.subscribe_report(1, NULL)) == 107002


@SOCS
@pytest.mark.shows("b14", "b15")
def test_unsubscribing_under_a_blocking_callback_differs_by_family(machine, soc):
    m = machine(soc)
    stream, ran = m.stream(), list[object]()
    reporter = m.reporter(stream)

    def slow(_data):
        m.sleep(MS)
        ran.append(True)

    assert rt.launch_callback(slow, None, BLOCK, stream) == 0
    m.sleep(MS // 2)
    if PRODUCTS[soc].tasks == STARS:
        with pytest.raises(DeadlockError, match="subscription lock"):
            rt.unsubscribe_report(reporter.thread.ident, stream)
        return
    assert rt.unsubscribe_report(reporter.thread.ident, stream) == 0
    assert ran == []
    m.sleep(10 * MS)
    assert ran == [True]
    held = PRODUCTS[soc].tasks == NOTIFY
    assert rt.stream_query(stream) == (int(held), 0)
    assert reporter.codes == ([107011] if held else [0, 107012])


def fill(stream: int, depth: int) -> int:
    """Fill the queue of *stream*, which is held by one task already, to the last place."""
    event = old_event()
    for _ in range(depth - 1):
        assert rt.record_event(event, stream) == 0
    return event


@SOCS
@pytest.mark.shows("e7", "e8")
def test_a_full_queue_presses_back_on_every_thread_that_launches_and_on_nobody_else(machine, soc):
    m = machine(soc)
    home, _ = rt.get_context()
    stream, other = m.stream(), m.stream()
    let_go = hold(stream)
    event = fill(stream, PRODUCTS[soc].depth)
    done = list[str]()

    def launches(name):
        assert rt.set_context(home) == 0
        assert rt.record_event(event, stream) == 0
        done.append(name)

    threads = [m.start(lambda name=name: launches(name), name) for name in ("second", "third")]
    m.sleep(100 * MS)
    assert done == []
    # What does not launch on it sees the stream and is not held up.
    assert rt.stream_query(stream) == (1, 0)
    assert rt.synchronize_stream_with_timeout(stream, 1) == 507046
    assert m.model()(other) == rt.synchronize_stream(other) == 0
    let_go()
    m.join(*threads)
    assert sorted(done) == ["second", "third"]
    assert rt.synchronize_stream(stream) == 0


@SOCS
@pytest.mark.shows("e7")
def test_one_task_less_does_not_fill_it(machine, soc):
    m = machine(soc)
    stream = m.stream()
    let_go = hold(stream)
    fill(stream, PRODUCTS[soc].depth)
    (held,) = [each for each in m.session.runtime.handles.live.values() if getattr(each, "full", False)]
    assert held.handle == stream
    let_go()
    assert rt.synchronize_stream(stream) == 0


@SOCS
@pytest.mark.shows("e22", "a6")
def test_null_is_the_default_stream_of_every_call(machine, soc):
    m = machine(soc)
    default, _ = rt.ctx_get_current_default_stream()
    m.reporter(NULL)
    event = old_event()
    assert rt.launch_callback(nothing, None, BLOCK, NULL) == 0
    assert (
        rt.record_event(event, NULL) == rt.stream_wait_event(NULL, event) == rt.reset_event(event, NULL) == 0
    )
    assert m.model()(NULL) == rt.synchronize_stream(NULL) == 0
    assert rt.stream_query(NULL) == rt.stream_query(default) == (0, 0)
    assert rt.stream_get_id(NULL) == rt.stream_get_id(default)
    assert rt.destroy_stream(NULL) == rt.destroy_stream_force(NULL) == 100000


@SOCS
@pytest.mark.shows("f13")
def test_time_stamps_have_the_ticks_of_the_product(machine, soc):
    assert machine(soc).session.profile.runtime.event_ticks_per_ms == PRODUCTS[soc].ticks_per_ms
