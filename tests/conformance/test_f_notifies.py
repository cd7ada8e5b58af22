"""Rules f16 to f18: notifies, their limits and their life."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from acl_api.errors import DeadlockError
from simulator.base.trace import TaskRan
from simulator.base.wait_records import Passed
from simulator.check.ordering import check_ordering
from tests.conformance.efgh import (
    FORGED,
    MS,
    NULL,
    SECOND,
    other_context,
    rt,
    stream_in,
    without_context,
)
from tests.conformance.machine import EVERY

NEW = ("Ascend910B", "Ascend910_93", "Ascend950")
OLD = ("Ascend310", "Ascend310P", "Ascend310B", "Ascend910")


def notify() -> int:
    handle, code = rt.create_notify(0)
    assert code == 0
    return int(handle)


def ids(count: int) -> list[tuple[int, int]]:
    return [rt.create_notify(0) for _ in range(count)]


# -- f16: creating


@pytest.mark.parametrize(("flag", "code"), [(0, 0), (1, 0), (2, 107000), (4, 107000), (1 << 63, 107000)])
def test_f16_flags_of_a_notify(machine, flag, code):
    machine()
    handle, result = rt.create_notify(flag)
    assert (handle != 0, result) == (code == 0, code)


def test_f16_the_flag_is_looked_at_before_the_context(machine):
    m = machine()
    assert without_context(m, lambda: rt.create_notify(2)) == (0, 107000)
    assert without_context(m, lambda: rt.create_notify(0)) == (0, 107002)


@pytest.mark.parametrize("soc", OLD)
def test_f16_older_products_have_no_notifies_of_the_devices_own(machine, soc):
    machine(soc)
    assert rt.create_notify(1) == (0, 207000)


@pytest.mark.parametrize("soc", EVERY)
def test_f16_a_device_has_so_many_notifies_and_one_more_gives_207009(machine, soc):
    m = machine(soc, notifies=3)
    made = [handle for handle, _ in ids(3)]
    assert [rt.get_notify_id(handle) for handle in made] == [(0, 0), (1, 0), (2, 0)]
    assert rt.create_notify(0) == (0, 207009)
    # Another device has its own.
    other = other_context(1)
    home, _ = rt.get_context()
    assert rt.set_context(other) == 0
    assert rt.create_notify(0)[1] == 0
    assert rt.set_context(home) == 0
    assert rt.destroy_notify(made[1]) == 0
    again, code = rt.create_notify(0)
    assert (rt.get_notify_id(again), code) == ((1, 0), 0)
    assert m.session.runtime.devices[0].notify_ids.used == 3


def test_f16_b7b_on_950_subscriptions_and_notifies_share_their_ids(machine):
    m = machine("Ascend950", notifies=2)
    first, second = m.stream(), m.stream()
    assert notify()
    assert rt.subscribe_report(5, first) == 0
    assert rt.subscribe_report(5, second) == 207009
    assert rt.create_notify(0) == (0, 207009)
    assert rt.unsubscribe_report(5, first) == 0
    assert rt.create_notify(0)[1] == 0


def test_f3_b7b_on_stars_subscriptions_and_events_share_their_ids(machine):
    m = machine("Ascend910B", events=2, notifies=1)
    first, second = m.stream(), m.stream()
    event, code = rt.create_event_with_flag(1)
    assert code == 0
    assert rt.get_event_id(event) == (0, 0)
    assert rt.subscribe_report(5, first) == 0
    assert rt.create_event_with_flag(1) == (0, 207007)
    assert rt.subscribe_report(5, second) == 207007
    assert notify()  # which has other ids
    assert rt.destroy_event(event) == 0
    assert rt.subscribe_report(5, second) == 0


def test_f16_a_limit_tells_by_which_lines_its_notifies_were_made(machine):
    m = machine(notifies=2)
    made = ids(2)
    assert rt.create_notify(0) == (0, 207009)
    text = m.session.runtime.caller().failure()
    assert "2 of 2 notify ids" in text
    assert Path(__file__).name in text
    assert made


@pytest.mark.parametrize("call", [rt.destroy_notify, rt.get_notify_id, lambda n: rt.record_notify(n, 0)])
def test_f16_a_notify_that_is_null_gone_or_of_no_context(machine, call):
    m = machine()
    live, gone = notify(), notify()
    assert rt.destroy_notify(gone) == 0

    def code(handle):
        result = call(handle)
        return result[-1] if isinstance(result, tuple) else result

    assert [code(handle) for handle in (NULL, gone, FORGED, m.stream())] == [100000, 107017, 107017, 107017]
    assert without_context(m, lambda: code(live)) == 107002
    assert code(live) == 0


# -- f17: recording and waiting


@pytest.mark.parametrize("soc", EVERY)
def test_f17_a_wait_holds_its_stream_until_a_record_and_clears_the_notify(machine, soc):
    m = machine(soc)
    giver, waiter, flag = m.stream(), m.stream(), notify()
    run = m.model(5 * MS)
    assert run(giver) == 0
    assert rt.record_notify(flag, giver) == 0
    assert rt.wait_and_reset_notify(flag, waiter, 0) == 0
    assert rt.stream_query(waiter) == (1, 0)
    assert rt.synchronize_stream(waiter) == 0
    assert m.now // MS == 5
    assert rt.wait_and_reset_notify(flag, waiter, 0) == 0
    assert rt.synchronize_stream_with_timeout(waiter, 10) == 507046
    assert rt.record_notify(flag, giver) == 0
    assert rt.synchronize_stream(waiter) == 0
    assert check_ordering(m.session.trace, closed=False) == ()
    assert [record.what for record in m.records(Passed)] == ["notify", "notify"]


def test_f17_several_records_before_a_wait_let_one_wait_pass(machine):
    m = machine()
    giver, waiter, flag = m.stream(), m.stream(), notify()
    assert [rt.record_notify(flag, giver) for _ in range(3)] == [0, 0, 0]
    assert rt.synchronize_stream(giver) == 0
    assert [rt.wait_and_reset_notify(flag, waiter, 0) for _ in range(2)] == [0, 0]
    assert rt.synchronize_stream_with_timeout(waiter, 10) == 507046
    assert [task.kind for task in m.records(TaskRan)].count("notify-wait") == 1


def test_f17_one_record_lets_one_of_two_streams_pass(machine):
    m = machine()
    giver, first, second, flag = m.stream(), m.stream(), m.stream(), notify()
    assert [rt.wait_and_reset_notify(flag, stream, 0) for stream in (first, second)] == [0, 0]
    m.sleep(MS)
    assert rt.record_notify(flag, giver) == 0
    assert rt.synchronize_stream(first) == 0
    assert rt.stream_query(second) == (1, 0)
    assert rt.record_notify(flag, giver) == 0
    assert rt.synchronize_stream(second) == 0
    assert check_ordering(m.session.trace, closed=False) == ()


def test_f17_null_is_the_default_stream_and_other_contexts_are_refused(machine):
    m = machine()
    flag, foreign = notify(), stream_in(other_context())
    assert rt.record_notify(flag, NULL) == 0
    assert rt.wait_and_reset_notify(flag, NULL, 0) == 0
    assert rt.synchronize_stream(NULL) == 0
    assert rt.record_notify(flag, foreign) == 107003
    assert rt.wait_and_reset_notify(flag, foreign, 0) == 107003
    assert without_context(m, lambda: rt.wait_and_reset_notify(flag, NULL, 0)) == 107002


@pytest.mark.parametrize("soc", [soc for soc in EVERY if soc != "Ascend310"])
def test_f17_a_wait_with_a_limit_in_seconds_fails_with_107020(machine, soc):
    m = machine(soc)
    waiter, flag = m.stream(), notify()
    behind = m.model(MS)
    assert rt.wait_and_reset_notify(flag, waiter, 3) == 0
    assert behind(waiter) == 0
    assert rt.synchronize_stream(waiter) == 107020
    assert m.now // MS == 3001  # the stream goes on: continue mode
    assert rt.synchronize_stream(waiter) == 0
    # The notify that came too late is there for the next wait.
    assert rt.record_notify(flag, waiter) == 0
    assert rt.wait_and_reset_notify(flag, waiter, 3) == 0
    assert rt.synchronize_stream(waiter) == 0


def test_f17_a_record_in_time_stops_the_clock(machine):
    m = machine()
    giver, waiter, flag = m.stream(), m.stream(), notify()
    assert rt.wait_and_reset_notify(flag, waiter, 3) == 0
    assert m.model(SECOND)(giver) == 0
    assert rt.record_notify(flag, giver) == 0
    assert rt.synchronize_stream(waiter) == 0
    assert (m.now // MS, m.session.kernel.heap) == (1000, [])


@pytest.mark.parametrize("seconds", [0, 0xFFFF_FFFF])
def test_f17_0_and_the_largest_number_mean_for_ever(machine, seconds):
    m = machine()
    waiter, flag = m.stream(), notify()
    assert rt.wait_and_reset_notify(flag, waiter, seconds) == 0
    with pytest.raises(DeadlockError) as hang:
        rt.synchronize_stream(waiter)
    assert "waits for notify notify" in str(hang.value)
    assert "No record of notify notify" in str(hang.value)
    assert "acl.rt.record_notify" in str(hang.value)


def test_f17_the_oldest_product_knows_no_limits_of_waits(machine):
    m = machine("Ascend310")
    waiter, flag = m.stream(), notify()
    assert rt.wait_and_reset_notify(flag, waiter, 1) == 0
    assert rt.synchronize_stream_with_timeout(waiter, 5000) == 507046


@pytest.mark.parametrize(
    ("timeout", "says"),
    [(-1, "timeout can't be a negative number!"), (1 << 32, "timeout should be less than 2**32!")],
)
def test_f17_the_binding_itself_refuses_limits_that_do_not_fit(machine, timeout, says):
    m = machine()
    with pytest.raises(TypeError, match=f"^{re.escape(says)}$"):
        rt.wait_and_reset_notify(notify(), m.stream(), timeout)
    with pytest.raises(TypeError, match=r"^acl\.rt\.wait_and_reset_notify args parse failed"):
        rt.wait_and_reset_notify(1.0, 0, -1)


def test_f17_a_stream_that_is_destroyed_by_force_takes_no_record_with_it(machine):
    m = machine()
    giver, gone, waiter, flag = m.stream(), m.stream(), m.stream(), notify()
    assert [rt.wait_and_reset_notify(flag, stream, 0) for stream in (gone, waiter)] == [0, 0]
    m.sleep(MS)
    assert rt.destroy_stream_force(gone) == 0
    assert rt.record_notify(flag, giver) == 0
    assert rt.synchronize_stream(waiter) == 0


def test_f17_a_full_stream_takes_a_wait_when_it_has_room(machine):
    m = machine(queue_depth=2)
    giver, waiter, flag = m.stream(), m.stream(), notify()
    assert [rt.wait_and_reset_notify(flag, waiter, 0) for _ in range(2)] == [0, 0]
    late = m.start(lambda: (rt.set_device(0), rt.wait_and_reset_notify(flag, waiter, 0)), "late")
    m.sleep(MS)
    assert not late.ended
    assert rt.record_notify(flag, giver) == 0
    m.join(late)


# -- f18: resetting and sharing


@pytest.mark.parametrize("soc", NEW)
def test_f18_a_reset_from_the_host_takes_records_back(machine, soc):
    m = machine(soc)
    stream, first, second = m.stream(), notify(), notify()
    for flag in (first, second):
        assert rt.record_notify(flag, stream) == 0
    assert rt.synchronize_stream(stream) == 0
    assert rt.notify_batch_reset([first, second]) == 0
    assert rt.wait_and_reset_notify(second, stream, 0) == 0
    assert rt.synchronize_stream_with_timeout(stream, 5) == 507046


@pytest.mark.parametrize("soc", OLD)
def test_f18_resetting_needs_a_newer_product(machine, soc):
    machine(soc)
    assert rt.notify_batch_reset([notify()]) == 207000


def test_f18_a_reset_goes_as_far_as_the_first_that_fails(machine):
    m = machine()
    stream, flags = m.stream(), [notify() for _ in range(3)]
    for flag in flags:
        assert rt.record_notify(flag, stream) == 0
    assert rt.synchronize_stream(stream) == 0
    assert rt.notify_batch_reset([flags[0], NULL, flags[1]]) == 107000
    assert rt.notify_batch_reset([FORGED, flags[1]]) == 107017
    assert rt.notify_batch_reset([]) == 107000
    for flag in flags[1:]:
        assert rt.wait_and_reset_notify(flag, stream, 0) == 0
    assert rt.synchronize_stream(stream) == 0
    assert without_context(m, lambda: rt.notify_batch_reset(flags)) == 107002


@pytest.mark.parametrize(
    ("notifies", "says"),
    [
        (None, "argument only support the format of list"),
        ((1,), "argument only support the format of list"),
        ([1.0], "get notify pointers from PyList failed"),
        ([-1], "get notify pointers from PyList failed"),
        ([1 << 64], "get notify pointers from PyList failed"),
    ],
)
def test_f18_a_reset_wants_a_list_of_handles(machine, notifies, says):
    machine()
    with pytest.raises(ValueError, match=f"^{re.escape(says)}$"):
        rt.notify_batch_reset(notifies)


@pytest.mark.parametrize("soc", ["Ascend310P", "Ascend910", *NEW])
def test_f18_a_notify_goes_through_its_key(machine, soc):
    m = machine(soc)
    stream, flag = m.stream(), notify()
    key, code = rt.notify_get_export_key(flag, 65, 2)
    assert (len(key) > 0, code) == (True, 0)
    twin, code = rt.notify_import_by_key(key, 2)
    assert code == 0
    assert rt.get_notify_id(twin) == rt.get_notify_id(flag)
    assert rt.record_notify(twin, stream) == 0
    assert rt.wait_and_reset_notify(flag, stream, 0) == 0
    assert rt.synchronize_stream(stream) == 0
    # Its number is free when both are gone.
    used = m.session.runtime.devices[0].notify_ids
    assert rt.destroy_notify(flag) == 0
    assert used.used == 1
    assert rt.notify_import_by_key(key, 2) == (0, 507899)
    assert rt.destroy_notify(twin) == 0
    assert used.used == 0


@pytest.mark.parametrize("soc", ["Ascend310", "Ascend310B"])
def test_f18_some_products_share_no_notifies(machine, soc):
    machine(soc)
    flag = notify()
    assert rt.notify_get_export_key(flag, 65, 0) == ("", 207000)
    assert rt.notify_set_import_pid(flag, [1]) == 207000
    assert rt.notify_import_by_key("x", 0) == (0, 207000)


def test_f18_only_processes_that_were_named_import_a_notify(machine):
    machine()
    flag = notify()
    assert rt.notify_set_import_pid(flag, [1]) == 507899
    key, _ = rt.notify_get_export_key(flag, 100, 0)
    assert rt.notify_import_by_key(key, 0) == (0, 507899)
    assert rt.notify_set_import_pid(flag, []) == 107000
    assert rt.notify_set_import_pid(flag, [os.getpid()]) == 0
    assert rt.notify_import_by_key(key, 0)[1] == 0
    with pytest.raises(ValueError, match=r"^argument 2 only support the format of list$"):
        rt.notify_set_import_pid(flag, (1,))
    with pytest.raises(ValueError, match=r"^get values from PyList failed$"):
        rt.notify_set_import_pid(flag, ["1"])


def test_f18_what_a_key_needs(machine):
    machine()
    flag = notify()
    assert rt.notify_get_export_key(flag, 0, 0) == ("", 107000)
    assert rt.notify_get_export_key(flag, 64, 0) == ("", 107000)
    assert rt.notify_get_export_key(flag, 65, 1) == ("", 107000)
    with pytest.raises(ValueError, match=r"^key len should be less than 1024$"):
        rt.notify_get_export_key(flag, 1024, 0)
    assert rt.notify_get_export_key(flag, 1023, 0)[1] == 0
    assert rt.notify_get_export_key(flag, 65, 0) == ("", 507000)
    assert rt.notify_import_by_key("x", 4) == (0, 107000)
    assert rt.notify_import_by_key("x", (1 << 32) + 1) == (0, 507899)


def test_f18_a_shared_notify_is_waited_for_on_its_own_device(machine):
    m = machine()
    flag = notify()
    key, _ = rt.notify_get_export_key(flag, 65, 2)
    assert rt.set_context(other_context(1)) == 0
    away, _ = rt.create_stream()
    twin, _ = rt.notify_import_by_key(key, 2)
    assert rt.wait_and_reset_notify(twin, away, 0) == 107000
    assert rt.record_notify(twin, away) == 0
    assert rt.set_device(0) == 0
    assert rt.wait_and_reset_notify(flag, m.stream(), 0) == 0
    assert rt.synchronize_device() == 0
