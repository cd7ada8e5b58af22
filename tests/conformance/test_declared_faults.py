"""What a declared fault does to a program, and what it leaves as it is."""

from __future__ import annotations

import ctypes
from collections import deque
from typing import Any

import pytest

import acl_api
from simulator.base.errors import UserError
from simulator.base.remarks import FaultInjected
from simulator.base.trace import Called, ReportLost, TaskDropped
from simulator.check.ordering import check_ordering
from simulator.core.faults.runtime import ReporterDied
from simulator.core.reports import ReportQueue
from simulator.core.streams import Stream
from tests.conformance.machine import (
    ACK,
    BLOCK,
    EVERY,
    MS,
    NO_BLOCK,
    NOTIFY,
    ONE_OF_EACH,
    STARS,
    Machine,
    c,
    rt,
)

OUT_OF_MEMORY, NO_STREAM, NO_EVENT, NO_NOTIFY = 207001, 207008, 207007, 207009
LOST, CLOSED, SYNC_TIMEOUT = 507010, 507901, 507046


def struck(machine: Machine) -> list[str]:
    return [record.fault for record in machine.records(FaultInjected)]


def sound(machine: Machine) -> bool:
    trace = machine.session.trace
    assert trace is not None
    return check_ordering(trace, closed=False) == ()


def nothing(_data: object) -> None:
    """A callback that does nothing."""


# -- calls


def test_the_nth_call_of_a_function_returns_its_code(machine: Any):
    made = machine(faults=["call:malloc#2"])
    codes = [rt.malloc(64, 0)[1] for _ in range(3)]
    assert codes == [0, OUT_OF_MEMORY, 0]
    assert struck(made) == ["call:malloc#2=207001"]


def test_from_the_nth_call_on_all_fail(machine: Any):
    machine(faults=["call:malloc#2+"])
    assert [rt.malloc(64, 0)[1] for _ in range(3)] == [0, OUT_OF_MEMORY, OUT_OF_MEMORY]


def test_a_call_that_fails_by_a_fault_does_nothing(machine: Any):
    made = machine(faults=["call:execute_async=507899"])
    stream = made.stream()
    assert made.model()(stream) == 507899
    assert rt.stream_query(stream) == (0, 0)
    assert made.records(Called)[-2].code == 507899


def test_a_fault_may_mean_the_calls_of_one_thread(machine: Any):
    made = machine(faults=["call:create_stream/worker"])
    assert rt.create_stream()[1] == 0
    assert made.run_in_thread(lambda: (rt.set_device(0), rt.create_stream()[1])[1]) == NO_STREAM
    assert rt.create_stream()[1] == 0


def test_wrong_arguments_are_refused_before_a_fault_has_its_occasion(machine: Any):
    made = machine(faults=["call:malloc#1"])
    with pytest.raises(TypeError):
        rt.malloc("64", 0)
    assert struck(made) == []
    assert rt.malloc(64, 0)[1] == OUT_OF_MEMORY


def test_the_message_of_a_call_that_failed_by_a_fault_names_it(machine: Any):
    machine(faults=["call:synchronize_device=507899"])
    assert rt.synchronize_device() == 507899
    assert "the declared fault call:synchronize_device=507899 made it fail" in acl_api.get_recent_err_msg()
    assert rt.peek_at_last_error(0) == 507899


# -- tasks


def test_the_nth_task_fails_and_has_no_effect(machine: Any):
    made = machine(faults=["task:copy#2=507013"])
    device, host = rt.malloc(64, 0)[0], rt.malloc_host(64)[0]
    stream = made.stream()
    for byte in (1, 2):
        ctypes.memset(host, byte, 64)
        assert rt.memcpy_async(device, 64, host, 64, 1, stream) == 0
        assert rt.synchronize_stream(stream) == (0 if byte == 1 else 507013)
    assert rt.synchronize_stream(stream) == 0  # once (rule e13)
    ctypes.memset(host, 9, 64)
    assert rt.memcpy(host, 64, device, 64, 2) == 0
    assert ctypes.string_at(host, 1) == b"\x01"


@pytest.mark.shows("i3")
def test_in_stop_mode_a_failing_task_stops_its_context(machine: Any):
    """Rules e19, i4."""
    made = machine(faults=["task:execute#1"])
    stream = made.stream()
    assert rt.set_stream_failure_mode(stream, 1) == 0
    run = made.model()
    assert [run(stream), run(stream)] == [0, 0]
    assert [rt.synchronize_stream(stream), rt.synchronize_stream(stream)] == [507015, 507015]
    assert made.dropped() == ["execute"]


def test_a_failing_task_takes_as_long_as_one_that_succeeds(machine: Any):
    made = machine(faults=["task#1"], costs="null")
    stream = made.stream()
    made.model(3 * MS)(stream)
    rt.synchronize_stream(stream)
    failed_after = made.now
    made.model(3 * MS)(stream)
    assert rt.synchronize_stream(stream) == 0
    assert made.now == 2 * failed_after


# -- reports


@pytest.mark.parametrize("soc", EVERY)
def test_a_lost_report_of_a_blocking_callback_leaves_its_stream_held(machine: Any, soc: str):
    made = machine(soc, faults=["report.lost:nothing#2"])
    stream = made.stream()
    made.reporter(stream)
    for _ in range(3):
        assert rt.launch_callback(nothing, None, BLOCK, stream) == 0
    assert rt.synchronize_stream_with_timeout(stream, 50) == SYNC_TIMEOUT
    assert len(made.called_back()) == 1
    assert [record.reason for record in made.records(ReportLost)] == ["fault: report.lost:nothing#2"]
    assert sound(made)


@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_a_lost_report_of_a_non_blocking_callback_is_missed_by_nobody(machine: Any, soc: str):
    made = machine(soc, faults=["report.lost#1"])
    stream = made.stream()
    made.reporter(stream)
    for _ in range(2):
        assert rt.launch_callback(nothing, None, NO_BLOCK, stream) == 0
    assert rt.synchronize_stream(stream) == 0
    made.sleep(MS)
    assert len(made.called_back()) == 1
    assert sound(made)


@pytest.mark.parametrize("soc", EVERY)
@pytest.mark.parametrize("block", [BLOCK, NO_BLOCK])
def test_a_late_report_keeps_its_callback_at_the_head_of_the_stream(machine: Any, soc: str, block: int):
    """Rule a12: the task is complete once its report is in the host's queue."""
    made = machine(soc, faults=["report.late#1=5ms"], costs="null")
    stream = made.stream()
    made.reporter(stream)
    rt.launch_callback(nothing, None, block, stream)
    assert rt.synchronize_stream(stream) == 0
    assert made.now == 5 * MS
    made.sleep(MS)
    assert len(made.called_back()) == 1
    assert sound(made)


@pytest.mark.parametrize("soc", EVERY)
@pytest.mark.parametrize("block", [BLOCK, NO_BLOCK])
def test_a_doubled_report_runs_its_function_twice_and_nothing_else(machine: Any, soc: str, block: int):
    made = machine(soc, faults=["report.doubled#1"])
    ran: list[int] = []
    stream = made.stream()
    made.reporter(stream)
    for number in range(3):
        assert rt.launch_callback(ran.append, number, block, stream) == 0
        assert made.model()(stream) == 0
    assert rt.synchronize_stream(stream) == 0
    assert ran == [0, 0, 1, 2]
    assert sound(made)


def test_host_functions_meet_the_faults_of_reports_too(machine: Any):
    made = machine(faults=["report.doubled:nothing"])
    stream = made.stream()
    assert c.aclrtLaunchHostFunc(stream, nothing, 0) == 0
    assert rt.synchronize_stream(stream) == 0
    made.sleep(MS)
    assert len(made.called_back()) == 2
    assert sound(made)


def test_a_report_thread_dies_at_its_nth_process_report(machine: Any):
    made = machine(faults=["reporter.dies/reporter#2"])
    stream = made.stream()
    reporter = made.reporter(stream)
    for _ in range(2):
        rt.launch_callback(nothing, None, BLOCK, stream)
    assert rt.synchronize_stream_with_timeout(stream, 50) == SYNC_TIMEOUT
    assert reporter.thread.ended
    assert isinstance(reporter.thread.error, ReporterDied)
    assert len(made.called_back()) == 1
    assert sound(made)


def test_a_full_report_queue_holds_even_a_non_blocking_callback(machine: Any):
    """Rules a12, b8b."""
    made = machine(faults=["reports.full@0s=2ms"], costs="null")
    stream = made.stream()
    made.reporter(stream)
    made.sleep(1)
    rt.launch_callback(nothing, None, NO_BLOCK, stream)
    assert rt.synchronize_stream(stream) == 0
    assert made.now == 2 * MS
    assert sound(made)


# -- queues and limits


def test_a_full_task_queue_blocks_the_launch_until_there_is_room(machine: Any):
    """Rule e8."""
    made = machine(faults=["queue.full@0s=2ms"], costs="null")
    stream, run = made.stream(), made.model(0)
    made.sleep(1)
    assert run(stream) == 0
    assert made.now == 2 * MS


@pytest.mark.parametrize("soc", EVERY)
def test_what_is_limited_answers_as_the_product_does(machine: Any, soc: str):
    made = machine(soc, faults=["limit:streams=2", "limit:memory=1MiB", "limit:events=1", "limit:notifies=1"])
    first, code = rt.create_stream()
    assert (code, rt.create_stream()[1]) == (0, NO_STREAM)
    assert rt.malloc((1 << 20) + 1, 0)[1] == OUT_OF_MEMORY
    assert rt.malloc(1 << 19, 0)[1] == 0
    assert [rt.create_event_with_flag(1)[1] for _ in range(2)] == [0, NO_EVENT]
    # Rule b7b: a subscription costs an event id on STARS, a notify id on 950.
    second = {**dict.fromkeys(ACK, 0), **dict.fromkeys(STARS, NO_EVENT), **dict.fromkeys(NOTIFY, NO_NOTIFY)}[
        soc
    ]
    rt.subscribe_report(7, 0)
    assert rt.subscribe_report(7, first) == second
    assert len(struck(made)) == 4


def test_a_limit_above_what_there_is_is_none(machine: Any):
    made = machine(faults=["limit:streams=1000000"])
    assert struck(made) == []
    assert made.session.fault_report() == (
        "Declared fault limit:streams=1000000 never struck: it had no occasions.",
    )


# -- devices


@pytest.mark.shows("i5")
@pytest.mark.parametrize("soc", EVERY)
def test_a_lost_device_fails_what_is_pending_and_every_later_submit_and_sync(machine: Any, soc: str):
    """Rule i5."""
    made = machine(soc, faults=["device.lost@1.5ms"])
    stream, run = made.stream(), made.model()
    made.reporter(stream)
    run(stream)
    rt.launch_callback(nothing, None, BLOCK, stream)
    run(stream)
    run(stream)
    assert rt.synchronize_stream(stream) == LOST
    assert made.now == 1_500_000
    assert [rt.synchronize_stream(stream), rt.synchronize_device(), run(stream)] == [LOST] * 3
    assert rt.launch_callback(nothing, None, BLOCK, stream) == LOST
    assert {record.reason for record in made.records(TaskDropped)} == {"fault: device.lost@1.5ms"}
    assert sound(made)


def test_a_lost_device_answers_those_who_wait_for_its_events(machine: Any):
    made = machine(faults=["device.lost@1ms"])
    stream, run, event = made.stream(), made.model(3 * MS), rt.create_event()[0]
    run(stream)
    assert rt.record_event(event, stream) == 0
    assert rt.synchronize_event(event) == LOST
    assert made.now == MS
    assert rt.synchronize_event(event) == LOST


def test_a_device_may_be_lost_before_its_nth_task(machine: Any):
    made = machine(faults=["device.lost/0#3=507901"])
    stream, run = made.stream(), made.model()
    for _ in range(4):
        run(stream)
    assert rt.synchronize_stream(stream) == CLOSED
    assert made.ran() == ["execute", "execute", "execute"]  # the third failed as it was to begin
    assert made.dropped() == ["execute"]
    assert sound(made)


def test_the_other_devices_go_on(machine: Any):
    made = machine(faults=["device.lost/1@0s"])
    stream = made.stream()
    made.sleep(MS)
    assert made.model()(stream) == 0
    assert rt.synchronize_stream(stream) == 0
    rt.set_device(1)
    assert rt.synchronize_device() == LOST


@pytest.mark.shows("i5")
def test_a_device_that_is_reset_begins_anew(machine: Any):
    made = machine(faults=["device.lost@1ms"])
    made.sleep(2 * MS)
    assert rt.synchronize_device() == LOST
    assert [rt.reset_device(0), rt.set_device(0), rt.synchronize_device()] == [0, 0, 0]


def test_a_device_that_there_is_not_cannot_be_lost():
    with pytest.raises(UserError, match="there is no device 8; devices are 0 to 7 here"):
        acl_api.Session(faults=["device.lost/8@1ms"])


@pytest.mark.parametrize(
    ("take_down", "code"),
    [
        (rt.destroy_stream, LOST),
        (rt.destroy_stream_force, LOST),
        (lambda _: rt.reset_device(0), CLOSED),
        (lambda _: rt.reset_device_force(0), CLOSED),
        (lambda _: acl_api.finalize(), CLOSED),
    ],
    ids=["destroy_stream", "destroy_stream_force", "reset_device", "reset_device_force", "finalize"],
)
def test_taking_down_with_callbacks_pending_loses_the_device(machine: Any, take_down: Any, code: int):
    made = machine(faults=["unsynchronised_teardown"])
    stream = made.stream()
    made.reporter(stream)
    rt.launch_callback(nothing, None, BLOCK, stream)
    assert take_down(stream) == code
    assert rt.synchronize_stream(stream) == code
    assert made.called_back() == []
    assert sound(made)


def test_taking_down_after_a_sync_is_fine(machine: Any):
    made = machine(faults=["unsynchronised_teardown"])
    stream = made.stream()
    made.reporter(stream)
    rt.launch_callback(nothing, None, BLOCK, stream)
    assert rt.synchronize_stream(stream) == 0
    assert [rt.destroy_stream(stream), rt.reset_device(0)] == [0, 0]
    assert struck(made) == []


# -- plans


def test_of_two_faults_the_first_that_means_an_occasion_strikes(machine: Any):
    made = machine(faults=["call:malloc#2=507899", "call:malloc"])
    assert [rt.malloc(64, 0)[1] for _ in range(3)] == [OUT_OF_MEMORY, 507899, OUT_OF_MEMORY]
    assert made.session.fault_report() == (
        "Declared fault call:malloc#2=507899: malloc of main returned 507899 at 0s.",
        "Declared fault call:malloc=207001: malloc of main returned 207001 at 0s, and once more.",
    )


def test_without_a_plan_streams_and_report_queues_are_the_plain_ones(machine: Any):
    made = machine()
    stream = made.stream()
    made.reporter(stream)
    live = made.session.runtime.handles.live[stream]
    assert isinstance(live, Stream)
    assert type(live.queue) is deque
    assert live.subscription is not None
    assert type(live.subscription.queue) is ReportQueue
