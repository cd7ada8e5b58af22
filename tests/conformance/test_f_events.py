"""Rules f1 to f14: events of the old and of the new kind."""

from __future__ import annotations

import pytest

from simulator.base.trace import EventRecorded
from simulator.engine.hosts.thread import ThreadState
from tests.conformance.efgh import (
    DEFAULT_SYNC,
    DEVICE_USE_ONLY,
    EXTERNAL,
    FORGED,
    IPC,
    MS,
    NULL,
    PROGRESS,
    SECOND,
    SYNC,
    TIME_LINE,
    default_event,
    hold,
    new_event,
    old_event,
    other_context,
    rt,
    stream_in,
    without_context,
)
from tests.conformance.machine import EVERY, ONE_OF_EACH

NO_WAIT_TASK = (TIME_LINE, PROGRESS, TIME_LINE | PROGRESS)
KINDS = [
    pytest.param(default_event, id="default"),
    pytest.param(old_event, id="old"),
    pytest.param(new_event, id="new"),
]


# -- creating


@pytest.mark.parametrize(
    "flag", [SYNC, PROGRESS, TIME_LINE, SYNC | PROGRESS | TIME_LINE, DEVICE_USE_ONLY, EXTERNAL]
)
def test_f1_flags_that_make_an_old_event(machine, flag):
    machine()
    event, code = rt.create_event_with_flag(flag)
    assert (event != 0, code) == (True, 0)


@pytest.mark.parametrize(
    "flag", [DEVICE_USE_ONLY | SYNC, EXTERNAL | TIME_LINE, DEVICE_USE_ONLY | EXTERNAL, EXTERNAL | IPC]
)
def test_f1_device_use_only_and_external_stand_alone(machine, flag):
    m = machine()
    assert rt.create_event_with_flag(flag) == (0, 107000)
    assert without_context(m, lambda: rt.create_event_with_flag(flag)) == (0, 107000)


@pytest.mark.parametrize(
    ("flag", "code"),
    [
        (0, 107000),
        (SYNC, 0),
        (PROGRESS, 0),
        (DEFAULT_SYNC, 0),
        (TIME_LINE, 0),
        (SYNC | PROGRESS | TIME_LINE, 0),
        (IPC, 0),
        (IPC | SYNC, 107000),
        (DEVICE_USE_ONLY, 107000),
        (EXTERNAL, 107000),
        (SYNC | EXTERNAL, 107000),
        (0x80, 107000),
        (SYNC | 0x80, 107000),
        (0x4F + 1, 107000),
    ],
)
def test_f1_the_new_kind_needs_one_of_its_flags_and_takes_no_other(machine, flag, code):
    m = machine()
    event, seen = rt.create_event_ex_with_flag(flag)
    assert (event != 0, seen) == (code == 0, code)
    wanted = code or 107002  # the flags come first
    assert without_context(m, lambda: rt.create_event_ex_with_flag(flag)) == (0, wanted)


def test_f2_the_two_families_of_calls_make_two_kinds(machine):
    machine()
    assert rt.query_event(default_event()) == (0, 0)
    assert rt.query_event(old_event()) == (0, 0)
    assert rt.query_event(new_event()) == (0, 207000)


def test_f2_events_are_made_in_a_context(machine):
    machine(device=False)
    assert rt.create_event() == (0, 107002)
    assert rt.create_event_with_flag(SYNC) == (0, 107002)
    assert rt.create_event_ex_with_flag(SYNC) == (0, 107002)


# -- ids


@pytest.mark.parametrize("soc", ["Ascend310P", "Ascend310"])
def test_f3_inference_products_have_1023_event_ids(machine, soc):
    machine(soc)
    assert [rt.create_event_with_flag(SYNC)[1] for _ in range(1024)] == [0] * 1023 + [207007]


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_f3_an_event_with_flags_takes_its_id_at_once_and_gives_it_back_when_destroyed(machine, soc):
    machine(soc, events=2)
    first, _ = old_event(), old_event()
    assert rt.create_event_with_flag(SYNC) == (0, 207007)
    assert rt.destroy_event(first) == 0
    assert rt.create_event_with_flag(SYNC)[1] == 0
    assert rt.set_device(1) == 0  # each device has its own
    assert rt.create_event_with_flag(SYNC)[1] == 0


def test_f3_the_new_kind_is_not_bound_by_the_count(machine):
    m = machine(events=1)
    stream = m.stream()
    old_event()
    events = [new_event() for _ in range(10)]
    assert [rt.record_event(event, stream) for event in events] == [0] * 10


def test_f3_a_default_event_takes_an_id_at_its_first_record_and_that_may_block(machine):
    m = machine(events=1)
    stream = m.stream()
    context, _ = rt.get_context()
    taken, waiting = default_event(), default_event()
    assert rt.record_event(taken, stream) == 0
    assert rt.record_event(taken, stream) == 0  # it has its id

    def record():
        rt.set_context(context)
        return rt.record_event(waiting, stream)

    results = []
    worker = m.start(lambda: results.append(record()))
    m.sleep(MS)
    assert worker.state is ThreadState.BLOCKED
    assert rt.destroy_event(taken) == 0
    m.join(worker)
    assert results == [0]


# -- recording


@pytest.mark.parametrize("call", [rt.record_event, rt.reset_event])
def test_f4_f12_event_then_handles_then_context_then_owner(machine, call):
    m = machine()
    event, mine = old_event(SYNC), m.stream()
    foreign = stream_in(other_context())
    assert call(NULL, FORGED) == 100000
    assert call(FORGED, FORGED) == 107017
    assert without_context(m, lambda: call(event, FORGED)) == 107017
    assert without_context(m, lambda: call(event, mine)) == 107002
    assert without_context(m, lambda: call(event, NULL)) == 107002
    assert call(event, foreign) == 107003
    assert call(event, mine) == 0
    assert call(event, NULL) == 0


@pytest.mark.parametrize("make", KINDS)
def test_f4_a_second_record_overwrites_the_first(machine, make):
    m = machine()
    event, fast, slow = make(), m.stream(), m.stream()
    assert rt.record_event(event, fast) == 0
    assert rt.synchronize_stream(fast) == 0
    assert rt.query_event_status(event) == (1, 0)
    m.model(SECOND)(slow)
    assert rt.record_event(event, slow) == 0
    assert rt.query_event_status(event) == (0, 0)
    assert rt.synchronize_event(event) == 0
    assert m.now >= SECOND


# -- waiting


@pytest.mark.parametrize("flag", [SYNC, SYNC | TIME_LINE, DEFAULT_SYNC, IPC])
def test_f5_waiting_for_a_new_event_without_a_record_is_no_wait(machine, flag):
    m = machine()
    stream = m.stream()
    assert rt.stream_wait_event(stream, new_event(flag)) == 0
    assert rt.stream_query(stream) == (0, 0)
    assert m.ran() == []


@pytest.mark.parametrize("flag", [SYNC, EXTERNAL, SYNC | TIME_LINE])
def test_f5_an_old_event_with_sync_or_external_is_waited_for_before_its_record(machine, flag):
    m = machine()
    waiter, recorder = m.stream(), m.stream()
    event = old_event(flag)
    assert rt.stream_wait_event(waiter, event) == 0
    m.sleep(SECOND)
    assert rt.stream_query(waiter) == (1, 0)
    assert rt.record_event(event, recorder) == 0
    assert rt.synchronize_stream(waiter) == 0


def test_f5_waiting_for_a_default_event_without_a_record_is_refused(machine):
    m = machine()
    assert rt.stream_wait_event(m.stream(), default_event()) == 107000


@pytest.mark.parametrize("create", [rt.create_event_with_flag, rt.create_event_ex_with_flag])
@pytest.mark.parametrize("flag", NO_WAIT_TASK)
def test_f5_kinds_without_a_wait_task_are_refused_recorded_or_not_and_before_the_context(
    machine, create, flag
):
    m = machine()
    stream = m.stream()
    event, code = create(flag)
    assert code == 0
    assert rt.stream_wait_event(stream, event) == 207000
    assert rt.record_event(event, stream) == 0
    assert rt.stream_wait_event(stream, event) == 207000
    assert without_context(m, lambda: rt.stream_wait_event(stream, event)) == 207000
    # The handles come even before that.
    assert rt.stream_wait_event(FORGED, event) == 107017


@pytest.mark.parametrize("soc", EVERY)
def test_f5_device_use_only_has_a_wait_task_on_950_only(machine, soc):
    m = machine(soc)
    stream, event = m.stream(), old_event(DEVICE_USE_ONLY)
    assert rt.record_event(event, stream) == 0
    assert rt.synchronize_stream(stream) == 0
    assert rt.stream_wait_event(stream, event) == (0 if soc == "Ascend950" else 207000)


def test_f6_a_new_event_recorded_on_the_same_stream_or_done_adds_no_task(machine):
    m = machine()
    stream, other, event = m.stream(), m.stream(), new_event()
    m.model()(stream)
    assert rt.record_event(event, stream) == 0
    assert rt.stream_wait_event(stream, event) == 0  # its own record is before it anyway
    assert rt.synchronize_stream(stream) == 0
    assert rt.stream_wait_event(other, event) == 0  # done
    assert rt.synchronize_device() == 0
    assert m.ran() == ["execute", "record"]


def test_f6_a_wait_binds_to_the_record_that_was_latest_when_it_was_called(machine):
    m = machine()
    first, second, waiter, event = m.stream(), m.stream(), m.stream(), new_event()
    m.model(MS)(first)
    assert rt.record_event(event, first) == 0
    assert rt.stream_wait_event(waiter, event) == 0
    m.model(SECOND)(second)
    assert rt.record_event(event, second) == 0
    assert rt.synchronize_stream(waiter) == 0
    assert m.now < 2 * MS


def test_f7_a_default_event_whose_record_is_done_needs_no_task_until_it_is_reset(machine):
    m = machine()
    stream, waiter, event = m.stream(), m.stream(), default_event()
    assert rt.record_event(event, stream) == 0
    assert rt.synchronize_stream(stream) == 0
    assert rt.stream_wait_event(waiter, event) == 0
    assert rt.stream_query(waiter) == (0, 0)
    assert "wait" not in m.ran()
    assert rt.reset_event(event, stream) == 0
    assert rt.synchronize_stream(stream) == 0
    assert rt.stream_wait_event(waiter, event) == 0
    assert rt.stream_query(waiter) == (1, 0)
    assert rt.record_event(event, stream) == 0
    assert rt.synchronize_stream(waiter) == 0
    assert m.ran().count("wait") == 1


def test_f7_a_default_event_whose_record_is_pending_is_waited_for(machine):
    m = machine()
    stream, waiter, event = m.stream(), m.stream(), default_event()
    m.model(SECOND)(stream)
    assert rt.record_event(event, stream) == 0
    assert rt.stream_wait_event(waiter, event) == 0
    assert rt.synchronize_stream(waiter) == 0
    assert m.now >= SECOND


def test_f8_the_waiting_stream_is_of_the_current_context_and_the_event_of_any(machine):
    m = machine()
    mine, event = m.stream(), old_event()
    far = other_context(device=1)
    foreign = stream_in(far)
    assert rt.stream_wait_event(mine, NULL) == 100000
    assert rt.stream_wait_event(mine, FORGED) == 107017
    assert rt.stream_wait_event(foreign, event) == 107003
    assert without_context(m, lambda: rt.stream_wait_event(mine, event)) == 107002
    m.model(MS)(mine)
    assert rt.record_event(event, mine) == 0
    assert rt.set_context(far) == 0
    assert rt.stream_wait_event(foreign, event) == 0
    assert rt.synchronize_stream(foreign) == 0
    assert m.now >= MS


# -- asking


@pytest.mark.shows("p43")
def test_f9_query_event_is_for_old_events_and_says_complete_before_any_record(machine):
    m = machine()
    stream, event = m.stream(), old_event()
    assert rt.query_event(event) == (0, 0)
    m.model()(stream)
    assert rt.record_event(event, stream) == 0
    assert rt.query_event(event) == (1, 0)
    assert rt.synchronize_stream(stream) == 0
    assert rt.query_event(event) == (0, 0)
    assert rt.query_event(new_event()) == (0, 207000)
    assert rt.query_event(old_event(EXTERNAL)) == (0, 207000)
    assert rt.query_event(old_event(IPC)) == (0, 207000)


def test_f9_query_event_status_is_the_inverse_and_depends_on_the_kind_before_any_record(machine):
    m = machine()
    stream = m.stream()
    old, new = old_event(), new_event()
    assert rt.query_event_status(old) == (0, 0)
    assert rt.query_event_status(default_event()) == (0, 0)
    assert rt.query_event_status(new) == (1, 0)
    m.model()(stream)
    for event in (old, new):
        assert rt.record_event(event, stream) == 0
        assert rt.query_event_status(event) == (0, 0)
    assert rt.synchronize_stream(stream) == 0
    assert [rt.query_event_status(event) for event in (old, new)] == [(1, 0), (1, 0)]
    assert rt.query_event_status(old_event(EXTERNAL)) == (0, 207000)
    assert rt.query_event_status(new_event(IPC)) == (0, 207000)


def test_f10_the_wait_status_tells_whether_a_wait_task_is_outstanding(machine):
    m = machine()
    stream, event = m.stream(), old_event()
    assert rt.query_event_wait_status(event) == (0, 0)
    waiters = [m.stream() for _ in range(100)]
    for waiter in waiters:
        assert rt.stream_wait_event(waiter, event) == 0
    assert rt.query_event_wait_status(event) == (1, 0)
    assert rt.record_event(event, stream) == 0
    assert rt.synchronize_device() == 0
    assert rt.query_event_wait_status(event) == (0, 0)
    assert rt.query_event_wait_status(new_event()) == (0, 207000)


@pytest.mark.parametrize("make", KINDS)
def test_f11_synchronising_an_event_without_a_record_returns_at_once(machine, make):
    m = machine()
    event = make()
    assert rt.synchronize_event(event) == 0
    assert rt.synchronize_event_with_timeout(event, 5) == 0
    assert m.now == 0


@pytest.mark.shows("k7")
@pytest.mark.parametrize("make", KINDS)
def test_f11_a_sync_waits_for_the_record_or_for_its_timeout(machine, make):
    m = machine()
    stream, event = m.stream(), make()
    m.model(8 * MS)(stream)
    assert rt.record_event(event, stream) == 0
    assert rt.synchronize_event_with_timeout(event, 5) == 507047
    assert m.now == 5 * MS
    assert rt.synchronize_event_with_timeout(event, -1) == 0
    assert m.now >= 8 * MS


@pytest.mark.shows("p48")
def test_f11_codes_of_the_sync_in_order(machine):
    machine()
    event, external = old_event(), old_event(EXTERNAL)
    assert rt.synchronize_event(NULL) == 100000
    assert rt.synchronize_event(FORGED) == 107017
    assert rt.synchronize_event(external) == 207000
    assert rt.synchronize_event_with_timeout(FORGED, -2) == 107000
    assert rt.synchronize_event_with_timeout(FORGED, 0) == 107017
    assert rt.synchronize_event_with_timeout(external, 0) == 107000
    assert rt.synchronize_event_with_timeout(external, 1) == 207000
    assert rt.synchronize_event_with_timeout(event, 0) == 107000


def test_f12_reset_is_a_task_of_the_stream_and_blocks_waiters_that_come_late(machine):
    m = machine()
    stream, early, late, event = m.stream(), m.stream(), m.stream(), old_event()
    assert rt.stream_wait_event(early, event) == 0
    assert rt.record_event(event, stream) == 0
    assert rt.synchronize_stream(early) == 0
    m.model(MS)(stream)
    assert rt.reset_event(event, stream) == 0
    assert rt.query_event(event) == (0, 0)  # the reset is behind the model
    assert rt.synchronize_stream(stream) == 0
    assert rt.query_event(event) == (1, 0)
    assert rt.stream_wait_event(late, event) == 0
    m.sleep(SECOND)
    assert rt.stream_query(late) == (1, 0)
    assert rt.record_event(event, stream) == 0
    assert rt.synchronize_stream(late) == 0


@pytest.mark.shows("p43")
def test_f12_reset_serves_old_events_with_a_wait_task_only_and_says_so_before_the_context(machine):
    m = machine()
    stream = m.stream()
    refused = [new_event(), new_event(IPC), old_event(IPC), *(old_event(flag) for flag in NO_WAIT_TASK)]
    assert [rt.reset_event(event, stream) for event in refused] == [207000] * len(refused)
    assert without_context(m, lambda: rt.reset_event(refused[0], stream)) == 207000
    assert rt.reset_event(old_event(), stream) == 0
    assert rt.reset_event(default_event(), stream) == 0


# -- time


@pytest.mark.parametrize("soc", EVERY)
def test_f13_the_time_between_two_records_and_its_sign(machine, soc):
    m = machine(soc)
    stream, start, end = m.stream(), new_event(SYNC | TIME_LINE), new_event(SYNC | TIME_LINE)
    assert rt.record_event(start, stream) == 0
    m.model(2 * MS)(stream)
    assert rt.record_event(end, stream) == 0
    assert rt.synchronize_stream(stream) == 0
    elapsed, code = rt.event_elapsed_time(start, end)
    assert code == 0
    assert elapsed == pytest.approx(2.0, abs=0.1)
    assert rt.event_elapsed_time(end, start) == (-elapsed, 0)
    begin, end_us = rt.event_get_timestamp(start)[0], rt.event_get_timestamp(end)[0]
    assert end_us - begin == pytest.approx(2000, abs=100)


@pytest.mark.parametrize(
    ("soc", "tick_us"),
    [("Ascend910B", 0.02), ("Ascend910_93", 0.02), ("Ascend310B", 1 / 48), ("Ascend910", 0.001)],
)
def test_f13_a_stamp_is_whole_ticks_of_the_product(machine, soc, tick_us):
    m = machine(soc)
    stream, start, end = m.stream(), default_event(), default_event()
    m.sleep(3)
    assert rt.record_event(start, stream) == 0
    m.sleep(1007)
    assert rt.record_event(end, stream) == 0
    assert rt.synchronize_stream(stream) == 0
    times = {record.event: record.time for record in m.records(EventRecorded)}
    first, last = times.values()
    ticks = int(last / 1000 / tick_us + 1e-9) - int(first / 1000 / tick_us + 1e-9)
    assert rt.event_elapsed_time(start, end)[0] == pytest.approx(ticks * tick_us / 1000, rel=1e-6)


def test_f13_without_a_record_507000_and_without_a_stamp_107006(machine):
    m = machine()
    stream = m.stream()
    fresh, done, pending, untimed = default_event(), default_event(), default_event(), old_event(SYNC)
    assert rt.record_event(done, stream) == 0
    assert rt.record_event(untimed, stream) == 0
    assert rt.synchronize_stream(stream) == 0
    hold(stream)
    assert rt.record_event(pending, stream) == 0
    assert rt.event_elapsed_time(fresh, done) == (0.0, 507000)
    assert rt.event_elapsed_time(done, fresh) == (0.0, 507000)
    assert rt.event_elapsed_time(pending, done) == (0.0, 107006)
    assert rt.event_elapsed_time(done, untimed) == (0.0, 107006)
    assert rt.event_elapsed_time(pending, fresh) == (0.0, 507000)
    assert rt.event_get_timestamp(fresh) == (0, 507000)
    assert rt.event_get_timestamp(pending) == (0, 107006)
    assert rt.event_get_timestamp(untimed) == (0, 107006)
    assert rt.event_elapsed_time(NULL, FORGED) == (0.0, 100000)
    assert rt.event_elapsed_time(FORGED, NULL) == (0.0, 100000)
    assert rt.event_elapsed_time(done, FORGED) == (0.0, 107017)


# -- destroying


@pytest.mark.parametrize("make", KINDS)
def test_f14_destroy_does_not_wait_and_tasks_that_use_the_event_go_on(machine, make):
    m = machine()
    stream, waiter, event = m.stream(), m.stream(), make()
    m.model(SECOND)(stream)
    assert rt.record_event(event, stream) == 0
    assert rt.stream_wait_event(waiter, event) == 0
    assert rt.destroy_event(event) == 0
    assert m.now == 0
    assert rt.synchronize_stream(waiter) == 0
    assert m.now >= SECOND
    assert m.ran() == ["execute", "record", "wait"]


def test_f14_destroying_null_or_twice(machine):
    machine()
    event = old_event()
    assert rt.destroy_event(NULL) == 100000
    assert rt.destroy_event(event) == 0
    assert rt.destroy_event(event) == 107017
    assert rt.record_event(event, NULL) == 107017
