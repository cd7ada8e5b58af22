"""Rules e1 to e15, e18, e19 and e22: streams."""

from __future__ import annotations

import pytest

from acl_api.errors import DeadlockError
from simulator.base.subscription_records import Unsubscribed
from simulator.base.trace import Moved
from simulator.core.models import ModelSpec
from simulator.engine.hosts.thread import ThreadState
from tests.conformance.efgh import (
    FORGED,
    H2D,
    MS,
    NULL,
    SECOND,
    SYNC,
    device_memory,
    finish_order,
    hold,
    label,
    mdl,
    new_event,
    old_event,
    other_context,
    pinned_memory,
    rt,
    stream_in,
    without_context,
)
from tests.conformance.machine import BLOCK, EVERY, ONE_OF_EACH

FAST_LAUNCH, FAST_SYNC, PERSISTENT, HUGE, CPU_SCHEDULE, DEVICE_USE_ONLY = 1, 2, 4, 8, 0x10, 0x20
UNSYNCED = (PERSISTENT, CPU_SCHEDULE, DEVICE_USE_ONLY)
FAULT = 507015


def dataset():
    return mdl.create_dataset()


# -- creating


def test_e1_creating_a_stream_needs_a_context(machine):
    machine(device=False)
    assert rt.create_stream() == (0, 107002)
    assert rt.create_stream_with_config(0, 0) == (0, 107002)


def test_e1_bits_outside_the_six_flags_are_dropped(machine):
    m = machine()
    stream, code = rt.create_stream_with_config(0, 0x40 | FAST_SYNC)
    assert code == 0
    m.model()(stream)
    assert rt.stream_query(stream) == (1, 0)


@pytest.mark.parametrize(
    "flag", [FAST_LAUNCH, FAST_SYNC, PERSISTENT, HUGE, CPU_SCHEDULE, DEVICE_USE_ONLY, FAST_LAUNCH | FAST_SYNC]
)
def test_e2_each_flag_makes_a_stream(machine, flag):
    machine()
    stream, code = rt.create_stream_with_config(0, flag)
    assert (stream != 0, code) == (True, 0)


@pytest.mark.parametrize("soc", EVERY)
def test_e3_huge_streams_are_refused_where_the_product_has_none(machine, soc):
    machine(soc)
    _, code = rt.create_stream_with_config(0, HUGE)
    assert code == (207000 if soc == "Ascend310P" else 0)


@pytest.mark.parametrize("other", [FAST_LAUNCH, FAST_SYNC, PERSISTENT, HUGE, CPU_SCHEDULE])
def test_e4_device_use_only_stands_alone(machine, other):
    machine("Ascend310P")
    assert rt.create_stream_with_config(0, DEVICE_USE_ONLY)[1] == 0
    # Also before the product is asked about huge streams, and before the context.
    assert rt.create_stream_with_config(0, DEVICE_USE_ONLY | other) == (0, 107000)


def test_e4_flags_are_looked_at_before_the_context(machine):
    m = machine("Ascend310P", device=False)
    assert rt.create_stream_with_config(0, DEVICE_USE_ONLY | FAST_SYNC) == (0, 107000)
    assert rt.create_stream_with_config(0, HUGE) == (0, 207000)
    assert m.findings() == []


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_e5_priorities_range_from_7_to_0_and_need_no_context_to_be_asked_for(machine, soc):
    machine(soc, device=False)
    assert rt.device_get_stream_priority_range() == (7, 0, 0)


@pytest.mark.parametrize(
    ("earlier", "later", "first"),
    [(7, 0, "later"), (99, 7, "earlier"), (0, -5, "earlier"), (7, -5, "later"), (99, 6, "later")],
)
def test_e5_priorities_out_of_range_are_clamped(machine, earlier, later, first):
    m = machine()
    near, far = pinned_memory(), device_memory()
    streams = {}
    for name, priority in (("busy", 0), ("earlier", earlier), ("later", later)):
        streams[name], code = rt.create_stream_with_config(priority, 0)
        assert code == 0
    # There is one engine for this way: the second and the third copy stand in line behind the first.
    for stream in streams.values():
        assert rt.memcpy_async(far, 64, near, 64, H2D, stream) == 0
    assert rt.synchronize_device() == 0
    names = {label(m, stream): name for name, stream in streams.items()}
    assert [names[stream] for stream in finish_order(m, "copy")][1] == first


# -- how many


@pytest.mark.shows("p45")
@pytest.mark.parametrize(
    ("soc", "streams"),
    [
        ("Ascend310", 1024),
        ("Ascend310P", 1024),
        ("Ascend310B", 512),
        ("Ascend910", 2048),
        ("Ascend910B", 1984),
        ("Ascend910_93", 1984),
        ("Ascend950", 1984),
    ],
)
def test_e6_a_device_has_so_many_streams_default_streams_counted(machine, soc, streams):
    machine(soc)
    assert rt.get_stream_available_num() == (streams - 1, 0)


def test_e6_the_last_stream_may_be_taken_and_one_more_is_refused(machine):
    m = machine(streams=3)
    first, second = m.stream(), m.stream()
    assert rt.create_stream() == (0, 207008)
    assert rt.create_context(0) == (0, 207008)  # its default stream would be one more
    assert rt.get_stream_available_num() == (0, 0)
    assert rt.destroy_stream(first) == 0
    assert rt.create_stream()[1] == 0
    assert rt.set_device(1) == 0  # the other device has its own
    assert rt.get_stream_available_num() == (2, 0)
    assert second


@pytest.mark.shows("p45")
def test_e6_available_streams_are_those_of_the_current_device(machine):
    machine(device=False)
    assert rt.get_stream_available_num() == (0, 107002)


@pytest.mark.parametrize(("soc", "depth"), [("Ascend910", 2042), ("Ascend910B", 2013), ("Ascend950", 2014)])
def test_e7_a_stream_takes_so_many_tasks_and_the_next_launch_waits(machine, soc, depth):
    m = machine(soc)
    stream = m.stream()
    release = hold(stream)  # one task
    context, _ = rt.get_context()
    event = new_event()
    launched = []

    def launch():
        rt.set_context(context)
        for _ in range(depth):
            launched.append(rt.record_event(event, stream))  # noqa: PERF401 - seen while it goes on

    worker = m.start(launch)
    m.sleep(MS)
    assert launched == [0] * (depth - 1)
    assert worker.state is ThreadState.BLOCKED
    release()
    m.join(worker)
    assert launched == [0] * depth


# -- a full queue


def test_e8_a_full_queue_blocks_every_launch_on_the_stream_until_there_is_room(machine):
    m = machine(queue_depth=4)
    stream = m.stream()
    release = hold(stream)
    context, _ = rt.get_context()
    event = new_event()
    order = []

    def launch(name):
        rt.set_context(context)
        for _ in range(4):
            assert rt.record_event(event, stream) == 0
        order.append(name)

    workers = [m.start(lambda name=name: launch(name), name) for name in ("one", "two")]
    m.sleep(MS)
    assert order == []
    assert all(worker.state is ThreadState.BLOCKED for worker in workers)
    release()
    m.join(*workers)
    assert sorted(order) == ["one", "two"]
    assert rt.synchronize_stream(stream) == 0


def test_e8_a_launch_half_way_through_a_full_queue_keeps_its_tasks_together(machine):
    """The launching thread holds the stream's send lock, so another launch cannot come in between."""
    m = machine(queue_depth=4)
    stream = m.stream()
    m.reporter(stream)
    context, _ = rt.get_context()
    release = hold(stream)
    event = new_event()
    assert rt.record_event(event, stream) == 0
    assert rt.record_event(event, stream) == 0

    def launch_callback():
        rt.set_context(context)
        assert rt.launch_callback(id, None, BLOCK, stream) == 0  # three tasks, and room for one

    def launch_record():
        rt.set_context(context)
        assert rt.record_event(event, stream) == 0

    workers = [m.start(launch_callback, "callback"), m.start(launch_record, "record")]
    m.sleep(MS)
    release()
    m.join(*workers)
    assert rt.synchronize_stream(stream) == 0
    assert m.ran()[-4:] == ["callback", "wait", "reset", "record"]


def test_e8_a_context_that_fails_in_stop_mode_lets_a_blocked_launch_go_with_its_code(machine):
    m = machine(queue_depth=2)
    stream = m.stream()
    assert rt.set_stream_failure_mode(stream, 1) == 0
    context, _ = rt.get_context()
    fail, event = m.model(SECOND, fails_with=FAULT), new_event()
    assert fail(stream) == 0
    assert rt.record_event(event, stream) == 0

    def launch():
        rt.set_context(context)
        return rt.record_event(event, stream)

    assert m.run_in_thread(launch) == FAULT


def test_e8_a_stream_destroyed_by_force_lets_a_blocked_launch_go_as_a_bad_handle(machine):
    m = machine(queue_depth=1)
    stream = m.stream()
    hold(stream)
    context, _ = rt.get_context()
    event = new_event()
    results = []

    def launch():
        rt.set_context(context)
        results.append(rt.record_event(event, stream))

    worker = m.start(launch)
    m.sleep(MS)
    assert rt.destroy_stream_force(stream) == 0
    m.join(worker)
    assert results == [107017]


# -- destroying


@pytest.mark.parametrize("destroy", ["destroy_stream", "destroy_stream_force"])
def test_e9_destroy_checks_null_handle_context_and_owner_in_this_order(machine, destroy):
    m = machine()
    call = getattr(rt, destroy)
    foreign = stream_in(other_context())
    mine = m.stream()
    assert call(NULL) == 100000
    assert without_context(m, lambda: call(NULL)) == 100000
    assert without_context(m, lambda: call(FORGED)) == 107017
    assert without_context(m, lambda: call(mine)) == 107002
    assert call(foreign) == 107003
    assert call(mine) == 0


@pytest.mark.shows("p46")
def test_e9_destroy_waits_for_the_pending_tasks_however_long(machine):
    m = machine()
    stream = m.stream()
    m.model(1800 * SECOND)(stream)
    assert rt.destroy_stream(stream) == 0
    assert m.now >= 1800 * SECOND
    assert m.ran() == ["execute"]
    assert m.dropped() == []


def test_e9_destroy_unsubscribes_only_after_the_wait(machine):
    m = machine()
    stream = m.stream()
    m.reporter(stream)
    seen: list[object] = []
    assert rt.launch_callback(seen.append, "ran", BLOCK, stream) == 0
    assert rt.destroy_stream(stream) == 0
    assert seen == ["ran"]
    (gone,) = m.records(Unsubscribed)
    assert gone.stream == m.records(Moved)[-1].name


@pytest.mark.shows("p46")
def test_e9_a_blocking_callback_that_nobody_runs_hangs_destroy_but_not_the_forced_one(machine):
    m = machine()
    forced, hung = m.stream(), m.stream()
    nobody = m.session.host.thread("nobody")
    for stream in (forced, hung):
        assert rt.subscribe_report(nobody.ident, stream) == 0
        assert rt.launch_callback(id, None, BLOCK, stream) == 0
    m.sleep(MS)
    assert rt.destroy_stream_force(forced) == 0
    assert m.dropped() == ["wait", "reset"]
    with pytest.raises(DeadlockError):
        rt.destroy_stream(hung)


def test_e9_a_destroyed_default_stream_is_missing_from_then_on(machine):
    machine()
    default, code = rt.ctx_get_current_default_stream()
    assert code == 0
    assert rt.destroy_stream(default) == 0
    assert rt.synchronize_stream(NULL) == 507000
    assert rt.ctx_get_current_default_stream() == (0, 507000)


@pytest.mark.parametrize("destroy", ["destroy_stream", "destroy_stream_force"])
def test_e10_after_destroy_the_handle_is_stale(machine, destroy):
    m = machine()
    stream = m.stream()
    assert getattr(rt, destroy)(stream) == 0
    assert rt.synchronize_stream(stream) == 107017
    assert rt.stream_query(stream) == (0, 107017)
    assert rt.destroy_stream(stream) == 107017
    assert m.findings() == ["stale-handle"] * 3


# -- synchronising


@pytest.mark.parametrize("flag", UNSYNCED)
def test_e11_a_stream_with_one_of_three_flags_is_never_waited_for_even_without_a_context(machine, flag):
    m = machine()
    stream, code = rt.create_stream_with_config(0, flag)
    assert code == 0
    hold(stream)
    for call in (
        lambda: rt.synchronize_stream(stream),
        lambda: rt.synchronize_stream_with_timeout(stream, 1),
        lambda: sum(rt.stream_query(stream)),
    ):
        assert call() == 0
        assert without_context(m, call) == 0
    assert m.now == 0


def test_e11_other_streams_need_some_context_and_any_will_do(machine):
    m = machine()
    stream = m.stream()
    other = other_context(device=1)
    m.model(MS)(stream)
    assert without_context(m, lambda: rt.synchronize_stream(stream)) == 107002
    assert without_context(m, lambda: rt.stream_query(stream)) == (0, 107002)
    assert rt.set_context(other) == 0
    assert rt.synchronize_stream(stream) == 0
    assert rt.get_context() == (other, 0)
    assert m.ran() == ["execute"]


def test_e11_null_is_the_default_stream_of_the_current_context(machine):
    m = machine()
    run = m.model(MS)
    assert run(NULL) == 0
    assert rt.stream_query(NULL) == (1, 0)
    assert rt.synchronize_stream(NULL) == 0
    assert m.ran() == ["execute"]
    assert without_context(m, lambda: rt.synchronize_stream(NULL)) == 107002


def test_e11b_a_sync_waits_for_what_was_submitted_before_it_and_a_query_looks_at_all(machine):
    m = machine()
    stream = m.stream()
    context, _ = rt.get_context()
    short, long = m.model(MS), m.model(SECOND)
    assert short(stream) == 0

    def add():
        rt.set_context(context)
        assert long(stream) == 0

    worker = m.start(add)
    assert rt.synchronize_stream(stream) == 0
    assert MS <= m.now < 2 * MS
    assert rt.stream_query(stream) == (1, 0)
    m.join(worker)
    assert rt.synchronize_stream(stream) == 0
    assert rt.stream_query(stream) == (0, 0)
    assert m.now > SECOND


@pytest.mark.shows("p48")
def test_e12_a_timeout_is_minus_one_or_positive(machine):
    m = machine()
    stream = m.stream()
    assert rt.synchronize_stream_with_timeout(stream, -1) == 0
    assert rt.synchronize_stream_with_timeout(stream, 1) == 0
    assert rt.synchronize_stream_with_timeout(stream, 0) == 107000
    assert rt.synchronize_stream_with_timeout(stream, -2) == 107000


def test_e12_below_minus_one_is_seen_before_the_handle_and_zero_after_it(machine):
    m = machine()
    stream = m.stream()
    assert rt.synchronize_stream_with_timeout(FORGED, -2) == 107000
    assert rt.synchronize_stream_with_timeout(FORGED, 0) == 107017
    assert without_context(m, lambda: rt.synchronize_stream_with_timeout(stream, 0)) == 107000


def test_e12_after_the_time_is_up_the_tasks_go_on_and_a_later_sync_succeeds(machine):
    m = machine()
    stream = m.stream()
    release = hold(stream)
    assert rt.synchronize_stream_with_timeout(stream, 5) == 507046
    assert m.now == 5 * MS
    assert m.dropped() == []
    release()
    assert rt.synchronize_stream_with_timeout(stream, 5) == 0


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_e13_a_failure_is_told_once_by_the_stream_it_happened_on(machine, soc):
    m = machine(soc)
    stream, other = m.stream(), m.stream()
    m.model(fails_with=FAULT)(stream)
    m.model()(stream)
    assert rt.synchronize_stream(other) == 0
    assert rt.synchronize_stream(stream) == FAULT
    assert m.ran() == ["execute", "execute"]  # continue mode: the later one ran
    assert rt.synchronize_stream(stream) == 0


def test_e13_a_sync_that_only_ran_out_of_time_leaves_the_failure_for_the_next(machine):
    m = machine()
    stream = m.stream()
    m.model(fails_with=FAULT)(stream)
    m.model(SECOND)(stream)
    assert rt.synchronize_stream_with_timeout(stream, 10) == 507046
    assert rt.synchronize_stream(stream) == FAULT


def test_e14_a_query_tells_ready_or_not_and_never_a_failure(machine):
    m = machine()
    stream = m.stream()
    assert rt.stream_query(stream) == (0, 0)
    m.model(MS, fails_with=FAULT)(stream)
    assert rt.stream_query(stream) == (1, 0)
    m.sleep(2 * MS)
    assert rt.stream_query(stream) == (0, 0)
    assert rt.synchronize_stream(stream) == FAULT


# -- synchronize_device


def test_e15_synchronize_device_waits_for_the_streams_of_the_current_context_only(machine):
    m = machine()
    mine = m.stream()
    other = other_context()
    elsewhere = stream_in(other)
    run = m.model(MS)
    run(mine)
    run(NULL)
    assert rt.set_context(other) == 0
    hold(elsewhere)
    assert rt.set_device(0) == 0
    assert rt.synchronize_device() == 0
    assert rt.stream_query(mine) == (0, 0)
    assert rt.stream_query(elsewhere) == (1, 0)


def test_e15_needs_a_context_and_leaves_out_streams_that_cannot_be_synchronised(machine):
    m = machine()
    assert without_context(m, rt.synchronize_device) == 107002
    assert without_context(m, lambda: rt.synchronize_device_with_timeout(1)) == 107002
    assert without_context(m, lambda: rt.synchronize_device_with_timeout(0)) == 107000
    stream, _ = rt.create_stream_with_config(0, PERSISTENT)
    hold(stream)
    assert rt.synchronize_device() == 0


def test_e15_all_streams_share_one_budget(machine):
    m = machine()
    run = m.model(4 * MS)
    for _ in range(3):
        stream = m.stream()
        for _ in range(2):
            run(stream)
    release = hold(m.stream())
    assert rt.synchronize_device_with_timeout(10) == 507046
    assert m.now == 10 * MS
    assert rt.synchronize_device_with_timeout(-2) == 107000
    release()
    assert rt.synchronize_device_with_timeout(10) == 0


def test_e15_it_holds_the_stream_list_so_others_cannot_create_or_destroy(machine):
    m = machine()
    stream, victim = m.stream(), m.stream()
    context, _ = rt.get_context()
    release = hold(stream)
    done = []

    def make():
        rt.set_context(context)
        done.append(("create", rt.create_stream()[1]))

    def unmake():
        rt.set_context(context)
        done.append(("destroy", rt.destroy_stream(victim)))

    def later():
        rt.set_context(context)
        m.sleep(MS)
        assert done == []
        release()

    workers = [m.start(make, "maker"), m.start(unmake, "unmaker"), m.start(later, "later")]
    assert rt.synchronize_device() == 0
    m.join(*workers)
    assert sorted(done) == [("create", 0), ("destroy", 0)]


def test_e15_two_threads_that_waited_to_destroy_one_stream_do_it_once(machine):
    m = machine()
    stream, victim = m.stream(), m.stream()
    context, _ = rt.get_context()
    release = hold(stream)
    results = []

    def unmake(destroy):
        rt.set_context(context)
        results.append(destroy(victim))

    def later():
        m.sleep(MS)
        release()

    workers = [
        m.start(lambda: unmake(rt.destroy_stream)),
        m.start(lambda: unmake(rt.destroy_stream_force)),
        m.start(later),
    ]
    assert rt.synchronize_device() == 0
    m.join(*workers)
    assert sorted(results) == [0, 107017]


# -- failure modes


@pytest.mark.shows("p47")
def test_e18_continue_may_become_stop_and_never_the_other_way(machine):
    m = machine()
    stream = m.stream()
    assert rt.set_stream_failure_mode(stream, 0) == 0
    assert rt.set_stream_failure_mode(stream, 1) == 0
    assert rt.set_stream_failure_mode(stream, 1) == 0
    assert rt.set_stream_failure_mode(stream, 3) == 0  # only bit 0 counts
    assert rt.set_stream_failure_mode(stream, 2) == 207000
    assert rt.set_stream_failure_mode(stream, 0) == 207000


@pytest.mark.shows("p47")
def test_e18_stop_on_one_stream_is_stop_on_all_streams_of_its_context(machine):
    m = machine()
    first, second = m.stream(), m.stream()
    elsewhere = stream_in(other := other_context())
    assert rt.set_stream_failure_mode(first, 1) == 0
    assert rt.set_stream_failure_mode(second, 0) == 207000
    assert rt.set_stream_failure_mode(m.stream(), 0) == 207000  # also streams made later
    assert rt.set_stream_failure_mode(NULL, 0) == 207000
    assert rt.set_stream_failure_mode(elsewhere, 1) == 107003
    assert rt.set_context(other) == 0
    assert rt.set_stream_failure_mode(elsewhere, 0) == 0


def test_e19_in_stop_mode_every_later_call_of_the_context_gives_the_first_failure(machine):
    m = machine()
    failing, other = m.stream(), m.stream()
    m.reporter(other)
    event, near, far = new_event(), pinned_memory(), device_memory()
    assert rt.set_stream_failure_mode(failing, 1) == 0
    run = m.model()
    m.model(fails_with=FAULT)(failing)
    run(failing)
    assert rt.synchronize_stream(failing) == FAULT
    assert m.dropped() == ["execute"]  # rule i4
    given = dataset()
    calls = {
        "synchronize_stream": lambda: rt.synchronize_stream(other),
        "again": lambda: rt.synchronize_stream(failing),
        "with timeout": lambda: rt.synchronize_stream_with_timeout(other, 1),
        "device": rt.synchronize_device,
        "query": lambda: rt.stream_query(other)[1],
        "record": lambda: rt.record_event(event, other),
        "wait": lambda: rt.stream_wait_event(other, event),
        "reset": lambda: rt.reset_event(old_event(SYNC), other),
        "callback": lambda: rt.launch_callback(id, None, 1, other),
        "memcpy_async": lambda: rt.memcpy_async(far, 64, near, 64, H2D, other),
        "memset_async": lambda: rt.memset_async(far, 64, 0, 64, other),
        "execute_async": lambda: run(other),
        "execute": lambda: mdl.execute(1, given, given),
    }
    assert {name: call() for name, call in calls.items()} == dict.fromkeys(calls, FAULT)


def test_e19_another_context_of_the_device_goes_on(machine):
    m = machine()
    failing, other = m.stream(), other_context()
    assert rt.set_stream_failure_mode(failing, 1) == 0
    run = m.model()
    m.model(fails_with=FAULT)(failing)
    assert rt.synchronize_stream(failing) == FAULT
    assert rt.set_context(other) == 0
    assert run(NULL) == 0
    assert rt.synchronize_stream(NULL) == 0


def test_e19_in_continue_mode_only_the_stream_itself_tells(machine):
    m = machine()
    failing, other = m.stream(), m.stream()
    m.session.declare_model(ModelSpec("broken", latency_ns=MS, fails_with=FAULT))
    model, _ = mdl.load_from_file("broken.om")
    given = dataset()
    assert mdl.execute_async(model, given, given, failing) == 0
    m.sleep(2 * MS)
    run = m.model()
    assert run(other) == 0
    assert run(failing) == 0
    assert rt.synchronize_stream(other) == 0
    assert rt.synchronize_device() == FAULT


def test_e22_null_has_an_id_that_of_the_default_stream(machine):
    m = machine()
    default, _ = rt.ctx_get_current_default_stream()
    stream = m.stream()
    assert rt.stream_get_id(NULL) == rt.stream_get_id(default)
    assert rt.stream_get_id(stream)[0] != rt.stream_get_id(NULL)[0]
    assert rt.stream_get_id(stream)[1] == 0
    assert without_context(m, lambda: rt.stream_get_id(NULL)) == (0, 107002)
