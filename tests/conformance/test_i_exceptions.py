"""Rules i1-i3: failed tasks told to functions, and tasks that take too long."""

from __future__ import annotations

import threading

import pytest

from tests.conformance.machine import BLOCK, FORGED, MS, NULL, ONE_OF_EACH, STARS, c, rt

SECOND = 1000 * MS
NOBODY = 0xFFFF_FFFF
GETTERS = ("task_id", "stream_id", "thread_id", "device_id", "error_code")


def read(info: int) -> dict[str, int]:
    return {name: getattr(rt, f"get_{name}_from_exception_info")(info) for name in GETTERS}


@pytest.mark.shows("item 103")
@pytest.mark.parametrize("soc", ONE_OF_EACH)
def test_i1_i2_the_function_is_called_once_with_all_there_is_to_know(machine, soc):
    m = machine(soc)
    stream = m.stream()
    told: list[dict[str, int]] = []
    assert rt.set_exception_info_callback(lambda info: told.append(read(info))) == 0
    m.model()(stream)
    m.model(fails_with=507015)(stream)
    assert rt.synchronize_stream(stream) == 507015
    assert rt.synchronize_stream(stream) == 0
    number, _ = rt.stream_get_id(stream)
    own = threading.get_native_id()
    assert told == [
        {"task_id": 1, "stream_id": number, "thread_id": own, "device_id": 0, "error_code": 507015},
    ]


def test_i1_it_runs_in_the_thread_that_meets_the_failure(machine):
    m = machine()
    stream = m.stream()
    threads: list[str] = []
    rt.set_exception_info_callback(lambda _info: threads.append(m.session.host.current().name))
    m.model(fails_with=507015)(stream)

    def meet():
        rt.set_device(0)
        return rt.synchronize_stream(stream)

    assert m.run_in_thread(meet, "other") == 507015
    assert threads == ["other"]


@pytest.mark.parametrize(
    "meet",
    [
        pytest.param(lambda _stream, _event: rt.synchronize_device(), id="device"),
        pytest.param(lambda _stream, event: rt.synchronize_event(event), id="event"),
        pytest.param(lambda stream, _event: rt.destroy_stream(stream), id="destroy"),
        pytest.param(lambda _stream, _event: rt.reset_device(0), id="reset"),
        pytest.param(lambda stream, _event: rt.synchronize_stream_with_timeout(stream, 100), id="timeout"),
    ],
)
def test_i1_every_call_that_waits_for_the_stream_tells_it(machine, meet):
    m = machine()
    stream = m.stream()
    event, _ = rt.create_event()
    told: list[int] = []
    rt.set_exception_info_callback(lambda info: told.append(rt.get_error_code_from_exception_info(info)))
    m.model(fails_with=507015)(stream)
    rt.record_event(event, stream)
    meet(stream, event)
    assert told == [507015]


def test_i1_a_query_tells_it_without_waiting(machine):
    m = machine()
    stream = m.stream()
    told: list[int] = []
    rt.set_exception_info_callback(told.append)
    m.model(fails_with=507015)(stream)
    assert rt.stream_query(stream) == (1, 0)
    assert told == []
    m.sleep(2 * MS)
    assert rt.stream_query(stream) == (0, 0)
    assert len(told) == 1


@pytest.mark.shows("p51")
def test_i1_one_slot_that_the_next_function_takes_over_and_none_empties(machine):
    m = machine()
    stream = m.stream()
    run = m.model(fails_with=507015)
    first: list[int] = []
    second: list[int] = []
    for setting, expected in (
        ((first.append,), (1, 0)),
        ((second.append,), (1, 1)),
        ((None,), (1, 1)),
        ((second.append,), (1, 2)),
        ((), (1, 2)),
    ):
        assert rt.set_exception_info_callback(*setting) == 0
        run(stream)
        assert rt.synchronize_stream(stream) == 507015
        assert (len(first), len(second)) == expected


@pytest.mark.shows("item 103")
def test_i1_registered_functions_are_many_and_each_is_its_own_key(machine):
    m = machine()
    stream = m.stream()
    run = m.model(fails_with=507015)
    heard: list[str] = []

    def one(_info):
        heard.append("one")

    def two(_info):
        heard.append("two")

    assert c.aclrtExceptionInfoCallbackRegister(one) == 0
    assert c.aclrtExceptionInfoCallbackRegister(two) == 0
    assert c.aclrtExceptionInfoCallbackRegister(one) == 0
    rt.set_exception_info_callback(lambda _info: heard.append("slot"))
    run(stream)
    rt.synchronize_stream(stream)
    assert sorted(heard) == ["one", "slot", "two"]
    heard.clear()
    assert c.aclrtExceptionInfoCallbackUnregister(one) == 0
    run(stream)
    rt.synchronize_stream(stream)
    assert sorted(heard) == ["slot", "two"]


def test_i1_null_is_refused_by_register_and_unregister(machine):
    machine()
    assert c.aclrtExceptionInfoCallbackRegister(None) == 107000
    assert c.aclrtExceptionInfoCallbackUnregister(None) == 107000


def test_i1_what_is_no_function_is_refused_with_the_bindings_text(machine):
    machine()
    with pytest.raises(TypeError, match=r"^acl\.rt\.set_exception_info_callback args parse failed$"):
        rt.set_exception_info_callback(3)


def test_i1_nobody_hears_of_what_failed_before_it_was_registered(machine):
    m = machine()
    stream = m.stream()
    m.model(fails_with=507015)(stream)
    m.sleep(2 * MS)
    told: list[int] = []
    rt.set_exception_info_callback(told.append)
    assert rt.synchronize_stream(stream) == 507015
    assert told == []


@pytest.mark.shows("p51")
def test_i1_one_that_raises_is_forgotten_and_the_call_raises_system_error(machine):
    m = machine()
    stream = m.stream()
    calls: list[int] = []

    def broken(info):
        calls.append(info)
        raise ValueError("broken")

    rt.set_exception_info_callback(broken)
    run = m.model(fails_with=507015)
    run(stream)
    with pytest.raises(SystemError) as caught:
        rt.synchronize_stream(stream)
    assert isinstance(caught.value.__cause__, ValueError)
    assert "exception-callback-raised" in m.findings()
    run(stream)
    assert rt.synchronize_stream(stream) == 507015
    assert len(calls) == 1


def test_i1_the_function_may_call_the_api(machine):
    m = machine()
    stream, other = m.stream(), m.stream()
    codes: list[int] = []
    rt.set_exception_info_callback(lambda _info: codes.append(rt.synchronize_stream(other)))
    m.model(SECOND)(other)
    m.model(fails_with=507015)(stream)
    assert rt.synchronize_stream(stream) == 507015
    assert codes == [0]
    assert m.now >= SECOND


def test_i2_null_and_old_handles_give_all_bits_set(machine):
    m = machine()
    stream = m.stream()
    kept: list[int] = []
    rt.set_exception_info_callback(kept.append)
    m.model(fails_with=507015)(stream)
    rt.synchronize_stream(stream)
    for info in (NULL, FORGED, kept[0], stream):
        assert read(info) == dict.fromkeys(GETTERS, NOBODY)


def test_i2_the_thread_is_the_one_that_launched(machine):
    m = machine()
    stream = m.stream()
    told: list[int] = []
    rt.set_exception_info_callback(lambda info: told.append(rt.get_thread_id_from_exception_info(info)))

    def launch():
        rt.set_device(0)
        m.model(fails_with=507015)(stream)
        return threading.get_native_id()

    launcher = m.run_in_thread(launch)
    assert rt.synchronize_stream(stream) == 507015
    assert told == [launcher]


def test_i2_the_last_task_of_a_thread(machine):
    m = machine()
    stream = m.stream()
    assert rt.get_thread_last_task_id() == (NOBODY, 0)
    run = m.model()
    for number in range(3):
        run(stream)
        assert rt.get_thread_last_task_id() == (number, 0)
    assert m.run_in_thread(rt.get_thread_last_task_id) == (NOBODY, 0)


# -- tasks that take too long


@pytest.mark.parametrize("soc", ["Ascend910", "Ascend910B", "Ascend950"])
@pytest.mark.parametrize("stop", [False, True])
def test_i3_a_run_that_takes_longer_than_operators_may_fails_with_507014(machine, soc, stop):
    m = machine(soc)
    stream, other = m.stream(), m.stream()
    step, _ = rt.get_op_timeout_interval()
    actual, code = rt.set_op_execute_timeout_v2(1)
    assert (actual, code) == (step, 0)
    if stop:
        assert rt.set_stream_failure_mode(stream, 1) == 0
    long, short = m.model(2 * step * 1000), m.model()
    long(stream)
    short(stream)
    began = m.now
    assert rt.synchronize_stream(stream) == 507014
    assert m.now - began == pytest.approx(step * 1000, rel=0.01)
    assert m.dropped() == (["execute"] if stop else [])
    assert rt.synchronize_stream(stream) == (507014 if stop else 0)
    assert short(other) == (507014 if stop else 0)


def test_i3_a_run_within_the_limit_and_one_before_any_limit_pass(machine):
    m = machine()
    stream = m.stream()
    hour = m.model(3600 * SECOND)
    hour(stream)
    assert rt.synchronize_stream(stream) == 0
    assert rt.set_op_execute_time_out(2) == 0
    m.model(3 * SECOND)(stream)  # the step is more than 4 seconds
    assert rt.synchronize_stream(stream) == 0
    hour(stream)
    assert rt.synchronize_stream(stream) == 507014


def test_i3_the_limit_holds_for_runs_that_are_launched_after_it(machine):
    m = machine()
    stream = m.stream()
    long = m.model(10 * SECOND)
    long(stream)
    rt.set_op_execute_time_out(1)
    assert rt.synchronize_stream(stream) == 0
    long(stream)
    rt.set_op_execute_time_out(0)
    assert rt.synchronize_stream(stream) == 507014


@pytest.mark.parametrize("soc", STARS)
def test_i3_limits_are_rounded_up_to_steps_and_cut_to_the_most(machine, soc):
    machine(soc)
    step, code = rt.get_op_timeout_interval()
    assert code == 0
    assert rt.set_op_execute_timeout_v2(step) == (step, 0)
    assert rt.set_op_execute_timeout_v2(step + 1) == (2 * step, 0)
    most = rt.set_op_execute_timeout_v2(0)
    assert rt.set_op_execute_timeout_v2(2**64 - 1) == most
    ms, code = rt.get_op_execute_timeout()
    assert code == 0
    assert ms == -(-most[0] // 1000) or ms * 1000 >= most[0]


def test_i3_the_oldest_product_has_no_limits(machine):
    m = machine("Ascend310")
    assert rt.set_op_execute_timeout_v2(5) == (0, 0)
    assert rt.get_op_timeout_interval() == (0, 0)
    assert rt.get_op_execute_timeout() == (0, 207000)
    stream = m.stream()
    m.model(SECOND)(stream)
    assert rt.synchronize_stream(stream) == 0


def test_i3_the_calls_need_a_context_only_where_they_ask_the_device(machine):
    machine(device=False)
    assert rt.set_op_execute_time_out(5) == 0
    assert rt.set_op_wait_timeout(5) == 0
    assert rt.get_op_execute_timeout()[1] == 0
    assert rt.set_op_execute_timeout_v2(5) == (0, 107002)
    assert rt.get_op_timeout_interval() == (0, 107002)


@pytest.mark.parametrize("stop", [False, True])
def test_i3_a_wait_for_an_event_that_takes_too_long_fails_with_107020(machine, stop):
    m = machine()
    first, second = m.stream(), m.stream()
    event, _ = rt.create_event_with_flag(1)
    assert rt.set_op_wait_timeout(2) == 0
    m.model(5 * SECOND)(first)
    rt.record_event(event, first)
    if stop:
        rt.set_stream_failure_mode(second, 1)
    assert rt.stream_wait_event(second, event) == 0
    m.model()(second)
    began = m.now
    assert rt.synchronize_stream(second) == 107020
    assert m.now - began == pytest.approx(2 * SECOND, rel=0.01)
    assert m.dropped() == (["execute"] if stop else [])
    assert rt.synchronize_stream(second) == (107020 if stop else 0)


def test_i3_waits_of_callbacks_have_no_limit(machine):
    m = machine()
    stream = m.stream()
    m.reporter(stream)
    rt.set_op_wait_timeout(1)
    rt.launch_callback(lambda _data: m.sleep(5 * SECOND), None, BLOCK, stream)
    assert rt.synchronize_stream(stream) == 0
    assert m.now >= 5 * SECOND


def test_i3_310p_limits_no_waits(machine):
    machine("Ascend310P")
    assert rt.set_op_wait_timeout(1) == 207000


def test_i1_a_device_is_reset_even_when_the_function_raises(machine):
    m = machine()

    def broken(_info):
        raise ValueError("broken")

    rt.set_exception_info_callback(broken)
    m.model(fails_with=507015)(NULL)
    with pytest.raises(SystemError):
        rt.reset_device(0)
    assert rt.set_device(0) == 0
    assert m.model()(NULL) == 0
